"""Where results go: a target is checked before the work begins, and appears whole or not at all.

"-" is standard output.
"""

from __future__ import annotations

import io
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .errors import InputError, MixturaError, OutputError

PathLike = str | os.PathLike[str]
STANDARD = Path("-")


def check_target(path: PathLike, kinds: Sequence[str], *, standard: bool = True) -> Path:
    """The target as a Path, if a file of one of these kinds can be written there: asked before any work.

    kinds: the extensions that are known, lower case with their dot: (".png", ".jpg"). Case does not matter in
    `path`. Nothing is created or touched. Raises InputError for an unknown extension, OutputError for a
    folder that is missing or cannot be written to, and for a target that is a folder or a device.
    """
    target = Path(path)
    if target == STANDARD and standard:
        return target
    found = target.suffix.lower()
    if found not in kinds:
        says = f"has the unknown extension {target.suffix!r}" if found else "has no extension"
        raise InputError(f"the output {os.fspath(path)} {says}: choose one of {' '.join(kinds)}.")
    real = _real(target)
    try:
        # The only test that also holds for the superuser, read-only disks and /proc: a file without a name.
        with tempfile.TemporaryFile(dir=real.parent):
            pass
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written: its folder {real.parent} takes no files ({_reason(error)}); "
            f"choose a folder that you may write to."
        ) from None
    return target


def check_apart(source: Path, targets: Sequence[Path]) -> None:
    """Raise InputError when a target is the file that is read, or is written twice."""
    seen: dict[str, Path] = {}
    for target in targets:
        if target.exists() and source.exists() and target.samefile(source):
            raise InputError(f"the output {target} is the file that is read: give it another name.")
        place = os.path.realpath(target)
        if place in seen:
            raise InputError(f"the outputs {seen[place]} and {target} are one file: give each its own name.")
        seen[place] = target


@contextmanager
def whole_file(path: PathLike, part: str = "") -> Iterator[BinaryIO]:
    """A binary file that becomes `path` when the block ends well, and leaves no trace when it does not.

    The bytes go to a hidden file in the same folder, which replaces the target in one step; any exception,
    Ctrl-C included, removes it and leaves an earlier target as it was. A link is followed, an earlier file's
    permissions stay. To standard output all goes at once, when the block ends. part: the name of the hidden file, for
    who writes a target again and again, so that a process that was killed leaves one at most; it replaces such a one.
    Raises OutputError when the folder is missing or not writable, the disk is full, or the target is no plain
    file.
    """
    if Path(path) == STANDARD:
        held = io.BytesIO()
        yield held
        sys.stdout.buffer.write(held.getvalue())
        sys.stdout.buffer.flush()
        return
    real = _real(Path(path))
    hidden = real.parent / (part or f".mixtura-{secrets.token_hex(8)}.part")
    try:
        with hidden.open("wb" if part else "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # else a power cut could leave the new name on an empty file
        if real.exists():
            shutil.copymode(real, hidden)
        hidden.replace(real)
    except BaseException as error:
        with suppress(OSError):
            hidden.unlink()
        if isinstance(error, OSError) and not isinstance(error, MixturaError):
            raise OutputError(f"{os.fspath(path)} cannot be written ({_reason(error)}).") from error
        raise


def _real(target: Path) -> Path:
    """Where the target lies once links are followed; replacing a link would cut it."""
    try:
        real = Path(os.path.realpath(target))
        folder, taken, plain, home = real.is_dir(), real.exists(), real.is_file(), real.parent.is_dir()
    except (OSError, ValueError) as error:  # a name that is too long, a folder that may not be searched
        raise OutputError(f"{target} cannot be written ({_reason(error)}).") from None
    if folder:
        raise OutputError(f"{target} is a folder: give the name of a file in it.")
    if taken and not plain:
        raise OutputError(f"{target} is a device or a pipe: give the name of a plain file.")
    if not home:
        raise OutputError(f"{target} cannot be written: there is no folder {real.parent}; make it first.")
    return real


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
