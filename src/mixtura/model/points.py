"""Points: the rows that a mixture is fitted to, with their weights and the names of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, named
from .checks import Floats, checked_names, matrix, names_in, real


@dataclass(frozen=True, eq=False)
class Points:
    """A table of n points in d coordinates.

    x: (n, d) float32 or float64, C-contiguous, read-only; finite, but for NaN where a value is missing.
    weight: (n,) of the same dtype, >= 0 with a positive sum; None means that every point counts once.
    names: one name a coordinate, or None.

    The constructor trusts its arrays; `Points.from_array` is the door.

    >>> points = Points.from_array([[1.0, 2.0], [3.0, 4.0]], weight=[1, 2], names=["a", "b"])
    >>> points.n, points.d, points.total
    (2, 2, 3.0)
    """

    x: Floats
    weight: Floats | None = None
    names: tuple[str, ...] | None = None

    @classmethod
    def from_array(
        cls,
        x: Any,
        weight: Any = None,
        *,
        names: Sequence[str] | None = None,
        dtype: str | np.dtype[Any] | type = "float64",
        copy: bool = True,
        missing: bool = False,
    ) -> Points:
        """Points from anything that NumPy can read as a table of numbers.

        x: (n, d), n >= 1, d >= 1, finite. weight: (n,), finite, >= 0, with a positive sum. names: of the columns;
        by default those of a frame.
        dtype: "float64" or "float32". copy: False shares the memory of x where it can be, which must then not change.
        missing: NaN marks a value that is missing at random. Rows that miss every value count nothing: weight 0.
        Raises InputError, naming the row and column at fault.
        """
        table = matrix(x, "x", dtype, missing=missing)
        n, d = table.shape
        if n == 0 or d == 0:
            raise InputError(f"x has shape {table.shape}: at least one point and one coordinate are needed.")
        given = None if weight is None else _weights(weight, n, table.dtype)
        if missing:
            given = _without_empty(table, given)
        table = table.copy() if copy and np.may_share_memory(table, np.asarray(x)) else table.view()
        table.flags.writeable = False
        return cls(table, given, checked_names(names_in(x) if names is None else names, d))

    @property
    def n(self) -> int:
        """The number of points."""
        return int(self.x.shape[0])

    @property
    def d(self) -> int:
        """The number of coordinates."""
        return int(self.x.shape[1])

    @property
    def total(self) -> float:
        """The sum of the weights; n without weights."""
        return float(self.n) if self.weight is None else float(self.weight.sum(dtype=np.float64))

    @property
    def support(self) -> int:
        """How many points have a positive weight."""
        return self.n if self.weight is None else int(np.count_nonzero(self.weight))

    @property
    def incomplete(self) -> bool:
        """Whether a value is missing."""
        return bool(np.isnan(self.x.min()))

    @property
    def bits(self) -> int:
        """A fingerprint of the rows and their weights, in any order: the sum of a hash a row, modulo 2^64."""
        found = _hashed(self.x, 1)
        if self.weight is not None:
            one = np.ones((1, 1), self.weight.dtype)  # which is what no weight means
            found += _hashed(self.weight[:, None], 0) - _hashed(one, 0)
        return int(_stirred(found).sum(dtype=np.uint64))

    def blocks(self, size: int) -> Iterator[Points]:
        """The same points in order, `size` at a time."""
        for start in range(0, self.n, size):
            yield self.rows(start, start + size)

    def rows(self, first: int, last: int) -> Points:
        """The points from row `first` to before row `last`, in the same memory."""
        rows = slice(first, last)
        return Points(self.x[rows], None if self.weight is None else self.weight[rows], self.names)

    def take(self, rows: NDArray[np.integer[Any]]) -> Points:
        """The points at `rows`, in that order, with their weights."""
        return Points(self.x[rows], None if self.weight is None else self.weight[rows], self.names)


def _hashed(x: Floats, first: int) -> NDArray[np.uint64]:
    """(n,) for each row the sum of its bits, each column's times an odd number of its own, modulo 2^64."""
    bits = x.view(f"u{x.itemsize}").astype(np.uint64, copy=False)
    odd = (2 * np.arange(first, first + x.shape[1], dtype=np.uint64) + 1) * np.uint64(0x9E3779B97F4A7C15)
    return np.asarray((bits * odd).sum(axis=1, dtype=np.uint64))


def _stirred(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each hash with its bits mixed, so that sums over rows tell which columns stood together. Source: MurmurHash3."""
    for shift, factor in ((33, 0xFF51AFD7ED558CCD), (33, 0xC4CEB9FE1A85EC53)):
        hashes = (hashes ^ (hashes >> np.uint64(shift))) * np.uint64(factor)
    return hashes ^ (hashes >> np.uint64(33))


def weights_of(weight: Any, n: int, dtype: np.dtype[Any], name: str = "sample_weight", first: int = 0) -> Floats:
    """A copy of `weight` as (n,) finite numbers >= 0. name, first: what errors call it and its first row."""
    given = np.array(real(weight, name, dtype)[1], dtype=dtype)
    if given.shape != (n,):
        raise InputError(f"{named(name)} has shape {given.shape}, expected ({n},): one weight a point.")
    wrong = np.flatnonzero(~(np.isfinite(given) & (given >= 0)))
    if wrong.size:
        raise InputError(
            f"{named(name)}[{first + wrong[0]}] is {given[wrong[0]]}, expected a finite number >= 0: drop the point or "
            f"give it weight 0."
        )
    return given


def _weights(weight: Any, n: int, dtype: np.dtype[Any]) -> Floats:
    """`weight` as (n,) finite numbers >= 0 with a positive sum."""
    given = weights_of(weight, n, dtype)
    if not given.any():
        raise InputError(f"{named('sample_weight')} is zero everywhere: at least one point needs a positive weight.")
    with np.errstate(over="ignore"):
        if not np.isfinite(given.sum()):
            raise InputError(f"{named('sample_weight')} sums to more than {dtype} holds: divide it by its largest.")
    given.flags.writeable = False
    return given


def _without_empty(x: Floats, weight: Floats | None) -> Floats | None:
    """The weights, 0 where a row misses every value; what is left must have weight and touch every column."""
    if not np.isnan(x.min()):
        return weight
    missing = np.isnan(x)
    empty = missing.all(axis=1)
    if empty.any():
        weight = np.where(empty, 0, np.ones(len(x), x.dtype) if weight is None else weight).astype(x.dtype)
        if not weight.any():
            raise InputError("x misses every value in every row that has weight: at least one number is needed.")
        weight.flags.writeable = False
    unseen = missing.all(axis=0) if weight is None else missing[weight > 0].all(axis=0)
    if unseen.any():
        raise InputError(f"x[:, {int(unseen.argmax())}] misses every value that has weight: leave the column out.")
    return weight
