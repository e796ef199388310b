"""Pictures of mixtures: every style under its name.

A style is a function (mixture, *, frame, size, ...) -> (h, w, 3) uint8 sRGB. `frame` is the part of the plane
that is shown, `size` the (width, height) of the output in pixels; neither depends on the other, nor on the
picture that was fitted. The first two coordinates of a mixture are x and y, in pixels, y down; of five, the
others are r, g and b in 0..255.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..errors import InputError
from ..model.mixture import Mixture
from .canvas import Pixels
from .contours import contour
from .dots import dots
from .ellipses import ellipses
from .field import Frame
from .grids import grid, mean

STYLES: dict[str, Callable[..., Pixels]] = {
    "contour": contour,
    "dots": dots,
    "grid": grid,
    "mean": mean,
    "ellipses": ellipses,
}

__all__ = ["STYLES", "contour", "dots", "ellipses", "grid", "mean", "options", "picture", "sharpen"]


def picture(mixture: Mixture, style: str, *, frame: Frame, size: tuple[int, int], **settings: Any) -> Pixels:
    """The mixture in a style of `STYLES`, (h, w, 3) uint8 sRGB.

    frame: the part of the plane that is shown. size: (width, height) of the output, in pixels.
    settings: the style's own, see `options` and the style's docstring.
    Raises InputError for an unknown style or setting, and as the style does.
    """
    known = options(style)
    for name in settings:
        if name not in known:
            raise InputError(f"the style {style} has no setting {name!r}: it knows {', '.join(known)}.")
    return STYLES[style](mixture, frame=frame, size=size, **settings)


def options(style: str) -> tuple[str, ...]:
    """The settings that a style knows beside frame and size; InputError when there is no such style."""
    if style not in STYLES:
        raise InputError(f"the style {style!r} is unknown: choose one of {', '.join(STYLES)}.")
    names = inspect.signature(STYLES[style]).parameters
    return tuple(name for name in names if name not in ("mixture", "frame", "size"))


def sharpen(mixture: Mixture, factor: float) -> Mixture:
    """The mixture with every covariance times `factor` > 0: below 1, 0.6 say, what is drawn of it is sharper.

    Of a colour mixture, colours keep their slopes within each component, and dots scatter less in place and
    colour; the borders between components become crisper in the conditional mean.
    Raises InputError when `factor` is not a finite number > 0.
    """
    return mixture if factor == 1 else mixture.scale_covariances(factor)
