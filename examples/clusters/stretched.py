"""
Elongated clusters, where k-means fails
=======================================

Spherical clusters, each transformed by a matrix of its own, become long and tilted.
k-means uses the same Euclidean distance in all directions and splits them; a mixture
with full covariances does not.
"""

# sphinx_gallery_thumbnail_number = 202
import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans

import mixtura as mx

# %%
# Three spherical clusters, each multiplied by a random matrix.

rng = np.random.default_rng(60)
before = [
    mx.Mixture([1], [place], [0.5], "spherical").sample(150, rng=rng)
    for place in ([-4, 2], [1, -3], [4, 3])
]
after = [points @ rng.standard_normal((2, 2)) for points in before]
before, after = np.concatenate(before), np.concatenate(after)

figure, axes = plt.subplots(
    1, 2, figsize=(10, 4), layout="constrained",
    num="Three round clouds, and the same clouds stretched into long ones",
)  # fmt: skip
mx.plots.scatter(before, ax=axes[0], equal=True).set_title("before")
mx.plots.scatter(after, ax=axes[1], equal=True).set_title("after")

# %%
# The radius of each disc is the distance from the centre to its farthest point.

centres = KMeans(3, n_init=10, random_state=0).fit(after).cluster_centers_
mixture = mx.fit(after, 3, n_init=10, rng=0).mixture

figure, axes = plt.subplots(
    1, 2, figsize=(10, 4), layout="constrained",
    num="The long clouds by k-means, whose discs cut across them, and by a mixture, "
    "whose ellipses follow them",
)  # fmt: skip
mx.plots.kmeans(after, centres, ax=axes[0]).set_title("k-means, with its radii")
mx.plots.ellipses(mixture, after, ax=axes[1], equal=True).set_title("a mixture")

plt.show()
