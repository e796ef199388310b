"""A fit on a cluster of real worker processes, which are killed, stopped and joined by others in the middle of it."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time

import dask
import dask.array as da
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster
from terminal import mixtura

import mixtura as mx
from comparing import mixture_gap, same_bits

ROWS, D, K = 3_000, 3, 5
SIZES = (ROWS, 1, 0, ROWS, ROWS // 3, ROWS, 17, ROWS, ROWS, ROWS)
PATIENCE = 60  # seconds until a worker that does not come is an error
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
        client.wait_for_workers(2, timeout=PATIENCE)
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
    tries = 0
    while any(client.has_what().values()) and tries < 100:
        tries += 1
        time.sleep(0.05)
    assert not any(client.has_what().values())


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
            client.wait_for_workers(3, timeout=PATIENCE)
        if step.iteration == 4:
            os.kill(first, signal.SIGSTOP)
            threading.Timer(1.0, os.kill, [first, signal.SIGCONT]).start()

    found = mx.fit(points(), K, on_step=on_step, **SETTINGS)
    assert agrees(found, expected)
    cluster.scale(2)


def test_data_that_are_gone_for_good(client, expected, tmp_path):
    futures = client.scatter([block(i) for i in range(len(SIZES))])
    x = da.concatenate([da.from_delayed(dask.delayed(f), (n, D), float) for f, n in zip(futures, SIZES, strict=True)])
    first, *_ = processes(client).values()
    kept = tmp_path / "fit.mix"
    with pytest.raises(mx.errors.SourceError, match=r"gone with the worker that held them.*fit\.mix"):
        mx.fit(x, K, checkpoint=kept, on_step=lambda step: step.iteration == 3 and kill(first), **SETTINGS)
    steps = []
    found = mx.fit(points(), K, checkpoint=kept, on_step=lambda step: steps.append(step.iteration), **SETTINGS)
    assert steps[0] == 4
    assert agrees(found, expected)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The same rows and weights in files of each kind, and some that are wrong."""
    folder = tmp_path_factory.mktemp("tables")
    frame = pd.DataFrame(block(0)[:600], columns=["a", "b", "c"]).assign(w=np.arange(600) % 3)
    frame.to_csv(folder / "t.csv", index=False)
    frame.to_csv(folder / "t.tsv", index=False, sep="\t")
    frame.to_csv(folder / "bare.csv", index=False, header=False, sep=";")
    frame.to_parquet(folder / "t.parquet")
    np.save(folder / "t.npy", frame.to_numpy())
    (folder / "parts").mkdir()
    for i in range(3):
        frame[200 * i : 200 * (i + 1)].to_parquet(folder / "parts" / f"{i}.parquet")
    frame.assign(t="one").to_csv(folder / "text.csv", index=False)
    return folder


ASKED = ("-k", "2", "--max-iter", "3", "--tol", "0")


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "bare.csv", "t.parquet", "t.npy", "parts"])
def test_the_command_fits_on_a_cluster(name, tables, cluster, client):
    weight = "x4" if name in ("bare.csv", "t.npy") else "w"
    here = mixtura("fit", "t.csv", *ASKED, "--weight", "w", "-o", "here.mix", "--json", folder=tables)
    said = mixtura(
        "fit", name, *ASKED, "--weight", weight, "-o", "there.mix", "--json",
        "--scheduler", cluster.scheduler_address, folder=tables,
    )  # fmt: skip
    assert (said.code, said.err) == (0, "")
    assert said.record["rows"] == 600
    assert said.record["columns"] == (["a", "b", "c"] if weight == "w" else ["x1", "x2", "x3"])
    assert said.record["log_likelihood"] == pytest.approx(here.record["log_likelihood"], rel=1e-9)
    assert mixture_gap(mx.load(tables / "there.mix"), mx.load(tables / "here.mix")) < 1e-9


WRONG = {
    "text": (("text.csv",), "text.csv: column 't' holds 'one' in line 2, expected a number: choose columns"),
    "no file": (("none.csv",), "none.csv does not exist"),
    "no column": (("t.csv", "--columns", "a,z"), "has no column 'z': it has a, b, c, w"),
    "standard input": (("-", "-o", "x.mix"), "standard input cannot be read by the workers"),
    "two ways": (("t.npy", "--stream"), "give one of them"),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_command_says_what_is_wrong(name, tables, cluster):
    words, sentence = WRONG[name]
    said = mixtura("fit", *words, "-k", "2", "--scheduler", cluster.scheduler_address, folder=tables)
    assert said.code == 2
    assert said.out == ""
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense"])
def test_no_scheduler_there(address, tables, monkeypatch):
    monkeypatch.setattr("mixtura.cli.cluster.ANSWERS_WITHIN", 0.2)
    said = mixtura("fit", "t.csv", "-k", "2", "--scheduler", address, folder=tables)
    assert said.code == 2
    assert f"--scheduler is {address!r}, where no scheduler of Dask's answers" in said.err
    assert len(said.err.splitlines()) == 1


def test_no_workers_there(tables):
    with LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=logging.CRITICAL) as empty:
        said = mixtura("fit", "t.csv", "-k", "2", "--scheduler", empty.scheduler_address, folder=tables)
    assert said.code == 2
    assert "has no workers: start some with `dask worker" in said.err


def test_without_dask(tables, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = mixtura("fit", "t.csv", "-k", "2", "--scheduler", "tcp://127.0.0.1:8786", folder=tables)
    assert said.code == 2
    assert "pip install 'mixtura[cluster]'" in said.err
