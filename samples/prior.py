"""The mixture of patches that comes with the package, src/mixtura/patches/standard.mix: `python samples/prior.py`.

It is learnt from photographs that come with scikit-image, each of which its documentation says to be in the public
domain or under CC0; from each at two or three smaller sizes, so that there is little noise in them. The pictures that
tests and benchmarks measure with (camera, coins, astronaut, and scikit-learn's) are not among them.
"""

import sys
import time
from pathlib import Path

import numpy as np
import skimage
from PIL import Image

import mixtura as mx

PICTURES = {
    "chelsea.png": "CC0, Stefan van der Walt",
    "coffee.png": "CC0, Rachel Michetti",
    "rocket.jpg": "public domain, SpaceX",
    "brick.png": "CC0, CC0Textures",
    "grass.png": "CC0, linolafett",
    "gravel.png": "CC0, CC0Textures",
    "hubble_deep_field.jpg": "public domain, NASA",
    "retina.jpg": "CC0, Mikael Haggstrom",
    "cell.png": "CC0, Pratik et al.",
    "clock_motion.png": "public domain, Stefan van der Walt",
}
LARGE = ("hubble_deep_field.jpg", "retina.jpg")
TARGET = Path(__file__).parents[1] / "src" / "mixtura" / "patches" / "standard.mix"


def pictures():
    """The photographs as greys, shrunk."""
    for name in PICTURES:
        image = Image.open(Path(skimage.__file__).parent / "data" / name).convert("L")
        for shrink in (3, 4) if name in LARGE else (1.5, 2, 3):
            small = image.resize((round(image.width / shrink), round(image.height / shrink)), Image.Resampling.LANCZOS)
            yield np.asarray(small)


if __name__ == "__main__":
    began = time.perf_counter()
    prior = mx.patches.learn(
        list(pictures()),
        200,
        n_patches=200_000,
        max_iter=40,
        tol=1e-3,
        on_step=lambda step, k, value: print(f"{k} components, step {step}: {value:.3f}", file=sys.stderr),
    )
    prior.save(TARGET, pictures=PICTURES)
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes, {time.perf_counter() - began:.0f} s")
