"""Dask arrays and frames: the points stay in their partitions, on threads or on the workers of a cluster.

Each question is a task a partition, and what comes back is small: counts, the rows of a sample, sums of statistics.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..checks import by_name, float_dtype, names_in
from ..errors import InputError, SourceError, named, said
from .blocks import Elsewhere, Options, Piece, joined, numbers_of, within
from .partitions import Partitions, Workers, held
from .points import Points
from .source import Pass, Survey, added, bounds

WEIGHT = "weight of the row"  # the column that holds it, where a frame has weights
SHARE = 0.5  # of the workers' free memory: what a fit may keep there


class DaskSource(Elsewhere):
    """The rows of a Dask array (n, d) or frame, partition after partition.

    Where they fit into half of the workers' free memory, they are kept there from the first pass to the last. Else
    each pass makes them anew, but for what is persisted already.
    """

    names: tuple[str, ...] | None
    surveyed: Survey | None
    partitions: Partitions
    n: int | None
    d: int
    sizes: tuple[float, ...]
    kept: bool
    passes: int

    def __init__(self, x: Any, weight: Any, options: Options) -> None:
        super().__init__(options)
        _check(x)
        if options.like is not None:
            x = by_name(x, options.like, "x")
        self.names = names_in(x)
        self.partitions, self.n, self.d, self.sizes = _opened(x, weight, options, self.names)
        self.kept = False
        self.looked: list[Survey] = []

    @property
    def points(self) -> Partitions:
        """The partitions, each as `Points`."""
        return self.partitions.mapped(_points)

    def survey(self) -> Survey:
        """What a look at every row tells, taken on the workers the first time."""
        if self.surveyed is not None:
            return self.surveyed
        if self.n is not None:
            self._keep(self.n)
        self.looked = self.partitions.mapped(_looked).values("survey")
        for number, part in enumerate(self.looked):
            if part.d != self.d and part.n:
                raise SourceError(
                    f"partition {number} of x has {part.d} columns, expected {self.d}: Dask was told otherwise."
                )
        self.surveyed = found = Survey.together(self.looked, "x")
        self._keep(found.n)
        self.passed()
        return found

    def take(self, rows: NDArray[np.integer[Any]] | None) -> Points:
        """The points at `rows`, ascending and perhaps repeated, with their weights; None: all that have weight."""
        known = self.survey()
        edges = np.cumsum([0, *(part.n for part in self.looked)])
        wanted: list[tuple[int, Any]] = []
        for number, part in enumerate(self.looked):
            chosen = within(rows, *edges[number : number + 2])
            if part.support if chosen is None else len(chosen):
                wanted.append((number, functools.partial(_taken, rows=chosen)))
        parts = self.partitions.each(wanted).values("take")
        self.passed()
        return joined(parts, self.names, known.weighted)

    def locate(self, sums: Array) -> NDArray[np.int64]:
        """The rows at which the running sum of the weights first exceeds each of `sums`."""
        self.survey()
        rows = np.cumsum([0, *(part.n for part in self.looked)])
        edges = np.cumsum([0.0, *(part.total for part in self.looked)])
        heavy = [number for number, part in enumerate(self.looked) if part.support]
        edges[heavy[-1] + 1] = np.inf  # beyond the last: the last row that has weight
        wanted = []
        for number in heavy:
            here = sums[(sums >= edges[number]) & (sums < edges[number + 1])]
            if len(here):
                wanted.append((number, functools.partial(_located, sums=here, before=edges[number])))
        found = self.partitions.each(wanted).values("locate")
        self.passed()
        return np.concatenate([rows[number] + part for (number, _), part in zip(wanted, found, strict=True)])

    def blocks(self) -> Iterator[Points]:
        """The partitions one after the other, each brought here."""
        for number in range(len(self.partitions.parts)):
            (points,) = self.partitions.each([(number, _points)]).values("block")
            if points.n:
                yield points

    def summed(self, ask: Callable[[Points], Any]) -> Any:
        """The sum of ask(partition), a number or an array, each worked where it lies."""
        parts = self.points.mapped(functools.partial(_asked, ask=ask, empty=None)).values("sum")
        return added(part for part in parts if part is not None)

    def answers(self, ask: Callable[[Points], Any], width: int | None = None, *, large: bool = False) -> Any:
        """ask(partition) as a Dask array, (n,) or (n, width), in the partitions of the points."""
        from dask.array import Array as DaskArray

        shape = () if width is None else (width,)
        like = np.asarray(ask(Points(np.zeros((1, self.d), self.options.dtype), None, self.names)))
        empty = np.empty((0, *shape), like.dtype)
        parts = self.points.mapped(functools.partial(_asked, ask=ask, empty=empty))
        name = f"answers-{uuid.uuid4().hex}"
        keys = [(name, number, *(0 for _ in shape)) for number in range(len(parts.parts))]
        graph = {**parts.graph, **dict(zip(keys, parts.parts, strict=True))}
        sizes = tuple(part.n for part in self.looked) if self.looked else self.sizes
        return DaskArray(graph, name, (sizes, *((size,) for size in shape)), dtype=like.dtype)

    def __repr__(self) -> str:
        return f"<DaskSource of {len(self.partitions.parts)} partitions>"

    def _keep(self, n: int) -> None:
        """Let the workers hold the partitions, if there is room for them and for their engines."""
        if not self.kept and held(n, self.d) <= SHARE * Workers.now().free:
            self.partitions, self.kept = self.partitions.kept("load"), True

    def passed(self) -> None:
        """Tell whoever watches that a pass has ended."""
        number, self.passes = self.passes, self.passes + 1
        if self.options.watch is not None and self.surveyed is not None:
            self.options.watch(Pass(number, self.surveyed.n, self.surveyed.n))


def _check(x: Any) -> None:
    """Raise InputError unless x is an array or a frame of Dask's, with two dimensions."""
    if not hasattr(type(x), "ndim"):
        raise InputError(f"x is a {type(x).__name__} of Dask's: give a Dask array (n, d) or a Dask DataFrame.")
    if x.ndim != 2:
        remedy = "use x.to_frame()" if hasattr(x, "to_frame") else "use x.reshape(-1, 1) for one coordinate"
        raise InputError(f"x has {x.ndim} dimension{'s' * (x.ndim != 1)}, expected 2 (n, d): {remedy}.")


# Of a collection, its partitions


def _opened(
    x: Any, weight: Any, options: Options, names: tuple[str, ...] | None
) -> tuple[Partitions, int | None, int, tuple[float, ...]]:
    """The partitions as points, how many these are if that is known, how many coordinates, and their sizes."""
    frame = hasattr(x, "columns")
    d = len(x.columns) if frame else x.shape[1]
    if d != d or d == 0:
        raise InputError(f"x has {'no' if d == 0 else 'an unknown number of'} columns: at least one is needed.")
    if not frame and len(x.chunks[1]) > 1:
        x = x.rechunk({1: -1})  # a row lies in one partition
    sizes = None if frame else x.chunks[0]
    n = None if sizes is None or np.isnan(sum(sizes)) else int(sum(sizes))
    if frame and hasattr(type(weight), "__dask_graph__") and hasattr(weight, "columns"):
        x, weight = _joined(x, weight), WEIGHT
    graph, keys = delayed(x)
    if weight is None or isinstance(weight, str):
        blocks = [(key, weight) for key in keys]
    else:
        more, others = delayed(_aligned(weight, sizes if n is not None else None))
        if len(others) != len(keys):
            raise InputError(
                f"{named('sample_weight')} has {len(others)} partitions, x has {len(keys)}, and how many rows they "
                f"have is not known: let both be columns of one frame, or call compute_chunk_sizes() on them."
            )
        graph |= more
        blocks = list(zip(keys, others, strict=True))
    called = "x.partitions" if frame else "x.blocks"
    plain = Options(options.dtype, options.missing)  # without what only this process can call
    parts = [
        (functools.partial(_loaded, called=f"{called}[{number}]", options=plain, names=names), *pair)
        for number, pair in enumerate(blocks)
    ]
    return Partitions(graph, parts), n, int(d), tuple(sizes or (np.nan,) * len(parts))


def _joined(x: Any, weight: Any) -> Any:
    """Both as one frame, row by row of the same index: of two, Dask may cut each into other partitions."""
    if weight.ndim == 2:
        first, *more = weight.columns
        if more:
            raise InputError(f"{named('sample_weight')} has {1 + len(more)} columns, expected 1: one weight a point.")
        weight = weight[first]
    try:
        return x.assign(**{WEIGHT: weight}).optimize()
    except (ValueError, NotImplementedError) as error:
        raise InputError(
            f"{named('sample_weight')} cannot be put beside the rows of x ({said(error)}): let both "
            f"be columns of one frame."
        ) from None


def delayed(collection: Any) -> tuple[dict[Any, Any], list[Any]]:
    """What Dask makes the partitions of, and their keys."""
    parts = np.ravel(collection.to_delayed()).tolist()
    graph = dict(parts[0].dask)
    # Dask's arrays leave out of it what is persisted on a cluster.
    for key, value in collection.__dask_graph__().items():
        if key not in graph and hasattr(value, "client"):
            graph[key] = value
    return graph, [part.key for part in parts]


def _aligned(weight: Any, sizes: tuple[int, ...] | None) -> Any:
    """The weights in the partitions of the points. sizes: of these, if they are known."""
    if not hasattr(weight, "to_delayed"):
        weight = np.asarray(weight)
    if weight.ndim != 1:
        raise InputError(f"{named('sample_weight')} has {weight.ndim} dimensions, expected 1: one weight a point.")
    if isinstance(weight, np.ndarray):
        if sizes is None:
            raise InputError(
                f"{named('sample_weight')} is in memory, but how many rows each partition of x has is not known: give "
                f"the weights as a Dask collection with the partitions of x, or call x.compute_chunk_sizes() first."
            )
        from dask.array import from_array

        weight = from_array(weight, chunks=-1)
    chunks = getattr(weight, "chunks", None)
    if sizes is not None and chunks is not None and not np.isnan(sum(chunks[0])):
        if sum(chunks[0]) != sum(sizes):
            raise InputError(
                f"{named('sample_weight')} has {sum(chunks[0]):,} entries for {sum(sizes):,} points: give one weight a "
                f"point."
            )
        return weight.rechunk((sizes,))
    return weight


# On the workers


@dataclass(frozen=True, eq=False)
class _Part:
    """A partition. low, high: (d,) the least and the largest of each coordinate, as they were given."""

    points: Points
    low: Array
    high: Array


def _loaded(x: Any, weight: Any, *, called: str, options: Options, names: tuple[str, ...] | None) -> _Part:
    """A partition as points, all of them finite. weight: as numbers, or the name of their column in x."""
    if isinstance(weight, str):
        x, weight = x.drop(columns=weight), x[weight]
    raw = np.asarray(x)
    dtype = float_dtype(options.dtype)
    if weight is not None and len(weight) != len(raw):
        raise InputError(
            f"{called} has {len(raw):,} rows, but {len(weight):,} weights: x and {named('sample_weight')} must have "
            f"the same partitions; call compute_chunk_sizes() on both, and their chunks are made the same."
        )
    points = numbers_of(Piece(x, weight, called), dtype, options.missing, names, copy=False)
    return _Part(points, *bounds(raw if raw.dtype.kind in "fiu" else points.x))


def _points(part: _Part) -> Points:
    return part.points


def _asked(points: Points, *, ask: Callable[[Points], Any], empty: Any) -> Any:
    return ask(points) if points.n else empty


def _looked(part: _Part) -> Survey:
    return Survey.of(part.points, part.low, part.high)


def _taken(part: _Part, *, rows: NDArray[np.integer[Any]] | None) -> Points:
    return part.points.take(rows)


def _located(part: _Part, *, sums: Array, before: float) -> NDArray[np.int64]:
    return part.points.locate(sums, before)
