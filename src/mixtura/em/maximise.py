"""The M-step: Statistics -> Mixture."""

from __future__ import annotations

import numpy as np

from ..arrays import Integers
from ..model.families import wide
from ..model.mixture import Mixture
from ..model.reduction import give_half, spreads
from ..model.statistics import Statistics
from .fixed import Fixed
from .prior import Prior
from .regular import NO_WIDTH, OWN, OWN_WITH_MORE, Parts, advice, check_regular, check_spread

LOST = 1e-12  # of an even share of the weight: a component with less has lost its points


def lost(statistics: Statistics) -> Integers:
    """The components that have no points left."""
    even = statistics.total / len(statistics.mass)
    return (~(statistics.mass > LOST * even)).nonzero()[0]


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
    the likelihood never falls if the current covariances have none either. Families that restrict covariances make
    theirs of what was added to, or raised.
    fixed: what stays as it is in `mixture`; the rest is the maximum under that. prior: what is known beforehand; then
    the maximum is of the posterior.
    Components that have lost their points keep their place with weight 0.
    Raises FitError when a covariance is singular.
    Source: Bishop 2006, equations 9.24 to 9.26, with moments about the current means.
    """
    family = mixture.family
    sums = statistics if prior is None else prior.added(statistics, mixture)
    gone = lost(sums)
    mass = sums.mass.copy()
    mass[gone] = 0.0  # their statistics are not used
    shift = sums.first / np.where(mass > 0, mass, 1.0)[:, None]  # (k, d)
    shift[gone] = 0.0
    if fixed is not None:
        shift[fixed.means] = 0.0  # below, the covariances are then about the means that stay
    covariances, counts = family.scatter(sums.second, mass, shift), mass
    if prior is not None:
        counts = prior.counts(sums)
        covariances *= wide(family.pooled(shift.shape[1]) * family.total(sums.mass) / counts, covariances)
    covariances = family.floored(covariances, reg_covar) if floored else family.widened(covariances, reg_covar)
    if not family.shared:
        covariances[gone] = mixture.covariances[gone]
    covariances = family.m_step(covariances, counts, mixture.covariances)
    if fixed is not None:
        covariances = family.kept(covariances, mixture.covariances, fixed.covariances)
    weights = statistics.mass.copy()
    weights[gone if sums is statistics else lost(statistics)] = 0.0
    if prior is not None:
        weights += prior.concentration - 1.0
    weights = weights / weights.sum() if fixed is None else fixed.share(weights, mixture.weights)
    means, made = mixture.means + shift, mass > 0
    if fixed is not None:
        made &= ~fixed.covariances
    plain, told = reg_covar == 0 and prior is None, advice(len(weights))
    parts = Parts(weights, means, covariances, family.name, mixture.names)
    if plain:
        check_spread(parts, steps=0.0, advice=told, made=made)
    found = Mixture.trusted(*parts[:4], names=mixture.names, remedy=f"{NO_WIDTH}. {told}")
    check_regular(found, least=OWN if plain else OWN_WITH_MORE, advice=told, made=made)
    return found


def raise_to_floor(mixture: Mixture, floor: float) -> Mixture:
    """The same mixture with every eigenvalue of its covariances at least `floor`."""
    # The smallest eigenvalue is at least 1 / trace(inverse), which is at hand.
    least = 1.0 / np.square(mixture.whitener).reshape(len(mixture.whitener), -1).sum(axis=1)
    low = np.flatnonzero(least < floor)
    if not len(low):
        return mixture
    covariances = mixture.covariances.copy()
    chosen = ... if mixture.family.coupled else low
    covariances[chosen] = mixture.family.raised(covariances[chosen], floor, mixture.weights)
    if np.array_equal(covariances, mixture.covariances):
        return mixture
    return Mixture.trusted(mixture.weights, mixture.means, covariances, mixture.covariance_type, names=mixture.names)


def split_heaviest(mixture: Mixture, count: int) -> Mixture:
    """Give the first `count` dormant components half of the heaviest ones, as `give_half` does."""
    units = spreads(mixture)
    for new in np.flatnonzero(mixture.weights == 0)[:count]:
        mixture = give_half(mixture, int(mixture.weights.argmax()), int(new), units=units)
    return mixture
