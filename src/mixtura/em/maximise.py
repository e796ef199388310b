"""The M-step: Statistics -> Mixture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import named
from ..model.mixture import Mixture
from ..model.reduction import halves
from ..model.statistics import Statistics
from .fixed import Fixed
from .prior import Prior

Array = NDArray[np.float64]
LOST = 1e-12  # of an even share of the weight: a component with less has lost its points


def lost(statistics: Statistics) -> NDArray[np.intp]:
    """The components that have no points left."""
    even = statistics.total / len(statistics.mass)
    return np.flatnonzero(~(statistics.mass > LOST * even))


def maximise(
    statistics: Statistics,
    mixture: Mixture,
    *,
    reg_covar: float = 0.0,
    floored: bool = False,
    fixed: Fixed | None = None,
    prior: Prior | None = None,
) -> Mixture:
    """The mixture that makes the statistics' points most likely, given their responsibilities.

    mixture: the one that the statistics are about. reg_covar: >= 0, in squared units of the points; it is added
    to every variance, as scikit-learn does. That is not a maximum, so the likelihood may fall. With `floored`,
    eigenvalues below reg_covar are raised to it instead: the maximum among covariances that have none below, so
    the likelihood never falls if the current covariances have none either.
    fixed: what stays as it is in `mixture`; the rest is the maximum under that. prior: what is known beforehand; then
    the maximum is of the posterior.
    Components that have lost their points keep their place with weight 0.
    Raises FitError when a covariance is singular.
    Source: Bishop 2006, equations 9.24 to 9.26, with moments about the current means.
    """
    kind = mixture.covariance_type
    sums = statistics if prior is None else prior.added(statistics, mixture)
    gone = lost(sums)
    mass = sums.mass.copy()
    mass[gone] = 1.0  # their statistics are not used
    shift = sums.first / mass[:, None]  # (k, d)
    shift[gone] = 0.0
    if fixed is not None:
        shift[fixed.means] = 0.0  # below, the covariances are then about the means that stay
    d = shift.shape[1]
    squares = shift**2  # (k, d)
    # Where a mean moves far in units of its new deviation, second / mass and the squared shift cancel; what rounding
    # leaves of them may be anything, also negative, so as much is added. It goes away as the means settle.
    rounding = 8.0 * d * np.finfo(np.float64).eps * squares
    if kind == "full":
        covariances = sums.second / mass[:, None, None] - shift[:, :, None] * shift[:, None, :]
        _add_to_diagonal(covariances, rounding)
    elif kind == "tied":
        between = (sums.mass[:, None] * shift).T @ shift
        covariances = (sums.second - between) / sums.mass.sum()
        _add_to_diagonal(covariances, sums.mass @ rounding / sums.mass.sum())
    elif kind == "diag":
        covariances = sums.second / mass[:, None] - squares + rounding
    else:
        covariances = (sums.second / mass - squares.sum(axis=1)) / d + rounding.mean(axis=1)
    if prior is not None:
        covariances *= prior.narrowing(sums)
    covariances = _floored(covariances, kind, reg_covar) if floored else _regularised(covariances, kind, reg_covar)
    if kind != "tied":
        covariances[gone] = mixture.covariances[gone]
    if fixed is not None:
        fixed.put_back(covariances, mixture.covariances, fixed.covariances, kind)
    weights = np.where(statistics.mass > 0, statistics.mass, 0.0)
    weights[lost(statistics)] = 0.0
    if prior is not None:
        weights += prior.concentration - 1.0
    return Mixture.trusted(
        weights / weights.sum() if fixed is None else fixed.share(weights, mixture.weights),
        mixture.means + shift,
        covariances,
        kind,
        names=mixture.names,
        remedy=f"the points of a component lie on a point, line or plane. Raise {named('reg_covar')} or lower "
        f"{named('n_components')}.",
    )


def raise_to_floor(mixture: Mixture, floor: float) -> Mixture:
    """The same mixture with every eigenvalue of its covariances at least `floor`."""
    # The smallest eigenvalue is at least 1 / trace(inverse), which is at hand.
    least = 1.0 / np.square(mixture.whitener).reshape(len(mixture.whitener), -1).sum(axis=1)
    low = np.flatnonzero(least < floor)
    if not len(low):
        return mixture
    covariances = mixture.covariances.copy()
    chosen = ... if mixture.covariance_type == "tied" else low
    covariances[chosen] = _floored(covariances[chosen], mixture.covariance_type, floor)
    if np.array_equal(covariances, mixture.covariances):
        return mixture
    return Mixture.trusted(mixture.weights, mixture.means, covariances, mixture.covariance_type, names=mixture.names)


def split_heaviest(mixture: Mixture, count: int) -> Mixture:
    """Give the first `count` dormant components half of the heaviest ones, as `split` does."""
    for new in np.flatnonzero(mixture.weights == 0)[:count]:
        mixture = split(mixture, int(mixture.weights.argmax()), int(new))
    return mixture


def split(mixture: Mixture, old: int, new: int) -> Mixture:
    """Give component `new` half of component `old`, apart along its longest axis.

    Weight, mean and covariance of the pair are those of the one, as far as its type holds them; tied ones keep theirs.
    """
    kind = mixture.covariance_type
    weights, means = mixture.weights.copy(), mixture.means.copy()
    covariances = mixture.covariances.copy()
    spread = covariances if kind == "tied" else covariances[old]
    axis, rest = halves(spread, means.shape[1])
    weights[new] = weights[old] = 0.5 * weights[old]
    means[new] = means[old] + axis
    means[old] -= axis
    if kind != "tied":
        covariances[new] = covariances[old] = rest
    return Mixture(weights, means, covariances, kind, names=mixture.names)


def _regularised(covariances: Array, kind: str, reg_covar: float) -> Array:
    if kind in ("full", "tied"):
        _add_to_diagonal(covariances, reg_covar)
        return covariances
    return covariances + reg_covar


def _add_to_diagonal(matrices: Array, numbers: Array | float) -> None:
    """Add numbers (..., d), or one for all, to the diagonals of matrices (..., d, d), in place."""
    diagonal = np.arange(matrices.shape[-1])
    matrices[..., diagonal, diagonal] += numbers


def _floored(covariances: Array, kind: str, floor: float) -> Array:
    if kind in ("diag", "spherical"):
        return np.maximum(covariances, floor)
    values, vectors = np.linalg.eigh(covariances)
    if (values >= floor * (1.0 - 1e-9)).all():  # up to the rounding of the eigenvalues
        return covariances
    raised = np.maximum(values, floor)
    return np.asarray((vectors * raised[..., None, :]) @ np.swapaxes(vectors, -1, -2))
