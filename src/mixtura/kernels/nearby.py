"""Which experts matter to which tile, so that the rest of them need not be asked (see experts.py).

Interval arithmetic bounds the logs of the gates over a box of tiles, then over each tile; of what is left the logs at
the pixels themselves decide.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled
from .experts import GEOMETRY, LANES, LOWEST, PATCHES, TALL, WIDE, logs
from .threads import aligned
from .vectors import (
    add,
    fma,
    largest,
    load_register,
    magnitude,
    mul,
    splat_register,
    store_register,
    sub,
    total,
    where_least,
)

BOX = 8  # tiles across and down of a box

_compiled = compiled(fastmath={"contract", "nsz"})
_stage = compiled(fastmath={"contract", "nsz"}, inner=True)


@_stage
def _bounds(table, count, x, y, wide, high, upper):
    """Write upper bounds of the logs of the gates over a box, and return the largest lower bound.

    x, y: its centre; wide, high: its half sides. upper: (2, count or more), of which the first row takes the bounds.
    """
    best = splat_register(upper, LOWEST)
    for k in range(0, count, LANES):
        dx = sub(splat_register(upper, x), load_register(table, 0, k))
        dy = sub(splat_register(upper, y), load_register(table, 1, k))
        low = load_register(table, 2, k)
        most = low
        for row in range(3, 7, 2):
            p, q = load_register(table, row, k), load_register(table, row + 1, k)
            z = magnitude(fma(p, dx, mul(q, dy)))
            reach = fma(magnitude(p), wide, mul(magnitude(q), high))
            near, far = largest(sub(z, reach), np.float32(0.0)), add(z, reach)
            most = fma(mul(near, near), np.float32(-0.5), most)
            low = fma(mul(far, far), np.float32(-0.5), low)
        store_register(upper, 0, k, most)
        best = largest(best, low)
    store_register(upper, 1, 0, best)
    found = LOWEST
    for i in range(LANES):
        found = max(found, upper[1, i])
    return found


@_compiled
def survey(canvas, experts, table, tiles, cut, memory, near, found, counts):
    """Which experts matter to the `tiles` of a box: those within `cut` nats of the largest gate at a pixel.

    Without channels, within so many of 1. table: (GEOMETRY, K) float32, their geometry, filled up to registers by
    experts of no weight. near: room for those of the box, see `room`. found: takes the names, tile by tile; counts: how
    many of each. Returns how many there are in all, or, where the memory is too small, minus what it should hold.
    """
    upper, inner, names, kept = near
    alone = experts.shape[1] == GEOMETRY
    left, above = canvas.centre[tiles[0], 0], canvas.centre[tiles[0], 1]
    right, below = left, above
    for t in tiles:
        left, right = min(left, canvas.centre[t, 0]), max(right, canvas.centre[t, 0])
        above, below = min(above, canvas.centre[t, 1]), max(below, canvas.centre[t, 1])
    wide, high = np.float32(0.5 * (WIDE - 1)), np.float32(0.5 * (TALL - 1))
    x, y = np.float32(0.5 * (left + right)), np.float32(0.5 * (above + below))
    reach = np.float32(0.5 * (right - left)) + wide, np.float32(0.5 * (below - above)) + high
    best = _bounds(table, table.shape[1], x, y, reach[0], reach[1], upper)
    best = np.float32(0.0) if alone else best
    few = 0
    for k in range(table.shape[1]):
        if upper[0, k] >= best - cut:
            names[few] = k
            for row in range(GEOMETRY):
                inner[row, few] = table[row, k]
            few += 1
    for k in range(few, few + -few % LANES):
        for row in range(GEOMETRY):
            inner[row, k] = 0.0
        inner[2, k] = LOWEST
    written = 0
    for place in range(len(tiles)):
        t = tiles[place]
        centre = canvas.centre[t]
        best = _bounds(inner, few, np.float32(centre[0]), np.float32(centre[1]), wide, high, upper)
        best = np.float32(0.0) if alone else best
        count = 0
        for k in range(few):
            if upper[0, k] >= best - cut:
                kept[count] = names[k]
                count += 1
        if count > len(memory.gates):
            return -count
        logs(experts, centre, kept, 0, count, canvas.lanes, memory)
        live = 0
        for a in range(count):
            within = splat_register(memory.top, np.float32(0.0))
            for i in range(PATCHES):
                top = splat_register(memory.top, np.float32(0.0))
                top = top if alone else load_register(memory.top, 0, LANES * i)
                gap = sub(load_register(memory.gates, a, LANES * i), top)
                within = where_least(gap, -cut, np.float32(1.0), within)
            if total(within) > 0.0:
                found[written + live] = kept[a]
                live += 1
        counts[place] = live
        written += live
    return written


def room(table: NDArray[Any]) -> Any:
    """Room for the experts of a box: bounds, geometry, and names twice."""
    filled = max(table.shape[1], LANES)
    return aligned((2, filled), np.float32), aligned(table.shape, np.float32), *np.empty((2, filled), np.int64)
