"""Options that change nothing: which work takes each, and what is said of one where no such work is done.

Limits and conditions belong to all work: ``max_pixels``, ``n_threads``, ``profile`` of a picture that has none, and
``rng``, which scripts give whatever they do. Settings of styles are checked by `outputs.check`, which knows the styles.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import TYPE_CHECKING, Literal

from ..errors import InputError, MixturaWarning, named
from .standard import called

if TYPE_CHECKING:
    from .recipe import Recipe

Work = Literal["picture", "model", "em", "film", "polish", "tiny", "draw", "pixels", "paper"]
"""What a job does: it reads one of two, fits by EM, fits for a film of EM, polishes, makes a tiny file, draws, draws to
a size, shows paper."""

TAKEN: dict[str, tuple[Work, ...]] = {
    **dict.fromkeys(("profile", "mask"), ("picture",)),
    **dict.fromkeys(("threshold", "light"), ("em", "film", "polish")),
    "paper": ("paper",),
    "n_components": ("em", "film", "polish", "tiny", "model"),
    **dict.fromkeys(("covariance_type", "max_iter", "tol", "dtype", "reg_covar"), ("em", "film")),
    **dict.fromkeys(("start", "fixed", "n_init"), ("em",)),
    "polish": ("polish", "em", "film", "model"),  # False is done where nothing is polished
    "effort": ("polish", "tiny"),
    "psnr": ("polish", "tiny"),
    **dict.fromkeys(("styles", "sharpen", "without", "heaviest", "film", "budget"), ("draw",)),
    "size": ("pixels",),
}
"""The work that takes each option of a `Recipe`, of those that not all work takes."""


def check(recipe: Recipe, kind: str, work: Collection[Work]) -> None:
    """Raise InputError for an option that is given, and that none of this work takes. kind: of what is read."""
    for name, by in TAKEN.items():
        if name == "start" and not isinstance(recipe.start, str):
            by = (*by, "polish")
        if getattr(recipe, name) != getattr(type(recipe), name) and not set(by) & set(work):
            raise InputError(f"{named(name)} changes nothing here: {_why(recipe, by[0], work)}.")
    if recipe.settings.get("pens", 1) != 1 and (kind == "ink" or "ink" in recipe.settings):
        raise InputError(f"{named('pens')} changes nothing where all dots have one colour: leave it out.")
    if recipe.film == "polish" and recipe.polish is False:
        raise InputError(
            f"{named('film', 'polish')} and {named('polish', False)} exclude each other: leave one of them out."
        )
    if recipe.n_init != 1 and not isinstance(recipe.start, str):
        raise InputError(f"{named('n_init')} changes nothing where {named('start')} is a model: leave one of them out.")


def _why(recipe: Recipe, missing: Work, work: Collection[Work]) -> str:
    """Why work is not done, and what to do about it."""
    if "model" in work and missing in ("picture", "em", "polish"):
        return f"{called(recipe.image)} is a model; give the picture, or leave the option out"
    if missing == "em" and "tiny" in work:
        return "a .gmx file holds the whole picture, and nothing is fitted by EM; leave it out"
    if missing == "em" and "film" in work:
        return "a film of EM begins with wide components on random pixels, once; leave it out"
    if missing == "em":
        return "nothing is fitted by EM; leave it out"
    if missing == "polish":
        return f"nothing is polished; add {named('polish', True)}, or leave it out"
    if missing == "paper":
        return "nothing is transparent, and what is drawn covers the paper; leave it out"
    if missing == "pixels" and "draw" in work:
        return f"a page has no size of its own, and dots in .svg have {named('sheet_mm')}; leave it out"
    return f"nothing is drawn; add {named('outputs', 'NAME.png')}, or leave it out"


def tell_preview(recipe: Recipe) -> None:
    """Warn of options that wait until what is ink is settled."""
    of_reading = ("profile", "mask", "threshold", "light", "paper")
    others = [name for name in (*TAKEN, "frame") if name not in of_reading]
    waiting = [name for name in others if getattr(recipe, name) != getattr(type(recipe), name)] + [*recipe.settings]
    if waiting:
        told = ", ".join(named(name) for name in waiting)
        warnings.warn(
            MixturaWarning(f"{named('preview')} fits and draws nothing: until it is left out, {told} change nothing."),
            stacklevel=3,
        )
