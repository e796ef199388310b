"""Notebooks in a real browser: a Jupyter server or marimo, started for a test, and pages that show one."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

PORT_WAIT = 60  # s until a server must answer


def installed(*modules):
    """Whether all of them can be imported here."""
    return all(importlib.util.find_spec(module) for module in modules)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(folder, words, address):
    """The address of a server that `words` start, with a home of its own; it is ended afterwards."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    own = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "XDG_CONFIG_HOME", "HOME")
    environment = {**os.environ, **{name: str(home) for name in own}}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", *words], env=environment, cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            until = time.monotonic() + PORT_WAIT
            while not answers(address):
                assert server.poll() is None, (folder / "server.log").read_text()[-2000:]
                assert time.monotonic() < until, "the server does not answer"
                time.sleep(0.1)
            yield server
        finally:
            server.terminate()
            server.wait(20)


def answers(address):
    try:
        with urllib.request.urlopen(address, timeout=2):
            return True
    except OSError:
        return False


@contextmanager
def jupyter(folder, cells):
    """The address of a notebook with these cells in JupyterLab, and the process of its server."""
    port = free_port()
    book = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [
            {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": text, "outputs": [], "execution_count": None}
            for i, text in enumerate(cells)
        ],
    }
    root = folder / "root"
    root.mkdir(exist_ok=True)
    (root / "book.ipynb").write_text(json.dumps(book), encoding="utf-8")
    words = ["jupyterlab", "--no-browser", f"--port={port}", "--ServerApp.port_retries=0", "--allow-root"]
    words += [
        "--IdentityProvider.token=here",
        f"--ServerApp.root_dir={root}",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=None",
    ]
    with served(folder, words, f"http://127.0.0.1:{port}/api") as server:
        yield f"http://127.0.0.1:{port}/lab/tree/book.ipynb?token=here&reset", server


class Book:
    """A notebook in JupyterLab, by its cells."""

    def __init__(self, page, address):
        self.page = page
        page.goto(address)
        self.wait()

    def wait(self):
        """Until the kernel has nothing to do."""
        self.page.wait_for_function(
            "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'", timeout=60_000
        )

    def run(self, place):
        """The text of what a cell gives, once it has run."""
        self.page.evaluate(
            """async (place) => { const { content, sessionContext } = window.jupyterapp.shell.currentWidget;
            content.activeCellIndex = place; await window.jupyterapp.commands.execute('notebook:run-cell'); }""",
            place,
        )
        self.wait()
        return self.text(place)

    def cell(self, place):
        return self.page.locator(".jp-Cell").nth(place)

    def text(self, place):
        return "\n".join(self.cell(place).locator(".jp-OutputArea-output").all_inner_texts())

    def clear(self, place):
        """Take the output of a cell away."""
        self.page.evaluate(
            """async (place) => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = place;
            await window.jupyterapp.commands.execute('notebook:clear-cell-output'); }""",
            place,
        )


def children(pid):
    """The processes below one: their numbers and what started them."""
    found, below = {}, {pid}
    listed = [each.split("/")[2] for each in map(str, Path("/proc").glob("[0-9]*"))]
    parents = {}
    for each in listed:
        try:
            fields = Path("/proc", each, "stat").read_text().rpartition(")")[2].split()
            parents[int(each)] = int(fields[1])
        except (OSError, IndexError):
            continue
    grown = True
    while grown:
        new = {each for each, parent in parents.items() if parent in below} - below
        grown, below = bool(new), below | new
    for each in below - {pid}:
        try:
            found[each] = Path("/proc", str(each), "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
    return found


@contextmanager
def marimo(folder, cells):
    """The address of a marimo app with these cells: (parameters, body, what it returns)."""
    port = free_port()
    text = ["import marimo", "app = marimo.App()"]
    for given, body, found in cells:
        lines = [*body.strip().splitlines(), f"return {found}".rstrip()]
        text += ["", "@app.cell", f"def _({given}):", *("    " + line for line in lines)]
    (folder / "book.py").write_text("\n".join(text) + "\n", encoding="utf-8")
    words = ["marimo", "run", "book.py", "--headless", f"--port={port}", "--no-token"]
    with served(folder, words, f"http://127.0.0.1:{port}/health") as server:
        yield f"http://127.0.0.1:{port}/", server
