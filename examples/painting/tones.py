"""
Tone curves
===========

The density is scaled to at most one and mapped to grey levels. With a linear map, most
of a detailed drawing is hidden by the highest densities; a tone curve is a nonlinear
map.
"""

import matplotlib.pyplot as plt

import mixtura as mx
from mixtura.gallery import sample

pixels = mx.pictures.files.read(sample("butterfly.png"))
height, width = pixels.shape[:2]
points = mx.pictures.image.ink(pixels, dtype="float32")
mixture = mx.fit(
    points, 800, dtype="float32", max_iter=20, accelerate=True, rng=0
).mixture

# %%
# A curve is a power (`gamma`) or piecewise linear, given by points (scaled density :
# grey).

curves = {
    "faint things darker": "gamma:0.5",
    "only the densest": "0:255,0.6:225,1:0",
    "in between": "0:255,0.1:80,1:0",
}
figure, ax = plt.subplots(
    figsize=(6, 4), layout="constrained",
    num="Three tone curves and the linear one: grey against scaled density",
)  # fmt: skip
mx.plots.tones(curves, ax=ax)

# %%
# The results for one mixture. `equalise` depends on the picture: it is histogram
# equalisation.

tones = {"linear": "linear", **curves, "equalise": "equalise"}
view = {"frame": (0, 0, width, height), "size": (width // 2, height // 2)}
pictures = [
    mx.pictures.draw.grid(mixture, tone=tone, **view) for tone in tones.values()
]
figure, ax = plt.subplots(
    figsize=(10, 7), num="A butterfly, and its density through five tone curves"
)
mx.plots.sheet([pixels, *pictures], titles=["the drawing", *tones], columns=3, ax=ax)

plt.show()
