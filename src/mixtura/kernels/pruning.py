"""Which components can matter to a tile: bounds of log densities over boxes, from the root of their tree down.

In the whitened space of a component, z = W (x - mean), a box becomes an interval for each coordinate, and interval
arithmetic bounds the log density over all of it.
"""
# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from .compiled import compiled
from .memory import DOUBLES, PARTS_OF_TILE, PILOTS
from .tiles import FAN, PART
from .vectors import (
    add,
    at_least,
    fma,
    largest,
    least,
    load_line,
    load_register,
    magnitude,
    registered,
    splat_line,
    splat_register,
    store_register,
    sub,
)

MANY = 256  # numbers of all components that may matter to a tile, beyond which pilots pay

_stage = compiled(fastmath={"contract", "nsz"}, inner=True, vectors=True)


@_stage
def _bounds(triangular, centre, half, table, count, found):
    """Bounds of the log densities over a box, for the first `count` columns; return the best lower one."""
    upper, lower, middle, width, z = found.upper, found.lower, found.middle, found.width, found.z
    d = len(centre)
    for k in range(0, count, DOUBLES):
        near = splat_register(upper, 0.0)
        square, far, wide = near, near, near
        row = 1 + d
        for j in range(d):
            inside = splat_register(upper, 0.0)
            reach = inside
            for m in range(0 if triangular else j, j + 1):
                w = load_register(table, row, k)
                inside = fma(w, sub(centre[m], load_register(table, 1 + m, k)), inside)
                reach = fma(magnitude(w), half[m], reach)
                row += 1
            store_register(z, j, k, inside)
            distance = magnitude(inside)
            gap = largest(sub(distance, reach), 0.0)
            most = add(distance, reach)
            near = fma(gap, gap, near)
            square = fma(distance, distance, square)
            wide = fma(reach, reach, wide)
            far = fma(most, most, far)
        scale = load_register(table, 0, k)
        store_register(upper, 0, k, fma(-0.5, near, scale))
        store_register(middle, 0, k, fma(-0.5, square, scale))
        store_register(lower, 0, k, fma(-0.5, far, scale))
        store_register(width, 0, k, wide)
    best = -np.inf
    for k in range(count):
        best = max(best, lower[k])
    return best


@_stage
def _descend(triangular, tiles, tile, cut, memory):
    """Bounds over the boxes that contain `tile`, from the root down to the tile's own, unless computed before.

    A box evaluates only the components that its parent kept. Returns how many may matter to the tile itself: `active`
    lists them, columns of tables[1].
    """
    active, upper, kept = memory.active, memory.box.upper, 0
    for down in range(len(tiles.offset)):
        level = len(tiles.offset) - 1 - down
        node = tile >> (FAN * level)
        if level > 0 and memory.nodes[level] == node:
            continue
        box = tiles.offset[level] + node
        table, count = memory.tables[level + 1], memory.counts[level + 1]
        centre, half = tiles.centre[box], tiles.half[box]
        best = _bounds(triangular, centre, half, table, count, memory.box)
        kept = 0
        for k in range(count):
            active[kept] = k
            kept += upper[k] >= best - cut
        if level > 0:
            _narrowed(table, active, kept, memory.tables[level])
            for a in range(kept):
                memory.names[level, a] = memory.names[level + 1, active[a]]
            memory.counts[level] = kept
            memory.nodes[level] = node
            for below in range(1, level):
                memory.nodes[below] = -1
    return kept


@_stage
def _likeliest(kept, active, middle, work):
    """Bring the active components that are likeliest at the tile's centre to the front; return their number.

    Their densities at each point give a better lower bound than the box does. All, if there is little work for each.
    """
    if kept * work <= MANY or kept <= PILOTS:
        return kept
    for a in range(kept):
        b = min(a, PILOTS - 1)
        if b < a and middle[active[a]] <= middle[active[b]]:
            continue
        active[a], active[b] = active[b], active[a]
        while b > 0 and middle[active[b]] > middle[active[b - 1]]:
            active[b], active[b - 1] = active[b - 1], active[b]
            b -= 1
    return PILOTS


@_stage
def _narrowed(table, active, count, out):
    """Write the active columns of a table to another one."""
    for row in range(len(table)):
        for a in range(count):
            out[row, a] = table[row, active[a]]


@_stage
def _survey(triangular, u, first, last, factors, cut, memory):
    """Mark in `seen` the parts of a tile's points that the active components first..last may matter to, as bits.

    The boxes of the parts, a number of a vector each, are about the tile's centre, as its points and `z` are.
    """
    active, names, z, seen, corner = memory.active, memory.names[1], memory.box.z, memory.seen, memory.corner
    d = len(u)
    for part in range(PARTS_OF_TILE):
        lowest = np.inf
        for j in range(d):
            low, high = np.inf, np.inf
            for i in range(part * PART, (part + 1) * PART, registered(u)):
                points = load_register(u, j, i)
                low, high = min(low, least(points)), min(high, least(sub(0.0, points)))
            corner[j, part], corner[d + j, part] = 0.5 * (low - high), -0.5 * (low + high)
        for i in range(part * PART, (part + 1) * PART):
            lowest = min(lowest, memory.top[i])
        corner[2 * d, part] = lowest - cut
    floor, zero = load_line(corner, 2 * d, 0), splat_line(corner, 0.0)
    for a in range(first, last):
        column = active[a]
        name, row, near = names[column], 1, zero
        for j in range(d):
            inside, reach = splat_line(corner, z[j, column]), zero
            for m in range(0 if triangular else j, j + 1):
                w = np.float64(factors[name, row])
                inside = fma(w, load_line(corner, m, 0), inside)
                reach = fma(abs(w), load_line(corner, d + m, 0), reach)
                row += 1
            gap = largest(sub(magnitude(inside), reach), 0.0)
            near = fma(gap, gap, near)
        seen[a] = at_least(fma(-0.5, near, np.float64(factors[name, 0])), floor)


@_stage
def _choose(begin, end, first, last, memory):
    """List in `chosen` which of the active components first..last may matter to the parts begin..end of a tile.

    Returns the length of the list, which begins with all that come before `first`.
    """
    wanted, count = (2 << end) - (1 << begin), first
    for a in range(first, last):
        memory.chosen[count] = a
        count += memory.seen[a] & wanted != 0
    return count
