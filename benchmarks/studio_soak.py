"""What the studio's server leaves behind: many fits, reloads and sessions, and clients and workers that vanish.

Prints processes, memory, open files and shared memory of a real server after each part; at the end they have to be as
after the first fit. Run it by hand: `python benchmarks/studio_soak.py` (`--quick` for a tenth).
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
from websockets.sync.client import connect

from mixtura.studio.doors import proof
from mixtura.studio.messages import Message, decode, encode

FIT = {
    "covariance_type": "full", "start": "kmeans", "seed": 0, "tol": 1e-3, "max_iter": 60, "prior": 0, "polish": False,
    "paused": False,
}  # fmt: skip


SERVER = """
import functools
from mixtura.studio import server
server.Studio, server.SWEEP = functools.partial(server.Studio, kept=5.0), 1.0  # pages that left are kept no longer
server.serve(port=0, on_ready=functools.partial(print, flush=True))
"""


class Page:
    """A page's socket, that opens the moons."""

    def __init__(self, address, session=None):
        where = urlparse(address)
        origin = f"http://{where.netloc}"
        self.kept = connect(f"ws://{where.netloc}/ws", origin=origin, max_size=2**27, compression=None)
        self.socket = self.kept.__enter__()
        self.say("hello", nonce="soak", session=session)
        asked = self.hear("challenge").head["nonce"]
        self.say("prove", proof=proof(where.fragment.removeprefix("token="), "page", "soak", asked))
        self.welcome = self.hear("welcome")

    def say(self, type_, arrays=None, **head):
        """Send a message."""
        self.socket.send(encode(Message(type_, head, arrays or {}, 1)))

    def hear(self, *types):
        """The next message of these types."""
        while True:
            message = decode(self.socket.recv(timeout=120), "engine")
            if message.type in types:
                return message

    def open(self, name="moons"):
        """Open a sample."""
        self.say("open", kind="sample", name=name, mode=None, threshold=None, columns=None)
        return self.hear("opened")

    def fit(self, job, k=6, **how):
        """Begin a fit."""
        self.say("fit", job=job, k=k, **FIT | how)

    def close(self):
        """Leave."""
        self.kept.__exit__(None, None, None)


def below(pid):
    """The processes that this one began, and theirs: {pid: resident bytes}."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                child = int(path.parent.name)
                found[child] = resident(child)
                found |= below(child)
    return found


def resident(pid):
    """Bytes of a process in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def alive(pid):
    """Whether there is such a process."""
    return Path(f"/proc/{pid}").exists()


def measured(pid):
    """What there is now."""
    workers = below(pid)
    return {
        "processes": 1 + len(workers),
        "server MB": round(resident(pid) / 1e6),
        "workers MB": round(sum(workers.values()) / 1e6),
        "files": len(list(Path(f"/proc/{pid}/fd").iterdir())),
        "threads": len(list(Path(f"/proc/{pid}/task").iterdir())),
        "shared": Path(f"/proc/{pid}/maps").read_text().count("/dev/shm/"),
    }


def told(what, pid, began=None):
    """Print what there is."""
    found = measured(pid)
    seconds = "" if began is None else f"{time.perf_counter() - began:8.1f} s"
    print(f"{what:34}{seconds:>11}  " + ", ".join(f"{name} {value}" for name, value in found.items()), flush=True)
    return found


def soak(fits, reloads, sessions):
    """All of it, against a server of its own."""
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        address = server.stdout.readline().strip()
        pid = server.pid
        page = Page(address)
        page.open()
        page.fit(0)
        page.hear("done")
        first = told("after a fit", pid)

        began = time.perf_counter()
        for job in range(1, fits):
            page.fit(job, k=2 + job % 9, seed=job)
            page.hear("step")
            if job % 4 == 0:
                page.say("stop", job=job)
            page.hear("done")
        told(f"{fits} fits", pid, began)

        began = time.perf_counter()
        waits = []
        for job in range(fits, fits + 40):
            page.fit(job, k=8, tol=0, max_iter=10**5)
            page.hear("step")
            asked = time.perf_counter()
            page.say("stop", job=job)
            page.hear("done")
            waits.append(time.perf_counter() - asked)
        parts = {
            "weights": np.full(1000, 1e-3),
            "means": np.zeros((1000, 5)),
            "factors": np.tile(np.eye(5), (1000, 1, 1)),
        }
        echoes = []
        for revision in range(100):
            asked = time.perf_counter()
            page.say("edit", parts, revision=revision)
            page.hear("edited")
            echoes.append(time.perf_counter() - asked)
        for what, found in (("a stop is answered in", waits), ("an edit of 1000 components in", echoes)):
            print(f"  {what} {1000 * np.median(found):.1f} ms, the slowest {1000 * max(found):.1f} ms")

        began = time.perf_counter()
        for _ in range(reloads):
            session = page.welcome.head["session"]
            page.close()
            page = Page(address, session)
            assert page.welcome.head["session"] == session, "the session is kept"
            assert page.welcome.head["source"] is not None
        told(f"{reloads} reloads", pid, began)

        began = time.perf_counter()
        pages = [Page(address) for _ in range(sessions - 1)]
        for each in pages:
            each.open("blobs")
            each.fit(1, k=3)
        for each in pages:
            each.hear("done")
        told(f"{sessions} sessions at once", pid, began)
        for each in pages[::2]:
            each.fit(2, k=8, tol=0, max_iter=10**5)
            each.hear("step")
            each.socket.socket.close()  # vanished, without a word, in mid-fit
        for each in pages[1::2]:
            each.close()
        killed = next(child for child in below(pid) if b"studio.worker" in Path(f"/proc/{child}/cmdline").read_bytes())
        os.kill(killed, signal.SIGKILL)
        told("all but one gone, one killed", pid)
        page.say("pause", job=0)  # it is there still
        time.sleep(12)
        page.fit(10**6)
        page.hear("failed", "done")
        last = told("and after a while", pid)
        more = {name: (first[name], last[name]) for name in ("processes", "files", "shared")}  # threads are a pool's
        left = {name: pair for name, pair in more.items() if pair[1] > pair[0]}
        print(f"left behind: {left or 'nothing'}")
        known = below(pid)
        server.send_signal(signal.SIGTERM)
        server.wait(60)
        time.sleep(2)
        print(f"ended with {server.returncode}; processes left: {[child for child in known if alive(child)]}")
        return left


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    share = 10 if parser.parse_args().quick else 1
    sys.exit(bool(soak(200 // share, 50 // share, 20 // (2 if share > 1 else 1))))
