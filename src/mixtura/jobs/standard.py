"""What is read and written as a stream: "-", which is standard input or output, pipes and devices."""

from __future__ import annotations

import errno
import io
import os
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, named
from ..writing import STANDARD, check_standard_input, is_allowed, is_stream

if TYPE_CHECKING:
    from ..em.notes import Told
    from ..model.mixture import Mixture


class Stream(io.BytesIO):
    """All that standard input gave, or a pipe, as an open file with a name."""

    def __init__(self, content: bytes, name: str = "standard input") -> None:
        super().__init__(content)
        self.name = name


def opened(path: Path) -> Path | Stream:
    """What to read: the path itself, or all that a stream gives. Raises InputError for what cannot be read."""
    try:
        if path == STANDARD:
            check_standard_input()
            return Stream(sys.stdin.buffer.read())
        if is_stream(path):
            return Stream(path.read_bytes(), str(path))
        if path.stat() and not is_allowed(path, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except (FileNotFoundError, NotADirectoryError):
        return path  # whoever reads it says what should be there
    except OSError as error:
        raise InputError(f"{called(path)} cannot be read ({error.strerror or error}): give another file.") from None
    return path


def called(path: Path) -> str:
    """What messages call a path."""
    return "standard input" if path == STANDARD else str(path)


def legible(text: str) -> str:
    """A stranger's text as it can be shown anywhere: what would move the cursor, hide or reverse letters is escaped."""
    return "".join(letter if _is_plain(letter) else letter.encode("unicode_escape").decode() for letter in text)


def default_name(path: Path, ending: str, *, stem: str | None = None, parameter: str = "output") -> Path:
    """The name of a result that was given none: the stem of what was read and an ending, in this folder.

    Raises InputError for standard input and the like, whose names say nothing. parameter: the one that gives the
    result a name.
    """
    if is_stream(path) and not path.suffix:
        raise InputError(
            f"what is made of {called(path)} has no name of its own: give it one with {named(parameter)}, such as "
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


def told_in(path: Path) -> Told:
    """The mixture in a model file, and what the file tells beside. Raises StorageError."""
    from ..em.notes import told
    from ..model.storage import load_with_notes

    return told(*load_with_notes(opened(path)), called(path))


def _is_plain(letter: str) -> bool:
    return letter.isprintable() or unicodedata.category(letter) in ("Zs", "Cn", "Co")
