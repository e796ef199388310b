"""
A mixture moved into another
============================

The cheapest transport of one mixture into another moves every Gaussian to where it is
needed. Between drawings it makes a film; between the colours of two pictures, it gives
the one the colours of the other.
"""

# sphinx_gallery_thumbnail_number = 103
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_sample_image

import mixtura as mx
from mixtura.gallery import sample

image, draw, passage = mx.pictures.image, mx.pictures.draw, mx.pictures.passage

# %%
# The dark pixels of two drawings are fitted by 250 Gaussians each. On the way each of
# the one moves to one or several of the other: its mean on a straight line, its ellipse
# turning and stretching.


def fitted(name):
    """The mixture of a drawing, and its frame."""
    pixels = mx.pictures.files.read(sample(name))
    mixture = mx.fit(
        image.ink(pixels), 250, max_iter=20, accelerate=True, rng=0
    ).mixture
    return mixture, mx.pictures.field.Frame.of_picture(pixels.shape[1], pixels.shape[0])


(dog, frame), (butterfly, other) = fitted("dog.png"), fitted("butterfly.png")
butterfly = passage.placed(butterfly, other, frame)
times = (0, 0.2, 0.4, 0.6, 0.8, 1)
shots = [
    draw.grid(step, frame=frame, size=(300, 300))
    for step in mx.morph(dog, butterfly, times)
]
figure, ax = plt.subplots(
    figsize=(9, 6.5), num="Six steps on the way from a dog to a butterfly"
)
mx.plots.sheet(shots, titles=[f"t = {t:g}" for t in times], columns=3, ax=ax)

# %%
# The colours of two pictures, as mixtures in red, green and blue. With one Gaussian
# each, the photo gets the mean and the covariance of the painting; with sixty, its
# lights, skies and shadows.

photo = load_sample_image("china.jpg")[::2, ::2]
painting = mx.pictures.files.read(sample("harbour.png"))[::2, ::2]
one, many = (mx.grade.learn(photo, painting, k) for k in (1, 60))
shots = [photo, np.uint8(painting[:213, :320]), one.apply(photo), many.apply(photo)]
figure, ax = plt.subplots(
    figsize=(10, 7.5),
    num="A photo of a temple, a painting of a harbour, and the photo in the painting's "
    "colours, by one Gaussian and by sixty",
)  # fmt: skip
mx.plots.sheet(
    shots, titles=["a photo", "a painting", "one Gaussian", "sixty"], columns=2, ax=ax
)

# %%
# Sixty Gaussians follow every step of the sky, its grain too. So a smoothed photo is
# graded, and the detail added back with no more than it had.

sky = load_sample_image("china.jpg")[:150, 60:260]
crops = [sky, many.apply(sky, smooth=0), many.apply(sky)]
figure, ax = plt.subplots(
    figsize=(10, 3.2),
    num="A part of the sky: as it was, graded pixel by pixel with grain, and graded "
    "smoothly",
)  # fmt: skip
mx.plots.sheet(
    crops,
    titles=["the photo", "each pixel for itself", "smoothed, with its detail"],
    columns=3,
    ax=ax,
)

plt.show()
