"""Pixels to points.

A picture is an (h, w, 3) array of sRGB values in 0..255. Its points have coordinates in pixels, the origin at
the outer corner of the first pixel, x to the right and y down: the pixel picture[row, column] is the point
(column + 0.5, row + 0.5).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from ..arrays import Bools, Floats, Numbers, Singles
from ..checks import float_dtype
from ..errors import InputError, PictureError, named
from ..sources.points import Points
from . import checks

AnyThreshold = str | float | tuple[float, float]
Rule = float | tuple[float, float] | Literal["grey"]
Threshold = Rule | Literal["otsu"]
DType = Literal["float32", "float64"]

PIXEL_VARIANCE = 1.0 / 12.0
"""Variance of a uniform number on an interval of length one: what a pixel's width, or rounding to a byte, adds."""

_BINS = 256
_BAND = 1 << 20  # pixels at once: what lies beside a picture is as large as they are
_CHROMA = 24.0  # steps of 255 between the largest and the smallest channel: more than JPEG makes of a grey
_CHROMA_SHARE = 0.01


def ink(picture: Numbers, *, threshold: AnyThreshold = "otsu", light: bool = False, dtype: DType = "float64") -> Points:
    """Take the dark pixels of a picture (with `light`, the light ones) as points (x, y), row by row.

    Parameters
    ----------
    picture : ndarray, shape (h, w, 3)
        sRGB values in 0..255. Its greys g are those of `grey`, in 0..255, not rounded.
    threshold : str, float or tuple of float, default "otsu"
        Which pixels are ink:

        * a number t: dark pixels are those with g < t, light ones the others (g >= t);
        * ``"otsu"``: the same, with the t of `otsu`;
        * ``"lo:hi"`` or ``(lo, hi)``: without the midtones. Dark pixels are those with g < lo, light ones those with
          g > hi;
        * ``"grey"``: every pixel, with the weight 1 - g/255 (light: g/255); those of weight 0 are left out.
    light : bool, default False
        Take the light pixels instead of the dark ones.
    dtype : {"float64", "float32"}
        Of the points.

    Returns
    -------
    Points
        n points named ``("x", "y")``, the centres of the pixels: in pixels, y down, origin at the outer corner of the
        first pixel, so that centres lie at +0.5. They know that a pixel is a square, whose variance along each axis
        is 1/12 (`Points.within_variance`), so that a fit of a few pixels has their width.

    Raises
    ------
    PictureError
        If no pixel is ink, or all pixels have one grey under ``"otsu"``.
    InputError
        If the threshold is malformed, or the picture has another shape or range.
    """
    float_dtype(dtype)
    rule = resolved(picture, threshold)
    parts = [ink_points(band, first, rule, light, dtype) for first, band in bands(picture)]
    centres = np.concatenate([part.x for part in parts])
    if not len(centres):
        raise PictureError(_no_ink(grey(picture), rule, light))
    weight = np.concatenate([part.weight for part in parts if part.weight is not None]) if rule == "grey" else None
    for array in (centres, weight):
        if array is not None:
            array.flags.writeable = False
    return Points(centres, weight, ("x", "y"), one_unit=True, within_variance=PIXEL_VARIANCE)


def colour(picture: Numbers, *, dtype: DType = "float32") -> Points:
    """Take every pixel of a picture with its colour as a point (x, y, r, g, b), row by row.

    Parameters
    ----------
    picture : ndarray, shape (h, w, 3)
        sRGB values in 0..255.
    dtype : {"float32", "float64"}
        Of the points. float32 holds 8-bit colours exactly, in half the memory.

    Returns
    -------
    Points
        h * w points named ``("x", "y", "r", "g", "b")``: x and y in pixels, y down, origin at the outer corner of the
        first pixel (centres at +0.5); colours in 0..255. `Points.within_variance` is 1/12: that of a pixel along x
        and y, and of rounding to whole numbers in the colours.

    Raises
    ------
    InputError
        If the picture has another shape or range.
    """
    float_dtype(dtype)
    return coloured_points(checked(picture), 0, dtype)


def drawing(picture: Numbers, *, threshold: AnyThreshold = "otsu", light: bool = False) -> Singles:
    """Take the ink of a picture as a drawing: black where ink is, white elsewhere.

    Parameters
    ----------
    picture : ndarray, shape (h, w, 3)
        sRGB values in 0..255.
    threshold, light
        As for `ink`. Of a single threshold, the mean greys of ink and paper become black and white, and greys between
        stay between, so that edges are as smooth as the picture's.

    Returns
    -------
    ndarray of float32, shape (h, w)
        Greys in 0..255, 0 being ink.

    Raises
    ------
    PictureError, InputError
        As `ink` does.
    """
    rule = resolved(picture, threshold)
    tone = grey(picture)
    mask, shade = inked(picture, rule, light)
    if not mask.any():
        raise PictureError(_no_ink(tone, rule, light))
    if shade is not None:
        return np.asarray(255 * (1 - shade))
    if isinstance(rule, tuple) or mask.all():
        return np.where(mask, np.float32(0), np.float32(255))
    black, white = (float(tone[part].mean(dtype=np.float64)) for part in (mask, ~mask))
    return np.asarray(np.clip((tone - np.float32(black)) * np.float32(255 / (white - black)), 0, 255))


def kind(picture: Numbers) -> Literal["ink", "colour"]:
    """Choose between `ink` and `colour` for a picture.

    Parameters
    ----------
    picture : ndarray, shape (h, w, 3)
        sRGB values in 0..255.

    Returns
    -------
    {"ink", "colour"}
        ``"colour"`` if in more than 1 % of the pixels the largest channel exceeds the smallest by more than 24 of 255,
        which greys after compression do not.

    Raises
    ------
    InputError
        If the picture has another shape or range.

    Notes
    -----
    A grey photograph counts as ink too: ``ink(picture, threshold="grey")`` suits it.
    """
    pixels = checked(picture)
    height, width = pixels.shape[:2]
    coloured = sum(_coloured(row) for row in pixels)  # by rows, so that nothing large is copied for a count
    return "colour" if coloured > _CHROMA_SHARE * height * width else "ink"


def grey(picture: Numbers) -> Singles:
    """Compute the grey of each pixel, 0.299 r + 0.587 g + 0.114 b, not rounded.

    Parameters
    ----------
    picture : ndarray, shape (h, w, 3)
        sRGB values in 0..255.

    Returns
    -------
    ndarray of float32, shape (h, w)
        In 0..255.

    Raises
    ------
    InputError
        If the picture has another shape or range.

    References
    ----------
    The luma of ITU-R BT.601, as in Pillow's mode "L".
    """
    pixels = checked(picture)
    out = np.empty(pixels.shape[:2], np.float32)
    for first, band in bands(pixels):
        out[first : first + len(band)] = _grey(band)
    return out


def otsu(tone: Floats) -> float:
    """Compute Otsu's threshold: the grey that best separates a picture's pixels into two classes.

    Parameters
    ----------
    tone : ndarray of float
        Greys, finite, of any shape.

    Returns
    -------
    float
        Dark pixels are those below it.

    Raises
    ------
    PictureError
        If all greys are equal.

    Notes
    -----
    Maximises the variance between the classes, on 256 bins from the smallest grey to the largest; where a gap leaves
    several such thresholds, its middle.

    References
    ----------
    Otsu 1979, "A threshold selection method from gray-level histograms".
    """
    low, high = float(tone.min()), float(tone.max())
    if low == high:
        raise PictureError(
            f"every pixel has the grey {low:g}, so no {named('threshold')} separates ink from paper: give a number, "
            f"fit the picture as colour, or, if it is transparent, read it over another paper."
        )
    # In float64, so that 256 edges also fit between two greys of a faint 16-bit picture.
    edges = np.histogram_bin_edges(np.empty(0), bins=_BINS, range=(low, high))
    flat, count = np.ravel(tone), np.zeros(_BINS, np.int64)
    for begin in range(0, flat.size, _BAND):
        count += np.histogram(flat[begin : begin + _BAND].astype(np.float64), bins=_BINS, range=(low, high))[0]
    centre = (edges[:-1] + edges[1:]) / 2
    dark = np.cumsum(count)[:-1]
    light = tone.size - dark
    first = np.cumsum(count * centre)
    gap = first[:-1] / dark - (first[-1] - first[:-1]) / light  # between the means of the classes
    # Of equal ones argmax takes the first, so that `best` is no empty bin.
    best = int(np.argmax(dark * (light * gap**2)))
    above = best + 1 + int(np.argmax(count[best + 1 :] > 0))
    return float((edges[best + 1] + edges[above]) / 2)


def parse_threshold(text: AnyThreshold) -> Threshold:
    """Read a threshold.

    Parameters
    ----------
    text : str, float or tuple of float
        ``"otsu"``, ``"grey"``, a number in 0..255, or two, lo <= hi; numbers also as text, ``"128"`` or ``"60:200"``.

    Returns
    -------
    "otsu", "grey", float, or tuple of float (lo, hi)

    Raises
    ------
    InputError
        If it is anything else.
    """
    if isinstance(text, str) and text.strip().lower() in ("otsu", "grey"):
        return "otsu" if text.strip().lower() == "otsu" else "grey"
    parts = text.split(":") if isinstance(text, str) else text if isinstance(text, (tuple, list)) else (text,)
    try:
        bounds = [float(part) for part in parts if not isinstance(part, (bool, np.bool_))]
    except (TypeError, ValueError):
        bounds = []
    if len(bounds) != len(parts) or len(bounds) not in (1, 2) or not all(0 <= bound <= 255 for bound in bounds):
        raise InputError(
            f"{named('threshold')} is {text!r}: give otsu, grey, a number in 0..255, or two as lo:hi (such as 60:200)."
        )
    if len(bounds) == 1:
        return bounds[0]
    if bounds[0] > bounds[1]:
        raise InputError(
            f"{named('threshold')} is {text!r}, whose lo is above its hi: write {bounds[1]:g}:{bounds[0]:g}."
        )
    return bounds[0], bounds[1]


# By bands of rows


def bands(pixels: Numbers) -> Iterator[tuple[int, Numbers]]:
    """Cut a picture into bands of rows.

    Parameters
    ----------
    pixels : ndarray, shape (h, w, ...)
        Of any kind.

    Yields
    ------
    first : int
        The number of the first row.
    band : ndarray, shape (m, w, ...)
        A view of the rows from there on.
    """
    rows = max(1, _BAND // max(1, pixels.shape[1]))
    for first in range(0, len(pixels), rows):
        yield first, pixels[first : first + rows]


def coloured_points(band: Numbers, first: int, dtype: DType) -> Points:
    """Take the pixels of a band as points.

    Parameters
    ----------
    band : ndarray, shape (m, w, 3)
        Rows of a picture.
    first : int
        The number of the first one.
    dtype : {"float32", "float64"}
        Of the points.

    Returns
    -------
    Points
        As `colour` gives them.
    """
    height, width = band.shape[:2]
    table = np.empty((height, width, 5), dtype=dtype)
    table[..., 0] = np.arange(width) + 0.5
    table[..., 1] = (np.arange(first, first + height) + 0.5)[:, None]
    table[..., 2:] = band
    x = table.reshape(-1, 5)  # (m*w, 5)
    x.flags.writeable = False
    names = ("x", "y", "r", "g", "b")
    # Of one unit, which paints best: a grey weighs as a pixel.
    return Points(x, None, names, one_unit=True, within_variance=PIXEL_VARIANCE)


def resolved(picture: Numbers, threshold: AnyThreshold) -> Rule:
    """Find out which greys a threshold means in a picture.

    Parameters
    ----------
    picture : ndarray, shape (h, w, 3)
        sRGB values in 0..255.
    threshold : str, float or tuple of float
        As for `ink`.

    Returns
    -------
    "grey", float, or tuple of float (lo, hi)

    Raises
    ------
    PictureError, InputError
        As `ink` does.
    """
    rule = parse_threshold(threshold)
    checked(picture)
    return otsu(grey(picture)) if rule == "otsu" else rule


def inked(band: Numbers, rule: Rule, light: bool) -> tuple[Bools, Singles | None]:
    """Find the ink of a band.

    Parameters
    ----------
    band : ndarray, shape (m, w, 3)
        Rows of a picture.
    rule : "grey", float or tuple of float
        Of `resolved`.
    light : bool
        Take the light pixels.

    Returns
    -------
    mask : ndarray of bool, shape (m, w)
        Where ink is.
    shade : ndarray of float32, shape (m, w), or None
        How much of it, under "grey".
    """
    tone = _grey(band)
    if rule == "grey":
        shade = tone / np.float32(255) if light else 1 - tone / np.float32(255)
        return shade > 0, shade
    if isinstance(rule, tuple):
        return (tone > rule[1] if light else tone < rule[0]), None
    return (tone >= rule if light else tone < rule), None


def ink_points(band: Numbers, first: int, rule: Rule, light: bool, dtype: DType) -> Points:
    """Take the ink of a band as points, perhaps none.

    Parameters
    ----------
    band : ndarray, shape (m, w, 3)
        Rows of a picture.
    first : int
        The number of the first one.
    rule, light
        As for `inked`.
    dtype : {"float32", "float64"}
        Of the points.

    Returns
    -------
    Points
        As `ink` gives them.
    """
    mask, shade = inked(band, rule, light)
    down, across = np.nonzero(mask)
    centres = np.empty((len(down), 2), dtype)  # x before y
    centres[:, 0], centres[:, 1] = across + 0.5, down + (first + 0.5)
    weight = None if shade is None else shade[mask].astype(dtype, copy=False)
    return Points(centres, weight, ("x", "y"), one_unit=True, within_variance=PIXEL_VARIANCE)


def _grey(band: Numbers) -> Singles:
    green = band[..., 1].astype(np.float32)
    # As differences from green, so that r = g = b gives exactly that number, and white is 255.
    red = np.float32(0.299) * (band[..., 0].astype(np.float32) - green)
    blue = np.float32(0.114) * (band[..., 2].astype(np.float32) - green)
    return np.asarray(green + red + blue)


def checked(picture: Numbers) -> Numbers:
    """Check that it is a picture, and not one of numbers in 0..1.

    Parameters
    ----------
    picture : array_like, shape (h, w, 3)
        sRGB values in 0..255.

    Returns
    -------
    ndarray

    Raises
    ------
    InputError
        If it is none.
    """
    pixels = checks.picture(picture)
    if pixels.dtype.kind == "f" and 0 < (high := pixels.max()) <= 1 and ((pixels > 0) & (pixels < 1)).any():
        raise InputError(f"{named('picture')} reaches {high:g}, expected sRGB values in 0..255: multiply it by 255.")
    return pixels


def _coloured(row: Numbers) -> int:
    """How many of the pixels (w, 3) have visible chroma."""
    red, green, blue = row.T
    chroma = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)  # (w,)
    return int(np.count_nonzero(chroma > _CHROMA))


def _no_ink(tone: Floats, rule: Rule, light: bool) -> str:
    """Why no pixel is ink, and what to do."""
    low, high = float(tone.min()), float(tone.max())
    if isinstance(rule, tuple):
        limit = f"above {rule[1]:g}" if light else f"below {rule[0]:g}"
    elif rule == "grey":
        limit = "above 0" if light else "below 255"
    else:
        limit = f"of {rule:g} or more" if light else f"below {rule:g}"
    found = f"every pixel has the grey {low:g}" if low == high else f"the greys run from {low:g} to {high:g}"
    other = f"the dark pixels ({named('light', False)})" if light else f"the light ones ({named('light', True)})"
    clear = " A transparent picture shows only its paper: read it over another one." if low == high else ""
    return (
        f"the picture has no ink: none of its {tone.size:,} pixels has a grey {limit}, {found}. "
        f"Choose another {named('threshold')}, or take {other}.{clear}"
    )
