"""
New pictures after many
=======================

Pictures of one size are points of a space with a coordinate a pixel. Their principal components describe them in few
numbers, a mixture over these learns what they look like, and its samples are new pictures. (Here with the digits of
scikit-learn; `mixtura generate` does the same for any set, such as Fashion-MNIST.)
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

import mixtura as mx

digits = np.rint(load_digits().images * 255 / 16)
model, fit = mx.generate.learn(digits, 40, n_axes=40)
print(fit)

# %%
# The mean picture, the first principal components (grey is zero), and how much each says: the square roots of their
# variances are the singular values, but for a factor.

axes_as_pictures = 127 + 900 * model.axes[:7].reshape(-1, 8, 8)
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.2), layout="constrained")
mx.plots.sheet([digits.mean(axis=0), *axes_as_pictures.clip(0, 255)], columns=4, ax=left)
right.plot(np.arange(1, len(model.variances) + 1), np.sqrt(model.variances), marker="o", markersize=3)
right.set(xlabel="principal component", ylabel="standard deviation (greys)", ylim=(0, None))

# %%
# A digit, described by more and more of them:

numbers = model.encode(digits[:4])
steps = (1, 5, 10, 20, 40)
rows = [shot for i in range(4) for shot in (digits[i], *(model.decode(numbers[i : i + 1, :m])[0] for m in steps))]
titles = ["original", *(f"{m}" for m in steps)] + [""] * 18
mx.plots.sheet(rows, titles=titles, columns=6, ax=plt.figure(figsize=(7, 5.5), layout="constrained").add_subplot())

# %%
# The means of the components, and samples:

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 5), layout="constrained")
mx.plots.sheet(model.means()[:25], ax=left).set_title("means")
mx.plots.sheet(model.sample(25, rng=0), ax=right).set_title("samples")
