"""Denoising, filling and enlarging beside other programs: `python benchmarks/filters.py [denoise fill enlarge learn]`.

The pictures are scikit-image's camera, coins and astronaut in grey, which the prior has not seen. Decibels (PSNR) are
of answers clipped to 0..255. Seconds are those of the processor for a megapixel, on one thread. BM3D is measured where
the package bm3d is installed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import skimage.data
from PIL import Image, ImageDraw, ImageFont
from skimage.restoration import denoise_nl_means, inpaint_biharmonic
from threadpoolctl import threadpool_limits

import mixtura as mx
from mixtura.patches import denoising
from mixtura.patches.enlarging import back, interpolated

NAMES = ("camera", "coins", "astronaut")


def pictures() -> Iterator[np.ndarray]:
    """Greys of 255, with even sides."""
    for name in NAMES:
        pixels = getattr(skimage.data, name)().astype(np.float32)
        grey = pixels if pixels.ndim == 2 else mx.pictures.image.grey(pixels)
        yield grey[: len(grey) // 2 * 2, : grey.shape[1] // 2 * 2]


def psnr(found: np.ndarray, truth: np.ndarray) -> float:
    """In decibels."""
    return float(10 * np.log10(255**2 / np.mean((np.clip(found, 0, 255) - truth) ** 2)))


def timed(work: Callable[[], Any], pixels: int) -> tuple[Any, float]:
    """The answer, and seconds of the processor a megapixel."""
    began = time.process_time()
    found = work()
    return found, (time.process_time() - began) / pixels * 1e6


def row(name: str, each: list[list[tuple[float, float]]]) -> None:
    """A line of a table: decibels a picture and their mean for each setting, and the median of seconds."""
    cells = [" / ".join(f"{db:.2f}" for db, _ in one) + f", mean {np.mean([db for db, _ in one]):.2f}" for one in each]
    seconds = np.median([s for one in each for _, s in one])
    print(f"| {name} | " + " | ".join(cells) + f" | {seconds:.2f} |", flush=True)


def denoise() -> None:
    """White noise of three strengths."""
    strengths = (15, 25, 50)
    noisy = [[a + np.random.default_rng(1).normal(0, s, a.shape) for a in pictures()] for s in strengths]

    def measured(work: Callable[[np.ndarray, int], np.ndarray]) -> list[list[tuple[float, float]]]:
        found = []
        for s, several in zip(strengths, noisy, strict=True):
            made = [timed(lambda y=y, s=s: work(y, s), y.size) for y in several]
            found.append([(psnr(x, a), t) for (x, t), a in zip(made, pictures(), strict=True)])
        return found

    def ours(y: np.ndarray, s: float, effort: str) -> np.ndarray:
        step, prior = denoising.EFFORTS[effort], mx.patches.standard()
        return denoising.cleaned(y.astype(np.float32), s, step, prior, n_threads=1)  # noise goes beyond 0..255

    def nl_means(y: np.ndarray, s: int) -> np.ndarray:
        how = {"patch_size": 5, "patch_distance": 6, "fast_mode": True}
        return 255 * denoise_nl_means(y / 255, h=0.8 * s / 255, sigma=s / 255, **how)

    print("| way | " + " | ".join(f"noise {s}" for s in strengths) + " | seconds |\n" + "|---" * 5 + "|")
    row("fast non-local means", measured(nl_means))
    for effort in ("fast", "normal", "best"):
        row(f"Mixtura, {effort}", measured(lambda y, s, effort=effort: ours(y, s, effort)))
    try:
        import bm3d
    except ImportError:
        print("(no bm3d here)")
    else:
        row("BM3D", measured(lambda y, s: 255 * bm3d.bm3d(y / 255, s / 255)))


def fill() -> None:
    """Pixels that are missing at random, and under writing; in 256 x 256 pixels, as biharmonic filling is slow."""
    parts = [a[100:356, 100:356] if min(a.shape) >= 356 else a[-256:, 100:356] for a in pictures()]
    rng = np.random.default_rng(3)
    written = Image.new("L", (256, 256))
    for y in range(4, 256, 32):
        text = "The quick brown fox jumps over the lazy dog"
        ImageDraw.Draw(written).text((3, y), text, fill=255, font=ImageFont.load_default(size=18))
    masks = [rng.uniform(size=(256, 256)) < 0.5, rng.uniform(size=(256, 256)) < 0.8, np.asarray(written) > 100]

    def measured(work: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> list[list[tuple[float, float]]]:
        found = []
        for mask in masks:
            made = [timed(lambda a=a, m=mask: work(np.where(m, 0, a), m), a.size) for a in parts]
            found.append([(psnr(x[mask], a[mask]), t) for (x, t), a in zip(made, parts, strict=True)])
        return found

    print("| way | half is missing | four fifths | under writing | seconds |\n" + "|---" * 5 + "|")
    row("biharmonic", measured(lambda a, m: 255 * inpaint_biharmonic(a / 255, m)))
    for effort in ("fast", "normal"):
        row(
            f"Mixtura, {effort}",
            measured(lambda a, m, effort=effort: mx.patches.fill(a, m, effort=effort, n_threads=1)),
        )


def enlarge() -> None:
    """Means of blocks of 2 x 2 pixels, and Pillow's bicubic reduction, which is another law than is assumed."""

    def blocks(a: np.ndarray) -> np.ndarray:
        return a.reshape(len(a) // 2, 2, -1, 2).mean(axis=(1, 3))

    def bicubic(a: np.ndarray) -> np.ndarray:
        size = a.shape[1] // 2, a.shape[0] // 2
        return np.clip(np.asarray(Image.fromarray(a).resize(size, Image.Resampling.BICUBIC)), 0, 255)

    def measured(work: Callable[[np.ndarray], np.ndarray]) -> list[list[tuple[float, float]]]:
        found = []
        for reduce in (blocks, bicubic):
            made = [timed(lambda a=a, r=reduce: work(r(a)), a.size) for a in pictures()]
            found.append([(psnr(x, a), t) for (x, t), a in zip(made, pictures(), strict=True)])
        return found

    print("| way | from means of blocks | from bicubic reduction | seconds |\n" + "|---" * 4 + "|")
    row("bicubic", measured(lambda a: interpolated(a, 2)))
    row("bicubic and back-projection", measured(lambda a: back(back(interpolated(a, 2), a, 2), a, 2)))
    for effort in ("fast", "normal"):
        row(f"Mixtura, {effort}", measured(lambda a, effort=effort: mx.patches.enlarge(a, effort=effort, n_threads=1)))


def learn() -> None:
    """100,000 patches, 100 components."""
    from sklearn.datasets import load_sample_images

    seconds = timed(lambda: mx.patches.learn(load_sample_images().images, n_threads=1), 10**6)[1]
    print(f"100,000 patches, 100 components: {seconds:.1f} s of one core")


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["denoise", "fill", "enlarge", "learn"]
    mx.patches.denoise(np.zeros((9, 9)), sigma=1)
    mx.patches.fill(np.zeros((9, 9)), np.eye(9))
    with threadpool_limits(1):
        for part in (denoise, fill, enlarge, learn):
            if part.__name__ in wanted:
                part()
                print()
