"""Whether there is one component more: the likelihood ratio, and what it would be if there were not."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from ..checks import check_threads, random_generator
from ..engines.base import EngineName
from ..engines.choose import choose_engine, released
from ..errors import FitError
from ..model.mixture import Mixture
from ..model.reduction import give_half, padded, spreads
from ..sources.points import Points
from . import watching
from .background import WithBackground
from .driver import Begin
from .loop import Ascent, Fit, climb
from .noisy import noisy
from .prior import Prior
from .refit import Refits, check_count, check_enough, repeated
from .resample import simulated
from .settings import StartName, check_callback, check_counts
from .start import begin

SPLITS, GLANCE, CLIMBS = 4, 10, 2  # components that are split, steps after which these are compared, those climbed from
OTHERS: tuple[StartName, ...] = (
    "kmeans",
    "partition",
    *("random_from_data",) * 8,
)  # all but one only where all collapse
ROUNDING = 1e-9  # of a likelihood ratio


@dataclass(frozen=True, eq=False, repr=False)
class LikelihoodRatio:
    """A likelihood ratio test of k components against k + 1.

    Attributes
    ----------
    statistic : float
        Twice the gain in log likelihood, over all points.
    p_value : float
        How often it would be as large or larger, if there were k: (1 + those of the replicates) / (1 + replicates).
    values : ndarray of float, shape (m,)
        Those of the replicates.
    smaller, larger : Mixture
        The fits of k and of k + 1 components; of a fit with noise, each with the background behind them.
    failures : tuple of str
        Why other replicates could not be used.
    background : bool
        Whether there is a background.

    Examples
    --------
    >>> import mixtura as mx
    >>> x = mx.Mixture([0.5, 0.5], [[0.0], [5.0]], [1.0, 1.0], "spherical").sample(200, rng=0)
    >>> mx.likelihood_ratio_test(x, mx.fit(x, 1, covariance_type="spherical"), n=19, rng=0).p_value
    0.05
    """

    statistic: float
    p_value: float
    values: Array
    smaller: Mixture
    larger: Mixture
    failures: tuple[str, ...] = ()
    background: bool = False

    @property
    def n_components(self) -> int:
        """The number k of components that one more was tested against, without a background."""
        return self.smaller.n_components - self.background

    def __repr__(self) -> str:
        k = self.n_components
        return (
            f"<LikelihoodRatio {self.statistic:.4g} of {k} against {k + 1} {self.smaller.covariance_type} components: "
            f"p = {self.p_value:.3g} by {len(self.values)} replicates>"
        )


def likelihood_ratio_test(
    x: Any,
    fit: Any,
    n: int = 199,
    *,
    sample_weight: ArrayLike | None = None,
    missing: bool = False,
    tol: float = 1e-6,
    max_iter: int = 1000,
    reg_covar: float | None = None,
    prior: Prior | Literal["default"] | None = None,
    rng: int | np.random.Generator | None = None,
    n_threads: int | None = None,
    engine: EngineName = "auto",
    on_replicate: Callable[[float | None], Any] | None = None,
    progress: bool = False,
) -> LikelihoodRatio:
    """Test the number of components of a fit against one more, by the parametric bootstrap.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points that the mixture was fitted to, in memory; columns by name, if both have names.
    fit : Fit, Mixture or estimator
        What was fitted to them: k components. Those of k + 1 have the same covariance type. The background of a fit
        with noise is in both, as broad as it is, its share held or estimated as in the fit.
    n : int
        The number of replicates, 2 <= n <= 100,000; the least p value is 1 / (n + 1).
    sample_weight : array_like of float, shape (n,), optional
        Weights >= 0, which count points.
    missing : bool
        Whether NaN marks missing values.
    tol, max_iter, reg_covar, prior
        Of each fit, as for `mixtura.fit`.
    rng : int or numpy.random.Generator, optional
        Random numbers.
    n_threads : int, optional
        Threads at most, by default as many as there are cores; small fits are one after the other. The result does not
        depend on it.
    engine : {"auto", "blas", "cpu", "reference"}
        As for `mixtura.fit`.
    on_replicate : callable, optional
        Called with the likelihood ratio of each replicate, None where it could not be used; the answer True ends the
        test.
    progress : bool
        Whether to show a bar meanwhile, on the terminal or in a notebook.

    Returns
    -------
    LikelihoodRatio
        Its ``statistic`` and ``p_value``.

    Raises
    ------
    InputError
        If an argument is malformed, or x is read in blocks.
    FitError
        If k + 1 components cannot be fitted, or not to half of the replicates.

    Warns
    -----
    MixturaWarning
        If more than one replicate in twenty could not be used.

    Notes
    -----
    A mixture of k is on the edge of those of k + 1, so that the statistic has no chi-square distribution. Its
    distribution is that among points drawn from the fit of k components, each fitted in the same way (McLachlan 1987):
    k components from the mixture that the points came from; k + 1 from splits of these, the most promising two of four,
    and from k-means. Fits with a collapsed component do not count. To find the number of components, begin with one and
    go on while the p value is small.

    References
    ----------
    McLachlan 1987, "On bootstrapping the likelihood ratio test statistic for the number of components in a normal
    mixture", Applied Statistics 36.
    """
    n = check_count(n)
    check_threads(n_threads)
    check_callback("on_replicate", on_replicate)
    generator = random_generator(rng)
    refits = Refits.of(
        x,
        fit,
        sample_weight=sample_weight,
        missing=missing,
        tol=tol,
        max_iter=max_iter,
        reg_covar=reg_covar,
        prior=prior,
        fixed=None,
        engine=engine,
        n_threads=n_threads,
    )
    null = refits.mixture
    inside = refits.inside
    k, kind = inside.n_components + 1, inside.covariance_type
    check_counts(refits.points, k)
    objective = replace(refits.objective, prior=Prior.of(prior, refits.points, k, kind, n_threads))
    more = replace(refits, mixture=objective.begun(padded(inside, k), null), objective=objective)
    statistic, larger = _ratio(refits, more, refits.points, generator, n_threads)
    reasons: dict[int, str] = {}

    def value(number: int, random: np.random.Generator) -> float | None:
        points = simulated(refits.points, null, random)
        try:
            return _ratio(refits, more, points, random)[0]
        except FitError as error:
            reasons[number] = error.sentence
            return None

    with watching.shown(progress) as show:
        told = watching.counted(show, "fitting again", n, on_replicate)
        done = repeated(value, n, generator, refits, told)
    failures = tuple(reasons[number] for number in sorted(reasons) if number < len(done))
    check_enough(failures, len(done), "Give a prior, or a fit of fewer components.", stacklevel=2)
    values = np.array([each for each in done if each is not None])
    beyond = int((values >= statistic - ROUNDING * abs(statistic)).sum())
    p_value, beside = (1 + beyond) / (1 + len(values)), objective.background(null) is not None
    return LikelihoodRatio(statistic, p_value, values, null, larger, failures, beside)


def _ratio(
    refits: Refits, more: Refits, points: Points, random: np.random.Generator, n_threads: int | None = 1
) -> tuple[float, Mixture]:
    """Twice the gain of one component more in log likelihood, and the mixture that has it.

    Raises FitError where all fits of one more collapse.
    """
    null = refits.mixture
    smaller = refits.fit(points, [lambda _: null], n_threads)
    objective, settings = more.objective, more.settings
    gaussians, kind = more.mixture.n_components, more.inside.covariance_type
    k = more.inside.n_components
    engine = choose_engine(points, gaussians, settings.covariance_type, settings.engine, n_threads)
    brief = replace(settings, max_iter=GLANCE)
    with released(engine):
        inside = objective.components(smaller.mixture)
        wide, units = padded(inside, k), spreads(inside)
        heaviest = np.argsort(-inside.weights, kind="stable")[:SPLITS]
        split = (give_half(wide, int(old), k - 1, units=units) for old in heaviest)
        begun = (objective.begun(each, smaller.mixture) for each in split)
        glances = [climb(engine, each, objective, settings=brief) for each in begun]
    glances = sorted(glances, key=lambda found: found.log_posteriors[-1], reverse=True)

    def given(_: Fit | None, *, mixture: Mixture) -> Mixture:
        return mixture

    def drawn(_: Fit | None, *, how: StartName) -> Mixture:
        if isinstance(objective, WithBackground):
            return noisy(points, k, how, objective=objective, rng=random, n_threads=n_threads)
        return begin(points, k, how, covariance_type=kind, objective=objective, rng=random, n_threads=n_threads)

    def spare(best: Fit | None, *, start: Begin) -> Mixture | Ascent | None:
        """A start that is needed only where all before it collapsed."""
        return None if best is not None and not more.fault(best.mixture, points) else start(best)

    splits: list[Begin] = [functools.partial(given, mixture=found.mixture) for found in glances]
    others: list[Begin] = [functools.partial(drawn, how=how) for how in OTHERS]
    rest: list[Begin] = [functools.partial(spare, start=start) for start in (*splits[CLIMBS:], *others[1:])]
    starts: list[Begin] = [*splits[:CLIMBS], others[0], *rest]
    larger = more.fit(points, starts, n_threads)
    if fault := more.fault(larger.mixture, points):
        raise FitError(f"{k} {kind} components collapse: {fault}.")
    return max(0.0, 2.0 * points.total * (larger.log_likelihood - smaller.log_likelihood)), larger.mixture
