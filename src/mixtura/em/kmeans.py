"""k-means, as a start for EM: greedy k-means++ seeds and Lloyd's iterations over pruned tiles.

Sources: Arthur and Vassilvitskii 2007 (k-means++; greedy as in their section 7); Lloyd 1982.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model.evaluate import FEW_PAIRS, SMALL_D
from ..model.points import Points

Array = NDArray[np.float64]

SEED_SAMPLE = 10  # points a seed from which the seeds are drawn
MAX_ITER = 50
TOL = 1e-4  # of the points' variance: the centres' squared movement at which Lloyd's iterations end


def seed(points: Points, k: int, rng: np.random.Generator) -> Array:
    """(k, d) points far from each other: each is drawn by its squared distance to those before.

    Of a few draws the one that lowers the sum of squared distances most is kept. The draws are made from at most
    max(10,000, 10 k) of the points.
    """
    rows = points.x
    weight = np.ones(len(rows)) if points.weight is None else points.weight.astype(np.float64)
    size = max(10_000, SEED_SAMPLE * k)
    if len(rows) > size:
        chosen = rng.choice(len(rows), size, replace=False)
        rows, weight = rows[chosen], weight[chosen]
    # Single precision is enough to draw by, once the points are about their mean and of size one.
    centred = rows - rows.mean(axis=0, dtype=np.float64)
    scale = float(np.abs(centred).max())
    x = (centred / (scale if scale > 0 else 1.0)).astype(np.float32)
    mass = (weight / weight.max()).astype(np.float32)
    trials = 2 + int(math.log(k))
    chosen = np.empty(k, np.intp)
    chosen[0] = rng.choice(len(x), p=weight / weight.sum())
    columns = np.ascontiguousarray(x.T)  # (d, n)
    closest = _squared_distances(x[chosen[:1]], columns)[0]
    for i in range(1, k):
        reach = np.cumsum(mass * closest, dtype=np.float64)
        if reach[-1] <= 0:  # fewer distinct points than seeds: any will do
            chosen[i:] = rng.choice(len(x), k - i)
            break
        drawn = np.searchsorted(reach, rng.random(trials) * reach[-1], side="right").clip(max=len(x) - 1)
        away = _squared_distances(x[drawn], columns)  # (trials, n)
        np.minimum(away, closest, out=away)
        best = int((away @ mass).argmin())
        chosen[i], closest = drawn[best], away[best]
    return np.asarray(rows[chosen], np.float64)


def _squared_distances(some: NDArray[np.float32], columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """(m, n) squared distances of the rows `some` (m, d) to the points `columns` (d, n); exact zeros to themselves."""
    total = np.zeros((len(some), columns.shape[1]), np.float32)
    for j, column in enumerate(columns):
        away = some[:, j, None] - column
        away *= away
        total += away
    return total


def lloyd(points: Points, centres: Array) -> NDArray[np.intp]:
    """(n,) labels after Lloyd's iterations from `centres` (k, d); a centre without points stays where it is."""
    k, d = centres.shape
    weight = np.ones(points.n) if points.weight is None else points.weight.astype(np.float64)
    limit = TOL * float(points.x.var(axis=0, dtype=np.float64).mean())
    assign = _assignment(points.x, k)
    labels: NDArray[np.intp] = assign(centres)
    for _ in range(MAX_ITER):
        mass = np.bincount(labels, weight, k)
        sums = np.stack([np.bincount(labels, weight * points.x[:, j], k) for j in range(d)], axis=1)
        moved = np.where(mass[:, None] > 0, sums / np.where(mass > 0, mass, 1.0)[:, None], centres)
        shift = float(((moved - centres) ** 2).sum())
        centres, before = moved, labels
        labels = assign(centres)
        if shift <= limit or np.array_equal(labels, before):
            break
    return labels


def nearest(x: NDArray[np.floating[Any]], centres: Array) -> NDArray[np.intp]:
    """(n,) the nearest of the centres (k, d) to each row of x."""
    return np.asarray(_assignment(x, len(centres))(centres), np.intp)


def _assignment(x: NDArray[np.floating[Any]], k: int) -> Any:
    """centres (k, d) -> labels (n,), arranged once for these rows."""
    d = x.shape[1]
    if d > SMALL_D or len(x) * k < FEW_PAIRS:
        from scipy.spatial import KDTree

        return lambda centres: np.asarray(KDTree(centres).query(x)[1], np.intp)
    from ..kernels import tiles, walk

    table = tiles.build(x, None, np.float64)

    def assign(centres: Array) -> NDArray[np.intp]:
        # Nearest is likeliest among Gaussians of one size and weight.
        parts = walk.components(np.zeros(k), centres, np.ones((k, d)), table.u.dtype)
        return np.asarray(walk.in_order(walk.label(table, parts), table.order), np.intp)

    return assign
