"""scikit-learn's own tests of its mixtures, run from the installed package with our classes in their place.

`make conformance` prints, suite by suite, what passed, what failed, and what was left out and why. What may be left
out: tests of scikit-learn's private helpers, tests that patch its private modules, and tests of the array API. No
test is left out because it fails.
"""

from __future__ import annotations

import argparse
import collections
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

HELPER = "calls private helpers of scikit-learn, not the estimator"
INSIDE = "calls private methods of scikit-learn's class"
PATCHES = "patches a private module of scikit-learn"
ARRAY_API = "needs an array API library"
REASONS = (HELPER, INSIDE, PATCHES, ARRAY_API)

CLASSES = ("GaussianMixture", "BayesianGaussianMixture")

# The tests that are left out of each suite.
SUITES: dict[str, dict[str, str]] = {
    "test_gaussian_mixture": {
        "test_suffstat_sk_full": HELPER,
        "test_suffstat_sk_tied": HELPER,
        "test_suffstat_sk_diag": HELPER,
        "test_gaussian_suffstat_sk_spherical": HELPER,
        "test_compute_log_det_cholesky": HELPER,
        "test_gaussian_mixture_log_probabilities": HELPER,
        "test_gaussian_mixture_precisions_init": INSIDE,
        "test_gaussian_mixture_all_init_does_not_estimate_gaussian_parameters": PATCHES,
        "test_gaussian_mixture_array_api_compliance": ARRAY_API,
        "test_gaussian_mixture_raises_where_array_api_not_implemented": ARRAY_API,
    },
    "test_mixture": {},
    "test_bayesian_mixture": {
        "test_log_dirichlet_norm": HELPER,
        "test_log_wishart_norm": HELPER,
        "test_compare_covar_type": INSIDE,
    },
}


class Outcome(NamedTuple):
    """What became of the tests of a suite, by their names; `left_out` with the reasons."""

    passed: list[str]
    failed: dict[str, str]
    skipped: dict[str, str]
    left_out: dict[str, str]


class Watcher:
    """A pytest plugin that leaves tests out and writes down what became of the others."""

    def __init__(self, leave_out: dict[str, str]) -> None:
        self.leave_out = leave_out
        self.outcome = Outcome([], {}, {}, {})

    def pytest_collection_modifyitems(self, config, items) -> None:
        """Leave out the tests that are named, with all their parameters."""
        kept = []
        for item in items:
            self._check_place(item.module)
            reason = self.leave_out.get(getattr(item, "originalname", item.name))
            if reason is None:
                kept.append(item)
            else:
                self.outcome.left_out[item.name] = reason
        items[:] = kept

    def _check_place(self, module) -> None:
        """A suite that has not got our classes would pass, and say nothing."""
        import mixtura

        for name in set(CLASSES) & set(vars(module)):
            assert getattr(module, name) is getattr(mixtura, name), f"{module.__name__} still has the other {name}"

    def pytest_collectreport(self, report) -> None:
        """A suite that cannot be read has failed."""
        if report.failed:
            self.outcome.failed[report.nodeid] = str(report.longrepr)

    def pytest_runtest_logreport(self, report) -> None:
        """Note one test."""
        name = report.nodeid.partition("::")[2]
        if report.failed:
            self.outcome.failed[name] = str(report.longrepr)
        elif report.skipped:
            self.outcome.skipped[name] = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else "")
        elif report.when == "call":
            self.outcome.passed.append(name)


def run_here(suite: str) -> Outcome:
    """Run a suite in this process, which it changes: our classes stand where scikit-learn's were."""
    import pytest
    import sklearn.mixture

    import mixtura

    for name in CLASSES:
        setattr(sklearn.mixture, name, getattr(mixtura, name))
    watcher = Watcher(SUITES[suite])
    found = importlib.util.find_spec(f"sklearn.mixture.tests.{suite}")
    assert found is not None
    assert found.origin is not None
    quiet = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", tempfile.gettempdir()]
    pytest.main([*quiet, found.origin], plugins=[watcher])
    return watcher.outcome


def run(suite: str, float32: bool = False) -> Outcome:
    """Run a suite in a process of its own. float32: run its tests of that precision too."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "outcome.json")
        asked = {"SKLEARN_RUN_FLOAT32_TESTS": "1" if float32 else "0"}
        command = [sys.executable, __file__, "--one", suite, "--answer", str(answer)]
        done = subprocess.run(command, env=os.environ | asked, capture_output=True, text=True, check=False)
        if not answer.exists():
            raise RuntimeError(f"{suite} could not be run:\n{done.stdout}\n{done.stderr}")
        return Outcome(**json.loads(answer.read_text()))


def report(suite: str, outcome: Outcome) -> str:
    """A readable account of a suite, the parameters of each test counted together."""
    counts = f"{len(outcome.passed)} passed, {len(outcome.failed)} failed, {len(outcome.left_out)} left out"
    lines = [f"sklearn.mixture.tests.{suite}: {counts}, {len(outcome.skipped)} skipped by themselves"]
    rows = [("passed", name, "") for name in outcome.passed]
    rows += [("left out", name, f": {reason}") for name, reason in outcome.left_out.items()]
    rows += [("skipped", name, f": {reason}") for name, reason in outcome.skipped.items()]
    grouped = collections.Counter((what, name.partition("[")[0], why) for what, name, why in rows)
    for (what, name, why), count in grouped.items():
        lines.append(f"  {what:<9} {name}{f' ({count} times)' if count > 1 else ''}{why}")
    lines += [f"  FAILED    {name}\n{why}" for name, why in outcome.failed.items()]
    return "\n".join(lines)


def main() -> int:
    """The command: all suites, or one in this process for `run`."""
    parser = argparse.ArgumentParser(description="Run scikit-learn's own tests with our estimators.")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--answer", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        asked.answer.write_text(json.dumps(run_here(asked.one)._asdict()))
        return 0
    outcomes = {suite: run(suite, float32=True) for suite in SUITES}
    sys.stdout.write("\n\n".join(report(suite, outcome) for suite, outcome in outcomes.items()) + "\n")
    return int(any(outcome.failed for outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())
