"""Every kind of data that can be fitted or asked about, opened as a `Source`.

`opened` is the door: arrays, lists and frames become `Points` in memory; what lies on disk or on workers is read block
by block, in bounded memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..arrays import Array
from ..checks import by_name, check_columns, float_dtype, labels_of, real
from ..columns import check_collected
from ..errors import InputError, named
from ..writing import STANDARD, is_folder, is_stream, is_there
from .answers import Answers as Answers
from .blocks import KEPT, Options
from .points import Points
from .source import Pass, Source

__all__ = ["Answers", "opened"]

TEXT = (".csv", ".tsv")
BINARY = (".npy", ".parquet", ".h5", ".hdf5", ".zarr")
_ON_DISK = ("h5py", "zarr")  # packages whose arrays are cut like NumPy's


def opened(
    x: Any,
    sample_weight: Any = None,
    *,
    columns: Sequence[Any] | None = None,
    like: Sequence[str] | None = None,
    header: bool = False,
    dtype: Any = "float64",
    missing: bool = False,
    on_workers: bool = False,
    watch: Callable[[Pass], Any] | None = None,
) -> Source:
    """Open points, wherever they are, for a fit or a question.

    Parameters
    ----------
    x : array_like, frame, path, memory map, array on disk, Dask collection, callable or Source
        Rows are points, columns coordinates. Arrays (n, d), lists, frames of pandas and polars, and tables in text
        (.csv, .tsv, pipes; "-" is standard input) are held in memory; the numbers of a text that has more than 16
        million are read once and kept in a temporary file. Read in blocks at each pass are .npy, .parquet
        (a file, or a folder of them), .h5 and .zarr; memory maps and arrays of h5py and zarr; and what a function
        gives: a fresh iterator of blocks, each a table (m, d) or a pair of a table and its weights (m,). Dask arrays
        and frames stay in their partitions.
    sample_weight : array_like of float, shape (n,), or str or int, optional
        The weight of each row; of a table in a file also one of its columns.
    columns : sequence of str or int, optional
        The columns to take, in this order, by name or by number. Columns without names are x1, x2, ...
    like : sequence of str, optional
        The names of a mixture's coordinates: where the columns of x have names, these are taken.
    header : bool, default False
        Whether the first line of a text holds names even if these are numbers.
    dtype : {"float64", "float32"} or None
        Of the points; None for that of x, if it has one of these.
    missing : bool, default False
        Whether NaN marks a missing value.
    on_workers : bool, default False
        Whether a file is read by the workers of Dask's current cluster, under the same path, instead of here.
    watch : callable, optional
        Called with a `Pass` after each block that is read.

    Returns
    -------
    Source
        `Points` where they are in memory.

    Raises
    ------
    InputError
        If x is no table of numbers, if a column is missing, or for blocks that cannot be passed over twice.
    TableError, SourceError
        If a file cannot be read.

    Examples
    --------
    >>> import mixtura as mx
    >>> source = mx.sources.opened(lambda: iter([[[1.0], [2.0]], [[6.0]]]))
    >>> source.survey().n, source.survey().high
    (3, array([6.]))
    >>> mx.fit(source, 1).mixture.mean()
    array([3.])
    """
    check_collected(x, "x")
    options = Options(_precision(x) if dtype is None else dtype, missing, watch, None if like is None else tuple(like))
    if isinstance(x, (str, os.PathLike)):
        if not os.fspath(x):
            raise InputError("x is an empty path: give the name of a table.")
        return _of_path(Path(x), sample_weight, columns, header, on_workers, options)
    if hasattr(type(x), "__dask_graph__"):
        from .dask import DaskSource

        x, sample_weight = _weighed(x, sample_weight, columns)
        return DaskSource(_chosen(x, columns), sample_weight, options)
    if not isinstance(x, Points) and hasattr(type(x), "survey"):  # of the type: a frame has its columns as attributes
        _check_no_columns(columns, "a source that is open")
        return _again(x, sample_weight, options)
    if _is_on_disk(x):
        from .array import ArraySource

        return ArraySource(x, sample_weight, options, columns=columns)
    if isinstance(x, Iterator):
        raise InputError(
            f"x is a {type(x).__name__}, which gives its blocks once, but a fit passes over its points many times: "
            f"give a function that makes it anew, such as lambda: blocks()."
        )
    if callable(x) and not hasattr(x, "__array__"):
        from .iterable import IterableSource

        if sample_weight is not None:
            raise InputError(
                f"{named('sample_weight')} was given, but x is a function: let its blocks be pairs (x, weight)."
            )
        _check_no_columns(columns, "a function")
        return IterableSource(x, options)
    return _in_memory(x, sample_weight, columns, options)


def asked(x: Any, sample_weight: Any = None, *, like: Sequence[str] | None = None, missing: bool = False) -> Source:
    """`x` opened for a question to a mixture with coordinates of the names `like`, in the precision that it has."""
    if isinstance(x, Points):
        missing = missing or x.incomplete
    elif isinstance(getattr(x, "options", None), Options):
        missing = x.options.missing
    return opened(x, sample_weight, like=like, dtype=None, missing=missing)


def precision(x: Any, dtype: Any = None) -> Any:
    """The precision of a fit to x: what is asked for, else that of Points or of an open source, else double."""
    if dtype is not None:
        return dtype
    said = isinstance(x, Points) or isinstance(getattr(x, "options", None), Options)
    return _precision(x) if said else np.float64


def _precision(x: Any) -> Any:
    """The precision of what is opened: float32 where it has that, else float64."""
    if isinstance(getattr(x, "options", None), Options):
        return float_dtype(x.options.dtype)
    if isinstance(x, (str, os.PathLike)) and Path(x).suffix.lower() == ".npy":
        from .array import opened_npy

        with suppress(OSError):  # what cannot be read is said where it is opened
            x = opened_npy(Path(x)) if Path(x).is_file() else x
    return np.float32 if str(getattr(x, "dtype", None)) == "float32" else np.float64


def whole_columns(source: Source) -> tuple[bool, ...]:
    """Which columns are known to hold whole numbers alone, so that new rows can be written likewise."""
    if isinstance(source, Points):
        return tuple(((np.rint(source.x) == source.x) | np.isnan(source.x)).all(axis=0).tolist())
    return getattr(source, "whole", None) or (False,) * source.survey().d


def weights_of(source: Source) -> Array:
    """(n,) the weights of all rows, in memory."""
    return np.concatenate([block.counts for block in source.blocks()])


def in_memory(x: Any) -> bool:
    """Whether x is held in memory, so that questions about it are answered as arrays."""
    if type(x) is np.ndarray or isinstance(x, Points):
        return True
    apart = any(hasattr(type(x), mark) for mark in ("__dask_graph__", "survey"))
    return not (
        apart
        or isinstance(x, (str, os.PathLike, Iterator))
        or _is_on_disk(x)
        or (callable(x) and not hasattr(x, "__array__"))
    )


def _is_on_disk(x: Any) -> bool:
    mapped = isinstance(x, np.memmap) and x.size > KEPT
    return mapped or (type(x).__module__.partition(".")[0] in _ON_DISK and hasattr(x, "shape"))


def _in_memory(x: Any, weight: Any, columns: Sequence[Any] | None, options: Options) -> Points:
    if isinstance(x, Points):
        if weight is not None:
            raise InputError("sample_weight was given, but x is Points, which carry their own weight: give one.")
        points = x
        if x.x.dtype != float_dtype(options.dtype):
            other = Points.from_array(x.x, x.weight, names=x.names, dtype=options.dtype, missing=x.incomplete)
            points = replace(other, one_unit=x.one_unit, noise=x.noise, within_variance=x.within_variance)
        chosen: Points = _chosen(points, columns)
        return chosen.by_name(options.like, "x")
    x, weight = _weighed(x, weight, columns)
    frame = _chosen(x, columns)
    if options.like is not None:
        frame = by_name(frame, options.like, "x")
    return Points.from_array(frame, weight, dtype=options.dtype, copy=False, missing=options.missing)


def _chosen(x: Any, columns: Sequence[Any] | None) -> Any:
    """Some of the columns of points, a frame or an array, by name or number."""
    if columns is None:
        return x
    from .tables import coordinate_names, places

    if isinstance(x, Points):
        return x.columns(np.array(places(columns, coordinate_names(x.names, x.d), "x")))
    labels = labels_of(x)
    if labels is not None:
        where = places(columns, [str(name) for name in labels], "x")
        if hasattr(x, "iloc"):
            return x.iloc[:, where]
        return x.select(where) if hasattr(x, "column_names") else x[:, where]
    table = x if hasattr(x, "shape") else real(x, "x", np.dtype(np.float64))[1]
    if len(table.shape) != 2:
        return x  # which is told where it is read
    return table[:, places(columns, coordinate_names(None, int(table.shape[1])), "x")]


def _weighed(x: Any, weight: Any, columns: Sequence[Any] | None) -> tuple[Any, Any]:
    """A frame without the column of its weights, and that column, if they are given by its name."""
    labels = labels_of(x) if isinstance(weight, str) else None
    if labels is None:
        return x, weight
    if columns is not None:
        return x, x[weight] if weight in labels else weight
    from .tables import column

    column(weight, labels, "x", "sample_weight")
    rest = [name for name in labels if name != weight]
    return x.select(rest) if hasattr(x, "column_names") else x[rest], x[weight]


def _check_no_columns(columns: Sequence[Any] | None, what: str) -> None:
    if columns is not None:
        raise InputError(f"{named('columns')} is given, but x is {what}: choose the columns where it is made.")


def _again(source: Any, weight: Any, options: Options) -> Source:
    """A source that was opened before, for a fit that asks for these: it has read its weights and numbers already."""
    if weight is not None:
        raise InputError(
            f"{named('sample_weight')} was given, but x is a source: give it to mixtura.sources.opened with the rows."
        )
    had = getattr(source, "options", None)
    if isinstance(had, Options):
        for name, before, now in (
            ("dtype", float_dtype(had.dtype), float_dtype(options.dtype)),
            ("missing", had.missing, options.missing),
        ):
            if before != now:
                raise InputError(f"x is a source that was opened with {name}={before}, but {name}={now} is asked for.")
        if options.like is not None:
            source = _by_name(source, options.like)
        if options.watch is not None:
            source = copy(source)
            source.options = replace(had, watch=options.watch)
    found: Source = source
    return found


def _by_name(source: Any, like: Sequence[str]) -> Source:
    """The source with its columns of these names, in that order, if it has names."""
    source.survey()  # which is where the blocks of a function tell theirs
    if source.names in (None, tuple(like)):
        return cast("Source", source)
    from .beside import Chosen

    check_columns(like, source.names, "x")
    return Chosen(source, [source.names.index(name) for name in like])


def _of_path(
    path: Path, weight: Any, columns: Sequence[Any] | None, header: bool, on_workers: bool, options: Options
) -> Source:
    from . import tables

    kind = path.suffix.lower()
    try:
        folder = is_folder(path)
    except OSError as error:
        raise InputError(f"x is a path that cannot be read ({error.strerror}): give the name of a table.") from None
    if on_workers:
        from . import dask_tables
        from .dask import DaskSource

        return DaskSource(*dask_tables.collections(path, weight, columns, header), options)
    if is_stream(path) and kind in BINARY:
        raise InputError(f"{path} is a pipe or a device, which gives text (.csv, .tsv) only: save it as a file first.")
    if is_stream(path) or (kind in TEXT and not folder):
        column = weight if isinstance(weight, (str, int)) else None
        found = tables.read(
            path, columns=columns, like=options.like, weight=column, header=header, missing=options.missing
        )
        weight = weight if column is None else found.weight
        if isinstance(found.x, np.memmap):
            from .array import ArraySource

            source = ArraySource(found.x, weight, options, "standard input" if path == STANDARD else str(path))
            source.names, source.whole = found.names, tuple(found.whole.tolist())
            return source
        return Points.from_array(
            found.x, weight, names=found.names, dtype=options.dtype, copy=False, missing=options.missing
        )
    if header:
        kinds = " ".join(TEXT)
        raise InputError(f"{named('header')} is about tables in text ({kinds}), but x is {path}: leave it out.")
    if not is_there(path):
        raise InputError(f"{path} does not exist: give a table.")
    if kind == ".parquet" or (folder and kind != ".zarr"):
        from .parquet import ParquetSource

        return ParquetSource(path, weight, options, columns=columns)
    if kind not in BINARY:
        raise InputError(
            f"x is {os.fspath(path)!r}, which is no table that is known: give one of {' '.join((*TEXT, *BINARY))}, or "
            f"read it first and give its numbers."
        )
    from . import array

    opening = {".npy": array.opened_npy, ".zarr": array.opened_zarr}.get(kind, array.opened_hdf5)
    return array.ArraySource(opening(path), weight, options, str(path), columns=columns)
