"""
Clusters and responsibilities
=============================

Two compact clusters, then a wide one of 450 points beside a small one of 50. A mixture
estimates the size and width of each; the responsibilities are defined at every point of
the plane, and are equal on the decision boundary.
"""

# sphinx_gallery_thumbnail_number = 202
import matplotlib.pyplot as plt
from sklearn.datasets import make_blobs

import mixtura as mx

equal, _ = make_blobs(
    [250, 250], centers=[[-2, 0], [2, 0]], cluster_std=[0.25, 0.25], random_state=0
)
unequal, _ = make_blobs(
    [450, 50], centers=[[-2, 0], [2, 0]], cluster_std=[1.0, 0.25], random_state=0
)

# %%
# The unlabelled points:

figure, axes = plt.subplots(
    1, 2, figsize=(10, 4), layout="constrained",
    num="Two compact clouds of points, equally large; and a wide cloud beside a small "
    "one",
)  # fmt: skip
for ax, points in zip(axes, (equal, unequal), strict=True):
    mx.plots.scatter(points, ax=ax, equal=True)

# %%
# The estimates: weights near 1/2 and 1/2, then near 0.9 and 0.1; means near (-2, 0) and
# (2, 0); covariances near the squares of the spreads, 0.06, then 1 and 0.06, times the
# identity.

first, second = (mx.fit(points, 2, rng=0).mixture for points in (equal, unequal))
for mixture in (first, second):
    print(
        mixture.weights.round(2),
        mixture.means.round(2),
        mixture.covariances.round(2),
        sep="\n",
        end="\n\n",
    )

# %%
# Ellipses of one, two and three standard deviations, and the points in the colour of
# their likeliest component: `mixture.predict(points)`.

figure, axes = plt.subplots(
    1, 2, figsize=(10, 4), layout="constrained",
    num="Ellipses of one, two and three standard deviations on both clouds of each "
    "data set, in two colours",
)  # fmt: skip
for ax, points, mixture in zip(axes, (equal, unequal), (first, second), strict=True):
    mx.plots.ellipses(mixture, points, ax=ax, equal=True)

# %%
# The responsibilities of both components, on a mesh. Far away on all sides, even beyond
# the small component, the wide one has the larger responsibility: its tails are
# heavier.

wide, small = second.weights.argsort()[::-1]
figure, axes = plt.subplots(
    1, 2, figsize=(11, 4), layout="constrained",
    num="The responsibility of the wide component, and of the small one, over the "
    "plane: the small one's is an island",
)  # fmt: skip
for ax, component, name in zip(axes, (wide, small), ("wide", "small"), strict=True):
    mx.plots.responsibilities(
        second, component=int(component), ax=ax, extent=(-6, 6, -6, 6)
    )
    mx.plots.scatter(unequal, ax=ax, color="C5", s=5).set_title(f"the {name} one")

# %%
# So the decision boundary, where the responsibilities are equal, is a closed curve.

figure, ax = plt.subplots(
    figsize=(5, 4.5), layout="constrained",
    num="The decision boundary: a closed curve around the small cloud",
)  # fmt: skip
mx.plots.boundary(second, ax=ax, extent=(-6, 6, -6, 6))
mx.plots.scatter(unequal, labels=second.predict(unequal), ax=ax)

plt.show()
