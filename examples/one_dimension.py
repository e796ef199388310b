"""
A histogram and its mixture
===========================

Points on a line, with a rug and a histogram; a mixture fitted to them; and the number of components that two
information criteria choose.
"""

import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx

# %%
# The points come from three Gaussians, but the fit does not know that.

truth = mx.Mixture([0.45, 0.3, 0.25], [[-2.0], [1.5], [5.0]], [[[0.8]], [[0.5]], [[1.6]]])
points = truth.sample(600, rng=0)

# %%
# The Akaike and the Bayesian information criterion weigh the likelihood against the number of parameters: k - 1 free
# weights, k means and k variances.

counts = range(1, 8)
fits = [mx.fit(points, k, n_init=3, tol=1e-5, max_iter=300, rng=0) for k in counts]
total = np.array([fit.log_likelihood * len(points) for fit in fits])
free = np.array([3 * k - 1 for k in counts])
criteria = {"AIC": 2 * free - 2 * total, "BIC": np.log(len(points)) * free - 2 * total}
best = fits[int(criteria["AIC"].argmin())]
print(best)

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
mx.plots.histogram(points, ax=left, bins=40)
mx.plots.density(best.mixture, ax=left)
left.set_title(f"{best.mixture.n_components} components, chosen by the AIC")
mx.plots.criteria(list(counts), criteria, ax=right)
