"""The door: what people give us, as what we calculate with, or one sentence that says what is wrong with it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from numbers import Integral, Real
from typing import Any, TypeGuard

import numpy as np

from .arrays import Array, Integers, Numbers
from .arrays import Floats as Floats
from .columns import check_of_numbers
from .errors import CoordinateError, InputError, MissingExtraError, listed, named, said, shortened, shown

Rng = int | np.random.Generator | None


def matrix(
    x: Any,
    name: str,
    dtype: str | np.dtype[Any] | type = "float64",
    *,
    missing: bool | None = None,
    place: Callable[[int, int], str] | None = None,
    width: int | None = None,
) -> Floats:
    """`x` as a finite, C-contiguous (n, d) array of `dtype`; n and d may be 0.

    missing: True lets NaN pass, as the mark of a missing value; False refuses it and names this remedy; None refuses
    it where there is no such remedy. place: what to call the number in a row and a column, else name[row, column].
    width: how many columns are expected, where that is known.
    Raises InputError when x is not a table of numbers, or holds NaN or infinity.
    """
    if missing is not None and not isinstance(missing, (bool, np.bool_)):
        raise InputError(
            f"{named('missing')} is {missing!r}: give True (NaN marks a missing value) or False (NaN is an error)."
        )
    kind = float_dtype(dtype)
    if hasattr(x, "toarray"):
        raise InputError(f"{name} is a sparse matrix: mixtures need dense arrays; pass {name}.toarray().")
    raw, table = real(x, name, kind)
    if raw.ndim == 1 and not raw.size:
        raise InputError(f"{name} is empty: at least one row of numbers is needed.")
    if raw.ndim != 2:
        remedy = "rows are points, columns coordinates"
        if raw.ndim == 1:
            ways = [f"{name}.reshape(-1, 1) for points of one coordinate"] if width in (None, 1) else []
            if width is None or width == raw.size > 1:
                ways.append(f"{name}.reshape(1, -1), or [{name}], for one point")
            remedy = f"use {' or '.join(ways)}" if ways else f"rows are points, of {width} numbers each"
        raise InputError(f"{name} has {raw.ndim} dimension{'s' * (raw.ndim != 1)}, expected 2 (n, d): {remedy}.")
    finite = ~np.isinf(table) if missing else np.isfinite(table)
    if not finite.all():
        row, column = (int(i) for i in np.argwhere(~finite)[0])
        value = raw[row, column]
        gap = value is None or bool(np.isnan(float(value)))  # NumPy reads None as NaN
        if not gap and np.isfinite(float(value)):
            cause = f"it overflows {kind}; use float64"
        elif gap and missing is not None:
            cause = (
                f"remove or impute such rows first, or pass {named('missing', True)}, where NaN marks a missing value"
            )
        else:
            cause = "remove or impute such rows first"
        where = f"{name}[{row}, {column}]" if place is None else place(row, column)
        raise InputError(f"{where} is {value}, expected a finite number: {cause}.")
    return table


def labels_of(x: Any) -> list[Any] | None:
    """What the columns of a frame, or of a table of Arrow, are called; None of what is no frame."""
    if hasattr(x, "column_names"):
        return list(x.column_names)
    is_frame = hasattr(x, "to_numpy") or hasattr(type(x), "__dask_graph__")
    columns = getattr(x, "columns", None) if is_frame else None
    return None if columns is None else list(columns)


def names_in(x: Any) -> tuple[str, ...] | None:
    """The names of a frame's columns, if x is a frame and they are all text."""
    labels = labels_of(x)
    return tuple(labels) if labels and all(isinstance(name, str) for name in labels) else None


def by_name(x: Any, names: Sequence[str], called: str) -> Any:
    """A frame's columns of these names, in this order; what has no names for its columns is given back as it is.

    Raises InputError that lists what is missing.
    """
    known = names_in(x)
    if known is None or known == tuple(names):
        return x
    check_columns(names, known, called)
    return x.select(list(names)) if hasattr(x, "column_names") else x[list(names)]


def check_columns(wanted: Sequence[str], known: Sequence[str], called: str) -> None:
    """Raise InputError unless each wanted column is there, once."""
    gone = [name for name in wanted if known.count(name) == 0]
    if gone:
        raise InputError(
            f"{called} has no column{'s' * (len(gone) > 1)} {listed(map(repr, gone), 6)} of those wanted, "
            f"{listed(wanted)}: it has {listed(known)}. Rename them, or give the numbers alone."
        )
    twice = next((name for name in wanted if known.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{called} has {known.count(twice)} columns {shown(twice)}: give each its own name.")


def check_readable(x: Any, name: str) -> None:
    """Raise InputError where NumPy would take for numbers what is none."""
    check_unmasked(x, name)
    check_of_numbers(x, name)


def check_unmasked(x: Any, name: str) -> None:
    """Raise InputError where x is a masked array, or a list of such, with masked entries: NumPy takes what is below."""
    rows = x if isinstance(x, (list, tuple)) else (x,)
    if any(isinstance(row, np.ma.MaskedArray) and np.ma.is_masked(row) for row in rows):
        raise InputError(
            f"{name} has masked entries: remove or impute such rows first, or, where {named('missing', True)} can be "
            f"given, mark them with NaN: {name.removeprefix('Input ')}.filled(np.nan)."
        )


def real(x: Any, name: str, dtype: np.dtype[Any]) -> tuple[Numbers, Floats]:
    """`x` as NumPy reads it, and as C-contiguous real numbers; NaN for the gaps of a frame of pandas."""
    try:
        check_readable(x, name)
        raw = np.asarray(x)
        if raw.dtype.kind == "O" and hasattr(x, "convert_dtypes"):  # whatever gaps are called there
            with suppress(TypeError, ValueError):
                raw = np.asarray(x.to_numpy(dtype=np.float64, na_value=np.nan))
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is told by whoever asks
            return raw, np.ascontiguousarray(raw, dtype=dtype)
    except InputError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{name} cannot be read as numbers ({said(error)}).") from None


def float_dtype(dtype: Any) -> np.dtype[np.float32] | np.dtype[np.float64]:
    """`dtype` as NumPy names it, if it is one that we calculate in."""
    with suppress(TypeError):  # NumPy knows none of that name
        for known in (np.dtype(np.float32), np.dtype(np.float64)):
            if np.dtype(dtype) == known:
                return known
    raise InputError(f"{named('dtype')} is {dtype!r}: choose float64 or float32.")


def checked_names(names: Sequence[str] | None, d: int) -> tuple[str, ...] | None:
    """`names` as d strings, or None."""
    if names is None:
        return None
    if isinstance(names, str) or not np.iterable(names) or not all(isinstance(name, str) for name in names):
        raise InputError(f"names is {shortened(repr(names))}: give a list of strings, one a coordinate.")
    if len(names) != d:
        raise InputError(f"names has {len(names)} entries for {d} coordinates: give one name a coordinate.")
    for place, name in enumerate(names):
        if any("\ud800" <= letter <= "\udfff" for letter in name):
            raise InputError(f"names[{place}] is {shortened(ascii(name))}, half of a character of Unicode: rename it.")
    return tuple(names)


def is_true(answer: Any) -> bool:
    """Whether a callback's answer is True, which asks to stop; other things that count as true were hardly meant so."""
    return isinstance(answer, (bool, np.bool_)) and bool(answer)


def check_flag(value: Any, name: str) -> None:
    """Raise InputError unless this is True or False; other things that count as one of them are often mistakes."""
    if not isinstance(value, (bool, np.bool_)):
        raise InputError(f"{named(name)} is {value!r}: give True or False.")


def is_finite(value: Any) -> bool:
    """Whether this is one real number, neither infinite nor NaN."""
    return isinstance(value, (Real, np.floating)) and bool(np.isfinite(float(value)))


def is_whole(value: Any) -> TypeGuard[int]:
    """Whether this is one whole number; True and False are not."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def random_generator(rng: Rng) -> np.random.Generator:
    """The generator that a seed stands for; a generator stands for itself."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{named('rng')} is {rng!r}: give a whole number >= 0 or a numpy.random.Generator ({error})."
        ) from None


def numbers(values: Any, name: str) -> Array:
    """`values` as a new float64 array of finite numbers."""
    array = np.array(real(values, name, np.dtype(np.float64))[0], dtype=np.float64)
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        where = ", ".join(str(i) for i in wrong[0])
        raise InputError(f"{name}[{where}] is {array[tuple(wrong[0])]}, expected a finite number.")
    return array


def indices(chosen: Numbers, count: int, name: str, what: str, error: type[InputError] = InputError) -> Integers:
    """Distinct whole numbers, 0 <= chosen < count, at least one."""
    if chosen.ndim != 1 or chosen.dtype.kind not in "iu" or not chosen.size:
        raise error(f"{name} is {chosen.tolist()!r}, expected a list of whole numbers below {count}.")
    outside = chosen[(chosen < 0) | (chosen >= count)]
    if outside.size:
        raise error(f"{name} holds {outside[0]}: the {what} are numbered 0 to {count - 1}.")
    values, repeats = np.unique(chosen, return_counts=True)
    if (repeats > 1).any():
        raise error(f"{name} holds {values[repeats.argmax()]} more than once: each counts once.")
    return chosen.astype(np.intp)


def coordinates(chosen: Any, count: int, names: tuple[str, ...] | None, name: str) -> Integers:
    """Distinct coordinates, given by their numbers or by `names`, if there are any; maybe none."""
    try:
        listed = np.atleast_1d(np.asarray(chosen))
    except ValueError:
        raise CoordinateError(f"{name} is {chosen!r}, expected numbers or names of coordinates.") from None
    if not listed.size:
        return np.empty(0, np.intp)
    if listed.dtype.kind == "O" and all(isinstance(one, str) for one in listed.flat):  # as an index of pandas is
        listed = listed.astype(str)
    if listed.dtype.kind != "U" or listed.ndim != 1:
        return indices(listed, count, name, "coordinates", CoordinateError)
    if names is None:
        raise CoordinateError(f"{name} is {listed.tolist()!r}, but the coordinates have no names: give their numbers.")
    unknown = next((one for one in listed.tolist() if names.count(one) != 1), None)
    if unknown is not None:
        raise CoordinateError(f"{name} holds {unknown!r}: choose from {', '.join(names)}, each named once.")
    return indices(np.array([names.index(one) for one in listed]), count, name, "coordinates", CoordinateError)


def members(chosen: Any, count: int) -> Integers:
    """Distinct components, at least one: given by their numbers (m,), by one number, or by a mask (count,)."""
    listed = np.atleast_1d(np.asarray(chosen))
    if listed.dtype == bool:
        if listed.shape != (count,):
            raise InputError(f"components has shape {listed.shape}, expected ({count},) for a mask.")
        listed = np.flatnonzero(listed)
    return indices(listed, count, "components", "components")


def index(chosen: Any, count: int, name: str, what: str) -> int:
    """One whole number, 0 <= chosen < count."""
    if not is_whole(chosen) or not 0 <= chosen < count:
        raise InputError(f"{named(name)} is {chosen!r}: the {what} are numbered 0 to {count - 1}.")
    return int(chosen)


def check_symmetric(matrices: Array) -> None:
    """Raise InputError when a matrix differs from its transpose by more than rounding."""
    stack = matrices.reshape(-1, *matrices.shape[-2:])
    gap = np.abs(stack - stack.transpose(0, 2, 1)).max(axis=(1, 2))
    limit = 1e-8 * np.abs(stack).max(axis=(1, 2))
    if (gap > limit).any():
        component = int(np.argmax(gap - limit))
        raise InputError(
            f"covariances[{component}] is not symmetric (it differs from its transpose by {gap[component]:.2g}, "
            f"limit {limit[component]:.2g})."
        )


def extra(module: str, what: str, name: str) -> Any:
    """A module that may not be installed. what: needs it, "HDF5 is read with h5py". name: of the extra that has it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise MissingExtraError(f"{what}, which is not installed: pip install 'mixtura[{name}]' brings it.") from None


def check_threads(n_threads: int | None) -> None:
    """Raise InputError unless n_threads is None or a whole number >= 1."""
    if n_threads is not None and (not is_whole(n_threads) or n_threads < 1):
        raise InputError(f"{named('n_threads')} is {n_threads!r}: give a whole number >= 1, or None for all there are.")
