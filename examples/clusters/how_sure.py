"""
How sure is a fit?
==================

Three hundred eruptions of a geyser, and three components: two kinds that are there, and
a third that may or may not be. The mixture is fitted again to tables drawn from the
first (the bootstrap), and what varies is not sure.
"""

# sphinx_gallery_thumbnail_number = 102
import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx
from mixtura.gallery import sample

points = np.loadtxt(sample("geyser.csv"), delimiter=",", skiprows=1)
names = ["eruption, minutes", "waiting, minutes"]
fits = {
    k: mx.fit(
        mx.Points.from_array(points, names=names), k, covariance_type="tied", rng=0
    )
    for k in (2, 3)
}
boots = {k: mx.bootstrap(points, fit, 150, rng=0) for k, fit in fits.items()}

# %%
# Each component's ellipse, a hundred and fifty times over; in black, that of the fit.
# Two components hardly move. Of three, the two that share the long eruptions trade
# places, and sometimes one of them goes elsewhere.

figure, axes = plt.subplots(
    1, 2, figsize=(9, 4), sharex=True, sharey=True, layout="constrained",
    num="A hundred and fifty ellipses of each component: of two components they lie "
    "together, of three they scatter",
)  # fmt: skip
for ax, (k, boot) in zip(axes, boots.items(), strict=True):
    mx.plots.replicates(boot, ax=ax).set_title(f"K = {k}")
    ax.label_outer()

# %%
# The same in numbers: the weights, with the densities of the replicates and 95 %
# intervals. And a number that is made of the mixture: how long to wait after an
# eruption of two, three and four minutes.

figure, axes = plt.subplots(
    1, 2, figsize=(9, 3.4), layout="constrained",
    num="The density of each weight over all replicates, and of the waiting time after "
    "three eruptions, with intervals",
)  # fmt: skip
mx.plots.intervals(
    boots[3].weights(), ax=axes[0], labels=["component 0", "component 1", "component 2"]
)
lengths = [2.0, 3.0, 4.0]
waits = boots[2].of(
    lambda mixture: mixture.regress([0], np.array(lengths)[:, None])[:, 0]
)
mx.plots.intervals(
    waits, ax=axes[1], labels=[f"after {length:g} minutes" for length in lengths]
)
print("waiting", waits.estimate.round(1), "±", waits.standard_error.round(1))

# %%
# Is the third one there? Twice the gain in log likelihood, compared with that of tables
# drawn from two components.

test = mx.likelihood_ratio_test(points, fits[2], 49, rng=0)
print(test)

figure, ax = plt.subplots(
    figsize=(6, 3.4), layout="constrained",
    num="A histogram of likelihood ratios of tables drawn from two components, and a "
    "line where that of the geyser lies",
)  # fmt: skip
ax.hist(test.values, 15, color="0.8")
ax.axvline(test.statistic, color="C3", label=f"the geyser, p = {test.p_value:.2f}")
ax.set(xlabel="likelihood ratio, if there are two", ylabel="tables")
ax.legend(frameon=False)

# %%
# And which points are not sure of their component: the larger, the less.

figure, axes = plt.subplots(
    1, 2, figsize=(9, 4), sharex=True, sharey=True, layout="constrained",
    num="Eruptions as dots, the larger the less sure their component is: few of two "
    "components, many of three",
)  # fmt: skip
for ax, (k, fit) in zip(axes, fits.items(), strict=True):
    mx.plots.uncertainty(fit.mixture, points, ax=ax).set_title(f"K = {k}")
    ax.label_outer()

plt.show()
