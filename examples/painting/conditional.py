"""
Conditional densities: slices
=============================

What is the distribution of x2, given x1? For a Gaussian it is a Gaussian, for a mixture
a mixture whose weights and means depend on x1. Its mean is the result of `regress`.
"""

# sphinx_gallery_thumbnail_number = 103
import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx

one = mx.Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.7], [0.7, 1.0]]])
many = mx.Mixture(
    [0.4, 0.35, 0.25],
    [[-1.5, -1.0], [1.0, 1.8], [2.0, -1.2]],
    [[[0.8, 0.4], [0.4, 0.6]], [[0.9, -0.5], [-0.5, 0.7]], [[0.4, 0.1], [0.1, 0.5]]],
)

# %%
# The mean of a mixture is the weighted mean of its components' means. Its conditional
# has the same components, reweighted by their density at the given value; if nothing is
# known of x1, `mixtura.Mixture.marginal` is what is left. (`mixtura.plots.conditional`
# draws one slice alone.)

print("mean:", many.mean(), "or", many.weights @ many.means)
slice_at = many.condition([0], [1.5])
print("weights before:", many.weights, "and where x1 = 1.5:", slice_at.weights.round(3))

# %%
# Cuts through the density over the plane, and the same cuts to scale, each of area one.
# The dashed line is the mean of each slice, E[x2 | x1].

figure = plt.figure(
    figsize=(11, 9), layout="constrained",
    num="Cuts through the density of a Gaussian and of a mixture, in space and to "
    "scale, with the conditional mean dashed",
)  # fmt: skip
for row, mixture in enumerate((one, many)):
    mx.plots.solid_slices(
        mixture, [-1, 0, 1.5], ax=figure.add_subplot(2, 2, 2 * row + 1, projection="3d")
    )
    ax = mx.plots.slices(
        mixture, [-1, 0, 1.5], ax=figure.add_subplot(2, 2, 2 * row + 2)
    )
    x1 = np.linspace(*ax.get_xlim(), 200)
    ax.plot(x1, mixture.regress([0], x1[:, None])[:, 0], "k--", linewidth=1)

# %%
# The same as animations, of the Gaussian and of the mixture: the value of x1 varies,
# and the conditional density with it.

of_one, of_many = (
    mx.plots.slice_film(
        mixture,
        pictures=10,
        figure=plt.figure(
            figsize=(9.5, 4.2),
            layout="constrained",
            num=f"A film: a cut moves through the density of {name}",
        ),
    )
    for mixture, name in ((one, "a Gaussian"), (many, "a mixture"))
)

plt.show()
