"""Mixture <-> file. safetensors with a versioned header: no pickle, so a file from a stranger can only be wrong.

A file holds the tensors `weights`, `means` and `covariances` (float64) and these strings in its header:
`format` ("mixtura"), `version` ("1", or "2" where the family is one that version 1 did not know), `covariance_type`,
`names` (JSON list or null) and `notes` (JSON object).
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, StorageError, said, shortened
from ..writing import is_file, is_folder, is_stream, whole_file
from .families import BASIC
from .mixture import Mixture

VERSION = 2
DIGITS = 9  # of a version that may be one


def save(
    mixture: Mixture,
    path: str | os.PathLike[str] | BinaryIO,
    *,
    notes: Mapping[str, Any] | None = None,
    more: Mapping[str, NDArray[np.float64]] | None = None,
) -> None:
    """Write `mixture` to `path`, whole or not at all; or to an open file. Raises OutputError.

    notes: anything that JSON can hold. more: other arrays to keep, by names of their own.
    """
    from safetensors.numpy import save as to_bytes

    try:
        header = {
            "format": "mixtura",
            "version": "1" if mixture.covariance_type in BASIC else str(VERSION),
            "covariance_type": mixture.covariance_type,
            "names": json.dumps(mixture.names),
            "notes": json.dumps(dict(notes or {}), allow_nan=False),
        }
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"notes cannot be written as JSON ({said(error)}).") from None
    tensors = {"weights": mixture.weights, "means": mixture.means, "covariances": mixture.covariances}
    tensors |= more or {}
    content = to_bytes({name: np.asarray(array, order="C") for name, array in tensors.items()}, header)
    with whole_file(path) if isinstance(path, (str, os.PathLike)) else nullcontext(path) as file:
        file.write(_in_one_order(content))


def _in_one_order(content: bytes) -> bytes:
    """The same file with the entries of its header sorted: safetensors writes them as they fall."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8:end]), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    header += b" " * (-len(header) % 8)  # tensors begin at multiples of eight bytes
    return len(header).to_bytes(8, "little") + header + content[end:]


def load(path: str | os.PathLike[str] | BinaryIO) -> Mixture:
    """The mixture in a model file.

    Parameters
    ----------
    path : str or path-like
        A file written by `Mixture.save`, or a checkpoint.

    Returns
    -------
    Mixture
        With the very bits that were saved.

    Raises
    ------
    StorageError
        If the file is missing, damaged, foreign or of a later version.
    """
    return load_with_notes(path)[0]


def load_with_notes(path: str | os.PathLike[str] | BinaryIO) -> tuple[Mixture, dict[str, Any]]:
    """The mixture in a file, and the notes that were saved with it."""
    return load_all(path)[:2]


def load_all(
    path: str | os.PathLike[str] | BinaryIO,
) -> tuple[Mixture, dict[str, Any], dict[str, NDArray[np.float64]]]:
    """The mixture in a file, the notes that were saved with it, and all arrays by their names."""
    if isinstance(path, (str, os.PathLike)):
        where = Path(path)
        try:
            if is_stream(where):
                with where.open("rb") as file:
                    return load_all(file)
            if not is_file(where):
                found = "is a folder" if is_folder(where) else "does not exist"
                raise StorageError(f"{where} {found}: give a model file (.mix).")
        except OSError as error:
            raise StorageError(f"{where} cannot be read ({error.strerror}): give a model file (.mix).") from None
        return _read(where, str(where))
    with tempfile.TemporaryDirectory() as folder:  # safetensors opens names alone
        where = Path(folder, "model.mix")
        where.write_bytes(path.read())
        return _read(where, str(getattr(path, "name", "the model")))


def _read(file_name: Path, where: str) -> tuple[Mixture, dict[str, Any], dict[str, NDArray[np.float64]]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file_name, framework="numpy") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError, MemoryError) as error:
        raise StorageError(f"{where} is not a model file, or it is damaged ({said(error)}).") from None
    if header.get("format") != "mixtura":
        raise StorageError(f"{where} is a safetensors file, but not one of Mixtura's: its header names no format.")
    _check_version(where, header.get("version", ""))
    try:
        names, notes = json.loads(header["names"]), json.loads(header["notes"])
        weights, means, covariances = (tensors[name] for name in ("weights", "means", "covariances"))
        kind: Any = header["covariance_type"]
        checked = Mixture(weights, means, covariances, kind, names=names)
        if not isinstance(notes, dict):
            raise ValueError(f"its notes are {shortened(header['notes'], 60)}, expected an object")
        if any(array.dtype != np.float64 for array in tensors.values()):
            raise ValueError("its tensors are not all float64")
        if abs(weights.sum() - 1.0) > 1e-9:
            raise ValueError(f"its weights sum to {weights.sum():g}, expected 1")
    except RecursionError:
        raise StorageError(f"{where} is damaged: its header is nested too deeply.") from None
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise StorageError(f"{where} is damaged: {said(error)}.") from None
    # The stored bits themselves: the door has divided by the sum of the weights once more.
    return Mixture.trusted(weights, means, covariances, kind, names=checked.names), notes, tensors


def _check_version(where: str, text: str) -> None:
    if not text.isdecimal():
        raise StorageError(f"{where} is damaged: its version is {shortened(repr(text), 40)}, expected a whole number.")
    if len(text) > DIGITS or int(text) > VERSION:
        older = f"this Mixtura reads up to {VERSION}: upgrade mixtura"
        raise StorageError(f"{where} has version {shortened(text, 40)}, {older}.")


# Other values, each of a format of its own


def save_arrays(
    path: str | os.PathLike[str] | BinaryIO, kind: str, arrays: Mapping[str, NDArray[Any]], notes: Mapping[str, Any]
) -> None:
    """Write arrays to a file, whole or not at all; `kind` is the format that its header names."""
    from safetensors.numpy import save as to_bytes

    try:
        header = {"format": kind, "version": "1", "notes": json.dumps(dict(notes), allow_nan=False)}
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"notes cannot be written as JSON ({said(error)}).") from None
    content = to_bytes({name: np.asarray(array, order="C") for name, array in arrays.items()}, header)
    with whole_file(path) if isinstance(path, (str, os.PathLike)) else nullcontext(path) as file:
        file.write(_in_one_order(content))


def load_arrays(
    path: str | os.PathLike[str] | BinaryIO, kind: str
) -> tuple[dict[str, NDArray[Any]], dict[str, Any], str]:
    """The arrays of such a file, its notes, and what errors call it. Raises StorageError."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    where = str(path if isinstance(path, (str, os.PathLike)) else getattr(path, "name", "the file"))
    try:
        content = Path(path).read_bytes() if isinstance(path, (str, os.PathLike)) else path.read()
        arrays = from_bytes(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")]).get("__metadata__", {})
        notes = json.loads(header.get("notes", "{}"))
    except FileNotFoundError:
        raise StorageError(f"{where} does not exist: check the name and the folder.") from None
    except OSError as error:
        raise StorageError(f"{where} cannot be read ({said(error)}).") from None
    except (SafetensorError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise StorageError(f"{where} is not a model file, or it is damaged ({said(error)}).") from None
    if header.get("format") != kind:
        found = shortened(repr(header.get("format")), 40)
        raise StorageError(f"{where} is of the format {found}, expected {kind!r}: give a file of that kind.")
    _check_version(where, str(header.get("version", "")))
    if not isinstance(notes, dict):
        raise StorageError(f"{where} is damaged: its notes are no object.")
    return arrays, notes, where
