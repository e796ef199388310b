"""Ellipses with edges, and dots for pens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...arrays import Array, Integers
from ...checks import is_finite
from ...errors import InputError, named
from ...model.mixture import Mixture
from ..canvas import Canvas, colour
from ..checks import whole
from ..colours import Colour
from ..dots import brush
from ..ellipses import stack
from ..field import Frame
from .document import document, ellipse, gaussians, hexcode, number


def ellipses(
    mixture: Mixture,
    *,
    frame: Frame,
    size: tuple[int, int],
    reach: Sequence[float] = (1.0, 2.0),
    ink: str | Colour | None = None,
    paper: str | Colour = "white",
    alpha: float = 0.9,
    n_threads: int | None = None,
) -> str:
    """Draw the components as ellipses, large ones first, as `draw.ellipses` paints them, as SVG.

    Parameters
    ----------
    mixture : Mixture
        One of five coordinates (x, y, r, g, b) paints its components in their mean colours.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the drawing, in SVG's user units (pixels, in which browsers show it unless told otherwise).
    reach : sequence of float, default (1, 2)
        Sizes of each component's ellipses, in standard deviations, > 0.
    ink, paper : str or tuple of int, optional
        Colours of the ellipses and of the background.
    alpha : float, default 0.9
        Opacity of the innermost ellipse, in 0..1; those further out are fainter, by the ratio of their reaches.
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
    ground = hexcode(colour(paper, "paper"))
    pile = stack(mixture, canvas, reach=reach, ink=ink, alpha=alpha)
    factors = np.linalg.cholesky(pile.covariances)
    body = [
        ellipse(centre, factor, far, f'fill="{hexcode(pen)}" fill-opacity="{number(opacity, 2)}"')
        for centre, _, far, pen, opacity, factor in zip(*pile, factors, strict=True)
        if opacity >= 0.005
    ]
    title = gaussians(mixture)
    return document(canvas, ground, body, title, f"The components of a mixture of {title} as ellipses.")


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
    frame: Frame,
    size: tuple[int, int],
    samples: int = 20_000,
    radius: float | None = None,
    ink: str | Colour | None = None,
    paper: str | Colour | None = None,
    sheet_mm: float = 180.0,
    pens: int = 24,
    rng: int | np.random.Generator | None = None,
    n_threads: int | None = None,
) -> str:
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
        Number of points, >= 0; those outside the frame are left out.
    radius : float, optional
        Of the dots, in millimetres, >= 0.01; by default 0.2, and for colours such that the dots would cover the paper
        once.
    ink, paper : str or tuple of int, optional
        Colours of the dots and of the background, as for `draw.dots`.
    sheet_mm : float, default 180
        The longer side of the paper, in millimetres.
    pens : int, default 24
        Colours at most of a mixture with colours, 1 to 256: light ones first, chosen to cover all of them.
    rng : int or numpy.random.Generator, optional
        Seed, or generator.
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

    Notes
    -----
    Each dot is a stroke of a hundredth of a millimetre with round ends, as wide as the pen; the dots of a layer follow
    a Hilbert curve, so that the pen travels little between them.
    """
    check_dots(samples=samples, pens=pens, sheet_mm=sheet_mm)
    canvas = Canvas.of(frame, size, n_threads)
    unit = float(sheet_mm) / max(canvas.size)
    how = brush(mixture, canvas, samples, ink=ink, paper=paper)
    wide = 2 * _radius(radius, canvas, unit, samples, how.coloured)
    drawn = how.model.sample(samples, rng=rng)
    places = canvas.to_pixels(drawn[:, :2]) * unit
    inside = ((places >= 0) & (places <= np.array(canvas.size) * unit)).all(axis=1)
    drawn, places = drawn[inside], places[inside]
    if how.coloured and len(places):
        shades, pen = _pens(drawn[:, 2:], pens)
    else:
        shades, pen = np.array([how.pen]), np.zeros(len(places), dtype=np.intp)
    layers = [_layer(i, places[pen == i], hexcode(shades[i])) for i in np.unique(pen)]
    line = f'fill="none" stroke-linecap="round" stroke-width="{number(100 * wide, 0)}"'
    body = [f'<g transform="scale({number(1 / unit / 100, 6)})" {line}>', *layers, "</g>"]
    pen_count = f"{len(layers)} pen{'s' * (len(layers) != 1)}"
    what = f"Random points of a mixture of {gaussians(mixture)}, {number(wide, 2)} mm wide, for {pen_count}."
    return document(canvas, hexcode(how.ground), body, f"{len(places)} dots", what, unit)


def journey(places: Array) -> Integers:
    """Order (n,) of places (n, 2) in which neighbours are near: along a Hilbert curve over their square.

    Its length is about a quarter above that of the shortest tour of random points.
    Source: Skilling 2004, "Programming the Hilbert curve"; Platzman and Bartholdi 1989 on tours along such curves.
    """
    low = places.min(axis=0)
    side = max(float((places - low).max()), 1e-9)
    cells = np.minimum((places - low) * (2**16 / side), 2**16 - 1).astype(np.int64)
    x, y = cells[:, 0].copy(), cells[:, 1].copy()
    key = np.zeros(len(places), dtype=np.int64)
    half = 2**15
    while half:
        right, down = (x & half) > 0, (y & half) > 0
        key += half * half * ((3 * right) ^ down)
        # Each quarter holds the curve again, turned so that its ends meet its neighbours'.
        flip = ~down & right
        x[flip], y[flip] = half - 1 - (x[flip] & (half - 1)), half - 1 - (y[flip] & (half - 1))
        turn = ~down
        x[turn], y[turn] = y[turn], x[turn].copy()
        x, y = x & (half - 1), y & (half - 1)
        half //= 2
    return np.argsort(key, kind="stable")


def _layer(i: int, places: Array, pen: str) -> str:
    """One pen's dots, as one path in hundredths of a millimetre from place to place."""
    steps = np.rint(100 * places[journey(places)]).astype(int)
    # A stroke of one step moves the pen along by one.
    moves = np.diff(steps, axis=0, prepend=0) - np.array([[0, 0]] + [[1, 0]] * (len(steps) - 1))
    path = "".join(f"m{x} {y}h1" if y >= 0 else f"m{x}{y}h1" for x, y in moves.tolist())
    return f'<path id="pen-{i + 1}" stroke="{pen}" d="{path}"/>'


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
        return max(0.01, math.sqrt(area / (math.pi * samples))) if coloured and samples else 0.2
    if not (is_finite(radius) and radius >= 0.01):
        raise InputError(f"{named('radius')} is {radius!r}: dots in .svg have a finite radius >= 0.01, in millimetres.")
    return float(radius)
