"""What a verbose fit prints, line for line as scikit-learn does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from ..em.loop import Fit, Step


class Progress:
    """Prints the beginning and the end of each start, and every `interval`-th iteration; nothing if verbose is 0.

    on_step: also asked at each iteration; its answer is handed on.
    """

    began: float
    last: float
    change: float

    def __init__(self, verbose: int, interval: int, on_step: Callable[[Step], Any] | None = None) -> None:
        self.verbose: int = int(verbose)
        self.interval = interval
        self.on_step = on_step

    def begin(self, number: int) -> None:
        """Start `number` begins."""
        self.change = np.inf
        self.began = self.last = perf_counter()
        if self.verbose:
            self._print(f"Initialization {number}")

    def step(self, step: Step) -> Any:
        """An iteration ended. What it found at its beginning is the change of the one before."""
        if self.verbose and step.iteration % self.interval == 0:
            now = perf_counter()
            more = f"\t time lapse {now - self.last:.5f}s\t ll change {self.change:.5f}" if self.verbose > 1 else ""
            self._print(f"  Iteration {step.iteration}{more}")
            self.last = now
        self.change = step.change
        return self.on_step is not None and self.on_step(step)

    def end(self, found: Fit) -> None:
        """The start has been followed to its end."""
        if not self.verbose or not found.log_likelihoods:
            return
        words = f"Initialization {'converged' if found.converged else 'did not converge'}."
        if self.verbose > 1:
            words += f" time lapse {perf_counter() - self.began:.5f}s\t lower bound {lower_bounds(found)[-1]:.5f}."
        self._print(words)

    def _print(self, line: str) -> None:
        sys.stdout.write(line + "\n")


def lower_bounds(found: Fit) -> list[float]:
    """The value of the objective that each iteration began with, as scikit-learn counts them.

    The last step of a fit is not followed by a look at the objective there; a step that was not taken counts.
    """
    history = found.log_posteriors
    return list(history if found.stop_reason == "stalled" else history[:-1])
