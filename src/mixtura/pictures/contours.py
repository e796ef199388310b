"""Contours of the log density: bands and lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..arrays import Array, Floats, Singles
from ..checks import is_whole
from ..errors import InputError, named
from ..model.mixture import Mixture
from . import field, palette
from .canvas import Canvas, Pixels, at_resolution, by_rows, colour
from .checks import positive
from .colours import Colour
from .field import AnyFrame

_STEPS = 64  # from one shade to the next


def contour(
    mixture: Mixture,
    *,
    frame: AnyFrame,
    size: tuple[int, int],
    colours: str = "viridis",
    levels: int | Sequence[float] = 24,
    reach: float = 6.0,
    filled: bool = True,
    lines: bool = True,
    line_width: float | None = None,
    paper: str | Colour | None = None,
    n_threads: int | None = None,
) -> Pixels:
    """Draw filled bands and lines of equal log density of x and y.

    Parameters
    ----------
    mixture : Mixture
        Its first two coordinates are x and y; others are integrated out.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the output, in pixels. Where these are wider than one unit of the plane, the density is blurred by their
        width.
    colours : str, default "viridis"
        A colour map (`palette.NAMES`), from the outermost band to the densest.
    levels : int or sequence of float, default 24
        How many, or which: nats below the largest log density in the picture, > 0.
    reach : float, default 6
        Where the outermost of a number of levels lies, in standard deviations, see Notes.
    filled, lines : bool, default True
        What is drawn, at least one. Lines over bands are a darker shade of them; alone, they have the colours of the
        map.
    line_width : float, optional
        In output pixels, > 0; by default a thousandth of the picture's side, and one at least.
    paper : str or tuple of int, optional
        Colour outside of the outermost level; by default the first colour of the map.
    n_threads : int, optional
        By default as many as there are cores.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        sRGB values.

    Raises
    ------
    InputError
        If an argument is malformed.

    Notes
    -----
    n levels lie at z^2 / 2 nats for n evenly spaced z up to `reach`: as far apart as the ellipses of z standard
    deviations of one Gaussian, so that lines do not crowd where the density is small.
    """
    canvas = Canvas.of(frame, size, n_threads)
    plan = planned(canvas, colours, levels, reach, filled, lines, line_width, paper)
    depth, shades = plan.depths, plan.shades.astype(np.float32)
    seen = at_resolution(field.plane(mixture), canvas)
    log_density = field.log_density(seen, canvas.frame, canvas.size, n_threads=n_threads)
    height = _height(log_density, depth)
    steepness = _steepness(height)

    def paint(rows: slice) -> Singles:
        part, change = height[rows], steepness[rows]
        ground = _shade(_bands(part, change), shades) if filled else shades[0]
        if not lines:
            return ground
        pen = 0.6 * ground if filled else _shade(np.maximum(np.rint(part), 1), shades)
        cover = _lines(part, change, plan.width, len(depth))[..., None]
        return np.asarray(ground + cover * (pen - ground))

    return by_rows(canvas, paint)


class Plan(NamedTuple):
    """What a picture of contours is drawn from, as pixels or as paths."""

    depths: Array  # (m,) nats below the maximum, the outermost first
    shades: Array  # (m + 1, 3) sRGB, of the paper and of each level
    width: float  # of lines, in units of the canvas


def planned(
    canvas: Canvas,
    colours: str,
    levels: int | Sequence[float],
    reach: float,
    filled: bool,
    lines: bool,
    line_width: float | None,
    paper: str | Colour | None,
) -> Plan:
    """Check the settings of `contour`."""
    if not (filled or lines):
        raise InputError("filled and lines are both False: a contour picture draws one of them at least.")
    width = max(1.0, math.sqrt(canvas.width * canvas.height) / 1000) if line_width is None else line_width
    width = positive(width, "line_width", "output pixels")
    depths = _depths(levels, reach)
    shades = palette.colours(colours, len(depths) + 1).astype(np.float64)
    if paper is not None:
        shades[0] = colour(paper, "paper")
    return Plan(depths, shades, width)


def _depths(levels: int | Sequence[float], reach: float) -> Array:
    """Levels, falling: nats below the maximum, the outermost first."""
    if is_whole(levels):
        if levels < 1:
            raise InputError(f"{named('levels')} is {levels}: draw one level at least.")
        reach = positive(reach, "reach", "standard deviations")
        return np.asarray(0.5 * np.linspace(reach, 0.0, int(levels), endpoint=False) ** 2)
    try:
        depth = np.unique(np.array([] if isinstance(levels, bool) else levels, dtype=np.float64))[::-1]
    except (TypeError, ValueError):
        depth = np.empty(0)
    if not depth.size or not (np.isfinite(depth) & (depth > 0)).all():
        raise InputError(
            f"{named('levels')} is {levels!r}: give a whole number >= 1, or nats below the maximum, all > 0."
        )
    return depth


def _height(log_density: Floats, depth: Array) -> Singles:
    """How many levels each pixel has passed, and its part of the way to the next: 0 to len(depth) + 1."""
    below = log_density.max() - log_density  # nats, >= 0
    z = np.sqrt(2 * below)
    at = np.sqrt(2 * depth)
    knots = np.concatenate([[at[0] + (at[0] - at[1] if len(at) > 1 else at[0])], at, [0.0]])
    raised = np.interp(-z, -knots, np.arange(len(knots)))
    return np.asarray(raised, dtype=np.float32)


def _steepness(height: Singles) -> Singles:
    """Change of `height` across each pixel, (h, w): the length of its gradient."""
    down, right = (np.gradient(height, axis=axis) if height.shape[axis] > 1 else 0 * height for axis in (0, 1))
    # A floor, so that shares of it are defined on level ground.
    return np.maximum(np.hypot(down, right), np.float32(0.01))


def _bands(height: Singles, steepness: Singles) -> Singles:
    """Compute the number of each pixel's band, (h, w); at its edges, the mean over the bands that the pixel touches.

    floor(height) numbers the band; its mean over height +- steepness / 2 has a closed form, which needs no
    finer grid, however narrow the bands.
    """
    low = height - 0.5 * steepness
    base = np.floor(low)
    start = low - base  # in 0..1, so that no digit is lost in the difference of integrals
    return np.asarray(base + (_floor_integral(start + steepness) - _floor_integral(start)) / steepness)


def _floor_integral(t: Singles) -> Singles:
    """Integral of floor from 0 to t >= 0."""
    whole = np.floor(t)
    return np.asarray(whole * (t - np.float32(0.5) * (whole + 1)))


def _lines(height: Singles, steepness: Singles, width: float, count: int) -> Singles:
    """Share of each pixel that lines `width` pixels wide cover, (h, w) in 0..1."""
    half = np.minimum(0.5 * np.float32(width) * steepness, 0.5)  # of a line, in levels
    low, high = (np.clip(height + side * steepness, 0.5, count + 0.5) for side in (-0.5, 0.5))
    covered = _line_integral(high, half) - _line_integral(low, half)
    return np.asarray(np.clip(covered / steepness, 0.0, 1.0))


def _line_integral(t: Singles, half: Singles) -> Singles:
    """Length of 0..t that lies within `half` of a whole number, up to an additive constant."""
    nearest = np.rint(t)
    return np.asarray(2 * half * nearest + np.clip(t - nearest, -half, half))


def _shade(number: Singles, shades: Singles) -> Singles:
    """Shade of each number, (h, w, 3): the whole ones have their own, others are mixed of two."""
    last = len(shades) - 1
    knots = np.linspace(0, last, _STEPS * last + 1)
    table = np.stack([np.interp(knots, np.arange(last + 1), channel) for channel in shades.T], axis=1)
    rows = np.rint(_STEPS * np.clip(number, 0, last)).astype(np.intp)
    return table.astype(np.float32)[rows]
