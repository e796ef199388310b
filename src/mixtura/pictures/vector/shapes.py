"""Ellipses with edges, and dots for pens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError, named
from ...model.checks import check_threads, is_finite, is_whole
from ...model.mixture import Mixture
from ..canvas import Canvas, background, canvas, colour, has_colour, plane
from ..colours import Colour
from ..dots import INK
from ..ellipses import stack
from ..field import Frame
from .document import document, ellipse, hexcode, number

Array = NDArray[np.float64]


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
    """Each component as its ellipses of `reach` standard deviations, as `draw.ellipses` paints them: an SVG.

    See there for the settings. size: (width, height) of the drawing. Raises InputError for malformed arguments.
    """
    check_threads(n_threads)
    sheet = canvas(frame, size)
    ground = hexcode(colour(paper, "paper"))
    pile = stack(mixture, sheet, reach=reach, ink=ink, alpha=alpha)
    factors = np.linalg.cholesky(pile.covariances)
    body = [
        ellipse(centre, factor, far, f'fill="{hexcode(pen)}" fill-opacity="{number(opacity, 2)}"')
        for centre, factor, far, pen, opacity in zip(
            pile.centres, factors, pile.reach, pile.colours, pile.opacity, strict=True
        )
        if opacity >= 0.005
    ]
    count = mixture.n_components
    title = f"{count} Gaussian{'s' * (count != 1)}"
    return document(sheet, ground, body, title, f"The components of a mixture of {title} as ellipses.")


def check_dots(*, samples: Any = 0, pens: Any = 1, sheet_mm: Any = 1.0) -> None:
    """Raise InputError unless dots can be drawn with these settings."""
    if not is_whole(samples) or samples < 0:
        raise InputError(f"{named('samples')} is {samples!r}: give a whole number of dots >= 0.")
    if not is_whole(pens) or not 1 <= pens <= 256:
        raise InputError(f"{named('pens')} is {pens!r}: give a whole number of colours from 1 to 256.")
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
    """Random points of the mixture as dots for a plotter: an SVG in millimetres, a layer a pen.

    Each dot is a stroke of a hundredth of a millimetre with round ends, as wide as the pen; a layer's dots follow a
    Hilbert curve, so that the pen travels little between them.
    samples: how many, >= 0; those outside the frame are left out. radius: of the dots in millimetres, > 0; 0.2 by
    default, for colours as much as covers the sheet once. sheet_mm: the longer side of the sheet; size gives its shape
    alone. ink, paper: as for `draw.dots`. pens: a mixture of five coordinates is drawn with so many colours at most,
    light ones first, chosen to cover all of them. rng: a seed, or a Generator.
    Raises InputError for malformed arguments.
    """
    check_threads(n_threads)
    check_dots(samples=samples, pens=pens, sheet_mm=sheet_mm)
    shape = canvas(frame, size)
    unit = float(sheet_mm) / max(shape.size)
    coloured = ink is None and has_colour(mixture)
    model = mixture if coloured else plane(mixture)
    ground = hexcode(colour(background(model) if paper is None else paper, "paper"))
    wide = 2 * _radius(radius, shape, unit, samples, coloured)
    drawn = model.sample(samples, rng=rng)
    places = shape.to_pixels(drawn[:, :2]) * unit
    inside = ((places >= 0) & (places <= np.array(shape.size) * unit)).all(axis=1)
    drawn, places = drawn[inside], places[inside]
    if coloured and len(places):
        shades, pen = _pens(drawn[:, 2:], pens)
    else:
        shades, pen = np.array([colour(INK if ink is None else ink, "ink")]), np.zeros(len(places), dtype=np.intp)
    layers = []
    for i in range(len(shades)):
        chosen = places[pen == i]
        if len(chosen):
            layers.append(_layer(i, chosen[journey(chosen)], hexcode(shades[i])))
    body = [
        f'<g transform="scale({number(1 / unit / 100, 6)})" fill="none" stroke-linecap="round" '
        f'stroke-width="{number(100 * wide, 0)}">',
        *layers,
        "</g>",
    ]
    title = f"{len(places)} dots"
    pen_count = f"{len(layers)} pen{'s' * (len(layers) != 1)}"
    return document(
        shape,
        ground,
        body,
        title,
        f"Random points of a mixture of {model.n_components} Gaussians, {number(wide, 2)} mm wide, for {pen_count}.",
        unit,
    )


def journey(places: Array) -> NDArray[np.intp]:
    """An order (n,) of places (n, 2) in which neighbours are near: along a Hilbert curve over their square.

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
    steps = np.rint(100 * places).astype(int)
    # A stroke of one step moves the pen along by one.
    moves = np.diff(steps, axis=0, prepend=0) - np.array([[0, 0]] + [[1, 0]] * (len(steps) - 1))
    path = "".join(f"m{x} {y}h1" if y >= 0 else f"m{x}{y}h1" for x, y in moves.tolist())
    return f'<path id="pen-{i + 1}" stroke="{pen}" d="{path}"/>'


def _pens(colours: Array, count: int) -> tuple[Array, NDArray[np.intp]]:
    """(m, 3) colours of m <= count pens, light ones first, and the pen of each dot (n,)."""
    from PIL import Image

    shown = np.rint(colours.clip(0, 255)).astype(np.uint8)[None]
    reduced = Image.fromarray(shown).quantize(count, Image.Quantize.MAXCOVERAGE, kmeans=5)
    index = np.asarray(reduced).ravel()
    used, pen = np.unique(index, return_inverse=True)
    shades = np.stack([colours.clip(0, 255)[pen == i].mean(axis=0) for i in range(len(used))])
    order = np.argsort(-(shades @ [0.299, 0.587, 0.114]), kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return shades[order], place[pen]


def _radius(radius: float | None, shape: Canvas, unit: float, samples: int, coloured: bool) -> float:
    if radius is not None:
        if not (is_finite(radius) and radius >= 0.01):
            raise InputError(
                f"{named('radius')} is {radius!r}: dots in .svg have a finite radius >= 0.01, in millimetres."
            )
        return float(radius)
    if coloured and samples:
        return max(0.01, math.sqrt(shape.width * shape.height * unit**2 / (math.pi * samples)))
    return 0.2
