"""The stream of a .gmx file: an adaptive binary range coder, and what is coded with it (docs/gmx.md).

Each function codes in both directions, so that reader and writer cannot differ: a value goes in, which is ignored when
a stream is read, and the value comes out. All is integer arithmetic, the same on every machine.
"""
# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from .compiled import compiled

WRITING, LOW, RANGE, PLACE = range(4)  # numbers of a coder; LOW is the code when it reads
HALF = 2048  # a chance of 1/2
RESIDUAL = 18  # models of a residual
FEW = 12  # points of a box whose count has models of its own
COUNTS = (FEW - 1) * (FEW + 2) // 2  # these models
NEAR, AWAY = 6, 4  # neighbours that predict; the one whose distance is the spacing
SIZE, RATIO, ANGLE, GATE, LEVELS = range(5)  # columns of components; from LEVELS on four, then two slopes for each
OF_SIZE, OF_RATIO, OF_ANGLE, OF_LEVEL, OF_GATE, OF_SLOPE = 0, 1, 2, 6, 18, 19  # their models, in residuals
GROUPS = 23
MOST = 2047  # of a level, a slope or a gate
SIZES, RATIOS = 16, 6  # of components, in octaves
_EMPTY = 1 << 60

_compiled = compiled()
_stage = compiled(inner=True)


@_stage
def _bit(coder, data, chance, value):
    """Code a bit, which is 1 with a probability of chance / 4096."""
    bound = (coder[RANGE] >> 12) * chance
    if coder[WRITING]:
        if value:
            coder[RANGE] = bound
        else:
            coder[LOW] += bound
            coder[RANGE] -= bound
            if coder[LOW] >> 32:
                coder[LOW] &= 0xFFFFFFFF
                i = coder[PLACE] - 1
                while data[i] == 255:
                    data[i] = 0
                    i -= 1
                data[i] += 1
    else:
        value = 1 if coder[LOW] < bound else 0
        if value:
            coder[RANGE] = bound
        else:
            coder[LOW] -= bound
            coder[RANGE] -= bound
    while coder[RANGE] < 1 << 24:
        coder[RANGE] <<= 8
        if coder[WRITING]:
            data[coder[PLACE]] = coder[LOW] >> 24
            coder[LOW] = (coder[LOW] << 8) & 0xFFFFFFFF
        else:
            byte = np.int64(data[coder[PLACE]]) if coder[PLACE] < len(data) else 0
            coder[LOW] = (coder[LOW] << 8) | byte
        coder[PLACE] += 1
    return value


@_stage
def _learnt(coder, data, models, rates, i, value):
    """Code a bit by a model, which learns from it."""
    model = models[i]
    value = _bit(coder, data, (model[0] >> 3) | 1, value)
    target = 32768 if value else 0
    model[0] += ((target - model[0]) * rates[model[1]]) >> 16
    if model[1] < len(rates) - 1:
        model[1] += 1
    return value


@_stage
def _residual(coder, data, models, rates, first, value):
    """Code a whole number, small in most cases, by the models from `first` on."""
    if not _learnt(coder, data, models, rates, first, 1 if value != 0 else 0):
        return 0
    negative = _learnt(coder, data, models, rates, first + 1, 1 if value < 0 else 0)
    size = abs(value)
    bits = 1
    while bits < 12 and _learnt(coder, data, models, rates, first + 1 + bits, 1 if size >> bits else 0):
        bits += 1
    found = 1
    for place in range(bits - 2, -1, -1):
        one = (size >> place) & 1
        if found > 3 or (found > 1 and bits > 3):
            one = _bit(coder, data, HALF, one)
        elif found > 1:
            one = _learnt(coder, data, models, rates, first + 13 + found, one)
        else:
            one = _learnt(coder, data, models, rates, first + 11 + min(bits, 4) + (2 if bits > 3 else 0), one)
        found = 2 * found + one
    return -found if negative else found


@_compiled
def raw(coder, data, value, bits):
    """Code a number of so many bits, all as likely."""
    found = 0
    for place in range(bits - 1, -1, -1):
        found = 2 * found + _bit(coder, data, HALF, (value >> place) & 1)
    return found


@_compiled
def chosen(coder, data, value, chance):
    """Code 0 or 1, the latter with a probability of chance / 4096."""
    return _bit(coder, data, chance, value)


@_compiled
def residual(coder, data, models, rates, first, value):
    """Code a whole number, small in most cases."""
    return _residual(coder, data, models, rates, first, value)


@_compiled
def places(coder, data, models, rates, first, wide, high, at, stack):
    """Code places on a grid, in the order in which halving the grid again and again finds them.

    at: (k, 3) x, y and a name; its rows are put into that order when they are written. first: of the models of counts.
    stack: (64, 6), scratch memory.
    """
    stack[0, 0], stack[0, 1], stack[0, 2], stack[0, 3], stack[0, 4], stack[0, 5] = 0, 0, wide, high, 0, len(at)
    depth = 1
    while depth > 0:
        depth -= 1
        left, top, right, bottom, begin, end = stack[depth]
        n, w, h = end - begin, right - left, bottom - top
        if n == 0:
            continue
        if w == 1 and h == 1:
            for i in range(begin, end):
                at[i, 0], at[i, 1] = left, top
            continue
        axis, whole = (0, w) if w >= h else (1, h)
        half = whole >> 1
        cut = half + (left if axis == 0 else top)
        count = 0
        if coder[WRITING]:
            for i in range(begin, end):
                if at[i, axis] < cut:
                    for column in range(3):
                        at[i, column], at[begin + count, column] = at[begin + count, column], at[i, column]
                    count += 1
        if n == 1:
            count = _bit(coder, data, 4096 * half // whole, count)
        elif n <= FEW:
            base = first + (n - 2) * (n + 1) // 2
            found = 0
            while found < n and _learnt(coder, data, models, rates, base + found, 1 if count > found else 0):
                found += 1
            count = found
        else:
            group = 3 if n > 63 else 2 if n > 31 else 1 if n > 15 else 0
            middle = n * half // whole
            base = first + COUNTS + RESIDUAL * group
            count = max(0, min(n, middle + _residual(coder, data, models, rates, base, count - middle)))
        far, near = stack[depth], stack[depth + 1]
        far[0], far[1], far[2], far[3], far[4], far[5] = left, top, right, bottom, begin + count, end
        near[0], near[1], near[2], near[3], near[4], near[5] = left, top, right, bottom, begin, begin + count
        far[axis], near[2 + axis] = cut, cut
        depth += 2


@_stage
def _nearest(at, k, last, most, near):
    """Write the `most` nearest of the places 0..last to place k, but itself, and their square distances; how many."""
    names, squares = near[0], near[1]
    many = 0
    for j in range(last):
        dx, dy = at[j, 0] - at[k, 0], at[j, 1] - at[k, 1]
        square = dx * dx + dy * dy
        if j == k or (many == most and square >= squares[many - 1]):
            continue
        many = min(many + 1, most)
        i = many - 1
        while i > 0 and squares[i - 1] > square:
            squares[i], names[i] = squares[i - 1], names[i - 1]
            i -= 1
        squares[i], names[i] = square, j
    return many


@_compiled
def spacings(at, near, out):
    """Write how far each place is from its neighbour number AWAY: 16 log2 of it, about; 0 where there is none.

    near: (3, 8), scratch memory.
    """
    for k in range(len(at)):
        many = _nearest(at, k, len(at), AWAY, near)
        square = max(1, near[1, many - 1]) if many else 1
        length = 0
        while square >> (length + 1):
            length += 1
        out[k] = 8 * length - 8 + (8 * square >> length)


@_stage
def component(
    coder, data, models, rates, first, at, spacing, octave, turns, levels, slopes, gates, near, table, k, length
):
    """Code component k, predicted from those before it. length: binary digits of their number."""
    names, squares, weights = near[0], near[1], near[2]
    many, total = _nearest(at, k, k, NEAR, near), 0
    for i in range(many):
        weights[i] = max(1, 64 * 3 * (squares[0] + 1) // (squares[i] + 2 * squares[0] + 3))
        total += weights[i]
    row, own = table[k], octave * spacing[k] >> 1
    sum_ = 0
    for i in range(many):
        sum_ += weights[i] * (16 * table[names[i], SIZE] - (octave * spacing[names[i]] >> 1))
    guess = (sum_ // total + own + 8) >> 4 if many else octave * (24 - length) >> 1
    found = guess + _residual(coder, data, models, rates, first + RESIDUAL * OF_SIZE, row[SIZE] - guess)
    row[SIZE] = max(0, min(SIZES * octave, found))
    sum_ = 0
    for i in range(many):
        sum_ += weights[i] * table[names[i], RATIO]
    guess = (2 * sum_ + total) // (2 * total) if many else octave
    found = guess + _residual(coder, data, models, rates, first + RESIDUAL * OF_RATIO, row[RATIO] - guess)
    row[RATIO] = max(0, min(RATIOS * octave, found))
    n = turns[row[RATIO]]
    if n > 1:
        guess, group = 0, 0
        for i in range(many):
            other = turns[table[names[i], RATIO]]
            if other > 1:
                guess = (2 * table[names[i], ANGLE] * n + other) // (2 * other)
                group = 1 if n <= 6 else 2 if n <= 16 else 3
                break
        turn = (row[ANGLE] - guess) % n
        if 2 * turn > n:
            turn -= n
        turn = _residual(coder, data, models, rates, first + RESIDUAL * (OF_ANGLE + group), turn)
        row[ANGLE] = (guess + turn) % n
    else:
        row[ANGLE] = 0
    if gates:
        found = _residual(coder, data, models, rates, first + RESIDUAL * OF_GATE, row[GATE])
        row[GATE] = max(-MOST, min(MOST, found))
    for c in range(levels):
        column = LEVELS + c
        sum_, low, high = 0, MOST, -MOST
        for i in range(many):
            level = table[names[i], column]
            sum_ += weights[i] * level
            low, high = min(low, level), max(high, level)
        guess = (2 * sum_ + total) // (2 * total) if many else 0
        group = 0 if high - low <= 2 else 1 if high - low <= 6 else 2
        base = first + RESIDUAL * (OF_LEVEL + 3 * c + group)
        found = guess + _residual(coder, data, models, rates, base, row[column] - guess)
        row[column] = max(-MOST, min(MOST, found))
    if slopes:
        for c in range(levels):
            for column in range(LEVELS + 4 + 2 * c, LEVELS + 6 + 2 * c):
                base = first + RESIDUAL * (OF_SLOPE + c)
                found = _residual(coder, data, models, rates, base, row[column])
                row[column] = max(-MOST, min(MOST, found))


@_compiled
def components(coder, data, models, rates, first, at, spacing, octave, turns, levels, slopes, gates, near, table):
    """Code the rest of the components, in the order of their places.

    first: of their models. octave: steps of size and ratio to one. turns: (n,) angles of each ratio. levels: how many
    channels, 3 or 4. near: (3, 8), scratch memory. table: (k, 8 or, with slopes, 16).
    """
    length = 0
    while len(at) >> length:
        length += 1
    for k in range(len(at)):
        component(
            coder, data, models, rates, first, at, spacing, octave, turns, levels, slopes, gates, near, table, k, length
        )
