"""
Stretched clusters, where k-means fails
=======================================

Round clusters, each mapped by a matrix of its own, are long and tilted. k-means measures distances alike in every
direction and cuts them up; a mixture with full covariances does not.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans

import mixtura as mx

# %%
# A mixture can be mapped like its points: `transform`.

rng = np.random.default_rng(36)
before, after = [], []
for place in ([-4.0, 2.0], [1.0, -3.0], [4.0, 3.0]):
    blob = mx.Mixture([1], [place], [[[0.5, 0], [0, 0.5]]])
    matrix = rng.standard_normal((2, 2))
    points = blob.sample(150, rng=rng)
    before.append(points)
    after.append(points @ matrix.T)
before, after = np.concatenate(before), np.concatenate(after)

# %%
fit = mx.fit(after, 3, n_init=10, rng=0)
centres = KMeans(3, n_init=10, random_state=0).fit(after).cluster_centers_
figure, axes = plt.subplots(2, 2, figsize=(9.5, 8), layout="constrained")
mx.plots.scatter(before, ax=axes[0, 0], equal=True).set_title("before")
mx.plots.scatter(after, ax=axes[0, 1], equal=True).set_title("each cluster mapped")
mx.plots.kmeans(after, centres, ax=axes[1, 0]).set_title("k-means, with its radii")
mx.plots.ellipses(fit.mixture, after, ax=axes[1, 1], equal=True).set_title("a mixture")
