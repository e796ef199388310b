"""Pictures that turn into each other: between two mixtures, every component moves to where the transport takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...checks import check_flag, is_whole
from ...errors import InputError, named
from ...model.mixture import Mixture
from .. import draw
from ..canvas import Canvas, Pixels, has_colour
from ..field import AnyFrame
from ..passage import ways
from .reel import FASTEST, LONGEST, Film, Watch, check_seconds, times

MOST = 1000  # frames from one picture to the next
_HOLD = 1.0  # seconds that each picture stays


def morph(
    mixtures: Sequence[Mixture],
    style: str | None = None,
    *,
    frame: AnyFrame,
    size: tuple[int, int],
    frames: int = 48,
    seconds: float = 3.0,
    there_and_back: bool = False,
    watch: Watch = lambda done, of: None,
    **settings: Any,
) -> Film:
    """Show how one mixture turns into the next one, on the cheapest way: see `Mixture.transport`.

    Parameters
    ----------
    mixtures : sequence of Mixture
        Two at least, in the same coordinates: x and y, or x, y, r, g and b.
    style : str, optional
        Of `draw`; by default mean for colours, else grid.
    frame : Frame
        The part of the plane that is shown; `passage.placed` brings a mixture of another frame into it.
    size : tuple of int, (width, height)
        Of the frames, in pixels.
    frames : int, default 48
        From each mixture to the next, 2 to 1000.
    seconds : float, default 3
        How long that takes; the film is at most `LONGEST` seconds, and has at most 50 frames a second.
    there_and_back : bool, default False
        Whether the film goes back to the first mixture in the end, so that it repeats without a jump.
    watch : callable, optional
        Called with the number of frames painted so far and of all frames.
    **settings
        Those of the style.

    Returns
    -------
    Film

    Raises
    ------
    InputError
        If an argument is malformed.

    Notes
    -----
    Each mixture stays for a second. Between them the speed rises and falls smoothly. See `passage.ways` for how colours
    are weighed against places.
    """
    canvas = Canvas.of(frame, size)
    check_flag(there_and_back, "there_and_back")
    passages = len(mixtures) - 1
    check_frames(frames, seconds, passages * (1 + there_and_back))
    chosen = style or ("mean" if has_colour(mixtures[0]) else "grid")
    if chosen == "dots":
        settings = {"rng": 0, "independent": True} | settings  # the same numbers in every frame: only the mixture moves
    count = passages * (frames - 1) + 1
    shots: list[Pixels] = []
    for way in ways(mixtures, canvas.frame):
        for step in range(1 if shots else 0, frames):
            t = step / (frames - 1)
            now = way.at(t * t * (3 - 2 * t))
            shots.append(draw.picture(now, chosen, frame=canvas.frame, size=canvas.size, **settings))
            watch(len(shots), count)
    lengths = times(count, (frames - 1) / seconds)
    lengths[:: frames - 1] = [length + round(1000 * _HOLD) for length in lengths[:: frames - 1]]
    if there_and_back:
        shots += shots[-2:0:-1]
        lengths += lengths[-2:0:-1]
    return Film(shots, lengths)


def check_frames(frames: int, seconds: float, passages: int) -> None:
    """Raise InputError unless a film of so many passages can have these."""
    check_seconds(seconds)
    if not (is_whole(frames) and 2 <= frames <= MOST):
        raise InputError(f"{named('frames')} is {frames!r}: give a whole number from 2 to {MOST:,}.")
    if (frames - 1) / seconds > FASTEST:
        raise InputError(
            f"{named('frames')} is {frames} within {seconds:g} seconds, and a film has at most {FASTEST:g} frames a "
            f"second: lower it, or raise {named('seconds')}."
        )
    if passages * seconds > LONGEST:
        raise InputError(
            f"{named('seconds')} is {seconds:g}, and there are {passages} passages: a film lasts at most {LONGEST:g} "
            f"seconds."
        )
