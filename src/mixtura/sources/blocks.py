"""Points in blocks: what all sources share. A source has to read its rows; the rest follows from that.

Whatever pieces a source reads, they are cut anew into blocks of one size, so that the answer depends on the rows and
their order alone.
"""

from __future__ import annotations

import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Floats
from ..checks import by_name, float_dtype, matrix, names_in
from ..errors import InputError, MixturaError, SourceError, listed, said, shown
from .answers import Answers
from .fingerprint import above
from .points import Points, weights_of, without_empty
from .reading import AHEAD, ahead
from .source import Pass, Survey, added, bounds

Thing = TypeVar("Thing")

# Rows of a block. Smaller ones fit better into caches while they are put into tiles, larger ones into BLAS; beyond MOST
# numbers they only take memory.
NUMBERS, ROWS, MOST = 2**18, 2**14, 2**22
FEWEST = 2**11
TILE = 128  # blocks fill whole tiles
KEPT = 2**22  # numbers that stay in memory where there are no more: 32 MB, and twice that as arranged


@dataclass(frozen=True)
class Options:
    """What a fit says to its source.

    dtype: of the points. missing: NaN marks a missing value. watch: told how far each pass is. like: the names of the
    columns to take, in this order, where columns have names.
    """

    dtype: Any = "float64"
    missing: bool = False
    watch: Callable[[Pass], Any] | None = None
    like: tuple[str, ...] | None = None


class Piece(NamedTuple):
    """Rows as a source reads them.

    x: (m, d). weight: (m,) or None. name: what errors call them. first: the number of the first row there.
    """

    x: Any
    weight: Any
    name: str
    first: int = 0


class Elsewhere(ABC):
    """Points that are not in memory: what blocks and partitions share."""

    names: tuple[str, ...] | None = None
    whole: tuple[bool, ...] | None = None  # which columns hold whole numbers alone, where that is known before a pass

    def __init__(self, options: Options) -> None:
        self.options = options
        self.dtype: np.dtype[Any] = float_dtype(options.dtype)
        self.passes = 0
        self.surveyed: Survey | None = None

    @abstractmethod
    def survey(self) -> Survey:
        """What a look at every row tells: a pass, the first time."""

    def renamed(self, names: tuple[str, ...] | None) -> Self:
        """The same points with other names of the coordinates."""
        other = copy(self)
        other.names = names
        return other

    @property
    def bits(self) -> int:
        """The fingerprint of all rows: see `Points.bits`."""
        return self.survey().bits

    @property
    def incomplete(self) -> bool:
        """Whether a value is missing."""
        return self.survey().incomplete


class Blocks(Elsewhere):
    """Points that are read in blocks, again at each pass.

    called: what errors call all of them. n: how many, where that is known before the first pass.
    """

    passes: int

    called: str = "x"
    n: int | None = None
    surveyed: Survey | None
    names: tuple[str, ...] | None = None

    @abstractmethod
    def read(self) -> Iterator[Piece]:
        """All rows, in pieces that fit into memory. Runs in a thread of its own."""

    def survey(self) -> Survey:
        """What a look at every row tells: a pass, the first time."""
        if self.surveyed is not None:
            return self.surveyed
        total = 0.0

        def looks() -> Iterator[Survey]:
            nonlocal total
            for points, low, high in self._pass(self._looked_at, lambda found: found[0].n):
                total = float(points.running(total)[-1])
                yield Survey.of(points, low, high)

        # The sum of the weights has the same bits however the rows are cut.
        self.surveyed = replace(Survey.together(looks(), self.called), total=total)
        return self.surveyed

    def take(self, rows: NDArray[np.integer[Any]] | None) -> Points:
        """The points at `rows`, ascending and perhaps repeated, with their weights; None: all that have weight."""
        parts: list[Points] = []
        first = 0
        for block in self.blocks():
            parts.append(block.take(within(rows, first, first + block.n)))
            first += block.n
            if rows is not None and first > rows[-1]:
                break  # nobody needs the rest
        return joined(parts, self.names, self.survey().weighted)

    def locate(self, sums: Array) -> NDArray[np.int64]:
        """The rows at which the running sum of the weights first exceeds each of `sums`, ascending."""
        found = np.zeros(len(sums), np.int64)
        first, total, last, done = 0, 0.0, 0, 0
        for block in self.blocks():
            running = block.running(total)
            upto = int(np.searchsorted(sums, running[-1]))  # those below the sum so far
            found[done:upto] = first + np.searchsorted(running, sums[done:upto], side="right")
            done = max(done, upto)
            if block.support:
                last = first + int(np.flatnonzero(block.counts)[-1])
            first, total = first + block.n, float(running[-1])
        found[done:] = last
        return found

    @property
    def small(self) -> bool:
        """Whether the rows may stay in memory, once they are arranged for a fit."""
        survey = self.survey()
        return survey.n * survey.d <= KEPT

    def summed(self, ask: Callable[[Points], Any]) -> Any:
        """The sum of ask(block), a number or an array, over all rows."""
        return added(map(ask, self.blocks()))

    def answers(self, ask: Callable[[Points], Any], width: int | None = None, *, large: bool = False) -> Answers:
        """ask(block) of each block."""
        return Answers(functools.partial(self.blocks, large=large), ask, self)

    def blocks(self, *, large: bool = False) -> Iterator[Points]:
        """One pass: the rows in blocks of one size. Raises SourceError where they are not those of the first pass.

        large: in fewer blocks, in which neighbours are nearer to each other, of which one is read ahead; all rows in
        one, if they are no more than KEPT numbers.
        """
        n = bits = 0

        def read() -> Iterator[tuple[Points, int]]:
            return ((points, points.bits) for points in self._recut(large=large))

        for points, its in self._pass(read, lambda found: found[0].n, 1 if large else AHEAD):
            n, bits = n + points.n, above(bits, points.n, its)
            yield points
            del points  # before the next is waited for
        known = self.surveyed
        if known is not None and (n, bits) != (known.n, known.bits):
            other = "other numbers than the first, or in another order"
            gave = f"{n:,} rows, the first {known.n:,}" if n != known.n else other
            raise SourceError(
                f"{self.called} has changed: pass {self.passes} gave {gave}. A fit passes over its points many times, "
                f"and each time they must be the same: make them anew at each call, and seed what is random."
            )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.called}>"

    def passing(self) -> Callable[[int], None]:
        """Begin a pass: what it returns is called with the number of rows so far, and tells whoever watches."""
        number, self.passes = self.passes, self.passes + 1
        of = self.n if self.surveyed is None else self.surveyed.n

        def told(done: int) -> None:
            if self.options.watch is not None:
                self.options.watch(Pass(number, done, of))

        return told

    def _pass(
        self, read: Callable[[], Iterable[Thing]], rows: Callable[[Thing], int], at_most: int = AHEAD
    ) -> Iterator[Thing]:
        """What read() gives, told to whoever watches. rows: how many there are in a thing."""
        told, done = self.passing(), 0
        for found in ahead(read, at_most):
            done += rows(found)
            yield found
            del found
            told(done)

    # In the reader's thread

    def _recut(self, *, large: bool) -> Iterator[Points]:
        """All rows, in blocks of one size."""
        room: _Room | None = None
        n = self.n if self.surveyed is None else self.surveyed.n
        for _, points in self._pairs():
            size = (rows_together if large else rows_of)(points.d)
            size = size if n is None else min(size, n)
            if room is None and points.n == size:
                yield points
                continue
            first = 0
            while first < points.n:
                room = _Room(size, points) if room is None else room
                last = min(points.n, first + size - room.n)
                room.add(points.rows(first, last))
                first = last
                if room.n == size:
                    whole, room = room.points(self.names), None
                    yield whole
                    del whole
        if room is not None:
            yield room.points(self.names)

    def _looked_at(self) -> Iterator[tuple[Points, Array, Array]]:
        """All rows, with the least and the largest of each coordinate as they were given."""
        for piece, points in self._pairs():
            raw = np.asarray(piece.x)
            yield points, *bounds(raw if raw.dtype.kind in "fiu" else points.x)

    def _pairs(self) -> Iterator[tuple[Piece, Points]]:
        """The pieces with rows, and their numbers, all finite, in memory of our own."""
        d = None
        for piece in self._told():
            if self.options.like is not None:
                piece = piece._replace(x=by_name(piece.x, self.options.like, piece.name))
            named = names_in(piece.x)
            if named is not None and self.names is None and d is None:
                self.names = named
            if named is not None and named != self.names:
                before = "none" if self.names is None else listed(self.names)
                raise InputError(f"{piece.name} has the columns {listed(named)}, expected {before}, as at first.")
            points = numbers_of(piece, self.dtype, self.options.missing, self.names)
            if not points.n:
                continue
            if d is not None and points.d != d:
                raise InputError(f"{piece.name} has {points.d} columns, expected {d}, as at first.")
            d = points.d
            yield piece, points

    def _told(self) -> Iterator[Piece]:
        """What is read; where reading fails, one sentence says so."""
        count = 0
        try:
            for piece in self.read():
                count += 1
                yield piece
        except MixturaError:
            raise
        except Exception as error:
            raise SourceError(
                f"{self.called} cannot be read: after {count:,} blocks came {type(error).__name__} ({said(error)})."
            ) from error


class _Room:
    """A block that is being filled with rows, of the kind of `like`."""

    def __init__(self, size: int, like: Points) -> None:
        self.x = np.empty((size, like.d), like.dtype)
        self.weight: Floats | None = None
        self.n = 0

    def add(self, points: Points) -> None:
        """Copy more rows, which fit."""
        here = slice(self.n, self.n + points.n)
        self.x[here] = points.x
        if points.weight is not None and self.weight is None:
            self.weight = np.ones(len(self.x), self.x.dtype)
        if self.weight is not None and points.weight is not None:
            self.weight[here] = points.weight
        self.n += points.n

    def points(self, names: tuple[str, ...] | None) -> Points:
        """What there is."""
        return Points(self.x[: self.n], None if self.weight is None else self.weight[: self.n], names)


def rows_together(d: int) -> int:
    """How many rows a large block has: KEPT numbers or a few more, in whole tiles."""
    return max(math.ceil(KEPT / (d * TILE)) * TILE, rows_of(d))


def rows_of(d: int) -> int:
    """How many rows a block has."""
    return max(FEWEST, min(max(NUMBERS // d, ROWS), MOST // d) // TILE * TILE)


def numbers_of(
    piece: Piece, dtype: np.dtype[Any], missing: bool, names: tuple[str, ...] | None, *, copy: bool = True
) -> Points:
    """The rows of a piece as points. copy: what it was read into may be used again for the next; keep nothing of it."""

    def place(row: int, column: int) -> str:
        called = column if names is None else shown(names[column])
        return f"row {piece.first + row:,} of {piece.name}, column {called},"

    x = matrix(piece.x, piece.name, dtype, missing=missing, place=place)
    if not x.shape[1]:
        raise InputError(f"{piece.name} has no columns: at least one coordinate is needed.")
    x = x.copy() if copy and np.may_share_memory(x, np.asarray(piece.x)) else x
    weight = None
    if piece.weight is not None:
        weight = weights_of(piece.weight, len(x), dtype, f"sample_weight of {piece.name}", piece.first)
    return Points(x, without_empty(x, weight) if missing else weight, names)


def within(rows: NDArray[np.integer[Any]] | None, first: int, last: int) -> NDArray[np.integer[Any]] | None:
    """Those of the ascending `rows` from `first` to before `last`, counted from there; None of None."""
    if rows is None:
        return None
    near, far = np.searchsorted(rows, (first, last))
    return rows[near:far] - first


def joined(parts: list[Points], names: tuple[str, ...] | None, weighted: bool) -> Points:
    """The points of all parts. weighted: whether they have weights."""
    if len(parts) == 1 and (parts[0].weight is not None or not weighted):
        return parts[0]
    x = np.concatenate([part.x for part in parts])
    weight = np.concatenate([part.counts for part in parts]).astype(x.dtype) if weighted else None
    noises = [part.noise for part in parts if part.noise is not None]
    return Points(x, weight, names, noise=np.concatenate(noises) if noises else None)
