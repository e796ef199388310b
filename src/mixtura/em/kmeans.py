"""k-means, as a start for EM: greedy k-means++ seeds and Lloyd's iterations over pruned tiles.

Sources: Arthur and Vassilvitskii 2007 (k-means++; greedy as in their section 7); Lloyd 1982.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Floats, Integers
from ..kernels import LOW_DIMENSION, products
from ..sources.points import Points

# Points a seed from which the seeds are drawn: up to LOW_DIMENSION coordinates, and beyond.
SEED_SAMPLE, HIGH_SEED_SAMPLE = 50, 10
SEED_SAMPLE_LEAST = 10_000
PASS = 2e7  # points x centres x coordinates from which compiled kernels earn back their start
MAX_ITER = 50
SAME = 1e-13  # of the squared lengths of two points: their squared distance is that of rounding
TOL = 1e-4  # of the points' variance: the centres' squared movement at which Lloyd's iterations end


def seed(points: Points, k: int, rng: np.random.Generator) -> Array:
    """(k, d) points far from each other: each is drawn by its squared distance to those before.

    Of a few draws the one that lowers the sum of squared distances most is kept. The draws are made from at most
    max(10,000, 50 k) of the points, in high dimension max(10,000, 10 k).
    """
    rows, weight = points.x, points.counts
    size = max(SEED_SAMPLE_LEAST, (SEED_SAMPLE if points.d <= LOW_DIMENSION else HIGH_SEED_SAMPLE) * k)
    if len(rows) > size:
        chosen = rng.choice(len(rows), size, replace=False)
        rows, weight = rows[chosen], weight[chosen]
    # Single precision is enough to draw by, once the points are about their mean and of size one.
    centred = rows - rows.mean(axis=0, dtype=np.float64)
    scale = float(np.abs(centred).max())
    x = (centred / (scale if scale > 0 else 1.0)).astype(np.float32)
    mass = (weight / weight.max()).astype(np.float32)
    first = int(rng.choice(len(x), p=weight / weight.sum()))
    draws = rng.random((k, 2 + int(math.log(k))))
    if points.d > LOW_DIMENSION:
        found = _seeds_by_products(x.astype(np.float64), mass, draws, first)
    elif len(x) * k * points.d < PASS:
        found = _seeds(x, mass, draws, first)
    else:
        from ..kernels import nearest as kernel

        found = kernel.seeds(x, mass, draws, first)
    if len(found) < k:  # fewer distinct points than seeds: any will do
        found = np.concatenate([found, rng.choice(len(x), k - len(found))])
    return np.asarray(rows[found], np.float64)


def _seeds(x: NDArray[np.float32], mass: NDArray[np.float32], draws: Array, first: int) -> Integers:
    """The same as `kernels.nearest.seeds`, for which compiled code would not earn back its start."""
    columns = np.ascontiguousarray(x.T)

    def squares(row: int) -> NDArray[np.float32]:
        total: NDArray[np.float32] = sum((column - column[row]) ** 2 for column in columns)
        return total

    chosen = [first]
    closest = squares(first)
    for numbers in draws[1:]:
        reach = np.cumsum(mass * closest, dtype=np.float64)
        if reach[-1] <= 0:
            break
        drawn = np.searchsorted(reach, numbers * reach[-1], side="right").clip(max=len(x) - 1)
        away = np.stack([np.minimum(squares(row), closest) for row in drawn])  # (trials, n)
        best = int((away @ mass).argmin())
        chosen.append(drawn[best])
        closest = away[best]
    return np.asarray(chosen, np.intp)


def _seeds_by_products(x: Array, mass: NDArray[np.float32], draws: Array, first: int) -> Integers:
    """The same in many coordinates: |x - y|^2 = |x|^2 + |y|^2 - 2 x y."""
    lengths = np.vecdot(x, x)

    def squares(rows: Integers) -> Array:  # (len(rows), n)
        whole = lengths + lengths[rows, None]
        found = x[rows] @ x.T
        found *= -2.0
        found += whole
        found[found < SAME * whole] = 0.0  # a point and itself, but for rounding
        return np.asarray(found)

    chosen = [first]
    closest = squares(np.array([first]))[0]
    for numbers in draws[1:]:
        reach = np.cumsum(mass * closest)
        if reach[-1] <= 0:
            break
        drawn = np.searchsorted(reach, numbers * reach[-1], side="right").clip(max=len(x) - 1)
        away = np.minimum(squares(drawn), closest)
        best = int((away @ mass).argmin())
        chosen.append(int(drawn[best]))
        closest = away[best]
    return np.asarray(chosen, np.intp)


def lloyd(points: Points, centres: Array) -> tuple[Array, Integers]:
    """(centres (k, d), labels (n,)) after Lloyd's iterations; a centre without points stays where it is."""
    limit = TOL * float(points.x.var(axis=0, dtype=np.float64).mean())
    assign = _assignment(points, len(centres))
    for _ in range(MAX_ITER):
        _, mass, shift = assign(centres)
        step = shift / np.where(mass > 0, mass, 1.0)[:, None]
        centres = centres + step
        if float((step**2).sum()) <= limit:
            break
    return centres, assign(centres)[0]()


def nearest(x: Floats, centres: Array) -> Integers:
    """(n,) the nearest of the centres (k, d) to each row of x."""
    labels: Integers = _assignment(Points(x), len(centres))(centres)[0]()
    return labels


def _assignment(points: Points, k: int) -> Any:
    """Centres (k, d) -> (labels, mass, shift), arranged once for these points.

    labels(): (n,) the nearest of the centres to each. mass: (k,) the weight of these. shift: (k, d) the sum of weight
    times (point - centre).
    """
    x, d = points.x, points.d
    if d > LOW_DIMENSION:
        return _by_sums(points, k)
    if points.n * k * d < PASS:
        heavy = points.counts
        middle = x.mean(axis=0, dtype=np.float64)
        away = x - middle

        def by_products(centres: Array) -> Any:
            near = centres - middle
            labels = products.nearest(away, near)
            step = away - near[labels]
            step *= heavy[:, None]
            shift = np.stack([np.bincount(labels, column, k) for column in step.T], axis=1)
            return lambda: labels, np.bincount(labels, heavy, k), shift

        return by_products
    from ..kernels import nearest as kernel
    from ..kernels import over_tiles, tiles

    table = tiles.build(x, points.weight, x.dtype)

    def by_tiles(centres: Array) -> Any:
        labels, mass, shift = kernel.assign(table, centres)
        return lambda: over_tiles.in_order(labels, table.order).astype(np.intp), mass, shift

    return by_tiles


def _by_sums(points: Points, k: int) -> Any:
    """The same in many coordinates, where the sums over the parts are products of matrices too.

    In single precision: where two centres are equally near but for its rounding, either will do.
    """
    middle = points.x.mean(axis=0, dtype=np.float64)
    away = (points.x - middle).astype(np.float64, copy=False)
    scale = float(np.abs(away).max()) or 1.0
    away = (away / scale).astype(np.float32)
    heavy = points.counts

    def assign(centres: Array) -> Any:
        near = (centres - middle) / scale
        labels, mass, sums = products.nearest_sums(away, heavy, near)
        return lambda: labels, mass, scale * (sums - mass[:, None] * near)

    return assign
