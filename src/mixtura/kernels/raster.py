"""Tiles over a raster of pixels, whose neighbours are known without ordering."""
# mypy: ignore-errors

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .tiles import TILE, Tiles, with_boxes

WIDE, HIGH = 16, 8  # pixels per tile
assert WIDE * HIGH == TILE


def raster(left: float, top: float, dx: float, dy: float, width: int, height: int, dtype: Any) -> Tiles:
    """Tiles of the centres of width x height pixels of size dx x dy, the outer corner of the first at (left, top).

    `order`: the position of each tile in row-major order. Tiles at the right and bottom may extend beyond it.
    """
    across, down = -(-width // WIDE), -(-height // HIGH)
    column, row = (axis.ravel() for axis in np.meshgrid(np.arange(across), np.arange(down)))
    order = np.argsort(_interleaved(column, row), kind="stable")
    column, row = column[order], row[order]
    inside = np.empty((2, TILE), dtype)
    inside[0] = np.tile((np.arange(WIDE) - (WIDE - 1) / 2) * dx, HIGH)
    inside[1] = np.repeat((np.arange(HIGH) - (HIGH - 1) / 2) * dy, WIDE)
    low = np.stack([left + (column * WIDE + 0.5) * dx, top + (row * HIGH + 0.5) * dy], axis=1)
    high = low + np.array([(WIDE - 1) * dx, (HIGH - 1) * dy])
    u = np.ascontiguousarray(np.broadcast_to(inside, (len(order), 2, TILE)))
    return with_boxes(u, np.empty((0, TILE), dtype), low, high, order)


def to_picture(values: NDArray[Any], order: NDArray[Any], width: int, height: int) -> np.ndarray:
    """Order values (T, f, TILE) or (T, TILE) of raster tiles as (height, width, f) or (height, width)."""
    across, down = -(-width // WIDE), -(-height // HIGH)
    fields = values.reshape(len(values), -1, TILE)
    sorted_ = np.empty_like(fields)
    sorted_[order] = fields
    f = fields.shape[1]
    picture = sorted_.reshape(down, across, f, HIGH, WIDE).transpose(0, 3, 1, 4, 2)
    picture = picture.reshape(down * HIGH, across * WIDE, f)[:height, :width]
    return np.ascontiguousarray(picture if values.ndim == 3 else picture[..., 0])


def _interleaved(x, y):
    """Morton code: the bits of x and y interleaved, so that near codes are near positions."""
    code = np.zeros(x.shape, np.int64)
    for bit in range(24):
        code |= ((x >> bit) & 1) << (2 * bit) | ((y >> bit) & 1) << (2 * bit + 1)
    return code
