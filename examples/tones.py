"""
Tone curves
===========

A density is scaled to at most one and becomes a grey. Straight, most of a rich drawing drowns in the darkest places; a
tone curve decides how dense is how dark.
"""

from pathlib import Path

import matplotlib.pyplot as plt

import mixtura as mx

files, image, draw = mx.pictures.files, mx.pictures.image, mx.pictures.draw
HERE = Path(__file__).resolve().parent if "__file__" in globals() else Path.cwd()
SAMPLES = HERE.parent / "samples"

pixels = files.read(SAMPLES / "butterfly.png")
height, width = pixels.shape[:2]
frame = mx.pictures.field.Frame.of_picture(width, height)
points = image.ink(pixels, dtype="float32")
mixture = mx.fit(points, 800, reg_covar=1 / 12, dtype="float32", max_iter=20, accelerate=True, rng=0).mixture

# %%
curves = {"faint things darker": "gamma:0.5", "only the densest": "0:255,0.6:225,1:0", "in between": "0:255,0.1:80,1:0"}
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
mx.plots.tones(curves, ax=ax)

# %%
# `equalise` has no curve: it spends the greys evenly over the pixels of each picture.

tones = {"linear": "linear", **curves, "equalise": "equalise"}
size = frame.fit(400)
pictures = [draw.grid(mixture, frame=frame, size=size, tone=tone) for tone in tones.values()]
mx.plots.sheet(
    pictures, titles=list(tones), columns=3, ax=plt.figure(figsize=(10, 7), layout="constrained").add_subplot()
)
