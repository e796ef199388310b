"""How often intervals hold the truth: `python benchmarks/bootstrap.py`, some minutes; --brief is a tenth of it.

Points are drawn from a known mixture again and again; each time it is fitted, the bootstrap gives intervals, and it is
counted how many of them hold the true numbers. And the p values of the likelihood ratio test where its null hypothesis
is true: each share of them should lie below itself. Nothing is timed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
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
        boot = mx.bootstrap(x, matched(fit.mixture, TRUE), replicates, method=method, rng=seed)
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
        found.append(mx.likelihood_ratio_test(x, fit, replicates, rng=seed).p_value)
    return np.array(found)


def main() -> None:
    """Print the tables and write them beside this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brief", action="store_true", help="a tenth of the work, and nothing is written")
    brief = parser.parse_args().brief
    times, replicates = (20, 60) if brief else (200, 150)
    heads = " | ".join(f"{100 * level:g} %" for level in LEVELS)
    error = 100 * np.sqrt(0.95 * 0.05 / times)
    lines = [
        "# How often intervals hold the truth",
        "",
        f"Of {times} tables each, with {replicates} replicates; the last column is known to ± {error:.1f} at most, the "
        f"first to ± {100 * 0.5 / np.sqrt(times):.1f}. Two full Gaussians in the plane.",
        "",
        f"| method | points | of | {heads} |",
        "| --- " * (3 + len(LEVELS)) + "|",
    ]
    for n in (100, 400):
        for method in get_args(Method):
            for name, shares in coverage(method, n, times, replicates).items():
                told = " | ".join(f"{100 * share:.1f}" for share in shares)
                lines.append(f"| {method} | {n} | {name} | {told} |")
                print(lines[-1], flush=True)
    values = p_values(times, 39 if brief else 99)
    shares = {level: float((values <= level).mean()) for level in (0.05, 0.1, 0.25, 0.5, 0.75)}
    lines += [
        "",
        f"The likelihood ratio test of one component against two, of {times} tables of 100 points from one Gaussian: "
        f"the share of p values at or below each.",
        "",
        "| " + " | ".join(map(str, shares)) + " |",
        "| --- " * len(shares) + "|",
        "| " + " | ".join(f"{share:.3f}" for share in shares.values()) + " |",
        "",
    ]
    print("\n".join(lines))
    if not brief:
        (HERE / "bootstrap.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
