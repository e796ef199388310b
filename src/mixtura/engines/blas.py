"""The E-step by products of matrices, through NumPy and BLAS: nothing is compiled, so the first call waits for nothing.

All pairs in double precision in few coordinates and of diagonal covariances. Of matrices in many coordinates: all pairs
at once where one matrix is shared, or where that is less work; else the pairs that matter, in the points' own precision
where that suffices.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..arrays import Array
from ..kernels import MANY, cut, high_dimension, products, ruled_out, shared
from ..kernels.threads import single_blas
from ..model.families import CovarianceType, family
from ..model.gaussian import Gaussians, arrays
from ..model.statistics import Statistics
from ..sources.points import Points
from .precision import Extent, exactly, unwhitened

# The largest admissible error of z about one centre.
COARSE: dict[Any, float] = {np.dtype("float32"): 0.03, np.dtype("float64"): 1e-6}


class BlasEngine:
    """The answer is the same to the bit for any number of threads.

    pairs: how many pairs of a point and a component the last E-step visited.
    """

    points: Points
    n_threads: int | None
    pairs: Any

    def __init__(self, points: Points, covariance_type: CovarianceType, n_threads: int | None = None) -> None:
        self.points, self.n_threads = points, n_threads
        self.total: float = points.total
        self.pairs = 0
        self.many: bool = points.d > MANY and family(covariance_type).triangular
        self.tables: dict[Any, Any] = {}  # precision -> the points in it

    @single_blas()
    def expect(self, mixture: Gaussians) -> Statistics:
        """The statistics of the points under `mixture`, which depend on nothing that was asked before."""
        if self.many:
            return self._many(mixture)
        self.pairs = self.points.n * mixture.n_components
        return self._told(mixture, *products.expect(self.table, arrays(mixture), self.n_threads))

    def _many(self, mixture: Gaussians) -> Statistics:
        """The statistics of points in many coordinates under matrices."""
        gaussians, (k, d) = arrays(mixture), mixture.means.shape
        self.pairs = self.points.n * k
        if mixture.family.shared and shared.is_near(self.table, gaussians):
            found = shared.expect(self.table, gaussians, self.n_threads)
            if found is not None:
                mass, first, second, likelihood = found
                return self._told(mixture, mass, *unwhitened(first, second, mixture.lower, self.n_threads), likelihood)
        pays = high_dimension.features_pay(d, k)
        if pays and products.are_near(self.table, gaussians):
            return self._told(mixture, *products.expect(self.table, gaussians, self.n_threads, many=d))
        precisions = dict.fromkeys((self.points.x.dtype, np.dtype(np.float64)))
        fine = [p for p in precisions if self.extent.error(mixture, p) <= COARSE[p]]
        if not fine:  # far outliers, or very thin components
            return exactly(self.points, mixture)
        table = self._centred(fine[0])
        parts = ruled_out.Components(table, gaussians, cut(k, fine[0]), self.n_threads)
        if not pays and high_dimension.features_pay(d, k, parts.work) and products.are_near(self.table, gaussians):
            return self._told(mixture, *products.expect(self.table, gaussians, self.n_threads, many=d))
        moments, second, likelihood, self.pairs = high_dimension.expect(table, parts, self.n_threads)
        first, second = unwhitened(moments[:, 1:], second, mixture.lower, self.n_threads)
        return self._told(mixture, moments[:, 0], first, second, likelihood)

    def _told(self, mixture: Gaussians, mass: Array, first: Array, second: Array, likelihood: float) -> Statistics:
        return Statistics(mass, first, mixture.family.summed(second), likelihood, self.total)

    @functools.cached_property
    def table(self) -> Any:
        """The points for products of features."""
        return products.prepare(self.points.x, self.points.weight)

    @functools.cached_property
    def extent(self) -> Extent:
        """Where the points lie."""
        return Extent(self.points)

    def _centred(self, precision: Any) -> Any:
        if precision not in self.tables:
            x = self.points.x.astype(precision, copy=False)
            self.tables[precision] = high_dimension.prepare(x, self.points.weight, self.n_threads)
        return self.tables[precision]
