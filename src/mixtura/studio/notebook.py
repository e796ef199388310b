"""The door to the widget: what a notebook has in its hands becomes what the studio opens."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..checks import extra, is_whole
from ..columns import is_frame
from ..em.loop import Fit
from ..errors import InputError, SourceError, named
from ..model.mixture import Mixture
from ..sources import opened as opened_source
from ..sources.points import Points

if TYPE_CHECKING:
    from .cell import Studio
    from .opening import Opened

LOWEST, HIGHEST = 320, 4000  # CSS pixels of a cell
CHANNELS = (3, 4)


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

    if not is_whole(height) or not LOWEST <= height <= HIGHEST:
        raise InputError(f"{named('height')} is {height!r}: give a whole number from {LOWEST} to {HIGHEST}.")
    if kind not in (None, "ink", "colour"):
        raise InputError(f"{named('kind')} is {kind!r}: give 'ink', 'colour' or None.")
    mixture = value.mixture if isinstance(value, Fit) else value if isinstance(value, Mixture) else None
    if mixture is None and data is not None:
        raise InputError(f"{named('value')} is no mixture, but there is {named('data')}: give a mixture first, or one.")
    opened = _opened(value if mixture is None else data, mixture, columns, kind, name)
    mixture = mixture or opened.mixture
    found = len(opened.head["columns"])
    if mixture is not None and mixture.means.shape[1] != found:
        raise InputError(
            f"{named('data')} has {found} coordinates, the mixture has {mixture.means.shape[1]}: choose as many "
            f"{named('columns')}."
        )
    return Studio(opened, mixture, int(height))


def _opened(
    given: Any, mixture: Mixture | None, columns: Sequence[str | int] | None, kind: str | None, name: str | None
) -> Opened:
    """What is open at first."""
    from . import opening

    if given is None and mixture is not None:
        return opening.opened_model(mixture, name or "mixture")
    if isinstance(given, (str, os.PathLike)):
        return _file(Path(given), columns, kind, name)
    pixels = _pixels(given)
    if pixels is not None:
        return opening.opened_picture(pixels, kind, name or "picture")
    points = _points(given, columns, None if mixture is None else mixture.names)
    return opening.opened_points(points.x, points.names, name or "points")


def _file(path: Path, columns: Sequence[str | int] | None, kind: str | None, name: str | None) -> Opened:
    from . import opening

    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}): give a picture, a table or a model.") from None
    ending = path.suffix.lower()
    what = next((what for what, endings in opening.ENDINGS.items() if ending in endings), "picture")
    wanted = None if columns is None else [str(column) for column in columns]
    return opening.opened_file(content, name or path.name, kind=what, mode=kind, columns=wanted)


def _pixels(given: Any) -> Any:
    """An array (h, w, 3 or 4), or None for what is no picture."""
    if hasattr(given, "getbands") and hasattr(given, "convert"):  # an image of Pillow
        given = given.convert("RGBA" if given.has_transparency_data else "RGB")
    elif len(getattr(given, "shape", ())) != 3 or given.shape[2] not in CHANNELS:
        return None
    return np.asarray(given)


def _points(given: Any, columns: Sequence[str | int] | None, like: Sequence[str] | None) -> Points:
    """Rows in memory. like: the columns of a mixture; else those of numbers are taken of a frame."""
    if columns is None and is_frame(given):
        known = [str(label) for label in (given.column_names if hasattr(given, "column_names") else given.columns)]
        columns = list(like) if like is not None and set(like) <= set(known) else _of_numbers(given, known)
    source = opened_source(given, columns=columns, missing=True)
    if not isinstance(source, Points):
        raise InputError("the data are read in blocks, and the studio holds them in memory: give a sample of the rows.")
    if source.weight is not None or source.noise is not None:
        raise InputError("the data have weights or errors of measurement, which the studio knows not: leave them out.")
    return source


def _of_numbers(frame: Any, known: list[str]) -> list[str]:
    """The columns of a frame that can be read as numbers; where none can, all, for the error that tells."""
    found = []
    for label in known:
        try:
            opened_source(frame, columns=[label], missing=True)
        except InputError:
            continue
        found.append(label)
    return found or known
