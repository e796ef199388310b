"""`mixtura fit --film FILE`: the steps of a fit to a table, as a film."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError, named
from ..jobs.standard import called
from ..writing import check_target
from .options import names


def checked(film_output: Path | None, axes: str | None, size: int | None, n_init: int) -> Path | None:
    """The film that is asked for, if it can be written there: asked before any work."""
    from ..pictures.film import FILM_KINDS

    if film_output is None:
        for name, value in (("axes", axes), ("size", size)):
            if value is not None:
                raise InputError(f"{named(name)} is for a film: add {named('film_output', 'FILE.webp')}.")
        return None
    if n_init > 1:
        raise InputError(
            f"{named('film_output')} shows one climb, and {named('n_init')} is {n_init}: leave one of them out."
        )
    return check_target(film_output, FILM_KINDS, standard=False)


def places(axes: str | None, table: Path, known: Sequence[str]) -> list[int]:
    """The two columns that are shown, by number: those that are named, else the first two."""
    from ..sources.tables import column

    wanted = names(axes, "axes")
    if wanted is not None and not len(set(wanted)) == len(wanted) == 2:
        raise InputError(f"{named('axes')} is {axes!r}: give the names of two different columns, such as x,y.")
    if len(known) < 2:
        raise InputError(f"{named('film_output')} shows two columns, and {called(table)} has one: leave it out.")
    return [0, 1] if wanted is None else [column(name, known, called(table)) for name in wanted]
