"""Data streamed from disk, and online EM: `make bench`, or `python benchmarks/stream.py`.

Three measurements: the cost of a pass over blocks beside one over points in memory, for several jobs and kinds of
sources; the loss of online EM, which sees each row once; and the speed and memory of a fit to 100 million points in
five coordinates, streamed from a temporary file of 2 GB, beside the disk's own rate.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import mixtura as mx
from mixtura.engines.base import Engine
from mixtura.engines.choose import choose_engine, released
from mixtura.engines.spill import LIMIT
from mixtura.sources import opened
from mixtura.sources.source import Source

K, D = 100, 5
MOST = 1024  # MB
GIVEN = 1_000_000  # rows made at a time


def truth() -> mx.Mixture:
    """The mixture from which the points are drawn, with overlapping components."""
    rng = np.random.default_rng(0)
    return mx.Mixture(rng.dirichlet(np.full(K, 5.0)), rng.normal(0, 3, (K, D)), rng.uniform(0.5, 2, (K, D)), "diag")


def best(work: Callable[[], object], times: int = 3) -> float:
    """The smallest number of seconds of a few runs."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return min(found)


def ink(n: int) -> np.ndarray:
    """Points along forty strokes, whole pixels: nearly all pairs are pruned."""
    rng = np.random.default_rng(0)
    ends, stroke, at = rng.uniform(0, 800, (40, 4)), rng.integers(0, 40, n), rng.random((n, 1))
    bent = 40 * np.sin(6 * at + stroke[:, None] + [0, 1])
    return np.round(ends[stroke, :2] * (1 - at) + ends[stroke, 2:] * at + bent + rng.normal(0, 2, (n, 2)))


def colours(n: int) -> np.ndarray:
    """Places and colours of the pixels of a smooth picture."""
    rng = np.random.default_rng(0)
    place = np.column_stack([rng.integers(0, 600, n), rng.integers(0, 450, n)]).astype(float)
    waves = np.sin(place[:, :1] / 90 + np.arange(3)) * np.cos(place[:, 1:] / 70 - np.arange(3))
    return np.column_stack([place, np.round(128 + 90 * waves + rng.normal(0, 8, (n, 3)))])


def clouds(n: int, d: int, spread: float) -> np.ndarray:
    """Twenty normal clouds."""
    rng = np.random.default_rng(0)
    return rng.normal(0, spread, (20, d))[rng.integers(0, 20, n)] + rng.normal(0, 1, (n, d))


# Points, how many, components
JOBS: dict[str, tuple[Callable[[int], np.ndarray], int, int]] = {
    "ink": (ink, 6_000_000, 500),
    "colours": (colours, 2_500_000, 1000),
    "wide": (lambda n: clouds(n, 10, 3), 1_200_000, 20),
    "overlap": (lambda n: truth().sample(n, rng=1), 1_500_000, K),
    "many": (lambda n: clouds(n, 50, 1), 250_000, 20),
}


def in_turn(*works: Callable[[], object], times: int = 5) -> list[float]:
    """The smallest number of seconds of each, in turn."""
    found = [[best(work, 1) for work in works] for _ in range(times)]
    return [min(each) for each in zip(*found, strict=True)]


@contextmanager
def no_file() -> Iterator[None]:
    """Without a file for arranged blocks."""
    before = os.environ.get(LIMIT)
    os.environ[LIMIT] = "0"
    try:
        yield
    finally:
        os.environ.pop(LIMIT)
        if before is not None:
            os.environ[LIMIT] = before


def costs(source: Source, k: int, start: mx.Mixture, held: Engine) -> list[str]:
    """Of a source of the points that an engine holds: reading, the first pass, the next, and one without a file."""
    source.survey()
    streamed = choose_engine(source, k, "full", "cpu")
    first = best(lambda: streamed.expect(start), 1)
    with no_file():
        unkept = choose_engine(source, k, "full", "cpu")
        again = best(lambda: unkept.expect(start), 1)
        assert unkept.expect(start).log_likelihood == streamed.expect(start).log_likelihood
    one, other = held.expect(start), streamed.expect(start)
    gap = abs(one.log_likelihood / other.log_likelihood - 1)
    assert gap < (1e-9 if source.dtype == np.float64 else 1e-6), gap
    memory, blocks, reading = in_turn(
        lambda: held.expect(start), lambda: streamed.expect(start), lambda: deque(source.blocks(), maxlen=0)
    )
    with released(streamed):
        seconds = [f"{each:.2f} s" for each in (memory, reading, first, again, blocks)]
        return [*seconds, f"{blocks / memory:.2f}x", f"{gap:.0e}"]


HEAD = ("in memory", "reading alone", "first pass", "without a file", "in blocks", "ratio", "difference")


def passes(quick: bool, folder: Path | None) -> list[str]:
    """A pass in memory and one in blocks, in turn; the results are compared first."""
    lines = [
        "A pass over points in memory and over a file of them in blocks, which the first pass arranged and put into a "
        "file of their own; reading alone, and a pass that reads and arranges anew (full covariances):",
        "",
        f"| job | n | d | K | type | {' | '.join(HEAD)} |",
        "| --- " * (5 + len(HEAD)) + "|",
    ]
    place = Path(tempfile.mkdtemp(prefix="mixtura-stream-", dir=folder))
    try:
        for name, (make, n, k) in JOBS.items():
            x = make(n // 5 if quick else n)
            start = mx.fit(x[:: max(1, len(x) // 30_000)], k, rng=0, max_iter=5, reg_covar=0.1).mixture
            for dtype in ("float64", "float32"):
                given = np.ascontiguousarray(x, dtype)
                np.save(place / "x.npy", given)
                held = choose_engine(mx.Points.from_array(given, dtype=dtype, copy=False), k, "full", "cpu")
                row = costs(opened(place / "x.npy", dtype=dtype), k, start, held)
                lines.append(f"| {name} | {len(x):,} | {x.shape[1]} | {k} | {dtype} | {' | '.join(row)} |")
                print(lines[-1], flush=True)
                if (name, dtype) == ("wide", "float64"):
                    kinds = [
                        f"| {kind} | {' | '.join(costs(opened(x), k, start, held))} |" for kind, x in files(x, place)
                    ]
        head = f"The same of `wide` in other kinds of sources, float64:\n\n| source | {' | '.join(HEAD)} |"
        return [*lines, "", head, "| --- " * (1 + len(HEAD)) + "|", *kinds]
    finally:
        shutil.rmtree(place)


def files(x: np.ndarray, place: Path) -> Iterator[tuple[str, Any]]:
    """The points in other kinds of sources."""
    import h5py
    import pyarrow
    import zarr
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({f"x{i}": column for i, column in enumerate(x.T)}), place / "x.parquet")
    yield "Parquet", place / "x.parquet"
    zarr.create_array(str(place / "x.zarr"), shape=x.shape, chunks=(50_000, x.shape[1]), dtype=x.dtype)[:] = x
    yield "zarr", place / "x.zarr"
    with h5py.File(place / "x.h5", "w") as file:
        file.create_dataset("x", data=x, chunks=(20_000, x.shape[1]), compression="gzip", compression_opts=1)
    yield "HDF5, gzip", place / "x.h5"
    yield "a function of blocks", lambda: np.array_split(x, 20)


def online(n: int) -> list[str]:
    """Online EM over blocks, against a fit with repeated passes over all rows."""
    k = 10
    rng = np.random.default_rng(2)
    mix = mx.Mixture(rng.dirichlet(np.full(k, 5.0)), rng.normal(0, 3, (k, D)), rng.uniform(0.5, 2, (k, D)), "diag")
    x, fresh = mix.sample(n, rng=3), mix.sample(100_000, rng=4)
    lines = [
        f"Online EM: {n:,} x {D} points from {k} overlapping components, each seen once, in blocks, after a fit to the "
        "first rows. How many nats a point the log likelihood of fresh points is below that of the fit to all rows at "
        "once from the same start:",
        "",
        '| first rows | these alone | rows a block | `None` | `"decay"`: (t + 2)^-0.6 | (t + 2)^-0.8 | 0.02 |',
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for first in (500, 50):
        begin = mx.GaussianMixture(k, random_state=0, reg_covar=1e-3).fit(x[:first])
        settings = {"tol": 1e-6, "max_iter": 300, "reg_covar": 1e-3}
        goal = float(mx.fit(x, k, start=begin.mixture_, **settings).mixture.log_density(fresh).mean())
        for rows in (250, 1000, 5000):
            cells = []
            for step_size in (None, "decay", lambda t: (t + 2) ** -0.8, 0.02):
                model = mx.GaussianMixture(k, random_state=0, reg_covar=1e-3, step_size=step_size)
                model.partial_fit(x[:first])
                for at in range(first, n, rows):
                    model.partial_fit(x[at : at + rows])
                cells.append(f"{goal - model.score(fresh):.4f}")
            lines.append(f"| {first} | {goal - begin.score(fresh):.4f} | {rows:,} | {' | '.join(cells)} |")
            print(lines[-1], flush=True)
    return lines


def make(path: Path, n: int) -> None:
    """Write n points to a .npy of float32, a million at a time, and drop them from the cache."""
    mix = truth()
    array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n, D))
    for first in range(0, n, GIVEN):
        array[first : first + GIVEN] = mix.sample(min(GIVEN, n - first), rng=first)
    array.flush()


def forget(path: Path) -> None:
    """Drop the file from the system's page cache, so that it is read from the disk."""
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read(path: Path) -> float:
    """Seconds to read a file from the disk."""
    forget(path)
    room = bytearray(2**24)
    began = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while file.readinto(room):
            pass
    return time.perf_counter() - began


def peak() -> float:
    """Peak memory of this process, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage of a child reports at least the peak of its parent
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fit(path: Path) -> None:
    """In a separate process: survey, start, and three passes; prints when each pass ended, and memory."""
    warm = truth().sample(20_000, rng=0)
    mx.fit(lambda: [warm], K, rng=0, max_iter=1, dtype="float32")  # what is compiled, or loaded, once
    before = peak()
    ends: list[tuple[int, float]] = []

    def heard(at: mx.Pass) -> None:
        if at.number and at.done == at.of:
            ends.append((at.number, time.perf_counter()))
            forget(path)

    began = time.perf_counter()
    found = mx.fit(path, K, rng=0, tol=0, max_iter=2, dtype="float32", on_pass=heard)
    print(
        json.dumps(
            {
                "ends": [end - began for _, end in ends],
                "seconds": time.perf_counter() - began,
                "MB": peak(),
                "MB before": before,
                "log_likelihoods": found.log_likelihoods,
            }
        )
    )


def from_disk(n: int, folder: Path | None) -> list[str]:
    """The fit to 100 million points."""
    place = Path(tempfile.mkdtemp(prefix="mixtura-stream-", dir=folder))
    try:
        size = n * D * 4
        free = shutil.disk_usage(place).free
        if free < 1.2 * size:
            sys.exit(
                f"{place} has {free / 1e9:.1f} GB free, {1.2 * size / 1e9:.1f} GB are needed: give another --folder."
            )
        path = place / "points.npy"
        make(path, n)
        disk = size / read(path) / 1e6
        forget(path)
        command = [sys.executable, __file__, "--fit", str(path)]
        said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    finally:
        shutil.rmtree(place)
    arranged, before, end = said["ends"][-3:]
    a_pass = end - before
    rate = size / a_pass / 1e6
    assert said["MB"] < MOST, said
    return [
        f"{n:,} x {D} points, float32, {size / 1e9:.1f} GB on disk, K = {K}, full covariances, two EM steps:",
        "",
        "| | |",
        "| --- | --- |",
        f"| the disk alone, read from end to end | {disk:,.0f} MB/s |",
        f"| the survey, the start, and the pass that arranges the points | {arranged:.1f} s |",
        f"| an EM pass over arranged points | {a_pass:.1f} s: {n / a_pass / 1e6:.2f} million points/s |",
        f"| a pass beside the disk | {rate:,.0f} MB of the points a second, {100 * rate / disk:.0f}% of its rate |",
        f"| all: survey, start, three passes | {said['seconds']:.0f} s |",
        f"| peak memory of the process | {said['MB']:.0f} MB; {said['MB before']:.0f} MB before it opens the file |",
        f"| log likelihoods | {', '.join(f'{value:.5f}' for value in said['log_likelihoods'])} |",
    ]


def main() -> None:
    """Print the tables and write them beside this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="cut-down jobs; nothing is written")
    parser.add_argument(
        "--folder", type=Path, help="where the large file is made; the system's temporary folder if not"
    )
    parser.add_argument("--points", type=int, default=100_000_000, help="how many the large file has")
    parser.add_argument("--fit", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")  # that the few first rows did not converge
    if asked.fit is not None:
        fit(asked.fit)
        return
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    busy = f" The machine was busy with other work (load {load:.1f})." if load > len(os.sched_getaffinity(0)) else ""
    lines = [
        "# Data larger than memory, and online EM",
        "",
        f"{len(os.sched_getaffinity(0))} threads.{busy} Written by `make bench`; answers are compared first.",
        "",
        *passes(asked.quick, asked.folder),
        "",
        *online(20_000 if asked.quick else 100_000),
        "",
    ]
    large = from_disk(6_000_000 if asked.quick else asked.points, asked.folder)
    print("\n".join(large))
    if not asked.quick:
        Path(__file__).with_name("stream.md").write_text("\n".join([*lines, *large]) + "\n")


if __name__ == "__main__":
    main()
