"""A picture painted: what to read, how to fit and what to draw as a `Recipe`, and `run`, which does it.

Settings and targets are checked before the work begins, so that a job fails at once or not at all. A picture is fitted
once, however many styles are drawn from it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, named
from ..writing import check_apart, check_target, whole_files
from .fitting import Fitting, components, film_fit, fit_points
from .progress import Progress, Watcher, unwatched, watched
from .reading import KINDS, Read, Reading, read_image
from .standard import called, legible

if TYPE_CHECKING:
    from ..arrays import Bytes
    from ..em.loop import Fit
    from ..model.mixture import Mixture
    from ..pictures.field import Frame
    from .outputs import FilmName, Output
    from .polish import Polished


@dataclass(frozen=True)
class Recipe(Reading, Fitting):
    """The whole job.

    What `Reading` and `Fitting` have is here too.

    Attributes
    ----------
    image : Path
        A picture, or a model (.mix); "-" is standard input.
    frame : tuple of float or None
        The part of the plane to show, (left, top, right, bottom) in pixels; None for the whole picture, or what a
        model's notes say.
    mask : Path or None
        A picture of the same size whose greys say how much each pixel counts; where it is black, the picture is left
        out, and painted from its neighbours.
    polish : bool or None
        Whether everything is drawn from a mixture that `mixtura.pictures.polish` made; None where colour pictures are
        painted by their mean, and EM has its default settings. A model is polished if all that is drawn is.
    effort : float
        Of polishing.
    psnr : float or None
        As many components as it takes until the mean is painted with this PSNR, in dB.
    styles : tuple of str
        Of `mixtura.pictures.draw`, drawn in this order; () for grid (ink) or mean (colour), or for none where only
        models are written; ("all",) for all that apply.
    sharpen : float
        The covariances are multiplied by it before drawing.
    film : {"em", "polish", "sampling", "loop"} or None
        What .gif, .apng and .webp show then; None: .webp is a still.
    outputs : tuple of Path
        The files; the extension decides what each becomes. See `outputs.plan` for which style goes where.
    size : tuple of int, int or None
        Of the output in pixels: (width, height), its longer side, or None for the original's.
    settings : dict
        Of the styles, such as ``tone`` or ``samples``. Each style takes those that it knows, and each setting must be
        known to one of them.
    """

    image: Path
    frame: tuple[float, float, float, float] | None = None
    mask: Path | None = None
    polish: bool | None = None
    effort: float = 1.0
    psnr: float | None = None
    styles: tuple[str, ...] = ()
    sharpen: float = 1.0
    film: FilmName | None = None
    outputs: tuple[Path, ...] = ()
    size: tuple[int, int] | int | None = None
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """A file that was written.

    Attributes
    ----------
    path : Path
        The file.
    style : str
        As drawn; "model" for a mixture.
    width, height : int
        In pixels; 0 where it has none.
    medium : {"picture", "drawing", "page", "film", "model"}
        What it is.
    frames : int
        How many pictures it holds; 0 for a model.
    pens : int or None
        Of a drawing for a plotter, how many it takes.
    pen_down_mm, pen_up_mm : float or None
        How far the pens draw, and travel between, in millimetres.
    """

    path: Path
    style: str
    width: int = 0
    height: int = 0
    medium: str = "picture"
    frames: int = 1
    pens: int | None = None
    pen_down_mm: float | None = None
    pen_up_mm: float | None = None


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a recipe gave.

    Attributes
    ----------
    mixture : Mixture
        As polished, fitted or read, before sharpening; the polished one of two.
    kind : {"ink", "colour"}
        What the picture was fitted as.
    points : int or None
        How many points were fitted; None when a model was read.
    fit : Fit or None
        None when a model was read, or all was polished.
    psnr : float or None
        Of the style ``mean`` against the original, at the original's size, in dB.
    written : tuple of Written
        The files, in order.
    seconds : dict of float
        By stage.
    profile : str or None
        The name of the profile that the picture was converted from.
    memory : int or None
        Bytes that the job was expected to need at most; None when a model was read.
    polished : Polished or None
        None where nothing was polished.
    """

    mixture: Mixture
    kind: str
    points: int | None
    fit: Fit | None
    psnr: float | None
    written: tuple[Written, ...]
    seconds: dict[str, float]
    profile: str | None = None
    memory: int | None = None
    polished: Polished | None = None


@watched
def run(recipe: Recipe, watch: Watcher = unwatched) -> Outcome:
    """Read, fit and draw; the files appear all, each whole, or none of them.

    Parameters
    ----------
    recipe : Recipe
        The job.
    watch : callable, optional
        Called with a `Progress` as the job goes on.

    Returns
    -------
    Outcome
        The mixture, how the fit went, and what was written.

    Raises
    ------
    MixturaError
        Its children, for anything that is wrong.
    """
    from ..model.storage import save
    from ..pictures import draw, opacity
    from . import outputs, polish

    _check(recipe)
    for target in recipe.outputs:
        check_target(target, outputs.KINDS)
    settings = recipe.settings | {"rng": recipe.rng, "n_threads": recipe.n_threads}
    if recipe.paper is not None:
        settings["paper"] = recipe.paper
    seconds: dict[str, float] = {}
    with _timed(seconds, "read"):
        watch(Progress(f"reading {called(Path(recipe.image.name))}"))
        read = read_image(recipe.image, recipe, watch, dtype=recipe.dtype, frame=recipe.frame, mask=recipe.mask)
        _check_model(recipe, read.mixture)
    fitted = read.mixture is None
    styles = tuple(style.lower() for style in recipe.styles)
    planned, models = outputs.plan(styles, recipe.outputs, recipe.image, read.kind, recipe.film, fitted)
    painted_well = {output: fitted and polish.applies(output, recipe) for output in planned}
    fine = all(painted_well.values()) if planned else bool(recipe.polish)  # the model
    polish.check(recipe, read.kind, settings.get("tone"), any(painted_well.values()))
    usual = polish.TONE if any(painted_well.values()) and read.kind == "ink" else read.tone
    if usual is not None and any("tone" in output.settings for output in planned):
        settings.setdefault("tone", usual)
    outputs.check(planned, settings)
    for output in planned:
        check_target(output.path, outputs.KINDS)
    check_apart(recipe.image, (*(output.path for output in planned), *models))
    sizes = {output: _size(output, recipe, read.frame) for output in planned}
    found: Fit | None = None
    better: Polished | None = None
    polishing: list[Mixture] | None = [] if any(output.film == "polish" for output in planned) else None
    if read.points is not None and ((models and fine) or any(painted_well.values())):
        assert read.pixels is not None
        k = components(read.points, read.kind, recipe.n_components)
        with _timed(seconds, "polish"):
            tone = settings.get("tone", polish.TONE)
            better = polish.polished(read, k, recipe, tone, watch, polishing)
        polishing = polishing and [draw.sharpen(mixture, recipe.sharpen) for mixture in polishing]
    rough = any(output.film != "em" and not well for output, well in painted_well.items())
    if read.points is not None and ((models and not fine) or rough):
        watch(Progress("fitting"))
        with _timed(seconds, "fit"):
            found = fit_points(read.points, components(read.points, read.kind, recipe.n_components), recipe, watch)
    path: list[Mixture] = []
    if read.points is not None and any(output.film == "em" for output in planned):
        with _timed(seconds, "fit"):
            filmed = film_fit(read.points, read.kind, recipe, watch, path)
        found = found or filmed
        path = [draw.sharpen(mixture, recipe.sharpen) for mixture in path]
    plain = read.mixture if found is None else found.mixture
    if plain is not None and recipe.paper is not None:
        plain = opacity.on_paper(plain, recipe.paper)
    mixture = plain if better is None else better.mixture
    assert mixture is not None
    drawn = {well: draw.sharpen(each, recipe.sharpen) for well, each in ((False, plain), (True, mixture)) if each}
    written: list[Written] = []
    psnr: float | None = None
    made: Any = None
    shown: tuple[Any, ...] = ()
    with whole_files() as whole:
        for output in planned:
            size = sizes[output]
            stage = f"drawing {output.style}" if output.film is None else f"filming {output.film}"

            def painted(done: int, of: int, stage: str = stage) -> None:
                watch(Progress(stage, done=done, of=of))

            seen = drawn[painted_well[output] or plain is None]
            look = (output.medium, output.style, output.film, output.clear)
            if shown != look:  # one picture may go to several files
                shown = look
                with _timed(seconds, "draw"):
                    watch(Progress(stage))
                    title = legible(called(Path(recipe.image.name)))
                    steps = polishing if output.film == "polish" else path
                    made = outputs.make(output, seen, steps or [], read.frame, size, settings, title, painted)
                    if shown[:2] == ("picture", "mean") and read.pixels is not None and not recipe.frame:
                        psnr = read.psnr(_at_its_size(seen, read, made))
            with _timed(seconds, "write"), whole(output.path) as file:
                watch(Progress(f"writing {output.path.name}"))
                file.write(outputs.encode(output, made))
            extent = size if output.medium != "page" else (0, 0)
            frames = outputs.frames_of(output, settings)
            pens: dict[str, Any] = {each: getattr(made, each, None) for each in ("pens", "pen_down_mm", "pen_up_mm")}
            written.append(Written(output.path, output.style, *extent, output.medium, frames, **pens))
        for target in models:
            with _timed(seconds, "write"), whole(target) as file:
                kept = mixture if fine or plain is None else plain
                notes: dict[str, Any] = {"frame": list(read.frame), "kind": read.kind}
                save(kept, file, notes=notes | _told_tone(fine and better is not None, read, settings))
            written.append(Written(target, "model", medium="model", frames=0))
    seconds["total"] = sum(seconds.values())
    count = None if read.points is None else read.points.survey().n
    return Outcome(mixture, read.kind, count, found, psnr, tuple(written), seconds, read.profile, read.memory, better)


def _check(recipe: Recipe) -> None:
    """Raise InputError for what could not work, before any work."""
    from ..pictures import colours, draw, field, image, palette, tone
    from .outputs import FILMS

    for name, value, known in (("kind", recipe.kind, KINDS), ("film", recipe.film, (None, *FILMS))):
        if value not in known:
            raise InputError(f"{named(name)} is {value!r}: choose one of {', '.join(each for each in known if each)}.")
    for style in recipe.styles:
        if style.lower() != "all":
            draw.options(style.lower())
    settings = recipe.settings
    if "tone" in settings:
        tone.parse_tone(settings["tone"])
    if "colours" in settings:
        palette.colours(settings["colours"], 1)
    if "radius" in settings and not 0.01 <= settings["radius"] < math.inf:
        raise InputError(
            f"{named('radius')} is {settings['radius']}: give a number >= 0.01 of output pixels, such as 1.5."
        )
    if not 0.05 <= recipe.effort <= 50:
        raise InputError(f"{named('effort')} is {recipe.effort}: give a number from 0.05 to 50, such as 1.")
    if recipe.polish and recipe.film == "em":
        raise InputError(
            f"{named('polish', True)} changes nothing in a film of EM: choose {named('film', 'loop')} or sampling."
        )
    if not 1e-6 <= recipe.sharpen <= 1e6:
        raise InputError(f"{named('sharpen')} is {recipe.sharpen}: give a number from 1e-6 to 1e6, such as 0.6.")
    if recipe.frame is not None:
        field.Frame.checked(recipe.frame)
    image.parse_threshold(recipe.threshold)
    for name, colour in (("paper", recipe.paper), ("ink", settings.get("ink"))):
        if colour is not None:
            colours.parse_colour(colour, name)


def _check_model(recipe: Recipe, mixture: Mixture | None) -> None:
    """Raise InputError for what needs a picture, where a model was read."""
    if mixture is None:
        return
    where = f"{called(recipe.image)} is a model"
    if recipe.mask is not None or recipe.psnr is not None:
        name = "mask" if recipe.mask is not None else "psnr"
        raise InputError(f"{where}; {named(name)} needs the picture: give that instead.")
    if recipe.polish:
        raise InputError(f"{where}; {named('polish', True)} needs the picture: give that, or {named('polish', False)}.")
    if recipe.n_components not in (None, mixture.n_components):
        raise InputError(
            f"{where} of {mixture.n_components} components, but {recipe.n_components} are asked for: leave "
            f"{named('n_components')} out, or give the picture to fit it anew."
        )


def _size(output: Output, recipe: Recipe, frame: Frame) -> tuple[int, int]:
    from ..pictures import files
    from . import outputs

    width, height = outputs.size_of(output, recipe.size, frame)
    frames = outputs.frames_of(output, recipe.settings)
    if output.medium in ("picture", "film") and width * height * frames > recipe.max_pixels:
        film = f" in {frames} frames" if frames > 1 else ""
        shorter = f", {named('seconds')} or {named('fps')}" if frames > 1 else ""
        raise InputError(
            f"the picture to paint would have {width} x {height}{film} = {width * height * frames:,} pixels, the limit "
            f"is {recipe.max_pixels:,}: lower {named('size')}{shorter}, or raise {named('max_pixels')}."
        )
    if output.medium == "picture":
        files.check_size(output.kind, width, height)
    return width, height


def _told_tone(polished: bool, read: Read, settings: dict[str, Any]) -> dict[str, Any]:
    """What the notes of a model say of the tone that its density was polished for."""
    from ..pictures.tone import parse_tone
    from .polish import TONE

    return {"tone": str(parse_tone(settings.get("tone", TONE)))} if polished and read.kind == "ink" else {}


def _at_its_size(mixture: Mixture, read: Read, painted: Bytes) -> Bytes:
    """The conditional mean at the size of the picture that was read, on paper."""
    from ..pictures import draw, opacity

    assert read.pixels is not None
    if painted.shape == read.pixels.shape:
        return painted
    height, width = read.pixels.shape[:2]
    return draw.picture(opacity.on_paper(mixture), "mean", frame=read.whole, size=(width, height))


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - began
