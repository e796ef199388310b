"""Films as bytes of a file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...arrays import Array, Bytes, Numbers
from ...errors import InputError
from ..canvas import Pixels
from ..files import Format
from ..quantise import MOST, codes, colours
from .reel import Film

_FORMATS = {
    ".gif": Format("GIF", 65_535, {"optimize": False, "disposal": 1}),
    ".webp": Format("WEBP", 16_383, {"quality": 82, "method": 4}),
    ".apng": Format("PNG", 2**31 - 1, {}),
}
FILM_KINDS = tuple(_FORMATS)
"""The extensions that can move; of these .webp can also be a still."""

_LOOKED_AT = 24  # frames that a palette is made from
_NEAR = 2  # steps of 255 that a palette may be off before a pixel is dithered


def encode(film: Film, kind: str) -> bytes:
    """Encode a film as an animation that repeats endlessly.

    Parameters
    ----------
    film : Film
        Of two frames or more.
    kind : {".gif", ".webp", ".apng"}
        See Notes.

    Returns
    -------
    bytes

    Raises
    ------
    InputError
        If the kind is unknown, the frames too large for it, of different sizes, or fewer than two.
    OutputError
        If this Pillow cannot write the format.

    Notes
    -----
    GIF has one palette for all frames and, where that lacks a colour, ordered dither, which does not flicker. WebP is
    at quality 82; APNG is lossless, and the largest.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([0.5, 0.5], [[20, 20], [60, 30]], [[[90, 40], [40, 60]], [[50, 0], [0, 200]]])
    >>> film = mx.pictures.film.loop(mix, frame=(0, 0, 80, 50), size=(80, 50), seconds=0.2, rng=0)
    >>> mx.pictures.film.encode(film, ".gif")[:6]
    b'GIF89a'
    """
    format_ = _FORMATS.get(kind.lower())
    if format_ is None:
        raise InputError(f"the kind of film {kind!r} is unknown: choose one of {' '.join(FILM_KINDS)}.")
    frames = film.frames
    if len(frames) < 2 or any(frame.shape != frames[0].shape or frame.dtype != np.uint8 for frame in frames):
        raise InputError("the frames of a film are two or more uint8 pictures of one size.")
    images = _indexed(frames) if kind.lower() == ".gif" else [Image.fromarray(pixels) for pixels in frames]
    more = {"save_all": True, "append_images": images[1:], "duration": film.milliseconds, "loop": 0}
    return format_.encode(images[0], kind, **more)


def _indexed(frames: list[Pixels]) -> list[Image.Image]:
    """Frames in the colours of one palette: their own, if these are few enough."""
    own = _own(frames)
    if own is not None:
        return [_with_palette(np.searchsorted(own, codes(frame)).astype(np.uint8), colours(own)) for frame in frames]
    step = -(-len(frames) // _LOOKED_AT)
    chosen = [*frames[::step], frames[-1]]
    thin = max(1, round((sum(f.shape[0] * f.shape[1] for f in chosen) / 1_000_000) ** 0.5))
    seen = np.concatenate([frame[::thin, ::thin].reshape(-1, 3) for frame in chosen])
    palette = Image.fromarray(seen[None]).quantize(MOST, Image.Quantize.MEDIANCUT, kmeans=1)
    table = np.asarray(palette.getpalette(), dtype=np.int16).reshape(-1, 3)
    index = np.asarray(palette)[0]
    common = _common(seen)
    entries = [int(index[(seen == colour).all(axis=1)][0]) for colour in common]
    table[entries] = common  # paper stays as white as it was
    palette.putpalette(table.astype(np.uint8).tobytes())
    off = np.abs(table[index] - seen).max(axis=1)
    spread = float(np.clip(3 * off.mean(), 0, 32))
    images = []
    for frame in frames:
        entry_of = _dithered(frame, palette, table, spread)
        for colour, entry in zip(common, entries, strict=True):  # Pillow's nearest colour is only nearly that
            entry_of[(frame == colour).all(axis=2)] = entry
        images.append(_with_palette(entry_of, table))
    return images


def _with_palette(entries: Bytes, table: Numbers) -> Image.Image:
    image = Image.frombytes("P", entries.shape[::-1], entries.tobytes())
    image.putpalette(table.astype(np.uint8).tobytes())
    return image


def _own(frames: list[Pixels]) -> NDArray[np.uint32] | None:
    """Sorted codes of all colours; None where they are more than a palette has."""
    found = np.empty(0, np.uint32)
    for frame in frames:
        found = np.union1d(found, codes(frame))
        if len(found) > MOST:
            return None
    return found


def _common(seen: Pixels) -> Pixels:
    """Colours that hold a hundredth of the pixels (n, 3) each."""
    values, counts = np.unique(codes(seen), return_counts=True)
    return colours(values[counts * 100 >= len(seen)])


def _dithered(frame: Pixels, palette: Image.Image, table: NDArray[np.int16], spread: float) -> Bytes:
    """(h, w) entries of the palette; with ordered dither where it lacks the colour.

    The pattern is fixed to the picture; diffused errors would flicker from frame to frame.
    """
    index = np.array(Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE))
    off = np.abs(table[index] - frame).max(axis=2) > _NEAR
    if spread and off.any():
        height, width = frame.shape[:2]
        pattern = np.tile(_bayer(8), (-(-height // 8), -(-width // 8)))[:height, :width, None]
        shaken = np.clip(np.rint(frame + spread * pattern), 0, 255).astype(np.uint8)
        other = np.asarray(Image.fromarray(shaken).quantize(palette=palette, dither=Image.Dither.NONE))
        index[off] = other[off]
    return index


def _bayer(n: int) -> Array:
    """(n, n) thresholds in -0.5..0.5, n a power of two. Source: Bayer 1973."""
    pattern = np.zeros((1, 1))
    while len(pattern) < n:
        pattern = np.block([[4 * pattern, 4 * pattern + 2], [4 * pattern + 3, 4 * pattern + 1]])
    return np.asarray((pattern + 0.5) / n**2 - 0.5)
