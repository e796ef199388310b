"""Colours by a table: trilinear interpolation in a cube of colours."""
# mypy: ignore-errors

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled


@compiled
def looked_up(pixels: NDArray[Any], table: NDArray[Any], out: NDArray[Any]) -> None:
    """Fill `out` (n, 3) float32 with what `table` (s, s, s, 3) float32 says of `pixels` (n, 3) float32 in 0..255.

    table[b, g, r] is the colour for red, green and blue of 255 r / (s - 1) and so on; what lies outside is moved to
    the border.
    """
    last = table.shape[0] - 1
    scale = np.float32(last / 255.0)
    for i in range(len(pixels)):
        red, green, blue = pixels[i, 0] * scale, pixels[i, 1] * scale, pixels[i, 2] * scale
        r, g, b = min(max(int(red), 0), last - 1), min(max(int(green), 0), last - 1), min(max(int(blue), 0), last - 1)
        x, y, z = red - np.float32(r), green - np.float32(g), blue - np.float32(b)
        x, y, z = min(max(x, 0), 1), min(max(y, 0), 1), min(max(z, 0), 1)
        for c in range(3):
            low = _between(table, b, g, r, c, x, y)
            out[i, c] = low + z * (_between(table, b + 1, g, r, c, x, y) - low)


@compiled(inner=True)
def _between(table, b, g, r, c, x, y):
    near = table[b, g, r, c] + x * (table[b, g, r + 1, c] - table[b, g, r, c])
    far = table[b, g + 1, r, c] + x * (table[b, g + 1, r + 1, c] - table[b, g + 1, r, c])
    return near + y * (far - near)
