"""A drawing in so many bytes: as many components, or dots, as fit into them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import InputError, named
from .standard import called

if TYPE_CHECKING:
    from .outputs import Output
    from .reading import Read
    from .recipe import Recipe

TRIES, SPENT = 6, 0.97
"""How many drawings are made at most; which share of the bytes is enough."""
A_PIECE = {"mean": 650, "grid": 650, "ellipses": 195, "contour": 700, "dots": 9}
"""Bytes of a component, or of a dot, to begin with."""
MOST = {True: 1_000_000, False: 20_000}
"""Dots, and components."""


def drawing(recipe: Recipe, planned: list[Output], read: Read) -> Output | None:
    """The drawing that has a budget, after InputError for what can have none."""
    if recipe.budget is None:
        return None
    drawings = [output for output in planned if output.medium == "drawing"]
    if len(drawings) != 1:
        raise InputError(
            f"{named('budget')} is for one drawing, and {len(drawings)} are asked for: add {named('outputs')} NAME.svg "
            f"once, with one of {named('styles')}."
        )
    (output,) = drawings
    by = "samples" if output.style == "dots" else "n_components"
    if by in recipe.settings or (by == "n_components" and recipe.n_components is not None):
        raise InputError(f"{named('budget')} finds {named(by)} itself: leave that out.")
    if recipe.psnr is not None:
        raise InputError(f"{named('budget')} and {named('psnr')} cannot both decide: leave one out.")
    if read.points is None and by == "n_components":
        raise InputError(f"{called(recipe.image)} is a model; {named('budget')} needs the picture: give that instead.")
    if recipe.budget < 1:
        raise InputError(f"{named('budget')} is {recipe.budget}: give bytes, such as 50kB.")
    return output


def spend(budget: int, style: str, most: int, size: Callable[[int], int]) -> int:
    """The number of components or dots whose drawing has hardly less than `budget` bytes.

    size: the bytes for a number of them, nearly an affine function. InputError when even one is too many.
    """
    most = min(most, MOST[style == "dots"])
    n = max(1, min(most, budget // A_PIECE[style]))
    tried: dict[int, int] = {}
    while n not in tried and len(tried) < TRIES:
        tried[n] = size(n)
        if SPENT * budget <= tried[n] <= budget:
            break
        a, b = ([*tried] * 2)[-2:]
        slope = (tried[b] - tried[a]) / (b - a) if a != b else tried[n] / n
        aim = (1 + SPENT) / 2 * budget
        n = max(1, min(most, int(n + (aim - tried[n]) / max(slope, 1.0))))
        if len(tried) == TRIES - 1 and min(tried.values()) > budget:
            n = 1
    within = [n for n, bytes_ in tried.items() if bytes_ <= budget]
    if not within:
        raise InputError(
            f"{named('budget')} is {budget:,} bytes, and the smallest drawing has {min(tried.values()):,}: raise it, "
            f"or choose {named('styles', 'ellipses')}."
        )
    return max(within)
