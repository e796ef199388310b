"""
Points of the plane, and contours of their density
==================================================

Two rings of points are no Gaussians, but a mixture of many finds them. Contours are drawn of the logarithm of the
density, whose levels the legend gives in nats.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import make_circles, make_moons

import mixtura as mx

figure, axes = plt.subplots(2, 2, figsize=(9.5, 7.5), layout="constrained")
for row, (points, k) in zip(
    axes,
    (
        (make_circles(800, noise=0.06, factor=0.5, random_state=0)[0], 14),
        (make_moons(600, noise=0.08, random_state=0)[0], 8),
    ),
    strict=True,
):
    fit = mx.fit(points, k, n_init=5, rng=0)
    mx.plots.scatter(points, ax=row[0], equal=True)
    mx.plots.contours(fit.mixture, ax=row[1])
    row[0].set_title(f"{len(points)} points")
    row[1].set_title(f"a mixture of {k}")
