"""The E-step on this machine's cores: pruned tiles in low dimension, BLAS in high."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from ..arrays import Array
from ..kernels import LOW_DIMENSION, high_dimension, over_tiles, tiles
from ..kernels.threads import single_blas
from ..model.evaluate import components
from ..model.gaussian import CovarianceType, Gaussians
from ..model.statistics import Statistics
from ..sources.points import Points
from .reference import ReferenceEngine

NUMBERS = 2**22  # in a temporary array
NO_ORDER = np.empty(0, np.int64)  # of the rows: sums need none
ROUGH = 1e-3  # error of z in double precision, in standard deviations, beyond which its bounds cannot be trusted
# In single precision numbers end at 1e-38 and 3e38, their squares earlier: the steepest whitener whose variances it
# tells with all their digits, and the farthest point.
STEEPEST, FARTHEST = 1e15, 1e18


class CpuEngine:
    """The fast engine; the answer is the same to the bit for any number of threads.

    pairs: how many pairs of a point and a component the last E-step visited.
    """

    def __init__(self, points: Points, covariance_type: CovarianceType, n_threads: int | None = None) -> None:
        self.n_threads = n_threads
        self.points = points
        self.total = points.total
        self.pairs = 0
        self.tiled = points.d <= LOW_DIMENSION
        self.low, self.high = (points.x.min(axis=0).astype(float), points.x.max(axis=0).astype(float))  # (d,)
        self.data: Any = self._arranged(points.x.dtype)
        self.fine: Any = None  # the same in double precision, once single did not suffice

    @single_blas()
    def expect(self, mixture: Gaussians) -> Statistics:
        """The statistics of the points under `mixture`, which depend on nothing that was asked before."""
        reach = self._reach(mixture)
        if not reach * float(np.finfo(np.float64).eps) <= ROUGH:  # far outliers, or very thin components
            return self._slowly(mixture)
        found = self._fast(mixture, self.data, reach)
        if found is None:
            self.fine = self._arranged(np.dtype(np.float64)) if self.fine is None else self.fine
            found = self._fast(mixture, self.fine, reach)
            assert found is not None
        mass, first, second, likelihood = found
        return Statistics(mass, first, mixture.family.summed(second), likelihood, self.total)

    def _reach(self, mixture: Gaussians) -> float:
        """The largest size of what z = W (x - mean) is summed from, and rounded relative to, of all pairs.

        A tile's rounding is less, as its box is smaller; but a bound that is off rules out a component unseen.
        """
        alive = np.isfinite(mixture.log_scales)
        with np.errstate(over="ignore"):
            away = np.maximum(self.high - mixture.means, mixture.means - self.low)  # (k, d)
            steep = np.abs(mixture.whitener)
            terms = steep * away if steep.ndim == 2 else (steep @ away[:, :, None])[:, :, 0]
        return float(terms[alive].max(initial=0.0))

    def _fast(self, mixture: Gaussians, data: Any, reach: float) -> tuple[Array, Array, Array, float] | None:
        """Mass, first and second moments and the log likelihood; None where single precision does not suffice."""
        precision = self._precision(data)
        if precision == np.float32 and not self._within_single(mixture):
            return None
        if self.tiled:
            return self._tiles(mixture, data)
        if reach * float(np.finfo(precision).eps) > over_tiles.COARSE:
            return None
        return self._blocks(mixture, data)

    def _within_single(self, mixture: Gaussians) -> bool:
        steepest = float(np.abs(mixture.whitener).max())
        farthest = float(np.abs([self.low, self.high, mixture.means.min(axis=0), mixture.means.max(axis=0)]).max())
        return steepest < STEEPEST and farthest < FARTHEST

    def _arranged(self, precision: Any) -> Any:
        x, weight = self.points.x, self.points.weight
        if self.tiled:
            return tiles.build(x, weight, precision, self.n_threads)._replace(order=NO_ORDER)
        return high_dimension.prepare(x.astype(precision, copy=False), weight)

    def _precision(self, data: Any) -> Any:
        return (data.u if self.tiled else data.x).dtype

    def _tiles(self, mixture: Gaussians, data: Any) -> tuple[Array, Array, Array, float] | None:
        """In low dimension."""
        table = components(mixture, self._precision(data))
        near, thin, likelihood, self.pairs, coarse = over_tiles.expect(data, table, self.n_threads)
        if coarse:
            return None
        mass, first, second = _unpacked(thin, mixture)
        first, second = _unwhitened(first, second, mixture)
        parts = _unpacked(near, mixture)
        return mass + parts[0], first + parts[1], second + parts[2], likelihood

    def _blocks(self, mixture: Gaussians, data: Any) -> tuple[Array, Array, Array, float]:
        """In high dimension."""
        limit = over_tiles.cut(mixture.n_components, self._precision(data))
        moments, second, likelihood, self.pairs = high_dimension.expect(
            data, mixture.means, mixture.whitener, mixture.log_scales, limit, self.n_threads
        )
        first, second = _unwhitened(moments[:, 1:], second, mixture)
        return moments[:, 0], first, second, likelihood

    def _slowly(self, mixture: Gaussians) -> Statistics:
        """All pairs in double precision, point less mean, block by block."""
        points = self.points
        size = max(1, NUMBERS // (mixture.n_components * points.d))
        blocks = (np.arange(start, min(start + size, points.n)) for start in range(0, points.n, size))
        self.pairs = points.n * mixture.n_components
        return functools.reduce(operator.add, (ReferenceEngine(points.take(rows)).expect(mixture) for rows in blocks))


def _unpacked(moments: Array, mixture: Gaussians) -> tuple[Array, Array, Array]:
    """Mass (k,), first (k, d), second (k, d, d) or (k, d) from the kernels' rows (k, features)."""
    d = mixture.n_coordinates
    second = moments[:, 1 + d :]
    if mixture.whitener.ndim == 3:
        rows, columns = np.tril_indices(d)
        packed, second = second, np.empty((len(second), d, d))
        second[:, rows, columns] = packed
        second[:, columns, rows] = packed
    return moments[:, 0], moments[:, 1 : 1 + d], second


def _unwhitened(first: Array, second: Array, mixture: Gaussians) -> tuple[Array, Array]:
    """Moments of x - mean from those of z = W (x - mean): x - mean = L z."""
    lower = mixture.lower
    if lower.ndim == 2:
        return lower * first, lower**2 * second
    second = lower @ second @ lower.transpose(0, 2, 1)
    return (lower @ first[:, :, None])[:, :, 0], 0.5 * (second + second.transpose(0, 2, 1))
