"""`--noise-covariance`: with which error each row of a table is measured, in columns beside it or in a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, listed, named, said, shown
from ..jobs.standard import called
from .options import names
from .tables import twice

if TYPE_CHECKING:
    from ..sources.source import Source

NAME = "noise_covariance"


def in_columns(text: str | None) -> dict[str, str] | None:
    """Which column holds the errors of which, as in x=x_err,y=y_err; None where it is not given, or is a file."""
    if text is None or "=" not in text or Path(text).is_file():
        return None
    found: dict[str, str] = {}
    for word in names(text, NAME) or ():
        name, sign, its = (part.strip() for part in word.partition("="))
        if not (name and sign and its):
            raise InputError(
                f"{named(NAME)} is {text!r}: give the columns of errors as x=x_err,y=y_err, or a file of variances."
            )
        if name in found:
            raise InputError(f"{named(NAME)} gives the errors of {shown(name)} twice: give them once.")
        found[name] = its
    return found


def others(
    noise: str | None, table: Path, columns: Sequence[str] | None, weight: str | None, header: bool
) -> Sequence[str] | None:
    """The columns that are read: those asked for; by default all but those of weights and errors."""
    from ..sources.whole import column_names

    pairs = in_columns(noise)
    if columns is not None or pairs is None:
        return columns
    twice(table, NAME)
    return [name for name in column_names(table, header) if name != weight and name not in pairs.values()]


def of_rows(noise: str | None, table: Path, rows: Source, header: bool) -> Any:
    """The variances (n, d) of the errors of all rows, or what a file holds; None where nothing is given."""
    import numpy as np

    from ..sources import opened
    from ..sources.naming import coordinate_names
    from ..sources.text import keep_standard_input
    from ..writing import STANDARD

    if noise is None:
        return None
    pairs, survey = in_columns(noise), rows.survey()
    known = coordinate_names(rows.names, survey.d)
    if pairs is None:
        return _in_file(Path(noise), known)
    wrong = next((name for name in pairs if name not in known), None)
    if wrong is not None:
        raise InputError(f"{named(NAME)} gives errors of {shown(wrong)}, but the columns are {listed(known)}.")
    if table == STANDARD:
        keep_standard_input()
    there = [i for i, name in enumerate(known) if name in pairs]
    variances = np.zeros((survey.n, survey.d))
    first = 0
    for block in opened(table, columns=[pairs[known[i]] for i in there], header=header, missing=True).blocks():
        if (block.x < 0).any():
            row, place = np.argwhere(block.x < 0)[0]
            raise InputError(
                f"{called(table)}: column {shown(pairs[known[there[place]]])} is {block.x[row, place]:g} in row "
                f"{first + row + 1}: an error is a standard deviation >= 0; leave the field empty where nothing is "
                f"known."
            )
        variances[first : first + block.n, there] = np.square(block.x)
        first += block.n
    return variances


def _in_file(path: Path, known: Sequence[str]) -> Any:
    """The variances of all rows or of each row, by name where the table has names; a .npy also of matrices."""
    import numpy as np

    from ..sources import opened
    from ..sources.whole import column_names

    if path.suffix.lower() == ".npy":
        try:
            return np.load(path, mmap_mode="r")
        except Exception as error:
            raise InputError(f"{named(NAME)} {path} cannot be read as an array ({said(error)}).") from None
    there = column_names(path)
    like = [name for name in known if name in there] == list(known)
    table = opened(path, columns=list(known) if like else None, missing=True)
    x = np.concatenate([block.x for block in table.blocks()])
    return x[0] if len(x) == 1 else x
