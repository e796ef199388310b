"""A picture in few colours: a mixture is fitted to its colours, and every pixel shows the mean of its component."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import Bytes, Integers, Numbers, Singles
from .checks import is_whole
from .em.fit import fit
from .em.loop import Fit, Step
from .errors import InputError, named
from .model.gaussian import CovarianceType
from .pictures import quality, quantise
from .pictures.colours import Colour, parse_colour
from .pictures.quantise import MOST, Histogram
from .pictures.sheets import reduced as smaller

LIMIT = 2.0
"""The longest error that dithering hands on, in root mean squared errors of the picture without it: looked at on
photographs and drawings, less leaves steps in gradients, and more leaves specks of colours that are not there."""


SHOWN, WIDEST = 12, 400  # what a notebook is shown: colours, and pixels across


@dataclass(frozen=True, eq=False, repr=False)
class Reduced:
    """A picture in few colours.

    Attributes
    ----------
    palette : ndarray of uint8, shape (m, 3)
        The colours, m <= k: the kept ones first, then the others by lightness.
    indices : ndarray of uint8, shape (h, w)
        The number of each pixel's colour.
    n_components : int
        k, as asked for.
    fit : Fit or None
        None where nothing had to be fitted: the picture has no more than k colours, or all k are kept.
    """

    palette: Bytes
    indices: Bytes
    n_components: int
    fit: Fit | None

    @property
    def pixels(self) -> Bytes:
        """The picture itself, (h, w, 3) uint8."""
        return self.palette[self.indices]

    def __repr__(self) -> str:
        (height, width), m = self.indices.shape, len(self.palette)
        return f"<Reduced: {width} x {height} pixels in {m} colour{'s' * (m != 1)}>"

    def _repr_html_(self) -> str:
        """The picture, and its colours with how many pixels have each."""
        from .pictures.shown import png
        from .showing import card, image, table

        counts = np.bincount(self.indices.ravel(), minlength=len(self.palette))
        order = np.argsort(-counts, kind="stable")[:SHOWN]
        hues = [f"#{bytes(self.palette[i]).hex()}" for i in order]
        shares = [f"{100 * counts[i] / self.indices.size:.1f} %" for i in order]
        swatches = table(("colour", "pixels"), zip(hues, shares, strict=True), hues=hues)
        said = repr(self).strip("<>")
        return card(image(png(self.pixels, WIDEST), "png", said, min(WIDEST, self.indices.shape[1])), said, swatches)

    def png(self) -> bytes:
        """An indexed PNG of it.

        Returns
        -------
        bytes
        """
        return quantise.indexed_png(self.indices, self.palette)

    @property
    def nominal_rate(self) -> float:
        """The nominal compression rate, 3 / log2 k: three bytes a pixel before, log2 k bytes after.

        It leaves out the palette, and that both files are compressed. The real rate compares files: the bytes of the
        original over those of `png`.
        """
        return 3.0 / math.log2(self.n_components) if self.n_components > 1 else math.inf


def reduce(
    picture: Numbers,
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
    """A picture in at most `n_components` colours: each pixel in the mean of its component.

    Parameters
    ----------
    picture : array_like, shape (h, w, 3)
        sRGB values in 0..255.
    n_components : int
        The number of colours, 1 to 256, those in `keep` included.
    keep : sequence of str or tuple of int
        Colours that must be in the palette as they are; pixels nearer to one of these than to their component's mean
        get it.
    covariance_type : str
        As for `fit`; "spherical" comes nearest to the picture; "full" is scikit-learn's default.
    dither : bool
        Whether to diffuse each pixel's error to its neighbours, for smooth gradients; pixels that have a colour of the
        palette keep it.
    max_iter : int
        The limit of EM iterations.
    tol : float
        Convergence threshold: the gain in mean log likelihood per pixel, in nats.
    rng : int, numpy.random.Generator or None
        The seed, or a generator.
    n_threads : int, optional
        By default all there are; the result is the same.
    found : Histogram, optional
        ``quantise.histogram(picture)``, if it is at hand.
    on_step : callable, optional
        Called with a `Step` after each iteration.

    Returns
    -------
    Reduced
        The palette, and the number of each pixel's colour. A picture with no more colours than asked for is returned
        exactly.

    Raises
    ------
    InputError
        If an argument is malformed.

    Notes
    -----
    A mixture is fitted to the distinct colours, weighted by how often each occurs, and each pixel gets the mean of the
    component with the largest responsibility for it. An iteration costs O(m k) for m distinct colours.

    References
    ----------
    Dithering: Floyd and Steinberg 1976, "An adaptive algorithm for spatial greyscale".

    Examples
    --------
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
    others = np.flatnonzero(~np.isin(quantise.codes(found.colours), quantise.codes(fixed)))
    fitted: Fit | None = None
    means, nearest = np.empty((0, 3), np.uint8), np.zeros(len(colours), np.intp)
    if len(others) <= k - len(fixed):
        means = found.colours[others]
        nearest[others] = np.arange(len(others))
    elif k > len(fixed):
        fitted = fit(
            found.points().take(others),
            k - len(fixed),
            covariance_type=covariance_type,
            dtype="float32",
            accelerate=True,
            max_iter=max_iter,
            tol=tol,
            rng=rng,
            n_threads=n_threads,
            on_step=on_step,
        )
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
    if dither and len(palette) > 1:
        indices = quantise.dither(pixels, palette, limit=LIMIT * _error(found, palette[numbers]))
    else:
        indices = found.indices(numbers)
    return Reduced(palette, indices, k, fitted)


def kept_colours(keep: Sequence[str | Colour]) -> Bytes:
    """The colours to keep, each once, in their order.

    Parameters
    ----------
    keep : sequence of str or tuple of int
        Names, hex codes, or sRGB values in 0..255.

    Returns
    -------
    ndarray of uint8, shape (m, 3)
        Their sRGB values.

    Raises
    ------
    InputError
        If one is no colour.
    """
    if isinstance(keep, str):
        raise InputError(f"{named('keep')} is {keep!r}: give a list of colours.")
    parsed = list(dict.fromkeys(parse_colour(colour, "keep") for colour in keep))
    return np.array(parsed, dtype=np.uint8).reshape(-1, 3)


def checked_count(n_components: Any, n_kept: int) -> int:
    """The number of colours, if a palette can hold so many and the kept ones fit in.

    Parameters
    ----------
    n_components : int
        The number of colours.
    n_kept : int
        How many of them are kept.

    Returns
    -------
    int
        `n_components`.

    Raises
    ------
    InputError
        If it is not from 1 to 256, or less than `n_kept`.
    """
    if not is_whole(n_components) or not 1 <= n_components <= MOST:
        raise InputError(f"{named('n_components')} is {n_components!r}: a palette holds 1 to {MOST} colours.")
    if n_kept > n_components:
        raise InputError(
            f"{named('keep')} has {n_kept} colours for a palette of {n_components}: raise {named('n_components')}."
        )
    return int(n_components)


def _nearer(colours: Singles, numbers: Integers, palette: Bytes, fixed: int) -> Integers:
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


def _error(found: Histogram, shown: Bytes) -> float:
    """The root mean squared distance of the pixels that are not shown as they are, in steps of 255."""
    away = np.square(found.colours.astype(np.float64) - shown).sum(axis=1)
    changed = float(found.count[away > 0].sum())
    return math.sqrt(float(away @ found.count) / changed) if changed else 0.0


def compare(reduced: Reduced, picture: Numbers, *, n_threads: int | None = None) -> tuple[float, float]:
    """How near the reduced picture comes to the original.

    Parameters
    ----------
    reduced : Reduced
        The picture in few colours.
    picture : array_like, shape (h, w, 3)
        The original, sRGB in 0..255.
    n_threads : int, optional
        By default all there are; the result is the same.

    Returns
    -------
    psnr : float
        Peak signal-to-noise ratio in dB; infinite for equal pictures.
    ssim : float
        Mean structural similarity, at most 1.
    """
    pixels = reduced.pixels
    original = quantise.checked(picture)
    return quality.psnr(pixels, original), quality.ssim(pixels, original, n_threads=n_threads)


def tile(reduced: Reduced, longest: int = 640) -> Bytes:
    """The picture for a contact sheet, above a bar of its palette.

    Parameters
    ----------
    reduced : Reduced
        The picture in few colours.
    longest : int
        The longer side at most, in pixels.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        The tile.
    """
    small = smaller(reduced.pixels, longest)
    width = small.shape[1]
    bar = reduced.palette[np.arange(width) * len(reduced.palette) // width]
    high = max(4, round(longest / 32))
    white = np.full((max(1, high // 4), width, 3), 255, np.uint8)
    return np.concatenate([small, white, np.repeat(bar[None], high, axis=0)])
