"""
A picture with much detail
==========================

Hokusai's Great Wave off Kanagawa has more detail than 500 Gaussians can represent: contours, dots and density blur
it. A tone curve recovers some of it, more Gaussians the rest. (With `--data FOLDER`, this is the picture
pictures/great-wave.jpg in that folder; otherwise a harbour at dusk.)
"""

# sphinx_gallery_thumbnail_number = 4
import matplotlib.pyplot as plt

import mixtura as mx
from mixtura.gallery import data, sample

draw = mx.pictures.draw
wave = data("pictures/great-wave.jpg")
pixels = mx.pictures.sheets.reduced(mx.pictures.files.read(wave or sample("harbour.png")), 900)
height, width = pixels.shape[:2]
view = {"frame": (0, 0, width, height), "size": (width, height)}

# %%
# Its dark pixels as points, and a mixture of 500:

points = mx.pictures.image.ink(pixels)
settings = {"reg_covar": 1 / 12, "max_iter": 30, "accelerate": True, "rng": 0}
mixture = mx.fit(points, 500, **settings).mixture

figure, ax = plt.subplots(figsize=(10, 4))
mx.plots.sheet([pixels, draw.contour(mixture, colours="psychedelic", **view)], ax=ax)

# %%
# Samples of it:

counts = (20_000, 40_000, 50_000, 100_000)
dots = [draw.dots(mixture, samples=n, radius=0.8, rng=0, **view) for n in counts]
figure, ax = plt.subplots(figsize=(10, 7))
mx.plots.sheet(dots, titles=[f"{n:,} dots" for n in counts], columns=2, ax=ax)

# %%
# The density as it is, and with tone curves. The first one is piecewise linear, given by points (scaled density :
# grey), so that low densities are visible and only the highest are black; `equalise` is histogram equalisation.

curve = "0:255,0.05:170,0.3:90,1:0"
figure, ax = plt.subplots(figsize=(5, 3.2), layout="constrained")
mx.plots.tones({"a curve of lines": curve}, ax=ax)

tones = {"linear": "linear", "the curve of lines": curve, "equalise": "equalise"}
pictures = [draw.grid(mixture, tone=tone, **view) for tone in tones.values()]
figure, ax = plt.subplots(figsize=(10, 7))
mx.plots.sheet([*pictures, pixels], titles=[*tones, "the picture"], columns=2, ax=ax)

# %%
# Four thousand Gaussians, and every pixel weighted by how dark it is:

points = mx.pictures.image.ink(pixels, threshold="grey", dtype="float32")
many = mx.fit(points, 4000, dtype="float32", **settings).mixture
figure, ax = plt.subplots(figsize=(10, 4))
mx.plots.sheet([draw.grid(many, **view), draw.dots(many, samples=200_000, radius=0.6, rng=0, **view)], ax=ax)

plt.show()
