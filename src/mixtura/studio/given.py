"""What a person has in their hands, in Python, becomes what the studio opens."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..columns import is_frame
from ..em.loop import Fit
from ..errors import InputError, SourceError, named
from ..model.mixture import Mixture
from ..sources import opened as opened_source
from ..sources.points import Points
from . import opening
from .opening import Opened
from .table import kind_of

CHANNELS = (3, 4)


def opened_values(
    value: Any, data: Any = None, *, columns: Sequence[str | int] | None = None, kind: str | None = None,
    name: str | None = None,
) -> Opened:  # fmt: skip
    """Data, or a mixture or a fit and its data, as `mixtura.studio.widget` and `.page` take them; with the mixture."""
    if kind not in (None, "ink", "colour"):
        raise InputError(f"{named('kind')} is {kind!r}: give 'ink', 'colour' or None.")
    mixture = value.mixture if isinstance(value, Fit) else value if isinstance(value, Mixture) else None
    if mixture is None and data is not None:
        raise InputError(f"{named('value')} is no mixture, but there is {named('data')}: give a mixture first, or one.")
    opened = _opened(value if mixture is None else data, mixture, columns, kind, name)
    found = len(opened.head["columns"])
    if mixture is not None and mixture.means.shape[1] != found:
        raise InputError(
            f"{named('data')} has {found} coordinates, the mixture has {mixture.means.shape[1]}: choose as many "
            f"{named('columns')}."
        )
    return opening.holding(opened, mixture)


def _opened(
    given: Any, mixture: Mixture | None, columns: Sequence[str | int] | None, kind: str | None, name: str | None
) -> Opened:
    """What is open at first."""
    if given is None and mixture is not None:
        return opening.opened_model(mixture, name or "mixture")
    if isinstance(given, (str, os.PathLike)):
        return _file(Path(given), columns, kind, name)
    pixels = _pixels(given)
    if pixels is not None:
        return opening.opened_picture(pixels, kind, name or "picture")
    points = _points(given, columns, None if mixture is None else mixture.names)
    known = points.names or (None if mixture is None else mixture.names)
    return opening.opened_points(points.x, known, name or "points")


def _file(path: Path, columns: Sequence[str | int] | None, kind: str | None, name: str | None) -> Opened:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}): give a picture, a table or a model.") from None
    wanted = None if columns is None else [str(column) for column in columns]
    return opening.opened_file(content, name or path.name, kind=kind_of(path.suffix.lower()), mode=kind, columns=wanted)


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
