"""The studio's server: the page's files, and a socket a page behind which a session works.

It answers this machine alone unless another host is named, and there only who knows the token, which stands in the
fragment of the address, and so in no log, and which is proved and never told. Host and Origin are looked at before a
socket is accepted, so that no other site's page can speak with it. Only what serves the first paint is imported here;
NumPy and the rest come later.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, MissingExtraError, MixturaError, StorageError
from .doors import forget_token, kept_token, listening, refresh_token
from .table import LIMITS, kind_of
from .talk import IDLE, Talk

if TYPE_CHECKING:
    from .opening import Opened
    from .session import Session
    from .sessions import Sessions

HERE = Path(__file__).parent
FOLDERS = (HERE / "web", HERE.parent / "pictures" / "page")
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src blob: data:; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
SWEEP = 5.0
"""Seconds between two looks for sessions that are over."""


def serve(
    file: str | os.PathLike[str] | None = None,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    n_components: int | None = None,
    on_ready: Callable[[str], Any] | None = None,
) -> None:
    """Serve the studio until it is interrupted: what ``mixtura studio`` does.

    Parameters
    ----------
    file : str or path-like, optional
        A picture, a table or a model, which each page begins with.
    host : str
        The address to listen at. By default this machine alone can reach it.
    port : int, optional
        Where; 0 for any that is free. By default 8484, or any that is free where that is taken.
    n_components : int, optional
        The number of components that the page offers first.
    on_ready : callable, optional
        Called with the address, which holds the token that lets a page in, once it can be opened.

    Raises
    ------
    MissingExtraError
        If the extra ``studio`` is not installed.
    InputError
        If the port cannot be had, or the host is none.
    PictureError, TableError, StorageError
        If the file cannot be read.
    """
    try:
        import uvicorn
        import websockets  # noqa: F401  (uvicorn finds it by itself)
    except ImportError as error:
        raise MissingExtraError(
            f"the studio needs {error.name or 'uvicorn'}, which is not installed: pip install 'mixtura[studio]'."
        ) from None
    given = None if file is None else _Given(Path(file))
    door = listening(host, port)
    where = door.getsockname()[1]
    token = kept_token(where if port != 0 else None)
    studio = Studio(token, host, where, given, n_components)
    config = uvicorn.Config(
        studio.app(), log_level="error", access_log=False, server_header=False, lifespan="on", ws="websockets-sansio",
        ws_max_size=LIMITS["frame"], ws_per_message_deflate=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    studio.end = lambda: setattr(server, "should_exit", True)
    studio.ready = lambda: on_ready and on_ready(studio.address)
    if port != 0:
        studio.beat = lambda: refresh_token(where)
    try:
        server.run(sockets=[door])
    finally:
        studio.close()
        door.close()
        if port != 0:
            forget_token(where)
    if given is not None and given.error is not None:
        raise given.error


class _Given:
    """The command's file: read here, opened by a thread while the page loads."""

    def __init__(self, path: Path) -> None:
        self.error: MixturaError | None = None
        self._opened: Opened | None = None
        self._done = threading.Event()
        self.name = path.name
        self.kind = kind_of(path.suffix.lower())
        try:
            if path.is_file() and path.stat().st_size > LIMITS["bytes"]:
                raise InputError(
                    f"{path} has {path.stat().st_size:,} bytes, the studio opens up to {LIMITS['bytes']:,}: give a "
                    f"smaller file."
                )
            self.content = path.read_bytes()
        except IsADirectoryError:
            raise StorageError(f"{path} is a folder: give a picture, a table or a model (.mix).") from None
        except OSError as error:
            raise StorageError(
                f"{path} cannot be read ({error.strerror}): give a picture, a table or a model (.mix)."
            ) from None

    def open(self, failed: Callable[[], Any]) -> None:
        """Open it. failed: called where it cannot be."""
        from .opening import opened_file

        try:
            self._opened = opened_file(self.content, self.name, kind=self.kind)
        except MixturaError as error:
            self.error = error
            failed()
        finally:
            self._done.set()

    def wait(self) -> Opened:
        """What it is, as soon as that is known."""
        self._done.wait()
        if self._opened is None:
            raise self.error or InputError("The file could not be opened.")
        return self._opened


class Studio:
    """The application: what it serves, and to whom.

    end: stops the server. ready: called once it listens; beat: called every few seconds then.
    """

    token: str
    host: str
    port: int
    given: Any
    k: int | None
    files: dict[str, Path]

    def __init__(
        self, token: str, host: str, port: int, given: Any = None, n_components: int | None = None, **limits: Any
    ) -> None:
        self.token, self.host, self.port, self.given, self.k = token, host, port, given, n_components
        self.limits = limits
        self.files = {
            path.name: path
            for folder in reversed(FOLDERS)
            for path in folder.glob("*.*")
            if path.suffix in TYPES and (folder == FOLDERS[0] or (path.suffix == ".js" and path.name != "page.js"))
        }
        self.joined: bytes | None = None  # all scripts as one; until it is made, they come module by module
        self.sockets: dict[Session, Any] = {}
        self.end: Callable[[], Any] = lambda: None
        self.ready: Callable[[], Any] = lambda: None
        self.beat: Callable[[], Any] = lambda: None
        self._sessions: Sessions | None = None
        self._making = threading.Lock()

    @property
    def address(self) -> str:
        """Where a browser opens it, with the token."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/#token={self.token}"

    def close(self) -> None:
        """End all sessions."""
        if self._sessions is not None:
            self._sessions.close()

    def sessions(self) -> Sessions:
        """The sessions; made by the first that asks, since this imports NumPy."""
        from .sessions import Sessions

        with self._making:
            if self._sessions is None:
                self._sessions = Sessions(None if self.given is None else self.given.wait, **self.limits)
                self._sessions.components = self.k
        return self._sessions

    def app(self) -> Any:
        """The ASGI application."""
        from starlette.applications import Starlette
        from starlette.responses import Response
        from starlette.routing import Route, WebSocketRoute

        async def file(request: Any) -> Response:
            path = self.files.get(request.path_params.get("name", "index.html"))
            if path is None:
                return Response("There is nothing here.", 404, media_type="text/plain")
            content = self.joined if path.name == "main.js" and self.joined else path.read_bytes()
            return Response(content, media_type=TYPES[path.suffix])

        @contextlib.asynccontextmanager
        async def living(app: Any) -> Any:
            asyncio.get_running_loop().call_soon(self.ready)
            tasks = [asyncio.create_task(each) for each in (self._sweep(), asyncio.to_thread(self._warm))]
            yield
            for task in tasks:
                task.cancel()
            await asyncio.to_thread(self.close)  # now: a signal that ended the server is raised again behind us

        routes: list[Any] = [
            Route("/", file), Route("/{name}", file), WebSocketRoute("/ws", self.talk),
        ]  # fmt: skip
        return _Gate(Starlette(routes=routes, lifespan=living), self._is_ours)

    def _is_ours(self, host: str) -> bool:
        """Whether a Host names this server: exactly, so that no other name can stand for it."""
        name, _, port = host.lower().rpartition(":")
        if port != str(self.port):
            return host == self.host and self.port == 80
        if self.host in ("0.0.0.0", "::", ""):
            with contextlib.suppress(ValueError):
                return bool(ipaddress.ip_address(name.strip("[]")))
            return name in ("localhost", socket.gethostname().lower())
        names = {self.host.lower(), f"[{self.host.lower()}]"}
        local = {"127.0.0.1", "localhost"} if self.host in ("127.0.0.1", "localhost") else set()
        return name in names | local

    def _warm(self) -> None:
        """What the page and its first message need; and the command's file."""
        from .link import whole

        with contextlib.suppress(ValueError):  # they cannot be joined: then they come module by module
            self.joined = whole("main.js").encode()
        self.sessions()
        if self.given is not None:
            self.given.open(self.end)

    async def _sweep(self) -> None:
        while True:
            self.beat()
            await asyncio.sleep(SWEEP)
            if self._sessions is not None:
                for session in await asyncio.to_thread(self._sessions.sweep):
                    talk = self.sockets.get(session)
                    if talk is not None:
                        await talk.close(IDLE)

    async def talk(self, websocket: Any) -> None:
        """A socket, from its greeting to its end."""
        await websocket.accept()
        await Talk(self, websocket).run()


class _Gate:
    """Refuses what does not name this server, or comes from another site; adds the headers to what is answered."""

    def __init__(self, app: Any, is_ours: Callable[[str], bool]) -> None:
        self.app, self.is_ours = app, is_ours

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        hosts, origins = headers.get("host", []), headers.get("origin", [])
        right = len(hosts) == 1 and self.is_ours(hosts[0])
        right = right and origins in ([f"http://{hosts[0]}"], *([] if scope["type"] == "websocket" else [[]]))
        if not right:
            await self._refuse(scope, receive, send)
            return

        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", []), *own]}
            await send(message)

        await self.app(scope, receive, sent)

    async def _refuse(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
            return
        headers = [(b"content-type", b"text/plain"), (b"x-content-type-options", b"nosniff")]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": b"This address is not served here."})
