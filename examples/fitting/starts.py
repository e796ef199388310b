"""
Where a fit begins
==================

EM climbs from where it begins to the next summit, and there are many. Names stand for
ways to begin. How good are the summits that they lead to, and how much is luck?
"""

# sphinx_gallery_thumbnail_number = 104
import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx

ring, angles = (
    np.repeat([0.0, 3.0, 7.0], [1, 5, 9]),
    np.r_[0, 2 * np.pi * np.arange(5) / 5, 2 * np.pi * np.arange(9) / 9],
)
centres = np.column_stack([ring * np.cos(angles), ring * np.sin(angles)])
truth = mx.Mixture(
    np.ones(15), centres, np.repeat([0.1, 0.2, 0.7], [1, 5, 9]), "spherical"
)
points = truth.sample(750, rng=0)
STARTS = "hierarchical", "kmeans", "kmeans++", "partition", "random_from_data", "random"

# %%
# Before EM (dashed, one standard deviation) and after it. Grey are the points.

figure, axes = plt.subplots(
    2, 3, figsize=(10, 6.8), sharex=True, sharey=True, layout="constrained",
    num="Fifteen clusters and six starts: a dashed circle for each component where EM "
    "begins, a filled one where it ends",
)  # fmt: skip
for ax, start in zip(axes.flat, STARTS, strict=True):
    options = {"start": start, "covariance_type": "spherical", "rng": 1, "tol": 0}
    mx.plots.scatter(points, ax=ax, color="0.75", s=4)
    mx.plots.ellipses(
        mx.fit(points, 15, max_iter=200, **options), ax=ax, reach=(1.5,), alpha=0.5
    )
    begun = mx.fit(points, 15, max_iter=0, **options)
    mx.plots.ellipses(
        begun,
        ax=ax,
        reach=(1,),
        alpha=1,
        facecolor="none",
        edgecolor="0.2",
        linestyle="--",
        linewidth=0.9,
    )
    ax.set(title=start, aspect="equal", xticks=[], yticks=[], xlabel="", ylabel="")
    ax.spines[:].set_visible(False)

# %%
# Twelve times each. A hierarchical tree knows no luck, and k-means has little of it; of
# the others take several, as `n_init=10` does. (`"random"` begins with almost equal
# components, and is for comparisons.)

rng = np.random.default_rng(0)
figure, ax = plt.subplots(
    figsize=(8, 3.8), layout="constrained",
    num="The log likelihood of twelve fits from each start: hierarchical always "
    "reaches the highest, random hardly ever",
)  # fmt: skip
for row, start in enumerate(reversed(STARTS)):
    found = [
        mx.fit(
            points,
            15,
            start=start,
            covariance_type="spherical",
            rng=seed,
            tol=1e-5,
            max_iter=200,
        ).log_likelihood
        for seed in range(12)
    ]
    ax.plot(
        found,
        row + rng.uniform(-0.2, 0.2, 12),
        "o",
        color=f"C{row}",
        alpha=0.7,
        markeredgewidth=0,
    )
ax.set(
    xlabel="log likelihood a point, in nats",
    yticks=range(6),
    yticklabels=STARTS[::-1],
    ylim=(-0.6, 5.6),
)
ax.grid(axis="y", color="0.92")

plt.show()
