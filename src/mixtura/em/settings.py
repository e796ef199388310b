"""How a fit is done: what `fit` and the estimators are told beside the points, checked once."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..checks import check_flag, check_threads, is_finite, is_whole
from ..engines.base import EngineName
from ..errors import FitError, InputError, MixturaWarning, named
from ..model.families import CovarianceType, family
from ..sources.source import Source

if TYPE_CHECKING:
    from .loop import Step

StartName = Literal["kmeans", "kmeans++", "random", "random_from_data", "partition"]
StopReason = Literal["converged", "max_iter", "stalled", "callback"]


@dataclass(frozen=True)
class Settings:
    """The settings of EM, as `fit` explains them. Raises InputError for what it cannot use."""

    covariance_type: CovarianceType = "full"
    tol: float = 1e-3
    max_iter: int = 100
    reg_covar: float = 1e-6
    n_init: int = 1
    accelerate: bool = False
    engine: EngineName = "auto"
    n_threads: int | None = None
    checkpoint: str | os.PathLike[str] | None = None
    on_step: Callable[[Step], Any] | None = None

    def __post_init__(self) -> None:
        family(self.covariance_type)
        for name in ("tol", "reg_covar"):
            number = getattr(self, name)
            if not is_finite(number) or number < 0:
                raise InputError(f"{named(name)} is {number!r}: give a finite number >= 0.")
        for name, least in (("max_iter", 0), ("n_init", 1)):
            count = getattr(self, name)
            if not is_whole(count) or count < least:
                raise InputError(f"{named(name)} is {count!r}: give a whole number >= {least}.")
        check_flag(self.accelerate, "accelerate")
        check_threads(self.n_threads)
        check_callback("on_step", self.on_step)


def check_callback(name: str, given: Any) -> None:
    """Raise InputError unless this is a function, or None."""
    if given is not None and not callable(given):
        raise InputError(f"{named(name)} is {given!r}: give a function of a {name[3:].title()}.")


def check_counts(source: Source, k: Any) -> int:
    """K as an int with 1 <= k <= the number of points that have weight."""
    if not is_whole(k) or k < 1:
        raise InputError(f"{named('n_components')} is {k!r}: give a whole number >= 1.")
    support = source.survey().support
    if k > support:
        raise FitError(
            f"{named('n_components')} is {k}, but only {support} points have weight: lower {named('n_components')} to "
            f"{support} or less."
        )
    return int(k)


def constant_columns(source: Source) -> str:
    """The columns that hold one number alone, by their names or places; "" where none does."""
    survey = source.survey()
    found = np.flatnonzero(survey.low == survey.high)
    if not len(found):
        return ""
    called = [str(place) if source.names is None else repr(source.names[place]) for place in found[:3]]
    more = ", ..." * (len(found) > 3)
    return f"column {called[0]} is" if len(found) == 1 else f"columns {', '.join(called)}{more} are"


def explained(error: FitError, source: Source, k: int) -> FitError:
    """The error of a covariance that is not positive definite, with the columns to blame, or what else helps."""
    what, found, _ = error.sentence.partition(" is not positive definite (")
    limits, closed, _ = error.sentence[len(what + found) :].partition("): ")
    survey = source.survey()
    alike = k > 1 and bool((survey.low == survey.high).all())  # all points are one: no column is to blame
    constant = "" if alike else constant_columns(source)
    if not found or not closed or not (constant or k == 1):
        return error
    why = (
        f"{constant} constant. Raise {named('reg_covar')}, or leave such a column out."
        if constant
        else f"a column follows from others, or rows are too few. Raise {named('reg_covar')}, or leave columns out."
    )
    return FitError(f"{what}{found}{limits}{closed}{why}", error.parameter)


def warn_if_drowned(source: Source, reg_covar: float, name: str = "x", stacklevel: int = 3) -> None:
    """Warn when reg_covar is above the variance of every column, so that no fit can see anything.

    stacklevel: how far up the caller is that the warning is for.
    """
    survey = source.survey()
    variance = float(np.fmax.reduce(survey.high - survey.low)) ** 2 / 4  # at most
    if 0 < variance < reg_covar:
        warnings.warn(
            MixturaWarning(
                f"{named('reg_covar')} is {reg_covar:g}, but no column of {name} has a variance above {variance:.3g}: "
                f"components that wide cannot be told apart. Lower {named('reg_covar')}, or rescale {name}."
            ),
            stacklevel=stacklevel,
        )
