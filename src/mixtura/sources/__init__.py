"""Points that are not in memory, or not all of them: what a fit can read block by block.

`opened` is the door: it knows what can be read so.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np

from ..engines.base import Pass, Source
from ..errors import InputError, named
from ..model.checks import float_dtype
from .blocks import KEPT, Options

__all__ = ["opened"]

KINDS = (".npy", ".parquet", ".h5", ".hdf5", ".zarr")
_ON_DISK = ("h5py", "zarr")  # packages whose arrays are cut like NumPy's


def opened(
    x: Any,
    sample_weight: Any = None,
    *,
    columns: Sequence[Any] | None = None,
    dtype: Any = "float64",
    missing: bool = False,
    watch: Callable[[Pass], Any] | None = None,
) -> Source | None:
    """What reads x block by block; None where x is in memory, or a memory map small enough to be put there.

    x: the path of a .npy, .parquet (a file or a folder of them), .h5 or .zarr; a numpy.memmap; an array of h5py or
    zarr; a Dask array or frame; a function that returns an iterator of blocks, each a table (m, d) or a pair of a table
    and its weights (m,); or a source. sample_weight: (n,), in memory, on disk or of Dask's; for a file also one of its
    columns. columns: those of a file to take, by their names in Parquet, by their numbers in the others. watch: told a
    Pass after each block.
    Raises InputError for what looks like blocks but cannot be passed over twice.

    >>> import mixtura as mx
    >>> source = mx.sources.opened(lambda: iter([[[1.0], [2.0]], [[6.0]]]))
    >>> source.survey().n, source.survey().high
    (3, array([6.]))
    >>> mx.fit(source, 1).mixture.mean()
    array([3.])
    """
    options = Options(dtype, missing, watch)
    if hasattr(type(x), "__dask_graph__"):
        from .dask import DaskSource

        return DaskSource(x, sample_weight, options)
    if hasattr(type(x), "survey") and hasattr(type(x), "engine"):  # of the type: a frame has its columns as attributes
        return _again(x, sample_weight, options)
    if isinstance(x, (str, os.PathLike)):
        return _of_path(Path(x), sample_weight, columns, options)
    if isinstance(x, np.memmap) and x.size > KEPT:
        from .array import ArraySource

        return ArraySource(x, sample_weight, options)
    if type(x).__module__.partition(".")[0] in _ON_DISK and hasattr(x, "shape"):
        from .array import ArraySource

        return ArraySource(x, sample_weight, options)
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
        return IterableSource(x, options)
    return None


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
                raise InputError(
                    f"x is a source that was opened with {named(name, before)}, but {named(name, now)} is asked for."
                )
        if options.watch is not None:
            source = copy(source)
            source.options = options
    found: Source = source
    return found


def _of_path(path: Path, weight: Any, columns: Sequence[Any] | None, options: Options) -> Source:
    kind = path.suffix.lower()
    folder = path.is_dir()
    if not path.exists():
        raise InputError(f"x is {os.fspath(path)!r}, but there is no such file.")
    if kind == ".parquet" or (folder and kind != ".zarr"):
        from .parquet import ParquetSource

        return ParquetSource(path, weight, options, columns=columns)
    if kind not in KINDS or (folder and kind != ".zarr"):
        raise InputError(
            f"x is {os.fspath(path)!r}, which cannot be read in blocks (those are {' '.join(KINDS)}): read the table "
            f"first, and give its numbers."
        )
    from . import array

    opening = {".npy": array.opened_npy, ".zarr": array.opened_zarr}.get(kind, array.opened_hdf5)
    return array.ArraySource(opening(path), weight, options, str(path), columns=columns)
