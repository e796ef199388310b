"""Whether momentum pays where it is not asked for: `make bench`, or `python benchmarks/momentum.py`.

Small tables of many kinds are fitted from the same k-means starts by plain EM and with `accelerate=True`, to the same
tolerance. E-steps are counted, rejected ones included; nothing is timed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.decomposition import PCA

import mixtura as mx
from iterations import Counted
from jobs import SAMPLES, jobs
from mixtura.em.loop import climb
from mixtura.em.objective import Objective
from mixtura.em.settings import Settings
from mixtura.em.start import begin
from mixtura.engines.choose import choose_engine

SEEDS = 5
TOLERANCES = ((1e-3, 100), (1e-5, 1000))  # the default with its max_iter, and a tight one
TYPES = ("full", "diag")


def main() -> None:
    """Print the table and write it beside this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the first tables, two seeds; nothing is written")
    quick = parser.parse_args().quick
    lines = [
        "# Momentum on small tables",
        "",
        "E-steps of plain EM and with `accelerate=True` to the same tolerance from the same k-means starts, means over "
        f"{SEEDS} seeds. *gain*: of the mean log likelihood a point, in nats, with its standard error. Written by "
        "`make bench`.",
        "",
        "| table | points | K | type | " + " | ".join(f"tol {tol:g} | gain" for tol, _ in TOLERANCES) + " |",
        "|" + " --- |" * (4 + 2 * len(TOLERANCES)),
    ]
    ratios: list[list[float]] = []
    for name, x, k, reg_covar in list(tables())[: 3 if quick else None]:
        for kind in TYPES:
            cells, row = [], []
            for tol, most in TOLERANCES:
                found = np.array([compared(x, k, kind, reg_covar, tol, most, seed) for seed in range(SEEDS)])
                plain, fast, gain = found.mean(axis=0)
                error = found[:, 2].std(ddof=1) / np.sqrt(len(found))
                cells += [f"{plain:.1f} → {fast:.1f}", f"{gain:+.4f} ± {error:.4f}"]
                row += [fast / plain, gain]
            ratios.append(row)
            lines.append(f"| {name} | {x.shape[0]:,} x {x.shape[1]} | {k} | {kind} | " + " | ".join(cells) + " |")
            print(lines[-1], flush=True)
    table = np.array(ratios)
    for column, (tol, _) in enumerate(TOLERANCES):
        steps, gains = table[:, 2 * column], table[:, 2 * column + 1]
        lines += [
            "",
            f"At tol {tol:g} momentum takes {np.exp(np.log(steps).mean()):.2f} times the E-steps (geometric mean; "
            f"{steps.min():.2f} to {steps.max():.2f}), and the likelihood is {gains.mean():+.4f} nats a point "
            f"(median {np.median(gains):+.4f}).",
        ]
        print(lines[-1])
    if not quick:
        Path(__file__).with_name("momentum.md").write_text("\n".join(lines) + "\n")


def compared(x: np.ndarray, k: int, kind: str, reg_covar: float, tol: float, most: int, seed: int) -> tuple:
    """E-steps of both, and what momentum gains."""
    points, objective = mx.Points.from_array(x), Objective(reg_covar)
    rng = np.random.default_rng(seed)
    start = begin(points, k, "kmeans", covariance_type=kind, objective=objective, rng=rng)
    steps, likelihoods = [], []
    for accelerate in (False, True):
        engine = Counted(choose_engine(points, k, kind))
        settings = Settings(kind, tol=tol, max_iter=most, reg_covar=reg_covar, accelerate=accelerate)
        likelihoods.append(climb(engine, start, objective, settings=settings).log_likelihood)
        steps.append(engine.count)
    return *steps, likelihoods[1] - likelihoods[0]


def tables() -> Iterator[tuple[str, np.ndarray, int, float]]:
    """Name, points, number of components, reg_covar."""
    rng = np.random.default_rng(0)
    found = [
        ("iris", datasets.load_iris().data, 3),
        ("wine", datasets.load_wine().data, 3),
        ("cancer", datasets.load_breast_cancer().data[:, :10], 4),
        ("digits", PCA(10, random_state=0).fit_transform(datasets.load_digits().data), 10),
        ("geyser", np.genfromtxt(SAMPLES / "geyser.csv", delimiter=",", skip_header=1)[:, :2], 2),
        ("blobs apart", _blobs(3000, 2, 10, 8.0), 10),
        ("blobs", _blobs(5000, 5, 20, 4.0), 20),
        ("blobs overlapping", _blobs(3000, 3, 6, 1.5), 6),
        ("heavy tails", rng.standard_t(3, (4000, 3)), 8),
        ("uniform", rng.uniform(0, 10, (4000, 2)), 25),
        ("moons", datasets.make_moons(2000, noise=0.08, random_state=0)[0], 8),
        ("circles", datasets.make_circles(2000, noise=0.05, factor=0.5, random_state=0)[0], 12),
        ("swiss roll", datasets.make_swiss_roll(3000, noise=0.3, random_state=0)[0], 20),
        ("s curve", datasets.make_s_curve(3000, noise=0.05, random_state=0)[0], 15),
        ("exponential", rng.exponential(1, (3000, 2)), 10),
        ("normal", rng.standard_normal((5000, 5)), 10),
    ]
    for name, x, k in found:
        yield name, x, k, 1e-6
    pictures = {job.name: job for job in jobs(None)}
    for name in ("ink", "colour", "harbour"):
        x = pictures[name].points()
        yield name, np.ascontiguousarray(x[np.arange(6000) * len(x) // 6000]), 50, pictures[name].reg_covar


def _blobs(n: int, d: int, k: int, apart: float) -> np.ndarray:
    rng = np.random.default_rng(k)
    centres, forms = apart * rng.standard_normal((k, d)), np.eye(d) + 0.3 * rng.standard_normal((k, d, d))
    labels = rng.integers(0, k, n)
    return centres[labels] + np.einsum("nij,nj->ni", forms[labels], rng.standard_normal((n, d)))


if __name__ == "__main__":
    main()
