"""A photo in the colours of another picture, or of a look that was kept: the picture, and the look as a .cube file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, named
from ..writing import STANDARD, check_apart, check_target, whole_files
from .progress import Progress, Watcher, steps, unwatched
from .standard import called, default_name, legible, opened

if TYPE_CHECKING:
    from ..arrays import Numbers

CUBE_KINDS = (".cube",)


@dataclass(frozen=True)
class Grading:
    """The job.

    Attributes
    ----------
    image : Path
        The photo; "-" is standard input.
    like : Path
        The picture that has the colours, or a look (.cube); "-" is standard input.
    outputs : tuple of Path
        Pictures and looks (.cube); by default IMAGE-graded.png.
    strength : float
        How far colours go, 0 to 1.
    smooth : float or None
        As for `mixtura.grade.Look.apply`; None for 8, or none with a look that is read.
    paper, max_pixels, profile
        How pictures are read, as for `mixtura.pictures.files.read`.
    n_components, max_iter, tol, rng, n_threads
        As for `mixtura.grade.learn`.
    """

    image: Path
    like: Path
    outputs: tuple[Path, ...] = ()
    strength: float = 1.0
    smooth: float | None = None
    paper: str = "white"
    max_pixels: int = 100_000_000
    profile: bool = True
    n_components: int = 60
    max_iter: int = 60
    tol: float = 1e-3
    rng: int = 0
    n_threads: int | None = None


def run(job: Grading, watch: Watcher = unwatched) -> dict[str, Any]:
    """Read, fit and grade; the files appear all, each whole, or none of them.

    Parameters
    ----------
    job : Grading
        The job.
    watch : callable, optional
        Called with a `Progress` as the job goes on.

    Returns
    -------
    dict
        What was done: the size, the numbers of components (None of a look that was read), and a row a file under
        ``outputs``.

    Raises
    ------
    MixturaError
        Its children, for anything that is wrong.
    """
    from .. import grade
    from ..pictures import files

    targets = job.outputs or (default_name(job.image, "-graded.png", parameter="outputs"),)
    for target in targets:
        check_target(target, (*files.PICTURE_KINDS, *CUBE_KINDS))
    grade.check_strength(job.strength)
    if job.smooth is not None:
        grade.check_smooth(job.smooth)
    if job.image == job.like == STANDARD:
        raise InputError(f"the photo and {named('like')} are both -: standard input can be one of them.")
    cubes = [target for target in targets if target.suffix.lower() in CUBE_KINDS]
    kept = job.like.suffix.lower() in CUBE_KINDS
    if kept and cubes:
        raise InputError(f"{named('like')} is {job.like}, a look already: give a picture to make {cubes[0]} of.")
    photo, profile = _read(job.image, job, watch)
    for source in (job.image, job.like):
        check_apart(source, targets)
    for target in targets:
        if target not in cubes:
            files.check_size(target.suffix or ".png", photo.shape[1], photo.shape[0])
    components = None
    if kept:
        table = grade.read_cube(opened(job.like))
    else:
        like, _ = _read(job.like, job, watch)
        watch(Progress("fitting"))
        how = {name: getattr(job, name) for name in ("n_components", "strength", "max_iter", "tol", "rng", "n_threads")}
        look = grade.learn(photo, like, on_step=steps(watch, "fitting", job.max_iter, job.tol), **how)
        components = [mixture.n_components for mixture in (look.transport.source, look.transport.target)]
    made = None
    written = []
    with whole_files() as whole:
        for target in targets:
            watch(Progress(f"writing {target.name}"))
            if target in cubes:
                data = look.table(n_threads=job.n_threads).cube(legible(called(Path(job.like.name)))).encode()
            else:
                if made is None:
                    watch(Progress("grading"))
                    if kept:
                        made = table.apply(photo, smooth=job.smooth or 0.0, strength=job.strength)
                    else:
                        smooth = {} if job.smooth is None else {"smooth": job.smooth}
                        made = look.apply(photo, n_threads=job.n_threads, **smooth)
                data = files.encode(made, target.suffix or ".png")
            with whole(target) as file:
                file.write(data)
            written.append({"path": str(target), "what": "look" if target in cubes else "picture"})
    return {
        "input": str(job.image),
        "like": str(job.like),
        "width": photo.shape[1],
        "height": photo.shape[0],
        "profile": profile,
        "n_components": components,
        "strength": job.strength,
        "outputs": written,
    }


def _read(path: Path, job: Grading, watch: Watcher) -> tuple[Numbers, str | None]:
    from ..pictures import files

    watch(Progress(f"reading {called(Path(path.name))}"))
    given = opened(path)
    pixels, profile, _ = files.decode(given, paper=job.paper, max_pixels=job.max_pixels, profile=job.profile)
    return pixels, profile
