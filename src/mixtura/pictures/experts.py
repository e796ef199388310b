"""Experts as a table of parameters: from a mixture, from a picture, and back to a mixture.

A row is an expert: the place x, y of its gate in pixels; the logs of the inverse standard deviations along its two
axes; the angle of the first; the gate's height in nats; then for each channel the level, in 0..1, and the slopes along
the two axes, by standard deviation. Experts of a density end at the gate.
"""

from __future__ import annotations

import math

import numpy as np

from ..arrays import Array, Floats, Numbers
from ..model.mixture import Mixture
from .image import PIXEL_VARIANCE

PLACE, SCALE, ANGLE, GATE, CHANNELS = slice(0, 2), slice(2, 4), 4, 5, 6
"""The columns; from `CHANNELS` on three a channel."""
NAMES = ("x", "y", "r", "g", "b", "a")
"""Of the coordinates."""
_CUTS = np.array([0.3, 0.4, 0.5, 0.6, 0.7])  # where cells are cut
_DEEP = 80.0  # nats below the highest gate, where even weight 0 lies
_SLENDER = 4.0  # the most that a cell is longer than it is wide


def zoomed(parameters: Array, factor: float) -> Array:
    """The same experts on a picture that is so many times as large."""
    out = parameters.copy()
    out[:, PLACE] *= factor
    out[:, SCALE] -= math.log(factor)
    return out


def of_mixture(mixture: Mixture) -> Array:
    """The experts of a mixture of x, y and colours in 0..255, which paint its conditional mean; or those of x and y."""
    k, d = mixture.means.shape
    known, free = np.arange(2), np.arange(2, d)
    plane = mixture.marginal(known).matrices
    variances, axes = np.linalg.eigh(plane)  # (k, 2), rising; (k, 2, 2) in columns
    out = np.zeros((k, CHANNELS + 3 * (d - 2)))
    out[:, PLACE] = mixture.means[:, :2]
    out[:, SCALE] = -0.5 * np.log(variances)
    out[:, ANGLE] = np.arctan2(axes[:, 1, 0], axes[:, 0, 0])
    heights = gate_heights(mixture.weights, variances)
    out[:, GATE] = np.maximum(heights - heights.max(), -_DEEP)
    if d > 2:
        gain, _ = mixture.family.conditional(mixture.covariances, k, known, free)  # (k, d - 2, 2)
        first = np.stack([np.cos(out[:, ANGLE]), np.sin(out[:, ANGLE])], axis=1)
        second = np.stack([-first[:, 1], first[:, 0]], axis=1)
        out[:, CHANNELS::3] = mixture.means[:, 2:] / 255.0
        for column, (axis, variance) in enumerate(zip((first, second), variances.T, strict=True), CHANNELS + 1):
            out[:, column::3] = np.einsum("kcj,kj->kc", gain, axis) * np.sqrt(variance)[:, None] / 255.0
    return out


def gate_heights(weights: Array, variances: Array) -> Array:
    """The heights of the gates, in nats: ln of the weighted densities at their means, plus ln 2 pi."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(weights) - 0.5 * np.log(variances).sum(axis=1))


def to_mixture(parameters: Array, spread: Array) -> Mixture:
    """The mixture whose conditional mean the experts paint, or whose density they are.

    spread: (k,) variance of the colours about it within each component.
    """
    channels = (parameters.shape[1] - CHANNELS) // 3
    cos, sin = np.cos(parameters[:, ANGLE]), np.sin(parameters[:, ANGLE])
    axes = np.stack([np.stack([cos, sin], axis=1), np.stack([-sin, cos], axis=1)], axis=1)  # (k, 2, 2) in rows
    root = axes * np.exp(-parameters[:, SCALE])[:, :, None]  # (k, 2, 2): z root is a place about the mean
    slopes = 255.0 * np.stack([parameters[:, CHANNELS + 1 :: 3], parameters[:, CHANNELS + 2 :: 3]], axis=1)
    whole = np.concatenate([root, slopes], axis=2)  # (k, 2, 2 + c)
    covariances = np.einsum("kji,kjl->kil", whole, whole)
    free = np.arange(2, 2 + channels)
    covariances[:, free, free] += spread[:, None] + PIXEL_VARIANCE
    means = np.concatenate([parameters[:, PLACE], 255.0 * parameters[:, CHANNELS::3]], axis=1)
    heights = parameters[:, GATE] - parameters[:, SCALE].sum(axis=1)
    weights = np.exp(heights - heights.max())
    return Mixture(weights, means, covariances, names=NAMES[: 2 + channels])


def of_picture(picture: Numbers, weight: Numbers, k: int) -> Array:
    """Experts, one in each of k cells of a picture (h, w, c), numbers in 0..255, which is cut where it varies most."""
    channels = picture.shape[2]
    sums = _integral(np.concatenate([picture * weight[..., None], weight[..., None]], axis=2))  # (h + 1, w + 1, c + 1)
    squares = _integral((np.square(picture, dtype=np.float64).sum(axis=2) * weight)[..., None])

    def error(cells: Numbers) -> tuple[Array, Array]:
        """The square error of each cell's mean, and its sums."""
        total = _over(sums, cells)
        n = np.maximum(total[..., -1], 1e-9)
        square = _over(squares, cells)[..., 0] - np.square(total[..., :-1]).sum(axis=-1) / n
        area = (cells[..., 2] - cells[..., 0]) * (cells[..., 3] - cells[..., 1])
        return np.where(area > 1, np.maximum(square, 0.0) + 1e-3 * area, -1.0), total

    cells = np.array([[0, 0, picture.shape[1], picture.shape[0]]])  # left, top, right, bottom
    errors = error(cells)[0]
    while len(cells) < k:
        many = min(k - len(cells), max(1, len(cells) // 3))
        worst = np.argsort(-errors, kind="stable")[:many]
        worst = worst[errors[worst] > 0]
        first, second = _cut(cells[worst], lambda parts: error(parts)[0])
        cells[worst] = first
        cells = np.concatenate([cells, second])
        errors = np.concatenate([errors, np.zeros(len(second))])
        fresh = np.concatenate([worst, np.arange(len(cells) - len(second), len(cells))])
        errors[fresh] = error(cells[fresh])[0]
    total = error(cells)[1]
    sides = np.stack([cells[:, 2] - cells[:, 0], cells[:, 3] - cells[:, 1]], axis=1)
    out = np.zeros((k, CHANNELS + 3 * channels))
    out[:, PLACE] = 0.5 * (cells[:, :2] + cells[:, 2:])
    out[:, SCALE] = -np.log(sides * (1.2 / math.sqrt(12.0)))
    out[:, CHANNELS::3] = total[:, :-1] / np.maximum(total[:, -1:], 1e-9) / 255.0
    return out


def of_drawing(density: Numbers, weight: Numbers, k: int) -> Array:
    """Experts whose sum is about a density (h, w, 1), in 0..255."""
    coloured = of_picture(density, weight, k)
    out = coloured[:, :CHANNELS]
    out[:, GATE] = np.log(np.maximum(coloured[:, CHANNELS], 0.02) / 0.75)  # what such Gaussians side by side sum to
    return out


def _integral(values: Floats) -> Array:
    """(h + 1, w + 1, ...) the sums of all above and left of each corner."""
    out = np.zeros((values.shape[0] + 1, values.shape[1] + 1, *values.shape[2:]))
    np.cumsum(np.cumsum(values, axis=0, dtype=np.float64), axis=1, out=out[1:, 1:])
    return out


def _over(sums: Array, cells: Numbers) -> Array:
    """The sums over cells (..., 4)."""
    left, top, right, bottom = np.moveaxis(cells, -1, 0)
    return np.asarray(sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left])


def _cut(cells: Numbers, error: object) -> tuple[Numbers, Numbers]:
    """The two parts of each cell, cut where they vary least, across the longer side where one is much longer."""
    assert callable(error)
    parts = np.empty((2, 2 * len(_CUTS), len(cells), 4), cells.dtype)
    parts[...] = cells
    allowed = np.zeros((2 * len(_CUTS), len(cells)), bool)
    sides = cells[:, 2:] - cells[:, :2]
    for axis in (0, 1):
        length, other = sides[:, axis], sides[:, 1 - axis]
        for i, cut in enumerate(_CUTS):
            at = np.clip(np.rint(cut * length).astype(cells.dtype), 1, np.maximum(length - 1, 1))
            row = axis * len(_CUTS) + i
            parts[0, row, :, 2 + axis] = parts[1, row, :, axis] = cells[:, axis] + at
            narrow = np.minimum(at, length - at) * _SLENDER >= other
            allowed[row] = (length > 1) & (narrow | (length >= other))
    cost = np.where(allowed, error(parts[0]) + error(parts[1]), np.inf)
    best = np.argmin(cost, axis=0)
    each = np.arange(len(cells))
    return parts[0, best, each], parts[1, best, each]
