"""The driver of every fit: from each start in turn a climb, of which the best is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from ..engines.base import Engine
from ..engines.choose import choose_engine, released
from ..errors import FitError
from ..kernels.threads import single_blas
from ..model.mixture import Mixture
from ..sources.source import Source
from .checkpoint import Checkpoint, Random, told_where
from .loop import ROUNDING, Ascent, Fit, OutOfReachError, climb
from .objective import Objective
from .settings import Settings, check_columns

Begin = Callable[[Fit | None], Mixture | Ascent | None]
"""A start: the mixture that a climb begins from, given the best fit so far, or how far it is; None where there is no
need of it."""


class Watch(Protocol):
    """What hears of each start."""

    def begin(self, number: int) -> None:
        """Start `number`, 0, 1, ..., is about to be made."""
        ...

    def end(self, found: Fit) -> None:
        """The climb from it has ended."""
        ...


def fit_source(
    source: Source,
    k: int,
    settings: Settings,
    objective: Objective,
    begin: Callable[[Engine], Mixture],
    *,
    start: Any,
    rng: Any,
    random: Random,
    **watching: Any,
) -> Fit:
    """The best fit from as many starts as the settings say.

    begin: makes a start, by random numbers of `random`. start, rng: what it was asked for, which identifies the job in
    the checkpoint. watching: see `best_of`.
    """
    if objective.free and objective.fixed is None:
        check_columns(source, k, settings.covariance_type)
    gaussians, kind = objective.form(k, settings.covariance_type)
    engine = choose_engine(source, gaussians, kind, settings.engine, settings.n_threads)
    keeper = None
    if settings.checkpoint is not None:
        keeper = Checkpoint(source, k, settings, objective, start=start, rng=rng, random=random)
    starts: list[Begin] = [lambda _: begin(engine)] * settings.n_init
    try:
        with released(engine):
            return best_of(engine, objective, settings, starts, keeper=keeper, **watching)
    except OutOfReachError as error:
        raise error.of(source) from None


@single_blas()
def best_of(
    engine: Engine,
    objective: Objective,
    settings: Settings,
    starts: Sequence[Begin],
    *,
    keeper: Checkpoint | None = None,
    watch: Watch | None = None,
    score: Callable[[Fit], Any] = lambda found: found.log_posteriors[-1],
    before: float = -np.inf,
    forgiving: bool = False,
    best: Fit | None = None,
) -> Fit:
    """The fit with the highest score of those that climb from the starts.

    The first of those that are equal but for rounding: another order of the same components is no better.
    keeper: where each step is kept, and where an earlier run left off. before: see `climb`. forgiving: whether a start
    that cannot be fitted is passed over, as long as another one can. best: what was found before these starts.
    Raises FitError where a start, or with `forgiving` none, can be fitted.
    """
    saved = None if keeper is None else keeper.saved
    best = best if saved is None else saved.best
    failure: FitError | None = None
    for number in range(0 if saved is None else saved.number, len(starts)):
        if watch is not None:
            watch.begin(number)
        try:
            again, over = (None, False) if saved is None else (saved.ascent, saved.over(settings.tol))
            saved = None  # the starts after this one are fresh
            first = starts[number](best) if again is None else again.place.mixture
            if first is None:
                continue
            if isinstance(first, Ascent):
                again, over, first = first, first.reason != "max_iter", first.place.mixture
            if again is not None and over:
                found = again.ended(objective)
            else:
                with told_where(keeper):
                    found = climb(
                        engine,
                        first,
                        objective,
                        settings=settings,
                        before=before,
                        again=again,
                        keep=None if keeper is None else keeper.keeping(number, best, settings.tol),
                    )
        except FitError as error:
            if not forgiving:
                raise
            failure = failure or error
            continue
        if watch is not None:
            watch.end(found)
        if best is None or _higher(score(found), score(best)):
            best = found
        if found.stop_reason == "callback":
            break
    if best is None:
        raise failure or FitError("there is no start to begin from.")
    return best


def _higher(score: Any, other: Any) -> bool:
    """Whether a score is higher by more than rounding; of tuples, the first difference counts."""
    new, old = (np.atleast_1d(each).astype(np.float64) for each in (score, other))
    apart = np.flatnonzero(np.abs(new - old) > ROUNDING * np.abs(old))
    return bool(apart.size and new[apart[0]] > old[apart[0]])
