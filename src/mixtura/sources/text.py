"""Tables in text, whose columns of numbers are read: .csv, .tsv, and what comes from standard input or a pipe.

A table is read once, some lines at a time: NumPy's reader takes those that hold nothing but numbers, and what tells
people where a table goes wrong takes the others.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import InputError, TableError, named, said, shown, typed
from ..writing import STANDARD, check_standard_input, is_file, is_folder, is_stream
from .naming import coordinate_names

KINDS = (".csv", ".tsv")
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})  # what stands for a missing value, in lower case
BLOCK = 5_000  # lines that are held at a time
_LONGEST = 2**16  # letters of a first line in quotes
_QUOTED = re.compile(r'"(?:[^"]|"")*("|$)')  # a field in quotes, or its beginning
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?([T ]|$)|\d\d?[./-]\d\d?[./-]\d{2,4}([T ]|$)|\d{4}/\d\d?/\d\d?|\d\d?:\d\d(:|$)")
DATES = "a date is no number; write it as one, such as days since the first"
LOOKED_AT = 100  # rows by which is told which columns are of numbers

Row = tuple[int, list[str]]  # the line that it ends in, and its fields


class Heading(NamedTuple):
    """What the beginning of a table in text tells, for those who read its parts.

    names: what `read` would take for the names of the columns. d: how many there are. lines: how many lines the names
    take. first: a line of names as the table would have it, as bytes.
    """

    names: tuple[str, ...] | None
    d: int
    lines: int
    first: bytes


def heading(path: Path, header: bool = False) -> Heading:
    """The heading of a table in text. Raises TableError."""
    text = Text(path, header)
    line = io.StringIO()
    writer = csv.writer(line, delimiter=text.delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(coordinate_names(text.names, text.count))
    return Heading(text.names, text.count, text.first[0] if text.names else 0, line.getvalue().encode())


def part(path: Path, content: bytes, number: int, head: Heading, where: Sequence[int]) -> Array:
    """(m, len(where)) some columns of whole lines of a table in text: of its part of that number, 0 the first."""
    if not number:
        content = b"".join(content.splitlines(keepends=True)[head.lines :])
    text = Text(path, True, head.first + content)
    text.before = (0 if number else head.lines) - head.first.count(b"\n")
    if number:
        text.called = f"part {number} of {path}"
    return text.take(where)


def in_memory(content: bytes, called: str, *, tabs: bool = False, header: bool = False) -> Text:
    """A table in text that lies in no file. called: by errors. tabs: whether these stand between fields."""
    return Text(Path("rows.tsv" if tabs else "rows.csv"), header, content, called)


class _Again(io.TextIOWrapper):
    """What standard input gave, in a file without a name."""

    def __del__(self) -> None:
        self.close()


def keep_standard_input() -> None:
    """Let standard input be read more than once."""
    check_standard_input()
    if not isinstance(sys.stdin, _Again):
        file = tempfile.TemporaryFile()  # noqa: SIM115  it is open as long as the process
        shutil.copyfileobj(sys.stdin.buffer, file)
        sys.stdin = _Again(file, encoding="utf-8")


def can_be_read_again(path: Path) -> bool:
    """Whether a table can be read more than once: a file, or standard input that is kept."""
    return isinstance(sys.stdin, _Again) if path == STANDARD else not is_stream(path)


class _Lines:
    """Lines, counted."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines, self.count = iter(lines), 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.count += 1
        return line


class Text:
    """A table in text, of which the first row is read here, the others when they are taken, in one pass.

    content: all of it, where it lies in no file. called: the table, by errors. before: lines before the first.
    names: of its columns, or None. count: how many columns there are. delimiter: what stands between fields, judged by
    the first line that has some. first: the first row.
    """

    path: Path
    content: bytes | None
    called: str
    before: int
    names: tuple[str, ...] | None
    count: int
    delimiter: str
    first: Row

    def __init__(self, path: Path, header: bool, content: bytes | None = None, called: str | None = None) -> None:
        self.path, self.content, self.before = path, content, 0
        self.called = called = called or ("standard input" if path == STANDARD else str(path))
        if path == STANDARD and content is None:
            check_standard_input()
        elif content is None:
            if path.suffix.lower() not in KINDS and not (is_stream(path) and not path.suffix):
                raise TableError(f"{called} is no table in text: give one of {' '.join(KINDS)}.")
            if not (is_file(path) or is_stream(path)):
                raise TableError(f"{called} {'is a folder' if is_folder(path) else 'does not exist'}: give a table.")
        self.delimiter = ""
        self._counted = _Lines(())
        self._pieces = self._read()
        self.first, self._left = self._first()
        fields = self.first[1]
        has_names = header or not all(is_number(field) or is_missing(field) for field in fields)
        self.names = tuple(field.strip() for field in fields) if has_names else None
        self.count = len(fields)

    def take(self, where: Sequence[int]) -> Array:
        """(n, m) the numbers of some columns, NaN where one is missing; infinity is not refused."""
        return np.concatenate([np.empty((0, len(where))), *(x for x, _ in self.numbers(where))])

    def numbers(self, where: Sequence[int]) -> Iterator[tuple[Array, list[int] | None]]:
        """Some rows after the other: (m, len(where)) the numbers of some columns, and the lines that they stand in.

        The lines are None where all numbers are finite. Raises TableError where a field is no number.
        """
        for before, lines in self._parts():
            x = self._quickly(lines, where)
            if x is not None:
                yield x, None
                continue
            rows = self._checked(self._cut(before, lines))
            if rows:
                yield self.numbers_of(rows, where), [line for line, _ in rows]

    def numbers_of(self, rows: list[Row], where: Sequence[int]) -> Array:
        """(m, len(where)) some columns of rows. Raises TableError where a field is no number."""
        columns = list(zip(*(fields for _, fields in rows), strict=True))
        try:
            return np.column_stack([_numbers(columns[i]) for i in where])
        except ValueError:
            raise self._no_number(rows, where) from None

    def rows(self) -> Iterator[list[Row]]:
        """All fields, some rows at a time."""
        for before, lines in self._parts():
            if rows := self._checked(self._cut(before, lines)):
                yield rows

    @property
    def lines(self) -> Iterator[Row]:
        """The rows after the first, whatever they hold."""
        every = itertools.chain.from_iterable(self._cut(before, lines) for before, lines in self._parts())
        return itertools.islice(every, self.names is None, None)

    def check(self, numbers: Array, names: Sequence[str], missing: bool, lines: Sequence[int] | None) -> None:
        """Raise TableError for infinity, and for a missing value where there may be none. lines: of the rows."""
        if lines is None:
            return
        good = ~np.isinf(numbers) if missing else np.isfinite(numbers)
        if good.all():
            return
        row, place = (int(i) for i in np.argwhere(~good)[0])
        gap = bool(np.isnan(numbers[row, place]))
        if missing or (gap and len(names) == 1):
            remedy = "leave the row out"
        elif gap:
            remedy = f"{named('missing', True)} takes what the rows have"
        else:
            remedy = f"leave the row out, or leave the field empty and give {named('missing', True)}"
        what = "has no value" if gap else f"is {numbers[row, place]}"
        raise TableError(
            f"{self.called}: column {shown(names[place])} {what} in line {lines[row]}, expected a number: {remedy}."
        )

    # Lines

    def _read(self) -> Iterator[list[str]]:
        """All lines, some at a time."""
        with self._told(), self._open() as file:
            text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
            try:
                start = [text.readline()]
                while start[-1] and not start[-1].strip("\r\n"):
                    start.append(text.readline())
                head = start[-1]
                while head.count('"') % 2 and len(head) < _LONGEST and (more := text.readline()):  # a name in lines
                    start.append(more)
                    head += more
                is_tsv = self.path.suffix.lower() == ".tsv"
                self.delimiter = "\t" if is_tsv else max("\t;,", key=_QUOTED.sub("", head).count)
                self._counted = _Lines(itertools.chain((line for line in start if line), text))
                size = max(BLOCK, len(start))
                while lines := list(itertools.islice(self._counted, size)):
                    yield lines
            finally:
                with suppress(ValueError):  # the stream was closed by whoever gave it
                    text.detach()

    def _first(self) -> tuple[Row, tuple[int, list[str]]]:
        """The first row, and what is left of the lines that it was read with: how many were before these, and they."""
        for lines in self._pieces:
            before, begin = self._counted.count - len(lines), 0
            with self._told():
                for row in (reader := csv.reader(itertools.chain(lines, self._counted), delimiter=self.delimiter)):
                    if row:
                        self._begin = begin
                        return (before + reader.line_num, row), (before, lines)
                    begin = reader.line_num
                    if begin >= len(lines):
                        break
        raise TableError(f"{self.called} is empty: give a table of numbers.")

    def _parts(self) -> Iterator[tuple[int, list[str]]]:
        """The lines of the rows, some at a time, and how many were before these."""
        before, lines = self._left
        cut = self._begin if self.names is None else self.first[0] - before
        if cut < len(lines):
            yield before + cut, lines[cut:]
        for lines in self._pieces:
            yield self._counted.count - len(lines), lines

    def _cut(self, before: int, lines: list[str]) -> Iterator[Row]:
        """The rows in some lines, or that begin there."""
        with self._told():
            reader = csv.reader(itertools.chain(lines, self._counted), delimiter=self.delimiter)
            for row in reader:
                if row:
                    yield self.before + before + reader.line_num, row
                if reader.line_num >= len(lines):
                    return

    def _checked(self, rows: Iterator[Row]) -> list[Row]:
        """The rows, each of which must have as many fields as the first."""
        block = list(rows)
        if any(len(fields) != self.count for _, fields in block):
            line, wrong = next((line, fields) for line, fields in block if len(fields) != self.count)
            raise TableError(
                f"{self.called}: line {line} has {len(wrong)} field{'s' * (len(wrong) != 1)}, the first has "
                f"{self.count}: mend the line or its quotes."
            )
        return block

    def _quickly(self, lines: list[str], where: Sequence[int]) -> Array | None:
        """(m, len(where)) the numbers of lines that hold finite ones there; None if it is not so simple.

        NumPy is about ten times as fast as what tells people where a table goes wrong.
        """
        if not any(line.strip("\r\n") for line in lines):
            return np.empty((0, len(where)))
        quotes = any('"' in line for line in lines)
        if quotes and any(line.count('"') % 2 for line in lines):
            return None
        some: list[int] | None = list(where)
        if quotes or some == list(range(self.count)):
            some = None  # all fields, whose number NumPy checks
        elif any(line.count(self.delimiter) != self.count - 1 for line in lines if line.strip("\r\n")):
            return None
        how: dict[str, Any] = {"delimiter": self.delimiter, "comments": None, "quotechar": '"', "ndmin": 2}
        try:
            found = np.loadtxt(lines, usecols=some, **how)
        except ValueError:
            return None
        if not np.isfinite(found).all() or found.shape[1] != (self.count if some is None else len(some)):
            return None
        return np.ascontiguousarray(found[:, list(where)]) if some is None else found

    def _open(self) -> AbstractContextManager[Any]:
        if self.content is not None:
            return io.BytesIO(self.content)
        if self.path != STANDARD:
            return self.path.open("rb")
        if isinstance(sys.stdin, _Again):
            sys.stdin.seek(0)
        return nullcontext(sys.stdin.buffer)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What can go wrong in reading, as a TableError."""
        path, content = self.path, self.content
        try:
            yield
        except UnicodeDecodeError as error:
            known = path != STANDARD or content is not None
            where = f": line {_undecodable(path, content)} holds byte {error.object[error.start]:#x}" if known else ""
            raise TableError(f"{self.called} is no text in UTF-8{where}; save it as UTF-8.") from None
        except (csv.Error, OSError, ValueError, EOFError) as error:
            if isinstance(error, (TableError, InputError)):
                raise
            raise TableError(f"{self.called} cannot be read as a table ({said(error)}).") from None

    def _no_number(self, block: list[Row], where: Sequence[int]) -> TableError:
        """What to say of the first field that is no number."""
        names = coordinate_names(self.names, self.count)
        line, row, wrong = next(
            (line, row, i) for line, row in block for i in where if not is_number(row[i]) and not is_missing(row[i])
        )
        found = row[wrong] if len(row[wrong]) <= 40 else row[wrong][:37] + "..."
        some = [fields for _, fields in block[:LOOKED_AT]]
        numeric = [names[i] for i in where if typed(names[i]) and _is_numeric([fields[i] for fields in some])]
        remedy, others = "mend the field", "choose others"
        if numeric:
            remedy = others = f"choose columns of numbers, such as {named('columns', ','.join(numeric[:6]))}"
        if is_number(row[wrong].replace(",", ".")):
            remedy = "write decimals with a point"
        elif _DATE.match(row[wrong].strip()):
            remedy = f"{DATES}, or {others}"
        return TableError(
            f"{self.called}: column {shown(names[wrong])} holds {found!r} in line {line}, expected a number: {remedy}."
        )


def _undecodable(path: Path, content: bytes | None) -> int:
    """The number of the first line that is no UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") if content is None else io.BytesIO(content) as file:
        for number, line in enumerate(file, 1):
            try:
                decoder.decode(line)
            except UnicodeDecodeError:
                return number
    return number


def _numbers(fields: Sequence[str]) -> Array:
    """A column of text as numbers. Raises ValueError."""
    try:
        numbers = np.fromiter(map(float, fields), np.float64, len(fields))
    except ValueError:
        numbers = np.array([np.nan if is_missing(field) else float(field) for field in fields])
    if "_" in ",".join(fields):
        raise ValueError("Python reads 1_000 as a number, people do not.")
    return numbers


def is_number(field: str) -> bool:
    """Whether a field of a text is a number."""
    try:
        float(field)
    except ValueError:
        return False
    return "_" not in field


def _is_numeric(fields: Sequence[str]) -> bool:
    """Whether a column is of numbers, some perhaps missing."""
    return any(map(is_number, fields)) and all(is_number(field) or is_missing(field) for field in fields)


def is_missing(field: str) -> bool:
    """Whether a field of a text stands for a value that is missing."""
    return field.strip().lower() in MISSING
