"""`mixtura impute` and `mixtura outliers`: tables in, tables out, with all that stands beside the model's columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..errors import InputError
from ..jobs.standard import legible, model_in
from ..writing import STANDARD
from . import options
from .frame import Report, columns_of, file_line, some
from .options import WRITE, names, option, seed
from .tables import answer, beside, check_one_standard, check_table, kept

if TYPE_CHECKING:
    from ..arrays import Array
    from ..model.mixture import Mixture
    from ..sources.whole import Whole


def impute(
    model: options.Model,
    table: options.Table,
    draw: Annotated[bool, option("--draw", WRITE)] = False,
    rng: Annotated[int, seed(WRITE)] = 0,
    columns: options.Columns = None,
    header: options.Header = False,
    n_threads: options.AskThreads = None,
    output: options.OutputTable = Path("-"),
) -> Report:
    """Fill in what is missing in a table: empty, NA, NaN, null, None or ?.

    Each gap gets what the model expects there, given what its row has. All other fields and columns stay as they are.

    Parameters
    ----------
    draw
        Fill in draws instead of means, so that filled columns vary as observed ones do.
    output
        The table: .csv, .tsv, .npy, .parquet. By default .csv on standard output.

    Examples
    --------
    A table without gaps, from one with:
    `mixtura impute faithful.mix gaps.csv -o full.csv`

    The model, from the same table:
    `mixtura fit gaps.csv -k 2 --missing -o faithful.mix`
    """
    import numpy as np

    from ..sources import TEXT

    mixture, rows = _read(model, table, header)
    check_table(output, table)
    where = _places(rows, mixture, columns)
    x = rows.numbers(where, True)
    gaps = np.isnan(x)
    how: Any = "sample" if draw else "mean"
    full = np.asarray(mixture.impute(x, how=how, rng=rng, n_threads=n_threads)) if gaps.any() else x
    as_text = output == STANDARD or output.suffix.lower() in TEXT
    filled = {
        place: rows.filled(place, full[:, i], gaps[:, i]) if as_text else full[:, i]
        for i, place in enumerate(where)
        if gaps[:, i].any() or not as_text
    }
    answer(output, _distinct(rows, [filled.get(i) for i in range(len(rows.names))]))
    count, heads = gaps.sum(axis=0), [rows.names[i] for i in where]
    record = {
        "model": model,
        "input": table,
        "rows": rows.n,
        "filled": int(count.sum()),
        "rows_filled": int(gaps.any(axis=1).sum()),
        "columns": {name: int(n) for name, n in zip(heads, count, strict=True)},
        "output": output,
    }
    return Report(record, _imputed)


def _imputed(record: Mapping[str, Any]) -> Iterator[str]:
    each = ", ".join(f"{legible(name)} {count:,}" for name, count in record["columns"].items() if count)
    rows = f"{record['rows_filled']:,} of {some(record['rows'], 'row')}"
    yield f"{some(record['filled'], 'gap')} filled in {rows}{': ' * bool(each)}{each}"
    yield file_line(record["output"], "the table")


def outliers(
    model: options.Model,
    table: options.Table,
    n: Annotated[int, option("-n --rows N", WRITE, least=1, most=100_000)] = 10,
    keep: options.Keep = None,
    columns: options.Columns = None,
    header: options.Header = False,
    rng: Annotated[int, seed(WRITE)] = 0,
    n_threads: options.AskThreads = None,
    output: options.Output = None,
) -> Report:
    """List the rows that a model finds least likely, and the column that makes each strange.

    Rows are judged by their density: how rare one is, is told by draws from the model. Of each row, the column is named
    that lies farthest from what the others let expect. Values may be missing.

    Parameters
    ----------
    n
        How many rows to list, the least likely first.
    output
        The list as a table: .csv, .tsv, .npy, .parquet, or - for standard output.

    Examples
    --------
    The ten strangest rows:
    `mixtura outliers faithful.mix faithful.csv`

    A hundred, with all their columns, as a table:
    `mixtura outliers faithful.mix faithful.csv -n 100 --keep all -o strange.csv`
    """
    import numpy as np

    from ..jobs.outliers import strangest

    mixture, rows = _read(model, table, header)
    if output is not None:
        check_table(output, table)
    carried = kept(rows, keep)
    where = _places(rows, mixture, columns)
    x = rows.numbers(where, True)
    found = strangest(mixture, x, n, rng=rng, n_threads=n_threads)
    listed = [vars(each) | {"column": rows.names[where[each.column]], "z": each.z} for each in found]
    if output is not None:
        at = np.array([each.row - 1 for each in found], np.intp)
        answers = {name: np.array([each[name] for each in listed]) for name in listed[0]}
        answer(output, beside(answers, {name: values[at] for name, values in carried.items()}))
    empty = int(np.isnan(x).all(axis=1).sum())
    record = {"model": model, "input": table, "rows": rows.n, "empty": empty, "outliers": listed, "output": output}
    return Report(record, _strange)


def _strange(record: Mapping[str, Any]) -> Iterator[str]:
    wide = len(f"{max(each['row'] for each in record['outliers']):,}")
    for each in record["outliers"]:
        rare = f"{'<' if each['fewer'] else ' '}1 in {1 / each['tail']:<7,.0f}"
        yield (
            f"row {each['row']:>{wide},}  log density {each['log_density']:9.4g}  {rare}  "
            f"{legible(each['column'])} is {each['value']:.4g}, expected {each['expected']:.4g} ± "
            f"{each['deviation']:.2g} ({each['z']:+.1f} sd)"
        )
    if record["empty"]:
        yield f"{some(record['empty'], 'row')} without any value left out"
    if record["output"] is not None:
        yield file_line(record["output"], "the list")


def _read(model: Path, table: Path, header: bool) -> tuple[Mixture, Whole]:
    from ..sources.whole import whole

    check_one_standard(model, table)
    mixture = model_in(model)
    rows = whole(table, header)
    if not rows.n:
        raise InputError(f"{rows.called} holds no rows: at least one is needed.")
    return mixture, rows


def _places(rows: Whole, mixture: Mixture, columns: str | None) -> list[int]:
    from ..sources.whole import columns_for

    return columns_for(rows, columns_of(mixture), names(columns))


def _distinct(rows: Whole, filled: Sequence[Array | None]) -> dict[str, Any]:
    """All columns of a table by their names, some of them filled in. Raises InputError where two have one name."""
    if len(set(rows.names)) < len(rows.names):
        twice = next(name for name in rows.names if rows.names.count(name) > 1)
        raise InputError(f"{rows.called} has two columns {twice!r}: give each its own name.")
    return {
        name: rows.values(i) if values is None else values
        for i, (name, values) in enumerate(zip(rows.names, filled, strict=True))
    }
