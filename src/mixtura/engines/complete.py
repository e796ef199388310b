"""The engine of points in memory without gaps."""

from __future__ import annotations

from ..kernels import LOW_DIMENSION, compiling_pays
from ..model.families import CovarianceType, family
from ..sources.points import Points
from .base import STEP, Engine


def complete(points: Points, k: int, covariance_type: CovarianceType, name: str, n_threads: int | None) -> Engine:
    """The engine of that name; "auto" compiles kernels for work alone that repays it."""
    if name == "reference":
        from .reference import ReferenceEngine

        return ReferenceEngine(points)
    if name == "auto":
        pays = compiling_pays(points.n, k, points.d, family(covariance_type).triangular, STEP)
        name = "cpu" if pays else "blas"
    if name == "blas" or points.d > LOW_DIMENSION:
        from .blas import BlasEngine

        return BlasEngine(points, covariance_type, n_threads)
    from .cpu import CpuEngine

    return CpuEngine(points, n_threads)
