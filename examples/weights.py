"""
One pair of Gaussians, many mixtures
====================================

A mixture adds weighted densities. The same two components, weighted differently, make quite different densities.
"""

import matplotlib.pyplot as plt

import mixtura as mx

# %%
# Two components, a narrow and a wide one. The weights are all that changes.

MEANS, VARIANCES = [[0.0], [3.5]], [[[0.6]], [[2.0]]]
figure, axes = plt.subplots(2, 2, figsize=(8, 5.5), sharex=True, sharey=True, layout="constrained")
for ax, share in zip(axes.flat, (0.1, 0.4, 0.7, 0.95), strict=True):
    mixture = mx.Mixture([share, 1 - share], MEANS, VARIANCES)
    mx.plots.density(mixture, ax=ax, limits=(-4, 9))
    ax.set_title(f"weights {share:g} and {1 - share:.2g}")
    ax.label_outer()
