"""The E-step where the points lie: a task a partition, through Dask. Only mixtures and sums of statistics travel."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..model.gaussian import Gaussians
from ..model.statistics import Statistics, summed
from ..sources.partitions import Partitions, Workers, held
from ..sources.points import Points
from ..sources.source import Source
from .base import Engine


class ClusterEngine:
    """One pass over all partitions an `expect`: each is worked where it lies, and the sums are added in a fixed order.

    So the answer has the same bits for any number of workers, whichever of them is fast, slow or lost.
    partitions: of Points. engine: gives the engine of one. n_threads: of each task; None for what the workers have.
    keep: whether the workers keep the partitions as the kernels arrange them, as long as the engine lives. passed:
    called after each pass. tiles_of: see `engines/choose.py`.
    """

    tiles_of: tuple[Source, str] | None = None

    def __init__(
        self,
        partitions: Partitions,
        engine: functools.partial[Engine],
        n_threads: int | None = None,
        *,
        keep: bool = True,
        passed: Callable[[], None] = lambda: None,
    ) -> None:
        if n_threads is None:
            n_threads = Workers.now().threads_a_task(len(partitions.parts))
        engine = functools.partial(engine, n_threads=n_threads)
        arranged = partitions.mapped(functools.partial(_arranged, engine=engine))
        self.arranged: Partitions = arranged.kept("arrange") if keep else arranged
        self.passed = passed

    def expect(self, mixture: Gaussians) -> Statistics:
        """The statistics of all points under `mixture`."""
        found: Statistics = self.arranged.mapped(_expect, mixture).reduced("expect", _added)
        self.passed()
        return found


class Arranged:
    """A partition and its engine, which tells Dask the memory that they take."""

    def __init__(self, points: Points, engine: Callable[[Points], Engine]) -> None:
        x = points.x.view()
        x.flags.writeable = False  # as everywhere else: Numba compiles another version for arrays that may be written
        self.engine: Engine = engine(replace(points, x=x))
        self.bytes: int = held(points.n, points.d) - points.x.nbytes  # these are counted where they were loaded

    def __sizeof__(self) -> int:
        return self.bytes


def _arranged(points: Points, *, engine: Callable[[Points], Engine]) -> Arranged | None:
    """None where no point has weight."""
    return Arranged(points, engine) if points.support else None


def _expect(arranged: Arranged | None, mixture: Gaussians) -> Statistics | None:
    return None if arranged is None else arranged.engine.expect(mixture)


def _added(parts: Sequence[Statistics | None]) -> Statistics | None:
    """The sum of what there is, pairwise in order."""
    found = [part for part in parts if part is not None]
    return summed(found) if found else None
