"""`mixtura impute` and `mixtura outliers`: tables in, tables out, with all that stands beside the model's columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..errors import InputError
from ..jobs.standard import legible, model_in
from ..writing import STANDARD
from . import options
from .frame import Report, columns_of, file_line, some
from .options import WRITE, names, option, seed
from .tables import answer, beside, carried, check_one_standard, check_table, some_rows

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
    _check_distinct(rows)
    how: dict[str, Any] = {"how": "sample" if draw else "mean", "rng": np.random.default_rng(rng)}
    typed = [rows.is_complete(place) for place in where]  # what is whole and full keeps its type
    others = [i for i in range(len(rows.names)) if i not in where]
    types = rows.typed(others) if output.suffix.lower() == ".parquet" else {}
    as_text = output == STANDARD or output.suffix.lower() in TEXT
    count, whole, n = np.zeros(len(where), int), 0, 0

    def filled() -> Iterator[dict[str, Any]]:
        nonlocal count, whole, n
        for part in rows.parts():
            x = part.numbers(where, True)
            gaps = np.isnan(x)
            full = np.asarray(mixture.impute(x, n_threads=n_threads, **how)) if gaps.any() else x
            new = {
                place: part.filled(place, full[:, i], gaps[:, i]) if as_text else full[:, i]
                for i, place in enumerate(where)
                if gaps[:, i].any() or not (as_text or typed[i])
            }
            count, whole, n = count + gaps.sum(axis=0), whole + int((~gaps.any(axis=1)).sum()), n + part.n
            yield {name: new[i] if i in new else part.values_as(i, types.get(i)) for i, name in enumerate(rows.names)}

    answer(output, some_rows(filled(), rows.called))
    record = {
        "model": model,
        "input": table,
        "rows": n,
        "filled": int(count.sum()),
        "rows_filled": n - whole,
        "columns": {rows.names[place]: int(number) for place, number in zip(where, count, strict=True)},
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
    more = carried(table, keep, output, header)
    where = _places(rows, mixture, columns)
    count = empty = 0

    def blocks() -> Iterator[Array]:
        nonlocal count, empty
        for part in rows.parts():
            x = part.numbers(where, True)
            count, empty = count + part.n, empty + int(np.isnan(x).all(axis=1).sum())
            yield x

    found = strangest(mixture, some_rows(blocks(), rows.called), n, rng=rng, n_threads=n_threads)
    listed = [vars(each) | {"column": rows.names[where[each.column]], "z": each.z} for each in found]
    if output is not None:
        answers = {name: np.array([each[name] for each in listed]) for name in listed[0]}
        answer(output, [beside(answers, more, [each.row - 1 for each in found])])
    record = {"model": model, "input": table, "rows": count, "empty": empty, "outliers": listed, "output": output}
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
    return model_in(model), whole(table, header)


def _places(rows: Whole, mixture: Mixture, columns: str | None) -> list[int]:
    from ..sources.whole import columns_for

    return columns_for(rows, columns_of(mixture), names(columns))


def _check_distinct(rows: Whole) -> None:
    """Raise InputError where two columns have one name."""
    if len(set(rows.names)) < len(rows.names):
        twice = next(name for name in rows.names if rows.names.count(name) > 1)
        raise InputError(f"{rows.called} has two columns {twice!r}: give each its own name.")
