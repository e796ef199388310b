"""The E-step on this machine's cores: pruned tiles in low dimension, BLAS in high."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernels import blas, tiles, walk
from ..model.evaluate import SMALL_D, components
from ..model.gaussian import CovarianceType
from ..model.mixture import Mixture
from ..model.points import Points
from ..model.statistics import Statistics

Array = NDArray[np.float64]


class CpuEngine:
    """The fast engine; the answer is the same to the bit for any number of threads.

    pairs: how many pairs of a point and a component the last E-step visited.
    """

    def __init__(self, points: Points, covariance_type: CovarianceType, n_threads: int | None = None) -> None:
        self.n_threads = n_threads
        self.points = points
        self.total = points.total
        self.pairs = 0
        self.tiled = points.d <= SMALL_D
        self.data: Any = (
            tiles.build(points.x, points.weight, points.x.dtype, n_threads)
            if self.tiled
            else blas.prepare(points.x, points.weight)
        )

    def expect(self, mixture: Mixture) -> Statistics:
        """The statistics of the points under `mixture`."""
        d = mixture.n_coordinates
        if self.tiled:
            table = components(mixture, self.data.u.dtype)
            near, thin, likelihood, self.pairs, coarse = walk.expect(self.data, table, self.n_threads)
            if coarse and self.data.u.dtype == np.float32:
                # Far outliers, or components that are very thin: single precision cannot tell where points are.
                self.data = tiles.build(self.points.x, self.points.weight, np.dtype(np.float64), self.n_threads)
                return self.expect(mixture)
            mass, first, second = _unpacked(thin, mixture)
            first, second = _unwhitened(first, second, mixture)
            parts = _unpacked(near, mixture)
            mass, first, second = mass + parts[0], first + parts[1], second + parts[2]
        else:
            limit = walk.cut(mixture.n_components, self.data.x.dtype)
            moments, second, likelihood, self.pairs = blas.expect(
                self.data, mixture.means, mixture.whitener, mixture.log_scales, limit, self.n_threads
            )
            mass, first = moments[:, 0], moments[:, 1 : 1 + d]
            first, second = _unwhitened(first, second, mixture)
        kind = mixture.covariance_type
        if kind == "spherical":
            second = second.sum(axis=1)
        elif kind == "tied":
            second = second.sum(axis=0)
        return Statistics(mass, first, second, likelihood, self.total)


def _unpacked(moments: Array, mixture: Mixture) -> tuple[Array, Array, Array]:
    """mass (k,), first (k, d), second (k, d, d) or (k, d) from the kernels' rows (k, features)."""
    d = mixture.n_coordinates
    second = moments[:, 1 + d :]
    if mixture.whitener.ndim == 3:
        rows, columns = np.tril_indices(d)
        packed, second = second, np.empty((len(second), d, d))
        second[:, rows, columns] = packed
        second[:, columns, rows] = packed
    return moments[:, 0], moments[:, 1 : 1 + d], second


def _unwhitened(first: Array, second: Array, mixture: Mixture) -> tuple[Array, Array]:
    """Moments of x - mean from those of z = W (x - mean): x - mean = L z."""
    lower = mixture.lower
    if lower.ndim == 2:
        return lower * first, lower**2 * second
    second = lower @ second @ lower.transpose(0, 2, 1)
    return (lower @ first[:, :, None])[:, :, 0], 0.5 * (second + second.transpose(0, 2, 1))
