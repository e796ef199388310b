"""The labels of scikit-learn's KMeans, draw for draw, in less time.

The same random_state draws the same seeds, from which Lloyd's iterations go to the same end: where a mixture begins.
Which centre is nearest is the same however it is rounded, unless a row is tied; where one is, or a cluster loses its
rows, all is done again with scikit-learn's order of sums: in small tables here, in others by it.

Sources: Arthur and Vassilvitskii 2007 (k-means++; greedy as in their section 7); Lloyd 1982. The rules for what they
leave open (how many draws, empty clusters, where it ends) are scikit-learn's.
"""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from ..arrays import Floats, Integers
from ..kernels.lloyd import Assigned
from ..kernels.threads import single_blas, wanted

SMALL = 2**15  # rows times clusters and columns up to which scikit-learn's fixed costs are most of its time
TINY = 2**11  # up to which single precision saves nothing
MIDDLING = 1e-12, 1e12  # variances whose squares, and those of rows far out, single precision has
MAX_ITER = 300
TOL = 1e-4  # of the columns' mean variance: the centres' squared movement at which the iterations end


@single_blas()
def labels_of_kmeans(
    x: Floats, weight: Floats | None, k: int, random: np.random.RandomState, n_threads: int | None = None
) -> Integers:
    """(n,) the labels of ``KMeans(k, n_init=1, random_state=random)`` for rows (n, d) with weights > 0."""
    counts = np.ones(len(x), x.dtype) if weight is None else weight
    if k == 1:
        random.choice(len(x), p=counts / counts.sum())
        return np.zeros(len(x), np.intp)
    size, away = len(x) * (k + x.shape[1]), x - x.mean(axis=0)
    variance = float(np.vdot(away, away)) / x.size
    limit = TOL * variance
    if x.dtype != np.float64 and size > SMALL:
        return _of_scikit_learn(x, weight, k, random, n_threads)
    state = random.get_state()
    seeds = _seeds(away, counts, k, random)
    if x.dtype == np.float64 and size > TINY:
        unit = _unit(variance)
        found = _by_products(away if unit == 1.0 else away * unit, counts, seeds, limit * unit**2, n_threads)
        if found is not None:
            return found
    if size > SMALL:
        random.set_state(state)
        return _of_scikit_learn(x, weight, k, random, n_threads)
    labels, sizes = _lloyd(away, counts, seeds, limit)
    some = int(np.count_nonzero(sizes))
    if some < k:
        warnings.warn(
            f"Number of distinct clusters ({some}) found smaller than n_clusters ({k}). Possibly due to duplicate "
            f"points in X.",
            ConvergenceWarning,
            stacklevel=2,
        )
    return labels


def _of_scikit_learn(
    x: Floats, weight: Floats | None, k: int, random: np.random.RandomState, n_threads: int | None
) -> Integers:
    from sklearn import config_context
    from sklearn.cluster import KMeans

    few = nullcontext() if n_threads is None else threadpool_limits(wanted(n_threads), user_api="openmp")
    with few, config_context(skip_parameter_validation=True):  # they are ours, and sound
        labels: Integers = KMeans(n_clusters=k, n_init=1, random_state=random).fit(x, sample_weight=weight).labels_
    return labels


def _unit(variance: float) -> float:
    """A power of 2 by which columns of this variance are of a size whose squares single precision has."""
    low, high = MIDDLING
    if low < variance < high or not variance > np.finfo(float).tiny:
        return 1.0
    return float(np.ldexp(1.0, -round(np.log2(variance) / 2)))


def _by_products(
    x: Floats, weight: Floats, seeds: Integers, limit: float, n_threads: int | None = None
) -> Integers | None:
    """(n,) labels of rows about their mean, from some rows as seeds; None where rounding decides, or one is left alone.

    limit: the centres' squared movement at which the iterations end.
    """
    k, centres = len(seeds), x[seeds]
    table = Assigned(x, weight, k, n_threads)
    for _ in range(MAX_ITER):
        changed = table.assign(centres)
        sums = table.sums[:k]
        if table.tied or not sums[:, 0].all():
            return None
        if not changed:
            break
        last, centres = centres, sums[:, 2:] / sums[:, 1:2]
        if np.square(centres - last).sum() <= limit:
            table.assign(centres)
            break
    else:
        table.assign(centres)
    return None if table.tied else table.labels.astype(np.intp)


def _lloyd(x: Floats, weight: Floats, seeds: Integers, limit: float) -> tuple[Integers, Integers]:
    """(labels (n,), how many rows each cluster has (k,)). Sums are in scikit-learn's order, which ties may see."""
    (n, d), k = x.shape, len(seeds)
    rows = np.ones((n, d + 1), x.dtype)  # the ones bring in what a centre adds, and sum the weights
    rows[:, :d] = x
    heavy, cells = (weight[:, None] * rows).ravel(), np.arange(d + 1)
    labels, centres = np.full(n, -1, np.intp), x[seeds]

    def nearest() -> Integers:
        level = np.einsum("kd,kd->k", centres, centres)
        away = np.concatenate([-2 * centres, level[:, None]], axis=1) @ rows.T
        return np.asarray(away.argmin(axis=0), np.intp)

    for _ in range(MAX_ITER):
        before, labels = labels, nearest()
        if (labels == before).all():
            break
        places = (labels[:, None] * (d + 1) + cells).ravel()
        sums = np.zeros((k, d + 1), x.dtype)
        np.add.at(sums.reshape(-1), places, heavy)
        if not sums[:, d].all():
            _fill(sums, rows, weight, np.square(rows[:, :d] - centres[labels]).sum(axis=1), labels)
        last, centres = centres, sums[:, :d] * (1 / sums[:, d:])
        if np.square(centres - last).sum() <= limit:
            labels = nearest()
            break
    else:
        labels = nearest()
    return labels, np.bincount(labels, minlength=k)


def _fill(sums: Floats, rows: Floats, weight: Floats, away: Floats, labels: Integers) -> None:
    """Let each cluster without rows take one that is farthest from its own; where all are at theirs, the heaviest's.

    sums: (k, d + 1). away: (n,) the squared distances of rows from the centres of their clusters.
    """
    empty = np.flatnonzero(sums[:, -1] == 0)
    if away.any():
        for new, far in zip(empty, np.argpartition(away, -len(empty))[: -len(empty) - 1 : -1], strict=True):
            sums[labels[far]] -= weight[far] * rows[far]
            sums[new] = weight[far] * rows[far]
    gone = sums[:, -1] <= 0
    sums[gone] = sums[sums[:, -1].argmax()]


def _seeds(x: Floats, weight: Floats, k: int, random: np.random.RandomState) -> Integers:
    """(k,) the rows that scikit-learn draws, by its expressions: what decides is rounded as there."""
    wide = x.astype(np.float64, copy=False)
    lengths = np.einsum("nd,nd->n", wide, wide)

    def away(some: Any) -> Floats:
        """(m, n) the squared distances of some rows to all."""
        found: Floats = wide[some] @ wide.T
        found *= -2
        found += lengths[some, None]
        found += lengths
        return np.maximum(found, 0, out=found).astype(x.dtype, copy=False)

    chosen = np.empty(k, np.intp)
    chosen[0] = random.choice(len(x), p=weight / weight.sum())
    closest = away(chosen[:1])
    total = (closest @ weight)[0]
    for place in range(1, k):
        drawn = random.uniform(size=2 + int(np.log(k))) * total
        some = np.searchsorted(np.cumsum(weight * closest), drawn).clip(max=len(x) - 1)
        found = away(some)
        np.minimum(found, closest, out=found)
        totals = (found @ weight[:, None])[:, 0]
        best = totals.argmin()
        chosen[place], closest, total = some[best], found[best], totals[best]
    return chosen
