"""Pictures of mixtures as SVG: scalable, small, the same bytes every time.

A style is a function ``(mixture, *, frame, size, ...)`` that returns the text of an SVG file, and draws what `draw` has
under the same name. Browsers, Inkscape and plotters can open it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...model.mixture import Mixture
from .. import styles
from ..field import AnyFrame
from .outlines import contour
from .plotter import Plot, check_dots, dots
from .shapes import ellipses
from .soft import check_tone, grid, mean

Style = Callable[..., str]
STYLES: dict[str, Style] = {"contour": contour, "dots": dots, "grid": grid, "mean": mean, "ellipses": ellipses}
"""Every style, by name."""

__all__ = [
    "STYLES",
    "Plot",
    "check_dots",
    "check_tone",
    "contour",
    "dots",
    "ellipses",
    "grid",
    "mean",
    "options",
    "svg",
]


def svg(mixture: Mixture, style: str, *, frame: AnyFrame, size: tuple[int, int], **settings: Any) -> str:
    """Draw a mixture in a style.

    Parameters
    ----------
    mixture : Mixture
        Its first two coordinates are x and y.
    style : str
        One of `STYLES`.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the drawing, in SVG's user units (pixels, in which browsers show it unless told otherwise).
    **settings
        Those of the style, see `options` and the style's docstring.

    Returns
    -------
    str
        The text of an SVG file.

    Raises
    ------
    InputError
        If the style or a setting is unknown, or as the style raises it.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([0.5, 0.5], [[20, 20], [60, 30]], [[[90, 40], [40, 60]], [[50, 0], [0, 200]]])
    >>> mx.pictures.vector.svg(mix, "ellipses", frame=(0, 0, 80, 50), size=(80, 50))[:34]
    '<svg xmlns="http://www.w3.org/2000'
    """
    return styles.chosen(STYLES, style, settings, " in .svg")(mixture, frame=frame, size=size, **settings)


def options(style: str) -> tuple[str, ...]:
    """List the settings of a style.

    Parameters
    ----------
    style : str
        One of `STYLES`.

    Returns
    -------
    tuple of str
        Its parameters besides mixture, frame and size.

    Raises
    ------
    InputError
        If the style is unknown.
    """
    return styles.options(STYLES, style)
