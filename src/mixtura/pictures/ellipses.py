"""The components themselves, as ellipses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from ..model.mixture import Mixture
from .canvas import Canvas, Pixels, by_rows, colour, has_colour
from .checks import deviations, opacity
from .colours import Colour
from .field import AnyFrame, plane

INK = "#14213d"


def ellipses(
    mixture: Mixture,
    *,
    frame: AnyFrame,
    size: tuple[int, int],
    reach: Sequence[float] = (1.0, 2.0),
    ink: str | Colour | None = None,
    paper: str | Colour = "white",
    alpha: float = 0.9,
    n_threads: int | None = None,
) -> Pixels:
    """Draw the components as ellipses, large ones first.

    A mixture of five coordinates (x, y, r, g, b) paints its components in their mean colours, clipped to 0..255; any
    other, or any with `ink` given, in one ink, the more opaque the denser the component is: by the square root of its
    weight over its area.

    Parameters
    ----------
    mixture : Mixture
        Its first two coordinates are x and y.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the output, in pixels.
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
    ndarray of uint8, shape (h, w, 3)
        sRGB values.

    Raises
    ------
    InputError
        If an argument is malformed.
    """
    canvas = Canvas.of(frame, size, n_threads)
    ground = colour(paper, "paper")
    pile = stack(mixture, canvas, reach=reach, ink=ink, alpha=alpha)
    painted = np.broadcast_to(ground, (canvas.height, canvas.width, 3)).copy()
    a, b, c = (pile.covariances[:, i, j] for i, j in ((0, 0), (0, 1), (1, 1)))
    shapes = np.stack([np.sqrt(c), b / c, np.sqrt(a - b * b / c)], axis=1)  # as `splat.paint` takes them: see there
    rings = np.stack([pile.reach, np.ones_like(pile.reach), pile.reach], axis=1)

    from ..kernels import splat

    pens, opaque = pile.colours.astype(np.float32), pile.opacity.astype(np.float32)
    splat.paint(painted, pile.centres, shapes * rings, pens, opaque, n_threads=n_threads)
    return by_rows(canvas, lambda rows: painted[rows])


class Stack(NamedTuple):
    """Ellipses on a canvas in the order of painting, the largest first; all in pixels, y down."""

    centres: Array  # (n, 2)
    covariances: Array  # (n, 2, 2), of one standard deviation
    reach: Array  # (n,) standard deviations
    colours: Array  # (n, 3) in 0..255
    opacity: Array  # (n,) in 0..1


def stack(mixture: Mixture, canvas: Canvas, *, reach: Sequence[float], ink: str | Colour | None, alpha: float) -> Stack:
    """Ellipses that `ellipses` paints."""
    rings = deviations(reach)
    opaque = opacity(alpha, "alpha")
    flat = plane(mixture)
    if ink is None and has_colour(mixture):
        colours, dense = mixture.means[:, 2:].clip(0, 255), np.ones(mixture.n_components)
    else:
        pen = colour(INK if ink is None else ink, "ink")
        colours = np.tile(pen, (mixture.n_components, 1))
        dense = np.exp(0.5 * (flat.log_scales - flat.log_scales.max()))  # at the mean, by the densest
    dense = np.where(mixture.weights > 0, dense, 0.0)
    covariances = canvas.covariances_in_pixels(flat)
    ring = np.repeat(rings, len(covariances))  # (rings * k,)
    component = np.tile(np.arange(len(covariances)), len(rings))
    area = ring**2 * np.sqrt(np.linalg.det(covariances))[component]
    order = np.argsort(-area, kind="stable")
    ring, component = ring[order], component[order]
    colours = np.asarray(colours[component], dtype=np.float64)
    alphas = opaque * rings.min() / ring * dense[component]
    return Stack(canvas.to_pixels(flat.means)[component], covariances[component], ring, colours, alphas)
