"""Ellipses with edges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...model.mixture import Mixture
from ..canvas import Canvas, colour
from ..colours import Colour
from ..ellipses import stack
from ..field import AnyFrame
from .document import document, ellipse, gaussians, hexcode, number


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
