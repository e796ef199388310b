"""The E-step over points that are read in blocks: each block is arranged once, and its statistics are added to others'.

Memory is that of a few blocks, however many there are: arranged blocks lie in a file (`engines/spill.py`), or in memory
where they are few. Where there is no room for the file they are read and arranged anew at each pass, with the same
bits. Statistics are added in a tree over the numbers of the blocks, so that the answer depends neither on timing nor on
the number of threads.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from traceback import clear_frames
from typing import TypeVar

from ..kernels.threads import wanted
from ..model.gaussian import Gaussians
from ..model.statistics import Statistics, summed
from ..sources.blocks import Blocks
from ..sources.points import Points
from ..sources.source import Source
from . import spill
from .base import Engine

Thing = TypeVar("Thing")


class Held:
    """Engines of blocks in memory."""

    open = True

    def __init__(self) -> None:
        self.engines: dict[int, Engine] = {}
        self.put: Callable[[int, Engine], None] = self.engines.__setitem__
        self.take: Callable[[int], Engine] = self.engines.__getitem__
        self.close: Callable[[], None] = self.engines.clear


Kept = Held | spill.Spill


class StreamEngine:
    """The engine of points in blocks.

    source: of the blocks. engine: gives the engine of one. keep: whether they are kept as arranged, for more passes.
    alone: whether an engine works on one thread. Then blocks are small, and as many as there are threads are worked
    side by side; else they are as large as pruning needs, and one is worked at a time.
    tiles_of: see `engines/choose.py`.
    """

    source: Blocks
    engine: functools.partial[Engine]
    keep: bool
    tiles_of: tuple[Source, str] | None = None

    def __init__(
        self,
        source: Blocks,
        engine: functools.partial[Engine],
        n_threads: int | None = None,
        *,
        keep: bool = True,
        alone: bool = False,
    ) -> None:
        self.source, self.keep = source, keep
        self.large: bool = not alone
        self.at_once: int = wanted(n_threads) if alone else 1
        self.engine = functools.partial(engine, n_threads=1 if alone else n_threads)
        self.kept: Kept | None = None
        self.ends: list[int] = []  # of the blocks that are kept: how many rows there are up to its last

    def expect(self, mixture: Gaussians) -> Statistics:
        """The statistics of all blocks under `mixture`: one pass."""
        if self.kept is not None:
            try:
                return self._again(self.kept, mixture)
            except spill.LostError:
                self.close()
                self.keep = False
            except BaseException as error:
                clear_frames(error.__traceback__)  # consoles keep them: with pages of the file, and so its room
                raise
        kept = self._shelf() if self.keep else None
        ends: list[int] = []

        def heavy() -> Iterator[tuple[int, Points]]:
            done = 0
            for block in self.source.blocks(large=self.large):
                done += block.n
                if block.support:  # one without weight has nothing to say
                    ends.append(done)
                    yield len(ends) - 1, block
                del block

        def work(numbered: tuple[int, Points]) -> Statistics:
            number, block = numbered
            engine = self.engine(block)
            if kept is not None:
                kept.put(number, engine)
            return engine.expect(mixture)

        try:
            found = summed(_side_by_side(work, heavy(), self.at_once))
        except BaseException:
            if kept is not None:
                kept.close()
            raise
        self.keep = kept is not None and kept.open
        self.kept, self.ends = (kept if self.keep else None), ends
        return found

    def close(self) -> None:
        """Give back the room that blocks take; another pass would read them."""
        if self.kept is not None:
            self.kept.close()
        self.kept = None

    def _again(self, kept: Kept, mixture: Gaussians) -> Statistics:
        """The statistics of blocks that are kept."""
        told = (lambda done: None) if isinstance(kept, Held) else self.source.passing()

        def parts() -> Iterator[Statistics]:
            work = lambda number: kept.take(number).expect(mixture)  # noqa: E731
            for end, found in zip(self.ends, _side_by_side(work, range(len(self.ends)), self.at_once), strict=True):
                yield found
                told(end)

        return summed(parts())

    def _shelf(self) -> Kept | None:
        if self.source.small:
            return Held()
        survey = self.source.survey()
        row = (survey.d + survey.weighted) * self.source.dtype.itemsize
        return spill.room(2.0 * survey.n * row)  # as they are, and arranged


def _side_by_side(work: Callable[[Thing], Statistics], things: Iterable[Thing], threads: int) -> Iterator[Statistics]:
    """work(thing) of each in their order, on threads; of the things only as many are held as threads need."""
    if threads == 1:
        yield from map(work, things)
        return
    at_work: deque[Future[Statistics]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="mixtura-blocks") as pool:
        try:
            for thing in things:
                at_work.append(pool.submit(work, thing))
                del thing
                if len(at_work) > threads:
                    yield at_work.popleft().result()
            while at_work:
                yield at_work.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
