"""The sheet that is painted on: a part of the plane, and the pixels that show it.

Colours are mixed as sRGB values, as browsers mix them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, named
from ..model.checks import is_whole
from ..model.mixture import Mixture
from .colours import Colour, parse_colour
from .field import Frame

Pixels = NDArray[np.uint8]  # (h, w, 3), sRGB
Sheet = NDArray[np.float32]  # (h, w, channels)
Array = NDArray[np.float64]

_STRIP = 1 << 18  # numbers that are painted at once


class Canvas(NamedTuple):
    """A frame of the plane, shown on width x height pixels, which need not be square in the plane."""

    frame: Frame
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), in pixels."""
        return self.width, self.height

    @property
    def scale(self) -> Array:
        """(2,) pixels to a unit of the plane, along x and y."""
        return np.array([self.width / self.frame.width, self.height / self.frame.height], dtype=np.float64)

    def to_pixels(self, places: Array) -> Array:
        """Points (n, 2) of the plane, in pixels from the outer corner of the first one."""
        return np.asarray((places - np.array([self.frame.left, self.frame.top])) * self.scale)


def canvas(frame: Frame, size: tuple[int, int]) -> Canvas:
    """The canvas for a frame and a size (width, height) in pixels; InputError when either is none."""
    try:
        edges = tuple(float(edge) for edge in frame)
    except (TypeError, ValueError):
        edges = ()
    if len(edges) != 4 or not all(math.isfinite(edge) for edge in edges):
        raise InputError(f"{named('frame')} is {frame!r}: give four finite numbers, (left, top, right, bottom).")
    part = Frame(*edges)
    if not (part.left < part.right and part.top < part.bottom):
        raise InputError(f"{named('frame')} is {tuple(part)}: left must lie below right, and top below bottom.")
    whole = isinstance(size, (tuple, list)) and all(is_whole(side) for side in size)
    if not whole or len(size) != 2 or min(size) < 1:
        raise InputError(f"{named('size')} is {size!r}: give (width, height), whole numbers of pixels >= 1.")
    return Canvas(part, int(size[0]), int(size[1]))


def plane(mixture: Mixture) -> Mixture:
    """The mixture of x and y alone; InputError when there is no y."""
    if mixture.n_coordinates < 2:
        raise InputError("the mixture has 1 coordinate: a picture needs x and y.")
    return mixture if mixture.n_coordinates == 2 else mixture.marginal([0, 1])


def has_colour(mixture: Mixture) -> bool:
    """Whether the coordinates after x and y are r, g and b: there are five."""
    return mixture.n_coordinates == 5


def at_resolution(mixture: Mixture, sheet: Canvas) -> Mixture:
    """The mixture as the canvas's pixels see it: blurred by their width, where that is above one unit.

    A pixel s units wide adds s^2 / 12 to the variance of x, the variance of a uniform number. Points that are
    pixels of a picture have spread over one unit already, so (s^2 - 1) / 12 remains, and on canvases as fine
    as the picture nothing is added. Without this, a small picture would miss the lines that run between the
    centres of its pixels.
    """
    extra = np.maximum(0.0, 1.0 / sheet.scale**2 - 1.0) / 12.0
    if not extra.any():
        return mixture
    spreads = mixture.matrices.copy()
    spreads[:, [0, 1], [0, 1]] += extra
    return Mixture(mixture.weights, mixture.means, spreads, names=mixture.names)


def colour(given: str | Colour, what: str) -> NDArray[np.float32]:
    """(3,) sRGB values in 0..255; InputError, calling it `what`, when it is no colour."""
    return np.array(parse_colour(given, what), dtype=np.float32)


def background(mixture: Mixture) -> Colour:
    """The paper that suits dots and ellipses: white, and where each has its own colour, the mean of them all."""
    if not has_colour(mixture):
        return 255, 255, 255
    red, green, blue = (int(channel) for channel in np.rint(mixture.mean()[2:].clip(0, 255)))
    return red, green, blue


def by_rows(sheet: Canvas, paint: Callable[[slice], Sheet], n_threads: int | None) -> Pixels:
    """The picture (h, w, 3) whose rows are `paint(rows)`, sRGB values, clipped to 0..255 and rounded.

    A few rows at a time: what lies between them and the pixels then stays in the cache.
    """
    from ..kernels import threads

    pixels = np.empty((sheet.height, sheet.width, 3), dtype=np.uint8)

    def fill(rows: tuple[int, int]) -> None:
        part = slice(*rows)
        values = paint(part)
        pixels[part] = np.rint(np.clip(values, 0.0, 255.0))

    threads.spread(fill, threads.ranges(sheet.height, 1 + pixels.size // _STRIP), n_threads)
    return pixels


def blend(sheet: Canvas, low: Sheet, high: Sheet, share: Sheet, n_threads: int | None) -> Pixels:
    """From the colour `low` (share 0) to `high` (share 1): share (h, w) in 0..1, low and high (3,)."""
    return by_rows(sheet, lambda rows: low + share[rows, :, None] * (high - low), n_threads)
