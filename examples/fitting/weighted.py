"""
Rows that stand for several
===========================

Trees of a forest were mapped near the road, where it is easy, and hardly any far away.
Each tree that was found stands for as many as were missed beside it. How does a fit
count them so?
"""

# sphinx_gallery_thumbnail_number = 103
import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx

rng = np.random.default_rng(3)
forest = mx.Mixture(
    [0.3, 0.3, 0.4],
    [[1.2, 2.6], [4.5, 1.2], [6.6, 3.2]],
    [[[0.5, 0.1], [0.1, 0.4]], [[0.9, -0.3], [-0.3, 0.25]], [[0.45, 0.1], [0.1, 0.35]]],
)
trees = forest.sample(3000, rng=rng)
# The road runs along the left edge.
chance = np.clip(np.exp(-0.55 * trees[:, 0]), 0.02, 1)
found = rng.random(len(trees)) < chance

# %%
# A weight of 12 is exactly that row twelve times; one over the chance to be found is
# the usual one.

plain = mx.fit(trees[found], 3, n_init=3, rng=0)
weighted = mx.fit(trees[found], 3, sample_weight=1 / chance[found], n_init=3, rng=0)

shown = {
    "the forest": (forest, trees),
    "every row once": (plain, trees[found]),
    "rows weighted": (weighted, trees[found]),
}
figure, axes = plt.subplots(
    1, 3, figsize=(12, 3.9), sharex=True, sharey=True, layout="constrained",
    num="Density of trees: in the forest, three groves; by the trees that were found, "
    "hardly one; and by the same trees weighted, three groves again",
)  # fmt: skip
for ax, (title, (mixture, points)) in zip(axes, shown.items(), strict=True):
    mx.plots.contours(
        mixture,
        ax=ax,
        filled=True,
        legend=False,
        extent=(-1.2, 9.2, -1.2, 5.6),
        levels=[-7, -6, -5, -4, -3, -2.5],
    )
    mx.plots.scatter(points, ax=ax, color="white", s=6000 / len(points), alpha=0.7)
    ax.axvspan(-1.2, -0.9, color="0.55", lw=0)
    ax.set(
        title=f"{title}: {len(points):,} trees",
        xlabel="from the road, 100 m",
        ylabel="along the road, 100 m",
    )
    ax.label_outer()
for name, mixture in (
    ("found", plain.mixture),
    ("weighted", weighted.mixture),
    ("forest", forest),
):
    print(f"{name:9} weights {np.sort(mixture.weights).round(2)}")

plt.show()
