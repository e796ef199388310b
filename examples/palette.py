"""
A picture in few colours
========================

Fit a mixture to the colours of a picture, and paint every pixel in the mean colour of its component. Lectures count
the saving as 3 / log2 K; files tell another story.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_sample_image

import mixtura as mx

files, compress = mx.pictures.files, mx.compress
picture = load_sample_image("china.jpg")
original = len(files.encode(picture, ".png"))

# %%
# As the components grow in number, so does the likeness; the file grows too.

shots, titles = [picture], [f"original, {original / 1000:.0f} kB as PNG"]
for k in (2, 5, 10, 20, 30):
    few = compress.reduce(picture, k)
    psnr, ssim = compress.compare(few, picture)
    size = len(few.png())
    print(f"K = {k:2d}: {few.nominal_rate:.2f} said, {original / size:.1f} real, {psnr:.1f} dB, SSIM {ssim:.3f}")
    shots.append(few.pixels)
    titles.append(f"K = {k}: {size / 1000:.0f} kB, {psnr:.1f} dB")
mx.plots.sheet(shots, titles=titles, columns=3, ax=plt.figure(figsize=(12, 6.5), layout="constrained").add_subplot())

# %%
# Round (spherical) components come nearer to the picture than full ones, whose means may lie far from many of their
# pixels; dithering hides the steps; and some colours can be kept as they are.

ways = {
    "spherical": {},
    "full": {"covariance_type": "full"},
    "dithered": {"dither": True},
    "red and white kept": {"keep": ["#ff0000", "white"]},
}
shots = [compress.reduce(picture, 12, **settings).pixels for settings in ways.values()]
mx.plots.sheet(
    shots, titles=list(ways), columns=2, ax=plt.figure(figsize=(10, 7.5), layout="constrained").add_subplot()
)
