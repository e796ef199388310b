"""What a source of points is, wherever they are, and what a pass over it reports."""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Bools
from ..errors import InputError
from .fingerprint import above

if TYPE_CHECKING:
    from .points import Points

FOLDED = 1024  # numbers side by side, where the least of each column is looked for


@dataclass(frozen=True, eq=False)
class Survey:
    """What one pass over points tells.

    n, d: how many, in how many coordinates. total: the sum of the weights, added one after the other. support: how
    many have a positive weight. weighted: whether there are weights at all.
    low, high: (d,) the least and the largest of each coordinate, as they were given; NaN where all miss it.
    seen: (d,) whether a row with weight has the coordinate. incomplete: whether a value is missing. bits: see
    `Points.bits`. spread: (3, d), see `spread_of`; None of points in memory, which can be asked.
    """

    n: int
    d: int
    total: float
    support: int
    weighted: bool
    low: Array
    high: Array
    seen: Bools
    incomplete: bool = False
    bits: int = 0
    spread: Array | None = None

    @classmethod
    def of(cls, points: Points, low: Array, high: Array) -> Survey:
        """What there is to tell of points in memory."""
        counting = points.x if points.weight is None else points.x[points.weight > 0]
        seen = np.asarray(~np.isnan(counting).all(axis=0))
        weighted = points.weight is not None
        size = (points.n, points.d, points.total, points.support, weighted)
        gaps = bool(points.n) and points.incomplete
        return cls(*size, low, high, seen, gaps, points.bits, spread_of(points))

    @classmethod
    def together(cls, parts: Iterable[Survey], called: str) -> Survey:
        """What parts tell together. Raises InputError where they hold nothing, or nothing in some column."""
        some = [part for part in parts if part.n]
        if not some:
            raise InputError(f"{called} has no rows: at least one point is needed.")
        support = sum(part.support for part in some)
        if not support:
            raise InputError(f"no row of {called} has a positive weight: at least one is needed.")
        seen = np.any([part.seen for part in some], axis=0)
        if not seen.all():
            raise InputError(
                f"column {int(seen.argmin())} of {called} misses every value that has weight: leave it out."
            )
        return cls(
            sum(part.n for part in some),
            some[0].d,
            float(np.cumsum([part.total for part in some])[-1]),
            support,
            any(part.weighted for part in some),
            np.fmin.reduce([part.low for part in some]),
            np.fmax.reduce([part.high for part in some]),
            seen,
            any(part.incomplete for part in some),
            functools.reduce(lambda bits, part: above(bits, part.n, part.bits), some, 0),
            functools.reduce(_merged, [part.spread for part in some if part.spread is not None]),
        )


def bounds(x: NDArray[Any]) -> tuple[Array, Array]:
    """(d,) the least and the largest of each coordinate of x (n, d); NaN where there is none."""
    n, d = x.shape
    together = max(1, FOLDED // max(1, d))  # rows side by side: NumPy is slow along short ones
    low = high = x
    if n > 2 * together and x.flags.c_contiguous:
        wide, rest = x[: n - n % together].reshape(-1, together * d), x[n - n % together :]
        low, high = (
            np.concatenate([side.reduce(wide, axis=0).reshape(together, d), rest]) for side in (np.fmin, np.fmax)
        )
    return (
        np.fmin.reduce(low, axis=0, dtype=np.float64, initial=np.nan),
        np.fmax.reduce(high, axis=0, dtype=np.float64, initial=np.nan),
    )


def spread_of(points: Points) -> Array:
    """(3, d): the weight of what is there of each coordinate, its mean, and the sum of the squares about that."""
    x, weight = points.x, points.counts[:, None]
    if points.n and points.incomplete:
        weight = np.where(np.isnan(x), 0.0, weight)
        x = np.nan_to_num(x, nan=0.0)
    mass = np.broadcast_to(weight, x.shape).sum(axis=0) if weight.shape != x.shape else weight.sum(axis=0)
    with np.errstate(over="ignore", invalid="ignore"):  # too large numbers are told of elsewhere
        mean = (weight * x).sum(axis=0) / np.where(mass > 0, mass, 1.0)
        return np.array([mass, mean, (weight * np.square(x - mean)).sum(axis=0)])


def added(parts: Iterable[Any]) -> Any:
    """The sum of numbers, without rounding between; or of arrays, one after the other."""
    parts = iter(parts)
    first = next(parts, 0.0)
    if np.ndim(first) == 0:
        return math.fsum(itertools.chain([first], parts))
    return functools.reduce(operator.iadd, parts, np.array(first))


def _merged(one: Array, other: Array) -> Array:
    """The spread of two sets of points together. Source: Chan, Golub and LeVeque 1983."""
    mass = one[0] + other[0]
    share = other[0] / np.where(mass > 0, mass, 1.0)
    with np.errstate(over="ignore", invalid="ignore"):
        away = other[1] - one[1]
        return np.array([mass, one[1] + share * away, one[2] + other[2] + one[0] * share * np.square(away)])


@dataclass(frozen=True)
class Pass:
    """How far a pass over points is that are read in blocks: what ``on_pass`` of a fit hears after each block.

    Attributes
    ----------
    number : int
        0 for the survey, then 1, 2, ...
    done : int
        Rows so far.
    of : int or None
        Rows in all; None while the number is unknown.

    Examples
    --------
    >>> import mixtura as mx
    >>> heard = []
    >>> found = mx.fit(lambda: [[[0.0], [0.1]], [[1.0]], [[1.1]]], 2, rng=0, on_pass=heard.append)
    >>> heard[0], heard[1].done
    (Pass(number=0, done=2, of=None), 3)
    """

    number: int
    done: int
    of: int | None


class Source(Protocol):
    """Points that may be in memory or not: what a fit, and a question to a mixture, ask of them.

    `Points` are the source in memory, `blocks.Blocks` the base of those that are read block by block, and
    `dask.DaskSource` holds partitions on workers. Rows have one order, the same in each pass.
    """

    @property
    def names(self) -> tuple[str, ...] | None:
        """What the coordinates are called."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision of the points."""
        ...

    @property
    def bits(self) -> int:
        """A fingerprint of the rows and their weights: see `Points.bits`."""
        ...

    @property
    def incomplete(self) -> bool:
        """Whether a value is missing."""
        ...

    def renamed(self, names: tuple[str, ...] | None) -> Source:
        """The same points with other names of the coordinates."""
        ...

    def survey(self) -> Survey:
        """What a look at every row tells; a pass, the first time.

        Raises an error that names the block and the row of what is not finite.
        """
        ...

    def take(self, rows: NDArray[np.integer[Any]] | None) -> Points:
        """The points at `rows`, ascending and perhaps repeated, with their weights; None: all that have weight."""
        ...

    def locate(self, sums: Array) -> NDArray[np.int64]:
        """The rows at which the running sum of the weights first exceeds each of `sums`, ascending.

        Where none does, the last that has weight.
        """
        ...

    def blocks(self) -> Iterator[Points]:
        """The rows in their order, in blocks that fit into memory."""
        ...

    def summed(self, ask: Callable[[Points], Any]) -> Any:
        """The sum of ask(block), a number or an array, over all rows."""
        ...

    def answers(self, ask: Callable[[Points], Any], width: int | None = None, *, large: bool = False) -> Any:
        """ask(block), an array (m,) or (m, width), for all rows. large: see `blocks.Blocks.blocks`.

        An array for points in memory; `Answers` for blocks; a Dask array for what Dask holds.
        """
        ...
