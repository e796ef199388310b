"""
A histogram and its mixture
===========================

Points on a line, with a rug plot and a histogram; a mixture fitted to them; and the
number of components selected by an information criterion.
"""

# sphinx_gallery_thumbnail_number = 101
import matplotlib.pyplot as plt

import mixtura as mx

# %%
# The points are samples of three Gaussians; their number is estimated.

truth = mx.Mixture(
    [0.45, 0.3, 0.25], [[-2.0], [1.5], [5.0]], [[[0.8]], [[0.5]], [[1.6]]]
)
points = truth.sample(600, rng=0)

# %%
# `choose` fits one component, two, three, ..., and penalises the log likelihood by the
# number of parameters: the Akaike information criterion (AIC) has the smaller penalty,
# the Bayesian one (BIC) the larger. Lower is better. (`mixtura.aic`, `mixtura.bic` and
# `mixtura.icl` evaluate any mixture.)

choice = mx.choose(points, range(1, 8), covariance_type="full", criterion="aic", rng=0)
print(choice)

# %%
# The solid curve is the mixture, the dashed ones are its weighted components.

figure, (left, right) = plt.subplots(
    1, 2, figsize=(10, 4), layout="constrained",
    num="A histogram with its mixture and three dashed components; and AIC and BIC "
    "against the number of components",
)  # fmt: skip
mx.plots.histogram(points, ax=left, bins=40)
mx.plots.density(choice.mixture, ax=left)
left.set_title(f"{choice.best.n_components} components, chosen by the AIC")
mx.plots.criteria(choice, ["AIC", "BIC"], ax=right)

plt.show()
