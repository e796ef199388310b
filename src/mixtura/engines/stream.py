"""The E-step over blocks that are read as they are needed: memory is that of a few blocks, however many there are.

Blocks are worked side by side, each by one thread, while the next ones are read. Their statistics are added in a tree
over their numbers, so that the answer depends neither on timing nor on the number of threads.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from ..kernels.threads import wanted
from ..model.gaussian import Gaussians
from ..model.statistics import Statistics, summed
from ..sources.points import Points
from .base import Engine


class StreamEngine:
    """The engine of points in blocks.

    blocks: begins a pass: the blocks, always the same. engine: gives the engine of a block. keep: whether the blocks,
    once arranged, stay in memory, so that a pass but the first reads nothing.
    """

    def __init__(
        self,
        blocks: Callable[[], Iterable[Points]],
        engine: functools.partial[Engine],
        n_threads: int | None = None,
        *,
        keep: bool = False,
    ) -> None:
        self.blocks, self.engine, self.n_threads, self.keep = blocks, engine, n_threads, keep
        self.kept: list[Engine] = []

    def expect(self, mixture: Gaussians) -> Statistics:
        """The statistics of all blocks under `mixture`: one pass."""
        heavy = (block for block in self.blocks() if block.support)  # a block without weight has nothing to say
        if self.keep and not self.kept:
            self.kept = [self.engine(block, n_threads=self.n_threads) for block in heavy]
        if self.keep:
            return summed(engine.expect(mixture) for engine in self.kept)

        def work(block: Points) -> Statistics:
            return self.engine(block, n_threads=1).expect(mixture)

        return summed(_side_by_side(work, heavy, self.n_threads))


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
