"""Tables that the workers of a cluster read: each its part of the rows, none of which comes here."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, MissingExtraError, MixturaError, SourceError
from ..sources.tables import MISSING, STANDARD, column, coordinate_names, heading
from .asking import listed

if TYPE_CHECKING:
    from ..sources.source import Pass, Source

ANSWERS_WITHIN = 10  # seconds
BYTES = 2**26  # of a .npy, a partition


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """While Dask works on the cluster whose scheduler is at `address`; None for no cluster.

    Raises InputError where no scheduler answers, MissingExtraError.
    """
    if address is None:
        yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError("--scheduler needs Dask: pip install 'mixtura[cluster]'.") from None
    try:
        client = Client(address, timeout=ANSWERS_WITHIN)
    except (OSError, ValueError) as error:
        raise InputError(
            f"--scheduler is {address!r}, where no scheduler of Dask's answers ({_first_line(error)}): start one with "
            f"`dask scheduler`, which says its address, such as tcp://127.0.0.1:8786."
        ) from None
    with client:
        if not client.scheduler_info(n_workers=-1)["workers"]:
            raise InputError(
                f"the scheduler at {address} has no workers: start some with `dask worker {address}`, on this machine "
                f"or others."
            )
        yield


def source(
    table: Path,
    *,
    columns: str | None,
    weight: str | None,
    header: bool,
    dtype: str,
    missing: bool,
    watch: Callable[[Pass], Any],
) -> Source:
    """The rows of a table that the workers will read: a file, or a folder of .parquet files."""
    from ..sources import opened

    x, load = _collections(table, columns, weight, header)
    found = opened(x, load, dtype=dtype, missing=missing, watch=watch)
    assert found is not None
    return found


def _collections(table: Path, columns: str | None, weight: str | None, header: bool) -> tuple[Any, Any]:
    """X (n, d) and the weights (n,), or None, as collections of Dask's."""
    if table == STANDARD:
        raise InputError("standard input cannot be read by the workers of a cluster: give a file that they see.")
    path, kind = str(table.resolve()), table.suffix.lower()
    try:
        import dask.dataframe as dd

        if table.is_dir():
            frame = dd.read_parquet(path)
            known, named, delimiter = None, tuple(frame.columns), ""
        else:
            known, count, delimiter = heading(table, header)
            named = coordinate_names(known, count)
        wanted = listed(columns)
        load = None if weight is None else named[column(weight, named, path)]
        chosen = [name for name in named if name != load] if wanted is None else wanted
        places = [column(name, named, path) for name in chosen]
        if kind == ".npy":
            return _npy(path, places, None if load is None else named.index(load))
        if kind in (".csv", ".tsv"):
            frame = dd.read_csv(
                path,
                sep=delimiter,
                header=None if known is None else 0,
                names=list(named),
                usecols=list(dict.fromkeys([*chosen, *([] if load is None else [load])])),
                dtype=np.float64,
                na_values=sorted(MISSING | {name.upper() for name in MISSING}),
                encoding="utf-8-sig",
            )
        elif not table.is_dir():
            frame = dd.read_parquet(path)
    except MixturaError:
        raise
    except Exception as error:
        raise SourceError(f"{table} cannot be read ({_first_line(error.__cause__ or error)}).") from None
    return frame[list(chosen)], None if load is None else frame[load]


def _npy(path: str, places: Sequence[int], load: int | None) -> tuple[Any, Any]:
    import dask
    import dask.array as da

    whole = np.load(path, mmap_mode="r")
    n = len(whole)
    size = max(1, BYTES // (whole.itemsize * max(1, whole.size // max(1, n))))
    edges = [*range(0, n, size), n]

    def part(columns: Sequence[int]) -> Any:
        parts = [
            da.from_delayed(dask.delayed(_read)(path, first, last, columns), (last - first, len(columns)), float)
            for first, last in itertools.pairwise(edges)
        ]
        return da.concatenate(parts)

    return part(list(places)), None if load is None else part([load])[:, 0]


def _read(path: str, first: int, last: int, columns: Sequence[int]) -> Any:
    """On a worker: some rows and columns of a .npy."""
    numbers = np.load(path, mmap_mode="r")[first:last]
    return np.asarray(numbers.reshape(len(numbers), -1)[:, list(columns)], np.float64)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
