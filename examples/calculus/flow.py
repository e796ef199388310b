"""
The flow from one density to another
====================================

A cloud in the middle becomes five islands. The cheapest transport says where each grain
has to go, and which densities lie on the way.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection

import mixtura as mx

# Sixty places as seeds of a sunflower lie, and five islands around them.
turn = np.pi * (3 - np.sqrt(5)) * np.arange(60)
far = np.sqrt((np.arange(60) + 0.5) / 60)
seeds = far[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
angles = np.pi / 2 + 2 * np.pi * np.arange(5) / 5
islands = 4.4 * np.column_stack([np.cos(angles), np.sin(angles)])
cloud = mx.Mixture(np.ones(60), 2.2 * seeds, np.full(60, 0.09), "spherical")
target = mx.Mixture(
    [0.3, 0.15, 0.2, 0.2, 0.15], islands, [0.45, 0.2, 0.3, 0.35, 0.2], "spherical"
)
way = cloud.transport(target)
print(way)

# %%
# Every grain moves on a straight line, from light to dark. The cloud is of sixty small
# components; each goes to an island, or is shared out among two, and `map` is the mean
# of where that takes a point.

grains = cloud.sample(1200, rng=0)
ends = way.map(grains)
steps = np.linspace(0, 1, 14)[:, None, None]
paths = (1 - steps) * grains + steps * ends  # (14, n, 2)
figure, ax = plt.subplots(
    figsize=(6.5, 6.2),
    layout="constrained",
    num="Lines that flow from a cloud in the middle towards five islands around it",
)
pieces = np.stack([paths[:-1], paths[1:]], axis=2).reshape(-1, 2, 2)
lines = LineCollection(
    pieces,
    array=np.repeat(steps[1:, 0, 0], len(grains)),
    clim=(-0.25, 1),
    lw=0.6,
    alpha=0.7,
)
ax.add_collection(lines)
ax.scatter(*ends.T, s=4, color="C1", lw=0, zorder=3)
ax.set(aspect="equal", xlim=(-6, 6), ylim=(-5, 6))
ax.axis("off")

# %%
# The densities on the way are mixtures too. The distance between any two of them is
# their share of the whole way.

times = (0, 0.25, 0.5, 0.75, 1)
figure, axes = plt.subplots(
    1,
    5,
    figsize=(14, 3.2),
    layout="constrained",
    num="The density at five times: a cloud that opens like a flower, and parts",
)
for ax, t in zip(axes, times, strict=True):
    between = way.at(t)
    mx.plots.contours(
        between,
        ax=ax,
        filled=True,
        legend=False,
        extent=(-6, 6, -5, 6),
        levels=np.arange(-8, -1),
    )
    ax.set(title=f"t = {t:g}, {cloud.wasserstein(between):.2f} away", aspect="equal")
    ax.axis("off")

plt.show()
