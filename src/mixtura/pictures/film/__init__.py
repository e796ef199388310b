"""Animations of mixtures: EM at work, a mixture being sampled, and a loop of samples without an end.

A film is a `Film` of frames; `encode` makes the bytes of a GIF, WebP or APNG of it, with Pillow alone.
"""

from __future__ import annotations

from .encode import FILM_KINDS, encode
from .reel import LONGEST, Film, count_frames
from .scenes import em, loop, sampling

__all__ = ["FILM_KINDS", "LONGEST", "Film", "count_frames", "em", "encode", "loop", "sampling"]
