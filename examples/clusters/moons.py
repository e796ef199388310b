"""
Two moons and the number of components
======================================

A moon is not Gaussian, but a mixture of some Gaussians approximates it. The Bayesian information criterion (BIC)
selects how many.
"""

import matplotlib.pyplot as plt
from scipy.sparse.csgraph import connected_components
from sklearn.datasets import make_moons

import mixtura as mx

points, _ = make_moons(400, noise=0.05, random_state=0)
choice = mx.choose(points, range(1, 17), covariance_type="full", rng=0)

# %%
# Two components cut the moons across; eight follow them.

figure, axes = plt.subplots(2, 2, figsize=(9, 6), sharex=True, sharey=True, layout="constrained")
for ax, k in zip(axes.flat, (2, 4, 8, 16), strict=True):
    mx.plots.ellipses(choice.candidates[k - 1].mixture, points, ax=ax, reach=(1, 2)).set_title(f"K = {k}")
    ax.label_outer()

# %%
# The BIC decreases as long as another component is worth its six parameters: a weight, two of the mean, three of the
# covariance.

figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
mx.plots.criteria(choice, ["AIC", "BIC"], ax=ax)

# %%
# Each moon is a set of components. Components are grouped by their overlap: a component's responsibilities overlap with
# those of its neighbours on the same arc, and hardly with any other's.

mixture = choice.mixture
shares = mixture.responsibilities(points)
together = shares.T @ shares > 0.5  # half a point in common
n_groups, group = connected_components(together)
print(f"{mixture.n_components} components in {n_groups} groups:", group)

figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
mx.plots.scatter(points, labels=group[mixture.predict(points)], ax=ax, s=20)

plt.show()
