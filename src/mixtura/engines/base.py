"""What an engine is, and which one serves a fit; what points are that are not all in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True, eq=False)
class Survey:
    """What one pass over points tells.

    n, d: how many, in how many coordinates. total: the sum of the weights, added one after the other. support: how
    many have a positive weight. weighted: whether there are weights at all.
    low, high: (d,) the least and the largest of each coordinate, as they were given; NaN where all miss it.
    bits: see Points.bits.
    """

    n: int
    d: int
    total: float
    support: int
    weighted: bool
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    bits: int = 0

    @classmethod
    def of(cls, points: Points) -> Survey:
        """What there is to tell of points in memory, but for their bits."""
        low, high = (side.reduce(points.x).astype(np.float64) for side in (np.fmin, np.fmax))  # which pass over NaN
        return cls(points.n, points.d, points.total, points.support, points.weight is not None, low, high)


@dataclass(frozen=True)
class Pass:
    """How far a pass over points is that are read in blocks: what `on_pass` of a fit hears after each block.

    number: 0 for the survey, then 1, 2, ... done: rows so far. of: rows in all, None while nobody knows.

    >>> import mixtura as mx
    >>> heard = []
    >>> found = mx.fit(lambda: [[[0.0], [0.1]], [[1.0]], [[1.1]]], 2, rng=0, on_pass=heard.append)
    >>> heard[0], heard[1].done
    (Pass(number=0, done=2, of=None), 3)
    """

    number: int
    done: int
    of: int | None


class Source(Protocol):
    """Points that need not be in memory: what a fit asks of them. Each answer is a pass, in the same order of rows."""

    @property
    def names(self) -> tuple[str, ...] | None:
        """What the coordinates are called."""
        ...

    def survey(self) -> Survey:
        """Look at every row. Raises an error that names the block and the row of what is no finite number."""
        ...

    def take(self, rows: NDArray[np.int64] | None) -> Points:
        """The points at `rows`, ascending and perhaps repeated, with their weights; None: all that have weight."""
        ...

    def locate(self, sums: NDArray[np.float64]) -> NDArray[np.int64]:
        """The rows at which the running sum of the weights first exceeds each of `sums`, ascending; the last that has
        weight where none does.
        """
        ...

    def engine(
        self, k: int, covariance_type: CovarianceType, name: str = "auto", n_threads: int | None = None
    ) -> Engine:
        """The engine whose `expect` is one pass, in blocks whose statistics are added by `model.statistics.summed`."""
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
