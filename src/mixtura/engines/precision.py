"""How exact an E-step is in which precision, and the E-step where none suffices."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from ..arrays import Array
from ..kernels.threads import in_turns, ranges, spread
from ..model.gaussian import Gaussians
from ..model.statistics import Statistics
from ..sources.points import Points

NUMBERS = 2**22  # in a temporary array
# In single precision numbers end at 1e-38 and 3e38, their squares earlier: the steepest whitener whose variances it
# tells with all their digits, and the farthest point.
STEEPEST, FARTHEST = 1e15, 1e18


class Extent:
    """The box of points, and how far away a mixture's components see it."""

    low: Any
    high: Any

    def __init__(self, points: Points) -> None:
        self.low, self.high = (points.x.min(axis=0).astype(float), points.x.max(axis=0).astype(float))  # (d,)

    def error(self, mixture: Gaussians, precision: Any) -> float:
        """The largest error of z of all pairs, in standard deviations; infinite where numbers of single precision end.

        A tile's rounding is less, as its box is smaller; but a bound that is off rules out a component unseen.
        """
        if precision == np.float32 and not self._within_single(mixture):
            return np.inf
        return self._reach(mixture) * float(np.finfo(precision).eps)

    def _reach(self, mixture: Gaussians) -> float:
        """The largest size of what z = W (x - mean) is summed from, and rounded relative to, of all pairs."""
        alive = np.isfinite(mixture.log_scales)
        with np.errstate(over="ignore"):
            away = np.maximum(self.high - mixture.means, mixture.means - self.low)  # (k, d)
            steep = np.abs(mixture.whitener)
            terms = steep * away if steep.ndim == 2 else (steep @ away[:, :, None])[:, :, 0]
        return float(terms[alive].max(initial=0.0))

    def _within_single(self, mixture: Gaussians) -> bool:
        steepest = float(np.abs(mixture.whitener).max())
        farthest = float(np.abs([self.low, self.high, mixture.means.min(axis=0), mixture.means.max(axis=0)]).max())
        return steepest < STEEPEST and farthest < FARTHEST


def exactly(points: Points, mixture: Gaussians) -> Statistics:
    """The statistics of the points under `mixture` from point less mean, block by block: every pair in full."""
    from .reference import ReferenceEngine

    size = max(1, NUMBERS // (mixture.n_components * points.d))
    blocks = (np.arange(start, min(start + size, points.n)) for start in range(0, points.n, size))
    return functools.reduce(operator.add, (ReferenceEngine(points.take(rows)).expect(mixture) for rows in blocks))


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
