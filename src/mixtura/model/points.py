"""Points: the rows that a mixture is fitted to, with their weights and the names of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Points:
    """A table of n points in d coordinates.

    x: (n, d) float32 or float64, finite, C-contiguous, read-only.
    weight: (n,) of the same dtype, >= 0 with a positive sum; None means that every point counts once.
    names: one name a coordinate, or None.

    The constructor trusts its arrays; `Points.from_array` is the door.
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
    ) -> Points:
        """Points from anything that NumPy can read as a table of numbers.

        x: (n, d), n >= 1, d >= 1, finite. weight: (n,), finite, >= 0, with a positive sum.
        dtype: "float64" or "float32". The input is copied only where it has to be.
        Raises InputError, naming the row and column at fault.
        """
        table = matrix(x, "x", dtype)
        n, d = table.shape
        if n == 0 or d == 0:
            raise InputError(f"x has shape {table.shape}: at least one point and one coordinate are needed.")
        given = None if weight is None else _weights(weight, n, table.dtype)
        return cls(_frozen(table, x), given, checked_names(names, d))

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

    def blocks(self, size: int) -> Iterator[Points]:
        """The same points in order, `size` at a time."""
        for start in range(0, self.n, size):
            rows = slice(start, start + size)
            yield Points(self.x[rows], None if self.weight is None else self.weight[rows], self.names)

    def take(self, rows: NDArray[np.integer[Any]]) -> Points:
        """The points at `rows`, in that order, with their weights."""
        return Points(self.x[rows], None if self.weight is None else self.weight[rows], self.names)


def matrix(x: Any, name: str, dtype: str | np.dtype[Any] | type = "float64") -> Floats:
    """`x` as a finite, C-contiguous (n, d) array of `dtype`; n and d may be 0.

    Raises InputError when x is not a table of numbers, or holds NaN or infinity.
    """
    kind = float_dtype(dtype)
    if hasattr(x, "toarray"):
        raise InputError(f"{name} is a sparse matrix: mixtures need dense arrays; pass {name}.toarray().")
    raw, table = real(x, name, kind)
    if raw.ndim != 2:
        flat = raw.ndim == 1
        remedy = f"use {name}.reshape(-1, 1) for one coordinate" if flat else "rows are points, columns coordinates"
        raise InputError(f"{name} has {raw.ndim} dimension{'s' * (raw.ndim != 1)}, expected 2 (n, d): {remedy}.")
    finite = np.isfinite(table)
    if not finite.all():
        row, column = (int(i) for i in np.argwhere(~finite)[0])
        value = raw[row, column]
        overflow = value is not None and np.isfinite(float(value))  # NumPy reads None as NaN
        cause = f"it overflows {kind}; use float64" if overflow else "remove or impute such rows first"
        raise InputError(f"{name}[{row}, {column}] is {value}, expected a finite number: {cause}.")
    return table


def _weights(weight: Any, n: int, dtype: np.dtype[Any]) -> Floats:
    """`weight` as (n,) finite numbers >= 0 with a positive sum."""
    given = np.array(real(weight, "sample_weight", dtype)[1], dtype=dtype)
    if given.shape != (n,):
        raise InputError(f"sample_weight has shape {given.shape}, expected ({n},): one weight a point.")
    wrong = np.flatnonzero(~(np.isfinite(given) & (given >= 0)))
    if wrong.size:
        raise InputError(
            f"sample_weight[{wrong[0]}] is {given[wrong[0]]}, expected a finite number >= 0: "
            f"drop the point or give it weight 0."
        )
    if not given.any():
        raise InputError("sample_weight is 0 everywhere: at least one point needs a positive weight.")
    with np.errstate(over="ignore"):
        if not np.isfinite(given.sum()):
            raise InputError(f"sample_weight sums to more than {dtype} holds: divide it by its largest.")
    given.flags.writeable = False
    return given


def checked_names(names: Sequence[str] | None, d: int) -> tuple[str, ...] | None:
    """`names` as d strings, or None."""
    if names is None:
        return None
    if isinstance(names, str) or not all(isinstance(name, str) for name in _items(names)):
        raise InputError(f"names is {names!r}: give a list of strings, one a coordinate.")
    if len(names) != d:
        raise InputError(f"names has {len(names)} entries for {d} coordinates: give one name a coordinate.")
    return tuple(names)


def _items(names: Any) -> list[Any]:
    try:
        return list(names)
    except TypeError:
        return [None]  # which is no name


def float_dtype(dtype: Any) -> np.dtype[np.float32] | np.dtype[np.float64]:
    """`dtype` as NumPy names it, if it is one that we calculate in."""
    try:
        kind = np.dtype(dtype)
    except TypeError:
        raise InputError(f"dtype is {dtype!r}: choose float64 or float32.") from None
    for known in (np.dtype(np.float32), np.dtype(np.float64)):
        if kind == known:
            return known
    raise InputError(f"dtype is {kind}: choose float64 or float32.")


def is_finite(value: Any) -> bool:
    """Whether this is one real number, neither infinite nor NaN."""
    return isinstance(value, (Real, np.floating)) and bool(np.isfinite(float(value)))


def is_whole(value: Any) -> bool:
    """Whether this is one whole number; True and False are not."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def real(x: Any, name: str, dtype: np.dtype[Any]) -> tuple[NDArray[Any], Floats]:
    """`x` as NumPy reads it, and as C-contiguous real numbers."""
    if isinstance(x, np.ma.MaskedArray) and np.ma.is_masked(x):
        raise InputError(f"{name} has masked entries: remove or impute such rows first.")
    try:
        raw = np.asarray(x)
        if raw.dtype.kind == "c":
            raise InputError(f"{name} holds complex numbers: mixtures are of real ones.")
        if raw.dtype.kind in "USMm":
            what = "text" if raw.dtype.kind in "US" else "times"
            raise InputError(f"{name} cannot be read as numbers: it holds {what}.")
        with np.errstate(over="ignore"):
            return raw, np.ascontiguousarray(raw, dtype=dtype)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name} cannot be read as numbers ({error}).") from None


def _frozen(table: Floats, given: Any) -> Floats:
    """A read-only view of `table`, which shares the caller's memory only as long as nobody writes."""
    view = table.view()
    view.flags.writeable = False
    return view
