"""
A drawing as a density
======================

The dark pixels of a drawing are points of the plane. A mixture of 500 Gaussians is
fitted to them and painted as contours, as dots, or as the density itself.
"""

# sphinx_gallery_thumbnail_number = 304
import matplotlib.pyplot as plt

import mixtura as mx
from mixtura.gallery import sample

image, draw = mx.pictures.image, mx.pictures.draw
dog = mx.pictures.files.read(sample("dog.png"))[::2, ::2]
butterfly = mx.pictures.files.read(sample("butterfly.png"))[::2, ::2]

# %%
# From pixels to points: every dark pixel is a row of the table. (A small heart, every
# third pixel of it.)

figure, ax = plt.subplots(
    figsize=(8, 4), layout="constrained",
    num="A heart in large pixels, beside a table of the places of the dark ones",
)  # fmt: skip
mx.plots.pixel_table(dog[116:156:3, 345:385:3], kind="ink", ax=ax)

# %%
# White regions give no points. The mixture is painted in three styles: contours of the
# log density; samples, as dots; and the density on a grid.


def styles(pixels, **how):
    """The drawing by a mixture of 500, in six pictures; `how` to draw contours."""
    height, width = pixels.shape[:2]
    mixture = mx.fit(
        image.ink(pixels), 500, max_iter=30, accelerate=True, rng=0
    ).mixture
    view = {"frame": (0, 0, width, height), "size": (width, height)}
    pictures = {"contours": draw.contour(mixture, **how, **view)}
    for n in (20_000, 40_000, 50_000, 100_000):
        pictures[f"{n:,} dots"] = draw.dots(
            mixture, samples=n, radius=0.6, rng=0, **view
        )
    pictures["density"] = draw.grid(mixture, **view)
    return pictures


pictures = styles(dog, filled=False, paper="white")
figure, ax = plt.subplots(
    figsize=(10, 7),
    num="A dog as contours, as 20,000 to 100,000 dots, and as a density",
)
mx.plots.sheet(list(pictures.values()), titles=list(pictures), columns=3, ax=ax)

# %%
# A drawing with more detail. Fine lines are blurred, as in charcoal.

pictures = styles(butterfly, colours="psychedelic")
figure, ax = plt.subplots(
    figsize=(10, 7),
    num="A butterfly as contours in psychedelic colours, as 20,000 to 100,000 dots, "
    "and as a density",
)  # fmt: skip
mx.plots.sheet(list(pictures.values()), titles=list(pictures), columns=3, ax=ax)

plt.show()
