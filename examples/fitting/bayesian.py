"""
As many components as the data need
===================================

A Bayesian mixture is given more components than it needs, and a prior on how many have
a share. Those that are not needed are left empty. How much does the prior decide?
"""

# sphinx_gallery_thumbnail_number = 102
import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx

rng = np.random.default_rng(8)
truth = mx.Mixture(
    [0.35, 0.4, 0.25],
    [[0, 0], [5, 0.5], [2, 4.5]],
    [[[1, 0.6], [0.6, 1]], [[0.4, -0.2], [-0.2, 1.2]], [[1.6, 0], [0, 0.3]]],
)
points = truth.sample(400, rng=rng)

# %%
# Twelve components each. EM, without a prior, uses them all. With a small concentration
# three keep the points, and the weights of the others are nearly 0; with a large one
# the prior wants all twelve to take part, and they overlap.

settings = {"n_components": 12, "max_iter": 500, "random_state": 2}
kind = {"weight_concentration_prior_type": "dirichlet_distribution"}
models = {"EM": mx.GaussianMixture(**settings)}
for prior in (0.001, 1000):
    models[f"concentration {prior:g}"] = mx.BayesianGaussianMixture(
        weight_concentration_prior=prior, **kind, **settings
    )
figure, axes = plt.subplots(
    2, 3, figsize=(12, 6), layout="constrained", height_ratios=[3, 1], sharey="row",
    num="Three clusters by twelve components: EM cuts the clusters into pieces; with a "
    "small concentration there are three ellipses and three bars of weight; with a "
    "large one twelve that overlap",
)  # fmt: skip
for (above, below), (name, model) in zip(axes.T, models.items(), strict=True):
    weights = model.fit(points).weights_
    mixture = model.mixture_.subset(np.argsort(-weights))
    needed = int((weights > 0.02).sum())
    mx.plots.scatter(points, labels=mixture.predict(points), ax=above, s=8)
    mx.plots.ellipses(mixture.subset(range(needed)), ax=above, reach=(1, 2))
    above.set(
        title=f"{name}: {needed} have a share",
        xlabel="",
        ylabel="",
        xticks=[],
        yticks=[],
    )
    below.bar(
        range(12), mixture.weights, color=[f"C{k % 10}" for k in range(12)], alpha=0.8
    )
    below.set(xlabel="component", ylabel="weight", xticks=[])
    below.label_outer()

plt.show()
