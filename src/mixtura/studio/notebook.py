"""The door to the widget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from ..checks import extra, is_whole
from ..errors import InputError, named

if TYPE_CHECKING:
    from .cell import Studio

LOWEST, HIGHEST = 320, 4000  # CSS pixels of a cell


def widget(
    value: Any,
    data: Any = None,
    *,
    columns: Sequence[str | int] | None = None,
    kind: Literal["ink", "colour"] | None = None,
    name: str | None = None,
    height: int = 560,
) -> Studio:
    """Show data and their mixture in a cell of a notebook, where both can be worked on by hand.

    Parameters
    ----------
    value : array_like, frame, Points, picture, path, Mixture or Fit
        What to open. Points are a table of numbers (n, d), with NaN for a missing value, or a frame, of which columns
        of text are left out; a picture is an array (h, w, 3) or (h, w, 4) of numbers in 0..255, or an image of Pillow;
        a path is that of a picture, a table or a model.
    data : array_like, frame, Points, picture or path, optional
        The data of a mixture or a fit. Without them a mixture can be looked at and changed, but not be fitted.
    columns : sequence of str or int, optional
        The columns of a table to take, in this order, by name or by number.
    kind : {"ink", "colour"}, optional
        Whether the points of a picture are its dark pixels, or all pixels with their colours; by default as suits it.
    name : str, optional
        What the data are called in the studio, and in the names of files.
    height : int, default 560
        Of the cell, in CSS pixels, from 320 to 4000.

    Returns
    -------
    Studio
        An anywidget. Its `mixture` is that of the page, and can be assigned; `selection` are the components that are
        selected; `on_change` has a function called with each new mixture.

    Raises
    ------
    MissingExtraError
        If anywidget is not installed: ``pip install 'mixtura[notebook]'``.
    InputError
        If there is nothing here that can be opened, or the data have other coordinates than the mixture.
    PictureError, TableError, StorageError
        If a file cannot be read.

    Notes
    -----
    It works in Jupyter, in VS Code, and in marimo, where ``mo.ui.anywidget(widget)`` lets other cells depend on it. The
    mixture comes back when a component is let go and when a fit ends, not meanwhile. EM runs in a process of its own.

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
    from .given import opened_values

    if not is_whole(height) or not LOWEST <= height <= HIGHEST:
        raise InputError(f"{named('height')} is {height!r}: give a whole number from {LOWEST} to {HIGHEST}.")
    opened = opened_values(value, data, columns=columns, kind=kind, name=name)
    return Studio(opened, int(height))
