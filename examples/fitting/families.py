"""
Fourteen families
=================

An ellipse has a volume, a shape and an orientation, and each can be Equal in all
components or Vary between them; I says that ellipses are upright, or round. That makes
fourteen families, known by their letters from R's mclust. What does each of them allow?
"""

# sphinx_gallery_thumbnail_number = 113
import matplotlib.pyplot as plt

import mixtura as mx

truth = mx.Mixture(
    [0.45, 0.3, 0.25],
    [[0, 0], [6.5, 2.5], [1.5, 6.5]],
    [[[2.4, 1.7], [1.7, 1.9]], [[0.25, -0.3], [-0.3, 1.1]], [[2.2, -0.2], [-0.2, 0.2]]],
)
points = truth.sample(300, rng=1)
NAMES = (
    "EII",
    "VII",
    "EEI",
    "VEI",
    "EVI",
    "VVI",
    "EEE",
    "VEE",
    "EVE",
    "VVE",
    "EEV",
    "VEV",
    "EVV",
    "VVV",
)
ALSO = {"VII": "spherical", "VVI": "diag", "EEE": "tied", "VVV": "full"}

# %%
# One hierarchical start for all, so that nothing but the family differs. From left to
# right there is more freedom. Where volumes are equal, areas are; where shapes are, the
# ratios of the axes; where orientations are, the directions.

figure, axes = plt.subplots(
    2, 7, figsize=(14, 5), sharex=True, sharey=True, layout="constrained",
    num="The same 300 points by three ellipses of each of fourteen families, from "
    "equal circles to free ellipses",
)  # fmt: skip
for ax, name in zip(axes.T.flat, NAMES, strict=True):
    fit = mx.fit(points, 3, covariance_type=name, start="hierarchical", rng=0)
    mixture = fit.mixture.subset(fit.mixture.means.sum(axis=1).argsort())
    mx.plots.scatter(points, labels=mixture.predict(points), ax=ax, s=3, alpha=0.5)
    mx.plots.ellipses(mixture, ax=ax, reach=(2,), alpha=0.5)
    ax.set_title(f"{name}, {ALSO[name]}" if name in ALSO else name)
    ax.set(aspect="equal", xticks=[], yticks=[], xlabel="", ylabel="")
    ax.spines[:].set_visible(False)

# %%
# Each family pays for its parameters. Which one suits these points, the BIC says.

choice = mx.choose(points, 3, covariance_type="all", start="hierarchical", rng=0)
found = sorted(
    (each for each in choice.candidates if each.eligible), key=lambda each: each.bic
)
figure, ax = plt.subplots(
    figsize=(8, 4.2), layout="constrained",
    num="The BIC of fourteen families in a row, from the worst to the best",
)  # fmt: skip
for row, each in enumerate(reversed(found)):
    colour = "C1" if each is found[0] else "C0"
    ax.plot(each.bic, row, "o", color=colour, ms=8)
    ax.annotate(
        f"{each.n_parameters} parameters",
        (each.bic, row),
        (9, 0),
        textcoords="offset points",
        va="center",
        size=8,
    )
ax.set(
    yticks=range(len(found)),
    yticklabels=[each.covariance_type for each in reversed(found)],
    xlabel="BIC (lower is better)",
)
ax.grid(axis="y", color="0.92")
ax.margins(x=0.15)

plt.show()
