"""
Generating pictures
===================

Pictures of one size are points in a space with one coordinate per pixel. Principal
component analysis reduces the dimension, a mixture is fitted in that space, and its
samples are new pictures: here of clothes. (These are drawn by a program,
samples/clothes.py; with `--data FOLDER`, they are the 6,000 pullovers of Fashion-MNIST,
whose files are in FOLDER/fashion-mnist. `mixtura generate` does the same for any set.)
"""

# sphinx_gallery_thumbnail_number = 4
import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx
from mixtura.gallery import data, sample

folder = data("fashion-mnist")
if folder:
    images, labels = (
        folder / "train-images-idx3-ubyte.gz",
        folder / "train-labels-idx1-ubyte.gz",
    )
    pictures, most = mx.generate.read(images, labels=labels, label=2), 500
else:
    # A sheet with a row for each of ten kinds.
    sheet = mx.pictures.files.read(sample("clothes.png"))[..., 0]
    pictures = sheet.reshape(10, 28, -1, 28).swapaxes(1, 2).reshape(-1, 28, 28)
    most = 200
height, width = pictures.shape[1:]
print(f"{len(pictures):,} pictures of {width} x {height} pixels")

# %%
# Some of the pictures, and their mean.

figure, axes = plt.subplots(
    1, 2, figsize=(10, 3.4), layout="constrained", width_ratios=[8, 3],
    num="Sixteen small pictures of clothes, and the blurred mean of all",
)  # fmt: skip
mx.plots.sheet(pictures[:: len(pictures) // 16][:16], columns=8, ax=axes[0]).set_title(
    "some of them"
)
mx.plots.sheet([pictures.mean(axis=0)], ax=axes[1]).set_title("the mean of all")

# %%
# The first principal components, grey where they are zero, and the singular values of
# the centred pictures, which decrease fast.

model, _ = mx.generate.learn(pictures, 1, n_axes=most)
singular = np.sqrt(model.variances * (len(pictures) - 1))
axes_as_pictures = [
    127 + 127 * axis / abs(axis).max()
    for axis in model.axes[:8].reshape(-1, height, width)
]
figure, (left, right) = plt.subplots(
    1, 2, figsize=(11, 3.4), layout="constrained",
    num="The first eight principal components as grey pictures, and singular values "
    "that fall fast",
)  # fmt: skip
mx.plots.sheet(axes_as_pictures, columns=4, ax=left)
right.plot(np.arange(1, len(singular) + 1), singular, marker=".")
right.set(xlabel="principal component", ylabel="singular value", ylim=(0, None))

# %%
# Reconstructions from an increasing number of principal components:

some = pictures[[0, 420, 900]]
numbers = model.encode(some)
steps = [1, 100, 200, 300, 400, 500] if folder else [1, 5, 20, 50, 100, 200]
rows = [
    shot
    for i in range(3)
    for shot in (some[i], *(model.decode(numbers[i : i + 1, :m])[0] for m in steps))
]
figure, ax = plt.subplots(
    figsize=(10, 5),
    num="Three pictures, each rebuilt from more and more principal components, from a "
    "blur to the original",
)  # fmt: skip
mx.plots.sheet(
    rows, titles=["original", *map(str, steps)] + [""] * 14, columns=7, ax=ax
)

# %%
# A mixture of 25 Gaussians over 100 principal components (40 for our clothes): the
# means of its components are typical pictures, its samples are new ones.

model, fit = mx.generate.learn(pictures, 25, n_axes=100 if folder else 40)
print(fit)
figure, (left, right) = plt.subplots(
    1, 2, figsize=(10, 5.3), layout="constrained",
    num="Twenty-five means of components and twenty-five samples: all of them look "
    "like clothes",
)  # fmt: skip
mx.plots.sheet(model.means(), ax=left).set_title("means")
mx.plots.sheet(model.sample(25, rng=0), ax=right).set_title("samples")

# %%
# Other numbers of principal components and of Gaussians. Few principal components blur;
# few Gaussians (K) average dissimilar pictures.

shots, titles = [], []
for n_axes in (5, 20, 100) if folder else (5, 40):
    for k in (1, 10, 50):
        fewer, _ = mx.generate.learn(pictures, k, n_axes=n_axes)
        shots.append(mx.pictures.sheets.sheet(fewer.sample(10, rng=1), columns=5))
        titles.append(f"{n_axes} components, K = {k}")
figure, ax = plt.subplots(
    figsize=(11, 6),
    num="Sheets of samples by few and many principal components and components: ghosts "
    "with one component, clothes with fifty",
)  # fmt: skip
mx.plots.sheet(shots, titles=titles, columns=3, ax=ax)

plt.show()
