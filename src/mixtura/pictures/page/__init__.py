"""A mixture as one page of HTML that paints it in the browser, at any zoom and without a network."""

from __future__ import annotations

import base64
import json
from html import escape
from importlib import resources
from typing import Any

import numpy as np

from ...errors import InputError, named
from ...model.mixture import Mixture
from .. import palette
from ..canvas import canvas, colour, has_colour, plane
from ..colours import Colour
from ..field import Frame
from ..tone import Tone, parse_tone

LEVELS = 24
REACH = 6.0
MOST = 50_000
"""Components that a page holds at most: 3 MB of them."""


def views(mixture: Mixture) -> tuple[str, ...]:
    """The styles that a page can show of this mixture: mean of one with colours; grid and contour of any."""
    return ("mean", "grid", "contour") if has_colour(mixture) else ("grid", "contour")


def html(
    mixture: Mixture,
    style: str | None = None,
    *,
    frame: Frame,
    title: str = "Mixtura",
    tone: Tone | str = "linear",
    ink: str | Colour = "black",
    paper: str | Colour | None = None,
    colours: str = "viridis",
) -> str:
    """A self-contained page that paints the mixture with WebGL2: drag, zoom, and sliders.

    style: the view that it opens with, one of `views`; by default the first. frame: the part of the plane that is
    shown. title: of the page. tone: "linear" or "gamma:0.5", for grid; a slider changes it. ink: of grid. colours:
    of contour. paper: of both; by default white, and the first of the colours.
    At the size of the frame the page paints what `draw` does, but for rounding. The sliders scale the covariances
    (sharpness), change the tone, and leave out all but the heaviest components.
    Raises InputError for malformed arguments, and for a mixture of other than 2 or 5 coordinates.

    >>> import mixtura as mx
    >>> mix = mx.Mixture([0.5, 0.5], [[20, 20], [60, 30]], [[[90, 40], [40, 60]], [[50, 0], [0, 200]]])
    >>> mx.pictures.page.html(mix, frame=(0, 0, 80, 50))[:15]
    '<!doctype html>'
    """
    part = canvas(frame, (1, 1)).frame
    if mixture.n_coordinates not in (2, 5):
        raise InputError(
            f"the mixture has {mixture.n_coordinates} coordinates: a page shows 2 (x, y) or 5 (and colours)."
        )
    known = views(mixture)
    first = known[0] if style is None else style
    if first not in known:
        raise InputError(f"the style {first!r} is none that a page shows of this mixture: choose {' or '.join(known)}.")
    curve = check_tone(tone)
    model = _model(mixture)
    if len(model) > MOST:
        raise InputError(f"the mixture has {len(model):,} components, a page holds {MOST:,}: fit fewer.")
    shades = palette.colours(colours, LEVELS + 1).astype(np.float64)
    if paper is not None:
        shades[0] = colour(paper, "paper")
    data = {
        "frame": list(part),
        "colour": has_colour(mixture),
        "count": len(model),
        "views": [first, *(view for view in known if view != first)],
        "tone": curve.gamma if curve.kind == "gamma" else 1.0,
        "ink": _unit(colour(ink, "ink")),
        "paper": _unit(colour("white" if paper is None else paper, "paper")),
        "shades": _unit(shades),
        "reach": REACH,
        "model": base64.b64encode(model.tobytes()).decode(),
    }
    label = f"A mixture of {len(model):,} Gaussian{'s' * (len(model) != 1)}, painted"
    pieces = {
        "@TITLE@": escape(title),
        "@LABEL@": escape(label),
        "@STYLE@": _piece("page.css"),
        "@DATA@": json.dumps(data, separators=(",", ":")),
        "@SCRIPT@": _piece("page.js"),
    }
    page = _piece("page.html")
    before, rest = "", page
    while "@" in rest:  # in one pass, so that nothing inserted is read as a mark
        mark = next((name for name in pieces if rest[rest.index("@") :].startswith(name)), "@")
        text, rest = rest.split(mark, 1)
        before += text + pieces.get(mark, mark)
    return before + rest


def check_tone(tone: Tone | str) -> Tone:
    """The tone curve, if a page has a slider for it; InputError otherwise."""
    curve = parse_tone(tone)
    if curve.kind not in ("linear", "gamma"):
        raise InputError(
            f"{named('tone')} is {str(curve)!r}: a page (.html) has linear or gamma:0.5, and a slider to change it."
        )
    return curve


def _model(mixture: Mixture) -> np.ndarray[Any, np.dtype[np.float32]]:
    """(k, 6) or (k, 15) of the components that have weight, heaviest first: see page.js."""
    order = np.argsort(-mixture.weights, kind="stable")
    order = order[mixture.weights[order] > 0]
    flat = plane(mixture)
    # The factor and not the covariance: of a thin, slanted ellipse, float32 would lose the width.
    lower = np.linalg.cholesky(flat.matrices[order])
    columns = [np.log(mixture.weights[order])[:, None], mixture.means[order, :2]]
    columns.append(np.stack([lower[:, 0, 0], lower[:, 1, 0], lower[:, 1, 1]], axis=1))
    if has_colour(mixture):
        columns += [mixture.means[order, 2:], mixture.matrices[order, 2:, :2].reshape(len(order), 6)]
    table = np.concatenate(columns, axis=1).astype("<f4")
    return np.ascontiguousarray(table)


def _unit(colours: np.ndarray[Any, Any]) -> Any:
    return np.round(np.asarray(colours, dtype=np.float64) / 255, 5).tolist()


def _piece(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8").rstrip("\n")
