"""k-means, as a start for EM: greedy k-means++ seeds and Lloyd's iterations over pruned tiles.

Sources: Arthur and Vassilvitskii 2007 (k-means++; greedy as in their section 7); Lloyd 1982.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Floats, Integers
from ..kernels import MANY, products
from ..sources.points import Points

# Points a seed from which the seeds are drawn: up to MANY coordinates, and beyond.
SEED_SAMPLE, HIGH_SEED_SAMPLE = 50, 10
# Points x centres x coordinates from which compiled kernels earn back their start: alone, and where the fit is of a
# size that EM compiles for as well.
PASS, BESIDE = 2e7, 2e5
SEED_SAMPLE_LEAST = 5_000
MAX_ITER = 50
SAME = 1e-14  # a coordinate, of the square of the range: what a product of matrices rounds
TOL = 1e-4  # of the points' variance: the centres' squared movement at which Lloyd's iterations end


def seed(points: Points, k: int, rng: np.random.Generator, least: float = PASS, n_threads: int | None = None) -> Array:
    """(k, d) points far from each other: each is drawn by its squared distance to those before.

    Of a few draws the one that lowers the sum of squared distances most is kept. The draws are made from at most
    max(5,000, 50 k) of the points, in high dimension max(5,000, 10 k). least: PASS, or BESIDE. n_threads: at most, None
    for all.
    """
    rows, weight = points.x, points.counts
    size = max(SEED_SAMPLE_LEAST, (SEED_SAMPLE if points.d <= MANY else HIGH_SEED_SAMPLE) * k)
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
    if points.d > MANY or len(x) * k * points.d < least:
        found = _seeds(x, mass, draws, first)
    else:
        from ..kernels import nearest as kernel

        found = kernel.seeds(x, mass, draws, first, n_threads)
    if len(found) < k:  # fewer distinct points than seeds: any will do
        found = np.concatenate([found, rng.choice(len(x), k - len(found))])
    return np.asarray(rows[found], np.float64)


def _seeds(x: NDArray[np.float32], mass: NDArray[np.float32], draws: Array, first: int) -> Integers:
    """The same as `kernels.nearest.seeds`, for which compiled code would not earn back its start."""
    rows = x.astype(np.float64)
    norms = np.einsum("nd,nd->n", rows, rows)

    def squares(some: Integers) -> Array:
        """(m, n) the squared distances of all points from some; 0 where they are the same but for rounding."""
        found = rows[some] @ rows.T
        found *= -2.0
        found += norms
        found += norms[some, None]
        found[found < SAME * rows.shape[1]] = 0.0
        return found

    chosen = [first]
    closest = squares(np.array([first]))[0]
    for numbers in draws[1:]:
        reach = np.cumsum(mass * closest)
        if reach[-1] <= 0:
            break
        drawn = np.searchsorted(reach, numbers * reach[-1], side="right").clip(max=len(x) - 1)
        away = squares(drawn)
        np.minimum(away, closest, out=away)
        best = int((away @ mass).argmin())
        chosen.append(drawn[best])
        closest = away[best]
    return np.asarray(chosen, np.intp)


def lloyd(
    points: Points, centres: Array, max_iter: int = MAX_ITER, least: float = PASS, n_threads: int | None = None
) -> tuple[Array, Integers]:
    """(centres (k, d), labels (n,)) after Lloyd's iterations; a centre without points stays where it is.

    least: PASS, or BESIDE. n_threads: at most, None for all.
    """
    limit = TOL * float(points.x.var(axis=0, dtype=np.float64).mean())
    assign = _assignment(points, len(centres), least, n_threads)
    for _ in range(max_iter):
        _, mass, shift = assign(centres)
        step = shift / np.where(mass > 0, mass, 1.0)[:, None]
        centres = centres + step
        if float((step**2).sum()) <= limit:
            break
    return centres, assign(centres)[0]()


def nearest(x: Floats, centres: Array, least: float = PASS, n_threads: int | None = None) -> Integers:
    """(n,) the nearest of the centres (k, d) to each row of x."""
    labels: Integers = _assignment(Points(x), len(centres), least, n_threads)(centres)[0]()
    return labels


def _assignment(points: Points, k: int, least: float, n_threads: int | None) -> Any:
    """Centres (k, d) -> (labels, mass, shift), arranged once for these points.

    labels(): (n,) the nearest of the centres to each. mass: (k,) the weight of these. shift: (k, d) the sum of weight
    times (point - centre).
    """
    x, d = points.x, points.d
    if d > MANY or points.n * k * d < least:
        return _by_products(points, np.float32 if d > MANY else np.float64, n_threads)
    from ..kernels import nearest as kernel
    from ..kernels import over_tiles, tiles

    table = tiles.build(x, points.weight, x.dtype, n_threads)

    def by_tiles(centres: Array) -> Any:
        labels, mass, shift = kernel.assign(table, centres, n_threads)
        return lambda: over_tiles.in_order(labels, table.order).astype(np.intp), mass, shift

    return by_tiles


def _by_products(points: Points, precision: Any, n_threads: int | None) -> Any:
    """The same by products of matrices, where nothing is compiled.

    In single precision, for many coordinates, two centres may be equally near but for its rounding: either will do.
    """
    middle = points.x.mean(axis=0, dtype=np.float64)
    away = points.x - middle
    scale = float(np.abs(away).max()) or 1.0
    away = (away / scale).astype(precision)
    heavy = points.counts

    def assign(centres: Array) -> Any:
        near = (centres - middle) / scale
        labels, mass, sums = products.nearest(away, heavy, near, n_threads)
        return lambda: labels, mass, scale * (sums - mass[:, None] * near)

    return assign
