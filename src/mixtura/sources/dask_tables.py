"""Tables in files that the workers of a cluster read: each its part of the rows, none of which comes here."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..checks import extra
from ..errors import InputError, MixturaError, SourceError, said
from ..writing import STANDARD, is_folder, is_stream, is_there
from .array import opened_npy
from .tables import Heading, column, coordinate_names, heading, part, places

BYTES = 2**26  # of a .npy or a text, a partition


def collections(table: Path, weight: Any, columns: Sequence[Any] | None, header: bool) -> tuple[Any, Any]:
    """X (n, d) and the weights (n,), or None, as collections of Dask's: of a file, or a folder of .parquet files."""
    if is_stream(table):
        called = "standard input" if table == STANDARD else f"{table}, a pipe,"
        raise InputError(f"{called} cannot be read by the workers of a cluster: give a file that they see.")
    path, kind = str(table.resolve()), table.suffix.lower()
    try:
        import dask.dataframe as dd

        head = None
        if kind == ".npy":
            names = coordinate_names(None, opened_npy(table).shape[1])
        elif is_folder(table) or (kind == ".parquet" and is_there(table)):
            frame = dd.read_parquet(path)
            names = tuple(frame.columns)
        else:
            head = heading(table, header)
            names = coordinate_names(head.names, head.d)
        load = None if weight is None else names[column(weight, names, path)]
        wanted = [name for name in names if name != load] if columns is None else columns
        chosen = [names[i] for i in places(wanted, names, path)]
        if kind == ".npy":
            return _npy(table, [names.index(name) for name in chosen], None if load is None else names.index(load))
        if head is not None:
            frame = _text(table, head, list(dict.fromkeys([*chosen, *([] if load is None else [load])])), names)
    except MixturaError:
        raise
    except Exception as error:
        raise SourceError(f"{table} cannot be read ({said(error.__cause__ or error)}).") from None
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


def _text(table: Path, head: Heading, wanted: Sequence[str], names: Sequence[str]) -> Any:
    """A frame of some columns of a table in text, each partition some of its lines, read as they are read here."""
    import dask
    import dask.dataframe as dd
    from dask.bytes import read_bytes

    _, ((*blocks,),) = read_bytes(str(table.resolve()), delimiter=b"\n", blocksize=BYTES, sample=False)
    where = [names.index(name) for name in wanted]
    read = dask.delayed(_lines)
    parts = [read(table.resolve(), block, number, head, where, wanted) for number, block in enumerate(blocks)]
    return dd.from_delayed(parts, meta=_frame(np.empty((0, len(wanted))), wanted), verify_meta=False)


def _lines(path: Path, content: bytes, number: int, head: Heading, where: Sequence[int], wanted: Sequence[str]) -> Any:
    """On a worker: some columns of a part of a table in text."""
    return _frame(part(path, content, number, head, where), wanted)


def _frame(x: Any, names: Sequence[str]) -> Any:
    return extra("pandas", "tables on workers are frames of pandas", "cluster").DataFrame(x, columns=list(names))


def _read(path: Path, first: int, last: int, columns: Sequence[int]) -> Any:
    """On a worker: some rows and columns of a .npy."""
    return np.asarray(opened_npy(path)[first:last][:, list(columns)], np.float64)
