"""Never slower than scikit-learn: some 60 jobs, in a first call, in a new process, and warmed; `make bench`.

Both get the same points and arguments, start by k-means included; only the import differs. *first*: a new process with
an empty cache and an empty home, from its beginning to the answer. *new process*: the same where `mixtura warm` has
run. Both stand beside scikit-learn's new process. *warmed*: again in the same process, in turn with scikit-learn where
that takes less than a second. Answers are compared first.

`--avx2` and `--threads 1` measure some of the jobs without AVX-512, and on one core; each writes its part of never.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from never_jobs import COMMANDS, JOBS, SOME, Job
from run import blas, cpu, seconds

PAGE = Path(__file__).with_name("never.md")
ROOT = Path(__file__).resolve().parent.parent
LONG = 1.0  # seconds of scikit-learn, from which a job is run once in a process
SINGLE, DOUBLE = 1e-4, 1e-6  # how near log likelihoods must be, relative, where the starts are the same
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

CHILD = """
import json, sys, time, warnings
job = json.loads(sys.argv[1])
import numpy as np
warnings.simplefilter("ignore")
x, makers, models = np.load(job["points"]), {}, {}
few = x[:: max(1, len(x) // 2000)]
def answer(who):
    if job["ask"] is None:
        return makers[who](x)
    return getattr(models[who], job["ask"])(x)
for who, (module, name, settings) in job["who"].items():
    made = getattr(__import__(module, fromlist=[name]), name)
    makers[who] = lambda x, made=made, settings=settings, name=name: (
        made(x, **settings).mixture if name == "fit" else made(**settings).fit(x))
    if job["ask"] is not None:
        models[who] = makers[who](few)
    began = time.perf_counter()
    found = answer(who)
    took = time.perf_counter() - began
    print(json.dumps([who, took]), flush=True)
"""
AGAIN = """
times = {who: [] for who in makers}
began = time.perf_counter()
while len(times[who]) < job["least"] or (time.perf_counter() - began < job["budget"] and len(times[who]) < 25):
    for one in makers:
        start = time.perf_counter()
        found = answer(one)
        times[one].append(time.perf_counter() - start)
"""
TOLD = """
told = {}
for one in makers:
    found = answer(one) if len(makers) > 1 else found
    if job["ask"] is None:
        told[one] = [getattr(found, "n_iter_", None), float(np.mean(
            found.score_samples(few) if hasattr(found, "score_samples") else found.log_density(few)))]
    else:
        told[one] = [None, np.asarray(found).ravel()[:5000].tolist()]
print(json.dumps([times, told]))
"""


@dataclass
class Row:
    """What was measured of a job, in seconds; None where it was not."""

    job: Job
    theirs: float  # scikit-learn's new process
    first: float | None
    new: float
    theirs_again: float
    again: float
    answer: str
    equal: bool

    @property
    def ratios(self) -> list[float]:
        """First, new process and warmed: how many times faster than scikit-learn."""
        pairs = [(self.theirs, self.first), (self.theirs, self.new), (self.theirs_again, self.again)]
        return [float("nan") if ours is None else theirs / ours for theirs, ours in pairs]

    @property
    def worst(self) -> float:
        """The smallest of them."""
        return float(np.nanmin(self.ratios))


class Machine:
    """Processes on this machine, or on a part of it. folder: for points, and for what is compiled."""

    def __init__(self, folder: Path, threads: int | None, avx2: bool) -> None:
        self.folder = folder
        self.cores = sorted(os.sched_getaffinity(0))[:threads]
        wanted = {"PYTHONPYCACHEPREFIX": str(folder / "bytecode"), "NUMBA_CACHE_DIR": str(folder / "warm")}
        if threads is not None:
            wanted |= dict.fromkeys(THREADS, str(threads))
        self.env = {**os.environ, **wanted, **(without_avx512() if avx2 else {})}
        self.env.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(self, words: list[str], *, anew: bool = False) -> tuple[float, str]:
        """Seconds until the first line, or until the end where there is none; and all that was said."""
        env = dict(self.env)
        if anew:
            home = Path(tempfile.mkdtemp(dir=self.folder))
            env |= {"NUMBA_CACHE_DIR": str(home / "cache"), "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
        os.sched_setaffinity(0, self.cores)  # the process inherits it
        began = time.perf_counter()
        with subprocess.Popen(
            words, env=env, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            line = process.stdout.readline()
            took = time.perf_counter() - began
            rest, complaint = process.stdout.read(), process.stderr.read()
        if process.returncode:
            raise RuntimeError(f"{' '.join(words)[-400:]} failed:\n{complaint}")
        return took, line + rest

    def asked(self, job: Job, points: Path, who: str, code: str = CHILD, *, anew: bool = False, **more: Any) -> Any:
        """Seconds of the whole process up to the answer, those of the answer alone, and what AGAIN and TOLD say."""
        names = ("sklearn", "mixtura") if who == "both" else (who,)
        given = {"points": str(points), "ask": job.ask, "who": {name: job.call(name) for name in names}, **more}
        whole, said = self.run([sys.executable, "-c", code, json.dumps(given)], anew=anew)
        lines = [json.loads(line) for line in said.splitlines()]
        return whole, lines[0][1], lines[-1]


def without_avx512() -> dict[str, str]:
    """What restricts Numba, NumPy and OpenBLAS to AVX2."""
    from numba.core.codegen import get_host_cpu_features
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    wide = [name for name in __cpu_dispatch__ if ("AVX512" in name or name == "X86_V4") and __cpu_features__[name]]
    features = [f"-{each[1:]}" if "512" in each else each for each in get_host_cpu_features().split(",")]
    return {
        "NUMBA_CPU_FEATURES": ",".join(features),
        "NPY_DISABLE_CPU_FEATURES": " ".join(wide),
        "OPENBLAS_CORETYPE": "Haswell",
    }


def measure(job: Job, machine: Machine) -> Row:
    """Measure one job; the points lie in a file, which both read."""
    points, fewer = machine.folder / "points.npy", machine.folder / "fewer.npy"
    x = job.points()
    np.save(points, x)
    np.save(fewer, x[np.arange(job.rows) * len(x) // job.rows])
    times = len(x) / job.rows
    alone = CHILD + "times = {who: [took]}\n" + TOLD
    theirs, theirs_again, (_, their_answer) = machine.asked(job, fewer, "sklearn", alone)
    theirs, theirs_again = theirs + (times - 1) * theirs_again, times * theirs_again
    repeats = 1 if theirs_again > LONG else 2
    if repeats > 1:
        theirs = min(theirs, *(machine.asked(job, points, "sklearn")[0] for _ in range(repeats - 1)))
    first = machine.asked(job, points, "mixtura", anew=True)[0] if job.cold else None
    new = min(machine.asked(job, points, "mixtura")[0] for _ in range(repeats))
    if repeats > 1:
        *_, (again, told) = machine.asked(job, points, "both", CHILD + AGAIN + TOLD, least=3, budget=1.5)
        theirs_again = statistics.median(again["sklearn"])
    else:
        *_, (again, told) = machine.asked(job, points, "mixtura", CHILD + AGAIN + TOLD, least=2, budget=0.5)
        if job.part < 1:  # a likelihood of fewer points is higher
            *_, (_, told) = machine.asked(job, fewer, "mixtura", alone)
        told |= their_answer
    answer, equal = compared(job, told)
    return Row(job, theirs, first, new, theirs_again, statistics.median(again["mixtura"]), answer, equal)


def compared(job: Job, told: dict[str, Any]) -> tuple[str, bool]:
    """In words, and whether it is as it should be."""
    (our_steps, ours), (their_steps, theirs) = told["mixtura"], told["sklearn"]
    if job.ask == "predict":
        share = float(np.mean(np.equal(ours, theirs)))
        return f"{share:.2%} same labels", share > 0.999
    near = SINGLE if job.dtype == "float32" else DOUBLE
    apart = float(np.max(np.abs(np.subtract(ours, theirs)) / np.maximum(1.0, np.abs(theirs))))
    if job.ask is not None:
        return f"same to {apart:.0e}", apart < near
    if job.same_start:
        steps = "" if our_steps == their_steps or our_steps is None else f", {our_steps} steps, {their_steps}"
        return f"same to {apart:.0e}{steps}", apart < near or bool(steps and apart < 1e-3)
    return f"own start, {ours - theirs:+.3f} nats", ours - theirs > -0.05


HEADER = (
    "job", "worst", "first", "new process", "warmed",
    "scikit-learn's process", "first", "new process", "scikit-learn again", "warmed", "answer",
)  # fmt: skip


def cells(row: Row) -> list[str]:
    """A row of the table."""
    ratios = ["-" if np.isnan(ratio) else f"{ratio:.2f}x" if ratio < 10 else f"{ratio:,.0f}x" for ratio in row.ratios]
    worst = f"**{row.worst:.2f}x**" if row.worst < 1 else f"{row.worst:.2f}x"
    times = (row.theirs, row.first, row.new, row.theirs_again, row.again)
    shown = ["-" if value is None else seconds(value) for value in times]
    return [row.job.name, worst, *ratios, *shown, row.answer]


def commands(machine: Machine) -> list[str]:
    """The table of what has no peer, against what it may take."""
    np.save(machine.folder / "iris.npy", Job(150, 4, 3, data="iris").points())
    lines = ["| whole process | first | at most | new process | at most |", "| --- | --- | --- | --- | --- |"]
    for name, (words, cold, warm) in COMMANDS.items():
        given = [word.replace("SAMPLES", str(ROOT / "samples")) for word in words]
        took = [machine.run([sys.executable, *given], anew=True)[0]]
        took.append(min(machine.run([sys.executable, *given])[0] for _ in range(3)))
        lines.append(f"| {name} | {seconds(took[0])} | {seconds(cold)} | {seconds(took[1])} | {seconds(warm)} |")
    return lines


def main() -> int:
    """Measure, print, and write the page; exit code 1 if an answer differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few small jobs; nothing is written")
    parser.add_argument("--only", nargs="+", help="what the names of jobs hold, one of these; nothing is written")
    parser.add_argument("--threads", type=int, help="so many cores, for both; some of the jobs")
    parser.add_argument("--avx2", action="store_true", help="without AVX-512, for both; some of the jobs")
    given = parser.parse_args()
    chosen = [job for job in JOBS if not (given.avx2 or given.threads) or job.name in SOME]
    if given.quick:
        chosen = [job for job in JOBS if job.n * job.d * job.k <= 10_000]
    if given.only:
        chosen = [job for job in JOBS if any(word in job.name for word in given.only)]
    if not chosen:
        parser.error(f"no job is called so: choose words from {'; '.join(job.name for job in JOBS)}")
    console, rows = Console(), []
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder), given.threads, given.avx2)
        with console.status("mixtura warm"):
            machine.run([sys.executable, "-m", "mixtura", "warm", "-q"])
        for done, job in enumerate(chosen, 1):
            with console.status(f"{done} of {len(chosen)}: {job.name}"):
                row = measure(job, machine)
            rows.append(row)
            told = cells(row)
            console.print(f"{done}/{len(chosen)} {told[0]}: {', '.join(told[2:5])} ({told[-1]})", highlight=False)
        others = [] if given.quick or given.only else commands(machine)
    rows.sort(key=lambda row: row.worst)
    lines = ["| " + " | ".join(HEADER) + " |", "|" + " --- |" * len(HEADER)]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in rows]
    title = f"{'AVX2' if given.avx2 else 'All vectors'}, {len(machine.cores)} thread{'s'[: len(machine.cores) - 1]}"
    middle = statistics.median(row.ratios[-1] for row in rows)
    below = sum(row.worst < 1 for row in rows)
    lines = [f"{len(rows)} jobs; warmed, {middle:.1f} times at the median; {below} with a ratio below 1.", "", *lines]
    console.print("\n".join(lines[:1]))
    if given.quick or given.only:
        console.print("\n".join(lines), soft_wrap=True, highlight=False)
    else:
        write(title, [*lines, "", *others])
    return 0 if all(row.equal for row in rows) else 1


def write(title: str, lines: list[str]) -> None:
    """Put a part into never.md; the other parts stay."""
    head = [
        "# Never slower than scikit-learn",
        "",
        "Ratios of scikit-learn's time to that of the drop-in estimator with the same arguments, and the times. "
        "*first*: a new process with an empty cache, from its beginning to the answer. *new process*: the same where "
        "`mixtura warm` has run. *warmed*: once more in a process. A process of either imports scikit-learn. Where "
        "scikit-learn takes long it is timed once. A process takes more than a second, and differs by a tenth of one "
        "from run to run: first calls of jobs that take some milliseconds are as fast as scikit-learn's from 0.9 on. "
        "Sorted by the worst ratio; those below 1 are bold. Answers are "
        "compared first: log likelihoods a point, from the same start where KMeans gives it to both. Written by "
        "`make bench`.",
        "",
    ]
    parts = {}
    if PAGE.exists():
        for part in PAGE.read_text().split("\n## ")[1:]:
            name, _, body = part.partition("\n")
            parts[name] = body.strip("\n")
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "numba", "scikit-learn"))
    kernels = "openblas for Haswell" if title.startswith("AVX2") else blas()
    about = f"{cpu()}; Python {platform.python_version()}, {packages}, {kernels}."
    parts[title] = "\n".join([about, "", *lines]).strip("\n")
    order = sorted(parts, key=lambda name: -len(parts[name]))
    PAGE.write_text("\n".join(head) + "\n" + "\n\n".join(f"## {name}\n\n{parts[name]}" for name in order) + "\n")


if __name__ == "__main__":
    sys.exit(main())
