"""How far a job is: what those who watch it are told, and what its record says of a fit in the end."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ..kernels.notice import listening

if TYPE_CHECKING:
    from ..em.loop import Fit, Step
    from ..pictures.polishing import PolishStep
    from ..sources.source import Pass


@dataclass(frozen=True)
class Progress:
    """What a watcher is told.

    Attributes
    ----------
    stage : str
        What is being done, in words.
    step : Step or None
        Of a fit: the iteration that is done.
    max_iter : int
        Of a fit: the limit of iterations.
    tol : float
        Of a fit: the convergence threshold.
    done, of : int
        How many frames are painted, candidates fitted, steps of polishing taken or kernels compiled, of how many; 0 of
        0 where nothing is counted.
    at : Pass or None
        Within a pass over points that are read in blocks: how far it is.
    psnr : float or None
        Of polishing: that of the painting, in dB.
    polish : PolishStep or None
        Of polishing: the step that is done.
    """

    stage: str
    step: Step | None = None
    max_iter: int = 0
    tol: float = 0.0
    done: int = 0
    of: int = 0
    at: Pass | None = None
    psnr: float | None = None
    polish: PolishStep | None = None


LARGE = 10**9  # bytes that a job says that it will need

Watcher = Callable[[Progress], Any]


def unwatched(progress: Progress) -> None:
    """The watcher of a job that nobody watches."""


def told_of_compiling(watch: Watcher) -> AbstractContextManager[None]:
    """Within, a watcher is told when kernels have to be compiled."""
    return listening(lambda sentence: watch(Progress(sentence)))


Work = TypeVar("Work", bound=Callable[..., Any])


def watched(run: Work) -> Work:
    """A job, called as run(job, watch), whose watcher is told when kernels have to be compiled."""

    @functools.wraps(run)
    def told(job: Any, watch: Watcher = unwatched) -> Any:
        with told_of_compiling(watch):
            return run(job, watch)

    return told  # type: ignore[return-value]


def told_memory(watch: Watcher, name: str, size: tuple[int, int] | None, memory: int) -> None:
    """Tell a watcher what a large picture will need, before it is read. memory: in bytes."""
    if size is not None and memory >= LARGE:
        width, height = size
        watch(Progress(f"reading {name}: {width:,} x {height:,} pixels, up to about {memory / 1e9:.1f} GB of memory"))


def steps(watch: Watcher, stage: str, max_iter: int, tol: float) -> Callable[[Step], None]:
    """What a fit is given as ``on_step``, so that a watcher is told of each iteration."""

    def on_step(step: Step) -> None:
        watch(Progress(stage, step, max_iter, tol))

    return on_step


def fit_record(fit: Fit | None) -> dict[str, Any]:
    """How a fit went, for a record; None for each where there was no fit."""
    return {name: getattr(fit, name, None) for name in ("log_likelihood", "n_iter", "stop_reason")}
