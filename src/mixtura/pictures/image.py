"""Pixels become points.

A picture is an (h, w, 3) array of sRGB values in 0..255. Its points have coordinates in pixels, the origin at
the outer corner of the first pixel, x to the right and y down: the pixel picture[row, column] is the point
(column + 0.5, row + 0.5).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, PictureError, named
from ..model.points import Points

Floats = NDArray[np.floating[Any]]
Threshold = float | tuple[float, float] | Literal["otsu", "grey"]
DType = Literal["float32", "float64"]
PIXEL_VARIANCE = 1.0 / 12.0

_BINS = 256
_CHROMA = 24.0  # steps of 255 between the largest and the smallest channel: more than JPEG makes of a grey
_CHROMA_SHARE = 0.01


def ink(
    picture: NDArray[Any],
    *,
    threshold: str | float | tuple[float, float] = "otsu",
    light: bool = False,
    dtype: DType = "float64",
) -> Points:
    """The places where a picture is dark (with `light`, where it is light): points (x, y), row by row.

    picture: (h, w, 3), sRGB in 0..255. Its greys g are those of `grey`, in 0..255, not rounded.
    threshold: which pixels are ink --
      a number t: dark are those with g < t, light are the others (g >= t);
      "otsu": the same, with the t of `otsu`;
      "lo:hi" or (lo, hi): the midtones removed. Dark are those with g < lo, light those with g > hi, and
      those between are neither;
      "grey": every pixel, with the weight 1 - g/255 (light: g/255); those of weight 0 are left out.
    Returns n points named ("x", "y"), in pixels, y down, origin at the corner of the first pixel: centres at
    +0.5.
    Raises PictureError when no pixel is ink, or all have one grey under "otsu"; InputError for a wrong
    threshold, and for a picture of another shape or range.
    """
    rule = parse_threshold(threshold)
    _check_dtype(dtype)
    tone = grey(picture)  # (h, w)
    weight: Floats | None = None
    if rule == "grey":
        shade = tone / np.float32(255) if light else 1 - tone / np.float32(255)
        mask = shade > 0
        weight = shade[mask].astype(dtype, copy=False)
        weight.flags.writeable = False
    else:
        mask = _mask(tone, rule, light)
    if not mask.any():
        raise PictureError(_no_ink(tone, rule, light))
    return Points(_centres(mask, dtype), weight, ("x", "y"))


def colour(picture: NDArray[Any], *, dtype: DType = "float32") -> Points:
    """Every pixel of a picture with its colour: points (x, y, r, g, b), row by row.

    picture: (h, w, 3), sRGB in 0..255.
    Returns h*w points named ("x", "y", "r", "g", "b"): x and y in pixels, y down, origin at the corner of the
    first pixel (centres at +0.5), colours in 0..255. float32 holds all of them exactly that come from 8 bits,
    in half the memory. Raises InputError for a picture of another shape or range.
    """
    _check_dtype(dtype)
    pixels = _checked(picture)
    height, width = pixels.shape[:2]
    table = np.empty((height, width, 5), dtype=dtype)
    table[..., 0] = np.arange(width) + 0.5
    table[..., 1] = (np.arange(height) + 0.5)[:, None]
    table[..., 2:] = pixels
    x = table.reshape(-1, 5)  # (h*w, 5)
    x.flags.writeable = False
    return Points(x, None, ("x", "y", "r", "g", "b"))


def kind(picture: NDArray[Any]) -> Literal["ink", "colour"]:
    """Whether a picture asks to be fitted as ink or as colour.

    It is "colour" when in more than 1 % of the pixels the largest channel exceeds the smallest by more than
    24 of 255, which compressed greys do not; else "ink". A grey photograph counts as ink too:
    threshold="grey" suits it.
    picture: (h, w, 3), sRGB in 0..255; InputError otherwise.
    """
    pixels = _checked(picture)
    height, width = pixels.shape[:2]
    coloured = sum(_coloured(row) for row in pixels)  # by rows, so that nothing large is copied for a count
    return "colour" if coloured > _CHROMA_SHARE * height * width else "ink"


def grey(picture: NDArray[Any]) -> NDArray[np.float32]:
    """The grey of each pixel: 0.299 r + 0.587 g + 0.114 b, not rounded.

    picture: (h, w, 3), sRGB in 0..255. Returns (h, w) float32 in 0..255. Raises InputError for other arrays.
    Source: the luma of ITU-R BT.601, as in Pillow's mode "L".
    """
    pixels = _checked(picture)
    red, green, blue = (pixels[..., channel].astype(np.float32) for channel in range(3))
    # As differences from green, so that r = g = b gives exactly that number, and white is 255.
    red -= green
    red *= np.float32(0.299)
    blue -= green
    blue *= np.float32(0.114)
    green += red
    green += blue
    return green


def otsu(tone: Floats) -> float:
    """The grey that splits a picture's pixels best in two: dark are those below it.

    tone: greys of any shape, finite.
    Returns the split with the largest variance between the classes, on 256 bins from the smallest grey to the
    largest; where a gap leaves many such splits, its middle. Raises PictureError when all greys are equal.
    Source: Otsu 1979, "A threshold selection method from gray-level histograms".
    """
    low, high = float(tone.min()), float(tone.max())
    if low == high:
        raise PictureError(
            f"every pixel has the grey {low:g}, so no threshold separates ink from paper: give {named('threshold')} as "
            f"a number, fit the picture as colour, or, if it is transparent, read it over another paper."
        )
    # In float64, so that 256 edges also fit between two greys of a faint 16-bit picture.
    count, edges = np.histogram(tone.astype(np.float64), bins=_BINS, range=(low, high))
    centre = (edges[:-1] + edges[1:]) / 2
    dark = np.cumsum(count)[:-1]
    light = tone.size - dark
    first = np.cumsum(count * centre)
    gap = first[:-1] / dark - (first[-1] - first[:-1]) / light  # between the means of the classes
    # Of equal ones argmax takes the first, so that `best` is no empty bin.
    best = int(np.argmax(dark * (light * gap**2)))
    above = best + 1 + int(np.argmax(count[best + 1 :] > 0))
    return float((edges[best + 1] + edges[above]) / 2)


def parse_threshold(text: str | float | tuple[float, float]) -> Threshold:
    """What a threshold means: "otsu", "grey", a number in 0..255, or (lo, hi) with lo <= hi in 0..255.

    text: one of these, or its text: "128", "60:200". Raises InputError on anything else.
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


def _checked(picture: NDArray[Any]) -> NDArray[Any]:
    """The picture, if it is one: (h, w, 3), real numbers in 0..255."""
    pixels = np.asarray(picture)
    if pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        raise InputError(f"picture has shape {pixels.shape}, expected (h, w, 3) with h and w >= 1.")
    if pixels.dtype.kind not in "uif":
        raise InputError(f"picture holds {pixels.dtype}, expected numbers (uint8 or float) in 0..255.")
    low, high = pixels.min(), pixels.max()
    if not (low >= 0 and high <= 255):  # so that NaN fails
        raise InputError(f"picture has values from {low:g} to {high:g}, expected sRGB values in 0..255.")
    if pixels.dtype.kind == "f" and 0 < high <= 1 and ((pixels > 0) & (pixels < 1)).any():
        raise InputError(f"picture reaches {high:g}, expected sRGB values in 0..255: multiply it by 255.")
    return pixels


def _coloured(row: NDArray[Any]) -> int:
    """How many of the pixels (w, 3) have visible chroma."""
    red, green, blue = row.T
    chroma = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)  # (w,)
    return int(np.count_nonzero(chroma > _CHROMA))


def _check_dtype(dtype: str) -> None:
    if dtype not in ("float32", "float64"):
        raise InputError(f"{named('dtype')} is {dtype!r}: choose float64 or float32.")


def _mask(tone: Floats, rule: Threshold, light: bool) -> NDArray[np.bool_]:
    if isinstance(rule, tuple):
        return tone > rule[1] if light else tone < rule[0]
    split = otsu(tone) if isinstance(rule, str) else rule
    return tone >= split if light else tone < split


def _centres(mask: NDArray[np.bool_], dtype: DType) -> Floats:
    """The centres of the pixels that are set, row by row: (n, 2), x before y."""
    rows, columns = np.nonzero(mask)
    centres = np.empty((rows.size, 2), dtype=dtype)
    np.add(columns, 0.5, out=centres[:, 0], casting="same_kind")
    np.add(rows, 0.5, out=centres[:, 1], casting="same_kind")
    centres.flags.writeable = False
    return centres


def _no_ink(tone: Floats, rule: Threshold, light: bool) -> str:
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
        f"the picture has no ink: none of its {tone.size:,} pixels has a grey {limit}, {found}. Choose another "
        f"{named('threshold')}, or take {other}.{clear}"
    )
