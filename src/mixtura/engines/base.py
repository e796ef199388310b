"""What an engine is."""

from __future__ import annotations

from typing import Literal, Protocol

from ..model.gaussian import Gaussians
from ..model.statistics import Statistics

EngineName = Literal["auto", "reference", "cpu"]
FEW_NUMBERS = 50_000  # points x components x coordinates below which NumPy answers sooner than compiled code loads


class Engine(Protocol):
    """The E-step over points that the engine was given once, so that it may arrange them as it likes."""

    def expect(self, mixture: Gaussians) -> Statistics:
        """The statistics of the points under `mixture`, about its means."""
        ...
