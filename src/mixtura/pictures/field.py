"""Densities and conditional means of a mixture over the plane, one number per pixel.

The plane is that of the points: x to the right, y down, in pixels of the original picture from the outer corner of
its first pixel. A `Frame` is the part of it that is shown; the output's size in pixels is independent of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Floats
from ..checks import check_threads
from ..errors import InputError, named
from ..model.evaluate import components, span
from ..model.mixture import Mixture
from .checks import check_size

_BAND = 1 << 22  # pixels that are evaluated at once


class Frame(NamedTuple):
    """A rectangle of the plane, in the units of the points.

    Parameters
    ----------
    left, top : float
        The least x and y.
    right, bottom : float
        The largest: ``left < right``, and as y points down, ``top < bottom``.
    """

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of_picture(cls, width: float, height: float) -> Frame:
        """Frame of a whole picture.

        Parameters
        ----------
        width, height : float
            In pixels.

        Returns
        -------
        Frame
            ``(0, 0, width, height)``.
        """
        return cls(0.0, 0.0, float(width), float(height))

    @classmethod
    def around(cls, mixture: Mixture, reach: float = 3.0) -> Frame:
        """Smallest frame that contains every component's ellipse.

        Parameters
        ----------
        mixture : Mixture
            Its first two coordinates are x and y. Components of weight 0 do not count.
        reach : float, default 3
            Size of the ellipses, in standard deviations.

        Returns
        -------
        Frame
        """
        (left, right), (top, bottom) = (span(mixture, coordinate, reach) for coordinate in (0, 1))
        return cls(left, top, right, bottom)

    @classmethod
    def checked(cls, given: Any) -> Frame:
        """Frame of four numbers, in order.

        Parameters
        ----------
        given : sequence of float, shape (4,)
            ``(left, top, right, bottom)``.

        Returns
        -------
        Frame

        Raises
        ------
        InputError
            If they are not four finite numbers, or left is not below right, or top not below bottom.
        """
        try:
            edges = tuple(float(edge) for edge in given)
        except (TypeError, ValueError):
            edges = ()
        if len(edges) != 4 or not all(math.isfinite(edge) for edge in edges):
            raise InputError(f"{named('frame')} is {given!r}: give four finite numbers, (left, top, right, bottom).")
        part = cls(*edges)
        if not (part.left < part.right and part.top < part.bottom):
            raise InputError(f"{named('frame')} is {edges}: left must lie below right, and top below bottom.")
        return part

    @property
    def width(self) -> float:
        """Length along x, ``right - left``."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Length along y, ``bottom - top``."""
        return self.bottom - self.top

    def fit(self, longest: int) -> tuple[int, int]:
        """Size in pixels of a picture that has the frame's aspect ratio.

        Parameters
        ----------
        longest : int
            The longer side, in pixels.

        Returns
        -------
        tuple of int, (width, height)
        """
        scale = longest / max(self.width, self.height)
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))


AnyFrame = Frame | tuple[float, float, float, float]


def plane(mixture: Mixture) -> Mixture:
    """Marginal of x and y, the first two coordinates.

    Parameters
    ----------
    mixture : Mixture
        Of two coordinates or more.

    Returns
    -------
    Mixture
        Of two coordinates.

    Raises
    ------
    InputError
        If the mixture has a single coordinate.
    """
    if mixture.n_coordinates < 2:
        raise InputError("the mixture has 1 coordinate: a picture needs x and y.")
    return mixture if mixture.n_coordinates == 2 else mixture.marginal([0, 1])


def log_density(mixture: Mixture, frame: AnyFrame, size: tuple[int, int], *, n_threads: int | None = None) -> Floats:
    """Evaluate the log density ln p(x, y) at the centre of each pixel.

    Parameters
    ----------
    mixture : Mixture
        Its first two coordinates are x and y; any others are integrated out.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the output, in pixels.
    n_threads : int, optional
        By default as many as there are cores.

    Returns
    -------
    ndarray of float32, shape (h, w)
        In nats.

    Raises
    ------
    InputError
        If an argument is malformed.

    Notes
    -----
    Costs at most O(h w k); components too far from a tile of pixels to matter are skipped.
    """
    from ..kernels import over_tiles, raster

    check_threads(n_threads)
    width, height = check_size(size)
    out = np.empty((height, width), np.float32)
    for rows, part in bands(Frame.checked(frame), size):
        tiles = _tiles(part, (width, rows.stop - rows.start))
        values = over_tiles.log_density(tiles, components(plane(mixture), tiles.u.dtype), n_threads)
        out[rows] = raster.to_picture(values, tiles.order, width, rows.stop - rows.start)
    return out


def mean(mixture: Mixture, frame: AnyFrame, size: tuple[int, int], *, n_threads: int | None = None) -> Floats:
    """Evaluate the conditional mean E[r, g, b | x, y] at the centre of each pixel.

    Parameters
    ----------
    mixture : Mixture
        Its first two coordinates are x and y; the mean is of all others.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the output, in pixels.
    n_threads : int, optional
        By default as many as there are cores.

    Returns
    -------
    ndarray of float32, shape (h, w, d - 2)
        In the units of those coordinates.

    Raises
    ------
    InputError
        If an argument is malformed, or the mixture has no coordinates after x and y.

    Notes
    -----
    The regression of the mixture: the mean over components of their conditional means, weighted by their
    responsibilities for (x, y).
    """
    from ..kernels import over_tiles, raster

    check_threads(n_threads)
    if mixture.n_coordinates < 3:
        raise InputError(
            f"the mixture has {mixture.n_coordinates} coordinates: a conditional mean needs x, y and at least one more "
            f"(fit the picture in colour)."
        )
    known, free = np.arange(2), np.arange(2, mixture.n_coordinates)
    gain, _ = mixture.family.conditional(mixture.covariances, mixture.n_components, known, free)
    tiles = _tiles(Frame.checked(frame), size)
    given = components(mixture.marginal(known), tiles.u.dtype)
    values = over_tiles.regress(tiles, given, mixture.means[:, free], gain, n_threads)
    return np.asarray(raster.to_picture(values, tiles.order, *size))


def bands(frame: Frame, size: tuple[int, int]) -> Iterator[tuple[slice, Frame]]:
    """Cut a picture into bands of rows, so that what lies beside it stays small.

    Parameters
    ----------
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the whole picture, in pixels.

    Yields
    ------
    rows : slice
        Of the picture.
    part : Frame
        That they show.
    """
    from ..kernels.raster import HIGH

    width, height = check_size(size)
    rows = max(HIGH, _BAND // width // HIGH * HIGH)
    step = frame.height / height
    for first in range(0, height, rows):
        last = min(height, first + rows)
        bottom = frame.bottom if last == height else frame.top + last * step
        yield slice(first, last), Frame(frame.left, frame.top + first * step, frame.right, bottom)


def _tiles(frame: Frame, size: tuple[int, int]) -> Any:
    """Kernels' tiles of a picture of `size` = (width, height) pixels that shows `frame`."""
    from ..kernels.raster import raster

    width, height = check_size(size)
    return raster(frame.left, frame.top, frame.width / width, frame.height / height, width, height, np.float32)
