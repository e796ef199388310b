"""Blocks of a stream are arranged once, in a file: the same bits, bounded, gone at the end, and never needed."""

import contextlib
import errno
import logging
import mmap
import os
import re
import signal
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import mixtura as mx
from mixtura import sources
from mixtura.engines import spill
from mixtura.engines.choose import choose_engine, released
from mixtura.engines.stream import StreamEngine
from mixtura.errors import InputError
from mixtura.kernels import over_tiles, tiles
from mixtura.model.statistics import Statistics
from mixtura.sources import blocks as cutting

N, K = 5000, 4
SETTINGS = {"rng": 0, "tol": 0, "max_iter": 4, "engine": "cpu"}


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """Blocks of 1024 rows, of which none stays in memory."""
    monkeypatch.setattr(cutting, "rows_of", lambda d: 1024)
    monkeypatch.setattr(cutting, "KEPT", 0)
    monkeypatch.setenv(spill.FOLDER, str(tmp_path))
    monkeypatch.delenv(spill.LIMIT, raising=False)


@pytest.fixture
def told(caplog):
    """What was said of the file."""
    caplog.set_level(logging.INFO, logger="mixtura")
    return lambda: [record.getMessage() for record in caplog.records if record.name == spill.__name__]


def points(d=2, *, gaps=False, dtype="float64"):
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (N, d)) + rng.integers(0, K, (N, 1)) * 2
    x[rng.random(x.shape) < 0.2 * gaps] = np.nan
    return x.astype(dtype)


class Counted:
    """A function that gives x in blocks and counts how often it was called."""

    def __init__(self, x, weight=None):
        self.x, self.weight, self.calls = x, weight, 0

    def __call__(self):
        self.calls += 1
        for first in range(0, N, 700):
            rows = slice(first, first + 700)
            yield self.x[rows] if self.weight is None else (self.x[rows], self.weight[rows])


def bits(fit):
    mixture = fit.mixture
    return fit.log_likelihoods, *(a.tobytes() for a in (mixture.weights, mixture.means, mixture.covariances))


HARD = {
    "two coordinates": ({}, {}),
    "single": ({"dtype": "float32"}, {"dtype": "float32"}),
    "many coordinates": ({"d": 24}, {"covariance_type": "diag"}),
    "gaps": ({"gaps": True, "d": 3}, {"missing": True, "reg_covar": 1e-3}),
    "thin in single": ({"dtype": "float32"}, {"dtype": "float32", "start": "thin"}),
}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_same_bits_with_and_without_a_file(monkeypatch, name, weighted):
    """And for any number of threads; with it, x is read for the survey, the start, and once to be arranged."""
    given, asked = HARD[name]
    x = points(**given)
    if asked.get("start") == "thin":
        x[:, 1] = x[:, 0] + 1e-6 * x[:, 1]
        asked = asked | {"start": mx.Mixture(np.ones(2), x[:2], np.full((2, 2), 1e-12), "diag"), "reg_covar": 1e-13}
        asked |= {"covariance_type": "diag", "fixed": {"covariances": True}, "max_iter": 2}
    k = 2 if "start" in asked else K
    weight = np.random.default_rng(1).integers(0, 3, N) * 0.5 if weighted else None
    found = []
    for gigabytes in ("1", "0"):
        monkeypatch.setenv(spill.LIMIT, gigabytes)
        for threads in (1, 3):
            source = Counted(x, weight)
            settings = SETTINGS | {"n_threads": threads} | asked
            found.append(bits(mx.fit(source, k, **settings)))
            least = 2 if "start" in asked else 3
            assert source.calls == least if gigabytes == "1" else source.calls > least
    assert len(set(found)) == 1


def test_large_blocks_are_as_in_memory(monkeypatch):
    """What is arranged together is cut by KEPT; of no more numbers, all is, as in memory."""
    x = points()
    monkeypatch.setattr(cutting, "KEPT", 5200)
    source = sources.opened(Counted(x))
    assert [block.n for block in source.blocks()] == [1024] * 4 + [904]
    assert [block.n for block in source.blocks(large=True)] == [2688, 2312]
    assert [len(block) for block in mx.Mixture([1.0], x[:1], np.ones(1), "spherical").predict(source)] == [2688, 2312]
    mix = mx.Mixture(np.ones(K), x[:K], np.ones(K), "spherical")
    engine = choose_engine(source, K, "spherical", "cpu")
    engine.expect(mix)
    assert engine.ends == [2688, N]
    monkeypatch.setattr(cutting, "KEPT", 2 * N)
    one, other = (choose_engine(s, K, "spherical", "cpu").expect(mix) for s in (source, mx.Points.from_array(x)))
    assert one.log_likelihood == other.log_likelihood
    assert one.first.tobytes() == other.first.tobytes()


def holes(folder):
    """Files without a name in a folder that this process has open, or mapped."""
    mapped = Path("/proc/self/maps").read_text().splitlines()
    return [line for line in [*opened_by("self"), *mapped] if f"{folder}/" in line]


def opened_by(process):
    found = []
    for link in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            found.append(str(link.readlink()))
    return found


NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not tell of open files")


@NEEDS_PROC
@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("at", ["a step", "a block"])
def test_the_file_has_no_name_and_is_gone_at_the_end(tmp_path, error, at):
    seen = []

    def stop(_):
        seen.append((list(tmp_path.iterdir()), len(holes(tmp_path))))
        if error is not None and len(seen) > (1 if at == "a step" else 14):
            raise error

    watching = {"on_step": stop} if at == "a step" else {"on_pass": stop}
    if error is None:
        mx.fit(Counted(points()), K, **SETTINGS, **watching)
    else:
        with pytest.raises(error) as caught:
            mx.fit(Counted(points()), K, **SETTINGS, **watching)
        assert caught is not None  # with all that its frames hold
    assert not any(names for names, _ in seen)
    assert seen[-1][1] > 0
    assert holes(tmp_path) == []


@NEEDS_PROC
def test_pages_of_the_file_are_given_back_when_a_pass_is_stopped(tmp_path, monkeypatch):
    """Even while somebody looks at where it was stopped, as consoles do: a page would hold the whole file."""
    x, calls = points(), []
    source = sources.opened(Counted(x))
    mix = mx.Mixture(np.ones(K), x[:K], np.ones(K), "spherical")
    engine = choose_engine(source, K, "spherical", "cpu")
    engine.expect(mix)
    real = over_tiles.expect
    monkeypatch.setattr(over_tiles, "expect", lambda *args: calls.append(1) or real(*args))
    engine.expect(mix)
    assert len(calls) == 5

    def stopped(*args):
        assert holes(tmp_path)
        raise KeyboardInterrupt

    monkeypatch.setattr(over_tiles, "expect", stopped)
    with pytest.raises(KeyboardInterrupt) as caught, released(engine):
        engine.expect(mix)
    assert caught.traceback
    assert holes(tmp_path) == []


KILLED = """
import sys, numpy as np, mixtura as mx
from mixtura.sources import blocks as cutting
cutting.KEPT = 0
x = np.random.default_rng(0).normal(0, 1, (20_000, 2))
mx.fit(lambda: [x], 3, rng=0, tol=0, max_iter=10**6, on_step=lambda step: print("step", flush=True))
"""


@NEEDS_PROC
def test_a_killed_process_leaves_nothing(tmp_path):
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "step\n"
        assert any(f"{tmp_path}/" in name for name in opened_by(process.pid))
        assert list(tmp_path.iterdir()) == []
        process.send_signal(signal.SIGKILL)
    assert list(tmp_path.iterdir()) == []


def full(descriptor, data, write=os.write, done=[0]):  # noqa: B006
    done[0] += 1
    if done[0] > 5:
        raise OSError(errno.ENOSPC, "No space left on device")
    return write(descriptor, data)


def unmapped(*_, mapping=mmap.mmap, done=[0], **how):  # noqa: B006
    done[0] += 1
    if done[0] > 12:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")
    return mapping(*_, **how)


FAILING = {
    "no folder": (lambda patch: patch.setenv(spill.FOLDER, "/nowhere"), "/nowhere .No such file"),
    "too little allowed": (lambda patch: patch.setenv(spill.LIMIT, "1e-6"), "are needed, .* allowed"),
    "allowed less than it takes": (lambda patch: patch.setenv(spill.LIMIT, "0.0002"), "takes more than"),
    "little free": (
        lambda patch: patch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000)),
        "are needed, .* allowed",
    ),
    "full": (lambda patch: patch.setattr("os.write", full), "No space left on device"),
    "no memory to map it": (lambda patch: patch.setattr("mmap.mmap", unmapped), "Cannot allocate memory"),
}


@pytest.mark.parametrize("name", FAILING)
def test_without_room_points_are_read_again(monkeypatch, told, tmp_path, name):
    """The answer is the same, and one record says why."""
    x = points()
    expected = bits(mx.fit(Counted(x), K, **SETTINGS))
    assert told() == []
    fail, why = FAILING[name]
    fail(monkeypatch)
    source = Counted(x)
    found = mx.fit(source, K, **SETTINGS)
    monkeypatch.undo()
    assert bits(found) == expected
    assert source.calls > 4
    assert len(told()) == 1
    assert re.match(f"x is read again at each pass: .*{why}", told()[0])
    assert holes(tmp_path) == []


@pytest.mark.parametrize("given", ["-1", "nan", "much"])
def test_a_limit_that_is_none(monkeypatch, given):
    monkeypatch.setenv(spill.LIMIT, given)
    with pytest.raises(InputError, match=f"MIXTURA_SPILL_GB is '{given}', expected a number of gigabytes >= 0"):
        mx.fit(Counted(points()), K, **SETTINGS)


def test_equal_arrays_are_written_once(tmp_path):
    """Such as the weights of one of blocks without weights."""
    kept = spill.Spill(tmp_path, 1e9)
    ones, others = np.ones(10_000), np.ones(10_000)
    others[5000] = 2.0
    for number, array in enumerate((ones, ones.copy(), others)):
        kept.put(number, {"array": array, "few": np.arange(3.0)})
    assert kept.end < 2.5 * ones.nbytes
    for number, array in enumerate((ones, ones, others)):
        np.testing.assert_array_equal(kept.take(number)["array"], array)
    kept.take(0)["array"][:] = 5.0  # in memory alone
    np.testing.assert_array_equal(kept.take(1)["array"], ones)
    kept.close()


class Slow:
    """An engine of a block whose sum tells its place; the first block is arranged after the third."""

    third = threading.Event()

    def __init__(self, block, n_threads):
        self.number = block.x[0, 0] // 1024
        if self.number == 2:
            self.third.set()
        assert self.number or self.third.wait(30)

    def expect(self, mixture):
        mass = np.array([2.0**53 if self.number == 0 else self.number])
        return Statistics(mass, np.zeros((1, 2)), np.zeros((1, 2, 2)), 0.0, 1.0)


def test_blocks_keep_their_places_whichever_is_arranged_first():
    source = sources.opened(Counted(np.arange(N)[:, None] * np.ones(2)))
    engine = StreamEngine(source, Slow, 2, alone=True)
    mix = mx.Mixture([1.0], np.zeros((1, 2)), np.ones(1), "spherical")
    expected = ((2.0**53 + 1) + (2 + 3)) + 4
    assert [engine.expect(mix).mass[0] for _ in range(2)] == [expected, expected]
    engine.close()


def test_one_arrangement_serves_all_families(monkeypatch):
    """Tiles are built once a block, whatever is compared."""
    built = []
    real = tiles.build
    monkeypatch.setattr(tiles, "build", lambda *args: built.append(1) or real(*args))
    monkeypatch.setattr("mixtura.model.evaluate.FEW_PAIRS", 10**9)
    asked = {"rng": 0, "max_iter": 3, "engine": "cpu"}
    x = points()
    found = mx.choose(Counted(x), [1, 2], **asked)
    assert len(built) == -(-N // 1024)
    held = mx.choose(x, [1, 2], **asked)
    np.testing.assert_allclose([each.bic for each in found.candidates], [each.bic for each in held.candidates])


def test_a_pass_over_the_file_takes_one_block_of_memory():
    """Of numbers; where a block is mapped, it is no memory of ours at all."""
    x = points(4)
    source = sources.opened(Counted(x))
    mix = mx.Mixture(np.ones(K), x[:K], np.ones(K), "spherical")
    engine = choose_engine(source, K, "spherical", "cpu", 1)
    engine.expect(mix)
    engine.expect(mix)
    tracemalloc.start()
    engine.expect(mix)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    engine.close()
    assert peak < x.nbytes / 2
