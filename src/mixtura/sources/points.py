"""Points: rows in memory, with their weights and the names of their columns. They are a `Source`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Floats, Integers
from ..checks import check_columns, checked_names, is_finite, matrix, names_in, real
from ..errors import InputError, named
from .fingerprint import above, fingerprint
from .source import Survey, bounds

BLOCK = 2**22  # numbers of a block of points in memory
HEAVIEST = {"f8": 1e300, "f4": 1e36}  # what weights may sum to


@dataclass(frozen=True, eq=False, repr=False)
class Points:
    """A table of n points in d coordinates.

    Attributes
    ----------
    x : ndarray of float32 or float64, shape (n, d)
        C-contiguous and read-only; finite, except NaN where a value is missing.
    weight : ndarray, shape (n,), or None
        Of the same dtype, >= 0 with a positive sum; None: every point counts once.
    names : tuple of str or None
        One name a coordinate.
    one_unit : bool
        Whether all columns have the same unit, as those of pixels do. Where they have not, a fit starts with each
        column in units of its own spread.
    noise : ndarray of float, shape (n, d) or (n, d, d), or None
        The covariance of the error that each point is measured with: variances or matrices. See `measured`.
    within_variance : float or None
        The variance, along each axis, of what a row stands for about its point, in squared units: a pixel is a square
        of side 1 about its centre, 1/12. It is the scatter within rows, which a fit adds to that between them unless
        `reg_covar` says otherwise. None: nothing is known of it.

    Notes
    -----
    The constructor trusts its arrays; `Points.from_array` checks them.

    Examples
    --------
    >>> points = Points.from_array([[1.0, 2.0], [3.0, 4.0]], weight=[1, 2], names=["a", "b"])
    >>> points.n, points.d, points.total
    (2, 2, 3.0)
    """

    x: Floats
    weight: Floats | None = None
    names: tuple[str, ...] | None = None
    one_unit: bool = False
    noise: Floats | None = None
    within_variance: float | None = None

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
        one_unit: bool = False,
        within_variance: float | None = None,
    ) -> Points:
        """Points from anything that NumPy can read as a table of numbers.

        Parameters
        ----------
        x : array_like, shape (n, d)
            Finite numbers, n >= 1, d >= 1.
        weight : array_like of float, shape (n,), optional
            Finite, >= 0, with a positive sum.
        names : sequence of str, optional
            Of the columns; by default those of a frame.
        dtype : {"float64", "float32"}
            Of the points.
        copy : bool
            False shares the memory of x where possible; it must not change then.
        missing : bool
            Whether NaN marks values missing at random. Rows that miss every value get the weight 0.
        one_unit : bool
            Whether all columns have the same unit.
        within_variance : float, optional
            The variance along each axis of what a row stands for, >= 0: of numbers rounded to steps of h, or the cells
            of a grid with that side, h**2 / 12.

        Returns
        -------
        Points
            Read-only.

        Raises
        ------
        InputError
            If x or weight is malformed; the message names the row and the column. If within_variance is no variance.
        """
        if within_variance is not None:
            within_variance = _variance(within_variance)
        table = matrix(x, "x", dtype, missing=missing)
        n, d = table.shape
        if n == 0 or d == 0:
            raise InputError(f"x has shape {table.shape}: at least one point and one coordinate are needed.")
        weight = None if weight is None else _weights(weight, n, table.dtype)
        if missing:
            weight = _only_seen(table, weight)
        table = table.copy() if copy and np.may_share_memory(table, np.asarray(x)) else table.view()
        table.flags.writeable = False
        names = checked_names(names_in(x) if names is None else names, d)
        points = cls(table, weight, names, one_unit, within_variance=within_variance)
        if table.dtype == np.float32 and getattr(x, "dtype", None) != np.float32:
            given = real(x, "x", np.dtype(np.float64))[1]  # single precision may hide how far they are apart
            points.__dict__["_survey"] = points._told(given)
        return points

    @property
    def n(self) -> int:
        """The number of points."""
        return int(self.x.shape[0])

    @property
    def d(self) -> int:
        """The number of coordinates."""
        return int(self.x.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision."""
        return self.x.dtype

    @property
    def total(self) -> float:
        """The sum of the weights; n without weights."""
        return float(self.n) if self.weight is None else float(self.weight.sum(dtype=np.float64))

    @property
    def counts(self) -> Array:
        """How often each point counts, (n,) float64: its weight; once without weights."""
        return np.ones(self.n) if self.weight is None else self.weight.astype(np.float64)

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
        """A fingerprint of the rows, their weights and noise, in their order: see `sources/fingerprint.py`."""
        bits = fingerprint(self.x, self.weight)
        return bits if self.noise is None else above(bits, self.n, noise_bits(self.noise))

    @property
    def bare(self) -> Points:
        """The same points without their noise."""
        return self if self.noise is None else replace(self, noise=None)

    def __repr__(self) -> str:
        weighted = f" of weight {self.total:g}" * (self.weight is not None)
        named = f", names={self.names}" if self.names else ""
        gaps = ", some missing" * self.incomplete
        return f"<Points: {self.n:,}{weighted} in {self.d} coordinate{'s' * (self.d != 1)}, {self.dtype}{gaps}{named}>"

    def _repr_html_(self) -> str:
        from .html import html

        return html(self)

    # As a source

    @cached_property
    def _survey(self) -> Survey:
        return self._told(self.x)

    def _told(self, x: Floats) -> Survey:
        """The survey, with the bounds of x, which are the points as they were given."""
        low, high = bounds(x)
        weighted = self.weight is not None
        return Survey(self.n, self.d, self.total, self.support, weighted, low, high, ~np.isnan(low))

    def survey(self) -> Survey:
        """Return what a look at every row tells.

        Returns
        -------
        Survey
            Counts, sums and ranges.
        """
        return self._survey

    def take(self, rows: NDArray[np.integer[Any]] | None) -> Points:
        """Take some of the points, with their weights.

        Parameters
        ----------
        rows : array_like of int or None
            Their numbers, in the order wanted; None takes all that have weight.

        Returns
        -------
        Points
            Those.
        """
        if rows is None:
            if self.weight is None or self.support == self.n:
                return self
            rows = np.flatnonzero(self.weight)
        rows = np.asarray(rows)
        if rows.dtype == bool:
            rows = np.arange(self.n)[rows]
        return self._cut(rows if len(rows) else rows.astype(np.intp))

    def running(self, before: float = 0.0) -> Array:
        """Add the weights one after the other.

        Parameters
        ----------
        before : float
            The sum of those before.

        Returns
        -------
        ndarray of float, shape (n,)
            The sum up to each point, which has the same bits however the rows are cut.
        """
        return np.cumsum(np.concatenate([[before], self.counts]))[1:]

    def locate(self, sums: Array, before: float = 0.0) -> NDArray[np.int64]:
        """Find the rows at which the running sum of the weights first exceeds each of `sums`.

        Parameters
        ----------
        sums : array_like of float, shape (m,)
            Ascending.
        before : float
            The sum of the weights before these points.

        Returns
        -------
        ndarray of int, shape (m,)
            Numbers of rows.
        """
        last = int(np.flatnonzero(self.counts)[-1])
        return np.searchsorted(self.running(before), sums, side="right").clip(max=last).astype(np.int64)

    def blocks(self, size: int | None = None) -> Iterator[Points]:
        """Cut the points into blocks, in order.

        Parameters
        ----------
        size : int, optional
            Points a block.

        Yields
        ------
        Points
            The next block.
        """
        size = size or max(1, BLOCK // self.d)
        for start in range(0, self.n, size):
            yield self.rows(start, start + size)

    def summed(self, ask: Callable[[Points], Any]) -> Any:
        """Sum ask(block) over all blocks: here of the one.

        Parameters
        ----------
        ask : callable
            Of Points.

        Returns
        -------
        float or ndarray
            ``ask(self)``.
        """
        return ask(self)

    def answers(self, ask: Callable[[Points], Any], width: int | None = None, *, large: bool = False) -> Any:
        """Answer a question about each row.

        Parameters
        ----------
        ask : callable
            Of Points; gives an array of a row a point.
        width : int, optional
            Of that array.
        large : bool
            Whether it may be asked of more points at a time than fit into caches.

        Returns
        -------
        ndarray
            ``ask(self)``.
        """
        return ask(self)

    def rows(self, first: int, last: int) -> Points:
        """Return the points from row `first` to before row `last`, in the same memory.

        Parameters
        ----------
        first, last : int
            Numbers of rows.

        Returns
        -------
        Points
            Those.
        """
        return self._cut(slice(first, last))

    def _cut(self, rows: Any) -> Points:
        x = self.x[rows] if isinstance(rows, slice) else self.x.take(rows, axis=0)  # subscripts take longer
        weight, noise = self.weight, self.noise
        if noise is not None:  # that of all rows stays held once
            noise = np.broadcast_to(noise[0], (len(x), *noise.shape[1:])) if noise.strides[0] == 0 else noise[rows]
        return replace(self, x=x, weight=None if weight is None else weight[rows], noise=noise)

    def columns(self, axes: Integers) -> Points:
        """Return the same points in some of the coordinates.

        Parameters
        ----------
        axes : ndarray of int
            Numbers of coordinates, in the order wanted.

        Returns
        -------
        Points
            With the names of these, if there are names.
        """
        names = None if self.names is None else tuple(self.names[i] for i in axes)
        noise = self.noise
        if noise is not None:
            noise = noise[:, axes] if noise.ndim == 2 else noise[:, axes[:, None], axes]
        return replace(self, x=np.ascontiguousarray(self.x[:, axes]), names=names, noise=noise)

    def renamed(self, names: tuple[str, ...] | None) -> Points:
        """Give the coordinates other names.

        Parameters
        ----------
        names : tuple of str or None
            One a coordinate.

        Returns
        -------
        Points
            The same points.
        """
        return replace(self, names=names)

    def by_name(self, names: Sequence[str] | None, called: str = "x") -> Points:
        """Take the coordinates of these names, in that order, where the points and the caller have names.

        Parameters
        ----------
        names : sequence of str or None
            The names wanted.
        called : str
            What an error calls the points.

        Returns
        -------
        Points
            Those; the points themselves where there are no names to go by.

        Raises
        ------
        InputError
            If a name is missing, or stands twice.
        """
        if names is None or self.names is None or self.names == tuple(names):
            return self
        check_columns(names, self.names, called)
        return self.columns(np.array([self.names.index(name) for name in names]))


def noise_bits(noise: Floats) -> int:
    """A fingerprint of the noise of some rows: see `Points.bits`."""
    own = noise[:1] if noise.strides[0] == 0 else noise  # that of all rows is held once
    return fingerprint(np.ascontiguousarray(own.reshape(len(own), -1)), None)


def weights_of(weight: Any, n: int, dtype: np.dtype[Any], name: str = "sample_weight", first: int = 0) -> Floats:
    """A copy of `weight` as (n,) finite numbers >= 0. name, first: what errors call it and its first row."""
    given = real(weight, name, np.dtype(np.float64))[1]
    if given.shape != (n,):
        raise InputError(f"{named(name)} has shape {given.shape}, expected ({n},): one weight a point.")
    wrong = np.flatnonzero(~(np.isfinite(given) & (given >= 0)))
    if wrong.size:
        raise InputError(
            f"{named(name)}[{first + wrong[0]}] is {given[wrong[0]]}, expected a finite number >= 0: drop the point or "
            f"give it weight 0."
        )
    limit = HEAVIEST[dtype.str[1:]]
    with np.errstate(over="ignore"):
        total = given.sum()
    if total > limit:
        raise InputError(
            f"{named(name)} sums to more than {dtype} holds once squares are added up (limit {limit:g}): divide it by "
            f"its largest."
        )
    return np.array(given, dtype=dtype)


def _weights(weight: Any, n: int, dtype: np.dtype[Any]) -> Floats:
    """`weight` as (n,) finite numbers >= 0 with a positive sum."""
    given = weights_of(weight, n, dtype)
    if not given.any():
        raise InputError(f"{named('sample_weight')} is zero everywhere: at least one point needs a positive weight.")
    given.flags.writeable = False
    return given


def _variance(given: Any) -> float:
    """`given` as a variance within a row."""
    if not is_finite(given) or given < 0:
        raise InputError(
            f"{named('within_variance')} is {given!r}, expected a finite number >= 0: h**2 / 12 for cells of side h."
        )
    return float(given)


def without_empty(x: Floats, weight: Floats | None) -> Floats | None:
    """The weights, 0 where a row misses every value."""
    empty = np.isnan(x).all(axis=1)
    if not empty.any():
        return weight
    return np.where(empty, 0, np.ones(len(x)) if weight is None else weight).astype(x.dtype)


def _only_seen(x: Floats, weight: Floats | None) -> Floats | None:
    """The same; what is left must have weight and touch every column."""
    if not np.isnan(x.min()):
        return weight
    weight = without_empty(x, weight)
    if weight is not None:
        if not weight.any():
            raise InputError("x misses every value in every row that has weight: at least one number is needed.")
        weight.flags.writeable = False
    unseen = np.isnan(x if weight is None else x[weight > 0]).all(axis=0)
    if unseen.any():
        raise InputError(f"x[:, {int(unseen.argmax())}] misses every value that has weight: leave the column out.")
    return weight
