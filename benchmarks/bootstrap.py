"""How often intervals hold the truth: `python benchmarks/bootstrap.py`, some minutes.

Points are drawn from a known mixture again and again; each time it is fitted, the bootstrap gives intervals, and it is
counted how many of them hold the true numbers. And the p values of the likelihood ratio test where its null hypothesis
is true: each share of them should lie below itself. Nothing is timed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, get_args

import numpy as np

import mixtura as mx
from mixtura.em.bootstrap import matched
from mixtura.em.resample import Method

HERE = Path(__file__).parent
LEVELS = (0.5, 0.9, 0.95)
TRUE = mx.Mixture([0.35, 0.65], [[0.0, 0.0], [4.0, 1.0]], [[[1.0, 0.5], [0.5, 1.0]], [[1.5, -0.4], [-0.4, 0.5]]])
ASKED: dict[str, Callable[[mx.Mixture], Any]] = {
    "weights": lambda mixture: mixture.weights[:1],
    "means": lambda mixture: mixture.means.ravel(),
    "covariances": lambda mixture: mixture.matrices[:, [0, 0, 1], [0, 1, 1]].ravel(),
    "conditional mean": lambda mixture: mixture.condition([0], [2.0]).mean(),
    "log density": lambda mixture: mixture.log_density([[2.0, 0.5]]),
}


def coverage(method: Method, n: int, times: int, replicates: int) -> dict[str, list[float]]:
    """The share of intervals that hold the truth, by what is asked and level."""
    held: dict[str, list[Any]] = {name: [[] for _ in LEVELS] for name in ASKED}
    for seed in range(times):
        x = TRUE.sample(n, rng=seed)
        fit = mx.fit(x, 2, start=TRUE, tol=1e-6, max_iter=1000)
        boot = mx.bootstrap(x, matched(fit.mixture, TRUE), replicates, method=method, rng=seed, n_threads=1)
        for name, ask in ASKED.items():
            truth = ask(TRUE)
            for place, level in enumerate(LEVELS):
                found = boot.of(ask, level)
                held[name][place].append(((found.low <= truth) & (truth <= found.high)).mean())
    return {name: [float(np.mean(each)) for each in by_level] for name, by_level in held.items()}


def p_values(times: int, replicates: int) -> np.ndarray:
    """Of tests of one component against two, where there is one."""
    one = mx.Mixture([1.0], [[0.0]], [[1.0]], "tied")
    found = []
    for seed in range(times):
        x = one.sample(100, rng=seed)
        fit = mx.fit(x, 1, covariance_type="tied")
        found.append(mx.likelihood_ratio_test(x, fit, replicates, rng=seed, n_threads=1).p_value)
    return np.array(found)


def main() -> None:
    """Print the tables and write them beside this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=100)
    parser.add_argument("--replicates", type=int, default=99)
    asked = parser.parse_args()
    times, replicates = asked.tables, asked.replicates
    heads = " | ".join(f"{100 * level:g} %" for level in LEVELS)
    jobs = [(method, n, times, replicates) for n in (100, 400) for method in get_args(Method)]
    with ProcessPoolExecutor() as pool:
        values = pool.submit(p_values, times, 39)
        found = [pool.submit(coverage, *job) for job in jobs]
        lines = [
            "# How often intervals hold the truth",
            "",
            f"Of {times} tables each, with {replicates} replicates; two full Gaussians in the plane. A share of one "
            f"number is known to ± {100 * np.sqrt(0.95 * 0.05 / times):.1f} (at 95 %); of several, better.",
            "",
            f"| method | points | of | {heads} |",
            "| --- " * (3 + len(LEVELS)) + "|",
        ]
        for (method, n, *_), shares in zip(jobs, found, strict=True):
            for name, by_level in shares.result().items():
                told = " | ".join(f"{100 * share:.1f}" for share in by_level)
                lines.append(f"| {method} | {n} | {name} | {told} |")
        below = {level: float((values.result() <= level).mean()) for level in (0.05, 0.1, 0.25, 0.5, 0.75)}
    lines += [
        "",
        f"The likelihood ratio test of one component against two, of {times} tables of 100 points from one Gaussian: "
        f"the share of p values at or below each.",
        "",
        "| " + " | ".join(map(str, below)) + " |",
        "| --- " * len(below) + "|",
        "| " + " | ".join(f"{share:.2f}" for share in below.values()) + " |",
        "",
    ]
    print("\n".join(lines))
    (HERE / "bootstrap.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
