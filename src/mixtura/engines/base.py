"""What an engine is."""

from __future__ import annotations

from typing import Literal, Protocol

from ..kernels import compiling_pays
from ..kernels.threads import in_turns, locked, wanted
from ..model.gaussian import Gaussians
from ..model.statistics import Statistics

EngineName = Literal["auto", "blas", "cpu", "reference"]
STEP = 5e7  # pairs times features of an E-step from which compiled kernels earn back their start
SIDE_BY_SIDE = 1_000_000  # points times coordinates times components of a step: smaller ones are mostly Python


def side_by_side(size: tuple[int, int, int, bool], engine: str, n_threads: int | None) -> int:
    """On how many threads to take fits at once.

    size: points, components and coordinates of each fit, and whether its covariances are matrices. engine: its name.
    """
    n, k, d, _ = size
    if locked() and n * k * d < SIDE_BY_SIDE:
        return 1
    compiled = engine == "cpu" or (engine == "auto" and compiling_pays(*size, STEP))
    return wanted(n_threads) if compiled else in_turns(n_threads)


class Engine(Protocol):
    """The E-step over points that the engine was given once, so that it may arrange them as it likes."""

    def expect(self, mixture: Gaussians) -> Statistics:
        """The statistics of the points under `mixture`, about its means."""
        ...
