"""Arguments of pictures and figures: each check once, with one sentence that says what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from ..arrays import Array, Numbers
from ..checks import check_unmasked, is_finite, is_whole
from ..errors import InputError, MixturaError, named


def picture(
    given: Any, name: str = "picture", *, greys: bool = False, exact: bool = False, clear: bool = False
) -> Numbers:
    """`given` as an array (h, w, 3) of real numbers in 0..255.

    greys: (h, w) is a picture too, also one of truth values. exact: only uint8 will do. clear: so is (h, w, 4), which
    has an opacity.
    """
    check_unmasked(given, named(name))
    pixels = np.asarray(given)
    shaped = (pixels.ndim == 3 and pixels.shape[2] in (3, 3 + clear)) or (greys and pixels.ndim == 2)
    kinds = "uifb" if greys else "uif"
    if not shaped or 0 in pixels.shape or pixels.dtype.kind not in kinds or (exact and pixels.dtype != np.uint8):
        numbers = "uint8" if exact else "sRGB values in 0..255"
        shapes = "(h, w) or (h, w, 3)" if greys else "(h, w, 3) or (h, w, 4)" if clear else "(h, w, 3)"
        raise InputError(
            f"{named(name)} is {pixels.dtype} of shape {pixels.shape}, expected {numbers} of shape {shapes} with "
            f"h and w >= 1."
        )
    if pixels.dtype != np.uint8:
        check_range(pixels.min(), pixels.max(), named(name))
    return pixels


def pictures(given: Any, name: str, *, error: type[MixturaError] = InputError) -> Numbers:
    """`given` as an array (n, h, w) or (n, h, w, 3) of real numbers in 0..255, none of the sides 0.

    Greys may have an axis of one channel, (n, h, w, 1), which is left out.
    """
    check_unmasked(given, name)
    array = np.asarray(given)
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    shaped = array.ndim == 3 or (array.ndim == 4 and array.shape[3] == 3)
    if not shaped or 0 in array.shape or array.dtype.kind not in "uif":
        raise error(
            f"{name} is {array.dtype} of shape {array.shape}, expected pictures (n, h, w), (n, h, w, 1) or "
            f"(n, h, w, 3), as numbers."
        )
    if array.dtype != np.uint8:
        check_range(array.min(), array.max(), name, error=error)
    return array


def check_range(low: Any, high: Any, name: str, *, limit: float = 255, error: type[MixturaError] = InputError) -> None:
    """Raise an error unless the smallest and the largest value lie in 0..limit."""
    if not (low >= 0 and high <= limit):  # so that NaN fails
        raise error(f"{name} has values from {low:g} to {high:g}, expected 0 to {limit:g}: scale them to it first.")


def whole(given: Any, name: str, *, least: int = 1, most: int | None = None, of: str = "") -> int:
    """Check a whole number, `least` or more and `most` or less. of: of what, for the message."""
    if not is_whole(given) or given < least or (most is not None and given > most):
        limits = f">= {least}" if most is None else f"from {least} to {most}"
        raise InputError(f"{named(name)} is {given!r}: give a whole number{of and f' of {of}'} {limits}.")
    return int(given)


def positive(given: Any, name: str, of: str = "") -> float:
    """Check a finite number above 0. of: of what, for the message."""
    if not is_finite(given) or not given > 0:
        raise InputError(f"{named(name)} is {given!r}: give a finite number{of and f' of {of}'} > 0.")
    return float(given)


def opacity(given: Any, name: str) -> float:
    """Check a number in 0..1."""
    if not (is_finite(given) and 0 <= given <= 1):
        raise InputError(f"{named(name)} is {given!r}: an opacity lies in 0..1.")
    return float(given)


def deviations(given: float | Sequence[float], name: str = "reach") -> Array:
    """(m,) numbers of standard deviations above 0, one at least."""
    try:
        found = np.atleast_1d(np.array(given, dtype=np.float64))
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.ndim != 1 or not found.size or not (np.isfinite(found) & (found > 0)).all():
        raise InputError(f"{named(name)} is {given!r}: give one or more finite numbers of standard deviations > 0.")
    return found


def check_size(size: Any) -> tuple[int, int]:
    """(width, height) in pixels."""
    sides = [side for side in size if is_whole(side) and side >= 1] if isinstance(size, Sequence | np.ndarray) else []
    if len(sides) != 2 or len(size) != 2:
        raise InputError(f"{named('size')} is {size!r}: give (width, height), whole numbers of pixels >= 1.")
    return int(sides[0]), int(sides[1])


def guess(word: str, known: Iterable[str]) -> str:
    """Question for the message, if a known word is near."""
    near = get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def callback(given: Any, name: str, of: str) -> None:
    """Check a function, or None. of: of what, for the message."""
    if given is not None and not callable(given):
        raise InputError(f"{named(name)} is {given!r}: give a function of a {of}.")
