"""Which pixels of a picture are ink, before anything is fitted: `mixtura paint --preview`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, named
from ..writing import check_apart, check_target, whole_file
from .idle import tell_preview
from .progress import Progress, Watcher, unwatched
from .reading import read_image
from .recipe import Recipe, check
from .standard import called, default_name


@dataclass(frozen=True)
class Preview:
    """What was found.

    Attributes
    ----------
    ink, pixels : int
        How many pixels are ink, of how many.
    rule : str
        Which greys are ink, in words.
    output : Path
        The picture of them, black on white.
    profile : str or None
        The name of the profile that the picture was converted from.
    """

    ink: int
    pixels: int
    rule: str
    output: Path
    profile: str | None = None


def of_ink(recipe: Recipe, watch: Watcher = unwatched) -> Preview:
    """Write a picture of the ink that a recipe would fit; under "grey", of how much of it each pixel holds.

    Parameters
    ----------
    recipe : Recipe
        Of which it takes what says how to read, and one output at most.
    watch : callable, optional
        Called with a `Progress`.

    Returns
    -------
    Preview

    Raises
    ------
    MixturaError
        Its children: for a model, a picture read as colour, or one without ink.
    """
    import numpy as np

    from ..pictures import files, image

    check(recipe)
    if len(recipe.outputs) > 1:
        raise InputError(
            f"{named('preview')} writes one picture, and {named('outputs')} is given {len(recipe.outputs)} times: give "
            f"it once."
        )
    target = recipe.outputs[0] if recipe.outputs else default_name(recipe.image, "-ink.png", parameter="outputs")
    target = check_target(target, files.PICTURE_KINDS)
    check_apart(recipe.image, [target])
    watch(Progress(f"reading {called(Path(recipe.image.name))}"))
    read = read_image(recipe.image, recipe, watch, mask=recipe.mask)
    if read.pixels is None or read.ink is None:
        what = "is a model" if read.pixels is None else "is read as colour, where all pixels count"
        remedy = "give a picture" if read.pixels is None else f"add {named('kind', 'ink')}"
        raise InputError(f"{called(recipe.image)} {what}: {named('preview')} shows which pixels are ink, so {remedy}.")
    rule = image.resolved(read.pixels, recipe.threshold)
    shown = np.full(read.pixels.shape[:2], 255, np.uint8)
    for first, band in image.bands(read.pixels):
        mask, shade = image.inked(band, rule, recipe.light)
        dark = mask * np.float32(1) if shade is None else shade
        if read.weight is not None:
            dark = dark * read.weight[first : first + len(band)]
        shown[first : first + len(band)] = np.round(255 - 255 * dark)
    assert read.points is not None
    tell_preview(recipe)
    with whole_file(target) as file:
        file.write(files.encode(np.repeat(shown[..., None], 3, axis=2), target.suffix.lower() or ".png"))
    return Preview(read.points.survey().support, shown.size, _told(rule, recipe.light), target, read.profile)


def _told(rule: str | float | tuple[float, float], light: bool) -> str:
    """Which greys are ink, in words."""
    if isinstance(rule, str):
        return f"all of some {'lightness' if light else 'darkness'}, by how much"
    low, high = rule if isinstance(rule, tuple) else (rule, rule)
    return (
        f"those {'above' if isinstance(rule, tuple) else 'from'} grey {high:g}"
        if light
        else f"those below grey {low:g}"
    )
