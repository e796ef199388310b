"""A picture painted, as data: what to read, how to fit and what to draw, and what came of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, named
from .fitting import Fitting
from .reading import KINDS, Reading
from .standard import called

if TYPE_CHECKING:
    from ..em.loop import Fit
    from ..model.mixture import Mixture
    from .outputs import FilmName
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
    budget : int or None
        As many components, or dots, as make a drawing (.svg) of so many bytes.
    styles : tuple of str
        Of `mixtura.pictures.draw`, drawn in this order; () for grid (ink) or mean (colour), or for none where only
        models are written; ("all",) for all that apply.
    sharpen : float
        The covariances are multiplied by it before drawing.
    without : tuple of int
        Components that are not drawn, by their numbers.
    heaviest : int or None
        How many of the others are drawn at most, by their weights; of equal ones the first.
    film : {"em", "fit", "polish", "sampling", "loop"} or None
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
    budget: int | None = None
    styles: tuple[str, ...] = ()
    sharpen: float = 1.0
    without: tuple[int, ...] = ()
    heaviest: int | None = None
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
        As drawn; "model" for a mixture, "tiny" for a tiny picture.
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
        Of the style ``mean`` against the original, at the original's size, in dB; None where a tone changes it.
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


def check(recipe: Recipe) -> None:
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
    if recipe.polish and recipe.fixed is not None:
        raise InputError(
            f"{named('polish', True)} moves all components, and {named('fixed')} holds some: leave one of them out."
        )
    if recipe.polish and recipe.film in ("em", "fit"):
        raise InputError(
            f"{named('polish', True)} changes nothing in a film of EM: choose {named('film', 'loop')} or sampling."
        )
    if recipe.heaviest is not None and recipe.heaviest < 1:
        raise InputError(f"{named('heaviest')} is {recipe.heaviest}: give a whole number >= 1.")
    if not 1e-6 <= recipe.sharpen <= 1e6:
        raise InputError(f"{named('sharpen')} is {recipe.sharpen}: give a number from 1e-6 to 1e6, such as 0.6.")
    if recipe.frame is not None:
        field.Frame.checked(recipe.frame)
    image.parse_threshold(recipe.threshold)
    for name, colour in (("paper", recipe.paper), ("ink", settings.get("ink"))):
        if colour is not None:
            colours.parse_colour(colour, name)


def check_model(recipe: Recipe, mixture: Mixture | None) -> None:
    """Raise InputError for what needs a picture, where a model was read."""
    if mixture is None:
        return
    where = f"{called(recipe.image)} is a model"
    for name in ("mask", "psnr", "fixed"):
        if getattr(recipe, name) is None:
            continue
        raise InputError(f"{where}; {named(name)} needs the picture: give that instead.")
    if recipe.start != Recipe.start:
        raise InputError(f"{where}; {named('start')} needs the picture: give that instead.")
    if recipe.polish:
        raise InputError(f"{where}; {named('polish', True)} needs the picture: give that, or {named('polish', False)}.")
    if recipe.n_components not in (None, mixture.n_components):
        raise InputError(
            f"{where} of {mixture.n_components} components, but {recipe.n_components} are asked for: leave "
            f"{named('n_components')} out, or give the picture to fit it anew."
        )
