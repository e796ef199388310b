"""The moments of a tile: products of responsibilities and features of its points."""
# mypy: ignore-errors

from __future__ import annotations

from .compiled import compiled
from .elementary import log
from .memory import DOUBLES, GROUP
from .tiles import TILE
from .vectors import (
    BLOCK,
    REGISTER,
    add,
    add_columns,
    div,
    fma,
    lanes,
    load,
    load_doubles,
    load_register,
    mul,
    splat,
    splat_register,
    store,
    store_register,
    store_totals,
    sub,
    total,
)

NEAR, THIN = 1, 2  # bits of `touched`

_stage = compiled(fastmath={"contract", "nsz"}, inner=True, vectors=True)


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
    for i in range(0, TILE, lanes(r)):
        store(share, 0, i, div(load(tiles.weight, tile, i), load(memory.total, 0, i)))
    _features(triangular, tiles.u[tile], share, memory.phi)
    waiting = 0
    for b in range(count):
        column = memory.live[b]
        name = memory.names[1, column]
        if memory.box.width[column] > widest:
            out.touched[name] |= THIN
            _thin_moments(triangular, tiles.u[tile], b, column, name, components.factors, memory, out.thin[name])
        else:
            out.touched[name] |= NEAR
            memory.rows[waiting], memory.who[waiting] = b, name
            waiting += 1
        if waiting == GROUP or (waiting > 0 and b + 1 == count):
            while waiting % 4 > 0:  # a row of zeros, which anyone may have
                memory.rows[waiting], memory.who[waiting] = len(r) - 1, memory.who[0]
                waiting += 1
            for first in range(0, waiting, 4):
                _products(r, memory, first)
            _near_moments(triangular, tiles.centre[tile], components.means, waiting, memory, out.near)
            waiting = 0


@_stage
def _features(triangular, u, share, phi):
    """Fill phi (features, TILE): one, the coordinates, their products, of a tile's points about its centre.

    share: (TILE,) from an exponential to a responsibility, so that the exponentials may stay as they are.
    """
    d = len(u)
    for i in range(0, TILE, lanes(u)):
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
def _products(r, memory, first):
    """sums[f, b] = sum over i of r[rows[b], i] phi[f, i] for four b from `first` on, in blocks held in registers.

    Only the blocks of points matter in which one of the four is not zero.
    """
    rows, blocks, places, phi, sums = memory.rows, memory.blocks, memory.places, memory.phi, memory.sums
    q0, q1, q2, q3 = rows[first], rows[first + 1], rows[first + 2], rows[first + 3]
    some, count = blocks[q0] | blocks[q1] | blocks[q2] | blocks[q3], 0
    for i in range(0, TILE, lanes(r) * REGISTER // BLOCK):
        places[count] = i
        count += (some >> i // lanes(r)) & 1
    for f in range(0, len(phi), 4):
        zero = splat_register(r, 0.0)
        s00, s01, s02, s03 = zero, zero, zero, zero
        s10, s11, s12, s13 = zero, zero, zero, zero
        s20, s21, s22, s23 = zero, zero, zero, zero
        s30, s31, s32, s33 = zero, zero, zero, zero
        for place in range(count):
            i = places[place]
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
    step = lanes(r)
    mass = splat(r, 0.0)
    for i in range(0, TILE, step):
        store(r, b, i, mul(load(r, b, i), load(memory.share, 0, i)))
        mass = add(mass, load(r, b, i))
        row = 1
        for j in range(d):
            value = splat(r, memory.box.z[j, column])
            for m in range(0 if triangular else j, j + 1):
                value = fma(factors[name, row], load(u, m, i), value)
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


@compiled(vectors=True)
def move(part, near, thin):
    """Add the moments of a range of tiles, which meets only some of many components, to those of all; clear them."""
    for name in range(len(near)):
        if part.touched[name] & NEAR:
            _moved(part.near[name], near[name])
        if part.touched[name] & THIN:
            _moved(part.thin[name], thin[name])
        part.touched[name] = 0


@compiled(inner=True, vectors=True)
def _moved(some, total):
    for f in range(len(total)):
        total[f] += some[f]
        some[f] = 0.0
