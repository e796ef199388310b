"""
Two moons, and clusters of several components
=============================================

A moon is not Gaussian, but a mixture of some Gaussians approximates it. The Bayesian
information criterion (BIC) selects how many; which of them are one cluster is told by
the entropy.
"""

# sphinx_gallery_thumbnail_number = 103
import matplotlib.pyplot as plt
from sklearn.datasets import make_moons

import mixtura as mx

points, _ = make_moons(400, noise=0.05, random_state=0)
choice = mx.choose(points, range(1, 17), covariance_type="full", rng=0)

# %%
# Two components cut the moons across; eight follow them.

figure, axes = plt.subplots(
    2, 2, figsize=(9, 6), sharex=True, sharey=True, layout="constrained",
    num="Two moons by 2, 4, 8 and 16 components: two cut the moons across, more follow "
    "their curves",
)  # fmt: skip
for ax, k in zip(axes.flat, (2, 4, 8, 16), strict=True):
    mx.plots.ellipses(
        choice.candidates[k - 1].mixture, points, ax=ax, reach=(1, 2)
    ).set_title(f"K = {k}")
    ax.label_outer()

# %%
# The BIC decreases as long as another component is worth its six parameters: a weight,
# two of the mean, three of the covariance.

figure, ax = plt.subplots(
    figsize=(6, 4), layout="constrained",
    num="AIC and BIC against the number of components, with the lowest of each marked",
)  # fmt: skip
mx.plots.criteria(choice, ["AIC", "BIC"], ax=ax)

# %%
# Each moon is a set of components. They are united two by two, each time those two that
# lower the entropy of the assignment of points to clusters most: neighbours on an arc
# share points, the two arcs share none.

clusters = mx.combine(choice.best.fit, points)
print(clusters)
print("the cluster of each component:", clusters.groups())

figure, ax = plt.subplots(
    figsize=(6, 4), layout="constrained",
    num="The entropy against the number of clusters, which rises steeply where the two "
    "moons would be united",
)  # fmt: skip
clusters.plot(ax)

# %%
# All numbers of clusters are levels of one hierarchy, and the suggested number is that
# of the moons.

figure, axes = plt.subplots(
    2, 2, figsize=(9, 6), sharex=True, sharey=True, layout="constrained",
    num="The same points in four numbers of clusters, the last of which is the two "
    "moons",
)  # fmt: skip
for ax, count in zip(axes.flat, (clusters.most, 5, 3, clusters.suggested), strict=True):
    mx.plots.scatter(points, labels=clusters.predict(points, count), ax=ax, s=12)
    ax.set_title(
        f"{count} clusters" + ", the suggested number" * (count == clusters.suggested)
    )
    ax.label_outer()

plt.show()
