"""Few colours for many: the distinct colours of a picture, and pictures whose pixels are numbers of a palette."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import InputError
from ..sources.points import Points

Bytes = NDArray[np.uint8]
MOST = 256  # colours that a palette can hold


@dataclass(frozen=True, eq=False)
class Histogram:
    """Every colour of a picture, once.

    colours: (m, 3) uint8, sorted by red, then green, then blue. count: (m,) how many pixels have each.
    codes: (h, w) the pixels as 65536 r + 256 g + b.
    """

    colours: Bytes
    count: NDArray[np.int64]
    codes: NDArray[np.uint32]

    def points(self) -> Points:
        """The colours as points (r, g, b) that weigh as much as they have pixels."""
        return Points(self.colours.astype(np.float32), self.count.astype(np.float32), ("r", "g", "b"))

    def indices(self, numbers: NDArray[np.integer[Any]]) -> Bytes:
        """(h, w) for each pixel the number of its colour. numbers: (m,) one a colour, below 256."""
        table = np.zeros(1 << 24, np.uint8)  # by code: one look a pixel, however many colours there are
        table[_codes(self.colours)] = numbers
        return np.asarray(table[self.codes])


def histogram(pixels: Bytes) -> Histogram:
    """The distinct colours of (h, w, 3) uint8 pixels."""
    codes = _codes(checked(pixels))
    count = np.bincount(codes.ravel(), minlength=1 << 24)
    found = np.flatnonzero(count)
    colours = np.stack([found >> 16, (found >> 8) & 255, found & 255], axis=1).astype(np.uint8)
    return Histogram(colours, count[found], codes)


def _codes(colours: Bytes) -> NDArray[np.uint32]:
    red, green, blue = (colours[..., channel].astype(np.uint32) for channel in range(3))
    red <<= 8
    red |= green
    red <<= 8
    red |= blue
    return red


def checked(pixels: Any) -> Bytes:
    """`pixels` as (h, w, 3) uint8: bytes as they are, floats in 0..255 rounded."""
    array = np.asarray(pixels)
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape or array.dtype.kind not in "uif":
        raise InputError(f"picture is {array.dtype} of shape {array.shape}, expected sRGB values (h, w, 3) in 0..255.")
    if array.dtype == np.uint8:
        return array
    low, high = array.min(), array.max()
    if not (low >= 0 and high <= 255):  # so that NaN fails
        raise InputError(f"picture has values from {low:g} to {high:g}, expected sRGB values in 0..255.")
    out = np.empty(array.shape, np.uint8)
    for row in range(0, len(array), 256):  # few rows at a time, so that little lies beside the result
        out[row : row + 256] = np.rint(array[row : row + 256])
    return out


def dither(pixels: Bytes, palette: Bytes) -> Bytes:
    """(h, w) numbers of the nearest palette colours, each pixel's error handed on to its neighbours.

    pixels: (h, w, 3) uint8. palette: (k, 3) uint8, k <= 256.
    Source: Floyd and Steinberg 1976, as Pillow does it.
    """
    holder = Image.new("P", (1, 1))
    # Filled up with its last colour: what else a palette of Pillow would hold might be nearest.
    holder.putpalette(palette[np.minimum(np.arange(MOST), len(palette) - 1)].tobytes())
    done = Image.fromarray(pixels).quantize(palette=holder, dither=Image.Dither.FLOYDSTEINBERG)
    return np.asarray(np.minimum(np.asarray(done), len(palette) - 1), np.uint8)


def indexed_png(indices: Bytes, palette: Bytes) -> bytes:
    """The bytes of a PNG that stores numbers of a palette: 1, 2, 4 or 8 bits a pixel before compression.

    indices: (h, w) uint8. palette: (k, 3) uint8, k <= 256.
    """
    image = Image.fromarray(indices)
    image.putpalette(palette.tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", bits=next(bits for bits in (1, 2, 4, 8) if len(palette) <= 1 << bits))
    return file.getvalue()
