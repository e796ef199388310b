# %% [markdown]
# # EM by hand, and a picture in few colours
#
# How does `fit` find a mixture? By *expectation-maximisation* (EM),
# a loop of two short steps. Here we derive both, write them in
# NumPy, and hold every number beside what Mixtura computes. At the
# end the same loop compresses a picture. You need derivatives, and
# an hour.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

import mixtura as mx
from mixtura.gallery import sample

plt.rcParams["figure.dpi"] = 130
plt.rcParams["figure.constrained_layout.use"] = True

# %% [markdown]
# Our points come from five Gaussians of different form. We keep
# their labels out of sight.

# %% mystnb={"image": {"alt": "Two thousand points in five clusters of different forms"}}
truth = mx.Mixture(
    [0.2, 0.2, 0.25, 0.2, 0.15],
    [[0, 0], [6, 0], [3, 5], [9, 5], [3.5, 1.5]],
    [
        [[1.0, 0.6], [0.6, 0.8]],
        [[0.4, 0.0], [0.0, 1.6]],
        [[1.8, -0.8], [-0.8, 0.7]],
        [[0.6, 0.2], [0.2, 0.5]],
        [[0.3, -0.1], [-0.1, 0.4]],
    ],
)
x = truth.sample(2000, rng=4)
n, d = x.shape
k = 5
figure, ax = plt.subplots(figsize=(6, 3))
mx.plots.scatter(x, equal=True, s=4, ax=ax)
plt.show()

# %% [markdown]
# ## What is to be maximised
#
# Give each point $x_i$ a hidden label $z_i$, which says which
# component it came from: $P(z_i = j) = w_j$, and given the label,
# $x_i$ is Gaussian with mean $\mu_j$ and covariance $\Sigma_j$.
# Summed over the labels, the density of a point is the mixture
#
# $$ p(x_i) = \sum_j w_j\, \mathcal N(x_i;\mu_j,\Sigma_j). $$
#
# The *log likelihood* of all points is
#
# $$ L = \sum_i \ln \sum_j w_j\,\mathcal N(x_i;\mu_j,\Sigma_j). $$
#
# If the labels were known, all would be easy: take the mean and the
# covariance of the points of each label. They are not, and the sum
# stands *inside* the logarithm, so setting the derivative to zero
# gives no formula. But it gives something nearly as good.
#
# In code, the logarithms of all $w_j\,\mathcal N(x_i;\mu_j,\Sigma_j)$
# are a table of $n$ rows and $k$ columns. We stay with logarithms:
# the densities of far points are too small for a float.


# %%
def log_terms(x, weights, means, covariances):
    """(n, k) ln of w_j N(x_i; mu_j, Sigma_j)."""
    columns = [
        np.log(w) + multivariate_normal(m, c).logpdf(x)
        for w, m, c in zip(weights, means, covariances)
    ]
    return np.stack(columns, axis=1)


def log_likelihood(x, weights, means, covariances):
    """The sum over the points of the log density of each."""
    terms = log_terms(x, weights, means, covariances)
    return logsumexp(terms, axis=1).sum()


# %% [markdown]
# ## Where to begin
#
# Any mixture will do, good ones save steps. We take five points as
# means, each drawn with a probability proportional to the squared
# distance from those already taken (this is *k-means++*), the
# covariance of all points, and equal weights.

# %%
rng = np.random.default_rng(7)
means = x[[rng.integers(n)]]
while len(means) < k:
    away = ((x[:, None] - means) ** 2).sum(axis=2).min(axis=1)
    means = np.vstack([means, x[rng.choice(n, p=away / away.sum())]])
weights = np.full(k, 1 / k)
covariances = np.array([np.cov(x.T) / k] * k)

start = mx.Mixture(weights, means, covariances)
by_hand = log_likelihood(x, weights, means, covariances)
print(by_hand, start.log_density(x).sum())

# %% [markdown]
# The two numbers agree: `log_density` of a mixture is what we wrote.
#
# ## The E-step: who is responsible?
#
# Given the parameters, what is the probability of each label? By
# Bayes' theorem
#
# $$ r_{ij} = P(z_i = j \mid x_i) =
#    \frac{w_j\,\mathcal N(x_i;\mu_j,\Sigma_j)}
#         {\sum_l w_l\,\mathcal N(x_i;\mu_l,\Sigma_l)}. $$
#
# These are the *responsibilities*. Each row sums to one.


# %%
def e_step(x, weights, means, covariances):
    """(n, k) the responsibilities."""
    terms = log_terms(x, weights, means, covariances)
    return np.exp(terms - logsumexp(terms, axis=1, keepdims=True))


r = e_step(x, weights, means, covariances)
assert np.allclose(r, start.responsibilities(x))
print(r[:3].round(3))

# %% [markdown]
# ## The M-step: three derivatives
#
# Now differentiate $L$, and set the derivatives to zero.
#
# **Means.** The derivative of $\ln\mathcal N(x;\mu,\Sigma)$ by $\mu$
# is $\Sigma^{-1}(x-\mu)$. The chain rule puts
# $w_j\mathcal N_j/\sum_l w_l\mathcal N_l = r_{ij}$ in front of it:
#
# $$ \frac{\partial L}{\partial\mu_j}
#  = \sum_i r_{ij}\,\Sigma_j^{-1}(x_i-\mu_j) = 0
#  \quad\Longrightarrow\quad
#  \mu_j = \frac1{N_j}\sum_i r_{ij}\,x_i,\qquad
#  N_j = \sum_i r_{ij}. $$
#
# A weighted mean: $N_j$ is the number of points that component $j$
# answers for, fractions included.
#
# **Covariances.** Write $P = \Sigma_j^{-1}$. Then
# $\ln\mathcal N = \tfrac12\ln\det P
# - \tfrac12 (x-\mu)^\top P\,(x-\mu) + \text{const}$, and the
# derivatives of its two parts by $P$ are $\tfrac12\Sigma_j$ and
# $-\tfrac12(x-\mu)(x-\mu)^\top$. So
#
# $$ \sum_i r_{ij}\big(\Sigma_j-(x_i-\mu_j)(x_i-\mu_j)^\top\big) = 0
#  \quad\Longrightarrow\quad
#  \Sigma_j = \frac1{N_j}\sum_i
#  r_{ij}(x_i-\mu_j)(x_i-\mu_j)^\top. $$
#
# **Weights.** They must sum to one, so a multiplier $\lambda$ joins
# in:
#
# $$ \frac{\partial}{\partial w_j}\Big(L+\lambda\big(1-\textstyle
#  \sum_l w_l\big)\Big) = \frac{N_j}{w_j}-\lambda = 0
#  \quad\Longrightarrow\quad w_j = \frac{N_j}{\lambda}. $$
#
# Summed over $j$ this is $1 = n/\lambda$, so $w_j = N_j/n$.
#
# The right-hand sides contain $r_{ij}$, which depend on all the
# parameters, so these are no solutions. But they suggest a loop:
# hold the $r_{ij}$, update the parameters, compute new $r_{ij}$.


# %%
def m_step(x, r):
    """The weighted weights, means and covariances."""
    mass = r.sum(axis=0)
    means = r.T @ x / mass[:, None]
    covariances = []
    for j in range(r.shape[1]):
        away = x - means[j]
        covariances.append((r[:, j, None] * away).T @ away / mass[j])
    return mass / len(x), means, np.array(covariances)


parameters = m_step(x, r)
print(by_hand, "then", log_likelihood(x, *parameters))

# %% [markdown]
# One step of `fit` from the same start is the same step:

# %%
one = mx.fit(x, k, start=start, max_iter=1, reg_covar=0).mixture
for ours, theirs in zip(
    parameters, (one.weights, one.means, one.covariances)
):
    assert np.allclose(ours, theirs)

# %% [markdown]
# ## Why it climbs
#
# For any responsibilities $r$ (rows that sum to one) let
#
# $$ F(r,\theta) = \sum_{i,j} r_{ij}
#    \ln\frac{w_j\,\mathcal N(x_i;\mu_j,\Sigma_j)}{r_{ij}}. $$
#
# By Jensen's inequality $F\le L$, with equality exactly where $r$ are
# those of the E-step. So the E-step lifts $F$ until it touches $L$;
# the M-step maximises $F$ over the parameters $\theta$ (now the sum
# is *outside* the logarithm, and the three formulas are its exact
# maximum); and $L$, which lies above $F$, must rise at least as far.
# The likelihood never falls.

# %%
history, states = [], []
weights, means, covariances = (
    start.weights,
    start.means,
    start.covariances,
)
for step in range(200):
    history.append(log_likelihood(x, weights, means, covariances))
    states.append(mx.Mixture(weights, means, covariances))
    if step and history[-1] - history[-2] < 1e-3:
        break
    r = e_step(x, weights, means, covariances)
    weights, means, covariances = m_step(x, r)
assert (np.diff(history) > -1e-9).all()
print(
    f"{len(history) - 1} steps, from {history[0]:.1f} "
    f"to {history[-1]:.1f}"
)

# %% mystnb={"image": {"alt": "The ellipses after 0, 2, 5, 10 and 20 steps, and at the end"}}
shown = [0, 2, 5, 10, 20, len(states) - 1]
figure, axes = plt.subplots(2, 3, figsize=(9, 5.4))
for ax, step in zip(axes.flat, shown):
    state = states[min(step, len(states) - 1)]
    mx.plots.ellipses(state, x, ax=ax, reach=(1, 2))
    ax.set_title(f"step {step}: {history[step]:.0f}")
    ax.label_outer()
plt.show()

# %% mystnb={"image": {"alt": "The mean log likelihood, which rises fast and then flattens"}}
figure, ax = plt.subplots(figsize=(6, 2.6))
mx.plots.history(np.array(history) / n, ax=ax)
plt.show()

# %% [markdown]
# The density at the end, as a landscape:

# %% mystnb={"image": {"alt": "The density as a surface with five hills"}}
figure, ax = plt.subplots(
    figsize=(6, 4.6), subplot_kw={"projection": "3d"}
)
mx.plots.surface(states[-1], ax=ax)
plt.show()

# %% [markdown]
# ## Local summits
#
# EM climbs to the nearest summit, which need not be the highest.
# Other starts end elsewhere:

# %%
for seed in range(5):
    each = mx.fit(
        x, k, start="random_from_data", max_iter=500, tol=1e-6, rng=seed
    )
    print(seed, round(each.log_likelihood * n, 1))
print("ours ", round(history[-1], 1))

# %% [markdown]
# So one starts several times (`n_init=10`), or begins
# [more cleverly](../choosing.md#where-em-begins). Another trap is a
# component that shrinks onto a single point: its density there, and
# so the likelihood, grows without limit. `reg_covar` or a
# [prior](../priors.md) holds it.
#
# ## A picture in few colours
#
# A picture is also a list of colours: three numbers a pixel, place
# forgotten. A mixture of $K$ Gaussians over them finds $K$ typical
# colours. Paint each pixel in the mean colour of its component, and
# an index of $\log_2 K$ bits takes the place of three numbers.
#
# We use our own loop, on the colours of every fourth row and column.
# Two helps: the covariances begin wide, and a little is added to
# their diagonals, since a flat sky has no variance at all.

# %%
picture = mx.pictures.files.read(sample("harbour.png"))
colours = picture[::4, ::4].reshape(-1, 3).astype(float)


def palette(x, k, steps=30, seed=0):
    """The mean colours of k Gaussians, by our own EM."""
    rng = np.random.default_rng(seed)
    weights = np.full(k, 1 / k)
    means = x[rng.choice(len(x), k, replace=False)]
    covariances = np.array([np.cov(x.T) / k] * k)
    for _ in range(steps):
        r = e_step(x, weights, means, covariances)
        weights, means, covariances = m_step(x, r)
        covariances += 4 * np.eye(3)
    return mx.Mixture(weights, means, covariances)


def painted(mixture):
    """The whole picture in the mean colours of the components."""
    pixels = picture.reshape(-1, 3).astype(float)
    index = mixture.predict(pixels)
    colours = mixture.means.round().clip(0, 255).astype(np.uint8)
    return colours[index].reshape(picture.shape)


# %% mystnb={"image": {"alt": "The harbour in 2, 5, 10, 20 and 30 colours, beside the original"}}
numbers = (2, 5, 10, 20, 30)
shots = [painted(palette(colours, k)) for k in numbers]
titles = [f"{k} colours" for k in numbers]
figure, ax = plt.subplots(figsize=(9, 4.4))
mx.plots.sheet(
    [*shots, picture], titles=[*titles, "original"], columns=3, ax=ax
)
plt.show()

# %% [markdown]
# How much is saved? Counting 8 bits for each of three channels, the
# rate is $24/\log_2 K$, palette aside. A file on disk tells
# another story, since it is packed further. `mx.compress.reduce` does
# the whole thing, with round components, which err least, and knows
# both rates:

# %%
for k in numbers:
    few = mx.compress.reduce(picture, k)
    psnr, ssim = mx.compress.compare(few, picture)
    print(
        f"{k:2d} colours: {24 / np.log2(k):4.1f} times fewer bits, "
        f"{len(few.png()):6,} bytes, PSNR {psnr:.1f} dB"
    )

# %% [markdown]
# **To try.** Which colours are lost first? Why does a full covariance
# err more than a round one here, though it fits better? (Look at a
# long, thin component: how far from its mean are its pixels?)
#
# Next: [how EM is made fast](../fast.md), and
# [what else can be maximised](../fitting.md).
