"""
A drawing as a density
======================

The dark pixels of a drawing are points of the plane. A mixture of 500 Gaussians learns where they are, and the drawing
comes back as contours, as dots, or as the density itself.
"""

from pathlib import Path

import matplotlib.pyplot as plt

import mixtura as mx

files, image, draw = mx.pictures.files, mx.pictures.image, mx.pictures.draw
HERE = Path(__file__).resolve().parent if "__file__" in globals() else Path.cwd()
SAMPLES = HERE.parent / "samples"

pixels = files.read(SAMPLES / "dog.png")
points = image.ink(pixels)
height, width = pixels.shape[:2]
frame = mx.pictures.field.Frame.of_picture(width, height)

# %%
# How pixels become points: of a corner of the drawing, every dark pixel is a row.

mx.plots.pixel_table(
    pixels[100:740:40, 100:740:40], kind="ink", ax=plt.figure(figsize=(8, 4), layout="constrained").add_subplot()
)

# %%
# White regions give no points; the mixture only knows where ink is.

mixture = mx.fit(points, 500, reg_covar=1 / 12, dtype="float32", max_iter=30, accelerate=True, rng=0).mixture
size = (400, 400)
pictures = [draw.contour(mixture, frame=frame, size=size), draw.grid(mixture, frame=frame, size=size)]
pictures += [
    draw.dots(mixture, frame=frame, size=size, samples=n, radius=0.6, rng=0) for n in (20_000, 40_000, 50_000, 100_000)
]
titles = ["contours", "density", "20,000 dots", "40,000 dots", "50,000 dots", "100,000 dots"]
mx.plots.sheet(pictures, titles=titles, columns=3, ax=plt.figure(figsize=(9, 7), layout="constrained").add_subplot())
