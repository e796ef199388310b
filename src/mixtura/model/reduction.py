"""Fewer components or more: merging, splitting, and the reduction of many to a few, all of which keep the moments.

What is kept is what the covariance type can hold: full ones keep mean and covariance of the whole mixture; diagonal
ones its mean and variances; spherical ones its mean and total variance. A component that differs from the others does
not fit into tied covariances, so these become full.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import index, is_finite, is_whole, members
from ..errors import FitError, InputError, named
from . import pairs
from .families import Family, wide

if TYPE_CHECKING:
    from .mixture import Mixture

Array = NDArray[np.float64]
TOO_FAR = "the components merged into it lie too far apart for double precision. Merge nearer ones."
ROUNDS = 30  # of moving components between groups
ALIKE = 1 - 1e-4  # of the largest squared length: axes that are as long, up to rounding in single precision too
GAIN = 1e-9  # nats of weight: a move that gains less is rounding


def merge(mixture: Mixture, components: ArrayLike) -> Mixture:
    """One component with the moments of the chosen ones, at the place of the lowest; the others stay in order."""
    chosen = members(components, mixture.n_components)
    first = int(chosen.min())
    groups = np.arange(mixture.n_components)
    groups[chosen] = first
    return _grouped(mixture, np.unique(groups, return_inverse=True)[1])


def split(mixture: Mixture, component: int, distance: float) -> Mixture:
    """One component split into halves, `distance` standard deviations to either side along its longest axis.

    Law: merging the two gives the component back.
    """
    component = index(component, mixture.n_components, "component", "components")
    if not is_finite(distance) or not 0 < distance < 1:
        raise InputError(f"distance is {distance!r}: give standard deviations, more than 0 and less than 1.")
    k = mixture.n_components
    return give_half(padded(_uncoupled(mixture), k + 1), component, k, distance)


def grown(mixture: Mixture, k: int, among: NDArray[np.bool_], distance: float = 0.5) -> Mixture:
    """Components split, the heaviest first (of several the first), until there are k; new ones come last.

    What `split` makes, one after the other, in O(k log k). among: (k0,) which may be split, and their halves then.
    """
    mixture = _uncoupled(mixture)
    had, d = mixture.means.shape
    weights, means = np.resize(mixture.weights, k), np.resize(mixture.means, (k, d))
    spreads = np.resize(mixture.covariances, (k, *mixture.covariances.shape[1:]))
    heaviest = [(-weights[i], i) for i in np.flatnonzero(among).tolist()]
    heapq.heapify(heaviest)
    for new in range(had, k):
        old = heaviest[0][1]
        axis, rest = halves(spreads[old], d, distance)
        weights[new] = weights[old] = 0.5 * weights[old]
        means[new] = means[old] + axis
        means[old] -= axis
        spreads[new] = spreads[old] = rest
        heapq.heapreplace(heaviest, (-weights[old], old))
        heapq.heappush(heaviest, (-weights[new], new))
    return type(mixture)(weights, means, spreads, mixture.covariance_type, names=mixture.names)


def padded(mixture: Mixture, k: int) -> Mixture:
    """The same mixture with components of weight 0 added, copies of the heaviest, until there are k."""
    more = k - mixture.n_components
    rows = np.append(np.arange(mixture.n_components), np.full(more, mixture.weights.argmax()))
    weights = np.append(mixture.weights, np.zeros(more))
    spreads = mixture.family.take(mixture.covariances, rows).copy()
    return type(mixture).trusted(weights, mixture.means[rows], spreads, mixture.covariance_type, names=mixture.names)


def give_half(mixture: Mixture, old: int, new: int, distance: float = 0.5, units: Array | None = None) -> Mixture:
    """Component `new` becomes one half of component `old`, `distance` standard deviations away along its longest axis.

    Weight, mean and covariance of the pair are those of the one, as far as its family holds them; coupled covariances
    stay as they are. units: of the coordinates, (d,), in which an axis is long.
    """
    kept = mixture.family
    weights, means, spreads = mixture.weights.copy(), mixture.means.copy(), mixture.covariances.copy()
    stack = kept.stack(spreads)
    one = 0 if kept.shared else old
    axis, rest = halves(stack[one], means.shape[1], distance, units)
    weights[new] = weights[old] = 0.5 * weights[old]
    means[new] = means[old] + axis
    means[old] -= axis
    if not kept.shared:
        spreads[new] = spreads[old] = spreads[old] if kept.coupled else rest
    return type(mixture)(weights, means, spreads, mixture.covariance_type, names=mixture.names)


def spreads(mixture: Mixture) -> Array:
    """(d,) the standard deviation of each coordinate; 1 where it is 0."""
    within = np.square(mixture.lower)
    within = within.sum(axis=-1) if within.ndim == 3 else within  # (k, d), or (1, d)
    variances = mixture.weights @ (within + np.square(mixture.means - mixture.mean()))
    return np.asarray(np.where(variances > 0, np.sqrt(variances), 1.0))


def halves(spread: Array, d: int, distance: float = 0.5, units: Array | None = None) -> tuple[Array, Array]:
    """(axis (d,), rest): N(m, S) is nearly the mean of N(m + axis, rest) and N(m - axis, rest), and has their moments.

    spread: one component's matrix (d, d), variances (d,) or variance (); rest has its shape. axis: `distance` standard
    deviations along the longest axis. units: of the coordinates, in which it is long.
    """
    units = np.ones(d) if units is None else units
    if spread.ndim == 2:
        values, vectors = np.linalg.eigh(spread / np.outer(units, units))
        vectors = vectors[:, values >= ALIKE * values[-1]]
        first = _first(np.square(vectors).sum(axis=1))
        longest = vectors @ vectors[first]  # what is nearest to that coordinate, and in its direction
        axis = distance * np.sqrt(values[-1]) * units * longest / np.linalg.norm(longest)
        return axis, spread - np.outer(axis, axis)
    variances = np.broadcast_to(spread, (d,))
    axis = np.zeros(d)
    longest = _first(spread / units**2) if spread.ndim else 0
    axis[longest] = distance * np.sqrt(variances[longest])
    return axis, np.asarray(spread - (axis**2 if spread.ndim else axis @ axis / d))


def _first(lengths: Array) -> int:
    """The first of the longest, which rounding may not choose among."""
    return int((lengths >= ALIKE * lengths.max()).argmax())


def reduce(mixture: Mixture, n_components: int) -> Mixture:
    """A mixture of `n_components` that stands for a larger one; what is lost is bounded, and the bound made small.

    Every component joins a group, every group is merged. By the convexity of KL, mixture || result is at most the sum
    over components of weight times KL(component || its group). Groups begin one by one; the two whose union adds least
    to that sum are united (Runnalls 2007), again and again. Then components move to the group with the least KL, and
    groups are merged anew, while that sum falls (Goldberger and Roweis 2004).
    Cost: O(k^2 d^3) time, O(k^2) memory.
    """
    if not is_whole(n_components) or not 1 <= n_components <= mixture.n_components:
        raise InputError(
            f"{named('n_components')} is {n_components!r}: a mixture of {mixture.n_components} is reduced to a whole "
            f"number from 1 to {mixture.n_components}."
        )
    if n_components == mixture.n_components:
        return mixture
    awake = mixture.weights > 0
    if not awake.all():
        mixture = mixture.subset(awake)
        if mixture.n_components <= n_components:
            return mixture
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            groups = _united(mixture, int(n_components))
    except np.linalg.LinAlgError:
        raise FitError(f"a covariance became singular: {TOO_FAR}") from None
    found = kept = _grouped(mixture, groups)
    lost = np.inf
    for _ in range(ROUNDS):
        table = pairs.divergences(mixture, found)
        here = float(mixture.weights @ table[np.arange(len(groups)), groups])
        if not here < lost - GAIN:
            break
        lost, kept = here, found
        groups = table.argmin(axis=1)
        if len(np.unique(groups)) < n_components:  # a group has lost its last member
            break
        found = _grouped(mixture, groups)
    return kept


def _uncoupled(mixture: Mixture) -> Mixture:
    """The same mixture, of the family in which each component has a covariance of its own."""
    kept, spreads = mixture.family.uncoupled, mixture.family.separate(mixture.covariances, mixture.n_components)
    return type(mixture).trusted(mixture.weights, mixture.means, spreads, kept.name, names=mixture.names)


def _grouped(mixture: Mixture, groups: NDArray[np.intp]) -> Mixture:
    """Each group merged into one. groups: (k,) numbers from 0, all in use."""
    if len(np.unique(groups)) == mixture.n_components:
        return mixture.subset(np.argsort(groups))
    kept, spreads = mixture.family.uncoupled, mixture.family.separate(mixture.covariances, mixture.n_components)
    n = int(groups.max()) + 1
    weights = np.bincount(groups, mixture.weights, n).astype(np.float64)
    even = np.bincount(groups, minlength=n)
    dormant = (weights == 0)[groups]  # they count alike
    shares = np.where(dormant, 1.0 / even[groups], mixture.weights / np.where(dormant, 1.0, weights[groups]))
    means, covariances = np.zeros((n, mixture.n_coordinates)), np.zeros((n, *spreads.shape[1:]))
    anchor = mixture.means[np.unique(groups, return_index=True)[1]]  # of each group: digits are kept about it
    np.add.at(means, groups, shares[:, None] * (mixture.means - anchor[groups]))
    away = mixture.means - anchor[groups] - means[groups]
    np.add.at(covariances, groups, wide(shares, spreads) * (spreads + _scatter(away, kept)))
    if kept.triangular:
        covariances = 0.5 * (covariances + np.swapaxes(covariances, 1, 2))
    return type(mixture).trusted(weights, anchor + means, covariances, kept.name, names=mixture.names, remedy=TOO_FAR)


def _scatter(away: Array, kept: Family) -> Array:
    """The covariances that have the squares of (n, d) vectors."""
    return kept.moments(np.ones((len(away), 1)), away[:, None]) / kept.pooled(away.shape[1])


def _united(mixture: Mixture, count: int) -> NDArray[np.intp]:
    """(k,) groups 0 to count - 1, from uniting the two groups that lie nearest in Runnalls' sense, one by one."""
    k, kept = mixture.n_components, mixture.family.uncoupled
    spreads = mixture.family.separate(mixture.covariances, k).copy()
    weights, means = mixture.weights.copy(), mixture.means.copy()
    logs = pairs.log_determinants(mixture).copy()
    groups = np.arange(k)
    alive = np.ones(k, dtype=bool)

    def added(i: int, others: NDArray[np.intp]) -> Array:
        """Twice what uniting i with each of the others adds to the sum."""
        joined = _log_determinants(*_union(weights, means, spreads, i, others), kept)
        return np.asarray(weights[i] * (joined - logs[i]) + weights[others] * (joined - logs[others]))

    cost = np.full((k, k), np.inf)  # above the diagonal: i < j
    for i in range(k - 1):
        cost[i, i + 1 :] = added(i, np.arange(i + 1, k))
    best = cost.argmin(axis=1)
    least = cost[np.arange(k), best]
    for _ in range(k - count):
        i = int(least.argmin())
        j = int(best[i])
        if not np.isfinite(least[i]):
            raise FitError(f"a squared distance overflows: {TOO_FAR}")
        within, apart = _union(weights, means, spreads, i, np.array([j]))
        logs[i] = _log_determinants(within, apart, kept)[0]
        spreads[i] = (within + _scatter(apart, kept))[0]
        total = weights[i] + weights[j]
        means[i] += weights[j] / total * (means[j] - means[i])
        weights[i] = total
        groups[groups == j] = i
        alive[j] = False
        cost[j, :] = cost[:, j] = np.inf
        others = np.flatnonzero(alive & (np.arange(k) != i))
        fresh = added(i, others)
        before = others < i
        cost[others[before], i] = fresh[before]
        cost[i, others[~before]] = fresh[~before]
        stale = np.flatnonzero((best == j) | (best == i) | (np.arange(k) == i) | (cost[:, i] < least))
        best[stale] = cost[stale].argmin(axis=1)
        least[stale] = cost[stale, best[stale]]
        least[~alive] = np.inf
    return np.unique(groups, return_inverse=True)[1]


def _union(weights: Array, means: Array, spreads: Array, i: int, others: NDArray[np.intp]) -> tuple[Array, Array]:
    """The covariance of i together with each of the others: within them, and the vector whose squares are between."""
    total = weights[i] + weights[others]
    a, b = weights[i] / total, weights[others] / total
    within = wide(a, spreads) * spreads[i] + wide(b, spreads) * spreads[others]
    return within, np.sqrt(a * b)[:, None] * (means[others] - means[i])


def _log_determinants(within: Array, apart: Array, kept: Family) -> Array:
    """(n,) ln det of `within` and the squares of `apart`, however far apart."""
    if not kept.triangular:
        logs = np.log(within + _scatter(apart, kept))
        return np.asarray(kept.pooled(apart.shape[1]) * logs.sum(axis=tuple(range(1, logs.ndim))))
    factor = np.linalg.cholesky(within)
    z = np.linalg.solve(factor, apart[:, :, None])
    pivots = np.diagonal(factor, axis1=1, axis2=2)
    return np.asarray(2.0 * np.log(pivots).sum(axis=1) + np.log1p(np.square(z).sum(axis=(1, 2))))
