"""Many pictures of one size, from one file or from a folder."""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import nullcontext
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..arrays import Array, Bytes, Numbers
from ..errors import InputError, PictureError, named
from . import checks, files
from .quantise import checked

Pictures = Bytes  # (n, h, w) greys or (n, h, w, 3) sRGB

_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".gif", ".bmp", ".pgm", ".ppm")
_NAMES = ("images", "pictures", "data", "x", "X", "x_train", "arr_0")  # in an .npz with several arrays
_LABELS = ("labels", "target", "y", "y_train")
_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # of IDX files
_MOST = 2**34  # bytes of an IDX file, once unpacked


def read(
    path: str | PathLike[str] | BinaryIO,
    *,
    labels: str | PathLike[str] | BinaryIO | None = None,
    label: int | None = None,
) -> Pictures:
    """Read pictures of one size.

    Parameters
    ----------
    path : path or binary file
        An IDX file such as MNIST's, plain or .gz; an .npy or .npz file of numbers in 0..255 (floats in 0..1 are
        multiplied by 255), of shape (n, h, w) or (n, h, w, 3); or a folder of picture files, which are read in the
        order of their names, as greys if none has colour.
    labels : path or binary file, optional
        An IDX, .npy or .npz file of whole numbers, one per picture; for an .npz file of pictures, by default its own
        array ``labels``, ``target`` or ``y``.
    label : int, optional
        Return only the pictures with this label.

    Returns
    -------
    ndarray of uint8, shape (n, h, w) or (n, h, w, 3)
        Greys or sRGB values.

    Raises
    ------
    PictureError
        If a file cannot be read, or the pictures differ in size.
    InputError
        If labels and pictures do not go together.

    References
    ----------
    LeCun, Cortes and Burges, "The MNIST database of handwritten digits", for the IDX format.
    """
    source, given = _of(path)
    if given is None and _is_folder(source):
        pictures, own = _folder(source), None
    else:
        found = _arrays(source, given)
        pictures = _pictures(_chosen(found, _NAMES, source, lambda array: array.ndim >= 3), source)
        own = next((found[name] for name in _LABELS if name in found), None)
    if label is None:
        if labels is not None:
            raise InputError(f"{named('labels')} are given, but no label to choose: add {named('label', 2)}, say.")
        return pictures
    marks = own
    if labels is not None:
        where, given = _of(labels)
        marks = _chosen(_arrays(where, given), _LABELS, where, lambda array: array.ndim == 1)
    if marks is None:
        raise InputError(f"{named('label')} {label} cannot be chosen: {source} has no labels; give {named('labels')}.")
    if marks.shape != (len(pictures),) or marks.dtype.kind not in "iu":
        raise InputError(
            f"the labels have shape {marks.shape} of {marks.dtype}, expected ({len(pictures)},) whole numbers: "
            f"one a picture."
        )
    if not (marks == label).any():
        known = ", ".join(str(mark) for mark in np.unique(marks)[:20])
        raise InputError(f"no picture has the label {label}: the labels are {known}.")
    return np.asarray(pictures[marks == label])


def _of(path: str | PathLike[str] | BinaryIO) -> tuple[Path, BinaryIO | None]:
    """Its name, and the file if it is open."""
    return (Path(path), None) if isinstance(path, (str, PathLike)) else (Path(getattr(path, "name", "the file")), path)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # said where it is opened
        return False


def _pictures(array: Numbers, source: Path) -> Pictures:
    checks.pictures(array, str(source), error=PictureError)
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind == "f" and 0 < array.max() <= 1:
        array = array * 255.0
    return np.asarray(np.rint(array), np.uint8)


def _folder(folder: Path) -> Pictures:
    seen = (file for file in folder.iterdir() if not file.name.startswith("."))
    names = sorted(file for file in seen if file.suffix.lower() in _SUFFIXES)
    if not names:
        raise PictureError(f"the folder {folder} holds no pictures ({' '.join(_SUFFIXES)}): give another one.")
    shots = []
    for name in names:
        shots.append(checked(files.read(name)))
        if shots[-1].shape != shots[0].shape:
            (height, width), (high, wide) = shots[0].shape[:2], shots[-1].shape[:2]
            raise PictureError(
                f"the pictures in {folder} differ in size: {names[0].name} has {width} x {height} and {name.name} has "
                f"{wide} x {high} pixels; make them alike."
            )
    stack = np.stack(shots)
    return np.ascontiguousarray(stack[..., 0]) if (stack == stack[..., :1]).all() else stack


def _chosen(found: dict[str, Array], names: tuple[str, ...], source: Path, fits: Callable[[Numbers], bool]) -> Numbers:
    """Array that is meant: the only one, the one of a usual name, or the only one of a fitting shape."""
    if len(found) == 1:
        return next(iter(found.values()))
    for name in names:
        if name in found:
            return found[name]
    fitting = [array for array in found.values() if fits(array)]
    if len(fitting) == 1:
        return fitting[0]
    raise PictureError(f"{source} holds the arrays {', '.join(found)}: name the one that is meant {names[0]!r}.")


def _arrays(path: Path, given: BinaryIO | None = None) -> dict[str, Array]:
    """Read the arrays of a file, by name; "" where there is only one. given: the file, if it is open already."""
    with files.opened(path) if given is None else nullcontext(given) as file:
        try:
            start = file.read(4)
            file.seek(0)
            if start[:2] == b"\x1f\x8b":
                with gzip.open(file) as unpacked:
                    return {"": _idx(unpacked, path)}  # type: ignore[arg-type]
            if start[:2] == b"PK" or start == b"\x93NUM":
                loaded = np.load(file, allow_pickle=False)
                return {"": loaded} if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded.files}
            return {"": _idx(file, path)}
        except (ValueError, EOFError, zlib.error, zipfile.BadZipFile, struct.error, OSError) as error:
            if isinstance(error, PictureError):
                raise
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise PictureError(f"{path} is damaged or cannot be read ({reason}): fetch it again.") from None


def _idx(file: BinaryIO, path: Path) -> Numbers:
    """Array of an IDX file: two zeros, its type, its number of dimensions, these, and the numbers.

    Source: Y. LeCun, C. Cortes, C. Burges, the MNIST database.
    """
    head = file.read(4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _TYPES or not 1 <= head[3] <= 4:
        raise PictureError(f"{path} is no IDX, .npy or .npz file: it begins with {head!r}.")
    shape = struct.unpack(f">{head[3]}I", file.read(4 * head[3]))
    kind = np.dtype(_TYPES[head[2]])
    size = int(np.prod(shape, dtype=object)) * kind.itemsize
    if size > _MOST:
        raise PictureError(f"{path} says that it holds {size:,} bytes, the limit is {_MOST:,}: give a part of it.")
    data = file.read(size)
    if len(data) != size:
        raise PictureError(f"{path} is cut short: {len(data):,} of {size:,} bytes are there; fetch it again.")
    return np.frombuffer(data, kind).reshape(shape).astype(kind.newbyteorder("="))
