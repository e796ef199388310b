"""The door to clusters: components of a mixture united two by two, those first between which points are least decided.

With t the responsibilities, the entropy of an assignment of points to clusters is -sum of t ln t. Uniting the clusters
a and b lowers it by the sum over points of

    f(s, t) = (s + t) ln (s + t) - s ln s - t ln t,

s and t being their responsibilities. Each time those two are united for which that is largest, so each level has the
least entropy that can be had from the one before (Baudry et al. 2010, section 3).

A pass over the points tells f of all pairs at once. f is monotone, and concave in each argument with f(0, t) = 0, so

    max(f(a, c), f(b, c)) <= f(a + b, c) <= f(a, c) + f(b, c):

what is known of a and b bounds what there is to know of both together. Only where these bounds leave more than one pair
in question do the points have to be asked again, and once in the end for the entropies: so points that are read in
blocks need far fewer passes than there are components, and no memory but that of a block and of (k, k) numbers.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array, Integers
from ..checks import index
from ..errors import InputError, named
from ..model import evaluate, pairs
from ..model.gaussian import Gaussians
from ..model.mixture import Mixture
from ..sources import asked
from ..sources.noise import measured
from ..sources.points import Points
from ..sources.source import Source
from .background import NOISE
from .clusters import Clusters
from .loop import Fit

BLOCK = 2**21  # responsibilities at a time
TINY = float(np.finfo(np.float64).tiny)
LIGHT = 0.5  # points: components of less have none of their own


def combine(
    fit: Fit | Mixture,
    x: Any,
    *,
    sample_weight: ArrayLike | None = None,
    missing: bool = False,
    noise_covariance: Any = None,
    background: int | None = None,
) -> Clusters:
    """Combine the components of a mixture into clusters, by the entropy of the assignment of points to them.

    A cluster that is no Gaussian is described by several components. Those that share points are united, two by two,
    until one cluster is left: all numbers of clusters are levels of one hierarchy.

    Parameters
    ----------
    fit : Fit or Mixture
        What was fitted. The background of a fit with noise is no part of any cluster.
    x : array_like, shape (n, d), or any other data
        The points, as for `fit`; the mixture takes columns by name. What is read in blocks is read some times, never
        more than k + 1.
    sample_weight : array_like of float, shape (n,), optional
        Weights >= 0.
    missing : bool
        Whether NaN marks missing values; a point's responsibilities are then those given the rest of its row.
    noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
        Of the errors that the rows are measured with, as for `fit`.
    background : int, optional
        The component of a mixture that is a background; by default the one that the fit has.

    Returns
    -------
    Clusters
        The hierarchy, the entropy of each level, and a suggested number.

    Raises
    ------
    InputError
        If an argument is malformed.

    Notes
    -----
    The entropy of n points is -sum of t ln t over their responsibilities t for the clusters. Uniting two clusters never
    raises it; at each level those two are united that lower it most. Components that share no points are united
    last, the nearest first by Kullback-Leibler divergence. Components of less than half a point are no clusters at
    first, but part of that which they overlap with most.

    The cost is that of the responsibilities, as often as points have to be asked: see `Clusters` for the suggested
    number.

    References
    ----------
    Baudry, Raftery, Celeux, Lo and Gottardo 2010, "Combining mixture components for clustering", Journal of
    Computational and Graphical Statistics 19.

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> import mixtura as mx
    >>> x, _ = make_moons(400, noise=0.05, random_state=0)
    >>> clusters = mx.combine(mx.fit(x, 8, rng=0), x)
    >>> clusters
    <Clusters of 8 components: 2 suggested>
    >>> clusters.predict(x[:5])
    array([1, 0, 0, 1, 0])
    """
    mixture: Any = fit
    if isinstance(fit, Fit):
        mixture = fit.mixture
        background = fit.background if background is None else background
    if not isinstance(mixture, Mixture):
        raise InputError(f"{named('fit')} is a {type(fit).__name__}: give a Fit or a Mixture.")
    if background is not None:
        background = index(background, mixture.n_components, "background", "components")
    source = asked(x, sample_weight, like=mixture.names, missing=missing)
    d = source.survey().d
    if d != mixture.n_coordinates:
        raise InputError(f"x has {d} columns, the mixture has {mixture.n_coordinates} coordinates.")
    source = source if noise_covariance is None else measured(source, noise_covariance)
    if not isinstance(source, Points):
        return united(mixture, source, background)
    with evaluate.placed(mixture, source.x, "x[{}]", source.noise):
        return united(mixture, source, background)


def united(
    mixture: Mixture, source: Source, background: int | None = None, *, asked_of: Gaussians | None = None
) -> Clusters:
    """The clusters of a mixture's components over the points of a source.

    asked_of: whose responsibilities decide, by default the mixture's.
    """
    gaussians = mixture if asked_of is None else asked_of
    if isinstance(source, Points):
        source = source.take(None)
    survey, k = source.survey(), mixture.n_components
    inside = np.arange(k) != (-1 if background is None else background)
    if not inside.any():
        raise InputError("the mixture has no component beside its background: there is nothing to combine.")
    group = np.where(inside, np.arange(k), NOISE)
    overlaps, mass = _overlaps(gaussians, source, group, np.flatnonzero(inside))
    tree = _Tree(gaussians, source, group, overlaps, pairs.divergences(mixture, mixture))
    light = inside & (mass < LIGHT * survey.total / survey.support)
    if light.any() and not light[inside].all():
        for component in np.flatnonzero(light).tolist():
            tree.unite(tree.best(component, np.flatnonzero(inside & ~light)), component)
    first = tree.group.copy()
    merges = tree.merges()
    told: dict[str, Any] = {"gaussians": gaussians, "first": first, "merges": merges, "background": background}
    sums = source.summed(functools.partial(_levels, **told))
    entropies = np.cumsum(np.append(sums[0], sums[:0:-1]))
    points = mass[:, None] + mass
    seams = overlaps / np.where(points > 0, points, 1.0) / np.log(2.0)
    return Clusters(mixture, first, tuple(merges), entropies, *_seams(seams, first, merges), background)


def _seams(table: Array, first: Integers, merges: list[tuple[int, int]]) -> tuple[Array, Array]:
    """The seam of each union, and the strongest of all clusters before it. table: (k, k) those of components."""
    joined, between = np.zeros((2, len(merges)))
    alone = first == np.arange(len(table))
    table = np.where(alone & alone[:, None], table, 0.0)
    for number, (kept, gone) in enumerate(merges):
        joined[number], between[number] = table[kept, gone], table.max()
        table[kept] = table[:, kept] = np.maximum(table[kept], table[gone])
        table[gone] = table[:, gone] = table[kept, kept] = 0.0
    return joined, between


class _Tree:
    """Clusters that are united, and what is known of how far they overlap.

    group: (k,) the cluster of each component, by one of its components. overlaps, apart: (k, k) how far
    components overlap; and how far they are apart, one from the other.
    """

    def __init__(self, gaussians: Gaussians, source: Source, group: Integers, overlaps: Array, apart: Array) -> None:
        self.gaussians, self.source = gaussians, source
        self.group = group.copy()
        self.low, self.high = overlaps.copy(), overlaps.copy()
        self.changed: set[int] = set()  # clusters of whose overlaps the bounds alone are known
        self.near = np.minimum(apart, apart.T)

    def _score(self, rows: Any, columns: Any) -> Array:
        """What decides: the overlap, or how near those are that have none."""
        some = self.high[rows, columns] > 0
        return np.asarray(np.where(some, self.low[rows, columns], -self.near[rows, columns]))

    def best(self, component: int, others: Integers) -> int:
        """Which of the others a cluster belongs to most."""
        return int(others[self._score(component, others).argmax()])

    def unite(self, kept: int, gone: int) -> None:
        """One cluster of two, of whose overlaps the bounds are known."""
        self.group[self.group == gone] = kept
        for table, union in ((self.low, np.maximum), (self.high, np.add), (self.near, np.minimum)):
            table[kept] = table[:, kept] = union(table[kept], table[gone])
        self.changed = (self.changed | {kept}) - {gone}

    def look(self) -> None:
        """Ask the points how far those clusters overlap of which that is not known."""
        changed = np.array(sorted(self.changed))
        found, _ = _overlaps(self.gaussians, self.source, self.group, changed)
        for table in (self.low, self.high):
            table[changed], table[:, changed] = found[changed], found[:, changed]
        self.changed = set()

    def merges(self) -> list[tuple[int, int]]:
        """Unite clusters two by two until one is left; the lower of a pair goes on."""
        found = []
        active = np.unique(self.group[self.group != NOISE]).tolist()
        while len(active) > 1:
            rows, columns = (np.array(active)[side] for side in np.triu_indices(len(active), 1))
            score = self._score(rows, columns)
            best = int(score.argmax())
            rivals = self.high[rows, columns] > max(score[best], 0.0)
            rivals[best] = False
            if rivals.any() and self.changed:
                self.look()
                continue
            kept, gone = int(rows[best]), int(columns[best])
            found.append((kept, gone))
            self.unite(kept, gone)
            active.remove(gone)
        return found


def _overlaps(gaussians: Gaussians, source: Source, group: Integers, some: Integers) -> tuple[Array, Array]:
    """(k, k) the sum over points of f for pairs of a cluster of `some` and any, else 0; and (k,) the mass of each.

    group: see `_Tree`.
    """
    found = np.asarray(source.summed(functools.partial(_overlaps_in, gaussians=gaussians, group=group, some=some)))
    return found[:-1] + found[:-1].T, found[-1]


def _overlaps_in(points: Points, *, gaussians: Gaussians, group: Integers, some: Integers) -> Array:
    """Each pair in one of its two places; and a row of masses."""
    from scipy.sparse import csr_array

    k = len(group)
    there = np.flatnonzero(group != NOISE)
    union = csr_array((np.ones(len(there)), (there, group[there])), shape=(k, k))
    out = np.zeros((k + 1, k))
    for block in points.blocks(max(1, BLOCK // k)):
        shares = csr_array(evaluate.sparse_responsibilities(gaussians, block.x, noise=block.noise) @ union)
        columns, counts = shares.tocsc(), block.counts
        out[-1] += shares.T @ counts
        wanted = np.ones(k, bool)
        for one in some:
            wanted[one] = False  # itself, and what comes after it has been a pair with it
            here = slice(*columns.indptr[one : one + 2])
            rows = shares[columns.indices[here]]
            chosen = wanted[rows.indices]
            other, count = rows.indices[chosen], np.diff(rows.indptr)
            own, weight = (
                np.repeat(each, count)[chosen] for each in (columns.data[here], counts[columns.indices[here]])
            )
            out[one] += np.bincount(other, weight * _gain(own, rows.data[chosen]), k)
    return out


def _gain(s: Array, t: Array) -> Array:
    """f(s, t), for positive numbers, without cancellation."""
    small, large = np.minimum(s, t), np.maximum(s, t)
    ratio = small / large
    both = np.log1p(ratio)
    return np.asarray(large * both + small * (both - np.log(np.maximum(ratio, TINY))))


def _levels(
    points: Points, *, gaussians: Gaussians, first: Integers, merges: list[tuple[int, int]], background: int | None
) -> Array:
    """The entropy of one cluster beside a background, and what each union took off. first: the clusters at first."""
    out = np.zeros(1 + len(merges))
    joined = [(int(host), part) for part, host in enumerate(first) if host not in (part, NOISE)]
    for block in points.blocks(max(1, BLOCK // gaussians.n_components)):
        shares, counts = evaluate.responsibilities(gaussians, block.x, noise=block.noise).T.copy(), block.counts
        for host, part in joined:
            shares[host] += shares[part]
        for number, (kept, gone) in enumerate(merges, 1):
            both = (shares[kept] > 0) & (shares[gone] > 0)
            out[number] += counts[both] @ _gain(shares[kept, both], shares[gone, both])
            shares[kept] += shares[gone]
        if background is not None:
            left = shares[[first[first != NOISE].min(), background]]
            out[0] -= counts @ (left * np.log(np.maximum(left, TINY))).sum(axis=0)
    return out
