# %% [markdown]
# # Painting with mixtures
#
# A few hundred Gaussians can hold a picture. In this tutorial we
# build that idea up from two bumps on a line. You will see what a
# mixture is, draw points from it, slice it, and then let it look at
# a drawing and a photograph and paint both again. It takes half an
# hour. You need to know what a mean and a variance are.

# %%
import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx
from mixtura.gallery import sample

plt.rcParams["figure.dpi"] = 130
plt.rcParams["figure.constrained_layout.use"] = True

# %% [markdown]
# ## A mixture on a line
#
# A *probability density* says where values are common: the area
# below it, between two places, is the probability of a value
# between them. The best known density is the bell of the
# *Gaussian*, given by its mean $\mu$ and its variance $\sigma^2$:
#
# $$ \mathcal N(x;\mu,\sigma^2) = \frac1{\sqrt{2\pi}\,\sigma}
#    \exp\Big(-\frac{(x-\mu)^2}{2\sigma^2}\Big). $$
#
# Most data are not one bell. A *mixture* adds up several, each with
# a weight, and the weights sum to one:
#
# $$ p(x) = \sum_{k=1}^K w_k\, \mathcal N(x;\mu_k,\sigma_k^2). $$
#
# You can read it as a recipe: with probability $w_k$, take the
# $k$-th bell, and draw a value from it. Here are two bells with
# three pairs of weights. Nothing but the weights changes.

# %% mystnb={"image": {"alt": "Three densities: two peaks, whose heights change with the weights"}}
figure, axes = plt.subplots(1, 3, figsize=(9, 2.6), sharey=True)
for ax, first in zip(axes, (0.2, 0.5, 0.8)):
    two = mx.Mixture([first, 1 - first], [[-1], [2]], [[[1]], [[0.5]]])
    mx.plots.density(two, ax=ax)
    ax.set_title(f"weights {first:.1f} and {1 - first:.1f}")
plt.show()

# %% [markdown]
# ## From data to a mixture
#
# Usually it is the other way round: there are data, and we look for
# the mixture. Let us draw some from a density that is no bell, and
# forget where they came from.

# %%
truth = mx.Mixture(
    [0.5, 0.3, 0.2], [[0], [3], [7]], [[[0.6]], [[1.2]], [[0.3]]]
)
values = truth.sample(400, rng=1)
fit = mx.fit(values, 3, rng=0)
print(fit.mixture.weights.round(2), fit.mixture.means.ravel().round(2))

# %% [markdown]
# `mx.fit` looks for the weights, means and variances under which
# these very values are most likely. It takes small steps, each of
# which makes them more likely: that is *expectation-maximisation*,
# or EM. [Another tutorial](em.py) does it by hand.

# %% mystnb={"image": {"alt": "A histogram with three humps, and the fitted density that follows it"}}
figure, ax = plt.subplots(figsize=(6, 3))
mx.plots.histogram(values, bins=40, ax=ax)
mx.plots.density(fit.mixture, ax=ax)
plt.show()

# %% [markdown]
# How did we know that there are three? We did not have to. Each
# component more fits a little better, and has a price. *AIC* and
# *BIC* weigh both; lower is better.

# %%
choice = mx.choose(values, range(1, 7), covariance_type="full", rng=0)
print(choice)

# %% [markdown]
# ## Drawing values
#
# A mixture is a *generative* model: it can make data like those
# that it was fitted to. The recipe was told above. In NumPy it is
# two lines, one for each half.

# %%
rng = np.random.default_rng(0)
mix = fit.mixture
which = rng.choice(3, size=2000, p=mix.weights)
spread = np.sqrt(mix.covariances[which, 0, 0])
drawn = rng.normal(mix.means[which, 0], spread)
print(drawn.mean().round(2), mix.mean().round(2))

# %% [markdown]
# `mix.sample(2000)` does the same. The two numbers above are the
# mean of the values and that of the mixture. The latter needs no
# values: expectations are sums, so the mean of a mixture is
# $\sum_k w_k\mu_k$.
#
# ## Two dimensions
#
# With two coordinates a bell becomes a hill. Its mean is a place;
# its variance becomes a *covariance matrix*, which says how wide the
# hill is in each direction, and how it leans. Seen from above, the
# lines of equal height are ellipses. Here is a mixture of two, as
# points and as a map. The map shows the *logarithm* of the density,
# since the density itself falls so fast.

# %% mystnb={"image": {"alt": "Points of two leaning clusters, and contour lines of the density around them"}}
hills = mx.Mixture(
    [0.4, 0.6],
    [[0, 0], [4, 2]],
    [[[1.0, 0.7], [0.7, 1.0]], [[1.5, -0.6], [-0.6, 0.6]]],
)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
mx.plots.scatter(hills.sample(600, rng=0), ax=left, s=6)
mx.plots.contours(hills, ax=right)
plt.show()

# %% [markdown]
# ## Slices: what is known when something is known
#
# Suppose that we learn the first coordinate. What do we then know
# of the second? We cut the landscape along the line $x_1 = a$ and
# scale the cut to area one. This is the *conditional density*
# $p(x_2\mid x_1=a)$. The cut through a Gaussian is a Gaussian, so
# the cut through a mixture is a mixture: the bells move, and their
# weights change, because $x_1 = a$ is likelier under some than under
# others. ([Why](../conditionals.md).)

# %% mystnb={"image": {"alt": "Three slices of the landscape at x1 = 0, 2 and 4; the middle one has two peaks"}}
figure, axes = plt.subplots(1, 3, figsize=(9, 2.6), sharey=True)
for ax, a in zip(axes, (0.0, 2.0, 4.0)):
    mx.plots.conditional(hills, a, ax=ax)
    ax.set_title(f"given x1 = {a:g}")
print(hills.condition([0], [2.0]))
plt.show()

# %% [markdown]
# The mean of such a slice is the best guess of $x_2$, in the sense
# of least squares. Keep it in mind: it is what paints in colour.
#
# ## A drawing becomes points
#
# Now to pictures. In a drawing, let every dark pixel be a data
# point: its place $(x, y)$. The white paper says nothing.

# %% mystnb={"image": {"alt": "A drawing of a puppy, and the table of the places of its dark pixels"}}
pixels = mx.pictures.files.read(sample("dog.png"))
points = mx.pictures.image.ink(pixels)
figure, ax = plt.subplots(figsize=(8, 3.6))
mx.plots.pixel_table(pixels, kind="ink", ax=ax)
print(f"{points.n:,} dark pixels")
plt.show()

# %% [markdown]
# A mixture of three hundred Gaussians is fitted to these places.
# A pixel is not a point but a little square, whose variance is
# 1/12 in each direction. The points know it, and `fit` adds it to
# all variances, so that no component becomes thinner than a pixel.

# %%
dog = mx.fit(points, 300, rng=0).mixture
print(dog)

# %% [markdown]
# From here on the drawing is gone. All that is left are three
# hundred weights, means and covariances, and there are several ways
# to paint from them:
#
# - *contours*: a map of the log density, as above;
# - *dots*: many draws from the mixture, each a drop of ink;
# - a *grid*: visit every pixel, and make it the darker, the higher
#   the density is there.

# %% mystnb={"image": {"alt": "The puppy three times: as coloured contours, as dots and as soft charcoal"}}
height, width = pixels.shape[:2]
frame = {"frame": (0, 0, width, height), "size": (400, 400)}
draw = mx.pictures.draw
shots = [
    draw.contour(dog, **frame, colours="psychedelic"),
    draw.dots(dog, **frame, samples=20_000, rng=0),
    draw.grid(dog, **frame),
]
figure, ax = plt.subplots(figsize=(9, 3.2))
mx.plots.sheet(
    shots, titles=["contours", "dots", "grid"], columns=3, ax=ax
)
plt.show()

# %% [markdown]
# ## Tones
#
# The grid is pale, and its lines are thick. A density has no upper
# limit, so it is divided by its largest value before it becomes a
# grey; a few dense places are then black, and all others nearly
# white. A *tone curve* says which share of the largest density gives
# which grey. A steep one brings the faint lines up; one that begins
# late makes them thin.

# %% mystnb={"image": {"alt": "The grid of the puppy under three tone curves, from pale to crisp"}}
tones = ["linear", "gamma:0.5", "0:255,0.1:255,0.3:0"]
shots = [draw.grid(dog, **frame, tone=tone) for tone in tones]
figure, ax = plt.subplots(figsize=(9, 3.2))
mx.plots.sheet(shots, titles=tones, columns=3, ax=ax)
plt.show()

# %% [markdown]
# ## Colour
#
# In a colour picture every place counts, since every place has a
# colour. So each pixel is a point with five coordinates:
# $(x, y, r, g, b)$. We take every third pixel of a picture, which
# is enough for a first look.

# %%
scene = mx.pictures.files.read(sample("harbour.png"))[::3, ::3]
print(mx.pictures.image.colour(scene).x[:2])
harbour = mx.fit(mx.pictures.image.colour(scene), 200, rng=0).mixture

# %% [markdown]
# We can draw from this mixture, too: a place together with a colour.
# And we can visit each pixel and ask the question of the slices:
# *given that I am here, which colours are there?* The answer is a
# mixture of colours; we paint its mean,
#
# $$ \mathrm E[\,r, g, b \mid x, y\,]. $$

# %% mystnb={"image": {"alt": "A harbour at dusk: the original, coloured dots, and smooth brush strokes"}}
height, width = scene.shape[:2]
frame = {
    "frame": (0, 0, width, height),
    "size": (3 * width, 3 * height),
}
shots = [
    np.kron(scene, np.ones((3, 3, 1), np.uint8)),
    draw.dots(harbour, **frame, samples=20_000, rng=0),
    draw.mean(harbour, **frame),
]
titles = ["the picture", "draws", "conditional mean"]
figure, ax = plt.subplots(figsize=(9, 2.6))
mx.plots.sheet(shots, titles=titles, columns=3, ax=ax)
plt.show()

# %% [markdown]
# One place, asked by hand. These are the colours that the mixture
# believes in at the middle of the picture, and how sure it is:

# %%
there = harbour.condition([0, 1], [width / 2, height / 2])
print("mean", there.mean().round(), "of names", there.names)
print(
    "standard deviations", np.sqrt(np.diag(there.covariance())).round(1)
)

# %% [markdown]
# More components give finer strokes. So does a change of the aim:
# EM explains the pixels as well as it can, and the painting is a
# by-product. If a faithful painting is all that you want,
# [polishing](../fidelity.md) takes the same number of Gaussians and
# places them for that.

# %% mystnb={"image": {"alt": "The harbour by 40 and 200 Gaussians of EM, and by 200 polished ones, which is sharpest"}}
few = mx.fit(mx.pictures.image.colour(scene), 40, rng=0).mixture
polished = mx.pictures.polish(200, scene, effort=0.5)
shots = [draw.mean(each, **frame) for each in (few, harbour, polished)]
titles = ["40 by EM", "200 by EM", "200 polished"]
figure, ax = plt.subplots(figsize=(9, 2.6))
mx.plots.sheet(shots, titles=titles, columns=3, ax=ax)
plt.show()

# %% [markdown]
# ## Your own picture
#
# The command line does all of this in one go. Try it on a picture
# of your own:
#
# ```text
# mixtura paint photo.jpg -k 1000 -o painted.png
# mixtura paint drawing.png --style contour,dots,grid -o drawing.png
# ```
#
# Where to go from here: the same pictures as
# [drawings for a plotter](../how-to/plotter.md),
# [posters](../how-to/poster.md) and
# [placeholders of 100 bytes](../how-to/placeholder.md), or
# [all styles and formats](../outputs.md).
