"""Draw the sample picture wave.png: a breaking wave, in the manner of a woodblock print.

Run `python samples/wave.py`; the picture is written next to this file. Flat colours lie within dark outlines, as
blocks print them; the result is the same on every run.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np

from draw import SCALE, Canvas, picture, ramp, spline

WIDTH, HEIGHT = 720, 480
LINE, DEEP, BLUE, PALE = (26, 40, 76), (36, 66, 122), (86, 134, 178), (178, 204, 208)
FOAM, SHADE = (248, 243, 228), (198, 214, 214)
PAPER, SKY, DUSK, SUN = (240, 226, 194), (196, 196, 190), (160, 166, 174), (206, 84, 58)

# The great wave, between its back and its face; both end in its tip.
BACK = "790 420 745 330 700 258 640 176 572 112 492 72 410 64 338 88 288 132 262 190"
FACE = "150 476 300 462 420 432 498 380 532 312 526 244 484 190 424 162 352 162 300 176 262 190"
NEAR = "-20 402 50 372 120 352 178 362 236 402 300 424 390 416 480 432 560 448 640 436 760 452"
MIDDLE = "-20 352 60 344 130 356 200 366 262 352 330 338 400 346 470 356 560 340 760 352"


def strip(first, last, s, steps=160):
    """The points at the fraction s across from one curve to another, as far along both."""
    u = np.linspace(0, 1, steps)
    sides = []
    for curve in (first, last):
        at = np.r_[0, np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))]
        sides.append(np.stack([np.interp(u * at[-1], at, curve[:, k]) for k in (0, 1)], axis=1))
    return (1 - s) * sides[0] + s * sides[1]


def inked(c, outline, colour, width=2.2):
    """Fill a polygon, and draw its outline."""
    c.fill(outline, colour)
    c.stroke(np.vstack([outline, outline[:1]]), width, LINE)


def sky():
    """Paper, dark at its upper edge as if the block were wiped, and a glow above the horizon."""
    rows = ramp([DUSK, SKY, PAPER, PAPER, (238, 206, 168)], HEIGHT * SCALE, (0, 60, 170, 250, 330))
    return Canvas(picture(np.repeat(rows[:, None], WIDTH * SCALE, axis=1)))


def mountain(c):
    """A far mountain in snow, and the sun beside it."""
    c.oval(88, 150, 44, colour=SUN)
    slope = np.vstack([spline("20 346 92 304 140 262 176 220"), spline("198 221 232 262 280 304 360 346")])
    inked(c, slope, (98, 122, 152), 2)
    snow = np.vstack([spline("124 276 140 262 176 220"), spline("198 221 232 262 244 275")])
    teeth = [(230, 270), (220, 292), (208, 266), (196, 304), (184, 264), (170, 294), (156, 268), (140, 286)]
    inked(c, np.vstack([snow, teeth]), FOAM, 1.6)
    for y, left, right in ((318, -20, 150), (330, 210, 420)):
        c.stroke([(left, y), (right, y)], (1, 9, 12, 9, 1), PAPER)


def swell(c, top, colours, rows, lean):
    """A band of the sea below a curve: stripes that follow it, lighter and darker in turn."""
    crest = spline(top)
    floor = np.c_[crest[:, 0] + lean, np.full(len(crest), HEIGHT + 60.0)]
    for j in range(rows):
        upper, lower = (strip(crest, floor, s) for s in ((j / rows) ** 1.3, ((j + 1) / rows) ** 1.3))
        c.fill(np.vstack([upper, lower[::-1]]), colours[j % len(colours)])
    for j in range(rows):
        c.stroke(strip(crest, floor, (j / rows) ** 1.3), 2.6 if j == 0 else 1.3, LINE)


def wave(c):
    """The great wave: stripes from the trough up into its crest."""
    back, face = spline(BACK), spline(FACE)
    edges = np.r_[0, np.cumsum([1, 0.45, 0.8, 0.5, 0.9, 0.4, 0.75, 0.45, 0.8, 0.4, 0.7, 0.4, 0.7, 0.4, 0.6])]
    edges /= edges[-1]
    colours = (DEEP, PALE, DEEP, BLUE)
    for j, (near, far) in enumerate(pairwise(edges)):
        c.fill(np.vstack([strip(back, face, near), strip(back, face, far)[::-1]]), colours[j % 4])
    for s in edges[1:-1]:
        c.stroke(strip(back, face, s), (1.6, 1.6, 1), LINE)
    for curve in (back, face):
        c.stroke(curve, 2.8, LINE)


def claw(x, y, angle, size, bend, depth, found):
    """Fingers of foam: a curl that ends in smaller curls; `found` takes the line and the width of each."""
    u = np.linspace(0, 1, 10)
    turns = np.radians(angle + bend * u)
    steps = size * np.c_[np.cos(turns), np.sin(turns)] / 10
    line = np.array([x, y]) + np.cumsum(steps, axis=0)
    found.append((line, size * np.array([0.46, 0.42, 0.36, 0.26, 0.12])))
    if depth:
        for at, turn, share in ((3, -70, 0.58), (6, 52, 0.56), (9, -6, 0.72)):
            claw(*line[at], angle + bend * u[at] + turn, size * share, 1.15 * bend, depth - 1, found)


def foam(c, claws):
    """All fingers together: their outlines first, so that they flow into each other, and a shaded side."""
    for line, width in claws:
        c.stroke(line, width + 3.4, LINE)
    for line, width in claws:
        c.stroke(line, width, SHADE)
    for line, width in claws:
        c.stroke(line - (0.7, 1.1), 0.74 * width, FOAM)


def crest(rng):
    """The fingers along the lip of the great wave, and along its back."""
    claws = []
    lip = np.vstack([strip(spline(BACK), spline(FACE), 0)[84:], strip(spline(BACK), spline(FACE), 1)[:108:-1]])
    at = np.r_[0, np.cumsum(np.linalg.norm(np.diff(lip, axis=0), axis=1))]
    for place in np.arange(4, at[-1] - 8, 26):
        i = int(np.searchsorted(at, place))
        ahead = lip[min(i + 3, len(lip) - 1)] - lip[max(i - 3, 0)]
        angle = np.degrees(np.arctan2(ahead[1], ahead[0]))
        share = place / at[-1]
        size = 17 + 21 * np.sin(np.pi * min(1.0, share * 1.15)) ** 1.5 + rng.uniform(-2, 3)
        claw(*lip[i], angle - 62 + 34 * share + rng.uniform(-8, 8), size, -64, 2, claws)
    return claws


def caps(top, places, size, rng):
    """Fingers on a swell."""
    claws, curve = [], spline(top)
    for place in places:
        i = int(np.argmin(abs(curve[:, 0] - place)))
        for k in range(5):
            j = min(len(curve) - 1, i + 4 * k)
            claw(
                *(curve[j] + (0, 2)),
                -128 + 26 * k + rng.uniform(-8, 8),
                size * (0.7 + 0.16 * (2 - abs(k - 2))),
                -60,
                1,
                claws,
            )
    return claws


def spray(c, rng):
    """Drops that fly before the crest."""
    for _ in range(150):
        angle, far = rng.uniform(1.6, 4.3), rng.gamma(2.0, 20)
        x, y = 330 + (88 + far) * np.cos(angle) * 1.15, 140 - (60 + 0.8 * far) * np.sin(angle)
        r = rng.uniform(1.0, 3.0) * np.exp(-far / 220)
        c.oval(x, y, r + 0.9, colour=LINE)
        c.oval(x, y, r, colour=FOAM)


def bird(c, x, y, size):
    """A plover, wings up."""
    place = c.at(x, y, size, -8)
    for side in (1, -1):
        wings = place.at(0, 0, (side, 1))
        inked(wings, np.vstack([spline("0 2 5 -7 16 -13"), spline("16 -13 12 -4 3 4")]), FOAM, 1.6)
    inked(place, spline("-7 5 -2 0 5 0 9 4 4 8 -2 8", closed=True), FOAM, 1.6)


def boat(c):
    """A boat that climbs the near swell."""
    place = c.at(66, 352, 1.15, -12)
    place.stroke([(2, -4), (2, -62)], 2.2, LINE)
    inked(place, np.vstack([spline("4 -60 30 -38 34 -10"), spline("34 -10 18 -14 4 -8")]), (236, 214, 170), 1.8)
    for x in (13, 22):
        place.stroke([(x, -46 + x), (x + 3, -12)], 0.9, LINE)
    inked(
        place,
        np.vstack([spline("-52 -12 -30 6 0 10 30 6 58 -14"), spline("58 -14 20 0 -20 0 -52 -12")]),
        (190, 142, 88),
        2,
    )


def print_():
    """The whole print."""
    rng = np.random.default_rng(1831)
    c = sky()
    mountain(c)
    swell(c, MIDDLE, (PALE, BLUE, PALE, DEEP), 7, 30)
    wave(c)
    foam(c, crest(rng))
    spray(c, rng)
    boat(c)
    swell(c, NEAR, (DEEP, BLUE, DEEP, PALE), 6, -60)
    foam(c, caps(NEAR, (150, 372), 17, rng))
    for x, y, size in ((208, 66, 0.9), (176, 92, 0.65), (236, 104, 0.6)):
        bird(c, x, y, size)
    return c.reduced().point(lambda v: min(255, round(v / 6) * 6))  # as few shades as prints have


if __name__ == "__main__":
    file = Path(__file__).with_name("wave.png")
    print_().save(file, optimize=True)
    print(file.name, file.stat().st_size, "bytes")
