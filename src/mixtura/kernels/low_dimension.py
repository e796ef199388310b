"""The E-step in low dimension: one fused pass over tiles, with exact pruning of pairs of a point and a component.

For each tile of neighbours (see tiles.py):

1. *Pruning.* In the whitened space of a component, z = W (x - mean), the tile's box becomes an interval for each
   coordinate. Interval arithmetic bounds the log density from above and below over the whole tile. A component
   whose upper bound lies `cut` nats below the best lower bound cannot change any point of the tile beyond
   rounding. The tree of boxes does the same for groups of tiles first, so that few components remain.
2. *Log densities* of the tile's points under the remaining components, into scratch memory that stays in cache.
3. *Exponentials*, relative to each point's largest (log-sum-exp), and their sum.
4. *Answers*: moments about the current means (EM), log densities, labels, responsibilities, or conditional means.

No array of points times components is allocated. Points are worked as explicit vectors (vectors.py), so that the number
of coordinates, whether W is triangular or diagonal, and the question are known at run time alone: one function is
compiled for each precision, and serves all.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .compiled import compiled
from .elementary import exp, log
from .tiles import FAN, TILE
from .vectors import (
    BLOCK,
    REGISTER,
    add,
    at,
    div,
    fma,
    largest,
    load,
    load_doubles,
    load_register,
    magnitude,
    mul,
    splat,
    splat_register,
    store,
    store_register,
    store_totals,
    sub,
    total,
    where_least,
)

PILOTS = 4  # components that are evaluated first at each tile
DOUBLES = REGISTER // 8  # in a register
MOMENTS, LOG_DENSITY, LABEL, COUNT, SHARES, REGRESS = range(6)  # questions

_compiled = compiled(fastmath={"contract", "nsz"})
_stage = compiled(fastmath={"contract", "nsz"}, inner=True)


class Components(NamedTuple):
    """The parameters of a mixture as the kernels use them, components along the last axis.

    table: (1 + d + w, k) float64; rows: log scale (log weight - d/2 log 2pi + log det W), the means, then W,
    row by row of its lower triangle (w = d (d + 1) / 2) or its diagonal (w = d).
    factors: (k, 1 + w) log scale and W, in the precision of the tiles. means: (k, d). triangular: which of the two.
    """

    table: np.ndarray
    factors: np.ndarray
    means: np.ndarray
    triangular: bool


class Scratch(NamedTuple):
    """Scratch memory of one thread. K: k, filled up to whole registers."""

    tables: np.ndarray  # (levels, rows, K) the components that remain at each level of boxes, as in Components.table
    names: np.ndarray  # (levels, k) their indices
    counts: np.ndarray  # (levels,) their number
    nodes: np.ndarray  # (levels,) the box they are for
    upper: np.ndarray  # (K,) upper bounds of the log densities over a box
    middle: np.ndarray  # (K,) log densities at its centre
    width: np.ndarray  # (K,) its squared half diagonal in whitened space
    lower: np.ndarray  # (K,) lower bounds
    active: np.ndarray  # (k,) columns of the components that matter to the tile
    live: np.ndarray  # (k,) those that remain once their log densities are known
    z0: np.ndarray  # (k, d) the tile's centre, whitened by each active component, in the precision of the tiles
    w: np.ndarray  # (k, 1 + w) their factors
    s: np.ndarray  # (k, TILE) log densities, then their exponentials
    top: np.ndarray  # (TILE,) the largest log density of each point
    total: np.ndarray  # (TILE,) the sum of the exponentials
    share: np.ndarray  # (TILE,) the factor from exponentials to responsibilities
    phi: np.ndarray  # (features, TILE) the features of the points, see _features
    four: np.ndarray  # (4,) components whose moments are computed together
    sums: np.ndarray  # (4, features) their sums over the tile
    offset: np.ndarray  # (d,) the tile's centre less a mean
    thin: np.ndarray  # (d, TILE) z of a thin component


class Answers(NamedTuple):
    """Where the answers go: of each question its own arrays; those of the others may be empty.

    near, thin: (k, features) moments. values: (T, TILE) log densities. labels: (T, TILE). counts, begin: (T, TILE) how
    many responsibilities a point has, and where they begin in `indices` and `shares`. means (k, f), gain (k, f, d),
    regressed (T, f, TILE): of conditional means.
    """

    near: np.ndarray
    thin: np.ndarray
    values: np.ndarray
    labels: np.ndarray
    counts: np.ndarray
    begin: np.ndarray
    indices: np.ndarray
    shares: np.ndarray
    means: np.ndarray
    gain: np.ndarray
    regressed: np.ndarray


def answers(dtype, **given) -> Answers:
    """The arrays that are given, and empty ones."""
    kinds = dict.fromkeys(("near", "thin", "means", "gain"), np.float64)
    kinds |= dict.fromkeys(("values", "shares", "regressed"), dtype)
    kinds |= {"labels": np.int32} | dict.fromkeys(("counts", "begin", "indices"), np.int64)
    axes = {"indices": 1, "shares": 1, "gain": 3, "regressed": 3}
    empty = {name: np.empty((0,) * axes.get(name, 2), kind) for name, kind in kinds.items()}
    return Answers(**empty | given)


def scratch(tiles, components) -> Scratch:
    """Allocate the scratch memory for one pass over tiles."""
    d, dtype = tiles.u.shape[1], tiles.u.dtype
    rows, k = components.table.shape
    filled, features = k + -k % DOUBLES, rows + -rows % 4
    levels = len(tiles.offset) + 1
    tables, names = np.zeros((levels, rows, filled)), np.empty((levels, k), np.int64)
    tables[-1, :, :k], names[-1] = components.table, np.arange(k)
    return Scratch(
        tables,
        names,
        counts=np.full(levels, k),
        nodes=np.full(levels, -1),
        upper=np.empty(filled),
        middle=np.empty(filled),
        width=np.empty(filled),
        lower=np.empty(filled),
        active=np.empty(k, np.int64),
        live=np.empty(k, np.int64),
        z0=np.empty((k, d), dtype),
        w=np.empty_like(components.factors),
        s=np.empty((k, TILE), dtype),
        top=np.empty(TILE, dtype),
        total=np.empty(TILE, dtype),
        share=np.empty(TILE, dtype),
        phi=np.zeros((features, TILE), dtype),
        four=np.empty(4, np.int64),
        sums=np.empty((4, features), dtype),
        offset=np.empty(d),
        thin=np.empty((d, TILE), dtype),
    )


@_compiled
def over(question, tiles, components, memory, first, last, cut, widest, out):
    """Answer a question about the points of tiles first..last: (log likelihood, pairs of tile and component, widest).

    MOMENTS adds moments about the means to out.near and out.thin (k, features): mass, first (d), second (packed lower
    triangle, or d squares). The moments of x - mean go to `near`. Where the squared half diagonal of a tile in units of
    the component is above `widest`, they would lose digits to cancellation; there the moments of z = W (x - mean) go to
    `thin`. The last result is the largest such square of all visited pairs: times the squared rounding, the squared
    error of z.

    COUNT writes how many responsibilities of each point are above rounding, SHARES then these.
    """
    likelihood, visited, met = 0.0, 0, 0.0
    for tile in range(first, last):
        count, survivors = _visit(components, tiles, tile, cut, memory)
        visited += survivors
        if question == LABEL:
            _label(count, memory, components.table.shape[1], out.labels[tile])
            continue
        _exponentials(count, memory.live, memory.s, memory.top, memory.total, cut)
        if question == MOMENTS:
            for a in range(survivors):  # those too that are far from every point: rounding may have moved them there
                met = max(met, memory.width[memory.active[a]])
            likelihood += _likelihood(tiles.weight[tile], memory.top, memory.total)
            _moments(components, tiles, tile, count, memory, widest, out)
        elif question == LOG_DENSITY:
            for i in range(0, TILE, BLOCK // memory.s.itemsize):
                value = add(load(memory.top, 0, i), log(load(memory.total, 0, i)))
                store(out.values, tile, i, value)
        elif question == REGRESS:
            _regress(tiles, tile, count, memory, out)
        else:
            _shares(count, memory, out.begin[tile], out.counts[tile], out.indices, out.shares, question == SHARES)
    return likelihood, visited, met


@_stage
def _bounds(triangular, centre, half, table, count, upper, middle, width, lower):
    """Bounds of the log densities over a box, for the first `count` columns; return the best lower one.

    upper, lower: (count,) bounds. middle: (count,) the log densities at its centre. width: (count,) its squared half
    diagonal in whitened space.
    """
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
    active, kept = memory.active, 0
    for down in range(len(tiles.offset)):
        level = len(tiles.offset) - 1 - down
        node = tile >> (FAN * level)
        if level > 0 and memory.nodes[level] == node:
            continue
        box = tiles.offset[level] + node
        table, count = memory.tables[level + 1], memory.counts[level + 1]
        centre, half = tiles.centre[box], tiles.half[box]
        best = _bounds(triangular, centre, half, table, count, memory.upper, memory.middle, memory.width, memory.lower)
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


@_stage
def _visit(components, tiles, tile, cut, memory):
    """Fill `s` with the log densities of a tile's active components; return how many are live, and active."""
    active, upper = memory.active, memory.upper
    kept = _descend(components.triangular, tiles, tile, cut, memory)
    # The likeliest few go first: their densities at each point give a better lower bound than the box does.
    pilots = PILOTS if kept > 4 * PILOTS else kept
    for a in range(pilots if pilots < kept else 0):
        likeliest = a
        for b in range(a + 1, kept):
            if memory.middle[active[b]] > memory.middle[active[likeliest]]:
                likeliest = b
        active[a], active[likeliest] = active[likeliest], active[a]
    for i in range(TILE):
        memory.top[i] = np.finfo(memory.s.dtype).min
    done, last = np.int64(0), pilots  # a literal would compile another version
    while True:  # at most two rounds, in a loop so that its code is compiled once
        _log_densities(components, tiles.centre[tile], tiles.u[tile], done, last, memory)
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


@_stage
def _alive(count, s, top, cut, live):
    """List in `live` the components that come within `cut` of the largest at some point; return their number."""
    kept = 0
    for a in range(count):
        near = splat(s, 0.0)
        for i in range(0, TILE, BLOCK // s.itemsize):
            near = where_least(sub(load(s, a, i), load(top, 0, i)), -cut, 1.0, near)
        if total(near) > 0.0:
            live[kept] = a
            kept += 1
    return kept


@_stage
def _log_densities(components, centre, u, first, last, memory):
    """Write log (weight times density) of the active components first..last to `s`, and update the maximum `top`.

    Infinite squares become the lowest finite number, so that no value is NaN.
    """
    factors, means, z0, w, s, top = components.factors, components.means, memory.z0, memory.w, memory.s, memory.top
    triangular, lowest, d = components.triangular, np.finfo(s.dtype).min, len(centre)
    for a in range(first, last):
        name = memory.names[1, memory.active[a]]
        for j in range(factors.shape[1]):
            w[a, j] = factors[name, j]
        row = 1
        for j in range(d):
            z = 0.0
            for m in range(0 if triangular else j, j + 1):
                z += factors[name, row] * (centre[m] - means[name, m])
                row += 1
            z0[a, j] = z
    for a in range(first, last, 2):  # two at a time share what is loaded of the points
        b = min(a + 1, last - 1)
        for i in range(0, TILE, BLOCK // s.itemsize):
            square = splat(u, 0.0)
            other = square
            row = 1
            for j in range(d):
                z, y = splat(u, at(z0, a, j)), splat(u, at(z0, b, j))
                for m in range(0 if triangular else j, j + 1):
                    here = load(u, m, i)
                    z = fma(at(w, a, row), here, z)
                    y = fma(at(w, b, row), here, y)
                    row += 1
                square = fma(z, z, square)
                other = fma(y, y, other)
            square = largest(fma(-0.5, square, w[a, 0]), lowest)
            other = largest(fma(-0.5, other, w[b, 0]), lowest)
            store(s, a, i, square)
            store(s, b, i, other)
            store(top, 0, i, largest(load(top, 0, i), largest(square, other)))


@_compiled
def _exponentials(count, live, s, top, sums, cut):
    """Replace s by exp(s - top), 0 beyond the cut (denormal numbers would be slow); sums: their sum at each point."""
    for i in range(0, TILE, BLOCK // s.itemsize):
        whole, most = splat(s, 0.0), load(top, 0, i)
        for b in range(count):
            x = sub(load(s, live[b], i), most)
            value = where_least(x, -cut, exp(x), 0.0)
            store(s, live[b], i, value)
            whole = add(whole, value)
        store(sums, 0, i, whole)


@_stage
def _likelihood(weight, top, sums):
    """The log likelihood of a tile, in double precision."""
    whole = load_doubles(top, 0, 0)
    whole = sub(whole, whole)
    for i in range(0, TILE, DOUBLES):
        value = add(load_doubles(top, 0, i), log(load_doubles(sums, 0, i)))
        whole = fma(load_doubles(weight, 0, i), value, whole)
    return total(whole)


@_stage
def _moments(components, tiles, tile, count, memory, widest, out):
    """Add the moments of a tile."""
    s, share, four, triangular = memory.s, memory.share, memory.four, components.triangular
    step = BLOCK // s.itemsize
    for i in range(0, TILE, step):
        store(share, 0, i, div(load(tiles.weight, tile, i), load(memory.total, 0, i)))
    _features(triangular, tiles.u[tile], share, memory.phi)
    waiting = np.int64(0)
    for b in range(count):
        a = memory.live[b]
        column = memory.active[a]
        if memory.width[column] > widest:
            _thin_moments(triangular, tiles.u[tile], a, memory, out.thin[memory.names[1, column]])
        else:
            four[waiting] = a
            waiting += 1
        if waiting == 4 or (waiting > 0 and b + 1 == count):
            for spare in range(waiting, 4):
                four[spare] = four[0]
            _products(s, four, memory.phi, memory.sums)
            _near_moments(triangular, tiles.centre[tile], components.means, waiting, memory, out.near)
            waiting = np.int64(0)


@_stage
def _features(triangular, u, share, phi):
    """Fill phi (features, TILE): one, the coordinates, their products, of a tile's points about its centre.

    share: (TILE,) from an exponential to a responsibility, so that the exponentials may stay as they are.
    """
    d = len(u)
    for i in range(0, TILE, BLOCK // u.itemsize):
        each = load(share, 0, i)
        store(phi, 0, i, each)
        row = 1 + d
        for j in range(d):
            here = mul(each, load(u, j, i))
            store(phi, 1 + j, i, here)
            for m in range(0 if triangular else j, j + 1):
                store(phi, row, i, mul(here, load(u, m, i)))
                row += 1


@_stage
def _products(r, four, phi, sums):
    """sums[b, f] = sum over i of r[four[b], i] phi[f, i], in blocks of 4 x 4 that stay in registers."""
    q0, q1, q2, q3 = four[0], four[1], four[2], four[3]
    for f in range(0, len(phi), 4):
        zero = splat_register(r, 0.0)
        s00, s01, s02, s03 = zero, zero, zero, zero
        s10, s11, s12, s13 = zero, zero, zero, zero
        s20, s21, s22, s23 = zero, zero, zero, zero
        s30, s31, s32, s33 = zero, zero, zero, zero
        for i in range(0, TILE, REGISTER // r.itemsize):
            p0, p1 = load_register(phi, f, i), load_register(phi, f + 1, i)
            p2, p3 = load_register(phi, f + 2, i), load_register(phi, f + 3, i)
            a = load_register(r, q0, i)
            s00, s01, s02, s03 = fma(a, p0, s00), fma(a, p1, s01), fma(a, p2, s02), fma(a, p3, s03)
            a = load_register(r, q1, i)
            s10, s11, s12, s13 = fma(a, p0, s10), fma(a, p1, s11), fma(a, p2, s12), fma(a, p3, s13)
            a = load_register(r, q2, i)
            s20, s21, s22, s23 = fma(a, p0, s20), fma(a, p1, s21), fma(a, p2, s22), fma(a, p3, s23)
            a = load_register(r, q3, i)
            s30, s31, s32, s33 = fma(a, p0, s30), fma(a, p1, s31), fma(a, p2, s32), fma(a, p3, s33)
        store_totals(sums, 0, f, s00, s01, s02, s03)
        store_totals(sums, 1, f, s10, s11, s12, s13)
        store_totals(sums, 2, f, s20, s21, s22, s23)
        store_totals(sums, 3, f, s30, s31, s32, s33)


@_stage
def _near_moments(triangular, centre, means, count, memory, out):
    """Add the moments about their means of the first `count` of four components, from their sums over features."""
    d = len(centre)
    for b in range(count):
        name = memory.names[1, memory.active[memory.four[b]]]
        row, sums = out[name], memory.sums[b]
        for j in range(d):
            memory.offset[j] = centre[j] - means[name, j]
        mass = np.float64(sums[0])
        row[0] += mass
        feature = 1 + d
        for j in range(d):
            offset = memory.offset[j]
            row[1 + j] += sums[1 + j] + mass * offset
            for m in range(0 if triangular else j, j + 1):
                other = memory.offset[m]
                row[feature] += sums[feature] + sums[1 + j] * other + offset * (sums[1 + m] + mass * other)
                feature += 1


@_stage
def _thin_moments(triangular, u, a, memory, out):
    """Add the moments of z of active component `a` to out (features,).

    Moments of z rather than of x - mean: they are near the identity, which avoids cancellation for thin components.
    """
    d, s, z, w = len(u), memory.s, memory.thin, memory.w
    step = BLOCK // s.itemsize
    mass = splat(s, 0.0)
    for i in range(0, TILE, step):
        store(s, a, i, mul(load(s, a, i), load(memory.share, 0, i)))
        mass = add(mass, load(s, a, i))
        row = 1
        for j in range(d):
            value = splat(s, memory.z0[a, j])
            for m in range(0 if triangular else j, j + 1):
                value = fma(w[a, row], load(u, m, i), value)
                row += 1
            store(z, j, i, value)
    out[0] += total(mass)
    feature = 1 + d
    for j in range(d):
        first = splat(s, 0.0)
        for i in range(0, TILE, step):
            first = fma(load(s, a, i), load(z, j, i), first)
        out[1 + j] += total(first)
        for m in range(0 if triangular else j, j + 1):
            second = splat(s, 0.0)
            for i in range(0, TILE, step):
                second = fma(mul(load(s, a, i), load(z, j, i)), load(z, m, i), second)
            out[feature] += total(second)
            feature += 1


@_stage
def _label(count, memory, k, out):
    """Write the component with the largest weighted density at each point to out (TILE,), the first of several."""
    for i in range(TILE):
        out[i] = k
    for b in range(count):
        a = memory.live[b]
        name = memory.names[1, memory.active[a]]
        for i in range(TILE):
            if memory.s[a, i] == memory.top[i] and name < out[i]:
                out[i] = name


@_stage
def _shares(count, memory, begin, counts, indices, shares, fill):
    """Count the responsibilities above rounding of each point; with `fill`, write them from `begin` on."""
    for i in range(TILE):
        counts[i] = 0
    for b in range(count):
        a = memory.live[b]
        name = memory.names[1, memory.active[a]]
        for i in range(TILE):
            if memory.s[a, i] > 0:
                if fill:
                    place = begin[i] + counts[i]
                    indices[place] = name
                    shares[place] = memory.s[a, i] / memory.total[i]
                counts[i] += 1


@_stage
def _regress(tiles, tile, count, memory, out):
    """Write the conditional means of a tile's points, sums of affine functions of u times responsibilities."""
    u, result, s = tiles.u[tile], out.regressed[tile], memory.s
    d, f = len(u), len(result)
    step = BLOCK // s.itemsize
    for j in range(f):
        for i in range(0, TILE, step):
            store(result, j, i, splat(s, 0.0))
    for b in range(count):
        a = memory.live[b]
        column = memory.active[a]
        name = memory.names[1, column]
        for j in range(f):
            level = out.means[name, j]
            for m in range(d):
                level += out.gain[name, j, m] * (tiles.centre[tile, m] - memory.tables[1, 1 + m, column])
            for i in range(0, TILE, step):
                value = splat(s, level)
                for m in range(d):
                    value = fma(out.gain[name, j, m], load(u, m, i), value)
                store(result, j, i, fma(load(s, a, i), value, load(result, j, i)))
    for j in range(f):
        for i in range(0, TILE, step):
            store(result, j, i, div(load(result, j, i), load(memory.total, 0, i)))
