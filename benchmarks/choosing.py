"""Choosing beside R's mclust, where R has it: `python benchmarks/choosing.py` (Debian: r-base-core, r-cran-mclust).

Fourteen families with 1 to 9 components each, from one hierarchical tree, on seven data sets: first which mixture is
chosen, then how long it takes. Processor seconds are compared, in one process each and on one thread, the fastest of
some warm runs. Then the choice by stability of many points, which has no counterpart.
"""

from __future__ import annotations

import argparse
import csv
import math
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import mixtura as mx
from mixtura.model.families import family

HERE = Path(__file__).parent
SLACK = 1e-5  # of a bic: at what part of it mclust's EM ends
LARGE = "10,000 × 5"
Cell = tuple[str, int]


def script(name: str, *words: str) -> str:
    """What an R script prints."""
    command = ["Rscript", str(HERE / name), *words]
    return subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=True).stdout


def clusters(n: int, d: int, k: int, seed: int) -> Any:
    """Points of a mixture of k components of any form."""
    rng = np.random.default_rng(seed)
    wide = 0.5 * rng.normal(size=(k, d, d))
    mixture = mx.Mixture(
        rng.dirichlet(np.full(k, 5.0)), 2.5 * rng.normal(size=(k, d)), wide @ wide.transpose(0, 2, 1) + 0.3 * np.eye(d)
    )
    return mixture.sample(n, rng=seed)


def theirs(file: Path) -> dict[Cell, float]:
    """The bic of mclust's fits."""
    head, *rows = list(csv.reader(file.open()))
    found = {
        (family(name).name, int(row[0])): float(value)  # type: ignore[arg-type]
        for row in rows
        for name, value in zip(head[1:], row[1:], strict=True)
        if value != "NA"
    }
    return {cell: bic for cell, bic in found.items() if math.isfinite(bic)}


def ours(x: Any, runs: int) -> tuple[mx.Choice, float]:
    """Our choice, and the processor seconds of the fastest run."""
    fastest = math.inf
    for _ in range(runs):
        began = time.process_time()
        found = mx.choose(x, range(1, 10), covariance_type="all", start="hierarchical", n_threads=1, rng=0)
        fastest = min(fastest, time.process_time() - began)
    return found, fastest


def beside_mclust() -> list[str]:
    """The lines of a table: what is chosen, and how long that takes."""
    lines = [
        "| data | mclust's best | its BIC | ours | its BIC | no worse | mclust, s | ours, s | ratio |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        script("mclust.R", folder)
        np.savetxt(Path(folder, f"{LARGE}.csv"), clusters(10_000, 5, 5, 0), delimiter=",")
        names = ["iris", "faithful", "diabetes", "thyroid", "cross", "wreath", LARGE]
        for name in names:
            seconds = float(script("choosing.R", folder, name).split()[-1])
            x = np.loadtxt(Path(folder, f"{name}.csv"), delimiter=",")
            known, (found, fastest) = theirs(Path(folder, f"{name}-bic.csv")), ours(x, 3)
            best = min(known, key=known.__getitem__)
            told = {(each.covariance_type, each.n_components): each.bic for each in found.candidates if each.eligible}
            both = [cell for cell in known if cell in told]
            good = sum(told[cell] <= known[cell] + SLACK * abs(known[cell]) for cell in both)  # type: ignore[operator]
            lines.append(
                f"| {name} | {best[0]}, {best[1]} | {known[best]:.2f} | {found.best.covariance_type}, "
                f"{found.best.n_components} | {found.best.bic:.2f} | {good} of {len(both)} | {seconds:.2f} | "
                f"{fastest:.2f} | {seconds / fastest:.1f} |"
            )
            print(lines[-1], flush=True)
    return lines


def by_stability() -> list[str]:
    """The lines of a table: the curve of 800,000 points in 10 coordinates, and how long it takes."""
    x = clusters(800_000, 10, 8, 0)
    lines = ["| K | agreement | spread |", "| --- | --- | --- |"]
    began, wall = time.process_time(), time.perf_counter()
    found = mx.choose(x, range(2, 21), covariance_type="full", criterion="stability", rng=0)
    seconds, wall = time.process_time() - began, time.perf_counter() - wall
    lines += [f"| {each.n_components} | {each.stability:.4f} | {each.spread:.4f} |" for each in found.candidates]
    return [
        f"Chosen are {found.best.n_components} components of the 8 that there are, in {seconds:.0f} processor seconds "
        f"({wall:.0f} s, with whatever else the machine did).",
        "",
        *lines,
    ]


def main() -> None:
    """Print all and write it beside this file."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    lines = [
        "# Choosing, beside mclust",
        "",
        'All 14 families with 1 to 9 components: `mx.choose(x, range(1, 10), covariance_type="all",',
        'start="hierarchical")` and `mclustBIC(x, G = 1:9)`. BIC in the sign in which lower is better; "no worse"',
        "counts the cells, of those that both fit, in which ours is not above mclust's by more than 1e-5 of it.",
        "Seconds are of the processor, on one thread, of the fastest warm run.",
        "",
        *beside_mclust(),
        "",
        "## By stability",
        "",
        '800,000 points in 10 coordinates, K = 2 to 20, full covariances, ten repeats: `criterion="stability"`.',
        "",
        *by_stability(),
        "",
    ]
    print("\n".join(lines))
    (HERE / "choosing.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
