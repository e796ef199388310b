"""Pictures of mixtures: every style under its name.

A style is a function ``(mixture, *, frame, size, ...)`` that returns sRGB pixels (h, w, 3) uint8. `frame` is the part
of the plane that is shown, `size` the (width, height) of the output in pixels; neither depends on the other, nor on the
picture that was fitted. The first two coordinates of a mixture are x and y, in pixels, y down; of five, the others are
r,
g and b in 0..255.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..model.mixture import Mixture
from . import styles
from .canvas import Pixels
from .contours import contour
from .dots import dots
from .ellipses import ellipses
from .field import AnyFrame
from .grids import grid, mean

Style = Callable[..., Pixels]
STYLES: dict[str, Style] = {"contour": contour, "dots": dots, "grid": grid, "mean": mean, "ellipses": ellipses}
"""Every style, by name."""

__all__ = ["STYLES", "contour", "dots", "ellipses", "grid", "mean", "options", "picture", "sharpen"]


def picture(mixture: Mixture, style: str, *, frame: AnyFrame, size: tuple[int, int], **settings: Any) -> Pixels:
    """Paint a mixture in a style.

    Parameters
    ----------
    mixture : Mixture
        Its first two coordinates are x and y.
    style : str
        One of `STYLES`.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the output, in pixels.
    **settings
        Those of the style, see `options` and the style's docstring.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        sRGB values, which a notebook shows as a picture.

    Raises
    ------
    InputError
        If the style or a setting is unknown, or as the style raises it.
    """
    return styles.chosen(STYLES, style, settings)(mixture, frame=frame, size=size, **settings)


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


def sharpen(mixture: Mixture, factor: float) -> Mixture:
    """Scale every covariance of a mixture, which sharpens or softens what is drawn of it.

    Parameters
    ----------
    mixture : Mixture
        Of any number of coordinates.
    factor : float
        > 0; below 1, 0.6 say, pictures are sharper.

    Returns
    -------
    Mixture

    Raises
    ------
    InputError
        If the factor is not a finite number > 0.

    Notes
    -----
    In a mixture with colours, the regression of colours on place stays the same within each component, and dots scatter
    less in place and colour; the borders between components become crisper in the conditional mean.
    """
    return mixture if factor == 1 else mixture.scale_covariances(factor)
