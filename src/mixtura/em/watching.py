"""``progress=True``: how far a fit, a choice or a bootstrap is, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..bars import Forecast, Show, bar
from ..errors import InputError, named
from ..kernels.notice import listening
from ..sources.source import Pass
from .loop import Fit, Step

Told = Callable[..., Any] | None


@contextmanager
def shown(progress: Any) -> Iterator[Show | None]:
    """A bar, if one is asked for, which also says when kernels are compiled; else None."""
    if not isinstance(progress, bool):
        raise InputError(f"{named('progress')} is {progress!r}: give True for a bar, or False.")
    if not progress:
        yield None
        return
    with bar() as show, listening(lambda sentence: show(sentence, 0, None, "")):
        yield show


class Watched:
    """A fit with a bar: what it calls as a start begins and ends, after each step and after each block.

    on_step, on_pass: what it would have called without a bar.
    """

    show: Show
    max_iter: int
    tol: float
    n_init: int
    on_step: Told
    on_pass: Told
    forecast: Forecast
    stage: str
    said: str

    def __init__(self, show: Show, max_iter: int, tol: float, n_init: int, on_step: Told, on_pass: Told) -> None:
        self.show, self.max_iter, self.tol, self.n_init = show, max_iter, tol, n_init
        self.on_step, self.on_pass = on_step, on_pass
        self.forecast, self.stage, self.said = Forecast(), "fitting", ""
        show(self.stage, 0, None, "")

    def begin(self, number: int) -> None:
        """Start `number` begins, 0 the first."""
        self.forecast, self.said = Forecast(), ""
        self.stage = "fitting" if self.n_init == 1 else f"fitting, start {number + 1} of {self.n_init}"
        self.show(self.stage, 0, None, "")

    def end(self, found: Fit) -> None:
        """A start has been followed to its end."""

    def step(self, step: Step) -> Any:
        """An iteration ended."""
        left = self.forecast.steps_left(step.iteration, step.change, self.max_iter, self.tol)
        self.said = self.forecast.told(step.iteration, step.log_likelihood, left)
        self.show(self.stage, step.iteration, step.iteration + left, self.said)
        return None if self.on_step is None else self.on_step(step)

    def passed(self, at: Pass) -> Any:
        """A block was read."""
        rows = f"{at.done:,} rows" if at.of is None else f"{100 * at.done / at.of:.0f} % of pass {at.number + 1}"
        stage = self.stage if at.number else "reading"
        self.show(stage, at.done, at.of, "; ".join(filter(None, (rows, self.said))))
        return None if self.on_pass is None else self.on_pass(at)


def counted(show: Show | None, stage: str, of: int, told: Told) -> Told:
    """What is called after each of a number of things, which `told` is called with too."""
    if show is None:
        return told
    done = 0
    show(stage, 0, of, "")

    def after(thing: Any) -> Any:
        nonlocal done
        done += 1
        show(stage, done, of, f"{done} of {of}")
        return None if told is None else told(thing)

    return after
