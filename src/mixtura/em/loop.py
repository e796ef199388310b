"""The loop: expect, maximise, again. A step is taken only if it raises the objective: likelihood, or posterior.

Where an objective `falls`, EM's step is taken whatever its value; the end is where the value hardly changes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..arrays import Array
from ..checks import is_true
from ..engines.base import Engine
from ..errors import FitError
from ..model.evaluate import farthest
from ..model.mixture import Mixture
from ..model.statistics import Statistics
from ..sources.source import Source
from .accelerate import Momentum
from .background import notes_of, predict
from .objective import Objective, State
from .settings import Settings, StopReason

ROUNDING = 1e-12  # of the objective: a smaller fall is no fault of the step


class OutOfReachError(FitError):
    """A point lies too far from every component of a mixture."""

    mixture: Mixture
    log_likelihood: float

    def __init__(self, mixture: Mixture, log_likelihood: float, who: str = "a point lies") -> None:
        self.mixture, self.log_likelihood = mixture, log_likelihood
        super().__init__(
            f"the log likelihood is {log_likelihood}: {who} too far from every component to be counted. Rescale the "
            f"coordinates, or give a start that covers them."
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return FitError, (self.sentence,)

    def of(self, source: Source) -> FitError:
        """The same, once it is found which of the points it is."""
        first = 0
        for block in source.blocks():
            found = farthest(self.mixture, block.x, source.names, block.noise)
            if found is not None:
                who = f"row {first + found[0]} of x, whose {found[1]}, lies"
                return FitError(OutOfReachError(self.mixture, self.log_likelihood, who).sentence)
            first += block.n
        return FitError(self.sentence)


@dataclass(frozen=True, eq=False)
class Step:
    """What a callback sees after each iteration.

    Attributes
    ----------
    iteration : int
        1, 2, ...
    log_likelihood : float
        The mean log likelihood of `mixture` per point, in nats.
    change : float
        Its gain since the step before; with a prior, that of the log posterior.
    mixture : Mixture
        What the step led to.

    Examples
    --------
    >>> import mixtura as mx
    >>> x = [[0.0], [0.1], [1.0], [1.1]]
    >>> found = mx.fit(x, 2, tol=0, rng=0, on_step=lambda step: step.iteration == 1)  # stop after the first
    >>> found.n_iter, found.stop_reason
    (1, 'callback')
    """

    iteration: int
    log_likelihood: float
    change: float
    mixture: Mixture


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """What a fit found.

    Attributes
    ----------
    mixture : Mixture
        The last and most likely one.
    log_likelihoods : tuple of float, length n_iter + 1
        The mean log likelihood per unit of weight, in nats: of the start, and after each step. They never fall (except
        with a prior), and the last is that of `mixture`.
    stop_reason : {"converged", "max_iter", "stalled", "callback"}
        "converged": a step gained less than tol. "stalled": no step gained anything, at the limit of the precision or
        of reg_covar.
    log_posteriors : tuple of float, length n_iter + 1
        With a prior, the log likelihoods plus the log prior density, per unit of weight, up to an additive constant;
        they never fall. Without a prior, the log likelihoods.
    state : Mixture or Posterior
        What was improved; in a variational fit, the posterior of which `mixture` is the expectation.
    background : int or None
        With noise, the number of the component that is the background: the last one.
    n_parameters : int
        The number of free parameters, which criteria count: those of the mixture; with noise, those of the components
        in their family, and the share of the background if that is estimated.
    """

    mixture: Mixture
    log_likelihoods: tuple[float, ...]
    stop_reason: StopReason
    log_posteriors: tuple[float, ...] = ()
    state: State = None
    background: int | None = None
    n_parameters: int = 0

    def __post_init__(self) -> None:
        if not self.log_posteriors:
            object.__setattr__(self, "log_posteriors", self.log_likelihoods)
        if not self.n_parameters:
            object.__setattr__(self, "n_parameters", self.mixture.n_parameters)

    @property
    def converged(self) -> bool:
        """Whether the likelihood, or with a prior the posterior, had stopped rising."""
        return self.stop_reason in ("converged", "stalled")

    @property
    def n_iter(self) -> int:
        """The number of steps taken."""
        return len(self.log_likelihoods) - 1

    @property
    def log_likelihood(self) -> float:
        """The mean log likelihood per unit of weight, in nats."""
        return self.log_likelihoods[-1]

    @property
    def dormant(self) -> tuple[int, ...]:
        """The components that lost their points and could not be revived: their weight is 0."""
        return tuple(int(i) for i in np.flatnonzero(self.mixture.weights == 0) if i != self.background)

    def predict(
        self, x: Any, *, missing: bool = False, noise_covariance: Any = None, n_threads: int | None = None
    ) -> Any:
        """The component with the largest responsibility for each row, or the background.

        Parameters
        ----------
        x : array_like, shape (n, d), or any other data
            As for `Mixture.predict`.
        missing : bool
            Whether NaN marks a missing value.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.
        n_threads : int, optional
            By default all there are; the answer does not depend on it.

        Returns
        -------
        ndarray of int, shape (n,)
            From 0 to k - 1; -1 for the background.
        """
        how: dict[str, Any] = {"missing": missing, "noise_covariance": noise_covariance, "n_threads": n_threads}
        return predict(self.mixture, x, self.background, **how)

    def save(self, path: str | os.PathLike[str], *, notes: Mapping[str, Any] | None = None) -> None:
        """Write the mixture to a file, with a note of which component is the background.

        Parameters
        ----------
        path : str or path-like
            The file, such as model.mix. `mixtura.load` reads its mixture, `mixtura predict` its note too.
        notes : mapping, optional
            As for `Mixture.save`.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        self.mixture.save(path, notes={**notes_of(self.background, self.n_parameters), **(notes or {})})

    def _repr_html_(self) -> str:
        from .html import of_fit

        return of_fit(self)

    def __repr__(self) -> str:
        dormant = f", {len(self.dormant)} dormant" if self.dormant else ""
        beside = ""
        if self.background is not None:
            beside = f", the last of them a background of {self.mixture.weights[self.background]:.3g}"
        believed = self.log_posteriors != self.log_likelihoods
        posterior = f", log posterior {self.log_posteriors[-1]:.6g}" if believed else ""
        return (
            f"<Fit: log likelihood {self.log_likelihood:.6g}{posterior} a point after {self.n_iter} iterations "
            f"({self.stop_reason}{dormant}); {self.mixture!r}{beside}>"
        )


def result(
    objective: Objective,
    state: State,
    likelihoods: tuple[float, ...],
    reason: StopReason,
    values: tuple[float, ...],
) -> Fit:
    """The fit that ended in this state of an objective."""
    mixture = objective.shown(state)
    more = objective.background(mixture), objective.n_parameters(mixture)
    return Fit(mixture, likelihoods, reason, values, state, *more)


@dataclass(frozen=True, eq=False)
class Place:
    """Where the climb is. value: of the objective. after: where EM's step leads, if that is known already."""

    mixture: State
    statistics: Statistics
    value: float
    after: State | None = None

    @property
    def height(self) -> tuple[float, float]:
        """The log likelihood per unit of weight, and the value of the objective."""
        return self.statistics.mean_log_likelihood, self.value


@dataclass(frozen=True, eq=False)
class Ascent:
    """How far a climb is, and all that it needs to continue.

    visited: what was reached so far, as Place.height. change: of the value, by the last step. last, age: of Momentum.
    reason: why it ended; "max_iter" where it continues, if more steps are allowed.
    """

    place: Place
    visited: tuple[tuple[float, float], ...]
    change: float
    last: Array | None = None
    age: int = 0
    reason: StopReason = "max_iter"

    def ended(self, objective: Objective) -> Fit:
        """What was found, if this is the end."""
        likelihoods, values = zip(*self.visited, strict=True)
        at, stalled = self.place, self.reason == "stalled"
        state = objective.attained(at.mixture, at.statistics) if stalled else at.mixture
        return result(objective, state, likelihoods, self.reason, values)


def climb(
    engine: Engine,
    mixture: State,
    objective: Objective,
    *,
    settings: Settings,
    before: float = -np.inf,
    again: Ascent | None = None,
    keep: Callable[[Ascent], None] | None = None,
) -> Fit:
    """EM from `mixture` over the engine's points; see `fit`.

    before: the value of the objective at which an earlier climb's last step began, where this one continues it.
    keep: told how far it is: at the start, after each step, and where it ends. again: to continue from there, with the
    same bits.
    """
    if again is not None and len(again.visited) == 1 and settings.max_iter:
        mixture = again.place.mixture
        again = again if objective.allowed(mixture, mixture) is mixture else None
    if again is None:
        here = _reach(engine, objective, objective.allowed(mixture, mixture) if settings.max_iter else mixture)
        again = Ascent(here, (here.height,), abs(here.value - before))
        if keep is not None:
            keep(again)
    ascent = replace(again, reason="max_iter")
    momentum = Momentum(again.last, again.age) if settings.accelerate else None
    for iteration in range(len(again.visited), settings.max_iter + 1):
        here = ascent.place
        higher = _step(engine, objective, here, momentum, settings.tol)
        last, age = (momentum.last, momentum.age) if momentum is not None else (None, 0)
        reason: StopReason
        if higher is None:
            ascent = replace(ascent, last=last, age=age, reason="stalled")
        else:
            # As in scikit-learn, the step after the small one is still taken.
            reason = "converged" if abs(ascent.change) < settings.tol else "max_iter"
            change = higher.value - here.value
            ascent = Ascent(higher, (*ascent.visited, higher.height), change, last, age, reason)
        if keep is not None:
            keep(ascent)
        if higher is not None and settings.on_step is not None:
            shown = objective.shown(higher.mixture)
            if is_true(settings.on_step(Step(iteration, higher.height[0], ascent.change, shown))):
                ascent = replace(ascent, reason="callback")
        if ascent.reason != "max_iter":
            break
    return ascent.ended(objective)


def _reach(engine: Engine, objective: Objective, mixture: State) -> Place:
    statistics = engine.expect(mixture)
    if not np.isfinite(statistics.log_likelihood):
        raise OutOfReachError(objective.shown(mixture), statistics.log_likelihood)
    after = objective.foreseen(mixture, statistics)
    return Place(mixture, statistics, objective.value(mixture, statistics, after), after)


def _step(engine: Engine, objective: Objective, here: Place, momentum: Momentum | None, tol: float) -> Place | None:
    """The first of the mixtures to try that does not lower the objective; None if all do.

    An objective that falls is lowered by EM's step too, unless only rounding is left of it that `tol` does not end.
    """
    objective.check_width(here.mixture)
    plain = objective.maximise(here.statistics, here.mixture) if here.after is None else here.after
    ahead = None if momentum is None else momentum.propose(plain)
    if momentum is not None and ahead is not None:
        found = _reach(engine, objective, objective.allowed(ahead, here.mixture))
        if found.value >= here.value:
            return found
        momentum.restart()
    gone = len(objective.lost(here.statistics)) if objective.rescues else 0
    if gone:
        found = _reach(engine, objective, objective.allowed(objective.revived(plain, gone), here.mixture))
        if found.value >= here.value:
            return found
    found = _reach(engine, objective, plain)
    fall, rounding = here.value - found.value, ROUNDING * abs(here.value)
    if fall <= 0 or (objective.falls and (fall > rounding or fall < tol)):
        return found
    if objective.rescues and objective.reg_covar and fall > rounding:
        found = _reach(engine, objective, objective.maximise(here.statistics, here.mixture, floored=True))
        if found.value >= here.value:
            return found
    return None
