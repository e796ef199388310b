"""A picture painted: `run` does what a `Recipe` says.

Settings and targets are checked before the work begins, so that a job fails at once or not at all. A picture is fitted
once, however many styles are drawn from it.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import InputError, named
from ..writing import check_apart, check_target, whole_files
from .fitting import components, film_fit, fit_points, kept_steps
from .progress import Progress, Watcher, unwatched, watched
from .reading import Read, read_image
from .recipe import Outcome, Recipe, Written, check, check_model
from .standard import called, legible

if TYPE_CHECKING:
    from ..arrays import Bytes
    from ..em.loop import Fit
    from ..model.mixture import Mixture
    from ..pictures.field import Frame
    from .idle import Work
    from .outputs import Output
    from .polish import Polished

Place = Callable[[Path], AbstractContextManager[BinaryIO]]
"""Where the bytes of a file go."""


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
    from . import budget, idle, outputs

    check(recipe)
    for target in recipe.outputs:
        check_target(target, outputs.KINDS)
    seconds: dict[str, float] = {}
    with _timed(seconds, "read"):
        watch(Progress(f"reading {called(Path(recipe.image.name))}"))
        read = read_image(recipe.image, recipe, watch, dtype=recipe.dtype, frame=recipe.frame, mask=recipe.mask)
        check_model(recipe, read.mixture)
    plan = _planned(recipe, read)
    idle.check(recipe, read.kind, plan.work(read))
    for output in plan.outputs:
        check_target(output.path, outputs.KINDS)
    check_apart(recipe.image, (*(output.path for output in plan.outputs), *plan.models))
    limited = budget.drawing(recipe, plan.outputs, read)
    if limited is None:
        found = _fitted(recipe, read, plan, watch, seconds)
    else:
        plan, found = _within_budget(recipe, limited, read, plan, watch, seconds)
    with whole_files() as whole:
        written, psnr = _written(recipe, read, plan, found, watch, seconds, whole)
    seconds["total"] = sum(seconds.values())
    count = None if read.points is None else read.points.survey().n
    more = (read.profile, read.memory, found.polished)
    return Outcome(found.best, read.kind, count, found.fit, psnr, written, seconds, *more)


def made(
    recipe: Recipe, read: Read, *, steps: Sequence[Mixture] = (), notes: Mapping[str, Any] | None = None
) -> dict[str, bytes]:
    """The very bytes that `run` would write, by the names of the files, where what is read is in memory already.

    steps: of a fit, for its film. notes: more of them for a model.
    """
    check(recipe)
    check_model(recipe, read.mixture)
    plan = _planned(recipe, read, filmed=bool(steps))
    seconds: dict[str, float] = {}
    found = _fitted(recipe, read, plan, unwatched, seconds)
    if steps and recipe.film is not None:
        found = replace(found, ways={recipe.film: steps})
    files: dict[str, bytes] = {}

    @contextmanager
    def place(path: Path) -> Iterator[BinaryIO]:
        file = io.BytesIO()
        yield file
        files[path.name] = file.getvalue()

    _written(recipe, read, plan, found, unwatched, seconds, place, notes)
    return files


def shown(mixture: Mixture, without: Sequence[int] = (), heaviest: int | None = None) -> Mixture:
    """The components that are drawn: all but some, and of these the heaviest, in their order."""
    import numpy as np

    from ..checks import indices

    kept = np.ones(mixture.n_components, bool)
    if len(without):
        kept[indices(np.asarray(without), mixture.n_components, "without", "components")] = False
    places = np.flatnonzero(kept)
    if heaviest is not None and heaviest < len(places):
        places = np.sort(places[np.argsort(-mixture.weights[places], kind="stable")[:heaviest]])
    if not len(places):
        raise InputError(f"{named('without')} leaves no component out of {mixture.n_components}: leave some.")
    return mixture if len(places) == mixture.n_components else mixture.subset(places)


@dataclass(frozen=True, eq=False)
class _Plan:
    """What is to be written. tiny: files of .gmx.

    well: which outputs are drawn from a polished mixture. fine: whether the models hold that.
    """

    outputs: list[Output]
    models: list[Path]
    tiny: list[Path]
    well: dict[Output, bool]
    fine: bool
    sizes: dict[Output, tuple[int, int]]
    settings: dict[str, Any]

    @property
    def polishes(self) -> bool:
        """Whether something that is written is polished."""
        return any(self.well.values()) or (self.fine and bool(self.models))

    @property
    def fits(self) -> bool:
        """Whether something that is written is fitted by EM, or was read."""
        plain = any(output.film != "em" and not well for output, well in self.well.items())
        return plain or (bool(self.models) and not self.fine)

    @property
    def films(self) -> bool:
        """Whether a fit is filmed."""
        return any(output.film == "em" for output in self.outputs)

    def work(self, read: Read) -> set[Work]:
        """What is done."""
        opaque = read.opaque and all("paper" not in output.settings for output in self.outputs)
        done: dict[Work, bool] = {
            "picture": read.mixture is None,
            "model": read.mixture is not None,
            "em": self.fits and read.mixture is None,
            "film": self.films,
            "polish": self.polishes,
            "tiny": bool(self.tiny),
            "draw": bool(self.outputs),
            "pixels": any(output.takes_size for output in self.outputs),
            "paper": not opaque,
        }
        return {name for name, so in done.items() if so}


@dataclass(frozen=True, eq=False)
class _Found:
    """The mixtures to draw: as fitted or read, and as polished; ways: those on the way, by the film that shows it."""

    plain: Mixture | None
    fit: Fit | None
    polished: Polished | None
    tiny: bytes
    ways: Mapping[str, Sequence[Mixture]]

    @property
    def best(self) -> Mixture:
        """The polished one of two, or where there is nothing else that of the tiny file."""
        from . import tiny

        best = self.plain if self.polished is None else self.polished.mixture
        return tiny.mixture(self.tiny) if best is None else best

    def seen(self, well: bool) -> Mixture:
        """What is drawn."""
        return self.best if well or self.plain is None else self.plain


def _planned(recipe: Recipe, read: Read, *, filmed: bool = False) -> _Plan:
    """All that is to be done, after InputError for what could not work. filmed: whether steps of a fit are there."""
    from . import outputs, polish, tiny

    settings = recipe.settings | {"rng": recipe.rng, "n_threads": recipe.n_threads}
    if recipe.paper is not None:
        settings["paper"] = recipe.paper
    fitted = read.mixture is None
    styles = tuple(style.lower() for style in recipe.styles)
    planned, models = outputs.plan(styles, recipe.outputs, recipe.image, read.kind, recipe.film, fitted or filmed)
    tiny_files, models = tiny.taken_from(models)
    well = {output: fitted and polish.applies(output, recipe) for output in planned}
    fine = all(well.values()) if planned else bool(recipe.polish)
    polish.check(recipe, read.kind, settings.get("tone"), bool(tiny_files) or any(well.values()))
    usual = polish.TONE if any(well.values()) and read.kind == "ink" else read.tone
    if usual is not None and any("tone" in output.settings for output in planned):
        settings.setdefault("tone", usual)
    outputs.check(planned, settings)
    sizes = {output: _size(output, recipe, read.frame) for output in planned}
    return _Plan(planned, models, tiny_files, well, fine, sizes, settings)


def _fitted(recipe: Recipe, read: Read, plan: _Plan, watch: Watcher, seconds: dict[str, float]) -> _Found:
    """Fit and polish what the plan needs; a mixture that was read is there already."""
    from ..pictures import opacity
    from . import polish, tiny

    data = b""
    if plan.tiny:
        with _timed(seconds, "encode"):
            data = tiny.of_picture(read, recipe, watch)
    if read.points is None:
        assert read.mixture is not None
        plain = read.mixture if recipe.paper is None else opacity.on_paper(read.mixture, recipe.paper)
        return _Found(plain, None, None, data, {})
    k = components(read.points, read.kind, recipe.n_components, recipe.start)
    polished: Polished | None = None
    fit: Fit | None = None
    path: list[Mixture] = []
    polishing: list[Mixture] = []
    steps: list[Mixture] = []
    if plan.polishes:
        with _timed(seconds, "polish"):
            filmed = any(output.film == "polish" for output in plan.outputs)
            tone = plan.settings.get("tone", polish.TONE)
            polished = polish.polished(read, k, recipe, tone, watch, polishing if filmed else None)
    if plan.fits:
        watch(Progress("fitting"))
        with _timed(seconds, "fit"):
            if any(output.film == "fit" for output in plan.outputs):
                fit, steps = kept_steps(read.points, k, recipe, watch)
            else:
                fit = fit_points(read.points, k, recipe, watch)
    if plan.films:
        with _timed(seconds, "fit"):
            of_film = film_fit(read.points, read.kind, recipe, watch, path)
        fit = fit or of_film
    ways = {"em": path, "fit": steps, "polish": polishing}
    return _Found(None if fit is None else fit.mixture, fit, polished, data, ways)


def _within_budget(
    recipe: Recipe, limited: Output, read: Read, plan: _Plan, watch: Watcher, seconds: dict[str, float]
) -> tuple[_Plan, _Found]:
    """The plan and the mixtures with as many components, or dots, as the bytes of a drawing allow."""
    from . import budget, outputs

    assert recipe.budget is not None
    tried: dict[int, tuple[_Plan, _Found]] = {}
    dots = limited.style == "dots"
    found = _fitted(recipe, read, plan, watch, seconds) if dots else None

    def size(n: int) -> int:
        now = replace(plan, settings=plan.settings | {"samples": n}) if dots else plan
        tried[n] = (now, found or _fitted(replace(recipe, n_components=n), read, plan, watch, seconds))
        with _timed(seconds, "draw"):
            watch(Progress(f"drawing {limited.style} of {n:,} {'dots' if dots else 'Gaussians'}"))
            seen = _drawn(recipe, tried[n][1].seen(plan.well[limited]))
            how = (read.frame, plan.sizes[limited], now.settings, _title(recipe), lambda done, of: None)
            return len(outputs.encode(limited, outputs.make(limited, seen, [], *how)))

    most = read.points.survey().support if read.points is not None else budget.MOST[True]
    return tried[budget.spend(recipe.budget, limited.style, budget.MOST[True] if dots else most, size)]


def _written(
    recipe: Recipe,
    read: Read,
    plan: _Plan,
    found: _Found,
    watch: Watcher,
    seconds: dict[str, float],
    whole: Place,
    more: Mapping[str, Any] | None = None,
) -> tuple[tuple[Written, ...], float | None]:
    """Draw and write all; and the PSNR of the mean. more: notes of a model."""
    from ..model.storage import save
    from . import outputs

    written: list[Written] = []
    psnr: float | None = None
    made: Any = None
    before: tuple[Any, ...] = ()
    steps = {name: [_drawn(recipe, mixture) for mixture in mixtures] for name, mixtures in found.ways.items()}
    for output in plan.outputs:
        size = plan.sizes[output]
        stage = f"drawing {output.style}" if output.film is None else f"filming {output.film}"

        def painted(done: int, of: int, stage: str = stage) -> None:
            watch(Progress(stage, done=done, of=of))

        seen = _drawn(recipe, found.seen(plan.well[output]))
        look = (output.medium, output.style, output.film, output.clear)
        if before != look:  # one picture may go to several files
            before = look
            with _timed(seconds, "draw"):
                watch(Progress(stage))
                how = (read.frame, size, plan.settings, _title(recipe), painted)
                made = outputs.make(output, seen, steps.get(output.film or "", []), *how)
                plain = "tone" not in plan.settings and not recipe.frame
                if before[:2] == ("picture", "mean") and read.pixels is not None and plain:
                    psnr = read.psnr(_at_its_size(seen, read, made))
        with _timed(seconds, "write"), whole(output.path) as file:
            watch(Progress(f"writing {output.path.name}"))
            file.write(outputs.encode(output, made))
        extent = size if output.medium != "page" else (0, 0)
        frames = outputs.frames_of(output, plan.settings)
        pens: dict[str, Any] = {each: getattr(made, each, None) for each in ("pens", "pen_down_mm", "pen_up_mm")}
        written.append(Written(output.path, output.style, *extent, output.medium, frames, **pens))
    for target in plan.tiny:
        with _timed(seconds, "write"), whole(target) as file:
            file.write(found.tiny)
        written.append(Written(target, "tiny", medium="model", frames=0))
    for target in plan.models:
        with _timed(seconds, "write"), whole(target) as file:
            notes: dict[str, Any] = {"frame": list(read.frame), "kind": read.kind}
            if plan.fine and found.polished is not None and read.kind == "ink":
                notes |= _told_tone(plan.settings)
            save(found.seen(plan.fine), file, notes=notes | dict(more or {}))
        written.append(Written(target, "model", medium="model", frames=0))
    return tuple(written), psnr


def _drawn(recipe: Recipe, mixture: Mixture) -> Mixture:
    """What of a mixture is drawn, and how sharp."""
    from ..pictures import draw

    return draw.sharpen(shown(mixture, recipe.without, recipe.heaviest), recipe.sharpen)


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


def _told_tone(settings: dict[str, Any]) -> dict[str, Any]:
    """What the notes of a model say of the tone that its density was polished for."""
    from ..pictures.tone import parse_tone
    from .polish import TONE

    return {"tone": str(parse_tone(settings.get("tone", TONE)))}


def _title(recipe: Recipe) -> str:
    return legible(called(Path(recipe.image.name)))


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
