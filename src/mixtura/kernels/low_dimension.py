"""The E-step in low dimension: one fused pass over tiles, with exact pruning of pairs of a point and a component.

For each tile of neighbours (see tiles.py):

1. *Pruning.* In the whitened space of a component, z = W (x - mean), the tile's box becomes an interval for each
   coordinate. Interval arithmetic bounds the log density from above and below over the whole tile. A component
   whose upper bound lies `cut` nats below the best lower bound cannot change any point of the tile beyond
   rounding. The tree of boxes does the same for groups of tiles first, so that few components remain.
2. *Log densities* of the tile's points under the remaining components, into scratch memory that stays in cache.
3. *Exponentials*, relative to each point's largest (log-sum-exp), and their sum.
4. *Results*: moments about the current means (EM), log densities, labels, or conditional means.

No array of points times components is allocated. The number of coordinates is passed as the length of a tuple
`dim`: Numba compiles a version for each length, in which every loop over coordinates is unrolled and the loop
over the points of a tile is vectorised. `whiten` has shape (k, d, d), lower triangular, or (k, d); the version
for it is chosen by its number of axes.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .compiled import FASTMATH, compiled
from .elementary import exp, log
from .tiles import FAN, TILE

PILOTS = 4  # components that are evaluated first at each tile


class Components(NamedTuple):
    """The parameters of a mixture as the kernels use them, components along the last axis.

    table: (1 + d + w, k) float64; rows: log scale (log weight - d/2 log 2pi + log det W), the means, then W,
    row by row of its lower triangle (w = d (d + 1) / 2) or its diagonal (w = d).
    factors: (k, 1 + w) log scale and W, in the precision of the tiles. means: (k, d).
    full: (k, d, d), or (k, d) for a diagonal; only its number of axes is used.
    """

    table: np.ndarray
    factors: np.ndarray
    means: np.ndarray
    full: np.ndarray


class Scratch(NamedTuple):
    """Scratch memory of one thread."""

    tables: np.ndarray  # (levels, rows, k) the components that remain at each level of boxes, as in Components.table
    names: np.ndarray  # (levels, k) their indices
    counts: np.ndarray  # (levels,) their number
    nodes: np.ndarray  # (levels,) the box they are for
    upper: np.ndarray  # (k,) upper bounds of the log densities over a box
    middle: np.ndarray  # (k,) log densities at its centre
    width: np.ndarray  # (k,) its squared half diagonal in whitened space
    lower: np.ndarray  # (k,) lower bounds
    active: np.ndarray  # (k,) columns of the components that matter to the tile
    live: np.ndarray  # (k,) those that remain once their log densities are known
    z0: np.ndarray  # (k, d) the tile's centre, whitened by each active component, in the precision of the tiles
    w: np.ndarray  # (k, 1 + w) their factors, gathered contiguously: read in place, they keep the loops scalar
    s: np.ndarray  # (k, TILE) log densities, then their exponentials
    top: np.ndarray  # (TILE,) the largest log density of each point
    total: np.ndarray  # (TILE,) the sum of the exponentials
    share: np.ndarray  # (TILE,) the factor from exponentials to responsibilities
    phi: np.ndarray  # (features, TILE) the features of the points, see _features
    four: np.ndarray  # (4,) components whose moments are computed together
    sums: np.ndarray  # (4, features) their sums over the tile
    thin: np.ndarray  # (d + 1, TILE) z of a thin component, and its products


def scratch(tiles, components) -> Scratch:
    """Allocate the scratch memory for one pass over tiles."""
    d, dtype = tiles.u.shape[1], tiles.u.dtype
    rows, k = components.table.shape
    levels = len(tiles.offset) + 1
    tables, names = np.empty((levels, rows, k)), np.empty((levels, k), np.int64)
    tables[-1], names[-1] = components.table, np.arange(k)
    return Scratch(
        tables,
        names,
        counts=np.full(levels, k),
        nodes=np.full(levels, -1),
        upper=np.empty(k),
        middle=np.empty(k),
        width=np.empty(k),
        lower=np.empty(k),
        active=np.empty(k, np.int64),
        live=np.empty(k, np.int64),
        z0=np.empty((k, d), dtype),
        w=np.empty_like(components.factors),
        s=np.empty((k, TILE), dtype),
        top=np.empty(TILE, dtype),
        total=np.empty(TILE, dtype),
        share=np.empty(TILE, dtype),
        phi=np.zeros((rows + (-rows) % 4, TILE), dtype),
        four=np.empty(4, np.int64),
        sums=np.empty((4, rows + (-rows) % 4), dtype),
        thin=np.empty((d + 1, TILE), dtype),
    )


@compiled(fastmath=FASTMATH | {"nnan"}, inner=True, apart=True)
def _bounds(dim, full, centre, half, table, count, upper, middle, width, lower):
    """Bounds of the log densities over a box, for the first `count` columns.

    upper, lower: (count,) bounds. middle: (count,) the log densities at its centre. width: (count,) its squared half
    diagonal in whitened space. No value is NaN: log scales may be -inf, all else is finite.
    """
    d = len(dim)
    for k in range(count):
        near, square, far, wide = 0.0, 0.0, 0.0, 0.0
        row = 1 + d
        for j in range(d):
            if full.ndim == 3:
                inside, reach = 0.0, 0.0
                for m in range(j + 1):
                    inside += table[row + m, k] * (centre[m] - table[1 + m, k])
                    reach += abs(table[row + m, k]) * half[m]
                row += j + 1
            else:
                inside = table[row + j, k] * (centre[j] - table[1 + j, k])
                reach = table[row + j, k] * half[j]
            distance = abs(inside)
            gap = max(distance - reach, 0.0)
            near += gap * gap
            square += distance * distance
            wide += reach * reach
            far += (distance + reach) * (distance + reach)
        upper[k] = table[0, k] - 0.5 * near
        middle[k] = table[0, k] - 0.5 * square
        lower[k] = table[0, k] - 0.5 * far
        width[k] = wide


@compiled(inner=True)
def _descend(dim, full, tiles, tile, cut, memory):
    """Bounds over the boxes that contain `tile`, from the root down to the tile's own, unless computed before.

    A box evaluates only the components that its parent kept. Returns how many may matter to the tile itself: `active`
    lists them, columns of tables[1].
    """
    active, kept = memory.active, 0
    for down in range(len(tiles.offset)):
        level = len(tiles.offset) - 1 - down
        node = tile >> (FAN * level)
        if level > 0 and memory.nodes[level] == node:
            continue
        box = tiles.offset[level] + node
        table, count = memory.tables[level + 1], memory.counts[level + 1]
        centre, half = tiles.centre[box], tiles.half[box]
        _bounds(dim, full, centre, half, table, count, memory.upper, memory.middle, memory.width, memory.lower)
        best = -np.inf  # in a separate loop: within `_bounds` it would keep that loop scalar
        for k in range(count):
            best = max(best, memory.lower[k])
        kept = 0
        for k in range(count):
            if memory.upper[k] >= best - cut:
                active[kept] = k
                kept += 1
        if level > 0:
            for row in range(table.shape[0]):
                for a in range(kept):
                    memory.tables[level, row, a] = table[row, active[a]]
            for a in range(kept):
                memory.names[level, a] = memory.names[level + 1, active[a]]
            memory.counts[level] = kept
            memory.nodes[level] = node
            for below in range(1, level):
                memory.nodes[below] = -1
    return kept


@compiled(inner=True)
def _visit(dim, components, tiles, tile, cut, memory):
    """Fill `s` with the log densities of a tile's active components; return how many are live, and active."""
    full = components.full
    active, upper = memory.active, memory.upper
    kept = _descend(dim, full, tiles, tile, cut, memory)
    # The likeliest few go first: their densities at each point give a better lower bound than the box does.
    pilots = PILOTS if kept > 4 * PILOTS else kept
    for a in range(pilots if pilots < kept else 0):
        largest = a
        for b in range(a + 1, kept):
            if memory.middle[active[b]] > memory.middle[active[largest]]:
                largest = b
        active[a], active[largest] = active[largest], active[a]
    for i in range(TILE):
        memory.top[i] = np.finfo(memory.s.dtype).min
    done, last = np.int64(0), pilots  # a literal would compile another version
    while True:  # at most two rounds, in a loop so that its code is compiled once
        _log_densities(dim, full, tiles.centre[tile], tiles.u[tile], done, last, components, memory)
        if done > 0 or pilots == kept:
            break
        floor = np.inf
        for i in range(TILE):
            floor = min(floor, memory.top[i])
        done = last
        for a in range(pilots, kept):
            if upper[active[a]] >= floor - cut:
                active[last] = active[a]
                last += 1
    if pilots == kept:
        for a in range(kept):
            memory.live[a] = a
        return kept, kept
    return _alive(last, memory.s, memory.top, cut, memory.live), last


@compiled(inner=True)
def _alive(count, s, top, cut, live):
    """List in `live` the components that come within `cut` of the largest at some point; return their number."""
    one, zero, reach = s.dtype.type(1.0), s.dtype.type(0.0), s.dtype.type(-cut)
    kept = 0
    for a in range(count):
        near = zero
        for i in range(TILE):
            near += one if s[a, i] - top[i] >= reach else zero
        if near > zero:
            live[kept] = a
            kept += 1
    return kept


@compiled(inner=True)
def _log_densities(dim, full, centre, u, first, last, components, memory):
    """Write log (weight times density) of the active components first..last to `s`, and update the maximum `top`."""
    factors, means, z0, w = components.factors, components.means, memory.z0, memory.w
    for a in range(first, last):
        name = memory.names[1, memory.active[a]]
        for j in range(factors.shape[1]):
            w[a, j] = factors[name, j]
        row = 1
        for j in range(len(dim)):
            z = 0.0
            if full.ndim == 3:
                for m in range(j + 1):
                    z += factors[name, row + m] * (centre[m] - means[name, m])
                row += j + 1
            else:
                z = factors[name, row + j] * (centre[j] - means[name, j])
            z0[a, j] = z
    _evaluate(dim, full, u, first, last, z0, w, memory.s, memory.top)


@compiled(inner=True)
def _evaluate(dim, full, u, first, last, z0, w, s, top):
    """Evaluate the log densities. Infinite squares become the lowest finite number, so that no value is NaN."""
    d = len(dim)
    half, zero, lowest = s.dtype.type(0.5), s.dtype.type(0.0), np.finfo(s.dtype).min
    for a in range(first, last):
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
def _exponentials(count, live, s, top, total, cut):
    """Replace s by exp(s - top), 0 beyond the cut (denormal numbers would be slow); total: their sum at each point."""
    zero, lowest = s.dtype.type(0.0), s.dtype.type(-cut)
    for i in range(TILE):
        total[i] = zero
    for b in range(count):
        a = live[b]
        for i in range(TILE):
            x = s[a, i] - top[i]
            value = exp(x) if x >= lowest else zero
            s[a, i] = value
            total[i] += value


@compiled
def expect(dim, tiles, components, memory, first, last, cut, widest, near, thin):
    """The E-step over tiles first..last: (log likelihood, visited pairs of a tile and a component, widest).

    Adds moments about the means to near and thin (k, features): mass, first (d), second (packed lower triangle, or d
    squares). The moments of x - mean go to `near`. Where the squared half diagonal of a tile in units of the
    component is above `widest`, they would lose digits to cancellation; there the moments of z = W (x - mean) go to
    `thin`. The last result is the largest such square of all visited pairs: times the squared rounding, the squared
    error of z.
    """
    full, share, phi, four, sums = components.full, memory.share, memory.phi, memory.four, memory.sums
    likelihood, visited, met = 0.0, 0, 0.0
    for tile in range(first, last):
        u, weight = tiles.u[tile], tiles.weight[tile]
        count, survivors = _visit(dim, components, tiles, tile, cut, memory)
        visited += survivors
        for a in range(survivors):  # those too that are far from every point: rounding may have moved them there
            met = max(met, memory.width[memory.active[a]])
        _exponentials(count, memory.live, memory.s, memory.top, memory.total, cut)
        for i in range(TILE):
            share[i] = weight[i] / memory.total[i]
        for i in range(TILE):
            likelihood += np.float64(weight[i]) * (np.float64(memory.top[i]) + log(np.float64(memory.total[i])))
        _features(dim, full, u, phi)
        waiting = np.int64(0)
        for b in range(count):
            a = memory.live[b]
            column = memory.active[a]
            _multiply(memory.s[a], share)
            if memory.width[column] > widest:
                row = thin[memory.names[1, column]]
                _thin_moments(dim, full, u, memory.z0[a], memory.w[a], memory.s[a], memory.thin, row)
            else:
                four[waiting] = a
                waiting += 1
            if waiting == 4 or (waiting > 0 and b + 1 == count):
                for spare in range(waiting, 4):
                    four[spare] = four[0]
                _near_moments(dim, full, tiles.centre[tile], phi, four, waiting, memory, sums, near)
                waiting = np.int64(0)
    return likelihood, visited, met


@compiled(inner=True)
def _multiply(r, share):
    for i in range(TILE):
        r[i] *= share[i]


@compiled(inner=True)
def _features(dim, full, u, phi):
    """Fill phi (features, TILE): one, the coordinates, their products, of a tile's points about its centre."""
    d = len(dim)
    for i in range(TILE):
        phi[0, i] = u.dtype.type(1.0)
    feature = 1 + d
    for j in range(d):
        for i in range(TILE):
            phi[1 + j, i] = u[j, i]
        if full.ndim == 3:
            for m in range(j + 1):
                for i in range(TILE):
                    phi[feature + m, i] = u[j, i] * u[m, i]
            feature += j + 1
        else:
            for i in range(TILE):
                phi[feature + j, i] = u[j, i] * u[j, i]


@compiled(inner=True)
def _near_moments(dim, full, centre, phi, four, count, memory, sums, out):
    """Add the moments about their means of the first `count` of four components, from their sums over features."""
    d = len(dim)
    _products(memory.s, four, phi, sums)
    for b in range(count):
        column = memory.active[four[b]]
        table, row = memory.tables[1], out[memory.names[1, column]]
        total = sums[b]
        mass = np.float64(total[0])
        row[0] += mass
        feature = 1 + d
        for j in range(d):
            offset = centre[j] - table[1 + j, column]
            row[1 + j] += total[1 + j] + mass * offset
            if full.ndim == 3:
                for m in range(j + 1):
                    other = centre[m] - table[1 + m, column]
                    row[feature + m] += (
                        total[feature + m] + total[1 + j] * other + offset * (total[1 + m] + mass * other)
                    )
                feature += j + 1
            else:
                row[feature + j] += total[feature + j] + offset * (2.0 * total[1 + j] + mass * offset)


@compiled(inner=True)
def _products(r, four, phi, sums):
    """sums[b, f] = sum over i of r[four[b], i] phi[f, i], in blocks of 4 x 4 that stay in registers."""
    zero = r.dtype.type(0.0)
    r0, r1, r2, r3 = r[four[0]], r[four[1]], r[four[2]], r[four[3]]
    for f in range(0, len(phi), 4):
        s00, s01, s02, s03 = zero, zero, zero, zero
        s10, s11, s12, s13 = zero, zero, zero, zero
        s20, s21, s22, s23 = zero, zero, zero, zero
        s30, s31, s32, s33 = zero, zero, zero, zero
        for i in range(TILE):
            a0, a1, a2, a3 = r0[i], r1[i], r2[i], r3[i]
            p0, p1, p2, p3 = phi[f, i], phi[f + 1, i], phi[f + 2, i], phi[f + 3, i]
            s00 += a0 * p0
            s01 += a0 * p1
            s02 += a0 * p2
            s03 += a0 * p3
            s10 += a1 * p0
            s11 += a1 * p1
            s12 += a1 * p2
            s13 += a1 * p3
            s20 += a2 * p0
            s21 += a2 * p1
            s22 += a2 * p2
            s23 += a2 * p3
            s30 += a3 * p0
            s31 += a3 * p1
            s32 += a3 * p2
            s33 += a3 * p3
        sums[0, f], sums[0, f + 1], sums[0, f + 2], sums[0, f + 3] = s00, s01, s02, s03
        sums[1, f], sums[1, f + 1], sums[1, f + 2], sums[1, f + 3] = s10, s11, s12, s13
        sums[2, f], sums[2, f + 1], sums[2, f + 2], sums[2, f + 3] = s20, s21, s22, s23
        sums[3, f], sums[3, f + 1], sums[3, f + 2], sums[3, f + 3] = s30, s31, s32, s33


@compiled(inner=True)
def _thin_moments(dim, full, u, z0, w, r, z, out):
    """Add one component's moments of z to out (features,); r: (TILE,); z (d + 1, TILE): scratch.

    Moments of z rather than of x - mean: they are near the identity, which avoids cancellation for thin components.
    """
    d = len(dim)
    p = z[d]
    zero = r.dtype.type(0.0)
    mass = zero
    for i in range(TILE):
        mass += r[i]
    out[0] += mass
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
        for m in range(0 if full.ndim == 3 else j, j + 1):
            second = zero
            for i in range(TILE):
                second += p[i] * z[m, i]
            out[feature + m] += second
        if full.ndim == 3:
            feature += j + 1


@compiled
def log_density(dim, tiles, components, memory, first, last, cut, out):
    """Write the log density of each point of tiles first..last to out (T, TILE)."""
    for tile in range(first, last):
        count, _ = _visit(dim, components, tiles, tile, cut, memory)
        _exponentials(count, memory.live, memory.s, memory.top, memory.total, cut)
        for i in range(TILE):
            out[tile, i] = memory.top[i] + log(memory.total[i])


@compiled
def label(dim, tiles, components, memory, first, last, out):
    """Write the component with the largest weighted density at each point of tiles first..last to out (T, TILE)."""
    for tile in range(first, last):
        # Components below the best lower bound are excluded, up to rounding.
        count, _ = _visit(dim, components, tiles, tile, 1e-3, memory)
        for i in range(TILE):
            out[tile, i] = components.table.shape[1]
        for b in range(count):
            a = memory.live[b]
            name = memory.names[1, memory.active[a]]
            for i in range(TILE):
                if memory.s[a, i] == memory.top[i] and name < out[tile, i]:  # ties: the lowest index
                    out[tile, i] = name


@compiled
def responsibilities(dim, tiles, components, memory, first, last, cut, begin, counts, indices, shares):
    """The responsibilities above rounding of the points of tiles first..last, in two passes.

    With empty `indices`, the first pass: their number for each point, into counts (T, TILE). The second pass writes
    components to `indices` and responsibilities to `shares`, from position begin (T, TILE) on for each point.
    """
    fill = len(indices) > 0
    for tile in range(first, last):
        count, _ = _visit(dim, components, tiles, tile, cut, memory)
        _exponentials(count, memory.live, memory.s, memory.top, memory.total, cut)
        for i in range(TILE):
            counts[tile, i] = 0
        for b in range(count):
            a = memory.live[b]
            name = memory.names[1, memory.active[a]]
            for i in range(TILE):
                if memory.s[a, i] > 0:
                    if fill:
                        place = begin[tile, i] + counts[tile, i]
                        indices[place] = name
                        shares[place] = memory.s[a, i] / memory.total[i]
                    counts[tile, i] += 1


@compiled
def regress(dim, free, tiles, components, memory, means, gain, first, last, cut, level, slope, out):
    """Write the conditional mean at each point of tiles first..last to out (T, f, TILE).

    free: a tuple of length f. means: (k, f) of the free coordinates; gain: (k, f, d). level (f,), slope (f, d): scratch
    in the precision of the tiles.
    """
    d, f = len(dim), len(free)
    kind = tiles.u.dtype.type
    for tile in range(first, last):
        u = tiles.u[tile]
        count, _ = _visit(dim, components, tiles, tile, cut, memory)
        _exponentials(count, memory.live, memory.s, memory.top, memory.total, cut)
        result = out[tile]
        for j in range(f):
            for i in range(TILE):
                result[j, i] = kind(0.0)
        for b in range(count):
            a = memory.live[b]
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


@compiled(inner=True)
def _add_affine(dim, free, u, share, level, slope, out):
    """Add share * (level + slope u) to out (f, TILE)."""
    for j in range(len(free)):
        for i in range(TILE):
            value = level[j]
            for m in range(len(dim)):
                value += slope[j, m] * u[m, i]
            out[j, i] += share[i] * value
