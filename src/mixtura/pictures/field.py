"""A mixture over a picture's plane: densities and conditional means, one number a pixel.

The plane is that of the points: x to the right, y down, in pixels of the original picture from the outer corner of
its first pixel. A `Frame` is the part of it that is shown; the output's size in pixels is free.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
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
    plane = mixture if mixture.n_coordinates == 2 else mixture.marginal([0, 1])
    width, height = _size(size)
    return plane.log_density(_centres(frame, width, height), n_threads=n_threads).reshape(height, width)


def mean(mixture: Mixture, frame: Frame, size: tuple[int, int], *, n_threads: int | None = None) -> Field:
    """E[r, g, b | x, y] at the centre of each pixel, (h, w, d - 2) float32: all coordinates after the first two.

    mixture: its first two coordinates are x and y. size: (width, height) of the output, in pixels.
    """
    if mixture.n_coordinates < 3:
        raise InputError(
            f"the mixture has {mixture.n_coordinates} coordinates: a conditional mean needs x, y and at least one more "
            f"(fit the picture in colour)."
        )
    width, height = _size(size)
    found = mixture.regress([0, 1], _centres(frame, width, height), n_threads=n_threads)
    return found.reshape(height, width, -1)


def _centres(frame: Frame, width: int, height: int) -> Field:
    """(h w, 2) the centres of the output's pixels, in the plane."""
    x = frame.left + (np.arange(width) + 0.5) * (frame.width / width)
    y = frame.top + (np.arange(height) + 0.5) * (frame.height / height)
    grid = np.empty((height, width, 2))
    grid[..., 0], grid[..., 1] = x, y[:, None]
    return grid.reshape(-1, 2)


def _size(size: tuple[int, int]) -> tuple[int, int]:
    width, height = size
    if width < 1 or height < 1:
        raise InputError(f"size is {width} x {height}: a picture has at least 1 x 1 pixels.")
    return int(width), int(height)
