"""Contours of the log density as paths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...checks import check_threads, is_finite
from ...errors import InputError
from ...model.mixture import Mixture
from .. import field, palette
from ..canvas import Canvas, canvas, colour, plane
from ..colours import Colour
from ..contours import depths
from ..field import Frame
from .document import document, hexcode, number

Array = NDArray[np.float64]

_CELLS = 512  # along the longer side of the grid that contours are traced on
_ROUNDS = 4
_CLOSE = 0.5  # steps
_FINE = 10  # steps to a unit of the drawing


def contour(
    mixture: Mixture,
    *,
    frame: Frame,
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
    """Filled bands and lines of equal log density of x and y, as `draw.contour` paints them: an SVG.

    See there for the settings; lines alone (filled=False) suit a plotter. size: (width, height) of the drawing.
    Raises InputError for malformed arguments.
    """
    check_threads(n_threads)
    sheet = canvas(frame, size)
    if not (filled or lines):
        raise InputError("filled and lines are both False: a contour picture draws one of them at least.")
    width = max(1.0, math.sqrt(sheet.width * sheet.height) / 1000) if line_width is None else line_width
    if not (is_finite(width) and width > 0):
        raise InputError(f"line_width is {line_width!r}: give a finite width > 0, in the units of size.")
    below = depths(levels, reach)
    shades = palette.colours(colours, len(below) + 1).astype(np.float64)
    if paper is not None:
        shades[0] = colour(paper, "paper")
    trace = _tracer(plane(mixture), sheet, n_threads)
    body = [f'<g transform="scale({number(1 / _FINE, 3)})" stroke-linejoin="round" fill-rule="evenodd">']
    for i, depth in enumerate(below):
        rings, strokes = trace(-math.sqrt(2 * depth), filled)
        if filled and rings:
            body.append(f'<path fill="{hexcode(shades[i + 1])}" d="{rings}"/>')
        if lines and strokes:
            pen = 0.6 * (shades[i] + shades[i + 1]) / 2 if filled else shades[i + 1]
            body.append(
                f'<path fill="none" stroke="{hexcode(pen)}" stroke-width="{number(_FINE * width, 1)}" d="{strokes}"/>'
            )
    body.append("</g>")
    count = mixture.n_components
    title = f"{count} Gaussian{'s' * (count != 1)}"
    what = f"{len(below)} contours of the log density of a mixture of {title}."
    return document(sheet, hexcode(shades[0]), body, title, what)


def _tracer(flat: Mixture, sheet: Canvas, n_threads: int | None) -> Any:
    """A function (level, filled) -> the paths of what lies above it, and of the line along it.

    Levels are z = -sqrt(2 nats below the largest density), nearly straight between the corners of the grid.
    """
    from contourpy import FillType, LineType, contour_generator

    cells = [max(2, round(side * _CELLS / max(sheet.size))) for side in sheet.size]
    step = [side / count for side, count in zip((sheet.frame.width, sheet.frame.height), cells, strict=True)]
    left, top, right, bottom = sheet.frame
    # The field's values lie in the middle of its cells; here they are to lie on the frame's edges too.
    wider = Frame(left - step[0] / 2, top - step[1] / 2, right + step[0] / 2, bottom + step[1] / 2)
    log_density = field.log_density(flat, wider, (cells[0] + 1, cells[1] + 1), n_threads=n_threads)
    z = -np.sqrt(2 * (log_density.max() - log_density).astype(np.float64))
    x, y = (np.linspace(0, _FINE * side, count + 1) for side, count in zip(sheet.size, cells, strict=True))
    generator: Any = contour_generator(
        x, y, z, name="serial", line_type=LineType.Separate, fill_type=FillType.OuterOffset
    )

    def trace(level: float, filled: bool) -> tuple[str, str]:
        rings: list[Array] = []
        if filled:
            points, offsets = generator.filled(level, 1.0)
            for outline, ends in zip(points, offsets, strict=True):
                rings += [outline[a:b] for a, b in pairwise(ends)]
        return "".join(_path(ring, True) for ring in rings), "".join(
            _path(line, bool((line[0] == line[-1]).all())) for line in generator.lines(level)
        )

    return trace


def _path(points: Array, closed: bool) -> str:
    """A polygon or a line in whole steps, from corner to corner; nothing if it is smaller than a step."""
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
    """The points without those that lie within half a step of the line between their neighbours."""
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


def _pairs(numbers: NDArray[Any]) -> str:
    """Whole numbers, a minus sign for a space where there is one."""
    return " ".join(map(str, numbers.ravel().tolist())).replace(" -", "-")
