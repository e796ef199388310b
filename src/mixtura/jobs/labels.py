"""Which component each row belongs to, or each pixel of a picture, as a column of a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .standard import called

if TYPE_CHECKING:
    from ..model.mixture import Mixture

COMPONENT = "component"


def of_rows(mixture: Mixture, rows: Any, background: int | None = None, **how: Any) -> dict[str, Any]:
    """The column. background: the component whose rows are of none. how: as for `Mixture.predict`."""
    import numpy as np

    from ..em.background import unassigned

    return {COMPONENT: unassigned(np.asarray(mixture.predict(rows, **how)), background)}


def of_picture(mixture: Mixture, path: Path, *, max_pixels: int = 100_000_000, **how: Any) -> dict[str, Any]:
    """The column of the pixels of a picture, row by row, from the top. how: as for `Mixture.predict`."""
    from .progress import unwatched
    from .reading import Reading, read_image

    if mixture.n_coordinates != 5:
        raise InputError(
            f"{called(path)} is a picture, whose pixels have place and colour, 5 numbers each, but the model "
            f"has {mixture.n_coordinates}: give the model of a colour picture."
        )
    read = read_image(path, Reading(kind="colour", max_pixels=max_pixels), unwatched)
    return of_rows(mixture, read.points, **how)
