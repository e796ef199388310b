"""A session: what one page has open, the processes that work for it, and the answers to its messages.

It knows no network: messages come in by `receive`, which never waits, and go out by a function that may be called from
any thread.
"""

from __future__ import annotations

import queue
import secrets
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..errors import FitError, InputError
from . import samples
from .crew import GONE, AnswerError, Crew
from .faults import fault
from .known import Known
from .messages import LIMITS, Message, check_size
from .worker import OURS

if TYPE_CHECKING:
    from ..model.mixture import Mixture
    from .opening import Opened
    from .starting import Origin
    from .worker import Worker

PATIENCE = 2.0
"""Seconds that a step may go on after a stop; then its process is ended."""
PACE = {"server": 1 / 30, "widget": 1 / 10}
"""Seconds between two steps that the page is shown."""
CAN = [
    "fit", "polish", "score", "score:stability",
    "take:png", "take:svg", "take:html", "take:webp", "take:mix", "take:gmx", "take:csv",
]  # fmt: skip

_NONE = np.zeros(1, bool)

Initial = Callable[[], "Opened"] | None


@dataclass
class _Job:
    """A fit that goes on. last: (iteration, objective, mixture) of its newest step."""

    id: int
    command: tuple[Any, ...]
    last: tuple[int, float, Mixture] | None = None
    paused: bool = False


class Session:
    """One page's. initial: what is opened for it as it begins. engine: what `welcome` calls it."""

    def __init__(
        self,
        emit: Callable[[Message], Any] | None = None,
        *,
        engine: Literal["server", "widget"] = "server",
        initial: Initial | Opened = None,
        limits: dict[str, int] | None = None,
    ) -> None:
        self.id: str = secrets.token_urlsafe(18)
        self.engine = engine
        self.limits: dict[str, int] = {**LIMITS, **(limits or {})}
        self.opened: Opened | None = None
        self.active: float = time.monotonic()
        self._emit, self._initial, self._greeted = emit, initial, False
        self._lock = threading.RLock()
        self._job: _Job | None = None
        self._stopping: dict[int, threading.Timer] = {}
        self._scored: tuple[int, int | None] | None = None
        self._crew = Crew(self._lock, self._heard, self._gone, PACE[engine])
        self._known = Known()
        self._fresh: Mixture | None = None  # what the command line makes of the picture alone
        self._missed: Message | None = None
        self._desk: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._closed = False
        threading.Thread(target=self._work, daemon=True).start()

    # The page comes and goes

    def attach(self, emit: Callable[[Message], Any]) -> None:
        """A page listens (again)."""
        with self._lock:
            self._emit, self.active = emit, time.monotonic()

    def detach(self) -> None:
        """Nobody listens: a fit goes on, and its end is kept for the page's return."""
        with self._lock:
            self._emit, self.active = None, time.monotonic()

    @property
    def attached(self) -> bool:
        """Whether a page listens."""
        return self._emit is not None

    def close(self) -> None:
        """End its processes and take its memory away."""
        with self._lock:
            self._closed, self._emit, self._job = True, None, None
            timers, self._stopping = list(self._stopping.values()), {}
        for timer in timers:
            timer.cancel()
        self._crew.close()
        self._desk.put(None)

    def exact(self, arrays: dict[str, Any]) -> Mixture | None:
        """The very mixture whose weights, means and factors these are, if the page was told it."""
        with self._lock:
            return self._known.exact(arrays)

    # Messages

    def receive(self, message: Message) -> None:
        """Answer a message of the page, now or later; it has been checked against the table."""
        self.active = time.monotonic()
        answer = getattr(self, f"_on_{message.type}")
        try:
            answer(message)
        except Exception as error:
            self._fail(message, error)

    def _on_hello(self, message: Message) -> None:
        with self._lock:
            opened, job = self.opened, self._job
            first = not self._greeted and self._initial is not None
            self._greeted = True
            head = {
                "session": self.id,
                "engine": self.engine,
                "can": CAN,
                "samples": samples.listed(),
                "limits": self.limits,
                "source": None if opened is None else opened.id,
                "first": first,
                "job": None if job is None else job.id,
            }
            self._say("welcome", head, re=message.seq)
            missed, self._missed = self._missed, None
            if missed is not None and self._emit is not None:
                self._emit(missed)
            if job is not None and job.paused:
                self._say("paused", {"job": job.id})
        if first:
            self._desk.put(lambda: self._guarded(None, lambda: self._open_initial()))

    def _on_prove(self, message: Message) -> None:
        """Nothing: who has a session has proved what there is to prove."""

    def _on_open(self, message: Message) -> None:
        with self._lock:
            self._crew.end("take")  # what is drawn of the document before keeps nobody waiting
        self._desk.put(lambda: self._guarded(message, lambda: self._open(message)))

    def _on_edit(self, message: Message) -> None:
        self._say("edited", {"revision": message.head["revision"]}, re=message.seq)

    def _on_fit(self, message: Message) -> None:
        head, opened = message.head, self.opened
        if opened is None or not opened.data.has_points:
            raise FitError("There are no points to fit here: open the picture or the table again.")
        check_size(head["k"], len(opened.head["columns"]))
        how = {name: value for name, value in head.items() if name not in ("job", "paused")}
        origin = self._origin(message, opened)
        with self._lock:
            if self._job is not None:
                self._stop(self._job)
            self._job = _Job(
                head["job"], ("fit", "fit", head["job"], how, origin, head["paused"]), paused=head["paused"]
            )
            self._crew.tell(*self._job.command)

    def _on_pause(self, message: Message) -> None:
        self._steer(message, "pause")

    def _on_resume(self, message: Message) -> None:
        self._steer(message, "resume")

    def _on_step(self, message: Message) -> None:
        self._steer(message, "step", message.head["count"])

    def _on_stop(self, message: Message) -> None:
        with self._lock:
            job = self._job
            if job is not None and job.id == message.head["job"]:
                self._stop(job, message.seq)
            elif self._scored is not None and self._scored[0] == message.head["job"]:
                self._end_score()
                self._say("scored", {"job": message.head["job"]}, re=message.seq)
            else:  # it has ended, or never began
                self._end(message.head["job"], "stopped", 0, None, None, re=message.seq)

    def _on_score(self, message: Message) -> None:
        head = message.head
        counts = list(range(head["from"], head["to"] + 1))
        if not counts or len(counts) > LIMITS["candidates"]:
            raise InputError(f"{len(counts)} numbers of components are asked for: give 1 to {LIMITS['candidates']}.")
        if self.opened is None or not self.opened.data.has_points:
            raise FitError("There are no points to score here: open the table again.")
        with self._lock:
            self._end_score()
            self._scored = (head["job"], message.seq)
            self._crew.tell(
                "score", "score", head["job"], counts, head["covariance_type"], head["seed"], head["criterion"]
            )

    def _on_take(self, message: Message) -> None:
        self._desk.put(lambda: self._guarded(message, lambda: self._take(message)))

    def _steer(self, message: Message, what: str, *more: Any) -> None:
        with self._lock:
            job = self._job
            if job is not None and job.id == message.head["job"]:
                job.paused = what != "resume"
                self._crew.tell("fit", what, job.id, *more)

    # What is open

    def _open_initial(self) -> None:
        given: Any = self._initial
        self._show(given() if callable(given) else given, None)

    def _open(self, message: Message) -> None:
        from . import opening

        head, arrays = message.head, message.arrays
        how: dict[str, Any] = {name: head[name] for name in ("mode", "threshold", "columns")}
        kind, before = head["kind"], self.opened
        if kind == "sample":
            found = samples.opened_sample(head["name"], **how)
        elif kind == "points" and "points" in arrays:
            found = opening.opened_points(arrays["points"], head["columns"], head["name"])
        elif "bytes" in arrays:
            content = arrays["bytes"].tobytes()
            if len(content) > self.limits["bytes"]:
                raise InputError(
                    f"The file has {len(content):,} bytes, the limit is {self.limits['bytes']:,}: give a smaller one."
                )
            found = opening.opened_file(content, head["name"], kind=kind, **how)
        elif before is not None and before.file is not None:
            found = opening.opened_file(before.file, before.head["name"], kind=before.kind, **how)
        else:
            raise InputError("Nothing came with this: choose the file again.")
        self._show(found, message.seq)

    def _show(self, found: Opened, re: int | None) -> None:
        with self._lock:
            if self._job is not None:
                self._stop(self._job)
            self._end_score()
            self.opened, self._fresh = found, None
            self._crew.open(found.data)
            if found.mixture is not None:
                self._known.add(found.arrays, found.mixture)
            self._say("opened", found.head, found.arrays, re=re)

    # Mixtures between the page and here

    def _origin(self, message: Message, opened: Opened) -> Origin | None:
        """What a fit goes on from, which its process makes a mixture of; None where it begins anew."""
        from .starting import Origin

        if "weights" not in message.arrays:
            return None
        names = opened.names if opened.kind == "table" else ()
        return Origin(message.arrays, self.exact(message.arrays), names or None)

    # Workers

    def _heard(self, name: str, *given: Any) -> None:
        getattr(self, f"_heard_{name}")(*given)

    def _heard_step(
        self, job: int, iteration: int, objective: float, gain: float, mixture: Mixture, stage: int = 0
    ) -> None:
        if "fit" in self._crew.workers:
            self._crew.tell("fit", "ready")
        if self._job is None or self._job.id != job:
            return
        self._job.last = (iteration, objective, mixture)
        if self.attached:
            self.active = time.monotonic()  # somebody watches
        gain, objective = (value if np.isfinite(value) else 0.0 for value in (gain, objective))
        head = {"job": job, "iteration": iteration, "objective": objective, "gain": gain, "stage": stage}
        self._say("step", head, self._known.told(mixture))

    def _heard_done(
        self, job: int, reason: str, iteration: int, objective: float, criteria: dict[str, float], mixture: Mixture,
        psnr: float | None,
    ) -> None:  # fmt: skip
        if self._job is not None and self._job.id == job:
            how, origin = self._job.command[3:5]
            self._fresh = mixture if origin is None and not how["polish"] else None
            self._job = None
            self._end(job, reason, iteration, objective, mixture, criteria, psnr)

    def _end(
        self, job: int, reason: str, iteration: int, objective: float | None, mixture: Mixture | None,
        criteria: dict[str, float] | None = None, psnr: float | None = None, re: int | None = None,
    ) -> None:  # fmt: skip
        told = {name: (criteria or {}).get(name) for name in ("bic", "icl", "aic")}
        numbers = {"objective": objective, "psnr": psnr, **told}
        numbers = {name: None if value is None or not np.isfinite(value) else value for name, value in numbers.items()}
        head = {"job": job, "reason": reason, "iteration": iteration, **numbers}
        self._say("done", head, {} if mixture is None else self._known.told(mixture), re=re, keep=True)

    def _heard_paused(self, job: int) -> None:
        if self._job is not None and self._job.id == job:
            self._say("paused", {"job": job})

    def _heard_failed(self, job: int | None, sentence: str, remedy: str) -> None:
        if job is not None and job < 0:
            self._crew.fail(job, sentence, remedy)
            return
        if self._job is not None and self._job.id == job:
            self._job = None
        elif self._scored is not None and self._scored[0] == job:
            self._end_score()
        elif job is not None:
            return  # of a job that nobody waits for
        self._say("failed", {"job": job, "sentence": sentence, "remedy": remedy}, keep=True)

    def _stop(self, job: _Job, re: int | None = None) -> None:
        """End a fit where it is, for the page at once; for its process now, or in `PATIENCE` by force."""
        self._job = None
        worker = self._crew.workers.get("fit")
        if worker is not None:
            worker.tell("stop", job.id)
            timer = threading.Timer(PATIENCE, self._too_long, (worker, job.id))
            timer.daemon = True
            self._stopping[job.id] = timer
            timer.start()
        iteration, objective, mixture = job.last or (0, None, None)
        self._end(job.id, "stopped", iteration, objective, mixture, re=re)

    def _heard_idle(self, job: int | None) -> None:
        timer = self._stopping.pop(job, None) if job is not None else None
        if timer is not None:
            timer.cancel()

    def _too_long(self, worker: Worker, job: int) -> None:
        with self._lock:
            if self._stopping.pop(job, None) is None or self._crew.workers.get("fit") is not worker:
                return
            self._crew.end("fit")
            if self._job is not None:
                self._crew.tell(*self._job.command[:-1], self._job.paused)

    def _gone(self, name: str) -> None:
        """A process has ended that nobody ended."""
        if name == "fit" and self._job is not None:
            self._heard_failed(self._job.id, *GONE)
        elif name == "score" and self._scored is not None:
            self._heard_failed(self._scored[0], *GONE)

    # Scores

    def _heard_candidate(self, job: int, k: int, told: dict[str, float | None], why: str) -> None:
        if self._scored is None or self._scored[0] != job:
            return
        known = {name for name, value in told.items() if not why and value is not None and np.isfinite(value)}
        told = {name: told[name] if name in known else None for name in told}
        self._say("score", {"job": job, "k": k, **told, "why": why[:500]})

    def _heard_scored(self, job: int) -> None:
        if self._scored is not None and self._scored[0] == job:
            re = self._scored[1]
            self._end_score()
            self._say("scored", {"job": job}, re=re)

    def _end_score(self) -> None:
        self._scored = None
        self._crew.end("score")

    # Taking away

    def _take(self, message: Message) -> None:
        from .taking import Request, plane_axes

        exact = self.exact(message.arrays)
        with self._lock:
            filmed = message.head["kind"] == "webp" and "fit" in self._crew.workers
            table = self.opened is not None and self.opened.head["mode"] is None
        axes = plane_axes(message.head["axes"], message.arrays["means"].shape[1]) if table else None
        steps = self._crew.ask("fit", "path", axes)[0] if filmed else []
        fresh = self._fresh is not None and exact is self._fresh and not message.arrays.get("hidden", _NONE).any()
        try:
            request = Request.of(message, self.opened, exact, steps, fresh)
            name, mime, content = self._crew.ask("take", "take", request, data=request.needs_data)
        finally:
            self._crew.rest()
        self._say("taken", {"name": name, "mime": mime}, {"bytes": np.frombuffer(content, np.uint8)}, re=message.seq)

    def _heard_taken(self, ticket: int, *found: Any) -> None:
        self._crew.answer(ticket, *found)

    _heard_path = _heard_taken

    # The desk, and what is said

    def _work(self) -> None:
        while (task := self._desk.get()) is not None:
            task()

    def _guarded(self, message: Message | None, task: Callable[[], None]) -> None:
        try:
            if not self._closed:
                task()
        except Exception as error:
            self._fail(message, error)

    def _fail(self, message: Message | None, error: BaseException) -> None:
        if isinstance(error, AnswerError):
            told: tuple[str, ...] = error.args
        else:
            found = fault(error)
            if found is None:
                traceback.print_exception(error)
            told = found or OURS
        job = None if message is None else message.head.get("job")
        head = {"job": job, "sentence": told[0], "remedy": told[1]}
        self._say("failed", head, re=None if message is None else message.seq)

    def _say(
        self, type_: str, head: dict[str, Any], arrays: dict[str, Any] | None = None, *, re: int | None = None,
        keep: bool = False,
    ) -> None:  # fmt: skip
        """Tell the page. keep: for its return, where nobody listens now."""
        message = Message(type_, head, arrays or {}, re=re)
        with self._lock:
            if self._emit is not None:
                self._emit(message)
            elif keep:
                self._missed = message
