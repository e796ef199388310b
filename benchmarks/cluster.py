"""Passes on a local cluster, a model of their cost, and its predictions for larger clusters; `make bench`.

Results are compared first: the cluster's mixture must agree with that of one process to 1e-9. Then passes are timed in
turn with those they are compared with, as other work on the machine slows both.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
from distributed import Client, LocalCluster, get_task_stream

import mixtura as mx
import traffic
from mixtura.engines.choose import choose_engine
from mixtura.engines.cluster import Arranged
from mixtura.engines.cpu import CpuEngine
from mixtura.kernels.threads import available
from mixtura.model.statistics import summed
from mixtura.sources import opened
from run import cpu, seconds
from scaling import Measured, Model, check, predicted, simulated, size

HERE = Path(__file__).resolve().parent
D = 5
SLOW = 0.01  # share of the workers of a large cluster that are assumed to take twice as long


def truth(k: int) -> mx.Mixture:
    """A mixture of k Gaussians in D coordinates, each of which overlaps with a few others."""
    rng = np.random.default_rng(k)
    covariances = rng.uniform(0.5, 2.0, (k, D))[:, :, None] * np.eye(D)
    return mx.Mixture(np.ones(k), rng.normal(0, 3, (k, D)), covariances)


def block(k: int, rows: int, number: int) -> np.ndarray:
    """The points of a partition."""
    return truth(k).sample(rows, rng=number)


def array(k: int, rows: int, partitions: int) -> da.Array:
    """Points that are drawn on the workers."""
    parts = [da.from_delayed(dask.delayed(block)(k, rows, i), (rows, D), float) for i in range(partitions)]
    return da.concatenate(parts)


def local(workers: int, threads: int, memory: str = "auto") -> LocalCluster:
    """A cluster of processes on this machine."""
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=threads,
        memory_limit=memory,
        processes=True,
        dashboard_address=":0",
        silence_logs=logging.CRITICAL,
    )


class Passes:
    """Passes over one table, on one cluster."""

    def __init__(self, client: Client, k: int, rows: int, partitions: int) -> None:
        self.client, self.k, self.rows, self.partitions = client, k, rows, partitions
        self.mixture = truth(k)
        with client.as_current():
            source = opened(array(k, rows, partitions).persist())
            source.survey()
            self.engine = choose_engine(source, k, "full", "cpu")
        self()

    def __call__(self) -> float:
        """Seconds of a pass."""
        with self.client.as_current():
            began = time.perf_counter()
            self.engine.expect(self.mixture)
            return time.perf_counter() - began

    def moved(self, repeats: int) -> float:
        """Bytes per pass that scheduler, workers and this process send each other, status messages included."""
        traffic.count()
        self.client.run(traffic.count)
        before = self._sent()
        for _ in range(repeats):
            self()
        return (self._sent() - before) / repeats

    def _sent(self) -> int:
        return sum(dict([traffic.sent(), *self.client.run(traffic.sent).values()]).values())


class Kernel:
    """The same passes by the kernel alone: partitions in tiles in this process, and as many threads."""

    def __init__(self, k: int, rows: int, partitions: int, threads: int) -> None:
        self.mixture, self.pool = truth(k), ThreadPoolExecutor(threads)
        points = [mx.Points.from_array(block(k, rows, i)) for i in range(partitions)]
        began = time.perf_counter()
        engine = partial(CpuEngine, n_threads=1)
        self.parts = list(self.pool.map(lambda part: Arranged(part, engine), points))
        self.arranging = time.perf_counter() - began
        self()

    def __call__(self) -> float:
        """Seconds of a pass."""
        began = time.perf_counter()
        summed(self.pool.map(lambda part: part.engine.expect(self.mixture), self.parts))
        return time.perf_counter() - began


def in_turn(*works: Callable[[], float], repeats: int) -> list[list[float]]:
    """Measure each in turn, `repeats` times."""
    return [list(column) for column in zip(*([work() for work in works] for _ in range(repeats)), strict=True)]


def measured(client: Client, k: int, rows: int, partitions: int, threads: int, repeats: int) -> Measured:
    """One row of the data to which the cost model is fitted, or on which it is validated."""
    passes, kernel = Passes(client, k, rows, partitions), Kernel(k, rows, partitions, threads)
    on_cluster, alone = in_turn(passes, kernel, repeats=repeats)
    moved = passes.moved(3)
    return Measured(k, partitions, rows, moved, min(alone), min(on_cluster))


def same_answer(client: Client) -> float:
    """The largest difference of the cluster's mixture from that of one process, relative to its largest number."""
    settings: dict[str, Any] = {"rng": 0, "tol": 0.0, "max_iter": 10}
    x = np.concatenate([block(10, 5_000, i) for i in range(6)])
    here = mx.fit(x, 10, **settings).mixture
    with client.as_current():
        there = mx.fit(array(10, 5_000, 6), 10, **settings).mixture
    pairs = [(there.weights, here.weights), (there.means, here.means), (there.covariances, here.covariances)]
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)


def jitter(passes: Passes) -> float:
    """The standard deviation of the logarithm of the tasks' times."""
    with passes.client.as_current(), get_task_stream(client=passes.client) as stream:
        for _ in range(5):
            passes()
    spans = [
        span["stop"] - span["start"]
        for task in stream.data
        if "expect" in str(task["key"])
        for span in task["startstops"]
        if span["action"] == "compute"
    ]
    return float(np.log(spans).std())


def spilling(rows: int, partitions: int, memory: str) -> list[str]:
    """A fit to data larger than the workers' memory."""
    x = rows * partitions * D * 8
    with local(2, 1, memory) as small, Client(small) as client:
        table = array(10, rows, partitions).persist()
        heard: list[float] = []
        began = time.perf_counter()
        found = mx.fit(
            table,
            10,
            rng=0,
            max_iter=2,
            tol=0.0,
            start=truth(10),
            on_step=lambda step: heard.append(time.perf_counter()),
        )
        took = time.perf_counter() - began
        workers = client.scheduler_info(n_workers=-1)["workers"].values()
        spilled = sum(worker["metrics"]["spilled_bytes"]["disk"] for worker in workers)
        limit = sum(worker["memory_limit"] for worker in workers)
    return [
        "## More than memory holds",
        "",
        f"{x / 1e9:.2f} GB of points, persisted by two workers with {limit / 1e9:.2f} GB together, of which Dask kept "
        f"{spilled / 1e9:.2f} GB on disk. A fit of {found.n_iter} steps took {took:.0f} s, a pass "
        f"{heard[-1] - heard[0]:.1f} s, and ended at a log likelihood of {found.log_likelihood:.6f} a point.",
        "",
    ]


def main() -> int:
    """Print, and write cluster.md and cluster.svg; exit code 1 if a result differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small tables, under a minute; nothing is written")
    quick = parser.parse_args().quick
    check()
    half = max(1, available() // 2)
    million, repeats = (50_000, 5) if quick else (1_000_000, 7)
    lines = [
        "# A cluster on one machine",
        "",
        f"Written by `make bench`. {2 * half} threads, {cpu()}; Dask {dask.__version__}; one EM pass over points in "
        f"{D} coordinates, full covariances. Times are the least of some passes timed in turn, as other work on "
        "the machine only adds.",
        "",
    ]
    with (
        local(2, half) as two,
        local(1, 2 * half) as one,
        Client(two) as both,
        Client(one, set_as_default=False) as single,
    ):
        gap = same_answer(both)
        lines += [f"Ten steps of EM on the cluster and in one process: the mixtures differ by {gap:.0e} at most.", ""]
        print(lines[-2])

        k, partitions = 100, 4
        passes, lone = Passes(both, k, million, partitions), Passes(single, k, million, partitions)
        kernel = Kernel(k, million, partitions, 2 * half)
        on_two, on_one, alone = in_turn(passes, lone, kernel, repeats=repeats)
        overhead = min(on_two) / min(alone) - 1.0
        lines += [
            "## Against the kernel, and against one process",
            "",
            f"{partitions} partitions of {million:,} points, K={k}, kept in tiles on the workers.",
            "",
            "| | a pass | in units of the kernel |",
            "| --- | --- | --- |",
            f"| the kernel alone, {2 * half} threads | {seconds(min(alone))} | 1 |",
            f"| 2 processes of {half} | {seconds(min(on_two))} | {min(on_two) / min(alone):.2f} |",
            f"| 1 process of {2 * half} | {seconds(min(on_one))} | {min(on_one) / min(alone):.2f} |",
            "",
            f"Two processes take {min(on_two) / min(on_one):.2f} of the time of one. The overhead of a pass is "
            f"{overhead:.0%} (wanted: 15% at most). Ordering the points into tiles, once per fit, takes "
            f"{seconds(kernel.arranging)}: {kernel.arranging / min(alone):.1f} passes.",
            "",
        ]
        print("\n".join(lines[-9:]))
        spread = jitter(passes)
        rows = [Measured(k, partitions, million, passes.moved(3), min(alone), min(on_two))]
        per_point = min(alone) * 2 * half / (partitions * million)
        arranging = kernel.arranging * 2 * half / (partitions * million)
        del passes, lone, kernel
        jobs = [(10, 1_000, 2), (10, 1_000, 16), (10, 1_000, 64), (1_000, 1_000, 8), (1_000, 1_000, 32)]
        if not quick:
            jobs += [(10, 1_000, 256), (4_000, 1_000, 8)]
        for job in jobs:
            rows.append(measured(both, *job, 2 * half, repeats))
            print(rows[-1])
        model = Model.fitted(rows)
        checked = measured(both, 200, million // 10, 12, 2 * half, repeats)
    lines += costs(rows, model, checked)
    lines += larger(model, per_point, arranging, spread, HERE / "cluster.svg" if not quick else None)
    lines += spilling(*((20_000, 8, "1GB") if quick else (500_000, 52, "500MB")))
    print("\n".join(lines[-50:]))
    if not quick:
        (HERE / "cluster.md").write_text("\n".join(lines))
    return 0 if gap < 1e-9 else 1


def costs(rows: list[Measured], model: Model, checked: Measured) -> list[str]:
    """The cost model, the passes to which it was fitted, and the one that was held out."""
    lines = [
        "## What a pass costs",
        "",
        "*sum*: the bytes of one mixture, and of one sum of statistics. *moved*: all bytes that scheduler, workers and "
        "the process that fits send each other in a pass. The model is fitted to all rows but the last.",
        "",
        "| K | partitions | points in each | sum | moved | kernel | a pass | the model says |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in (*rows, checked):
        mark = "**" if row is checked else ""
        lines.append(
            f"| {mark}{row.k:,}{mark} | {row.partitions} | {row.rows:,} | {size(row.k, D) / 1e3:,.0f} kB | "
            f"{row.moved / 1e3:,.0f} kB | {seconds(row.kernel)} | {seconds(row.seconds)} | "
            f"{seconds(model.seconds(row))} |"
        )
    return [
        *lines,
        "",
        f"A pass starts in {1e3 * model.start:.1f} ms; a task costs {1e3 * model.per_task:.2f} ms, "
        f"a megabyte {1e9 * model.per_byte:.1f} ms. The last row was held out: the error of the prediction is "
        f"{abs(model.seconds(checked) / checked.seconds - 1.0):.0%}.",
        "",
    ]


def larger(model: Model, per_point: float, arranging: float, spread: float, plot: Path | None) -> list[str]:
    """Predictions for larger clusters."""
    sums = size(100, D)
    settings: dict[str, Any] = {"size": sums, "jitter": spread, "slow": SLOW}
    lines = [
        "## Predictions for larger clusters",
        "",
        f"K=100: {1e9 * per_point:.0f} ns a point and core, {1e9 * (per_point + arranging):.0f} ns where the points do "
        f"not fit into memory and are ordered in each pass (reading not counted). Tasks vary by "
        f"{spread:.0%}, as measured; {SLOW:.0%} of the workers take twice as long, as assumed.",
        "",
        "| points | cores | memory a core | threads a task | tasks a worker | kernel | stragglers | scheduler | sums | "
        "a pass |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for points in (1e9, 1e12):
        for cores in (100, 10_000):
            memory = points * (2 * D + 3) * 8 / cores
            kept = memory < 16e9
            found = predicted(model, points, cores, per_point=per_point + (0 if kept else arranging), **settings)
            lines.append(
                f"| 10^{round(np.log10(points))} | {cores:,} | {memory / 1e9:,.2f} GB{'' if kept else ': not kept'} | "
                f"{found.threads} | {found.each} | {seconds(found.kernel)} | {seconds(found.stragglers)} | "
                f"{seconds(found.scheduler)} | {seconds(found.sums)} | {seconds(found.seconds)} |"
            )
    lines += ["", "## Stragglers and the tree, simulated", ""]
    lines += [
        "10,000 workers; times in units of a worker's mean; a sum takes 0.001 to add to seven others. *last*: when the "
        "last worker is done. *tree*: when the sum is known, with fan-in eight; *pairs*: with fan-in two.",
        "",
        "| partitions a worker | tasks vary by | slow workers | last | tree | pairs |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    rng = np.random.default_rng(0)
    for each, vary, slow in (
        (1, 0.1, 0.0),
        (4, 0.1, 0.0),
        (16, 0.1, 0.0),
        (1, 0.3, 0.0),
        (16, 0.3, 0.0),
        (4, 0.1, 0.01),
    ):
        eight = np.mean([simulated(10_000, each, jitter=vary, slow=slow, hop=0.001, rng=rng) for _ in range(5)], axis=0)
        pair = np.mean(
            [simulated(10_000, each, jitter=vary, slow=slow, hop=0.001, rng=rng, fan=2) for _ in range(5)], axis=0
        )
        lines.append(f"| {each} | {vary:.0%} | {slow:.0%} | {eight[0]:.3f} | {eight[1]:.3f} | {pair[1]:.3f} |")
    if plot is not None:
        draw(model, per_point, settings, plot)
        lines += ["", f"![seconds a pass against cores]({plot.name})"]
    return [*lines, ""]


def draw(model: Model, per_point: float, settings: dict[str, Any], path: Path) -> None:
    """Plot the predicted seconds of a pass against the number of cores, and those of the kernel alone."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "mixtura"
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 4.2), layout="constrained")
    cores = np.unique(np.logspace(0, 4.5, 28).astype(int))
    for points, colour in ((1e9, "tab:blue"), (1e12, "tab:red")):
        found = [predicted(model, points, int(c), per_point=per_point, **settings) for c in cores]
        name = f"$10^{{{round(np.log10(points))}}}$ points"
        narrow = [predicted(model, points, int(c), per_point=per_point, threads=(1,), **settings) for c in cores]
        axes.loglog(cores, [one.seconds for one in found], color=colour, label=f"{name}, the best way")
        axes.loglog(cores, [one.seconds for one in narrow], color=colour, ls="--", label=f"{name}, a task a core")
        axes.loglog(cores, [one.kernel for one in found], color=colour, ls=":", label=f"{name}, kernel alone")
    axes.set(xlabel="cores", ylabel="seconds a pass", title="One pass of EM, K=100 in 5 coordinates, predicted")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right center", frameon=False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    sys.exit(main())
