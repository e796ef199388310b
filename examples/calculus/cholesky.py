"""
Sampling by hand
================

A computer's random numbers are round clouds: standard normal, without direction. How do
they become samples of an ellipse, of a mixture, and new pictures? By a square root of
the covariance, which Cholesky's factor L is: L Lᵀ = Σ.
"""

# sphinx_gallery_thumbnail_number = 103
import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx
from mixtura.gallery import sample

mixture = mx.Mixture(
    [0.5, 0.3, 0.2],
    [[-2, -1], [2.5, 0], [0, 3]],
    [[[1, 0.8], [0.8, 1]], [[0.3, -0.4], [-0.4, 1.2]], [[1.8, 0], [0, 0.15]]],
)


def by_hand(mixture, n, rng):
    """The noise, its component, and the samples that are made of it."""
    component = rng.choice(mixture.n_components, size=n, p=mixture.weights)
    noise = rng.standard_normal((n, mixture.n_coordinates))
    factors = np.linalg.cholesky(mixture.covariances)  # (k, d, d)
    return (
        noise,
        component,
        mixture.means[component] + np.einsum("nij,nj->ni", factors[component], noise),
    )


# %%
# First a component is drawn for each sample, by the weights. Then its noise is
# stretched and turned by the factor of that component, and moved to its mean. Colours
# go round the cloud of noise, so that one sees where each part went.

noise, component, samples = by_hand(mixture, 1500, np.random.default_rng(0))
first = component == 0
panels = {
    "noise z": (noise, first),
    "L z, of the first component": (samples - mixture.means[component], first),
    "μ + L z, of all three": (samples, first | ~first),
}
hue = np.arctan2(noise[:, 1], noise[:, 0])
figure, axes = plt.subplots(
    1, 3, figsize=(12, 4.2), sharex=True, sharey=True, layout="constrained",
    num="A round cloud of noise with its colours in a circle; the same cloud stretched "
    "into a tilted ellipse; and three ellipses, each with the whole circle of colours",
)  # fmt: skip
for ax, (title, (points, part)) in zip(axes, panels.items(), strict=True):
    ax.scatter(*points[part].T, c=hue[part], cmap="twilight_shifted", s=9, lw=0)
    ax.set(title=title, aspect="equal")

# %%
# That is what `Mixture.sample` does. With many samples the moments are those of the
# mixture.

many = by_hand(mixture, 100_000, np.random.default_rng(1))[2]
print(
    "mean      ",
    many.mean(axis=0).round(2),
    "by hand,",
    mixture.mean().round(2),
    "exact",
)
print(
    "covariance",
    np.cov(many.T).round(2).tolist(),
    "by hand,",
    mixture.covariance().round(2).tolist(),
    "exact",
)

# %%
# Nothing changes in thirty dimensions. There the samples are coordinates along the
# principal components of pictures of clothes, and decoded they are clothes that nobody
# has sewn.

# A sheet with a row for each of ten kinds, of 28 x 28 pixels each.
sheet = mx.pictures.files.read(sample("clothes.png"))[..., 0]
clothes = sheet.reshape(10, 28, -1, 28).swapaxes(1, 2).reshape(-1, 28, 28)
model, _ = mx.generate.learn(clothes, 20, n_axes=30)
_, _, coordinates = by_hand(model.mixture, 40, np.random.default_rng(4))
figure, ax = plt.subplots(
    figsize=(10, 4.2),
    num="Forty small grey pictures of shirts, trousers, shoes and bags",
)
mx.plots.sheet(model.decode(coordinates), columns=10, ax=ax)

plt.show()
