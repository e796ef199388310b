"""A picture in few colours: a mixture is fitted to its colours, and every pixel shows the mean of its component."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .em.fit import fit
from .em.loop import Fit, Step
from .errors import InputError, named
from .model.checks import is_whole
from .model.gaussian import CovarianceType
from .model.points import Points
from .pictures import quality, quantise
from .pictures.colours import Colour, parse_colour
from .pictures.image import PIXEL_VARIANCE
from .pictures.quantise import MOST, Histogram
from .pictures.sheets import reduced as smaller

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Reduced:
    """A picture in few colours.

    palette: (m, 3) uint8, m <= k: the kept colours first, then the others by lightness. indices: (h, w) the number of
    each pixel's colour. n_components: k, as asked for. fit: None where nothing had to be fitted, because the picture
    has no more than k colours, or all k are kept.
    """

    palette: Bytes
    indices: Bytes
    n_components: int
    fit: Fit | None

    @property
    def pixels(self) -> Bytes:
        """(h, w, 3) the picture itself."""
        return self.palette[self.indices]

    def png(self) -> bytes:
        """An indexed PNG of it."""
        return quantise.indexed_png(self.indices, self.palette)

    @property
    def nominal_rate(self) -> float:
        """3 / log2 k: three numbers a pixel before, log2 k bits for each of their bits after.

        What one reads in lectures; it leaves out the palette, and that both files are compressed. The honest rate
        compares files: the bytes of the original over those of `png`.
        """
        return 3.0 / math.log2(self.n_components) if self.n_components > 1 else math.inf


def reduce(
    picture: NDArray[Any],
    n_components: int,
    *,
    keep: Sequence[str | Colour] = (),
    covariance_type: CovarianceType = "spherical",
    dither: bool = False,
    max_iter: int = 100,
    tol: float = 1e-3,
    rng: int | np.random.Generator | None = 0,
    n_threads: int | None = None,
    found: Histogram | None = None,
    on_step: Callable[[Step], Any] | None = None,
) -> Reduced:
    """A picture in at most `n_components` colours.

    picture: (h, w, 3) sRGB in 0..255. n_components: 1..256, those in `keep` included. A mixture is fitted to the
    colours of the pixels, and each pixel gets the mean of the component most responsible for it.
    covariance_type: "spherical" comes nearest to the picture; "full" is what scikit-learn's default would do.
    keep: colours that must be in the palette as they are; pixels nearer to one of these than to their component's mean
    get it. dither: hand on each pixel's error to its neighbours (Floyd and Steinberg), for smooth gradients.
    max_iter, tol, rng, n_threads, on_step: see `fit`. found: quantise.histogram(picture), if it is at hand.
    A picture with no more colours than asked for is given back exactly.
    Raises InputError for malformed arguments.

    >>> import numpy as np
    >>> import mixtura as mx
    >>> ramp = np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(8, 32, 3)
    >>> small = mx.compress.reduce(ramp, 4, keep=["black"])
    >>> small.palette[0].tolist(), len(small.palette), small.nominal_rate
    ([0, 0, 0], 4, 1.5)
    """
    pixels = quantise.checked(picture)
    fixed = kept_colours(keep)
    k = checked_count(n_components, len(fixed))
    found = quantise.histogram(pixels) if found is None else found
    colours = found.colours.astype(np.float32)
    is_fixed = _among(found.colours, fixed)
    others = np.flatnonzero(~is_fixed)
    fitted: Fit | None = None
    if len(others) <= k - len(fixed):
        means, nearest = found.colours[others], np.zeros(len(colours), np.intp)
        nearest[others] = np.arange(len(others))
    elif k == len(fixed):
        means, nearest = np.empty((0, 3), np.uint8), np.zeros(len(colours), np.intp)
    else:
        points = found.points().take(others) if len(fixed) else found.points()
        fitted = _fit(points, k - len(fixed), covariance_type, max_iter, tol, rng, n_threads, on_step)
        nearest = fitted.mixture.predict(colours, n_threads=n_threads)
        means = np.rint(fitted.mixture.means.clip(0, 255)).astype(np.uint8)
    # By lightness, and without those that no pixel has.
    used = np.unique(nearest[others]) if len(means) else np.empty(0, np.intp)
    used = used[np.argsort(means[used] @ np.array([0.299, 0.587, 0.114]), kind="stable")]
    place = np.zeros(max(1, len(means)), np.intp)
    place[used] = np.arange(len(used))
    palette = np.concatenate([fixed, means[used]])
    numbers = place[nearest] + len(fixed)
    if len(fixed):
        numbers = _nearer(colours, numbers, palette, len(fixed))
    indices = quantise.dither(pixels, palette) if dither and len(palette) > 1 else found.indices(numbers)
    return Reduced(palette, indices, k, fitted)


def _fit(
    points: Points,
    k: int,
    covariance_type: CovarianceType,
    max_iter: int,
    tol: float,
    rng: Any,
    n_threads: int | None,
    on_step: Callable[[Step], Any] | None,
) -> Fit:
    return fit(
        points,
        k,
        covariance_type=covariance_type,
        reg_covar=PIXEL_VARIANCE,
        dtype="float32",
        accelerate=True,
        max_iter=max_iter,
        tol=tol,
        rng=rng,
        n_threads=n_threads,
        on_step=on_step,
    )


def kept_colours(keep: Sequence[str | Colour]) -> Bytes:
    """(m, 3) the colours, each once, in their order."""
    if isinstance(keep, str):
        raise InputError(f"{named('keep')} is {keep!r}: give a list of colours.")
    parsed = list(dict.fromkeys(parse_colour(colour, "keep") for colour in keep))
    return np.array(parsed, dtype=np.uint8).reshape(-1, 3)


def checked_count(n_components: Any, n_kept: int) -> int:
    """k, if a palette can hold so many and the kept colours fit in."""
    if not is_whole(n_components) or not 1 <= n_components <= MOST:
        raise InputError(f"{named('n_components')} is {n_components!r}: a palette holds 1 to {MOST} colours.")
    if n_kept > n_components:
        raise InputError(
            f"{named('keep')} has {n_kept} colours for a palette of {n_components}: raise {named('n_components')}."
        )
    return int(n_components)


def _among(colours: Bytes, some: Bytes) -> NDArray[np.bool_]:
    found = np.zeros(len(colours), np.bool_)
    for colour in some:
        found |= (colours == colour).all(axis=1)
    return found


def _nearer(colours: NDArray[np.float32], numbers: NDArray[np.intp], palette: Bytes, fixed: int) -> NDArray[np.intp]:
    """The numbers, but for colours that lie nearer to one of the first `fixed`."""
    shades = palette.astype(np.float32)
    own = np.full(len(colours), np.inf, np.float32)
    fitted = numbers < len(palette)
    own[fitted] = np.square(colours[fitted] - shades[numbers[fitted]]).sum(axis=1)
    best = numbers.copy()
    for i in range(fixed):
        away = np.square(colours - shades[i]).sum(axis=1)
        closer = (away < own) | (away == 0)
        best[closer], own[closer] = i, away[closer]
    return best


def compare(reduced: Reduced, picture: NDArray[Any], *, n_threads: int | None = None) -> tuple[float, float]:
    """PSNR in dB and SSIM of the reduced picture against the original (h, w, 3)."""
    pixels = reduced.pixels
    original = quantise.checked(picture)
    return quality.psnr(pixels, original), quality.ssim(pixels, original, n_threads=n_threads)


def tile(reduced: Reduced, longest: int = 640) -> Bytes:
    """The picture for a sheet, at most `longest` pixels a side, above a bar of its palette."""
    small = smaller(reduced.pixels, longest)
    width = small.shape[1]
    bar = reduced.palette[np.arange(width) * len(reduced.palette) // width]
    high = max(4, round(longest / 32))
    white = np.full((max(1, high // 4), width, 3), 255, np.uint8)
    return np.concatenate([small, white, np.repeat(bar[None], high, axis=0)])
