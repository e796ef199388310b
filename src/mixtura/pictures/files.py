"""Picture files: read into sRGB numbers, and written whole or not at all.

A picture is an (h, w, 3) array of sRGB values in 0..255: row 0 is the top one, and picture[y, x] is the pixel
whose centre lies at (x + 0.5, y + 0.5), in pixels from the outer corner of the first one, y down.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike, fspath
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..arrays import Bytes, Singles
from ..errors import InputError, MixturaError, OutputError, PictureError, named
from ..writing import check_target, whole_file
from . import checks
from .colours import Colour, parse_colour

Picture = Singles  # (h, w, 3), sRGB in 0..255, read-only

MAX_PIXELS = 100_000_000
"""Largest picture that is decoded by default, width times height."""

_BAND = 1 << 18  # pixels that are converted at once: few enough for the cache, enough to hide the call
_BITS_PER_SAMPLE = 258  # TIFF 6.0, section 8
_DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N")


class Format(NamedTuple):
    """How Pillow is asked for one kind of file.

    Parameters
    ----------
    name : str
        What Pillow calls it.
    side : int
        The longest side that the format can say, in pixels.
    options : dict
        Passed to Pillow's `Image.save`.
    """

    name: str
    side: int
    options: dict[str, Any]

    def encode(self, image: Image.Image, kind: str, **more: Any) -> bytes:
        """Encode an image.

        Parameters
        ----------
        image : PIL.Image.Image
            The picture, or the first frame of an animation.
        kind : str
            The extension, for an error.
        **more
            Passed to `Image.save` too.

        Returns
        -------
        bytes

        Raises
        ------
        InputError
            If a side is longer than the format's limit.
        OutputError
            If this Pillow cannot write the format.
        """
        self.check_size(kind, *image.size)
        file = io.BytesIO()
        try:
            image.save(file, self.name, **self.options, **more)
        except (OSError, KeyError) as error:  # KeyError: a Pillow that was built without this format
            raise OutputError(f"the picture cannot be written as {kind} ({error}): choose another kind.") from error
        return file.getvalue()

    def check_size(self, kind: str, width: int, height: int) -> None:
        """Check that the format can hold so many pixels.

        Parameters
        ----------
        kind : str
            The extension, for an error.
        width, height : int
            In pixels.

        Raises
        ------
        InputError
            If a side is longer than the format's limit.
        """
        if max(height, width) > self.side:
            raise InputError(
                f"a {kind} picture cannot hold {width} x {height} pixels: {self.side} a side is its limit; "
                f"use another kind, or a smaller size."
            )


_JPEG = Format("JPEG", 65_500, {"quality": 92, "subsampling": 0})  # 4:4:4: painted edges are coloured ones
_TIFF = Format("TIFF", 2**31 - 1, {"compression": "tiff_adobe_deflate"})
_PNG, _WEBP = Format("PNG", 2**31 - 1, {}), Format("WEBP", 16_383, {"quality": 92})
_FORMATS = {".png": _PNG, ".jpg": _JPEG, ".jpeg": _JPEG, ".webp": _WEBP, ".tiff": _TIFF, ".tif": _TIFF}
PICTURE_KINDS = tuple(_FORMATS)
"""Extensions of the picture files that can be written."""


def read(
    path: str | PathLike[str] | BinaryIO, *, paper: str | Colour = "white", max_pixels: int = MAX_PIXELS
) -> Picture:
    """Read a picture file.

    Parameters
    ----------
    path : path or binary file
        Any file that Pillow reads, or an open binary one. Of an animation, the first frame.
    paper : str or tuple of int, default "white"
        The colour that shows through where the picture is transparent.
    max_pixels : int, default 100,000,000
        The largest width times height that is decoded; the size is known before.

    Returns
    -------
    ndarray of float32, shape (h, w, 3)
        sRGB values in 0..255, upright (Exif orientation is applied), read-only. ``picture[y, x]`` is the pixel centred
        on (x + 0.5, y + 0.5) from the outer corner, y down.

    Raises
    ------
    PictureError
        If there is no such file, no picture in it, or a damaged or too large one.
    InputError
        If `paper` is not a colour or `max_pixels` not a whole number >= 1.

    Notes
    -----
    Alpha mixes sRGB values, as browsers do. 16-bit greys keep their digits (65535 is 255.0); Pillow offers 16-bit
    colours at 8 bits only. Floats in 0..1 are multiplied by 255 (overshoot between -1 and 2 is clipped); others must
    lie in 0..255. CMYK is converted without a profile, and embedded profiles are not applied. Peak memory is four
    thirds of the result for 8-bit pictures.
    """
    ground = np.array(parse_colour(paper, "paper"), dtype=np.float32)
    limit = checks.whole(max_pixels, "max_pixels", of="pixels")
    if isinstance(path, (str, PathLike)):
        with opened(Path(path)) as file:
            return _read(file, fspath(path), ground, limit)
    return _read(path, str(getattr(path, "name", "the picture")), ground, limit)


def write(path: str | PathLike[str], pixels: Bytes) -> None:
    """Write a picture file, whole or not at all.

    Parameters
    ----------
    path : path
        Its extension decides the format: .png .jpg .jpeg .webp .tiff .tif.
    pixels : ndarray of uint8, shape (h, w, 3)
        sRGB values, row 0 on top.

    Raises
    ------
    InputError
        If the extension is unknown, the array another one, or the picture too large for the format.
    OutputError
        If the file cannot be written.

    Notes
    -----
    JPEG at quality 92 without chroma subsampling, WebP at quality 92.
    """
    target = check_target(path, PICTURE_KINDS)
    write_bytes(target, encode(pixels, target.suffix))


def write_bytes(path: str | PathLike[str], data: bytes) -> None:
    """Write the bytes of a file, whole or not at all.

    Parameters
    ----------
    path : path
        Its extension is not looked at.
    data : bytes
        The content.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with whole_file(path) as file:
        file.write(data)


def encode(pixels: Bytes, kind: str) -> bytes:
    """Encode a picture as the bytes that `write` writes.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (h, w, 3)
        sRGB values, row 0 on top.
    kind : str
        An extension with its dot, ``".png"``.

    Returns
    -------
    bytes

    Raises
    ------
    InputError
        If the kind is unknown, the array another one, or the picture too large for the format.
    OutputError
        If this Pillow cannot write the format.
    """
    format_ = _FORMATS.get(kind.lower())
    if format_ is None:
        raise InputError(f"the kind of picture {kind!r} is unknown: choose one of {' '.join(PICTURE_KINDS)}.")
    array = checks.picture(pixels, "pixels", exact=True)
    return format_.encode(Image.fromarray(array), kind)


def check_size(kind: str, width: int, height: int) -> None:
    """Check that a picture format can hold so many pixels.

    Parameters
    ----------
    kind : str
        An extension with its dot, ``".webp"``.
    width, height : int
        In pixels.

    Raises
    ------
    InputError
        If a side is longer than the format's limit.
    """
    _FORMATS[kind.lower()].check_size(kind, width, height)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading, as a context manager.

    Parameters
    ----------
    path : Path
        Of a plain file.

    Yields
    ------
    binary file

    Raises
    ------
    PictureError
        If there is no such file, it is a folder, or it cannot be opened.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise PictureError(f"there is no file {path}: check the name and the folder.") from None
    except IsADirectoryError:
        raise PictureError(f"{path} is a folder: give a file in it.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PictureError(f"{path} cannot be opened ({reason}).") from None
    with file:
        yield file


def _read(file: BinaryIO, name: str, ground: Picture, max_pixels: int) -> Picture:
    try:
        source = file if file.seekable() else io.BytesIO(file.read())
        with _limit(name, max_pixels), Image.open(source) as image:
            return _picture(image, name, ground)
    except (MixturaError, MemoryError):
        raise
    except UnidentifiedImageError:
        raise _unknown(source, name) from None
    except Exception as error:  # decoders meet damage with every kind of exception
        reason = str(error) or type(error).__name__
        raise PictureError(
            f"{name} is damaged or cut short ({reason}): fetch it again, or save it anew from its source."
        ) from error


_LIMIT = Lock()


@contextmanager
def _limit(name: str, max_pixels: int) -> Iterator[None]:
    """Pillow held to `max_pixels`, before it decodes.

    Its own limit is a global that warns above and raises above the double; here both become one sentence, and
    the global and the filters are as they were afterwards. One reader at a time, so that none restores
    another's value.
    """
    with _LIMIT, warnings.catch_warnings():
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = max_pixels
        # What Pillow warns about (such as a damaged Exif block) either raises too or leaves the pixels intact.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            found = re.search(r"\((\d+) pixels\)", str(error))
            size = f"has {int(found[1]):,} pixels" if found else "is too large"
            raise PictureError(
                f"{name} {size}, the limit is {max_pixels:,}: raise {named('max_pixels')} if you trust the file, or "
                f"scale it down."
            ) from None
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _unknown(file: BinaryIO, name: str) -> PictureError:
    file.seek(0)
    start = file.read(12)
    if not start:
        return PictureError(f"{name} is empty (0 bytes): give a picture.")
    return PictureError(
        f"{name} is no picture of a known format, or its head is damaged: it begins with {start!r}; "
        f"give a PNG, JPEG, WebP, TIFF, GIF or the like."
    )


def _picture(image: Image.Image, name: str, ground: Picture) -> Picture:
    """Decode the pixels, upright, over the paper; by bands of rows, to keep little beside the result."""
    image.load()
    top = _top(image, name)
    with suppress(Exception):  # a damaged Exif block takes nothing from the pixels
        ImageOps.exif_transpose(image, in_place=True)
    width, height = image.size
    out = np.empty((height, width, 3), dtype=np.float32)
    rows = max(1, _BAND // width)
    for row in range(0, height, rows):
        band = image.crop((0, row, width, min(row + rows, height)))
        out[row : row + rows] = _bytes(band, ground) if top is None else _digits(band, top, ground)
    out.flags.writeable = False
    return out


def _top(image: Image.Image, name: str) -> float | None:
    """Find the number that stands for white in a picture of deep greys; None when it has bytes."""
    if image.mode in ("LAB", "HSV"):
        raise PictureError(f"{name} stores its colours as {image.mode}, which is not supported: save it as sRGB.")
    if image.mode == "F":
        return _float_top(np.asarray(image), name)
    if image.mode not in _DEEP:
        return None
    if image.mode == "I":
        low, high = np.ravel(np.array(image.getextrema(), dtype=float))
        checks.check_range(low, high, name, limit=65_535, error=PictureError)
    bits = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, (16,))
    return 4095.0 if bits == (12,) else 65_535.0


def _float_top(values: Singles, name: str) -> float:
    low, high = float(values.min()), float(values.max())
    if low >= -1 and high <= 2:  # 0..1 with the overshoot of resampling; nothing on 0..255 is that dark
        return 1.0
    checks.check_range(low, high, name, error=PictureError)
    return 255.0


def _digits(band: Image.Image, top: float, ground: Picture) -> Picture:
    """Deep greys as sRGB values: (h, w, 1), or (h, w, 3) where one value is transparent."""
    values = np.asarray(band)[..., None]  # (h, w, 1)
    grey = values.astype(np.float32)
    if top != 255:
        grey = grey * np.float32(255) / np.float32(top)  # the product is exact: below 2^24
    np.clip(grey, 0, 255, out=grey)
    clear = band.info.get("transparency")
    return np.where(values == clear, ground, grey) if isinstance(clear, int) else grey


def _bytes(band: Image.Image, ground: Picture) -> Picture | Bytes:
    """Any other mode as sRGB values: (h, w, 3)."""
    if not band.has_transparency_data:
        return np.asarray(band.convert("RGB"))
    mode = {"La": "LA"}.get(band.mode, band.mode)
    layers = np.asarray(band.convert(mode).convert("RGBA")).astype(np.float32)  # (h, w, 4)
    # Written this way, opaque pixels and clear ones come out exact.
    return ground + (layers[..., :3] - ground) * (layers[..., 3:] / np.float32(255))
