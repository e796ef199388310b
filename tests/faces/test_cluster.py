"""A fit on a cluster of real worker processes, which are killed, stopped and joined by others in the middle of it."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time

import dask
import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster

import mixtura as mx
from comparing import mixture_gap, same_bits

ROWS, D, K = 3_000, 3, 5
SIZES = (ROWS, 1, 0, ROWS, ROWS // 3, ROWS, 17, ROWS, ROWS, ROWS)
SETTINGS = {"rng": 0, "tol": 0.0, "max_iter": 12}


def block(number):
    """The rows of one partition, made where they are asked for."""
    rng = np.random.default_rng(number)
    centres = np.random.default_rng(99).normal(0, 2, (K, D))
    return centres[rng.integers(K, size=SIZES[number])] + rng.normal(size=(SIZES[number], D))


def points(made=block):
    """All of them, as a Dask array that knows how to make them again."""
    parts = [da.from_delayed(dask.delayed(made)(i), (size, D), float) for i, size in enumerate(SIZES)]
    return da.concatenate(parts)


@pytest.fixture(scope="module")
def cluster():
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "5s"}),
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=logging.CRITICAL
        ) as cluster,
    ):
        yield cluster


@pytest.fixture
def client(cluster):
    with Client(cluster) as client:
        client.wait_for_workers(2)
        yield client


@pytest.fixture(scope="module")
def expected():
    """The fit of one process, with all points in memory."""
    return mx.fit(np.concatenate([block(i) for i in range(len(SIZES))]), K, **SETTINGS)


def agrees(found, expected):
    assert mixture_gap(found.mixture, expected.mixture) < 1e-9
    np.testing.assert_allclose(found.log_likelihoods, expected.log_likelihoods, rtol=1e-9)
    return True


def processes(client):
    """Address -> process id of each worker."""
    return client.run(os.getpid)


def kill(process):
    os.kill(process, signal.SIGKILL)


def test_the_cluster_finds_what_one_process_finds(client, expected):
    assert agrees(mx.fit(points(), K, **SETTINGS), expected)
    assert agrees(mx.fit(points().persist(), K, **SETTINGS), expected)


def test_the_same_bits_wherever_it_runs(client):
    """By the engine that is not compiled: a process that compiles a kernel rounds otherwise than one that loads it."""
    settings = SETTINGS | {"engine": "reference"}
    found = mx.fit(points(), K, **settings)
    with dask.config.set(scheduler="threads"):
        assert same_bits(mx.fit(points(), K, **settings).mixture, found.mixture)
    with dask.config.set(scheduler="synchronous"):
        assert same_bits(mx.fit(points().persist(), K, **settings).mixture, found.mixture)


def test_nothing_is_left_on_the_workers(client):
    mx.fit(points(), K, **SETTINGS)
    for _ in range(100):
        if not any(client.has_what().values()):
            return
        time.sleep(0.05)
    pytest.fail(f"still there: {client.has_what()}")


@pytest.mark.parametrize("delay", [0.0, 0.004, 0.012, 0.02])
def test_a_worker_is_killed_in_the_middle(client, expected, delay):
    first, *_ = processes(client).values()
    killer = threading.Timer(delay, kill, [first])

    def on_step(step):
        if step.iteration == 3:
            killer.start()

    found = mx.fit(points(), K, on_step=on_step, **SETTINGS)
    killer.join()
    assert first not in processes(client).values()
    assert agrees(found, expected)


def test_a_worker_comes_and_another_is_slow(cluster, client, expected):
    first, *_ = processes(client).values()

    def on_step(step):
        if step.iteration == 2:
            cluster.scale(3)
        if step.iteration == 4:
            os.kill(first, signal.SIGSTOP)
            threading.Timer(1.0, os.kill, [first, signal.SIGCONT]).start()

    found = mx.fit(points(), K, on_step=on_step, **SETTINGS)
    assert agrees(found, expected)
    cluster.scale(2)


def test_data_that_are_gone_for_good(client):
    futures = client.scatter([block(i) for i in range(len(SIZES))])
    x = da.concatenate([da.from_delayed(dask.delayed(f), (n, D), float) for f, n in zip(futures, SIZES, strict=True)])
    first, *_ = processes(client).values()
    with pytest.raises(mx.errors.SourceError, match="gone with the worker that held them"):
        mx.fit(x, K, on_step=lambda step: step.iteration == 3 and kill(first), **SETTINGS)
