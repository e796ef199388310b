"""What is said over one socket: a greeting, then messages to a session, and its answers.

In the greeting both sides prove that they know the token, the server first, and neither tells it: so a program that
listens where a server was before learns nothing from the pages that come back.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any

from .doors import proof

if TYPE_CHECKING:
    from .messages import Message
    from .server import Studio
    from .session import Session

REFUSED, IDLE, FULL, SLOW = 4401, 4408, 4429, 4413
"""Codes that sockets are closed with; the page's transport knows them."""
TRY = "Open the address that it printed."
HELLO = 4096
"""Bytes of a greeting, at most."""
GREETING = 10.0
"""Seconds within which a socket has to say who it is."""
PENDING = 200 << 20
"""Bytes that may wait for a page that does not read."""


class Talk:
    """What is said over one socket."""

    studio: Studio
    websocket: Any

    def __init__(self, studio: Studio, websocket: Any) -> None:
        self.studio, self.websocket = studio, websocket
        self.loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self.waiting: list[Message] = []
        self.pending: int = 0
        self.news: asyncio.Event = asyncio.Event()

    async def run(self) -> None:
        """Talk until the page leaves."""
        from starlette.websockets import WebSocketDisconnect

        session: Session | None = None
        writing = asyncio.create_task(self._write())
        try:
            session = await self._greeted()
            while session is not None:
                await asyncio.to_thread(self._hear, session, await self._frame())
        except (WebSocketDisconnect, RuntimeError, TimeoutError):
            pass
        finally:
            if session is not None:
                self.studio.sockets.pop(session, None)
                session.detach()
            writing.cancel()

    async def _frame(self) -> bytes:
        from starlette.websockets import WebSocketDisconnect

        message = await self.websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        return message.get("bytes") or b""

    async def _greeted(self) -> Session | None:
        """The session of who knows the token; None, and the socket is closed, for anyone else."""
        from .messages import Message, encode

        async with asyncio.timeout(GREETING):
            hello = await self._heard("hello")
            if hello is None:
                return None
            asked, given = hello.head["nonce"], secrets.token_urlsafe(18)
            ours = {"nonce": given, "proof": proof(self.studio.token, "server", asked, given)}
            await self.websocket.send_bytes(encode(Message("challenge", ours, re=hello.seq)))
            answer = await self._heard("prove")
        theirs = "" if answer is None else answer.head["proof"]
        if not hmac.compare_digest(theirs.encode(), proof(self.studio.token, "page", asked, given).encode()):
            await self._refused(REFUSED, "This page has not the token of the studio that runs.", TRY)
            return None
        sessions = await asyncio.to_thread(self.studio.sessions)
        for _ in range(20):  # the page that was there before may not have left quite yet
            if not sessions.busy(hello.head["session"]):
                break
            await asyncio.sleep(0.05)
        session = await asyncio.to_thread(sessions.greet, hello.head["session"], self.emit)
        if session is None:
            await self._refused(FULL, "Too many pages have the studio open.", "Close one, then load this again.")
            return None
        self.studio.sockets[session] = self
        await asyncio.to_thread(session.receive, hello)
        return session

    async def _heard(self, type_: str) -> Message | None:
        """The next message of the greeting; None, and the socket is closed, where it is another."""
        from .messages import MessageError, decode

        data = await self._frame()
        sentence = "This page has not the token of the studio that runs."
        if len(data) > HELLO:
            sentence = f"A greeting has up to {HELLO:,} bytes."
        else:
            try:
                message = await asyncio.to_thread(decode, data)
                if message.type == type_:
                    return message
            except MessageError as error:
                sentence = error.sentence
        await self._refused(REFUSED, sentence, TRY)
        return None

    def _hear(self, session: Session, data: bytes) -> None:
        from .messages import Message, MessageError, decode

        try:
            message = decode(data)
        except MessageError as error:
            told = {"job": error.job, "sentence": _capital(error.sentence), "remedy": "Load the page again."}
            self.emit(Message("failed", told, re=error.seq))
            return
        session.receive(message)

    def emit(self, message: Message) -> None:
        """Send a message, from any thread; of steps that wait, the newest alone."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self.loop.call_soon_threadsafe(self._put, message)

    def _put(self, message: Message) -> None:
        if message.type == "step" and self.waiting and self.waiting[-1].type == "step":
            self.pending -= _size(self.waiting.pop())
        self.waiting.append(message)
        self.pending += _size(message)
        self.news.set()
        if self.pending > PENDING:
            self.waiting.clear()
            self.loop.create_task(self.close(SLOW))

    async def _write(self) -> None:
        from .messages import encode

        with contextlib.suppress(Exception):  # the socket is gone, or what is to be told cannot be: the page comes back
            while True:
                await self.news.wait()
                self.news.clear()
                while self.waiting:
                    message = self.waiting.pop(0)
                    large = _size(message) > 1 << 20
                    frame = await asyncio.to_thread(encode, message) if large else encode(message)
                    await self.websocket.send_bytes(frame)
                    self.pending -= _size(message)
        with contextlib.suppress(Exception):
            await self.websocket.close()

    async def _refused(self, code: int, sentence: str, remedy: str) -> None:
        from .messages import Message, encode

        with contextlib.suppress(Exception):
            told = {"job": None, "sentence": _capital(sentence), "remedy": remedy}
            await self.websocket.send_bytes(encode(Message("failed", told)))
        await self.close(code)

    async def close(self, code: int) -> None:
        """Close the socket."""
        with contextlib.suppress(Exception):
            await self.websocket.close(code)


def _size(message: Message) -> int:
    return 500 + sum(int(array.nbytes) for array in message.arrays.values())


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
