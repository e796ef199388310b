"""
Stars whose distances are uncertain
===================================

Directions to stars are measured well, distances badly: each star is known up to an
ellipse of its own, which points at us and is the longer, the farther the star. A
mixture that knows these errors describes where the stars are; one that does not
describes where they seem to be.
"""

# sphinx_gallery_thumbnail_number = 202
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import EllipseCollection

import mixtura as mx

# %%
# Two spiral arms around a bulge, seen from the cross. The errors are matrices, one a
# star.

rng = np.random.default_rng(4)
n = 2400
angle = rng.uniform(0.3, 1.0, n) * 2.0 * np.pi
arm = rng.choice([0.0, np.pi], n)
radius = 0.55 * angle + 0.2
stars = np.column_stack(
    [radius * np.cos(angle + arm), radius * np.sin(angle + arm)]
) + 0.1 * rng.normal(size=(n, 2))
stars[:400] = 0.35 * rng.normal(size=(400, 2))
here = np.array([-5.5, -3.0])

away = stars - here
distance = np.linalg.norm(away, axis=1)
along = away / distance[:, None]
across = along[:, ::-1] * [-1.0, 1.0]
long, short = rng.uniform(0.05, 0.2, n) * distance, 0.01 * distance
noise = (long**2)[:, None, None] * along[:, :, None] * along[:, None, :]
noise += (short**2)[:, None, None] * across[:, :, None] * across[:, None, :]
seen = (
    stars
    + (rng.normal(size=n) * long)[:, None] * along
    + (rng.normal(size=n) * short)[:, None] * across
)


def panel(ax, points, title):
    """Points, and where we are."""
    mx.plots.scatter(points, ax=ax, s=2, alpha=0.5)
    ax.plot(*here, "k+", markersize=10)
    ax.set(
        title=title,
        xlim=(-6.5, 6.5),
        ylim=(-5.5, 5.5),
        aspect="equal",
        xlabel="",
        ylabel="",
    )


figure, axes = plt.subplots(
    1, 2, figsize=(10, 4.6), layout="constrained",
    num="Stars along two spiral arms; and the same stars smeared along lines that "
    "point at the observer, with ellipses of error",
)  # fmt: skip
panel(axes[0], stars, "where the stars are")
panel(axes[1], seen, "where they seem to be, and some errors")
some = slice(0, n, 50)
degrees = np.degrees(np.arctan2(along[some, 1], along[some, 0]))
shapes = EllipseCollection(
    2 * long[some],
    2 * short[some],
    degrees,
    offsets=seen[some],
    units="xy",
    transOffset=axes[1].transData,
)
shapes.set(facecolor="none", edgecolor="C3")
axes[1].add_collection(shapes)

# %%
# The same fit twice, without and with `noise_covariance`. EM then works with what each
# error leaves open, so it needs more steps.

options = {"rng": 0, "tol": 1e-5, "max_iter": 300, "accelerate": True}
plain = mx.fit(seen, 16, **options).mixture
known = mx.fit(seen, 16, noise_covariance=noise, **options).mixture

figure, axes = plt.subplots(
    1, 2, figsize=(10, 4.6), layout="constrained",
    num="Density of the stars: broad and without arms where the errors are unknown, "
    "with two spiral arms where they are known",
)  # fmt: skip
for ax, mixture, title in zip(
    axes, (plain, known), ("errors unknown", "errors known"), strict=True
):
    mx.plots.contours(
        mixture, ax=ax, filled=True, legend=False, extent=(-6.5, 6.5, -5.5, 5.5)
    )
    ax.plot(*here, "k+", markersize=10)
    ax.set(title=title, aspect="equal", xlabel="", ylabel="")

# %%
# The mixture is a prior for each star: `denoise` is its posterior mean, given where it
# seems to be and how uncertain that is.

better, uncertain = known.denoise(seen, noise, return_cov=True)
wrong = [np.sqrt(np.mean((points - stars) ** 2)) for points in (seen, better)]
print(f"error of a coordinate: {wrong[0]:.2f} as seen, {wrong[1]:.2f} denoised")
print(
    "expected of the posterior covariances: "
    f"{np.sqrt(np.trace(uncertain.mean(axis=0)) / 2):.2f}"
)

figure, axes = plt.subplots(
    1, 2, figsize=(10, 4.6), layout="constrained",
    num="The stars as they seem to be, smeared; and denoised, along two spiral arms "
    "again",
)  # fmt: skip
panel(axes[0], seen, "where the stars seem to be")
panel(axes[1], better, "denoised")

plt.show()
