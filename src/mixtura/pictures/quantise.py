"""Colour quantisation: the distinct colours of a picture, and pictures whose pixels are indices into a palette."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..arrays import Bytes
from ..sources.points import Points
from . import checks
from .image import PIXEL_VARIANCE, bands

MOST = 256
"""Colours that a palette can hold."""


@dataclass(frozen=True, eq=False)
class Histogram:
    """Histogram of a picture's colours.

    Parameters
    ----------
    colours : ndarray of uint8, shape (m, 3)
        The distinct colours, sorted by red, then green, then blue.
    count : ndarray of int, shape (m,)
        The pixels of each colour.
    pixels : ndarray of uint8, shape (h, w, 3)
        The picture.
    """

    colours: Bytes
    count: NDArray[np.int64]
    pixels: Bytes

    def points(self) -> Points:
        """Represent the colours as weighted points (r, g, b).

        Returns
        -------
        Points
            m points in 0..255, float32; each weighs as much as it has pixels.
        """
        weight = self.count.astype(np.float32)
        return Points(
            self.colours.astype(np.float32), weight, ("r", "g", "b"), one_unit=True, within_variance=PIXEL_VARIANCE
        )

    def indices(self, numbers: NDArray[np.integer[Any]]) -> Bytes:
        """Look up a number for each pixel by its colour.

        Parameters
        ----------
        numbers : ndarray of int, shape (m,)
            One per colour, below 256.

        Returns
        -------
        ndarray of uint8, shape (h, w)
        """
        table = np.zeros(1 << 24, np.uint8)  # by code: one look a pixel, however many colours there are
        table[codes(self.colours)] = numbers
        out = np.empty(self.pixels.shape[:2], np.uint8)
        for first, band in bands(self.pixels):
            out[first : first + len(band)] = table[codes(band)]
        return out


def histogram(pixels: Bytes) -> Histogram:
    """Count the distinct colours of a picture.

    Parameters
    ----------
    pixels : ndarray, shape (h, w, 3)
        sRGB values in 0..255; floats are rounded.

    Returns
    -------
    Histogram

    Raises
    ------
    InputError
        If the picture has another shape or range.

    Notes
    -----
    Costs O(h w + 2^24) time and 128 MiB while it counts.
    """
    picture = checked(pixels)
    count = np.zeros(1 << 24, np.int64)
    for _, band in bands(picture):
        np.add.at(count, codes(band).ravel(), 1)
    found = np.flatnonzero(count)
    return Histogram(colours(found), count[found], picture)


def codes(colours: Bytes) -> NDArray[np.uint32]:
    """Encode colours as numbers.

    Parameters
    ----------
    colours : ndarray of uint8, shape (..., 3)
        sRGB values.

    Returns
    -------
    ndarray of uint32, shape (...,)
        65536 r + 256 g + b.
    """
    red, green, blue = (colours[..., channel].astype(np.uint32) for channel in range(3))
    return np.asarray((red << 8 | green) << 8 | blue, np.uint32)


def colours(codes: NDArray[np.integer[Any]]) -> Bytes:
    """Decode the colours that `codes` made numbers of.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        65536 r + 256 g + b.

    Returns
    -------
    ndarray of uint8, shape (n, 3)
    """
    return np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1).astype(np.uint8)


def checked(pixels: Any, name: str = "picture", *, greys: bool = False) -> Bytes:
    """Convert a picture to 8-bit values.

    Parameters
    ----------
    pixels : array_like, shape (h, w, 3)
        sRGB values in 0..255; floats are rounded.
    name : str, default "picture"
        What an error calls it.
    greys : bool, default False
        Accept greys of shape (h, w) too.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3) or (h, w)
        The array itself if it holds uint8 already.

    Raises
    ------
    InputError
        If the picture has another shape or range.
    """
    array = checks.picture(pixels, name, greys=greys)
    if array.dtype == np.uint8:
        return array
    out = np.empty(array.shape, np.uint8)
    for row in range(0, len(array), 256):  # few rows at a time, so that little lies beside the result
        out[row : row + 256] = np.rint(array[row : row + 256])
    return out


def dither(pixels: Bytes, palette: Bytes, *, limit: float = math.inf) -> Bytes:
    """Find a palette colour for each pixel, with error diffusion.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (h, w, 3)
        sRGB values.
    palette : ndarray of uint8, shape (k, 3)
        k <= 256.
    limit : float
        The longest error that is handed on, in steps of 255; the rest is forgotten. Without a limit, the errors of
        colours that no mixture of the palette's can show grow until a far-off colour appears as a speck.

    Returns
    -------
    ndarray of uint8, shape (h, w)
        Indices into the palette. Each pixel's error is distributed to its neighbours, in rows that run there and back.
        A pixel that has a colour of the palette keeps it.

    References
    ----------
    Floyd and Steinberg 1976, "An adaptive algorithm for spatial greyscale".
    """
    from ..kernels.dither import diffused

    return np.asarray(diffused(pixels, palette, limit), np.uint8)


def indexed_png(indices: Bytes, palette: Bytes) -> bytes:
    """Encode a picture as an indexed PNG.

    Parameters
    ----------
    indices : ndarray of uint8, shape (h, w)
        Into the palette.
    palette : ndarray of uint8, shape (k, 3)
        k <= 256.

    Returns
    -------
    bytes
        Of a file with 1, 2, 4 or 8 bits a pixel before compression.
    """
    image = Image.fromarray(indices)
    image.putpalette(palette.tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", bits=next(bits for bits in (1, 2, 4, 8) if len(palette) <= 1 << bits))
    return file.getvalue()
