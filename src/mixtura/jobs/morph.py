"""Pictures that turn into each other: each is fitted, and a film shows the way from one mixture to the next."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, named
from ..writing import STANDARD, check_apart, check_target, whole_files
from . import paint
from .progress import Progress, Watcher, unwatched
from .standard import called, default_name

if TYPE_CHECKING:
    from ..model.families import CovarianceType
    from ..model.mixture import Mixture

LARGEST = 800  # components of a colour picture by default: distances of all pairs in five coordinates cost the most


@dataclass(frozen=True)
class Morph:
    """The job.

    Attributes
    ----------
    images : tuple of Path
        Two pictures or models (.mix) or more, in the order in which they appear; one of them may be "-".
    outputs : tuple of Path
        Films (.webp, .gif, .apng) and pages (.html); by default FIRST-LAST.webp.
    style : str or None
        Of `mixtura.pictures.draw`; None for grid (ink) or mean (colour).
    frames : int
        From each picture to the next.
    seconds : float
        How long that takes.
    there_and_back : bool
        Whether the film returns to the first picture.
    size : tuple of int, int or None
        (width, height), the longer side, or None for that of the first picture, within 480.
    settings : dict
        Of the style.
    kind, threshold, light, paper, max_pixels, profile
        How pictures are read, as for `paint.Recipe`.
    n_components, covariance_type, max_iter, tol, rng, dtype, n_threads
        How they are fitted, as there; by default 500 components in ink and 800 in colour.
    """

    images: tuple[Path, ...]
    outputs: tuple[Path, ...] = ()
    style: str | None = None
    frames: int = 48
    seconds: float = 3.0
    there_and_back: bool = False
    size: tuple[int, int] | int | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    kind: paint.Kind = "auto"
    threshold: str = "otsu"
    light: bool = False
    paper: str | None = None
    max_pixels: int = 100_000_000
    profile: bool = True
    n_components: int | None = None
    covariance_type: CovarianceType = "full"
    max_iter: int = 100
    tol: float = 1e-3
    rng: int = 0
    dtype: str = "float32"
    n_threads: int | None = None


def run(job: Morph, watch: Watcher = unwatched) -> dict[str, Any]:
    """Read, fit and film; the files appear all, each whole, or none of them.

    Parameters
    ----------
    job : Morph
        The job.
    watch : callable, optional
        Called with a `Progress` as the job goes on.

    Returns
    -------
    dict
        What was done: the kind, the numbers of components, and a row a file under ``outputs``.

    Raises
    ------
    MixturaError
        Its children, for anything that is wrong.
    """
    from ..pictures import draw, film, page
    from ..pictures.film.morphs import check_frames
    from .outputs import FILM_SIDE, PAGE_KINDS

    if len(job.images) < 2:
        raise InputError(f"images has {len(job.images)}: give two pictures or more, from the first to the last.")
    if job.images.count(STANDARD) > 1:
        raise InputError("images has - more than once: standard input can be one of the pictures.")
    targets = job.outputs or (default_name(job.images[0], f"-{_stem(job.images[-1])}.webp", parameter="outputs"),)
    for target in targets:
        check_target(target, (*film.FILM_KINDS, *PAGE_KINDS))
    pages = [target for target in targets if target.suffix.lower() in PAGE_KINDS]
    films = [target for target in targets if target not in pages]
    passages = (len(job.images) - 1) * (1 + job.there_and_back)
    check_frames(job.frames, job.seconds, passages)
    _check_style(job, films)
    mixtures, kind, frame = _fitted(job, watch)
    for image in job.images:
        check_apart(image, targets)
    style = job.style or ("mean" if kind == "colour" else "grid")
    if style == "mean" and kind == "ink":
        raise InputError(f"{named('style')} is mean, which needs colours: use {named('kind', 'colour')}.")
    size: Any = job.size or max(1, min(FILM_SIDE, round(max(frame.width, frame.height))))
    width, height = frame.fit(size) if isinstance(size, int) else size
    count = (job.frames - 1) * (len(mixtures) - 1) + 1
    if films and width * height * count > job.max_pixels:
        raise InputError(
            f"the film would have {width} x {height} in {count} frames = {width * height * count:,} pixels, the limit "
            f"is {job.max_pixels:,}: lower {named('size')} or {named('frames')}, or raise {named('max_pixels')}."
        )
    settings = job.settings | {
        name: value
        for name, value in (("paper", job.paper), ("rng", job.rng), ("n_threads", job.n_threads))
        if value is not None and name in draw.options(style)
    }
    written: list[dict[str, Any]] = []

    def painted(done: int, of: int) -> None:
        watch(Progress(f"filming {style}", done=done, of=of))

    with whole_files() as whole:
        if films:
            watch(Progress("transporting"))
            how: dict[str, Any] = {"frames": job.frames, "seconds": job.seconds, "there_and_back": job.there_and_back}
            made = film.morph(mixtures, style, frame=frame, size=(width, height), watch=painted, **how, **settings)
            for target in films:
                watch(Progress(f"writing {target.name}"))
                with whole(target) as file:
                    file.write(film.encode(made, target.suffix or ".webp"))
                written.append({"path": str(target), "width": width, "height": height, "frames": len(made.frames)})
        if pages:
            watch(Progress("transporting"))
            title = " to ".join(called(Path(image.name)) for image in job.images)
            text = page.morph(mixtures, style, frame=frame, title=title, **_known(page.SETTINGS, settings))
            for target in pages:
                with whole(target) as file:
                    file.write(text.encode())
                written.append({"path": str(target)})
    return {
        "inputs": [str(image) for image in job.images],
        "kind": kind,
        "n_components": [mixture.n_components for mixture in mixtures],
        "outputs": written,
    }


def _fitted(job: Morph, watch: Watcher) -> tuple[list[Mixture], str, Any]:
    """The mixtures in the frame of the first one, what they are of, and that frame."""
    from ..pictures import passage

    shared = {each.name for each in fields(paint.Recipe)} & {each.name for each in fields(job)}
    how = {name: getattr(job, name) for name in shared - {"outputs", "size", "settings"}}
    reads = []
    for image in job.images:
        watch(Progress(f"reading {called(Path(image.name))}"))
        reads.append(paint.read_image(paint.Recipe(image, **how), watch))
        if reads[-1].kind != reads[0].kind:
            raise InputError(
                f"{called(job.images[0])} is read as {reads[0].kind} and {called(image)} as {reads[-1].kind}: add "
                f"{named('kind', 'colour')} or {named('kind', 'ink')}, and of a model give the picture."
            )
    mixtures = []
    for image, read in zip(job.images, reads, strict=True):
        mixture = read.mixture
        if read.points is not None:
            stage = f"fitting {called(Path(image.name))}"
            watch(Progress(stage))
            k = paint.components(read.points, read.kind, job.n_components)
            k = k if job.n_components is not None else min(k, LARGEST)
            mixture = paint.fit_points(read.points, k, paint.Recipe(image, **how), watch).mixture
        assert mixture is not None
        mixtures.append(passage.placed(mixture, read.frame, reads[0].frame))
    return mixtures, reads[0].kind, reads[0].frame


def _check_style(job: Morph, films: list[Path]) -> None:
    """Raise InputError for a style or a setting of it that is unknown, or that a page does not show."""
    from ..pictures import draw, page

    known = draw.options(job.style) if job.style is not None else None
    if len(films) < len(job.outputs) and job.style not in (None, *page.VIEWS):
        raise InputError(f"{named('style')} is {job.style}, and a page (.html) shows {', '.join(page.VIEWS)}.")
    for name in job.settings:
        if known is not None and name not in known:
            raise InputError(f"{named(name)} changes nothing in {job.style}.")


def _known(names: tuple[str, ...], settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name in names}


def _stem(image: Path) -> str:
    return "input" if image == STANDARD else image.stem
