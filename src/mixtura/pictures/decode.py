"""Pictures decoded by Pillow, as sRGB numbers: every mode, depth, transparency and profile."""

from __future__ import annotations

import ctypes
import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from PIL import Image, ImageOps, _imaging

from ..arrays import Bytes, Singles
from ..errors import MixturaError, PictureError, named
from . import checks, formats, profiles
from .profiles import Conversion

_BAND = 1 << 18  # pixels that are converted at once: few enough for the cache, enough to hide the call
_DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N")
_MOST = 65_535
_FAINT = 4095  # deep greys that do not exceed it are numbers of fewer bits
_PHOTOMETRIC, _BITS_PER_SAMPLE = 262, 258  # TIFF 6.0, section 8


class Decoded(NamedTuple):
    """A picture.

    pixels: (h, w, 3) sRGB in 0..255, or with the opacity (h, w, 4), read-only: uint8, or float32 where there are
    fractions. profile: the name of the
    one that it was converted from; None where it was sRGB, or has none. doubts: sentences about what was assumed.
    """

    pixels: Singles | Bytes
    profile: str | None
    doubts: tuple[str, ...] = ()


def decoded(file: BinaryIO, name: str, ground: Singles | None, max_pixels: int, *, profile: bool = True) -> Decoded:
    """Decode a picture.

    name: what errors call it. ground: sRGB of the paper, None to keep the opacity. profile: whether to apply its own.
    """
    source = file
    kind = None
    try:
        source = file if file.seekable() else io.BytesIO(file.read())
        with _quiet(), _limit(name, max_pixels), Image.open(source) as image:
            kind = image.format
            formats.check_readable(image, source, name)
            return _picture(image, source, name, ground, profile)
    except (MixturaError, MemoryError):
        raise
    except Exception as error:  # decoders meet damage with every kind of exception
        if kind is not None:
            raise formats.refused(formats.reason(error), name, kind) from error
        with _quiet():
            raise formats.unknown(source, name, error) from None


def size_in_head(file: BinaryIO) -> tuple[int, int] | None:
    """(width, height) as stored, by the head of the file alone; None where none can be read, or read again."""
    try:
        start = file.tell()
        with _quiet(), _limit("", 2**62), Image.open(file) as image:
            found = image.size
        file.seek(start)
    except Exception:
        return None
    return found


@contextmanager
def _limit(name: str, max_pixels: int) -> Iterator[None]:
    """Pillow held to `max_pixels`, before it decodes.

    Its own limit is a global that warns above and raises above the double; here both become one sentence, and
    the global is as it was afterwards.
    """
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = max_pixels
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        found = re.search(r"\((\d+) pixels\)", str(error))
        size = f"has {int(found[1]):,} pixels" if found else "is too large"
        raise PictureError(
            f"{name} {size}, the limit is {max_pixels:,}: raise {named('max_pixels')} if you trust the file, or scale "
            f"it down."
        ) from None
    finally:
        Image.MAX_IMAGE_PIXELS = before


_ALONE = Lock()


@contextmanager
def _quiet() -> Iterator[None]:
    """Decoders say nothing of their own: what they complain about either raises too or leaves the pixels intact.

    Pillow warns and logs; libtiff prints, until its handler of errors is taken away. All is given back afterwards; one
    reader at a time, so that none restores what another has set.
    """
    log, handler = logging.getLogger("PIL"), logging.NullHandler()
    with _ALONE, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        set_handler = _libtiff_handler()
        before = set_handler(None)
        log.addHandler(handler)
        try:
            yield
        finally:
            log.removeHandler(handler)
            set_handler(before)


def _libtiff_handler() -> Any:
    """The function that sets the handler of errors of libtiff, as Pillow has loaded it, or one that does nothing."""
    try:
        function = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError, TypeError):
        return lambda handler: None
    function.argtypes, function.restype = (ctypes.c_void_p,), ctypes.c_void_p
    return function


def _picture(image: Image.Image, file: BinaryIO, name: str, ground: Singles | None, profile: bool) -> Decoded:
    """Decode the pixels, upright, over the paper; by bands of rows, to keep little beside the result."""
    tiles: Any = getattr(image, "tile", None)
    raw = tiles[0].args if tiles and image.format == "PNG" else None
    image.load()
    doubts: list[str] = []
    found = _conversion(image, name, profile, doubts)
    scale = _scale(image, name, doubts)
    image = _keyed(image, file, raw)
    with suppress(Exception):  # a damaged Exif block takes nothing from the pixels
        ImageOps.exif_transpose(image, in_place=True)
    width, height = image.size
    clear = image.has_transparency_data and (scale is None or isinstance(image.info.get("transparency"), int))
    whole = scale is None and not (clear and ground is not None)
    out: Any = np.empty((height, width, 4 if clear and ground is None else 3), np.uint8 if whole else np.float32)
    rows = max(1, _BAND // width)
    for row in range(0, height, rows):
        band = image.crop((0, row, width, min(row + rows, height)))
        out[row : row + rows] = _bytes(band, ground, found) if scale is None else _digits(band, scale, ground, found)
    if out.shape[2] == 4 and out[..., 3].min() == 255:
        out = np.ascontiguousarray(out[..., :3])
    if image.format == "XBM":  # a set bit is ink: Pillow says white
        np.subtract(255, out, out=out)
    out.flags.writeable = False
    return Decoded(out, None if found is None else found.name, tuple(doubts))


def _keyed(image: Image.Image, file: BinaryIO, raw: Any) -> Image.Image:
    """The image with its transparent grey or colour in the numbers of its pixels. raw: how PNG stores them.

    Pillow scales pixels of 2, 4 and 16 bits to 8, and leaves the key as it is stored.
    """
    key = image.info.get("transparency")
    if raw in ("L;2", "L;4", "L"):
        bits = {"L;2": 2, "L;4": 4, "L": 8}[raw]
        if isinstance(key, int):
            image.info["transparency"] = (key & (1 << bits) - 1) * 255 // ((1 << bits) - 1)
    elif raw == "RGB" and isinstance(key, tuple):
        image.info["transparency"] = tuple(channel & 255 for channel in key)
    elif raw == "RGB;16B" and isinstance(key, tuple):
        file.seek(0)
        with Image.open(file, formats=["PNG"]) as low:  # the lower bytes, as if the others came first
            low.tile = [part._replace(args="RGB;16L") for part in low.tile]
            low.load()
            clear = np.ones((image.height, image.width), bool)
            for half, shift in ((image, 8), (low, 0)):
                for channel, value in enumerate(key):
                    clear &= np.asarray(half.getchannel(channel)) == (value >> shift & 255)
        image.info.pop("transparency")
        image.putalpha(Image.fromarray(np.where(clear, 0, 255).astype(np.uint8)))
    return image


def _conversion(image: Image.Image, name: str, wanted: bool, doubts: list[str]) -> Conversion | None:
    """The way from the colours that the file speaks of to sRGB; None where they are that."""
    if image.mode == "HSV":
        raise PictureError(f"{name} stores its colours as {image.mode}, which is not supported: save it as sRGB.")
    info = image.info
    try:
        if wanted and "icc_profile" in info:
            if not info["icc_profile"]:
                raise ValueError("it cannot be unpacked")
            return profiles.conversion(info["icc_profile"], image.mode) or (
                profiles.lab() if image.mode == "LAB" else None
            )
        if wanted and image.format == "PNG" and "srgb" not in info and ("gamma" in info or "chromaticity" in info):
            grey = image.mode in ("1", "L", "LA", *_DEEP)
            made = profiles.of_png(info.get("gamma"), info.get("chromaticity"), grey=grey)
            return profiles.conversion(made, image.mode)
    except Exception as error:  # LittleCMS and its wrapper meet damage with every kind of exception
        said = " ".join(str(error).split())[:100] or type(error).__name__
        doubts.append(f"{name} has a profile that cannot be applied ({said}): its colours are taken as sRGB.")
    return profiles.lab() if image.mode == "LAB" else None


class _Scale(NamedTuple):
    """What the numbers of a deep picture mean: `top` is white; or black, if `inverse`."""

    top: float
    inverse: bool


def _scale(image: Image.Image, name: str, doubts: list[str]) -> _Scale | None:
    """Find out what the numbers of a picture of deep greys mean; None when it has bytes."""
    tags: Any = getattr(image, "tag_v2", {})
    inverse = tags.get(_PHOTOMETRIC) == 0  # white is zero, which Pillow turns round for bytes only
    if image.mode == "F":
        return _Scale(_float_top(np.asarray(image), name), inverse)
    if image.mode not in _DEEP:
        return None
    values = np.asarray(image)
    low, high = int(values.min()), int(values.max())
    checks.check_range(low, high, name, limit=_MOST, error=PictureError)
    if tags.get(_BITS_PER_SAMPLE) == (12,):
        return _Scale(4095.0, inverse)
    if not 0 < high <= _FAINT:
        return _Scale(float(_MOST), inverse)
    top = (1 << high.bit_length()) - 1
    doubts.append(
        f"{name} has 16-bit greys from {low} to {high}, which would all be nearly black: {top} is taken as white "
        f"instead of {_MOST}."
    )
    return _Scale(float(top), inverse)


def _float_top(values: Singles, name: str) -> float:
    low, high = float(values.min()), float(values.max())
    if low >= -1 and high <= 2:  # 0..1 with the overshoot of resampling; nothing on 0..255 is that dark
        return 1.0
    checks.check_range(low, high, name, error=PictureError)
    return 255.0


def _digits(band: Image.Image, scale: _Scale, ground: Singles | None, convert: Conversion | None) -> Singles:
    """Deep greys as sRGB values: (h, w, 1), or (h, w, 3) where one value is transparent."""
    values = np.asarray(band)[..., None]  # (h, w, 1)
    grey = values.astype(np.float32)
    if scale.top != 255:
        grey = grey * np.float32(255) / np.float32(scale.top)  # the product is exact: below 2^24
    np.clip(grey, 0, 255, out=grey)
    if scale.inverse:
        grey = 255 - grey
    if convert is not None and convert.mode == "L":
        deep = Image.fromarray(np.rint(grey[..., 0] * np.float32(257)).astype(np.uint16))
        grey = np.asarray(convert(deep))[..., None].astype(np.float32) / np.float32(257)
    clear = band.info.get("transparency")
    if not isinstance(clear, int):
        return grey
    if ground is None:
        return np.concatenate([grey, grey, grey, np.where(values == clear, np.float32(0), np.float32(255))], axis=2)
    return np.where(values == clear, ground, grey)


def _bytes(band: Image.Image, ground: Singles | None, convert: Conversion | None) -> Singles | Bytes:
    """Any other mode as sRGB values: (h, w, 3)."""
    if not band.has_transparency_data:
        return np.asarray(_converted(band, convert).convert("RGB"))
    layers = band.convert({"La": "LA", "RGBa": "RGBA"}.get(band.mode, band.mode))
    if convert is not None and convert.mode == "L":
        layers = layers.convert("LA")
        layers = Image.merge("LA", (convert(layers.getchannel("L")), layers.getchannel("A")))
    elif convert is not None:
        layers = convert(layers.convert("RGBA"))
    table = np.asarray(layers.convert("RGBA"))  # (h, w, 4)
    return table if ground is None else laid(table.astype(np.float32), ground)


def laid(table: Singles, ground: Singles) -> Singles:
    """Colours (h, w, 3) of pixels with an opacity (h, w, 4) over a paper."""
    # Written this way, opaque pixels and clear ones come out exact.
    return ground + (table[..., :3] - ground) * (table[..., 3:] / np.float32(255))


def _converted(band: Image.Image, convert: Conversion | None) -> Image.Image:
    """An opaque band in sRGB."""
    return band if convert is None else convert(band if band.mode == convert.mode else band.convert(convert.mode))
