"""
A silhouette by thirty Gaussians
================================

Leave out the midtones of a picture, take its dark pixels as points, and fit thirty Gaussians, ten times over. Samples
of the best make a silhouette. Smaller covariances make it sharper, and a component can be moved and reshaped by hand.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx

files, image, draw = mx.pictures.files, mx.pictures.image, mx.pictures.draw
HERE = Path(__file__).resolve().parent if "__file__" in globals() else Path.cwd()
SAMPLES = HERE.parent / "samples"

pixels = files.read(SAMPLES / "dog.png")[::2, ::2]
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
pictures = [silhouette, *pictures]
titles = ["midtones left out", "a sample of 30 Gaussians", "covariances times 0.6"]
mx.plots.sheet(pictures, titles=titles, columns=3, ax=plt.figure(figsize=(10, 4)).add_subplot())

# %%
# Every component has a number. The highest one is moved to the right and made round, through the public face of
# `Mixture` alone: its arrays are read-only, a new mixture is made from changed copies.

highest = int(mixture.means[:, 1].argmin())
means, covariances = mixture.means.copy(), mixture.covariances.copy()
means[highest] += (60, 20)
covariances[highest] = np.eye(2) * np.trace(covariances[highest]) / 2
moved = mx.Mixture(mixture.weights, means, covariances)

figure, axes = plt.subplots(1, 2, figsize=(10, 5), layout="constrained")
for ax, drawn, title in zip(axes, (mixture, moved), ("labelled", f"component {highest} moved"), strict=True):
    mx.plots.ellipses(drawn, ax=ax, reach=(1, 2), equal=True).set_title(title)
    for k, place in enumerate(drawn.means):
        ax.annotate(str(k), place, fontsize=8, ha="center", va="center")
    ax.invert_yaxis()
