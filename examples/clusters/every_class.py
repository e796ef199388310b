"""
One mixture for all classes, and one per class
==============================================

One mixture is fitted to the pictures of all classes; then one to each class, which
gives a generative classifier. (The clothes are drawn by a program, samples/clothes.py;
with `--data FOLDER`, these are the 60,000 pictures of Fashion-MNIST, whose files are in
FOLDER/fashion-mnist.)
"""

# sphinx_gallery_thumbnail_number = 2
import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx
from mixtura.gallery import data, sample

folder = data("fashion-mnist")
names = [
    "T-shirt",
    "trousers",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "trainer",
    "bag",
    "boot",
]
if folder:
    files = folder / "train-images-idx3-ubyte.gz", folder / "train-labels-idx1-ubyte.gz"
    others = folder / "t10k-images-idx3-ubyte.gz", folder / "t10k-labels-idx1-ubyte.gz"
    classes, held_out = (
        [mx.generate.read(a, labels=b, label=c) for c in range(10)]
        for a, b in (files, others)
    )
else:
    sheet = (
        mx.pictures.files.read(sample("clothes.png"))[..., 0]
        .reshape(10, 28, -1, 28)
        .swapaxes(1, 2)
    )
    classes, held_out = [kind[:100] for kind in sheet], [kind[100:] for kind in sheet]
n_axes = 100 if folder else 40
pictures = np.concatenate(classes)
print(f"{len(pictures):,} pictures of {len(classes)} classes")

# %%
# One mixture of all classes. Its samples come from all of them.

model, fit = mx.generate.learn(pictures, 100 if folder else 40, n_axes=n_axes)
print(fit)
figure, (left, right) = plt.subplots(
    1, 2, figsize=(11, 5.8), layout="constrained",
    num="A sheet of means, one a component, and a sheet of samples: clothes of all "
    "kinds",
)  # fmt: skip
mx.plots.sheet(model.means()[:36], ax=left).set_title("the heaviest components' means")
mx.plots.sheet(model.sample(36, rng=0), ax=right).set_title("samples")

# %%
# A mixture for each class: one row of samples each.

each = [mx.generate.learn(own, 10, n_axes=n_axes)[0] for own in classes]
figure, ax = plt.subplots(
    figsize=(8, 8),
    num="Ten new pictures in each of ten rows, a row a kind: from T-shirts to boots",
)  # fmt: skip
mx.plots.sheet(
    np.concatenate([one.sample(10, rng=0) for one in each]), columns=10, ax=ax
)
for row, name in enumerate(names):
    ax.annotate(
        name, (-0.1, -0.5 - 1.06 * row), ha="right", va="center", annotation_clip=False
    )

# %%
# The new pictures are classified correctly by a classifier that was trained on real
# ones: again a mixture per class, over the principal components of all. With so few
# pictures a class, all classes share one covariance.

points = model.encode(pictures), np.repeat(names, [len(own) for own in classes])
judge = mx.GaussianMixtureClassifier(3, covariance_type="shared", random_state=0).fit(
    *points
)
for name, one, real in zip(names, each, held_out, strict=True):
    of_real, of_new = (
        (judge.predict(model.encode(shots)) == name).mean()
        for shots in (real, one.sample(500, rng=1))
    )
    print(f"{name:9} {of_real:6.1%} of the held-out, {of_new:6.1%} of the new pictures")

plt.show()
