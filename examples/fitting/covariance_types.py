"""
Four shapes of covariance
=========================

Full covariances are ellipses of any kind; tied ones are all alike; diagonal ones lie
along the axes; spherical ones are round. Freer shapes follow the points more closely,
and cost more parameters. Which is worth it here?
"""

# sphinx_gallery_thumbnail_number = 101
import matplotlib.pyplot as plt

import mixtura as mx

truth = mx.Mixture(
    [0.4, 0.35, 0.25],
    [[0, 0], [5, 1], [2, 5]],
    [
        [[1.6, 1.2], [1.2, 1.3]],
        [[0.3, -0.35], [-0.35, 1.5]],
        [[1.8, -0.1], [-0.1, 0.15]],
    ],
)
points = truth.sample(450, rng=0)

# %%
# The BIC charges for parameters: the lowest is best, and it is that of the full
# covariances, which the points are from.

figure, axes = plt.subplots(
    2, 2, figsize=(9, 8), sharex=True, sharey=True, layout="constrained",
    num="The same points and three components: tilted ellipses, equal ellipses, "
    "upright ellipses, and circles",
)  # fmt: skip
for ax, kind in zip(axes.flat, ("full", "tied", "diag", "spherical"), strict=True):
    fit = mx.fit(points, 3, covariance_type=kind, n_init=5, rng=0)
    mixture = fit.mixture.subset(fit.mixture.means.sum(axis=1).argsort())
    mx.plots.ellipses(mixture, points, ax=ax, reach=(1, 2))
    ax.set_title(
        f"{kind}: {fit.mixture.n_parameters} parameters, BIC {mx.bic(fit, points):,.0f}"
    )
    ax.set_aspect("equal")
    ax.label_outer()

plt.show()
