"""
How many, and of which family
=============================

Every number of components and every family of covariances is fitted, and compared: by
the BIC, as in R's mclust; by the agreement of fits to different points; and by the
density of points that were held out.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_iris

import mixtura as mx

# %%
# All fourteen families, one to nine components of 150 irises, from one hierarchical
# tree. Two components of one shape are best, three are nearly as good: there are three
# species, of which two overlap. Families that come to the same for one component start
# in one place.

x = load_iris().data
choice = mx.choose(x, range(1, 10), covariance_type="all", start="hierarchical", rng=0)

figure, ax = plt.subplots(
    figsize=(8, 4.6), layout="constrained",
    num="The BIC of fourteen families against the number of components; the lowest "
    "point is marked, at two components",
)  # fmt: skip
mx.plots.choice(choice, ax=ax).set_title("150 irises")

# %%
# The table has the numbers. A candidate with a component that has collapsed is ruled
# out, and the reason is told.

print(choice)

# %%
# Clusters that are there are found again in other points. Ten times two halves of the
# irises are fitted, and label all of them; bars are one standard deviation of their
# agreement. Two groups are certain, a third one is not.

stable = mx.choose(x, range(1, 7), covariance_type="full", criterion="stability", rng=0)
held_out = mx.choose(
    x, range(1, 7), covariance_type=["full", "EEE", "VVI"], criterion="cv", rng=0
)

figure, axes = plt.subplots(
    1, 2, figsize=(11, 4), layout="constrained",
    num="The agreement of halves against the number of components, and the density of "
    "points that were held out",
)  # fmt: skip
mx.plots.choice(stable, ax=axes[0]).set_title("agreement")
mx.plots.choice(held_out, ax=axes[1]).set_title("five folds, each held out once")

# %%
# A criterion can be asked of any mixture and points, whoever fitted it.

mixture = choice.best.mixture
print(
    f"bic {mx.bic(mixture, x):.1f}, aic {mx.aic(mixture, x):.1f}, "
    f"icl {mx.icl(mixture, x):.1f}"
)

plt.show()
