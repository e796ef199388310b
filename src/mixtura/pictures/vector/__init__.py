"""Pictures of mixtures as SVG: sharp at any size, small, the same bytes every time.

A style is a function (mixture, *, frame, size, ...) -> str that draws what `draw` has under the same name, so that
browsers, Inkscape and plotters can open it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ...errors import InputError
from ...model.mixture import Mixture
from ..field import Frame
from .outlines import contour
from .shapes import check_dots, dots, ellipses
from .soft import check_tone, grid, mean

STYLES: dict[str, Callable[..., str]] = {
    "contour": contour,
    "dots": dots,
    "grid": grid,
    "mean": mean,
    "ellipses": ellipses,
}

__all__ = ["STYLES", "check_dots", "check_tone", "contour", "dots", "ellipses", "grid", "mean", "options", "svg"]


def svg(mixture: Mixture, style: str, *, frame: Frame, size: tuple[int, int], **settings: Any) -> str:
    """The mixture in a style of `STYLES`, as the text of an SVG file.

    frame: the part of the plane that is shown. size: (width, height), the units of the drawing (pixels, in which
    browsers show it unless told otherwise).
    settings: the style's own, see `options` and the style's docstring.
    Raises InputError for an unknown style or setting, and as the style does.

    >>> import mixtura as mx
    >>> mix = mx.Mixture([0.5, 0.5], [[20, 20], [60, 30]], [[[90, 40], [40, 60]], [[50, 0], [0, 200]]])
    >>> mx.pictures.vector.svg(mix, "ellipses", frame=(0, 0, 80, 50), size=(80, 50))[:34]
    '<svg xmlns="http://www.w3.org/2000'
    """
    known = options(style)
    for name in settings:
        if name not in known:
            raise InputError(f"the style {style} has no setting {name!r} in .svg: it knows {', '.join(known)}.")
    return STYLES[style](mixture, frame=frame, size=size, **settings)


def options(style: str) -> tuple[str, ...]:
    """The settings that a style knows beside frame and size; InputError when there is no such style."""
    if style not in STYLES:
        raise InputError(f"the style {style!r} is unknown: choose one of {', '.join(STYLES)}.")
    names = inspect.signature(STYLES[style]).parameters
    return tuple(name for name in names if name not in ("mixture", "frame", "size"))
