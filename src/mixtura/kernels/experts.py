"""A picture painted by gated experts, its error, and the gradient of that error: one pass over tiles of pixels.

Expert k is a Gaussian gate exp(b - |W (x - m)|^2 / 2) and, for each channel, an affine function of the place. The
painting is the mean of the functions weighted by the gates (a mixture's conditional mean); without functions, the sum
of the gates (a density), through a tone curve.

For each tile:

1. *Logs of the gates* of the experts on the tile's list, as quadratic polynomials about the tile's centre, and the
   largest at each pixel.
2. *Gates* relative to the largest, their sum, and the painting.
3. *Moments*: with r the error of the painting over the sum of gates, the sums of gate x r and of gate x (what the
   expert paints - the painting) . r, times the monomials of the place up to the first and second degree. All
   derivatives follow from these, and each tile writes its own, so that no two threads add to one number.

A register holds a patch of WIDE x HIGH pixels, and a tile is a column of patches: from patch to patch only y changes.
Sums over patches are kept by lane, times powers of y; the place within a patch enters once a tile.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .compiled import compiled
from .elementary import exp
from .vectors import (
    REGISTER,
    add,
    at,
    div,
    fma,
    largest,
    load_register,
    mul,
    splat_register,
    store_register,
    store_totals,
    sub,
    total,
    where_least,
)

LANES = REGISTER // 4  # pixels of a patch
WIDE, HIGH = 16, 1  # its sides
PATCHES = 8  # of a tile
TALL = HIGH * PATCHES
PIXELS = LANES * PATCHES  # of a tile
BOX = 8  # tiles across and down of a box, for which lists are narrowed first
GEOMETRY = 7  # numbers of an expert before its channels: m (2), b, W (4)
assert WIDE * HIGH == LANES and PATCHES % 4 == 0

_compiled = compiled(fastmath={"contract", "nsz"})
_stage = compiled(fastmath={"contract", "nsz"}, inner=True)


class Canvas(NamedTuple):
    """The picture, in tiles: WIDE x TALL pixels of size 1 each.

    colour: (T, C, PIXELS) float32. weight: (T, PIXELS) float32, 0 where a pixel does not count.
    centre: (T, 2) float64. lanes: (3, LANES) float32 the places within a patch, x then y, and zeros.
    """

    colour: np.ndarray
    weight: np.ndarray
    centre: np.ndarray
    lanes: np.ndarray


class Lists(NamedTuple):
    """Which experts matter to which tile. start: (T + 1,); names: the experts of tile t from start[t] on."""

    start: np.ndarray
    names: np.ndarray


class Scratch(NamedTuple):
    """Scratch memory of one thread, for tiles of at most m experts and C channels."""

    gates: np.ndarray  # (m, PIXELS) logs, then gates
    base: np.ndarray  # (C m, LANES) an expert's colour on the middle patch, by channel, then by expert
    step: np.ndarray  # (C m, 4) its slope along y
    top: np.ndarray  # (1, PIXELS) the largest log
    whole: np.ndarray  # (1, PIXELS) the sum of gates, then its inverse
    out: np.ndarray  # (C, PIXELS) the painting
    error: np.ndarray  # (C + 1, PIXELS) its error over the sum of gates; and that times the painting, over channels
    shift: np.ndarray  # (PATCHES,) y of each patch about the tile's centre
    sums: np.ndarray  # (1, 4)


def scratch(experts: int, channels: int) -> Scratch:
    """Memory for lists of at most so many experts."""
    m = max(1, experts)
    shift = (np.arange(PATCHES) - (PATCHES - 1) / 2) * HIGH
    return Scratch(
        gates=np.empty((m, PIXELS), np.float32),
        base=np.empty((channels * m, LANES), np.float32),
        step=np.empty((channels * m, 4), np.float32),
        top=np.empty((1, PIXELS), np.float32),
        whole=np.empty((1, PIXELS), np.float32),
        out=np.empty((channels, PIXELS), np.float32),
        error=np.empty((channels + 1, PIXELS), np.float32),
        shift=shift.astype(np.float32),
        sums=np.empty((1, 4), np.float32),
    )


def width(channels: int) -> int:
    """How many moments a tile writes of an expert, filled up to fours."""
    return -(-(6 + 3 * channels) // 4) * 4


@_stage
def _logs(experts, centre, names, first, count, lanes, memory):
    """Write the logs of the gates and the largest; place the experts' affine functions about the tile."""
    gates, top, shift = memory.gates, memory.top, memory.shift
    x, y = load_register(lanes, 0, 0), load_register(lanes, 1, 0)
    for i in range(PATCHES):
        store_register(top, 0, LANES * i, splat_register(top, np.float32(-3e38)))
    for a in range(count):
        row = experts[names[first + a]]
        dx, dy = centre[0] - row[0], centre[1] - row[1]
        u, v = row[3] * dx + row[4] * dy, row[5] * dx + row[6] * dy
        level = row[2] - 0.5 * (u * u + v * v)
        across, down = -(row[3] * u + row[5] * v), -(row[4] * u + row[6] * v)
        xx = np.float32(-0.5 * (row[3] * row[3] + row[5] * row[5]))
        xy = np.float32(-(row[3] * row[4] + row[5] * row[6]))
        yy = np.float32(-0.5 * (row[4] * row[4] + row[6] * row[6]))
        here = fma(x, fma(x, xx, fma(y, xy, splat_register(gates, across))), splat_register(gates, level))
        here = fma(y, fma(y, yy, splat_register(gates, down)), here)
        slope = fma(x, xy, fma(y, np.float32(2.0) * yy, splat_register(gates, down)))
        for i in range(PATCHES):
            t = at(shift, 0, i)
            value = fma(fma(yy, splat_register(gates, t), slope), t, here)
            store_register(gates, a, LANES * i, value)
            store_register(top, 0, LANES * i, largest(value, load_register(top, 0, LANES * i)))


@_stage
def _functions(experts, centre, names, first, count, lanes, channels, memory):
    """The experts' colours on the tile's middle patch, and their slopes along y."""
    x, y = load_register(lanes, 0, 0), load_register(lanes, 1, 0)
    for a in range(count):
        row = experts[names[first + a]]
        dx, dy = centre[0] - row[0], centre[1] - row[1]
        for c in range(channels):
            j = GEOMETRY + 3 * c
            level = splat_register(memory.base, row[j] + row[j + 1] * dx + row[j + 2] * dy)
            store_register(memory.base, c * count + a, 0, fma(x, row[j + 1], fma(y, row[j + 2], level)))
            memory.step[c * count + a, 0] = row[j + 2]


@_stage
def _gates(count, additive, memory):
    """Replace logs by gates relative to the largest, and write their sum."""
    gates, top, whole = memory.gates, memory.top, memory.whole
    if additive:
        for i in range(PATCHES):
            store_register(top, 0, LANES * i, splat_register(top, np.float32(0.0)))
    for i in range(PATCHES):
        most, sum_ = load_register(top, 0, LANES * i), splat_register(top, np.float32(0.0))
        for a in range(count):
            value = exp(sub(load_register(gates, a, LANES * i), most))
            store_register(gates, a, LANES * i, value)
            sum_ = add(sum_, value)
        store_register(whole, 0, LANES * i, sum_)


@_stage
def _painting(count, channels, memory):
    """Write the sums of the gates times what the experts paint, over the sum of gates."""
    gates, base, step, out, shift, whole = memory.gates, memory.base, memory.step, memory.out, memory.shift, memory.whole
    for c in range(channels):
        for i in range(0, PATCHES, 4):
            zero = splat_register(out, np.float32(0.0))
            s0, s1, s2, s3 = zero, zero, zero, zero
            t0, t1, t2, t3 = at(shift, 0, i), at(shift, 0, i + 1), at(shift, 0, i + 2), at(shift, 0, i + 3)
            for a in range(count):
                level = load_register(base, c * count + a, 0)
                slope = splat_register(out, at(step, c * count + a, 0))
                s0 = fma(load_register(gates, a, LANES * i), fma(slope, t0, level), s0)
                s1 = fma(load_register(gates, a, LANES * (i + 1)), fma(slope, t1, level), s1)
                s2 = fma(load_register(gates, a, LANES * (i + 2)), fma(slope, t2, level), s2)
                s3 = fma(load_register(gates, a, LANES * (i + 3)), fma(slope, t3, level), s3)
            store_register(out, c, LANES * i, s0)
            store_register(out, c, LANES * (i + 1), s1)
            store_register(out, c, LANES * (i + 2), s2)
            store_register(out, c, LANES * (i + 3), s3)
    for i in range(PATCHES):
        inverse = div(splat_register(out, np.float32(1.0)), load_register(whole, 0, LANES * i))
        store_register(whole, 0, LANES * i, inverse)
        for c in range(channels):
            store_register(out, c, LANES * i, mul(inverse, load_register(out, c, LANES * i)))


@_stage
def _errors(canvas, tile, channels, memory):
    """Write the errors of the painting as the moments take them; return half their square sum."""
    out, error, whole = memory.out, memory.error, memory.whole
    colour, weight = canvas.colour[tile], canvas.weight
    square = splat_register(out, np.float32(0.0))
    for i in range(PATCHES):
        shared = splat_register(out, np.float32(0.0))
        w = load_register(weight, tile, LANES * i)
        scale = mul(w, load_register(whole, 0, LANES * i))
        for c in range(channels):
            painted = load_register(out, c, LANES * i)
            missed = sub(painted, load_register(colour, c, LANES * i))
            square = fma(mul(missed, missed), w, square)
            missed = mul(missed, scale)
            store_register(error, c, LANES * i, missed)
            shared = fma(missed, painted, shared)
        store_register(error, channels, LANES * i, shared)
    return 0.5 * np.float64(total(square))


@_stage
def _moments(count, channels, lanes, memory, out, first):
    """Write the moments of each expert to out[first + a]: q times 1, x, y, xx, xy, yy; r times 1, x, y by channel."""
    gates, base, step, error, shift = memory.gates, memory.base, memory.step, memory.error, memory.shift
    x, y = load_register(lanes, 0, 0), load_register(lanes, 1, 0)
    zero = splat_register(gates, np.float32(0.0))
    for a in range(count):
        q, qt, qtt = zero, zero, zero
        row, column = out[first + a], 6
        for c in range(channels):
            sums, sums_t = zero, zero
            for i in range(PATCHES):
                h = mul(load_register(gates, a, LANES * i), load_register(error, c, LANES * i))
                sums = add(h, sums)
                sums_t = fma(h, at(shift, 0, i), sums_t)
            sums_y = fma(sums, y, sums_t)
            store_totals(memory.sums, 0, 0, sums, mul(sums, x), sums_y, zero)
            row[column], row[column + 1], row[column + 2] = memory.sums[0, 0], memory.sums[0, 1], memory.sums[0, 2]
            column += 3
        for i in range(0, PATCHES, 4):
            t0, t1, t2, t3 = at(shift, 0, i), at(shift, 0, i + 1), at(shift, 0, i + 2), at(shift, 0, i + 3)
            s0, s1 = load_register(error, channels, LANES * i), load_register(error, channels, LANES * (i + 1))
            s2, s3 = load_register(error, channels, LANES * (i + 2)), load_register(error, channels, LANES * (i + 3))
            s0, s1, s2, s3 = sub(zero, s0), sub(zero, s1), sub(zero, s2), sub(zero, s3)
            for c in range(channels):
                level = load_register(base, c * count + a, 0)
                slope = splat_register(gates, at(step, c * count + a, 0))
                s0 = fma(load_register(error, c, LANES * i), fma(slope, t0, level), s0)
                s1 = fma(load_register(error, c, LANES * (i + 1)), fma(slope, t1, level), s1)
                s2 = fma(load_register(error, c, LANES * (i + 2)), fma(slope, t2, level), s2)
                s3 = fma(load_register(error, c, LANES * (i + 3)), fma(slope, t3, level), s3)
            s0, s1 = mul(s0, load_register(gates, a, LANES * i)), mul(s1, load_register(gates, a, LANES * (i + 1)))
            s2 = mul(s2, load_register(gates, a, LANES * (i + 2)))
            s3 = mul(s3, load_register(gates, a, LANES * (i + 3)))
            q = add(q, add(add(s0, s1), add(s2, s3)))
            qt = fma(s0, t0, fma(s1, t1, fma(s2, t2, fma(s3, t3, qt))))
            qtt = fma(s0, t0 * t0, fma(s1, t1 * t1, fma(s2, t2 * t2, fma(s3, t3 * t3, qtt))))
        qx, qy = mul(q, x), fma(q, y, qt)
        store_totals(out, first + a, 0, q, qx, qy, mul(qx, x))
        qyy = fma(y, add(qy, qt), qtt)
        store_totals(memory.sums, 0, 0, mul(qy, x), qyy, zero, zero)
        row[4], row[5] = memory.sums[0, 0], memory.sums[0, 1]


@_stage
def _accounts(canvas, tile, count, channels, memory, out, first):
    """Write of each expert: its mass, the square error that it answers for, and what its removal would cost."""
    gates, base, step, error, shift = memory.gates, memory.base, memory.step, memory.error, memory.shift
    zero = splat_register(gates, np.float32(0.0))
    for a in range(count):
        mass, missed, cost = zero, zero, zero
        for i in range(PATCHES):
            gate = mul(load_register(gates, a, LANES * i), load_register(memory.whole, 0, LANES * i))
            weight = load_register(canvas.weight, tile, LANES * i)
            share = div(gate, sub(splat_register(gates, np.float32(1.02)), gate))
            square, change, product = zero, zero, zero
            for c in range(channels):
                painted = load_register(memory.out, c, LANES * i)
                off = sub(painted, load_register(canvas.colour[tile], c, LANES * i))
                slope = splat_register(gates, at(step, c * count + a, 0))
                d = sub(fma(slope, at(shift, 0, i), load_register(base, c * count + a, 0)), painted)
                square, change, product = fma(off, off, square), fma(d, d, change), fma(off, d, product)
            gate = mul(gate, weight)
            mass = add(mass, gate)
            missed = fma(gate, square, missed)
            cost = fma(mul(share, weight), sub(mul(mul(share, change), np.float32(0.5)), product), cost)
        store_totals(out, first + a, 0, mass, missed, cost, zero)


@_compiled
def over(canvas, experts, lists, memory, first, last, gradient, moments, painting):
    """Half the square error of the tiles first..last. Fills the moments, or the painting (T, C, PIXELS)."""
    loss = 0.0
    channels = canvas.colour.shape[1]
    for tile in range(first, last):
        start, count = lists.start[tile], lists.start[tile + 1] - lists.start[tile]
        centre = canvas.centre[tile]
        _logs(experts, centre, lists.names, start, count, canvas.lanes, memory)
        _functions(experts, centre, lists.names, start, count, canvas.lanes, channels, memory)
        _gates(count, False, memory)
        _painting(count, channels, memory)
        loss += _errors(canvas, tile, channels, memory)
        if gradient == 2:
            _accounts(canvas, tile, count, channels, memory, moments, start)
        elif gradient == 1:
            _moments(count, channels, canvas.lanes, memory, moments, start)
        else:
            for c in range(channels):
                for i in range(PIXELS):
                    painting[tile, c, i] = memory.out[c, i]
    return loss


@_stage
def _bounds(table, count, x, y, wide, high, upper):
    """Write upper bounds of the logs of the gates over a box, and return the largest lower bound."""
    best = splat_register(upper, np.float32(-3e38))
    for k in range(0, count, LANES):
        dx = sub(splat_register(upper, x), load_register(table, 0, k))
        dy = sub(splat_register(upper, y), load_register(table, 1, k))
        level = load_register(table, 2, k)
        low, high_ = level, level
        for j in range(2):
            p, q = load_register(table, 3 + 2 * j, k), load_register(table, 4 + 2 * j, k)
            z = fma(p, dx, mul(q, dy))
            z = largest(z, sub(splat_register(upper, np.float32(0.0)), z))
            reach = fma(largest(p, sub(splat_register(upper, np.float32(0.0)), p)), wide, mul(largest(q, sub(splat_register(upper, np.float32(0.0)), q)), high))
            near, far = largest(sub(z, reach), np.float32(0.0)), add(z, reach)
            high_ = fma(mul(near, near), np.float32(-0.5), high_)
            low = fma(mul(far, far), np.float32(-0.5), low)
        store_register(upper, 0, k, high_)
        best = largest(best, low)
    store_register(upper, 1, 0, best)
    most = np.float32(-3e38)
    for i in range(LANES):
        most = max(most, upper[1, i])
    return most


@_compiled
def survey(canvas, experts, table, tiles, cut, memory, near, found, counts):
    """Which experts matter to the `tiles` of a box: those that come within `cut` nats of the largest gate at a pixel.

    experts: (k, ...) and table: (GEOMETRY, k) the same, filled up to registers with experts of no weight. near: a pair
    of tables and names for the box, of k each. found: (many,) takes the names, tile by tile; counts: how many of each.
    Returns how many there are, or what does not fit, negative.
    """
    upper, inner, names, kept = near
    low0, low1 = canvas.centre[tiles[0], 0], canvas.centre[tiles[0], 1]
    high0, high1 = low0, low1
    for t in tiles:
        low0, high0 = min(low0, canvas.centre[t, 0]), max(high0, canvas.centre[t, 0])
        low1, high1 = min(low1, canvas.centre[t, 1]), max(high1, canvas.centre[t, 1])
    wide, high = np.float32(0.5 * (WIDE - 1)), np.float32(0.5 * (TALL - 1))
    k = table.shape[1]
    x, y = np.float32(0.5 * (low0 + high0)), np.float32(0.5 * (low1 + high1))
    best = _bounds(table, k, x, y, np.float32(0.5 * (high0 - low0)) + wide, np.float32(0.5 * (high1 - low1)) + high, upper)
    few = 0
    for i in range(k):
        if upper[0, i] >= best - cut:
            names[few] = i
            for j in range(GEOMETRY):
                inner[j, few] = table[j, i]
            few += 1
    for i in range(few, few + -few % LANES):
        for j in range(GEOMETRY):
            inner[j, i] = 0.0
        inner[2, i] = -3e38
    written = 0
    for place in range(len(tiles)):
        t = tiles[place]
        best = _bounds(inner, few, np.float32(canvas.centre[t, 0]), np.float32(canvas.centre[t, 1]), wide, high, upper)
        count = 0
        for i in range(few):
            if upper[0, i] >= best - cut:
                kept[count] = names[i]
                count += 1
        if count > len(memory.gates):
            return -count
        _logs(experts, canvas.centre[t], kept, 0, count, canvas.lanes, memory)
        live = 0
        for a in range(count):
            most = splat_register(memory.top, np.float32(0.0))
            for i in range(PATCHES):
                gap = sub(load_register(memory.gates, a, LANES * i), load_register(memory.top, 0, LANES * i))
                most = where_least(gap, -cut, np.float32(1.0), most)
            if total(most) > 0.0:
                found[written + live] = kept[a]
                live += 1
        counts[place] = live
        written += live
    return written
