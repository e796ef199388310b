"""
How a grid is coloured
======================

A picture is painted place by place. For a drawing, each place is as dark as the density
is there. For a colour picture, there is a whole distribution of colours at each place,
and the place is painted in their mean.
"""

# sphinx_gallery_thumbnail_number = 202
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import ConnectionPatch

import mixtura as mx
from mixtura.gallery import sample

image = mx.pictures.image


def places(width, height, step):
    """A grid of places, row by row, and how many of them have been reached."""
    x, y = np.meshgrid(
        np.arange(step / 2, width, step), np.arange(step / 2, height, step)
    )
    return np.column_stack([x.ravel(), y.ravel()])


def scheme(ax, at, colours, step, reached, size):
    """Places that are painted, the one that is painted now, and those to come."""
    side = 0.5 * step * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    for place, colour in zip(at[:reached], colours, strict=False):
        ax.fill(*(place + side).T, color=colour, lw=0)
    ax.scatter(*at[reached:].T, s=size, facecolors="none", edgecolors="0.75", lw=0.8)
    ax.fill(
        *(at[reached] + side).T,
        facecolor=colours[reached],
        edgecolor="C1",
        lw=2,
        zorder=3,
    )
    ax.set(
        aspect="equal", xlim=(0, at[:, 0].max() + step), ylim=(at[:, 1].max() + step, 0)
    )
    ax.axis("off")


# %%
# A drawing first. Row by row, the density is asked at each place, scaled so that the
# highest is 1, and painted as a grey. Circles are places that are yet to come.

dog = mx.pictures.files.read(sample("dog.png"))[40:440:2, 180:580:2]
mixture = mx.fit(image.ink(dog), 150, max_iter=15, accelerate=True, rng=0).mixture
at = places(200, 200, 8)
density = mixture.density(at)
greys = 1 - (density / density.max()) ** 0.6
# The darkest place of a row.
now = 14 * 25 + int(greys[14 * 25 : 15 * 25].argmin())

figure, (left, right) = plt.subplots(
    1, 2, figsize=(11, 5.2), layout="constrained", width_ratios=[1, 1],
    num="Left: contours of the density of a dog's head, with one place marked. Right: "
    "a grid, of which the upper rows are painted in greys; an arrow leads from the "
    "marked place to its grey, and circles are left to paint",
)  # fmt: skip
mx.plots.contours(
    mixture, ax=left, legend=False, extent=(0, 200, 0, 200), levels=6, linewidths=0.8
)
left.plot(*at[now], "o", color="C1", ms=9, mec="white")
left.set(aspect="equal", xlim=(0, 200), ylim=(200, 0), title="p(x, y)")
left.axis("off")
scheme(right, at, [str(grey) for grey in greys], 8, now, 22)
right.set_title(
    f"p(x, y) = {density[now]:.1e}: {density[now] / density.max():.2f} of the highest"
)
arrow = {
    "coordsA": "data",
    "coordsB": "data",
    "arrowstyle": "-|>",
    "color": "C1",
    "lw": 1.5,
    "shrinkB": 6,
}
arrow |= {"connectionstyle": "arc3,rad=-0.2", "mutation_scale": 14, "zorder": 5}
figure.add_artist(
    ConnectionPatch(at[now], at[now], axesA=left, axesB=right, shrinkA=6, **arrow)
)

# %%
# A colour picture: a mixture of x, y and three colours. Given the place, what is left
# is a mixture of colours alone. Its samples are shown here in red and blue, as dots of
# their colour; their mean, E[r, g, b | x, y], is the large one.

wave = mx.pictures.files.read(sample("wave.png"))[:400:2, 180:580:2]
mixture = mx.fit(
    image.colour(wave), 300, dtype="float32", max_iter=15, start="partition"
).mixture
mean, spread = mixture.regress(["x", "y"], at, return_cov=True)
mean = np.clip(mean / 255, 0, 1)
# The place of a row where colours vary most.
row = spread[15 * 25 : 16 * 25]
now = 15 * 25 + int(row.trace(axis1=1, axis2=2).argmax())
given = mixture.condition(["x", "y"], at[now])
colours = np.clip(given.sample(300, rng=0) / 255, 0, 1)

figure, (left, right) = plt.subplots(
    1, 2, figsize=(11, 5.2), layout="constrained", width_ratios=[1, 1],
    num="Left: colours that are probable at one place, as dots of their own colour, "
    "and their mean as a large dot. Right: a grid, of which the upper rows are "
    "painted in mean colours and show a wave; an arrow leads from the mean to its "
    "place",
)  # fmt: skip
left.scatter(colours[:, 0], colours[:, 2], c=colours, s=26, edgecolors="0.6", lw=0.4)
left.scatter(
    mean[now, 0], mean[now, 2], color=mean[now], s=420, edgecolors="C1", lw=2, zorder=3
)
left.set(
    aspect="equal",
    xlim=(-0.05, 1.05),
    ylim=(-0.05, 1.05),
    xlabel="red",
    ylabel="blue",
    title="p(r, g, b | x, y)",
)
scheme(right, at, mean, 8, now, 22)
right.set_title("E[r, g, b | x, y]")
figure.add_artist(
    ConnectionPatch(
        mean[now, [0, 2]], at[now], axesA=left, axesB=right, shrinkA=12, **arrow
    )
)

plt.show()
