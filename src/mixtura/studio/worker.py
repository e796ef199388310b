"""A process that fits, scores and draws for a session, so that stopping is at once and nothing else ever waits.

It is another Python with two pipes: commands come in, reports go out, both pickled, since each side is ours. Points lie
in shared memory. Of steps the newest wins: one is on its way at a time, and the next waits in a slot until the parent
is ready. When the parent ends, for whatever reason, its pipe closes and the worker ends too.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FitError, InputError
from ..jobs.trail import DENSE, Trail

if TYPE_CHECKING:
    from ..em.loop import Step
    from ..jobs.progress import Progress
    from ..model.mixture import Mixture
    from .data import Data
    from .starting import Origin

MEMORY = 6 << 30
"""Bytes that a worker may take, unless the machine has less to give."""
FRAME = 1 / 30
"""Seconds between two steps that a page is shown."""


class Worker:
    """The parent's side. heard: told each report; gone: told once when the process has ended, unasked; by a thread.

    nice: how much others come first. pace: seconds between two steps that are told.
    """

    def __init__(
        self,
        heard: Callable[[tuple[Any, ...]], None],
        gone: Callable[[Worker], None],
        nice: int = 0,
        pace: float = FRAME,
    ) -> None:
        home = str(Path(__file__).resolve().parents[2])
        paths = [home, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        self.process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-P", "-m", "mixtura.studio.worker", str(nice), str(pace)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=os.name == "posix",  # Ctrl-C is the parent's to hear
        )
        self._heard, self._gone, self._ended = heard, gone, False
        self._writing = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def tell(self, *command: Any) -> bool:
        """Send a command; False where nobody hears it."""
        with self._writing:
            try:
                assert self.process.stdin is not None
                pickle.dump(command, self.process.stdin, protocol=5)
                self.process.stdin.flush()
            except (OSError, ValueError):
                return False
        return True

    def kill(self) -> None:
        """End it at once, and wait until it is gone."""
        self._ended = True
        with contextlib.suppress(OSError):
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError, ValueError):
                if pipe is not None:
                    pipe.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        while True:
            try:
                report = pickle.load(self.process.stdout)
            except Exception:  # the end of the pipe, in the middle of a report or before one
                break
            if not self._ended:
                self._heard(report)
        unasked = not self._ended
        self.kill()
        if unasked:
            self._gone(self)


class _Stopped(BaseException):
    """Somebody asked for it; no error, so that nothing on the way takes it for one."""


class _Desk:
    """The worker's side: a thread that hears commands, one that sends reports, and the work itself in the first."""

    def __init__(self, into: Any, out: Any, pace: float) -> None:
        self.into, self.out, self.pace = into, out, pace
        self.turn = threading.Condition()
        self.work: deque[tuple[Any, ...]] = deque()
        self.reports: deque[tuple[Any, ...]] = deque()
        self.credit = True  # whether a step may be sent
        self.job: int | None = None  # what is done, and may be stopped
        self.stopped: set[int] = set()
        self.gates: dict[int, tuple[bool, int]] = {}  # of each fit: whether it is held, and for how many steps not
        self.data: Data | None = None
        self.trail = Trail()

    def hear(self) -> None:
        while True:
            try:
                name, *given = pickle.load(self.into)
            except Exception:
                os._exit(0)  # the parent is gone
            with self.turn:
                if name == "ready":
                    self.credit = True
                elif name == "stop" and self._knows(given[0]):
                    self.stopped.add(given[0])
                elif name == "stop":  # it has ended meanwhile
                    self.reports.append(("idle", given[0]))
                elif name in ("pause", "resume", "step") and given[0] in self.gates:
                    allowed = self.gates[given[0]][1] + given[1] if name == "step" else 0
                    self.gates[given[0]] = (name != "resume", allowed)
                elif name == "path":
                    self.reports.append(("path", given[0], self.trail.told(given[1])))
                elif name not in ("pause", "resume", "step"):
                    if name == "fit":
                        *given, paused = given
                        self.gates[given[0]] = (bool(paused), 0)
                    if name == "open":  # what was to be opened before is gone
                        self.work = deque(each for each in self.work if each[0] != "open")
                    self.work.append((name, *given))
                self.turn.notify_all()

    def _knows(self, job: int) -> bool:
        return job == self.job or any(each[0] != "open" and each[1] == job for each in self.work)

    def send(self) -> None:
        sent = 0.0
        while True:
            with self.turn:
                while not self.reports or (self.reports[0][0] == "step" and not self.credit):
                    self.turn.wait()
                dense = self.reports[0][0] == "step" and self.reports[0][2] <= DENSE
                late = sent + (FRAME if dense else self.pace) - time.monotonic()
                if self.reports[0][0] == "step" and late > 0:
                    self.turn.wait(late)
                    continue
                report = self.reports.popleft()
                if report[0] == "step":
                    self.credit, sent = False, time.monotonic()
            try:
                pickle.dump(report, self.out, protocol=5)
                self.out.flush()
            except OSError:
                os._exit(0)

    def report(self, *report: Any) -> None:
        with self.turn:
            if report[0] in ("step", "done") and self.reports and self.reports[-1][:2] == ("step", report[1]):
                self.reports.pop()  # the newest wins
            self.reports.append(report)
            self.turn.notify_all()
            while (
                report[0] == "step"
                and report[2] <= DENSE
                and any(report is each for each in self.reports)
                and self.job not in self.stopped
            ):
                self.turn.wait()  # so that a short fit can be seen, and looked back at

    def run(self) -> None:
        threading.Thread(target=self.hear, daemon=True).start()
        threading.Thread(target=self.send, daemon=True).start()
        _load()
        while True:
            with self.turn:
                while not self.work:
                    self.turn.wait()
                name, *given = self.work.popleft()
                self.job = None if name == "open" else given[0]
            self._do(name, given)

    def _do(self, name: str, given: list[Any]) -> None:
        from .faults import fault

        job = self.job
        try:
            self._check(job)
            getattr(self, f"_{name}")(*given)
        except _Stopped:
            pass
        except BaseException as error:
            if not isinstance(error, Exception) and not isinstance(error, MemoryError):
                raise
            if fault(error) is None:
                traceback.print_exc()
            self.report("failed", job, *(fault(error) or OURS))
        with self.turn:
            self.job = None
            if job is not None:
                self.stopped.discard(job)
                self.gates.pop(job, None)
        self.report("idle", job)

    # What is done

    def _open(self, data: Data) -> None:
        self.data = None
        self.trail.clear()
        with contextlib.suppress(FileNotFoundError):  # something else was opened since, and is on its way
            self.data = data.attached()

    def _take(self, ticket: int, request: Any) -> None:
        from .taking import taken

        self.report("taken", ticket, *taken(request, self.data))

    def _score(self, job: int, counts: list[int], family: Any, seed: int, criterion: Any) -> None:
        from ..em.choose import choose

        data = self._points()

        def on_candidate(found: Any) -> None:
            self._check(job)
            told = {name: getattr(found, name) for name in ("bic", "icl", "aic", "stability", "spread")}
            self.report("candidate", job, found.n_components, told, found.reason)

        x = data.few()
        choose(
            x,
            counts,
            covariance_type=family,
            criterion=criterion,
            rng=seed,
            missing=x.incomplete,
            on_candidate=on_candidate,
        )
        self.report("scored", job)

    def _fit(self, job: int, how: dict[str, Any], origin: Origin | None) -> None:
        from .data import Watch

        data = self._points()
        self.trail.clear()
        start, fixed = (None, None) if origin is None else origin.begun(how["k"], how["covariance_type"])
        if start is not None:
            self.trail.add(start)
        if how["polish"]:
            if fixed is not None:
                raise InputError("Polishing moves all components, and some are pinned: unpin them, or switch it off.")
            self._polish(job, data, how, start)
            return
        taken = last = stage = 0

        def on_step(step: Step) -> None:
            nonlocal taken, last, stage
            taken += 1
            stage += step.iteration <= last  # counted anew: EM has come to other points
            last = step.iteration
            self.trail.add(step.mixture)
            self.report("step", job, taken, step.log_likelihood, step.change, step.mixture, min(stage, 1000))
            self._gate(job)

        def on_begin(found: Any) -> None:
            self.trail.add(found.mixture)
            self.report("step", job, 0, found.log_likelihood, 0.0, found.mixture)
            self._gate(job)

        if start is not None:
            self._gate(job)
        found = data.fitted(how, start, fixed, Watch(on_begin, on_step, lambda: self._check(job)))
        reason = "limit" if found.stop_reason == "max_iter" else "converged"
        self.trail.add(found.mixture)
        self.report("done", job, reason, taken, found.log_likelihood, data.criteria(found), found.mixture, None)

    def _polish(self, job: int, data: Data, how: dict[str, Any], start: Mixture | None) -> None:
        def watch(progress: Progress) -> None:
            self._check(job)
            if progress.polish is None:
                return
            mixture = progress.polish.mixture
            self.trail.add(mixture)
            self.report("step", job, progress.done, progress.psnr, 0.0, mixture)
            self._gate(job)

        found = data.polished(how, start, watch)
        self.trail.add(found.mixture)
        self.report("done", job, "limit", found.steps, found.psnr, {}, found.mixture, found.psnr)

    def _points(self) -> Data:
        if self.data is None or not self.data.has_points:
            raise FitError("There are no points to fit here: open the picture or the table again.")
        return self.data

    def _check(self, job: int | None) -> None:
        if job in self.stopped:
            raise _Stopped

    def _gate(self, job: int) -> None:
        """Between two steps: wait while the fit is paused."""
        with self.turn:
            if self.gates[job] == (True, 0):
                self.reports.append(("paused", job))
                self.turn.notify_all()
            while self.gates[job] == (True, 0) and job not in self.stopped:
                self.turn.wait()
            held, allowed = self.gates[job]
            self.gates[job] = (held, max(0, allowed - 1))
        self._check(job)


OURS = ("Something went wrong here that nobody foresaw.", "What is open is kept: try again, or other settings.")


def _load() -> None:
    """All that a first fit needs, before it is asked for."""
    from ..em import choose, fit  # noqa: F401
    from ..jobs import fitting, outputs, reading  # noqa: F401


def _limit_memory() -> None:
    """Let what is too large fail as a MemoryError of this process, not end others."""
    try:
        import resource

        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
        most = min(int(os.environ.get("MIXTURA_STUDIO_MEMORY", MEMORY)), pages * size)
        resource.setrlimit(resource.RLIMIT_DATA, (most, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    except (ImportError, AttributeError, OSError, ValueError):
        return  # no such limit on this system


def main() -> None:
    """Run a worker: what it hears and says are pickles on standard input and output."""
    import signal
    from multiprocessing import resource_tracker

    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no report
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(int(sys.argv[1]))
    resource_tracker.register = lambda name, rtype: None  # shared memory is its maker's to take away
    warnings.simplefilter("ignore")
    _limit_memory()
    try:
        _Desk(sys.stdin.buffer, out, float(sys.argv[2])).run()
    except BaseException:
        traceback.print_exc()
    os._exit(1)  # other threads wait for pipes


if __name__ == "__main__":
    main()
