"""
Clusters, and who is responsible
================================

Two compact clusters, then a wide one of 450 points beside a small one of 50. A mixture learns how large and how wide
each is; every place of the plane then has its shares of responsibility, and a line where these are equal.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import make_blobs

import mixtura as mx

equal, _ = make_blobs([250, 250], centers=[[-2, 0], [2, 0]], cluster_std=[0.25, 0.25], random_state=0)
unequal, _ = make_blobs([450, 50], centers=[[-2, 0], [2, 0]], cluster_std=[1.0, 0.25], random_state=0)

# %%
# What is learnt: weights, means, covariances.

fits = [mx.fit(points, 2, rng=0) for points in (equal, unequal)]
for fit in fits:
    print(fit.mixture.weights.round(2), fit.mixture.means.round(2), fit.mixture.covariances.round(2), sep="\n")

# %%
# Ellipses of one, two and three standard deviations, the points in the colour of their likeliest component.

figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for ax, points, fit in zip(axes, (equal, unequal), fits, strict=True):
    mx.plots.ellipses(fit.mixture, points, ax=ax, equal=True)

# %%
# The wide component is responsible far away on both sides, even beyond the small one: its tails are longer. So the line
# where both are equal is closed.

mixture = fits[1].mixture
small = int(mixture.weights.argmin())
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
mx.plots.responsibilities(mixture, component=small, ax=left, extent=(-6, 6, -6, 6))
mx.plots.scatter(unequal, ax=left, color="white", s=4)
mx.plots.boundary(mixture, ax=right, extent=(-6, 6, -6, 6))
mx.plots.scatter(unequal, labels=mixture.predict(unequal), ax=right)
