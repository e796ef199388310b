"""Which components can matter to a tile: bounds of log densities over boxes, from the root of their tree down.

In the whitened space of a component, z = W (x - mean), a box becomes an interval for each coordinate, and interval
arithmetic bounds the log density over all of it.
"""
# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from .compiled import compiled
from .memory import DOUBLES, PILOTS
from .tiles import FAN
from .vectors import add, fma, largest, least, load, load_register, magnitude, splat_register, store_register, sub

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
def _choose(triangular, tiles, tile, i, first, last, cut, memory):
    """List in `chosen` which of the active components first..last may matter to a block of the tile's points.

    Returns the length of the list, which begins with all that come before `first`.
    """
    centre, half = memory.corner[0], memory.corner[1]
    for j in range(len(centre)):
        points = load(tiles.u[tile], j, i)
        low, high = np.float64(least(points)), -np.float64(least(sub(0.0, points)))
        centre[j] = tiles.centre[tile, j] + 0.5 * (low + high)
        half[j] = 0.5 * (high - low)
    best = _bounds(triangular, centre, half, memory.tables[0], last, memory.block)
    floor = max(best, np.float64(least(load(memory.top, 0, i)))) - cut
    count = first
    for a in range(first, last):
        memory.chosen[count] = a
        count += memory.block.upper[a] >= floor
    return count
