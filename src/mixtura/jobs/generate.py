"""New pictures after many of one size: learnt, drawn, and put on contact sheets and into a film."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..writing import check_apart, check_target
from .progress import Progress, Watcher, steps, unwatched
from .standard import default_name, opened

if TYPE_CHECKING:
    from ..generate import PictureMixture

TILE = 84  # pixels: small pictures are enlarged to about that
FRAME = 50  # milliseconds that each picture of a walk is shown


@dataclass(frozen=True)
class Generation:
    """The job.

    Attributes
    ----------
    pictures : Path
        An IDX file, .npy, .npz or a folder of pictures; "-" is standard input.
    n_components : int
        Of the mixture.
    labels : Path or None
        A label a picture.
    label : int or None
        Take only the pictures with this label.
    settings : dict
        Of `mixtura.generate.learn`.
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
    """

    pictures: Path
    n_components: int
    labels: Path | None = None
    label: int | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    n: int = 25
    output: Path | None = None
    means: Path | None = None
    walk: Path | None = None
    columns: int | None = None
    scale: int | None = None

    def target(self) -> Path:
        """Where the contact sheet of new pictures goes."""
        name = re.sub(r"\.(gz|npz|npy)$", "", self.pictures.resolve().name) or "pictures"
        return self.output or default_name(self.pictures, "-samples.png", stem=name)


def run(job: Generation, watch: Watcher = unwatched) -> dict[str, Any]:
    """Learn, draw and write; files appear whole or not at all.

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
    from ..generate import learn, read
    from ..pictures import files, film

    contact_sheets = [path for path in (job.target(), job.means) if path is not None]
    for path in contact_sheets:
        check_target(path, files.PICTURE_KINDS)
    if job.walk is not None:
        check_target(job.walk, film.FILM_KINDS)
    watch(Progress(f"reading {job.pictures.name}"))
    pictures = read(opened(job.pictures), labels=job.labels, label=job.label)
    check_apart(job.pictures, [*contact_sheets, *([job.walk] if job.walk else [])])
    settings = {"max_iter": 100, "tol": None, "rng": 0} | job.settings
    seed = settings["rng"]
    model, fit = learn(
        pictures,
        job.n_components,
        on_stage=lambda stage: watch(Progress(stage)),
        on_step=steps(watch, "fitting", settings["max_iter"], settings["tol"] or 0.0),
        **settings,
    )
    watch(Progress("drawing"))
    shown: list[tuple[str, Callable[[], Any]]] = [
        ("samples", lambda: model.sample(job.n, rng=seed)),
        ("means", model.means),
    ]
    written = [
        _contact_sheet(job, path, what, make()) for path, (what, make) in zip(contact_sheets, shown, strict=False)
    ]
    if job.walk is not None:
        times = job.scale or 2 * _enlargement(model.shape)
        shots = [_tile(shot, times) for shot in model.walk(rng=seed)]
        moving = film.Film(shots, [FRAME] * len(shots))
        files.write_bytes(job.walk, film.encode(moving, job.walk.suffix or ".gif"))
        written.append(_written(job.walk, "walk", shots[0]))
    return _record(job, pictures, model) | {
        "log_likelihood": fit.log_likelihood,
        "n_iter": fit.n_iter,
        "stop_reason": fit.stop_reason,
        "dormant": list(fit.dormant),
        "outputs": written,
    }


def _record(job: Generation, pictures: Any, model: PictureMixture) -> dict[str, Any]:
    return {
        "input": str(job.pictures),
        "label": job.label,
        "pictures": len(pictures),
        "shape": list(model.shape),
        "n_axes": len(model.axes),
        "explained_variance": float(model.variances.sum() / model.total_variance),
        "n_components": model.mixture.n_components,
        "covariance_type": model.mixture.covariance_type,
    }


def _contact_sheet(job: Generation, path: Path, what: str, shots: Any) -> dict[str, Any]:
    """Write pictures side by side."""
    from ..pictures import files, sheets

    times = job.scale or _enlargement(shots.shape[1:])
    page = sheets.sheet([_tile(shot, times) for shot in shots], columns=job.columns)
    files.write_bytes(path, files.encode(page, path.suffix or ".png"))
    return _written(path, what, page)


def _written(path: Path, what: str, shot: Any) -> dict[str, Any]:
    return {"path": str(path), "what": what, "width": shot.shape[1], "height": shot.shape[0]}


def _enlargement(shape: tuple[int, ...]) -> int:
    return max(1, round(TILE / max(shape[:2])))


def _tile(shot: Any, times: int) -> Any:
    """(h, w, 3), enlarged."""
    from ..pictures import sheets

    return sheets.enlarged(shot if shot.ndim == 3 else shot[..., None].repeat(3, axis=2), times)
