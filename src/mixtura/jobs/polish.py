"""What of a painted picture is polished, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import InputError, named
from .progress import Progress, Watcher

if TYPE_CHECKING:
    from ..arrays import Numbers
    from ..model.mixture import Mixture
    from .outputs import Output
    from .paint import Recipe

TONE = "0:255,0.25:0,1:0"
"""Of polished ink, unless another is asked for: black from a quarter of the largest density on, for sharp strokes."""

OF_EM = ("covariance_type", "max_iter", "tol", "dtype")
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


def applies(output: Output, recipe: Recipe, kind: str) -> bool:
    """Whether an output is drawn from a polished mixture.

    Unless it is said: what paints a colour picture's mean, where nothing is said of EM. Drawings of soft ellipses, dots
    and ellipses show the components of a fit better, and films show one.
    """
    if output.film == "em":
        return False
    if recipe.polish is not None:
        return recipe.polish
    if any(getattr(recipe, name) != getattr(type(recipe), name) for name in OF_EM):
        return False
    return kind == "colour" and output.style == "mean" and output.medium in ("picture", "page") and output.film is None


def check(recipe: Recipe, kind: str, tone: Any) -> None:
    """Raise InputError for what polishing cannot do."""
    from ..pictures.tone import parse_tone

    if recipe.polish and kind == "ink" and tone is not None and parse_tone(tone).kind == "equalise":
        raise InputError(
            f"{named('polish', True)} cannot follow {named('tone', 'equalise')}, which depends on all pixels at once: "
            f"give another tone, or {named('polish', False)}."
        )


def polished(pixels: Numbers, kind: str, n_components: int, recipe: Recipe, tone: Any, watch: Watcher) -> Polished:
    """Polish a picture of colours, or the ink of one."""
    from ..pictures import image
    from ..pictures.polishing import PolishStep, polish

    last: list[PolishStep] = []

    def on_step(step: PolishStep) -> None:
        last[:] = [step]
        watch(Progress("polishing", done=step.step, of=step.steps, psnr=step.psnr))

    watch(Progress("polishing"))
    settings: dict[str, Any] = {"effort": recipe.effort, "on_step": on_step, "n_threads": recipe.n_threads}
    if kind == "ink":
        drawing = image.drawing(pixels, threshold=recipe.threshold, light=recipe.light)
        mixture = polish(n_components, drawing, tone=tone, **settings)
    else:
        mixture = polish(n_components, pixels, **settings)
    return Polished(mixture, last[0].step, last[0].psnr)
