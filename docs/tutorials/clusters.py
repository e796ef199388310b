# %% [markdown]
# # A course on clusters, and on pictures that nobody drew
#
# Six exercises, from two heaps of points to a machine that makes new
# pictures. Each has a question to think about first, and our answer
# below it, folded away. Two hours with a pencil; one without. The
# exercises need NumPy, Matplotlib and scikit-learn.

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs, make_moons

import mixtura as mx
from mixtura.gallery import sample

plt.rcParams["figure.dpi"] = 130
plt.rcParams["figure.constrained_layout.use"] = True

# %% [markdown]
# ## 1. Two heaps
#
# We drop 250 points around each of two places, with a standard
# deviation of a quarter.

# %% mystnb={"image": {"alt": "Two small round heaps of points, far apart"}}
x, _ = make_blobs(
    [250, 250],
    centers=[[-2, 0], [2, 0]],
    cluster_std=0.25,
    random_state=3,
)
figure, ax = plt.subplots(figsize=(6, 3))
mx.plots.scatter(x, equal=True, s=8, ax=ax)
plt.show()

# %% [markdown]
# A mixture of two Gaussians will be fitted to `x`, without being
# told which point came from where.
#
# **Exercise 1.** Before you run the next cell, write down what you
# expect for the two weights, the two means, and the two covariance
# matrices.

# %%
fit = mx.fit(x, 2, rng=0)
print(fit.mixture.weights.round(3))
print(fit.mixture.means.round(3))
print(fit.mixture.covariances.round(3))

# %% [markdown]
# <details><summary>Our answer</summary>
#
# The weights are the shares of the points: a half each. The means
# are near the places, with an error of about $0.25/\sqrt{250}$, a
# sixtieth. The covariances are near
# $0.25^2 = 0.0625$ on the diagonal and 0 beside it: round heaps have
# no direction. The order of the components means nothing.
#
# </details>
#
# ## 2. Unequal heaps
#
# **Exercise 2.** Make a wide heap of 450 points and a narrow one of
# 50. Fit two Gaussians, and draw the fit: points in the colour of
# their likeliest component, and ellipses of one and two standard
# deviations.

# %% tags=["hide-cell"] mystnb={"code_prompt_show": "Our solution", "code_prompt_hide": "Our solution", "image": {"alt": "A wide cluster and a narrow one, each with its ellipses"}}
x, _ = make_blobs(
    [450, 50],
    centers=[[-2, 0], [3, 0]],
    cluster_std=[1.2, 0.3],
    random_state=3,
)
uneven = mx.fit(x, 2, rng=0).mixture
figure, ax = plt.subplots(figsize=(6, 3.6))
mx.plots.ellipses(uneven, x, reach=(1, 2), equal=True, ax=ax)
print(uneven.weights.round(2))
plt.show()

# %% [markdown]
# ## 3. Who answers for a place?
#
# The *responsibility* of component $k$ for a place $x$ is its share
# of the density there:
#
# $$ r_k(x) = \frac{w_k\,\mathcal N(x;\mu_k,\Sigma_k)}
#    {\sum_j w_j\,\mathcal N(x;\mu_j,\Sigma_j)}. $$
#
# **Exercise 3.** Compute the responsibilities on a mesh over
# $[-6,6]\times[-6,6]$ and draw those of one component. Where is the
# boundary at which both answer for half? What form does it have, and
# why is it no straight line?

# %% tags=["hide-cell"] mystnb={"code_prompt_show": "Our solution", "code_prompt_hide": "Our solution", "image": {"alt": "The responsibility of the narrow component: high in a closed region around it"}}
side = np.linspace(-6, 6, 200)
mesh = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
shares = uneven.responsibilities(mesh)
assert np.allclose(shares.sum(axis=1), 1)

narrow = int(uneven.weights.argmin())
figure, ax = plt.subplots(figsize=(5.5, 4.4))
mx.plots.responsibilities(
    uneven, component=narrow, ax=ax, extent=(-6, 6, -6, 6)
)
mx.plots.boundary(uneven, ax=ax, extent=(-6, 6, -6, 6), colors="w")
mx.plots.scatter(x, ax=ax, s=3, color="black")
plt.show()

# %% [markdown]
# <details><summary>Our answer</summary>
#
# The logarithm of the ratio of two Gaussian densities is a quadratic
# function of the place, so the boundary is a conic: here an ellipse
# around the narrow heap. Far away on *all* sides the wide component
# answers, even behind the narrow one, since its density falls more
# slowly. Only if both covariances are equal do the quadratic terms
# cancel, and the boundary is a line.
#
# </details>
#
# ## 4. Stretched clusters
#
# Three round heaps, each multiplied by a random matrix: now they are
# long, and each points elsewhere.

# %%
rng = np.random.default_rng(3)
heaps = []
for centre in ([0, 0], [3, 1], [1, 3]):
    matrix = rng.normal(size=(2, 2))
    heaps.append(rng.normal(0, 1.2, (100, 2)) @ matrix + centre)
x = np.concatenate(heaps)

# %% [markdown]
# **Exercise 4.** Cluster `x` with a mixture, and with k-means. Which
# of the two should do better, and why?

# %% tags=["hide-cell"] mystnb={"code_prompt_show": "Our solution", "code_prompt_hide": "Our solution", "image": {"alt": "Left, three leaning ellipses follow the clusters; right, k-means cuts them with discs"}}
mixture = mx.fit(x, 3, rng=0, n_init=5).mixture
means = KMeans(3, n_init=10, random_state=0).fit(x)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
mx.plots.ellipses(mixture, x, ax=left, reach=(1, 2), equal=True)
mx.plots.kmeans(x, means.cluster_centers_, ax=right)
truth = np.repeat([0, 1, 2], 100)
for ax, labels in ((left, mixture.predict(x)), (right, means.labels_)):
    pure = sum(np.bincount(truth[labels == k]).max() for k in range(3))
    ax.set_title(f"{pure} of 300 with their own")
plt.show()

# %% [markdown]
# <details><summary>Our answer</summary>
#
# k-means knows distances to centres alone: its clusters are
# round, and of one size. It is what EM becomes if all covariances
# are the same tiny multiple of the identity and each point belongs
# to one component. The mixture learns the form of each cluster.
#
# </details>
#
# ## 5. Two moons
#
# Not every cluster is a Gaussian, however stretched.

# %%
x, _ = make_moons(400, noise=0.05, random_state=0)

# %% [markdown]
# **Exercise 5.** Fit mixtures with more and more components to the
# moons. How many does the BIC ask for? Can you put the components
# together so that each moon is *one* cluster?

# %% tags=["hide-cell"] mystnb={"code_prompt_show": "Our solution", "code_prompt_hide": "Our solution", "image": {"alt": "Two, six and more ellipses on two moons; then the two moons in two colours"}}
choice = mx.choose(x, range(1, 14), covariance_type="full", rng=0)
clusters = mx.combine(choice.best.fit, x)
figure, axes = plt.subplots(1, 3, figsize=(9, 2.6))
for ax, k in zip(axes, (2, choice.best.n_components)):
    each = choice.candidates[k - 1].mixture
    mx.plots.ellipses(each, x, ax=ax, reach=(1, 2))
    ax.set_title(f"K = {k}")
mx.plots.scatter(x, labels=clusters.predict(x), ax=axes[2], s=6)
axes[2].set_title(f"combined: {clusters.suggested} clusters")
print(choice.best)
plt.show()

# %% [markdown]
# <details><summary>Our answer</summary>
#
# Two Gaussians cut the moons across. As K grows, the components line
# up along the arcs, and the BIC stops when one more no longer pays
# for its six parameters. Which components belong together is told
# by their overlap: neighbours along an arc share points, the two
# arcs share none. `combine` unites two at a time, those first that
# are hardest to tell apart. ([More](../choosing.md#clusters).)
#
# </details>
#
# ## 6. Pictures that nobody drew
#
# A picture of 28 × 28 pixels is a list of 784 numbers: a point in a
# space of 784 dimensions. A thousand pictures are a cloud of points
# there. If we knew its density, we could draw new points, and look
# at them as pictures. Our cloud is a wardrobe, drawn by a program:
# ten kinds of clothes, 120 pieces of each.

# %% mystnb={"image": {"alt": "Twenty small grey pictures of clothes: shirts, trousers, dresses, shoes and bags"}}
KINDS = ["T-shirt", "trousers", "pullover", "dress", "coat"]
KINDS += ["sandal", "shirt", "trainer", "bag", "boot"]
sheet = mx.pictures.files.read(sample("clothes.png"))[..., 0]
pictures = sheet.reshape(10, 28, -1, 28).swapaxes(1, 2)
pictures = pictures.reshape(-1, 28, 28).astype(float)
kind = np.repeat(np.arange(10), len(pictures) // 10)
figure, ax = plt.subplots(figsize=(8, 1.9))
mx.plots.sheet(pictures[::60], columns=10, ax=ax)
plt.show()

# %% [markdown]
# So many dimensions are mostly idle: corner pixels are always
# black, and neighbours are alike. *Principal component analysis*
# finds the directions in which the cloud is widest. We subtract the
# mean picture, write each picture as a row, and take the singular
# value decomposition $X = U S V^\top$. The rows of $V^\top$ are the
# directions, themselves pictures; the singular values in $S$ say
# how wide the cloud is along each.

# %% mystnb={"image": {"alt": "The first hundred singular values, which fall fast"}}
flat = pictures.reshape(len(pictures), -1)
centre = flat.mean(axis=0)
_, singular, axes_of = np.linalg.svd(flat - centre, full_matrices=False)
figure, ax = plt.subplots(figsize=(6, 2.6))
ax.plot(np.arange(1, 101), singular[:100], marker=".")
ax.set(xlabel="principal component", ylabel="singular value")
plt.show()

# %% [markdown]
# To describe a picture by $m$ numbers, project it onto the first
# $m$ directions. To get a picture back, add the directions up
# again. What is lost is the rest.

# %% mystnb={"image": {"alt": "Three pieces of clothing, each from 1, 5, 20, 50 and 200 numbers, ever sharper"}}
shots, titles = [], []
for i in (5, 400, 1190):
    shots.append(pictures[i])
    titles.append("original")
    for m in (1, 5, 20, 50, 200):
        code = (flat[i] - centre) @ axes_of[:m].T
        back = centre + code @ axes_of[:m]
        shots.append(back.reshape(28, 28).clip(0, 255))
        titles.append(str(m))
figure, ax = plt.subplots(figsize=(7, 4))
mx.plots.sheet(shots, titles=titles, columns=6, ax=ax)
plt.show()

# %% [markdown]
# Now a mixture of 25 Gaussians over the first 40 numbers. Its means
# are pictures, too: typical pieces.

# %% mystnb={"image": {"alt": "The 25 means: soft pictures of clothes of all kinds"}}
codes = (flat - centre) @ axes_of[:40].T
mixture = mx.fit(codes, 25, reg_covar=1.0, rng=0).mixture


def painted(codes):
    """Pictures of rows of numbers."""
    back = centre + codes @ axes_of[: codes.shape[1]]
    return back.reshape(-1, 28, 28).clip(0, 255)


figure, ax = plt.subplots(figsize=(4, 4))
mx.plots.sheet(painted(mixture.means), columns=5, ax=ax)
plt.show()

# %% [markdown]
# To draw from a Gaussian in many dimensions, start with a vector
# $z$ of independent standard normal numbers. If $\Sigma = LL^\top$
# is the *Cholesky factorisation* of the covariance, then
# $\mu + Lz$ has mean $\mu$ and covariance
# $L\,\mathrm E[zz^\top]L^\top = \Sigma$. In one dimension $L$ is the
# standard deviation. By hand:

# %% mystnb={"image": {"alt": "25 new pieces of clothing, drawn from the mixture"}}
rng = np.random.default_rng(5)
which = rng.choice(25, size=25, p=mixture.weights)
factors = np.linalg.cholesky(mixture.covariances)
z = rng.normal(size=(25, 40))
new = mixture.means[which] + np.einsum("nij,nj->ni", factors[which], z)
figure, ax = plt.subplots(figsize=(4, 4))
mx.plots.sheet(painted(new), columns=5, ax=ax)
plt.show()

# %% [markdown]
# Nobody drew these. (A frequent slip is $z^\top L$ in place of
# $Lz$, which has the covariance $L^\top L$, another matrix. Test
# yours: draw many, and compare their covariance with $\Sigma$.)
#
# **Exercise 6.** What happens with fewer or more principal
# components, and with fewer or more Gaussians? And what if there is
# only one kind in the data, so that each kind has a mixture of its
# own?

# %% tags=["hide-cell"] mystnb={"code_prompt_show": "Our solution", "code_prompt_hide": "Our solution", "image": {"alt": "Sheets of new clothes for 5 and 40 axes and for 1, 10 and 50 Gaussians"}}
shots, titles = [], []
for m in (5, 40):
    for k in (1, 10, 50):
        model, _ = mx.generate.learn(pictures, k, n_axes=m)
        some = model.sample(15, rng=1)
        shots.append(mx.pictures.sheets.sheet(some, columns=5))
        titles.append(f"{m} axes, K = {k}")
figure, ax = plt.subplots(figsize=(9, 4))
mx.plots.sheet(shots, titles=titles, columns=3, ax=ax)
plt.show()

# %% tags=["hide-cell"] mystnb={"code_prompt_show": "Our solution, part two", "code_prompt_hide": "Our solution, part two", "image": {"alt": "New dresses and new boots, each from a mixture of its own kind"}}
figure, axes = plt.subplots(1, 2, figsize=(7, 3))
for ax, name in zip(axes, ("dress", "boot")):
    of_one = pictures[kind == KINDS.index(name)]
    model, _ = mx.generate.learn(of_one, 3, n_axes=20)
    mx.plots.sheet(model.sample(15, rng=0), columns=5, ax=ax)
    ax.set_title(f"from the kind {name!r} alone")
plt.show()

# %% [markdown]
# <details><summary>Our answer</summary>
#
# Few axes blur, whatever the mixture. One Gaussian blends all
# clothes into ghosts, since its hill is highest where no piece is;
# with more, each hill covers pieces that resemble each other.
# With too many, a hill has a handful of pictures, and what it draws
# are those, with noise. A kind of its own needs few Gaussians, and
# its draws are cleaner: nothing lies between a dress and a boot any
# more.
#
# </details>
#
# `mx.generate.learn` did what we did by hand, and
# [`mixtura generate`](../pictures.md#generating-pictures) does it for
# a folder of pictures. Large models of today replace the principal
# components by a network that is learnt; the idea, a density in a
# space of few numbers from which new ones are drawn, is this one.
