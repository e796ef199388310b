"""Pictures that turn into each other: each is fitted, and a film shows the way from one mixture to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, named
from ..writing import STANDARD, check_apart, check_target, whole_files
from .fitting import Fitting, components, fit_points
from .progress import Progress, Watcher, unwatched
from .reading import Read, Reading, read_image
from .standard import called, default_name

if TYPE_CHECKING:
    from ..model.mixture import Mixture

LARGEST = 800  # components of a colour picture by default: distances of all pairs in five coordinates cost the most


@dataclass(frozen=True)
class Morph(Reading, Fitting):
    """The job.

    What `Reading` and `Fitting` have is here too; the usual number of components in colour is 800.

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
    polish : bool or None
        Whether the mixtures are polished, so that both ends are sharp; None where the style is mean or grid,
        and EM has its default settings.
    effort : float
        Of polishing.
    size : tuple of int, int or None
        (width, height), the longer side, or None for that of the first picture, within 480.
    settings : dict
        Of the style.
    """

    images: tuple[Path, ...]
    outputs: tuple[Path, ...] = ()
    style: str | None = None
    frames: int = 48
    seconds: float = 3.0
    there_and_back: bool = False
    polish: bool | None = None
    effort: float = 1.0
    size: tuple[int, int] | int | None = None
    settings: dict[str, Any] = field(default_factory=dict)


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
    from . import polish
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
    reads = _read(job, watch)
    kind, frame = reads[0].kind, reads[0].frame
    for image in job.images:
        check_apart(image, targets)
    style = job.style or ("mean" if kind == "colour" else "grid")
    if style == "mean" and kind == "ink":
        raise InputError(f"{named('style')} is mean, which needs colours: use {named('kind', 'colour')}.")
    size: Any = job.size or max(1, min(FILM_SIDE, round(max(frame.width, frame.height))))
    width, height = frame.fit(size) if isinstance(size, int) else size
    count = (job.frames - 1) * (len(reads) - 1) + 1
    if films and width * height * count > job.max_pixels:
        raise InputError(
            f"the film would have {width} x {height} in {count} frames = {width * height * count:,} pixels, the limit "
            f"is {job.max_pixels:,}: lower {named('size')} or {named('frames')}, or raise {named('max_pixels')}."
        )
    well = job.polish if job.polish is not None else style in ("mean", "grid") and polish.untold(job)
    tone = {"tone": polish.TONE} if well and kind == "ink" and "tone" in draw.options(style) else {}
    mixtures = _fitted(job, reads, watch, well)
    settings = (
        tone
        | job.settings
        | {
            name: value
            for name, value in (("paper", job.paper), ("rng", job.rng), ("n_threads", job.n_threads))
            if value is not None and name in draw.options(style)
        }
    )
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


def _read(job: Morph, watch: Watcher) -> list[Read]:
    """What the pictures are, all of one kind."""
    reads = []
    for image in job.images:
        watch(Progress(f"reading {called(Path(image.name))}"))
        reads.append(read_image(image, job, watch, dtype=job.dtype))
        if reads[-1].kind != reads[0].kind:
            raise InputError(
                f"{called(job.images[0])} is read as {reads[0].kind} and {called(image)} as {reads[-1].kind}: add "
                f"{named('kind', 'colour')} or {named('kind', 'ink')}, and of a model give the picture."
            )
    return reads


def _fitted(job: Morph, reads: list[Read], watch: Watcher, well: bool) -> list[Mixture]:
    """The mixtures in the frame of the first one. well: polished."""
    from ..pictures import opacity, passage
    from .polish import once

    mixtures = []
    for image, read in zip(job.images, reads, strict=True):
        mixture = read.mixture
        if read.points is not None:
            k = components(read.points, read.kind, job.n_components)
            k = k if job.n_components is not None else min(k, LARGEST)
            name = called(Path(image.name))
            if well:
                mixture = once(read, k, job, watch, stage=f"polishing {name}").mixture
            else:
                watch(Progress(f"fitting {name}"))
                mixture = fit_points(read.points, k, job, watch).mixture
        assert mixture is not None
        mixture = opacity.on_paper(mixture, job.paper or "white")
        mixtures.append(passage.placed(mixture, read.frame, reads[0].frame))
    return mixtures


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
