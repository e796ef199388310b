"""The canvas that is painted on: a part of the plane, and the pixels that show it.

Colours are mixed as sRGB values, as browsers mix them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from ..arrays import Array, Bytes, Floats, Singles
from ..checks import check_threads
from ..errors import InputError
from ..model.mixture import Mixture
from . import field
from .checks import check_size
from .colours import Colour, parse_colour
from .field import AnyFrame, Frame
from .image import PIXEL_VARIANCE
from .shown import picture
from .tone import Tone

Pixels = Bytes  # (h, w, 3), sRGB

_STRIP = 1 << 18  # numbers that are painted at once


class Canvas(NamedTuple):
    """A frame of the plane, shown on width x height pixels, which need not be square in the plane.

    n_threads: how many paint it, None for as many as there are cores.
    """

    frame: Frame
    width: int
    height: int
    n_threads: int | None

    @classmethod
    def of(cls, frame: AnyFrame, size: tuple[int, int], n_threads: int | None = None) -> Canvas:
        """Canvas of a frame and a size (width, height) in pixels; InputError when one of them is malformed."""
        check_threads(n_threads)
        return cls(Frame.checked(frame), *check_size(size), n_threads)

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

    def covariances_in_pixels(self, mixture: Mixture) -> Array:
        """(k, 2, 2) the covariances of a mixture of x and y, in pixels squared."""
        return np.asarray(mixture.matrices * np.outer(self.scale, self.scale))


def has_colour(mixture: Mixture) -> bool:
    """Whether the coordinates after x and y are r, g and b: there are five."""
    return mixture.n_coordinates == 5


def check_colour(mixture: Mixture) -> None:
    """Raise InputError when the mixture has no colours to take the mean of."""
    if not has_colour(mixture):
        raise InputError(
            f"the mixture has {mixture.n_coordinates} coordinates, but a mean colour needs five "
            f"(x, y, r, g, b): fit the picture as colour, or draw contour, dots, grid or ellipses."
        )


def at_resolution(mixture: Mixture, canvas: Canvas) -> Mixture:
    """Mixture as the canvas's pixels see it: blurred by their width, where that is above one unit.

    A pixel s units wide adds s^2 / 12 to the variance of x, the variance of a uniform number. Points that are
    pixels of a picture have spread over one unit already, so (s^2 - 1) / 12 remains, and on canvases as fine
    as the picture nothing is added. Without this, a small picture would miss the lines that run between the
    centres of its pixels.
    """
    extra = PIXEL_VARIANCE * np.maximum(0.0, 1.0 / canvas.scale**2 - 1.0)
    if not extra.any():
        return mixture
    spreads = mixture.matrices.copy()
    spreads[:, [0, 1], [0, 1]] += extra
    return Mixture(mixture.weights, mixture.means, spreads, names=mixture.names)


def colour(given: str | Colour, what: str) -> Singles:
    """(3,) sRGB values in 0..255; InputError, calling it `what`, when it is no colour."""
    return np.array(parse_colour(given, what), dtype=np.float32)


def background(mixture: Mixture) -> Colour:
    """Paper that suits dots and ellipses: white, and where each has its own colour, the mean of them all."""
    if not has_colour(mixture):
        return 255, 255, 255
    red, green, blue = (int(channel) for channel in np.rint(mixture.mean()[2:].clip(0, 255)))
    return red, green, blue


def by_rows(canvas: Canvas, paint: Callable[[slice], Floats]) -> Pixels:
    """Picture (h, w, 3) whose rows are `paint(rows)`, sRGB values, clipped to 0..255 and rounded.

    A few rows at a time: what lies between them and the pixels then stays in the cache.
    """
    from ..kernels import threads

    pixels = np.empty((canvas.height, canvas.width, 3), dtype=np.uint8)

    def fill(rows: tuple[int, int]) -> None:
        part = slice(*rows)
        pixels[part] = np.rint(np.clip(paint(part), 0.0, 255.0))

    threads.spread(fill, threads.ranges(canvas.height, 1 + pixels.size // _STRIP), canvas.n_threads)
    return picture(pixels)


def toned(canvas: Canvas, colours: Floats, curve: Tone) -> Pixels:
    """Picture of colours (h, w, 3) through a tone curve."""
    return by_rows(canvas, lambda rows: curve.colours(colours[rows]))


def means(mixture: Mixture, canvas: Canvas) -> Iterator[tuple[slice, Canvas, Floats]]:
    """The conditional means (m, w, channels) at the pixels: some rows, their canvas and theirs, from the top down."""
    seen = at_resolution(mixture, canvas)
    for rows, part in field.bands(canvas.frame, canvas.size):
        band = Canvas.of(part, (canvas.width, rows.stop - rows.start), canvas.n_threads)
        yield rows, band, field.mean(seen, band.frame, band.size, n_threads=canvas.n_threads)


def blend(canvas: Canvas, low: Singles, high: Singles, share: Singles) -> Pixels:
    """From the colour `low` (share 0) to `high` (share 1): share (h, w) in 0..1, low and high (3,)."""
    return by_rows(canvas, lambda rows: low + share[rows, :, None] * (high - low))
