"""Information criteria: how well a mixture describes points, less a charge for its parameters. Lower is better.

With L the log likelihood of all points, p = `Mixture.n_parameters` and n the number of points (the sum of their
weights), in the sign of scikit-learn:

    aic = -2 L + 2 p                            Akaike 1974
    bic = -2 L + p ln n                         Schwarz 1978
    icl = bic - 2 sum over points of ln r       Biernacki, Celeux and Govaert 2000

where r is the largest responsibility for a point. So icl is the bic of the points together with the labels that
`predict` gives them: it is larger than bic by as much as components overlap, and prefers fewer, separate ones. (The
literature often writes bic and icl with the other sign, or half as large: there the largest is best.)

Where values are missing, L is of those that are there, and rows without any do not count.
"""

from __future__ import annotations

import functools
import math
import warnings
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from ..errors import InputError, MixturaWarning, named
from ..model.evaluate import kernels_pay, log_largest
from ..model.mixture import Mixture
from ..sources import asked
from ..sources.noise import measured
from ..sources.points import Points
from ..sources.source import Source
from .loop import Fit

Information = Literal["bic", "icl", "aic"]
BLOCK = 2**21  # responsibilities at a time


def bic(
    mixture: Mixture | Fit,
    x: Any,
    *,
    sample_weight: ArrayLike | None = None,
    missing: bool = False,
    noise_covariance: Any = None,
) -> float:
    """The Bayesian information criterion of a mixture for points; lower is better.

    Parameters
    ----------
    mixture : Mixture or Fit
        It takes the columns of x by name, if both have names. Of a Fit, `Fit.n_parameters` are counted.
    x : array_like, shape (n, d), or any other data
        As for `fit`.
    sample_weight : array_like of float, shape (n,), optional
        Weights >= 0.
    missing : bool
        Whether NaN marks missing values.
    noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
        Of the errors that the rows are measured with, as for `fit`.

    Returns
    -------
    float
        In nats, times 2.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([1.0], [[0.0]], [[[1.0]]])
    >>> round(mx.bic(mix, [[0.0], [1.0]]), 4)  # 2 ln 2 pi + 1, and 2 parameters times ln 2
    6.062
    """
    return score("bic", *_opened(mixture, x, sample_weight, missing, noise_covariance))


def aic(
    mixture: Mixture | Fit,
    x: Any,
    *,
    sample_weight: ArrayLike | None = None,
    missing: bool = False,
    noise_covariance: Any = None,
) -> float:
    """Akaike's information criterion of a mixture for points; lower is better.

    Parameters
    ----------
    mixture, x, sample_weight, missing, noise_covariance
        As for `bic`.

    Returns
    -------
    float
        In nats, times 2.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([1.0], [[0.0]], [[[1.0]]])
    >>> round(mx.aic(mix, [[0.0], [1.0]]), 4)
    8.6758
    """
    return score("aic", *_opened(mixture, x, sample_weight, missing, noise_covariance))


def icl(
    mixture: Mixture | Fit,
    x: Any,
    *,
    sample_weight: ArrayLike | None = None,
    missing: bool = False,
    noise_covariance: Any = None,
) -> float:
    """The integrated completed likelihood of a mixture for points, as a criterion: lower is better.

    It is the bic, plus a penalty for points that no component has to itself.

    Parameters
    ----------
    mixture, x, sample_weight, missing, noise_covariance
        As for `bic`.

    Returns
    -------
    float
        In nats, times 2.

    Examples
    --------
    >>> import mixtura as mx
    >>> apart = mx.Mixture([0.5, 0.5], [[0.0], [99.0]], [[[1.0]], [[1.0]]])
    >>> mx.icl(apart, [[0.0], [99.0]]) == mx.bic(apart, [[0.0], [99.0]])
    True
    """
    return score("icl", *_opened(mixture, x, sample_weight, missing, noise_covariance))


def from_likelihood(criterion: Information, log_likelihood: float, n_parameters: int, n: float) -> float:
    """Bic or aic from the log likelihood of all points; of icl what is bic in it."""
    price = 2.0 if criterion == "aic" else float(np.log(n))
    return -2.0 * log_likelihood + n_parameters * price


def score(criterion: Information, mixture: Mixture, source: Source, n_parameters: int | None = None) -> float:
    """The criterion of a mixture for the points of a source. n_parameters: by default all that it has."""
    warn_if_light(source, stacklevel=3)
    likelihood = log_likelihood(mixture, source)
    parameters = mixture.n_parameters if n_parameters is None else n_parameters
    value = from_likelihood(criterion, likelihood, parameters, source.survey().total)
    return value + overlap(mixture, source) if criterion == "icl" else value


def warn_if_light(source: Source, *, stacklevel: int) -> None:
    """Warn where the weights sum to so little that the logarithm of their sum is no price of a parameter."""
    survey = source.survey()
    if survey.weighted and survey.total <= max(survey.d, math.e):
        warnings.warn(
            MixturaWarning(
                f"{named('sample_weight')} sums to {survey.total:.4g}, which criteria take as the number of points: so "
                f"few cost no parameter its price (ln {survey.total:.4g} each in bic). Multiply "
                f"{named('sample_weight')}, so that it sums to the number of observations."
            ),
            stacklevel=stacklevel + 1,
        )


def log_likelihood(mixture: Mixture, source: Source) -> float:
    """The sum of weight times log density; of what is observed, where values are missing."""
    return float(source.summed(functools.partial(_log_likelihood, mixture=mixture)))


def overlap(mixture: Mixture, source: Source) -> float:
    """What icl charges beyond bic: -2 ln of the largest responsibility, summed over the points."""
    if mixture.n_components == 1:
        return 0.0
    return float(source.summed(functools.partial(_overlap, mixture=mixture)))


def _log_likelihood(points: Points, *, mixture: Mixture) -> float:
    return _weighted(points, mixture.log_density(points, missing=True))


def _overlap(points: Points, *, mixture: Mixture) -> float:
    if not points.incomplete and points.noise is None and not kernels_pay(mixture, points.x):
        found = -2.0 * _weighted(points, log_largest(mixture, points.x))
        if np.isfinite(found):  # else some point is out of reach, which is told below
            return found
    total = 0.0
    for block in points.blocks(max(1, BLOCK // mixture.n_components)):
        largest = np.log(mixture.responsibilities(block, missing=True).max(axis=1))
        total -= 2.0 * _weighted(block, largest)
    return total


def _weighted(points: Points, values: Array) -> float:
    return float(values.sum() if points.weight is None else points.weight.astype(np.float64) @ values)


def _opened(given: Any, x: Any, sample_weight: Any, missing: bool, noise: Any) -> tuple[Mixture, Source, int]:
    """What `score` is asked."""
    mixture = given.mixture if isinstance(given, Fit) else given
    if not isinstance(mixture, Mixture):
        raise InputError(f"mixture is a {type(mixture).__name__}: give a Mixture, such as fit.mixture.")
    source = asked(x, sample_weight, like=mixture.names, missing=missing)
    d = source.survey().d
    if d != mixture.n_coordinates:
        raise InputError(f"x has {d} columns, the mixture has {mixture.n_coordinates} coordinates.")
    return mixture, source if noise is None else measured(source, noise), given.n_parameters
