"""Measure Mixtura against scikit-learn: `make bench`, or `python benchmarks/run.py --help`.

From the same start, results are compared before times: in float64 the means after three iterations must agree to
1e-6 of the points' spread and the log likelihood to 1e-9, in float32 the log likelihood to 1e-5. Then an EM
iteration of each is timed in turn, in one process, and the peak memory of a fit in separate processes.
"""

from __future__ import annotations

import argparse
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table
from threadpoolctl import ThreadpoolController

from jobs import jobs
from measure import Row, measure
from mixtura.kernels.threads import available

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Run the selected jobs; exit code 1 if a result differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="cut-down jobs, about a minute; nothing is written")
    parser.add_argument("--data", type=Path, help="a folder with pictures/ and fashion-mnist/, for more jobs")
    parser.add_argument("--only", help="names of jobs, with commas")
    parser.add_argument("--repeats", type=int, default=1, help="how often scikit-learn is timed")
    arguments = parser.parse_args()
    chosen = jobs(arguments.data)
    if arguments.only:
        names = [name.strip() for name in arguments.only.split(",")]
        unknown = set(names) - {job.name for job in chosen}
        if unknown:
            parser.error(f"unknown jobs {sorted(unknown)}: choose from {[job.name for job in chosen]}")
        chosen = [job for job in chosen if job.name in names]
    console = Console()
    rows = []
    for job in chosen:
        with console.status(f"{job.name}: {job.what}"):
            row = measure(job, quick=arguments.quick, repeats=arguments.repeats, data=arguments.data)
        rows.append(row)
        verdict = "same answer" if row.equal else "DIFFERENT ANSWER"
        console.print(
            f"{row.job}: {row.ratio64:,.0f} times faster in float64, {row.ratio32:,.0f} in float32 ({verdict})"
        )
    console.print(table(rows))
    if not arguments.quick:
        write(rows, HERE / "results.md", partial=bool(arguments.only))
    return 0 if all(row.equal for row in rows) else 1


HEADER = (
    "job", "points", "K", "type", "scikit-learn", "float64", "float32", "ratio 64", "ratio 32", "goal",
    "pairs", "MB", "MB sklearn", "MB ratio", "means", "log lik. 64", "log lik. 32",
)  # fmt: skip


def cells(row: Row) -> tuple[str, ...]:
    """A row as text, in the order of HEADER."""
    return (
        row.job, f"{row.n:,} x {row.d}", f"{row.k}", row.kind,
        seconds(row.sklearn), seconds(row.float64), seconds(row.float32),
        f"{row.ratio64:,.0f}x", f"{row.ratio32:,.0f}x", f"{row.wanted64:,.0f}x, {row.wanted32:,.0f}x",
        f"{row.visited:.1%}", memory(row.memory), memory(row.memory_sklearn), less(row),
        f"{row.means:.0e}", f"{row.likelihood:.0e}", f"{row.single:.0e}",
    )  # fmt: skip


def seconds(value: float) -> str:
    """Seconds or milliseconds, three digits."""
    return f"{value:.3g} s" if value >= 1 else f"{1000 * value:.3g} ms"


def memory(value: float | None) -> str:
    """Megabytes, or a dash where the process failed."""
    return "-" if value is None else f"{value:,.0f}"


def less(row: Row) -> str:
    """The ratio of memory, or a dash where it was not measured."""
    return f"{row.memory_sklearn / row.memory:,.0f}x" if row.memory and row.memory_sklearn else "-"


def table(rows: list[Row]) -> Table:
    """For the terminal."""
    narrow = [
        HEADER.index(name) for name in ("job", "scikit-learn", "float64", "float32", "ratio 64", "ratio 32", "goal")
    ]
    shown = Table(*(HEADER[i] for i in narrow), title="one EM iteration, the same start")
    for row in rows:
        shown.add_row(*(cells(row)[i] for i in narrow), style=None if row.equal else "red")
    return shown


def write(rows: list[Row], path: Path, *, partial: bool) -> None:
    """Write results.md: the machine, and a line per job. With `partial`, lines of other jobs are kept."""
    lines = {}
    if partial and path.exists():
        for line in path.read_text().splitlines():
            name = line.removeprefix("| ").split(" |")[0]
            if line.startswith("| ") and name not in (HEADER[0], "---"):
                lines[name] = line
    lines |= {row.job: "| " + " | ".join(cells(row)) + " |" for row in rows}
    text = [
        "# Benchmarks",
        "",
        f"One EM iteration from the same start, {available()} threads, {cpu()}; Python {platform.python_version()}, "
        f"NumPy {version('numpy')}, Numba {version('numba')}, scikit-learn {version('scikit-learn')}, {blas()}. "
        "Written by `make bench`; the answers are compared first. *pairs*: the share of (point, component) pairs "
        "visited. *MB*: peak memory of a fit beyond its points, in a process of its own. The last three columns: "
        "differences of the means (in units of the points' spread) and, relative, of the log likelihoods.",
        "",
        "| " + " | ".join(HEADER) + " |",
        "|" + " --- |" * len(HEADER),
        *lines.values(),
        "",
    ]
    path.write_text("\n".join(text))


def cpu() -> str:
    """The name of the processor, and its family and model, since virtual machines leave out what follows the brand."""
    try:
        lines = [line.partition(":") for line in Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()]
        said = {name.strip(): value.strip() for name, _, value in lines}
        return f"{said['model name']} (family {said['cpu family']}, model {said['model']})"
    except (OSError, KeyError):
        return platform.processor() or platform.machine()


def blas() -> str:
    """The BLAS of NumPy, and for which processor its kernels are."""
    found = ThreadpoolController().select(user_api="blas").info()[0]
    return f"{found['internal_api']} for {found.get('architecture')}"


if __name__ == "__main__":
    sys.exit(main())
