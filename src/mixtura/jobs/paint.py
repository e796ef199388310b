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
from typing import TYPE_CHECKING, Any, Literal

from ..errors import InputError, PictureError, StorageError, named
from ..writing import check_apart, check_target, whole_files
from .progress import Progress, Watcher, steps, told_memory, unwatched, watched
from .standard import Stream, called, legible, opened

if TYPE_CHECKING:
    import numpy as np

    from ..arrays import Bytes, Numbers, Singles
    from ..em.loop import Fit
    from ..model.gaussian import CovarianceType
    from ..model.mixture import Mixture
    from ..pictures.field import Frame
    from ..sources.points import Points
    from ..sources.source import Source
    from .outputs import FilmName, Output
    from .polish import Polished

Kind = Literal["auto", "ink", "colour"]
KINDS: tuple[Kind, ...] = ("auto", "ink", "colour")
WARM_UP = 250  # points a component: larger pictures are first fitted on a subset of that many


@dataclass(frozen=True)
class Recipe:
    """The whole job.

    Attributes
    ----------
    image : Path
        A picture, or a model (.mix); "-" is standard input.
    kind : {"auto", "ink", "colour"}
        Whether the points are the places of the dark pixels ("ink"), or the place and colour of every pixel.
    threshold : str
        Which pixels are ink, see `mixtura.pictures.image.ink`.
    light : bool
        Whether the light pixels are the ink.
    max_pixels : int
        The largest picture that is read or written, in pixels.
    profile : bool
        Whether the picture's own profile is applied, see `mixtura.pictures.files.read`.
    frame : tuple of float or None
        The part of the plane to show, (left, top, right, bottom) in pixels; None for the whole picture, or what a
        model's notes say.
    mask : Path or None
        A picture of the same size whose greys say how much each pixel counts; where it is black, the picture is left
        out, and painted from its neighbours.
    n_components : int or None
        None for 500 in ink and 1,000 in colour, fewer in a small picture.
    covariance_type, max_iter, tol, rng, dtype, n_threads
        As for `mixtura.fit`; the seed and the threads also draw.
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
    paper : str or None
        The colour that shows through transparent pixels, white by default, and that styles draw on.
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
    kind: Kind = "auto"
    threshold: str = "otsu"
    light: bool = False
    max_pixels: int = 100_000_000
    profile: bool = True
    frame: tuple[float, float, float, float] | None = None
    mask: Path | None = None
    n_components: int | None = None
    covariance_type: CovarianceType = "full"
    max_iter: int = 100
    tol: float = 1e-3
    rng: int = 0
    dtype: str = "float32"
    n_threads: int | None = None
    polish: bool | None = None
    effort: float = 1.0
    psnr: float | None = None
    styles: tuple[str, ...] = ()
    sharpen: float = 1.0
    paper: str | None = None
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
    from ..pictures import draw
    from . import outputs, polish, tiny

    _check(recipe)
    for target in recipe.outputs:
        check_target(target, outputs.KINDS)
    settings = recipe.settings | {"rng": recipe.rng, "n_threads": recipe.n_threads}
    if recipe.paper is not None:
        settings["paper"] = recipe.paper
    seconds: dict[str, float] = {}
    with _timed(seconds, "read"):
        watch(Progress(f"reading {called(Path(recipe.image.name))}"))
        read = read_image(recipe, watch)
    fitted = read.mixture is None
    styles = tuple(style.lower() for style in recipe.styles)
    planned, models = outputs.plan(styles, recipe.outputs, recipe.image, read.kind, recipe.film, fitted)
    tiny_files, models = tiny.taken_from(models)
    painted_well = {output: fitted and polish.applies(output, recipe) for output in planned}
    fine = all(painted_well.values()) if planned else bool(recipe.polish)  # the model
    polish.check(recipe, read.kind, settings.get("tone"), bool(tiny_files) or any(painted_well.values()))
    usual = polish.TONE if any(painted_well.values()) and read.kind == "ink" else read.tone
    if usual is not None and any("tone" in output.settings for output in planned):
        settings.setdefault("tone", usual)
    outputs.check(planned, settings)
    for output in planned:
        check_target(output.path, outputs.KINDS)
    check_apart(recipe.image, (*(output.path for output in planned), *models))
    sizes = {output: _size(output, recipe, read.frame) for output in planned}
    tiny_data = b""
    if tiny_files:
        with _timed(seconds, "encode"):
            tiny_data = tiny.of_picture(read, recipe, watch)
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
    if any(output.film == "em" for output in planned):
        with _timed(seconds, "fit"):
            filmed = _film_fit(read, recipe, watch, path)
        found = found or filmed
        path = [draw.sharpen(mixture, recipe.sharpen) for mixture in path]
    plain = read.mixture if found is None else found.mixture
    mixture = plain if better is None else better.mixture
    if mixture is None:
        mixture = tiny.mixture(tiny_data)
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
            if shown != (output.medium, output.style, output.film):  # one picture may go to several files
                shown = (output.medium, output.style, output.film)
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
        for target in tiny_files:
            with _timed(seconds, "write"), whole(target) as file:
                file.write(tiny_data)
            written.append(Written(target, "tiny", medium="model", frames=0))
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


def fit_points(points: Source, n_components: int, recipe: Recipe, watch: Watcher = unwatched) -> Fit:
    """Fit pixels: first a random subset of many, then all of them, so that few passes over all are needed."""
    import numpy as np

    from ..em.fit import fit
    from ..em.start import sample

    rng = np.random.default_rng(recipe.rng)
    start: Any = "kmeans"
    if points.survey().n >= 4 * WARM_UP * n_components > 0 and recipe.max_iter > 0:
        stage = "fitting a sample"
        watch(Progress(stage))
        few = sample(points, WARM_UP * n_components, rng)
        start = fit(few, n_components, rng=rng, **_em(recipe, watch, stage)).mixture
        watch(Progress("fitting"))
    return fit(points, n_components, start=start, rng=rng, **_em(recipe, watch, "fitting"))


def _em(recipe: Recipe, watch: Watcher, stage: str) -> dict[str, Any]:
    """What `mixtura.fit` is given beside the points, the number of components, the start and the generator."""
    from ..pictures.image import PIXEL_VARIANCE

    return {
        **{name: getattr(recipe, name) for name in ("covariance_type", "max_iter", "tol", "dtype", "n_threads")},
        "reg_covar": PIXEL_VARIANCE,
        "accelerate": True,
        "on_step": steps(watch, stage, recipe.max_iter, recipe.tol),
    }


@dataclass(frozen=True, eq=False)
class Read:
    """What was read: a picture as points, or a mixture."""

    kind: str
    frame: Frame
    points: Source | None = None
    pixels: Numbers | None = None
    weight: Singles | None = None
    mixture: Mixture | None = None
    profile: str | None = None
    memory: int | None = None
    tone: str | None = None

    @property
    def whole(self) -> Frame:
        """The frame of the whole picture."""
        from ..pictures.field import Frame

        assert self.pixels is not None
        height, width = self.pixels.shape[:2]
        return Frame.of_picture(width, height)

    def psnr(self, painted: Bytes) -> float:
        """The peak signal-to-noise ratio of a painting of the same size, in dB, where pixels count."""
        from ..pictures import quality

        assert self.pixels is not None
        if self.weight is None:
            return quality.psnr(painted, self.pixels)
        counts = self.weight > 0
        alike = painted.copy()
        alike[~counts] = self.pixels[~counts]
        return quality.psnr(alike, self.pixels) + 10 * math.log10(float(counts.mean()))


def read_image(recipe: Recipe, watch: Watcher) -> Read:
    """Read the picture or the model of a recipe."""
    from ..pictures import bands, files, image
    from ..pictures.field import Frame

    given = opened(recipe.image)
    if _is_model(given):
        return _read_model(given, recipe)
    size = files.size_in_head(given)
    memory = bands.memory(size or (0, 0))
    told_memory(watch, recipe.image.name, size, memory)
    pixels, profile, _ = files.decode(
        given, paper=recipe.paper or "white", max_pixels=recipe.max_pixels, profile=recipe.profile
    )
    _check_varied(pixels, recipe)
    weight = None if recipe.mask is None else _mask(recipe, pixels)
    kind = image.kind(pixels) if recipe.kind == "auto" else recipe.kind
    dtype: Any = recipe.dtype
    if kind == "ink":
        ink: Any = {"threshold": recipe.threshold, "light": recipe.light}
        points = bands.source(pixels, "ink", weight=weight, dtype=dtype, **ink)
    else:
        if recipe.light or recipe.threshold != Recipe.threshold:
            raise InputError(
                f"{called(recipe.image)} is read as colour, where {named('threshold')} and {named('light')} change "
                f"nothing: add {named('kind', 'ink')}."
            )
        points = bands.source(pixels, "colour", weight=weight, dtype=dtype)
    height, width = pixels.shape[:2]
    frame = Frame.of_picture(width, height) if recipe.frame is None else Frame(*recipe.frame)
    return Read(kind, frame, points, pixels, weight, profile=profile, memory=memory)


def _check_varied(pixels: Numbers, recipe: Recipe) -> None:
    from ..pictures.image import bands

    first = pixels[0, 0]
    if all((band == first).all() for _, band in bands(pixels)):
        colour = "#" + "".join(f"{round(float(channel)):02x}" for channel in first)
        raise PictureError(
            f"{called(recipe.image)} is {colour} everywhere ({pixels.shape[1]} x {pixels.shape[0]} pixels; what is "
            f"transparent shows the paper): there is nothing to fit. Give a picture with ink or colours in it, or "
            f"another {named('paper')}."
        )


def _mask(recipe: Recipe, pixels: Numbers) -> Singles:
    """(h, w) how much each pixel counts."""
    import numpy as np

    from ..pictures import files, image

    assert recipe.mask is not None
    decoded, _, _ = files.decode(opened(recipe.mask), paper="black", max_pixels=recipe.max_pixels, profile=False)
    if decoded.shape[:2] != pixels.shape[:2]:
        (height, width), (high, wide) = pixels.shape[:2], decoded.shape[:2]
        raise InputError(
            f"{named('mask')} {called(recipe.mask)} has {wide} x {high} pixels, but the picture {width} x {height}: "
            f"give one of that size."
        )
    weight = image.grey(decoded) / np.float32(255)
    if not weight.any():
        raise InputError(f"{named('mask')} {called(recipe.mask)} is black everywhere: paint white what should count.")
    return weight


def _is_model(given: Path | Stream) -> bool:
    """Whether it is a model: by its name, or by its first bytes, the length of a header in JSON and the header."""
    if isinstance(given, Path):
        return given.suffix.lower() == ".mix"
    start = given.getvalue()[:9]
    return start[8:] == b"{" and int.from_bytes(start[:8], "little") < len(given.getvalue())


def _read_model(given: Path | Stream, recipe: Recipe) -> Read:
    from ..model.storage import load_with_notes
    from ..pictures.field import Frame
    from ..pictures.tone import parse_tone

    where = called(recipe.image)
    mixture, notes = load_with_notes(given)
    if mixture.n_coordinates not in (2, 5):
        raise StorageError(
            f"{where} holds a mixture of {mixture.n_coordinates} coordinates: pictures have 2 (x, y) or "
            f"5 (x, y, r, g, b)."
        )
    kind = "ink" if mixture.n_coordinates == 2 else "colour"
    if recipe.mask is not None or recipe.psnr is not None:
        name = "mask" if recipe.mask is not None else "psnr"
        raise InputError(f"{where} is a model; {named(name)} needs the picture: give that instead.")
    if recipe.polish:
        raise InputError(
            f"{where} is a model; {named('polish', True)} needs the picture: give that, or {named('polish', False)}."
        )
    if recipe.kind not in ("auto", kind):
        raise InputError(f"{where} is a model of {kind}, not of {recipe.kind}: give the picture to fit it anew.")
    frame = Frame.around(mixture)
    try:
        if "frame" in notes:
            frame = Frame(*(float(edge) for edge in notes["frame"]))
        if "tone" in notes:
            parse_tone(notes["tone"])
    except (TypeError, ValueError):
        raise StorageError(f"{where} is damaged: its notes are {notes!r}, expected a frame of four numbers.") from None
    except InputError:
        raise StorageError(f"{where} is damaged: its notes hold the tone {notes['tone']!r}, which is none.") from None
    if recipe.frame is not None:
        frame = Frame(*recipe.frame)
    if not (0 < frame.width < math.inf and 0 < frame.height < math.inf):
        raise StorageError(f"{where} is damaged: its frame {tuple(frame)} is no rectangle.")
    if recipe.n_components not in (None, mixture.n_components):
        raise InputError(
            f"{where} is a model of {mixture.n_components} components, but {recipe.n_components} are asked for: leave "
            f"{named('n_components')} out, or give the picture to fit it anew."
        )
    return Read(kind, frame, mixture=mixture, tone=notes.get("tone") if kind == "ink" else None)


def components(points: Source, kind: str, wanted: int | None) -> int:
    """How many components to fit; PictureError when the picture has too few points for them."""
    support = points.survey().support
    usual = min(500 if kind == "ink" else 1000, max(1, support // 10))  # a small picture has few pixels
    k = usual if wanted is None else wanted
    if support < 2:
        raise PictureError(
            f"the picture has 1 ink pixel, at least 2 are needed: move {named('threshold')}, or try "
            f"{named('light', True)}."
        )
    if k > support:
        raise PictureError(
            f"the picture has {support} {'ink ' if kind == 'ink' else ''}pixels, fewer than the {k} components "
            f"asked for: lower {named('n_components')} to {support} or less."
        )
    return k


def _film_fit(read: Read, recipe: Recipe, watch: Watcher, path: list[Mixture]) -> Fit:
    """A fit worth watching: it begins with wide components on random points, and `path` takes every mixture.

    Many points are represented by a random subset.
    """
    import numpy as np

    from ..em.fit import fit
    from ..em.start import sample
    from ..model.families import family
    from ..model.mixture import Mixture
    from ..pictures.image import PIXEL_VARIANCE

    assert read.points is not None
    k = components(read.points, read.kind, recipe.n_components)
    rng = np.random.default_rng(recipe.rng)
    many = read.points.survey().n > WARM_UP * k > 0
    points = sample(read.points, WARM_UP * k, rng) if many else read.points.take(None)

    def begin(given: Points, count: int, rng: np.random.Generator) -> Any:
        spread = np.cov(points.x.T, aweights=points.weight) / np.sqrt(k) + PIXEL_VARIANCE * np.eye(points.d)
        chosen = given.x[rng.choice(given.n, size=count, replace=False)]
        kind = recipe.covariance_type
        path.append(Mixture(np.ones(count), chosen, family(kind).alike(spread, count), kind, names=given.names))
        return path[0]

    def kept(progress: Progress) -> None:
        if progress.step is not None:
            path.append(progress.step.mixture)
        watch(progress)

    stage = "fitting for the film"
    watch(Progress(stage))
    found = fit(points, k, start=begin, rng=rng, **_em(recipe, kept, stage))
    if len(path) == 1:
        path.append(found.mixture)  # without an iteration, the film stands still
    return found


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
    """The conditional mean at the size of the picture that was read."""
    from ..pictures import draw

    assert read.pixels is not None
    if painted.shape == read.pixels.shape:
        return painted
    height, width = read.pixels.shape[:2]
    return draw.picture(mixture, "mean", frame=read.whole, size=(width, height))


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - began
