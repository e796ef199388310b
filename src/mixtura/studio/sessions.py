"""The sessions of a server: limited in number, and in the time that they are kept without a page or without use."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from .messages import Message
from .session import Initial, Session


class Sessions:
    """All sessions of a server. initial: what is opened for each new one."""

    initial: Initial
    most: int
    kept: float
    idle: float

    def __init__(self, initial: Initial = None, *, most: int = 20, kept: float = 300.0, idle: float = 1800.0) -> None:
        self.initial, self.most, self.kept, self.idle = initial, most, kept, idle
        self.components: int | None = None
        self._lock = threading.Lock()
        self._all: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._all)

    def greet(self, wanted: str | None, emit: Callable[[Message], Any]) -> Session | None:
        """The session that a page had, if it is there and free, or a new one; None where there are too many."""
        with self._lock:
            found = self._all.get(wanted or "")
            if found is None or found.attached:
                if len(self._all) >= self.most:
                    away = [each for each in self._all.values() if not each.attached]
                    if not away:
                        return None
                    oldest = min(away, key=lambda each: each.active)
                    threading.Thread(target=self._all.pop(oldest.id).close, daemon=True).start()
                more = {} if self.components is None else {"components": self.components}
                found = Session(initial=self.initial, limits=more)
                self._all[found.id] = found
            found.attach(emit)
            return found

    def busy(self, wanted: str | None) -> bool:
        """Whether that session has a page."""
        found = self._all.get(wanted or "")
        return found is not None and found.attached

    def sweep(self, now: float | None = None) -> list[Session]:
        """End those that nobody came back to, and those that were idle too long; these, to close their sockets."""
        now = time.monotonic() if now is None else now
        with self._lock:
            over = [
                each for each in self._all.values()
                if now - each.active > (self.idle if each.attached else self.kept)
            ]  # fmt: skip
            for each in over:
                del self._all[each.id]
        for each in over:
            each.close()
        return over

    def close(self) -> None:
        """End all."""
        with self._lock:
            every, self._all = list(self._all.values()), {}
        for each in every:
            each.close()
