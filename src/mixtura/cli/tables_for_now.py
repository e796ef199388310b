"""Tables that commands read: into memory, in blocks, or by the workers of a cluster."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, MissingExtraError, MixturaError, SourceError, named
from ..tables import MISSING, STANDARD, column, coordinate_names, heading, read

if TYPE_CHECKING:
    from ..engines.base import Pass, Source
    from ..model.mixture import Mixture
    from ..model.points import Points

LARGE = 2**28  # bytes of a .npy or .parquet beyond which it is read in blocks
ANSWERS_WITHIN = 10  # seconds
BYTES = 2**26  # of a .npy, a partition


def points(
    table: Path,
    *,
    columns: Sequence[str] | None = None,
    like: Mixture | None = None,
    sample_weight: str | None = None,
    header: bool = False,
    missing: bool = False,
) -> Points:
    """The rows of a table, in memory; of those columns that a mixture has, where there is one."""
    from ..model.points import Points

    names = None if like is None else like.names
    found = read(table, columns=columns, like=names, weight=sample_weight, header=header, missing=missing)
    if like is not None and found.x.shape[1] != like.n_coordinates:
        raise InputError(
            f"{table} has {found.x.shape[1]} columns, the model has {like.n_coordinates} coordinates: "
            f"choose as many with {named('columns')}."
        )
    return Points.from_array(found.x, found.weight, names=found.names, copy=False, missing=missing)


@contextmanager
def opened(
    table: Path,
    *,
    columns: Sequence[str] | None,
    sample_weight: str | None,
    header: bool,
    missing: bool,
    dtype: str,
    stream: bool,
    scheduler: str | None,
    watch: Callable[[Pass], Any],
) -> Iterator[Any]:
    """What a fit takes: the rows of a table, in memory, in blocks or on a cluster, which is connected meanwhile."""
    if stream and scheduler is not None:
        raise InputError(
            f"{named('stream')} reads the table here, and {named('scheduler')} on a cluster: give one of them."
        )
    asked: dict[str, Any] = {"columns": columns, "sample_weight": sample_weight, "missing": missing}
    if scheduler is not None:
        with _connected(scheduler):
            yield _on_workers(table, header=header, dtype=dtype, watch=watch, **asked)
    elif stream or _in_blocks(table):
        if header:
            raise InputError(f"{named('header')} is about .csv, but {table} is read in blocks: leave it out.")
        yield _source(table, dtype=dtype, watch=watch, **asked)
    else:
        yield points(table, header=header, **asked)


def count(points: Any) -> int:
    """How many rows a fit saw of what it took."""
    found: int = getattr(points, "surveyed", points).n
    return found


def columns_of(mixture: Mixture) -> tuple[str, ...]:
    """What the coordinates of a mixture are called."""
    return coordinate_names(mixture.names, mixture.n_coordinates)


def _in_blocks(table: Path) -> bool:
    """Whether a table is read in blocks without being asked for: it is large, or of a kind that is read so only."""
    if table.suffix.lower() in (".h5", ".hdf5", ".zarr") or table.is_dir():
        return True
    return table.suffix.lower() in (".npy", ".parquet") and table.is_file() and table.stat().st_size >= LARGE


def _source(
    table: Path,
    *,
    columns: Sequence[str] | None,
    sample_weight: str | None,
    dtype: str,
    missing: bool,
    watch: Callable[[Pass], Any],
) -> Source:
    from ..sources import opened

    places: list[Any] | None = None if columns is None else list(columns)
    load: Any = sample_weight
    parquet = table.suffix.lower() == ".parquet" or (table.is_dir() and table.suffix.lower() != ".zarr")
    if not parquet and (columns is not None or sample_weight is not None):
        whole: Any = opened(table)
        known = coordinate_names(None, int(whole.x.shape[1]))
        places = None if columns is None else [column(name, known, str(table)) for name in columns]
        load = None if sample_weight is None else column(sample_weight, known, str(table))
    found = opened(table, load, columns=places, dtype=dtype, missing=missing, watch=watch)
    assert found is not None
    return found


@contextmanager
def _connected(address: str) -> Iterator[None]:
    """While Dask works on the cluster whose scheduler is at `address`.

    Raises InputError where no scheduler answers, MissingExtraError.
    """
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError(f"{named('scheduler')} needs Dask: pip install 'mixtura[cluster]'.") from None
    try:
        client = Client(address, timeout=ANSWERS_WITHIN)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{named('scheduler')} is {address!r}, where no scheduler of Dask's answers ({_first_line(error)}): start "
            f"one with `dask scheduler`, which says its address, such as tcp://127.0.0.1:8786."
        ) from None
    with client:
        if not client.scheduler_info(n_workers=-1)["workers"]:
            raise InputError(
                f"the scheduler at {address} has no workers: start some with `dask worker {address}`, on this machine "
                f"or others."
            )
        yield


def _on_workers(
    table: Path,
    *,
    columns: Sequence[str] | None,
    sample_weight: str | None,
    header: bool,
    dtype: str,
    missing: bool,
    watch: Callable[[Pass], Any],
) -> Source:
    """The rows of a table that the workers will read, none of which comes here: a file, or a folder of .parquet."""
    from ..sources import opened

    x, load = _collections(table, columns, sample_weight, header)
    found = opened(x, load, dtype=dtype, missing=missing, watch=watch)
    assert found is not None
    return found


def _collections(table: Path, columns: Sequence[str] | None, weight: str | None, header: bool) -> tuple[Any, Any]:
    """x (n, d) and the weights (n,), or None, as collections of Dask's."""
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
        load = None if weight is None else named[column(weight, named, path)]
        chosen = [name for name in named if name != load] if columns is None else list(columns)
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
    return frame[chosen], None if load is None else frame[load]


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
