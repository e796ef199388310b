"""A mixture over a picture's plane: densities and conditional means, one number a pixel.

The plane is that of the points: x to the right, y down, in pixels of the original picture from the outer corner of
its first pixel. A `Frame` is the part of it that is shown; the output's size in pixels is free.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, named
from ..model import gaussian
from ..model.checks import check_threads, is_whole
from ..model.evaluate import components
from ..model.mixture import Mixture

Field = NDArray[np.floating[Any]]


class Frame(NamedTuple):
    """A rectangle of the plane: left < right and top < bottom, in the units of the points."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of_picture(cls, width: float, height: float) -> Frame:
        """The frame of a whole picture."""
        return cls(0.0, 0.0, float(width), float(height))

    @classmethod
    def around(cls, mixture: Mixture, reach: float = 3.0) -> Frame:
        """The smallest frame that holds every component's ellipse of `reach` standard deviations."""
        deviation = np.sqrt(np.diagonal(mixture.matrices, axis1=1, axis2=2)[:, :2])
        low = (mixture.means[:, :2] - reach * deviation).min(axis=0)
        high = (mixture.means[:, :2] + reach * deviation).max(axis=0)
        return cls(float(low[0]), float(low[1]), float(high[0]), float(high[1]))

    @property
    def width(self) -> float:
        """right - left."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """bottom - top."""
        return self.bottom - self.top

    def fit(self, longest: int) -> tuple[int, int]:
        """(width, height) in pixels, of the frame's shape, the longer side `longest`."""
        scale = longest / max(self.width, self.height)
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))


def log_density(mixture: Mixture, frame: Frame, size: tuple[int, int], *, n_threads: int | None = None) -> Field:
    """ln p(x, y) at the centre of each pixel, (h, w) float32 nats.

    mixture: its first two coordinates are x and y; any others are integrated out.
    size: (width, height) of the output, in pixels.
    """
    from ..kernels import over_tiles, raster

    check_threads(n_threads)
    plane = mixture if mixture.n_coordinates == 2 else mixture.marginal([0, 1])
    tiles = _tiles(frame, size)
    values = over_tiles.log_density(tiles, components(plane, tiles.u.dtype), n_threads)
    return np.asarray(raster.to_picture(values, tiles.order, *size))


def mean(mixture: Mixture, frame: Frame, size: tuple[int, int], *, n_threads: int | None = None) -> Field:
    """E[r, g, b | x, y] at the centre of each pixel, (h, w, d - 2) float32: all coordinates after the first two.

    mixture: its first two coordinates are x and y. size: (width, height) of the output, in pixels.
    Raises InputError when the mixture has no other coordinates.
    """
    from ..kernels import over_tiles, raster

    check_threads(n_threads)
    if mixture.n_coordinates < 3:
        raise InputError(
            f"the mixture has {mixture.n_coordinates} coordinates: a conditional mean needs x, y and at least one more "
            f"(fit the picture in colour)."
        )
    known, free = np.arange(2), np.arange(2, mixture.n_coordinates)
    gain, _ = gaussian.split(mixture.covariances, mixture.covariance_type, mixture.n_components, known, free)
    tiles = _tiles(frame, size)
    values = over_tiles.regress(
        tiles, components(mixture.marginal(known), tiles.u.dtype), mixture.means[:, free], gain, n_threads
    )
    return np.asarray(raster.to_picture(values, tiles.order, *size))


def _tiles(frame: Frame, size: tuple[int, int]) -> Any:
    """The kernels' tiles of a picture of `size` = (width, height) pixels that shows `frame`."""
    from ..kernels.raster import raster

    if len(size) != 2 or not all(is_whole(side) and side >= 1 for side in size):
        raise InputError(f"{named('size')} is {size!r}: give (width, height), whole numbers of pixels >= 1.")
    width, height = size
    return raster(frame.left, frame.top, frame.width / width, frame.height / height, width, height, np.float32)
