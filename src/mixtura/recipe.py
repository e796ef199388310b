"""One job as data: what to read, how to fit, what to draw. Every face builds a `Recipe`, and `run` does it.

A recipe is checked when it is made and its targets before the work begins, so that a job fails at once or not at
all. A picture is fitted once, however many styles are drawn from it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .errors import InputError, PictureError, StorageError
from .writing import check_apart, check_target, whole_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .em.loop import Fit, Step
    from .model.gaussian import CovarianceType
    from .model.mixture import Mixture
    from .outputs import FilmName, Job
    from .pictures.field import Frame
    from .sources.points import Points
    from .sources.source import Pass

Kind = Literal["auto", "ink", "colour"]
MODEL_KINDS = (".mix",)
PIXEL_VARIANCE = 1.0 / 12.0
"""The variance of a point spread over a pixel's square: what reg_covar means in a picture."""
WARM_UP = 250  # points a component: larger pictures are first fitted on a sample of that many


@dataclass(frozen=True)
class Reading:
    """What to read.

    path: a picture, or a model (.mix). kind: "ink" (where the dark pixels are), "colour" (where which colour is),
    or "auto". threshold, light: which pixels are ink, see pictures.image.ink. paper: what shows through.
    max_pixels: larger pictures are refused, to be read or to be written. frame: the part of the plane to show,
    (left, top, right, bottom); None for the whole picture, or what a model's notes say.
    """

    path: Path
    kind: Kind = "auto"
    threshold: str = "otsu"
    light: bool = False
    paper: str = "white"
    max_pixels: int = 100_000_000
    frame: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Fitting:
    """How to fit: see mixtura.fit. n_components None: 500 for ink, 1,000 for colour."""

    n_components: int | None = None
    covariance_type: CovarianceType = "full"
    max_iter: int = 100
    tol: float = 1e-3
    seed: int = 0
    dtype: str = "float32"
    n_threads: int | None = None


@dataclass(frozen=True)
class Drawing:
    """What to draw, and where it goes.

    styles: of pictures.draw, drawn in this order; () for grid (ink) or mean (colour), or for none where only models
    are written; ("all",) for all that apply.
    settings: of the styles, such as tone or samples; each style takes those that it knows, and each setting must be
    known to one of them.
    size: of the output, (width, height), or its longer side, or None for the original's.
    sharpen: covariances are multiplied by it before drawing.
    outputs: files; the extension decides what each becomes. See `outputs.plan` for which style goes where.
    film: "em", "sampling" or "loop": what .gif, .apng and .webp show then. None: .webp is a still.
    """

    styles: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    size: tuple[int, int] | int | None = None
    sharpen: float = 1.0
    outputs: tuple[Path, ...] = ()
    film: FilmName | None = None


@dataclass(frozen=True)
class Recipe:
    """The whole job."""

    reading: Reading
    fitting: Fitting = Fitting()
    drawing: Drawing = Drawing()


@dataclass(frozen=True)
class Written:
    """A file that was written.

    style: as drawn, "model" for a mixture. width, height: in pixels, 0 where it has none. medium: "picture", "drawing",
    "page", "film" or "model". frames: how many pictures it holds, 0 for a model.
    """

    path: Path
    style: str
    width: int = 0
    height: int = 0
    medium: str = "picture"
    frames: int = 1


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a recipe gave.

    mixture: as fitted, before sharpening. fit: None when a model was read. psnr: of the `mean` style at the
    original's size, in dB. written: the files, in order. seconds: by stage.
    """

    mixture: Mixture
    kind: str
    points: int | None
    fit: Fit | None
    psnr: float | None
    written: tuple[Written, ...]
    seconds: dict[str, float]


@dataclass(frozen=True)
class Progress:
    """What a watcher of `run` hears: the stage, within a fit the step and its limits, within a film the frames, and
    within a pass over points that are read in blocks how far it is.
    """

    stage: str
    step: Step | None = None
    max_iter: int = 0
    tol: float = 0.0
    done: int = 0
    of: int = 0
    at: Pass | None = None


Watcher = Callable[[Progress], Any]


def run(recipe: Recipe, watch: Watcher = lambda progress: None) -> Outcome:
    """Do the job. Files appear whole or not at all. Raises MixturaError's children for anything that is wrong."""
    from . import outputs
    from .pictures import draw

    reading, drawing = recipe.reading, recipe.drawing
    _check(reading, drawing)
    for target in drawing.outputs:
        check_target(target, outputs.KINDS)
    seconds: dict[str, float] = {}
    with _timed(seconds, "read"):
        watch(Progress(f"reading {reading.path.name}"))
        source = _read(reading)
    _check_components(source, recipe.fitting.n_components, reading.path)
    fitted = source.mixture is None
    styles = tuple(style.lower() for style in drawing.styles)
    jobs, models = outputs.plan(styles, drawing.outputs, reading.path.stem, source.kind, drawing.film, fitted)
    outputs.check(jobs, drawing.settings)
    for target in (job.path for job in jobs):
        check_target(target, outputs.KINDS)
    check_apart(reading.path, (*(job.path for job in jobs), *models))
    sizes = {job: _size(job, drawing, source.frame, reading.max_pixels) for job in jobs}
    found: Fit | None = None
    if source.mixture is None and (models or any(job.film != "em" for job in jobs)):
        watch(Progress("fitting"))
        with _timed(seconds, "fit"):
            found = _fit(source, recipe.fitting, watch)
    steps: list[Mixture] = []
    if any(job.film == "em" for job in jobs):
        with _timed(seconds, "fit"):
            filmed = _film_fit(source, recipe.fitting, watch, steps)
        found = found or filmed
        steps = [draw.sharpen(step, drawing.sharpen) for step in steps]
    mixture = source.mixture if found is None else found.mixture
    assert mixture is not None
    drawn = draw.sharpen(mixture, drawing.sharpen)
    written: list[Written] = []
    psnr: float | None = None
    made: Any = None
    shown: tuple[Any, ...] = ()
    for job in jobs:
        size = sizes[job]
        frames = outputs.frames_of(job, drawing.settings)
        stage = f"drawing {job.style}" if job.film is None else f"filming {job.film}"

        def painted(done: int, of: int, stage: str = stage) -> None:
            watch(Progress(stage, done=done, of=of))

        if shown != (job.medium, job.style, job.film):  # one picture may go to several files
            shown = (job.medium, job.style, job.film)
            with _timed(seconds, "draw"):
                watch(Progress(stage))
                made = outputs.make(job, drawn, steps, source.frame, size, drawing.settings, reading.path.name, painted)
                if job.medium == "picture" and job.style == "mean" and source.pixels is not None and not reading.frame:
                    psnr = _psnr(drawn, source, made)
        with _timed(seconds, "write"):
            watch(Progress(f"writing {job.path.name}"))
            data = outputs.encode(job, made)
            with whole_file(job.path) as file:
                file.write(data)
            plain = size if job.medium != "page" else (0, 0)
            written.append(Written(job.path, job.style, *plain, job.medium, frames))
    with _timed(seconds, "write"):
        for target in models:
            mixture.save(target, notes={"frame": list(source.frame), "kind": source.kind})
            written.append(Written(target, "model", medium="model", frames=0))
    seconds["total"] = sum(seconds.values())
    count = None if source.points is None else source.points.n
    return Outcome(mixture, source.kind, count, found, psnr, tuple(written), seconds)


def _check(reading: Reading, drawing: Drawing) -> None:
    """Raise InputError for what could not work, before any work."""
    from .outputs import FILMS
    from .pictures import colours, draw, field, image, palette, tone

    for style in drawing.styles:
        if style.lower() != "all":
            draw.options(style.lower())
    if drawing.film is not None and drawing.film not in FILMS:
        raise InputError(f"film is {drawing.film!r}: choose one of {', '.join(FILMS)}.")
    settings = drawing.settings
    if "tone" in settings:
        tone.parse_tone(settings["tone"])
    if "colours" in settings:
        palette.colours(settings["colours"], 1)
    if "radius" in settings and not 0.01 <= settings["radius"] < math.inf:
        raise InputError(f"radius is {settings['radius']}: give a number >= 0.01 of output pixels, such as 1.5.")
    if not 1e-6 <= drawing.sharpen <= 1e6:
        raise InputError(f"sharpen is {drawing.sharpen}: give a number from 1e-6 to 1e6, such as 0.6.")
    if reading.frame is not None:
        field.Frame.checked(reading.frame)
    image.parse_threshold(reading.threshold)
    for name, colour in (("paper", reading.paper), *((name, settings.get(name)) for name in ("ink", "paper"))):
        if colour is not None:
            colours.parse_colour(colour, name)


def _check_components(source: _Source, wanted: int | None, path: Path) -> None:
    found = None if source.mixture is None else source.mixture.n_components
    if found is not None and wanted not in (None, found):
        raise InputError(
            f"{path} is a model of {found} components, but {wanted} are asked for: leave -k out, or give the picture "
            f"to fit it anew."
        )


def fit_points(points: Points, n_components: int, fitting: Fitting, watch: Watcher = lambda progress: None) -> Fit:
    """Fit pixels: first a sample of many, then all of them, so that few passes over all are needed."""
    import numpy as np

    from .em.fit import fit
    from .em.start import sample

    def on_step(step: Step) -> None:
        watch(Progress(stage, step, fitting.max_iter, fitting.tol))

    settings: dict[str, Any] = {
        "covariance_type": fitting.covariance_type,
        "reg_covar": PIXEL_VARIANCE,
        "max_iter": fitting.max_iter,
        "tol": fitting.tol,
        "dtype": fitting.dtype,
        "n_threads": fitting.n_threads,
        "accelerate": True,
        "on_step": on_step,
    }
    rng = np.random.default_rng(fitting.seed)
    start: Any = "kmeans"
    stage = "fitting"
    if points.n >= 4 * WARM_UP * n_components and fitting.max_iter > 0:
        stage = "fitting a sample"
        watch(Progress(stage))
        few = sample(points, WARM_UP * n_components, rng)
        start = fit(few, n_components, rng=rng, **settings).mixture
        stage = "fitting"
        watch(Progress(stage))
    return fit(points, n_components, start=start, rng=rng, **settings)


@dataclass(frozen=True, eq=False)
class _Source:
    """What was read: a picture as points, or a mixture."""

    kind: str
    frame: Frame
    points: Points | None = None
    pixels: NDArray[np.float32] | None = None
    mixture: Mixture | None = None


def _read(reading: Reading) -> _Source:
    from .pictures import files, image
    from .pictures.field import Frame

    if _is_model(reading.path):
        return _read_model(reading)
    pixels = files.read(reading.path, paper=reading.paper, max_pixels=reading.max_pixels)
    _check_varied(pixels, reading)
    kind = image.kind(pixels) if reading.kind == "auto" else reading.kind
    if kind == "ink":
        points = image.ink(pixels, threshold=reading.threshold, light=reading.light, dtype="float32")
    else:
        if reading.light or reading.threshold != Reading.threshold:
            raise InputError(
                f"{reading.path} is read as colour, where threshold and light change nothing: add --as ink."
            )
        points = image.colour(pixels)
    height, width = pixels.shape[:2]
    frame = Frame.of_picture(width, height) if reading.frame is None else Frame(*reading.frame)
    return _Source(kind, frame, points, pixels if kind == "colour" else None)


def _check_varied(pixels: NDArray[np.float32], reading: Reading) -> None:
    first = pixels[0, 0]
    if (pixels == first).all():
        colour = "#" + "".join(f"{round(float(channel)):02x}" for channel in first)
        raise PictureError(
            f"{reading.path} is {colour} everywhere ({pixels.shape[1]} x {pixels.shape[0]} pixels; what is transparent "
            f"shows the paper): there is nothing to fit. Give a picture with ink or colours in it, or another --paper."
        )


def _read_model(reading: Reading) -> _Source:
    from .model.storage import load_with_notes
    from .pictures.field import Frame

    path = reading.path
    mixture, notes = load_with_notes(path)
    if mixture.n_coordinates not in (2, 5):
        raise StorageError(
            f"{path} holds a mixture of {mixture.n_coordinates} coordinates: pictures have 2 (x, y) or "
            f"5 (x, y, r, g, b)."
        )
    kind = "ink" if mixture.n_coordinates == 2 else "colour"
    if reading.kind not in ("auto", kind):
        raise InputError(f"{path} is a model of {kind}, not of {reading.kind}: give the picture to fit it anew.")
    frame = Frame.around(mixture)
    try:
        if "frame" in notes:
            frame = Frame(*(float(edge) for edge in notes["frame"]))
    except (TypeError, ValueError):
        raise StorageError(f"{path} is damaged: its notes are {notes!r}, expected a frame of four numbers.") from None
    if reading.frame is not None:
        frame = Frame(*reading.frame)
    if not (0 < frame.width < math.inf and 0 < frame.height < math.inf):
        raise StorageError(f"{path} is damaged: its frame {tuple(frame)} is no rectangle.")
    return _Source(kind, frame, mixture=mixture)


def _fit(source: _Source, fitting: Fitting, watch: Watcher) -> Fit:
    assert source.points is not None
    return fit_points(source.points, _components(source, fitting), fitting, watch)


def _components(source: _Source, fitting: Fitting) -> int:
    """How many components to fit; PictureError when the picture has too few points for them."""
    points, kind = source.points, source.kind
    assert points is not None
    k = fitting.n_components if fitting.n_components is not None else (500 if kind == "ink" else 1000)
    if fitting.n_components is None:
        k = min(k, max(1, points.support // 10))  # a small picture has fewer pixels than that
    if points.support < 2:
        raise PictureError("the picture has 1 ink pixel, at least 2 are needed: move --threshold, or try --light.")
    if k > points.support:
        raise PictureError(
            f"the picture has {points.support} {'ink ' if kind == 'ink' else ''}pixels, fewer than the {k} components "
            f"asked for: lower -k to {points.support} or less."
        )
    return k


def _film_fit(source: _Source, fitting: Fitting, watch: Watcher, steps: list[Mixture]) -> Fit:
    """A fit worth watching: it begins with wide components on random points, and `steps` takes every mixture.

    Many points are represented by a sample.
    """
    import numpy as np

    from .em.fit import fit
    from .em.start import sample
    from .model.families import family
    from .model.mixture import Mixture

    assert source.points is not None
    k = _components(source, fitting)
    rng = np.random.default_rng(fitting.seed)
    points = sample(source.points, WARM_UP * k, rng) if source.points.n > WARM_UP * k else source.points
    spread = np.cov(points.x.T, aweights=points.weight) / np.sqrt(k) + PIXEL_VARIANCE * np.eye(points.x.shape[1])

    def begin(given: Points, count: int, rng: np.random.Generator) -> Any:
        chosen = given.x[rng.choice(given.n, size=count, replace=False)]
        kind = family(fitting.covariance_type)
        steps.append(Mixture(np.ones(count), chosen, kind.alike(spread, count), kind.name, names=given.names))
        return steps[0]

    def on_step(step: Step) -> None:
        steps.append(step.mixture)
        watch(Progress("fitting for the film", step, fitting.max_iter, fitting.tol))

    watch(Progress("fitting for the film"))
    found = fit(
        points,
        k,
        start=begin,
        rng=rng,
        covariance_type=fitting.covariance_type,
        reg_covar=PIXEL_VARIANCE,
        max_iter=fitting.max_iter,
        tol=fitting.tol,
        dtype=fitting.dtype,
        n_threads=fitting.n_threads,
        accelerate=True,
        on_step=on_step,
    )
    if len(steps) == 1:
        steps.append(found.mixture)  # without an iteration, the film stands still
    return found


def _size(job: Job, drawing: Drawing, frame: Frame, max_pixels: int) -> tuple[int, int]:
    from . import outputs
    from .pictures import files

    width, height = outputs.size_of(job, drawing.size, frame)
    frames = outputs.frames_of(job, drawing.settings)
    if job.medium in ("picture", "film") and width * height * frames > max_pixels:
        film = f" in {frames} frames" if frames > 1 else ""
        shorter = ", --seconds or --fps" if frames > 1 else ""
        raise InputError(
            f"the picture to paint would have {width} x {height}{film} = {width * height * frames:,} pixels, the limit "
            f"is {max_pixels:,}: lower --size{shorter}, or raise max_pixels."
        )
    if job.medium == "picture":
        files.check_size(job.path.suffix, width, height)
    return width, height


def _psnr(mixture: Mixture, source: _Source, painted: NDArray[np.uint8]) -> float:
    """The peak signal-to-noise ratio of the conditional mean against the original, in dB."""
    import numpy as np

    from .pictures import draw

    original = source.pixels
    assert original is not None
    if painted.shape != original.shape:
        height, width = original.shape[:2]
        painted = draw.picture(mixture, "mean", frame=source.frame, size=(width, height))
    error = float(np.mean((painted - original) ** 2, dtype=np.float64))
    return float(10.0 * np.log10(255.0**2 / error)) if error else float("inf")


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - began


def _is_model(path: Path) -> bool:
    return path.suffix.lower() in MODEL_KINDS
