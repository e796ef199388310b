"""Where results go: a target is checked before the work begins, and appears whole or not at all.

"-" is standard output.
"""

from __future__ import annotations

import errno
import io
import os
import platform
import re
import secrets
import shutil
import stat
import sys
import tempfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from .errors import InputError, MixturaError, OutputError

PathLike = str | os.PathLike[str]
STANDARD = Path("-")
NOTHING = {errno.ENOENT, errno.ENOTDIR, errno.EBADF, errno.ELOOP}
NOTHING_ON_WINDOWS = {21, 123, 1921}  # a drive that is not ready, a name that cannot be one, a link in a circle


def is_there(path: Path) -> bool:
    """Whether the path names anything. Raises OSError where that cannot be told, as in a folder that is shut."""
    return _mode(path) != 0


def is_file(path: Path) -> bool:
    """Whether the path names a plain file. Raises OSError where that cannot be told."""
    return stat.S_ISREG(_mode(path))


def is_folder(path: Path) -> bool:
    """Whether the path names a folder. Raises OSError where that cannot be told."""
    return stat.S_ISDIR(_mode(path))


def _mode(path: Path) -> int:
    """Of what the path names; 0 for nothing. From Python 3.14 on, Path.exists says no where it cannot tell."""
    try:
        return path.stat().st_mode
    except ValueError:  # a zero byte is in no name
        return 0
    except OSError as error:
        if error.errno in NOTHING or getattr(error, "winerror", None) in NOTHING_ON_WINDOWS:
            return 0
        raise


def is_stream(path: Path) -> bool:
    """Whether it is "-", a pipe or a device: what is read once, from its start."""
    if path == STANDARD:
        return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def is_allowed(path: Path, mode: int) -> bool:
    """Whether a file may be read (os.R_OK) or written (os.W_OK) by whom this process acts for."""
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def check_target(path: PathLike, kinds: Sequence[str], *, standard: bool = True) -> Path:
    """The target as a Path, if a file of one of these kinds can be written there: asked before any work.

    kinds: the extensions that are known, lower case with their dot: (".png", ".jpg"). Case does not matter in
    `path`. Nothing is created or touched. Raises InputError for an unknown extension, OutputError for a
    folder that is missing or cannot be written to, and for a target that is write-protected, a folder or a device.
    """
    target = Path(path)
    if target == STANDARD and standard:
        check_standard()
        return target
    found = target.suffix.lower()
    if found not in kinds and not is_stream(target):  # which is refused below
        says = f"has the unknown extension {target.suffix!r}" if found else "has no extension"
        raise InputError(f"the output {os.fspath(path)} {says}: choose one of {' '.join(kinds)}.")
    real = _real(target)
    try:
        # The only test that also holds for the superuser, read-only disks and /proc.
        nameless(real.parent).close()
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written: its folder {real.parent} takes no files ({_reason(error)}); "
            f"choose a folder that you may write to."
        ) from None
    return target


def check_standard() -> None:
    """Raise OutputError where there is no standard output, as in `mixtura ... >&-`."""
    if sys.stdout is None:
        raise OutputError("standard output is closed: redirect it to a file, or to /dev/null.")


def check_standard_input() -> None:
    """Raise InputError where there is no standard input, as in `mixtura ... <&-`."""
    if sys.stdin is None:
        raise InputError("standard input is closed: give the name of a file, or something to read.")


def check_apart(source: Path, targets: Sequence[Path]) -> None:
    """Raise InputError when a target is the file that is read, or is written twice."""
    seen: dict[str, Path] = {}
    for target in targets:
        if _is_same(target, source):
            raise InputError(f"the output {target} is the file that is read: give it another name.")
        place = os.path.realpath(target)
        if place in seen:
            raise InputError(f"the outputs {seen[place]} and {target} are one file: give each its own name.")
        seen[place] = target


def _is_same(target: Path, source: Path) -> bool:
    try:
        return target.samefile(source)
    except (OSError, ValueError):  # one of the two is not there
        return False


@contextmanager
def whole_file(path: PathLike) -> Iterator[BinaryIO]:
    """A binary file that becomes `path` when the block ends well, and leaves no trace when it does not.

    A link is followed, an earlier file's permissions stay. To standard output all goes at once, when the block ends.
    Raises OutputError when the folder is missing or not writable, the disk is full, or the target is no plain file.
    """
    with whole_files() as whole, whole(path) as file:
        yield file


@contextmanager
def whole_files() -> Iterator[Callable[[PathLike], AbstractContextManager[BinaryIO]]]:
    """`whole_file` for several that appear together when the outer block ends well, or none of them.

    The bytes go to files that have no name yet, in the folders of the targets, so that not even a process that is
    killed leaves one. In the end each gets a hidden name of its own, and replaces its target in one step; any
    exception, Ctrl-C included, leaves earlier targets as they were. A process that is killed between these two leaves
    a hidden file, which the next one that writes into the folder removes.
    """
    parts: list[_Part] = []
    held: list[io.BytesIO] = []

    @contextmanager
    def whole(path: PathLike) -> Iterator[BinaryIO]:
        if Path(path) == STANDARD:
            check_standard()
            held.append(io.BytesIO())
            yield held[-1]
            return
        with _told(path):
            parts.append(_Part(Path(path)))
            yield parts[-1].file
            parts[-1].settle()

    try:
        yield whole
        for part in parts:
            with _told(part.path):
                part.name()
        for content in held:
            with _told("standard output"):
                sys.stdout.buffer.write(content.getvalue())
                sys.stdout.buffer.flush()
        _replace(parts)
    finally:
        for part in parts:
            part.clear()


class _Part:
    """A file on its way to `path`."""

    def __init__(self, path: Path) -> None:
        self.path, self.real = path, _real(path)
        self.hidden = self.real.parent / f"{_home()}{os.getpid()}-{secrets.token_hex(8)}.part"
        self.file = nameless(self.real.parent)

    def settle(self) -> None:
        """Bring its bytes to the disk: else a power cut could leave the new name on an empty file."""
        self.file.flush()
        os.fsync(self.file.fileno())

    def name(self) -> None:
        """Let it have the permissions of its target, and a name beside it that nobody had before."""
        _sweep(self.real.parent)
        try:
            self._permit(self.file)
            os.link(f"/proc/self/fd/{self.file.fileno()}", self.hidden, src_dir_fd=self.file.fileno())
        except (OSError, NotImplementedError):  # what has no name can be given one on Linux alone
            with self.hidden.open("xb") as copy:
                self.file.seek(0)
                shutil.copyfileobj(self.file, copy)
                copy.flush()
                os.fsync(copy.fileno())
                self._permit(copy)

    def _permit(self, file: BinaryIO) -> None:
        with suppress(FileNotFoundError, AttributeError):  # there is no target; Windows has no such permissions
            os.fchmod(file.fileno(), stat.S_IMODE(self.real.stat().st_mode))

    def clear(self) -> None:
        """Close it, and take back the name if it was not used."""
        with suppress(OSError):
            self.file.close()
        with suppress(OSError):
            self.hidden.unlink()


def _home() -> str:
    """How hidden names begin where processes have the same numbers: on this machine, in this container."""
    place = platform.node()
    with suppress(OSError):  # Linux alone tells
        place += str(Path("/proc/self/ns/pid").readlink())
    return f".mixtura-{zlib.crc32(os.fsencode(place)):08x}-"


def _sweep(folder: Path) -> None:
    """Remove hidden files of processes that are no more; one whose number another process has now stays."""
    if os.name != "posix":  # elsewhere os.kill ends the process, whatever the signal
        return
    ours = re.compile(rf"{re.escape(_home())}([1-9]\d{{0,8}})-\w+\.part")
    with suppress(OSError), os.scandir(folder) as entries:  # who may write to a folder need not be allowed to list it
        for match in [found for entry in entries if (found := ours.fullmatch(entry.name))]:
            try:
                os.kill(int(match[1]), 0)
            except ProcessLookupError:
                with suppress(OSError):  # another process was faster
                    (folder / match[0]).unlink()
            except PermissionError:  # it lives, and is somebody else's
                pass


def nameless(folder: Path) -> BinaryIO:
    """An open file in a folder, without a name there."""
    with suppress(AttributeError, OSError):  # not every system and disk has these
        return os.fdopen(os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666), "w+b")
    return cast("BinaryIO", tempfile.TemporaryFile(dir=folder))


def _replace(parts: Sequence[_Part]) -> None:
    """Let all targets appear, without an interruption between two of them: no signal is heard within `deque`."""
    try:
        deque(map(os.replace, [part.hidden for part in parts], [part.real for part in parts]), maxlen=0)
    except OSError as error:
        left = [part.path for part in parts if part.hidden.exists()]
        done = ", ".join(str(part.path) for part in parts if part.path not in left)
        also = f"; {done} {'were' if ', ' in done else 'was'} written before" if done else ""
        raise OutputError(f"{left[0]} cannot be written ({_reason(error)}){also}.") from error


@contextmanager
def _told(path: PathLike) -> Iterator[None]:
    """What goes wrong with a file, as an OutputError that names it."""
    try:
        yield
    except OSError as error:
        if isinstance(error, MixturaError):
            raise
        raise OutputError(f"{os.fspath(path)} cannot be written ({_reason(error)}).") from error


def _real(target: Path) -> Path:
    """Where the target lies once links are followed; replacing a link would cut it."""
    try:
        real = Path(os.path.realpath(target))
        folder, taken, home = is_folder(real), is_there(real), is_folder(real.parent)
        stream, loop = is_stream(target), real.is_symlink()
    except (OSError, ValueError) as error:  # a name that is too long, a folder that may not be searched
        raise OutputError(f"{target} cannot be written ({_reason(error)}).") from None
    if folder:
        raise OutputError(f"{target} is a folder: give the name of a file in it.")
    if loop:
        raise OutputError(f"{target} is a link that leads in a circle: remove it, or give another name.")
    if stream:
        raise OutputError(
            f"{target} is a device or a pipe: give the name of a plain file, or - and redirect standard output."
        )
    if taken and not is_allowed(real, os.W_OK):
        raise OutputError(f"{target} is write-protected: allow writing to it, or give another name.")
    if not home:
        raise OutputError(f"{target} cannot be written: there is no folder {real.parent}; make it first.")
    return real


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
