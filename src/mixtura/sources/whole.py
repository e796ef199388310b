"""Tables with all that stands in them, so that what is said of their rows can stand beside it: ids, dates, words.

They are read in parts, of which a few are in memory.
"""

from __future__ import annotations

import datetime
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Bools
from ..checks import extra
from ..errors import InputError, SourceError, named, said, shown
from ..writing import is_folder, is_stream, is_there
from .naming import column, coordinate_names
from .parquet import files_of, is_whole
from .text import KINDS, Row, Text, can_be_read_again, is_missing

ROWS = 2**16  # of a part, about


class Part(ABC):
    """Some rows of a table: the `first` of them, 0 the first of the table, and `n` of them."""

    table: Whole
    first: int
    n: int

    def __init__(self, table: Whole, first: int, n: int) -> None:
        self.table, self.first, self.n = table, first, n

    @abstractmethod
    def numbers(self, where: Sequence[int], missing: bool) -> Array:
        """(n, m) some columns, NaN where a value is missing. Raises TableError or InputError where one is no number."""

    @abstractmethod
    def values(self, place: int) -> Any:
        """(n,) a column as it stands: an array of NumPy or Arrow."""

    def values_as(self, place: int, kind: str | None) -> Any:
        """(n,) a column of a text as an array of Arrow of this type; as it stands where there is none."""
        return self.values(place)

    def filled(self, place: int, numbers: Array, gaps: Bools) -> NDArray[Any]:
        """(n,) a column for a table in text: as it stands, with the numbers (n,) in its gaps."""
        values = self.values(place)
        found = np.empty(self.n, object)
        found[:] = values.tolist() if isinstance(values, np.ndarray) else values.to_pylist()
        found[gaps] = numbers[gaps].tolist()
        return found


class Whole(ABC):
    """A table that is read in parts.

    called: the table, by errors. names: of its columns; x1, x2, and so on where they have none. named: whether they
    have any.
    """

    called: str
    names: tuple[str, ...]
    named: bool = False

    @abstractmethod
    def parts(self) -> Iterator[Part]:
        """All rows: a pass, of what comes through a pipe the only one."""

    def is_complete(self, place: int) -> bool:
        """Whether a column is known to be of whole numbers without a gap, before it is read."""
        return False

    def typed(self, places: Sequence[int]) -> dict[int, str]:
        """The types of Arrow for columns of a text, found in a pass over it, where it can be read again."""
        return {}

    def place(self, name: str) -> int:
        """Where the column of this name is. Raises InputError."""
        return column(name, self.names, self.called, "keep")


class Cursor:
    """Some columns of a table, taken beside rows that are read elsewhere.

    typed: whether columns of a text are numbers and dates, where they hold nothing else, and not text.
    """

    table: Whole
    names: list[str]

    def __init__(self, table: Whole, names: Sequence[str], *, typed: bool = False) -> None:
        self.table, self.names = table, list(names)
        self._where = [table.place(name) for name in names]
        self._types = table.typed(self._where) if typed else {}
        self._parts = table.parts()
        self._held: Part | None = None
        self._at = 0

    def take(self, n: int) -> dict[str, Any]:
        """The columns of the next n rows."""
        pieces: list[list[Any]] = []
        while n:
            if self._held is None or self._at == self._held.n:
                self._held, self._at = next(self._parts, None), 0
                if self._held is None:
                    raise SourceError(f"{self.table.called} has changed: it has fewer rows than before.")
            some = slice(self._at, min(self._at + n, self._held.n))
            pieces.append([self._held.values_as(place, self._types.get(place))[some] for place in self._where])
            n, self._at = n - (some.stop - some.start), some.stop
        return {name: _joined(values) for name, values in zip(self.names, zip(*pieces, strict=True), strict=True)}

    def at(self, rows: Sequence[int]) -> dict[str, Any]:
        """The columns of rows by their numbers, in that order."""
        order = np.argsort(np.asarray(rows), kind="stable")
        found: dict[int, list[Any]] = {}
        ahead = iter(order.tolist())
        wanted = next(ahead, None)
        for part in self._parts:
            while wanted is not None and rows[wanted] < part.first + part.n:
                some = slice(rows[wanted] - part.first, rows[wanted] - part.first + 1)
                found[wanted] = [part.values_as(place, self._types.get(place))[some] for place in self._where]
                wanted = next(ahead, None)
        pieces = zip(*(found[i] for i in range(len(rows))), strict=True)
        return {name: _joined(values) for name, values in zip(self.names, pieces, strict=True)}


def whole(path: Path, header: bool = False) -> Whole:
    """A table: .csv, .tsv, .parquet or a folder of it, .npy, or - for .csv from standard input. Raises InputError."""
    kind = path.suffix.lower()
    if kind == ".npy":
        return _Numbers(path)
    if kind == ".parquet" or (is_folder(path) and kind not in KINDS):
        return _Parquet(path)
    if not is_stream(path) and kind not in KINDS:
        raise InputError(f"{path} is no table whose columns are kept as they stand: give .csv, .tsv, .parquet or .npy.")
    return _Text(path, header)


def column_names(path: Path, header: bool = False) -> tuple[str, ...]:
    """What the columns of a table are called."""
    return whole(path, header).names


def _date(field: str) -> datetime.date:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", field) is None:
        raise ValueError(field)
    return datetime.date.fromisoformat(field)


def _whole(field: str) -> int:
    if re.fullmatch(r"-?(0|[1-9]\d{0,17})", field) is None:  # 007 is a name
        raise ValueError(field)
    return int(field)


def _number(field: str) -> float:
    if re.match(r"[-+]?0\d", field) or "_" in field:
        raise ValueError(field)
    return float(field)


_READERS: dict[str, Callable[[str], Any]] = {"int64": _whole, "double": _number, "date32": _date}
"""What can be read of the fields of a column, by types of Arrow, the best first."""


def _is_all(rows: list[Row], place: int, read: Callable[[str], Any]) -> bool:
    """Whether all fields of a column can be read so, or are missing."""
    try:
        for _, fields in rows:
            if not is_missing(fields[place]):
                read(fields[place].strip())
    except ValueError:
        return False
    return True


class _Text(Whole):
    def __init__(self, path: Path, header: bool) -> None:
        self.path, self.header, self.text = path, header, Text(path, header)
        self.called, self.named = self.text.called, self.text.names is not None
        self.names = coordinate_names(self.text.names, self.text.count)

    def typed(self, places: Sequence[int]) -> dict[int, str]:
        if not can_be_read_again(self.path):
            return {}
        kinds = {place: list(_READERS) for place in places}  # those that a column can still be
        for rows in Text(self.path, self.header).rows():
            for place, left in kinds.items():
                while left and not _is_all(rows, place, _READERS[left[0]]):
                    del left[0]
        return {place: left[0] for place, left in kinds.items() if left}

    def parts(self) -> Iterator[Part]:
        text = Text(self.path, self.header) if can_be_read_again(self.path) else self.text
        first, held = 0, list[Row]()
        for rows in text.rows():
            held += rows
            if len(held) >= ROWS:
                yield _TextPart(self, text, first, held)
                first, held = first + len(held), []
        if held:
            yield _TextPart(self, text, first, held)


class _TextPart(Part):
    def __init__(self, table: _Text, text: Text, first: int, rows: list[Row]) -> None:
        super().__init__(table, first, len(rows))
        self.text, self.rows = text, rows

    def numbers(self, where: Sequence[int], missing: bool) -> Array:
        found = self.text.numbers_of(self.rows, where)
        self.text.check(found, [self.table.names[i] for i in where], missing, [line for line, _ in self.rows])
        return found

    def values(self, place: int) -> Any:
        found = np.empty(self.n, dtype=object)
        found[:] = [fields[place] for _, fields in self.rows]
        return found

    def values_as(self, place: int, kind: str | None) -> Any:
        if kind is None:
            return self.values(place)
        arrow = extra("pyarrow", ".parquet is written with pyarrow", "tables")
        fields = [fields[place].strip() for _, fields in self.rows]
        return arrow.array([None if is_missing(each) else _READERS[kind](each) for each in fields], kind)


class _Numbers(Whole):
    def __init__(self, path: Path) -> None:
        from .array import opened_npy

        self.called = str(path)
        if not is_there(path):
            raise InputError(f"{path} does not exist: give a table.")
        self.array = opened_npy(path)
        if self.array.ndim != 2 or self.array.dtype.kind not in "fiub":
            raise InputError(f"{path} has the shape {self.array.shape}, expected a table (n, d) of numbers.")
        self.names = coordinate_names(None, self.array.shape[1])

    def parts(self) -> Iterator[Part]:
        for first in range(0, len(self.array), ROWS):
            rows = np.array(self.array[first : first + ROWS])
            yield _NumbersPart(self, first, rows)


class _NumbersPart(Part):
    def __init__(self, table: _Numbers, first: int, rows: NDArray[Any]) -> None:
        super().__init__(table, first, len(rows))
        self.rows = rows

    def numbers(self, where: Sequence[int], missing: bool) -> Array:
        return _checked(np.asarray(self.rows[:, list(where)], np.float64), where, self, missing)

    def values(self, place: int) -> Any:
        return self.rows[:, place]


class _Parquet(Whole):
    named = True

    def __init__(self, path: Path) -> None:
        self.parquet = extra("pyarrow.parquet", "Parquet is read with pyarrow", "tables")
        self.called = str(path)
        if not is_there(path):
            raise InputError(f"{path} does not exist: give a table.")
        self.files = files_of(path)
        try:
            with self.parquet.ParquetFile(self.files[0]) as file:
                self.names = tuple(file.schema_arrow.names)
        except Exception as error:
            raise SourceError(f"{self.files[0]} cannot be read as Parquet ({said(error)}).") from None

    def is_complete(self, place: int) -> bool:
        for path in self.files:
            with self.parquet.ParquetFile(path) as file:
                groups = (file.metadata.row_group(i).column(place) for i in range(file.metadata.num_row_groups))
                told = [group.statistics for group in groups]
                if not is_whole(file.schema_arrow.field(place).type) or any(s is None or s.null_count for s in told):
                    return False
        return True

    def parts(self) -> Iterator[Part]:
        first = 0
        for path in self.files:
            try:
                with self.parquet.ParquetFile(path) as file:
                    for batch in file.iter_batches(ROWS, use_threads=False):
                        if batch.num_rows:
                            yield _ParquetPart(self, first, batch)
                            first += batch.num_rows
            except OSError as error:
                raise SourceError(f"{path} cannot be read as Parquet ({said(error)}).") from None


class _ParquetPart(Part):
    def __init__(self, table: _Parquet, first: int, batch: Any) -> None:
        super().__init__(table, first, batch.num_rows)
        self.batch = batch

    def numbers(self, where: Sequence[int], missing: bool) -> Array:
        found = np.empty((self.n, len(where)))
        for i, place in enumerate(where):
            values = self.values(place)
            try:
                found[:, i] = values.cast("float64").to_numpy(zero_copy_only=False)
            except Exception:
                raise InputError(
                    f"{self.table.called}: column {shown(self.table.names[place])} holds {values.type}, expected "
                    f"numbers: choose others with {named('columns')}."
                ) from None
        return _checked(found, where, self, missing)

    def values(self, place: int) -> Any:
        return self.batch.column(self.table.names[place])


def _checked(numbers: Array, where: Sequence[int], part: Part, missing: bool) -> Array:
    """The numbers of rows without lines. Raises InputError for infinity, and for gaps where there may be none."""
    good = ~np.isinf(numbers) if missing else np.isfinite(numbers)
    if not good.all():
        row, place = (int(i) for i in np.argwhere(~good)[0])
        gap = bool(np.isnan(numbers[row, place]))
        what = "has no value" if gap else f"is {numbers[row, place]}"
        remedy = f"{named('missing', True)} takes what the rows have" if gap else "leave the row out"
        raise InputError(
            f"{part.table.called}: column {shown(part.table.names[where[place]])} {what} in row {part.first + row}, "
            f"expected a number: {remedy}."
        )
    return numbers


def _joined(values: Sequence[Any]) -> Any:
    """Pieces of a column as one."""
    if len(values) == 1:
        return values[0]
    if isinstance(values[0], np.ndarray):
        return np.concatenate(values)
    return extra("pyarrow", "Parquet is read with pyarrow", "tables").chunked_array(values)


def columns_for(table: Whole, wanted: Sequence[str], chosen: Sequence[str] | None) -> list[int]:
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
