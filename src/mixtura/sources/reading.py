"""Blocks are read by a thread of their own, a few ahead of whoever works them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from typing import Any, TypeVar

Block = TypeVar("Block")

AHEAD = 3  # blocks that wait to be worked, the one that is being read among them
PATIENCE = 1.0  # seconds that whoever stops early waits for the reader to end


def ahead(read: Callable[[], Iterable[Block]], at_most: int = AHEAD) -> Iterator[Block]:
    """The blocks of read(), which runs in a thread of its own, at most `at_most` of them ahead.

    What read() raises is raised here, after the blocks before it. Whoever stops early, by Ctrl-C or an error, stops the
    reader at its next block.
    """
    found: SimpleQueue[tuple[str, Any]] = SimpleQueue()
    room = threading.Semaphore(at_most)
    stopped = threading.Event()

    def reader() -> None:
        try:
            blocks = iter(read())
            while True:
                room.acquire()
                if stopped.is_set():
                    return
                found.put(("block", next(blocks)))
        except StopIteration:
            found.put(("end", None))
        except BaseException as error:
            found.put(("error", error))

    thread = threading.Thread(target=reader, name="mixtura-reader", daemon=True)
    thread.start()
    try:
        while True:
            kind, what = found.get()
            if kind == "end":
                return
            if kind == "error":
                raise what
            room.release()
            yield what
            del what
    finally:
        stopped.set()
        room.release()
        thread.join(PATIENCE)
