"""What commands read rows with, and write answers to: tables in the columns of a model."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, named
from ..jobs.standard import called, legible, told_in
from ..writing import STANDARD, check_apart, check_target
from .frame import columns_of
from .options import names

if TYPE_CHECKING:
    from ..em.notes import Told
    from ..model.mixture import Mixture
    from ..sources.source import Source
    from ..sources.whole import Whole


def opened_beside(model: Path, table: Path, mixture: Mixture, *, header: bool) -> Source:
    """The rows of a table in the columns of a model; values may be missing."""
    check_one_standard(model, table)
    return opened_rows(table, columns_of(mixture), mixture.names, None, header=header, missing=True)


def check_one_standard(model: Path, table: Path) -> None:
    """Raise InputError where both would be read from standard input."""
    if model == table == STANDARD:
        raise InputError("MODEL and TABLE are both -: standard input can be one of them; give the other as a file.")


def model_beside(model: Path, table: Path) -> Told:
    """What is in a file. Raises InputError where the table would be read from standard input as well."""
    check_one_standard(model, table)
    return told_in(model)


def opened_rows(
    table: Path,
    known: Sequence[str],
    called_so: tuple[str, ...] | None,
    columns: str | None,
    sample_weight: str | None = None,
    *,
    header: bool,
    missing: bool,
) -> Source:
    """The rows of a table, in the columns `known` of a model: by name, or as they are asked for if these differ.

    called_so: the names that the model has for these columns, if it has names.
    """
    from ..sources import opened

    chosen = in_order(columns, known, called_so)
    like = called_so if chosen is None else None
    found = opened(table, sample_weight, columns=chosen, like=like, header=header, missing=missing)
    d = found.survey().d
    if d != len(known):
        raise InputError(
            f"{called(table)} has {d} columns, the model has {len(known)}: choose as many with {named('columns')}."
        )
    return found.renamed(called_so)


def in_order(columns: str | None, known: Sequence[str], model: Sequence[str] | None) -> Sequence[str] | None:
    """The columns that are asked for: by name if they are the `known` of the model, by place if they are others.

    model: all names that the model has, if it has names. Some of its columns and others beside would be mistaken.
    """
    chosen = names(columns)
    if chosen is None or sorted(chosen) == sorted(known):
        return None if chosen is None else known
    if len(set(chosen)) == len(known) and set(chosen) & set(model or ()):
        raise InputError(
            f"{named('columns')} is {','.join(chosen)}, but the model knows {','.join(known)}: give these, or as many "
            f"that have other names."
        )
    return chosen


def check_table(path: Path, source: Path) -> None:
    """Raise unless a table can be written to `path`, and it is not what is read."""
    from ..sources.tables import KINDS, check_writable

    check_apart(source, [check_target(path, KINDS)])
    check_writable(path)


def answer(output: Path, columns: Mapping[str, Any]) -> None:
    """Write a table; on a terminal, with names that cannot move its cursor."""
    from ..sources.tables import write

    here = output == STANDARD and sys.stdout.isatty()
    write(output, {legible(name) if here else name: values for name, values in columns.items()})


def kept(rows: Whole, keep: str | None) -> dict[str, Any]:
    """The columns that are to stand beside an answer."""
    wanted = names(keep, "keep")
    return {} if wanted is None else rows.taken(rows.names if wanted == ["all"] else wanted)


def beside(answers: Mapping[str, Any], carried: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that are carried along, and answers behind them. Raises InputError where two have one name."""
    twice = next((name for name in answers if name in carried), None)
    if twice is not None:
        raise InputError(
            f"the table has a column {twice!r}, and so has the answer: give it another name, or leave it out of "
            f"{named('keep')}."
        )
    return {**carried, **answers}


def carried(table: Path, keep: str | None, output: Path | None, header: bool) -> dict[str, Any]:
    """The columns of a table that are to stand beside an answer to each of its rows."""
    if keep is None:
        return {}
    if output is None:
        raise InputError(f"{named('keep')} is about the table that is written: give {named('output')} too.")
    if table == STANDARD:
        raise InputError(f"{named('keep')} reads the table a second time, which standard input forbids: give a file.")
    from ..sources.whole import whole

    return kept(whole(table, header), keep)
