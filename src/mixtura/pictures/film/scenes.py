"""Scenes that films show."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...arrays import Array
from ...checks import random_generator
from ...errors import InputError, named
from ...model.mixture import Mixture
from .. import draw
from ..canvas import Canvas, Pixels, background, has_colour
from ..checks import whole
from ..colours import Colour
from ..dots import Brush, brush, discs, lay
from ..field import AnyFrame, plane
from ..stipples import drawn_in, stipple
from .reel import Film, Watch, count_frames, shot

_OUTLINES = 150  # ellipses that are drawn at most: more hide the picture
_SETTLED = (0.5, 0.8)  # of the film: where the outlines begin to fade, and where they are gone
_HOLD = 1.5  # seconds that the end stays


def em(
    steps: Sequence[Mixture],
    style: str | None = None,
    *,
    frame: AnyFrame,
    size: tuple[int, int],
    seconds: float = 6.0,
    fps: float = 15.0,
    watch: Watch = lambda done, of: None,
    **settings: Any,
) -> Film:
    """Show EM at work: the picture that the mixture paints after each iteration, with its ellipses.

    Parameters
    ----------
    steps : sequence of Mixture
        The mixtures in order, two at least, of equal shape: ``fit(..., on_step=...)`` hands them out.
    style : str, optional
        Of `draw`; by default mean for colours, else grid.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the frames, in pixels.
    seconds, fps : float
        Length of the film, and frames per second.
    watch : callable, optional
        Called with the number of frames painted so far and of all frames.
    **settings
        Those of the style.

    Returns
    -------
    Film

    Raises
    ------
    InputError
        If an argument is malformed.

    Notes
    -----
    Between two steps weights, means and covariances are interpolated linearly. The outlines of one standard deviation,
    of 150 components at most, fade towards the end. The end is held for 1.5 seconds more.
    """
    canvas = Canvas.of(frame, size)
    count = count_frames(seconds, fps)
    if len(steps) < 2:
        raise InputError(f"{named('steps')} has {len(steps)} mixtures: a film of EM shows two at least.")
    if len({(step.means.shape, step.covariance_type) for step in steps}) > 1:
        raise InputError(f"{named('steps')} has mixtures of different shapes: give those of one fit.")
    chosen = style or ("mean" if has_colour(steps[0]) else "grid")
    rows = np.linspace(0, steps[0].n_components - 1, min(_OUTLINES, steps[0].n_components)).astype(int)
    if chosen == "dots":
        settings = {"rng": 0, "independent": True} | settings  # the same numbers in every frame: only the mixture moves

    def paint(i: int) -> Pixels:
        t = i / (count - 1)
        now = _between(steps, min(1.0, t / _SETTLED[1]) ** 1.5 * (len(steps) - 1))
        pixels = draw.picture(now, chosen, frame=canvas.frame, size=canvas.size, **settings)
        strength = float(np.clip((_SETTLED[1] - t) / (_SETTLED[1] - _SETTLED[0]), 0, 1))
        if strength and chosen in ("mean", "grid"):
            pen = np.full(3, 255.0) if chosen == "mean" else np.array([31.0, 63.0, 191.0])
            pixels = outlines(pixels, plane(now), canvas, rows, pen, 0.55 * strength)
        return pixels

    return shot(count, fps, paint, watch, hold=_HOLD)


def sampling(
    mixture: Mixture,
    *,
    frame: AnyFrame,
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
    """Show how a mixture is sampled: a component lights up, a dot falls into it; one by one first, then ever faster.

    Parameters
    ----------
    mixture : Mixture
        Its first two coordinates are x and y; one of five (x, y, r, g, b) has dots in their own colours.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the frames, in pixels.
    seconds, fps : float
        Length of the film, and frames per second.
    samples : int, default 20,000
        Number of dots, >= 1.
    radius : float, optional
        Of the dots, in output pixels; see `draw.dots`.
    ink, paper : str or tuple of int, optional
        Colours of the dots and of the background; by default blue on white, and under coloured dots the mean of all.
    alpha : float, default 0.85
        Opacity of a dot, in 0..1.
    rng : int or numpy.random.Generator, optional
        Seed, or generator.
    n_threads : int, optional
        By default as many as there are cores.
    watch : callable, optional
        Called with the number of frames painted so far and of all frames.

    Returns
    -------
    Film

    Raises
    ------
    InputError
        If an argument is malformed.

    Notes
    -----
    The number of dots grows geometrically up to `samples`. The end is held for 1.5 seconds more.
    """
    canvas = Canvas.of(frame, size, n_threads)
    count = count_frames(seconds, fps)
    whole(samples, "samples", of="dots")
    if paper is None and ink is None:
        paper = background(mixture)  # the mean of each place would show the picture before the dots do
    how = brush(mixture, canvas, samples, radius=radius, ink=ink, paper=paper, alpha=alpha)
    drawn, labels = stipple(how.model, samples, canvas.scale, rng, n_threads)
    if how.coloured:
        drawn = drawn_in(how.model, drawn, n_threads)
    ends = [0, *np.rint(samples ** (np.arange(count) / (count - 1))).astype(int)]
    flat = plane(how.model)
    # White shows on the mean of all colours, and a colour's own outline may not.
    pen = np.full(3, 255.0) if how.coloured else np.array(how.pen, dtype=np.float64)

    def paint(i: int) -> Pixels:
        pixels = lay(how, canvas, drawn[: ends[i + 1]])
        for back in range(min(6, i + 1), 0, -1):  # what fell in the last frames still glows
            fresh = slice(ends[i - back + 1], ends[i - back + 2])
            glow = (1 - (back - 1) / 6) * min(1.0, (count - 1 - i) / 6)
            if not glow or fresh.stop - fresh.start > 24:
                continue
            for label in np.unique(labels[fresh]):
                one = np.array([label])
                pixels = outlines(pixels, flat, canvas, one, pen, 0.9 * glow, fill=0.25 * glow)
                pixels = outlines(pixels, flat, canvas, one, pen, 0.4 * glow, reach=2.0)
            pixels = _spots(pixels, canvas, drawn[fresh], how, 1 + 1.5 * glow)
        return pixels

    return shot(count, fps, paint, watch, hold=_HOLD)


def loop(
    mixture: Mixture,
    *,
    frame: AnyFrame,
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
    """Show dots that drift in an endless loop, of which every frame is a sample of the mixture.

    Parameters
    ----------
    mixture : Mixture
        Its first two coordinates are x and y; one of five (x, y, r, g, b) has dots in their own colours.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the frames, in pixels.
    seconds, fps : float
        Length of the film, and frames per second.
    samples : int, default 20,000
        Number of dots, >= 1.
    radius : float, optional
        Of the dots, in output pixels; see `draw.dots`.
    ink, paper : str or tuple of int, optional
        Colours of the dots and of the background; see `draw.dots`.
    alpha : float, default 0.85
        Opacity of a dot, in 0..1.
    rng : int or numpy.random.Generator, optional
        Seed, or generator.
    n_threads : int, optional
        By default as many as there are cores.
    watch : callable, optional
        Called with the number of frames painted so far and of all frames.

    Returns
    -------
    Film

    Raises
    ------
    InputError
        If an argument is malformed.

    Notes
    -----
    Each dot stays in its component and follows x(t) = mean + L (z cos t + w sin t), with z and w standard normal and
    L L' the covariance. At every t that is a sample of the mixture, since z cos t + w sin t is standard normal too. One
    turn takes `seconds`.
    """
    canvas = Canvas.of(frame, size, n_threads)
    count = count_frames(seconds, fps)
    whole(samples, "samples", of="dots")
    how = brush(mixture, canvas, samples, radius=radius, ink=ink, paper=paper, alpha=alpha)
    at = drift(how.model, samples, random_generator(rng))
    return shot(count, fps, lambda i: lay(how, canvas, at(2 * math.pi * i / count)), watch)


def drift(mixture: Mixture, n: int, rng: np.random.Generator) -> Callable[[float], Array]:
    """Let n points of a mixture go round: a function of the angle t that gives (n, d), a sample at every t."""
    labels = rng.choice(mixture.n_components, size=n, p=mixture.weights)
    factors = np.linalg.cholesky(mixture.matrices)[labels]  # (n, d, d)
    means = mixture.means[labels]
    ahead, aside = (np.einsum("nij,nj->ni", factors, z) for z in rng.standard_normal((2, n, mixture.n_coordinates)))

    def at(t: float) -> Array:
        return np.asarray(means + math.cos(t) * ahead + math.sin(t) * aside)

    return at


def outlines(
    pixels: Pixels,
    flat: Mixture,
    canvas: Canvas,
    rows: NDArray[np.integer[Any]],
    pen: Array,
    opacity: float,
    *,
    reach: float = 1.0,
    fill: float = 0.0,
) -> Pixels:
    """Picture with the ellipses of some components of a mixture of x and y drawn over it.

    rows: which. pen: (3,) sRGB. opacity: of the line, in 0..1. reach: standard deviations. fill: the opacity within.
    """
    out = pixels.astype(np.float32)
    width = max(1.0, math.sqrt(canvas.width * canvas.height) / 400)
    centres = canvas.to_pixels(flat.means[rows])
    spreads = canvas.covariances_in_pixels(flat)[rows] * reach**2
    for centre, spread in zip(centres, spreads, strict=True):
        far = np.sqrt(np.diagonal(spread)) + 2 * width
        low = np.clip(np.floor(centre - far), 0, canvas.size).astype(int)
        high = np.clip(np.ceil(centre + far), 0, canvas.size).astype(int)
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
    """Mixture at a place between steps: 1.5 is half way from the second to the third."""
    low = min(int(at), len(steps) - 2)
    a, b, t = steps[low], steps[low + 1], at - low
    if t in (0.0, 1.0):
        return a if t == 0.0 else b
    parts = [(1 - t) * getattr(a, name) + t * getattr(b, name) for name in ("weights", "means", "covariances")]
    kind = a.family.uncoupled if a.family.restricted else a.family  # between two members there may be none
    return Mixture(parts[0], parts[1], parts[2], kind.name, names=a.names)


def _spots(pixels: Pixels, canvas: Canvas, drawn: Array, how: Brush, size: float) -> Pixels:
    """Fresh dots, `size` times as large as they will be."""
    out = pixels.astype(np.float32)
    pens = drawn[:, 2:].clip(0, 255) if how.coloured else np.tile(how.pen, (len(drawn), 1))
    centres = canvas.to_pixels(drawn[:, :2])
    discs(out, centres, max(1.0, how.radius) * size, pens.astype(np.float32), 1.0, 1)
    return np.asarray(np.rint(out), dtype=np.uint8)
