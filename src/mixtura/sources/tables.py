"""Tables in files: of text read as columns of numbers, and of any kind written.

Read are .csv and .tsv (UTF-8; "-" is standard input, as .csv, like pipes without an extension), written also .npy,
and .parquet with the extra `tables`.
"""

from __future__ import annotations

import csv
import io
import itertools
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TextIO

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bools
from ..checks import extra
from ..errors import InputError, TableError, shown
from ..writing import STANDARD, whole_file
from .answers import header_of
from .gathering import Gathered
from .naming import column as column
from .naming import coordinate_names as coordinate_names
from .naming import places as places
from .text import Heading as Heading
from .text import Text
from .text import heading as heading
from .text import in_memory as in_memory
from .text import is_missing as is_missing
from .text import is_number as is_number
from .text import part as part

KINDS = (".csv", ".tsv", ".npy", ".parquet")
_BLOCK = 5_000  # rows that are turned into text at a time
_HELD = 2**24  # bytes for standard output that are held in memory

Columns = Mapping[str, Any]
"""Arrays of NumPy or Arrow, by the names of their columns; all of one length."""


class Table(NamedTuple):
    """Columns of numbers.

    x: (n, d) float64, NaN where a value is missing; a memory map where it is large. weight: (n,), or None. names: of
    the columns of x, or None. whole: (d,) whether they are of whole numbers.
    """

    x: Any
    weight: Any
    names: tuple[str, ...] | None
    whole: Bools


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
    text = Text(path, header)
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
    d = len(where)
    with Gathered(d if load is None else d + 1, called) as gathered:
        for numbers, lines in text.numbers(where if load is None else [*where, load]):
            text.check(numbers[:, :d], [known[i] for i in where], missing, lines)
            if load is not None:
                text.check(numbers[:, d:], [known[load]], False, lines)
            gathered.add(numbers)
        if not gathered.n:
            raise TableError(f"{called} holds no rows: at least one is needed.")
        numbers, whole = gathered.array, gathered.whole[:d]
    names = None if text.names is None else tuple(known[i] for i in where)
    if load is None:
        return Table(numbers, None, names, whole)
    x = numbers[:, :d] if isinstance(numbers, np.memmap) else np.ascontiguousarray(numbers[:, :d])
    return Table(x, numbers[:, d], names, whole)


def write(path: Path, columns: Columns) -> None:
    """Write columns, whole or not at all; with "-" to standard output, as .csv.

    A .npy has no names: it holds (n,) where there is one column, else (n, d). Raises OutputError, MissingExtraError.
    """
    write_blocks(path, [columns])


def write_blocks(path: Path, blocks: Iterable[Columns]) -> None:
    """Write the rows of tables with the same columns, one after the other: see `write`.

    What goes to standard output goes there in the end, so that a mistake in the last row leaves nothing half written.
    """
    kind = path.suffix.lower()
    if path == STANDARD:
        with tempfile.SpooledTemporaryFile(_HELD, "w+", encoding="utf-8", newline="") as file:
            _write_text(file, blocks, ",")  # type: ignore[arg-type]
            file.seek(0)
            while text := file.read(2**20):
                sys.stdout.write(text)
        sys.stdout.flush()
        return
    check_writable(path)
    with whole_file(path) as target:
        if kind == ".npy":
            _write_npy(target, blocks)
        elif kind == ".parquet":
            _write_parquet(target, blocks)
        else:
            wrapped = io.TextIOWrapper(target, encoding="utf-8", newline="")
            try:
                _write_text(wrapped, blocks, "\t" if kind == ".tsv" else ",")
            finally:
                wrapped.detach()


def encoded(columns: Columns, delimiter: str = ",") -> bytes:
    """The bytes of a table in text."""
    text = io.StringIO(newline="")
    _write_text(text, [columns], delimiter)
    return text.getvalue().encode()


def check_writable(path: Path) -> None:
    """Raise MissingExtraError where a file of this kind needs a package that is not installed."""
    if path.suffix.lower() == ".parquet":
        _pyarrow("pyarrow.parquet")


def _write_text(file: TextIO, blocks: Iterable[Columns], delimiter: str) -> None:
    """Numbers are written so that they are read back to the bit."""
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    for number, columns in enumerate(blocks):
        if not number:
            writer.writerow(columns)
        arrays = list(columns.values())
        for start in range(0, len(arrays[0]), _BLOCK):
            rows = slice(start, start + _BLOCK)
            writer.writerows(zip(*(_listed(array[rows]) for array in arrays), strict=True))
    file.flush()


def _listed(values: Any) -> list[Any]:
    """The values of a column, as Python's."""
    found: list[Any] = values.tolist() if isinstance(values, np.ndarray) else values.to_pylist()
    return found


def _write_npy(file: BinaryIO, blocks: Iterable[Columns]) -> None:
    """One array; its header is written again once it is known how many rows there are."""
    n, like = 0, np.empty(0)
    for columns in blocks:
        arrays = [_numbers(name, values) for name, values in columns.items()]
        like = np.ascontiguousarray(arrays[0] if len(arrays) == 1 else np.column_stack(arrays))
        if not n:
            file.write(header_of(like, 0))
        n += len(like)
        file.write(like.tobytes())
    file.seek(0)
    file.write(header_of(like, n))


def _numbers(name: str, values: Any) -> NDArray[Any]:
    """A column of a .npy."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise InputError(f"column {shown(name)} holds no numbers, and .npy nothing else: write .csv instead.")
    return array


def _write_parquet(file: BinaryIO, blocks: Iterable[Columns]) -> None:
    """The columns have the types of the first block."""
    parquet, arrow = _pyarrow("pyarrow.parquet"), _pyarrow("pyarrow")
    every = iter(blocks)
    first = arrow.table(dict(next(every)))
    with parquet.ParquetWriter(file, first.schema) as writer:
        for table in itertools.chain([first], (arrow.table(dict(columns)) for columns in every)):
            writer.write_table(table.cast(first.schema))


def _pyarrow(module: str) -> Any:
    return extra(module, ".parquet is written with pyarrow", "tables")
