"""A picture painted by gated experts, its error, and the gradient of that error: one pass over tiles of pixels.

Expert k has a Gaussian gate exp(b - |W (x - m)|^2 / 2) and, for each channel, an affine function of the place. The
painting is the mean of the functions weighted by the gates: a mixture's conditional mean. Without channels it is the
sum of the gates, a density, through a tone curve.

For each tile:

1. *Logs of the gates* of the experts on the tile's list, as quadratic polynomials about the tile's centre.
2. *Gates* relative to the largest at each pixel, their sum, and the painting.
3. *Moments*: with r the error of the painting over the sum of gates, the sums of gate r, and of
   gate r . (what the expert paints - the painting), times the monomials of the place up to the first and second degree.
   All derivatives follow from these (descent.py). Each tile writes rows of its own, so that no two threads add to one
   number.

A register holds a patch of WIDE x HIGH pixels, and a tile is a column of patches: from patch to patch only y changes.
So sums are kept by lane, times powers of the patch's y; places within a patch enter once a tile.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .compiled import compiled
from .elementary import exp
from .threads import aligned
from .vectors import (
    REGISTER,
    add,
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
)

LANES = REGISTER // 4  # pixels of a patch
WIDE, HIGH = LANES, 1  # its sides
PATCHES = 8  # of a tile
TALL = HIGH * PATCHES
PIXELS = LANES * PATCHES  # of a tile
LOWEST = np.float32(-3e38)
STEEP = 4.0  # the slope of what a density above 1 is painted as
GRADIENT, ACCOUNTS, PAINTING = range(3)  # questions
GEOMETRY = 7  # numbers of an expert before its channels: m (2), b, W (4)
assert PATCHES % 4 == 0

_compiled = compiled(fastmath={"contract", "nsz"})
_stage = compiled(fastmath={"contract", "nsz"}, inner=True)


class Canvas(NamedTuple):
    """The picture, in tiles of WIDE x TALL pixels of size 1.

    colour: (T, C, PIXELS) float32; C is 1 for a density. weight: (T, PIXELS) float32, 0 where a pixel does not count.
    centre: (T, 2) float64. lanes: (2, LANES) float32, x and y within a patch. curve: (N + 1,) float32, what densities
    0, 1/N, ... 1 are painted as.
    """

    colour: np.ndarray
    weight: np.ndarray
    centre: np.ndarray
    lanes: np.ndarray
    curve: np.ndarray


class Lists(NamedTuple):
    """Which experts matter to which tile.

    start: (T + 1,); names: (n,) the experts of tile t from start[t] on; slot: (n,) the row of each pair's moments,
    which are ordered by experts.
    """

    start: np.ndarray
    names: np.ndarray
    slot: np.ndarray


class Scratch(NamedTuple):
    """Scratch memory of one thread, for tiles of at most m experts and C channels."""

    gates: np.ndarray  # (m, PIXELS) logs, then gates
    base: np.ndarray  # (C m, LANES) an expert's colour on the middle patch, by channel, then by expert
    step: np.ndarray  # (C m, 4) its slope along y
    top: np.ndarray  # (1, PIXELS) the largest log
    whole: np.ndarray  # (1, PIXELS) the sum of gates, then its inverse
    out: np.ndarray  # (C or 1, PIXELS) the painting
    error: np.ndarray  # (C + 1, PIXELS) its error over the sum of gates; and that times the painting, over channels
    shift: np.ndarray  # (PATCHES,) y of each patch about the tile's centre
    sums: np.ndarray  # (1, 4)


def scratch(experts: int, channels: int) -> Scratch:
    """Memory for lists of at most so many experts."""
    m = max(1, experts)
    shift = (np.arange(PATCHES) - (PATCHES - 1) / 2) * HIGH
    return Scratch(
        gates=aligned((m, PIXELS), np.float32),
        base=aligned((channels * m, LANES), np.float32),
        step=aligned((channels * m, 4), np.float32),
        top=aligned((1, PIXELS), np.float32),
        whole=aligned((1, PIXELS), np.float32),
        out=aligned((max(1, channels), PIXELS), np.float32),
        error=aligned((channels + 1, PIXELS), np.float32),
        shift=shift.astype(np.float32),
        sums=aligned((1, 4), np.float32),
    )


def width(channels: int) -> int:
    """How many moments a tile writes of an expert, filled up to fours."""
    return -(-(6 + 3 * channels) // 4) * 4


@_stage
def logs(experts, centre, names, first, count, lanes, memory):
    """Write the logs of the gates and the largest; place the experts' affine functions about the tile."""
    gates, top, shift = memory.gates, memory.top, memory.shift
    x, y = load_register(lanes, 0, 0), load_register(lanes, 1, 0)
    for i in range(PATCHES):
        store_register(top, 0, LANES * i, splat_register(top, LOWEST))
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
            t = shift[i]
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
def _gates(count, alone, memory):
    """Replace logs by gates, relative to the largest unless they stand alone, and write their sum."""
    gates, top, whole = memory.gates, memory.top, memory.whole
    if alone:
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
    gates, base, step, out, shift, whole = (
        memory.gates,
        memory.base,
        memory.step,
        memory.out,
        memory.shift,
        memory.whole,
    )
    for c in range(channels):
        for i in range(0, PATCHES, 4):
            zero = splat_register(out, np.float32(0.0))
            s0, s1, s2, s3 = zero, zero, zero, zero
            t0, t1, t2, t3 = shift[i], shift[i + 1], shift[i + 2], shift[i + 3]
            for a in range(count):
                level = load_register(base, c * count + a, 0)
                slope = splat_register(out, step[c * count + a, 0])
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
def _toned(canvas, tile, memory):
    """The same for a density, painted through the tone curve; beyond its end errors count much."""
    curve, out, error = canvas.curve, memory.out, memory.error
    last, square = len(curve) - 1, 0.0
    for i in range(PIXELS):
        place = memory.whole[0, i] * np.float32(last)
        j = np.int64(min(place, np.float32(last)))
        if j < last:
            slope = (curve[j + 1] - curve[j]) * np.float32(last)
            painted = curve[j] + (curve[j + 1] - curve[j]) * (place - np.float32(j))
        else:
            slope = np.float32(STEEP)
            painted = curve[last] + np.float32(STEEP) * (memory.whole[0, i] - np.float32(1.0))
        missed = (painted - canvas.colour[tile, 0, i]) * canvas.weight[tile, i]
        square += np.float64(missed) * np.float64(painted - canvas.colour[tile, 0, i])
        out[0, i] = painted
        error[0, i] = -missed * slope
    return 0.5 * square


@_stage
def _moments(count, channels, lanes, memory, out, slot, first):
    """Write the moments of each expert: q times 1, x, y, xx, xy, yy; r times 1, x, y by channel."""
    gates, base, step, error, shift = memory.gates, memory.base, memory.step, memory.error, memory.shift
    x, y = load_register(lanes, 0, 0), load_register(lanes, 1, 0)
    zero = splat_register(gates, np.float32(0.0))
    for a in range(count):
        q, qt, qtt = zero, zero, zero
        place, column = slot[first + a], 6
        row = out[place]
        for c in range(channels):
            sums, sums_t = zero, zero
            for i in range(PATCHES):
                h = mul(load_register(gates, a, LANES * i), load_register(error, c, LANES * i))
                sums = add(h, sums)
                sums_t = fma(h, shift[i], sums_t)
            sums_y = fma(sums, y, sums_t)
            store_totals(memory.sums, 0, 0, sums, mul(sums, x), sums_y, zero)
            row[column], row[column + 1], row[column + 2] = memory.sums[0, 0], memory.sums[0, 1], memory.sums[0, 2]
            column += 3
        for i in range(0, PATCHES, 4):
            t0, t1, t2, t3 = shift[i], shift[i + 1], shift[i + 2], shift[i + 3]
            s0, s1 = load_register(error, channels, LANES * i), load_register(error, channels, LANES * (i + 1))
            s2, s3 = load_register(error, channels, LANES * (i + 2)), load_register(error, channels, LANES * (i + 3))
            s0, s1, s2, s3 = sub(zero, s0), sub(zero, s1), sub(zero, s2), sub(zero, s3)
            for c in range(channels):
                level = load_register(base, c * count + a, 0)
                slope = splat_register(gates, step[c * count + a, 0])
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
        store_totals(out, place, 0, q, qx, qy, mul(qx, x))
        qyy = fma(y, add(qy, qt), qtt)
        store_totals(memory.sums, 0, 0, mul(qy, x), qyy, zero, zero)
        row[4], row[5] = memory.sums[0, 0], memory.sums[0, 1]


@_stage
def _accounts(canvas, tile, count, channels, memory, out, slot, first):
    """Write of each expert: its mass, the square error that it answers for, and what its removal would cost."""
    gates, base, step, shift = memory.gates, memory.base, memory.step, memory.shift
    colour, zero = canvas.colour[tile], splat_register(gates, np.float32(0.0))
    for a in range(count):
        mass, missed, cost = zero, zero, zero
        for i in range(PATCHES):
            gate = mul(load_register(gates, a, LANES * i), load_register(memory.whole, 0, LANES * i))
            weight = load_register(canvas.weight, tile, LANES * i)
            share = div(gate, sub(splat_register(gates, np.float32(1.02)), gate))
            square, change, product = zero, zero, zero
            for c in range(channels):
                painted = load_register(memory.out, c, LANES * i)
                off = sub(painted, load_register(colour, c, LANES * i))
                slope = splat_register(gates, step[c * count + a, 0])
                d = sub(fma(slope, shift[i], load_register(base, c * count + a, 0)), painted)
                square, change, product = fma(off, off, square), fma(d, d, change), fma(off, d, product)
            gate = mul(gate, weight)
            mass = add(mass, gate)
            missed = fma(gate, square, missed)
            cost = fma(mul(share, weight), sub(mul(mul(share, change), np.float32(0.5)), product), cost)
        store_totals(out, slot[first + a], 0, mass, missed, cost, zero)


@_stage
def _toned_accounts(canvas, tile, count, memory, out, slot, first):
    """The same for a density."""
    for a in range(count):
        mass, missed, cost = 0.0, 0.0, 0.0
        for i in range(PIXELS):
            gate, weight = np.float64(memory.gates[a, i]), np.float64(canvas.weight[tile, i])
            off = np.float64(memory.out[0, i] - canvas.colour[tile, 0, i])
            change = gate * np.float64(memory.error[0, i])  # the error times what the tone would lose
            slope = change / (off * weight) if off * weight != 0.0 else 0.0
            mass += gate * weight
            missed += weight * gate / (np.float64(memory.whole[0, i]) + 1e-3) * off * off
            cost += change + 0.5 * weight * slope * slope
        row = out[slot[first + a]]
        row[0], row[1], row[2] = mass, missed, cost


@_compiled
def over(canvas, experts, lists, memory, first, last, question, moments, painting):
    """Half the square error of the tiles first..last; writes what is asked for, the moments or the painting.

    moments: (n, width) the gradient's, or the accounts. painting: (T, C, PIXELS).
    """
    loss = 0.0
    channels = (experts.shape[1] - GEOMETRY) // 3
    for tile in range(first, last):
        start, count = lists.start[tile], lists.start[tile + 1] - lists.start[tile]
        centre = canvas.centre[tile]
        logs(experts, centre, lists.names, start, count, canvas.lanes, memory)
        _functions(experts, centre, lists.names, start, count, canvas.lanes, channels, memory)
        _gates(count, channels == 0, memory)
        if channels > 0:
            _painting(count, channels, memory)
            loss += _errors(canvas, tile, channels, memory)
        else:
            loss += _toned(canvas, tile, memory)
        if question == GRADIENT:
            _moments(count, channels, canvas.lanes, memory, moments, lists.slot, start)
        elif question == ACCOUNTS and channels > 0:
            _accounts(canvas, tile, count, channels, memory, moments, lists.slot, start)
        elif question == ACCOUNTS:
            _toned_accounts(canvas, tile, count, memory, moments, lists.slot, start)
        else:
            for c in range(len(memory.out)):
                for i in range(PIXELS):
                    painting[tile, c, i] = memory.out[c, i]
    return loss
