"""Contact sheets: several pictures on one, row by row, with a line of text under each."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..arrays import Bytes, Numbers
from ..errors import InputError, named
from . import checks
from .colours import Colour, parse_colour
from .field import Frame
from .quantise import checked


def sheet(
    pictures: Sequence[Numbers],
    *,
    labels: Sequence[str] | None = None,
    columns: int | None = None,
    gap: int = 2,
    paper: str | Colour = "white",
    ink: str | Colour = "#333333",
) -> Bytes:
    """Arrange pictures on a contact sheet.

    Parameters
    ----------
    pictures : sequence of ndarray of uint8, shape (h, w) or (h, w, 3)
        Greys or sRGB values, one picture at least; the largest sets the pitch.
    labels : sequence of str, optional
        One per picture, written under it.
    columns : int, optional
        Pictures side by side; by default about as many as rows.
    gap : int, default 2
        Bytes between the pictures.
    paper, ink : str or tuple of int
        Colours of the background and of the labels.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)

    Raises
    ------
    InputError
        If an argument is malformed.
    """
    shots = [coloured(checks.picture(shot, "pictures", greys=True, exact=True)) for shot in pictures]
    across, down = arrangement(len(shots), columns, labels, "labels")
    height, width = (max(shot.shape[side] for shot in shots) for side in (0, 1))
    letters = max(11, round(width / 24)) if labels is not None else 0
    caption = round(2 * letters)
    size = across * (width + gap) + gap, down * (height + caption + gap) + gap
    page = Image.new("RGB", size, parse_colour(paper, "paper"))
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(letters) if letters else None
    for i, shot in enumerate(shots):
        left, top = gap + (i % across) * (width + gap), gap + (i // across) * (height + caption + gap)
        page.paste(Image.fromarray(shot), (left + (width - shot.shape[1]) // 2, top))
        if labels is not None:
            middle = (left + width / 2, top + shot.shape[0] + caption / 2)
            draw.text(middle, labels[i], fill=parse_colour(ink, "ink"), font=font, anchor="mm")
    return np.asarray(page)


def arrangement(
    count: int, columns: int | None, texts: Sequence[str] | None = None, name: str = "labels"
) -> tuple[int, int]:
    """Choose the numbers of columns and rows of a sheet.

    Parameters
    ----------
    count : int
        The pictures, one at least.
    columns : int, optional
        As asked for; by default about as many as rows.
    texts : sequence of str, optional
        One per picture.
    name : str, default "labels"
        What an error calls the texts.

    Returns
    -------
    tuple of int, (columns, rows)

    Raises
    ------
    InputError
        If there are no pictures, `columns` is not a whole number >= 1, or the texts are fewer or more than the
        pictures.
    """
    if not count:
        raise InputError(f"{named('pictures')} is empty: give one at least.")
    if texts is not None and len(texts) != count:
        raise InputError(f"{named(name)} has {len(texts)} entries for {count} pictures: give one a picture.")
    across = math.ceil(math.sqrt(count)) if columns is None else checks.whole(columns, "columns")
    across = min(across, count)
    return across, math.ceil(count / across)


def coloured(picture: Bytes) -> Bytes:
    """Convert greys to equal red, green and blue.

    Parameters
    ----------
    picture : ndarray, shape (h, w) or (h, w, 3)
        Greys or sRGB values.

    Returns
    -------
    ndarray, shape (h, w, 3)
        A picture that has colours already is returned as it is.
    """
    return np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture


def reduced(picture: Numbers, longest: int) -> Bytes:
    """Scale a picture down to a largest side.

    Parameters
    ----------
    picture : ndarray, shape (h, w, 3)
        sRGB values in 0..255.
    longest : int
        The longer side at most, in pixels.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        The picture as it is if it is no larger.

    Raises
    ------
    InputError
        If the picture has another shape or range.
    """
    picture = checked(picture)
    height, width = picture.shape[:2]
    if max(height, width) <= longest:
        return picture
    size = Frame.of_picture(width, height).fit(longest)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0))


def enlarged(picture: Bytes, times: int) -> Bytes:
    """Scale a picture up without interpolation.

    Parameters
    ----------
    picture : ndarray of uint8, shape (h, w, 3)
        sRGB values.
    times : int
        Width and height of each pixel in the result.

    Returns
    -------
    ndarray of uint8, shape (times * h, times * w, 3)
    """
    return np.repeat(np.repeat(picture, times, axis=0), times, axis=1)
