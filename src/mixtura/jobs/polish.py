"""What of a painted picture is polished, and how."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import InputError, named
from .outputs import OF_STEPS
from .progress import Progress, Watcher

if TYPE_CHECKING:
    from ..model.mixture import Mixture
    from .fitting import Fitting
    from .morph import Morph
    from .outputs import Output
    from .reading import Read
    from .recipe import Recipe

TONE = "0:255,0.25:0,1:0"
"""Of polished ink, unless another is asked for: black from a quarter of the largest density on, for sharp strokes."""

MOST, TRIES, CLOSE = 50_000, 7, 0.2
"""Of a search by PSNR: the most components; how often it polishes; by how many decibels it may be better."""
DENSE, SHOWN = 15, 60
"""Of a film: every one of the first steps, then so many of all, about."""
OF_EM = ("covariance_type", "max_iter", "tol", "dtype", "start", "fixed", "n_init", "reg_covar")
"""What a recipe says of EM alone."""


@dataclass(frozen=True, eq=False)
class Polished:
    """A polished mixture.

    Attributes
    ----------
    mixture : Mixture
        Which paints the picture.
    steps : int
        How many it took.
    psnr : float
        Before the last one, in dB.
    """

    mixture: Mixture
    steps: int
    psnr: float


def applies(output: Output, recipe: Recipe) -> bool:
    """Whether an output is drawn from a polished mixture.

    Unless it is said: what paints a colour picture's mean, where nothing is said of EM. Drawings of soft ellipses, dots
    and ellipses show the components of a fit better, and films show one.
    """
    if output.film in OF_STEPS:
        return output.film == "polish"
    if recipe.polish is not None:
        return recipe.polish
    return untold(recipe) and output.style == "mean" and output.medium in ("picture", "page") and output.film is None


def untold(how: Fitting) -> bool:
    """Whether nothing is said of EM."""
    return all(getattr(how, name) == getattr(type(how), name) for name in OF_EM)


def check(recipe: Recipe, kind: str, tone: Any, any_mean: bool) -> None:
    """Raise InputError for what polishing cannot do. any_mean: whether something polished is drawn."""
    from ..pictures.tone import parse_tone

    if recipe.polish and kind == "ink" and tone is not None and parse_tone(tone).kind == "equalise":
        raise InputError(
            f"{named('polish', True)} cannot follow {named('tone', 'equalise')}, which depends on all pixels at once: "
            f"give another tone, or {named('polish', False)}."
        )
    if recipe.psnr is None:
        return
    if not 5 <= recipe.psnr <= 60:
        raise InputError(f"{named('psnr')} is {recipe.psnr:g}: give decibels from 5 to 60, such as 30.")
    if recipe.n_components is not None:
        raise InputError(f"{named('psnr')} finds the number of components: leave {named('n_components')} out.")
    if kind == "ink" or not any_mean:
        raise InputError(
            f"{named('psnr')} is for the polished mean of a colour picture: choose {named('styles', 'mean')}, "
            f"{named('kind', 'colour')} and {named('polish', True)}."
        )


def polished(
    read: Read, n_components: int, recipe: Recipe, tone: Any, watch: Watcher, path: list[Mixture] | None
) -> Polished:
    """Polish a picture of colours, or the ink of one. path: takes mixtures on the way, for a film."""
    if recipe.psnr is not None:
        return _good_enough(read, recipe, watch, path)
    start = n_components if isinstance(recipe.start, str) else recipe.start
    return once(read, start, recipe, watch, path, tone=tone)


def once(
    read: Read,
    start: int | Mixture,
    how: Recipe | Morph,
    watch: Watcher,
    path: list[Mixture] | None = None,
    *,
    tone: Any = TONE,
    stage: str = "polishing",
) -> Polished:
    """Polish so many components, or a mixture. tone: of ink."""
    from ..pictures.polishing import PolishStep, polish

    last: list[PolishStep] = []

    def on_step(step: PolishStep) -> None:
        last[:] = [step]
        if path is not None and (step.step <= DENSE or step.step % (1 + step.steps // SHOWN) == 0):
            path.append(step.mixture)
        watch(Progress(stage, done=step.step, of=step.steps, psnr=step.psnr, polish=step))

    if path is not None:
        path.clear()
    watch(Progress(stage))
    settings: dict[str, Any] = {"effort": how.effort, "n_threads": how.n_threads, "weight": read.weight}
    if read.ink is not None:
        settings["tone"] = tone
    mixture = polish(start, read.canvas, on_step=on_step, **settings)
    if path is not None:
        path.append(mixture)
    return Polished(mixture, last[0].step, last[0].psnr)


def _good_enough(read: Read, recipe: Recipe, watch: Watcher, path: list[Mixture] | None) -> Polished:
    """A polishing with hardly more components than it takes for the PSNR that is asked for.

    The PSNR grows nearly in proportion to the logarithm of their number.
    """
    from ..pictures import draw, opacity

    assert read.pixels is not None
    assert read.points is not None
    assert recipe.psnr is not None
    wanted, (height, width) = recipe.psnr, read.pixels.shape[:2]
    most = max(1, min(MOST, read.points.survey().support // 4))
    k, slope = min(250, most), 2.0
    best: Polished | None = None
    tried: dict[int, float] = {}
    while k not in tried and len(tried) < TRIES:
        found = once(read, k, recipe, watch, stage=f"polishing {k:,} components")
        drawn = opacity.on_paper(draw.sharpen(found.mixture, recipe.sharpen))
        painted = draw.picture(drawn, "mean", frame=read.whole, size=(width, height))
        tried[k] = read.psnr(painted)
        enough = tried[k] >= wanted
        if enough and (best is None or k < best.mixture.n_components):
            best = found
        if enough and tried[k] < wanted + CLOSE:
            break
        if len(tried) > 1:
            (a, low), (b, high) = sorted(tried.items(), key=lambda each: abs(each[1] - wanted))[:2]
            slope = min(max((high - low) / math.log2(b / a), 0.5), 6.0)
            k = min((a, b), key=lambda each: abs(tried[each] - wanted))
        k = max(1, min(most, math.ceil(k * 2 ** ((wanted + CLOSE / 2 - tried[k]) / slope))))
    if best is None:
        reached = max(tried.values())
        raise InputError(
            f"{named('psnr')} is {recipe.psnr:g}, but {max(tried):,} components reach {reached:.2f} dB: ask for less, "
            f"or raise {named('effort')}."
        )
    if path is not None:
        return once(read, best.mixture.n_components, recipe, watch, path)
    return best
