"""Time of densities, predictions and samples, and of the first call, beside scikit-learn; `make bench`.

A million points drawn from the mixture of china.jpg with 1,000 components in five coordinates, float64; scikit-learn
is timed on a tenth of them, and its time multiplied. First call: a new process with an empty compilation cache, which
gives the time of compiling, and then a second process that finds the cache.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import mixtura as mx
from jobs import jobs
from mixtura.kernels.threads import available
from mixtura.pictures import field
from mixtura.pictures.field import Frame
from run import seconds

FIRST = """
import time, numpy as np
from mixtura.kernels import tiles, over_tiles
from mixtura.model.evaluate import components
import mixtura as mx
x = np.random.default_rng(0).standard_normal((2_000, {d}))
mix = mx.Mixture([0.5, 0.5], x[:2], np.array([np.eye({d})] * 2))
began = time.perf_counter()
table = tiles.build(x, None, np.float64)
ordered = time.perf_counter()
over_tiles.expect(table, components(mix), 1)
print(ordered - began, time.perf_counter() - ordered)
"""


def main() -> int:
    """Print, and write asking.md; exit code 1 if a result differs from scikit-learn's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer points and components; nothing is written")
    arguments = parser.parse_args()
    n, k, size = (50_000, 100, (960, 540)) if arguments.quick else (1_000_000, 1_000, (3840, 2160))
    picture = next(job for job in jobs(None) if job.name == "colour").points()
    found = mx.fit(picture, k, reg_covar=1 / 12, rng=0, max_iter=5, dtype="float32").mixture
    mix = mx.Mixture(found.weights, found.means, found.covariances)
    x = mix.sample(n, rng=0)
    few, times = x[: n // 10], 10
    theirs = sklearn_like(mix)
    good = np.allclose(theirs.score_samples(few[:2_000]), mix.log_density(few[:2_000]), rtol=1e-9)
    places = x[:, :2]
    frame = Frame(0.0, 0.0, float(picture[:, 0].max()), float(picture[:, 1].max()))
    rows = [
        ("log_density", lambda: mix.log_density(x), lambda: theirs.score_samples(few)),
        ("predict", lambda: mix.predict(x), lambda: theirs.predict(few)),
        ("responsibilities, sparse", lambda: mix.responsibilities(x, sparse=True), None),
        ("responsibilities, dense, a tenth", lambda: mix.responsibilities(few), lambda: theirs.predict_proba(few)),
        ("regress: three coordinates given two", lambda: mix.regress([0, 1], places), None),
        ("sample", lambda: mix.sample(n, rng=1), lambda: theirs.sample(n)),
        (f"mean colours of {size[0]} x {size[1]} pixels", lambda: field.mean(found, frame, size), None),
    ]
    lines = [
        "# Densities, predictions, samples, and compile times",
        "",
        f"A million points, 1,000 components in five coordinates, float64, {available()} threads; medians of three. "
        "scikit-learn is timed on a tenth of the points where it has the method, and its time multiplied. Written "
        "by `make bench`; log densities are compared first.",
        "",
        "| question | Mixtura | scikit-learn | ratio |",
        "| --- | --- | --- | --- |",
    ]
    for name, ours, other in rows:
        took = median(ours)
        factor = 1 if "a tenth" in name or name == "sample" else times
        slow = None if other is None else factor * once(other)
        beside = "| - | - |" if slow is None else f"| {seconds(slow)} | {slow / took:,.0f}x |"
        lines.append(f"| {name} | {seconds(took)} {beside}")
        print(lines[-1], flush=True)
    lines += ["", "First use, float64 and full covariances, each time in a new process with an empty cache:", ""]
    lines += ["| coordinates | ordering points | the pass | found in the cache later |", "| --- | --- | --- | --- |"]
    for d in (3,) if arguments.quick else (2, 3, 5, 10):
        with tempfile.TemporaryDirectory() as folder:
            anew, later = (first(d, folder) for _ in range(2))
        lines.append(f"| {d} | {seconds(anew[0])} | {seconds(anew[1])} | {seconds(sum(later))} |")
        print(lines[-1], flush=True)
    if not arguments.quick:
        Path(__file__).with_name("asking.md").write_text("\n".join(lines) + "\n")
    return 0 if good else 1


def sklearn_like(mix: mx.Mixture):
    """scikit-learn's estimator with the parameters of the mixture."""
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(mix.n_components)
    model.weights_, model.means_, model.covariances_ = mix.weights, mix.means, mix.covariances
    model.precisions_cholesky_ = np.linalg.inv(np.linalg.cholesky(mix.covariances)).transpose(0, 2, 1)
    model.n_features_in_ = mix.n_coordinates
    return model


def median(work: Callable[[], object]) -> float:
    """Median seconds of three runs, after one that may compile."""
    work()
    return statistics.median(once(work) for _ in range(3))


def once(work: Callable[[], object]) -> float:
    """Seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def first(d: int, folder: str) -> tuple[float, float]:
    """Seconds that a new process needs to order points and for the first pass; `folder` is the compilation cache."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST.format(d=d)],
        env={**os.environ, "NUMBA_CACHE_DIR": folder}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    ordering, work = map(float, done.stdout.split())
    return ordering, work


if __name__ == "__main__":
    raise SystemExit(main())
