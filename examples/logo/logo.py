"""
A silhouette by thirty Gaussians
================================

Leave out the midtones of a logo, take its dark pixels as points, and fit thirty
Gaussians, from ten random starts. Samples of the best fit make a silhouette. Scaled
covariances make it sharper, and a component can be moved and reshaped by hand.
"""

# sphinx_gallery_thumbnail_number = 202
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageDraw

import mixtura as mx

draw = mx.pictures.draw

# %%
# A logo with a grey shadow:

logo = Image.new("RGB", (300, 300), "white")
pen = ImageDraw.Draw(logo)
# The shadow lies 10 pixels to the right and below.
for shade, s in (("#999999", 10), ("black", 0)):
    pen.ellipse((190 + s, 28 + s, 252 + s, 90 + s), fill=shade)
    for x in (40, 225):
        pen.rectangle((x + s, 110 + s, x + 35 + s, 260 + s), fill=shade)
    for ends in (
        [(40, 110), (80, 110), (150, 205), (150, 255)],
        [(260, 110), (220, 110), (150, 205), (150, 255)],
    ):
        pen.polygon([(x + s, y + s) for x, y in ends], fill=shade)
pixels = np.asarray(logo)

# %%
# Dark is below 60, light above 200, and what lies between is left out: the shadow is
# gone.

points = mx.pictures.image.ink(pixels, threshold="60:200")
mixture = mx.fit(points, 30, n_init=10, rng=0).mixture

figure, axes = plt.subplots(
    1, 2, figsize=(9, 4.2), layout="constrained",
    num="A logo with a grey shadow, and its dark pixels as points, without the shadow",
)  # fmt: skip
mx.plots.sheet([pixels], ax=axes[0]).set_title("a logo")
some = np.random.default_rng(0).choice(points.x, 4_000, replace=False)
mx.plots.scatter(some, ax=axes[1], s=3).set_title(f"4,000 of its {points.n:,} points")
axes[1].set(aspect="equal", xlim=(0, 300), ylim=(300, 0))

# %%
# Samples make the silhouette; with covariances times 0.6 it is sharper.

how = {
    "frame": (0, 0, 300, 300),
    "size": (400, 400),
    "samples": 60_000,
    "radius": 0.9,
    "ink": "black",
    "rng": 0,
}
pictures = [draw.dots(mixture, **how), draw.dots(mixture.scale_covariances(0.6), **how)]
figure, ax = plt.subplots(
    figsize=(9, 5),
    num="The logo as dots sampled from thirty Gaussians, soft; and sharper, with "
    "scaled covariances",
)  # fmt: skip
mx.plots.sheet(
    pictures, titles=["a sample of 30 Gaussians", "covariances times 0.6"], ax=ax
)

# %%
# Every component has a number. The highest one is moved to the left and made spherical:
# a mixture is immutable, so a new one is made from modified copies of its arrays.

highest = int(mixture.means[:, 1].argmin())
means, covariances = mixture.means.copy(), mixture.covariances.copy()
means[highest] += (-150, 10)
covariances[highest] = np.eye(2) * np.trace(covariances[highest]) / 2
moved = mx.Mixture(mixture.weights, means, covariances, names=mixture.names)

figure, axes = plt.subplots(
    1, 2, figsize=(10, 5), layout="constrained",
    num="Thirty numbered ellipses that make the logo; and the same with one of them "
    "moved to the left and made round",
)  # fmt: skip
for ax, drawn, title in zip(
    axes, (mixture, moved), ("labelled", f"component {highest} moved"), strict=True
):
    mx.plots.ellipses(drawn, ax=ax, reach=(1, 2), numbers=True).set_title(title)
    ax.set(aspect="equal", xlim=(0, 300), ylim=(300, 0))

# %%
# Samples of the new mixture. (`mixtura.Mixture.save` keeps it, `mixtura.load` brings it
# back.)

shot = draw.dots(moved.scale_covariances(0.6), **how)
figure, ax = plt.subplots(
    figsize=(5, 5), num="Dots of the edited mixture: the head of the figure has moved"
)
mx.plots.sheet([shot], ax=ax)

plt.show()
