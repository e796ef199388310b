"""A mixture, or the way from one to another, as one HTML page that paints it at any zoom and without a network."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib import resources
from typing import Any

import numpy as np

from ...arrays import Numbers, Singles
from ...errors import InputError, named
from ...model.mixture import Mixture
from .. import palette
from ..canvas import colour, has_colour
from ..colours import Colour
from ..field import AnyFrame, Frame, plane
from ..passage import ways
from ..tone import Tone, parse_tone
from .compact import reached
from .modules import filled, joined, palettes, scripts

LEVELS = 24  # contours
REACH = 6.0  # standard deviations: where the outermost contour lies
MOST = 50_000
"""Components that a page can hold: 3 MB of them."""


VIEWS = ("mean", "grid", "contour")
"""The styles that a page shows; mean where there are colours."""
SETTINGS = ("tone", "ink", "paper", "colours")
"""What pages of any kind can be given beside the style, the frame and a title."""


def views(mixture: Mixture) -> tuple[str, ...]:
    """List the styles that a page can show of a mixture.

    Parameters
    ----------
    mixture : Mixture
        Of 2 coordinates (x, y) or 5 (and r, g, b).

    Returns
    -------
    tuple of str
        ``"mean"`` for one with colours; ``"grid"`` and ``"contour"`` for any.
    """
    return VIEWS if has_colour(mixture) else VIEWS[1:]


def html(
    mixture: Mixture,
    style: str | None = None,
    *,
    frame: AnyFrame,
    title: str = "Mixtura",
    tone: Tone | str = "linear",
    ink: str | Colour = "black",
    paper: str | Colour | None = None,
    colours: str = "viridis",
) -> str:
    """Make a self-contained page that paints the mixture with WebGL2, with drag, zoom and sliders.

    Parameters
    ----------
    mixture : Mixture
        Of 2 coordinates (x, y) or 5 (and r, g, b).
    style : str, optional
        The view that it opens with, one of `views`; by default the first.
    frame : Frame
        The part of the plane that is shown.
    title : str, default "Mixtura"
        Of the page.
    tone : Tone or str, default "linear"
        Of grid: ``"linear"``, ``"gamma:0.5"``, or black from a density on, ``"0:255,0.25:0,1:0"``; a slider changes it.
    ink : str or tuple of int, default "black"
        Of grid.
    paper : str or tuple of int, optional
        Of grid and contour; by default white, and the first of the colours.
    colours : str, default "viridis"
        Colour map of contour, see `palette.NAMES`.

    Returns
    -------
    str
        The text of an HTML file.

    Raises
    ------
    InputError
        If an argument is malformed, or the mixture has other than 2 or 5 coordinates or more than `MOST` components.

    Notes
    -----
    At the size of the frame the page paints what `draw` does, up to rounding. The sliders scale the covariances
    (sharpness), change the tone, and leave out all but the heaviest components.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([0.5, 0.5], [[20, 20], [60, 30]], [[[90, 40], [40, 60]], [[50, 0], [0, 200]]])
    >>> mx.pictures.page.html(mix, frame=(0, 0, 80, 50))[:15]
    '<!doctype html>'
    """
    if mixture.n_coordinates not in (2, 5):
        raise InputError(
            f"the mixture has {mixture.n_coordinates} coordinates: a page shows 2 (x, y) or 5 (and colours)."
        )
    model = _model(mixture)
    _check_count(len(model))
    label = f"A mixture of {len(model):,} Gaussian{'s' * (len(model) != 1)}, painted"
    models = {"count": len(model), "model": _encoded(model)}
    look: dict[str, Any] = {"tone": tone, "ink": ink, "paper": paper, "colours": colours}
    return _page(mixture, style, models, title, label, frame=frame, **look)


def morph(
    mixtures: Sequence[Mixture], style: str | None = None, *, frame: AnyFrame, title: str = "Mixtura", **settings: Any
) -> str:
    """Make a page with a slider that turns mixtures into each other, in the same way as `film.morph`.

    Parameters
    ----------
    mixtures : sequence of Mixture
        Two at least, of 2 coordinates (x, y) or 5 (and r, g, b).
    style : str, optional
        The view that it opens with, one of `views`; by default the first.
    frame : Frame
        The part of the plane that is shown.
    title : str, default "Mixtura"
        Of the page.
    **settings
        tone, ink, paper and colours, as for `html`.

    Returns
    -------
    str
        The text of an HTML file.

    Raises
    ------
    InputError
        If an argument is malformed, or a way joins more than `MOST` pairs of components.
    """
    tables = [way.table() for way in ways(mixtures, Frame.checked(frame))]
    count = max(map(len, tables))
    _check_count(count)
    label = f"{len(mixtures)} mixtures that turn into each other, painted"
    models = {"count": count, "ways": [_encoded(table.astype("<f4")) for table in tables]}
    return _page(mixtures[0], style, models, title, label, frame=frame, **settings)


def _page(
    mixture: Mixture,
    style: str | None,
    models: dict[str, Any],
    title: str,
    label: str,
    *,
    frame: AnyFrame,
    tone: Tone | str = "linear",
    ink: str | Colour = "black",
    paper: str | Colour | None = None,
    colours: str = "viridis",
) -> str:
    """The page of models as page.js reads them. mixture: one of them."""
    known = views(mixture)
    first = known[0] if style is None else style
    if first not in known:
        raise InputError(f"the style {first!r} is none that a page shows of this mixture: choose {' or '.join(known)}.")
    curve = check_tone(tone)
    shades = palette.colours(colours, LEVELS + 1).astype(np.float64)
    if paper is not None:
        shades[0] = colour(paper, "paper")
    data = {
        "frame": list(Frame.checked(frame)),
        "colour": has_colour(mixture),
        "views": [first, *(view for view in known if view != first)],
        "tone": curve.gamma if curve.kind == "gamma" else 1.0,
        "black": curve.points[1][0] if curve.kind == "points" else 1.0,
        "ink": _unit(colour(ink, "ink")),
        "paper": _unit(colour("white" if paper is None else paper, "paper")),
        "shades": _unit(shades),
        "reach": REACH,
        **models,
    }
    pieces = {
        "@TITLE@": escape(title),
        "@LABEL@": escape(label),
        "@STYLE@": _piece("page.css"),
        "@TIME@": _piece("time.html") if "ways" in models else "",
        "@DATA@": json.dumps(data, separators=(",", ":")),
        "@SCRIPT@": "'use strict';\n" + _script(),
    }
    return filled(_piece("page.html"), pieces)


def _check_count(count: int) -> None:
    if count > MOST:
        raise InputError(f"the mixture has {count:,} components, a page holds {MOST:,}: fit fewer.")


def check_tone(tone: Tone | str) -> Tone:
    """Read a tone curve that a page has a slider for.

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
        If the curve is none of linear, gamma, and linear until it is black.
    """
    curve = parse_tone(tone)
    ends = [(s, grey) for s, grey in curve.points[::2]] if len(curve.points) == 3 else []
    linear = ends == [(0, 255), (1, 0)] and curve.points[1][0] > 0 and curve.points[1][1] == 0
    if curve.kind not in ("linear", "gamma") and not linear:
        raise InputError(
            f"{named('tone')} is {str(curve)!r}: a page (.html) has linear, gamma:0.5 or 0:255,0.25:0,1:0, and a "
            f"slider to change it."
        )
    return curve


def _model(mixture: Mixture) -> Singles:
    """(k, 6) or (k, 15) of the components that have weight, heaviest first: see page.js."""
    order = np.argsort(-mixture.weights, kind="stable")
    order = order[mixture.weights[order] > 0]
    flat = plane(mixture)
    # The factor and not the covariance: of a thin, slanted ellipse, float32 would lose the width.
    factors = np.linalg.cholesky(flat.matrices[order])
    columns = [np.log(mixture.weights[order])[:, None], mixture.means[order, :2]]
    columns.append(np.stack([factors[:, 0, 0], factors[:, 1, 0], factors[:, 1, 1]], axis=1))
    if has_colour(mixture):
        columns += [mixture.means[order, 2:], mixture.matrices[order, 2:, :2].reshape(len(order), 6)]
    table = np.concatenate(columns, axis=1).astype("<f4")
    return np.ascontiguousarray(table)


def _encoded(table: Singles) -> str:
    return base64.b64encode(table.tobytes()).decode()


def _unit(colours: Numbers) -> Any:
    return np.round(np.asarray(colours, dtype=np.float64) / 255, 5).tolist()


def _piece(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8").rstrip("\n")


@cache
def _script() -> str:
    """What is reached of page.js and all that it imports; the page has its own shades, and no need of the maps."""
    return reached(joined(_piece("page.js") + "\n", {**scripts(), "palettes.js": palettes([])}))
