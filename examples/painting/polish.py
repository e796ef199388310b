"""
Polishing: as faithful as components can be
===========================================

EM explains pixels, and paints them on the side. Polishing minimises the error of the
painting itself, over places, shapes, weights, colours and their slopes: with as many
components the picture is sharp. A drawing is painted by its density, through a tone
curve.
"""

# sphinx_gallery_thumbnail_number = 103
import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx
from mixtura.gallery import sample

image, draw, quality = mx.pictures.image, mx.pictures.draw, mx.pictures.quality
harbour = mx.pictures.files.read(sample("harbour.png"))
height, width = harbour.shape[:2]
view = {"frame": (0, 0, width, height), "size": (width, height)}

# %%
# The same number of Gaussians, fitted and polished:

fitted = mx.fit(
    image.colour(harbour), 300, dtype="float32", start="partition", max_iter=20
).mixture
heard = []
polished = mx.pictures.polish(
    300, harbour, on_step=lambda step: heard.append(step.psnr)
)
pictures = [harbour, draw.mean(fitted, **view), draw.mean(polished, **view)]
em, ours = (f"{quality.psnr(picture, harbour):.1f} dB" for picture in pictures[1:])
names = ["the picture", f"EM: {em}", f"polished: {ours}"]
figure, ax = plt.subplots(
    figsize=(12, 3.2), layout="constrained",
    num="A harbour at dusk; by 300 Gaussians fitted by EM, blurred; and by 300 "
    "polished ones, sharp",
)  # fmt: skip
mx.plots.sheet(pictures, titles=names, columns=3, ax=ax)

# %%
# How the error falls. The picture is coarse at first, and components move to where
# errors are largest, which costs a little before it pays; then come all pixels, with
# edges that the coarse picture lacks:

figure, ax = plt.subplots(
    figsize=(7, 3.5), layout="constrained",
    num="The PSNR against the step of polishing, which rises by several decibels",
)  # fmt: skip
ax.plot(np.arange(1, len(heard) + 1), heard)
ax.set(xlabel="step", ylabel="PSNR [dB]")

# %%
# A part of it, eight times as large, is as smooth as the Gaussians are:

part = {"frame": (265, 140, 355, 200), "size": (720, 480)}
crop = np.kron(harbour[140:200, 265:355], np.ones((8, 8, 1), np.uint8))
figure, ax = plt.subplots(
    figsize=(12, 4.2), layout="constrained",
    num="A part of the harbour enlarged: in square pixels, and smooth by Gaussians",
)  # fmt: skip
mx.plots.sheet(
    [crop, draw.mean(polished, **part)],
    titles=["pixels", "Gaussians"],
    columns=2,
    ax=ax,
)

# %%
# A drawing, by the density of 300 Gaussians: fitted; polished for the linear tone
# curve, soft as charcoal; and for one that is black from a quarter of the largest
# density on:

dog = mx.pictures.files.read(sample("dog.png"))[::2, ::2]
view = {"frame": (0, 0, 400, 400), "size": (400, 400)}
ink = mx.fit(image.ink(dog), 300, rng=0).mixture
sharp = "0:255,0.25:0,1:0"
drawing = image.drawing(dog)
pictures = [draw.grid(ink, **view), draw.grid(mx.pictures.polish(300, drawing), **view)]
pictures += [
    draw.grid(mx.pictures.polish(300, drawing, tone=sharp), tone=sharp, **view)
]
figure, ax = plt.subplots(
    figsize=(12, 4.2), layout="constrained",
    num="A dog by 300 Gaussians: fitted, polished for the linear tone curve, and "
    "polished for a hard one",
)  # fmt: skip
mx.plots.sheet(
    pictures,
    titles=["EM", "polished, linear tone", f"polished, tone {sharp}"],
    columns=3,
    ax=ax,
)

plt.show()
