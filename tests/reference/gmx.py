"""A reader of .gmx files in plain Python, written after docs/gmx.md alone."""

import re
from pathlib import Path

LAW = Path(__file__).parents[2] / "docs" / "gmx.md"
SHAPES = [(1, 1), (3, 2), (2, 3), (4, 3), (3, 4), (16, 9), (9, 16)]
TURNS = [4, 6, 12, 16, 24, 32, 48, 64]


def letters():
    (block,) = re.findall(r"its lines put together:\n\n```\n(.*?)\n```", LAW.read_text(), re.DOTALL)
    return block.replace("\n", "")


class Bits:
    def __init__(self, data):
        self.data, self.place, self.range = data, 4, 2**32 - 1
        self.code = int.from_bytes(data[:4].ljust(4, b"\0"), "big")

    def bit(self, chance):
        bound = (self.range >> 12) * chance
        bit = int(self.code < bound)
        if bit:
            self.range = bound
        else:
            self.range -= bound
            self.code -= bound
        while self.range < 2**24:
            byte = self.data[self.place] if self.place < len(self.data) else 0
            self.range, self.code, self.place = self.range * 256, self.code * 256 + byte, self.place + 1
        return bit

    def raw(self, bits):
        value = 0
        for _ in range(bits):
            value = 2 * value + self.bit(2048)
        return value

    def learning(self, model):
        p, m = model
        bit = self.bit((p >> 3) | 1)
        model[:] = p + (((32768 if bit else 0) - p) * (131072 // (2 * m + 3)) >> 16), min(m + 1, 127)
        return bit

    def residual(self, models):
        if not self.learning(models[0]):
            return 0
        negative = self.learning(models[1])
        bits = 1
        while bits < 12 and self.learning(models[1 + bits]):
            bits += 1
        value = 1
        for i in range(1, bits):
            if i == 1:
                bit = self.learning(models[{2: 13, 3: 14}.get(bits, 17)])
            elif i == 2 and bits == 3:
                bit = self.learning(models[13 + value])
            else:
                bit = self.raw(1)
            value = 2 * value + bit
        return -value if negative else value

    def number(self):
        bits = 1 + self.raw(4)
        return 2 ** (bits - 1) + self.raw(bits - 1)


def models():
    """Of the header, of counts, of large counts, of components."""
    sets = [[[32768 * (2 * (ord(letter) - 32) + 1) // 190, 9] for letter in letters()]]
    sets = [sets[0][i : i + 18] for i in range(0, 504, 18)]
    counts = {}
    for n in range(2, 13):
        share = [(i + 1) * (i + 2) * (n - i + 1) * (n - i + 2) for i in range(n + 1)]
        for j in range(n):
            counts[n, j] = [32768 * sum(share[j + 1 :]) // sum(share[j:]), 9]
    return sets[0], counts, sets[1:5], sets[5:]


def read(data):
    """The header as a dict, and the components as lists of numbers: place, size, ratio, angle, gate, levels, slopes."""
    assert data[0] == 0xD1
    bits = Bits(data[1:])
    header_models, counts, large, sets = models()
    width = bits.number()
    shape = bits.raw(3)
    p, q = SHAPES[shape - 1]
    height = (2 * width * q + p) // (2 * p) if shape else bits.number()
    k = bits.number()
    length = k.bit_length()
    grid = 5 + length // 2 + bits.residual(header_models)
    octave = (3 if length > 4 else 2) + bits.residual(header_models)
    luma = 19 - 3 * length // 4 + bits.residual(header_models)
    chroma = luma + 1 + bits.residual(header_models)
    opacity, slopes, gates = (bool(bits.bit(chance)) for chance in (256, 128, 128))
    header = {
        "width": width, "height": height, "count": k, "grid": grid, "octave": octave, "luma": luma, "chroma": chroma,
        "opacity": opacity, "slopes": slopes, "gates": gates,
    }  # fmt: skip
    longer = max(width, height)
    places = []

    def box(left, top, right, bottom, n):
        w, h = right - left, bottom - top
        if n == 0:
            return
        if w == 1 and h == 1:
            places.extend([(left, top)] * n)
            return
        whole = max(w, h)
        half = whole >> 1
        if n == 1:
            c = bits.bit(4096 * half // whole)
        elif n <= 12:
            c = 0
            while c < n and bits.learning(counts[n, c]):
                c += 1
        else:
            c = n * half // whole + bits.residual(large[(n >= 16) + (n >= 32) + (n >= 64)])
            c = max(0, min(n, c))
        if w >= h:
            box(left, top, left + half, bottom, c)
            box(left + half, top, right, bottom, n - c)
        else:
            box(left, top, right, top + half, c)
            box(left, top + half, right, bottom, n - c)

    box(0, 0, -(-width * 2**grid // longer), -(-height * 2**grid // longer), k)

    def away(a, b):
        return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2

    spacing = []
    for i, place in enumerate(places):
        others = sorted(away(place, other) for j, other in enumerate(places) if j != i)[:4]
        d = max(1, others[-1]) if others else 1
        b = d.bit_length() - 1
        spacing.append(8 * b - 8 + (8 * d >> b))
    found = []
    for i, place in enumerate(places):
        near = sorted(range(i), key=lambda j: (away(place, places[j]), j))[:6]
        d = [away(place, places[j]) for j in near]
        w = [max(1, 192 * (d[0] + 1) // (each + 2 * d[0] + 3)) for each in d]
        total = sum(w)

        def mean(column, near=near, w=w, total=total):
            return (2 * sum(a * found[j][column] for a, j in zip(w, near, strict=True)) + total) // (2 * total)

        if near:
            own = [octave * spacing[j] >> 1 for j in [i, *near]]
            sums = sum(a * (16 * found[j][2] - o) for a, j, o in zip(w, near, own[1:], strict=True))
            size = (sums // total + own[0] + 8) >> 4
        else:
            size = octave * (24 - length) >> 1
        size = max(0, min(16 * octave, size + bits.residual(sets[0])))
        ratio = max(0, min(6 * octave, (mean(3) if near else octave) + bits.residual(sets[1])))

        def turns(r):
            return TURNS[min(2 * r // octave, 7)] if r else 1

        t, angle = turns(ratio), 0
        if t > 1:
            guess, which = 0, 2
            for j in near:
                other = turns(found[j][3])
                if other > 1:
                    guess = (2 * found[j][4] * t + other) // (2 * other)
                    which = 3 if t <= 6 else 4 if t <= 16 else 5
                    break
            angle = (guess + bits.residual(sets[which])) % t
        row = [*place, size, ratio, angle, bits.residual(sets[18]) if gates else 0]
        for channel in range(3 + opacity):
            values = [found[j][6 + channel] for j in near]
            spread = max(values) - min(values) if near else 0
            group = 0 if spread <= 2 else 1 if spread <= 6 else 2
            level = (mean(6 + channel) if near else 0) + bits.residual(sets[6 + 3 * channel + group])
            row.append(max(-2047, min(2047, level)))
        if slopes:
            row += [bits.residual(sets[19 + channel]) for channel in range(3 + opacity) for _ in range(2)]
        found.append(row)
    return header, found
