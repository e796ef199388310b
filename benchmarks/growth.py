"""Scaling of time and memory with components, points and threads; `make bench`.

One EM iteration each, float64, from a start by equal splits; the times are medians. Components: the pixels of
china.jpg. Points: drawn from the mixture of that picture with 1,000 components. The curves are drawn with Matplotlib.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import mixtura as mx
from jobs import jobs
from measure import forget_highest, highest
from mixtura.em.maximise import maximise
from mixtura.em.objective import Objective
from mixtura.em.start import begin
from mixtura.engines.cpu import CpuEngine
from run import seconds

HERE = Path(__file__).resolve().parent
REPEATS = 5


def main() -> int:
    """Print, write growth.md and growth.svg; exit code 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the lower end of the curves; nothing is written")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(child(int(arguments.child))))
        return 0
    picture = next(job for job in jobs(None) if job.name == "colour").points()
    counts = (1_000, 2_000) if arguments.quick else (1_000, 2_000, 4_000, 8_000, 16_000)
    sizes = (100_000, 300_000) if arguments.quick else (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
    lines = ["# Scaling", "", f"{(__doc__ or '').split(chr(10) * 2)[1].replace(chr(10), ' ')}", ""]

    start = split(picture, 1_000)
    engine = CpuEngine(mx.Points.from_array(picture))
    one, two = CpuEngine(mx.Points.from_array(picture), 1), engine
    mixture = step(engine, step(engine, start))
    times = alternately(lambda: step(one, mixture), lambda: step(two, mixture))
    lines += [
        "## Threads",
        "",
        f"colour, K=1,000: {seconds(times[0])} on one thread, {seconds(times[1])} on all: {times[0] / times[1]:.2f} "
        "times as fast.",
        "",
    ]
    say(lines[-2])

    lines += ["## Components", "", "| K | an iteration | times that of the first | pairs visited |", "| --- " * 4 + "|"]
    by_count = []
    for k in counts:
        mixture = step(engine, split(picture, k))
        by_count.append(median(lambda mixture=mixture: step(engine, mixture)))
        share = engine.pairs / len(picture) / k
        lines.append(f"| {k:,} | {seconds(by_count[-1])} | {by_count[-1] / by_count[0]:.2f} | {share:.1%} |")
        say(lines[-1])

    lines += ["", "## Points", "", "| n | an iteration | ns a point | MB beyond the points |", "| --- " * 4 + "|"]
    by_size = []
    for n in sizes:
        done = subprocess.run([sys.executable, __file__, "--child", str(n)], capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        by_size.append(found["seconds"])
        lines.append(f"| {n:,} | {seconds(by_size[-1])} | {by_size[-1] / n * 1e9:.0f} | {found['mb']:,.0f} |")
        say(lines[-1])
    if not arguments.quick:
        lines += ["", "![growth](growth.svg)", ""]
        (HERE / "growth.md").write_text("\n".join(lines))
        draw(counts, by_count, sizes, by_size)
    return 0


def say(line: str) -> None:
    """Print without buffering."""
    print(line, flush=True)


def split(x: np.ndarray, k: int) -> mx.Mixture:
    """The start by equal splits."""
    return begin(mx.Points.from_array(x), k, "partition", objective=Objective(1 / 12), rng=np.random.default_rng(0))


def step(engine: CpuEngine, mixture: mx.Mixture) -> mx.Mixture:
    """One EM iteration."""
    return maximise(engine.expect(mixture), mixture, reg_covar=1 / 12)


def median(work: Callable[[], object]) -> float:
    """Median seconds of a few runs."""
    return alternately(work)[0]


def alternately(*works: Callable[[], object]) -> list[float]:
    """Median seconds of each, of a few runs taken in turn."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(REPEATS):
        for work, times in zip(works, taken, strict=True):
            began = time.perf_counter()
            work()
            times.append(time.perf_counter() - began)
    return [statistics.median(times) for times in taken]


def child(n: int) -> dict[str, float]:
    """In a separate process: n points of the picture's mixture, seconds of an iteration and peak memory."""
    picture = next(job for job in jobs(None) if job.name == "colour").points()
    mixture = step(CpuEngine(mx.Points.from_array(picture)), split(picture, 1_000))
    step(CpuEngine(mx.Points.from_array(picture[:2_000])), mixture)  # compiled
    x = np.empty((n, 5))
    for first in range(0, n, 1_000_000):
        x[first : first + 1_000_000] = mixture.sample(min(1_000_000, n - first), rng=first)
    forget_highest()
    before = highest()
    engine = CpuEngine(mx.Points.from_array(x, copy=False))
    took = median(lambda: step(engine, mixture))
    return {"seconds": took, "mb": (highest() - before) / 1024}


def draw(counts: tuple[int, ...], by_count: list[float], sizes: tuple[int, ...], by_size: list[float]) -> None:
    """Draw the curves to growth.svg."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        say("no picture: pip install 'mixtura[plots]'")
        return
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    curves = (
        ("components", counts, by_count, "273,280 pixels, growing K"),
        ("points", sizes, by_size, "K = 1,000, growing n"),
    )
    for ax, (name, along, taken, title) in zip(figure.subplots(1, 2), curves, strict=True):
        linear = [taken[0] * value / along[0] for value in along]
        ax.loglog(along, linear, "--", color="0.6", label="in proportion")
        ax.loglog(along, taken, "o-", color="#b5452c", label="Mixtura")
        ax.set(xlabel=name, ylabel="seconds an EM iteration", title=title)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False)
    figure.savefig(HERE / "growth.svg", metadata={"Date": None})


if __name__ == "__main__":
    raise SystemExit(main())
