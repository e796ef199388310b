"""How far a job is: a line that moves on the terminal or in a notebook, and is gone when the job is done."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from html import escape
from typing import Any

Show = Callable[[str, int, int | None, str], None]
"""Called with what is being done, how much of it, of how much (None: nobody knows), and more in words."""

PAUSE = 0.1  # seconds between two pictures of a notebook's bar


def hidden(stage: str, done: int = 0, of: int | None = None, state: str = "") -> None:
    """What shows nothing."""


def bar() -> AbstractContextManager[Show]:
    """A bar in the notebook that this runs in, or on the terminal; none where standard error goes elsewhere."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return in_notebook() if hasattr(shell, "kernel") else on_terminal()


@contextmanager
def on_terminal() -> Iterator[Show]:
    """A line on standard error, if that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield hidden
        return
    room = console.width - 74
    with Progress(
        SpinnerColumn("line"),
        TextColumn("{task.description}", markup=False),
        *([BarColumn(bar_width=min(24, room))] if room >= 6 else []),
        TextColumn("{task.fields[state]}", markup=False),
        *([TimeElapsedColumn()] if room >= 30 else []),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task("starting", total=None, state="")

        def show(stage: str, done: int = 0, of: int | None = None, state: str = "") -> None:
            progress.update(task, description=stage, completed=done, total=of, state=state)

        yield show


@contextmanager
def in_notebook() -> Iterator[Show]:
    """A bar below the cell, in HTML, for any front end of Jupyter and without its widgets."""
    from IPython.display import display

    def page(text: str) -> dict[str, str]:
        return {"text/html": text, "text/plain": ""}

    handle: Any = display(page(""), raw=True, display_id=True)  # type: ignore[no-untyped-call]
    began, last = time.monotonic(), -math.inf

    def show(stage: str, done: int = 0, of: int | None = None, state: str = "") -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < PAUSE:
            return
        last = now
        share = "" if of is None else f' value="{done}" max="{max(of, 1)}"'
        drawn = f'<progress{share} style="vertical-align:middle"></progress>'
        words = ", ".join(filter(None, (state, f"{now - began:.0f} s")))
        handle.update(page(f"<div>{escape(stage)} {drawn} {escape(words)}</div>"), raw=True)

    try:
        yield show
    finally:
        handle.update(page(""), raw=True)


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

    def told(self, iteration: int, log_likelihood: float, left: int) -> str:
        """Where a fit is, in words, and how long it will take."""
        said, seconds = f"step {iteration}, log likelihood {log_likelihood:.4f}", self.seconds_left(left)
        if seconds is None:
            return said
        return f"{f'{seconds:.0f} s' if seconds < 120 else f'{seconds / 60:.0f} min'} left, {said}"
