"""That kernels are being compiled: said once a process, to the log and to whoever shows progress."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Listener = Callable[[str], Any]

_log = logging.getLogger("mixtura")
_listeners: list[Listener] = []
_said = False


def say(kept: bool) -> None:
    """A compilation begins. kept: whether there is a folder to keep it in."""
    global _said
    if _said:
        return
    _said = True
    once = "once on this machine" if kept else "in each process, as no folder can keep them"
    sentence = f"compiling kernels, {once}: a few seconds; `mixtura warm` does it ahead"
    _log.info(sentence)
    for listener in list(_listeners):
        listener(sentence)


def hush() -> None:
    """Say nothing more: whoever compiles on purpose tells more himself."""
    global _said
    _said = True


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Within, `listener` hears the sentence, if there is one to say; in whatever thread compiles."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
