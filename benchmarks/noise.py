"""Rows with errors of their own, beside another implementation: `python benchmarks/noise.py [--large] [--threads N]`.

Answers are compared before anything is timed. Seconds are those of the processor, the least of several tries. astroML
(`pip install astroML`) is taken where it is installed. Without --large, the job of a million rows is left out.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

import mixtura as mx
from mixtura.engines.choose import choose_engine
from mixtura.model import incomplete
from mixtura.sources.noise import measured_points

EQUAL = 1e-8  # how near the answers must be
FEW = 20  # rows of which products are taken one by one


def measured(n: int, d: int, k: int, *, matrices: bool = False, seed: int = 0) -> tuple[mx.Mixture, Any, Any]:
    """A mixture, points of it with errors, and the covariances of these, from a fifth of the components' to as wide."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(k, d, d)) / np.sqrt(d)
    mixture = mx.Mixture(
        rng.uniform(0.5, 1, k), 3 * rng.normal(size=(k, d)), root @ np.swapaxes(root, 1, 2) + 0.3 * np.eye(d)
    )
    noise = rng.uniform(0.2, 1.0, (n, d))
    x = mixture.sample(n, rng=rng) + rng.normal(size=(n, d)) * np.sqrt(noise)
    if matrices:
        turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
        x, noise = x @ turn.T, np.einsum("ij,nj,kj->nik", turn, noise, turn)
        mixture = mixture.transform(turn)
    return mixture, x, noise


def seconds(work: Callable[[], Any], tries: int = 3) -> float:
    """Of the processor, at best."""
    found = []
    for _ in range(tries):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


def beside_astroml(threads: int) -> None:
    """The same steps from the same start, and their time."""
    from astroML.density_estimation import XDGMM

    print("| rows | coordinates | k | 10 steps: largest difference | a step (s) | by astroML (s) | times |")
    print("|---|---|---|---|---|---|---|")
    for n, d, k in ((1000, 2, 3), (5000, 4, 5), (5000, 7, 10)):
        start, x, noise = measured(n, d, k)
        matrices = noise[:, :, None] * np.eye(d)
        options = {"start": start, "noise_covariance": noise, "tol": 0, "reg_covar": 0, "n_threads": threads}
        ours = mx.fit(x, k, max_iter=10, engine="cpu", **options).mixture
        theirs = XDGMM(k)
        theirs.alpha, theirs.mu, theirs.V = start.weights.copy(), start.means.copy(), start.covariances.copy()
        for _ in range(10):
            theirs._EMstep(x, matrices)
        pairs = (ours.weights, theirs.alpha), (ours.means, theirs.mu), (ours.covariances, theirs.V)
        apart = max(float(np.abs(one - other).max()) for one, other in pairs)
        assert apart < EQUAL, apart
        points = measured_points(mx.Points.from_array(x), noise)
        engine = choose_engine(points, k, "full", "cpu", threads)
        a, b = (
            seconds(lambda e=engine, s=start: e.expect(s)),
            seconds(lambda t=theirs, x=x, m=matrices: t._EMstep(x, m), 1),
        )
        print(f"| {n:,} | {d} | {k} | {apart:.0e} | {a:.4f} | {b:.2f} | {b / a:,.0f} |")


def large(threads: int) -> None:
    """A million rows: a step, and a whole fit."""
    n, d, k = 1_000_000, 7, 50
    print("\n| noise | seconds a step | of a whole fit | by the clock | steps | ended | memory beyond the rows (MB) |")
    print("|---|---|---|---|---|---|---|")
    for matrices in (False, True):
        true, x, noise = measured(n, d, k, matrices=matrices)
        points = measured_points(mx.Points.from_array(x, copy=False), noise)
        engine = choose_engine(points, k, "full", n_threads=threads)
        engine.expect(true)
        step = seconds(lambda e=engine, t=true: e.expect(t), 2)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began, clock = time.process_time(), time.perf_counter()
        options = {"rng": 0, "accelerate": True, "tol": 1e-4, "n_threads": threads}
        fit = mx.fit(x, k, noise_covariance=noise, **options)
        whole, clock = time.process_time() - began, time.perf_counter() - clock
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        what = "matrices" if matrices else "variances"
        row = f"{step:.2f} | {whole:.0f} | {clock:.0f} | {fit.n_iter} | {fit.stop_reason} | {more:.0f}"
        print(f"| {what} | {row} |", flush=True)


def imputed(threads: int) -> None:
    """Rows that all have gaps of their own, one by one in kernels and in groups of one."""
    print("\n| rows | coordinates | k | missing | largest difference | ms a row | in groups | times |")
    print("|---|---|---|---|---|---|---|---|")
    for n, d, k, share in ((40, 64, 200, 0.5), (40, 64, 200, 0.1), (10_000, 8, 50, 0.3)):
        mixture, x, _ = measured(n, d, k)
        x[np.random.default_rng(1).random(x.shape) < share] = np.nan
        found = mixture.impute(x, n_threads=threads)
        by_groups = incomplete.posterior(mixture, x)[0]
        apart = float(np.abs(found - np.where(np.isnan(x), by_groups, x)).max())
        assert apart < EQUAL, apart
        a = seconds(lambda m=mixture, x=x: m.impute(x, n_threads=threads))
        b = seconds(lambda m=mixture, x=x: incomplete.posterior(m, x), 1)
        print(
            f"| {n:,} | {d} | {k} | {share:.0%} | {apart:.0e} | {a / n * 1e3:.3f} | {b / n * 1e3:.2f} | {b / a:.0f} |"
        )


def denoised(threads: int) -> None:
    """Posterior means of many rows, beside `Mixture.product` of each."""
    print("\n| rows | coordinates | k | largest difference | ms a row | with covariance | by product | times |")
    print("|---|---|---|---|---|---|---|---|")
    for n, d, k in ((20_000, 3, 20), (20_000, 7, 50), (500, 64, 100)):
        mixture, x, noise = measured(n, d, k)
        found = mixture.denoise(x, noise, n_threads=threads)

        def each(m: mx.Mixture = mixture, x: Any = x[:FEW], noise: Any = noise[:FEW]) -> Any:
            return np.array([m.product(row, np.diag(own)).mean() for row, own in zip(x, noise, strict=True)])

        apart = float(np.abs(found[:FEW] - each()).max())
        assert apart < EQUAL, apart
        a = seconds(lambda m=mixture, x=x, e=noise: m.denoise(x, e, n_threads=threads))
        c = seconds(lambda m=mixture, x=x, e=noise: m.denoise(x, e, n_threads=threads, return_cov=True), 1)
        b = seconds(each, 1) / FEW * n
        times = f"{a / n * 1e3:.4f} | {c / n * 1e3:.4f} | {b / n * 1e3:.2f} | {b / a:,.0f}"
        print(f"| {n:,} | {d} | {k} | {apart:.0e} | {times} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    with threadpool_limits(1):
        try:
            beside_astroml(asked.threads)
        except ImportError:
            print("astroML is not installed: pip install astroML")
        imputed(asked.threads)
        denoised(asked.threads)
        if asked.large:
            large(asked.threads)
