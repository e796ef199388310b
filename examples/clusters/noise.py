"""
Clusters in noise
=================

A tenth of these points belong to no cluster. Gaussians stretch to reach them, unless
there is a background that is as broad as the data: then outliers have a home, with the
label -1, and the clusters are as if they were alone.
"""

# sphinx_gallery_thumbnail_number = 102
import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx

rng = np.random.default_rng(4)
centres = [[0, 0], [12, 1], [5, 10], [-6, 9], [14, 12]]
turned = rng.normal(size=(5, 2, 2))
truth = mx.Mixture(
    [0.2] * 5, centres, 0.4 * np.eye(2) + 0.5 * turned @ turned.transpose(0, 2, 1)
)
points = np.concatenate(
    [truth.sample(900, rng=rng), rng.uniform([-12, -8], [20, 20], (100, 2))]
)

# %%
# The same five components without a background, and with one.

plain = mx.fit(points, 5, n_init=5, rng=0)
noisy = mx.fit(points, 5, noise=True, rng=0)
print(f"share of the background: {noisy.mixture.weights[noisy.background]:.3f}")

label = noisy.predict(points)
figure, axes = plt.subplots(
    1, 2, figsize=(11, 4.6), sharex=True, sharey=True, layout="constrained",
    num="Five clusters and scattered outliers. Without a background the ellipses are "
    "too wide; with one they fit, and outliers are crosses",
)  # fmt: skip
mx.plots.ellipses(plain.mixture, points, ax=axes[0], reach=(1, 2)).set_title(
    "without a background"
)
mx.plots.ellipses(
    noisy.mixture.subset(range(5)), points[label >= 0], ax=axes[1], reach=(1, 2)
)
axes[1].scatter(*points[label < 0].T, s=14, marker="x", color="0.55", linewidths=0.8)
axes[1].set_title("with a background; crosses have the label -1")

# %%
# How many clusters? Without a background, the BIC takes one more component, for the
# outliers; with one, it takes five.

figure, ax = plt.subplots(
    figsize=(6, 4), layout="constrained",
    num="The BIC against the number of components: lowest at six without a background, "
    "at five with one",
)  # fmt: skip
for noise, name in ((None, "without a background"), (True, "with a background")):
    choice = mx.choose(points, range(1, 9), covariance_type="full", noise=noise, rng=0)
    fitted = [each for each in choice.candidates if each.eligible]
    best = choice.best
    (line,) = ax.plot(
        [each.n_components for each in fitted],
        [each.bic for each in fitted],
        "o-",
        ms=4,
        label=name,
    )
    ax.plot(
        [best.n_components], [best.bic], "o", ms=11, mfc="none", color=line.get_color()
    )
ax.set(xlabel="number of components", ylabel="BIC (lower is better)")
ax.legend(frameon=False)

plt.show()
