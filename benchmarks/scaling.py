"""A cost model of a pass on a cluster, and a simulation of the tree of sums with stragglers. See docs/scale.md.

    seconds = start + tasks * per_task + bytes sent * per_byte + kernel * slowest

The first three are fitted to measured passes; the kernel's seconds are measured; the delay by the slowest worker comes
from the simulation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

FAN = 8  # sums that one task adds, as in mixtura.sources.partitions


@dataclass(frozen=True)
class Measured:
    """A pass. moved: total bytes sent. kernel: seconds of the kernel alone on as many threads."""

    k: int
    partitions: int
    rows: int
    moved: float
    kernel: float
    seconds: float


@dataclass(frozen=True)
class Model:
    """Seconds: minimum per pass, per task, per byte sent between processes."""

    start: float
    per_task: float
    per_byte: float

    @classmethod
    def fitted(cls, passes: list[Measured]) -> Model:
        """Fit to the passes' overhead beyond the kernel, by non-negative least squares of relative errors."""
        from scipy.optimize import nnls

        units = np.array([1e-3, 1e-4, 1e-9])
        rows = np.array([[1.0, tasks(one.partitions), one.moved] for one in passes]) * units
        beyond = np.array([max(0.0, one.seconds - one.kernel) for one in passes])
        scale = np.array([one.seconds for one in passes])
        found, _ = nnls(rows / scale[:, None], beyond / scale)
        return cls(*(found * units).tolist())

    def seconds(self, one: Measured) -> float:
        """The prediction for a pass on this machine, whose processes share their processors."""
        return self.start + self.per_task * tasks(one.partitions) + self.per_byte * one.moved + one.kernel


@dataclass(frozen=True)
class Predicted:
    """A pass on a larger cluster, in seconds. threads: of a task, and of a worker. each: tasks per worker."""

    threads: int
    each: int
    kernel: float
    stragglers: float
    scheduler: float
    sums: float

    @property
    def seconds(self) -> float:
        """The total."""
        return self.kernel + self.stragglers + self.scheduler + self.sums


def predicted(
    model: Model,
    points: float,
    cores: int,
    *,
    size: int,
    per_point: float,
    jitter: float,
    slow: float,
    threads: tuple[int, ...] = (1, 32),
) -> Predicted:
    """The fastest of several configurations for a pass over so many points.

    size: bytes of a sum. per_point: seconds of the kernel on one core. threads: numbers per worker to try, all used by
    one task. jitter, slow: see `simulated`. The critical path includes the broadcast of the mixture from worker to
    worker, and FAN sums at each level of the tree.
    """
    kernel = points * per_point / cores
    hop = model.per_byte * size
    found = []
    for wide in threads:
        workers = max(1, cores // wide)
        for each in (1, 2, 4, 8, 16):
            rng = np.random.default_rng(0)
            runs = [
                simulated(workers, each, jitter=jitter, slow=slow, hop=FAN * hop / kernel, rng=rng) for _ in range(3)
            ]
            last, done = np.mean(runs, axis=0)
            scheduler = model.start + model.per_task * tasks(workers * each)
            sums = (done - last) * kernel + math.log2(2 * workers) * hop
            found.append(Predicted(wide, each, kernel, (last - 1.0) * kernel, scheduler, sums))
    return min(found, key=lambda one: one.seconds)


def simulated(
    workers: int,
    each: int,
    *,
    jitter: float,
    slow: float,
    hop: float,
    rng: np.random.Generator,
    fan: int = FAN,
) -> tuple[float, float]:
    """(when the last worker is done, when the sum is known), in units of a worker's mean time.

    each: partitions per worker, in sequence. jitter: the standard deviation of the logarithm of a task's time. slow:
    the share of the workers that take twice as long. hop: the time of one task that adds. fan: how many sums it adds.
    """
    times = np.exp(rng.normal(-0.5 * jitter**2, jitter, (workers, each))) / each
    times *= 1.0 + (rng.random((workers, 1)) < slow)
    ready = np.cumsum(times, axis=1).ravel()  # of each partition; those of a worker side by side
    last = float(ready.max())
    while True:
        ready = np.pad(ready, (0, -len(ready) % fan), constant_values=-np.inf).reshape(-1, fan).max(axis=1) + hop
        if len(ready) == 1:
            return last, float(ready[0])


def tasks(partitions: int) -> int:
    """The number of tasks of a pass: one per partition, and the sums."""
    total = count = partitions
    while True:
        count = -(-count // FAN)
        total += count
        if count == 1:
            return total


def size(k: int, d: int) -> int:
    """Bytes of a mixture with full covariances, and of its statistics."""
    return 8 * k * (1 + d + d * d)


def check() -> None:
    """Check the simulation without stragglers against its closed form."""
    rng = np.random.default_rng(0)
    last, done = simulated(FAN**3, 1, jitter=0.0, slow=0.0, hop=0.01, rng=rng)
    assert abs(last - 1.0) < 1e-12
    assert abs(done - 1.03) < 1e-12
    last, _ = simulated(1000, 4, jitter=0.0, slow=0.5, hop=0.0, rng=rng)
    assert abs(last - 2.0) < 1e-12
    assert (tasks(1), tasks(64), tasks(65)) == (2, 64 + 8 + 1, 65 + 9 + 2 + 1)
