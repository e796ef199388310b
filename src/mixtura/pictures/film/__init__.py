"""Animations of mixtures: EM at work, one that is sampled, a loop without an end, and one that turns into another.

A film is a `Film` of frames; `encode` makes the bytes of a GIF, WebP or APNG of it, with Pillow alone.
"""

from __future__ import annotations

from .encode import FILM_KINDS, encode
from .morphs import morph
from .reel import LONGEST, Film, count_frames
from .scenes import em, loop, sampling

__all__ = ["FILM_KINDS", "LONGEST", "Film", "count_frames", "em", "encode", "loop", "morph", "sampling"]
