"""The door to the widget: what a notebook has in its hands becomes what the studio opens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..checks import extra, is_whole
from ..errors import InputError, named
from ..model.mixture import Mixture

if TYPE_CHECKING:
    from .cell import Studio

HEIGHTS = (320, 4000)


def widget(
    value: Any,
    data: Any = None,
    *,
    columns: Sequence[str | int] | None = None,
    name: str | None = None,
    height: int = 560,
) -> Studio:
    """Show data and their mixture in a cell of a notebook, where both can be worked on by hand.

    Parameters
    ----------
    value : array_like, frame, Points, picture, Mixture or Fit
        What to open. Points are a table of numbers (n, d), with NaN for a missing value, or a frame; a picture is an
        array (h, w, 3) or (h, w, 4) of numbers in 0..255, or an image of Pillow. Of a mixture or a fit, `data` may be
        what it describes.
    data : array_like, frame, Points or picture, optional
        The data of a mixture; without them it can be looked at and changed, but not be fitted.
    columns : sequence of str or int, optional
        The columns of a table to take, in this order, by name or by number.
    name : str, optional
        What the data are called in the studio and in the names of files.
    height : int, default 560
        Of the cell, in CSS pixels.

    Returns
    -------
    Studio
        An anywidget. Its `mixture` is the value of the page, and can be assigned; `selection` are the components that
        are selected; `on_change` has a function called with each new mixture.

    Raises
    ------
    MissingExtraError
        If anywidget is not installed: ``pip install 'mixtura[notebook]'``.
    InputError
        If there is nothing here that can be opened, or the data have other coordinates than the mixture.

    Notes
    -----
    It works in Jupyter, in VS Code, and in marimo, where ``mo.ui.anywidget(widget)`` lets other cells depend on it. The
    mixture comes back when a component is let go and when a fit ends.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([0.3, 0.7], [[0.0, 0.0], [4.0, 1.0]], [[[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.5], [0.5, 1.0]]])
    >>> w = mx.studio.widget(mix, mix.sample(500, rng=0))
    >>> w.mixture is mix
    True
    """
    extra("anywidget", "mixtura.studio.widget needs anywidget", "notebook")
    from .cell import Studio

    if not is_whole(height) or not HEIGHTS[0] <= height <= HEIGHTS[1]:
        raise InputError(f"{named('height')} is {height!r}: give a whole number from {HEIGHTS[0]} to {HEIGHTS[1]}.")
