"""Work over threads: every item once, in order, whatever goes wrong."""

import threading
import time

import pytest

from mixtura.kernels import threads


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
