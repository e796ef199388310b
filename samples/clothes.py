"""Draw the sample sheet clothes.png: a wardrobe, ten kinds of clothes, a row of small pictures each.

Run `python samples/clothes.py`; the sheet is written next to this file. Each picture is 28 x 28 pixels, light on
black, and no two are cut alike; the result is the same on every run.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from draw import Canvas, spline

KINDS = "T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "trainer", "bag", "boot"
MANY, SIDE, LARGE = 120, 28, 8  # pictures of a kind, pixels a side, and how much larger they are drawn
MID = SIDE / 2


class Tailor:
    """A piece of cloth to draw on, and how this one is cut."""

    def __init__(self, rng):
        self.rng = rng
        self.c = Canvas(Image.new("L", (SIDE * LARGE,) * 2), ((LARGE, 0), (0, LARGE)))
        self.shade = int(rng.uniform(105, 235))

    def some(self, low, high):
        """A number in between, more often in the middle."""
        return low + (high - low) * self.rng.beta(2.5, 2.5)

    def tone(self, factor):
        """The cloth's shade, lighter or darker."""
        return int(np.clip(self.shade * factor, 12, 250))

    def both(self, points, factor=1.0):
        """Fill a shape that is given by its right half, from top to bottom."""
        right = np.asarray(points, float)
        self.c.fill(np.vstack([right, (right * (-1, 1) + (2 * MID, 0))[::-1]]), self.tone(factor))

    def line(self, points, width, factor):
        """A seam."""
        self.c.stroke(np.asarray(points, float), width, self.tone(factor))

    def cut_out(self, points):
        """Take cloth away."""
        self.c.fill(np.asarray(points, float), 0)


def body(t, sleeve, hem, waist, shoulder=7.0, neck=2.6, top=4.0):
    """What has a neck, two sleeves and a hem; returns its right edge at the hem."""
    shoulder, neck = shoulder + t.some(-0.6, 0.6), neck + t.some(-0.5, 0.5)
    waist, edge = waist + t.some(-0.6, 0.6), waist + t.some(-0.2, 0.9)
    thick, pit = t.some(3.0, 4.2), top + t.some(4.6, 6.0)
    out = t.some(1.6, 3.2) + 0.12 * sleeve  # how far a sleeve stands off
    tip = np.array([shoulder + out, top + 1.2 + sleeve])
    cuff = np.add(tip, (-thick * 0.85, t.some(0.2, 0.8)))
    for side in (1, -1):
        arm = np.array([(neck + 1, top), (shoulder, top + 1.2), tip, cuff, (waist - 0.4, pit), (neck, pit)])
        t.c.fill(arm * (side, 1) + (MID, 0), t.tone(0.9))
        if sleeve > 8:
            t.line([(MID + side * tip[0], tip[1] - 1.2), (MID + side * cuff[0], cuff[1] - 1.2)], 0.35, 0.72)
    depth = t.some(0.8, 2.2)
    t.both([(MID, top + depth), (MID + neck, top), (MID + shoulder, top + 1.2), (MID + waist, pit),
            (MID + waist - 0.3, 0.5 * (pit + hem)), (MID + edge, hem)])  # fmt: skip
    t.line(spline([(MID - neck, top), (MID, top + depth + 0.2), (MID + neck, top)]), 0.5, 0.7)
    return edge, pit


def pattern(t, low, high, half):
    """Sometimes stripes, a print on the breast, or a broad band."""
    kind = t.rng.integers(6)
    if kind == 0:
        for y in np.arange(low, high - 1, t.some(2.2, 3.4)):
            t.line([(MID - half, y), (MID + half, y)], t.some(0.6, 1.1), 0.62)
    elif kind == 1:
        y = low + t.some(1, 3)
        t.c.fill(np.add([(-2.4, 0), (2.4, 0), (2.0, 4), (-2.0, 4)], (MID, y)), t.tone(t.rng.choice([0.55, 1.3])))
    elif kind == 2:
        y, tall = t.some(low + 2, high - 5), t.some(2, 4)
        t.c.fill(np.add([(-half, 0), (half, 0), (half, tall), (-half, tall)], (MID, y)), t.tone(0.66))


def t_shirt(t):
    """Short sleeves."""
    edge, pit = body(t, t.some(3.2, 5.0), t.some(22.5, 25), 5.6)
    pattern(t, pit, 23, edge - 0.6)


def pullover(t):
    """Long sleeves, a band at the hem."""
    hem = t.some(22, 24.5)
    edge, pit = body(t, t.some(13, 16.5), hem, 5.3, neck=2.2)
    pattern(t, pit, hem - 2, edge - 0.7)
    t.c.fill([(MID - edge, hem - 1.6), (MID + edge, hem - 1.6), (MID + edge, hem), (MID - edge, hem)], t.tone(0.78))


def shirt(t):
    """Long sleeves, a collar, and a row of buttons."""
    hem = t.some(23.5, 25.5)
    edge, pit = body(t, t.some(13, 17), hem, 5.2, neck=2.4)
    if t.rng.random() < 0.5:
        for x in np.arange(-edge + 1, edge, t.some(1.6, 2.4)):
            t.line([(MID + x, pit - 1), (MID + x, hem)], 0.4, 0.75)
    for side in (1, -1):
        t.c.fill(
            np.array([(0, 6.2), (0.4, 4.6), (2.6, 3.2), (3.0, 5.4), (1.4, 7.2)]) * (side, 1) + (MID, 0), t.tone(1.2)
        )
    t.line([(MID, 6), (MID, hem)], 0.4, 0.6)
    for y in np.arange(8, hem - 1, 3):
        t.c.oval(MID + 0.5, y, 0.42, colour=t.tone(0.45))


def coat(t):
    """Long, open at the front, with pockets."""
    hem = t.some(25.2, 27)
    edge, _ = body(t, t.some(14, 17.5), hem, 5.7, shoulder=7.2, top=3.0)
    wide = t.some(0.3, 1.3)
    t.cut_out([(MID - 0.2, 8), (MID + 0.2, 8), (MID + wide, hem + 1), (MID - wide, hem + 1)])
    for side in (1, -1):
        lapel = np.array([(0.2, 9.5), (0.5, 5), (2.8, 2.8), (3.6, 6)]) * (side, 1) + (MID, 0)
        t.c.fill(lapel, t.tone(0.75))
        pocket = [(MID + side * 2.2, 17.5), (MID + side * (edge - 1.2), 17.2)]
        t.line(pocket, 0.6, 0.62)


def dress(t):
    """Narrow above, wide below."""
    shoulder, waist, hem = t.some(3.4, 4.8), t.some(2.9, 4.0), t.some(25, 27)
    flare, height = t.some(4.6, 8.2), t.some(10, 12.5)
    if t.rng.random() < 0.4:
        for side in (1, -1):
            sleeve = np.array([(shoulder - 1, 2.4), (shoulder + 0.6, 3), (shoulder + 2.4, 7.4), (shoulder, 8.2)])
            t.c.fill(sleeve * (side, 1) + (MID, 0), t.tone(0.88))
    t.both([(MID, 4.4), (MID + shoulder - 1.8, 2.2), (MID + shoulder, 2.6), (MID + waist + 0.6, 7),
            (MID + waist, height), (MID + 0.6 * flare + 0.4 * waist, height + 7), (MID + flare, hem)])  # fmt: skip
    t.line([(MID - waist, height), (MID + waist, height)], t.some(0.5, 1.4), 0.6)
    for x in (-0.45, 0.05, 0.5):
        t.line([(MID + x * waist, height + 2), (MID + 1.1 * x * flare, hem - 0.6)], 0.4, 0.8)


def trousers(t):
    """Two legs."""
    hip, hem, crotch = t.some(3.9, 5.2), t.some(25.5, 27), t.some(9, 11)
    outer, inner = t.some(4.2, 6.4), t.some(0.7, 2.2)
    t.both([(MID, 2.2), (MID + hip - 0.7, 2.0), (MID + hip, 7), (MID + outer, hem), (MID + inner, hem), (MID, crotch)])
    t.line([(MID - hip + 0.6, 3.5), (MID + hip - 0.6, 3.5)], 0.6, 0.68)
    t.line([(MID, 3.5), (MID, crotch)], 0.45, 0.6)
    for side in (1, -1):
        t.line([(MID + side * 0.55 * hip, 6), (MID + side * (outer + inner) / 2, hem)], 0.35, 1.15)


def sole(t, ground, thick, factor):
    """What all shoes stand on."""
    under = spline([(1.6, ground - 0.4), (3, ground), (14, ground), (25.4, ground), (26.4, ground - 0.7)])
    t.c.fill(np.vstack([under, [(26.2, ground - thick), (2, ground - thick)]]), t.tone(factor))


def trainer(t):
    """Flat, with laces."""
    ground, high = t.some(20, 22), t.some(6.4, 8.6)
    instep = t.some(13, 16)
    upper = spline([(2.2, ground - 1), (1.8, ground - high), (5, ground - high + 0.8), (9, ground - high - 0.4),
                    (instep, ground - 5.2), (22, ground - 3.6), (26.3, ground - 1.6)])  # fmt: skip
    t.c.fill(np.vstack([upper, [(26.3, ground)]]), t.tone(1))
    sole(t, ground, t.some(1.2, 2), 1.35 if t.rng.random() < 0.6 else 0.55)
    for k in range(4):
        x = 9.6 + k * (instep - 8) / 4
        t.line([(x, ground - high + 1 + 0.75 * k), (x + 1.8, ground - high + 2.4 + 0.75 * k)], 0.5, 0.5)
    stripe = spline([(7, ground - 2), (11, ground - 3.6), (15, ground - 3.4)])
    t.line(stripe, (0.4, 1.1, 0.3), 0.5)


def sandal(t):
    """A sole and straps."""
    ground, heel = t.some(21, 23), t.some(0.6, 4.5)
    bed = spline([(2.4, ground - heel - 1.2), (8, ground - heel - 0.8), (15, ground - 1.4), (25.6, ground - 0.9)])
    under = [(25.8, ground), (14, ground), (7, ground - 0.75 * heel), (6.2, ground), (2.4, ground)]
    t.c.fill(np.vstack([bed, under]), t.tone(0.85))
    for at, wide, high in ((18.5, 5, t.some(3.2, 5.2)), (13.5, 4, t.some(3.5, 6))):
        arch = spline([(at - wide / 2, ground - 1.8), (at, ground - 1.4 - high), (at + wide / 2, ground - 1.2)])
        t.line(arch, t.some(0.7, 1.6), 1.15)
    ankle = t.some(6.5, 9.5)
    strap = spline(
        [(3, ground - heel - 1), (2.6, ground - heel - ankle), (7, ground - heel - ankle + 1), (12, ground - 2.4)]
    )
    t.line(strap, t.some(0.6, 1.2), 1.1)


def boot(t):
    """As high as the ankle, or the calf."""
    ground, top = t.some(24, 26), t.some(3, 9)
    leg = t.some(9.2, 12.4)
    front = spline(
        [(leg, top), (leg - 0.4, ground - 9), (leg + 3, ground - 6.2), (21, ground - 4.8), (25.2, ground - 2)]
    )
    t.c.fill(np.vstack([front, [(25.4, ground - 1)], [(3, ground - 1)], [(3.4, ground - 9)], [(2.6, top)]]), t.tone(1))
    heel = t.some(1.2, 3.4)
    t.c.fill([(2.8, ground - heel), (8.4, ground - heel), (8, ground + 1), (3, ground + 1)], t.tone(0.55))
    t.c.fill([(8, ground - 1.2), (25.8, ground - 1.2), (25.6, ground), (12, ground + 0.2)], t.tone(0.55))
    t.line([(2.8, top + 1), (leg, top + 1)], 0.7, 0.72)
    if t.rng.random() < 0.5:
        t.line([(6, top + 1), (6.4, ground - 6)], 0.5, 0.6)


def bag(t):
    """With a handle."""
    top, low = t.some(10, 13), t.some(22, 25)
    half, wide = t.some(7, 10.5), t.some(9, 12)
    grip = t.some(3.6, 6.4)
    handle = spline(
        [
            (MID - grip, top + 0.5),
            (MID - 0.8 * grip, top - t.some(4, 7)),
            (MID + 0.8 * grip, top - t.some(4, 7)),
            (MID + grip, top + 0.5),
        ]
    )
    t.line(handle, t.some(0.7, 1.5), 0.85)
    t.both([(MID, top), (MID + half, top), (MID + wide, low - 1), (MID + wide - 1, low)])
    flap = t.some(2, 6)
    t.both([(MID, top), (MID + half, top), (MID + half + 0.2, top + 0.5 * flap), (MID, top + flap)], 0.84)
    t.c.oval(MID, top + flap, 0.8, colour=t.tone(1.4))


def piece(draw, rng):
    """One picture: light falls from the upper left, and cloth has a grain."""
    t = Tailor(rng)
    draw(t)
    pixels = np.asarray(t.c.image.filter(ImageFilter.GaussianBlur(1.5)), float)
    y, x = np.mgrid[: len(pixels), : len(pixels)] / len(pixels)
    lit = pixels * (
        1.06 - 0.22 * x - 0.1 * y + rng.uniform(0.0, 0.03) * np.sin(rng.uniform(40, 90) * (x + rng.uniform(-1, 1) * y))
    )
    blocks = lit.reshape(SIDE, LARGE, SIDE, LARGE).mean(axis=(1, 3))
    return np.clip(np.rint(blocks / 17), 0, 15) * 17  # 16 greys do


def wardrobe():
    """The sheet: a row of blocks for each kind."""
    draws = t_shirt, trousers, pullover, dress, coat, sandal, shirt, trainer, bag, boot
    rng = np.random.default_rng(28)
    rows = [np.hstack([piece(draw, rng) for _ in range(MANY)]) for draw in draws]
    return np.vstack(rows).astype(np.uint8)


if __name__ == "__main__":
    file = Path(__file__).with_name("clothes.png")
    Image.fromarray(wardrobe()).save(file, optimize=True)
    print(file.name, file.stat().st_size, "bytes")
