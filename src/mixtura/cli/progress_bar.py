"""How far a job is, on the terminal."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..jobs.standard import legible

if TYPE_CHECKING:
    from ..jobs.progress import Progress, Watcher


@contextmanager
def progress_bar() -> Iterator[Watcher]:
    """A line on standard error, if that is a terminal: the stage, and in a fit the step and the time left."""
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield lambda progress: None
        return
    room = console.width - 74
    with Bar(
        SpinnerColumn("line"),
        TextColumn("{task.description}", markup=False),
        *([BarColumn(bar_width=min(24, room))] if room >= 6 else []),
        TextColumn("{task.fields[state]}", markup=False),
        *([TimeElapsedColumn()] if room >= 30 else []),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("starting", total=None, state="")
        stage = said = ""
        forecast = Forecast()

        def watch(progress: Progress) -> None:
            nonlocal stage, said, forecast
            if progress.stage != stage:
                stage, said, forecast = progress.stage, "", Forecast()
                bar.update(task, description=legible(stage), completed=0, total=None, state="")
            if progress.of:
                state = f"{progress.done} of {progress.of}" if progress.psnr is None else f"{progress.psnr:.2f} dB"
                bar.update(task, completed=progress.done, total=progress.of, state=state)
            if progress.at is not None:  # the bar is then that of the pass
                at = progress.at
                share = f"{at.done:,} rows" if at.of is None else f"{100 * at.done / at.of:.0f}%"
                state = f"pass {at.number + 1}, {share}" + (f"; {said}" if said else "")
                bar.update(task, completed=at.done, total=at.of, state=state)
            if progress.step is None:
                return
            step = progress.step
            left = forecast.steps_left(step.iteration, step.change, progress.max_iter, progress.tol)
            said = f"step {step.iteration}, log likelihood {step.log_likelihood:.4f}"
            seconds = forecast.seconds_left(left)
            if seconds is not None:
                said = f"{_clock(seconds)} left, {said}"
            bar.update(task, completed=step.iteration, total=step.iteration + left, state=said)

        yield watch


def _clock(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


class Forecast:
    """How long a fit will go on: the gains of EM shrink by a nearly constant ratio near the end."""

    began: float
    taken: int

    def __init__(self) -> None:
        self.began = 0.0
        self.taken = -1  # the first step is where the clock starts: what came before it is no step
        self.gains: list[float] = []

    def steps_left(self, iteration: int, gain: float, max_iter: int, tol: float) -> int:
        """Steps until the gain falls below `tol`, judged by the last few, at most those up to `max_iter`."""
        self.began = self.began or time.perf_counter()
        self.taken += 1
        self.gains = [*self.gains[-4:], gain]
        left = max_iter - iteration
        first, last = self.gains[0], self.gains[-1]
        if len(self.gains) > 1 and 0 < last < first and tol > 0:
            ratio = (last / first) ** (1.0 / (len(self.gains) - 1))
            left = min(left, 1 + max(0, math.ceil(math.log(tol / last) / math.log(ratio))))
        return max(0, left)

    def seconds_left(self, steps: int) -> float | None:
        """The time that many more steps take, by the mean of those taken."""
        return (time.perf_counter() - self.began) / self.taken * steps if self.taken > 0 else None
