"""`mixtura fit` and `mixtura choose`: a table becomes a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..errors import InputError, named
from ..jobs import figure
from ..jobs.progress import Progress, Watcher, fit_record, steps
from ..jobs.standard import called, default_name
from ..writing import check_apart, check_target, whole_file
from . import errors_of_rows, filmed, options
from .frame import Report, columns_of, file_line, fit_lines, groups_text, some, time_line
from .options import FIT, READ, WRITE, counts, names, option

if TYPE_CHECKING:
    from ..em.loop import Fit
    from ..sources.source import Pass, Source


def fit(
    table: options.Table,
    n_components: options.Components,
    columns: options.Columns = None,
    sample_weight: options.Weight = None,
    missing: options.Missing = False,
    header: options.Header = False,
    covariance_type: options.Covariance = "full",
    start: options.Start = "kmeans",
    fixed: options.Fixed = None,
    max_iter: options.MaxIter = 100,
    tol: options.Tol = 1e-3,
    reg_covar: options.RegCovar = 1e-6,
    n_init: options.NInit = 1,
    prior: options.Prior = False,
    noise: options.Noise = None,
    noise_covariance: options.Errors = None,
    n_clusters: options.Clusters = None,
    rng: options.Seed = 0,
    dtype: options.Precision = "float64",
    n_threads: options.Threads = None,
    scheduler: Annotated[str | None, option("--scheduler ADDRESS", FIT)] = None,
    stream: Annotated[bool, option("--stream", READ)] = False,
    checkpoint: Annotated[Path | None, option("--checkpoint FILE", FIT)] = None,
    output: options.Output = None,
    film_output: Annotated[Path | None, option("--film FILE", WRITE)] = None,
    axes: Annotated[str | None, option("--axes A,B", WRITE)] = None,
    size: Annotated[int | None, option("--size PIXELS", WRITE, least=1, most=1280)] = None,
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
    film_output
        A film of the steps too (.webp, .gif or .apng): the density of two columns.
    axes
        The two columns of the film, by default the first two.
    size
        The width of the film, by default 640.

    Examples
    --------
    Two Gaussians on all columns, faithful.mix:
    `mixtura fit faithful.csv -k 2`

    Some columns, one of them weights, and values that are missing:
    `mixtura fit survey.csv -k 3 --columns age,income --weight share --missing -o survey.mix`

    A table of any length, in bounded memory, by a job that may be killed and resumes when it is started again:
    `mixtura fit rides.parquet -k 50 --stream --checkpoint rides-fit.mix -o rides.mix`

    On from a model, one of its means held:
    `mixtura fit faithful.csv -k 2 --start faithful.mix --fixed means:0 -o better.mix`

    Clusters of several components each, and outliers, which `mixtura predict` tells then:
    `mixtura fit stars.csv -k 9 --clusters auto --noise auto`

    Stars whose colours are measured with an error each, to the colours that they have:
    `mixtura fit colours.csv -k 5 --columns g,r --noise-covariance g=g_err,r=r_err`

    EM at work, on the last two columns:
    `mixtura fit survey.csv -k 3 --missing --film survey.webp --axes age,income`

    From another program:
    `zcat faithful.csv.gz | mixtura fit - -k 2 -o faithful.mix`

    On the workers of a Dask cluster, which read a folder of Parquet files that they all see:
    `mixtura fit /shared/sky -k 100 --scheduler tcp://10.0.0.5:8786 -o sky.mix`
    """
    from ..em.fit import fit as fit_points
    from ..sources import opened
    from ..sources.points import Points
    from ..sources.tables import coordinate_names
    from .cluster import connected

    settings, asked = _of_em(locals()), options.clusters_of(n_clusters)
    target = check_target(output or default_name(table, ".mix"), (".mix",))
    film = filmed.checked(film_output, axes, size, n_init)
    if checkpoint is not None:
        check_target(checkpoint, (".mix",), standard=False)
    check_apart(table, [path for path in (checkpoint, target, film) if path is not None])

    def on_pass(at: Pass) -> None:
        watch(Progress("fitting" if at.number else f"reading {called(Path(table.name))}", at=at))

    if stream and scheduler is not None:
        raise InputError(
            f"{named('stream')} reads the table here, and {named('scheduler')} on a cluster: give one of them."
        )
    if asked is not None and asked > n_components:
        raise InputError(
            f"{named('n_clusters')} is {asked}, but there are {n_components} components to make them of: raise "
            f"{named('n_components')}, or give fewer."
        )
    watch(Progress(f"reading {called(Path(table.name))}"))
    with connected(scheduler):
        points = opened(
            table,
            sample_weight,
            columns=errors_of_rows.others(noise_covariance, table, names(columns), sample_weight, header),
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
        errors = errors_of_rows.of_rows(noise_covariance, table, points, header)
        watch(Progress("fitting"))
        how: dict[str, Any] = settings | {
            "noise_covariance": errors,
            "fixed": options.fixed_of(fixed),
            "dtype": dtype,
            "missing": missing,
            "checkpoint": checkpoint,
            "on_step": steps(watch, "fitting", max_iter, tol),
            "start": options.start_of(start),
        }
        if film is None:
            found = fit_points(points, **how)
        else:
            from ..jobs import filming

            shown = filmed.places(axes, table, coordinate_names(points.names, points.survey().d))
            found, trail = filming.fitted(points, **how)
            content = filming.of_trail(trail, shown, film.suffix, size)
        rows = points.survey().n
        notes, told = _beside(found, points, errors, asked, watch)
    found.save(target, notes=notes)
    if film is not None:
        with whole_file(film) as file:
            file.write(content)
    record = {
        "input": table,
        "rows": rows,
        "columns": columns_of(found.mixture),
        "n_components": n_components,
        "covariance_type": found.mixture.covariance_type,
        **fit_record(found),
        "dormant": found.dormant,
        **told,
        "output": target,
        **({} if film is None else {"film": film}),
    }
    return Report(record, _fitted)


def _fitted(record: Mapping[str, Any]) -> Iterator[str]:
    what = f"{some(record['rows'], 'row')} of {some(len(record['columns']), 'column')}"
    yield from fit_lines(record, what, "row")
    yield from _beside_lines(record)
    yield file_line(record["output"], "the model")
    if "film" in record:
        yield file_line(record["film"], "the film")
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
    noise: options.Noise = None,
    noise_covariance: options.Errors = None,
    n_clusters: options.Clusters = None,
    rng: options.Seed = 0,
    n_threads: options.Threads = None,
    n_folds: Annotated[int, option("--folds N", FIT, least=2)] = 5,
    n_repeats: Annotated[int, option("--repeats N", FIT, least=2)] = 10,
    output: options.Output = None,
    plot: options.Plot = None,
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

    As many as describe the rows best, combined into clusters of any form:
    `mixtura choose moons.csv -k 1-14 --covariance full --clusters auto -o moons.mix`

    All families, from one hierarchical tree as in mclust, with the figure that its users know:
    `mixtura choose faithful.csv -k 1-4 --covariance all --start hierarchical --plot bic.svg`

    How many clusters are found again in other rows; and what predicts rows best that were held out:
    `mixtura choose faithful.csv -k 1-4 --covariance full --criterion stability --plot stability.svg`
    `mixtura choose faithful.csv -k 1-4 --covariance full,diag --criterion cv --folds 3`
    """
    from ..em.choose import choose as choose_among
    from ..model.families import BASIC, every
    from ..sources import opened

    settings, asked = _of_em(locals()), options.clusters_of(n_clusters)
    tried = counts(n_components)
    types: Any = BASIC
    if covariance_type is not None:
        types = tuple(word.strip() for word in covariance_type.split(","))
    targets = [] if output is None else [check_target(output, (".mix",))]
    figure.check(plot)
    if plot is not None:
        targets.append(plot)
    check_apart(table, targets)
    watch(Progress(f"reading {called(Path(table.name))}"))
    wanted = errors_of_rows.others(noise_covariance, table, names(columns), sample_weight, header)
    rows = opened(table, sample_weight, columns=wanted, header=header, missing=missing)
    errors = errors_of_rows.of_rows(noise_covariance, table, rows, header)
    if types == ("all",):
        types = every(rows.survey().d)
    watch(Progress("fitting"))
    done = iter(range(1, len(tried) * len(types) + 1))
    choice = choose_among(
        rows,
        criterion=criterion,  # type: ignore[arg-type]
        missing=missing,
        noise_covariance=errors,
        n_folds=n_folds,
        n_repeats=n_repeats,
        on_candidate=lambda _: watch(Progress("fitting", done=next(done), of=len(tried) * len(types))),
        **settings | {"n_components": tried, "covariance_type": types},
    )
    best: Any = choice.best.fit
    notes, told = _beside(best, rows, errors, asked, watch)
    if output is not None:
        best.save(output, notes=notes)
    if plot is not None:
        figure.write(plot, figure.of_choice(choice))
    record = {
        "input": table,
        "rows": rows.survey().n,
        "columns": columns_of(choice.mixture),
        "criterion": criterion,
        "n_components": choice.best.n_components,
        "covariance_type": choice.best.covariance_type,
        "at_limit": choice.at_limit,
        **told,
        "candidates": choice.rows(),
        "output": output,
        "plot": plot,
    }

    def lines(record: Mapping[str, Any]) -> Iterator[str]:
        yield repr(choice)
        yield from _beside_lines(record)
        if output is not None:
            yield file_line(output, "the best model")
        if plot is not None:
            yield file_line(plot, "the figure")
        yield time_line(record)

    return Report(record, lines)


def _of_em(given: Mapping[str, Any]) -> dict[str, Any]:
    """Those options of a command that both `mixtura.fit` and `mixtura.choose` take, under the names that they have."""
    same = ("n_components", "covariance_type", "start", "max_iter", "tol", "reg_covar", "n_init", "rng", "n_threads")
    told = {"prior": "default" if given["prior"] else None, "noise": options.noise_of(given["noise"])}
    return {name: given[name] for name in same} | told


def _beside(
    found: Fit, rows: Source, errors: Any, asked: int | None, watch: Watcher
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the model file notes of the rows, and what the record tells of a background and of clusters.

    errors: that the rows are measured with. asked: how many clusters; 0 for as many as are suggested, None for none.
    """
    from ..em.combine import united
    from ..sources import whole_columns
    from ..sources.noise import measured

    record: dict[str, Any] = {}
    whole = [i for i, each in enumerate(whole_columns(rows)) if each]
    notes: dict[str, Any] = {"whole": whole} if whole else {}
    if found.background is not None:
        record |= {"background": found.background, "noise": float(found.mixture.weights[found.background])}
    if asked is None:
        return notes, record
    watch(Progress("combining components"))
    clusters = united(found.mixture, rows if errors is None else measured(rows, errors), found.background)
    notes |= clusters.notes(asked or None)
    count = notes["clusters"]["n_clusters"]
    return notes, record | {"n_clusters": count, "clusters": clusters.groups(count).tolist()}


def _beside_lines(record: Mapping[str, Any]) -> Iterator[str]:
    if "noise" in record:
        yield f"a background of {100 * record['noise']:.3g} % of the rows, beside them"
    if "clusters" in record:
        yield f"combined into {some(record['n_clusters'], 'cluster')}: {groups_text(record['clusters'])}"
