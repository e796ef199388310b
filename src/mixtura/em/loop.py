"""The loop: expect, maximise, again. A step is taken only if it raises the goal: the likelihood, or the posterior."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ..engines.base import Engine, EngineName, Pass
from ..errors import FitError, InputError
from ..model import gaussian
from ..model.checks import check_threads, is_finite, is_whole, random_generator
from ..model.gaussian import CovarianceType
from ..model.mixture import Mixture
from ..model.points import Points
from ..model.statistics import Statistics
from .accelerate import Momentum
from .data import opened, warn_if_drowned
from .fixed import Fixed
from .goal import Goal
from .maximise import lost, split_heaviest
from .names import StopReason
from .prior import Prior
from .start import Start, check_counts

ROUNDING = 1e-12  # of the goal: a smaller fall is no fault of the step


@dataclass(frozen=True, eq=False)
class Step:
    """What a callback sees after each iteration.

    iteration: 1, 2, ... log_likelihood: of `mixture`, per point. change: since the step before, of the likelihood;
    with a prior, of the posterior.

    >>> x = [[0.0], [0.1], [1.0], [1.1]]
    >>> found = fit(x, 2, tol=0, rng=0, on_step=lambda step: step.iteration == 1)  # stop after the first
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

    mixture: the last and most likely one. log_likelihoods: (n_iter + 1,) the mean log likelihood per unit of
    weight, of the start and after each step; they never fall (but with a prior), and the last is that of `mixture`.
    log_posteriors: with a prior, the same with the log prior density added, also per unit of weight and but for a
    constant: this is what never falls then. Without a prior, the log likelihoods.
    stop_reason: "converged" (a step raised it by less than tol), "max_iter", "stalled" (no step raised it at all:
    the limit of the precision, or of reg_covar), or "callback".
    """

    mixture: Mixture
    log_likelihoods: tuple[float, ...]
    stop_reason: StopReason
    log_posteriors: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.log_posteriors:
            object.__setattr__(self, "log_posteriors", self.log_likelihoods)

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
        return tuple(int(i) for i in np.flatnonzero(self.mixture.weights == 0))

    def __repr__(self) -> str:
        dormant = f", {len(self.dormant)} dormant" if self.dormant else ""
        believed = self.log_posteriors != self.log_likelihoods
        posterior = f", log posterior {self.log_posteriors[-1]:.6g}" if believed else ""
        return (
            f"<Fit: log likelihood {self.log_likelihood:.6g}{posterior} a point after {self.n_iter} iterations "
            f"({self.stop_reason}{dormant}); {self.mixture!r}>"
        )


def fit(
    x: ArrayLike | Points,
    n_components: int,
    *,
    covariance_type: CovarianceType = "full",
    start: Start = "kmeans",
    sample_weight: ArrayLike | None = None,
    tol: float = 1e-3,
    max_iter: int = 100,
    reg_covar: float = 1e-6,
    n_init: int = 1,
    rng: int | np.random.Generator | None = None,
    dtype: str = "float64",
    n_threads: int | None = None,
    engine: EngineName = "auto",
    accelerate: bool = False,
    missing: bool = False,
    fixed: Mapping[str, Any] | None = None,
    prior: Prior | Literal["default"] | None = None,
    on_step: Callable[[Step], Any] | None = None,
    on_pass: Callable[[Pass], Any] | None = None,
) -> Fit:
    """Fit a Gaussian mixture to points by exact EM.

    x: (n, d) finite numbers, or Points; or what is read in blocks at each pass (docs/streams.md).
    n_components: 1 <= k <= n. covariance_type: full, tied, diag or spherical.
    start: "kmeans", "kmeans++", "random_from_data", "partition", "random" (nearly k copies of one Gaussian, for use
    with tol=0), a Mixture, responsibilities (n, k), or a callable (points, k, rng). n_init: how many starts to try; the
    likeliest is kept.
    sample_weight: (n,) >= 0; weight 2 is exactly the point twice, weight 0 is no point.
    tol: stop after the step that follows one which raised the mean log likelihood per point by less, in nats (as
    scikit-learn does). max_iter: steps at most.
    reg_covar: >= 0, added to the variances, in squared units of x, so that no component collapses onto a point.
    rng: a seed or a numpy.random.Generator. dtype: "float64", or "float32" for twice the speed at six digits.
    n_threads: None for all there are; the answer does not depend on it. engine: "auto", "cpu" or "reference".
    accelerate: take steps with momentum, which reach the same likelihood in a half to a third of the iterations.
    missing: NaN marks a value that is missing at random, and EM is exact for the numbers that are there; a row that
    misses every value counts nothing.
    fixed: what keeps the value that it has in `start`, which must then be a Mixture: components by their numbers, as in
    {"means": [0, 1], "weights": [2], "covariances": [0]}, or True for all.
    prior: a Prior, or "default" for `Prior.default` of these points: no component collapses, and what never falls is
    `Fit.log_posteriors`.
    on_step: called with a Step after each iteration; a true answer stops the fit.
    on_pass: where x is read in blocks, called with a Pass after each of them.

    The likelihood never falls: a step that would lower it is not taken. Adding reg_covar can lower it; then the
    smallest variances are held at reg_covar instead. A component that loses its points is revived from half of
    the heaviest one, where that raises the likelihood, and else reported in `Fit.dormant`.
    Raises InputError for malformed arguments, FitError for too few points or a singular covariance.
    Source: Dempster, Laird and Rubin 1977; Bishop 2006, section 9.2.
    """
    data = opened(x, sample_weight, dtype, missing, on_pass)
    k = check_counts(data.survey, n_components)
    check_settings(
        covariance_type=covariance_type,
        tol=tol,
        reg_covar=reg_covar,
        max_iter=max_iter,
        n_init=n_init,
        n_threads=n_threads,
        callback=("on_step", on_step),
    )
    warn_if_drowned(data.survey, reg_covar)
    generator = random_generator(rng)
    held = Fixed.of(fixed, start, k)
    goal = Goal(reg_covar, held, data.prior(prior, k, covariance_type))
    expecting = data.engine(k, covariance_type, engine, n_threads)
    best: Fit | None = None
    for _ in range(n_init):
        first = data.begin(k, start, covariance_type, goal, generator)
        found = climb(expecting, first, goal, tol=tol, max_iter=max_iter, accelerate=accelerate, on_step=on_step)
        if best is None or found.log_posteriors[-1] > best.log_posteriors[-1]:
            best = found
        if found.stop_reason == "callback":
            break
    assert best is not None
    return best


def climb(
    engine: Engine,
    mixture: Mixture,
    goal: Goal,
    *,
    tol: float = 1e-3,
    max_iter: int = 100,
    accelerate: bool = False,
    on_step: Callable[[Step], Any] | None = None,
    before: float = -np.inf,
) -> Fit:
    """EM from `mixture` over the engine's points; see `fit`.

    before: the value of the goal that an earlier climb's last step began with, where this one goes on from its end.
    """
    here = _reach(engine, goal, goal.allowed(mixture, mixture))
    visited = [here.height]
    change = abs(here.value - before)
    momentum = Momentum() if accelerate else None
    reason: StopReason = "max_iter"
    for iteration in range(1, max_iter + 1):
        settled = change < tol
        higher = _step(engine, goal, here, momentum)
        if higher is None:
            reason = "stalled"
            break
        change = higher.value - here.value
        here = higher
        visited.append(here.height)
        # As in scikit-learn, the step after the small one is still taken.
        if settled:
            reason = "converged"
        if on_step is not None and on_step(Step(iteration, here.height[0], change, here.mixture)):
            reason = "callback"
        if reason != "max_iter":
            break
    likelihoods, values = zip(*visited, strict=True)
    found = goal.attained(here.mixture, here.statistics) if reason == "stalled" else here.mixture
    return Fit(found, likelihoods, reason, values)


@dataclass(frozen=True, eq=False)
class _Place:
    """Where the climb is. value: of the goal."""

    mixture: Mixture
    statistics: Statistics
    value: float

    @property
    def height(self) -> tuple[float, float]:
        """The log likelihood per unit of weight, and the value of the goal."""
        return self.statistics.mean_log_likelihood, self.value


def _reach(engine: Engine, goal: Goal, mixture: Mixture) -> _Place:
    statistics = engine.expect(mixture)
    if not np.isfinite(statistics.log_likelihood):
        raise FitError(
            f"the log likelihood is {statistics.log_likelihood}: a point lies too far from every component to be "
            f"counted. Rescale the coordinates, or give a start that covers them."
        )
    return _Place(mixture, statistics, goal.value(mixture, statistics))


def _step(engine: Engine, goal: Goal, here: _Place, momentum: Momentum | None) -> _Place | None:
    """The first of the mixtures to try that does not lower the goal; None if all do."""
    plain = goal.maximise(here.statistics, here.mixture)
    ahead = None if momentum is None else momentum.propose(plain)
    if momentum is not None and ahead is not None:
        found = _reach(engine, goal, goal.allowed(ahead, here.mixture))
        if found.value >= here.value:
            return found
        momentum.restart()
    gone = len(lost(here.statistics)) if goal.rescues else 0
    if gone:
        found = _reach(engine, goal, goal.allowed(split_heaviest(plain, gone), here.mixture))
        if found.value >= here.value:
            return found
    found = _reach(engine, goal, plain)
    if found.value >= here.value:
        return found
    if goal.rescues and goal.reg_covar and here.value - found.value > ROUNDING * abs(here.value):
        found = _reach(engine, goal, goal.maximise(here.statistics, here.mixture, floored=True))
        if found.value >= here.value:
            return found
    return None


def check_settings(
    *,
    covariance_type: Any,
    tol: Any,
    reg_covar: Any,
    max_iter: Any,
    n_init: Any,
    n_threads: Any,
    callback: tuple[str, Any],
) -> None:
    """Raise InputError unless these are what `fit` can use. callback: its name and what was given."""
    if covariance_type not in gaussian.COVARIANCE_TYPES:
        raise InputError(
            f"covariance_type is {covariance_type!r}: choose one of {', '.join(gaussian.COVARIANCE_TYPES)}."
        )
    for name, number in (("tol", tol), ("reg_covar", reg_covar)):
        if not is_finite(number) or number < 0:
            raise InputError(f"{name} is {number!r}: give a finite number >= 0.")
    for name, count, least in (("max_iter", max_iter, 0), ("n_init", n_init, 1)):
        if not is_whole(count) or count < least:
            raise InputError(f"{name} is {count!r}: give a whole number >= {least}.")
    if callback[1] is not None and not callable(callback[1]):
        raise InputError(f"{callback[0]} is {callback[1]!r}: give a function of a {callback[0][3:].title()}.")
    check_threads(n_threads)
