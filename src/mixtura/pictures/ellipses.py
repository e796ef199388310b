"""The components themselves, as ellipses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..checks import check_threads
from ..errors import InputError
from ..model.mixture import Mixture
from .canvas import Array, Canvas, Pixels, by_rows, canvas, colour, has_colour, plane
from .colours import Colour
from .dots import share
from .field import Frame

INK = "#14213d"


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
) -> Pixels:
    """Each component as its ellipses of `reach` standard deviations, large ones first: (h, w, 3) uint8 sRGB.

    A mixture of five coordinates (x, y, r, g, b) paints its components in their mean colours, clipped to
    0..255; any other, or any with `ink` given, in one ink, the more opaque the denser the component is: by
    the square root of its weight over its area.
    frame: the part of the plane that is shown. size: (width, height) of the output, in pixels.
    reach: standard deviations, > 0. alpha: the opacity in 0..1 of the innermost ellipse; those further out
    are fainter, by the ratio of their reaches.
    Raises InputError for malformed arguments.
    """
    check_threads(n_threads)
    sheet = canvas(frame, size)
    ground = colour(paper, "paper")
    pile = stack(mixture, sheet, reach=reach, ink=ink, alpha=alpha)
    painted = np.broadcast_to(ground, (sheet.height, sheet.width, 3)).copy()
    a, b, c = (pile.covariances[:, i, j] for i, j in ((0, 0), (0, 1), (1, 1)))
    shapes = np.stack([np.sqrt(c), b / c, np.sqrt(a - b * b / c)], axis=1)  # as `splat.paint` takes them: see there
    rings = np.stack([pile.reach, np.ones_like(pile.reach), pile.reach], axis=1)

    from ..kernels import splat

    splat.paint(
        painted,
        pile.centres,
        shapes * rings,
        pile.colours.astype(np.float32),
        pile.opacity.astype(np.float32),
        n_threads=n_threads,
    )
    return by_rows(sheet, lambda rows: painted[rows], n_threads)


class Stack(NamedTuple):
    """Ellipses on a sheet in the order of painting, the largest first; all in pixels, y down."""

    centres: Array  # (n, 2)
    covariances: Array  # (n, 2, 2), of one standard deviation
    reach: Array  # (n,) standard deviations
    colours: Array  # (n, 3) in 0..255
    opacity: Array  # (n,) in 0..1


def stack(mixture: Mixture, sheet: Canvas, *, reach: Sequence[float], ink: str | Colour | None, alpha: float) -> Stack:
    """What `ellipses` paints."""
    rings = _rings(reach)
    opaque = share(alpha, "alpha")
    flat = plane(mixture)
    if ink is None and has_colour(mixture):
        colours, opacity = mixture.means[:, 2:].clip(0, 255), np.ones(mixture.n_components)
    else:
        pen = colour(INK if ink is None else ink, "ink")
        colours, opacity = np.tile(pen, (mixture.n_components, 1)), _density(flat)
    opacity = np.where(mixture.weights > 0, opacity, 0.0)
    covariances = flat.matrices * np.outer(sheet.scale, sheet.scale)
    ring = np.repeat(rings, len(covariances))  # (rings * k,)
    component = np.tile(np.arange(len(covariances)), len(rings))
    area = ring**2 * np.sqrt(np.linalg.det(covariances))[component]
    order = np.argsort(-area, kind="stable")
    ring, component = ring[order], component[order]
    return Stack(
        sheet.to_pixels(flat.means)[component],
        covariances[component],
        ring,
        np.asarray(colours[component], dtype=np.float64),
        opaque * rings.min() / ring * opacity[component],
    )


def _rings(reach: Sequence[float]) -> Array:
    try:
        rings = np.atleast_1d(np.array(reach, dtype=np.float64))
    except (TypeError, ValueError):
        rings = np.empty(0)
    if rings.ndim != 1 or not rings.size or not (np.isfinite(rings) & (rings > 0)).all():
        raise InputError(f"reach is {reach!r}: give one or more finite numbers of standard deviations > 0.")
    return rings


def _density(flat: Mixture) -> Array:
    """(k,) the opacity of each component in 0..1, from its density at its own mean."""
    return np.asarray(np.exp(0.5 * (flat.log_scales - flat.log_scales.max())))
