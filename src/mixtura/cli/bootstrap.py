"""`mixtura bootstrap`: how sure a model is of its numbers, and of how many components there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..errors import InputError, named
from ..jobs.progress import Progress, Watcher
from ..jobs.standard import called, legible
from . import options
from .frame import Report, columns_of, file_line, some, time_line
from .options import FIT, WRITE, option
from .tables import check_table, model_beside, opened_rows

if TYPE_CHECKING:
    from ..em.uncertainty import Bootstrap


def bootstrap(
    table: options.Table,
    model: options.Model,
    n: Annotated[int, option("-n --replicates N", FIT, least=2, most=100_000)] = 200,
    method: Annotated[str, option("--method NAME", FIT)] = "bootstrap",
    test: Annotated[bool, option("--test", FIT)] = False,
    level: Annotated[float, option("--level X", WRITE)] = 0.95,
    columns: options.Columns = None,
    sample_weight: options.Weight = None,
    missing: options.Missing = False,
    noise_covariance: options.Errors = None,
    header: options.Header = False,
    max_iter: options.MaxIter = 1000,
    reg_covar: options.RegCovar = 1e-6,
    prior: options.Prior = False,
    rng: options.Seed = 0,
    n_threads: options.Threads = None,
    output: options.Output = None,
    *,
    watch: Watcher,
) -> Report:
    """Say how sure a model is: it is fitted again to many tables that are drawn from its own.

    Give the table that MODEL was fitted to, and --reg-covar and --prior as they were then.

    Parameters
    ----------
    n
        How many times.
    method
        bootstrap: rows drawn again. weighted: rows with random weights, for small clusters. parametric: rows drawn
        from the model.
    test
        Test instead whether there is one component more: the likelihood ratio, and its p value.
    level
        The share of the replicates that an interval holds.
    output
        The weights, means and covariances of each replicate: .csv, .tsv, .npy, .parquet.

    Examples
    --------
    Standard errors and intervals of all numbers of a model:
    `mixtura bootstrap faithful.csv faithful.mix`

    Are there two kinds of rows, or three?
    `mixtura bootstrap faithful.csv faithful.mix --test -n 99`
    """
    from ..em.bootstrap import bootstrap as replicated
    from ..em.likelihood_ratio import likelihood_ratio_test
    from ..sources.tables import write

    if not 0 < level < 1:
        raise InputError(f"{named('level')} is {level:g}: an interval holds more than 0 and less than 1, such as 0.95.")
    if test and (output is not None or method != "bootstrap"):
        other = named("output" if output is not None else "method")
        raise InputError(f"{named('test')} and {other} do not go together: give one of them.")
    beside = model_beside(model, table)
    mixture = beside.mixture
    if output is not None:
        for source in (table, model):
            check_table(output, source)
    watch(Progress(f"reading {called(Path(table.name))}"))
    heads = columns_of(mixture)
    points = opened_rows(
        table, heads, mixture.names, columns, sample_weight, header=header, missing=missing, noise=noise_covariance
    )
    counted = iter(range(1, n + 1))
    settings: dict[str, Any] = {
        "max_iter": max_iter,
        "reg_covar": reg_covar,
        "prior": "default" if prior else None,
        "missing": missing,
        "rng": rng,
        "n_threads": n_threads,
        "on_replicate": lambda _: watch(Progress("fitting again", done=next(counted), of=n)),
    }
    record: dict[str, Any] = {"input": table, "model": model, "rows": points.survey().n, "columns": heads}
    if test:
        ratio = likelihood_ratio_test(points, beside, n, **settings)
        told = {"statistic": ratio.statistic, "p_value": ratio.p_value, "replicates": len(ratio.values)}
        return Report(record | {"n_components": ratio.n_components} | told, _tested)
    found = replicated(points, beside, n, method=method, **settings)  # type: ignore[arg-type]
    if output is not None:
        write(output, _columns(found))
    record |= {
        "method": method,
        "replicates": len(found.replicates),
        "failures": len(found.failures),
        "level": level,
        "background": beside.background,
        "parameters": [row for row in found.rows(level) if _is_estimated(row, beside.background)],
        "output": output,
    }
    return Report(record, _told)


def _is_estimated(row: Mapping[str, Any], background: int | None) -> bool:
    """Whether a parameter is no breadth of a background, which is held."""
    return bool(row["component"] != background or row["parameter"] == "weight")


def _columns(found: Bootstrap) -> dict[str, Any]:
    """A column a parameter, a row a replicate."""
    weights, means, covariances = (each.values for each in (found.weights(), found.means(), found.covariances()))
    out: dict[str, Any] = {}
    heads = columns_of(found.mixture)
    for k in range(found.mixture.n_components):
        out[f"weight {k}"] = weights[:, k]
        out |= {f"mean {k} {name}": means[:, k, i] for i, name in enumerate(heads)}
        out |= {
            f"covariance {k} {heads[i]} {heads[j]}": covariances[:, k, i, j]
            for i in range(len(heads))
            for j in range(i, len(heads))
        }
    return out


def _told(record: Mapping[str, Any]) -> Iterator[str]:
    yield f"{some(record['replicates'], 'replicate')} of {some(record['rows'], 'row')} ({record['method']})"
    if record["failures"]:
        yield f"{record['failures']} more could not be used"
    yield ""
    head = ("component", "parameter", "estimate", "error", f"{100 * record['level']:g} % interval")
    lines: list[tuple[str, ...]] = [head]
    for row in record["parameters"]:
        numbers = (f"{row[name]:.5g}" for name in ("estimate", "standard_error"))
        ends = f"{row['low']:.5g} to {row['high']:.5g}"
        lines.append((str(row["component"]), legible(row["parameter"]), *numbers, ends))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)).rstrip()
    yield ""
    if record["output"] is not None:
        yield file_line(record["output"], "the replicates")
    yield time_line(record)


def _tested(record: Mapping[str, Any]) -> Iterator[str]:
    k = record["n_components"]
    yield (
        f"{k} against {k + 1} components: likelihood ratio {record['statistic']:.4g}, p = {record['p_value']:.3g} by "
        f"{some(record['replicates'], 'replicate')}"
    )
    yield time_line(record)
