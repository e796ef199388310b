"""A session with a page of words, not of pixels: what tests say to it, and what they hear."""

import queue
from contextlib import contextmanager
from typing import Any

import numpy as np

from mixtura.studio.messages import Message, decode, encode
from mixtura.studio.session import Session

FIT: dict[str, Any] = {
    "k": 3, "covariance_type": "full", "start": "kmeans", "seed": 0, "tol": 1e-3, "max_iter": 100, "prior": 0,
    "polish": False, "paused": False,
}  # fmt: skip
LOOK: dict[str, Any] = {
    "style": "mean", "tone": None, "colours": None, "ink": None, "paper": None, "sharpen": 1, "count": None,
    "dots": None, "radius": None, "seed": 0,
}  # fmt: skip


class Page:
    """Messages go through frames both ways, as over a socket."""

    def __init__(self, session: Session) -> None:
        self.session, self.seq = session, 0
        self.heard: queue.Queue[Message] = queue.Queue()
        session.attach(lambda message: self.heard.put(decode(encode(message), "engine")))

    def say(self, type_: str, arrays: dict[str, Any] | None = None, **head: Any) -> int:
        self.seq += 1
        self.session.receive(decode(encode(Message(type_, head, arrays or {}, self.seq))))
        return self.seq

    def hear(self, *wanted: str, seconds: float = 60.0) -> Message:
        """The next message of these types; a failure that is not among them fails the test."""
        while True:
            message = self.heard.get(timeout=seconds)
            if message.type in wanted:
                return message
            assert message.type != "failed", message.head

    def ask(self, answer: str, type_: str, arrays: dict[str, Any] | None = None, **head: Any) -> Message:
        self.say(type_, arrays, **head)
        return self.hear(answer)

    def open(self, content: bytes | None = None, name: str = "file", kind: str = "picture", **how: Any) -> Message:
        arrays = {} if content is None else {"bytes": np.frombuffer(content, np.uint8)}
        given = {"mode": None, "threshold": None, "columns": None} | how
        return self.ask("opened", "open", arrays, kind=kind, name=name, **given)

    def fit(self, job: int, arrays: dict[str, Any] | None = None, **how: Any) -> Message:
        self.say("fit", arrays, job=job, **FIT | how)
        return self.hear("done")

    def take(self, kind: str, arrays: dict[str, Any], *, width: int | None = None, axes=(0, 1), **look: Any) -> Message:
        known = {name: arrays[name] for name in ("weights", "means", "factors", "pins", "hidden") if name in arrays}
        more = look.pop("more", {})
        return self.ask(
            "taken", "take", known, kind=kind, width=width, look=LOOK | look, axes=list(axes), **more
        )  # fmt: skip


@contextmanager
def page(**how: Any):
    """A page that has said hello."""
    session = Session(**how)
    try:
        found = Page(session)
        found.welcome = found.ask("welcome", "hello", nonce="", session=None)
        yield found
    finally:
        session.close()
