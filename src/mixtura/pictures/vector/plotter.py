"""Dots for pens."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...arrays import Array, Integers
from ...checks import is_finite
from ...errors import InputError, named
from ...model.mixture import Mixture
from ..canvas import Canvas, colour, has_colour
from ..checks import whole
from ..colours import Colour
from ..dots import INK, model_of, scatter
from ..field import AnyFrame
from .document import Layer, gaussians, hexcode, number, plot

_FINE = 100  # steps to a millimetre
_COVER = 1.2  # how often dots with colours cover the paper


class Plot(str):
    """The text of a drawing for a plotter, and how far its pens go.

    Attributes
    ----------
    pens : int
        How many layers it has, one a pen.
    pen_down_mm : float
        Length of what is drawn, in millimetres.
    pen_up_mm : float
        How far the pens travel between what they draw, in millimetres; the ways to the first dot of a layer and from
        its last one do not count.
    """

    pens: int
    pen_down_mm: float
    pen_up_mm: float


def check_dots(*, samples: Any = 0, pens: Any = 1, sheet_mm: Any = 1.0) -> None:
    """Check settings of `dots`, before any work.

    Parameters
    ----------
    samples, pens : int, optional
        As for `dots`.
    sheet_mm : float, optional
        As for `dots`.

    Raises
    ------
    InputError
        If one of them is out of its range.
    """
    whole(samples, "samples", least=0, of="dots")
    whole(pens, "pens", most=256, of="colours")
    if not (is_finite(sheet_mm) and 1 <= sheet_mm <= 100_000):
        raise InputError(f"{named('sheet_mm')} is {sheet_mm!r}: give the longer side in millimetres, from 1 to 100000.")


def dots(
    mixture: Mixture,
    *,
    frame: AnyFrame,
    size: tuple[int, int],
    samples: int = 20_000,
    radius: float | None = None,
    ink: str | Colour | None = None,
    paper: str | Colour | None = None,
    sheet_mm: float = 180.0,
    pens: int = 24,
    independent: bool = False,
    rng: int | np.random.Generator | None = None,
    n_threads: int | None = None,
) -> Plot:
    """Draw random points of a mixture as dots for a pen plotter, as SVG in millimetres, one layer per pen.

    Parameters
    ----------
    mixture : Mixture
        One of five coordinates (x, y, r, g, b) draws each dot in its own colour.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Only its aspect ratio counts.
    samples : int, default 20,000
        Number of points, >= 0; those whose dots do not lie on the paper entirely are left out.
    radius : float, optional
        Of the dots, in millimetres, >= 0.01; by default 0.2, and for colours such that the dots would cover the paper
        1.2 times.
    ink : str or tuple of int, optional
        Colour of the dots, as for `draw.dots`.
    paper : str or tuple of int, optional
        Colour of the paper that browsers and Inkscape show; it is not drawn. By default there is none.
    sheet_mm : float, default 180
        The longer side of the paper, in millimetres.
    pens : int, default 24
        Colours at most of a mixture with colours, 1 to 256: light ones first, chosen to cover all of them.
    independent : bool, default False
        Whether the dots are independent samples, see `draw.dots`; by default they are spread evenly.
    rng : int or numpy.random.Generator, optional
        Seed, or generator.
    n_threads : int, optional
        By default as many as there are cores.

    Returns
    -------
    Plot
        The text of an SVG file, a str, which also has the number of `pens`, and how far they go: `pen_down_mm`,
        `pen_up_mm`.

    Raises
    ------
    InputError
        If an argument is malformed.

    Notes
    -----
    Each dot is a stroke of a hundredth of a millimetre with round ends, as wide as the pen. Layers are top-level groups
    that Inkscape shows as layers, and of which vpype reads one for each pen; their names are the number and the colour
    of the pen. The dots of a layer follow a short tour, so that the pen travels little between them: a Hilbert curve,
    improved by 2-opt and Or-opt.

    References
    ----------
    Bentley 1992, "Fast algorithms for geometric traveling salesman problems".
    """
    check_dots(samples=samples, pens=pens, sheet_mm=sheet_mm)
    canvas = Canvas.of(frame, size, n_threads)
    pen = colour(INK if ink is None else ink, "ink")
    ground = None if paper is None else hexcode(colour(paper, "paper"))
    unit = float(sheet_mm) / max(canvas.size)
    coloured = ink is None and has_colour(mixture)
    reach = _radius(radius, canvas, unit, samples, coloured)
    sheet = [max(1, round(_FINE * side * unit)) for side in canvas.size]
    drawn = scatter(model_of(mixture, coloured, independent), samples, canvas, independent=independent, rng=rng)
    steps = np.rint(canvas.to_pixels(drawn[:, :2]) * unit * _FINE).astype(np.int64)  # where strokes begin
    edge = math.ceil(_FINE * reach)
    on_paper = ((steps >= edge) & (steps <= np.array(sheet) - edge - [1, 0])).all(axis=1)
    drawn, steps = drawn[on_paper], steps[on_paper]
    shades, pen_of = pen[None].astype(np.float64), np.zeros(len(steps), dtype=np.intp)
    if coloured and len(steps):
        shades, pen_of = _pens(drawn[:, 2:], pens)
    tours = [(i, _tour(steps[pen_of == i])) for i in np.unique(pen_of)]
    layers = [Layer(hexcode(shades[i]), 2 * _FINE * reach, _path(tour)) for i, tour in tours]
    count = f"{len(layers)} pen{'s' * (len(layers) != 1)}"
    what = f"Random points of a mixture of {gaussians(mixture)}, {number(2 * reach, 2)} mm wide, for {count}."
    shown = (f"{number(sheet[0] / _FINE, 2)}mm", f"{number(sheet[1] / _FINE, 2)}mm")
    text = Plot(plot((sheet[0], sheet[1]), shown, layers, f"{len(steps)} dots", what, ground))
    text.pens = len(layers)
    text.pen_down_mm = len(steps) / _FINE
    text.pen_up_mm = sum(float(np.hypot(*_moves(tour)[1:].T).sum()) for _, tour in tours) / _FINE
    return text


def _tour(steps: Integers) -> Integers:
    """Places (n, 2), so that each is near the one before it."""
    from ...kernels import tour

    return np.asarray(steps[tour.short(steps.astype(np.float64))])


def _moves(steps: Integers) -> Integers:
    """(n, 2) the way to each stroke from the end of the one before it, and to the first from the corner.

    A stroke of one step to the right moves the pen along by one.
    """
    moves = np.diff(steps, axis=0, prepend=0)
    moves[1:, 0] -= 1
    return np.asarray(moves)


def _path(steps: Integers) -> str:
    """One pen's dots, as one path from place to place."""
    return "".join(f"m{x} {y}h1" if y >= 0 else f"m{x}{y}h1" for x, y in _moves(steps).tolist())


def _pens(colours: Array, count: int) -> tuple[Array, Integers]:
    """(m, 3) colours of m <= count pens, light ones first, and the pen of each dot (n,)."""
    from PIL import Image

    shown = np.rint(colours.clip(0, 255)).astype(np.uint8)[None]
    reduced = Image.fromarray(shown).quantize(count, Image.Quantize.MAXCOVERAGE, kmeans=5)
    index = np.asarray(reduced).ravel()
    used, pen = np.unique(index, return_inverse=True)
    shades = np.stack([colours.clip(0, 255)[pen == i].mean(axis=0) for i in range(len(used))])
    order = np.argsort(-(shades @ [0.299, 0.587, 0.114]), kind="stable")
    return shades[order], np.argsort(order)[pen]


def _radius(radius: float | None, canvas: Canvas, unit: float, samples: int, coloured: bool) -> float:
    if radius is None:
        area = canvas.width * canvas.height * unit**2
        return max(0.01, math.sqrt(_COVER * area / (math.pi * samples))) if coloured and samples else 0.2
    if not (is_finite(radius) and radius >= 0.01):
        raise InputError(f"{named('radius')} is {radius!r}: dots in .svg have a finite radius >= 0.01, in millimetres.")
    return float(radius)
