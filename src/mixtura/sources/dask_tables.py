"""Tables in files that the workers of a cluster read: each its part of the rows, none of which comes here."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, MixturaError, SourceError
from ..writing import STANDARD, is_stream
from .array import opened_npy
from .tables import MISSING, column, coordinate_names, heading, places

BYTES = 2**26  # of a .npy, a partition


def collections(table: Path, weight: Any, columns: Sequence[Any] | None, header: bool) -> tuple[Any, Any]:
    """X (n, d) and the weights (n,), or None, as collections of Dask's: of a file, or a folder of .parquet files."""
    if is_stream(table):
        called = "standard input" if table == STANDARD else f"{table}, a pipe,"
        raise InputError(f"{called} cannot be read by the workers of a cluster: give a file that they see.")
    path, kind = str(table.resolve()), table.suffix.lower()
    try:
        import dask.dataframe as dd

        known: tuple[str, ...] | None = None
        if kind == ".npy":
            names = coordinate_names(None, opened_npy(table).shape[1])
        elif table.is_dir() or (kind == ".parquet" and table.exists()):
            frame = dd.read_parquet(path)
            names = tuple(frame.columns)
        else:
            known, count, delimiter = heading(table, header)
            names = coordinate_names(known, count)
        load = None if weight is None else names[column(weight, names, path)]
        wanted = [name for name in names if name != load] if columns is None else columns
        chosen = [names[i] for i in places(wanted, names, path)]
        if kind == ".npy":
            return _npy(table, [names.index(name) for name in chosen], None if load is None else names.index(load))
        if kind in (".csv", ".tsv"):
            frame = dd.read_csv(
                path,
                sep=delimiter,
                header=None if known is None else 0,
                names=list(names),
                usecols=list(dict.fromkeys([*chosen, *([] if load is None else [load])])),
                dtype=np.float64,
                na_values=sorted(MISSING | {name.upper() for name in MISSING}),
                encoding="utf-8-sig",
            )
    except MixturaError:
        raise
    except Exception as error:
        raise SourceError(f"{table} cannot be read ({_first_line(error.__cause__ or error)}).") from None
    return frame[chosen], None if load is None else frame[load]


def _npy(table: Path, places: Sequence[int], load: int | None) -> tuple[Any, Any]:
    import dask
    import dask.array as da

    whole = opened_npy(table)
    n = len(whole)
    size = max(1, BYTES // (whole.itemsize * max(1, whole.shape[1])))
    edges = [*range(0, n, size), n]

    def part(columns: Sequence[int]) -> Any:
        parts = [
            da.from_delayed(
                dask.delayed(_read)(table.resolve(), first, last, columns), (last - first, len(columns)), float
            )
            for first, last in itertools.pairwise(edges)
        ]
        return da.concatenate(parts)

    return part(list(places)), None if load is None else part([load])[:, 0]


def _read(path: Path, first: int, last: int, columns: Sequence[int]) -> Any:
    """On a worker: some rows and columns of a .npy."""
    return np.asarray(opened_npy(path)[first:last][:, list(columns)], np.float64)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
