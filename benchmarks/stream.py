"""Data streamed from disk, and online EM: `make bench`, or `python benchmarks/stream.py`.

Three measurements: the cost of a pass over blocks beside one over points in memory; the loss of online EM, which sees
each row once; and the speed and memory of a fit to 100 million points in five coordinates, streamed from a temporary
file of 2 GB, beside the disk's own rate.
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
from collections.abc import Callable
from pathlib import Path

import numpy as np

import mixtura as mx
from mixtura.engines.choose import choose_engine
from mixtura.engines.cpu import CpuEngine
from mixtura.sources import blocks as cutting
from mixtura.sources import opened

K, D = 100, 5
LIMIT = 1024  # MB
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


def passes(n: int) -> list[str]:
    """Passes in memory and in blocks, in turn; the results are compared first."""
    lines = [
        f"A pass over {n:,} x {D} points, K = {K}, full covariances:",
        "",
        "| type | in memory | in blocks | ratio | difference |",
        "| --- | --- | --- | --- | --- |",
    ]
    x = truth().sample(n, rng=1)
    for dtype in ("float64", "float32"):
        start = mx.fit(x[:50_000], K, rng=0, max_iter=1).mixture
        given = x.astype(dtype)
        held = CpuEngine(mx.Points.from_array(given, dtype=dtype))
        source = opened(lambda given=given: np.array_split(given, 20), dtype=dtype)
        source.survey()
        kept, cutting.KEPT = cutting.KEPT, 0
        streamed = choose_engine(source, K, "full")
        cutting.KEPT = kept
        one, other = held.expect(start), streamed.expect(start)
        gap = abs(one.log_likelihood / other.log_likelihood - 1)
        assert gap < (1e-9 if dtype == "float64" else 1e-6), gap
        seconds = best(lambda held=held, start=start: held.expect(start))
        blocks = best(lambda streamed=streamed, start=start: streamed.expect(start))
        lines.append(f"| {dtype} | {seconds:.2f} s | {blocks:.2f} s | {blocks / seconds:.1f}x | {gap:.0e} |")
        print(lines[-1], flush=True)
    return lines


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
    """In a separate process: survey, start, and two passes; prints when each pass ended, and memory."""
    warm = truth().sample(20_000, rng=0)
    mx.fit(lambda: [warm], K, rng=0, max_iter=1, dtype="float32")  # what is compiled, or loaded, once
    before = peak()
    ends: list[tuple[int, float]] = []

    def heard(at: mx.Pass) -> None:
        if at.number and at.done == at.of:
            ends.append((at.number, time.perf_counter()))
            forget(path)

    began = time.perf_counter()
    found = mx.fit(path, K, rng=0, tol=0, max_iter=1, dtype="float32", on_pass=heard)
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
    a_pass = said["ends"][-1] - said["ends"][-2]
    rate = size / a_pass / 1e6
    assert said["MB"] < LIMIT, said
    return [
        f"{n:,} x {D} points, float32, {size / 1e9:.1f} GB on disk, K = {K}, full covariances, one EM step:",
        "",
        "| | |",
        "| --- | --- |",
        f"| the disk alone, read from end to end | {disk:,.0f} MB/s |",
        f"| an EM pass | {a_pass:.1f} s: {n / a_pass / 1e6:.2f} million points/s, {rate:,.0f} MB/s |",
        f"| a pass beside the disk | {100 * rate / disk:.0f}% of its rate: the arithmetic decides |",
        f"| all: survey, start, two passes | {said['seconds']:.0f} s |",
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
    busy = f" The machine was busy with other work (load {load:.1f})." if load > 1 else ""
    lines = [
        "# Data larger than memory, and online EM",
        "",
        f"{len(os.sched_getaffinity(0))} threads.{busy} Written by `make bench`; answers are compared first.",
        "",
        *passes(200_000 if asked.quick else 1_000_000),
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
