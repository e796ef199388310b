"""
Points in two dimensions, and contours of their density
=======================================================

Rings of points are not Gaussian, but a mixture of many components fits them. Contours
are drawn of the logarithm of the density; the legend gives the levels in nats.
"""

# sphinx_gallery_thumbnail_number = 104
import matplotlib.pyplot as plt
from sklearn.datasets import make_blobs, make_circles

import mixtura as mx

blobs, _ = make_blobs(
    600, centers=[[-1, 0], [2, 1]], cluster_std=[0.9, 0.5], random_state=0
)
rings, _ = make_circles(1200, noise=0.06, factor=0.5, random_state=0)

# %%
# A mixture of two for two clouds, a mixture of sixteen for two rings:

figure, axes = plt.subplots(
    2, 2, figsize=(9.5, 7.5), layout="constrained",
    num="Two clouds and contours of a mixture of two; two rings and contours of a "
    "mixture of sixteen, with legends in nats",
)  # fmt: skip
for (left, right), points, k in zip(axes, (blobs, rings), (2, 16), strict=True):
    fit = mx.fit(points, k, n_init=5, rng=0)
    mx.plots.scatter(points, ax=left).set_title(f"{len(points):,} points")
    mx.plots.contours(fit.mixture, ax=right).set_title(f"a mixture of {k}")
    left.set(xlim=right.get_xlim(), ylim=right.get_ylim())

plt.show()
