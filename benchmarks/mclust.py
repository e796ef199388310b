"""Beside R's mclust, where R has it: `python benchmarks/mclust.py` (Debian: r-base-core, r-cran-mclust).

Two tables. EM from the same responsibilities: all families and sizes 1 to 9 on iris and faithful, to the end. And the
hierarchical start: mclust's BIC and ours, from one start each, on six data sets. Nothing is timed.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import mixtura as mx
from mixtura.em.hierarchy import Hierarchy
from mixtura.errors import FitError

HERE = Path(__file__).parent
SAME = 1e-8  # of a log likelihood, from the same responsibilities
SLACK = 1e-5  # of a log likelihood, at which mclust's EM ends


def run(*words: str) -> str:
    """What an R script prints, run from the root of the project."""
    return subprocess.run(["Rscript", *words], cwd=HERE.parent, capture_output=True, text=True, check=True).stdout


def climbs(data: dict[str, Any]) -> list[str]:
    """From the same responsibilities: lines of a table."""
    labels: dict[tuple[str, str], Any] = {}
    counts = {"as high": 0, "higher": 0, "lower": 0, "neither fits": 0}
    lines = []
    for row in csv.DictReader(run("tests/reference/mclust.R", "iris", "faithful").splitlines()):
        name, model, size = row["data"], row["model"], row["G"]
        if model == "labels":
            labels[name, size] = np.array([int(digit) for digit in row["after_one"]])
            continue
        x, k = data[name], int(size)
        settings: dict[str, Any] = {"covariance_type": model, "reg_covar": 0, "tol": 1e-13, "max_iter": 50_000}
        theirs = float(row["at_end"].replace("NA", "nan"))
        try:
            ours = mx.fit(x, k, start=np.eye(k)[labels[name, size]], **settings).log_likelihood * len(x)
        except FitError:
            ours = np.nan
        off = (ours - theirs) / abs(theirs)
        kind = "neither fits" if np.isnan(ours) and np.isnan(theirs) else "as high" if abs(off) <= SAME else "higher"
        kind = "lower" if np.isnan(ours) != np.isnan(theirs) or off < -SAME else kind
        counts[kind] += 1
        if kind in ("higher", "lower"):
            lines.append(f"| {name} | {model} | {k} | {theirs:.4f} | {ours:.4f} | {kind} |")
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    head = [f"From the same responsibilities, of {sum(counts.values())} cells: {told}. Those that differ:", ""]
    return [*head, "| data | family | K | mclust | mixtura | |", "| --- | --- | --- | --- | --- | --- |", *lines]


def starts(data: dict[str, Any], rows: list[dict[str, str]]) -> list[str]:
    """From one hierarchical start each: lines of a table."""
    trees = {name: Hierarchy.of(mx.Points.from_array(x)) for name, x in data.items()}
    reached: dict[str, list[bool]] = {name: [] for name in data}
    lines = []
    for row in rows:
        name, model, k, theirs = row["name"], row["model"], int(row["G"]), float(row["bic"].replace("NA", "nan"))
        if np.isnan(theirs):
            continue
        x = data[name]
        try:
            found = mx.fit(
                x,
                k,
                covariance_type=model,
                start=trees[name],
                reg_covar=0,
                tol=1e-7,
                max_iter=5000,  # type: ignore
            )
            ours = mx.bic(found.mixture, x)
        except FitError:
            ours = np.inf
        reached[name].append(ours <= theirs + SLACK * abs(theirs))
        if not reached[name][-1]:
            lines.append(f"| {name} | {model} | {k} | {theirs:.1f} | {ours:.1f} |")
    every = [each for found in reached.values() for each in found]
    told = ", ".join(f"{name} {sum(found)} of {len(found)}" for name, found in reached.items())
    head = [
        f"From one hierarchical start, mclust's BIC or a better one is reached in {sum(every)} of {len(every)} cells "
        f"that it fits ({sum(every) / len(every):.1%}): {told}. The others:",
        "",
    ]
    return [*head, "| data | family | K | mclust | mixtura |", "| --- | --- | --- | --- | --- |", *lines]


def main() -> None:
    """Print both tables and write them beside this file."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run("benchmarks/mclust.R", folder)
        with Path(folder, "bic.csv").open() as file:
            rows = list(csv.DictReader(file))
        data = {name: np.loadtxt(Path(folder, f"{name}.csv"), delimiter=",") for name in {row["name"] for row in rows}}
        data = {name: data[name] for name in dict.fromkeys(row["name"] for row in rows)}
        lines = ["# Beside mclust", "", *climbs(data), "", *starts(data, rows), ""]
    print("\n".join(lines))
    (HERE / "mclust.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
