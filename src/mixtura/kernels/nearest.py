"""k-means: assignment of points to the nearest centre, and k-means++ seeding."""
# mypy: ignore-errors

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled
from .over_tiles import groups
from .threads import Spare, stream
from .tiles import FAN, TILE, Tiles, nearness_order
from .vectors import fma, lanes, least, load, mul, smallest, splat, store, sub, total, where_least

TOGETHER = 128  # neighbours of which a new seed comes near to all or none
SLACK = 1e-4  # of a squared distance, so that rounding cannot rule out a centre


def assign(tiles: Tiles, centres: NDArray[Any], n_threads: int | None = None) -> Any:
    """(labels, mass, shift): the nearest of the centres (k, d) to each point, (T, TILE) int32, in the tiles' order.

    mass: (k,) total weight of the points assigned to each centre. shift: (k, d) the sum of weight times
    (point - centre). Ties go to the lowest index.
    """
    k, d = centres.shape
    table = np.ascontiguousarray(centres.T)
    labels = np.empty((len(tiles.u), TILE), np.int32)
    spare = Spare(lambda: (np.empty((d + 1, k)), np.empty((2, k), np.int64), np.empty(TILE, tiles.u.dtype)))
    sums = Spare(lambda: np.zeros((k, d + 1)))

    def work(part):
        memory, moments = spare.take(), sums.take()
        _assign(
            tiles.u, tiles.weight, tiles.centre, tiles.half, _next_level(tiles), table, *part, *memory, labels, moments
        )
        spare.give(memory)
        return moments

    total = np.zeros((k, d + 1))
    for moments in stream(work, groups(tiles, d + 1, k), n_threads):
        total += moments
        moments[...] = 0.0
        sums.give(moments)
    return labels, total[:, 0], total[:, 1:]


def _next_level(tiles: Tiles) -> int:
    """The index of the first box around 2^FAN tiles; -1 if there is only one such box."""
    return int(tiles.offset[1]) if len(tiles.offset) > 1 else -1


@compiled(vectors=True)
def _assign(u, weight, centre, half, above, table, first, last, columns, names, who, labels, sums):
    """Assign the points of tiles first..last. columns (d + 1, k), names (2, k), who (TILE,): scratch."""
    d, k = table.shape
    around = k
    for tile in range(first, last):
        if tile == first or tile % (1 << FAN) == 0:
            around = k
            for a in range(k):
                names[0, a] = a
            if above >= 0:
                box = above + (tile >> FAN)
                around = _near(table, k, centre[box], half[box], columns[d], names[0])
            for j in range(d):
                for a in range(around):
                    columns[j, a] = table[j, names[0, a]]
        kept = _near(columns, around, centre[tile], half[tile], columns[d], names[1])
        label = labels[tile]
        _nearest(u[tile], columns, names, kept, centre[tile], who)
        for i in range(TILE):
            label[i] = np.int32(who[i])
        for i in range(TILE):
            row, heavy = sums[label[i]], np.float64(weight[tile, i])
            row[0] += heavy
            for j in range(d):
                row[1 + j] += heavy * (np.float64(u[tile, j, i]) + (centre[tile, j] - table[j, label[i]]))


@compiled(inner=True, vectors=True)
def _near(table, count, centre, half, lower, names):
    """List in `names` those of the first `count` columns that may be nearest to a point of a box; return their number.

    table: (d, k).
    """
    d = len(centre)
    reach = np.inf
    for a in range(count):
        lower[a] = 0.0
    for a in range(count):
        near, far = 0.0, 0.0
        for j in range(d):
            away = abs(table[j, a] - centre[j])
            gap = max(away - half[j], 0.0)
            near += gap * gap
            far += (away + half[j]) * (away + half[j])
        lower[a] = near
        reach = min(reach, far)
    kept = 0
    for a in range(count):
        if lower[a] <= reach * (1.0 + SLACK):
            names[kept] = a
            kept += 1
    return kept


@compiled(inner=True, vectors=True)
def _nearest(u, columns, names, count, centre, who):
    """Write to who (TILE,) the name of the nearest of `count` columns to each point of a tile, the first of several.

    Names are whole numbers, which floats of the tile's precision hold.
    """
    for i in range(0, TILE, lanes(u)):
        name, closest = splat(u, 0.0), splat(u, np.inf)
        for b in range(count):
            a, square = names[1, b], splat(u, 0.0)
            for j in range(len(u)):
                away = sub(load(u, j, i), columns[j, a] - centre[j])
                square = fma(away, away, square)
            name = where_least(square, closest, name, names[0, a])
            closest = smallest(square, closest)
        store(who, 0, i, name)


def seeds(
    x: NDArray[Any], mass: NDArray[Any], draws: NDArray[Any], first: int, n_threads: int | None = None
) -> np.ndarray:
    """(k,) rows of x by greedy k-means++: drawn with probability mass times squared distance to the nearest seed.

    x: (n, d) float32. mass: (n,). draws: (k, trials) uniform numbers in [0, 1); of each row of them, the candidate is
    kept that lowers the sum of mass times squared distance most. first: the first seed. Fewer than k if all points
    coincide with seeds. Rows are in blocks of neighbours, as in tiles.py; blocks too far from a candidate are skipped.
    Source: Arthur and Vassilvitskii 2007.
    """
    order = nearness_order(x, n_threads)
    n, d = x.shape
    padding = -n % TOGETHER
    order = np.concatenate([order, np.full(padding, order[-1])])
    columns = np.ascontiguousarray(x.take(order, axis=0).T)
    heavy = mass[order].astype(np.float32)
    heavy[n:] = 0.0
    blocks = columns.reshape(d, -1, TOGETHER)
    low, high = blocks.min(axis=2).astype(np.float64), blocks.max(axis=2).astype(np.float64)
    chosen = np.empty(len(draws), np.int64)
    closest = np.full(len(order), np.inf, np.float32)
    sums, largest = np.full((2, blocks.shape[1]), np.inf)
    begin = int(np.flatnonzero(order == first)[0])
    found = _seeds(columns, heavy, low, high, draws, begin, chosen, closest, sums, largest)
    return order[chosen[:found]]


@compiled(vectors=True)
def _seeds(columns, mass, low, high, draws, first, chosen, closest, sums, largest):
    """Fill `chosen`; return the number of seeds.

    low, high (d, blocks): the boxes. closest (n,): infinite, later the squared distance to the nearest seed; sums
    (blocks,): of that times mass; largest (blocks,): of that.
    """
    chosen[0] = first
    for i in range(len(chosen)):
        total = 0.0
        for block in range(len(sums)):
            total += sums[block]
        if total <= 0.0:
            return i
        least, trials = np.inf, draws.shape[1] if i > 0 else 0
        for trial in range(trials + 1):  # the last of which keeps the best
            keep = trial == trials
            row = chosen[i] if keep else _drawn(mass, closest, sums, draws[i, trial] * total)
            potential = _lowered(columns, mass, low, high, row, closest, sums, largest, keep)
            if potential < least:
                least, chosen[i] = potential, row
    return len(chosen)


@compiled(inner=True, vectors=True)
def _drawn(mass, closest, sums, target):
    """The point at which the cumulative sum of mass times closest exceeds `target`; never one of zero mass."""
    block, last = 0, len(sums) - 1
    while sums[last] <= 0.0:
        last -= 1
    while block < last and target >= sums[block]:
        target -= sums[block]
        block += 1
    found = block * TOGETHER
    for i in range(block * TOGETHER, (block + 1) * TOGETHER):
        share = np.float64(mass[i]) * np.float64(closest[i])
        if share > 0.0:
            found = i
            if target < share:
                break
            target -= share
    return found


@compiled(inner=True, vectors=True)
def _lowered(columns, mass, low, high, row, closest, sums, largest, keep):
    """The sum of mass times closest if `row` were a seed too; with `keep`, it is added to the seeds."""
    whole = 0.0
    for block in range(len(sums)):
        gap = 0.0
        for j in range(len(columns)):
            place = np.float64(columns[j, row])
            away = max(low[j, block] - place, place - high[j, block], 0.0)
            gap += away * away
        if gap > largest[block] * (1.0 + SLACK):
            whole += sums[block]
            continue
        part, most = splat(mass, 0.0), splat(mass, 0.0)
        for i in range(block * TOGETHER, (block + 1) * TOGETHER, lanes(mass)):
            square = splat(mass, 0.0)
            for j in range(len(columns)):
                away = sub(load(columns, j, i), columns[j, row])
                square = fma(away, away, square)
            square = smallest(square, load(closest, 0, i))
            part = fma(load(mass, 0, i), square, part)
            most = smallest(most, mul(square, -1.0))
            if keep:
                store(closest, 0, i, square)
        whole += np.float64(total(part))
        if keep:
            sums[block], largest[block] = np.float64(total(part)), -np.float64(least(most))
    return whole
