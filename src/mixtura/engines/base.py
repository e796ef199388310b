"""What an engine is, and which one serves a fit."""

from __future__ import annotations

from typing import Literal, Protocol, get_args

from ..errors import InputError
from ..model.gaussian import CovarianceType
from ..model.mixture import Mixture
from ..model.points import Points
from ..model.statistics import Statistics

EngineName = Literal["auto", "reference", "cpu"]
FEW_NUMBERS = 50_000  # points x components x coordinates below which NumPy answers sooner than compiled code loads


class Engine(Protocol):
    """The E-step over points that the engine was given once, so that it may arrange them as it likes."""

    def expect(self, mixture: Mixture) -> Statistics:
        """The statistics of the points under `mixture`, about its means."""
        ...


def choose(
    points: Points, k: int, covariance_type: CovarianceType, name: str = "auto", n_threads: int | None = None
) -> Engine:
    """The engine of that name for these points; "auto" takes the fastest that is at hand.

    Precision follows the points: float32 points are worked in float32 where the engine can.
    Points with NaN have an engine of their own, which gives rows of a kind to the one of that name.
    """
    if name in get_args(EngineName) and points.incomplete:
        from .incomplete import IncompleteEngine

        return IncompleteEngine(points, k, covariance_type, name, n_threads)
    if name == "auto":
        name = "reference" if points.n * points.d * k < FEW_NUMBERS else "cpu"
    if name == "reference":
        from .reference import ReferenceEngine

        return ReferenceEngine(points)
    if name == "cpu":
        from .cpu import CpuEngine

        return CpuEngine(points, covariance_type, n_threads)
    raise InputError(f"engine is {name!r}: choose auto, cpu or reference.")
