"""What commands read rows with, and write answers to: tables in the columns of a model."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import InputError, named
from ..jobs.standard import called, legible, told_in
from ..writing import STANDARD, check_apart, check_target, is_stream
from .frame import columns_of
from .options import names

if TYPE_CHECKING:
    from ..em.notes import Told
    from ..model.mixture import Mixture
    from ..sources.source import Source
    from ..sources.whole import Cursor

Part = TypeVar("Part")


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
    noise: str | None = None,
) -> Source:
    """The rows of a table, in the columns `known` of a model: by name, or as they are asked for if these differ.

    called_so: the names that the model has for these columns, if it has names. noise: see `errors_of_rows`.
    """
    from ..sources import opened
    from ..sources.noise import measured
    from . import errors_of_rows

    chosen = in_order(columns, known, called_so)
    if called_so is None:
        chosen = errors_of_rows.others(noise, table, chosen, sample_weight, header)
    like = called_so if chosen is None else None
    if errors_of_rows.in_columns(noise) is not None:
        twice(table, errors_of_rows.NAME)
    found = opened(table, sample_weight, columns=chosen, like=like, header=header, missing=missing)
    d = found.survey().d
    if d != len(known):
        raise InputError(
            f"{called(table)} has {d} columns, the model has {len(known)}: choose as many with {named('columns')}."
        )
    errors = errors_of_rows.of_rows(noise, table, found, header)
    found = found.renamed(called_so)
    return found if errors is None else measured(found, errors)


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


def answer(output: Path, blocks: Iterable[Mapping[str, Any]]) -> None:
    """Write a table, some rows at a time; on a terminal, with names that cannot move its cursor."""
    from ..sources.tables import write_blocks

    here = output == STANDARD and sys.stdout.isatty()
    write_blocks(
        output, ({legible(name) if here else name: values for name, values in each.items()} for each in blocks)
    )


def some_rows(parts: Iterator[Part], called: str) -> Iterator[Part]:
    """The parts of a table. Raises InputError where there are none."""
    first = next(parts, None)
    if first is None:
        raise InputError(f"{called} holds no rows: at least one is needed.")
    return itertools.chain([first], parts)


def twice(table: Path, parameter: str) -> None:
    """Let a table be read twice, as a parameter asks. Raises InputError for a pipe that has a name."""
    from ..sources.text import keep_standard_input

    if table == STANDARD:
        keep_standard_input()
    elif is_stream(table):
        raise InputError(
            f"{named(parameter)} reads the table twice, which the pipe {table} does not allow: give a file, or send it "
            f"to standard input and give -."
        )


def carried(table: Path, keep: str | None, output: Path | None, header: bool) -> Cursor | None:
    """The columns of a table that are to stand beside an answer to each of its rows; None for none.

    Standard input is kept then, so that it can be read for its numbers too.
    """
    wanted = names(keep, "keep")
    if wanted is None:
        return None
    if output is None:
        raise InputError(f"{named('keep')} is about the table that is written: give {named('output')} too.")
    from ..sources.whole import Cursor, whole

    twice(table, "keep")
    rows = whole(table, header)
    typed = output.suffix.lower() == ".parquet"
    return Cursor(rows, rows.names if wanted == ["all"] else wanted, typed=typed)


def beside(answers: Mapping[str, Any], more: Cursor | None, rows: Sequence[int] | None = None) -> dict[str, Any]:
    """Columns that are carried along, and answers behind them. rows: their numbers; by default those that follow.

    Raises InputError where two columns have one name.
    """
    if more is None:
        return dict(answers)
    both = next((name for name in answers if name in more.names), None)
    if both is not None:
        raise InputError(
            f"the table has a column {both!r}, and so has the answer: give it another name, or leave it out of "
            f"{named('keep')}."
        )
    return {**(more.take(len(next(iter(answers.values())))) if rows is None else more.at(rows)), **answers}
