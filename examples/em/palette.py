"""
Colour quantisation
===================

Fit a mixture to the colours of a picture, and paint every pixel in the mean colour of
its component. Lectures give the compression rate as 3 / log2 K; the sizes of files
differ from it.
"""

# sphinx_gallery_thumbnail_number = 103
import matplotlib.pyplot as plt
from sklearn.datasets import load_sample_image

import mixtura as mx

picture = load_sample_image("china.jpg")
original = len(mx.pictures.files.encode(picture, ".png"))

# %%
# With more components the picture is closer to the original, and the file larger. The
# nominal rate, and the actual one: the size of the original as PNG over that of the new
# one as PNG.

shots, titles = [picture], [f"original, {original / 1000:.0f} kB"]
for k in (2, 5, 10, 20, 30):
    few = mx.compress.reduce(picture, k)
    psnr, ssim = mx.compress.compare(few, picture)
    size = len(few.png())
    print(
        f"K = {k:2d}: rate {few.nominal_rate:.2f}, of files {original / size:5.1f}, "
        f"{psnr:.1f} dB, SSIM {ssim:.3f}"
    )
    shots.append(few.pixels)
    titles.append(f"K = {k}, {size / 1000:.0f} kB, {psnr:.1f} dB")
figure, ax = plt.subplots(
    figsize=(12, 6.5),
    num="A photo of a Chinese temple in 2, 5, 10, 20 and 30 colours, with the size of "
    "each file and its PSNR",
)  # fmt: skip
mx.plots.sheet(shots, titles=titles, columns=3, ax=ax)

# %%
# Spherical components give a lower error than full ones, whose means may lie far from
# many of their pixels; dithering hides the steps between colours; and some colours can
# be kept as they are.

ways = {
    "spherical": {},
    "full": {"covariance_type": "full"},
    "dithered": {"dither": True},
    "red and white kept": {"keep": ["#ff0000", "white"]},
}
shots = [
    mx.compress.reduce(picture, 12, **settings).pixels for settings in ways.values()
]
figure, ax = plt.subplots(
    figsize=(10, 7.5),
    num="The photo in twelve colours: by spherical and by full components, dithered, "
    "and with red and white kept",
)  # fmt: skip
mx.plots.sheet(shots, titles=list(ways), columns=2, ax=ax)

plt.show()
