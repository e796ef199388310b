"""Picture files: read into sRGB numbers, and written whole or not at all.

A picture is an (h, w, 3) array of sRGB values in 0..255: row 0 is the top one, and picture[y, x] is the pixel
whose centre lies at (x + 0.5, y + 0.5), in pixels from the outer corner of the first one, y down.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from PIL import Image

from ..arrays import Bytes, Numbers, Singles
from ..errors import InputError, MixturaWarning, OutputError, PictureError
from ..writing import check_target, whole_file
from . import checks
from .colours import Colour, parse_colour
from .decode import Decoded, decoded, laid
from .decode import size_in_head as decode_size

Picture = Singles  # (h, w, 3), sRGB in 0..255, read-only

MAX_PIXELS = 100_000_000
"""Largest picture that is decoded by default, width times height."""


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
DEEP_KINDS = (".png", ".tiff", ".tif")
"""Those that hold greys of 16 bits."""


def read(
    path: str | PathLike[str] | BinaryIO,
    *,
    paper: str | Colour = "white",
    max_pixels: int = MAX_PIXELS,
    profile: bool = True,
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
    profile : bool, default True
        Convert to sRGB from the colours that the file says it is in: an ICC profile, or a PNG's gAMA and cHRM. False
        takes the stored numbers as sRGB.

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

    Warns
    -----
    MixturaWarning
        If 16-bit greys do not exceed 4095, and the largest number of as many bits is taken as white instead of 65535;
        if a profile is damaged, and left aside.

    Notes
    -----
    Alpha mixes sRGB values, as browsers do. 16-bit greys keep their digits (65535 is 255.0); Pillow offers 16-bit
    colours at 8 bits only. Floats in 0..1 are multiplied by 255 (overshoot between -1 and 2 is clipped); others must
    lie in 0..255. Profiles are applied by LittleCMS with the intent that they ask for and black point compensation;
    those that change no colour by more than one step of 255 are left aside. CMYK without a profile is converted by
    formula, CIE L*a*b* from the white D50. Vector formats and PostScript are not read: no other program is called.
    Peak memory is that of the result, of Pillow's four bytes a pixel, and for 8-bit pictures of three more.
    """
    pixels = np.asarray(decode(path, paper=paper, max_pixels=max_pixels, profile=profile).pixels, np.float32)
    pixels.flags.writeable = False
    return pixels


def decode(
    path: str | PathLike[str] | BinaryIO,
    *,
    paper: str | Colour | None = "white",
    max_pixels: int = MAX_PIXELS,
    profile: bool = True,
) -> Decoded:
    """Read a picture file in as little memory as holds it, and say what it was converted from.

    Parameters
    ----------
    path : path or binary file
        As for `read`.
    paper : str, tuple of int or None, default "white"
        As for `read`; None keeps the opacity.
    max_pixels, profile
        As for `read`.

    Returns
    -------
    pixels : ndarray, shape (h, w, 3) or (h, w, 4)
        As `read` gives them; of uint8 where all are whole. Without paper, and where the file can be transparent, the
        opacity in 0..255 is the fourth; an opaque picture has three.
    profile : str or None
        The name of the profile that they were converted from.
    doubts : tuple of str
        What was warned of.

    Raises
    ------
    PictureError, InputError
        As `read` does.
    """
    ground = None if paper is None else np.array(parse_colour(paper, "paper"), dtype=np.float32)
    limit = checks.whole(max_pixels, "max_pixels", of="pixels")
    if isinstance(path, (str, PathLike)):
        with opened(Path(path)) as file:
            found = decoded(file, fspath(path), ground, limit, profile=profile)
    else:
        found = decoded(path, str(getattr(path, "name", "the picture")), ground, limit, profile=profile)
    for doubt in found.doubts:
        warnings.warn(MixturaWarning(doubt), stacklevel=3)
    return found


def on_paper(layers: Numbers, paper: str | Colour = "white") -> Numbers:
    """Lay transparent pixels on paper.

    Parameters
    ----------
    layers : ndarray, shape (h, w, 4)
        sRGB values and opacities in 0..255, as `decode` gives them without paper.
    paper : str or tuple of int, default "white"
        The colour that shows through.

    Returns
    -------
    ndarray of float32, shape (h, w, 3)
        As `read` gives them.

    Raises
    ------
    InputError
        If `paper` is not a colour.
    """
    return laid(np.asarray(layers, np.float32), np.array(parse_colour(paper, "paper"), dtype=np.float32))


def size_in_head(path: str | PathLike[str] | BinaryIO) -> tuple[int, int] | None:
    """Read the size of a picture, but none of its pixels.

    Parameters
    ----------
    path : path or binary file
        As for `read`.

    Returns
    -------
    tuple of int, (width, height), or None
        As stored, before it is turned upright; None where the file is no picture, or a pipe.
    """
    if not isinstance(path, (str, PathLike)):
        return decode_size(path)
    try:
        with opened(Path(path)) as file:
            return decode_size(file)
    except PictureError:
        return None


def write(path: str | PathLike[str], pixels: Bytes) -> None:
    """Write a picture file, whole or not at all.

    Parameters
    ----------
    path : path
        Its extension decides the format: .png .jpg .jpeg .webp .tiff .tif.
    pixels : ndarray of uint8, shape (h, w, 3) or (h, w, 4)
        sRGB values, row 0 on top; the fourth is the opacity, which JPEG does not have.

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
    pixels : ndarray of uint8, shape (h, w, 3) or (h, w, 4), or of uint16, shape (h, w)
        sRGB values, row 0 on top; the fourth is the opacity, where `keeps_opacity` of the kind is true. Or greys up to
        65,535, of a kind in `DEEP_KINDS`.
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
    if pixels.ndim == 2 and pixels.dtype == np.uint16 and kind.lower() in DEEP_KINDS:
        return format_.encode(Image.fromarray(pixels), kind)
    array = checks.picture(pixels, "pixels", exact=True, clear=keeps_opacity(kind))
    return format_.encode(Image.fromarray(array), kind)


def keeps_opacity(kind: str) -> bool:
    """Tell whether a picture format can be transparent.

    Parameters
    ----------
    kind : str
        An extension with its dot, ``".webp"``.

    Returns
    -------
    bool
    """
    return _FORMATS.get(kind.lower(), _JPEG) is not _JPEG


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
