"""Points of pictures that are too large to hold them all: made of the pixels again at each pass, band by band."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..arrays import Numbers, Singles
from ..sources.blocks import Blocks, Options, Piece
from ..sources.points import Points
from . import image
from .image import AnyThreshold, DType

HELD = 2**26
"""Numbers of the points of a picture that are held in memory; a fit takes three to four times that beside them."""


def memory(size: tuple[int, int]) -> int:
    """Estimate what a picture takes that is fitted and painted.

    Parameters
    ----------
    size : tuple of int, (width, height)
        In pixels.

    Returns
    -------
    int
        Bytes at the peak, as measured on photographs of 13 to 100 million pixels in the style that each is drawn in
        by default.
    """
    pixels = size[0] * size[1]
    return 350_000_000 + 90 * pixels if 5 * pixels <= HELD else 500_000_000 + 9 * pixels


class Bands(Blocks):
    """Points of a picture.

    make: the points of a band of rows, whose first one is number `first`.
    """

    n: int | None
    names: tuple[str, ...] | None
    pixels: Numbers
    make: Any

    called = "the picture"
    within_variance: float = image.PIXEL_VARIANCE

    def __init__(self, pixels: Numbers, n: int, names: tuple[str, ...], make: Any, options: Options) -> None:
        super().__init__(options)
        self.pixels, self.n, self.make = pixels, n, make
        self.names = names

    def read(self) -> Iterator[Piece]:
        """The points, in pieces of whole rows."""
        done = 0
        for first, band in image.bands(self.pixels):
            points: Points = self.make(band, first)
            yield Piece(points.x, points.weight, self.called, done)
            done += points.n

    def take(self, rows: NDArray[np.integer[Any]] | None) -> Points:
        """Some of the points, which know what those of small pictures do."""
        return replace(super().take(rows), one_unit=True, within_variance=self.within_variance)


def source(
    picture: Numbers,
    kind: Literal["ink", "colour"],
    *,
    threshold: AnyThreshold = "otsu",
    light: bool = False,
    weight: Singles | None = None,
    dtype: DType = "float32",
) -> Points | Bands:
    """Take the points of a picture, as `image.ink` or `image.colour` does; many are made anew at each pass.

    Parameters
    ----------
    picture : ndarray, shape (h, w, 3)
        sRGB values in 0..255.
    kind : {"ink", "colour"}
        What its points are.
    threshold, light
        As for `image.ink`.
    weight : ndarray of float32, shape (h, w), optional
        How much each pixel counts; those of weight 0 are no points.
    dtype : {"float32", "float64"}
        Of the points.

    Returns
    -------
    Points or Bands
        Points up to `HELD` numbers.

    Raises
    ------
    PictureError, InputError
        As `image.ink` does.
    """
    make: Callable[[Numbers, int], Points]
    names: tuple[str, ...]
    if kind == "colour":
        pixels, n, names = image.checked(picture), picture.shape[0] * picture.shape[1], ("x", "y", "r", "g", "b")
        if n * len(names) <= HELD:
            return _weighed(image.colour(pixels, dtype=dtype), weight)

        def make(band: Numbers, first: int) -> Points:
            return _weighed(image.coloured_points(band, first, dtype), weight)

        n = n if weight is None else int(np.count_nonzero(weight))

    else:
        rule = image.resolved(picture, threshold)
        pixels, names = picture, ("x", "y")
        n = 0
        for first, band in image.bands(pixels):
            mask, _ = image.inked(band, rule, light)
            n += int(np.count_nonzero(mask if weight is None else mask & (weight[first : first + len(band)] > 0)))
        if n * (len(names) + (rule == "grey")) <= HELD:
            return _weighed(image.ink(pixels, threshold=rule, light=light, dtype=dtype), weight)

        def make(band: Numbers, first: int) -> Points:
            return _weighed(image.ink_points(band, first, rule, light, dtype), weight)

    return Bands(pixels, n, names, make, Options(dtype))


def _weighed(points: Points, weight: Singles | None) -> Points:
    """The points of pixels that count, as much as these do."""
    if weight is None:
        return points
    counts = weight[points.x[:, 1].astype(np.intp), points.x[:, 0].astype(np.intp)]
    kept = counts > 0
    shares = counts[kept] if points.weight is None else points.weight[kept] * counts[kept]
    found = points.x[kept]
    for array in (found, shares):
        array.flags.writeable = False
    return replace(points, x=found, weight=shares.astype(found.dtype, copy=False))
