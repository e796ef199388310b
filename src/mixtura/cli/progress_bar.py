"""How far a job is, on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..bars import Forecast as Forecast
from ..bars import on_terminal
from ..jobs.standard import legible

if TYPE_CHECKING:
    from ..jobs.progress import Progress, Watcher


@contextmanager
def progress_bar() -> Iterator[Watcher]:
    """A line on standard error, if that is a terminal: the stage, and in a fit the step and the time left."""
    with on_terminal() as show:
        stage = said = ""
        forecast = Forecast()

        def watch(progress: Progress) -> None:
            nonlocal stage, said, forecast
            if progress.stage != stage:
                stage, said, forecast = progress.stage, "", Forecast()
                show(legible(stage), 0, None, "")
            if progress.of:
                state = f"{progress.done:,} of {progress.of:,}" if progress.psnr is None else f"{progress.psnr:.2f} dB"
                show(legible(stage), progress.done, progress.of, state)
            if progress.at is not None:  # the bar is then that of the pass
                at = progress.at
                share = f"{at.done:,} rows" if at.of is None else f"{100 * at.done / at.of:.0f}%"
                show(legible(stage), at.done, at.of, f"pass {at.number + 1}, {share}" + (f"; {said}" if said else ""))
            if progress.step is None:
                return
            step = progress.step
            left = forecast.steps_left(step.iteration, step.change, progress.max_iter, progress.tol)
            said = forecast.told(step.iteration, step.log_likelihood, left)
            show(legible(stage), step.iteration, step.iteration + left, said)

        yield watch
