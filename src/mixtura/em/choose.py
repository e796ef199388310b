"""How many components, and of which type: every candidate fitted, and compared by an information criterion."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from ..checks import is_true, is_whole, random_generator
from ..engines.base import Engine, EngineName
from ..engines.choose import choose_engine, released
from ..errors import FitError, InputError, named
from ..model.families import BASIC, COVARIANCE_TYPES, NAMES, CovarianceType, every, family
from ..model.mixture import Mixture
from ..model.reduction import give_half, padded, spreads
from ..sources import opened
from ..sources.noise import measured
from ..sources.reach import check_reach, warn_if_coarse
from ..sources.source import Source
from .choice import Candidate, Choice
from .collapse import collapsed, least_variances
from .criteria import Criterion, from_likelihood, overlap, warn_if_light
from .driver import Begin, best_of
from .hierarchy import POINTS, Hierarchy
from .loop import Fit, climb
from .objective import Objective
from .prior import Prior
from .settings import Settings, StartName, check_callback, check_columns, check_counts, warn_if_drowned
from .start import begin, hierarchy

SPLITS = 4  # of the heaviest components: what a larger fit tries to split first
GLANCE = 5  # steps after which the splits are compared
CLIMBS = 2  # of the most promising splits: these are climbed to the end


def choose(
    x: Any,
    n_components: int | Iterable[int] = range(1, 10),
    *,
    covariance_type: CovarianceType | Literal["all"] | Iterable[CovarianceType] = BASIC,
    criterion: Criterion = "bic",
    start: StartName = "kmeans",
    sample_weight: ArrayLike | None = None,
    tol: float = 1e-4,
    max_iter: int = 200,
    reg_covar: float = 1e-6,
    n_init: int = 1,
    rng: int | np.random.Generator | None = None,
    dtype: str = "float64",
    n_threads: int | None = None,
    engine: EngineName = "auto",
    accelerate: bool = True,
    missing: bool = False,
    noise_covariance: Any = None,
    prior: Prior | Literal["default"] | None = None,
    on_candidate: Callable[[Candidate], Any] | None = None,
) -> Choice:
    """Fit mixtures of several sizes and types, and compare them by an information criterion.

    Parameters
    ----------
    x : array_like, shape (n, d), or any other data
        As for `fit`; what is not in memory is arranged once for all candidates.
    n_components : int or iterable of int
        The numbers of components to try.
    covariance_type : str or iterable of str
        The families to try, by default "full", "tied", "diag" and "spherical"; "all" is all fourteen, or in one
        coordinate the two that differ there.
    criterion : {"bic", "icl", "aic"}
        What decides, lower is better: bic (how many Gaussians), icl (how many clusters), or aic (how well new points
        are predicted, with more components).
    start : str
        The name of a start, as for `fit`. One tree of a hierarchical start serves all candidates.
    sample_weight, tol, max_iter, reg_covar
        As for `fit`.
    n_init : int
        Fresh starts per candidate.
    rng, dtype, n_threads, engine, accelerate, missing, noise_covariance, prior
        As for `fit`.
    on_candidate : callable, optional
        Called with each `Candidate` as it is done; the answer True ends the search.

    Returns
    -------
    Choice
        All candidates, and the best one.

    Raises
    ------
    InputError
        If an argument is malformed.
    FitError
        If no candidate can be fitted, or all are ruled out.

    Warns
    -----
    MixturaWarning
        If the weights sum to so little that their logarithm is no price of a parameter.

    Notes
    -----
    Each number of components grows from the smaller one before: its heaviest components are split in turn, and EM
    continues from the two most promising splits beside `n_init` fresh starts. The likeliest fit is kept (with a prior,
    the most probable one) in which no component has collapsed.

    A component has collapsed if it has no width in some direction: a variance that is mostly reg_covar, or below that
    of the rounding of the column's numbers, h^2 / 12 for steps of h; and, without a prior, if it has fewer points than
    its family needs: d + 1 for full and others with shapes of their own, 2 for most others, 1 where all is shared; and
    2 d + k together, if several share the shape of a matrix. Its
    likelihood then says nothing of how well the mixture describes the points, so a candidate that has one is ruled out,
    with the reason, as one that cannot be fitted; and so is one with a component that has no points. Nothing grows from
    a collapsed one. Of the others within a family, the likelihood does not fall by more than `tol` as components are
    added.

    `Choice.at_limit` tells whether the best has the largest number that was tried.

    References
    ----------
    Day 1969, "Estimating the components of a mixture of normal distributions", Biometrika 56, on collapse.

    Examples
    --------
    >>> import mixtura as mx
    >>> x = mx.Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical").sample(200, rng=0)
    >>> mx.choose(x, range(1, 4), covariance_type="full", rng=0).best.n_components
    2
    """
    counts, asked = _counts(n_components), _types(covariance_type)
    if criterion not in get_args(Criterion):
        raise InputError(f"{named('criterion')} is {criterion!r}: choose bic, aic or icl.")
    if not isinstance(start, str):
        raise InputError(
            f"{named('start')} is a {type(start).__name__}: give the name of one, {', '.join(get_args(StartName))}."
        )
    settings = [Settings(kind, tol, max_iter, reg_covar, n_init, accelerate, engine, n_threads) for kind in asked]
    check_callback("on_candidate", on_candidate)
    generator = random_generator(rng)
    source = opened(x, sample_weight, dtype=dtype, missing=missing)
    if noise_covariance is not None:
        source = measured(source, noise_covariance)
    check_reach(source)
    warn_if_coarse(source, stacklevel=2)
    d = source.survey().d
    for name in asked:
        family(name, d)
    if covariance_type == "all" and d == 1:
        settings = [each for each in settings if each.covariance_type in every(d)]
    alone = all(family(each.covariance_type).component_shape(d) == () for each in settings)
    warn_if_drowned(source, reg_covar, covariance_type="spherical" if alone else "full")
    warn_if_light(source, stacklevel=2)
    found: list[Candidate] = []
    failures: list[FitError] = []
    least = least_variances(source, reg_covar)
    one = n_init == 1 or source.survey().support <= POINTS  # one tree then serves all
    tree = hierarchy(source, generator) if start == "hierarchical" and one else None
    with ExitStack() as stack:
        expecting: Engine | None = None
        for kind, k in itertools.product(settings, counts):
            if k == counts[0]:
                last = expecting
                expecting = choose_engine(source, counts[-1], kind.covariance_type, engine, n_threads, like=last)
                if expecting is not last:
                    stack.close()
                    stack.enter_context(released(expecting))
                search = _Search(source, expecting, kind, tree or start, prior, generator, failures, least)
                smaller: Fit | None = None
            found.append(search.candidate(k, smaller))
            if found[-1].fit is not None and not search.fault(found[-1].fit.mixture):
                smaller = found[-1].fit
            if on_candidate is not None and is_true(on_candidate(found[-1])):
                break
    return _recommended(Choice(tuple(found), criterion), failures, believed=prior is not None)


def _recommended(choice: Choice, failures: list[FitError], *, believed: bool) -> Choice:
    """The choice, if one of its candidates can be the best."""
    if not any(each.eligible for each in choice.candidates):
        first = choice.candidates[0]
        what = f"({first.n_components} {first.covariance_type})"
        if len(failures) == len(choice.candidates):
            raise FitError(f"no candidate could be fitted; of the first {what}, {failures[0].sentence}")
        raise FitError(
            f"no candidate can be recommended; of the first {what}, {first.reason}. Give more points, smaller "
            f"{named('n_components')}{' or' if believed else ','} a simpler {named('covariance_type')}"
            + ("." if believed else f", or {named('prior', repr('default'))}.")
        )
    return choice


@dataclass(frozen=True, eq=False)
class _Search:
    """The candidates of one type."""

    source: Source
    engine: Engine
    settings: Settings
    start: StartName | Hierarchy
    prior: Prior | Literal["default"] | None
    rng: np.random.Generator
    failures: list[FitError]
    least: Array  # (d,) variances

    def candidate(self, k: int, smaller: Fit | None) -> Candidate:
        """The likeliest of the fits of k components, fresh or grown from a smaller one, in which none has collapsed."""
        settings, kind = self.settings, self.settings.covariance_type
        try:
            check_counts(self.source, k)
            objective = Objective(settings.reg_covar, prior=Prior.of(self.prior, self.source, k, kind))
            if objective.free:
                check_columns(self.source, k, kind)
            starts = self._starts(k, smaller, objective)
            best = best_of(self.engine, objective, settings, starts, score=self._score, forgiving=True)
        except FitError as error:
            self.failures.append(error)
            return Candidate(k, kind, reason=str(error))
        n = self.source.survey().total
        parameters, total = best.mixture.n_parameters, best.log_likelihood * n
        bic, aic = (from_likelihood(name, total, parameters, n) for name in ("bic", "aic"))
        icl = bic + overlap(best.mixture, self.source)
        return Candidate(k, kind, best, parameters, total, bic, aic, icl, self.fault(best.mixture))

    def fault(self, mixture: Mixture) -> str:
        """Which component has collapsed, or has no points; "" where none has."""
        if len(dormant := np.flatnonzero(mixture.weights == 0)):
            return f"component {dormant[0]} has no points"
        return collapsed(mixture, self.source.survey(), self.least, regular=self.prior is not None)

    def _score(self, found: Fit) -> tuple[bool, float]:
        """What is compared: a likelihood counts only where no component has collapsed."""
        return not self.fault(found.mixture), found.log_posteriors[-1]

    def _starts(self, k: int, smaller: Fit | None, objective: Objective) -> list[Begin]:
        """Fresh ones; the smaller fit with components split; and, so that none is less likely, with empty ones."""

        def fresh(_: Fit | None) -> Mixture:
            kind = self.settings.covariance_type
            return begin(self.source, k, self.start, covariance_type=kind, objective=objective, rng=self.rng)

        starts: list[Begin] = [fresh] * self.settings.n_init
        if smaller is None:
            return starts
        grown: list[Mixture] = []

        def split(rank: int) -> Begin:
            def start(best: Fit | None) -> Mixture | None:
                if not grown:
                    grown.extend(self._grown(k, smaller.mixture, objective))
                return grown[rank] if rank < len(grown) else None

            return start

        def empty(best: Fit | None) -> Mixture | None:
            there = best is not None and self._score(best) >= (True, smaller.log_likelihood)
            return None if objective.prior is not None or there else padded(smaller.mixture, k)

        return [*starts, *(split(rank) for rank in range(CLIMBS)), empty]

    def _grown(self, k: int, mixture: Mixture, objective: Objective) -> list[Mixture]:
        """The mixture with components split one after the other, each time the most promising one; of the last, all.

        The most promising come first, and those that lead to a collapse last.
        """
        mixture = mixture.subset(np.flatnonzero(mixture.weights))
        grown = [mixture]
        while (mixture := grown[0]).n_components < k:
            wide, units = padded(mixture, mixture.n_components + 1), spreads(mixture)
            heaviest = np.argsort(-mixture.weights, kind="stable")[:SPLITS]
            split = (give_half(wide, int(old), wide.n_components - 1, units=units) for old in heaviest)
            brief = replace(self.settings, max_iter=GLANCE)
            glances = [climb(self.engine, each, objective, settings=brief) for each in split]
            grown = [each.mixture for each in sorted(glances, key=self._score, reverse=True)]
        return grown


def _counts(given: Any) -> list[int]:
    """The numbers of components in rising order, each once."""
    listed: list[Any] = [given] if is_whole(given) else list(given) if isinstance(given, Iterable) else []
    wrong = [each for each in listed if not is_whole(each) or each < 1]
    if wrong or not listed:
        raise InputError(f"{named('n_components')} is {given!r}: give whole numbers >= 1, such as range(1, 10).")
    return sorted({int(each) for each in listed})


def _types(given: Any) -> list[CovarianceType]:
    """The covariance types, each once, as they were called."""
    if isinstance(given, str) and given == "all":
        return list(COVARIANCE_TYPES)
    listed: list[Any] = [given] if isinstance(given, str) else list(given) if isinstance(given, Iterable) else [given]
    wrong = [each for each in listed if each not in NAMES]
    if wrong or not listed:
        raise InputError(
            f"{named('covariance_type')} is {wrong[0] if wrong else given!r}: give one or several of "
            f"{', '.join(NAMES)}, or 'all'."
        )
    return list({family(each).name: each for each in listed}.values())
