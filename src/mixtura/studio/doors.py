"""Where the studio's server listens, and the token that lets a page in."""

from __future__ import annotations

import contextlib
import errno
import hmac
import os
import secrets
import socket
import stat
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ..errors import InputError, OutputError, named

PORT = 8484
"""Where it listens if nothing is said, so that a page finds a server that was started again."""
KEPT = 300.0
"""Seconds after its server's end within which a token is used again at that port, so that pages find back."""


def listening(host: str, port: int | None) -> socket.socket:
    """A socket that listens. Raises InputError where there can be none."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for number in (PORT, 0) if port is None else (port,):
        found = socket.socket(family, socket.SOCK_STREAM)
        try:
            if os.name == "posix":
                found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind((host, number))
            found.listen(128)
        except OSError as error:
            found.close()
            if number == PORT and port is None:
                continue
            if isinstance(error, socket.gaierror) or error.errno in _NO_ADDRESS:
                raise InputError(f"{named('host')} is {host!r}, which is no address of this machine.") from None
            raise InputError(
                f"{named('port')} {number} cannot be had ({error.strerror}): give another, or {named('port', 0)} for "
                f"any that is free."
            ) from None
        except OverflowError:
            found.close()
            raise InputError(f"{named('port')} is {number}: give a number from 0 to 65535.") from None
        else:
            return found
    raise OutputError("no port of this machine is free.")


_NO_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def proof(token: str, role: str, asked: str, given: str) -> str:
    """What who knows the token says of two nonces, the page's and the server's. role: "page" or "server"."""
    return hmac.digest(token.encode(), f"{role}\n{asked}\n{given}".encode(), "sha256").hex()


def kept_token(port: int | None) -> str:
    """A random token; at a port that is named, that of a server killed just now, which its user alone can read."""
    fresh = secrets.token_urlsafe(24)
    if port is None or os.name != "posix":
        return fresh
    place = _place(port)
    folder = place.parent
    with contextlib.suppress(OSError, ValueError):
        folder.mkdir(mode=0o700, exist_ok=True)
        if _is_private(folder.lstat(), stat.S_ISDIR):
            for old in folder.glob("mixtura-studio-*"):
                if time.time() - old.lstat().st_mtime >= KEPT:
                    old.unlink()
            with contextlib.suppress(FileNotFoundError):
                if _is_private(place.lstat(), stat.S_ISREG):
                    kept = place.read_text("ascii")
                    if len(kept) == len(fresh):
                        return kept
                place.unlink()
            with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(fresh)
    return fresh


def refresh_token(port: int) -> None:
    """Tell a server to come that this one lives."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            os.utime(_place(port))


def forget_token(port: int) -> None:
    """Keep the token of a port no longer."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            _place(port).unlink()


def _place(port: int) -> Path:
    """Where the token of a port is kept."""
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or Path(tempfile.gettempdir()) / f"mixtura-{os.getuid()}")
    return folder / f"mixtura-studio-{port}"


def _is_private(found: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    return is_kind(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
