"""
Two Gaussians, many mixtures
============================

The density of a mixture is a weighted sum. The same two components with different
weights give quite different densities.
"""

import matplotlib.pyplot as plt

import mixtura as mx

# %%
# Two components, a narrow and a wide one, dashed. Only the weights differ between the
# curves.

MEANS, VARIANCES = [[0.0], [3.5]], [[[0.6]], [[2.0]]]
SHARES = (0.1, 0.4, 0.7, 0.95)
mixtures = [mx.Mixture([share, 1 - share], MEANS, VARIANCES) for share in SHARES]

figure, ax = plt.subplots(
    figsize=(8, 4.5), layout="constrained",
    num="Densities of two components with four weightings, and the two components "
    "dashed",
)  # fmt: skip
for k in (0, 1):
    alone = mixtures[0].subset([k])
    mx.plots.density(
        alone,
        ax=ax,
        limits=(-4, 9),
        components=False,
        color="red",
        linestyle="--",
        linewidth=1.2,
    )
for mixture, share in zip(mixtures, SHARES, strict=True):
    name = f"{share:g} and {1 - share:.2g}"
    mx.plots.density(
        mixture, ax=ax, limits=(-4, 9), components=False, color=None, label=name
    )
ax.legend(title="weights", frameon=False)

# %%
# Each mixture with its weighted components, whose sum is the density. (How spread out
# it is, `mixtura.Mixture.entropy` tells.)

figure, axes = plt.subplots(
    2, 2, figsize=(8, 5.5), sharex=True, sharey=True, layout="constrained",
    num="Each of the four mixtures with its two weighted components",
)  # fmt: skip
for ax, mixture, share in zip(axes.flat, mixtures, SHARES, strict=True):
    mx.plots.density(mixture, ax=ax, limits=(-4, 9))
    ax.set_title(f"weights {share:g} and {1 - share:.2g}")
    ax.label_outer()

plt.show()
