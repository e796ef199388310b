"""
EM by hand
==========

Expectation-maximisation (EM) in its three parts. *Initialise*: choose a first mixture.
*E-step*: compute the responsibilities of the components for each point, and the sums
that the M-step needs. *M-step*: set each component's weight, mean and covariance to
those of the points, weighted by its responsibilities. The likelihood never decreases.
"""

# sphinx_gallery_thumbnail_number = 4
import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx
from mixtura.em.maximise import maximise
from mixtura.em.start import begin
from mixtura.engines.reference import ReferenceEngine

# %%
# Five Gaussians of different shapes, and 5,000 samples of their mixture.

truth = mx.Mixture(
    [0.15, 0.25, 0.2, 0.25, 0.15],
    [[0.0, 0.0], [3.0, 7.5], [7.5, 1.0], [9.0, 8.0], [4.0, 3.5]],
    [
        [[0.7, 0.2], [0.2, 0.5]],
        [[1.6, -0.7], [-0.7, 0.7]],
        [[0.5, 0.3], [0.3, 1.8]],
        [[0.8, 0.0], [0.0, 0.6]],
        [[0.4, -0.2], [-0.2, 0.9]],
    ],
)
points = mx.Points.from_array(truth.sample(5000, rng=42))

figure, ax = plt.subplots(
    figsize=(5, 4), layout="constrained",
    num="Five thousand points of five Gaussians of different shapes",
)  # fmt: skip
mx.plots.scatter(points.x, ax=ax, equal=True)

# %%
# One iteration by hand, with NumPy alone. The responsibilities are each component's
# weighted density at each point, divided by their sum. The new weights are the mean
# responsibilities, the new means and covariances are weighted by them.

x = points.x  # (n, 2)
mixture = begin(points, 5, "kmeans++", rng=np.random.default_rng(9))
shares = mixture.responsibilities(x)  # (n, k)
mass = shares.sum(axis=0)  # (k,)
means = shares.T @ x / mass[:, None]  # (k, 2)
away = x[:, None] - means  # (n, k, 2)
covariances = np.einsum("nk,nki,nkj->kij", shares, away, away) / mass[:, None, None]
by_hand = mx.Mixture(mass / len(x), means, covariances)
print(
    f"log likelihood {mixture.log_density(x).sum():,.1f}, "
    f"then {by_hand.log_density(x).sum():,.1f}"
)

# %%
# The same with Mixtura's building blocks, in a loop: `expect` computes the sufficient
# statistics, that is the mass, the first and the second moments of each component, and
# the log likelihood of the current mixture; `maximise` computes the next mixture from
# them.

engine = ReferenceEngine(points)
history, mixtures = [], []
while len(history) < 2 or history[-1] - history[-2] > 1e-2:
    statistics = engine.expect(mixture)
    history.append(statistics.log_likelihood)
    mixtures.append(mixture)
    mixture = maximise(statistics, mixture)
print(f"the first iteration gives the same: {np.allclose(mixtures[1].means, means)}")
print(
    f"log likelihood {history[0]:,.1f} at the start, "
    f"{history[-1]:,.1f} after {len(history) - 1} steps"
)

# %%
# A figure per step: points in the colour of their likeliest component, and the total
# log likelihood.

last = len(mixtures) - 1
figure, axes = plt.subplots(
    2, 4, figsize=(12, 6), sharex=True, sharey=True, layout="constrained",
    num="Eight steps of EM: five ellipses that begin anywhere and end on the five "
    "clouds, each step with its log likelihood",
)  # fmt: skip
for ax, step in zip(axes.flat, (0, 2, 5, 9, 13, 16, 19, last), strict=True):
    mx.plots.ellipses(mixtures[step], x, ax=ax, reach=(1, 2))
    ax.set_title(f"step {step}: {history[step]:,.0f}".replace("-", "−"))
    ax.label_outer()

# %%
# The log likelihood never decreases.

figure, ax = plt.subplots(
    figsize=(6, 3.5), layout="constrained",
    num="The log likelihood against the step: it rises steeply, then levels off",
)  # fmt: skip
mx.plots.history(np.array(history) / points.n, ax=ax)

# %%
# The estimated density, as a surface:

figure, ax = plt.subplots(
    figsize=(7, 5.5), layout="constrained", subplot_kw={"projection": "3d"},
    num="The density as a surface with five hills",
)  # fmt: skip
mx.plots.surface(mixture, ax=ax)

# %%
# `mx.fit` does the same, faster, from better starts, and handles numerical problems
# such as collapsing components.

best = mx.fit(points, 5, n_init=5, tol=1e-6, rng=0)
print(f"mx.fit: {best.log_likelihood * points.n:,.1f}")

plt.show()
