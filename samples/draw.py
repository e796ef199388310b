"""Draw the sample pictures of Mixtura: dog.png, butterfly.png and harbour.png.

Run `python samples/draw.py`; the pictures are written next to this file. Every shape is a polygon, an oval or
a cubic spline, drawn at four times the final size and reduced; the result is the same on every run.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

SCALE = 4  # supersampling
BLACK, WHITE = 0, 255


def path(text):
    """The points written in a text as x y x y ..."""
    return np.array(text.split(), float).reshape(-1, 2)


def spline(points, closed=False, steps=24):
    """Points on the cubic spline of centripetal parameter through the points, or through those of a text."""
    p = path(points) if isinstance(points, str) else np.asarray(points, float)
    if closed:
        p = np.vstack([p[-4:], p, p[:5]])
    h = np.sqrt(np.linalg.norm(np.diff(p, axis=0), axis=1))[:, None]
    system = np.eye(len(p))  # for the second derivatives, which vanish at the ends
    for i in range(1, len(p) - 1):
        system[i, i - 1 : i + 2] = np.r_[h[i - 1], 2 * (h[i - 1] + h[i]), h[i]]
    turn = 6 * np.diff(np.diff(p, axis=0) / h, axis=0)
    bend = np.linalg.solve(system, np.vstack([0 * p[:1], turn, 0 * p[:1]]))
    v = np.linspace(0, 1, steps, endpoint=False)[:, None]
    u, curve = 1 - v, []
    for i in range(4, len(p) - 5) if closed else range(len(p) - 1):
        cubic = (u**3 - u) * bend[i] + (v**3 - v) * bend[i + 1]
        curve.append(u * p[i] + v * p[i + 1] + cubic * h[i] ** 2 / 6)
    return np.vstack([*curve, p[-5 if closed else -1]])


def symmetric(text):
    """The points of a text, followed by their mirror images back to the start."""
    p = path(text)
    return np.vstack([p, p[p[:, 0] != 0][::-1] * (-1, 1)])  # a point on the axis is its own image


class Canvas:
    """A supersampled picture with the coordinates in which it is drawn on."""

    def __init__(self, image, matrix=((SCALE, 0), (0, SCALE)), shift=(0, 0)):
        self.image, self.matrix, self.shift = image, np.array(matrix, float), np.array(shift, float)
        self.draw = ImageDraw.Draw(image)

    def at(self, x, y, size=(1, 1), angle=0):
        """The same picture in coordinates scaled, turned by an angle in degrees and moved to (x, y)."""
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        matrix = np.diag(np.ones(2) * size) @ [[c, s], [-s, c]] @ self.matrix
        return Canvas(self.image, matrix, self.pixels((x, y)))

    def pixels(self, points):
        """Points in pixels of the supersampled picture."""
        return np.asarray(points, float) @ self.matrix + self.shift

    def fill(self, points, colour=BLACK):
        """Fill the polygon through the points."""
        self.draw.polygon([tuple(p) for p in self.pixels(points)], fill=colour)

    def oval(self, x, y, rx, ry=None, colour=BLACK):
        """Fill an ellipse, or a disc where there is one radius."""
        a = np.linspace(0, 2 * np.pi, 64)
        self.fill(np.c_[x + rx * np.cos(a), y + (ry or rx) * np.sin(a)], colour)

    def box(self, x0, y0, x1, y1, colour):
        """Fill a rectangle."""
        self.fill([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour)

    def stroke(self, points, width, colour=BLACK):
        """Draw a line with round ends; several widths taper it from the first to the last."""
        p = self.pixels(points)
        at = np.r_[0, np.cumsum(np.linalg.norm(np.diff(p, axis=0), axis=1))]
        u = np.linspace(0, 1, int(at[-1]) + 2)
        x, y = (np.interp(u * at[-1], at, p[:, k]) for k in (0, 1))
        widths = np.atleast_1d(width) * np.sqrt(abs(np.linalg.det(self.matrix)))
        r = np.interp(u, np.linspace(0, 1, len(widths)), widths) / 2
        for disc in np.c_[x - r, y - r, x + r, y + r]:
            self.draw.ellipse(tuple(disc), fill=colour)

    def shape(self, points, width=12):
        """Draw the closed curve through the points in black, white inside."""
        loop = spline(points, closed=True)
        self.fill(loop, WHITE)
        self.stroke(loop, width)

    def fade(self, points, first, last):
        """Fill the polygon with a gradient, from the colour at its least y to that at its greatest."""
        p = self.pixels(points)
        corner, end = np.floor(p.min(axis=0)).astype(int), np.ceil(p.max(axis=0)).astype(int)
        mask = Image.new("L", tuple(end - corner))
        ImageDraw.Draw(mask).polygon([tuple(q) for q in p - corner], fill=255)
        colours = (first, last) if self.matrix[1, 1] > 0 else (last, first)
        self.image.paste(picture(np.repeat(ramp(colours, mask.height)[:, None], mask.width, 1)), tuple(corner), mask)

    def reduced(self):
        """The picture at its final size."""
        image = self.image.resize([n // SCALE for n in self.image.size], Image.Resampling.LANCZOS)
        return image.point(lambda v: round(v / 17) * 17) if image.mode == "L" else image  # 16 greys do


def ramp(colours, rows, at=None):
    """Rows of colour, interpolated between colours at given rows, or evenly."""
    at = np.linspace(0, rows - 1, len(colours)) if at is None else np.multiply(at, SCALE)
    return np.stack([np.interp(np.arange(rows), at, channel) for channel in zip(*colours, strict=True)], axis=-1)


def picture(values):
    """The RGB picture of an array of colours."""
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def dog():
    """A sitting puppy with floppy ears, and two hearts."""
    c = Canvas(Image.new("L", (800 * SCALE, 800 * SCALE), WHITE)).at(380, 0)
    sides = c, c.at(0, 0, (-1, 1))
    c.shape(path("140 650 210 640 256 590 274 520 302 478 328 512 324 590 284 664 220 706 140 712"))  # tail
    for side in sides:
        side.shape(path("-80 510 -142 560 -172 640 -150 715 -80 730 -40 690 -40 580"))  # haunch
        side.shape(path("-184 718 -164 684 -118 674 -76 688 -62 722 -84 745 -160 745"))  # hind paw
        for x in (-150, -124):
            side.stroke([(x, 718), (x - 1, 737)], 8)
    c.fill(spline(symmetric("-62 360 -90 440 -96 530 -70 640 0 650")), WHITE)  # chest
    leg = "-62 370 -80 420 -94 500 -84 580 -76 650 -96 692 -104 722 -84 746 -52 750 -18 744 -4 716 0 640 0 550"
    for side in sides:
        side.fill(spline(leg), WHITE)
        side.stroke(spline(leg), 12)
        for x in (-70, -40):
            side.stroke([(x, 720), (x, 741)], 8)
    c.shape(path("-80 380 -86 412 -40 442 16 450 60 438 86 412 80 380 0 400"))  # collar
    c.oval(18, 462, 27)
    c.oval(18, 462, 15, colour=WHITE)
    dog_head(c.at(0, 254, 1.08, -7))
    a = np.linspace(0, 2 * np.pi, 80)
    y = 13 * np.cos(a) - 5 * np.cos(2 * a) - 2 * np.cos(3 * a) - np.cos(4 * a)
    c.at(296, 152, 3.8, 12).stroke(np.c_[16 * np.sin(a) ** 3, -y], 12 / 3.8)
    c.at(348, 270, 1.8, 20).stroke(np.c_[16 * np.sin(a) ** 3, -y], 10 / 1.8)
    for x0, x1 in ((-296, -212), (-344, -324), (220, 320), (352, 376)):
        c.stroke([(x0, 750), (x1, 750)], 10)
    return c.reduced()


def dog_head(c):
    """The head of the dog about the origin."""
    c.shape(symmetric("0 -138 78 -122 128 -60 150 20 128 92 68 134 0 146"), 11)
    for side in (c, c.at(0, 0, (-1, 1))):
        ear = "66 -130 118 -150 176 -118 210 -40 218 44 200 98 166 102 142 60 130 -10 106 -76"
        side.shape(path(ear), 11)
        side.oval(60, -20, 20, 26)
        side.stroke(spline("40 -74 58 -86 80 -76"), 8)
        for x, y in ((66, 46), (90, 40), (84, 62)):
            side.oval(x, y, 4.5)
        side.stroke(spline("0 58 16 82 44 86 68 66"), 9)
    for x in (-53, 67):
        c.oval(x, -30, 7.5, 8.5, WHITE)
        c.oval(x - 13, -10, 3.5, colour=WHITE)
    c.stroke(spline("-25 88 -22 112 0 126 22 112 25 88"), 9)  # tongue
    c.stroke(path("0 92 0 106"), 7)
    c.stroke(path("0 40 0 60"), 9)
    c.fill(spline(symmetric("0 0 18 1 34 12 26 32 0 46"), closed=True))  # nose
    c.stroke(spline("-18 14 -6 10 8 12"), 6, WHITE)


# The right half of the butterfly about its thorax: veins run from the root of a wing to its margin.
FORE_VEINS = """14 -44 110 -170 230 -272 350 -332 446 -348
150 -190 220 -240 330 -298 463 -316
214 -216 330 -256 460 -266
242 -200 340 -214 446 -212
246 -172 335 -172 428 -158
234 -140 315 -128 410 -106
192 -98 280 -78 394 -58
110 -42 230 -28 378 -16
14 -14 120 8 240 18 356 20"""
FORE_CELL = "34 -46 90 -120 150 -176 210 -204 234 -188 228 -142 180 -96 106 -46"
HIND_VEINS = """14 -24 120 -14 240 -14 344 -4
130 18 240 26 372 50
192 54 280 70 376 112
206 90 280 120 362 178
200 128 262 170 330 244
180 160 226 216 280 300
150 166 182 234 214 334
112 146 130 226 144 336
14 20 40 110 62 200 76 298"""
HIND_CELL = "36 10 110 24 182 56 194 92 176 144 144 154 92 104"
HIND_TAIL = "258 270 288 324 304 362 324 394"


def between(veins, i, s, t):
    """The points at the fractions s across and t along the area between veins i and i + 1."""
    s = np.reshape(s, (-1, 1))
    sides = [[np.interp(t, np.linspace(0, 1, len(v)), v[:, k]) for k in (0, 1)] for v in veins[i : i + 2]]
    return (1 - s) * np.transpose(sides[0]) + s * np.transpose(sides[1])


def wing(c, veins, cell, tail=None):
    """A black wing with scalloped margin, white areas with hairlines between the veins, and rows of spots."""
    veins = [spline(line) for line in veins.splitlines()]
    areas = range(len(veins) - 1)
    breadth = [np.linalg.norm(veins[i + 1][-1] - veins[i][-1]) for i in areas]
    length = [np.linalg.norm(np.diff(between(veins, i, [0.5, 0.5], [0, 1]), axis=0)) for i in areas]
    s = np.linspace(0, 1, 24)
    bay = [0.15 * breadth[i] / length[i] * np.sin(np.pi * s) for i in areas]
    margin = [between(veins, i, s, 1 - bay[i]) for i in areas]
    edge = np.vstack([veins[0], *margin, veins[-1][::-1]])
    c.stroke(np.vstack([edge, edge[:1]]), 9, WHITE)
    c.fill(edge)
    if tail:
        c.stroke(spline(tail), (40, 34, 19, 13, 12, 15, 20, 22, 19))
        c.stroke(spline(tail)[36:-4], (0.5, 1, 7), WHITE)
    a = np.linspace(0, 2 * np.pi, 96)
    across, along = (0.5 + 0.5 * np.sign(f) * np.abs(f) ** 0.6 for f in (np.cos(a), np.sin(a)))  # a superellipse
    for i in areas:
        end = 1 - bay[i].max() - 34 / length[i]
        c.fill(between(veins, i, 0.04 + 0.92 * across, 0.06 + (end - 0.06) * along), WHITE)
        lines = max(5, int(breadth[i] / 4.5) | 1)
        for k in range(lines):
            x = (k + 0.5) / lines
            reach = 0.1 + 0.18 * abs(2 * x - 1) + 0.06 * (k % 2)
            for t in ((end + 0.02, end - reach), (0.04, 0.08 + reach)):
                c.stroke(between(veins, i, [x] * 9, np.linspace(*t, 9)), (2.2, 0.5))
        for x, depth, r in ((0.5, 23, min(9, 0.225 * breadth[i])), (0.2, 13, 2.6), (0.8, 13, 2.6)):
            spot = between(veins, i, [x], [1 - depth / length[i] - np.interp(x, s, bay[i])])[0]
            for size, colour in ((1, WHITE), (0.62, BLACK), (0.25, WHITE))[: 3 if x == 0.5 else 1]:
                c.oval(*spot, size * r, colour=colour)
        c.stroke(between(veins, i, s, 1 - 5.5 / length[i] - bay[i])[2:-2], (0.6, 2.8, 0.6), WHITE)
    for vein in veins:
        c.stroke(vein, (5, 3.4))
    loop = spline(cell, closed=True, steps=8)  # the white cell at the root, fringed about a dark eye
    c.fill(loop, WHITE)
    centre = loop.mean(axis=0)
    for k, p in enumerate(loop):
        c.stroke([p, p + (0.26 + 0.12 * (k % 2)) * (centre - p)], (2.6, 0.5))
    for size, colour in ((0.4, BLACK), (0.29, WHITE), (0.2, BLACK), (0.08, WHITE)):
        c.fill(centre + size * (loop - centre), colour)


def butterfly():
    """A butterfly in ink with spread wings, seen from above; the right half is drawn and mirrored."""
    c = Canvas(Image.new("L", (1000 * SCALE, 900 * SCALE), WHITE)).at(500, 440)
    wing(c, HIND_VEINS, HIND_CELL, HIND_TAIL)
    wing(c, FORE_VEINS, FORE_CELL)
    c.stroke(spline("5 -96 22 -160 56 -228 104 -282"), (2.5, 3, 3, 3, 4, 11, 8))  # antenna
    c.stroke([(0, -30), (0, 236)], (40, 40, 28, 28, 29, 27, 23, 18, 12, 6))
    c.oval(0, -32, 28, 46)
    c.oval(0, -88, 17, 16)
    c.oval(12, -94, 8, 9)
    c.oval(12, -95, 3, 4, WHITE)
    for k in range(10):  # bands of the abdomen
        y, r = 42 + 17 * k, 12 - 0.1 * (k - 3) ** 2
        c.stroke(spline([(0, y + 4), (0.6 * r, y + 2.5), (r, y - 1)]), (3.2, 2.4, 1), WHITE)
    for k in range(25):  # fur of the thorax
        x, y = 5 * (k % 5), -66 + 15 * (k // 5) - 0.5 * (k % 5) ** 2 + 3 * (k % 5 % 2)
        c.stroke([(0.9 * x, y), (0.75 * x, y + 10)], (2, 0.5), WHITE)
    c.image.paste(ImageOps.mirror(c.image).crop((0, 0, 500 * SCALE, 900 * SCALE)))
    return c.reduced()


# The harbour: things are drawn in heights above their waterline, and mirrored for their reflections.
WIDTH, HEIGHT, HORIZON, SUN = 540, 360, 200, (172, 166)
SKY = (40, 52, 104), (88, 82, 142), (184, 116, 148), (242, 158, 124), (255, 206, 142)
FRONTS = [(198, 96, 74), (238, 208, 164), (98, 134, 162), (226, 168, 78), (208, 126, 126), (128, 154, 126)]
FRONTS += [(240, 224, 206)]
ROOFS = (104, 56, 62), (72, 58, 84), (128, 66, 58)
LIT, DARK, WOOD, IRON = (255, 216, 126), (58, 62, 94), (84, 60, 66), (64, 54, 80)
CLOUDS = path("60 92 20 120 250 62 330 100 200 128 -20 48 390 36 110 146 290 84 235 150")
CLOUD_SIZES = path("190 9 120 6 230 12 170 8 150 5 160 8 170 9 70 3 120 5 60 3")


def shade(colour, factor):
    """The colour made lighter or darker, by one factor or one for each channel."""
    return tuple(np.minimum(255, np.multiply(colour, factor)).astype(int).tolist())


def sky():
    """The evening sky with the sun, its glow and clouds."""
    y, x = np.mgrid[: HEIGHT * SCALE, : WIDTH * SCALE] / SCALE
    far = np.hypot(x - SUN[0], 1.25 * (y - SUN[1]))[..., None]
    clear = ramp(SKY, len(y), (0, 60, 115, 160, 200))[:, None] + np.exp(-far / 55) * (70, 62, 20)
    cloud = ramp([(104, 92, 150), (212, 134, 150), (255, 196, 140)], len(y), (0, 70, 150))[:, None]
    mask, u = Canvas(Image.new("L", x.shape[::-1])), np.linspace(0, 1, 12)
    for (left, top), (long, thick) in zip(CLOUDS, CLOUD_SIZES, strict=True):
        for dx, dy, part in ((0, 0, 1), (0.3, -0.8, 0.45), (-0.22, 0.7, 0.4)):
            line = np.c_[left + long * (dx + u), top + dy * thick + 3 * np.sin(7 * u + left) - 4 * u]
            swell = np.sin(np.pi * u) ** 0.8 * (1 + 0.35 * np.sin(9 * u + top))
            mask.stroke(spline(line), part * thick * swell, 225)
    soft = np.asarray(mask.image.filter(ImageFilter.GaussianBlur(2.4 * SCALE)), float)[..., None] / 255
    c = Canvas(picture(clear * (1 - soft) + (cloud + np.exp(-far / 90) * (40, 40, 10)) * soft))
    c.oval(*SUN, 15, colour=(255, 246, 206))
    return c


def hills(c):
    """Three ranges of hills, hazy in the distance."""
    far = "-10 12 40 24 90 17 150 9 210 16 270 32 330 26 400 44 470 34 550 46"
    middle, near = "230 0 280 12 330 20 380 34 430 56 490 72 550 66", "-10 15 40 13 80 7 120 0"
    c.fade([(-10, 0), *spline(far), (550, 0)], (232, 160, 142), (168, 118, 152))
    c.fade([*spline(middle), (550, 0)], (150, 104, 130), (96, 82, 128))
    c.fade([(-10, 0), *spline(near)], (140, 100, 128), (104, 86, 128))


def lighthouse(c):
    """A banded lighthouse on its rock."""
    c.fill(path("-70 0 -66 12 -30 15 -18 20 18 21 30 14 48 9 66 0"), (74, 62, 92))
    c.fill(path("-18 20 18 21 30 14 48 9 66 0 40 0 20 10 4 14"), (122, 88, 102))
    for k in range(5):
        low, high = 19 + 15 * k, 34 + 15 * k
        for left, right, light in ((-1, -0.3, 0.72), (-0.3, 0.35, 0.9), (0.35, 1, 1.04)):
            corners = np.array([(left, low), (right, low), (right, high), (left, high)])
            corners[:, 0] *= 10.5 - 0.055 * corners[:, 1]
            c.fill(corners, shade([(236, 222, 208), (200, 80, 70)][k % 2], light))
    c.box(-9, 94, 9, 97, IRON)
    c.box(-5, 97, 5, 108, (255, 232, 150))
    for x in (-5, 0, 5):
        c.stroke([(x, 97), (x, 108)], 1, IRON)
    c.fill(path("-7 108 7 108 4 113 0 116 -4 113"), (160, 66, 64))
    for h in (42, 72):
        c.box(-1.5, h, 1.5, h + 5, DARK)


def house(c, width, tall, k):
    """A house: a front with a gable or a roof, a door, and windows of which some are lit."""
    colour, mid, ridge = FRONTS[k % 7], width / 2, tall + 0.42 * width
    c.fade([(0, 0), (width, 0), (width, tall), (0, tall)], shade(colour, 0.8), shade(colour, 1.06))
    if k % 3 == 1:
        c.fill([(-1, tall), (4, ridge), (width - 4, ridge), (width + 1, tall)], ROOFS[k % 2])
        c.box(width - 11, ridge - 3, width - 6, ridge + 7, ROOFS[2])
    else:
        c.fill([(0, tall), (mid, ridge), (width, tall)], shade(colour, 1.06))
        c.stroke([(-1, tall - 1), (mid, ridge), (width + 1, tall - 1)], 3, ROOFS[k % 3])
        c.oval(mid, tall + 0.13 * width, 2.2, colour=LIT if k % 2 else DARK)
    columns = max(2, int(width / 11))
    for row, column in np.ndindex(int(tall / 17), columns):
        x, h = width * (column + 0.5) / columns, tall - 13 - 16 * row
        if h < 14 and column == k % columns:
            c.box(x - 3.2, 0, x + 3.2, 13, (92, 58, 62))
        else:
            c.box(x - 3.4, h - 1, x + 3.4, h + 9, shade(colour, 1.2))
            c.box(x - 2.4, h, x + 2.4, h + 8, LIT if (3 * row + 5 * column + 2 * k) % 4 < 2 else DARK)
            c.stroke([(x, h), (x, h + 8)], 0.8, shade(colour, 1.2))


def quay(c):
    """The quay with its row of houses and lamps."""
    x = 296
    for k, (width, tall) in enumerate(path("30 42 38 50 28 60 34 46 42 56 29 66 36 50 30 58")):
        house(c.at(x, 15), width, tall, k)
        x += width
    c.fill(path("276 0 560 0 560 15 270 15"), (122, 98, 108))
    for row, h in enumerate((4, 8, 12)):
        c.stroke([(275, h), (560, h)], 0.7, (100, 80, 96))
        for joint in range(282 + 6 * (row % 2), 545, 13):
            c.stroke([(joint, h - 3.5), (joint, h)], 0.7, (100, 80, 96))
    c.stroke([(270, 15), (560, 15)], 2, (214, 168, 146))
    for lamp in (285, 364, 442, 520):
        c.stroke([(lamp, 15), (lamp, 37)], 1.2, IRON)
        c.oval(lamp, 39, 2.6, colour=(255, 238, 176))


def boat(c, hull, sails=None):
    """A boat with a mast; without sails it lies moored with its canvas furled."""
    c.stroke([(2, 6), (2, 84)], 1.3, WOOD)
    if sails:
        main = [*spline("0.5 80 -16 50 -33 15"), *spline("-33 15 -16 11 0.5 13")]
        jib = [*spline("4 74 17 42 35 14"), *spline("35 14 20 15 5 18")]
        for outline, colour in zip((main, jib), sails, strict=True):
            c.fade(outline, shade(colour, (0.96, 0.86, 0.8)), shade(colour, 1.06))
        for h in (30, 46, 62):
            c.stroke([(0.5, h), (0.5 * h - 37.5, h - 2)], 0.5, shade(sails[0], 0.8))
    else:
        c.stroke([(2, 16), (-28, 17)], 4, (232, 214, 190))
        for end in (-32, 35):
            c.stroke([(2, 83), (end, 11)], 0.6, WOOD)
        c.fill(path("4 8 20 8 18 17 5 17"), (240, 224, 200))
        c.box(8, 11, 15, 15, DARK)
    c.fill([*spline("-34 11 0 6.5 38 14"), *spline("38 14 31 4 24 -1"), (-26, -1)], hull)
    c.stroke(spline("-33 10 0 5.8 36.5 12.6"), 1.4, shade(hull, 1.7))
    c.stroke([(-27, 0), (25, 0)], 1.2, shade(hull, 0.6))


def scene(c, up=-1):
    """All that stands on the water, upright or mirrored."""
    hills(c.at(0, HORIZON, (1, up)))
    lighthouse(c.at(66, 218, (1, up)))
    quay(c.at(0, 250, (1, up)))
    boat(c.at(148, 226, (0.42, 0.42 * up)), (60, 54, 84), ((255, 226, 190), (255, 226, 190)))
    boat(c.at(424, 268, (0.8, 0.8 * up)), (54, 96, 112))
    boat(c.at(490, 284, (0.95, 0.95 * up)), (150, 62, 58))
    boat(c.at(226, 292, (1.55, 1.55 * up)), (48, 62, 104), ((255, 230, 196), (226, 112, 88)))


def water(image):
    """The mirrored half of a picture below the horizon, bent by ripples and tinted."""
    y, x = np.mgrid[HORIZON * SCALE : HEIGHT * SCALE, : WIDTH * SCALE] / SCALE
    depth = y - HORIZON
    phase = 34 * np.log(depth + 14)
    dx = (0.4 + 0.035 * depth) * (np.sin(phase + 0.03 * x) + 0.6 * np.sin(2.3 * phase - 0.05 * x))
    dy = (0.2 + 0.02 * depth) * np.sin(1.4 * phase + 0.07 * x)
    rows = np.clip((y + dy) * SCALE, HORIZON * SCALE, HEIGHT * SCALE - 1).astype(int)
    columns = np.clip((x + dx) * SCALE, 0, WIDTH * SCALE - 1).astype(int)
    tint = np.clip(0.12 + 0.003 * depth, 0, 0.5)[..., None]
    return picture(np.asarray(image, float)[rows, columns] * (1 - tint) + np.array((44, 62, 108)) * tint)


def glitter(c):
    """The path of the sun on the water, and light on the ripples."""
    rng = np.random.default_rng(7)
    for y in np.repeat(np.geomspace(3, 158, 60), 2):
        x, half = SUN[0] + rng.normal(0, 4.5 + 0.065 * y), rng.uniform(0.3, 1) * (3 + 0.07 * y)
        c.stroke([(x - half, HORIZON + y), (x + half, HORIZON + y)], (0.3, 0.8 + 0.012 * y, 0.3), (255, 226, 160))
    for _ in range(110):
        x, y = rng.uniform(0, WIDTH), HORIZON + 150 * rng.uniform(0.05, 1) ** 0.8
        half = rng.uniform(2, 5) + 0.06 * (y - HORIZON)
        below = c.image.getpixel((int(x * SCALE), int(y * SCALE)))
        c.stroke([(x - half, y), (x + half, y)], (0.2, 0.9, 0.2), tuple(int(0.8 * v + 45) for v in below))


def harbour():
    """A harbour at dusk: houses on the quay, sailing boats and a lighthouse."""
    c = sky()
    mirrored = Canvas(c.image.copy())
    mirrored.image.paste(ImageOps.flip(c.image.crop((0, 0, WIDTH * SCALE, HORIZON * SCALE))), (0, HORIZON * SCALE))
    scene(mirrored, up=1)
    c.image.paste(water(mirrored.image), (0, HORIZON * SCALE))
    glitter(c)
    scene(c)
    for x, y, size in ((262, 96, 7), (284, 84, 5), (246, 78, 4)):  # gulls
        wings = spline("-1 -0.25 -0.5 -0.45 0 0.1 0.5 -0.45 1 -0.25")
        c.at(x, y, size, -6).stroke(wings, np.array((0.5, 1.2, 1.4, 1.2, 0.5)) / size, (72, 62, 100))
    return c.reduced()


def geyser():
    """A geyser that never was: how many minutes an eruption lasts, and how many the next one lets wait."""
    rng = np.random.default_rng(11)
    long = rng.random(300) < 0.64
    minutes = np.where(long, rng.normal(4.3, 0.4, 300), rng.normal(2.0, 0.27, 300))
    waiting = np.where(long, 80 + 5.4 * (minutes - 4.3), 54 + 5.6 * (minutes - 2.0)) + rng.normal(0, 5.6, 300)
    return "eruption,waiting\n" + "".join(f"{a:.2f},{b:.0f}\n" for a, b in zip(minutes, waiting, strict=True))


if __name__ == "__main__":
    Path(__file__).with_name("geyser.csv").write_text(geyser())
    for draw in (dog, butterfly, harbour):
        file = Path(__file__).with_name(f"{draw.__name__}.png")
        draw().save(file, optimize=True)
        print(file.name, file.stat().st_size, "bytes")
