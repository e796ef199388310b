"""A thread pool for ranges of work. The ranges do not depend on the number of threads, so neither does the result."""

from __future__ import annotations

import functools
import itertools
import math
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ContextDecorator, suppress
from typing import Any, Generic, TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

MOST = 256  # upper limit of the number of threads
HELD = 500  # numbers of a product, or of a stack of them, up to which `@` keeps the interpreter's lock
TURNS = 4  # of those whose work is calls of NumPy: they take turns at the interpreter's lock, and more only wait

LINE = 64  # bytes of a line of the cache

Work = TypeVar("Work")
Result = TypeVar("Result")
Thing = TypeVar("Thing")


def available() -> int:
    """How many threads this process may run at once."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every platform
        return os.cpu_count() or 1


def wanted(n_threads: int | None) -> int:
    """The number of threads for `n_threads`: None is all that are available."""
    return min(available() if n_threads is None else n_threads, MOST)


def locked() -> bool:
    """Whether one thread at a time runs Python."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def in_turns(n_threads: int | None) -> int:
    """The same for work that is many calls of NumPy: at most TURNS, where the interpreter has a lock.

    A call releases it only while it works on many numbers: `@` only for more than HELD, however long the sums are, but
    `np.dot` for any.
    """
    return min(wanted(n_threads), TURNS) if locked() else wanted(n_threads)


@functools.cache
def pool() -> ThreadPoolExecutor:
    """The pool of this process; it grows to the largest number of threads that were busy at once."""
    return ThreadPoolExecutor(MOST, thread_name_prefix="mixtura")


if hasattr(os, "register_at_fork"):  # a forked child inherits the pool but not its threads
    os.register_at_fork(after_in_child=pool.cache_clear)


def spread(work: Callable[[Work], Result], items: Sequence[Work], n_threads: int | None = None) -> list[Result]:
    """[work(item) for item in items], in parallel."""
    return list(stream(work, items, n_threads))


def stream(work: Callable[[Work], Result], items: Sequence[Work], n_threads: int | None = None) -> Iterator[Result]:
    """The same as an iterator, in order: each result is released once it was taken."""
    threads = min(wanted(n_threads), len(items))
    return map(work, items) if threads <= 1 else _together(work, items, threads)


def _together(work: Callable[[Work], Result], items: Sequence[Work], threads: int) -> Iterator[Result]:
    """Run with `threads` - 1 helpers; each, and the caller, takes the next item when idle.

    One future per item would cost more than the work of a small item.
    """
    left = iter(range(len(items)))
    done: dict[int, Result] = {}
    over = False

    def help_out() -> None:
        while not over and (i := next(left, None)) is not None:
            done[i] = work(items[i])

    helpers = []
    try:
        with suppress(RuntimeError):  # no new threads at interpreter shutdown, or beyond the system's limit
            for _ in range(threads - 1):
                helpers.append(pool().submit(help_out))
        for place in range(len(items)):
            while place not in done:
                i = next(left, None)
                if i is None:
                    for helper in helpers:
                        if not helper.cancel():  # a queued helper may depend on a thread that waits for this one
                            helper.result()
                else:
                    done[i] = work(items[i])
            yield done.pop(place)
    finally:
        over = True
        # Cancelled helpers are not waited for: they count as done only once a thread has taken them from the queue.
        wait([helper for helper in helpers if not helper.cancel()])


_blas_lock = threading.Lock()
_blas_users = 0
_blas_before: dict[str, tuple[Any, int]] = {}  # file of a library -> it, and its number of threads before


class single_blas(ContextDecorator):  # noqa: N801 - it is called as a function is
    """Limit BLAS to one thread: it is called from our own threads, and rounds differently on several.

    A context, or a decorator. The limit applies to the whole process: the first user sets it, and the last one restores
    the previous limit. SciPy has a BLAS of its own: who imports it within the limit asks again.
    """

    def __enter__(self) -> None:
        global _blas_users
        with _blas_lock:
            _blas_users += 1
            for library in _blas("scipy.linalg" in sys.modules):
                if library.filepath not in _blas_before:
                    _blas_before[library.filepath] = library, library.get_num_threads()
                    library.set_num_threads(1)

    def __exit__(self, *_: object) -> None:
        global _blas_users
        with _blas_lock:
            _blas_users -= 1
            if _blas_users == 0:
                for library, number in _blas_before.values():
                    library.set_num_threads(number)
                _blas_before.clear()


@functools.cache
def _blas(with_scipy: bool) -> list[Any]:
    """What is loaded, looked for again once SciPy's is: that takes a hundred times as long as to limit it."""
    found: list[Any] = ThreadpoolController().select(user_api="blas").lib_controllers
    return found


class Spare(Generic[Thing]):
    """A pool of buffers for reuse: allocating new pages costs more than the sums that they hold."""

    def __init__(self, make: Callable[[], Thing]) -> None:
        self.make = make
        self.free: list[Thing] = []

    def __reduce__(self) -> tuple[Any, ...]:
        return Spare, (self.make,)  # what is pickled needs no buffers

    def take(self) -> Thing:
        """Take a free buffer, or make one."""
        try:
            return self.free.pop()
        except IndexError:
            return self.make()

    def give(self, thing: Thing) -> None:
        """Return a buffer to the pool."""
        self.free.append(thing)


def aligned(shape: tuple[int, ...], dtype: Any = np.float64, made: Any = np.zeros) -> Any:
    """An array that begins where a line of the cache does: to load a vector that lies in two takes twice as long."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    room = made(size + LINE, np.uint8)
    first = -room.ctypes.data % LINE
    return room[first : first + size].view(dtype).reshape(shape)


class Room:
    """Memory of one thread for the arrays of a block: those of the next one need no new pages."""

    def __init__(self) -> None:
        self.free: list[Any] = []
        self.used: list[Any] = []

    def array(self, shape: tuple[int, ...], dtype: Any = np.float64) -> Any:
        """An array of that shape, of any numbers."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        large = next((place for place, flat in enumerate(self.free) if flat.nbytes >= size), None)
        self.used.append(aligned((size,), np.uint8, np.empty) if large is None else self.free.pop(large))
        return self.used[-1][:size].view(dtype).reshape(shape)

    def leave(self) -> None:
        """All arrays are free again."""
        self.free, self.used = self.free + self.used, []


def ranges(count: int, parts: int) -> list[tuple[int, int]]:
    """Cut 0..count into at most `parts` ranges of nearly equal length; none is empty."""
    parts = max(1, min(parts, count))
    edges = [count * i // parts for i in range(parts + 1)]
    return list(itertools.pairwise(edges))
