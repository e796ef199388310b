"""Work over threads: every item once, in order, whatever goes wrong."""

import contextlib
import gc
import itertools
import os
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import mixtura as mx
from mixtura.engines.base import side_by_side
from mixtura.engines.complete import complete
from mixtura.kernels import high_dimension, over_tiles, ruled_out, threads


def test_items_come_in_order_and_once():
    seen = []

    def work(item):
        seen.append(item)
        return item**2

    assert threads.spread(work, range(200), 3) == [i**2 for i in range(200)]
    assert sorted(seen) == list(range(200))


def test_work_within_work_ends():
    inner = threads.spread(lambda i: sum(threads.spread(lambda j: i * j, range(9), 8)), range(40), 8)
    assert inner == [36 * i for i in range(40)]


@pytest.mark.parametrize("elsewhere", [True, False])
def test_an_error_comes_out(elsewhere):
    """Whether the caller meets it, or a thread that helps."""

    def work(item):
        time.sleep(0.001)
        if (threading.current_thread() is not threading.main_thread()) == elsewhere:
            raise ValueError(f"item {item}")
        return item

    with pytest.raises(ValueError, match="item"):
        threads.spread(work, range(50), 3)
    assert threads.spread(abs, range(50), 3) == list(range(50))


@pytest.mark.parametrize("started", [0, 1])
def test_where_the_system_gives_no_threads_the_caller_does_it(monkeypatch, started):
    class Short:
        """A pool that starts one thread at most."""

        given = 0

        def submit(self, work):
            if self.given == started:
                raise RuntimeError("can't start new thread")
            self.given += 1
            return threads_pool.submit(work)

    threads_pool, short = threads.pool(), Short()
    monkeypatch.setattr(threads, "pool", lambda: short)
    assert threads.spread(lambda i: -i, range(60), 4) == [-i for i in range(60)]

    def failing(item):
        time.sleep(0.001)
        if threading.current_thread() is not threading.main_thread():
            raise ValueError("a helper failed")
        return item

    short.given = 0
    if started:
        with pytest.raises(ValueError, match="a helper failed"):
            threads.spread(failing, range(60), 4)


@contextlib.contextmanager
def pool_of(monkeypatch, count):
    """A pool of so many threads in place of that of the process; none of them is left behind."""
    with ThreadPoolExecutor(count) as pool, monkeypatch.context() as patched:
        patched.setattr(threads, "pool", lambda: pool)
        yield pool


class Work:
    """Items that take a while, of which some fail; how many are under way, and how many were begun."""

    def __init__(self, fails):
        self.fails, self.begun, self.under_way, self.lock = fails, 0, 0, threading.Lock()
        self.all_here = threading.Barrier(3, timeout=60)

    def __call__(self, item):
        with self.lock:
            self.begun += 1
            self.under_way += 1
        try:
            if item < 3:
                self.all_here.wait()  # the caller and both helpers are at work
            if self.fails(item):
                raise ValueError(f"item {item}")
            time.sleep(0.02)
            return item
        finally:
            with self.lock:
                self.under_way -= 1


HELPS = {"the caller": True, "a helper": False}


@pytest.mark.parametrize("who", HELPS)
def test_after_an_error_nothing_runs_on(monkeypatch, who):
    """Those who help end what they have begun, before the error comes out, and begin nothing new."""
    caller = threading.current_thread()
    with pool_of(monkeypatch, 4):
        work = Work(lambda item: (threading.current_thread() is caller) == HELPS[who])
        with pytest.raises(ValueError, match="item"):
            threads.spread(work, range(100), 3)
        begun = work.begun
        assert work.under_way == 0
        if who == "the caller":
            assert begun < 20  # not all of the hundred
        time.sleep(0.1)
        assert work.begun == begun
        assert threads.spread(abs, range(50), 3) == list(range(50))


def test_results_that_nobody_takes_any_more(monkeypatch):
    """A stream that is closed early stops its helpers and waits for them."""
    with pool_of(monkeypatch, 4):
        work = Work(lambda item: False)
        results = threads.stream(work, range(1000), 3)
        assert [next(results) for _ in range(3)] == [0, 1, 2]
        results.close()
        assert (work.under_way, work.begun < 20) == (0, True)


def test_helpers_that_wait_for_a_thread_are_called_off(monkeypatch):
    """The only thread of the pool is busy elsewhere: the caller does it all, and waits for nobody."""
    free = threading.Event()
    with pool_of(monkeypatch, 1) as pool:
        busy = pool.submit(free.wait)
        late = threading.Timer(30, free.set)
        late.start()
        try:
            assert threads.spread(abs, range(20), 3) == list(range(20))
            with pytest.raises(ZeroDivisionError):
                threads.spread(lambda item: 1 // item, range(20), 3)
            assert not free.is_set(), "it waited for a helper that could not begin"
        finally:
            late.cancel()
            free.set()
        assert busy.result()


def test_work_in_numpy_takes_few_threads_where_there_is_a_lock(monkeypatch):
    monkeypatch.setattr(threads, "available", lambda: 16)
    asked = (None, 1, 3, 16)
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: True, raising=False)
    assert [threads.in_turns(n) for n in asked] == [threads.TURNS, 1, 3, threads.TURNS]
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    assert [threads.in_turns(n) for n in asked] == [16, 1, 3, 16]


def test_fits_side_by_side_are_large_ones(monkeypatch):
    monkeypatch.setattr(threads, "available", lambda: 16)
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: True, raising=False)
    sizes = [(n, 5, 4, True) for n in (49_999, 50_000, 1_000_000)]
    for engine, asked in {"auto": [1, 4, 16], "blas": [1, 4, 4], "cpu": [1, 16, 16]}.items():
        assert [side_by_side(size, engine, None) for size in sizes] == asked
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    assert [side_by_side(size, "blas", None) for size in sizes] == [16] * 3


@pytest.mark.parametrize(("module", "name", "d"), [(over_tiles, "over", 3), (high_dimension, "_block", 40)])
def test_an_error_in_a_kernel_gives_memory_and_blas_back(monkeypatch, module, name, d):
    """Whatever the threads had taken is free again once the error is dealt with, and the next call is right."""
    monkeypatch.setattr(over_tiles, "WORTH", 0)
    monkeypatch.setattr(ruled_out, "BLOCK", 2**13)
    monkeypatch.setattr(ruled_out, "PIECE", 2**11)
    x = np.random.default_rng(0).normal(size=(40_000, d))
    mixture = mx.fit(x, 4, start="random_from_data", rng=0, max_iter=1).mixture
    engine = complete(mx.Points.from_array(x), 4, "full", "cpu", 3)
    expected = engine.expect(mixture)
    work, calls, taken = getattr(module, name), itertools.count(), []

    def failing(*given):
        sums = getattr(given[-1], "near", given[-1])
        taken.append(weakref.ref(sums if sums.base is None else sums.base))
        if next(calls) == 2:
            raise MemoryError("no room")
        return work(*given)

    with threadpool_limits(2, user_api="blas"):
        before = threadpool_info()
        with monkeypatch.context() as broken:
            broken.setattr(module, name, failing)
            with pytest.raises(MemoryError, match="no room"):
                engine.expect(mixture)
        gc.collect()
        assert threadpool_info() == before
    assert taken
    assert all(sums() is None for sums in taken)
    found = engine.expect(mixture)
    np.testing.assert_array_equal(found.second, expected.second)
    assert found.log_likelihood == expected.log_likelihood


@pytest.mark.parametrize("case", ["3 full", "17 full", "17 diag", "40 full", "40 tied", "40 diag", "150 full"])
def test_bits_do_not_depend_on_the_threads_of_blas(case):
    """Of starts, fits and answers: several threads cut products into other blocks, which round differently."""
    d, kind = int(case.split()[0]), case.split()[1]
    n, rng = {40: 4000, 150: 600}.get(d, 12_000), np.random.default_rng(d)
    x = rng.normal(size=(n, d)) @ (np.eye(d) + 0.3 * rng.normal(size=(d, d))) + 3.0 * rng.integers(0, 3, (n, 1))

    def answers():
        for engine, start in [("cpu", "kmeans"), ("reference", "partition")]:
            fit = mx.fit(x, 3, covariance_type=kind, engine=engine, start=start, rng=0, max_iter=1, tol=0)
            mix = fit.mixture
            yield from (mix.weights, mix.means, mix.covariances, mix.whitener, np.array(fit.log_likelihoods))
        with_gaps = np.where(np.arange(d) % 5 == 1, np.nan, x[:500])
        yield from (
            mix.log_density(x),
            mix.responsibilities(x),
            mix.predict(x),
            mix.log_density(with_gaps, missing=True),
        )
        yield from mix.regress(list(range(d // 2)), x[:500, : d // 2], return_cov=True)
        yield mix.sample(500, rng=0)

    with threadpool_limits(1, user_api="blas"):
        one = list(answers())
    with threadpool_limits(2, user_api="blas"):
        two = list(answers())
    for first, second in zip(one, two, strict=True):
        np.testing.assert_array_equal(first, second)


ENDING = """
import atexit, sys, threading, time
from mixtura.kernels import threads
def work(item):
    time.sleep(0.001)
    return item
atexit.register(lambda: print("at exit", sum(threads.spread(work, range(100), 4))))
def after_main():
    threading.main_thread().join()
    time.sleep(0.2)
    print("after main", sum(threads.spread(work, range(100), 4)))
threading.Thread(target=after_main).start()
results = threads.stream(work, range(100), 4)
print("begun", next(results), next(results))
"""


def test_where_the_interpreter_ends_work_ends_too():
    """No new threads can be had then: whoever still asks does the work alone, and nothing hangs or complains."""
    done = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == ["after main 4950", "at exit 4950", "begun 0 1"]


FORKED = """
import os
from mixtura.kernels import threads
busy = threads.pool().submit(sum, range(100)).result()  # a thread that the child will not have
child = os.fork()
if child == 0:
    try:
        os._exit(threads.pool().submit(abs, -9).result(timeout=20) - 9)
    finally:
        os._exit(1)
print(os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_forked_process_has_threads_of_its_own():
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
