"""
Colour: five columns
====================

In a colour picture every pixel is a point: its position and its colour are five numbers
(x, y, r, g, b). The mixture is painted as samples, dot by dot, or by the conditional
mean colour at each position, E[r, g, b | x, y].
"""

# sphinx_gallery_thumbnail_number = 411
import matplotlib.pyplot as plt
from sklearn.datasets import load_sample_image

import mixtura as mx
from mixtura.gallery import sample

image, draw = mx.pictures.image, mx.pictures.draw
flower = load_sample_image("flower.jpg")[::3, ::3]
wave = mx.pictures.files.read(sample("wave.png"))[::3, ::3]

# %%
# A picture has three channels:

figure, ax = plt.subplots(
    figsize=(8, 6), num="A flower, and its red, green and blue channels"
)
mx.plots.channels(flower, ax=ax)

# %%
# Its pixels become rows of a table, all of them:

figure, ax = plt.subplots(
    figsize=(8, 4), layout="constrained",
    num="A few pixels of the flower beside a table of their x, y, r, g and b",
)  # fmt: skip
mx.plots.pixel_table(flower[56:68, 95:107], ax=ax)

# %%
# More components, and more iterations of EM, give more detail. Dots are samples of all
# five coordinates:


def stages(pixels):
    """Dots and mean colours by larger and larger mixtures, and their names."""
    height, width = pixels.shape[:2]
    view = {"frame": (0, 0, width, height), "size": (width, height)}
    points = image.colour(pixels, dtype="float32")
    dots, means, names = [], [], []
    for k, steps in ((10, 5), (50, 5), (250, 5), (250, 20), (1000, 20)):
        mixture = mx.fit(
            points, k, dtype="float32", max_iter=steps, start="partition"
        ).mixture
        dots.append(draw.dots(mixture, samples=12_000, rng=0, **view))
        means.append(draw.mean(mixture, **view))
        names.append(f"K = {k}, {steps} steps")
    return [*dots, pixels], [*means, pixels], [*names, "the picture"]


(dots, means, names), (dots2, means2, _) = stages(flower), stages(wave)
figure, axes = plt.subplots(
    2, 1, figsize=(10, 10), layout="constrained",
    num="A flower and a wave as coloured dots, by more and more components and steps",
)  # fmt: skip
mx.plots.sheet(dots, titles=names, columns=3, ax=axes[0])
mx.plots.sheet(dots2, titles=names, columns=3, ax=axes[1])

# %%
# The conditional mean colour at each position looks like soft brush strokes:

figure, axes = plt.subplots(
    2, 1, figsize=(10, 10), layout="constrained",
    num="A flower and a wave in conditional mean colours, by more and more components "
    "and steps",
)  # fmt: skip
mx.plots.sheet(means, titles=names, columns=3, ax=axes[0])
mx.plots.sheet(means2, titles=names, columns=3, ax=axes[1])

plt.show()
