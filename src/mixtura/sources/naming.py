"""What the columns of tables are called, and where they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..checks import index
from ..errors import InputError, listed, named, shortened, shown


def coordinate_names(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """The names, or x1, x2, and so on where there are none."""
    return tuple(f"x{i + 1}" for i in range(count)) if names is None else tuple(names)


def column(name: Any, names: Sequence[str], where: str, parameter: str = "columns") -> int:
    """The place of the one column that has this name, or this number. Raises InputError."""
    if not isinstance(name, str):
        return index(name, len(names), parameter, "columns")
    if names.count(name) == 1:
        return names.index(name)
    if name in names:
        raise InputError(f"{where} has {names.count(name)} columns {shown(name)}: give each its own name.")
    raise InputError(f"{where} has no column {shown(name)}: it has {listed(names)}.")


def places(columns: Any, names: Sequence[str], where: str) -> list[int]:
    """The places of columns that are given by name or number, each once. Raises InputError."""
    if isinstance(columns, str) or not isinstance(columns, Iterable):
        raise InputError(f"{named('columns')} is {shortened(repr(columns))}: give a list of names or numbers.")
    found = [column(each, names, where) for each in columns]
    if not found:
        raise InputError(f"{named('columns')} is empty: choose at least one column of {where}.")
    twice = next((i for i in found if found.count(i) > 1), None)
    if twice is not None:
        raise InputError(f"{named('columns')} holds {shown(names[twice])} more than once: each counts once.")
    return found
