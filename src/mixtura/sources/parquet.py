"""Parquet: a file, or a folder of files, read by batches of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, SourceError, named
from .array import missing, weights_on_disk
from .blocks import Blocks, Options, Piece, rows_of


class ParquetSource(Blocks):
    """The rows of a file or of all files below a folder, these in the order of their names.

    columns: their names, in the order wanted; by default all but `weight`. weight: the name of the column of weights,
    or an array (n,), or None.
    """

    names: tuple[str, ...] = ()

    def __init__(self, path: Path, weight: Any, options: Options, *, columns: Sequence[str] | None = None) -> None:
        super().__init__(options)
        self.path, self.called = path, str(path)
        try:
            import pyarrow.parquet as parquet
        except ImportError:
            raise missing("Parquet", "pyarrow") from None
        self.parquet = parquet
        self.files = _files(path)
        known: dict[str, Any] = {}
        self.n = 0
        for number, file in enumerate(self.files):
            try:
                opened = parquet.ParquetFile(file)
            except Exception as error:
                raise SourceError(f"{file} cannot be read as Parquet ({str(error).rstrip('.')}).") from None
            with opened:
                self.n += opened.metadata.num_rows
                fields = {field.name: field.type for field in opened.schema_arrow}
            if not number:
                known = fields
                by_name = weight if isinstance(weight, str) else None
                if by_name is not None:
                    _check_known(by_name, fields, file)
                self.names = tuple(columns) if columns is not None else tuple(n for n in fields if n != by_name)
                self.weight_name = by_name
                self.wanted = [*self.names, *([] if by_name is None else [by_name])]
            for name in self.wanted:
                _check_known(name, fields, file)
                _check_numbers(name, fields[name], file, known)
        if not self.names:
            raise InputError(f"{path} has no column but that of the weights: there is nothing to read.")
        self.weight = None if isinstance(weight, str) else weights_on_disk(weight, self.n)

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


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    inside = sorted(path.rglob("*.parquet"))
    files = [file for file in inside if not any(part[0] in "._" for part in file.relative_to(path).parts)]
    if not files:
        raise SourceError(f"{path} is a folder without .parquet files: give a file or a folder of them.")
    return files


def _check_known(name: str, fields: dict[str, Any], file: Path) -> None:
    if name not in fields:
        listed = ", ".join(list(fields)[:12]) + (", ..." if len(fields) > 12 else "")
        raise InputError(f"{file} has no column {name!r}: it has {listed}.")


def _check_numbers(name: str, kind: Any, file: Path, fields: dict[str, Any]) -> None:
    if _is_number(kind):
        return
    numeric = [other for other, its in fields.items() if _is_number(its)]
    remedy = f": choose columns of numbers, such as {named('columns', ','.join(numeric[:6]))}" if numeric else ""
    raise InputError(f"column {name!r} of {file} holds {kind}, expected numbers{remedy}.")


def _is_number(kind: Any) -> bool:
    import pyarrow.types as kinds

    return bool(kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_boolean(kind) or kinds.is_decimal(kind))


def _numbers(column: Any) -> NDArray[Any]:
    """A column as numbers, NaN where it has none."""
    import pyarrow.types as kinds

    if column.null_count or not (kinds.is_integer(column.type) or kinds.is_floating(column.type)):
        column = column.cast("float64")
    return np.asarray(column.to_numpy(zero_copy_only=False))
