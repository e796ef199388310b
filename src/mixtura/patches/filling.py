"""Missing pixels from the known ones around them: conditional means of patches, from coarse to fine."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from ..arrays import Bools, Integers, Singles
from ..checks import check_unmasked
from ..errors import InputError, named
from ..kernels import patches as kernels
from ..model.factors import FactorMixture
from .passes import Noisy, averaged
from .planes import Planes, check_step, nearest_known, padded
from .prior import PatchMixture, standard

EFFORTS = {"fast": 3, "normal": 2, "best": 1}
"""Pixels between two patches, by what it is called."""
PASSES = (40.0, 20.0, 10.0)
"""How far the picture is taken to be off where components are chosen, in steps of 255, from pass to pass."""
KNOWN = 1.0
"""Variance of known pixels: rounding, and a little grain."""
OFF = 30.0
"""What the mean of a patch may be off, in steps of 255."""


def fill(
    picture: Any,
    mask: Any = None,
    *,
    effort: str = "normal",
    prior: PatchMixture | None = None,
    n_threads: int | None = None,
    watch: Callable[[float], Any] | None = None,
) -> Singles:
    """Fill what is missing in a picture.

    Parameters
    ----------
    picture : array_like, shape (h, w), (h, w, 3) or (h, w, 4)
        Greys, colours, or colours with an opacity, in 0..255.
    mask : array_like, shape (h, w), optional
        Not 0 where a pixel is missing; by default where the picture is wholly transparent, and what is filled becomes
        opaque.
    effort : {"normal", "fast", "best"}
        How many patches are looked at: at every second, third, or every pixel.
    prior : PatchMixture, optional
        By default `standard`.
    n_threads : int, optional
        By default as many as there are cores. The answer does not depend on it.
    watch : callable, optional
        Told which share of the work is done.

    Returns
    -------
    ndarray of float32
        Of the shape that was given, in 0..255; known pixels as they were.

    Raises
    ------
    InputError
        If an argument is malformed, or no pixel is known.

    Notes
    -----
    A patch with missing pixels takes the component that it is likeliest of as the picture stands; what is missing
    becomes the mean given the pixels that are known, in closed form, with the mean of the patch open too. Patches are
    averaged, and it is done three times, at each of several sizes of the picture, from the smallest on, so that large
    gaps are begun from far around. It continues edges and textures over gaps of a few pixels; it invents no things, and
    wide holes become smooth.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> picture = np.tile(np.linspace(50, 200, 40), (40, 1))
    >>> mask = np.random.default_rng(0).uniform(size=picture.shape) < 0.5
    >>> bool(np.abs(mx.patches.fill(np.where(mask, 0, picture), mask) - picture).max() < 3)
    True
    """
    step = check_step(effort, EFFORTS)
    prior = prior or standard()
    gaps = gaps_of(picture, mask)
    parts = Planes.of(picture, gaps=gaps)
    if not gaps.any():
        return parts.together(parts.planes)
    step = min(step, prior.size // 2)
    done = []
    for number, plane in enumerate(parts.planes):
        scale = np.float32(math.sqrt(3.0) if len(parts.planes) == 3 and number == 0 else 1.0)
        trust = padded((~gaps).astype(np.float32), prior.size)
        job = _Filling(prior, step, n_threads, watch, number / len(parts.planes), 1 / len(parts.planes))
        found = job.filled(padded(plane / scale, prior.size), trust)[: plane.shape[0], : plane.shape[1]] * scale
        done.append(np.where(gaps, found, plane))
    if parts.opacity is not None:
        np.putmask(parts.opacity, gaps, 255)
    made = parts.together(done)
    known = np.asarray(picture, np.float32)  # to the bit, which opponent colours are not
    made[~gaps] = known[~gaps]
    return made


def gaps_of(picture: Any, mask: Any) -> Bools:
    """Which pixels are missing.

    Parameters
    ----------
    picture : array_like
        As for `fill`.
    mask : array_like or None
        As for `fill`.

    Returns
    -------
    ndarray of bool, shape (h, w)

    Raises
    ------
    InputError
        If the mask has another size, holds what is no number, or covers all.
    """
    pixels = np.asarray(picture)
    if mask is None:
        if pixels.ndim != 3 or pixels.shape[2] != 4:
            raise InputError(f"the picture has no transparent pixels: give a {named('mask')} of what is missing.")
        gaps = pixels[:, :, 3] == 0
    else:
        check_unmasked(mask, named("mask"))
        marks = np.asarray(mask)
        if marks.dtype.kind not in "buif" or marks.ndim != 2:
            raise InputError(
                f"{named('mask')} is {marks.dtype} of shape {marks.shape}, expected numbers of shape (h, w), not 0 "
                f"where a pixel is missing."
            )
        if marks.shape != pixels.shape[:2]:
            (height, width), (high, wide) = marks.shape, pixels.shape[:2]
            raise InputError(
                f"{named('mask')} has {width} x {height} pixels and the picture {wide} x {high}: make them alike."
            )
        gaps = np.asarray(marks != 0)
    if gaps.all():
        raise InputError(f"{named('mask')} covers all {gaps.size:,} pixels: some must be known to fill the others.")
    return np.asarray(gaps, bool)


@dataclass(frozen=True, eq=False)
class _Filling:
    """One plane, from coarse to fine."""

    prior: PatchMixture
    step: int
    n_threads: int | None
    watch: Callable[[float], Any] | None
    begun: float
    share: float

    def filled(self, plane: Singles, trust: Singles) -> Singles:
        """The plane with its gaps filled. trust: 1 where a pixel is known, less where it is known in part."""
        now = self._coarse(plane, trust)
        for place, off in enumerate(PASSES):
            partial = Partial.of(self.prior.mixture, off**2)
            replace = partial.completing(trust, self.prior.size)
            mean = averaged(now, self.prior.size, self.step, replace, seed=place, n_threads=self.n_threads)
            now = np.where(trust >= 1, plane, mean)
            if self.watch is not None:  # the finest plane is told of, which takes most of the time
                self.watch(self.begun + self.share * (place + 1) / len(PASSES))
        return now

    def _coarse(self, plane: Singles, trust: Singles) -> Singles:
        """The plane with its gaps as a plane of half its size has them."""
        height, width = plane.shape
        if (trust > 0).all():
            return plane
        if min(height, width) < 4 * self.prior.size:
            return np.asarray(plane[nearest_known(trust == 0)])
        high, wide = (height + 1) // 2, (width + 1) // 2
        sums = []
        for each in (trust, plane * trust):
            even = np.zeros((2 * high, 2 * wide), np.float32)
            even[:height, :width] = each
            sums.append(even.reshape(high, 2, wide, 2).sum(axis=(1, 3)))
        coarse = (sums[1] / np.maximum(sums[0], np.float32(1e-6))).astype(np.float32)
        quiet = _Filling(self.prior, self.step, self.n_threads, None, 0, 0)
        found = quiet.filled(coarse, np.minimum(sums[0] / 4, 1).astype(np.float32))
        large = np.asarray(Image.fromarray(found).resize((2 * wide, 2 * high), Image.Resampling.BILINEAR))
        return np.where(trust > 0, plane, large[:height, :width])


@dataclass(frozen=True, eq=False)
class Partial:
    """A mixture of patches of which some pixels are known."""

    noisy: Noisy
    factors: Singles
    precisions: Singles
    tails: Singles

    @classmethod
    def of(cls, mixture: FactorMixture, variance: float) -> Partial:
        """Prepare. variance: by which the picture is off where components are chosen."""
        noisy = Noisy.of(mixture, variance)
        k, _, p = noisy.axes.shape
        variances, tails = mixture.variances[noisy.order], mixture.tails[noisy.order]
        flat = np.full((k, 1, p), p**-0.5, np.float32)
        factors = np.concatenate([noisy.axes, flat], axis=1).swapaxes(1, 2)
        more = np.maximum(variances - tails[:, None], 1e-3 * tails[:, None])
        spread = np.concatenate([more, np.full((k, 1), p * OFF**2)], axis=1)
        return cls(noisy, np.ascontiguousarray(factors), (1 / spread).astype(np.float32), tails.astype(np.float32))

    def completing(self, trust: Singles, side: int) -> Callable[..., None]:
        """What `averaged` replaces patches by, where a pixel is missing."""

        def replace(rows: Singles, means: Singles, energies: Singles, tops: Integers, lefts: Integers) -> None:
            own = np.empty_like(rows)
            kernels.marks(trust, tops, lefts, side, own)
            missing = np.flatnonzero(own.min(axis=1) < 1)
            part, mean = rows[missing], means[missing]
            labels = self.noisy.labels(part, energies[missing])
            kernels.complete(
                part, mean, labels, own[missing], self.factors, self.precisions,
                self.tails, np.float32(KNOWN),
            )  # fmt: skip
            rows += means[:, None]
            rows[missing] = part

        return replace
