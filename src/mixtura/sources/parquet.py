"""Parquet: a file, or a folder of files, read by batches of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import check_columns, extra
from ..errors import InputError, SourceError, named, said, shortened, shown, typed
from ..writing import is_folder
from .array import weights_on_disk
from .blocks import Blocks, Options, Piece, rows_of
from .naming import column, places
from .text import DATES


class ParquetSource(Blocks):
    """The rows of a file or of all files below a folder, these in the order of their names.

    columns: their names or numbers, in the order wanted; by default those of options.like, or all but `weight`.
    weight: the name of the column of weights, or an array (n,), or None.
    """

    parquet: Any
    path: Path
    called: str

    names: tuple[str, ...] = ()

    def __init__(self, path: Path, weight: Any, options: Options, *, columns: Sequence[Any] | None = None) -> None:
        super().__init__(options)
        self.path, self.called = path, str(path)
        self.parquet = parquet = extra("pyarrow.parquet", "Parquet is read with pyarrow", "stream")
        self.files: list[Path] = files_of(path)
        known: dict[str, Any] = {}
        self.n = 0
        for number, file in enumerate(self.files):
            try:
                opened = parquet.ParquetFile(file)
            except Exception as error:
                raise SourceError(f"{file} cannot be read as Parquet ({said(error)}).") from None
            with opened:
                self.n += opened.metadata.num_rows
                fields = {field.name: field.type for field in opened.schema_arrow}
            here = list(fields)
            if not number:
                known = fields
                if isinstance(weight, (str, Integral)):
                    weight = here[column(weight, here, str(file), "sample_weight")]
                self.weight_name: str | None = weight if isinstance(weight, str) else None
                if columns is None and options.like is not None:
                    check_columns(options.like, here, str(file))
                    columns = options.like
                wanted = [name for name in here if name != self.weight_name] if columns is None else columns
                if wanted or columns is not None:
                    self.names = tuple(here[i] for i in places(wanted, here, str(file)))
                self.wanted: list[str] = [*self.names, *([] if self.weight_name is None else [self.weight_name])]
            for name in self.wanted:
                column(name, here, str(file))
                _check_numbers(name, fields[name], file, known)
        self.whole: tuple[bool, ...] = tuple(is_whole(known[name]) for name in self.names)
        if not self.names:
            raise InputError(f"{path} has no column but that of the weights: there is nothing to read.")
        self.weight: Any = None if isinstance(weight, str) else weights_on_disk(weight, self.n)

    def read(self) -> Iterator[Piece]:
        """The rows, batch by batch and file by file."""
        row = 0
        for path in self.files:
            first = 0
            with self.parquet.ParquetFile(path) as file:
                for batch in file.iter_batches(rows_of(len(self.names)), columns=self.wanted, use_threads=False):
                    x = np.column_stack([_numbers(batch.column(name)) for name in self.names])
                    weight = None
                    if self.weight_name is not None:
                        weight = _numbers(batch.column(self.weight_name))
                    elif self.weight is not None:
                        weight = self.weight[row : row + len(x)]
                    yield Piece(x, weight, str(path), first)
                    first, row = first + len(x), row + len(x)


def files_of(path: Path) -> list[Path]:
    """The file, or all .parquet files below a folder, in the order of their names."""
    if not is_folder(path):
        return [path]
    inside = sorted(path.rglob("*.parquet"))
    files = [file for file in inside if not any(part[0] in "._" for part in file.relative_to(path).parts)]
    if not files:
        raise SourceError(f"{path} is a folder without .parquet files: give a file or a folder of them.")
    return files


def _check_numbers(name: str, kind: Any, file: Path, fields: dict[str, Any]) -> None:
    import pyarrow.types as kinds

    if _is_number(kind):
        return
    numeric = [other for other, its in fields.items() if _is_number(its) and typed(other)]
    choose = f"choose columns of numbers, such as {named('columns', ','.join(numeric[:6]))}" if numeric else ""
    dates = DATES if kinds.is_temporal(kind) else ""
    remedy = ": " * bool(dates or choose) + ", or ".join(filter(None, (dates, choose)))
    raise InputError(f"column {shown(name)} of {file} holds {shortened(str(kind), 60)}, expected numbers{remedy}.")


def _is_number(kind: Any) -> bool:
    import pyarrow.types as kinds

    return bool(kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_boolean(kind) or kinds.is_decimal(kind))


def is_whole(kind: Any) -> bool:
    """Whether values of a type of Arrow are whole numbers."""
    import pyarrow.types as kinds

    return bool(kinds.is_integer(kind) or kinds.is_boolean(kind))


def _numbers(column: Any) -> NDArray[Any]:
    """A column as numbers, NaN where it has none."""
    import pyarrow.types as kinds

    if column.null_count or not (kinds.is_integer(column.type) or kinds.is_floating(column.type)):
        column = column.cast("float64")
    return np.asarray(column.to_numpy(zero_copy_only=False))
