"""Whole fits against scikit-learn's: k-means start included, until a step gains less than 1e-3; `make bench`.

Each job is cut to a size that scikit-learn finishes. Both are given the same points, the same settings and seeds of
their own, one after the other in one process; what is compared first is the likelihood that they end with.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from pathlib import Path

import numpy as np
from scipy import stats

import mixtura as mx
from jobs import Job, jobs
from run import seconds

JOBS = ("ink", "colour", "overlap", "wide", "wide diag", "line", "features")
SEEDS, MANY = 5, 30  # fits of theirs; of ours, which cost less, and whose starts differ as much
WORSE = 0.005  # nats a point that our mean likelihood may lie below theirs


def main() -> int:
    """Print the table and write it beside this file; exit code 1 when our fits are less likely."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller jobs, one seed; nothing is written")
    parser.add_argument("--data", type=Path, help="a folder with fashion-mnist/, for one more job")
    parser.add_argument("--only", help="names of jobs, with commas; nothing is written")
    arguments = parser.parse_args()
    chosen = arguments.only.split(",") if arguments.only else JOBS
    lines = [
        "# Whole fits",
        "",
        f"From the points to the fitted mixture, start by k-means, tol 1e-3, at most 100 steps; the median of {SEEDS} "
        f"seeds. *gain*: our mean log likelihood a point, over up to {MANY} seeds, less scikit-learn's over {SEEDS}, "
        f"with its standard error, in nats; it may not lie below -{WORSE}. *steps*: EM iterations, ours and theirs. Written "
        "by `make bench`.",
        "",
        "| job | points | K | type | scikit-learn | float64 | float32 | ratio 64 | ratio 32 | goal | gain | steps |",
        "|" + " --- |" * 12,
    ]
    good = True
    for job in jobs(arguments.data):
        if job.name in chosen:
            line, gain = measure(job, quick=arguments.quick)
            good = good and gain >= -WORSE
            lines.append(line)
            print(line, flush=True)
    if not arguments.quick and not arguments.only:
        Path(__file__).with_name("whole.md").write_text("\n".join(lines) + "\n")
    return 0 if good else 1


def measure(job: Job, *, quick: bool) -> tuple[str, float]:
    """The job's line of the table, and what our likelihood gains."""
    x = job.points()
    rows, k = job.quick if quick else job.cut
    x = np.ascontiguousarray(x[np.arange(rows) * len(x) // rows])
    times: dict[str, list[float]] = {"sklearn": [], "float64": [], "float32": []}
    likelihoods: dict[str, list[float]] = {"sklearn": [], "float64": [], "float32": []}
    steps: dict[str, list[int]] = {"sklearn": [], "float64": [], "float32": []}
    for dtype in ("float64", "float32"):
        ours(x, k, job, dtype, 0)  # compiled, if it was not
    for seed in range(1 if quick else SEEDS):
        for who in times:
            began = time.perf_counter()
            if who == "sklearn":
                found = theirs(x, k, job, seed)
                times[who].append(time.perf_counter() - began)
                likelihoods[who].append(found.score(x))
                steps[who].append(found.n_iter_)
            else:
                fit = ours(x, k, job, who, seed)
                times[who].append(time.perf_counter() - began)
                likelihoods[who].append(fit.log_likelihood)
                steps[who].append(fit.n_iter)
    middle = {who: statistics.median(values) for who, values in times.items()}
    error = 0.0
    if not quick:
        began = time.perf_counter()
        for seed in range(SEEDS, MANY):
            if time.perf_counter() - began > sum(times["sklearn"]):
                break
            likelihoods["float64"].append(ours(x, k, job, "float64", seed).log_likelihood)
        error = float(np.hypot(*(stats.sem(likelihoods[who]) for who in ("float64", "sklearn"))))
    gain = float(np.mean(likelihoods["float64"]) - np.mean(likelihoods["sklearn"]))
    ratios = [middle["sklearn"] / middle[dtype] for dtype in ("float64", "float32")]
    cells = (
        job.name, f"{rows:,} x {x.shape[1]}", str(k), job.covariance_type,
        *(seconds(value) for value in middle.values()), *(f"{ratio:,.0f}x" for ratio in ratios),
        f"{job.float64 / 2:,.0f}x, {job.float32 / 2:,.0f}x", f"{gain:+.4f}" if quick else f"{gain:+.4f} ± {error:.4f}",
        f"{statistics.median(steps['float64']):.0f}, {statistics.median(steps['sklearn']):.0f}",
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |", gain


def ours(x: np.ndarray, k: int, job: Job, dtype: str, seed: int) -> mx.Fit:
    """A whole fit of ours."""
    return mx.fit(x, k, covariance_type=job.covariance_type, reg_covar=job.reg_covar, dtype=dtype, rng=seed)


def theirs(x: np.ndarray, k: int, job: Job, seed: int):
    """A whole fit of scikit-learn's, with its defaults."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(k, covariance_type=job.covariance_type, reg_covar=job.reg_covar, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(x)


if __name__ == "__main__":
    raise SystemExit(main())
