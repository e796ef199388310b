"""The studio in a real browser: its server, or its files alone, and pages that fail by what their console says."""

from __future__ import annotations

import contextlib
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

WEB = Path(__file__).parents[2] / "src" / "mixtura" / "studio" / "web"
PAINTER = Path(__file__).parents[2] / "src" / "mixtura" / "pictures" / "page"
SAMPLES = Path(__file__).parents[2] / "samples"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WORDS = (
    "--force-color-profile=srgb",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",  # pages are put together without it: half of the work where the card is software
    *(("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()),
)
HARMLESS = re.compile(r"GL Driver Message|GPU stall|WebSocket connection to .* failed|net::ERR_(CONNECTION|INTERNET)")


_kept: contextlib.ExitStack | None = None
_shared: list[Any] = []


def keep() -> None:
    """From here on a browser that was opened once serves all, until `close`."""
    global _kept
    _kept = contextlib.ExitStack()


def close() -> None:
    """Close the browser that is kept, if one is open; who asks next opens another."""
    if _kept is not None:
        _kept.close()
    _shared.clear()


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    if _kept is None:
        with _chromium() as opened:
            yield opened
        return
    if not _shared or not _shared[0].is_connected():
        close()
        _shared.append(_kept.enter_context(_chromium()))
    yield _shared[0]


@contextlib.contextmanager
def _chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=list(WORDS))
        try:
            yield opened
        finally:
            opened.close()


class Watched:
    """A page whose errors are kept: `wrong` lists what its console and its scripts complained of."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.wrong.append(f"{error}\n{getattr(error, 'stack', '')}"))

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning") and not HARMLESS.search(message.text):
            self.wrong.append(f"{message.text} ({message.location.get('url', '')})")


@contextlib.contextmanager
def page(
    opened: Any, address: str, *, width: int = 1440, height: int = 900, theme: str = "light", **more: Any
) -> Iterator[Any]:
    """A page in a fresh profile at an address; at the end nothing may have been complained of."""
    context = opened.new_context(viewport={"width": width, "height": height}, color_scheme=theme, **more)
    try:
        watched = Watched(context.new_page())
        watched.page.goto(address)
        watched.page.wait_for_selector(".mixtura-studio")
        yield watched.page
        assert not watched.wrong, "\n".join(watched.wrong)
    finally:
        context.close()


def until(page: Any, script: str, seconds: float = 20.0) -> Any:
    """What an expression of `app` gives once it is true; Playwright's own way of waiting needs eval in the page."""
    end = time.monotonic() + seconds
    while not (found := state(page, script)):
        assert time.monotonic() < end, f"{script} is not true after {seconds:g} s"
        page.wait_for_timeout(50)
    return found


def state(page: Any, script: str) -> Any:
    """What an expression of `app`, the studio's, gives."""
    return page.evaluate(f"() => {{ const app = document.querySelector('.mixtura-studio').studio; return {script}; }}")


COMPARED = [
    {"type": "begin", "job": 2**30, "kind": "score"},
    {"type": "score", "job": 2**30, "k": 1, "bic": None, "icl": None, "aic": None},
    {"type": "done", "job": 2**30, "reason": "scored"},
]


def uncompared(page: Any) -> None:
    """What is open is taken as compared already, so that no fits of every K go on beside what a test looks at."""
    studio = "document.querySelector('.mixtura-studio').studio"
    page.evaluate(f"(actions) => actions.forEach((each) => {studio}.dispatch(each))", COMPARED)


class _Files(http.server.SimpleHTTPRequestHandler):
    """The front end's files, the painter's beside them, and pages that a test makes."""

    pages: dict[str, str]

    def translate_path(self, path: str) -> str:
        name = path.split("?")[0].lstrip("/") or "index.html"
        return str(next((folder / name for folder in (WEB, PAINTER) if (folder / name).is_file()), WEB / name))

    def do_GET(self) -> None:
        text = self.pages.get(self.path.split("?")[0])
        if text is None:
            super().do_GET()
            return
        body = text.encode()
        self.send_response(200)
        kind = "text/javascript" if self.path.endswith(".js") else "text/html"
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


@contextlib.contextmanager
def files(pages: dict[str, str] | None = None) -> Iterator[str]:
    """The address of a server of the front end's files alone, without an engine; `pages` by their paths."""
    handler = type("Handler", (_Files,), {"pages": pages or {}})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def served(*words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`mixtura studio` with some words: its address with the token, and its process."""
    source = str(Path(__file__).parents[2] / "src")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))}
    process = subprocess.Popen(
        [sys.executable, "-m", "mixtura", "studio", "--port", "0", "--no-browser", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )
    try:
        yield _address(process), process
    finally:
        process.terminate()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def _address(process: subprocess.Popen[str]) -> str:
    """The address that a studio prints."""
    said = []
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"http://\S+", line):
            return found[0]
    raise AssertionError("the studio printed no address: " + "".join(said))
