"""The engine of points in memory without gaps."""

from __future__ import annotations

from ..model.gaussian import CovarianceType
from ..sources.points import Points
from .base import FEW_NUMBERS, Engine


def complete(points: Points, k: int, covariance_type: CovarianceType, name: str, n_threads: int | None) -> Engine:
    """The engine of that name; "auto" is NumPy where compiled code would load longer than that calculates."""
    if name == "auto":
        name = "reference" if points.n * points.d * k < FEW_NUMBERS else "cpu"
    if name == "reference":
        from .reference import ReferenceEngine

        return ReferenceEngine(points)
    from .cpu import CpuEngine

    return CpuEngine(points, covariance_type, n_threads)
