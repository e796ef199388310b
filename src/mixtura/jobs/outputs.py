"""What can be written: pictures, drawings, pages, films and models; which styles each shows, with which settings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..errors import InputError, named
from ..model.mixture import Mixture
from ..pictures import draw, files, film, opacity, page, vector
from ..pictures.field import Frame
from ..pictures.tone import parse_tone
from .standard import default_name, told_apart

FilmName = Literal["em", "fit", "polish", "sampling", "loop"]
FILMS: tuple[FilmName, ...] = ("em", "fit", "polish", "sampling", "loop")
OF_STEPS: tuple[FilmName, ...] = ("em", "fit", "polish")
"""Films of mixtures, one after the other, that lead to the last."""
MODEL_KINDS = (".mix", ".gmx")
DRAWING_KINDS = (".svg",)
PAGE_KINDS = (".html",)
KINDS = tuple(dict.fromkeys((*files.PICTURE_KINDS, *DRAWING_KINDS, *PAGE_KINDS, *film.FILM_KINDS, *MODEL_KINDS)))
"""Every extension that `mixtura paint` writes."""

FILM_SIDE = 480
"""The longer side of a film in pixels, where none is asked for."""


@dataclass(frozen=True)
class Output:
    """One file to write.

    Attributes
    ----------
    path : Path
        Where it goes; "-" is standard output, as PNG.
    medium : {"picture", "drawing", "page", "film"}
        What it is.
    style : str
        A style of `pictures.draw`.
    film : {"em", "fit", "polish", "sampling", "loop"} or None
        What moves in it.
    """

    path: Path
    medium: str
    style: str
    film: FilmName | None = None

    @property
    def kind(self) -> str:
        """The extension of its format."""
        return self.path.suffix or ".png"

    @property
    def clear(self) -> bool:
        """Whether it keeps the opacity of a picture."""
        return self.medium == "picture" and self.style == "mean" and files.keeps_opacity(self.kind)

    @property
    def takes_size(self) -> bool:
        """Whether it is as large as is asked for: a page has no size, and dots for a plotter that of their sheet."""
        return self.medium != "page" and (self.medium, self.style) != ("drawing", "dots")

    @property
    def settings(self) -> tuple[str, ...]:
        """The names of the settings that it takes."""
        if self.medium == "drawing":
            return vector.options(self.style)
        if self.medium == "page":
            return page.SETTINGS
        if self.film in OF_STEPS:
            return (*draw.options(self.style), "seconds", "fps")
        if self.film is not None:
            names = inspect.signature(_scene(self.film)).parameters
            return tuple(name for name in names if name not in ("mixture", "frame", "size", "watch"))
        return draw.options(self.style)


def plan(
    styles: tuple[str, ...], outputs: tuple[Path, ...], source: Path, kind: str, wanted: FilmName | None, fitted: bool
) -> tuple[list[Output], list[Path]]:
    """What to write, and the files for the model.

    Without an output each style goes to SOURCE-STYLE.png, a film to SOURCE-FILM.webp. As many outputs as styles go in
    pairs; one style goes to all outputs; several styles into one output are told apart by the style in its name.
    Models take no style; where only models are written, nothing is drawn unless a style is named.

    Parameters
    ----------
    styles : tuple of str
        As asked for; () for what suits each file, ("all",) for all that apply.
    outputs : tuple of Path
        The files that are asked for.
    source : Path
        What is read, whose name the files have when none is given.
    kind : {"ink", "colour"}
        What the picture is fitted as.
    wanted : {"em", "fit", "polish", "sampling", "loop"} or None
        The film that is asked for; .gif and .apng are films also when none is: of EM where there is a fit, else a loop.
    fitted : bool
        Whether there is a fit.

    Raises
    ------
    InputError
        If styles and outputs do not go together.
    """
    models = [path for path in outputs if _is(path, MODEL_KINDS)]
    targets = [path for path in outputs if not _is(path, MODEL_KINDS)]
    if not targets and wanted is not None:
        targets = [default_name(source, f"-{wanted}.webp", parameter="outputs")]
    if "all" in styles:
        here = targets[0] if targets else Path("all.png")
        styles = tuple(style for style in _styles(*_medium(here, wanted, fitted), kind) if style not in _dull(kind))
    styles = tuple(dict.fromkeys(styles))
    if not (styles or outputs or targets):
        styles = (_default(kind),)
    pairs: Iterable[tuple[Path, str | None]]
    if not styles:
        pairs = [(path, None) for path in targets]
    elif len(styles) == 1 and targets:
        pairs = [(path, styles[0]) for path in targets]
    elif not targets:
        pairs = [(default_name(source, f"-{style}.png", parameter="outputs"), style) for style in styles]
    elif len(targets) == 1:
        pairs = [(told_apart(targets[0], style), style) for style in styles]
    elif len(targets) == len(styles):
        pairs = zip(targets, styles, strict=True)
    else:
        raise InputError(
            f"there are {len(styles)} styles and {len(targets)} pictures to write: give one in {named('outputs')} for "
            f"all, or one a style."
        )
    planned = [_output(path, style, kind, wanted, fitted) for path, style in pairs]
    if wanted is not None and not any(one.medium == "film" for one in planned):
        raise InputError(
            f"{named('film')} changes nothing here: add {named('outputs', 'NAME')} with one of "
            f"{' '.join(film.FILM_KINDS)}."
        )
    return planned, models


def check(outputs: list[Output], settings: dict[str, Any]) -> None:
    """Raise InputError for a setting that changes nothing, or that an output cannot take: before any work."""
    for name in (name for name in settings if name not in ("rng", "n_threads", "paper")):  # paper is also for reading
        if not any(name in output.settings for output in outputs):
            raise InputError(_useless(name, outputs))
    for output in outputs:
        if "tone" in settings and output.medium == "page":
            page.check_tone(settings["tone"])
        if "tone" in settings and output.medium == "drawing" and output.style == "grid":
            vector.check_tone(settings["tone"])
        if output.medium == "drawing" and output.style == "dots":
            names = ("samples", "pens", "sheet_mm")
            vector.check_dots(**{name: settings[name] for name in names if name in settings})
        frames_of(output, settings)
    tone = settings.get("tone")
    if tone is not None and not any("tone" in output.settings and _takes_tone(output, tone) for output in outputs):
        parse_tone(tone).colours(np.zeros(1))


def _takes_tone(output: Output, tone: Any) -> bool:
    """Whether a tone is one for its style: a mean is not equalised, but may be drawn beside a grid that is."""
    return tone is None or output.style != "mean" or parse_tone(tone).kind != "equalise"


def _useless(name: str, outputs: list[Output]) -> str:
    given = f"{named(name)} changes nothing"
    if name in ("seconds", "fps"):
        return f"{given} without a film: add {named('outputs', 'NAME.gif')}, or {named('film', 'loop')}."
    shown = " and ".join(dict.fromkeys(f"the {one.film} film" if one.film else one.style for one in outputs))
    shown = shown or "a model"
    if name in ("pens", "sheet_mm"):
        return f"{given} in {shown}: it is for {named('styles', 'dots')} in .svg."
    if any(name in draw.options(output.style) for output in outputs if output.medium != "picture"):
        kinds = " and ".join(dict.fromkeys(output.kind for output in outputs))
        return f"{given} in {shown} as {kinds}: leave it out, or write a picture, {named('outputs', 'NAME.png')}."
    those = [style for style in draw.STYLES if name in draw.options(style)]
    if not those:
        return f"the setting {name!r} is unknown: no style takes it."
    more = f" (or {', '.join(those[1:])})." if those[1:] else "."
    return f"{given} in {shown}: add {named('styles', those[0])}{more}"


def size_of(output: Output, wanted: tuple[int, int] | int | None, frame: Frame) -> tuple[int, int]:
    """(width, height) in pixels: as asked for, else that of the frame, for a film within `FILM_SIDE`."""
    if wanted is None:
        wanted = max(1, round(max(frame.width, frame.height)))
        wanted = min(wanted, FILM_SIDE) if output.medium == "film" else wanted
    return frame.fit(wanted) if isinstance(wanted, int) else wanted


def frames_of(output: Output, settings: dict[str, Any]) -> int:
    """How many pictures an output holds."""
    if output.film is None:
        return 1
    known = inspect.signature(_scene(output.film)).parameters
    seconds, fps = (settings.get(name, known[name].default) for name in ("seconds", "fps"))
    return film.count_frames(seconds, fps)


def make(
    output: Output,
    mixture: Mixture,
    steps: list[Mixture],
    frame: Frame,
    size: tuple[int, int],
    settings: dict[str, Any],
    title: str,
    watch: Callable[[int, int], Any],
) -> Any:
    """What an output shows: pixels, a film, or text. steps: of the fit or the polishing, for its film."""
    if output.clear and opacity.has_opacity(mixture):
        tone = settings.get("tone", "linear")
        return opacity.mean(mixture, frame=frame, size=size, tone=tone, n_threads=settings.get("n_threads"))
    mixture = opacity.on_paper(mixture)
    steps = [opacity.on_paper(step) for step in steps]
    own = {name: value for name, value in settings.items() if name in output.settings}
    if not _takes_tone(output, own.get("tone")):
        del own["tone"]
    if output.medium == "drawing":
        return vector.svg(mixture, output.style, frame=frame, size=size, **own)
    if output.medium == "page":
        return page.html(mixture, output.style, frame=frame, title=title, **own)
    if output.film in OF_STEPS:
        return film.em(steps, output.style, frame=frame, size=size, watch=watch, **own)
    if output.film is not None:
        return _scene(output.film)(mixture, frame=frame, size=size, watch=watch, **own)
    return draw.picture(mixture, output.style, frame=frame, size=size, **own)


def encode(output: Output, made: Any) -> bytes:
    """The bytes of a file, of what `make` gave."""
    if isinstance(made, str):
        return made.encode()
    return film.encode(made, output.kind) if output.film else files.encode(made, output.kind)


def _output(path: Path, style: str | None, kind: str, wanted: FilmName | None, fitted: bool) -> Output:
    medium, scene = _medium(path, wanted, fitted)
    if scene in OF_STEPS and not fitted:
        raise InputError(
            f"{path} would be a film of a fit, and a model is fitted already: use {named('film', 'loop')} or sampling."
        )
    known = _styles(medium, scene, kind)
    if style is None:
        return Output(path, medium, _default(kind) if _default(kind) in known else known[0], scene)
    if style == "mean" and kind == "ink":
        raise InputError(
            f"the style mean needs colours, and this is ink: use {named('kind', 'colour')}, or another style."
        )
    if style not in known:
        what = f"a {scene} film" if scene else f"a {path.suffix} file"
        raise InputError(f"{path} cannot show the style {style}: {what} shows {', '.join(known)}.")
    return Output(path, medium, style, scene)


def _medium(path: Path, wanted: FilmName | None, fitted: bool) -> tuple[str, FilmName | None]:
    """What a file is, and what moves in it."""
    if _is(path, DRAWING_KINDS):
        return "drawing", None
    if _is(path, PAGE_KINDS):
        return "page", None
    if _is(path, film.FILM_KINDS) and (wanted is not None or not _is(path, files.PICTURE_KINDS)):
        return "film", wanted or ("em" if fitted else "loop")
    return "picture", None


def _styles(medium: str, scene: FilmName | None, kind: str) -> tuple[str, ...]:
    """The styles that a file shows of ink, or of colours."""
    if scene is not None and scene not in OF_STEPS:
        return ("dots",)
    known = ("mean", "grid", "contour") if medium == "page" else tuple(draw.STYLES)
    return tuple(style for style in known if style != "mean" or kind == "colour")


def _scene(name: FilmName) -> Callable[..., film.Film]:
    """The function that makes a film."""
    scene: Callable[..., film.Film] = film.em if name in OF_STEPS else getattr(film, name)
    return scene


def _default(kind: str) -> str:
    return "grid" if kind == "ink" else "mean"


def _dull(kind: str) -> tuple[str, ...]:
    # The plane's density is nearly flat where every pixel is a point: contours and grids of it are dull.
    return () if kind == "ink" else ("contour", "grid")


def _is(path: Path, kinds: tuple[str, ...]) -> bool:
    return path.suffix.lower() in kinds
