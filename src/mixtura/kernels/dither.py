"""Error diffusion onto a palette: row after row, there and back, each pixel in the exact nearest colour."""
# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from .compiled import compiled, read_only


def diffused(pixels: np.ndarray, palette: np.ndarray, limit: float) -> np.ndarray:
    """Indices (h, w) uint8 into `palette` (k, 3) uint8 of pixels (h, w, 3) uint8, by Floyd and Steinberg's weights.

    A pixel that has a colour of the palette keeps it, and hands on what it received. limit: the longest error that is
    handed on, in steps of 255; the rest is forgotten.
    """
    pixels, palette = (read_only(np.ascontiguousarray(each)) for each in (pixels, palette))
    return _diffused(pixels, palette, np.float32(limit))


@compiled(allocates=True)
def _diffused(pixels, palette, limit):
    height, width, _ = pixels.shape
    out = np.empty((height, width), np.uint8)
    here, below = np.zeros((width + 2, 3), np.float32), np.zeros((width + 2, 3), np.float32)
    wanted = np.empty(3, np.float32)
    for row in range(height):
        step = 1 if row % 2 == 0 else -1
        for i in range(width):
            column = i if step == 1 else width - 1 - i
            at = column + 1  # errors have a column more on each side
            for channel in range(3):
                wanted[channel] = pixels[row, column, channel] + here[at, channel]
            best = _nearest(palette, wanted, pixels[row, column])
            out[row, column] = best
            length = np.float32(0.0)
            for channel in range(3):
                wanted[channel] -= palette[best, channel]
                length += wanted[channel] * wanted[channel]
            length = np.sqrt(length)
            share = np.float32(1.0 / 16.0) * (limit / length if length > limit else np.float32(1.0))
            for channel in range(3):
                error = wanted[channel] * share
                here[at + step, channel] += 7 * error
                below[at - step, channel] += 3 * error
                below[at, channel] += 5 * error
                below[at + step, channel] += error
        here, below = below, here
        below[:] = 0
    return out


@compiled(inner=True)
def _nearest(palette, wanted, pixel):
    """The colour that is nearest to `wanted`, or the pixel's own."""
    best, least = 0, np.float32(np.inf)
    for j in range(len(palette)):
        if palette[j, 0] == pixel[0] and palette[j, 1] == pixel[1] and palette[j, 2] == pixel[2]:
            return j
        red = wanted[0] - palette[j, 0]
        green = wanted[1] - palette[j, 1]
        blue = wanted[2] - palette[j, 2]
        away = red * red + green * green + blue * blue
        if away < least:
            best, least = j, away
    return best
