"""The labels of scikit-learn's KMeans, draw for draw: for small tables without its fixed costs, for large ones faster.

The same random_state draws the same seeds, from which Lloyd's iterations go to the same end: where a mixture begins.
Where a large table has ties, or a cluster loses its rows, scikit-learn decides.

Sources: Arthur and Vassilvitskii 2007 (k-means++; greedy as in their section 7); Lloyd 1982. The rules for what they
leave open (how many draws, empty clusters, where it ends) are scikit-learn's.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ..arrays import Floats, Integers
from ..kernels.threads import single_blas

LARGE = 10_000_000  # rows times clusters and columns from which iterations are long
LONG = 30_000_000  # the same of all iterations, after which what is compiled repays its start
SMALL = 2**15  # rows times clusters and columns up to which scikit-learn's fixed costs are most of its time
MAX_ITER = 300
TOL = 1e-4  # of the columns' mean variance: the centres' squared movement at which the iterations end


def labels_of_kmeans(x: Floats, weight: Floats | None, k: int, random: np.random.RandomState) -> Integers:
    """(n,) the labels of ``KMeans(k, n_init=1, random_state=random)`` for rows (n, d) with weights > 0."""
    if x.dtype == np.float64 and x.size * k >= LARGE:
        state = random.get_state()
        found = _large(x, weight, k, random)
        if found is not None:
            return found
        random.set_state(state)
    if len(x) * (k + x.shape[1]) > SMALL:
        labels: Integers = _of_scikit_learn(x, weight, k, random).labels_
        return labels
    weight = np.ones(len(x), x.dtype) if weight is None else weight
    labels, counts = _lloyd(x, weight, k, random)
    some = int(np.count_nonzero(counts))
    if some < k:
        warnings.warn(
            f"Number of distinct clusters ({some}) found smaller than n_clusters ({k}). Possibly due to duplicate "
            f"points in X.",
            ConvergenceWarning,
            stacklevel=2,
        )
    return labels


def _of_scikit_learn(x: Floats, weight: Floats | None, k: int, random: np.random.RandomState, **more: Any) -> Any:
    from sklearn import config_context
    from sklearn.cluster import KMeans

    with config_context(skip_parameter_validation=True):  # they are ours, and sound
        return KMeans(n_clusters=k, n_init=1, random_state=random, **more).fit(x, sample_weight=weight)


def _large(x: Floats, weight: Floats | None, k: int, random: np.random.RandomState) -> Integers | None:
    """The same where most of the iterations are compiled; None where rounding decides, or a cluster has no rows."""
    first = max(3, LONG // (x.size * k))
    begun = _of_scikit_learn(x, weight, k, random, max_iter=first)
    if begun.n_iter_ < first:
        return np.asarray(begun.labels_)
    from ..kernels.lloyd import Rows

    middle, weight = x.mean(axis=0), np.ones(len(x)) if weight is None else weight
    table = Rows(x - middle, weight, begun.labels_)
    columns = [weight, *(weight * column for column in table.x.T)]
    sums = np.stack([np.bincount(table.labels, column, k) for column in columns], axis=1)  # (k, 1 + d)
    centres, limit = begun.cluster_centers_ - middle, TOL * x.var(axis=0).mean()
    for iteration in range(first, MAX_ITER):
        if table.tied or (np.bincount(table.labels, minlength=k) == 0).any():
            return None
        last, centres = centres, sums[:, 1:] / sums[:, :1]
        near = np.square(centres - last).sum() <= limit
        if near and iteration == first:  # perhaps it was near before, which is not told
            return None
        changed, change = table.assign(centres)
        if near or not changed:
            break
        sums += change
    return None if table.tied else table.labels.astype(np.intp, copy=False)


@single_blas()
def _lloyd(x: Floats, weight: Floats, k: int, random: np.random.RandomState) -> tuple[Integers, Integers]:
    """(labels (n,), how many rows each cluster has (k,)). Sums are in scikit-learn's order, which ties may see."""
    (n, d), limit = x.shape, TOL * x.var(axis=0).mean()
    rows = np.ones((n, d + 1), x.dtype)  # about their mean; the ones bring in what a centre adds, and sum the weights
    np.subtract(x, x.mean(axis=0), out=rows[:, :d])
    heavy, cells = (weight[:, None] * rows).ravel(), np.arange(d + 1)
    labels, centres = np.full(n, -1, np.intp), rows[_seeds(rows[:, :d].copy(), weight, k, random), :d]

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
        found: Floats = -2 * (wide[some] @ wide.T)
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
        found = np.minimum(away(some), closest)
        totals = (found @ weight[:, None])[:, 0]
        best = totals.argmin()
        chosen[place], closest, total = some[best], found[best], totals[best]
    return chosen
