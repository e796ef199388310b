"""Tables in text, whose columns of numbers are read and chosen by name; and tables of any kind, written.

Read are .csv and .tsv (UTF-8; "-" is standard input, as .csv, like pipes without an extension), written also .npy,
and .parquet with the extra `tables`.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
import sys
import warnings
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..checks import extra, index
from ..errors import InputError, TableError, listed, named, said, shortened, shown, typed
from ..writing import STANDARD, check_standard_input, is_stream, whole_file

KINDS = (".csv", ".tsv", ".npy", ".parquet")
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})  # what stands for a missing value, in lower case
_BLOCK = 5_000  # rows that are held as text at a time
_LONGEST = 2**16  # letters of a first line in quotes
_QUOTED = re.compile(r'"(?:[^"]|"")*("|$)')  # a field in quotes, or its beginning


class Table(NamedTuple):
    """Columns of numbers.

    x: (n, d) float64, NaN where a value is missing. weight: (n,), or None. names: of the columns of x, or None.
    """

    x: Array
    weight: Array | None
    names: tuple[str, ...] | None


def read(
    path: Path,
    *,
    columns: Sequence[str | int] | None = None,
    like: Sequence[str] | None = None,
    weight: str | int | None = None,
    header: bool = False,
    missing: bool = False,
) -> Table:
    """The columns of a table in text, from a file, or with "-" from standard input.

    columns: those wanted, in that order; by default all but `weight`. Columns without names are x1, x2, and so on.
    like: the names of a model: the default then, where the table has names. weight: the column of weights.
    header: the first line of a .csv holds names; by default it does unless all of it are numbers.
    missing: whether values may be missing: empty, NA, N/A, NaN, null, None or ? in text. Infinity never may.
    Raises TableError that names the line and the column, InputError for a column that is not there.
    """
    text = _Text(path, header)
    called = text.called
    known = coordinate_names(text.names, text.count)
    if columns is None and like is not None and text.names is not None:
        columns = like
    where = list(range(text.count)) if columns is None else places(columns, known, called)
    load = None if weight is None else column(weight, known, called)
    if columns is None:
        where = [i for i in where if i != load]
    if not where:
        raise InputError(f"{called} has no column but that of the weights: there is nothing to read.")
    numbers = text.take(where if load is None else [*where, load])
    if not len(numbers):
        raise TableError(f"{called} holds no rows: at least one is needed.")
    text.check(numbers[:, : len(where)], [known[i] for i in where], missing)
    names = None if text.names is None else tuple(known[i] for i in where)
    if load is None:
        return Table(numbers, None, names)
    text.check(numbers[:, -1:], [known[load]], False)
    return Table(np.ascontiguousarray(numbers[:, :-1]), numbers[:, -1], names)


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
    text = _Text(path, header)
    line = io.StringIO()
    writer = csv.writer(line, delimiter=text.delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(coordinate_names(text.names, text.count))
    return Heading(text.names, text.count, text.first[0] if text.names else 0, line.getvalue().encode())


def part(path: Path, content: bytes, number: int, head: Heading, where: Sequence[int]) -> Array:
    """(m, len(where)) some columns of whole lines of a table in text: of its part of that number, 0 the first."""
    if not number:
        content = b"".join(content.splitlines(keepends=True)[head.lines :])
    text = _Text(path, True, head.first + content)
    text.before = (0 if number else head.lines) - head.first.count(b"\n")
    if number:
        text.called = f"part {number} of {path}"
    return text.take(where)


def in_memory(content: bytes, called: str, *, tabs: bool = False, header: bool = False) -> _Text:
    """A table in text that lies in no file. called: by errors. tabs: whether these stand between fields."""
    return _Text(Path("rows.tsv" if tabs else "rows.csv"), header, content, called)


def write(path: Path, columns: Mapping[str, NDArray[Any]]) -> None:
    """Write columns of one length, whole or not at all; with "-" to standard output, as .csv.

    A .npy has no names: it holds (n,) where there is one column, else (n, d). Raises OutputError, MissingExtraError.
    """
    kind = path.suffix.lower()
    if path == STANDARD:
        _write_text(sys.stdout, columns, ",")
        sys.stdout.flush()
        return
    check_writable(path)
    with whole_file(path) as file:
        if kind == ".npy":
            arrays = list(columns.values())
            words = next((name for name, values in columns.items() if values.dtype.kind not in "fiub"), None)
            if words is not None:
                raise InputError(f"column {shown(words)} holds no numbers, and .npy nothing else: write .csv instead.")
            np.save(file, arrays[0] if len(arrays) == 1 else np.column_stack(arrays))
        elif kind == ".parquet":
            _pyarrow("pyarrow.parquet").write_table(_pyarrow("pyarrow").table(dict(columns)), file)
        else:
            file.write(encoded(columns, "\t" if kind == ".tsv" else ","))


def encoded(columns: Mapping[str, NDArray[Any]], delimiter: str = ",") -> bytes:
    """The bytes of a table in text."""
    text = io.StringIO(newline="")
    _write_text(text, columns, delimiter)
    return text.getvalue().encode()


def check_writable(path: Path) -> None:
    """Raise MissingExtraError where a file of this kind needs a package that is not installed."""
    if path.suffix.lower() == ".parquet":
        _pyarrow("pyarrow.parquet")


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


class Fields:
    """A table in text with all its fields as they stand, in memory.

    called: the table, by errors. names: of its columns, or None. count: how many columns there are. rows: their fields.
    """

    def __init__(self, text: _Text) -> None:
        self.called, self.names, self.count = text.called, text.names, text.count
        self._text, self.rows = text, text.fields()

    @classmethod
    def read(cls, path: Path, header: bool = False, content: bytes | None = None) -> Fields:
        """All of a file, or of what is given as its content. Raises TableError."""
        return cls(_Text(path, header, content))

    def numbers(self, where: Sequence[int], missing: bool) -> Array:
        """(n, m) some columns. Raises TableError where a field is no number."""
        found = np.empty((len(self.rows), len(where)))
        lines = self._text.numbered
        for start in range(0, len(self.rows), _BLOCK):
            block = self.rows[start : start + _BLOCK]
            try:
                for i, place in enumerate(where):
                    found[start : start + _BLOCK, i] = _numbers([row[place] for row in block])
            except ValueError:
                numbered = list(zip(lines[start : start + _BLOCK], block, strict=True))
                raise self._text.no_number(numbered, where) from None
        known = coordinate_names(self.names, self.count)
        self._text.check(found, [known[i] for i in where], missing)
        return found


# .csv and .tsv


class _Text:
    """A table in text, of which the first line is read here, the others when their numbers are taken, in one pass.

    content: all of it, where it lies in no file. called: the table, by errors. before: lines before the first.
    names: of its columns, or None. count: how many columns there are. delimiter: what stands between fields, judged by
    the first line that has some.
    """

    def __init__(self, path: Path, header: bool, content: bytes | None = None, called: str | None = None) -> None:
        self.path, self.content, self.before = path, content, 0
        self.called = called = called or ("standard input" if path == STANDARD else str(path))
        if path == STANDARD and content is None:
            check_standard_input()
        elif content is None:
            if path.suffix.lower() not in KINDS[:2] and not (is_stream(path) and not path.suffix):
                raise TableError(f"{called} is no table in text: give one of {' '.join(KINDS[:2])}.")
            if not (path.is_file() or is_stream(path)):
                raise TableError(f"{called} {'is a folder' if path.is_dir() else 'does not exist'}: give a table.")
        self.delimiter = ""
        self.lines = self._rows()
        first = next(self.lines, None)
        if first is None:
            raise TableError(f"{called} is empty: give a table of numbers.")
        self.first, fields = first, first[1]
        has_names = header or not all(is_number(field) or is_missing(field) for field in fields)
        self.names = tuple(field.strip() for field in fields) if has_names else None
        self.count = len(fields)
        self.numbered = array("q")  # the line of each row

    def take(self, where: Sequence[int]) -> Array:
        """(n, m) the numbers of some columns."""
        found = self._at_once()
        if found is not None:
            return np.ascontiguousarray(found[:, list(where)])
        blocks = [np.empty((0, len(where)))]
        for block in self._blocks():
            columns = list(zip(*(text for _, text in block), strict=True))
            try:
                blocks.append(np.column_stack([_numbers(columns[i]) for i in where]))
            except ValueError:
                raise self.no_number(block, where) from None
        return np.concatenate(blocks)

    def fields(self) -> list[list[str]]:
        """All fields, row by row."""
        return [text for block in self._blocks() for _, text in block]

    def _blocks(self) -> Iterator[list[tuple[int, list[str]]]]:
        """The rows and their lines, some at a time."""
        rows = self.lines if self.names else itertools.chain([self.first], self.lines)
        while block := list(itertools.islice(rows, _BLOCK)):
            places, texts = zip(*block, strict=True)
            self.numbered.extend(places)
            if set(map(len, texts)) != {self.count}:
                line, wrong = next((line, text) for line, text in block if len(text) != self.count)
                raise TableError(
                    f"{self.called}: line {line} has {len(wrong)} field{'s' * (len(wrong) != 1)}, the first has "
                    f"{self.count}: mend the line or its quotes."
                )
            yield block

    def check(self, numbers: Array, names: Sequence[str], missing: bool) -> None:
        """Raise TableError for infinity, and for a missing value where there may be none."""
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
            f"{self.called}: column {shown(names[place])} {what} in line {self.numbered[row]}, expected a number: "
            f"{remedy}."
        )

    def _at_once(self) -> Array | None:
        """All of a file with as many finite numbers in every line but that of names; None if it is not so simple.

        NumPy is about ten times as fast as what tells people where a table goes wrong.
        """
        skip = self.first[0] if self.names else 0
        if (is_stream(self.path) and self.content is None) or skip > 1:  # names on several lines are not so simple
            return None
        with self._open() as raw, warnings.catch_warnings():
            file = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
            warnings.simplefilter("ignore", UserWarning)  # it has no rows: which is said elsewhere
            try:
                found = np.loadtxt(file, delimiter=self.delimiter, skiprows=skip, comments=None, quotechar='"', ndmin=2)
            except ValueError:  # UnicodeDecodeError is one too
                return None
        return found if found.shape[1] == self.count and np.isfinite(found).all() else None

    def _open(self) -> AbstractContextManager[Any]:
        if self.content is not None:
            return io.BytesIO(self.content)
        return nullcontext(sys.stdin.buffer) if self.path == STANDARD else self.path.open("rb")

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """The lines that are not empty, each with its number, cut into fields."""
        with (
            _reading(self.path, self.called, self.content),
            self._open() as file,
        ):
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
                rows = csv.reader(itertools.chain(start, text), delimiter=self.delimiter)
                for row in rows:
                    if row:
                        yield self.before + rows.line_num, row
            finally:
                text.detach()

    def no_number(self, block: list[tuple[int, list[str]]], where: Sequence[int]) -> TableError:
        """What to say of the first field that is no number."""
        names = coordinate_names(self.names, self.count)
        line, row, wrong = next(
            (line, row, i) for line, row in block for i in where if not is_number(row[i]) and not is_missing(row[i])
        )
        found = row[wrong] if len(row[wrong]) <= 40 else row[wrong][:37] + "..."
        numeric = [names[i] for i in where if is_number(row[i]) and typed(names[i])]
        remedy = "mend the field"
        if is_number(row[wrong].replace(",", ".")):
            remedy = "write decimals with a point"
        elif numeric:
            remedy = f"choose columns of numbers, such as {named('columns', ','.join(numeric[:6]))}"
        return TableError(
            f"{self.called}: column {shown(names[wrong])} holds {found!r} in line {line}, expected a number: {remedy}."
        )


@contextmanager
def _reading(path: Path, called: str, content: bytes | None = None) -> Iterator[None]:
    """What can go wrong in reading, as a TableError."""
    try:
        yield
    except UnicodeDecodeError as error:
        known = path != STANDARD or content is not None
        where = f": line {_undecodable(path, content)} holds byte {error.object[error.start]:#x}" if known else ""
        raise TableError(f"{called} is no text in UTF-8{where}; save it as UTF-8.") from None
    except (csv.Error, OSError, ValueError, EOFError) as error:
        if isinstance(error, (TableError, InputError)):
            raise
        raise TableError(f"{called} cannot be read as a table ({said(error)}).") from None


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


def is_missing(field: str) -> bool:
    """Whether a field of a text stands for a value that is missing."""
    return field.strip().lower() in MISSING


def _write_text(file: TextIO, columns: Mapping[str, NDArray[Any]], delimiter: str) -> None:
    """Numbers are written so that they are read back to the bit."""
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    arrays = list(columns.values())
    for start in range(0, len(arrays[0]), _BLOCK):
        writer.writerows(zip(*(array[start : start + _BLOCK].tolist() for array in arrays), strict=True))
    file.flush()


def _pyarrow(module: str) -> Any:
    return extra(module, ".parquet is written with pyarrow", "tables")
