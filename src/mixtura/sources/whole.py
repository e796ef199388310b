"""Tables with all that stands in them, so that what is said of their rows can stand beside it: ids, dates, words."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..checks import extra
from ..errors import InputError, SourceError, named, said, shown
from ..writing import STANDARD, check_standard_input
from .tables import Fields, column, coordinate_names


class Whole(ABC):
    """All columns of a table, in memory.

    called: the table, by errors. names: of its columns; x1, x2, and so on where they have none. named: whether they
    have any. n: how many rows there are.
    """

    called: str
    names: tuple[str, ...]
    named: bool
    n: int

    @abstractmethod
    def numbers(self, where: Sequence[int], missing: bool) -> Array:
        """(n, m) some columns, NaN where a value is missing. Raises TableError or InputError where one is no number."""

    @abstractmethod
    def values(self, place: int) -> NDArray[Any]:
        """(n,) a column as it stands."""

    def taken(self, names: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Columns by their names, as they stand."""
        return {name: self.values(column(name, self.names, self.called, "keep")) for name in names}

    def filled(self, place: int, numbers: Array, gaps: NDArray[np.bool_]) -> NDArray[Any]:
        """(n,) a column for a table in text: as it stands, with the numbers (n,) in its gaps."""
        found = np.array(self.values(place), dtype=object)
        found[gaps] = numbers[gaps].tolist()
        return found


def whole(path: Path, header: bool = False) -> Whole:
    """All columns of a table: .csv, .tsv, .parquet, .npy, or - for .csv from standard input. Raises InputError."""
    kind = path.suffix.lower()
    if kind == ".parquet":
        return _Parquet(path)
    return _Numbers(path) if kind == ".npy" else _Text(path, header)


class _Text(Whole):
    def __init__(self, path: Path, header: bool) -> None:
        content = None
        if path == STANDARD:
            check_standard_input()
            content = sys.stdin.buffer.read()
        self.text = Fields.read(path, header, content)
        self.called, self.named = self.text.called, self.text.names is not None
        self.names, self.n = coordinate_names(self.text.names, self.text.count), len(self.text.rows)

    def numbers(self, where: Sequence[int], missing: bool) -> Array:
        return self.text.numbers(where, missing)

    def values(self, place: int) -> NDArray[Any]:
        found = np.empty(self.n, dtype=object)
        found[:] = [row[place] for row in self.text.rows]
        return found


class _Numbers(Whole):
    named = False

    def __init__(self, path: Path) -> None:
        from .array import opened_npy

        self.called = str(path)
        if not path.exists():
            raise InputError(f"{path} does not exist: give a table.")
        self.table = opened_npy(path)
        if self.table.ndim != 2 or self.table.dtype.kind not in "fiub":
            raise InputError(f"{path} has the shape {self.table.shape}, expected a table (n, d) of numbers.")
        self.n, self.names = len(self.table), coordinate_names(None, self.table.shape[1])

    def numbers(self, where: Sequence[int], missing: bool) -> Array:
        found = np.asarray(self.table[:, list(where)], np.float64)
        return checked(found, [self.names[i] for i in where], self, missing)

    def values(self, place: int) -> NDArray[Any]:
        return np.asarray(self.table[:, place])


class _Parquet(Whole):
    named = True

    def __init__(self, path: Path) -> None:
        parquet = extra("pyarrow.parquet", "Parquet is read with pyarrow", "tables")
        self.called = str(path)
        if not path.exists():
            raise InputError(f"{path} does not exist: give a table.")
        try:
            self.table = parquet.read_table(path)
        except Exception as error:
            raise SourceError(f"{path} cannot be read as Parquet ({said(error)}).") from None
        self.n, self.names = self.table.num_rows, tuple(self.table.column_names)

    def numbers(self, where: Sequence[int], missing: bool) -> Array:
        found = np.empty((self.n, len(where)))
        for i, place in enumerate(where):
            values = self.table.column(place)
            try:
                found[:, i] = values.cast("float64").to_numpy()
            except Exception:
                raise InputError(
                    f"{self.called}: column {shown(self.names[place])} holds {values.type}, expected numbers: choose "
                    f"others with {named('columns')}."
                ) from None
        return checked(found, [self.names[i] for i in where], self, missing)

    def values(self, place: int) -> NDArray[Any]:
        found = np.empty(self.n, dtype=object)
        found[:] = self.table.column(place).to_pylist()
        return found


def checked(numbers: Array, names: Sequence[str], table: Whole, missing: bool) -> Array:
    """The numbers of a table without lines. Raises InputError for infinity, and for gaps where there may be none."""
    good = ~np.isinf(numbers) if missing else np.isfinite(numbers)
    if not good.all():
        row, place = (int(i) for i in np.argwhere(~good)[0])
        gap = bool(np.isnan(numbers[row, place]))
        what = "has no value" if gap else f"is {numbers[row, place]}"
        remedy = f"{named('missing', True)} takes what the rows have" if gap else "leave the row out"
        raise InputError(
            f"{table.called}: column {shown(names[place])} {what} in row {row}, expected a number: {remedy}."
        )
    return numbers


def columns_for(table: Whole, wanted: Mapping[str, Any] | Sequence[str], chosen: Sequence[str] | None) -> list[int]:
    """Where a table has the columns of a model: those chosen, those of its names, or all where it has no names.

    Raises InputError.
    """
    wanted = list(wanted)
    if chosen is None and (table.named or len(table.names) != len(wanted)):
        chosen = wanted
    if chosen is None:
        return list(range(len(wanted)))
    if len(chosen) != len(wanted):
        raise InputError(f"{named('columns')} names {len(chosen)} columns, the model has {len(wanted)}: name as many.")
    return [column(name, table.names, table.called) for name in chosen]
