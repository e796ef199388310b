"""The E-step in low dimension: one fused pass over tiles, with exact pruning of pairs of a point and a component.

For each tile of neighbours (see tiles.py):

1. *Pruning.* In the whitened space of a component, z = W (x - mean), the tile's box becomes an interval for each
   coordinate. Interval arithmetic bounds the log density from above and below over the whole tile. A component
   whose upper bound lies `cut` nats below the best lower bound cannot change any point of the tile beyond
   rounding. The tree of boxes does the same for groups of tiles first, so that few components remain.
   Where still many remain, parts of the tile's points have bounds of their own.
2. *Log densities* of a block of points under the remaining components, into scratch memory that stays in cache.
3. *Exponentials*, relative to each point's largest (log-sum-exp), and their sum.
4. *Answers*: moments about the current means (EM), log densities, labels, responsibilities, or conditional means.

No array of points times components is allocated. Points are worked as explicit vectors (vectors.py), so that the number
of coordinates, whether W is triangular or diagonal, and the question are known at run time alone: one function is
compiled for each precision, and serves all.
"""
# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from .compiled import compiled
from .elementary import exp, log
from .moments import _likelihood, _moments
from .pruning import _choose, _descend, _likeliest, _survey
from .tiles import PART, TILE
from .vectors import (
    add,
    at_least,
    div,
    fma,
    lanes,
    largest,
    least,
    load,
    lowest,
    smallest,
    splat,
    store,
    sub,
    where_least,
)

LOTS = 4096  # numbers of all components that remain at a tile, beyond which each part of its points has its own bounds
MOMENTS, LOG_DENSITY, LABEL, COUNT, SHARES, REGRESS = range(6)  # questions

_compiled = compiled(fastmath={"contract", "nsz"}, vectors=True)
_stage = compiled(fastmath={"contract", "nsz"}, inner=True, vectors=True)


@_compiled
def over(question, tiles, components, memory, first, last, cut, widest, out):
    """Answer a question about the points of tiles first..last: (log likelihood, pairs of point and component, widest).

    MOMENTS adds moments about the means to out.near and out.thin (k, features): mass, first (d), second (packed lower
    triangle, or d squares). The moments of x - mean go to `near`. Where the squared half diagonal of a tile in units of
    the component is above `widest`, they would lose digits to cancellation; there the moments of z = W (x - mean) go to
    `thin`. `touched` tells of which a component has some. The last result is the largest such square of all visited
    pairs: times the squared rounding, the squared error of z.

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
            for i in range(0, TILE, lanes(memory.s)):
                value = add(load(memory.top, 0, i), log(load(memory.total, 0, i)))
                store(out.values, tile, i, value)
        elif question == REGRESS:
            _regress(tiles, tile, count, memory, out)
        elif question != LABEL:
            _shares(count, memory, out.begin[tile], out.counts[tile], out.indices, out.shares, question == SHARES)
    return likelihood, visited, met


@_stage
def _visit(question, components, tiles, tile, cut, memory, labels):
    """Fill `r` with the exponentials of a tile's log densities less `top`; for labels, write these instead.

    Returns how many components are live, the pairs visited, and the largest `width` of these.
    """
    active, chosen, upper, top, s = memory.active, memory.chosen, memory.box.upper, memory.top, memory.s
    step = lanes(s)
    kept = _descend(components.triangular, tiles, tile, cut, memory)
    pilots = _likeliest(kept, active, memory.box.middle, len(components.table))
    done, last, live, pairs, closely = 0, pilots, 0, 0, False
    for i in range(0, TILE, step):
        store(top, 0, i, splat(s, lowest(s)))
    while True:  # at most two rounds, in a loop so that its code is compiled once
        final, worst, count = last == kept, splat(s, np.inf), last
        for a in range(done, last):
            chosen[a] = a
        for i in range(0, TILE, step):
            if closely:
                count = _choose(i // PART, (i + step - 1) // PART, done, last, memory)
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
            _survey(components.triangular, tiles.u[tile], done, last, components.factors, cut, memory)
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
    bottom, most = lowest(out), load(top, 0, i)
    for a in range(first, last, 2):  # two at a time share what is loaded of the points
        b = min(a + 1, last - 1)
        p, q = active[chosen[a]], active[chosen[b]]
        f, g = names[p], names[q]
        square = splat(out, 0.0)
        other, row = square, 1
        for j in range(len(u)):
            begin = 0 if triangular else j
            here, diagonal = load(u, j, i), row + j - begin
            z = fma(factors[f, diagonal], here, splat(out, centre[j, p]))
            y = fma(factors[g, diagonal], here, splat(out, centre[j, q]))
            for m in range(begin, j):
                here = load(u, m, i)
                z = fma(factors[f, row], here, z)
                y = fma(factors[g, row], here, y)
                row += 1
            row = diagonal + 1
            square = fma(z, z, square)
            other = fma(y, y, other)
        square = largest(fma(-0.5, square, factors[f, 0]), bottom)
        other = largest(fma(-0.5, other, factors[g, 0]), bottom)
        store(out, a, column, square)
        store(out, b, column, other)
        most = largest(most, largest(square, other))
    store(top, 0, i, most)


@_stage
def _exponentials(i, count, live, cut, memory):
    """Write exp(s - top) at the points of a block to `r`, 0 beyond the cut (denormal numbers would be slow).

    A component has a row of `r` once it comes within the cut at some point. Returns how many have.
    """
    s, r, row, blocks = memory.s, memory.r, memory.row, memory.blocks
    whole, most = splat(s, 0.0), load(memory.top, 0, i)
    for b in range(count):
        x = sub(load(s, b, 0), most)
        if at_least(x, -cut) != 0:
            a = memory.chosen[b]
            if row[a] < 0:
                row[a], memory.live[live], blocks[live] = live, memory.active[a], 0
                for before in range(0, i, lanes(s)):
                    store(r, live, before, splat(s, 0.0))
                live += 1
            value = where_least(x, -cut, exp(x), 0.0)
            store(r, row[a], i, value)
            blocks[row[a]] |= 1 << i // lanes(s)
            whole = add(whole, value)
    for b in range(live):
        if (blocks[b] >> i // lanes(s)) & 1 == 0:
            store(r, b, i, splat(s, 0.0))
    store(memory.total, 0, i, whole)
    return live


@_stage
def _label(i, count, memory, k, out):
    """Write the component with the largest weighted density at the points of a block to `out`, the first of several.

    Names are whole numbers, which floats of the tile's precision hold.
    """
    s, who, most = memory.s, splat(memory.s, k), load(memory.top, 0, i)
    for b in range(count):
        name = memory.names[1, memory.active[memory.chosen[b]]]
        who = where_least(load(s, b, 0), most, smallest(who, name), who)
    store(memory.total, 0, i, who)
    for n in range(i, i + lanes(s)):
        out[n] = np.int32(memory.total[n])


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
    step = lanes(r)
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
