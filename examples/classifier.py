"""
A classifier instead of a density
=================================

A discriminative model answers another question: is the pixel at (x, y) black or white? Boosted trees answer it well,
in upright steps, and cannot sample or move what they have learnt. A mixture knows where ink is, and no more.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

import mixtura as mx

files, image, draw = mx.pictures.files, mx.pictures.image, mx.pictures.draw
HERE = Path(__file__).resolve().parent if "__file__" in globals() else Path.cwd()
SAMPLES = HERE.parent / "samples"

pixels = files.read(SAMPLES / "butterfly.png")[::5, ::5]
height, width = pixels.shape[:2]
frame = mx.pictures.field.Frame.of_picture(width, height)

# %%
# The classifier sees every pixel, its label is its ink. (scikit-learn's boosted trees, made after LightGBM's.)

y, x = np.mgrid[:height, :width] + 0.5
places = np.stack([x.ravel(), y.ravel()], axis=1)
dark = image.grey(pixels).ravel() < 128
trees = HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=100, random_state=0)
with threadpool_limits(1, user_api="openmp"):  # so small a job is slower on many threads
    chance = trees.fit(places, dark).predict_proba(places)[:, 1].reshape(height, width)

# %%
# The mixture sees the dark ones only.

mixture = mx.fit(image.ink(pixels), 400, reg_covar=1 / 12, dtype="float32", rng=0).mixture
grid = draw.grid(mixture, frame=frame, size=(width, height), tone="gamma:0.5")
pictures = [image.grey(pixels), 255 * (1 - chance), grid]
titles = ["the drawing", "boosted trees", "a mixture of 400"]
mx.plots.sheet(pictures, titles=titles, columns=3, ax=plt.figure(figsize=(10, 4), layout="constrained").add_subplot())
