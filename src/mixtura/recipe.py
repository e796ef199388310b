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
from .target import check_apart, check_target

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
    max_pixels: larger pictures are refused, to be read or to be written.
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

    styles: of pictures.draw, drawn in this order; () for grid (ink) or mean (colour), or for none where only models
    are written; ("all",) for all that apply.
    settings: of the styles, such as tone or samples; each style takes those that it knows, and each setting must be
    known to one of them.
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

    reading, drawing = recipe.reading, recipe.drawing
    _check(reading, drawing)
    for target in drawing.outputs:
        check_target(target, (*files.PICTURE_KINDS, *MODEL_KINDS))
    seconds: dict[str, float] = {}
    with _timed(seconds, "read"):
        watch(Progress(f"reading {reading.path.name}"))
        source = _read(reading)
    _check_components(source, recipe.fitting.n_components, reading.path)
    styles = _styles(drawing, source.kind)
    _check_used(drawing.settings, styles)
    pictures, models = assign(styles, drawing.outputs, reading.path.stem)
    targets = [target for _, paths in pictures for target in paths]
    for target in targets:
        check_target(target, files.PICTURE_KINDS)
    check_apart(reading.path, (*targets, *models))
    size = _size(drawing.size, source.frame, reading.max_pixels)
    for target in targets:
        files.check_size(target.suffix, *size)
    found: Fit | None = None
    if source.mixture is None:
        watch(Progress("fitting"))
        with _timed(seconds, "fit"):
            found = _fit(source, recipe.fitting, watch)
    mixture = source.mixture if found is None else found.mixture
    assert mixture is not None
    drawn = draw.sharpen(mixture, drawing.sharpen)
    written: list[Written] = []
    psnr: float | None = None
    for style, paths in pictures:
        with _timed(seconds, "draw"):
            watch(Progress(f"drawing {style}"))
            known = draw.options(style)
            settings = {name: value for name, value in drawing.settings.items() if name in known}
            pixels = draw.picture(drawn, style, frame=source.frame, size=size, **settings)
            if style == "mean" and source.pixels is not None:
                psnr = _psnr(drawn, source, pixels)
        with _timed(seconds, "write"):
            for target in paths:
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


def _check(reading: Reading, drawing: Drawing) -> None:
    """Raise InputError for what could not work, before any work."""
    from .pictures import colours, draw, image, palette, tone

    for style in drawing.styles:
        if style != "all":
            draw.options(style)
    settings = drawing.settings
    if "tone" in settings:
        tone.parse_tone(settings["tone"])
    if "colours" in settings:
        palette.colours(settings["colours"], 1)
    if "radius" in settings and not 0 < settings["radius"] < math.inf:
        raise InputError(f"radius is {settings['radius']}: give a number of output pixels > 0, such as 1.5.")
    if not 1e-6 <= drawing.sharpen <= 1e6:
        raise InputError(f"sharpen is {drawing.sharpen}: give a number from 1e-6 to 1e6, such as 0.6.")
    image.parse_threshold(reading.threshold)
    for name, colour in (("paper", reading.paper), *((name, settings.get(name)) for name in ("ink", "paper"))):
        if colour is not None:
            colours.parse_colour(colour, name)


def _styles(drawing: Drawing, kind: str) -> tuple[str, ...]:
    from .pictures import draw

    wanted = drawing.styles
    if not wanted:
        if drawing.outputs and all(map(_is_model, drawing.outputs)):
            return ()
        return ("grid",) if kind == "ink" else ("mean",)
    if "all" in wanted:
        # The plane's density is nearly flat where every pixel is a point: contours and grids of it are dull.
        dull = ("mean",) if kind == "ink" else ("contour", "grid")
        return tuple(style for style in draw.STYLES if style not in dull)
    if "mean" in wanted and kind == "ink":
        raise InputError("the style mean needs colours, and this is ink: use --as colour, or another style.")
    return tuple(dict.fromkeys(wanted))


def _check_used(settings: dict[str, Any], styles: tuple[str, ...]) -> None:
    """Raise InputError for a setting that changes nothing: who gave it expects that it does."""
    from .pictures import draw

    for name in (name for name in settings if name not in ("rng", "n_threads", "paper")):  # paper is also for reading
        if any(name in draw.options(style) for style in styles):
            continue
        those = [style for style in draw.STYLES if name in draw.options(style)]
        if not those:
            raise InputError(f"the setting {name!r} is unknown: no style takes it.")
        raise InputError(
            f"--{name} changes nothing in {' and '.join(styles) or 'a model'}: add --style {those[0]}"
            + (f" (or {', '.join(those[1:])})." if those[1:] else ".")
        )


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

    from .em.loop import fit
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
    return _Source(kind, Frame.of_picture(width, height), points, pixels if kind == "colour" else None)


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
    if not (0 < frame.width < math.inf and 0 < frame.height < math.inf):
        raise StorageError(f"{path} is damaged: its frame {tuple(frame)} is no rectangle.")
    return _Source(kind, frame, mixture=mixture)


def _fit(source: _Source, fitting: Fitting, watch: Watcher) -> Fit:
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
    return fit_points(points, k, fitting, watch)


def _size(wanted: tuple[int, int] | int | None, frame: Frame, max_pixels: int) -> tuple[int, int]:
    if wanted is None:
        wanted = max(1, round(max(frame.width, frame.height)))
    width, height = frame.fit(wanted) if isinstance(wanted, int) else wanted
    if width * height > max_pixels:
        raise InputError(
            f"the picture to paint would have {width} x {height} = {width * height:,} pixels, the limit is "
            f"{max_pixels:,}: lower --size, or raise max_pixels."
        )
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


def assign(
    styles: tuple[str, ...], outputs: tuple[Path, ...], stem: str
) -> tuple[list[tuple[str, tuple[Path, ...]]], list[Path]]:
    """Which style goes to which files, [(style, paths) ...], and the files for the model.

    Without a picture among the outputs, each style goes to STEM-STYLE.png. As many pictures as styles go in pairs;
    one style goes to all pictures; several styles into one picture are told apart by the style in its name. Without
    a style, nothing is drawn.
    """
    models = [path for path in outputs if _is_model(path)]
    pictures = [path for path in outputs if not _is_model(path)]
    if not styles:
        return [], models
    if len(styles) == 1 and pictures:
        return [(styles[0], tuple(pictures))], models
    if len(pictures) <= 1:
        name = pictures[0] if pictures else Path(f"{stem}.png")
        return [(style, (name.with_name(f"{name.stem}-{style}{name.suffix}"),)) for style in styles], models
    if len(pictures) != len(styles):
        raise InputError(
            f"there are {len(styles)} styles and {len(pictures)} pictures to write: give one -o for all, or one "
            f"a style."
        )
    return [(style, (path,)) for style, path in zip(styles, pictures, strict=True)], models


def _is_model(path: Path) -> bool:
    return path.suffix.lower() in MODEL_KINDS
