"""Many pictures of one size, from one file or from a folder."""

from __future__ import annotations

import gzip
import struct
import warnings
from collections.abc import Callable, Collection
from contextlib import nullcontext
from os import PathLike
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from ..arrays import Array, Bytes, Numbers
from ..errors import InputError, MixturaError, MixturaWarning, PictureError, named
from ..writing import is_folder
from . import checks, files, formats
from .quantise import checked

Pictures = Bytes  # (n, h, w) greys or (n, h, w, 3) sRGB

_NAMES = ("images", "pictures", "data", "x", "X", "x_train", "arr_0")  # in an .npz with several arrays
_LABELS = ("labels", "target", "y", "y_train")
_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # of IDX files
_MOST = 2**32  # bytes of an IDX file, once unpacked


class Gathered(NamedTuple):
    """What was read.

    Parameters
    ----------
    pictures : ndarray of uint8, shape (n, h, w) or (n, h, w, 3)
        Greys or sRGB values.
    left_out : tuple of str
        Names of the files of a folder that were not read.
    """

    pictures: Pictures
    left_out: tuple[str, ...] = ()


def read(
    path: str | PathLike[str] | BinaryIO,
    *,
    labels: str | PathLike[str] | BinaryIO | None = None,
    label: int | None = None,
    profile: bool = True,
) -> Pictures:
    """Read pictures of one size.

    Parameters
    ----------
    path : path or binary file
        An IDX file such as MNIST's, plain or .gz; an .npy or .npz file of numbers in 0..255 (floats in 0..1 are
        multiplied by 255), of shape (n, h, w), (n, h, w, 1) or (n, h, w, 3); or a folder of picture files, which are
        read in the order of their names, as greys if none has colour.
    labels : path or binary file, optional
        An IDX, .npy or .npz file of whole numbers, one per picture; for an .npz file of pictures, by default its own
        array ``labels``, ``target`` or ``y``.
    label : int, optional
        Return only the pictures with this label.
    profile : bool, default True
        Whether the profiles of picture files are applied, see `mixtura.pictures.files.read`.

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

    Warns
    -----
    MixturaWarning
        If files of a folder are left out, since they are no pictures that can be read.

    References
    ----------
    LeCun, Cortes and Burges, "The MNIST database of handwritten digits", for the IDX format.
    """
    found = gathered(path, labels=labels, label=label, profile=profile)
    if found.left_out:
        warnings.warn(
            MixturaWarning(f"{path} holds files that are no pictures, left out: {listed(found.left_out)}."),
            stacklevel=2,
        )
    return found.pictures


def listed(names: Collection[str]) -> str:
    """List names of files in a sentence.

    Parameters
    ----------
    names : collection of str
        One at least.

    Returns
    -------
    str
        The first five of them, long ones cut.
    """
    few = ", ".join(name if len(name) <= 40 else name[:37] + "..." for name in list(names)[:5])
    return few if len(names) <= 5 else f"{few} and {len(names) - 5:,} more"


def gathered(
    path: str | PathLike[str] | BinaryIO,
    *,
    labels: str | PathLike[str] | BinaryIO | None = None,
    label: int | None = None,
    profile: bool = True,
    without: Collection[Path] = (),
) -> Gathered:
    """Read pictures of one size, and say what was left out.

    Parameters
    ----------
    path, labels, label, profile
        As for `read`.
    without : collection of Path
        Files of a folder that are not read.

    Returns
    -------
    Gathered

    Raises
    ------
    PictureError, InputError
        As `read` does.
    """
    source, given = _of(path)
    left_out: tuple[str, ...] = ()
    if given is None and _is_folder(source):
        (pictures, left_out), own = _folder(source, profile, without), None
    else:
        found = _arrays(source, given)
        pictures = _pictures(_chosen(found, _NAMES, source, lambda array: array.ndim >= 3), source)
        own = next((found[name] for name in _LABELS if name in found), None)
    if label is None:
        if labels is not None:
            raise InputError(f"{named('labels')} are given, but no label to choose: add {named('label', 2)}, say.")
        return Gathered(pictures, left_out)
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
    return Gathered(np.asarray(pictures[marks == label]), left_out)


def _of(path: str | PathLike[str] | BinaryIO) -> tuple[Path, BinaryIO | None]:
    """Its name, and the file if it is open."""
    return (Path(path), None) if isinstance(path, (str, PathLike)) else (Path(getattr(path, "name", "the file")), path)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # said where it is opened
        return False


def _pictures(array: Numbers, source: Path) -> Pictures:
    array = checks.pictures(array, str(source), error=PictureError)
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind == "f" and 0 < array.max() <= 1:
        array = array * 255.0
    return np.asarray(np.rint(array), np.uint8)


def _folder(folder: Path, profile: bool, without: Collection[Path]) -> Gathered:
    try:
        seen = sorted(file for file in folder.iterdir() if not file.name.startswith(".") and not is_folder(file))
    except OSError as error:
        raise PictureError(f"the folder {folder} cannot be read ({error.strerror}).") from None
    known, apart = formats.extensions(), {file.resolve() for file in without}
    names = [file for file in seen if file.suffix.lower() in known and file.resolve() not in apart]
    if not names:
        found = f", but {listed([file.name for file in seen])}" if seen else ""
        raise PictureError(
            f"the folder {folder} holds no pictures{found}: give another one, with PNG, JPEG, WebP, TIFF or the like."
        )
    shots = []
    for name in names:
        shots.append(checked(files.decode(name, profile=profile).pixels))
        if shots[-1].shape != shots[0].shape:
            (height, width), (high, wide) = shots[0].shape[:2], shots[-1].shape[:2]
            raise PictureError(
                f"the pictures in {folder} differ in size: {names[0].name} has {width} x {height} and {name.name} has "
                f"{wide} x {high} pixels; make them alike."
            )
    stack = np.stack(shots)
    grey = (stack == stack[..., :1]).all()
    left_out = tuple(file.name for file in seen if file not in names)
    return Gathered(np.ascontiguousarray(stack[..., 0]) if grey else stack, left_out)


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
        except MixturaError:
            raise
        except Exception as error:  # NumPy and its unpackers meet damage with every kind of exception
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            said = " ".join(str(reason).split())[:100]
            raise PictureError(f"{path} is damaged or cannot be read ({said}): fetch it again.") from None


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
