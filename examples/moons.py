"""
Two moons, more and more components
===================================

No moon is a Gaussian, but some Gaussians make a moon. The Bayesian information criterion says how many are enough.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

import mixtura as mx

points, _ = make_moons(400, noise=0.05, random_state=0)
counts = range(1, 17)
fits = {k: mx.fit(points, k, n_init=4, reg_covar=1e-4, rng=0) for k in counts}

# %%
figure, axes = plt.subplots(2, 2, figsize=(9, 6), layout="constrained")
for ax, k in zip(axes.flat, (2, 4, 8, 16), strict=True):
    mx.plots.ellipses(fits[k].mixture, points, ax=ax, reach=(1, 2), equal=True).set_title(f"K = {k}")
    ax.label_outer()

# %%
# A component of two coordinates has six free numbers: a weight, two of the mean, three of the covariance; and the
# weights sum to one.

total = np.array([fit.log_likelihood * len(points) for fit in fits.values()])
free = np.array([6 * k - 1 for k in counts])
criteria = {"AIC": 2 * free - 2 * total, "BIC": np.log(len(points)) * free - 2 * total}
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
mx.plots.criteria(list(counts), criteria, ax=ax)
