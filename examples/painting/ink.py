"""
A drawing as a density
======================

The dark pixels of a drawing are points of the plane. A mixture of 500 Gaussians is fitted to them and painted as
contours, as dots, or as the density itself.
"""

# sphinx_gallery_thumbnail_number = 3
import matplotlib.pyplot as plt

import mixtura as mx
from mixtura.gallery import sample

image, draw = mx.pictures.image, mx.pictures.draw
dog = mx.pictures.files.read(sample("dog.png"))
butterfly = mx.pictures.files.read(sample("butterfly.png"))

# %%
# From pixels to points: every dark pixel is a row of the table. (A small heart, every fifth pixel of it.)

figure, ax = plt.subplots(figsize=(8, 4), layout="constrained")
mx.plots.pixel_table(dog[232:312:5, 690:770:5], kind="ink", ax=ax)

# %%
# White regions give no points. The mixture is painted in three styles: contours of the log density; samples, as dots;
# and the density on a grid.


def styles(pixels, **how):
    """The drawing by a mixture of 500, in six pictures; `how` to draw contours."""
    height, width = pixels.shape[:2]
    mixture = mx.fit(image.ink(pixels), 500, reg_covar=1 / 12, max_iter=30, accelerate=True, rng=0).mixture
    view = {"frame": (0, 0, width, height), "size": (width // 2, height // 2)}
    pictures = {"contours": draw.contour(mixture, **how, **view)}
    for n in (20_000, 40_000, 50_000, 100_000):
        pictures[f"{n:,} dots"] = draw.dots(mixture, samples=n, radius=0.6, rng=0, **view)
    pictures["density"] = draw.grid(mixture, **view)
    return pictures


pictures = styles(dog, filled=False, paper="white")
figure, ax = plt.subplots(figsize=(10, 7))
mx.plots.sheet(list(pictures.values()), titles=list(pictures), columns=3, ax=ax)

# %%
# A drawing with more detail. Fine lines are blurred, as in charcoal.

pictures = styles(butterfly, colours="psychedelic")
figure, ax = plt.subplots(figsize=(10, 7))
mx.plots.sheet(list(pictures.values()), titles=list(pictures), columns=3, ax=ax)

plt.show()
