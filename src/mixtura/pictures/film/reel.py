"""Films, and how long they may be."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

from ...checks import is_finite
from ...errors import InputError, named
from ..canvas import Pixels

LONGEST = 60.0
"""Seconds that a film lasts at most."""
FASTEST = 50.0
"""Frames a second at most: GIF counts time in hundredths of a second."""

Watch = Callable[[int, int], Any]  # frames painted so far, of how many


class Film(NamedTuple):
    """Animation, which starts over at its end.

    Parameters
    ----------
    frames : list of ndarray of uint8, shape (h, w, 3)
        sRGB pictures of one size.
    milliseconds : list of int
        How long each frame is shown.
    """

    frames: list[Pixels]
    milliseconds: list[int]

    def __repr__(self) -> str:
        height, width = self.frames[0].shape[:2] if self.frames else (0, 0)
        return f"<Film of {len(self.frames)} frames, {width} x {height}, {sum(self.milliseconds) / 1000:g} s>"

    def _repr_html_(self) -> str | None:
        from ...showing import image
        from .encode import encode

        if len(self.frames) < 2:
            return None
        return image(encode(self, ".webp"), "webp", repr(self).strip("<>"), self.frames[0].shape[1])


def count_frames(seconds: float, fps: float) -> int:
    """Count the frames of a film.

    Parameters
    ----------
    seconds : float
        Its length, above 0 and at most `LONGEST`.
    fps : float
        Frames per second, from 1 to 50.

    Returns
    -------
    int
        Two at least.

    Raises
    ------
    InputError
        If an argument is out of its range.
    """
    check_seconds(seconds)
    if not (is_finite(fps) and 1 <= fps <= FASTEST):
        raise InputError(f"{named('fps')} is {fps!r}: give from 1 to {FASTEST:g} frames a second.")
    return max(2, round(seconds * fps))


def check_seconds(seconds: float) -> None:
    """Raise InputError unless a film can be as long."""
    if not (is_finite(seconds) and 0 < seconds <= LONGEST):
        raise InputError(
            f"{named('seconds')} is {seconds!r}: a film lasts more than 0 seconds and at most {LONGEST:g}."
        )


def shot(count: int, fps: float, paint: Callable[[int], Pixels], watch: Watch, *, hold: float = 0.0) -> Film:
    """Film of `count` pictures, each painted when it is its turn. hold: seconds that the last one stays."""
    frames = []
    for i in range(count):
        frames.append(paint(i))
        watch(i + 1, count)
    return Film(frames, times(count, fps, hold))


def times(count: int, fps: float, hold: float = 0.0) -> list[int]:
    """Milliseconds of each of `count` frames, whole hundredths of a second that keep step; the last is held longer."""
    ends = [10 * round(100 * i / fps) for i in range(count + 1)]
    lengths = [b - a for a, b in pairwise(ends)]
    lengths[-1] += 10 * round(100 * hold)
    return lengths
