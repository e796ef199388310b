"""Picture files: read into sRGB numbers, and written whole or not at all.

A picture is an (h, w, 3) array of sRGB values in 0..255: row 0 is the top one, and picture[y, x] is the pixel
whose centre lies at (x + 0.5, y + 0.5), in pixels from the outer corner of the first one, y down.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ..errors import InputError, MixturaError, OutputError, PictureError, named
from ..model.checks import is_whole
from ..writing import check_target, whole_file
from .colours import Colour, parse_colour

Picture = NDArray[np.float32]  # (h, w, 3), sRGB in 0..255, read-only
Bytes = NDArray[np.uint8]  # (h, w, 3)

MAX_PIXELS = 100_000_000

_BAND = 1 << 18  # pixels that are converted at once: few enough for the cache, enough to hide the call
_ORIENTATION = 0x0112  # Exif 2.3, table 4
_BITS_PER_SAMPLE = 258  # TIFF 6.0, section 8
_DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N")
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class _Format(NamedTuple):
    """How Pillow is asked for one kind of file."""

    name: str
    side: int  # the longest side that the format can say, in pixels
    options: dict[str, Any]


_JPEG = _Format("JPEG", 65_500, {"quality": 92, "subsampling": 0})  # 4:4:4: painted edges are coloured ones
_TIFF = _Format("TIFF", 2**31 - 1, {"compression": "tiff_adobe_deflate"})
_FORMATS = {
    ".png": _Format("PNG", 2**31 - 1, {}),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".webp": _Format("WEBP", 16_383, {"quality": 92}),
    ".tiff": _TIFF,
    ".tif": _TIFF,
}
PICTURE_KINDS = tuple(_FORMATS)


def read(
    path: str | PathLike[str] | BinaryIO, *, paper: str | Colour = "white", max_pixels: int = MAX_PIXELS
) -> Picture:
    """The picture in a file, upright, as sRGB values: (h, w, 3) float32 in 0..255, read-only.

    path: any file that Pillow reads, or an open binary one. Of an animation, the first frame.
    paper: the colour that shows through where the picture is transparent; alpha mixes sRGB values, as
    browsers do.
    max_pixels: the largest width times height that is decoded; the size is known before.
    16-bit greys keep their digits (65535 is 255.0). Pillow offers 16-bit colours at 8 bits only. Floats on
    0..1 are multiplied by 255 (what overshoots, between -1 and 2, is clipped); others must lie in 0..255.
    CMYK is converted without a profile, and embedded profiles are not applied.
    Returns picture[y, x], whose pixels are centred on (x + 0.5, y + 0.5) from the outer corner, y down.
    Raises PictureError when there is no such file, no picture in it, a damaged or too large one; InputError
    for `paper` and `max_pixels`. Memory: four thirds of the result for 8-bit pictures.
    """
    ground = np.array(parse_colour(paper, "paper"), dtype=np.float32)
    if not is_whole(max_pixels) or max_pixels < 1:
        raise InputError(f"{named('max_pixels')} is {max_pixels!r}, expected a whole number of pixels >= 1.")
    if isinstance(path, (str, PathLike)):
        with _opened(Path(path)) as file:
            return _read(file, fspath(path), ground, int(max_pixels))
    return _read(path, str(getattr(path, "name", "the picture")), ground, int(max_pixels))


def write(path: str | PathLike[str], pixels: Bytes) -> None:
    """Write a picture, whole or not at all; the extension decides: .png .jpg .jpeg .webp .tiff .tif.

    pixels: (h, w, 3) uint8, sRGB, row 0 on top. JPEG at quality 92 without chroma subsampling, WebP at
    quality 92.
    Raises InputError for an unknown extension, other arrays and sizes that the format cannot hold;
    OutputError when the file cannot be written.
    """
    target = check_target(path, PICTURE_KINDS)
    write_bytes(target, encode(pixels, target.suffix))


def write_bytes(path: str | PathLike[str], data: bytes) -> None:
    """Write a file that is encoded already, whole or not at all. Raises OutputError when it cannot be written."""
    with whole_file(path) as file:
        file.write(data)


def encode(pixels: Bytes, kind: str) -> bytes:
    """The bytes of a picture file of that kind: what `write` writes.

    pixels: (h, w, 3) uint8. kind: an extension with its dot, ".png".
    Raises as `write` does.
    """
    format_ = _FORMATS.get(kind.lower())
    if format_ is None:
        raise InputError(f"the kind of picture {kind!r} is unknown: choose one of {' '.join(PICTURE_KINDS)}.")
    array = np.asarray(pixels)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise InputError(
            f"pixels is {array.dtype} of shape {array.shape}, expected uint8 of shape (h, w, 3) with h and w >= 1."
        )
    height, width = array.shape[:2]
    check_size(kind, width, height)
    file = io.BytesIO()
    try:
        Image.fromarray(array).save(file, format_.name, **format_.options)
    except (OSError, KeyError) as error:  # KeyError: a Pillow that was built without this format
        raise OutputError(f"the picture cannot be written as {kind} ({error}): use .png.") from error
    return file.getvalue()


def check_size(kind: str, width: int, height: int) -> None:
    """Raise InputError when a picture of that kind (".webp") cannot hold so many pixels."""
    side = _FORMATS[kind.lower()].side
    if max(height, width) > side:
        raise InputError(
            f"a {kind} picture cannot hold {width} x {height} pixels: {side} a side is its limit; "
            f"use .png, or a smaller size."
        )


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The file, open; or the plain reason why not."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise PictureError(f"there is no file {path}: check the name and the folder.") from None
    except IsADirectoryError:
        raise PictureError(f"{path} is a folder: give one picture in it.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PictureError(f"{path} cannot be opened ({reason}).") from None
    with file:
        yield file


def _read(file: BinaryIO, name: str, ground: Picture, max_pixels: int) -> Picture:
    source = file
    try:
        if not file.seekable():
            source = io.BytesIO(file.read())
        with _limit(name, max_pixels), Image.open(source) as image:
            return _picture(image, name, ground)
    except (MixturaError, MemoryError):
        raise
    except UnidentifiedImageError:
        raise _unknown(source, name) from None
    except Exception as error:  # decoders meet damage with every kind of exception
        raise _damaged(error, name) from error


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
        # What Pillow grumbles about (a crooked Exif block) either raises too or spares the pixels.
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


def _damaged(error: Exception, name: str) -> PictureError:
    reason = str(error) or type(error).__name__
    return PictureError(f"{name} is damaged or cut short ({reason}): fetch it again, or save it anew from its source.")


def _picture(image: Image.Image, name: str, ground: Picture) -> Picture:
    """The decoded pixels, upright, over the paper; by bands of rows, to keep little beside the result."""
    image.load()
    top = _top(image, name)
    turn = _UPRIGHT.get(_orientation(image))
    upright = image if turn is None else image.transpose(turn)
    width, height = upright.size
    out = np.empty((height, width, 3), dtype=np.float32)
    rows = max(1, _BAND // width)
    for row in range(0, height, rows):
        band = upright.crop((0, row, width, min(row + rows, height)))
        out[row : row + rows] = _bytes(band, ground) if top is None else _digits(band, top, ground)
    out.flags.writeable = False
    return out


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a damaged Exif block takes nothing from the pixels
        return 1


def _top(image: Image.Image, name: str) -> float | None:
    """The number that stands for white in a picture of deep greys; None when it has bytes."""
    if image.mode in ("LAB", "HSV"):
        raise PictureError(f"{name} stores its colours as {image.mode}, which is not supported: save it as sRGB.")
    if image.mode == "F":
        return _float_top(np.asarray(image), name)
    if image.mode not in _DEEP:
        return None
    if image.mode == "I":
        low, high = np.ravel(np.array(image.getextrema(), dtype=float))
        _check_range(float(low), float(high), 65_535, name)
    bits = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, (16,))
    return 4095.0 if bits == (12,) else 65_535.0


def _float_top(values: NDArray[np.float32], name: str) -> float:
    low, high = float(values.min()), float(values.max())
    if low >= -1 and high <= 2:  # 0..1 with the overshoot of resampling; nothing on 0..255 is that dark
        return 1.0
    _check_range(low, high, 255, name)
    return 255.0


def _check_range(low: float, high: float, limit: float, name: str) -> None:
    if not (low >= 0 and high <= limit):  # so that NaN fails
        raise PictureError(
            f"{name} has values from {low:g} to {high:g}, expected 0 to {limit:g}: scale them to it first."
        )


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
