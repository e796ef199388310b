"""Threads over ranges of work. The ranges do not depend on the number of threads, so neither does the answer."""

from __future__ import annotations

import functools
import itertools
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
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


@functools.cache
def pool() -> ThreadPoolExecutor:
    """The pool of this process; it starts as many threads as were ever busy at once."""
    return ThreadPoolExecutor(MOST, thread_name_prefix="mixtura")


if hasattr(os, "register_at_fork"):  # a forked child has the pool but not its threads
    os.register_at_fork(after_in_child=pool.cache_clear)


def spread(work: Callable[[Work], Result], items: Sequence[Work], n_threads: int | None = None) -> list[Result]:
    """[work(item) for item in items], side by side."""
    return list(stream(work, items, n_threads))


def stream(work: Callable[[Work], Result], items: Sequence[Work], n_threads: int | None = None) -> Iterator[Result]:
    """The same, one after the other: a result that was used and let go makes room for the next."""
    threads = min(wanted(n_threads), len(items))
    return map(work, items) if threads <= 1 else _together(work, items, threads)


def _together(work: Callable[[Work], Result], items: Sequence[Work], threads: int) -> Iterator[Result]:
    """The caller works too, and whoever is free takes the next item: a future an item costs more than a small item."""
    left = iter(range(len(items)))
    done: dict[int, Result] = {}
    over = False

    def help_out() -> None:
        while not over and (i := next(left, None)) is not None:
            done[i] = work(items[i])

    helpers = []
    try:
        with suppress(RuntimeError):  # no new threads while the interpreter ends, or where the system gives none
            for _ in range(threads - 1):
                helpers.append(pool().submit(help_out))
        for place in range(len(items)):
            while place not in done:
                i = next(left, None)
                if i is None:
                    for helper in helpers:
                        if not helper.cancel():  # it may wait for a thread that waits for us
                            helper.result()
                else:
                    done[i] = work(items[i])
            yield done.pop(place)
    finally:
        over = True
        # A cancelled one is not waited for: it counts as done only once a thread has taken it from the queue.
        wait([helper for helper in helpers if not helper.cancel()])


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
