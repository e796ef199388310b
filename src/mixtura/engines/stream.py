"""The E-step over blocks that are read as they are needed: memory is that of a few blocks, however many there are.

Blocks are worked side by side, each by one thread, while the next ones are read. Their statistics are added in a tree
over their numbers, so that the answer depends neither on timing nor on the number of threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from ..kernels.threads import wanted
from ..model.gaussian import CovarianceType, Gaussians
from ..model.statistics import Statistics, summed
from ..sources.points import Points
from .base import Engine
from .choose import choose


class StreamEngine:
    """The engine of points in blocks.

    blocks: begins a pass: the blocks, always the same. k, covariance_type: of the mixtures to come. name: "cpu" or
    "reference", which works each block. keep: whether the blocks, once arranged, stay in memory, so that a pass but
    the first reads nothing.
    """

    def __init__(
        self,
        blocks: Callable[[], Iterable[Points]],
        k: int,
        covariance_type: CovarianceType,
        name: str = "cpu",
        n_threads: int | None = None,
        *,
        keep: bool = False,
    ) -> None:
        self.blocks = blocks
        self.k, self.covariance_type, self.name = k, covariance_type, name
        self.n_threads = n_threads
        self.keep = keep
        self.kept: list[Engine] = []

    def expect(self, mixture: Gaussians) -> Statistics:
        """The statistics of all blocks under `mixture`: one pass."""
        if self.keep:
            if not self.kept:
                self.kept = [self._engine(block, self.n_threads) for block in self.blocks() if block.support]
            return summed(engine.expect(mixture) for engine in self.kept)

        def work(block: Points) -> Statistics:
            return self._engine(block, 1).expect(mixture)

        # A block without weight has nothing to say.
        return summed(_side_by_side(work, (block for block in self.blocks() if block.support), self.n_threads))

    def _engine(self, block: Points, n_threads: int | None) -> Engine:
        return choose(block, self.k, self.covariance_type, self.name, n_threads)


def _side_by_side(
    work: Callable[[Points], Statistics], blocks: Iterable[Points], n_threads: int | None
) -> Iterator[Statistics]:
    """work(block) of each block in their order, on threads; of the blocks only as many are held as threads need."""
    threads = wanted(n_threads)
    if threads == 1:
        yield from map(work, blocks)
        return
    at_work: deque[Future[Statistics]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="mixtura-blocks") as pool:
        try:
            for block in blocks:
                at_work.append(pool.submit(work, block))
                del block
                if len(at_work) > threads:
                    yield at_work.popleft().result()
            while at_work:
                yield at_work.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
