"""The processes that work for a session, by what they do ("fit", "score", "take"), and the memory that they share."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import FitError
from .worker import Worker

if TYPE_CHECKING:
    from multiprocessing.shared_memory import SharedMemory

    from .data import Data

NICE = {"fit": 0, "score": 10, "take": 0}
RESTING = 120.0
"""Seconds that a process which draws is kept for the next drawing."""
GONE = "The process that worked on this has ended.", "Try again, with a smaller K if memory was short; nothing is lost."


class AnswerError(Exception):
    """A sentence and a remedy that another process found."""


class Crew:
    """Processes that begin when they are needed.

    lock: of the session. heard: told each report, with the lock held; gone: told the name of a process that ended
    unasked, likewise. pace: seconds between two steps that are told.
    """

    def __init__(self, lock: Any, heard: Callable[..., None], gone: Callable[[str], None], pace: float) -> None:
        self._lock, self._heard, self._gone, self._pace = lock, heard, gone, pace
        self.workers: dict[str, Worker] = {}
        self._data: Data | None = None
        self._memory: tuple[Data, SharedMemory | None] | None = None
        self._supplied: set[Worker] = set()  # those that were told what is open
        self._tickets: dict[int, tuple[str, queue.SimpleQueue[tuple[Any, ...]]]] = {}
        self._last = 0
        self._rest: threading.Timer | None = None
        self._closed = False

    def open(self, data: Data) -> None:
        """Other data from now on."""
        with self._lock:
            self._forget()
            self._data = data
            self.end("take")
            self._supplied.clear()
            if "fit" in self.workers:
                self._supply(self.workers["fit"])

    def tell(self, name: str, *command: Any) -> bool:
        """Send a command to a process, which begins if it is not there."""
        with self._lock:
            return self._worker(name).tell(*command)

    def ask(self, name: str, *command: Any, data: bool = True) -> tuple[Any, ...]:
        """What a process answers; waited for, without the lock. data: whether it needs them. Raises AnswerError."""
        answers: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        with self._lock:
            worker = self._worker(name, data)
            self._last -= 1  # below 0, so that it is no job of the page's
            ticket = self._last
            self._tickets[ticket] = name, answers
            if not worker.tell(command[0], ticket, *command[1:]):
                self.fail(ticket, *GONE)
        good, *found = answers.get()
        if not good:
            raise AnswerError(*found)
        return tuple(found)

    def answer(self, ticket: int, *found: Any) -> None:
        """Hand on the answer to who waits for it."""
        if ticket in self._tickets:
            self._tickets.pop(ticket)[1].put((True, *found))

    def fail(self, ticket: int, sentence: str, remedy: str) -> None:
        """Tell who waits that there will be no answer."""
        if ticket in self._tickets:
            self._tickets.pop(ticket)[1].put((False, sentence, remedy))

    def end(self, name: str) -> None:
        """End a process, at once but not awaited: who asks may be its own thread."""
        worker = self.workers.pop(name, None)
        if worker is not None:
            self._supplied.discard(worker)
            self._unanswered(name)
            threading.Thread(target=worker.kill, daemon=True).start()

    def rest(self) -> None:
        """What draws has drawn, and is kept for a while."""
        with self._lock:
            if self._rest is not None:
                self._rest.cancel()
            self._rest = threading.Timer(RESTING, self._rested)
            self._rest.daemon = True
            if not self._closed:
                self._rest.start()

    def close(self) -> None:
        """End all, and take the memory away."""
        with self._lock:
            self._closed = True
            workers, self.workers = self.workers, {}
            for name in workers:
                self._unanswered(name)
            if self._rest is not None:
                self._rest.cancel()
        for worker in workers.values():
            worker.kill()
        self._forget()

    def _worker(self, name: str, data: bool = True) -> Worker:
        if name not in self.workers:
            if self._closed:
                raise FitError("This session has ended: load the page again.")
            worker = Worker(self._report, lambda ended: self._ended(name, ended), NICE[name], self._pace)
            self.workers[name] = worker
        if data and self._data is not None and self.workers[name] not in self._supplied:
            self._supply(self.workers[name])
        return self.workers[name]

    def _supply(self, worker: Worker) -> None:
        """Tell a process where the data lie."""
        self._supplied.add(worker)
        worker.tell("open", self._shared())

    def _report(self, report: tuple[Any, ...]) -> None:
        with self._lock:
            self._heard(*report)

    def _ended(self, name: str, worker: Worker) -> None:
        with self._lock:
            if self.workers.get(name) is worker:
                del self.workers[name]
                self._supplied.discard(worker)
                self._unanswered(name)
                self._gone(name)

    def _unanswered(self, name: str) -> None:
        for ticket in [ticket for ticket, (whose, _) in self._tickets.items() if whose == name]:
            self.fail(ticket, *GONE)

    def _rested(self) -> None:
        with self._lock:
            if not self._tickets:
                self.end("take")

    def _shared(self) -> Data:
        """The data as another process takes it, in memory that is shared while it is open."""
        if self._memory is None:
            assert self._data is not None
            self._memory = self._data.share()
        return self._memory[0]

    def _forget(self) -> None:
        memory, self._memory = self._memory, None
        if memory is not None and memory[1] is not None:
            with contextlib.suppress(OSError, BufferError):
                memory[1].close()
                memory[1].unlink()
