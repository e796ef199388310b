"""New pictures after many of one size: learnt, drawn, and put on contact sheets and into a film."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, named
from ..writing import STANDARD, check_apart, check_target, whole_files
from .progress import Progress, Watcher, fit_record, steps, unwatched, watched
from .standard import called, default_name, opened

if TYPE_CHECKING:
    from ..model.families import CovarianceType

TILE = 84  # pixels: small pictures are enlarged to about that
SETTINGS = ("n_components", "n_axes", "covariance_type", "max_iter", "tol", "rng", "dtype", "n_threads")  # of learn
FRAME = 50  # milliseconds that each picture of a walk is shown


@dataclass(frozen=True)
class Generation:
    """The job.

    Attributes
    ----------
    pictures : Path
        An IDX file, .npy, .npz or a folder of pictures; "-" is standard input.
    labels : Path or None
        A label a picture; "-" is standard input.
    label : int or None
        Take only the pictures with this label.
    profile : bool
        Whether the profiles of picture files are applied, see `mixtura.pictures.files.read`.
    n : int
        How many new pictures.
    output : Path or None
        Their contact sheet; by default PICTURES-samples.png.
    means : Path or None
        The contact sheet of the components' means.
    walk : Path or None
        A film of the way from one new picture to another one and back.
    columns : int or None
        Pictures side by side; None for as many as rows.
    scale : int or None
        How many times to enlarge the pictures; None for small ones only.
    n_components, n_axes, covariance_type, max_iter, tol, rng, dtype, n_threads
        As for `mixtura.generate.learn`.
    """

    pictures: Path
    labels: Path | None = None
    label: int | None = None
    profile: bool = True
    n: int = 25
    output: Path | None = None
    means: Path | None = None
    walk: Path | None = None
    columns: int | None = None
    scale: int | None = None
    n_components: int = 25
    n_axes: int = 100
    covariance_type: CovarianceType = "full"
    max_iter: int = 100
    tol: float | None = None
    rng: int = 0
    dtype: str = "float32"
    n_threads: int | None = None


@watched
def run(job: Generation, watch: Watcher = unwatched) -> dict[str, Any]:
    """Learn, draw and write; the files appear all, each whole, or none of them.

    Parameters
    ----------
    job : Generation
        The job.
    watch : callable, optional
        Called with a `Progress` as the job goes on.

    Returns
    -------
    dict
        What was done: the pictures, the principal components, the fit, and a row a file under ``outputs``.
    """
    from ..generate import learn
    from ..pictures import files, film, sheets
    from ..pictures.collection import gathered

    name = re.sub(r"\.(gz|npz|npy)$", "", job.pictures.resolve().name) or "pictures"
    output = job.output or default_name(job.pictures, "-samples.png", stem=name)
    targets = [check_target(path, files.PICTURE_KINDS) for path in (output, job.means) if path is not None]
    if job.walk is not None:
        targets.append(check_target(job.walk, film.FILM_KINDS))
    if job.pictures == job.labels == STANDARD:
        raise InputError(f"pictures and {named('labels')} are both -: standard input can be one of them.")
    for source in (job.pictures, *([] if job.labels is None else [job.labels])):
        check_apart(source, targets)
    watch(Progress(f"reading {called(Path(job.pictures.name))}"))
    labels = None if job.labels is None else opened(job.labels)
    own = [*targets, Path(f"{name}-samples.png")]  # what an earlier run left in a folder is not learnt from
    shown, left_out = gathered(opened(job.pictures), labels=labels, label=job.label, profile=job.profile, without=own)
    model, fit = learn(
        shown,
        **{name: getattr(job, name) for name in SETTINGS},
        on_stage=lambda stage: watch(Progress(stage)),
        on_step=steps(watch, "fitting", job.max_iter, job.tol or 0.0),
    )
    watch(Progress("drawing"))
    usual = max(1, round(TILE / max(model.shape[:2])))

    def tiles(shots: Any, times: int) -> list[Any]:
        return [sheets.enlarged(sheets.coloured(shot), times) for shot in shots]

    written = []
    with whole_files() as whole:
        for path, what, draw in (
            (output, "samples", lambda: model.sample(job.n, rng=job.rng)),
            (job.means, "means", model.means),
        ):
            if path is not None:
                page = sheets.sheet(tiles(draw(), job.scale or usual), columns=job.columns)
                with whole(path) as file:
                    file.write(files.encode(page, path.suffix or ".png"))
                written.append(_written(path, what, page))
        if job.walk is not None:
            shots = tiles(model.walk(rng=job.rng), job.scale or 2 * usual)
            with whole(job.walk) as file:
                file.write(film.encode(film.Film(shots, [FRAME] * len(shots)), job.walk.suffix or ".gif"))
            written.append(_written(job.walk, "walk", shots[0]))
    return {
        "input": str(job.pictures),
        "label": job.label,
        "pictures": len(shown),
        "left_out": list(left_out),
        "shape": list(model.shape),
        "n_axes": len(model.axes),
        "explained_variance": float(model.variances.sum() / model.total_variance),
        "n_components": model.mixture.n_components,
        "covariance_type": model.mixture.covariance_type,
        **fit_record(fit),
        "dormant": list(fit.dormant),
        "outputs": written,
    }


def _written(path: Path, what: str, shot: Any) -> dict[str, Any]:
    return {"path": str(path), "what": what, "width": shot.shape[1], "height": shot.shape[0]}
