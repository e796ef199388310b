"""Components as soft ellipses: the density and the mean colour, from radial gradients alone.

Drawing programs lay one shape over another: a shape of opacity a over what lies below gives a times its own colour and
1 - a times the other. Paint the components one after the other, each with the opacity a_k = p_k / (p_1 + ... + p_k) of
its weighted density p_k, and what comes out is sum_k p_k colour_k / sum_k p_k, the mixture's mean colour. The same law
with a_k = (t_k - t_{k-1}) / (1 - t_{k-1}) paints any ink t of the density p_1 + ... + p_k. These opacities are no
functions of the distance from the component's centre alone, as those of a gradient are; so each stop of a gradient has
their mean along its ring, counted where the ring is seen: inside the frame, and under what is painted later.
"""

from __future__ import annotations

import numpy as np

from ...arrays import Array, Bools, Integers
from ...errors import InputError, named
from ...model.mixture import Mixture
from ..canvas import Canvas, background, check_colour, colour
from ..colours import Colour
from ..field import AnyFrame, plane
from ..tone import Tone, parse_tone
from .document import document, ellipse, gaussians, hexcode, number

RINGS = np.arange(0.0, 3.25, 0.5)
"""The stops of a gradient, in standard deviations; at the last one it has faded."""
ANGLES = 8  # places on each ring
LEAST = 0.004  # an opacity below one step of 255 is none


def mean(mixture: Mixture, *, frame: AnyFrame, size: tuple[int, int], n_threads: int | None = None) -> str:
    """Draw the conditional mean colour E[r, g, b | x, y] as soft ellipses, as SVG.

    Parameters
    ----------
    mixture : Mixture
        Of five coordinates x, y, r, g, b. Each component is an ellipse in its mean colour, so that the variation of
        colours within a component is lost.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the drawing, in SVG's user units (pixels, in which browsers show it unless told otherwise).
    n_threads : int, optional
        By default as many as there are cores.

    Returns
    -------
    str
        The text of an SVG file.

    Raises
    ------
    InputError
        If an argument is malformed, or the mixture has no colours.
    """
    canvas = Canvas.of(frame, size, n_threads)
    check_colour(mixture)
    kept, stops, _ = _rings(mixture, canvas, None)
    colours = [hexcode(row) for row in mixture.means[kept, 2:]]
    ground = hexcode(np.array(background(mixture)))
    what = f"The mean colour of a mixture of {gaussians(mixture)}."
    return _document(canvas, ground, mixture, kept, stops, colours, what)


def grid(
    mixture: Mixture,
    *,
    frame: AnyFrame,
    size: tuple[int, int],
    tone: Tone | str = "linear",
    ink: str | Colour = "black",
    paper: str | Colour = "white",
    n_threads: int | None = None,
) -> str:
    """Draw the density of x and y as soft ellipses, through a tone curve, as SVG.

    Parameters
    ----------
    mixture : Mixture
        Its first two coordinates are x and y; others are integrated out.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the drawing, in SVG's user units (pixels, in which browsers show it unless told otherwise).
    tone : Tone or str, default "linear"
        Tone curve, see `tone.parse_tone`; ``"equalise"``, which ranks pixels, is for pixels only.
    ink, paper : str or tuple of int
        Colours of the greys 0 and 255.
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
    curve = check_tone(tone)
    pen, ground = colour(ink, "ink"), colour(paper, "paper")
    kept, stops, floor = _rings(plane(mixture), canvas, curve)
    below = hexcode(ground * (1 - floor) + pen * floor)
    what = f"The density of a mixture of {gaussians(mixture)}."
    return _document(canvas, below, mixture, kept, stops, [hexcode(pen)] * len(kept), what)


def check_tone(tone: Tone | str) -> Tone:
    """Read a tone curve that can be drawn without pixels.

    Parameters
    ----------
    tone : Tone or str
        See `tone.parse_tone`.

    Returns
    -------
    Tone

    Raises
    ------
    InputError
        If the curve is ``"equalise"``, or not a tone curve.
    """
    curve = parse_tone(tone)
    if curve.kind == "equalise":
        raise InputError(
            f"{named('tone')} is 'equalise', which needs pixels: in .svg choose linear, gamma:0.5 or points "
            f"such as 0:255,1:0."
        )
    return curve


def _rings(mixture: Mixture, canvas: Canvas, curve: Tone | None) -> tuple[Integers, Array, float]:
    """Components in the order of painting (m,), their opacities at `RINGS` (m, rings), and the ink of no density.

    curve: how density becomes ink; None for shares of colour.
    """
    flat = plane(mixture)
    order = np.argsort(flat.log_scales, kind="stable")  # what is dense and narrow lies on top
    order = order[_seen(flat, canvas)[order]]
    floor = 0.0 if curve is None else float(_ink(curve, np.array([-np.inf]))[0])
    if not len(order):
        return order, np.empty((0, len(RINGS))), floor
    flat = flat.subset(order)
    angle = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rings = RINGS[:, None, None] * circle  # (rings, angles, 2)
    factors = np.linalg.cholesky(flat.matrices)
    places = flat.means[:, None, None] + np.einsum("kij,raj->krai", factors, rings)  # (k, rings, angles, 2)
    rows = places.reshape(-1, 2)
    own, before, after = _shares(flat, rows, places.shape[1] * places.shape[2], canvas.n_threads)
    until = own + before
    left, top, right, bottom = canvas.frame
    inside = ((rows >= [left, top]) & (rows <= [right, bottom])).all(axis=1)
    if curve is None:
        part, rest = own, until
    else:
        log_density = flat.log_density(rows, n_threads=canvas.n_threads)
        peak = log_density[inside].max() if inside.any() else log_density.max()
        with np.errstate(divide="ignore"):
            now, last = (_ink(curve, log_density - peak + np.log(share)) for share in (until, before))
        part, rest = now - last, 1.0 - last
    opacity = np.clip(np.divide(part, rest, out=np.zeros_like(part), where=rest > 0), 0.0, 1.0)
    seen = inside * (1.0 - after) + 1e-6
    shape = places.shape[:3]
    stops = (opacity * seen).reshape(shape).sum(axis=2) / seen.reshape(shape).sum(axis=2)
    stops[:, -1] = 0.0
    visible = stops.max(axis=1) >= LEAST
    return order[visible], stops[visible], floor


def _ink(curve: Tone, log_share: Array) -> Array:
    """Ink in 0..1 of densities, given the log of their share of the largest."""
    greys = curve.greys(np.append(np.minimum(log_share, 0.0), 0.0))[:-1]
    return 1.0 - np.asarray(greys, dtype=np.float64) / 255.0


def _seen(flat: Mixture, canvas: Canvas) -> Bools:
    """(k,) whether a component has weight and its outermost ring reaches into the frame."""
    reach = RINGS[-1] * np.sqrt(np.diagonal(flat.matrices, axis1=1, axis2=2))
    left, top, right, bottom = canvas.frame
    low, high = flat.means - reach, flat.means + reach
    return np.asarray((flat.weights > 0) & (high > [left, top]).all(axis=1) & (low < [right, bottom]).all(axis=1))


def _shares(flat: Mixture, rows: Array, each: int, n_threads: int | None) -> tuple[Array, ...]:
    """Shares of the density that are a place's own, and of the components before and after it: (n,) each.

    rows: (n, 2) places on the rings of the components, `each` of them a component.
    """
    table = flat.responsibilities(rows, sparse=True, n_threads=n_threads)
    row = np.repeat(np.arange(len(rows)), np.diff(table.indptr))
    side = np.sign(table.indices - row // each)
    chosen = (side == which for which in (0, -1, 1))
    return tuple(np.bincount(row[here], table.data[here], len(rows)).astype(np.float64) for here in chosen)


def _document(
    canvas: Canvas, ground: str, mixture: Mixture, kept: Integers, stops: Array, colours: list[str], what: str
) -> str:
    flat = plane(mixture)
    factor = np.linalg.cholesky(canvas.covariances_in_pixels(flat)[kept])
    centres = canvas.to_pixels(flat.means[kept])
    far = number(float(RINGS[-1]), 1)
    body = []
    for i, pen in enumerate(colours):
        # Stops that take the gradient's own colour are the same text in each, and pack well.
        head = f'<radialGradient id="g{i}" color="{pen}" gradientUnits="userSpaceOnUse" cx="0" cy="0" r="{far}">'
        shape = ellipse(centres[i], factor[i], float(RINGS[-1]), f'fill="url(#g{i})"')
        body.append(f"{head}{_stops(stops[i])}</radialGradient>{shape}")
    return document(canvas, ground, body, gaussians(mixture), what)


def _stops(opacity: Array) -> str:
    shown = np.rint(100 * opacity) / 100
    level = np.zeros(len(shown), dtype=bool)
    level[1:-1] = (shown[1:-1] == shown[:-2]) & (shown[1:-1] == shown[2:])
    return "".join(
        f'<stop offset="{number(at, 2)}" stop-color="currentColor" stop-opacity="{number(value, 2)}"/>'
        for at, value in zip((RINGS / RINGS[-1])[~level], shown[~level], strict=True)
    )
