"""What films show."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError, named
from ...model.checks import check_threads, is_whole, random_generator
from ...model.mixture import Mixture
from .. import draw
from ..canvas import Array, Canvas, Pixels, canvas, has_colour, plane
from ..colours import Colour
from ..dots import Brush, brush, lay
from ..field import Frame
from .reel import Film, Watch, count_frames, times

_OUTLINES = 150  # ellipses that are drawn at most: more hide the picture
_SETTLED = (0.5, 0.8)  # of the film: where the outlines begin to fade, and where they are gone
_HOLD = 1.5  # seconds that the end stays


def em(
    steps: Sequence[Mixture],
    style: str | None = None,
    *,
    frame: Frame,
    size: tuple[int, int],
    seconds: float = 6.0,
    fps: float = 15.0,
    watch: Watch = lambda done, of: None,
    **settings: Any,
) -> Film:
    """EM at work: the picture that the mixture paints after each iteration, and its ellipses as they settle.

    steps: the mixtures in order, two at least, of equal shape: `fit(..., on_step=...)` hands them out. Between two of
    them weights, means and covariances move along straight lines. style: of `draw`, with its settings; by default mean
    for colours, else grid. The outlines of one standard deviation, of 150 components at most, fade towards the end.
    seconds, fps: how long, and frames a second; the end is held for 1.5 seconds more. watch: called with the frames
    painted and their number.
    Raises InputError for malformed arguments.
    """
    sheet = canvas(frame, size)
    count = count_frames(seconds, fps)
    if len(steps) < 2:
        raise InputError(f"steps has {len(steps)} mixtures: a film of EM shows two at least.")
    if len({(step.means.shape, step.covariance_type) for step in steps}) > 1:
        raise InputError("steps has mixtures of different shapes: give those of one fit.")
    chosen = style or ("mean" if has_colour(steps[0]) else "grid")
    rows = np.linspace(0, steps[0].n_components - 1, min(_OUTLINES, steps[0].n_components)).astype(int)
    if chosen == "dots":
        settings.setdefault("rng", 0)  # the same numbers in every frame, so that only the mixture moves
    frames = []
    for i in range(count):
        t = i / (count - 1)
        now = _between(steps, min(1.0, t / _SETTLED[1]) ** 1.5 * (len(steps) - 1))
        pixels = draw.picture(now, chosen, frame=sheet.frame, size=sheet.size, **settings)
        strength = float(np.clip((_SETTLED[1] - t) / (_SETTLED[1] - _SETTLED[0]), 0, 1))
        if strength and chosen in ("mean", "grid"):
            pen = np.array([255.0, 255.0, 255.0]) if chosen == "mean" else np.array([31.0, 63.0, 191.0])
            pixels = outlines(pixels, plane(now), sheet, rows, pen, 0.55 * strength)
        frames.append(pixels)
        watch(i + 1, count)
    return Film(frames, times(count, fps, _HOLD))


def sampling(
    mixture: Mixture,
    *,
    frame: Frame,
    size: tuple[int, int],
    seconds: float = 8.0,
    fps: float = 15.0,
    samples: int = 20_000,
    radius: float | None = None,
    ink: str | Colour | None = None,
    paper: str | Colour | None = None,
    alpha: float = 0.85,
    rng: int | np.random.Generator | None = None,
    n_threads: int | None = None,
    watch: Watch = lambda done, of: None,
) -> Film:
    """How a mixture is sampled: a component lights up, a dot falls into it; one by one first, then ever faster.

    The number of dots grows by a steady factor up to `samples`. See `draw.dots` for radius, ink, paper, alpha, rng,
    and `em` for the rest. Raises InputError for malformed arguments.
    """
    check_threads(n_threads)
    sheet = canvas(frame, size)
    count = count_frames(seconds, fps)
    how = _brush(mixture, sheet, samples, radius, ink, paper, alpha)
    drawn, labels = how.model.sample(samples, rng=rng, return_labels=True)
    ends = np.rint(samples ** (np.arange(count) / (count - 1))).astype(int)
    flat = plane(how.model)
    # White shows on the mean of all colours, and a colour's own outline may not.
    pen = np.full(3, 255.0) if how.coloured else np.array(how.pen, dtype=np.float64)
    frames: list[Pixels] = []
    for i, end in enumerate(ends):
        pixels = lay(how, sheet, drawn[:end], n_threads)
        for back in range(min(6, i + 1), 0, -1):  # what fell in the last frames still glows
            first = 0 if i - back < 0 else ends[i - back]
            fresh = slice(first, ends[i - back + 1])
            if fresh.stop - fresh.start > 24:
                continue
            glow = (1 - (back - 1) / 6) * min(1.0, (count - 1 - i) / 6)
            if not glow:
                continue
            for label in np.unique(labels[fresh]):
                one = np.array([label])
                pixels = outlines(pixels, flat, sheet, one, pen, 0.9 * glow, fill=0.25 * glow)
                pixels = outlines(pixels, flat, sheet, one, pen, 0.4 * glow, reach=2.0)
            pixels = _spots(pixels, sheet, drawn[fresh], how, 1 + 1.5 * glow)
        frames.append(pixels)
        watch(i + 1, count)
    return Film(frames, times(count, fps, _HOLD))


def loop(
    mixture: Mixture,
    *,
    frame: Frame,
    size: tuple[int, int],
    seconds: float = 4.0,
    fps: float = 15.0,
    samples: int = 20_000,
    radius: float | None = None,
    ink: str | Colour | None = None,
    paper: str | Colour | None = None,
    alpha: float = 0.85,
    rng: int | np.random.Generator | None = None,
    n_threads: int | None = None,
    watch: Watch = lambda done, of: None,
) -> Film:
    """Dots that drift for ever: every frame is a fresh sample of the mixture, and the last one meets the first.

    Each dot stays in its component and goes round: x(t) = mean + L (z cos t + w sin t), with z and w standard normal
    and L L' the covariance. At every t that is a point of the mixture, since z cos t + w sin t is standard normal too.
    See `draw.dots` for radius, ink, paper, alpha, rng, and `em` for the rest; one turn takes `seconds`.
    Raises InputError for malformed arguments.
    """
    check_threads(n_threads)
    sheet = canvas(frame, size)
    count = count_frames(seconds, fps)
    how = _brush(mixture, sheet, samples, radius, ink, paper, alpha)
    at = drift(how.model, samples, random_generator(rng))
    frames = []
    for i in range(count):
        frames.append(lay(how, sheet, at(2 * math.pi * i / count), n_threads))
        watch(i + 1, count)
    return Film(frames, times(count, fps))


def drift(mixture: Mixture, n: int, rng: np.random.Generator) -> Callable[[float], Array]:
    """n points of a mixture that go round: a function of the angle t that gives (n, d), a sample at every t."""
    labels = rng.choice(mixture.n_components, size=n, p=mixture.weights)
    lower = np.linalg.cholesky(mixture.matrices)[labels]  # (n, d, d)
    means = mixture.means[labels]
    ahead, aside = (np.einsum("nij,nj->ni", lower, z) for z in rng.standard_normal((2, n, mixture.n_coordinates)))

    def at(t: float) -> Array:
        return np.asarray(means + math.cos(t) * ahead + math.sin(t) * aside)

    return at


def outlines(
    pixels: Pixels,
    flat: Mixture,
    sheet: Canvas,
    rows: NDArray[np.integer[Any]],
    pen: Array,
    opacity: float,
    *,
    reach: float = 1.0,
    fill: float = 0.0,
) -> Pixels:
    """The picture with the ellipses of some components of a mixture of x and y drawn over it.

    rows: which. pen: (3,) sRGB. opacity: of the line, in 0..1. reach: standard deviations. fill: the opacity within.
    """
    out = pixels.astype(np.float32)
    scale = sheet.scale
    width = max(1.0, math.sqrt(sheet.width * sheet.height) / 400)
    centres = sheet.to_pixels(flat.means[rows])
    spreads = flat.matrices[rows] * np.outer(scale, scale) * reach**2
    for centre, spread in zip(centres, spreads, strict=True):
        far = np.sqrt(np.diagonal(spread)) + 2 * width
        low = np.clip(np.floor(centre - far), 0, sheet.size).astype(int)
        high = np.clip(np.ceil(centre + far), 0, sheet.size).astype(int)
        if (low >= high).any():
            continue
        x = np.arange(low[0], high[0]) + 0.5 - centre[0]
        y = (np.arange(low[1], high[1]) + 0.5 - centre[1])[:, None]
        inverse = np.linalg.inv(spread)
        u, v = inverse[0, 0] * x + inverse[0, 1] * y, inverse[1, 0] * x + inverse[1, 1] * y
        r = np.sqrt(np.maximum(u * x + v * y, 1e-12))
        off = (r - 1) * r / np.maximum(np.hypot(u, v), 1e-9)  # pixels from the line, to first order
        cover = opacity * np.clip(width / 2 + 0.5 - np.abs(off), 0, 1)
        if fill:
            cover = np.maximum(cover, fill * np.clip(0.5 - off, 0, 1))
        part = out[low[1] : high[1], low[0] : high[0]]
        part += cover[..., None].astype(np.float32) * (pen.astype(np.float32) - part)
    return np.asarray(np.rint(out), dtype=np.uint8)


def _between(steps: Sequence[Mixture], at: float) -> Mixture:
    """The mixture at a place between steps: 1.5 is half way from the second to the third."""
    low = min(int(at), len(steps) - 2)
    a, b, t = steps[low], steps[low + 1], at - low
    if t in (0.0, 1.0):
        return a if t == 0.0 else b
    parts = [(1 - t) * one + t * other for one, other in zip(_numbers(a), _numbers(b), strict=True)]
    return Mixture(parts[0], parts[1], parts[2], a.covariance_type, names=a.names)


def _numbers(mixture: Mixture) -> tuple[Array, Array, Array]:
    return mixture.weights, mixture.means, mixture.covariances


def _brush(
    mixture: Mixture,
    sheet: Canvas,
    samples: int,
    radius: float | None,
    ink: str | Colour | None,
    paper: str | Colour | None,
    alpha: float,
) -> Brush:
    if not is_whole(samples) or samples < 1:
        raise InputError(f"{named('samples')} is {samples!r}: give a whole number of dots >= 1.")
    return brush(mixture, sheet, samples, radius=radius, ink=ink, paper=paper, alpha=alpha)


def _spots(pixels: Pixels, sheet: Canvas, drawn: Array, how: Brush, size: float) -> Pixels:
    """Fresh dots, `size` times as large as they will be."""
    from ...kernels import splat

    out = pixels.astype(np.float32)
    radius = max(1.0, how.radius) * size
    pens = drawn[:, 2:].clip(0, 255) if how.coloured else np.tile(how.pen, (len(drawn), 1))
    shape = np.array([[radius, 0.0, radius]])
    centres = sheet.to_pixels(drawn[:, :2])
    splat.paint(out, centres, shape, pens.astype(np.float32), np.ones(1, np.float32), n_threads=1)
    return np.asarray(np.rint(out), dtype=np.uint8)
