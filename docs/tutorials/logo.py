# %% [markdown]
# # A logo of thirty Gaussians
#
# A silhouette is a cloud of points. Thirty Gaussians hold it, and
# because each is a few numbers that you can read, you can also
# *change* it: sharpen it, pull a part away, turn another. Ten
# minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageDraw

import mixtura as mx

plt.rcParams["figure.dpi"] = 130
plt.rcParams["figure.constrained_layout.use"] = True

# %% [markdown]
# ## From a logo to points
#
# Any picture with a clear form will do. Ours is drawn here, so that
# the page needs no file: a sail boat with a grey shadow.

# %%
SHAPES = {
    "hull": [(30, 200), (270, 200), (225, 255), (85, 255)],
    "main sail": [(140, 30), (140, 185), (45, 185)],
    "jib": [(160, 60), (160, 185), (245, 185)],
}
logo = Image.new("RGB", (300, 300), "white")
pen = ImageDraw.Draw(logo)
for shade, away in (("#969696", 8), ("black", 0)):
    for corners in SHAPES.values():
        pen.polygon([(x + away, y + away) for x, y in corners], shade)
pixels = np.asarray(logo)

# %% [markdown]
# Where does the boat end and the shadow begin? Grey pixels would
# blur the answer, so we leave the midtones out: what is darker than
# 60 is ink, what is lighter than 200 is paper, and the rest counts
# as neither. Ink becomes points.

# %% mystnb={"image": {"alt": "A black sail boat with a grey shadow, and the points of its black parts"}}
points = mx.pictures.image.ink(pixels, threshold="60:200")
some = np.random.default_rng(0).choice(points.x, 4000, replace=False)
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 4))
left.imshow(pixels)
mx.plots.scatter(some, ax=right, s=2)
right.set(aspect="equal", xlim=(0, 300), ylim=(300, 0))
print(f"{points.n:,} points")
plt.show()

# %% [markdown]
# ## Thirty Gaussians, from ten starts
#
# EM climbs to the nearest summit of the likelihood, so where it
# starts matters. With `n_init=10` it starts ten times and keeps the
# best. Points of pictures know that a pixel is a square of side 1:
# its variance, 1/12, is added to every variance.

# %%
fit = mx.fit(points, 30, n_init=10, rng=0)
boat = fit.mixture
print(fit)

# %% [markdown]
# Draws from the mixture make the silhouette again. It is soft:
# Gaussians have no edges. Multiply all covariances by 0.6, and every
# hill is narrower, in all directions alike, about its own mean.

# %% mystnb={"image": {"alt": "The boat as dots, soft on the left and sharper on the right"}}
look = {
    "frame": (0, 0, 300, 300),
    "size": (400, 400),
    "samples": 40_000,
    "radius": 0.9,
    "ink": "black",
    "rng": 0,
}
shots = [
    mx.pictures.draw.dots(boat, **look),
    mx.pictures.draw.dots(boat.scale_covariances(0.6), **look),
]
titles = ["as fitted", "covariances times 0.6"]
figure, ax = plt.subplots(figsize=(8, 4))
mx.plots.sheet(shots, titles=titles, columns=2, ax=ax)
plt.show()

# %% [markdown]
# ## Take hold of a part
#
# Every component has a number. Here they are, with the points that
# each answers for.

# %% mystnb={"image": {"alt": "Thirty numbered ellipses that tile the boat"}}
figure, ax = plt.subplots(figsize=(5.5, 5))
mx.plots.ellipses(boat, some, ax=ax, reach=(1, 2), numbers=True)
ax.set(aspect="equal", xlim=(0, 300), ylim=(300, 0))
plt.show()

# %% [markdown]
# Which of them are the jib? Those whose means lie in its triangle:
# right of the mast and above the hull. We lift it by 25 pixels and
# turn it by 20 degrees about its middle. A mixture cannot be changed
# in place, so we make a new one from changed copies of its arrays.
# A covariance turns as $R\Sigma R^\top$.

# %%
means, covariances = boat.means.copy(), boat.covariances.copy()
jib = (means[:, 0] > 150) & (means[:, 1] < 195)
angle = np.radians(20)
turn = np.array(
    [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
)
middle = means[jib].mean(axis=0)
means[jib] = (means[jib] - middle) @ turn.T + middle + (20, -25)
covariances[jib] = turn @ covariances[jib] @ turn.T
flying = mx.Mixture(boat.weights, means, covariances)

# %% mystnb={"image": {"alt": "The boat, whose jib now flies away to the upper right"}}
shot = mx.pictures.draw.dots(flying.scale_covariances(0.6), **look)
figure, ax = plt.subplots(figsize=(4, 4))
mx.plots.sheet([shot], ax=ax)
plt.show()

# %% [markdown]
# ## And on
#
# - The [studio](../studio.md) does this with the mouse: click an
#   ellipse, drag it, and watch the picture follow.
# - `mx.pictures.vector.grid(boat, ...)` writes the logo as an
#   [SVG](../outputs.md#svg-drawings) of thirty soft ellipses.
# - `mx.morph(boat, flying, [0, 0.5, 1])` gives
#   [what lies between](../calculus.md#moving-one-mixture-into-another).
