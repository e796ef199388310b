"""Sheets: several pictures on one, row by row, with a line of text under each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ..errors import InputError, named
from ..model.checks import is_whole
from .colours import Colour, parse_colour
from .quantise import checked

Pixels = NDArray[np.uint8]


def sheet(
    pictures: Sequence[NDArray[Any]],
    *,
    labels: Sequence[str] | None = None,
    columns: int | None = None,
    gap: int = 2,
    paper: str | Colour = "white",
    ink: str | Colour = "#333333",
) -> Pixels:
    """Pictures side by side on paper, (h, w, 3) uint8.

    pictures: one at least, uint8, each (h, w) greys or (h, w, 3) sRGB; the largest sets the pitch. labels: one a
    picture, written under it. columns: how many side by side; by default about as many as rows. gap: pixels between.
    Raises InputError for malformed arguments.
    """
    shots = [np.repeat(shot[..., None], 3, axis=2) if shot.ndim == 2 else shot for shot in pictures]
    if not shots or any(shot.dtype != np.uint8 or shot.ndim != 3 or shot.shape[2] != 3 for shot in shots):
        raise InputError("pictures must be uint8 of shape (h, w) or (h, w, 3), one at least.")
    if labels is not None and len(labels) != len(shots):
        raise InputError(f"labels has {len(labels)} entries for {len(shots)} pictures: give one a picture.")
    if columns is not None and (not is_whole(columns) or columns < 1):
        raise InputError(f"{named('columns')} is {columns!r}: give a whole number >= 1.")
    across = min(len(shots), columns or math.ceil(math.sqrt(len(shots))))
    down = math.ceil(len(shots) / across)
    height, width = (max(shot.shape[side] for shot in shots) for side in (0, 1))
    letters = max(11, round(width / 24)) if labels is not None else 0
    caption = round(2 * letters)
    page = Image.new(
        "RGB",
        (across * (width + gap) + gap, down * (height + caption + gap) + gap),
        parse_colour(paper, "paper"),
    )
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(letters) if letters else None
    for i, shot in enumerate(shots):
        left, top = gap + (i % across) * (width + gap), gap + (i // across) * (height + caption + gap)
        page.paste(Image.fromarray(shot), (left + (width - shot.shape[1]) // 2, top))
        if labels is not None:
            middle = (left + width / 2, top + shot.shape[0] + caption / 2)
            draw.text(middle, labels[i], fill=parse_colour(ink, "ink"), font=font, anchor="mm")
    return np.asarray(page)


def reduced(picture: NDArray[Any], longest: int) -> Pixels:
    """The picture (h, w, 3) in 0..255 at most `longest` pixels a side, as it is when it is no larger; uint8."""
    picture = checked(picture)
    height, width = picture.shape[:2]
    if max(height, width) <= longest:
        return picture
    scale = longest / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0))


def enlarged(picture: Pixels, times: int) -> Pixels:
    """The picture with every pixel `times` as wide and as high."""
    return np.repeat(np.repeat(picture, times, axis=0), times, axis=1)
