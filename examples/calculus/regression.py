"""
Regression, and where there are several answers
===============================================

Which y belongs to this x? A mixture of both tells the whole distribution of y: its
mean, how sure it is, and whether there are several answers, between which the mean
would be wrong.
"""

# sphinx_gallery_thumbnail_number = 2
import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx

rng = np.random.default_rng(0)

# %%
# How uncertain an answer is may depend on x. `regress` tells the conditional mean of
# every row at once, and its covariance; the band is two standard deviations wide to
# each side. Beyond the data, the mean goes on as the nearest component does, and the
# band says little of that.

x = rng.uniform(0, 10, 500)
y = np.sin(x) + 0.3 * x + rng.normal(size=500) * (0.08 + 0.05 * np.abs(x - 5))
mixture = mx.fit(
    mx.Points.from_array(np.column_stack([x, y]), names=["x", "y"]), 8, n_init=3, rng=0
).mixture
grid = np.linspace(0, 10, 300)
mean, covariance = mixture.regress(["x"], grid[:, None], return_cov=True)
wide = 2 * np.sqrt(covariance[:, 0, 0])

figure, ax = plt.subplots(
    figsize=(8, 4.2), layout="constrained",
    num="Points about a wavy curve, the mean of y given x along it, and a band that is "
    "narrow in the middle of the figure and wide at both ends",
)  # fmt: skip
mx.plots.scatter(np.column_stack([x, y]), ax=ax, color="0.6", s=7)
ax.fill_between(grid, mean[:, 0] - wide, mean[:, 0] + wide, alpha=0.2, lw=0)
ax.plot(grid, mean[:, 0])
ax.set(xlabel="x", ylabel="y", title="mean, and two standard deviations")

# %%
# As an estimator of scikit-learn, for its pipelines and searches:

regressor = mx.GaussianMixtureRegressor(8, n_init=3, random_state=0).fit(x[:, None], y)
expected, deviation = regressor.predict(grid[:, None], return_std=True)
print("R² of the points", round(regressor.score(x[:, None], y), 3))
print("deviation at x = 0 and 5:", deviation[[0, 150]].round(2))

# %%
# Here y may be one of three numbers for the same x. Their mean (dashed) runs where
# there are no points; the modes of the conditional mixture are the answers, the larger
# the more probable. In the background is the density of y given x.

y = rng.uniform(0, 1, 700)
x = y + 0.3 * np.sin(2 * np.pi * y) + rng.normal(0, 0.03, 700)
mixture = mx.fit(np.column_stack([x, y]), 12, n_init=3, rng=0).mixture
grid, levels = np.linspace(0, 1, 120), np.linspace(-0.1, 1.1, 200)
slices = [mixture.condition([0], [value]) for value in grid]
density = np.column_stack([each.density(levels[:, None]) for each in slices])

figure, ax = plt.subplots(
    figsize=(8, 5), layout="constrained",
    num="A curve like an S, as a density of y given x: three branches in the middle, "
    "each with a line of modes, and the dashed mean crossing between them",
)  # fmt: skip
ax.imshow(
    np.ma.masked_less(np.sqrt(density), 0.15),
    origin="lower",
    extent=(0, 1, -0.1, 1.1),
    aspect="auto",
    alpha=0.55,
)
mx.plots.scatter(np.column_stack([x, y]), ax=ax, color="0.3", s=3, alpha=0.4)
ax.plot(
    grid, mixture.regress([0], grid[:, None])[:, 0], "--", color="0.2", label="mean"
)
for value, each in zip(grid[::3], slices[::3], strict=True):
    found = each.modes()
    height = np.exp(found.log_density - found.log_density.max())
    kept = height > 0.05
    ax.scatter(
        np.full(kept.sum(), value),
        found.points[kept, 0],
        s=36 * height[kept],
        color="C0",
        edgecolors="white",
        lw=0.5,
        zorder=3,
    )
ax.set(
    xlabel="x", ylabel="y", title="modes of y given x", xlim=(0, 1), ylim=(-0.1, 1.1)
)
ax.legend(loc="upper left")

plt.show()
