"""
Pictures restored by their patches
==================================

A mixture of small squares, learnt from other photographs, knows what pictures look like
from near. With it noise is taken away, holes are filled and pictures enlarged, each by
a conditional mean.
"""

# sphinx_gallery_thumbnail_number = 202
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_sample_image

import mixtura as mx

patches = mx.patches
rng = np.random.default_rng(0)
flower = load_sample_image("flower.jpg")[60:316, 200:520].astype(float)


def rounded(picture):
    """As bytes."""
    return np.uint8(np.rint(np.clip(picture, 0, 255)))


# %%
# Noise, as of a photo at night. Its strength is found too: that under which the patches
# are likeliest.

noisy = rounded(flower + rng.normal(0, 30, flower.shape))
clean = patches.denoise(noisy)
figure, ax = plt.subplots(figsize=(10, 4.2), num="A flower full of noise, and denoised")
title = f"noise of {patches.noise(noisy):.0f} steps of 255"
mx.plots.sheet([noisy, rounded(clean)], titles=[title, "denoised"], columns=2, ax=ax)

# %%
# Five pixels of six are lost. What is left says enough.

lost = rng.uniform(size=flower.shape[:2]) < 5 / 6
given = np.where(lost[:, :, None], 255, flower)
figure, ax = plt.subplots(
    figsize=(10, 4.2),
    num="A flower of which a sixth of the pixels are known, and filled",
)
found = patches.fill(given, lost, effort="fast")
mx.plots.sheet(
    [rounded(given), rounded(found)],
    titles=["a sixth is known", "filled"],
    columns=2,
    ax=ax,
)

# %%
# A small picture, enlarged four times: each pixel for itself, and so that the means of
# blocks stay what they are.

small = flower.reshape(64, 4, 80, 4, 3).mean(axis=(1, 3))
blocks = small.repeat(4, axis=0).repeat(4, axis=1)
figure, ax = plt.subplots(
    figsize=(10, 4.2), num="A flower of 64 x 80 large pixels, and enlarged smoothly"
)
large = patches.enlarge(small, 4)
mx.plots.sheet(
    [rounded(blocks), rounded(large)],
    titles=["64 x 80 pixels", "enlarged"],
    columns=2,
    ax=ax,
)

# %%
# What the mixture knows: some of its components, by the first axes of each, above, and
# patches drawn from it, below. It is a `mixtura.FactorMixture`, of the kind that
# `mixtura.fit_factors` finds. There are edges of all directions, lines, and textures.

prior = patches.standard()
loud = np.argsort(-prior.mixture.variances[:, 0])
sheets = [
    prior.shown(int(j), 6).repeat(4, axis=0).repeat(4, axis=1) for j in loud[8:116:12]
]
figure, ax = plt.subplots(
    figsize=(10, 4.6),
    num="Nine components of the mixture, each by its axes and by patches drawn from "
    "it: edges, lines, textures",
)  # fmt: skip
mx.plots.sheet(sheets, columns=3, ax=ax)

# %%
# Which component cleans which patch: one colour each, bright where it has much
# contrast. Flat parts share a few; along petals they follow the direction of the edge.

labels = patches.chosen(noisy, 30)
hues = rng.uniform(60, 255, (prior.mixture.n_components, 3))
share = np.sqrt(prior.mixture.variances[:, 0])
hues *= np.clip(share / np.quantile(share, 0.8), 0.15, 1)[:, None]
figure, ax = plt.subplots(
    figsize=(10, 4.2),
    num="The noisy flower, and a colour for each component that cleans it: bright "
    "along the edges of petals",
)  # fmt: skip
mx.plots.sheet(
    [noisy[:249, :313], rounded(hues[labels])],
    titles=["the photo", "its components"],
    columns=2,
    ax=ax,
)

plt.show()
