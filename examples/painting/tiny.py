"""
Pictures of a few bytes
=======================

A picture by a handful of Gaussians needs no more room than this sentence. While the
real one is on its way, such a file stands in its place. What is to be seen in 30, 120
and 500 bytes?
"""

# sphinx_gallery_thumbnail_number = 102
import matplotlib.pyplot as plt

import mixtura as mx
from mixtura.gallery import sample

codec, quality = mx.pictures.codec, mx.pictures.quality
wave = mx.pictures.files.read(sample("wave.png"))
small = mx.pictures.sheets.reduced(wave, 240)

# %%
# The bytes say how many components there are, and where, of which shape and colour;
# `decode` paints them at any size, without steps. `effort` is how long it looks for
# better ones.

shots, titles = [], []
for n_bytes in (30, 120, 500):
    data = codec.encode(small, n_bytes=n_bytes, effort=0.3)
    components = codec.decode_mixture(data).n_components
    shots.append(codec.decode(data, size=wave.shape[1::-1]))
    titles.append(f"{len(data)} bytes, {components} components")
print("the first file:", codec.encode(small, n_bytes=30, effort=0.3).hex())
figure, ax = plt.subplots(
    figsize=(10, 7.2),
    num="A print of a wave: as soft spots of colour in 30 bytes, more like itself in "
    "120 and in 500, and as it is",
)
mx.plots.sheet([*shots, wave], titles=[*titles, "the picture"], columns=2, ax=ax)

plt.show()
