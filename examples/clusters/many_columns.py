"""
More than two columns
=====================

A mixture of four, or thirteen, coordinates cannot be drawn on a plane. All its pairs
can; and so can the one plane in which its components differ most.
"""

# sphinx_gallery_thumbnail_number = 2
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_iris, load_wine

import mixtura as mx

iris = load_iris(as_frame=True)
fit = mx.fit(iris.data, 3, n_init=5, rng=0)

# %%
# Points lie below the diagonal, ellipses of one and two standard deviations above it,
# densities on it. Each component has the colour of the species that most of its points
# belong to: it has found them, although it did not know them.

species = np.array(iris.target_names)[iris.target]
figure = plt.figure(
    figsize=(8, 8), layout="constrained",
    num="All pairs of the four measurements of irises: points below the diagonal, "
    "ellipses above it, densities on it",
)  # fmt: skip
mx.plots.pairs(fit, iris.data, labels=species, figure=figure)

# %%
# Thirteen measurements of 178 wines make 78 pairs, too many to look at. The directions
# in which means and covariances differ most show three vineyards at once.

wine = load_wine(as_frame=True)
fit = mx.fit(wine.data, 3, covariance_type="diag", n_init=5, rng=0)
vineyard = np.array(["Barolo", "Grignolino", "Barbera"])[wine.target]
figure, ax = plt.subplots(
    figsize=(6.5, 5), layout="constrained",
    num="178 wines in the plane in which three components differ most: three groups "
    "that hardly overlap",
)  # fmt: skip
mx.plots.reduced(fit, wine.data, labels=vineyard, ax=ax)

# %%
# How much each direction separates, and the measurements that weigh most in the first
# one, in standard deviations.

matrix, separation = fit.mixture.directions()
weight = matrix[:, 0] * wine.data.std().to_numpy()
print("separation:", separation.round(3))
for i in np.argsort(-abs(weight))[:4]:
    print(f"{wine.data.columns[i]:28} {weight[i]:+.2f}")

plt.show()
