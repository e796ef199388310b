"""What an engine is."""

from __future__ import annotations

from typing import Literal, Protocol

from ..model.gaussian import Gaussians
from ..model.statistics import Statistics

EngineName = Literal["auto", "blas", "cpu", "reference"]
STEP = 5e7  # pairs times features of an E-step from which compiled kernels earn back their start


class Engine(Protocol):
    """The E-step over points that the engine was given once, so that it may arrange them as it likes."""

    def expect(self, mixture: Gaussians) -> Statistics:
        """The statistics of the points under `mixture`, about its means."""
        ...
