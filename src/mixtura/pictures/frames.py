"""Moving pictures: frames into one file, by Pillow."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import InputError, OutputError

Pixels = NDArray[np.uint8]

_FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    ".gif": ("GIF", {"optimize": False}),
    ".webp": ("WEBP", {"lossless": True, "method": 2}),
    ".apng": ("PNG", {}),
}
FRAME_KINDS = tuple(_FORMATS)


def encode(frames: Sequence[Pixels], kind: str, *, milliseconds: int = 50) -> bytes:
    """The bytes of an animation that repeats for ever.

    frames: (h, w, 3) uint8, all of one shape, two at least. kind: ".gif", ".webp" or ".apng".
    milliseconds: how long each is shown; a GIF counts in tens. Raises InputError for malformed arguments.
    """
    if kind.lower() not in _FORMATS:
        raise InputError(f"the kind of animation {kind!r} is unknown: choose one of {' '.join(FRAME_KINDS)}.")
    if len(frames) < 2 or any(frame.shape != frames[0].shape or frame.dtype != np.uint8 for frame in frames):
        raise InputError("frames must be two or more uint8 pictures of one shape.")
    name, options = _FORMATS[kind.lower()]
    first, *rest = [Image.fromarray(frame) for frame in frames]
    file = io.BytesIO()
    try:
        first.save(file, name, save_all=True, append_images=rest, duration=milliseconds, loop=0, **options)
    except (OSError, KeyError) as error:  # KeyError: a Pillow that was built without this format
        raise OutputError(f"the animation cannot be written as {kind} ({error}): use .gif.") from error
    return file.getvalue()
