"""Contours of the log density as paths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...arrays import Array, Numbers
from ...model.mixture import Mixture
from .. import field
from ..canvas import Canvas
from ..colours import Colour
from ..contours import planned
from ..field import AnyFrame, Frame
from .document import Layer, document, gaussians, hexcode, number, plot

_CELLS = 512  # along the longer side of the grid that contours are traced on
_ROUNDS = 4
_CLOSE = 0.5  # steps
_FINE = 10  # steps to a unit of the drawing


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
) -> str:
    """Draw filled bands and lines of equal log density of x and y, as `draw.contour` paints them, as SVG.

    Parameters
    ----------
    mixture : Mixture
        Its first two coordinates are x and y; others are integrated out.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the drawing, in SVG's user units (pixels, in which browsers show it unless told otherwise).
    colours : str, default "viridis"
        A colour map (`palette.NAMES`), from the outermost band to the densest.
    levels : int or sequence of float, default 24
        How many, or which: nats below the largest log density, > 0.
    reach : float, default 6
        Where the outermost of a number of levels lies, in standard deviations.
    filled, lines : bool, default True
        What is drawn, at least one. Lines alone suit a plotter: they are a layer a colour, and the paper is not drawn.
    line_width : float, optional
        In the units of size, > 0; by default a thousandth of the drawing's side, and one at least.
    paper : str or tuple of int, optional
        Colour outside of the outermost level; by default the first colour of the map.
    n_threads : int, optional
        By default as many as there are cores.

    Returns
    -------
    str
        The text of an SVG file.

    Raises
    ------
    InputError
        If an argument is malformed.
    """
    canvas = Canvas.of(frame, size, n_threads)
    plan = planned(canvas, colours, levels, reach, filled, lines, line_width, paper)
    shades, thick = plan.shades, number(_FINE * plan.width, 1)
    traced = _tracer(field.plane(mixture), canvas)
    body = [f'<g transform="scale({number(1 / _FINE, 3)})" stroke-linejoin="round" fill-rule="evenodd">']
    layers = []
    for i, depth in enumerate(plan.depths):
        level = -math.sqrt(2 * depth)
        rings = "".join(map(_path, _rings(traced, level))) if filled else ""
        strokes = "".join(map(_path, traced.lines(level))) if lines else ""
        if rings:
            body.append(f'<path fill="{hexcode(shades[i + 1])}" d="{rings}"/>')
        if strokes:
            pen = hexcode(0.6 * (shades[i] + shades[i + 1]) / 2 if filled else shades[i + 1])
            body.append(f'<path fill="none" stroke="{pen}" stroke-width="{thick}" d="{strokes}"/>')
            layers.append(Layer(pen, _FINE * plan.width, strokes))
    body.append("</g>")
    title = gaussians(mixture)
    what = f"{len(plan.depths)} contours of the log density of a mixture of {title}."
    if filled:
        return document(canvas, hexcode(shades[0]), body, title, what)
    width, height = canvas.size
    return plot((_FINE * width, _FINE * height), (str(width), str(height)), layers, title, what, hexcode(shades[0]))


def _tracer(flat: Mixture, canvas: Canvas) -> Any:
    """Generator of contourpy of what lies above a level, and of the lines along it.

    Levels are z = -sqrt(2 nats below the largest density), nearly straight between the corners of the grid.
    """
    from contourpy import FillType, LineType, contour_generator

    cells = [max(2, round(side * _CELLS / max(canvas.size))) for side in canvas.size]
    step = [side / count for side, count in zip((canvas.frame.width, canvas.frame.height), cells, strict=True)]
    left, top, right, bottom = canvas.frame
    # The field's values lie in the middle of its cells; here they are to lie on the frame's edges too.
    wider = Frame(left - step[0] / 2, top - step[1] / 2, right + step[0] / 2, bottom + step[1] / 2)
    log_density = field.log_density(flat, wider, (cells[0] + 1, cells[1] + 1), n_threads=canvas.n_threads)
    z = -np.sqrt(2 * (log_density.max() - log_density).astype(np.float64))
    x, y = (np.linspace(0, _FINE * side, count + 1) for side, count in zip(canvas.size, cells, strict=True))
    return contour_generator(x, y, z, name="serial", line_type=LineType.Separate, fill_type=FillType.OuterOffset)


def _rings(traced: Any, level: float) -> list[Array]:
    """The outlines of what lies above a level, each followed by those of its holes."""
    pieces = zip(*traced.filled(level, 1.0), strict=True)
    return [ring for outline, ends in pieces for ring in np.split(outline, ends[1:-1])]


def _path(points: Array) -> str:
    """Polygon or a line in whole steps, from corner to corner; nothing if it is smaller than a step."""
    closed = bool((points[0] == points[-1]).all())
    steps = np.rint(_thinned(points)).astype(int)
    moves = np.diff(steps, axis=0)
    moves = moves[(moves != 0).any(axis=1)]
    if len(moves) < 2:
        return ""
    cross = moves[:-1, 0] * moves[1:, 1] - moves[:-1, 1] * moves[1:, 0]
    ahead = (moves[:-1] * moves[1:]).sum(axis=1) > 0
    corner = np.append(~((cross == 0) & ahead), True)  # the ends of straight runs
    ends = np.cumsum(moves, axis=0)[corner]
    runs = np.diff(ends, axis=0, prepend=0)
    if closed:
        runs = runs[:-1]
    x, y = steps[0]
    return f"M{x} {y}l{_pairs(runs)}" + "z" * closed


def _thinned(points: Array) -> Array:
    """Points without those that lie within half a step of the line between their neighbours."""
    for _ in range(_ROUNDS):
        if len(points) < 5:
            break
        before, here, after = points[:-2], points[1:-1], points[2:]
        chord = after - before
        across = np.abs(chord[:, 0] * (here - before)[:, 1] - chord[:, 1] * (here - before)[:, 0])
        flat = across <= _CLOSE * np.hypot(chord[:, 0], chord[:, 1])
        flat[::2] &= ~np.append(flat[1::2], False)[: len(flat[::2])]  # of two neighbours, one stays in each round
        flat[2::2] &= ~flat[1:-1:2][: len(flat[2::2])]
        points = points[np.concatenate([[True], ~flat, [True]])]
    return points


def _pairs(numbers: Numbers) -> str:
    """Whole numbers, a minus sign for a space where there is one."""
    return " ".join(map(str, numbers.ravel().tolist())).replace(" -", "-")
