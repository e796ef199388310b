"""Pictures with more pixels: patches cleaned of what interpolation leaves, and held to the pixels that are known."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from ..arrays import Singles
from ..pictures import checks
from .passes import Noisy, averaged
from .planes import Planes, check_step, padded
from .prior import PatchMixture, standard

EFFORTS = {"fast": 4, "normal": 2, "best": 1}
"""Pixels between two patches, by what it is called."""
FACTORS = (2, 4)
"""The smallest and the largest factor."""
PASSES = (16.0, 8.0, 4.0)
"""How far the picture is taken to be off, in steps of 255, from pass to pass, where it is doubled."""
BACK = 3
"""How often what the means of blocks are off is added back."""


def enlarge(
    picture: Any,
    factor: int = 2,
    *,
    effort: str = "normal",
    prior: PatchMixture | None = None,
    n_threads: int | None = None,
    watch: Callable[[float], Any] | None = None,
) -> Singles:
    """Enlarge a picture.

    Parameters
    ----------
    picture : array_like, shape (h, w), (h, w, 3) or (h, w, 4)
        Greys, colours, or colours with an opacity, in 0..255.
    factor : int, default 2
        By how much, 2 to 4.
    effort : {"normal", "fast", "best"}
        How many patches are looked at: at every second, fourth, or every pixel of what is made.
    prior : PatchMixture, optional
        By default `standard`.
    n_threads : int, optional
        By default as many as there are cores. The answer does not depend on it.
    watch : callable, optional
        Told which share of the work is done.

    Returns
    -------
    ndarray of float32, shape (factor h, factor w) or (factor h, factor w, ...)
        In 0..255.

    Raises
    ------
    InputError
        If an argument is malformed.

    Notes
    -----
    A pixel is taken for the mean of a block of factor x factor new ones. It begins with bicubic interpolation; in each
    of three passes every patch becomes its conditional mean, as in `denoise`, and what the means of blocks are then off
    is interpolated and added (back-projection). Of colours, the brightness is made so, and the differences of colours
    are interpolated, as is an opacity.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> mx.patches.enlarge(np.zeros((5, 7, 3))).shape
    (10, 14, 3)
    """
    step = check_step(effort, EFFORTS)
    factor = checks.whole(factor, "factor", least=FACTORS[0], most=FACTORS[1])
    prior = prior or standard()
    step = min(step, prior.size // 2)
    parts = Planes.of(picture)
    plane = parts.planes[0]
    height, width = (factor * length for length in plane.shape)
    scale = np.float32(math.sqrt(3.0) if len(parts.planes) == 3 else 1.0)
    known = padded(plane / scale, -(-prior.size // factor))
    now = back(interpolated(known, factor), known, factor)
    for place, off in enumerate(PASSES):
        clean = Noisy.of(prior.mixture, (off * factor / 2) ** 2).clean
        told = None if watch is None else _share(watch, place)
        now = averaged(now, prior.size, step, clean, seed=place, n_threads=n_threads, watch=told)
        now = back(now, known, factor)
    planes = [now[:height, :width] * scale, *(interpolated(each, factor) for each in parts.planes[1:])]
    opacity = None if parts.opacity is None else np.clip(interpolated(parts.opacity, factor), 0, 255)
    return Planes(planes, opacity).together(planes)


def interpolated(plane: Singles, factor: int) -> Singles:
    """A plane enlarged by bicubic interpolation.

    Parameters
    ----------
    plane : ndarray of float32, shape (h, w)
        Of any size.
    factor : int
        By how much.

    Returns
    -------
    ndarray of float32, shape (factor h, factor w)
    """
    size = factor * plane.shape[1], factor * plane.shape[0]
    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BICUBIC))


def back(now: Singles, known: Singles, factor: int) -> Singles:
    """A large plane whose blocks have, nearly, the means that are known.

    Parameters
    ----------
    now : ndarray of float32, shape (factor h, factor w)
        As it is.
    known : ndarray of float32, shape (h, w)
        The means.
    factor : int
        Of the blocks.

    Returns
    -------
    ndarray of float32, shape (factor h, factor w)
    """
    height, width = known.shape
    for _ in range(BACK):
        means = now.reshape(height, factor, width, factor).mean(axis=(1, 3))
        now = now + interpolated(known - means, factor)
    return now


def _share(watch: Callable[[float], Any], done: int) -> Callable[[float], Any]:
    return lambda part: watch((done + part) / len(PASSES))
