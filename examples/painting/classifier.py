"""
A classifier instead of a density
=================================

A discriminative model answers another question: is the pixel at (x, y) black or white?
Boosted trees classify it well, with axis-parallel steps, but cannot be sampled. A
mixture is a generative model of the dark pixels.
"""

# sphinx_gallery_thumbnail_number = 102
import matplotlib.pyplot as plt
import numpy as np
from threadpoolctl import threadpool_limits

import mixtura as mx
from mixtura.gallery import sample

pixels = mx.pictures.files.read(sample("butterfly.png"))[::4, ::4]
height, width = pixels.shape[:2]

# %%
# The trees are LightGBM's where that is installed (`pip install 'mixtura[compare]'`),
# otherwise scikit-learn's histogram-based ones.

try:
    from lightgbm import LGBMClassifier

    trees, maker = (
        LGBMClassifier(n_estimators=150, num_leaves=100, n_jobs=1, verbose=-1),
        "LightGBM",
    )
except (ImportError, OSError):  # OSError: it is there, but the system lacks OpenMP
    from sklearn.ensemble import HistGradientBoostingClassifier

    trees, maker = (
        HistGradientBoostingClassifier(max_iter=150, max_leaf_nodes=100),
        "scikit-learn",
    )
print("boosted trees by", maker)

# %%
# The classifier is trained on all pixels; the label is whether a pixel is dark.

y, x = np.mgrid[:height, :width] + 0.5
places = np.stack([x.ravel(), y.ravel()], axis=1)
dark = mx.pictures.image.grey(pixels).ravel() < 128
# So small a job is slower on many threads.
with threadpool_limits(1, user_api="openmp"):
    chance = trees.fit(places, dark).predict_proba(places)[:, 1].reshape(height, width)

# %%
# The mixture is fitted to the dark pixels only.

mixture = mx.fit(mx.pictures.image.ink(pixels), 500, rng=0).mixture
grid = mx.pictures.draw.grid(
    mixture, frame=(0, 0, width, height), size=(width, height), tone="gamma:0.5"
)

figure, ax = plt.subplots(
    figsize=(11, 4),
    num="A butterfly in ink; by boosted trees, sharp with straight steps; and by a "
    "mixture of 500 Gaussians, soft",
)  # fmt: skip
titles = ["the drawing", f"boosted trees ({maker})", "a mixture of 500"]
mx.plots.sheet([pixels, 255 * (1 - chance), grid], titles=titles, columns=3, ax=ax)

plt.show()
