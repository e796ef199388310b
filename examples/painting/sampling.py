"""
Sampling, as an animation
=========================

To sample from a mixture, first draw a component by its weight, then a point from that
Gaussian. The histogram of many points converges to the density.
"""

# sphinx_gallery_thumbnail_number = 203
import matplotlib.pyplot as plt

import mixtura as mx

mixture = mx.Mixture([0.35, 0.65], [[0.0], [4.0]], [[[0.7]], [[1.5]]])

# %%
# The component that was drawn is highlighted, then the point drops.

figure = plt.figure(
    figsize=(9, 3.6), layout="constrained",
    num="A film: a component of the density is highlighted, and a point drops from it "
    "onto a growing histogram",
)  # fmt: skip
film = mx.plots.sampling_film(mixture, n=12, bins=12, interval=220, figure=figure)

# %%
# Many points at once:

figure, axes = plt.subplots(
    1, 3, figsize=(11, 3.2), sharey=True, layout="constrained",
    num="Histograms of 100, 1,000 and 100,000 samples, which come closer and closer to "
    "the density",
)  # fmt: skip
for ax, n in zip(axes, (100, 1_000, 100_000), strict=True):
    mx.plots.histogram(mixture.sample(n, rng=1), ax=ax, bins=30, rug=n <= 1000)
    mx.plots.density(mixture, ax=ax, components=False)
    ax.set(title=f"{n:,} points", xlim=(-3, 9))
    ax.label_outer()

plt.show()
