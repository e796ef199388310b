"""Whole numbers of a .gmx file, changed by one where the picture or the file gains (see pictures/codec/refine.py).

A component matters within a box of the picture. There its gate is exchanged for that of the changed component, and the
error and the bits are compared; bits are those of the component and of all that are predicted from it.
"""
# mypy: ignore-errors

from __future__ import annotations

import math

import numpy as np

from .coding import ANGLE, LEVELS, NEAR, PLACE, RANGE, RATIO, RATIOS, SIZE, SIZES, _nearest, component
from .compiled import compiled

NARROW = 6.0
"""Nats below the largest gate at which a component no longer matters."""
HIGH = 20.0
"""Nats above it that a changed gate may reach."""
BARE = 1e-10
"""The sum of gates below which nobody knows what a pixel would be, as sums are rounded: no component leaves it so."""
ROUNDS = 4
"""How often one component is changed in a sweep."""
COARSE = 4
"""Pixels from one place to the next where boxes are sought."""
_SIZE_MOVES = 12  # places, sizes, ratios and angles, by one up or down; the rest are levels

_compiled = compiled()
_stage = compiled(inner=True)


@_stage
def _form(place, row, cell, sizes, middle, directions, turns, octave, form):
    """Write the gate exp(-(a x + b y + c)^2 - (d x + e y + f)^2) of a component: these six."""
    first = sizes[middle + 2 * row[SIZE] + row[RATIO]] * math.sqrt(2.0)
    second = sizes[middle + 2 * row[SIZE] - row[RATIO]] * math.sqrt(2.0)
    turn = row[ANGLE] * 192 // turns[row[RATIO]]
    cos, sin = directions[turn, 0], directions[turn, 1]
    x, y = (place[0] + 0.5) * cell, (place[1] + 0.5) * cell
    form[0], form[1] = cos / first, sin / first
    form[2] = -(form[0] * x + form[1] * y)
    form[3], form[4] = -sin / second, cos / second
    form[5] = -(form[3] * x + form[4] * y)


@_stage
def _copy(given, out):
    """Write a row into another."""
    for i in range(len(given)):
        out[i] = given[i]


@_stage
def _exp(x):
    """e^x for x below some tens, to 1e-6 from -16 on, by products alone: so loops become vector code."""
    x = max(x, -32.0) * (1.0 / 256.0)
    power = 1.0 + x * (1.0 + x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0))))
    for _ in range(8):
        power *= power
    return power


@_stage
def _log(form, x, y):
    """The log of a gate."""
    u, v = form[0] * x + form[1] * y + form[2], form[3] * x + form[4] * y + form[5]
    return -(u * u + v * v)


@_stage
def _gate(form, x, y, top):
    """A gate, relative to one whose log is `top`."""
    return _exp(min(_log(form, x, y) - top, HIGH))


@_compiled
def boxes(at, table, cell, sizes, middle, directions, turns, octave, height, width, forms, most, out):
    """Write where each component matters: left, top, right, bottom, in pixels.

    most: (height // COARSE + 1, width // COARSE + 1), scratch memory.
    """
    high, wide = most.shape
    most[:] = -np.inf
    for k in range(len(at)):
        form = forms[k]
        _form(at[k], table[k], cell, sizes, middle, directions, turns, octave, form)
        for j in range(high):
            for i in range(wide):
                most[j, i] = max(most[j, i], _log(form, COARSE * i, COARSE * j))
    for k in range(len(at)):
        form = forms[k]
        x, y = (at[k, 0] + 0.5) * cell, (at[k, 1] + 0.5) * cell
        left = right = min(int(x) // COARSE, wide - 1)
        top = bottom = min(int(y) // COARSE, high - 1)
        for j in range(high):
            for i in range(wide):
                if _log(form, COARSE * i, COARSE * j) > most[j, i] - NARROW:
                    left, right = min(left, i), max(right, i)
                    top, bottom = min(top, j), max(bottom, j)
        out[k, 0], out[k, 1] = max(0, COARSE * (left - 1)), max(0, COARSE * (top - 1))
        out[k, 2], out[k, 3] = min(width, COARSE * (right + 1) + 1), min(height, COARSE * (bottom + 1) + 1)


@_compiled
def paint(forms, colours, box, largest, gates, sums):
    """Write the largest log of a gate at each pixel, the sum of gates relative to it, and that of their colours."""
    largest[:] = -np.inf
    gates[:] = 0.0
    sums[:] = 0.0
    for k in range(len(forms)):
        for j in range(box[k, 1], box[k, 3]):
            for i in range(box[k, 0], box[k, 2]):
                largest[j, i] = max(largest[j, i], _log(forms[k], i + 0.5, j + 0.5))
    for k in range(len(forms)):
        for j in range(box[k, 1], box[k, 3]):
            for i in range(box[k, 0], box[k, 2]):
                gate = _exp(_log(forms[k], i + 0.5, j + 0.5) - largest[j, i])
                gates[j, i] += gate
                for c in range(len(sums)):
                    sums[c, j, i] += gate * colours[k, c]


@_stage
def _error(form, colour, changed, other, box, picture, weight, largest, gates, sums):
    """By how much the error within the box falls where a gate and a colour are exchanged for others."""
    gain = 0.0
    channels = len(sums)
    for j in range(box[1], box[3]):
        for i in range(box[0], box[2]):
            x, y, top = i + 0.5, j + 0.5, largest[j, i]
            before, after = _gate(form, x, y, top), _gate(changed, x, y, top)
            old = gates[j, i]
            rest = old + after - before
            one, two = 1.0 / old, 1.0 / max(rest, BARE)
            square = 0.0 if rest > BARE else -channels * 255.0 * 255.0
            for c in range(channels):
                sum_ = sums[c, j, i]
                past = min(max(sum_ * one, 0.0), 255.0) - picture[c, j, i]
                now = min(max((sum_ + after * other[c] - before * colour[c]) * two, 0.0), 255.0) - picture[c, j, i]
                square += past * past - now * now
            gain += weight[j, i] * square
    return gain


@_stage
def _exchange(form, colour, changed, other, box, largest, gates, sums):
    """Exchange a gate and a colour for others."""
    for j in range(box[1], box[3]):
        for i in range(box[0], box[2]):
            x, y, top = i + 0.5, j + 0.5, largest[j, i]
            before, after = _gate(form, x, y, top), _gate(changed, x, y, top)
            gates[j, i] = max(gates[j, i] + after - before, BARE)
            for c in range(len(sums)):
                sums[c, j, i] += after * other[c] - before * colour[c]


@_compiled
def followers(at, near, start, names):
    """Write which later components are predicted from each: names[start[k] : start[k + 1]]; how many there are."""
    n = len(at)
    start[:] = 0
    for k in range(n):
        for i in range(_nearest(at, k, k, NEAR, near)):
            start[near[0, i] + 1] += 1
    for k in range(n):
        start[k + 1] += start[k]
    for k in range(n):
        for i in range(_nearest(at, k, k, NEAR, near)):
            name = near[0, i]
            names[start[name]] = k
            start[name] += 1
    for k in range(n, 0, -1):
        start[k] = start[k - 1]
    start[0] = 0


@_stage
def _bits(k, start, names, coder, data, models, still, first, at, spacing, octave, turns, levels, near, table, length):
    """Bits of a component and its followers, by models that do not learn."""
    coder[:] = 0
    coder[0], coder[RANGE] = 1, (1 << 32) - 1
    component(
        coder, data, models, still, first, at, spacing, octave, turns, levels, False, False, near, table, k, length
    )
    for i in range(start[k], start[k + 1]):
        component(
            coder,
            data,
            models,
            still,
            first,
            at,
            spacing,
            octave,
            turns,
            levels,
            False,
            False,
            near,
            table,
            names[i],
            length,
        )
    return 8 * coder[PLACE] + 32 - math.log2(coder[RANGE])


@_stage
def _move(number, place, row, wide, high, octave, turns):
    """Change a component by one; whether it can be."""
    step = 1 - 2 * (number & 1)
    if number < 4:
        axis = number >> 1
        place[axis] += step
        return 0 <= place[axis] < (high if axis else wide)
    if number < 6:
        row[SIZE] += step
        return 0 <= row[SIZE] <= SIZES * octave
    if number < 8:
        before = turns[row[RATIO]]
        row[RATIO] += step
        if not 0 <= row[RATIO] <= RATIOS * octave:
            return False
        now = turns[row[RATIO]]
        row[ANGLE] = (2 * row[ANGLE] * now + before) // (2 * before) % now
        return True
    if number < 10:
        n = turns[row[RATIO]]
        row[ANGLE] = (row[ANGLE] + step) % n
        return n > 1
    row[LEVELS + (number - 10 >> 1)] += step
    return True


@_stage
def _colour(row, steps, base, colour):
    """The levels of a component: red, green, blue, and the opacity if there is one."""
    for c in range(len(steps)):
        colour[c] = row[LEVELS + c] * steps[c] + base[c]
    y, orange, green = colour[0], colour[1], colour[2]
    colour[0], colour[1], colour[2] = y - green + orange, y + green, y - green - orange


@_compiled
def colours(table, steps, base, out):
    """Write the colours of all."""
    for k in range(len(table)):
        _colour(table[k], steps, base, out[k])


@_compiled
def sweep(
    at, table, wide, high, cell, sizes, middle, directions, turns, octave, steps, base, box, picture, weight, largest,
    gates, sums, start, names, coder, data, models, still, first, spacing, near, length, price, scratch, row, place,
):  # fmt: skip
    """Change each component as long as it pays; how often one was changed.

    price: what a bit costs, in square errors. scratch: (4, 8) float64.
    """
    form, changed, colour, other = scratch[0], scratch[1], scratch[2], scratch[3]
    levels, taken = len(steps), 0
    for k in range(len(at)):
        _form(at[k], table[k], cell, sizes, middle, directions, turns, octave, form)
        _colour(table[k], steps, base, colour)
        now = _bits(
            k, start, names, coder, data, models, still, first, at, spacing, octave, turns, levels, near, table, length
        )
        for _ in range(ROUNDS):
            before = taken
            for number in range(10 + 2 * levels):
                _copy(table[k], row)
                _copy(at[k], place)
                if not _move(number, at[k], table[k], wide, high, octave, turns):
                    _copy(row, table[k])
                    _copy(place, at[k])
                    continue
                _form(at[k], table[k], cell, sizes, middle, directions, turns, octave, changed)
                _colour(table[k], steps, base, other)
                gain = _error(form, colour, changed, other, box[k], picture, weight, largest, gates, sums)
                if gain > -price * _SIZE_MOVES:
                    bits = _bits(
                        k, start, names, coder, data, models, still, first, at, spacing, octave, turns, levels, near,
                        table, length,
                    )  # fmt: skip
                    if gain > price * (bits - now) + 1e-9:
                        _exchange(form, colour, changed, other, box[k], largest, gates, sums)
                        _copy(changed, form)
                        _copy(other, colour)
                        now = bits
                        taken += 1
                        continue
                _copy(row, table[k])
                _copy(place, at[k])
            if taken == before:
                break
    return taken
