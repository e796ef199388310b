"""How exact an E-step is in which precision, and the E-step where none suffices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array
from ..kernels.threads import in_turns, ranges, spread
from ..model.gaussian import Gaussians
from ..model.statistics import Statistics
from ..sources.points import Points
from ..sources.source import bounds

# In single precision numbers end at 1e-38 and 3e38, their squares earlier: the steepest whitener whose variances it
# tells with all their digits, and the farthest point.
STEEPEST, FARTHEST = 1e15, 1e18


class Extent:
    """The box of points, and how far away a mixture's components see it."""

    low: Any
    high: Any

    def __init__(self, points: Points) -> None:
        self.low, self.high = bounds(points.x)  # (d,)

    def error(self, mixture: Gaussians, precision: Any) -> float:
        """The largest error of z of all pairs, in standard deviations; infinite where numbers of single precision end.

        A tile's rounding is less, as its box is smaller; but a bound that is off rules out a component unseen.
        """
        steep, means = np.abs(mixture.whitener), mixture.means
        if precision == np.float32:
            farthest = np.abs([self.low, self.high, means.min(axis=0), means.max(axis=0)]).max()
            if not (steep.max() < STEEPEST and farthest < FARTHEST):
                return np.inf
        with np.errstate(over="ignore"):
            away = np.maximum(self.high - means, means - self.low)  # (k, d)
            terms = steep * away if steep.ndim == 2 else (steep @ away[:, :, None])[:, :, 0]  # which z is summed from
        return float(terms[np.isfinite(mixture.log_scales)].max(initial=0.0)) * float(np.finfo(precision).eps)


def exactly(points: Points, mixture: Gaussians) -> Statistics:
    """The statistics of the points under `mixture` from point less mean, block by block: every pair in full."""
    from .reference import ReferenceEngine

    return ReferenceEngine(points).expect(mixture)


def unpacked(moments: Array, d: int, *, diagonal: bool) -> tuple[Array, Array, Array]:
    """Mass (k,), first (k, d), second (k, d, d) or (k, d) from the kernels' rows (k, features), copied."""
    mass, first, packed = moments[:, 0].copy(), moments[:, 1 : 1 + d].copy(), moments[:, 1 + d :]
    if diagonal:
        return mass, first, packed.copy()
    rows, columns = np.tril_indices(d)
    second = np.empty((len(packed), d, d))
    second[:, rows, columns] = packed
    second[:, columns, rows] = packed
    return mass, first, second


def unwhitened(first: Array, second: Array, lower: Array, n_threads: int | None = 1) -> tuple[Array, Array]:
    """Moments of x - mean from those of z = W (x - mean): x - mean = L z."""
    if lower.ndim == 2:
        return lower * first, lower**2 * second

    out = np.empty_like(second)

    def some(part: tuple[int, int]) -> None:
        here = slice(*part)
        each = lower if len(lower) == 1 else lower[here]
        found = each @ second[here] @ each.transpose(0, 2, 1)
        np.add(found, found.transpose(0, 2, 1), out=out[here])
        out[here] *= 0.5

    parts = ranges(len(second), in_turns(n_threads))
    spread(some, parts, len(parts))
    return (lower @ first[:, :, None])[:, :, 0], out
