"""Whether columns are of numbers: one decision for arrays, lists and frames of every kind.

Numbers are integers, floats, booleans (0 and 1), decimals, fractions, and whatever else gives itself as a float; None
and NA are gaps. Text is none, not of digits either, nor are times, durations, complex numbers, records and lists.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InputError, shown

_NUMBERS = frozenset("biuf")  # kinds of NumPy's types
_HELD = {"c": "complex numbers", "M": "times", "m": "times", "U": "text", "S": "text", "T": "text", "V": "records"}
_TIMES = (np.datetime64, np.timedelta64, datetime.date, datetime.time, datetime.timedelta)
_LONGEST = 40  # characters of a value in a sentence


def check_of_numbers(x: Any, name: str) -> None:
    """Raise InputError that names the first column of x that is not of numbers, though NumPy may read it as such."""
    check_collected(x, name)
    if isinstance(x, np.ndarray) and x.dtype.kind in _NUMBERS:
        return
    held = [(label, _held(values, hasattr(x, "convert_dtypes"))) for label, values in _columns(x, name)]
    wrong = [(label, what) for label, what in held if what]
    if not wrong:
        return
    label, what = wrong[0]
    named = is_frame(x) or len(wrong) < len(held)  # a table all of text needs no column to be named
    if what == _HELD["c"]:
        where = f" in column {label}" if named else ""
        raise InputError(f"{name} holds {what}{where}: mixtures are of real ones (Complex data not supported).")
    where, leave = (f"column {label}", " or leave the column out") if named else ("it", "")
    raise InputError(f"{name} cannot be read as numbers: {where} holds {what}; convert it first{leave}.")


def check_collected(x: Any, name: str) -> None:
    """Raise InputError where x is a frame that only tells how its rows would be made."""
    if hasattr(type(x), "collect") and not hasattr(type(x), "to_numpy"):
        called = name.removeprefix("Input ")
        remedy = f"give {called}.collect()" if called.isidentifier() else "collect it first"
        raise InputError(f"{name} is a {type(x).__name__}, which holds no rows yet: {remedy}.")


def is_frame(x: Any) -> bool:
    """Whether x is a frame of pandas or polars, or a table of Arrow."""
    return len(getattr(x, "shape", ())) == 2 and any(hasattr(type(x), mark) for mark in ("dtypes", "column_names"))


def _columns(x: Any, name: str) -> Iterator[tuple[str, NDArray[Any]]]:
    """What each column is called, and its values; of a frame, only of columns that do not say that they are numbers."""
    if is_frame(x):
        arrow = hasattr(type(x), "column_names")
        labels, kinds = (x.column_names, x.schema.types) if arrow else (x.columns, x.dtypes)
        for place, (label, kind) in enumerate(zip(labels, kinds, strict=True)):
            if getattr(kind, "kind", None) in _NUMBERS or (hasattr(kind, "is_numeric") and kind.is_numeric()):
                continue
            cut = x.iloc[:, place] if hasattr(x, "iloc") else x.column(place) if arrow else x.to_series(place)
            yield shown(label), np.asarray(cut)
        return
    try:
        raw = np.asarray(x)
    except ValueError:
        raise InputError(f"{name} cannot be read as numbers: {_ragged(x)}.") from None
    if raw.dtype.kind not in _NUMBERS and not hasattr(x, "dtype"):  # NumPy has made one type of all that lists hold
        raw = np.array(x, dtype=object)
    if raw.ndim != 2:
        yield "0", raw.ravel()
    else:
        yield from ((str(place), raw[:, place]) for place in range(raw.shape[1]))


def _ragged(x: Any) -> str:
    """What rows hold that no array can be made of."""
    sizes = [len(row) if hasattr(row, "__len__") else 1 for row in x]
    other = next((place for place, size in enumerate(sizes) if size != sizes[0]), None)
    if other is None:
        return "a row holds lists, expected numbers"
    return f"row {other} has length {sizes[other]}, row 0 has length {sizes[0]}: give each as many columns"


def _held(values: NDArray[Any], na: bool) -> str:
    """What values hold that is no number, or nothing. na: whether NA of pandas is a gap here."""
    if values.ndim > 1:
        return "lists or records"
    if values.dtype.kind != "O":
        return _HELD.get(values.dtype.kind, "")
    every = values.tolist()
    kinds = dict.fromkeys(map(type, every))
    gaps = {kind for kind in kinds if kind is type(None) or (na and kind.__name__ == "NAType")}
    for kind in kinds:
        if kind not in gaps and not _is_number(kind):
            return _described(next(value for value in every if type(value) is kind))
    try:
        np.array([value for value in every if type(value) not in gaps], dtype=object).astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        return f"numbers that no float holds ({error})"
    return ""


def _is_number(kind: type) -> bool:
    """Whether values of this type are real numbers."""
    if issubclass(kind, np.generic):
        return issubclass(kind, (np.bool_, np.integer, np.floating)) and not issubclass(kind, np.timedelta64)
    return hasattr(kind, "__float__") and not issubclass(kind, np.ndarray)


def _described(value: Any) -> str:
    """What a value that is no number is."""
    if isinstance(value, (complex, np.complexfloating)):
        return _HELD["c"]
    if isinstance(value, _TIMES):
        return _HELD["M"]
    if isinstance(value, (str, bytes)):
        text = repr(value)
        return f"{_HELD['U']}, such as {text if len(text) <= _LONGEST else text[: _LONGEST - 3] + '...'}"
    try:
        float(value)
    except Exception as error:
        return f"{type(value).__name__} objects ({str(error)[:100]})"
    return f"{type(value).__name__} objects"
