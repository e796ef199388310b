"""The E-step by products of matrices, through NumPy and BLAS: nothing is compiled, so the first call waits for nothing.

All pairs in double precision in few coordinates and of diagonal covariances; of matrices in many coordinates, the
pairs that matter, in the points' own precision where that suffices.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import LOW_DIMENSION, cut, high_dimension, products
from ..kernels.threads import single_blas
from ..model.families import CovarianceType, family
from ..model.gaussian import Gaussians
from ..model.statistics import Statistics
from ..sources.points import Points
from .precision import Extent, exactly, unwhitened

COARSE = {np.dtype("float32"): 0.03, np.dtype("float64"): 1e-6}  # largest admissible error of z about one centre


class BlasEngine:
    """The answer is the same to the bit for any number of threads.

    pairs: how many pairs of a point and a component the last E-step visited.
    """

    def __init__(self, points: Points, covariance_type: CovarianceType, n_threads: int | None = None) -> None:
        self.points, self.n_threads = points, n_threads
        self.total = points.total
        self.pairs = 0
        self.many = points.d > LOW_DIMENSION and family(covariance_type).triangular
        if self.many:
            self.extent = Extent(points)
            self.tables: dict[Any, Any] = {}  # precision -> the points in it
            self._centred(points.x.dtype)
        else:
            self.table: Any = products.prepare(points.x, points.weight)

    @single_blas()
    def expect(self, mixture: Gaussians) -> Statistics:
        """The statistics of the points under `mixture`, which depend on nothing that was asked before."""
        if self.many:
            return self._many(mixture)
        self.pairs = self.points.n * mixture.n_components
        gaussians = mixture.means, mixture.lower, mixture.whitener, mixture.log_scales
        mass, first, second, likelihood = products.expect(self.table, *gaussians, self.n_threads)
        return Statistics(mass, first, mixture.family.summed(second), likelihood, self.total)

    def _many(self, mixture: Gaussians) -> Statistics:
        """The statistics from the pairs that matter."""
        precisions = dict.fromkeys((self.points.x.dtype, np.dtype(np.float64)))
        fine = [p for p in precisions if self.extent.error(mixture, p) <= COARSE[p]]
        if not fine:  # far outliers, or very thin components
            self.pairs = self.points.n * mixture.n_components
            return exactly(self.points, mixture)
        table, limit = self._centred(fine[0]), cut(mixture.n_components, fine[0])
        gaussians = mixture.means, mixture.whitener, mixture.log_scales
        moments, second, likelihood, self.pairs = high_dimension.expect(table, *gaussians, limit, self.n_threads)
        first, second = unwhitened(moments[:, 1:], second, mixture)
        return Statistics(moments[:, 0], first, mixture.family.summed(second), likelihood, self.total)

    def _centred(self, precision: Any) -> Any:
        if precision not in self.tables:
            x = self.points.x.astype(precision, copy=False)
            self.tables[precision] = high_dimension.prepare(x, self.points.weight)
        return self.tables[precision]
