"""Noise taken from pictures: Zoran and Weiss's expected patch log likelihood, by half-quadratic passes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import Integers, Singles
from ..checks import is_finite
from ..errors import InputError, named
from .estimate import noise
from .passes import Noisy, averaged
from .planes import Planes, check_step, padded
from .prior import PatchMixture, plain, standard

EFFORTS = {"fast": 4, "normal": 2, "best": 1}
"""Pixels between two patches, by what it is called."""
PASSES = ((1.0, 0.8), (0.3, 0.95), (0.2, 1.0))
"""The noise that is taken for left, as a share of the picture's, and the weight of the patches beside the picture."""
MOST = 255.0
"""The strongest noise that can be said."""


def denoise(
    picture: Any,
    *,
    sigma: float | str = "auto",
    effort: str = "normal",
    prior: PatchMixture | None = None,
    n_threads: int | None = None,
    watch: Callable[[float], Any] | None = None,
) -> Singles:
    """Take white noise from a picture.

    Parameters
    ----------
    picture : array_like, shape (h, w), (h, w, 3) or (h, w, 4)
        Greys, colours, or colours with an opacity, in 0..255, whole numbers or not.
    sigma : float or "auto"
        The standard deviation of the noise in steps of 255, above 0; by default that of `noise`.
    effort : {"normal", "fast", "best"}
        How many patches are looked at: at every second, fourth, or every pixel.
    prior : PatchMixture, optional
        By default `standard`.
    n_threads : int, optional
        By default as many as there are cores. The answer does not depend on it.
    watch : callable, optional
        Told which share of the work is done.

    Returns
    -------
    ndarray of float32
        Of the shape that was given, in 0..255; an opacity as it was.

    Raises
    ------
    InputError
        If an argument is malformed.

    Notes
    -----
    In each of three passes every patch becomes its conditional mean under the component that it is likeliest of, and
    patches are averaged where they overlap; between the passes some of the noisy picture is mixed in again. Colours are
    cleaned as brightness and two differences of colours. Of noise that is not white, what is finer than a patch goes;
    where a picture is clipped, so is its noise, and greys near black and white come out a little nearer to the middle.
    Pixels that are transparent count as the nearest that can be seen.

    References
    ----------
    Zoran and Weiss 2011, "From learning models of natural image patches to whole image restoration".

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> clean = np.tile(np.repeat([60.0, 180.0], 16), (32, 2))
    >>> noisy = np.clip(clean + np.random.default_rng(0).normal(0, 20, clean.shape), 0, 255)
    >>> error = [np.sqrt(np.mean((x - clean) ** 2)) for x in (noisy, mx.patches.denoise(noisy, sigma=20))]
    >>> bool(error[1] < error[0] / 4)
    True
    """
    step = check_step(effort, EFFORTS)
    check_sigma(sigma)
    prior = prior or standard()
    step = min(step, prior.size // 2)
    parts = Planes.of(picture)
    strength = noise(picture, prior=prior) if isinstance(sigma, str) else float(sigma)
    done = []
    for number, plane in enumerate(parts.planes):
        # Brightness has the scale of greys, which the prior has learnt.
        scale = math.sqrt(3.0) if len(parts.planes) == 3 and number == 0 else 1.0
        told = None if watch is None else _share(watch, number, len(parts.planes))
        found = cleaned(plane / np.float32(scale), strength / scale, step, prior, n_threads=n_threads, watch=told)
        done.append(found * np.float32(scale))
    return parts.together(done)


def cleaned(
    plane: Singles,
    strength: float,
    step: int,
    prior: PatchMixture,
    *,
    n_threads: int | None = None,
    watch: Callable[[float], Any] | None = None,
) -> Singles:
    """One plane without its noise: the three passes.

    Parameters
    ----------
    plane : ndarray of float32, shape (h, w)
        Any numbers, in the scale of the prior.
    strength : float
        The standard deviation of the noise.
    step : int
        Pixels between two patches.
    prior : PatchMixture
        Of patches without noise.
    n_threads, watch
        As for `denoise`.

    Returns
    -------
    ndarray of float32, shape (h, w)
    """
    noisy = padded(plane, prior.size)
    found = noisy
    for place, (left, weight) in enumerate(PASSES):
        told = None if watch is None else _share(watch, place, len(PASSES))
        clean = Noisy.of(prior.mixture, (left * strength) ** 2).clean
        found = averaged(found, prior.size, step, clean, seed=place, n_threads=n_threads, watch=told)
        if weight < 1:
            found *= np.float32(weight)
            found += np.float32(1 - weight) * noisy
    return found[: plane.shape[0], : plane.shape[1]]


def chosen(picture: Any, sigma: Any, *, prior: PatchMixture | None = None) -> Integers:
    """Which component cleans which patch.

    Parameters
    ----------
    picture : array_like, shape (h, w) or (h, w, 3)
        In 0..255, of colours the greys are looked at; as large as a patch at least.
    sigma : float
        The noise that is taken for in it, in steps of 255, above 0.
    prior : PatchMixture, optional
        By default `standard`.

    Returns
    -------
    ndarray of int, shape (h - size + 1, w - size + 1)
        The likeliest component of the patch whose upper left pixel is there, in the numbers of `prior.mixture`.

    Raises
    ------
    InputError
        If an argument is malformed.
    """
    prior = prior or standard()
    if isinstance(sigma, str):
        raise InputError(f"{named('sigma')} is {sigma!r}: give a number of steps of 255.")
    check_sigma(sigma)
    plane = plain(picture)
    height, width = (length - prior.size + 1 for length in plane.shape)
    if min(height, width) < 1:
        raise InputError(
            f"{named('picture')} has {plane.shape[1]} x {plane.shape[0]} pixels, a patch {prior.size} a side: give a "
            f"larger one."
        )
    noisy = Noisy.of(prior.mixture, float(sigma) ** 2)
    view = np.lib.stride_tricks.sliding_window_view(plane, (prior.size, prior.size))
    labels = np.empty((height, width), np.intp)
    for top, line in enumerate(view):
        rows = np.array(line, np.float32).reshape(width, -1)
        rows -= rows.mean(axis=1, keepdims=True)
        labels[top] = noisy.order[noisy.labels(rows, np.einsum("nd,nd->n", rows, rows))]
    return labels


def check_sigma(sigma: Any) -> None:
    """Raise InputError unless it is a strength of noise, or "auto".

    Parameters
    ----------
    sigma : float or "auto"
        In steps of 255.
    """
    if isinstance(sigma, str):
        if sigma != "auto":
            raise InputError(f"{named('sigma')} is {sigma!r}: give auto, or a number of steps of 255.")
    elif not (is_finite(sigma) and 0 < sigma <= MOST):
        raise InputError(f"{named('sigma')} is {sigma!r}: give auto, or a number above 0, {MOST:g} at most.")


def _share(watch: Callable[[float], Any], done: int, of: int) -> Callable[[float], Any]:
    return lambda part: watch((done + part) / of)
