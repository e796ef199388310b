"""What a film is, and how long it may be."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

from ...errors import InputError, named
from ...model.checks import is_finite
from ..canvas import Pixels

LONGEST = 60.0
"""Seconds that a film lasts at most."""
FASTEST = 50.0
"""Frames a second at most: GIF counts time in hundredths of a second."""

Watch = Callable[[int, int], Any]  # frames painted so far, of how many


class Film(NamedTuple):
    """Frames (h, w, 3) uint8 of one size, each with the milliseconds that it is shown; it starts over at the end."""

    frames: list[Pixels]
    milliseconds: list[int]


def count_frames(seconds: float, fps: float) -> int:
    """How many frames so many seconds have, two at least; InputError for what no film can have."""
    if not (is_finite(seconds) and 0 < seconds <= LONGEST):
        raise InputError(
            f"{named('seconds')} is {seconds!r}: a film lasts more than 0 seconds and at most {LONGEST:g}."
        )
    if not (is_finite(fps) and 1 <= fps <= FASTEST):
        raise InputError(f"{named('fps')} is {fps!r}: give from 1 to {FASTEST:g} frames a second.")
    return max(2, round(seconds * fps))


def times(count: int, fps: float, hold: float = 0.0) -> list[int]:
    """Milliseconds of each of `count` frames, whole hundredths of a second that keep step; the last is held longer."""
    ends = [10 * round(100 * i / fps) for i in range(count + 1)]
    lengths = [b - a for a, b in pairwise(ends)]
    lengths[-1] += 10 * round(100 * hold)
    return lengths
