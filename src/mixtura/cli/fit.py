"""`mixtura fit` and `mixtura choose`: a table becomes a model."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._version import __version__
from ..errors import InputError
from ..writing import check_apart
from . import asking
from .asking import FIT, READ, WRITE, AsJson, Columns, Header, Missing, Quiet, Seed, Table, Threads, Weight
from .options import one_of, option, within
from .progress import progress

if TYPE_CHECKING:
    from ..em.loop import Fit
    from ..recipe import Watcher
    from ..sources.points import Points
    from ..sources.source import Pass, Survey

EXAMPLES = """
**Examples**

Two Gaussians on all columns, faithful.mix:\\
`mixtura fit faithful.csv -k 2`

Some columns, one of them weights, and values that are missing:\\
`mixtura fit survey.csv -k 3 --columns age,income --weight share --missing -o survey.mix`

A table of any length, in bounded memory, by a job that may be killed and goes on when it is started again:\\
`mixtura fit rides.parquet -k 50 --stream --checkpoint rides-fit.mix -o rides.mix`

From another program:\\
`zcat faithful.csv.gz | mixtura fit - -k 2 -o faithful.mix`

On the workers of a Dask cluster, which read a folder of Parquet files that they all see:\\
`mixtura fit /shared/sky -k 100 --scheduler tcp://10.0.0.5:8786 -o sky.mix`
"""

EXAMPLES_OF_CHOOSE = """
**Examples**

How many Gaussians, and of which type:\\
`mixtura choose faithful.csv`

Among some, for clusters, the best one kept:\\
`mixtura choose faithful.csv -k 1-4 --covariance full,tied --criterion icl -o faithful.mix`
"""

_ENDINGS = {"converged": "converged", "stalled": "converged", "max_iter": "stopped at --max-iter"}


def fit(
    table: Table,
    k: Annotated[int, option("-k", "--components", panel=FIT, metavar="N", text="How many Gaussians.")],
    columns: Columns = None,
    weight: Weight = None,
    missing: Missing = False,
    header: Header = False,
    covariance: Annotated[
        str, option("--covariance", panel=FIT, metavar="TYPE", text="full, tied, diag or spherical.")
    ] = "full",
    max_iter: Annotated[int, option("--max-iter", panel=FIT, metavar="N", text="EM steps at most.")] = 100,
    tol: Annotated[
        float, option("--tol", panel=FIT, metavar="X", text="Stop when a step gains less, in nats a row.")
    ] = 1e-3,
    reg_covar: Annotated[
        float,
        option("--reg-covar", panel=FIT, metavar="X", text="Added to the variances, in squared units of the columns."),
    ] = 1e-6,
    n_init: Annotated[
        int, option("--n-init", panel=FIT, metavar="N", text="Starts to try; the likeliest is kept.")
    ] = 1,
    prior: Annotated[
        bool, option("--prior", panel=FIT, text="With the default prior: no component shrinks onto a few rows.")
    ] = False,
    seed: Seed = 0,
    precision: Annotated[
        str, option("--precision", panel=FIT, metavar="TYPE", text="float64, or float32: half the time.")
    ] = "float64",
    threads: Threads = None,
    scheduler: Annotated[
        str | None,
        option(
            "--scheduler",
            panel=FIT,
            metavar="ADDRESS",
            text="Of a Dask cluster, such as tcp://10.0.0.5:8786: its workers read TABLE (also a folder of .parquet "
            "files), under the same path.",
        ),
    ] = None,
    stream: Annotated[
        bool,
        option(
            "--stream",
            panel=READ,
            text="Read the table in blocks at each step, in bounded memory (.npy, .parquet or a folder of them, .h5, "
            ".zarr); large tables are read so anyway.",
        ),
    ] = False,
    checkpoint: Annotated[
        Path | None,
        option(
            "--checkpoint",
            panel=FIT,
            metavar="FILE",
            text="Keep how far the fit is in this .mix after each step, and go on from there if it exists.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        option("-o", "--output", panel=WRITE, metavar="FILE", text="The model; by default NAME.mix in this folder."),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Fit a mixture of Gaussians to the rows of a table, by exact EM.

    The model keeps the names of the columns; `mixtura show` shows it.
    """
    from ..model.families import COVARIANCE_TYPES

    one_of("--covariance", covariance, COVARIANCE_TYPES)
    one_of("--precision", precision, ("float32", "float64"))
    within("-k", k, 1)
    _check_work(max_iter, n_init, seed, threads, tol, reg_covar)
    began = time.perf_counter()
    with asking.on_the_terminal():
        target = _target(table, output)
        if checkpoint is not None:
            check_apart(table, [checkpoint, target])
        if stream and scheduler is not None:
            raise InputError("--stream reads the table here, and --scheduler on a cluster: give one of them.")
        blocks = scheduler is None and (stream or asking.in_blocks(table))
        if blocks and header:
            raise InputError(f"--header is about .csv, but {table} is read in blocks: leave it out.")
        settings: dict[str, Any] = {
            "covariance_type": covariance,
            "max_iter": max_iter,
            "tol": tol,
            "reg_covar": reg_covar,
            "n_init": n_init,
            "prior": "default" if prior else None,
            "rng": seed,
            "dtype": precision,
            "n_threads": threads,
            "missing": missing,
            "checkpoint": checkpoint,
        }

        def work(watch: Watcher) -> tuple[Points | Survey, Fit]:
            from ..em.fit import fit as fit_points
            from ..recipe import Progress
            from ..sources.points import Points
            from . import cluster

            def on_pass(at: Pass) -> None:
                watch(Progress("fitting" if at.number else f"reading {table.name}", at=at))

            watch(Progress(f"reading {table.name}"))
            points: Any
            reading: dict[str, Any] = {"columns": columns, "weight": weight, "missing": missing}
            with cluster.connected(scheduler):
                if scheduler is not None:
                    points = cluster.source(table, header=header, dtype=precision, watch=on_pass, **reading)
                elif blocks:
                    points = asking.source(table, dtype=precision, watch=on_pass, **reading)
                else:
                    points = asking.points(table, header=header, **reading)
                watch(Progress("fitting"))
                found = fit_points(
                    points, k, on_step=lambda step: watch(Progress("fitting", step, max_iter, tol)) and None, **settings
                )
            found.mixture.save(target)
            return points if isinstance(points, Points) else points.surveyed, found

        points, found = _watched(work, quiet or as_json)
    mixture = found.mixture
    record = {
        "mixtura": __version__,
        "input": str(table),
        "rows": points.n,
        "columns": list(asking.columns_of(mixture)),
        "n_components": mixture.n_components,
        "covariance_type": mixture.covariance_type,
        "log_likelihood": found.log_likelihood,
        "n_iter": found.n_iter,
        "stop_reason": found.stop_reason,
        "dormant": list(found.dormant),
        "seconds": round(time.perf_counter() - began, 4),
        "output": str(target),
    }
    if as_json:
        asking.print_json(record)
    elif not quiet:
        typer.echo(
            f"{asking.some(k, 'Gaussian')} on {asking.some(points.n, 'row')} of "
            f"{asking.some(points.d, 'column')}: log likelihood {found.log_likelihood:.4f} a row after "
            f"{asking.some(found.n_iter, 'step')} ({_ENDINGS[found.stop_reason]})"
        )
        if found.dormant:
            typer.echo(f"{asking.some(len(found.dormant), 'component')} found no rows and sleep with weight 0.")
        typer.echo(f"  {target}  (the model)\nin {record['seconds']:.2f} s")


def choose(
    table: Table,
    k: Annotated[
        str, option("-k", "--components", panel=FIT, metavar="N", text="The numbers to try: 1-9, or 2,4,8.")
    ] = "1-9",
    columns: Columns = None,
    weight: Weight = None,
    missing: Missing = False,
    header: Header = False,
    covariance: Annotated[
        str, option("--covariance", panel=FIT, metavar="TYPE", text="The types to try, with commas between.")
    ] = "full,tied,diag,spherical",
    criterion: Annotated[
        str,
        option(
            "--criterion",
            panel=FIT,
            metavar="NAME",
            text="bic: how many Gaussians. icl: how many clusters. aic: what foretells new rows best.",
        ),
    ] = "bic",
    max_iter: Annotated[int, option("--max-iter", panel=FIT, metavar="N", text="EM steps at most, each.")] = 200,
    tol: Annotated[
        float, option("--tol", panel=FIT, metavar="X", text="Stop when a step gains less, in nats a row.")
    ] = 1e-4,
    reg_covar: Annotated[
        float,
        option("--reg-covar", panel=FIT, metavar="X", text="Added to the variances, in squared units of the columns."),
    ] = 1e-6,
    n_init: Annotated[int, option("--n-init", panel=FIT, metavar="N", text="Fresh starts to try, each.")] = 1,
    prior: Annotated[
        bool, option("--prior", panel=FIT, text="With the default prior: no component shrinks onto a few rows.")
    ] = False,
    seed: Seed = 0,
    threads: Threads = None,
    output: Annotated[
        Path | None, option("-o", "--output", panel=WRITE, metavar="FILE", text="Keep the best model (.mix).")
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Say how many Gaussians suit a table, and of which type: all are fitted and compared by a criterion.

    Lower is better for bic, aic and icl.
    """
    from ..model.families import COVARIANCE_TYPES

    one_of("--criterion", criterion, ("bic", "aic", "icl"))
    types = [word.strip() for word in covariance.split(",")]
    for kind in types:
        one_of("--covariance", kind, COVARIANCE_TYPES)
    counts = _counts(k)
    _check_work(max_iter, n_init, seed, threads, tol, reg_covar)
    began = time.perf_counter()
    with asking.on_the_terminal():
        target = None if output is None else _target(table, output)

        def work(watch: Watcher) -> tuple[Points, Any]:
            from ..em.choose import choose as choose_among
            from ..recipe import Progress

            watch(Progress(f"reading {table.name}"))
            points = asking.points(table, columns=columns, weight=weight, header=header, missing=missing)
            jobs = len(counts) * len(types)
            done = 0

            def heard(candidate: Any) -> None:
                nonlocal done
                done += 1
                watch(Progress("fitting", done=done, of=jobs))

            watch(Progress("fitting"))
            choice = choose_among(
                points,
                counts,
                covariance_type=types,  # type: ignore[arg-type]
                criterion=criterion,  # type: ignore[arg-type]
                max_iter=max_iter,
                tol=tol,
                reg_covar=reg_covar,
                n_init=n_init,
                prior="default" if prior else None,
                rng=seed,
                n_threads=threads,
                on_candidate=heard,
            )
            if target is not None:
                choice.mixture.save(target)
            return points, choice

        points, choice = _watched(work, quiet or as_json)
    if as_json:
        asking.print_json(
            {
                "mixtura": __version__,
                "input": str(table),
                "rows": points.n,
                "columns": list(asking.columns_of(choice.mixture)),
                "criterion": criterion,
                "n_components": choice.best.n_components,
                "covariance_type": choice.best.covariance_type,
                "candidates": choice.rows(),
                "seconds": round(time.perf_counter() - began, 4),
                "output": None if target is None else str(target),
            }
        )
    elif not quiet:
        typer.echo(repr(choice))
        if target is not None:
            typer.echo(f"  {target}  (the best model)")
        typer.echo(f"in {time.perf_counter() - began:.2f} s")


def _watched(work: Any, silent: bool) -> Any:
    if silent:
        return work(lambda progress: None)
    with progress() as watch:
        return work(watch)


def _target(table: Path, output: Path | None) -> Path:
    """Where the model goes, if it can."""
    from ..sources.tables import STANDARD
    from ..writing import check_target

    if output is None and table == STANDARD:
        raise InputError("a model of standard input has no name of its own: give it one with -o, such as -o table.mix.")
    target = output or Path(f"{table.stem}.mix")
    check_target(target, (".mix",))
    return target


def _counts(text: str) -> list[int]:
    """The numbers in -k 1-9 or 2,4,8."""
    counts: list[int] = []
    for word in text.split(","):
        first, dash, last = word.strip().partition("-")
        last = last if dash else first
        if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last) <= 10_000):
            raise InputError(f"-k is {text!r}: give numbers >= 1, such as 1-9 or 2,4,8.")
        counts += range(int(first), int(last) + 1)
    return sorted(set(counts))


def _check_work(max_iter: int, n_init: int, seed: int, threads: int | None, tol: float, reg_covar: float) -> None:
    """Raise unless these are what EM can use, in the words of the command line."""
    for name, number, least, most in (
        ("--max-iter", max_iter, 0, None),
        ("--n-init", n_init, 1, None),
        ("--seed", seed, 0, None),
        ("--threads", threads, 1, 256),
    ):
        within(name, number, least, most)
    asking.finite("--tol", tol)
    asking.finite("--reg-covar", reg_covar)
