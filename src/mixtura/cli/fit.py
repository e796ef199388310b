"""`mixtura fit` and `mixtura choose`: a table becomes a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..checks import extra
from ..errors import InputError, named
from ..jobs.progress import Progress, Watcher, fit_record, steps
from ..jobs.standard import called, default_name
from ..writing import check_apart, check_target, whole_file
from . import options
from .frame import Report, columns_of, file_line, fit_lines, some, time_line
from .options import FIT, READ, WRITE, counts, names, option

if TYPE_CHECKING:
    from ..sources.source import Pass

FIGURES, DPI = (".svg", ".png", ".pdf"), 150


def fit(
    table: options.Table,
    n_components: options.Components,
    columns: options.Columns = None,
    sample_weight: options.Weight = None,
    missing: options.Missing = False,
    header: options.Header = False,
    covariance_type: options.Covariance = "full",
    start: options.Start = "kmeans",
    max_iter: options.MaxIter = 100,
    tol: options.Tol = 1e-3,
    reg_covar: options.RegCovar = 1e-6,
    n_init: options.NInit = 1,
    prior: options.Prior = False,
    rng: options.Seed = 0,
    dtype: options.Precision = "float64",
    n_threads: options.Threads = None,
    scheduler: Annotated[str | None, option("--scheduler ADDRESS", FIT)] = None,
    stream: Annotated[bool, option("--stream", READ)] = False,
    checkpoint: Annotated[Path | None, option("--checkpoint FILE", FIT)] = None,
    output: options.Output = None,
    *,
    watch: Watcher,
) -> Report:
    """Fit a mixture of Gaussians to the rows of a table, by exact EM.

    The model keeps the names of the columns; `mixtura show` shows it.

    Parameters
    ----------
    scheduler
        Of a Dask cluster, such as tcp://10.0.0.5:8786: its workers read TABLE (also a folder of .parquet files), under
        the same path.
    stream
        Read the table in blocks at each step, in bounded memory (.npy, .parquet or a folder of them, .h5, .zarr); large
        tables are read so anyway.
    checkpoint
        Save the state of the fit in this .mix after each step; if it exists, resume from it.
    output
        The model; by default NAME.mix in this folder.

    Examples
    --------
    Two Gaussians on all columns, faithful.mix:
    `mixtura fit faithful.csv -k 2`

    Some columns, one of them weights, and values that are missing:
    `mixtura fit survey.csv -k 3 --columns age,income --weight share --missing -o survey.mix`

    A table of any length, in bounded memory, by a job that may be killed and resumes when it is started again:
    `mixtura fit rides.parquet -k 50 --stream --checkpoint rides-fit.mix -o rides.mix`

    From another program:
    `zcat faithful.csv.gz | mixtura fit - -k 2 -o faithful.mix`

    On the workers of a Dask cluster, which read a folder of Parquet files that they all see:
    `mixtura fit /shared/sky -k 100 --scheduler tcp://10.0.0.5:8786 -o sky.mix`
    """
    from ..em.fit import fit as fit_points
    from ..sources import opened
    from ..sources.points import Points
    from .cluster import connected

    settings = _of_em(locals())
    target = check_target(output or default_name(table, ".mix"), (".mix",))
    if checkpoint is not None:
        check_target(checkpoint, (".mix",), standard=False)
    check_apart(table, [target] if checkpoint is None else [checkpoint, target])

    def on_pass(at: Pass) -> None:
        watch(Progress("fitting" if at.number else f"reading {called(Path(table.name))}", at=at))

    if stream and scheduler is not None:
        raise InputError(
            f"{named('stream')} reads the table here, and {named('scheduler')} on a cluster: give one of them."
        )
    watch(Progress(f"reading {called(Path(table.name))}"))
    with connected(scheduler):
        points = opened(
            table,
            sample_weight,
            columns=names(columns),
            header=header,
            dtype=dtype,
            missing=missing,
            on_workers=scheduler is not None,
            watch=on_pass,
        )
        if stream and isinstance(points, Points):
            raise InputError(
                f"{called(table)} cannot be read in blocks, as {named('stream')} asks: save it as .parquet or .npy."
            )
        watch(Progress("fitting"))
        found = fit_points(
            points,
            dtype=dtype,
            missing=missing,
            checkpoint=checkpoint,
            on_step=steps(watch, "fitting", max_iter, tol),
            **settings,
        )
        rows = points.survey().n
    found.mixture.save(target)
    record = {
        "input": table,
        "rows": rows,
        "columns": columns_of(found.mixture),
        "n_components": found.mixture.n_components,
        "covariance_type": found.mixture.covariance_type,
        **fit_record(found),
        "dormant": found.dormant,
        "output": target,
    }
    return Report(record, _fitted)


def _fitted(record: Mapping[str, Any]) -> Iterator[str]:
    what = f"{some(record['rows'], 'row')} of {some(len(record['columns']), 'column')}"
    yield from fit_lines(record, what, "row")
    yield file_line(record["output"], "the model")
    yield time_line(record)


def choose(
    table: options.Table,
    n_components: Annotated[str, option("-k --components N", FIT)] = "1-9",
    columns: options.Columns = None,
    sample_weight: options.Weight = None,
    missing: options.Missing = False,
    header: options.Header = False,
    covariance_type: Annotated[str | None, option("--covariance TYPE", FIT)] = None,
    criterion: Annotated[str, option("--criterion NAME", FIT)] = "bic",
    start: options.Start = "kmeans",
    max_iter: options.MaxIter = 200,
    tol: options.Tol = 1e-4,
    reg_covar: options.RegCovar = 1e-6,
    n_init: options.NInit = 1,
    prior: options.Prior = False,
    rng: options.Seed = 0,
    n_threads: options.Threads = None,
    n_folds: Annotated[int, option("--folds N", FIT, least=2)] = 5,
    n_repeats: Annotated[int, option("--repeats N", FIT, least=2)] = 10,
    output: options.Output = None,
    plot: Annotated[Path | None, option("--plot FILE", WRITE)] = None,
    *,
    watch: Watcher,
) -> Report:
    """Say how many Gaussians suit a table, and of which type: all are fitted and compared by a criterion.

    Lower is better for bic, aic and icl, higher for cv and stability. Where a component has collapsed onto a few rows
    or one number, the reason stands in place of them, and the mixture is ruled out.

    Parameters
    ----------
    n_components
        The numbers to try: 1-9, or 2,4,8.
    covariance_type
        The types to try, with commas between: those of `fit`. By default full, tied, diag and spherical; all is all.
    criterion
        bic: how many Gaussians. icl: how many clusters. aic: what predicts new rows best. cv: the same, by rows that
        are held out. stability: how many components are found again in other rows.
    n_folds
        Of cv: in how many parts rows are held out.
    n_repeats
        Of stability: how often two halves are drawn.
    output
        Keep the best model (.mix).
    plot
        Draw the criterion against the number of components (.svg, .png or .pdf).

    Examples
    --------
    How many Gaussians, and of which type:
    `mixtura choose faithful.csv`

    Among some, for clusters, the best one kept:
    `mixtura choose faithful.csv -k 1-4 --covariance full,tied --criterion icl -o faithful.mix`

    All families, from one hierarchical tree as in mclust, with the figure that its users know:
    `mixtura choose faithful.csv -k 1-4 --covariance all --start hierarchical --plot bic.svg`

    How many clusters are found again in other rows; and what predicts rows best that were held out:
    `mixtura choose faithful.csv -k 1-4 --covariance full --criterion stability --plot stability.svg`
    `mixtura choose faithful.csv -k 1-4 --covariance full,diag --criterion cv --folds 3`
    """
    from ..em.choose import choose as choose_among
    from ..model.families import BASIC, every
    from ..sources import opened

    settings = _of_em(locals())
    tried = counts(n_components)
    types: Any = BASIC
    if covariance_type is not None:
        types = tuple(word.strip() for word in covariance_type.split(","))
    targets = [] if output is None else [check_target(output, (".mix",))]
    if plot is not None:
        extra("matplotlib", "figures need Matplotlib", "plots")
        targets.append(check_target(plot, FIGURES, standard=False))
    check_apart(table, targets)
    watch(Progress(f"reading {called(Path(table.name))}"))
    rows = opened(table, sample_weight, columns=names(columns), header=header, missing=missing)
    if types == ("all",):
        types = every(rows.survey().d)
    watch(Progress("fitting"))
    done = iter(range(1, len(tried) * len(types) + 1))
    choice = choose_among(
        rows,
        criterion=criterion,  # type: ignore[arg-type]
        n_folds=n_folds,
        n_repeats=n_repeats,
        on_candidate=lambda _: watch(Progress("fitting", done=next(done), of=len(tried) * len(types))),
        **settings | {"n_components": tried, "covariance_type": types},
    )
    drawn = BytesIO()
    if plot is not None:
        choice.plot().figure.savefig(drawn, format=plot.suffix[1:].lower(), dpi=DPI)
    if output is not None:
        choice.mixture.save(output)
    if plot is not None:
        with whole_file(plot) as file:
            file.write(drawn.getvalue())
    record = {
        "input": table,
        "rows": rows.survey().n,
        "columns": columns_of(choice.mixture),
        "criterion": criterion,
        "n_components": choice.best.n_components,
        "covariance_type": choice.best.covariance_type,
        "at_limit": choice.at_limit,
        "candidates": choice.rows(),
        "output": output,
        "plot": plot,
    }

    def lines(record: Mapping[str, Any]) -> Iterator[str]:
        yield repr(choice)
        if output is not None:
            yield file_line(output, "the best model")
        if plot is not None:
            yield file_line(plot, "the figure")
        yield time_line(record)

    return Report(record, lines)


def _of_em(given: Mapping[str, Any]) -> dict[str, Any]:
    """Those options of a command that both `mixtura.fit` and `mixtura.choose` take, under the names that they have."""
    same = ("n_components", "covariance_type", "start", "max_iter", "tol", "reg_covar", "n_init", "rng", "n_threads")
    return {name: given[name] for name in same} | {"prior": "default" if given["prior"] else None}
