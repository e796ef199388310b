"""
A silhouette by thirty Gaussians
================================

Leave out the midtones of a logo, take its dark pixels as points, and fit thirty Gaussians, ten times over. Samples of
the best make a silhouette. Smaller covariances make it sharper, and a component can be moved and reshaped by hand.
"""

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageDraw

import mixtura as mx

image, draw = mx.pictures.image, mx.pictures.draw

# %%
# A logo with a grey shadow:

logo = Image.new("RGB", (300, 300), "white")
pen = ImageDraw.Draw(logo)
for shade, shift in (("#999999", 10), ("black", 0)):
    pen.ellipse((190 + shift, 28 + shift, 252 + shift, 90 + shift), fill=shade)
    for x in (40, 225):
        pen.rectangle((x + shift, 110 + shift, x + 35 + shift, 260 + shift), fill=shade)
    for left, right in ((40, 128), (260, 172)):
        ends = [(left, 110), ((left + 40) if left < right else left - 40, 110), (150, 205), (150, 255)]
        pen.polygon([(x + shift, y + shift) for x, y in ends], fill=shade)
pixels = np.asarray(logo)
height, width = pixels.shape[:2]
frame = mx.pictures.field.Frame.of_picture(width, height)

# %%
# Dark is below 60, light above 200, and what lies between is neither.

points = image.ink(pixels, threshold="60:200")
fit = mx.fit(points, 30, reg_covar=1 / 12, n_init=10, rng=0)
mixture = fit.mixture

# %%
# The silhouette, and the same with covariances times 0.6:

dots = {"frame": frame, "size": (width, height), "samples": 40_000, "rng": 0, "radius": 0.7}
pictures = [draw.dots(mixture, **dots), draw.dots(mixture.scale_covariances(0.6), **dots)]
silhouette = np.full((height, width), 255)
silhouette[points.x[:, 1].astype(int), points.x[:, 0].astype(int)] = 0
pictures = [pixels, silhouette, *pictures]
titles = ["a logo", "midtones left out", "a sample of 30 Gaussians", "covariances times 0.6"]
mx.plots.sheet(pictures, titles=titles, columns=4, ax=plt.figure(figsize=(11, 3.4), layout="constrained").add_subplot())

# %%
# Every component has a number. The highest one is moved to the right and made round, through the public face of
# `Mixture` alone: its arrays are read-only, a new mixture is made from changed copies.

highest = int(mixture.means[:, 1].argmin())
means, covariances = mixture.means.copy(), mixture.covariances.copy()
means[highest] += (-150, 10)
covariances[highest] = np.eye(2) * np.trace(covariances[highest]) / 2
moved = mx.Mixture(mixture.weights, means, covariances, names=mixture.names)

figure, axes = plt.subplots(1, 2, figsize=(10, 5), layout="constrained")
for ax, drawn, title in zip(axes, (mixture, moved), ("labelled", f"component {highest} moved"), strict=True):
    mx.plots.ellipses(drawn, ax=ax, reach=(1, 2), equal=True).set_title(title)
    for k, place in enumerate(drawn.means):
        ax.annotate(str(k), place, fontsize=8, ha="center", va="center")
    ax.invert_yaxis()
