"""Pictures in a hundred bytes: `encode` and `decode` of the format .gmx, whose law is docs/gmx.md.

A file holds a mixture of place and colour, polished for one picture and rounded; `decode_mixture` gives it as a Mixture
like any other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays import Bytes
from ...checks import check_threads, is_whole
from ...errors import InputError, PictureError, named
from ...model.mixture import Mixture
from .. import checks
from ..field import Frame
from .budget import EncodeStep, encode
from .page import html, javascript

__all__ = ["EncodeStep", "decode", "decode_mixture", "encode", "html", "javascript", "size"]


MAX_PIXELS = 1 << 24
"""The largest picture that is painted unless it is said: a few damaged bytes may ask for four billion pixels."""


def decode(
    data: bytes,
    *,
    size: tuple[int, int] | int | None = None,
    max_pixels: int = MAX_PIXELS,
    n_threads: int | None = None,
) -> Bytes:
    """Paint the picture that the bytes of a .gmx file say.

    Parameters
    ----------
    data : bytes
        A whole file.
    size : tuple of int, (width, height), or int, optional
        Of the output in pixels, or its longer side; by default the original's.
    max_pixels : int, default 16,777,216
        The largest width times height that is painted.
    n_threads : int, optional
        By default as many as there are cores; the pixels are the same for any number.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3) or, of a picture with opacity, (h, w, 4)
        sRGB values; colours are not multiplied by the opacity.

    Raises
    ------
    PictureError
        If the bytes are no .gmx file, damaged, of a later version, or say that the picture is too large.
    InputError
        If the size or the limit is malformed, or the size beyond the limit.

    Notes
    -----
    Costs O(w h) times the components that matter near a pixel, and O(k^2) to read k components.
    """
    from .. import draw, opacity

    check_threads(n_threads)
    limit = checks.whole(max_pixels, "max_pixels", of="pixels")
    mixture, frame = _read(data)
    asked = size is not None
    if size is None:
        size = int(frame.width), int(frame.height)
    elif not isinstance(size, tuple):
        if not is_whole(size) or size < 1:
            raise InputError(f"{named('size')} is {size!r}: give (width, height), or the longer side in pixels, >= 1.")
        size = frame.fit(int(size))
    width, height = checks.check_size(size)
    if width * height > limit:
        error = InputError if asked else PictureError
        raise error(
            f"the picture has {width} x {height} = {width * height:,} pixels, the limit is {limit:,}: give a smaller "
            f"{named('size')}, or raise {named('max_pixels')}."
        )
    paint: Any = opacity.mean if mixture.n_coordinates == 6 else draw.mean
    return np.asarray(paint(mixture, frame=frame, size=size, n_threads=n_threads))


def decode_mixture(data: bytes) -> Mixture:
    """Read the mixture of a .gmx file.

    Parameters
    ----------
    data : bytes
        A whole file.

    Returns
    -------
    Mixture
        Of x, y in pixels of the original, and r, g, b in 0..255; with an opacity a sixth coordinate a, and colours
        multiplied by a / 255, see `mixtura.pictures.opacity`. The same to the bit on every machine.

    Raises
    ------
    PictureError
        If the bytes are no .gmx file, damaged, or of a later version.
    """
    return _read(data)[0]


def size(data: bytes) -> tuple[int, int]:
    """Read the size of the original of a .gmx file.

    Parameters
    ----------
    data : bytes
        A file, or its first 16 bytes.

    Returns
    -------
    tuple of int, (width, height)
        In pixels.

    Raises
    ------
    PictureError
        If the bytes are no .gmx file, damaged, or of a later version.
    """
    from . import layout

    header = layout.head(_bytes(data))
    return header.width, header.height


def _read(data: bytes) -> tuple[Mixture, Frame]:
    from . import layout, units

    header, places, table = layout.read(_bytes(data))
    return units.mixture(header, places, table), Frame.of_picture(header.width, header.height)


def _bytes(data: Any) -> bytes:
    if not isinstance(data, bytes | bytearray | memoryview):
        raise InputError(f"{named('data')} is {type(data).__name__}, expected bytes: read the file as such.")
    return bytes(data)
