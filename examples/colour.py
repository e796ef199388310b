"""
Colour: five columns
====================

In colour every pixel counts: its place and its colour are five numbers (x, y, r, g, b). The mixture can be sampled,
dot by dot, or asked for the mean colour at a place, E[r, g, b | x, y].
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_sample_image

import mixtura as mx

image, draw = mx.pictures.image, mx.pictures.draw
picture = load_sample_image("flower.jpg")[::3, ::3]
height, width = picture.shape[:2]
frame = mx.pictures.field.Frame.of_picture(width, height)

# %%
# Three channels, and how pixels become rows of a table:

mx.plots.channels(picture, ax=plt.figure(figsize=(7, 5), layout="constrained").add_subplot())
mx.plots.pixel_table(picture[60:72, 95:107], ax=plt.figure(figsize=(8, 4), layout="constrained").add_subplot())

# %%
# More components, and more steps of EM, tell more:

points = image.colour(picture)
dots, means, titles = [], [], []
for k, steps in ((10, 5), (50, 5), (250, 5), (250, 30), (1000, 30)):
    mixture = mx.fit(
        points, k, reg_covar=1 / 12, dtype="float32", max_iter=steps, tol=0, start="partition", rng=0
    ).mixture
    dots.append(draw.dots(mixture, frame=frame, size=(width, height), samples=60_000, radius=1, rng=0))
    means.append(draw.mean(mixture, frame=frame, size=(width, height)))
    titles.append(f"K = {k}, {steps} steps")
mx.plots.sheet(
    [*dots, picture],
    titles=[*titles, "the picture"],
    columns=3,
    ax=plt.figure(figsize=(9, 5), layout="constrained").add_subplot(),
)
mx.plots.sheet(
    [*means, picture],
    titles=[*titles, "the picture"],
    columns=3,
    ax=plt.figure(figsize=(9, 5), layout="constrained").add_subplot(),
)
