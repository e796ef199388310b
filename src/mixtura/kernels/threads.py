"""Threads over ranges of work. The ranges do not depend on the number of threads, so neither does the answer."""

from __future__ import annotations

import functools
import itertools
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from threadpoolctl import threadpool_limits

MOST = 256  # threads, however many were asked for

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
    """How many threads are meant by `n_threads`."""
    return min(available() if n_threads is None else n_threads, MOST)


@functools.lru_cache(maxsize=4)
def pool(n_threads: int) -> ThreadPoolExecutor:
    """A pool of `n_threads`, made once a process."""
    return ThreadPoolExecutor(n_threads, thread_name_prefix="mixtura")


if hasattr(os, "register_at_fork"):  # a forked child has the pool but not its threads
    os.register_at_fork(after_in_child=pool.cache_clear)


def spread(work: Callable[[Work], Result], items: Sequence[Work], n_threads: int | None = None) -> list[Result]:
    """[work(item) for item in items], side by side."""
    return list(stream(work, items, n_threads))


def stream(work: Callable[[Work], Result], items: Sequence[Work], n_threads: int | None = None) -> Iterator[Result]:
    """The same, one after the other: a result that was used and let go makes room for the next."""
    threads = wanted(n_threads)
    if threads == 1 or len(items) == 1:
        return map(work, items)
    return pool(threads).map(work, items)


_blas_lock = threading.Lock()
_blas_users = 0
_blas_limit: Any = None


@contextmanager
def single_blas() -> Iterator[None]:
    """BLAS on one thread, as our own threads call it.

    The limit is the process's: the first who needs it sets it, and the last lifts it.
    """
    global _blas_users, _blas_limit
    with _blas_lock:
        _blas_users += 1
        if _blas_users == 1:
            _blas_limit = threadpool_limits(1, user_api="blas")
    try:
        yield
    finally:
        with _blas_lock:
            _blas_users -= 1
            if _blas_users == 0:
                _blas_limit.restore_original_limits()


class Spare(Generic[Thing]):
    """Memory that one piece of work leaves to the next: new pages cost more than the sums that they hold."""

    def __init__(self, make: Callable[[], Thing]) -> None:
        self.make = make
        self.free: list[Thing] = []

    def take(self) -> Thing:
        """A thing that nobody uses."""
        try:
            return self.free.pop()
        except IndexError:
            return self.make()

    def give(self, thing: Thing) -> None:
        """Leave it to whoever takes one next."""
        self.free.append(thing)


def ranges(count: int, parts: int) -> list[tuple[int, int]]:
    """Cut 0..count into at most `parts` ranges of nearly equal length; none is empty."""
    parts = max(1, min(parts, count))
    edges = [count * i // parts for i in range(parts + 1)]
    return list(itertools.pairwise(edges))
