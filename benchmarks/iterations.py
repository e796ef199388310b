"""Iterations saved by momentum: `make bench`, or `python benchmarks/iterations.py`.

Each job is fitted twice from the same start: by plain EM for a number of steps, and with `accelerate=True` until it
reaches the plain run's likelihood. Rejected steps are counted too. Nothing is timed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from jobs import jobs
from measure import ours, setup
from mixtura.em.loop import climb
from mixtura.em.objective import Objective
from mixtura.em.settings import Settings
from mixtura.engines.base import Engine
from mixtura.model.mixture import Mixture
from mixtura.model.statistics import Statistics

JOBS = ("ink", "colour", "overlap", "harbour")
PLAIN = 60


class Counted:
    """An engine that counts its E-steps."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.count = engine, 0

    def expect(self, mixture: Mixture) -> Statistics:
        """Call the engine, and count."""
        self.count += 1
        return self.engine.expect(mixture)


def main() -> None:
    """Print the table and write it beside this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="cut-down jobs; nothing is written")
    quick = parser.parse_args().quick
    lines = [
        "# Iterations",
        "",
        f"E-steps that `accelerate=True` needs, rejected ones included, to reach the log likelihood of {PLAIN} steps "
        "of plain EM from the same start, float32. Written by `make bench`.",
        "",
        "| job | plain | with momentum | log likelihood |",
        "| --- | --- | --- | --- |",
    ]
    for job in jobs(None):
        if job.name in JOBS:
            x, start = setup(job, quick)
            engine = Counted(ours(x, start, job, "float32"))
            plain = climb(engine, start, Objective(job.reg_covar), settings=Settings(tol=0, max_iter=PLAIN))
            engine.count = 0
            target = plain.log_likelihood
            fast = climb(
                engine,
                start,
                Objective(job.reg_covar),
                settings=Settings(
                    tol=0,
                    max_iter=PLAIN,
                    accelerate=True,
                    on_step=lambda step, target=target: step.log_likelihood >= target,
                ),
            )
            reached = engine.count - 1 if fast.log_likelihood >= target else f"> {PLAIN}"
            lines.append(f"| {job.name} | {plain.n_iter} | {reached} | {target:.6f} |")
            print(lines[-1])
    if not quick:
        Path(__file__).with_name("iterations.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
