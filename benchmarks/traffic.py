"""The number of bytes that Dask's processes write to their sockets; imported by the workers too."""

from __future__ import annotations

import os
from typing import Any

_sent = 0
_counting = False


def count() -> None:
    """Start counting the bytes that this process writes to other processes."""
    global _counting
    if _counting:
        return
    _counting = True
    from distributed.comm.tcp import TCP

    usual = TCP.write

    async def write(self: Any, *arguments: Any, **settings: Any) -> int:
        global _sent
        found = int(await usual(self, *arguments, **settings))
        _sent += found
        return found

    TCP.write = write


def sent() -> tuple[int, int]:
    """(process, bytes written so far)."""
    return os.getpid(), _sent
