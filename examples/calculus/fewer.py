"""
The same in fewer words
=======================

A drawing by two hundred Gaussians. How much of it is left if sixty, or twenty-five, or
eight of them have to do? `reduce` merges those whose union costs least, and keeps the
mean and the covariance of the whole.
"""

# sphinx_gallery_thumbnail_number = 102
import matplotlib.pyplot as plt

import mixtura as mx
from mixtura.gallery import sample

pixels = mx.pictures.files.read(sample("dog.png"))[::3, ::3]
points = mx.pictures.image.ink(pixels)
mixture = mx.fit(points, 200, max_iter=12, accelerate=True, rng=0).mixture

# %%
# What is lost is how much less likely the points of the drawing become, in nats; that
# is an estimate of the divergence that `mixtura.Mixture.kl` tells. (Single steps are
# `mixtura.Mixture.merge` and its counterpart `mixtura.Mixture.split`.)


figure, axes = plt.subplots(
    1, 4, figsize=(13, 3.7), layout="constrained",
    num="A dog drawn by ellipses: by 200, where it is sharp, by 60, by 25, and by 8, "
    "where only its posture is left",
)  # fmt: skip
for ax, k in zip(axes, (200, 60, 25, 8), strict=True):
    fewer = mixture.reduce(k)
    lost = mixture.log_density(points.x).mean() - fewer.log_density(points.x).mean()
    mx.plots.ellipses(
        fewer.subset(fewer.weights.argsort()),
        ax=ax,
        reach=(1.6,),
        alpha=0.85,
        colours=["C0"] * k,
    )
    ax.collections[-1].remove()  # the crosses at the means
    ax.set(
        title=f"{k} components, {lost:.2f} nats lost",
        xlim=(0, 267),
        ylim=(267, 0),
        aspect="equal",
    )
    ax.axis("off")

plt.show()
