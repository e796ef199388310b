"""Arrays on disk: NumPy memory maps, and arrays of Zarr and HDF5, which are cut like them."""

from __future__ import annotations

import mmap
import warnings
from collections.abc import Iterator, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from ..checks import extra
from ..errors import InputError, MixturaWarning, SourceError, named, said
from .blocks import Blocks, Options, Piece, rows_of
from .naming import column, coordinate_names, places

LARGE = 2**30  # bytes of a chunk that are worth a warning


class ArraySource(Blocks):
    """Rows of an array (n, d) that lies on disk.

    weight: (n,), in memory or on disk too, or the column of weights, or None. columns: those wanted, in that order; by
    default all but that of the weights. Columns go by their numbers, or as x1, x2, and so on.
    """

    x: Any
    weight: Any

    def __init__(
        self, x: Any, weight: Any, options: Options, called: str = "x", *, columns: Sequence[int | str] | None = None
    ) -> None:
        super().__init__(options)
        self.called = called
        if len(x.shape) != 2:
            raise InputError(
                f"{called} has {len(x.shape)} dimensions, expected 2 (n, d): rows are points, columns coordinates."
            )
        n, d = int(x.shape[0]), int(x.shape[1])
        self.n: int | None = n
        if not n or not d:
            raise InputError(f"{called} has shape {(n, d)}: at least one point and one coordinate are needed.")
        known = coordinate_names(None, d)
        self.columns = None if columns is None else places(columns, known, called)
        self.load: int | None = None  # the column of weights
        if isinstance(weight, (str, bool, Integral)):
            self.load, weight = (
                column(weight, known, called, "sample_weight"),
                None,
            )
            self.columns = [i for i in range(d) if i != self.load] if columns is None else self.columns
            if not self.columns:
                raise InputError(f"{called} has no column but that of the weights: there is nothing to read.")
        self.x, self.weight = x, weights_on_disk(weight, n)
        self.whole: tuple[bool, ...] = (x.dtype.kind in "iub",) * (d if self.columns is None else len(self.columns))
        chunk = int((getattr(x, "chunks", None) or (1,))[0])  # read whole: each is unpacked but once
        self.size: int = rows_of(d)
        self.step: int = max(chunk, self.size // chunk * chunk)
        if min(n, chunk) * d * x.dtype.itemsize > LARGE:
            warnings.warn(
                MixturaWarning(
                    f"{called} has chunks of {min(n, chunk):,} rows, which are read whole: each takes "
                    f"{min(n, chunk) * d * x.dtype.itemsize / 1e9:.1f} GB of memory; write it in chunks of fewer rows."
                ),
                stacklevel=4,
            )

    def read(self) -> Iterator[Piece]:
        """The rows: whole chunks are read, and told in smaller pieces, of which others may be made."""
        n: int = self.x.shape[0]
        for first in range(0, n, self.step):
            rows = slice(first, min(n, first + self.step))
            x, weight = self.x[rows], None if self.weight is None else self.weight[rows]
            if self.load is not None:
                weight = x[:, self.load]
            x = x if self.columns is None else x[:, self.columns]
            for start in range(0, len(x), self.size):
                part = slice(start, start + self.size)
                yield Piece(x[part], None if weight is None else weight[part], self.called, first + start)
            for array in (self.x, self.weight):
                _let_go(array)


def weights_on_disk(weight: Any, n: int) -> Any:
    """`weight` as something that gives its rows when it is cut, once it is found to have n of them."""
    array = weight if weight is None or hasattr(weight, "shape") else np.asarray(weight)
    if array is not None and tuple(array.shape) != (n,):
        raise InputError(
            f"{named('sample_weight')} has shape {tuple(array.shape)}, expected ({n},): one weight a point."
        )
    return array


def opened_npy(path: Path) -> Any:
    """The array in a .npy as a memory map, (n, d); of one column where it is (n,)."""
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # a header is read as Python is, which may fail in any way
        if "Python objects" in str(error):
            raise SourceError(f"{path} holds Python objects: save the numbers of it, as x.astype(float).") from None
        raise SourceError(f"{path} cannot be read as an array ({said(error)}).") from None
    size, told = path.stat().st_size, int(getattr(array, "offset", 0)) + array.nbytes
    if size != told:
        raise SourceError(
            f"{path} has {size:,} bytes, but its header tells of {told:,}: it is damaged, or holds more than one array."
        )
    return array[:, None] if array.ndim == 1 else array


def opened_hdf5(path: Path) -> Any:
    """The one dataset (n, d) in a file of HDF5."""
    h5py = extra("h5py", "HDF5 is read with h5py", "stream")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise SourceError(f"{path} cannot be read as HDF5 ({said(error)}).") from None
    found: dict[str, Any] = {}

    def visit(name: str, thing: Any) -> None:
        if isinstance(thing, h5py.Dataset) and thing.ndim == 2:
            found[name] = thing

    file.visititems(visit)
    return _the_only(found, path, "datasets", f'h5py.File("{path}")')


def opened_zarr(path: Path) -> Any:
    """The array of Zarr in a folder, or the one array (n, d) of a group."""
    zarr = extra("zarr", "Zarr is read with zarr", "stream")
    try:
        there = zarr.open(str(path), mode="r")
    except Exception as error:
        raise SourceError(f"{path} cannot be read as Zarr ({said(error)}).") from None
    if isinstance(there, zarr.Array):
        return there
    found = {name: array for name, array in there.arrays() if array.ndim == 2}
    return _the_only(found, path, "arrays", f'zarr.open("{path}")')


def _the_only(found: dict[str, Any], path: Path, what: str, opening: str) -> Any:
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        raise SourceError(f"{path} holds no {what} of shape (n, d): rows are points, columns coordinates.")
    names = ", ".join(list(found)[:8]) + (", ..." if len(found) > 8 else "")
    raise SourceError(
        f"{path} holds {len(found)} {what} of shape (n, d), expected one ({names}): give one of them, as "
        f'{opening}["{next(iter(found))}"].'
    )


def _let_go(array: Any) -> None:
    """Pages of a memory map that were read need not stay with this process; the system may keep them, or not."""
    if not isinstance(array, np.memmap) or array.mode == "c" or not hasattr(mmap, "MADV_DONTNEED"):
        return  # of a map that copies what is written to it, pages hold what is nowhere else
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap):
        base.madvise(mmap.MADV_DONTNEED)
