"""The compiled part of `uncertain`: one row after the other, under all components.

LANES components are worked together, in vectors; a "register" here is so many.
"""
# mypy: ignore-errors

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .compiled import compiled
from .elementary import exp, log
from .vectors import (
    BLOCK,
    add,
    at_least,
    div,
    fma,
    largest,
    least,
    load,
    mul,
    smallest,
    splat,
    store,
    sub,
    total,
    where_least,
)

LANES = BLOCK // 8  # components that are worked together
HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
TINY = 1e-300  # the least variance
LOWEST = float(np.finfo(np.float64).min)  # the log density of what is given up
FEW_REGISTERS = 2  # of which none is worth to be ruled out beforehand
MOMENTS, LOG_DENSITY, LABEL, SHARES, MEAN, COVARIANCE = range(6)  # questions

_compiled = compiled(fastmath={"contract", "nsz"})
_stage = compiled(fastmath={"contract", "nsz"}, inner=True)


class Row(NamedTuple):
    """What there is of a row, in the units of the table."""

    x: Any  # (d,) the numbers that it has
    seen: Any  # (d,) their coordinates
    before: Any  # (d + 1,) how many of them are before a coordinate
    noise: Any  # their noise: a packed lower triangle, or a diagonal
    most: Any  # (d,) what the noise alone leaves of the log density


class Memory(NamedTuple):
    """What a thread works on: rows of LANES."""

    row: Row
    factor: Any  # L, packed
    inverse: Any  # (d,) of D
    z: Any  # (d,)
    gain: Any  # V, a row a coordinate
    slope: Any  # D^-1 V
    moved: Any  # (d,) V^T D^-1 z
    joint: Any  # (registers,) log weight times density, then responsibilities
    bound: Any  # (registers,) what it is at most
    centre: Any  # (registers d,) posterior means


class Out(NamedTuple):
    """The answers; those that are not asked for are empty."""

    sums: Any  # like the table's rows, without two of their parts
    values: Any  # (n,)
    labels: Any  # (n,)
    shares: Any  # (n, k)
    means: Any  # (n, d)
    covariances: Any  # (n, d, d)


NOTHING = Out(
    np.empty((0, LANES)), np.empty(0), np.empty(0, np.int64), np.empty((0, 0)), np.empty((0, 0)), np.empty((0, 0, 0))
)


@_compiled
def over(question, table, unit, diagonal, x, noise, weight, begin, memory, cut, step, out):
    """Answer a question about some rows, the first of which is `begin`; returns their log likelihood."""
    d = len(unit)
    entries = d if diagonal else d * (d + 1) // 2
    features, added = 1 + 2 * d + 2 * entries, 1 + d + entries
    registers, likelihood = len(memory.joint), 0.0
    kept = len(memory.z) > d or registers == 1
    full = noise.shape[1] > d and not diagonal
    for own in range(len(x)):
        i = begin + own
        if question == MOMENTS and weight[own] == 0:
            continue
        count = _read(x[own], noise[own], unit, full, memory.row)
        top = _joint(table, features, diagonal, full, count, memory, cut, step)
        if question == LABEL:
            _label(memory.joint, top, i, out.labels)
            continue
        if not top > LOWEST:
            _lost(i, out)
            likelihood = -np.inf
            continue
        whole = splat(memory.joint, 0.0)
        for r in range(registers):
            below = sub(load(memory.joint, r, 0), top)
            value = where_least(below, -cut, exp(below), 0.0)
            store(memory.joint, r, 0, value)
            whole = add(whole, value)
        norm = total(whole)
        density = top + math.log(norm)
        for a in range(count):
            density += math.log(unit[memory.row.seen[a]])
        if question == LOG_DENSITY:
            out.values[i] = density
            continue
        if question == SHARES:
            for c in range(out.shares.shape[1]):
                out.shares[i, c] = memory.joint[c // LANES, c % LANES] / norm
            continue
        likelihood += weight[own] * density
        if question != MOMENTS:
            for j in range(d):
                out.means[i, j] = 0.0
        if question == COVARIANCE:
            for j in range(d):
                for m in range(d):
                    out.covariances[i, j, m] = 0.0
        for r in range(registers):
            share = mul(load(memory.joint, r, 0), weight[own] / norm)
            store(memory.joint, r, 0, share)
            if at_least(share, 1e-300) == 0:
                continue
            base, slot = r * features, r if kept else 0
            if not kept:
                _factor(table, base, entries, diagonal, full, count, memory, slot, -np.inf, step)
            if question == MOMENTS:
                place = base + 1 + 2 * d + entries
                _moments(table, place, entries, diagonal, count, memory, slot, share, out.sums, r * added)
            else:
                within = question == COVARIANCE
                _posterior(table, base, entries, diagonal, count, memory, slot, share, within, unit, i, r, out)
        if question == COVARIANCE:
            _between(registers, d, memory, unit, i, out)
    return likelihood


@_stage
def _row_of(a):
    """Where row a of a packed lower triangle begins."""
    return (a * (a + 1)) >> 1


@_stage
def _read(x, noise, unit, full, row):
    """Fill `row`; returns how many coordinates it has."""
    d, count = len(unit), 0
    for j in range(d):
        row.before[j] = count
        if x[j] == x[j]:
            row.seen[count] = j
            row.x[count] = x[j] * unit[j]
            row.most[count] = np.inf
            if full:
                for b in range(count + 1):
                    m = row.seen[b]
                    row.noise[_row_of(count) + b] = noise[j * d + m] * (unit[j] * unit[m])
            else:
                own = noise[j] * unit[j] * unit[j] if len(noise) else 0.0
                row.noise[count] = own
                if own > 0:
                    row.most[count] = -0.5 * math.log(own)
            count += 1
    row.before[d] = count
    return count


@_stage
def _joint(table, features, diagonal, full, count, memory, cut, step):
    """Fill `joint` with the log of weight times density, or LOWEST where that is far below; returns the largest."""
    row, d = memory.row, len(memory.row.x)
    entries = d if diagonal else d * (d + 1) // 2
    best, start = -np.inf, 0
    for r in range(len(memory.joint) if len(memory.joint) > FEW_REGISTERS else 0):
        base = r * features
        value = sub(load(table, base, 0), count * HALF_LOG_2PI)
        worst = splat(table, 0.0)
        for a in range(count):
            o = row.seen[a]
            place = o if diagonal else _row_of(o) + o
            away = sub(row.x[a], load(table, base + 1 + o, 0))
            variance = add(load(table, base + 1 + 2 * d + place, 0), row.noise[_row_of(a) + a if full else a])
            worst = largest(div(mul(away, away), variance), worst)
            value = add(value, smallest(load(table, base + 1 + d + o, 0), row.most[a]))
        value = fma(-0.5, worst, value)
        store(memory.bound, r, 0, value)
        most = -least(sub(0.0, value))
        if most > best:
            best, start = most, r
    best = LOWEST
    for turn in range(len(memory.joint) + 1):
        r = start if turn == 0 else turn - 1
        if turn > 0 and r == start:
            continue
        value = splat(table, LOWEST)
        if turn == 0 or len(memory.joint) <= FEW_REGISTERS or at_least(load(memory.bound, r, 0), best - cut) != 0:
            slot = r if len(memory.z) > d else 0
            value = _factor(table, r * features, entries, diagonal, full, count, memory, slot, best - cut, step)
        store(memory.joint, r, 0, value)
        best = max(best, -least(sub(0.0, value)))
    return best


@_stage
def _factor(table, base, entries, diagonal, full, count, memory, slot, floor, step):
    """Fill `factor`, `inverse` and `z` for a register of components; returns the log of weight times density.

    It is LOWEST where all of them are found to be below `floor`.
    """
    row, d = memory.row, len(memory.row.x)
    lower, inverse, z = memory.factor, memory.inverse, memory.z
    times = memory.moved  # a row of L D
    triangle, line = slot * entries, slot * d  # where its numbers begin
    spread = base + 1 + 2 * d
    value = sub(load(table, base, 0), count * HALF_LOG_2PI)
    quadratic, product = splat(table, 0.0), splat(table, 1.0)
    ahead = splat(table, 0.0)
    for a in range(count):
        ahead = add(ahead, smallest(load(table, base + 1 + d + row.seen[a], 0), row.most[a]))
    for a in range(count):
        o = row.seen[a]
        here = spread + (o if diagonal else _row_of(o))
        mine = triangle + _row_of(a)
        away = sub(row.x[a], load(table, base + 1 + o, 0))
        square = add(load(table, here + (0 if diagonal else o), 0), row.noise[_row_of(a) + a if full else a])
        for b in range(a if diagonal else 0, a):
            s = load(table, here + row.seen[b], 0)
            if full:
                s = add(s, row.noise[_row_of(a) + b])
            theirs = triangle + _row_of(b)
            for m in range(b):
                s = sub(s, mul(load(times, m, 0), load(lower, theirs + m, 0)))
            share = mul(s, load(inverse, line + b, 0))
            store(times, b, 0, s)
            store(lower, mine + b, 0, share)
            square = sub(square, mul(s, share))
            away = sub(away, mul(share, load(z, line + b, 0)))
        square = largest(square, TINY)
        inverted = div(1.0, square)
        store(inverse, line + a, 0, inverted)
        store(z, line + a, 0, away)
        quadratic = fma(mul(away, inverted), away, quadratic)
        product = mul(product, square)
        ahead = sub(ahead, smallest(load(table, base + 1 + d + o, 0), row.most[a]))
        if a % step == step - 1 or a == count - 1:
            value = fma(-0.5, log(product), value)
            product = splat(table, 1.0)
            if at_least(fma(-0.5, quadratic, add(value, ahead)), floor) == 0:
                return splat(table, LOWEST)
    return largest(fma(-0.5, quadratic, value), LOWEST)


@_stage
def _moments(table, place, entries, diagonal, count, memory, slot, share, sums, begin):
    """Add the moments of L_S^-1 (t - mean) under a register of components, which begin at a row of `sums`.

    place: of L_S in the table.
    """
    row, d = memory.row, len(memory.row.x)
    lower, inverse, gain, slope, moved = memory.factor, memory.inverse, memory.gain, memory.slope, memory.moved
    width, triangle, line = 1 if diagonal else d, slot * entries, slot * d
    store(sums, begin, 0, add(load(sums, begin, 0), share))
    for c in range(d):
        low, high = row.before[c], row.before[c + 1] if diagonal else count
        step = splat(table, 0.0)
        for a in range(low, high):
            o = row.seen[a]
            s = load(table, place + (o if diagonal else _row_of(o) + c), 0)
            for m in range(low, a):
                s = sub(s, mul(load(lower, triangle + _row_of(a) + m, 0), load(gain, c * width + m, 0)))
            at = c if diagonal else c * width + a
            store(gain, at, 0, s)
            s = mul(s, load(inverse, line + a, 0))
            store(slope, at, 0, s)
            step = fma(s, load(memory.z, line + a, 0), step)
        store(moved, c, 0, step)
        at = begin + 1 + c
        store(sums, at, 0, fma(share, step, load(sums, at, 0)))
        for b in range(c if diagonal else 0, c + 1):
            s = mul(step, load(moved, b, 0))
            if b == c:
                s = add(s, 1.0)
            for a in range(low, high):
                one = load(gain, c if diagonal else c * width + a, 0)
                other = load(slope, b if diagonal else b * width + a, 0)
                s = sub(s, mul(one, other))
            at = begin + 1 + d + (c if diagonal else _row_of(c) + b)
            store(sums, at, 0, fma(share, s, load(sums, at, 0)))


@_stage
def _posterior(table, base, entries, diagonal, count, memory, slot, share, within, unit, i, r, out):
    """Add to the posterior mean of row i what a register of components says, and what is uncertain within each."""
    row, d = memory.row, len(memory.row.x)
    lower, inverse, gain, slope, z = memory.factor, memory.inverse, memory.gain, memory.slope, memory.z
    spread, triangle, line = base + 1 + 2 * d, slot * entries, slot * d
    if not within:
        for back in range(count):  # z becomes T^-1 (x - m)
            a = count - 1 - back
            s = mul(load(z, line + a, 0), load(inverse, line + a, 0))
            for m in range(count if diagonal else a + 1, count):
                s = sub(s, mul(load(lower, triangle + _row_of(m) + a, 0), load(z, line + m, 0)))
            store(z, line + a, 0, s)
    for c in range(d):
        low, high = (row.before[c], row.before[c + 1]) if diagonal else (0, count)
        moved = load(table, base + 1 + c, 0)
        for a in range(low, high):
            o = row.seen[a]
            s = load(table, spread + (c if diagonal else _row_of(max(o, c)) + min(o, c)), 0)
            if within:
                for m in range(low, a):
                    s = sub(s, mul(load(lower, triangle + _row_of(a) + m, 0), load(gain, c * d + m, 0)))
                at = c if diagonal else c * d + a
                store(gain, at, 0, s)
                s = mul(s, load(inverse, line + a, 0))
                store(slope, at, 0, s)
            moved = fma(s, load(z, line + a, 0), moved)
        store(memory.centre, r * d + c, 0, moved)
        out.means[i, c] += total(mul(share, moved)) / unit[c]
        for b in range(c if diagonal else 0, c + 1 if within else 0):
            s = load(table, spread + (c if diagonal else _row_of(c) + b), 0)
            for a in range(low, high):
                one = load(gain, c if diagonal else c * d + a, 0)
                other = load(slope, b if diagonal else b * d + a, 0)
                s = sub(s, mul(one, other))
            out.covariances[i, c, b] += total(mul(share, s)) / unit[c] / unit[b]


@_stage
def _between(registers, d, memory, unit, i, out):
    """Add the covariance of the components' posterior means; mirror the triangle."""
    for r in range(registers):
        share = load(memory.joint, r, 0)
        if at_least(share, 1e-300) == 0:
            continue
        for c in range(d):
            one = sub(load(memory.centre, r * d + c, 0), out.means[i, c] * unit[c])
            for b in range(c + 1):
                other = sub(load(memory.centre, r * d + b, 0), out.means[i, b] * unit[b])
                out.covariances[i, c, b] += total(mul(share, mul(one, other))) / unit[c] / unit[b]
    for c in range(d):
        for b in range(c):
            out.covariances[i, b, c] = out.covariances[i, c, b]


@_stage
def _label(joint, top, i, labels):
    """Write the first of the likeliest components."""
    labels[i] = 0
    for c in range(joint.size):
        if joint[c // LANES, c % LANES] == top:
            labels[i] = c
            break


@_stage
def _lost(i, out):
    """Write that row i is beyond all reach."""
    if i < len(out.values):
        out.values[i] = -np.inf
    if i < len(out.shares):
        out.shares[i] = np.nan
    if i < len(out.means):
        out.means[i] = np.nan
    if i < len(out.covariances):
        out.covariances[i] = np.nan
