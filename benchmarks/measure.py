"""Measure a job: results first, then seconds per iteration in turn, then peak memory in separate processes."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import mixtura as mx
from jobs import Job, jobs
from mixtura.em.maximise import maximise
from mixtura.em.objective import Objective
from mixtura.em.start import begin
from mixtura.engines.base import Engine
from mixtura.engines.complete import complete

STEPS = 3  # iterations over which answers are compared
SHORT, OFTEN = 10.0, 5  # seconds of scikit-learn up to which it is timed so often: differences of single runs are noise
MEANS, LIKELIHOOD, SINGLE = 1e-6, 1e-9, 1e-5  # how near the answers must be


@dataclass
class Row:
    """Results. Seconds are medians of one EM iteration; memory in MB beyond that of the points."""

    job: str
    n: int
    d: int
    k: int
    kind: str
    sklearn: float
    float64: float
    float32: float
    ratio64: float
    ratio32: float
    wanted64: float
    wanted32: float
    visited: float
    memory: float | None
    memory_sklearn: float | None
    means: float
    likelihood: float
    single: float

    @property
    def equal(self) -> bool:
        """Whether the results agree."""
        return self.means <= MEANS and self.likelihood <= LIKELIHOOD and self.single <= SINGLE


def setup(job: Job, quick: bool) -> tuple[np.ndarray, mx.Mixture]:
    """The points, and the start that all get."""
    x, k = job.points(), job.k
    if quick:
        rows, k = job.quick
        x = x[np.arange(rows) * len(x) // rows]
    x = np.ascontiguousarray(x)
    rng = np.random.default_rng(0)
    start = begin(
        mx.Points.from_array(x),
        k,
        "kmeans",
        covariance_type=job.covariance_type,
        objective=Objective(job.reg_covar),
        rng=rng,
    )
    return x, start


def ours(x: np.ndarray, start: mx.Mixture, job: Job, dtype: str) -> Engine:
    """The engine, with its points arranged."""
    return complete(mx.Points.from_array(x, dtype=dtype), start.n_components, start.covariance_type, "cpu", None)


def steps(engine: Engine, mixture: mx.Mixture, job: Job, count: int) -> tuple[mx.Mixture, float]:
    """`count` EM steps, and the mean log likelihood before the last one."""
    likelihood = np.nan
    for _ in range(count):
        found = engine.expect(mixture)
        likelihood = found.mean_log_likelihood
        mixture = maximise(found, mixture, reg_covar=job.reg_covar)
    return mixture, likelihood


def theirs(x: np.ndarray, start: mx.Mixture, job: Job, count: int) -> Any:
    """scikit-learn's mixture after `count` steps from the same start."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    full = job.covariance_type == "full"
    precisions = np.linalg.inv(start.covariances) if full else 1.0 / start.covariances
    model = GaussianMixture(
        start.n_components,
        covariance_type=job.covariance_type,
        tol=0.0,
        max_iter=count,
        reg_covar=job.reg_covar,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=precisions,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(x)


def measure(job: Job, *, quick: bool, repeats: int, data: Path | None) -> Row:
    """Measure one job."""
    x, start = setup(job, quick)
    double, single = ours(x, start, job, "float64"), ours(x, start, job, "float32")
    began = time.perf_counter()
    model = theirs(x, start, job, STEPS)
    long = time.perf_counter() - began
    mixture, likelihood = steps(double, start, job, STEPS)
    share = double.pairs / x.shape[0] / start.n_components
    _, rough = steps(single, start, job, STEPS)
    scale = float(x.std(axis=0).max())
    times: dict[str, list[float]] = {"first": [], "all": [long], "float64": [], "float32": []}
    turns = max(repeats, OFTEN if long < SHORT else 1)
    for turn in range(turns):
        began = time.perf_counter()
        theirs(x, start, job, 1)
        times["first"].append(time.perf_counter() - began)
        for name, engine in (("float64", double), ("float32", single)):
            for _ in range(5):
                began = time.perf_counter()
                steps(engine, mixture, job, 1)
                times[name].append(time.perf_counter() - began)
        if turn < turns - 1:
            began = time.perf_counter()
            theirs(x, start, job, STEPS)
            times["all"].append(time.perf_counter() - began)
    medians = {name: statistics.median(values) for name, values in times.items()}
    medians["sklearn"] = max(1e-9, (medians["all"] - medians["first"]) / (STEPS - 1))
    n, d = x.shape
    return Row(
        job.name, n, d, start.n_components, job.covariance_type,
        medians["sklearn"], medians["float64"], medians["float32"],
        medians["sklearn"] / medians["float64"], medians["sklearn"] / medians["float32"],
        job.float64, job.float32, share,
        peak(job, "mixtura", quick, data), peak(job, "sklearn", quick, data),
        float(np.abs(mixture.means - model.means_).max()) / scale,
        abs(likelihood / model.lower_bound_ - 1.0), abs(rough / model.lower_bound_ - 1.0),
    )  # fmt: skip


def peak(job: Job, who: str, quick: bool, data: Path | None) -> float | None:
    """MB that a fit uses beyond its points and libraries, measured in a separate process."""
    with TemporaryDirectory() as folder:
        x, start = setup(job, quick)
        np.save(Path(folder, "x.npy"), x)
        start.save(Path(folder, "start.mix"))
        del x
        command = [sys.executable, __file__, who, job.name, folder, str(data or "")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(done.stdout)["mb"] if done.returncode == 0 else None


def _child(who: str, name: str, folder: str, data: str) -> None:
    """In the separate process: import, warm up on a few points, then fit."""
    job = next(job for job in jobs(Path(data) if data else None) if job.name == name)
    x = np.load(Path(folder, "x.npy"))
    start = mx.load(Path(folder, "start.mix"))
    few = x[:: max(1, len(x) // (4 * start.n_components))]

    def work(rows: np.ndarray) -> None:
        if who == "mixtura":
            steps(ours(rows, start, job, "float64"), start, job, 2)
        else:
            theirs(rows, start, job, 2)

    work(few)
    before = highest()
    work(x)
    print(json.dumps({"mb": (highest() - before) / 1024}))


def highest() -> int:
    """Peak memory of this process, in KB."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:  # not Linux; there, this number would begin with the parent's
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def forget_highest() -> None:
    """Reset `highest` to the present memory, if the system supports it."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


if __name__ == "__main__":
    _child(*sys.argv[1:])
