"""Tables that come as bytes: their columns and types, and the numbers of those that are chosen."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import TableError, listed, said, shown
from ..sources import tables
from .table import LIMITS, NUMBERS

LOOKED_AT = 1000  # rows by which types are told
USUAL = 12  # columns that are chosen where nobody did


@dataclass(frozen=True)
class Told:
    """The columns that were taken; all columns, and their types: "number", "gaps" (numbers, some missing), "text"."""

    columns: list[str] | None
    all_columns: list[str]
    types: list[str]


def read(content: bytes, name: str, ending: str, wanted: list[str] | None) -> tuple[Array, Told]:
    """The numbers of a table, and what is told of it. Raises TableError."""
    if ending == ".npy":
        return _npy(content, name, wanted)
    if ending == ".parquet":
        return _parquet(content, name, wanted)
    return _text(content, name, ending, wanted)


def _text(content: bytes, name: str, ending: str, wanted: list[str] | None) -> tuple[Array, Told]:
    rows = content.count(b"\n") + content.count(b"\r") - content.count(b"\r\n")
    _check_rows(rows, name)
    text = tables.in_memory(content, name, tabs=ending == ".tsv")
    known = list(tables.coordinate_names(text.names, text.count))
    _check_columns(known, name)
    types = _types(text)
    where = _chosen(known, types, wanted, name)
    x = tables.in_memory(content, name, tabs=ending == ".tsv").take(where)
    if not len(x):
        raise TableError(f"{name} holds no rows: at least one is needed.")
    columns = None if text.names is None and wanted is None else [known[i] for i in where]
    return x, Told(columns, known, types)


def _types(text: Any) -> list[str]:
    """What the first rows say of each column."""
    found = ["number"] * text.count
    rows = [text.first[1]] if text.names is None else []
    for place, (_, row) in enumerate(text.lines):
        rows.append(row)
        if place >= LOOKED_AT:
            break
    for row in rows:
        for i, value in enumerate(row[: text.count]):
            if not tables.is_number(value):
                found[i] = "gaps" if tables.is_missing(value) and found[i] != "text" else "text"
    for i in range(text.count):
        if rows and all(len(row) <= i or tables.is_missing(row[i]) for row in rows):
            found[i] = "text"  # nothing is in it
    return found


def _npy(content: bytes, name: str, wanted: list[str] | None) -> tuple[Array, Told]:
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = reader(file)
    except Exception as error:  # it is read as Python's own text, which fails in many ways
        raise TableError(f"{name} is no .npy file, or it is damaged ({said(error)}).") from None
    count = int(np.prod([int(n) for n in shape], dtype=object)) if shape else 1
    if dtype.kind not in "fiub" or len(shape) not in (1, 2) or not count:
        raise TableError(f"{name} holds {dtype} of shape {shape}, expected a table of numbers.")
    if count * dtype.itemsize != len(content) - file.tell():
        raise TableError(f"{name} is damaged: its head asks for {count:,} numbers that are not there.")
    raw = np.frombuffer(content, dtype, count, file.tell()).reshape(shape, order="F" if fortran else "C")
    table = raw.reshape(-1, 1) if raw.ndim == 1 else raw
    _check_rows(len(table), name)
    known = list(tables.coordinate_names(None, table.shape[1]))
    _check_columns(known, name)
    types = ["number"] * len(known)
    where = _chosen(known, types, wanted, name)
    x = np.asarray(table[:, where], np.float64)
    types = ["gaps" if i in where and np.isnan(x[:, where.index(i)]).any() else "number" for i in range(len(known))]
    return x, Told(None if wanted is None else [known[i] for i in where], known, types)


def _parquet(content: bytes, name: str, wanted: list[str] | None) -> tuple[Array, Told]:
    from ..checks import extra

    parquet: Any = extra("pyarrow.parquet", ".parquet is read with pyarrow", "tables")
    kinds: Any = extra("pyarrow.types", ".parquet is read with pyarrow", "tables")
    try:
        file = parquet.ParquetFile(io.BytesIO(content))
        meta, schema = file.metadata, file.schema_arrow
        rows = max(int(meta.num_rows), sum(meta.row_group(i).num_rows for i in range(meta.num_row_groups)))
    except Exception as error:
        raise TableError(f"{name} is no Parquet file, or it is damaged ({said(error)}).") from None
    _check_rows(rows, name)
    known = [str(each) for each in schema.names]
    _check_columns(known, name)
    numeric = (kinds.is_integer, kinds.is_floating, kinds.is_boolean, kinds.is_decimal)
    types = ["number" if any(is_one(each.type) for is_one in numeric) else "text" for each in schema]
    where = _chosen(known, types, wanted, name)
    words = next((known[i] for i in where if types[i] == "text"), None)
    if words is not None:
        raise TableError(f"{name}: the column {shown(words)} holds text, not numbers: choose others.")
    if len(where) * rows > NUMBERS:
        raise TableError(f"{name} has {rows:,} rows of {len(where)} columns, too many here: choose fewer columns.")
    try:
        table = file.read(columns=[known[i] for i in where])
        columns = [np.asarray(table.column(i).cast("float64").to_numpy()) for i in range(len(where))]
    except Exception as error:
        raise TableError(f"{name} cannot be read ({said(error)}).") from None
    x = np.column_stack(columns).astype(np.float64)
    if not len(x):
        raise TableError(f"{name} holds no rows: at least one is needed.")
    return x, Told([known[i] for i in where], known, types)


def _chosen(known: list[str], types: list[str], wanted: list[str] | None, name: str) -> list[int]:
    if wanted:
        return tables.places(wanted, known, name)
    numeric = [i for i, kind in enumerate(types) if kind != "text"]
    if not numeric:
        raise TableError(f"{name} has no column of numbers, among {listed(known)}: give a table with some.")
    return numeric[:USUAL]


def _check_rows(rows: int, name: str) -> None:
    if rows > LIMITS["rows"]:
        raise TableError(f"{name} has {rows:,} rows, the limit is {LIMITS['rows']:,}: take a sample of them.")


def _check_columns(known: list[str], name: str) -> None:
    if len(known) > LIMITS["columns"]:
        raise TableError(f"{name} has {len(known):,} columns, the limit is {LIMITS['columns']:,}: leave some out.")
