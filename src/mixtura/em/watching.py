"""``progress=True``: how far a fit, a choice or a bootstrap is, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..bars import Forecast, Show, bar
from ..errors import InputError, named
from ..kernels.notice import listening
from ..sources.source import Pass
from .loop import Step

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


def of_fit(
    show: Show | None, max_iter: int, tol: float, n_init: int, on_step: Told, on_pass: Told
) -> tuple[Told, Told]:
    """What a fit is to call after each step and each block, which it would have called without a bar, too."""
    if show is None:
        return on_step, on_pass
    forecast, start, said = Forecast(), 0, ""

    def stepped(step: Step) -> Any:
        nonlocal forecast, start, said
        if step.iteration == 1:
            forecast, start = Forecast(), start + 1
        left = forecast.steps_left(step.iteration, step.change, max_iter, tol)
        said = forecast.told(step.iteration, step.log_likelihood, left)
        show(_stage(start, n_init), step.iteration, step.iteration + left, said)
        return None if on_step is None else on_step(step)

    def passed(at: Pass) -> Any:
        rows = f"{at.done:,} rows" if at.of is None else f"{100 * at.done / at.of:.0f} % of pass {at.number + 1}"
        show(_stage(start, n_init) if at.number else "reading", at.done, at.of, "; ".join(filter(None, (rows, said))))
        return None if on_pass is None else on_pass(at)

    show("fitting", 0, None, "")
    return stepped, passed


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


def _stage(start: int, n_init: int) -> str:
    return "fitting" if n_init == 1 else f"fitting, start {max(start, 1)} of {n_init}"
