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
            moments, likelihood, self.pairs = walk.expect(self.data, components(mixture), self.n_threads)
            packed = moments[:, 1 + d :]
            second = packed if mixture.whitener.ndim == 2 else _unpacked(packed, d)
        else:
            moments, second, likelihood, self.pairs = blas.expect(
                self.data, mixture.means, mixture.whitener, mixture.log_scales, self.n_threads
            )
        return _unwhitened(mixture, moments[:, 0], moments[:, 1 : 1 + d], second, likelihood, self.total)


def _unpacked(lower: Array, d: int) -> Array:
    """(k, d, d) symmetric matrices from their packed lower triangles (k, d (d + 1) / 2)."""
    rows, columns = np.tril_indices(d)
    matrices = np.empty((len(lower), d, d))
    matrices[:, rows, columns] = lower
    matrices[:, columns, rows] = lower
    return matrices


def _unwhitened(
    mixture: Mixture, mass: Array, first: Array, second: Array, log_likelihood: float, total: float
) -> Statistics:
    """Statistics from moments of z = W (x - mean): x - mean = L z."""
    lower = mixture.lower
    if lower.ndim == 2:
        first, second = lower * first, lower**2 * second  # (k, d) both
        if mixture.covariance_type == "spherical":
            second = second.sum(axis=1)
    else:
        first = (lower @ first[:, :, None])[:, :, 0]
        if mixture.covariance_type == "tied":
            second = second.sum(axis=0)[None]
        second = lower @ second @ lower.transpose(0, 2, 1)
        second = 0.5 * (second + second.transpose(0, 2, 1))
        if mixture.covariance_type == "tied":
            second = second[0]
    return Statistics(mass, first, second, log_likelihood, total)
