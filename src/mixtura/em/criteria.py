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

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError, named
from ..model.mixture import Mixture
from ..model.points import Points

Criterion = Literal["bic", "aic", "icl"]
BLOCK = 2**21  # responsibilities at a time


def bic(
    mixture: Mixture, x: ArrayLike | Points, *, sample_weight: ArrayLike | None = None, missing: bool = False
) -> float:
    """The Bayesian information criterion of a mixture for points; lower is better.

    x: (n, d) numbers, or Points. sample_weight: (n,) >= 0. missing: NaN marks a missing value.

    >>> import mixtura as mx
    >>> mix = mx.Mixture([1.0], [[0.0]], [[[1.0]]])
    >>> round(mx.bic(mix, [[0.0], [1.0]]), 4)  # 2 ln 2 pi + 1, and 2 parameters times ln 2
    6.062
    """
    points = _points(mixture, x, sample_weight, missing)
    return from_likelihood("bic", log_likelihood(mixture, points), mixture.n_parameters, points.total)


def aic(
    mixture: Mixture, x: ArrayLike | Points, *, sample_weight: ArrayLike | None = None, missing: bool = False
) -> float:
    """Akaike's information criterion of a mixture for points; lower is better. Arguments as for `bic`.

    >>> import mixtura as mx
    >>> mix = mx.Mixture([1.0], [[0.0]], [[[1.0]]])
    >>> round(mx.aic(mix, [[0.0], [1.0]]), 4)
    8.6758
    """
    points = _points(mixture, x, sample_weight, missing)
    return from_likelihood("aic", log_likelihood(mixture, points), mixture.n_parameters, points.total)


def icl(
    mixture: Mixture, x: ArrayLike | Points, *, sample_weight: ArrayLike | None = None, missing: bool = False
) -> float:
    """The integrated completed likelihood of a mixture for points, as a criterion: lower is better.

    That is bic and a charge for points that no component has to itself. Arguments as for `bic`.

    >>> import mixtura as mx
    >>> apart = mx.Mixture([0.5, 0.5], [[0.0], [99.0]], [[[1.0]], [[1.0]]])
    >>> mx.icl(apart, [[0.0], [99.0]]) == mx.bic(apart, [[0.0], [99.0]])
    True
    """
    points = _points(mixture, x, sample_weight, missing)
    score = from_likelihood("bic", log_likelihood(mixture, points), mixture.n_parameters, points.total)
    return score + overlap(mixture, points)


def from_likelihood(criterion: Literal["bic", "aic"], log_likelihood: float, n_parameters: int, n: float) -> float:
    """bic or aic from the log likelihood of all points."""
    price = 2.0 if criterion == "aic" else float(np.log(n))
    return -2.0 * log_likelihood + n_parameters * price


def log_likelihood(mixture: Mixture, points: Points) -> float:
    """The sum of weight times log density; of what is observed, where values are missing."""
    logs = mixture.log_density(points.x, missing=True)
    return float(logs.sum() if points.weight is None else points.weight.astype(np.float64) @ logs)


def overlap(mixture: Mixture, points: Points) -> float:
    """What icl charges beyond bic: -2 ln of the largest responsibility, summed over the points."""
    total = 0.0
    for block in points.blocks(max(1, BLOCK // mixture.n_components)):
        largest = np.log(mixture.responsibilities(block.x, missing=True).max(axis=1))
        total -= 2.0 * float(largest.sum() if block.weight is None else block.weight.astype(np.float64) @ largest)
    return total


def _points(mixture: Any, x: Any, sample_weight: Any, missing: bool) -> Points:
    if not isinstance(mixture, Mixture):
        raise InputError(f"mixture is a {type(mixture).__name__}: give a Mixture, such as fit.mixture.")
    if isinstance(x, Points) and sample_weight is not None:
        raise InputError(
            f"{named('sample_weight')} was given, but x is Points, which carry their own weight: give one."
        )
    points = x if isinstance(x, Points) else Points.from_array(x, sample_weight, copy=False, missing=missing)
    if points.d != mixture.n_coordinates:
        raise InputError(f"x has {points.d} columns, the mixture has {mixture.n_coordinates} coordinates.")
    return points
