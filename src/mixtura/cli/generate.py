"""`mixtura generate`: new pictures after many of one size."""

from __future__ import annotations

import json
import math
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._version import __version__
from ..errors import InputError
from .options import one_of, option, within
from .progress import progress

if TYPE_CHECKING:
    from ..generate import PictureMixture
    from ..recipe import Watcher

EXAMPLES = """
**Examples**

New pullovers, and what the 25 components look like, pullovers.png and kinds.png:\\
`mixtura generate train-images.gz --labels train-labels.gz --label 2 -o pullovers.png --means kinds.png`

A hundred pictures after all in a folder, and the way from one to another one and back:\\
`mixtura generate faces -k 10 -n 100 -o new.png --walk walk.gif`
"""

_READ, _FIT, _WRITE = "What to read", "How to fit", "What comes out"
_TILE = 84  # pixels: small pictures are enlarged to about that
_FRAME = 50  # milliseconds that a walk shows each


def generate(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="IDX_OR_FOLDER", help="Pictures of one size: an IDX file (plain or .gz), .npy, .npz, or a folder."
        ),
    ],
    labels: Annotated[
        Path | None,
        option(
            "--labels", panel=_READ, metavar="FILE", text="A label a picture: an IDX file (plain or .gz), .npy or .npz."
        ),
    ] = None,
    label: Annotated[
        int | None, option("--label", panel=_READ, metavar="N", text="Take only the pictures with this label.")
    ] = None,
    pca: Annotated[
        int,
        option("--pca", panel=_FIT, metavar="N", text="Principal components at most, before the mixture is fitted."),
    ] = 100,
    k: Annotated[int, option("-k", "--components", panel=_FIT, metavar="N", text="How many Gaussians.")] = 25,
    covariance: Annotated[
        str, option("--covariance", panel=_FIT, metavar="TYPE", text="full, tied, diag or spherical.")
    ] = "full",
    max_iter: Annotated[int, option("--max-iter", panel=_FIT, metavar="N", text="EM steps at most.")] = 100,
    tol: Annotated[
        float | None,
        option(
            "--tol",
            panel=_FIT,
            metavar="X",
            text="Stop when a step gains less, in nats a picture; by default 0.001 a principal component.",
        ),
    ] = None,
    seed: Annotated[int, option("--seed", panel=_FIT, metavar="N", text="The same seed gives the same pictures.")] = 0,
    precision: Annotated[
        str, option("--precision", panel=_FIT, metavar="TYPE", text="float32, or float64: twice the time.")
    ] = "float32",
    threads: Annotated[
        int | None,
        option("--threads", panel=_FIT, metavar="N", text="How many; all by default. The answer is the same."),
    ] = None,
    n: Annotated[int, option("-n", "--samples", panel=_WRITE, metavar="N", text="How many new pictures.")] = 25,
    output: Annotated[
        Path | None,
        option(
            "-o",
            "--output",
            panel=_WRITE,
            metavar="FILE",
            text="The sheet of new pictures. By default NAME-samples.png.",
        ),
    ] = None,
    means: Annotated[
        Path | None,
        option("--means", panel=_WRITE, metavar="FILE", text="A sheet of the components' means, the heaviest first."),
    ] = None,
    walk: Annotated[
        Path | None,
        option(
            "--walk",
            panel=_WRITE,
            metavar="FILE",
            text="The way from one new picture to another one and back: .gif, .webp or .apng.",
        ),
    ] = None,
    columns: Annotated[
        int | None,
        option("--columns", panel=_WRITE, metavar="N", text="Pictures side by side; by default as many as rows."),
    ] = None,
    scale: Annotated[
        int | None,
        option("--scale", panel=_WRITE, metavar="N", text="Enlarge the pictures; by default small ones."),
    ] = None,
    quiet: Annotated[bool, option("-q", "--quiet", panel=_WRITE, text="Say nothing but errors.")] = False,
    as_json: Annotated[
        bool, option("--json", panel=_WRITE, text="Print one JSON record of what was done instead.")
    ] = False,
) -> None:
    """Make new pictures after many of one size.

    The pictures are described by their principal components, and a mixture of Gaussians is fitted to these.
    Its samples, turned into pictures again, are the new ones.
    """
    from ..model.families import COVARIANCE_TYPES

    one_of("--covariance", covariance, COVARIANCE_TYPES)
    one_of("--precision", precision, ("float32", "float64"))
    for name, number, least, most in (
        ("--pca", pca, 1, None),
        ("-k", k, 1, None),
        ("-n", n, 1, 10_000),
        ("--max-iter", max_iter, 0, None),
        ("--seed", seed, 0, None),
        ("--threads", threads, 1, 256),
        ("--columns", columns, 1, None),
        ("--scale", scale, 1, 64),
    ):
        within(name, number, least, most)
    if tol is not None and not 0 <= tol < math.inf:
        raise InputError(f"--tol is {tol:g}: give a number >= 0, such as 0.1.")
    settings = {
        "n_axes": pca,
        "covariance_type": covariance,
        "max_iter": max_iter,
        "tol": tol,
        "rng": seed,
        "dtype": precision,
        "n_threads": threads,
    }
    job = _Job(source, labels, label, k, settings, n, output or _usual(source), means, walk, columns, scale)
    if quiet or as_json:
        record = _run(job)
    else:
        with progress() as watch:
            record = _run(job, watch)
    if as_json:
        typer.echo(json.dumps(record, allow_nan=False))
    elif not quiet:
        _report(record)


@dataclass(frozen=True)
class _Job:
    source: Path
    labels: Path | None
    label: int | None
    k: int
    settings: dict[str, Any]
    n: int
    output: Path
    means: Path | None
    walk: Path | None
    columns: int | None
    scale: int | None


def _usual(source: Path) -> Path:
    name = re.sub(r"\.(gz|npz|npy)$", "", source.resolve().name) or "pictures"
    return Path(f"{name}-samples.png")


def _run(job: _Job, watch: Watcher = lambda progress: None) -> dict[str, Any]:
    """Do the job, and say in a record what was done."""
    from ..generate import learn, read
    from ..pictures import files, film
    from ..recipe import Progress
    from ..writing import check_apart, check_target

    began = time.perf_counter()
    sheets = [path for path in (job.output, job.means) if path is not None]
    for path in sheets:
        check_target(path, files.PICTURE_KINDS)
    if job.walk is not None:
        check_target(job.walk, film.FILM_KINDS)
    watch(Progress(f"reading {job.source.name}"))
    pictures = read(job.source, labels=job.labels, label=job.label)
    check_apart(job.source, [*sheets, *([job.walk] if job.walk else [])])
    stage = "fitting"

    def on_stage(words: str) -> None:
        nonlocal stage
        stage = words
        watch(Progress(words))

    tol = job.settings["tol"] or 0.0
    model, fit = learn(
        pictures,
        job.k,
        on_stage=on_stage,
        on_step=lambda step: watch(Progress(stage, step, job.settings["max_iter"], tol)),
        **job.settings,
    )
    watch(Progress("drawing"))
    seed = job.settings["rng"]
    written = [_written(job.output, "samples", *_sheet(job, job.output, model.sample(job.n, rng=seed)))]
    if job.means is not None:
        written.append(_written(job.means, "means", *_sheet(job, job.means, model.means())))
    if job.walk is not None:
        shots = [_tile(shot, _times(job, model)) for shot in model.walk(rng=seed)]
        files.write_bytes(job.walk, film.encode(film.Film(shots, [_FRAME] * len(shots)), job.walk.suffix))
        written.append(_written(job.walk, "walk", shots[0].shape[1], shots[0].shape[0]))
    return {
        "mixtura": __version__,
        "input": str(job.source),
        "label": job.label,
        "pictures": len(pictures),
        "shape": list(model.shape),
        "n_axes": len(model.axes),
        "explained_variance": float(model.variances.sum() / model.total_variance),
        "n_components": model.mixture.n_components,
        "covariance_type": model.mixture.covariance_type,
        "log_likelihood": fit.log_likelihood,
        "n_iter": fit.n_iter,
        "stop_reason": fit.stop_reason,
        "dormant": list(fit.dormant),
        "seconds": round(time.perf_counter() - began, 4),
        "outputs": written,
    }


def _written(path: Path, what: str, width: int, height: int) -> dict[str, Any]:
    return {"path": str(path), "what": what, "width": width, "height": height}


def _sheet(job: _Job, path: Path, shots: Any) -> tuple[int, int]:
    """Write a sheet of pictures; its size."""
    from ..pictures import files, sheets

    times = job.scale or _enlargement(shots.shape[1:])
    page = sheets.sheet([_tile(shot, times) for shot in shots], columns=job.columns)
    files.write(path, page)
    return page.shape[1], page.shape[0]


def _times(job: _Job, model: PictureMixture) -> int:
    return job.scale or 2 * _enlargement(model.shape)


def _enlargement(shape: tuple[int, ...]) -> int:
    return max(1, round(_TILE / max(shape[:2])))


def _tile(shot: Any, times: int) -> Any:
    """(h, w, 3), enlarged."""
    from ..pictures import sheets

    return sheets.enlarged(shot if shot.ndim == 3 else shot[..., None].repeat(3, axis=2), times)


def _report(record: dict[str, Any]) -> None:
    ending = {"converged": "converged", "stalled": "converged", "max_iter": "stopped at --max-iter"}
    count, steps, axes = record["n_components"], record["n_iter"], record["n_axes"]
    typer.echo(
        f"{count} Gaussian{'s' * (count > 1)} on {axes} principal component{'s' * (axes != 1)} "
        f"({100 * record['explained_variance']:.1f}% of the variance) of {record['pictures']:,} pictures: "
        f"log likelihood {record['log_likelihood']:.3f} after {steps} step{'s' * (steps != 1)} "
        f"({ending[record['stop_reason']]})"
    )
    for file in record["outputs"]:
        typer.echo(f"  {file['path']}  ({file['what']}, {file['width']} x {file['height']})")
    typer.echo(f"in {record['seconds']:.2f} s")
