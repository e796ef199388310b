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
    add_columns,
    any_least,
    at,
    div,
    fma,
    largest,
    least,
    load,
    load_doubles,
    load_register,
    magnitude,
    mul,
    smallest,
    splat,
    splat_register,
    store,
    store_register,
    store_totals,
    sub,
    total,
    where_least,
)

PILOTS, MANY = 4, 256  # components that are evaluated first at a tile, if all have more than so many numbers
LOTS = 4096  # numbers of all components that remain at a tile, beyond which each block of its points has its own bounds
GROUP = 32  # components whose moments are moved together
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


class Bounds(NamedTuple):
    """Bounds of the log densities of components over a box."""

    upper: np.ndarray  # (K,)
    lower: np.ndarray  # (K,)
    middle: np.ndarray  # (K,) log densities at the centre
    width: np.ndarray  # (K,) the squared half diagonal in whitened space
    z: np.ndarray  # (d, K) the centre in whitened space


class Scratch(NamedTuple):
    """Scratch memory of one thread. K: k, filled up to whole registers."""

    tables: (
        np.ndarray
    )  # (levels, rows, K) those that remain at each level of boxes, as in Components.table; 0: the tile
    names: np.ndarray  # (levels, k) their indices
    counts: np.ndarray  # (levels,) their number
    nodes: np.ndarray  # (levels,) the box they are for
    box: Bounds  # of the box that was last asked about, at the end the tile's own
    block: Bounds  # of a block of the tile's points
    active: np.ndarray  # (k,) columns of the components that may matter to the tile
    chosen: np.ndarray  # (k,) places in `active` of those that may matter to a block of its points
    first: np.ndarray  # (PILOTS, TILE) log densities of the pilots
    s: np.ndarray  # (k, block) log densities of the chosen at the points of the block
    row: np.ndarray  # (k,) for each place in `active`, its row of `r` or -1
    written: np.ndarray  # (k,) for each row of `r`, the block that was last written
    live: np.ndarray  # (k,) columns of the components that do matter, by rows of `r`
    r: np.ndarray  # (k + 1, TILE) exponentials of their log densities less `top`; the last row is zeros
    top: np.ndarray  # (TILE,) the largest log density of each point
    total: np.ndarray  # (TILE,) the sum of the exponentials
    share: np.ndarray  # (TILE,) the factor from exponentials to responsibilities
    phi: np.ndarray  # (features, TILE) the features of the points, see _features
    rows: np.ndarray  # (GROUP,) rows of `s` of components whose moments are computed together
    who: np.ndarray  # (GROUP,) their indices
    sums: np.ndarray  # (features, GROUP) their sums over the tile
    offset: np.ndarray  # (d, GROUP) the tile's centre less their means
    moved: np.ndarray  # (features, GROUP) their moments about their means
    thin: np.ndarray  # (d, TILE) z of a thin component
    corner: np.ndarray  # (2, d) a block's centre and half-widths


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
        box=Bounds(*np.empty((4, filled)), np.empty((d, filled))),
        block=Bounds(*np.empty((4, filled)), np.empty((d, filled))),
        active=np.empty(k, np.int64),
        chosen=np.empty(k, np.int64),
        first=np.empty((PILOTS, TILE), dtype),
        s=np.empty((k, BLOCK // dtype.itemsize), dtype),
        row=np.full(k, -1),
        written=np.empty(k, np.int64),
        live=np.empty(k, np.int64),
        r=np.zeros((k + 1, TILE), dtype),
        top=np.empty(TILE, dtype),
        total=np.empty(TILE, dtype),
        share=np.empty(TILE, dtype),
        phi=np.zeros((features, TILE), dtype),
        rows=np.empty(GROUP, np.int64),
        who=np.empty(GROUP, np.int64),
        sums=np.zeros((features, GROUP), dtype),
        offset=np.zeros((d, GROUP)),
        moved=np.zeros((features, GROUP)),
        thin=np.empty((d, TILE), dtype),
        corner=np.empty((2, d)),
    )


@_compiled
def over(question, tiles, components, memory, first, last, cut, widest, out):
    """Answer a question about the points of tiles first..last: (log likelihood, pairs of point and component, widest).

    MOMENTS adds moments about the means to out.near and out.thin (k, features): mass, first (d), second (packed lower
    triangle, or d squares). The moments of x - mean go to `near`. Where the squared half diagonal of a tile in units of
    the component is above `widest`, they would lose digits to cancellation; there the moments of z = W (x - mean) go to
    `thin`. The last result is the largest such square of all visited pairs: times the squared rounding, the squared
    error of z.

    COUNT writes how many responsibilities of each point are above rounding, SHARES then these.
    """
    likelihood, visited, met = 0.0, 0, 0.0
    for tile in range(first, last):
        count, pairs, wide = _visit(question, components, tiles, tile, cut, memory, out.labels)
        visited += pairs
        met = max(met, wide)
        if question == MOMENTS:
            likelihood += _likelihood(tiles.weight[tile], memory.top, memory.total)
            _moments(components, tiles, tile, count, memory, widest, out)
        elif question == LOG_DENSITY:
            for i in range(0, TILE, BLOCK // memory.s.itemsize):
                value = add(load(memory.top, 0, i), log(load(memory.total, 0, i)))
                store(out.values, tile, i, value)
        elif question == REGRESS:
            _regress(tiles, tile, count, memory, out)
        elif question != LABEL:
            _shares(count, memory, out.begin[tile], out.counts[tile], out.indices, out.shares, question == SHARES)
    return likelihood, visited, met


@_stage
def _bounds(triangular, centre, half, table, count, found):
    """Bounds of the log densities over a box, for the first `count` columns; return the best lower one."""
    upper, lower, middle, width, z = found
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
    centre, half = memory.corner
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


@_stage
def _visit(question, components, tiles, tile, cut, memory, labels):
    """Fill `r` with the exponentials of a tile's log densities less `top`; for labels, write these instead.

    Returns how many components are live, the pairs visited, and the largest `width` of these.
    """
    active, chosen, upper, top, s = memory.active, memory.chosen, memory.box.upper, memory.top, memory.s
    step, lowest = BLOCK // s.itemsize, np.finfo(s.dtype).min
    kept = _descend(components.triangular, tiles, tile, cut, memory)
    pilots = _likeliest(kept, active, memory.box.middle, len(components.table))
    done, last, live, pairs, closely = (
        np.int64(0),
        pilots,
        np.int64(0),
        0,
        False,
    )  # literals would compile other versions
    for i in range(0, TILE, step):
        store(top, 0, i, splat(s, lowest))
    while True:  # at most two rounds, in a loop so that its code is compiled once
        final, worst, count = last == kept, splat(s, np.inf), last
        for a in range(done, last):
            chosen[a] = a
        for i in range(0, TILE, step):
            if closely:
                count = _choose(components.triangular, tiles, tile, i, done, last, cut, memory)
            for a in range(done):
                store(s, a, 0, load(memory.first, a, i))
            _log_densities(
                components.triangular, tiles.u[tile], i, done, count, chosen, active, memory.names[1],
                components.factors, memory.box.z, s if final else memory.first, 0 if final else i, top,
            )  # fmt: skip
            pairs += step * (count - done)
            if final and question == LABEL:
                _label(i, count, memory, components.table.shape[1], labels[tile])
            elif final:
                live = _exponentials(i, count, live, cut, memory)
            worst = smallest(worst, load(top, 0, i))
        if final:
            break
        done, floor = last, least(worst) - cut
        for a in range(pilots, kept):
            active[last] = active[a]
            last += upper[active[a]] >= floor
        kept, closely = last, last * len(components.table) > LOTS
        if closely:
            _narrowed(memory.tables[1], active, last, memory.tables[0])
    met = 0.0
    for a in range(last):
        met = max(met, memory.box.width[active[a]])  # of all, since rounding may have moved them away from every point
        memory.row[a] = -1
    return live, pairs, met


@_stage
def _log_densities(triangular, u, i, first, last, chosen, active, names, factors, centre, out, column, top):
    """Write log (weight times density) of the chosen components first..last at the points of a block to `out`.

    chosen: places in `active`. centre: (d, columns) the tile's, in whitened space. Updates the maximum `top`. Infinite
    squares become the lowest finite number, so that no value is NaN.
    """
    lowest, most = np.finfo(out.dtype).min, load(top, 0, i)
    for a in range(first, last, 2):  # two at a time share what is loaded of the points
        b = min(a + 1, last - 1)
        p, q = active[chosen[a]], active[chosen[b]]
        f, g = names[p], names[q]
        square = splat(out, 0.0)
        other, row = square, 1
        for j in range(len(u)):
            begin = 0 if triangular else j
            here, diagonal = load(u, j, i), row + j - begin
            z = fma(at(factors, f, diagonal), here, splat(out, at(centre, j, p)))
            y = fma(at(factors, g, diagonal), here, splat(out, at(centre, j, q)))
            for m in range(begin, j):
                here = load(u, m, i)
                z = fma(at(factors, f, row), here, z)
                y = fma(at(factors, g, row), here, y)
                row += 1
            row = diagonal + 1
            square = fma(z, z, square)
            other = fma(y, y, other)
        square = largest(fma(-0.5, square, at(factors, f, 0)), lowest)
        other = largest(fma(-0.5, other, at(factors, g, 0)), lowest)
        store(out, a, column, square)
        store(out, b, column, other)
        most = largest(most, largest(square, other))
    store(top, 0, i, most)


@_compiled
def _exponentials(i, count, live, cut, memory):
    """Write exp(s - top) at the points of a block to `r`, 0 beyond the cut (denormal numbers would be slow).

    A component has a row of `r` once it comes within the cut at some point. Returns how many have.
    """
    s, r, row, written = memory.s, memory.r, memory.row, memory.written
    whole, most = splat(s, 0.0), load(memory.top, 0, i)
    for b in range(count):
        x = sub(load(s, b, 0), most)
        if any_least(x, -cut):
            a = memory.chosen[b]
            if row[a] < 0:
                row[a], memory.live[live] = live, memory.active[a]
                for before in range(0, i, BLOCK // s.itemsize):
                    store(r, live, before, splat(s, 0.0))
                live += 1
            value = where_least(x, -cut, exp(x), 0.0)
            store(r, row[a], i, value)
            written[row[a]] = i
            whole = add(whole, value)
    for b in range(live):
        if written[b] != i:
            store(r, b, i, splat(s, 0.0))
    store(memory.total, 0, i, whole)
    return live


@_stage
def _label(i, count, memory, k, out):
    """Write the component with the largest weighted density at the points of a block to `out`, the first of several."""
    s, top = memory.s, memory.top
    step = BLOCK // s.itemsize
    out[i : i + step] = k
    for b in range(count):
        name = memory.names[1, memory.active[memory.chosen[b]]]
        for n in range(step):
            if s[b, n] == top[i + n] and name < out[i + n]:
                out[i + n] = name


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
    r, share, triangular = memory.r, memory.share, components.triangular
    for i in range(0, TILE, BLOCK // r.itemsize):
        store(share, 0, i, div(load(tiles.weight, tile, i), load(memory.total, 0, i)))
    _features(triangular, tiles.u[tile], share, memory.phi)
    waiting = np.int64(0)
    for b in range(count):
        column = memory.live[b]
        name = memory.names[1, column]
        if memory.box.width[column] > widest:
            _thin_moments(triangular, tiles.u[tile], b, column, name, components.factors, memory, out.thin[name])
        else:
            memory.rows[waiting], memory.who[waiting] = b, name
            waiting += 1
        if waiting == GROUP or (waiting > 0 and b + 1 == count):
            while waiting % 4 > 0:  # a row of zeros, which anyone may have
                memory.rows[waiting], memory.who[waiting] = len(r) - 1, memory.who[0]
                waiting += 1
            for first in range(0, waiting, 4):
                _products(r, memory.rows, first, memory.phi, memory.sums)
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
def _products(r, rows, first, phi, sums):
    """sums[f, b] = sum over i of r[rows[b], i] phi[f, i], for 4 rows from `first` on, in blocks of 4 x 4 in registers."""
    q0, q1, q2, q3 = rows[first], rows[first + 1], rows[first + 2], rows[first + 3]
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
        store_totals(sums, f, first, s00, s10, s20, s30)
        store_totals(sums, f + 1, first, s01, s11, s21, s31)
        store_totals(sums, f + 2, first, s02, s12, s22, s32)
        store_totals(sums, f + 3, first, s03, s13, s23, s33)


@_stage
def _near_moments(triangular, centre, means, count, memory, out):
    """Add the moments about their means of a group of components, from their sums over features about the centre."""
    sums, offset, moved, who, d = memory.sums, memory.offset, memory.moved, memory.who, len(centre)
    for b in range(count):
        for j in range(d):
            offset[j, b] = centre[j] - means[who[b], j]
    for b in range(0, count, DOUBLES):
        mass = load_doubles(sums, 0, b)
        store_register(moved, 0, b, mass)
        feature = 1 + d
        for j in range(d):
            first, away = load_doubles(sums, 1 + j, b), load_register(offset, j, b)
            store_register(moved, 1 + j, b, fma(mass, away, first))
            for m in range(0 if triangular else j, j + 1):
                second = fma(first, load_register(offset, m, b), load_doubles(sums, feature, b))
                store_register(moved, feature, b, fma(away, load_register(moved, 1 + m, b), second))
                feature += 1
    for b in range(0, count, 4):
        for f in range(0, len(moved), 4):
            add_columns(out, who, f, moved, b)


@_stage
def _thin_moments(triangular, u, b, column, name, factors, memory, out):
    """Add the moments of z of the component of row b of `r` to out (features,). factors: of all, `name` is its row.

    Moments of z rather than of x - mean: they are near the identity, which avoids cancellation for thin components.
    """
    d, r, z = len(u), memory.r, memory.thin
    step = BLOCK // r.itemsize
    mass = splat(r, 0.0)
    for i in range(0, TILE, step):
        store(r, b, i, mul(load(r, b, i), load(memory.share, 0, i)))
        mass = add(mass, load(r, b, i))
        row = 1
        for j in range(d):
            value = splat(r, at(memory.box.z, j, column))
            for m in range(0 if triangular else j, j + 1):
                value = fma(at(factors, name, row), load(u, m, i), value)
                row += 1
            store(z, j, i, value)
    out[0] += total(mass)
    feature = 1 + d
    for j in range(d):
        first = splat(r, 0.0)
        for i in range(0, TILE, step):
            first = fma(load(r, b, i), load(z, j, i), first)
        out[1 + j] += total(first)
        for m in range(0 if triangular else j, j + 1):
            second = splat(r, 0.0)
            for i in range(0, TILE, step):
                second = fma(mul(load(r, b, i), load(z, j, i)), load(z, m, i), second)
            out[feature] += total(second)
            feature += 1


@_stage
def _shares(count, memory, begin, counts, indices, shares, fill):
    """Count the responsibilities above rounding of each point; with `fill`, write them from `begin` on."""
    for i in range(TILE):
        counts[i] = 0
    for b in range(count):
        name = memory.names[1, memory.live[b]]
        for i in range(TILE):
            if memory.r[b, i] > 0:
                if fill:
                    place = begin[i] + counts[i]
                    indices[place] = name
                    shares[place] = memory.r[b, i] / memory.total[i]
                counts[i] += 1


@_stage
def _regress(tiles, tile, count, memory, out):
    """Write the conditional means of a tile's points, sums of affine functions of u times responsibilities."""
    u, result, r = tiles.u[tile], out.regressed[tile], memory.r
    d, f = len(u), len(result)
    step = BLOCK // r.itemsize
    for j in range(f):
        for i in range(0, TILE, step):
            store(result, j, i, splat(r, 0.0))
    for b in range(count):
        column = memory.live[b]
        name = memory.names[1, column]
        for j in range(f):
            level = out.means[name, j]
            for m in range(d):
                level += out.gain[name, j, m] * (tiles.centre[tile, m] - memory.tables[1, 1 + m, column])
            for i in range(0, TILE, step):
                value = splat(r, level)
                for m in range(d):
                    value = fma(out.gain[name, j, m], load(u, m, i), value)
                store(result, j, i, fma(load(r, b, i), value, load(result, j, i)))
    for j in range(f):
        for i in range(0, TILE, step):
            store(result, j, i, div(load(result, j, i), load(memory.total, 0, i)))
