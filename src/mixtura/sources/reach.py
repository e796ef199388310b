"""Whether a fit can calculate with points: their squares must not overflow, single precision must keep their digits."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Bools
from ..errors import InputError, MixturaWarning, named
from .points import Points
from .source import Source, spread_of

STEPS = 64  # of a float32 that a column should span
SUMMED = 1e307  # what squares times weights may sum to
LARGEST = {"f8": 1e150, "f4": 1e18}  # coordinates whose squares can still be summed


def check_reach(source: Source, name: str = "x") -> None:
    """Raise InputError when the squares of the coordinates would overflow in the precision of the points."""
    survey = source.survey()
    largest = max(-float(np.fmin.reduce(survey.low)), float(np.fmax.reduce(survey.high)))
    limit = LARGEST[source.dtype.str[1:]]
    if largest > limit:
        raise InputError(f"{name} reaches {largest:.3g}, and its squares would overflow (limit {limit:g}): rescale it.")
    if survey.weighted and survey.total > SUMMED / max(1.0, largest) ** 2:
        raise InputError(
            f"{named('sample_weight')} sums to {survey.total:.3g} and {name} reaches {largest:.3g}: sums of squares "
            f"would overflow (limit {SUMMED:g}); divide the weights by their largest."
        )


def warn_if_coarse(source: Source, *, stacklevel: int) -> None:
    """Warn when single precision keeps too little of a column: a small spread far from zero."""
    if source.dtype != np.float32:
        return
    survey = source.survey()
    low, high = survey.low, survey.high
    for column in np.flatnonzero(_coarse(low, high) & (high > low))[:1]:
        warnings.warn(
            MixturaWarning(
                f"column {column} of x spans {high[column] - low[column]:.3g} about {high[column]:.6g}, where float32 "
                f"has steps of {_step(low, high)[column]:.2g}: little of it is left. Use "
                f"{named('dtype', repr('float64'))}, or subtract an offset."
            ),
            stacklevel=stacklevel + 1,
        )


def variances(source: Source) -> Array:
    """(d,) the variance of each coordinate, over what is there of it."""
    spread = spread_of(source) if isinstance(source, Points) else source.survey().spread
    assert spread is not None
    return np.asarray(spread[2] / np.where(spread[0] > 0, spread[0], 1.0))


def _coarse(low: Array, high: Array) -> Bools:
    """Which columns span few steps of a float32, once rounded to it."""
    span = high.astype(np.float32).astype(np.float64) - low.astype(np.float32)
    return np.asarray(span < STEPS * _step(low, high))


def _step(low: Array, high: Array) -> NDArray[np.float32]:
    return np.spacing(np.maximum(-low, high).astype(np.float32))
