"""What an engine is."""

from __future__ import annotations

from typing import Literal, Protocol

from ..kernels import compiling_pays
from ..kernels.threads import in_turns, wanted
from ..model.gaussian import Gaussians
from ..model.statistics import Statistics

EngineName = Literal["auto", "blas", "cpu", "reference"]
STEP = 5e7  # pairs times features of an E-step from which compiled kernels earn back their start
SIDE_BY_SIDE = 1_000_000  # points times coordinates times components from which threads pay for fits side by side


def side_by_side(n: int, k: int, d: int, triangular: bool, n_threads: int | None) -> int:
    """On how many threads fits of k components to n points each pay: smaller steps are mostly Python, which waits."""
    if n * k * d < SIDE_BY_SIDE:
        return 1
    return wanted(n_threads) if compiling_pays(n, k, d, triangular, STEP) else in_turns(n_threads)


class Engine(Protocol):
    """The E-step over points that the engine was given once, so that it may arrange them as it likes."""

    def expect(self, mixture: Gaussians) -> Statistics:
        """The statistics of the points under `mixture`, about its means."""
        ...
