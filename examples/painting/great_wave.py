"""
A picture with much detail
==========================

A woodblock print of a wave has more detail than 500 Gaussians can represent: contours,
dots and density blur it. A tone curve recovers some of it, more Gaussians the rest.
(The print is our own; with `--data FOLDER`, it is Hokusai's Great Wave off Kanagawa,
pictures/great-wave.jpg in that folder.)
"""

# sphinx_gallery_thumbnail_number = 102
import matplotlib.pyplot as plt

import mixtura as mx
from mixtura.gallery import data, sample

draw = mx.pictures.draw
wave = data("pictures/great-wave.jpg")
pixels = mx.pictures.sheets.reduced(
    mx.pictures.files.read(wave or sample("wave.png")), 900 if wave else 540
)
height, width = pixels.shape[:2]
view = {"frame": (0, 0, width, height), "size": (width, height)}

# %%
# Its dark pixels as points, and a mixture of 500:

points = mx.pictures.image.ink(pixels)
settings = {"max_iter": 20, "accelerate": True, "rng": 0}
mixture = mx.fit(points, 500, **settings).mixture

figure, ax = plt.subplots(
    figsize=(10, 4),
    num="A print of a wave, and contours of 500 Gaussians in psychedelic colours",
)  # fmt: skip
mx.plots.sheet([pixels, draw.contour(mixture, colours="psychedelic", **view)], ax=ax)

# %%
# Samples of it:

counts = (20_000, 40_000, 50_000, 100_000)
dots = [draw.dots(mixture, samples=n, radius=0.8, rng=0, **view) for n in counts]
figure, ax = plt.subplots(
    figsize=(10, 7), num="The wave as 20,000, 40,000, 50,000 and 100,000 blue dots"
)
mx.plots.sheet(dots, titles=[f"{n:,} dots" for n in counts], columns=2, ax=ax)

# %%
# The density as it is, and with tone curves. The first one is piecewise linear, given
# by points (scaled density : grey), so that low densities are visible and only the
# highest are black; `equalise` is histogram equalisation.

curve = "0:255,0.05:170,0.3:90,1:0"
figure, ax = plt.subplots(
    figsize=(5, 3.2), layout="constrained",
    num="A tone curve of straight lines beside the linear one",
)  # fmt: skip
mx.plots.tones({"a curve of lines": curve}, ax=ax)

tones = {"linear": "linear", "the curve of lines": curve, "equalise": "equalise"}
pictures = [draw.grid(mixture, tone=tone, **view) for tone in tones.values()]
figure, ax = plt.subplots(
    figsize=(10, 7),
    num="The density of 500 Gaussians through three tone curves, beside the print",
)  # fmt: skip
mx.plots.sheet([*pictures, pixels], titles=[*tones, "the picture"], columns=2, ax=ax)

# %%
# Two thousand Gaussians, and every pixel weighted by how dark it is:

points = mx.pictures.image.ink(pixels, threshold="grey", dtype="float32")
many = mx.fit(points, 2000, dtype="float32", **settings).mixture
figure, ax = plt.subplots(
    figsize=(10, 4),
    num="The wave by two thousand Gaussians: as a density in greys, and as 200,000 "
    "dots",
)  # fmt: skip
mx.plots.sheet(
    [
        draw.grid(many, **view),
        draw.dots(many, samples=200_000, radius=0.6, rng=0, **view),
    ],
    ax=ax,
)

plt.show()
