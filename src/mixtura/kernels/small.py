"""Low dimension: every pair of a point and a component that matters, in one fused pass over tiles.

For each tile of neighbours (see tiles.py):

1. *Prune.* In the whitened space of a component, z = W (x - mean), the tile's box becomes an interval a
   coordinate. Interval arithmetic bounds the log density from above and below over the whole tile. A component
   whose upper bound lies `cut` nats below the best lower bound cannot change any point of the tile beyond
   rounding. The tree of boxes does the same for groups of tiles first, so that few components are left to ask.
2. *Log densities* of the tile's points under the components that are left, into a scratch that stays in cache.
3. *Exponentials*, relative to each point's largest, and their sum.
4. *What was asked*: moments about the current means (EM), log densities, labels, or conditional means.

No array of points times components is ever made. The number of coordinates travels as the length of a tuple
`dim`: Numba compiles a version for each length, in which every loop over coordinates is unrolled and the loop
over the points of a tile is vector code. `whiten` has shape (k, d, d), lower triangular, or (k, d); the version
for it is chosen by its number of axes.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .compiled import FASTMATH, compiled
from .elementary import exp, log
from .tiles import FAN, TILE


class Components(NamedTuple):
    """What the kernels need of a mixture, component after component along the last axis.

    table: (1 + d + w, k) float64; rows: log scale (log weight - d/2 log 2pi + log det W), the means, then W,
    row by row of its lower triangle (w = d (d + 1) / 2) or its diagonal (w = d).
    full: (k, d, d), or (k, d) for a diagonal; only its number of axes is looked at.
    """

    table: np.ndarray
    full: np.ndarray


class Scratch(NamedTuple):
    """One thread's memory."""

    tables: np.ndarray  # (levels, rows, k) the components left at each level of boxes, as in Components.table
    names: np.ndarray  # (levels, k) which they are
    counts: np.ndarray  # (levels,) how many
    nodes: np.ndarray  # (levels,) for which box
    upper: np.ndarray  # (k,) upper bounds
    z: np.ndarray  # (d, k) whitened centre of the box
    active: np.ndarray  # (k,) columns of the components that matter to the tile
    z0: np.ndarray  # (k, d) their z, in the precision of the tiles
    w: np.ndarray  # (k, rows) their W, likewise
    s: np.ndarray  # (k, TILE) log densities, then their exponentials
    top: np.ndarray  # (TILE,) the largest log density of each point
    total: np.ndarray  # (TILE,) the sum of the exponentials


@compiled
def scratch(dim, tiles, components):
    """Memory for one walk over tiles."""
    d = len(dim)
    rows, k = components.table.shape
    levels = len(tiles.offset) + 1
    tables = np.empty((levels, rows, k))
    tables[levels - 1] = components.table
    names = np.empty((levels, k), np.int64)
    names[levels - 1] = np.arange(k)
    counts = np.full(levels, k)
    nodes = np.full(levels, -1)
    u = tiles.u
    return Scratch(
        tables,
        names,
        counts,
        nodes,
        np.empty(k),
        np.empty((d, k)),
        np.empty(k, np.int64),
        np.empty((k, d), u.dtype),
        np.empty((k, rows), u.dtype),
        np.empty((k, TILE), u.dtype),
        np.empty(TILE, u.dtype),
        np.empty(TILE, u.dtype),
    )


@compiled(fastmath=FASTMATH | {"nnan"})
def _bounds(dim, full, centre, half, table, count, upper, z):
    """Upper bounds of the log densities over a box, for the first `count` columns; the best lower bound.

    Also z (d, count), the whitened centre. Nothing here is NaN: log scales may be -inf, all else is finite.
    """
    d = len(dim)
    best = -np.inf
    for k in range(count):
        near, far = 0.0, 0.0
        row = 1 + d
        for j in range(d):
            if full.ndim == 3:
                middle, reach = 0.0, 0.0
                for m in range(j + 1):
                    middle += table[row + m, k] * (centre[m] - table[1 + m, k])
                    reach += abs(table[row + m, k]) * half[m]
                row += j + 1
            else:
                middle = table[row + j, k] * (centre[j] - table[1 + j, k])
                reach = table[row + j, k] * half[j]
            z[j, k] = middle
            distance = abs(middle)
            gap = max(distance - reach, 0.0)
            near += gap * gap
            far += (distance + reach) * (distance + reach)
        upper[k] = table[0, k] - 0.5 * near
        best = max(best, table[0, k] - 0.5 * far)
    return best


@compiled
def _descend(dim, full, tiles, tile, cut, memory):
    """Renew the lists of components for the boxes above `tile`, from the root down, where the box is new."""
    for level in range(len(tiles.offset) - 1, 0, -1):
        node = tile >> (FAN * level)
        if memory.nodes[level] == node:
            continue
        memory.nodes[level] = node
        box = tiles.offset[level] + node
        table, count = memory.tables[level + 1], memory.counts[level + 1]
        best = _bounds(dim, full, tiles.centre[box], tiles.half[box], table, count, memory.upper, memory.z)
        kept = 0
        for k in range(count):
            if memory.upper[k] >= best - cut:
                memory.active[kept] = k
                kept += 1
        for row in range(table.shape[0]):
            for a in range(kept):
                memory.tables[level, row, a] = table[row, memory.active[a]]
        for a in range(kept):
            memory.names[level, a] = memory.names[level + 1, memory.active[a]]
        memory.counts[level] = kept
        for below in range(1, level):
            memory.nodes[below] = -1


@compiled
def _gather(dim, full, tiles, tile, cut, memory):
    """The components that matter to a tile: their names' columns in `active`, z0 and w; how many they are."""
    d = len(dim)
    _descend(dim, full, tiles, tile, cut, memory)
    table, count = memory.tables[1], memory.counts[1]
    best = _bounds(dim, full, tiles.centre[tile], tiles.half[tile], table, count, memory.upper, memory.z)
    kept = 0
    for k in range(count):
        if memory.upper[k] >= best - cut:
            memory.active[kept] = k
            for j in range(d):
                memory.z0[kept, j] = memory.z[j, k]
            memory.w[kept, 0] = table[0, k]
            for row in range(1 + d, table.shape[0]):
                memory.w[kept, row - d] = table[row, k]
            kept += 1
    return kept


@compiled
def _log_densities(dim, full, u, count, z0, w, s, top):
    """s (count, TILE): log weight times density; top: the largest of each point."""
    d = len(dim)
    half, zero, lowest = s.dtype.type(0.5), s.dtype.type(0.0), s.dtype.type(-1e37)
    top[:] = lowest
    for a in range(count):
        scale = w[a, 0]
        for i in range(TILE):
            square = zero
            row = 1
            for j in range(d):
                z = z0[a, j]
                if full.ndim == 3:
                    for m in range(j + 1):
                        z += w[a, row + m] * u[m, i]
                    row += j + 1
                else:
                    z += w[a, row + j] * u[j, i]
                square += z * z
            value = max(scale - half * square, lowest)
            s[a, i] = value
            top[i] = max(top[i], value)


@compiled
def _exponentials(count, s, top, total, cut):
    """s becomes exp(s - top), 0 beyond the cut (denormal numbers would be slow); total: their sum for each point."""
    zero, lowest = s.dtype.type(0.0), s.dtype.type(-cut)
    total[:] = zero
    for a in range(count):
        for i in range(TILE):
            x = s[a, i] - top[i]
            value = exp(x) if x > lowest else zero
            s[a, i] = value
            total[i] += value


@compiled
def _moments(dim, full, u, z0, w, r, z, p, out):
    """Add one component's whitened moments to out (features,): first, then second (packed lower triangle).

    r: (TILE,) responsibilities times weights; z0, w: of the component; z (d, TILE), p (TILE,): scratch.
    Moments of z rather than of x - mean: they are near the identity, so a thin component keeps its digits.
    """
    d = len(dim)
    zero = r.dtype.type(0.0)
    row = 1
    for j in range(d):
        if full.ndim == 3:
            for i in range(TILE):
                value = z0[j]
                for m in range(j + 1):
                    value += w[row + m] * u[m, i]
                z[j, i] = value
            row += j + 1
        else:
            for i in range(TILE):
                z[j, i] = z0[j] + w[row + j] * u[j, i]
    feature = 1 + d
    for j in range(d):
        first = zero
        for i in range(TILE):
            value = r[i] * z[j, i]
            p[i] = value
            first += value
        out[1 + j] += first
        if full.ndim == 3:
            for m in range(j + 1):
                second = zero
                for i in range(TILE):
                    second += p[i] * z[m, i]
                out[feature + m] += second
            feature += j + 1
        else:
            second = zero
            for i in range(TILE):
                second += p[i] * z[j, i]
            out[feature + j] += second


@compiled
def expect(dim, tiles, components, first, last, cut, out):
    """The E-step over tiles first..last: adds whitened moments about the means to out (k, features).

    Features: mass, first (d), second (d (d + 1) / 2, or d for a diagonal). Returns the log likelihood and the
    number of pairs of a tile and a component that were visited.
    """
    d = len(dim)
    full = components.full
    memory = scratch(dim, tiles, components)
    kind = tiles.u.dtype.type
    share = np.empty(TILE, tiles.u.dtype)
    r = np.empty(TILE, tiles.u.dtype)
    p = np.empty(TILE, tiles.u.dtype)
    z = np.empty((d, TILE), tiles.u.dtype)
    likelihood, visited = 0.0, 0
    for tile in range(first, last):
        u, weight = tiles.u[tile], tiles.weight[tile]
        count = _gather(dim, full, tiles, tile, cut, memory)
        _log_densities(dim, full, u, count, memory.z0, memory.w, memory.s, memory.top)
        _exponentials(count, memory.s, memory.top, memory.total, cut)
        for i in range(TILE):
            share[i] = weight[i] / memory.total[i]
        for i in range(TILE):
            likelihood += np.float64(weight[i]) * (np.float64(memory.top[i]) + log(np.float64(memory.total[i])))
        for a in range(count):
            mass = kind(0.0)
            for i in range(TILE):
                r[i] = memory.s[a, i] * share[i]
                mass += r[i]
            if mass == kind(0.0):
                continue
            column = memory.active[a]
            row = out[memory.names[1, column]]
            row[0] += mass
            _moments(dim, full, u, memory.z0[a], memory.w[a], r, z, p, row)
            visited += 1
    return likelihood, visited


@compiled
def log_density(dim, tiles, components, first, last, cut, out):
    """The log density of each point of tiles first..last, into out (T, TILE)."""
    memory = scratch(dim, tiles, components)
    for tile in range(first, last):
        count = _gather(dim, components.full, tiles, tile, cut, memory)
        _log_densities(dim, components.full, tiles.u[tile], count, memory.z0, memory.w, memory.s, memory.top)
        _exponentials(count, memory.s, memory.top, memory.total, cut)
        for i in range(TILE):
            out[tile, i] = memory.top[i] + log(memory.total[i])


@compiled
def label(dim, tiles, components, first, last, out):
    """The component with the largest weighted density at each point of tiles first..last, into out (T, TILE)."""
    memory = scratch(dim, tiles, components)
    for tile in range(first, last):
        # The best lower bound rules out whatever stays below it, but for rounding.
        count = _gather(dim, components.full, tiles, tile, 1e-3, memory)
        _log_densities(dim, components.full, tiles.u[tile], count, memory.z0, memory.w, memory.s, memory.top)
        for a in range(count - 1, -1, -1):  # backwards: the lowest number wins a tie
            name = memory.names[1, memory.active[a]]
            for i in range(TILE):
                if memory.s[a, i] == memory.top[i]:
                    out[tile, i] = name


@compiled
def regress(dim, free, tiles, components, means, gain, first, last, cut, out):
    """The conditional mean at each point of tiles first..last, into out (T, f, TILE).

    free: a tuple of length f. means: (k, f) of the free coordinates; gain: (k, f, d).
    """
    d, f = len(dim), len(free)
    memory = scratch(dim, tiles, components)
    kind = tiles.u.dtype.type
    level = np.empty(f, tiles.u.dtype)
    slope = np.empty((f, d), tiles.u.dtype)
    for tile in range(first, last):
        u = tiles.u[tile]
        count = _gather(dim, components.full, tiles, tile, cut, memory)
        _log_densities(dim, components.full, u, count, memory.z0, memory.w, memory.s, memory.top)
        _exponentials(count, memory.s, memory.top, memory.total, cut)
        result = out[tile]
        result[:] = kind(0.0)
        for a in range(count):
            column = memory.active[a]
            name = memory.names[1, column]
            for j in range(f):
                value = means[name, j]
                for m in range(d):
                    value += gain[name, j, m] * (tiles.centre[tile, m] - memory.tables[1, 1 + m, column])
                    slope[j, m] = gain[name, j, m]
                level[j] = value
            _add_affine(dim, free, u, memory.s[a], level, slope, result)
        for j in range(f):
            for i in range(TILE):
                result[j, i] /= memory.total[i]


@compiled
def _add_affine(dim, free, u, share, level, slope, out):
    """Add share * (level + slope u) to out (f, TILE)."""
    for j in range(len(free)):
        for i in range(TILE):
            value = level[j]
            for m in range(len(dim)):
                value += slope[j, m] * u[m, i]
            out[j, i] += share[i] * value
