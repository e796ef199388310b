"""
Points of the plane, and contours of their density
==================================================

Rings of points are no Gaussians, but a mixture of many finds them. Contours are drawn of the logarithm of the density,
whose levels the legend gives in nats.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import make_blobs, make_circles

import mixtura as mx

blobs, _ = make_blobs(600, centers=[[-1, 0], [2, 1]], cluster_std=[0.9, 0.5], random_state=0)
rings, _ = make_circles(1200, noise=0.06, factor=0.5, random_state=0)

# %%
# Two clouds by a mixture of two, two rings by a mixture of sixteen:

figure, axes = plt.subplots(2, 2, figsize=(9.5, 7.5), layout="constrained")
for (left, right), points, k in zip(axes, (blobs, rings), (2, 16), strict=True):
    fit = mx.fit(points, k, n_init=5, rng=0)
    mx.plots.scatter(points, ax=left).set_title(f"{len(points):,} points")
    mx.plots.contours(fit.mixture, ax=right).set_title(f"a mixture of {k}")
    left.set(xlim=right.get_xlim(), ylim=right.get_ylim())

plt.show()
