"""Fits again, of the kind of one that is at hand, to many sets of points like those that it was fitted to."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from ..checks import is_true, is_whole
from ..engines.base import EngineName, side_by_side
from ..engines.choose import choose_engine, released
from ..errors import FitError, InputError, MixturaWarning, named
from ..kernels.threads import single_blas, stream
from ..model.mixture import Mixture
from ..sources import opened
from ..sources.points import Points
from .again import family_beside, has_background, with_background_of
from .background import components
from .collapse import collapsed, least_variances
from .driver import Begin, best_of
from .fixed import Fixed
from .loop import Fit
from .objective import Objective
from .prior import Prior
from .settings import Settings, usual_reg_covar

Found = TypeVar("Found")
MANY = 100_000  # replicates: more are a mistake
FEW = 0.05  # of them that may fail without a warning


@dataclass(frozen=True, eq=False)
class Refits:
    """The points, the mixture at its maximum for them, and how to climb to the maximum for others.

    least: variances below which a component has collapsed. regular: whether components may have few points.
    """

    points: Points
    mixture: Mixture
    settings: Settings
    objective: Objective
    least: Array
    regular: bool = False

    @classmethod
    def of(
        cls,
        x: Any,
        fit: Any,
        *,
        sample_weight: ArrayLike | None,
        missing: bool,
        tol: float,
        max_iter: int,
        reg_covar: float | None,
        prior: Prior | Literal["default"] | None,
        fixed: Mapping[str, Any] | None,
        engine: EngineName,
        n_threads: int | None,
        regular: bool = False,
    ) -> Self:
        """All of it checked; the mixture is climbed from, to the same `tol` as the others will be."""
        mixture = mixture_of(fit)
        source = opened(x, sample_weight, like=mixture.names, missing=missing)
        if not isinstance(source, Points):
            raise InputError(
                f"{named('x')} is read in blocks, but it takes all points in memory to draw from them again and again: "
                f"give a sample of the rows, whose errors are larger by the square root of how many fewer they are."
            )
        noisy = has_background(fit, mixture)
        kind = family_beside(fit, mixture) if noisy else mixture.covariance_type
        inside = components(mixture, kind) if noisy else mixture
        k = inside.n_components
        if source.d != mixture.n_coordinates:
            raise InputError(f"x has {source.d} columns, the mixture has {mixture.n_coordinates} coordinates.")
        if source.total < k + 1:
            raise InputError(
                f"{named('sample_weight')} sums to {source.total:.4g}, which counts as the number of points: {k} "
                f"components need {k + 1} at least. Multiply {named('sample_weight')}, so that it sums to the number "
                f"of observations."
            )
        dormant = np.flatnonzero(mixture.weights[:k] == 0)
        if len(dormant):
            raise InputError(f"component {dormant[0]} of the mixture has weight 0: give mixture.subset(weights > 0).")
        reg_covar = usual_reg_covar(source) if reg_covar is None else reg_covar
        settings = Settings(mixture.covariance_type, tol, max_iter, reg_covar, 1, True, engine, n_threads)
        objective = Objective(reg_covar, Fixed.of(fixed, inside, k), Prior.of(prior, source, k, kind, n_threads))
        if noisy:
            objective = with_background_of(fit, mixture, objective, kind)
        regular = regular or prior is not None
        self = cls(source, mixture, settings, objective, least_variances(source, reg_covar), regular)
        self = replace(self, mixture=self.fit(source, [lambda _: mixture], n_threads).mixture)
        if fault := self.fault(self.mixture, source):
            raise FitError(f"{fault}, so that its errors say nothing: fit fewer components, or with a prior.")
        return self

    def fit(self, points: Points, starts: Sequence[Begin], n_threads: int | None = 1) -> Fit:
        """The likeliest fit to points from these starts, but that one with a collapsed component is the last resort."""

        def score(found: Fit) -> tuple[bool, float]:
            return len(starts) == 1 or not self.fault(found.mixture, points), found.log_posteriors[-1]

        k, settings = self.mixture.n_components, self.settings
        engine = choose_engine(points, k, settings.covariance_type, settings.engine, n_threads)
        with released(engine):
            return best_of(engine, self.objective, settings, starts, score=score, forgiving=len(starts) > 1)

    def fault(self, mixture: Mixture, points: Points) -> str:
        """Which component has collapsed, or has no points; "" where none has."""
        survey, fixed = points.survey(), self.objective.fixed
        left = mixture.weights.sum()
        if (background := self.objective.background(mixture)) is not None:
            left -= mixture.weights[background]
            survey = replace(survey, total=survey.total * left, support=math.ceil(survey.support * left))
            mixture = self.objective.components(mixture)
        if left == 0 or len(np.flatnonzero(mixture.weights == 0)):
            return f"component {int(mixture.weights.argmin())} has no points"
        if fixed is not None and fixed.covariances[-1] and not fixed.covariances.all():
            mixture = mixture.subset(np.flatnonzero(~fixed.covariances))  # what is held cannot collapse
        return collapsed(mixture, survey, self.least, regular=self.regular)

    @property
    def inside(self) -> Mixture:
        """The components, without a background."""
        return self.objective.components(self.mixture)


def mixture_of(fit: Any) -> Mixture:
    """The mixture of a fit, of an estimator that is fitted, or itself."""
    found = getattr(fit, "mixture_", getattr(fit, "mixture", fit))
    if not isinstance(found, Mixture):
        raise InputError(
            f"{named('fit')} is a {type(fit).__name__}: give a Fit, a Mixture, or an estimator once fitted."
        )
    return found


def repeated(
    work: Callable[[int, np.random.Generator], Found],
    n: Any,
    generator: np.random.Generator,
    refits: Refits,
    told: Callable[[Found], Any] | None,
) -> list[Found]:
    """[work(number, generator of its own)] for n numbers, each a fit of `refits`; told(found) is True to end.

    Random numbers are drawn before, so that the results are those of any number of threads.
    """
    seeds = generator.integers(0, 2**63, n)
    found: list[Found] = []

    def one(number: int) -> Found:
        return work(number, np.random.default_rng(int(seeds[number])))

    points, mixture = refits.points, refits.mixture
    size = points.n, mixture.n_components, points.d, mixture.family.triangular
    with single_blas():
        for each in stream(one, range(n), side_by_side(size, refits.settings.engine, refits.settings.n_threads)):
            found.append(each)
            if told is not None and is_true(told(each)):
                break
    return found


def check_count(n: Any) -> int:
    """`n` as a number of replicates."""
    if not is_whole(n) or not 2 <= n <= MANY:
        raise InputError(f"{named('n')} is {n!r}: give a whole number of replicates from 2 to {MANY:,}.")
    return int(n)


def check_enough(failures: Sequence[str], n: int, remedy: str, *, stacklevel: int) -> None:
    """Warn where more than a few replicates failed; raise FitError where fewer than half, or than two, did not."""
    if not failures:
        return
    told = f"{len(failures)} of {n} replicates could not be used; of the first, {failures[0].rstrip('.')}. {remedy}"
    if n - len(failures) < max(2, n / 2):
        raise FitError(told)
    if len(failures) > FEW * n:
        warnings.warn(MixturaWarning(told), stacklevel=stacklevel + 1)
