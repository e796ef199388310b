"""
Parts that are known
====================

A spectrum has a broad background, two lines at wavelengths that a table gives, and
perhaps one more. What is known stays as it is, to the bit; the rest is fitted around
it. How bright are the lines, and where is the unknown one?
"""

import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx

truth = mx.Mixture(
    [0.62, 0.16, 0.1, 0.12],
    [[540.0], [486.1], [656.3], [591.8]],
    [[[70.0**2]], [[9.0]], [[9.0]], [[25.0]]],
)
photons = truth.sample(6000, rng=1)

# %%
# The start gives all values; `fixed` says which of them stay. Here the background and
# the places of two lines of hydrogen are known. Their widths, the third line and all
# weights are free.

start = mx.Mixture(
    [0.4, 0.2, 0.2, 0.2],
    [[540.0], [486.1], [656.3], [570.0]],
    [[[70.0**2]], [[50.0]], [[50.0]], [[400.0]]],
)
fit = mx.fit(
    photons,
    4,
    start=start,
    fixed={"means": [0, 1, 2], "covariances": [0]},
    max_iter=500,
)
mixture = fit.mixture
for name, weight, mean, variance in zip(
    ("background", "H beta", "H alpha", "unknown"),
    mixture.weights,
    mixture.means,
    mixture.covariances,
    strict=True,
):
    print(
        f"{name:10} {weight:5.1%} of the light at {mean[0]:.1f} nm, "
        f"{np.sqrt(variance[0, 0]):.1f} nm wide"
    )

figure, ax = plt.subplots(
    figsize=(9, 4.4), layout="constrained",
    num="A histogram of wavelengths, the fitted density, and its background and three "
    "lines; two are marked as known",
)  # fmt: skip
mx.plots.histogram(photons, ax=ax, bins=160, rug=False, color="0.85")
mx.plots.density(mixture, ax=ax, limits=(360, 740))
for place, name in (
    (486.1, "H beta, known"),
    (656.3, "H alpha, known"),
    (mixture.means[3, 0], "found"),
):
    height = mixture.density([[place]])[0]
    ax.annotate(
        name,
        (place, height),
        (place, height + 0.004),
        ha="center",
        color="C3",
        arrowprops={"arrowstyle": "-", "color": "C3"},
    )
ax.set(xlabel="wavelength, nm", ylabel="density", xlim=(360, 740), ylim=(0, 0.035))

plt.show()
