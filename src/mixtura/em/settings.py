"""How a fit is done: what `fit` and the estimators are told beside the points, checked once."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..checks import check_flag, check_threads, is_finite, is_whole
from ..engines.base import EngineName
from ..errors import FitError, InputError, MixturaWarning, named
from ..model.families import CovarianceType, family
from ..sources.points import Points
from ..sources.reach import variances
from ..sources.source import Source

if TYPE_CHECKING:
    from .loop import Step

StartName = Literal["kmeans", "kmeans++", "random", "random_from_data", "partition", "hierarchical"]
SPAN = 10.0  # standard deviations that points of one Gaussian span, if there are a million
ROUNDED = 1.0 / 12.0  # the variance of rounding to whole numbers
REG_COVAR = 1e-6  # what is added to variances, where nothing is known of the scatter within rows
LISTED = 5  # columns that a warning names
StopReason = Literal["converged", "max_iter", "stalled", "callback"]


@dataclass(frozen=True)
class Settings:
    """The settings of EM, as `fit` explains them. Raises InputError for what it cannot use."""

    covariance_type: CovarianceType = "full"
    tol: float = 1e-3
    max_iter: int = 100
    reg_covar: float = REG_COVAR
    n_init: int = 1
    accelerate: bool = False
    engine: EngineName = "auto"
    n_threads: int | None = None
    checkpoint: str | os.PathLike[str] | None = None
    on_step: Callable[[Step], Any] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "covariance_type", family(self.covariance_type).name)
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


def usual_reg_covar(source: Source) -> float:
    """What is added to variances unless it is asked for: the variance within rows, of points that know it."""
    known: float | None = getattr(source, "within_variance", None)
    return REG_COVAR if known is None else known


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


def check_columns(source: Source, k: int, covariance_type: CovarianceType) -> None:
    """Raise FitError where a column is constant, and nothing but the points would give the components a width."""
    survey = source.survey()
    alone = bool(family(covariance_type).component_shape(survey.d))  # a variance for each column
    alike = k > 1 and bool((survey.low == survey.high).all())  # all points are one: no column is to blame
    if alone and not alike and (constant := constant_columns(source)):
        raise FitError(f"{constant} constant. Raise {named('reg_covar')}, or leave such a column out.")


def warn_if_drowned(
    source: Source,
    reg_covar: float,
    name: str = "x",
    stacklevel: int = 3,
    *,
    covariance_type: CovarianceType = "full",
    columns: Sequence[str] | None = None,
) -> None:
    """Warn of each column whose variance is below reg_covar: what a fit tells of it is reg_covar, not the column.

    Columns that are no more than that are passed over: constant ones; those that are nearly always constant, as marks
    of rare cases and the pixels of a border, whose few other values lie far off; and whole numbers, which are rounded
    by more than what is added. Covariances of one variance see but the mean of the variances.
    stacklevel: how far up the caller is that the warning is for. columns: what to call them, by default by their names.
    """
    survey = source.survey()
    spans = np.where(survey.high > survey.low, survey.high - survey.low, 0.0)
    near = (spans > 0) & (spans < SPAN * np.sqrt(reg_covar))
    if not near.any():
        return
    found = variances(source)
    if not family(covariance_type).component_shape(len(found)):
        found = np.full_like(found, found.mean())
    drowned = near & (found < reg_covar)
    if reg_covar <= ROUNDED and isinstance(source, Points):
        drowned[drowned] = [not _whole(column) for column in source.x.T[drowned]]
    some = np.flatnonzero(drowned)
    if not len(some):
        return
    called = columns or [repr(known) for known in source.names or ()] or range(len(found))
    listed = ", ".join(f"{called[column]} ({found[column]:.2g})" for column in some[:LISTED])
    listed += f" and {len(some) - LISTED} more" if len(some) > LISTED else ""
    if drowned[spans > 0].all():
        most = f"no column of {name} has a variance above {found[spans > 0].max():.3g}"
        told = f"but {most}: components that wide cannot be told apart"
    else:
        several = "s" * (len(some) > 1)
        told = f"more than the variance of column{several} {listed} of {name}: little is seen of such a column"
    less = named("reg_covar", f"{10.0 ** np.floor(np.log10(found[some].min()) - 6.0):.0e}")
    remedy = f"A millionth of the least variance is {less}. Lower {named('reg_covar')}, or rescale {name}."
    warnings.warn(MixturaWarning(f"{named('reg_covar')} is {reg_covar:g}, {told}. {remedy}"), stacklevel=stacklevel)


def _whole(numbers: NDArray[Any]) -> bool:
    seen = numbers[~np.isnan(numbers)]
    return bool((seen == np.round(seen)).all())
