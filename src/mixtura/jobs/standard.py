"""Standard input and output, which are written as "-": read and written by every job as files are."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, named
from ..writing import STANDARD

if TYPE_CHECKING:
    from ..model.mixture import Mixture


class StandardInput(io.BytesIO):
    """All that standard input gave, as an open file."""

    name = "standard input"


def opened(path: Path) -> Path | StandardInput:
    """What to read: the path itself, or what standard input gives."""
    return StandardInput(sys.stdin.buffer.read()) if path == STANDARD else path


def called(path: Path) -> str:
    """What messages call a path."""
    return StandardInput.name if path == STANDARD else str(path)


def default_name(path: Path, ending: str, *, stem: str | None = None, parameter: str = "output") -> Path:
    """The name of a result that was given none: the stem of what was read and an ending, in this folder.

    Raises InputError for standard input, whose name says nothing. parameter: the one that gives the result a name.
    """
    if path == STANDARD:
        raise InputError(
            f"what is made of standard input has no name of its own: give it one with {named(parameter)}, such as "
            f"{named(parameter, 'result' + Path('x' + ending).suffix)}."
        )
    return Path(f"{stem or path.stem}{ending}")


def told_apart(path: Path, word: object) -> Path:
    """The name of one of several results: the one that was given, with a word before its extension."""
    if path == STANDARD:
        raise InputError(
            f"standard output takes one result, and several are asked for: give {named('output')} the name of a file."
        )
    return path.with_name(f"{path.stem}-{word}{path.suffix}")


def model_in(path: Path) -> Mixture:
    """The mixture in a model file. Raises StorageError."""
    from ..model.storage import load

    return load(opened(path))
