"""What a fit is given: points in memory, or a source that reads them block by block. The loop asks both the same."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..engines.base import Engine, Pass, Source, Survey, choose
from ..errors import InputError, MixturaWarning, named
from ..model.checks import float_dtype, real
from ..model.gaussian import CovarianceType
from ..model.mixture import Mixture
from ..model.points import Points
from .objective import Objective
from .prior import Prior, check_varied
from .start import Start, begin, enough

Array = NDArray[np.float64]
Generator = np.random.Generator

STEPS = 64  # of a float32 that a column should span
LARGEST = {"f8": 1e150, "f4": 1e18}  # coordinates whose squares can still be summed


class Data(Protocol):
    """The points of a fit, wherever they are."""

    survey: Survey
    names: tuple[str, ...] | None

    @property
    def bits(self) -> int:
        """A fingerprint: see Points.bits."""
        ...

    def engine(self, k: int, covariance_type: CovarianceType, name: str, n_threads: int | None) -> Engine:
        """The E-step over these points."""
        ...

    def begin(
        self, k: int, how: Start, covariance_type: CovarianceType, objective: Objective, rng: Generator
    ) -> Mixture:
        """The mixture that EM starts from."""
        ...

    def prior(self, given: Any, k: int, covariance_type: CovarianceType) -> Prior | None:
        """What `fit` was given as `prior`, checked against the points."""
        ...


def opened(x: Any, sample_weight: Any, dtype: str, missing: bool, on_pass: Callable[[Pass], Any] | None = None) -> Data:
    """What `fit` was given, checked: every number is finite, and its square can be summed."""
    from ..sources import opened as source_of

    source = source_of(x, sample_weight, dtype=dtype, missing=missing, watch=on_pass)
    if source is None:
        return Held(as_points(x, sample_weight, dtype, missing))
    data = Streamed(source, missing)
    check_reach(data.survey, dtype)
    if float_dtype(dtype) == np.float32:
        warn_if_coarse(data.survey.low, data.survey.high)
    return data


class Held:
    """Points in memory."""

    def __init__(self, points: Points) -> None:
        self.points = points
        self.names = points.names
        self.survey = Survey.of(points)

    @property
    def bits(self) -> int:
        """A fingerprint: see Points.bits."""
        return self.points.bits

    def engine(self, k: int, covariance_type: CovarianceType, name: str, n_threads: int | None) -> Engine:
        """The E-step over these points."""
        return choose(self.points, k, covariance_type, name, n_threads)

    def begin(
        self, k: int, how: Start, covariance_type: CovarianceType, objective: Objective, rng: Generator
    ) -> Mixture:
        """The mixture that EM starts from."""
        return begin(self.points, k, how, covariance_type=covariance_type, objective=objective, rng=rng)

    def prior(self, given: Any, k: int, covariance_type: CovarianceType) -> Prior | None:
        """What `fit` was given as `prior`, checked against the points."""
        return Prior.of(given, self.points, k, covariance_type)


class Streamed:
    """Points of a source, which is surveyed first."""

    def __init__(self, source: Source, missing: bool = False) -> None:
        self.source, self.missing = source, missing
        self.survey = source.survey()
        self.n, self.d, self.total = self.survey.n, self.survey.d, self.survey.total
        self.names = source.names

    @property
    def bits(self) -> int:
        """A fingerprint: see Points.bits."""
        return self.survey.bits

    def engine(self, k: int, covariance_type: CovarianceType, name: str, n_threads: int | None) -> Engine:
        """The E-step over these points."""
        return self.source.engine(k, covariance_type, name, n_threads)

    def begin(
        self, k: int, how: Start, covariance_type: CovarianceType, objective: Objective, rng: Generator
    ) -> Mixture:
        """The mixture that EM starts from: the same as if all points were in memory."""
        if isinstance(how, str):
            seen = sample(self.source, self.survey, enough(k, self.survey.d), rng)
        elif isinstance(how, Mixture):
            seen = self.source.take(np.zeros(1, np.int64))  # it is only asked for its width
        else:
            what = "a function" if callable(how) else f"a {type(how).__name__}"
            raise InputError(
                f"start is {what}, which needs all points in memory, but x is read in blocks: give the name of a "
                f"start, or a Mixture, such as that of a fit to some of the points."
            )
        return begin(seen, k, how, covariance_type=covariance_type, objective=objective, rng=rng)

    def prior(self, given: Any, k: int, covariance_type: CovarianceType) -> Prior | None:
        """What `fit` was given as `prior`, checked against the points."""
        if not (isinstance(given, str) and given == "default"):
            return Prior.checked(given, self.survey.d, covariance_type)
        if self.missing:
            raise InputError(
                f'{named("prior")} is "default", whose mean and covariance need rows without gaps, but x is read in '
                f"blocks and {named('missing', True)}: give a Prior, such as Prior.default of some of the points."
            )
        check_varied(self.survey.low, self.survey.high)
        engine = self.source.engine(1, "full")
        mean, covariance = self.survey.low + 0.5 * (self.survey.high - self.survey.low), np.eye(self.survey.d)
        np.fill_diagonal(covariance, (self.survey.high - self.survey.low) ** 2)
        for _ in range(2):  # once about the middle; then about the mean, where nothing cancels
            one = Mixture.trusted(np.ones(1), mean[None], covariance[None], "full")
            found = engine.expect(one)
            shift = found.first[0] / found.mass[0]
            mean = mean + shift
            covariance = found.second[0] / found.mass[0] - np.outer(shift, shift)
        return Prior.about(mean, covariance, k, covariance_type)


def sample(source: Source, survey: Survey, at_most: int, rng: Generator) -> Points:
    """The points that `start.sample` would draw of these in memory, by the same random numbers."""
    if survey.support <= at_most:
        return source.take(None)
    if not survey.weighted:
        return source.take(np.sort(rng.choice(survey.n, at_most, replace=False, shuffle=False)))
    steps = np.asarray((np.arange(at_most) + rng.random()) * (survey.total / at_most), np.float64)
    drawn = source.take(source.locate(steps))
    return Points(drawn.x, names=drawn.names)


# Doors


def as_points(x: Any, sample_weight: Any, dtype: str, missing: bool = False) -> Points:
    """What `fit` was given, as points in memory whose squares can be summed."""
    if hasattr(type(x), "__dask_graph__"):
        raise InputError(
            f"x is a {type(x).__name__} of Dask's, which would be brought into memory as a whole: give some of its "
            f"rows, such as x[:100_000].compute(), or x.sample(frac=0.01).compute() of a frame."
        )
    if isinstance(x, Points):
        if sample_weight is not None:
            raise InputError(
                f"{named('sample_weight')} was given, but x is Points, which carry their own weight: give one."
            )
        same = x.x.dtype == float_dtype(dtype)
        points = x if same else Points.from_array(x.x, x.weight, names=x.names, dtype=dtype, missing=x.incomplete)
    else:
        points = Points.from_array(x, sample_weight, dtype=dtype, copy=False, missing=missing)
    survey = Survey.of(points)
    check_reach(survey, points.x.dtype)
    if points.x.dtype == np.float32 and _coarse(survey.low, survey.high).any():
        given = real(x.x if isinstance(x, Points) else x, "x", np.dtype(np.float64))[1]
        warn_if_coarse(np.fmin.reduce(given), np.fmax.reduce(given), stacklevel=5)
    return points


def check_reach(survey: Survey, dtype: Any, name: str = "x") -> None:
    """Raise InputError when the squares of the coordinates would overflow."""
    largest = max(-float(np.fmin.reduce(survey.low)), float(np.fmax.reduce(survey.high)))
    limit = LARGEST[float_dtype(dtype).str[1:]]
    if largest > limit:
        raise InputError(f"{name} reaches {largest:.3g}, and its squares would overflow (limit {limit:g}): rescale it.")


def warn_if_coarse(low: Array, high: Array, stacklevel: int = 4) -> None:
    """Warn when single precision keeps too little of a column of low..high: a small spread far from zero."""
    for column in np.flatnonzero(_coarse(low, high) & (high > low)):
        warnings.warn(
            MixturaWarning(
                f"column {column} of x spans {high[column] - low[column]:.3g} about {high[column]:.6g}, where float32 "
                f"has steps of {_step(low, high)[column]:.2g}: little of it is left. Use "
                f"{named('dtype', repr('float64'))}, or subtract an offset."
            ),
            stacklevel=stacklevel,
        )
        return


def _coarse(low: Array, high: Array) -> NDArray[np.bool_]:
    """Which columns span few steps of a float32, once rounded to it."""
    span = high.astype(np.float32).astype(np.float64) - low.astype(np.float32)
    return np.asarray(span < STEPS * _step(low, high))


def _step(low: Array, high: Array) -> NDArray[np.float32]:
    return np.spacing(np.maximum(-low, high).astype(np.float32))


def warn_if_drowned(survey: Survey, reg_covar: float, name: str = "x", stacklevel: int = 3) -> None:
    """Warn when reg_covar is above the variance of every column, so that no fit can see anything.

    stacklevel: how far up the caller is that the warning is for.
    """
    variance = float(np.fmax.reduce(survey.high - survey.low)) ** 2 / 4  # at most
    if 0 < variance < reg_covar:
        warnings.warn(
            MixturaWarning(
                f"{named('reg_covar')} is {reg_covar:g}, but no column of {name} has a variance above {variance:.3g}: "
                f"components that wide cannot be told apart. Lower {named('reg_covar')}, or rescale {name}."
            ),
            stacklevel=stacklevel,
        )
