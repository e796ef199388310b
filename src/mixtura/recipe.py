"""One job as data: what to read, how to fit, what to draw. Every face builds a `Recipe`, and `run` does it.

A recipe is checked when it is made and its targets before the work begins, so that a job fails at once or not at
all. A picture is fitted once, however many styles are drawn from it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .errors import InputError, PictureError, StorageError
from .target import check_target

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .em.loop import Fit, Step
    from .model.gaussian import CovarianceType
    from .model.mixture import Mixture
    from .model.points import Points
    from .pictures.field import Frame

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
    max_pixels: larger pictures are refused.
    """

    path: Path
    kind: Kind = "auto"
    threshold: str = "otsu"
    light: bool = False
    paper: str = "white"
    max_pixels: int = 100_000_000


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

    styles: of pictures.draw, drawn in this order; () for grid (ink) or mean (colour), ("all",) for all that apply.
    settings: of the styles, such as tone or samples; each style takes those that it knows.
    size: of the output, (width, height), or its longer side, or None for the original's.
    sharpen: covariances are multiplied by it before drawing.
    outputs: files; the extension decides between a picture and the model. See `assign` for which style goes where.
    """

    styles: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    size: tuple[int, int] | int | None = None
    sharpen: float = 1.0
    outputs: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """The whole job."""

    reading: Reading
    fitting: Fitting = Fitting()
    drawing: Drawing = Drawing()


@dataclass(frozen=True)
class Written:
    """A file that was written: its style ("model" for a mixture), and its size in pixels (0, 0 for a model)."""

    path: Path
    style: str
    width: int = 0
    height: int = 0


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
    """What a watcher of `run` hears: the stage, and within a fit the step and its limits."""

    stage: str
    step: Step | None = None
    max_iter: int = 0
    tol: float = 0.0


Watcher = Callable[[Progress], Any]


def run(recipe: Recipe, watch: Watcher = lambda progress: None) -> Outcome:
    """Do the job. Files appear whole or not at all. Raises MixturaError's children for anything that is wrong."""
    from .pictures import draw, files

    drawing = recipe.drawing
    _check(drawing)
    for target in drawing.outputs:
        check_target(target, (*files.PICTURE_KINDS, *MODEL_KINDS))
    seconds: dict[str, float] = {}
    with _timed(seconds, "read"):
        watch(Progress(f"reading {recipe.reading.path.name}"))
        source = _read(recipe.reading)
    styles = _styles(drawing.styles, source.kind)
    pictures, models = assign(styles, drawing.outputs, recipe.reading.path.stem)
    for target in (path for _, paths in pictures for path in paths):
        check_target(target, files.PICTURE_KINDS)
    found: Fit | None = None
    if source.mixture is None:
        with _timed(seconds, "fit"):
            found = _fit(source, recipe.fitting, watch)
    mixture = source.mixture if found is None else found.mixture
    assert mixture is not None
    size = _size(drawing.size, source.frame)
    drawn = draw.sharpen(mixture, drawing.sharpen)
    written: list[Written] = []
    psnr: float | None = None
    for style, targets in pictures:
        with _timed(seconds, "draw"):
            watch(Progress(f"drawing {style}"))
            known = draw.options(style)
            settings = {name: value for name, value in drawing.settings.items() if name in known}
            pixels = draw.picture(drawn, style, frame=source.frame, size=size, **settings)
            if style == "mean" and source.pixels is not None:
                psnr = _psnr(drawn, source, pixels)
        with _timed(seconds, "write"):
            for target in targets:
                watch(Progress(f"writing {target.name}"))
                files.write(target, pixels)
                written.append(Written(target, style, *size))
    with _timed(seconds, "write"):
        for target in models:
            mixture.save(target, notes={"frame": list(source.frame), "kind": source.kind})
            written.append(Written(target, "model"))
    seconds["total"] = sum(seconds.values())
    count = None if source.points is None else source.points.n
    return Outcome(mixture, source.kind, count, found, psnr, tuple(written), seconds)


def _check(drawing: Drawing) -> None:
    """Raise InputError for settings that no style would take, before any work."""
    from .pictures import colours, draw, tone

    for style in drawing.styles:
        if style != "all":
            draw.options(style)
    if "tone" in drawing.settings:
        tone.parse_tone(drawing.settings["tone"])
    for name in ("ink", "paper"):
        if name in drawing.settings:
            colours.parse_colour(drawing.settings[name], name)


def _styles(wanted: tuple[str, ...], kind: str) -> tuple[str, ...]:
    from .pictures import draw

    if not wanted:
        return ("grid",) if kind == "ink" else ("mean",)
    if "all" in wanted:
        return tuple(style for style in draw.STYLES if style != "mean" or kind == "colour")
    if "mean" in wanted and kind == "ink":
        raise InputError("the style mean needs colours, and this is ink: use --as colour, or another style.")
    return tuple(dict.fromkeys(wanted))


def fit_points(
    points: Points, n_components: int, fitting: Fitting, watch: Watcher = lambda progress: None
) -> Fit:
    """Fit pixels: first a sample of many, then all of them, so that few passes over all are needed."""
    import numpy as np

    from .em.loop import Step, fit
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
        "on_step": on_step,
    }
    rng = np.random.default_rng(fitting.seed)
    start: Any = "kmeans"
    if points.n >= 4 * WARM_UP * n_components and fitting.max_iter > 0:
        stage = "fitting a sample"
        few = sample(points, WARM_UP * n_components, rng)
        start = fit(few, n_components, rng=rng, **settings).mixture
    stage = "fitting"
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

    if reading.path.suffix.lower() in MODEL_KINDS:
        return _read_model(reading.path)
    pixels = files.read(reading.path, paper=reading.paper, max_pixels=reading.max_pixels)
    _check_varied(pixels, reading)
    kind = image.kind(pixels) if reading.kind == "auto" else reading.kind
    if kind == "ink":
        points = image.ink(pixels, threshold=reading.threshold, light=reading.light, dtype="float32")
    else:
        points = image.colour(pixels)
    height, width = pixels.shape[:2]
    return _Source(kind, Frame.of_picture(width, height), points, pixels if kind == "colour" else None)


def _check_varied(pixels: NDArray[np.float32], reading: Reading) -> None:
    first = pixels[0, 0]
    if (pixels == first).all():
        colour = "#" + "".join(f"{round(float(channel)):02x}" for channel in first)
        raise PictureError(
            f"{reading.path} is {colour} everywhere ({pixels.shape[1]} x {pixels.shape[0]} pixels; what is transparent "
            f"shows the paper): there is nothing to fit. Give a picture with ink or colours in it, or another --paper."
        )


def _read_model(path: Path) -> _Source:
    from .model.storage import load_with_notes
    from .pictures.field import Frame

    mixture, notes = load_with_notes(path)
    if mixture.n_coordinates not in (2, 5):
        raise StorageError(
            f"{path} holds a mixture of {mixture.n_coordinates} coordinates: pictures have 2 (x, y) or 5 (x, y, r, g, b)."
        )
    try:
        frame = Frame(*(float(edge) for edge in notes["frame"])) if "frame" in notes else Frame.around(mixture)
    except (TypeError, ValueError):
        raise StorageError(f"{path} is damaged: its frame is {notes['frame']!r}, expected four numbers.") from None
    if not (frame.width > 0 and frame.height > 0):
        raise StorageError(f"{path} is damaged: its frame {tuple(frame)} is empty.")
    return _Source("ink" if mixture.n_coordinates == 2 else "colour", frame, mixture=mixture)


def _fit(source: _Source, fitting: Fitting, watch: Watcher) -> Fit:
    points, kind = source.points, source.kind
    assert points is not None
    k = fitting.n_components if fitting.n_components is not None else (500 if kind == "ink" else 1000)
    if fitting.n_components is None:
        k = min(k, max(1, points.support // 10))  # a small picture has fewer pixels than the default has components
    if points.support < 2:
        raise PictureError("the picture has 1 ink pixel, at least 2 are needed: move --threshold, or try --light.")
    if k > points.support:
        raise PictureError(
            f"the picture has {points.support} {'ink ' if kind == 'ink' else ''}pixels, fewer than the {k} components "
            f"asked for: lower -k to {points.support} or less."
        )
    return fit_points(points, k, fitting, watch)


def _size(wanted: tuple[int, int] | int | None, frame: Frame) -> tuple[int, int]:
    if wanted is None:
        return frame.fit(max(1, round(max(frame.width, frame.height))))
    return frame.fit(wanted) if isinstance(wanted, int) else wanted


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


def assign(
    styles: tuple[str, ...], outputs: tuple[Path, ...], stem: str
) -> tuple[list[tuple[str, tuple[Path, ...]]], list[Path]]:
    """Which style goes to which files, [(style, paths) ...], and the files for the model.

    Without an output, each style goes to STEM-STYLE.png. As many pictures as styles go in pairs; one style goes to
    all pictures; several styles into one picture are told apart by the style in its name. With models alone,
    nothing is drawn.
    """
    models = [path for path in outputs if path.suffix.lower() in MODEL_KINDS]
    pictures = [path for path in outputs if path.suffix.lower() not in MODEL_KINDS]
    if models and not pictures:
        return [], models
    if len(styles) == 1 and pictures:
        return [(styles[0], tuple(pictures))], models
    if len(pictures) <= 1:
        name = pictures[0] if pictures else Path(f"{stem}.png")
        return [(style, (name.with_name(f"{name.stem}-{style}{name.suffix}"),)) for style in styles], models
    if len(pictures) != len(styles):
        raise InputError(
            f"there are {len(styles)} styles and {len(pictures)} pictures to write: give one -o for all, or one a style."
        )
    return [(style, (path,)) for style, path in zip(styles, pictures, strict=True)], models
