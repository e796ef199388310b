"""k-means: assignment of points to the nearest centre, and k-means++ seeding.

Loops over coordinates are not unrolled here, so that one version serves all dimensions: for a start on a sample of the
points, compiling another version would take longer than it saves.
"""
# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from .compiled import compiled
from .over_tiles import groups
from .threads import Spare, stream
from .tiles import FAN, TILE, Tiles, nearness_order

BLOCK = 128  # points whose distances stay in the L1 cache
SLACK = 1e-4  # of a squared distance, so that rounding cannot rule out a centre


def assign(tiles: Tiles, centres, n_threads=None):
    """(labels, mass, shift): the nearest of the centres (k, d) to each point, (T, TILE) int32, in the tiles' order.

    mass: (k,) total weight of the points assigned to each centre. shift: (k, d) the sum of weight times
    (point - centre). Ties go to the lowest index.
    """
    k, d = centres.shape
    table = np.ascontiguousarray(centres.T)
    labels = np.empty((len(tiles.u), TILE), np.int32)
    spare = Spare(lambda: (np.empty((d + 1, k)), np.empty((2, k), np.int64), np.empty((d + 1, TILE), tiles.u.dtype)))
    sums = Spare(lambda: np.zeros((k, d + 1)))

    def work(part):
        memory, moments = spare.take(), sums.take()
        _assign(
            tiles.u, tiles.weight, tiles.centre, tiles.half, _next_level(tiles), table, *part, *memory, labels, moments
        )
        spare.give(memory)
        return moments

    total = np.zeros((k, d + 1))
    for moments in stream(work, groups(tiles), n_threads):
        total += moments
        moments[...] = 0.0
        sums.give(moments)
    return labels, total[:, 0], total[:, 1:]


def _next_level(tiles: Tiles) -> int:
    """The index of the first box around 2^FAN tiles; -1 if there is only one such box."""
    return int(tiles.offset[1]) if len(tiles.offset) > 1 else -1


@compiled
def _assign(u, weight, centre, half, above, table, first, last, columns, names, distance, labels, sums):
    """Assign the points of tiles first..last. columns (d + 1, k), names (2, k), distance (d + 1, TILE): scratch."""
    d, k = table.shape
    best, around = distance[0], k
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
        for i in range(TILE):
            best[i] = np.inf
            label[i] = 0
        for b in range(kept):
            a = names[1, b]
            _distances(u[tile], columns, a, centre[tile], distance[1])
            _closer(distance[1], np.int32(names[0, a]), best, label)
        for i in range(TILE):
            row, heavy = sums[label[i]], np.float64(weight[tile, i])
            row[0] += heavy
            for j in range(d):
                row[1 + j] += heavy * (np.float64(u[tile, j, i]) + (centre[tile, j] - table[j, label[i]]))


@compiled(inner=True)
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


@compiled(inner=True)
def _distances(u, columns, a, centre, out):
    """Write to out (TILE,) the squared distances of a tile's points u (d, TILE) to centre `a`."""
    for i in range(TILE):
        out[i] = 0.0
    for j in range(len(u)):
        offset = u.dtype.type(columns[j, a] - centre[j])
        for i in range(TILE):
            away = u[j, i] - offset
            out[i] += away * away


@compiled(inner=True)
def _closer(distance, name, best, label):
    for i in range(TILE):
        closer = distance[i] < best[i]
        best[i] = distance[i] if closer else best[i]
        label[i] = name if closer else label[i]


def seeds(x, mass, draws, first: int) -> np.ndarray:
    """(k,) rows of x by greedy k-means++: drawn with probability mass times squared distance to the nearest seed.

    x: (n, d) float32. mass: (n,). draws: (k, trials) uniform numbers in [0, 1); of each row of them, the candidate is
    kept that lowers the sum of mass times squared distance most. first: the first seed. Fewer than k if all points
    coincide with seeds. Rows are in blocks of neighbours, as in tiles.py; blocks too far from a candidate are skipped.
    Source: Arthur and Vassilvitskii 2007.
    """
    order = nearness_order(x)
    n, d = x.shape
    padding = -n % BLOCK
    order = np.concatenate([order, np.full(padding, order[-1])])
    columns = np.ascontiguousarray(x[order].T)
    heavy = mass[order].astype(np.float32)
    heavy[n:] = 0.0
    blocks = columns.reshape(d, -1, BLOCK)
    low, high = blocks.min(axis=2).astype(np.float64), blocks.max(axis=2).astype(np.float64)
    chosen = np.empty(len(draws), np.int64)
    closest = np.full(len(order), np.inf, np.float32)
    sums, largest = np.full((2, blocks.shape[1]), np.inf)
    line = np.empty(BLOCK, np.float32)
    begin = int(np.flatnonzero(order == first)[0])
    found = _seeds(columns, heavy, low, high, draws, begin, chosen, closest, sums, largest, line)
    return order[chosen[:found]]


@compiled
def _seeds(columns, mass, low, high, draws, first, chosen, closest, sums, largest, line):
    """Fill `chosen`; return the number of seeds.

    low, high (d, blocks): the boxes. closest (n,): infinite, later the squared distance to the nearest seed; sums
    (blocks,): of that times mass; largest (blocks,): of that. line (BLOCK,): scratch.
    """
    chosen[0] = first
    _lowered(columns, mass, low, high, first, closest, sums, largest, line, True)
    for i in range(1, len(chosen)):
        total = 0.0
        for block in range(len(sums)):
            total += sums[block]
        if total <= 0.0:
            return i
        least = np.inf
        for trial in range(draws.shape[1]):
            row = _drawn(mass, closest, sums, draws[i, trial] * total)
            potential = _lowered(columns, mass, low, high, row, closest, sums, largest, line, False)
            if potential < least:
                least = potential
                chosen[i] = row
        _lowered(columns, mass, low, high, chosen[i], closest, sums, largest, line, True)
    return len(chosen)


@compiled(inner=True)
def _drawn(mass, closest, sums, target):
    """The point at which the cumulative sum of mass times closest exceeds `target`; never one of zero mass."""
    block, last = 0, len(sums) - 1
    while sums[last] <= 0.0:
        last -= 1
    while block < last and target >= sums[block]:
        target -= sums[block]
        block += 1
    found = block * BLOCK
    for i in range(block * BLOCK, (block + 1) * BLOCK):
        share = np.float64(mass[i]) * np.float64(closest[i])
        if share > 0.0:
            found = i
            if target < share:
                break
            target -= share
    return found


@compiled(inner=True)
def _lowered(columns, mass, low, high, row, closest, sums, largest, line, keep):
    """The sum of mass times closest if `row` were a seed too; with `keep`, it is added to the seeds."""
    d = len(columns)
    total = 0.0
    for block in range(len(sums)):
        start, gap = block * BLOCK, 0.0
        for j in range(d):
            place = np.float64(columns[j, row])
            away = max(low[j, block] - place, place - high[j, block], 0.0)
            gap += away * away
        if gap > largest[block] * (1.0 + SLACK):
            total += sums[block]
            continue
        for i in range(BLOCK):
            line[i] = np.float32(0.0)
        for j in range(d):
            here = columns[j, row]
            for i in range(BLOCK):
                away = columns[j, start + i] - here
                line[i] += away * away
        part = np.float32(0.0)
        for i in range(BLOCK):
            line[i] = min(closest[start + i], line[i])
            part += mass[start + i] * line[i]
        total += np.float64(part)
        if keep:
            most = np.float32(0.0)
            for i in range(BLOCK):
                closest[start + i] = line[i]
                most = max(most, line[i])
            sums[block], largest[block] = np.float64(part), np.float64(most)
    return total
