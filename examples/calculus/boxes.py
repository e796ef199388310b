"""
Samples inside a box
====================

Which points may there be, if both coordinates are known to lie in a range? In the
middle one could draw many and keep those inside; far out in a tail one would wait for
ever. Samples of a box are exact and independent wherever it lies.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

import mixtura as mx

mixture = mx.Mixture(
    [0.5, 0.3, 0.2],
    [[0, 0], [3.5, 1.5], [1, 4]],
    [[[1, 0.8], [0.8, 1]], [[0.8, -0.5], [-0.5, 1]], [[1.5, 0.2], [0.2, 0.4]]],
)
boxes = {
    "the middle": ([-1, 1], [2.5, 3]),
    "an edge": ([3, 3.2], [6.5, 5.2]),
    "a tail": ([6.6, -3.6], [8.4, -2.2]),
}

# %%
# Five hundred points in each of three boxes, and how many one would have to draw from
# the whole mixture for them.

figure, ax = plt.subplots(
    figsize=(8, 6), layout="constrained",
    num="Contours of a mixture and three boxes full of points: in the middle, at an "
    "edge, and far out in a tail, where the points crowd into the corner that is "
    "nearest",
)  # fmt: skip
mx.plots.contours(
    mixture,
    ax=ax,
    filled=True,
    legend=False,
    extent=(-4, 9, -4.4, 6.4),
    levels=np.arange(-10, -1),
    alpha=0.45,
)
for number, (name, (low, high)) in enumerate(boxes.items()):
    points = mixture.sample(500, box=(low, high), rng=0)
    share = mixture.probability(low, high).estimate
    colour = f"C{(0, 2, 3)[number]}"
    ax.scatter(*points.T, s=6, color=colour, lw=0)
    ax.add_patch(
        Rectangle(low, *np.subtract(high, low), fill=False, edgecolor=colour, lw=1.5)
    )
    ax.annotate(
        f"{name}: one of {1 / share:,.3g}",
        (low[0], high[1] + 0.2),
        color=colour,
        bbox={"facecolor": "white", "lw": 0, "pad": 1.5},
    )
ax.set(aspect="equal", xlabel="$x_1$", ylabel="$x_2$")

plt.show()
