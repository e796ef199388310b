"""The command as tests meet it: in this process for speed, or as a process of its own; and small pictures for it."""

import contextlib
import ctypes
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import numpy as np
import pytest
import typer
from PIL import Image

from mixtura import cli
from mixtura.cli.app import app
from processes import STRICT

STYLES = ("contour", "dots", "grid", "mean", "ellipses")
QUICK = ("-k", "3", "--max-iter", "3")


class Said(NamedTuple):
    """What a run of the command gave."""

    code: int
    out: str
    err: str

    @property
    def record(self):
        """What --json printed: exactly one line."""
        (line,) = self.out.splitlines()
        return json.loads(line, parse_constant=_refuse)


def _refuse(name):
    raise AssertionError(f"{name} is no JSON")


def mixtura(*words, folder, streams=None):
    """`mixtura WORDS` in this process, with `folder` as the current one.

    streams: what stands for stdin or stdout of the process, by name; None for one that is closed.
    """
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        mock.patch.object(sys, "argv", ["mixtura", *map(str, words)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.multiple(
            sys, **{mark + name + mark: stream for name, stream in (streams or {}).items() for mark in ("", "__")}
        )
        if streams
        else contextlib.nullcontext(),
    ):
        usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        finally:
            for number, handler in usual.items():
                signal.signal(number, handler)
    return Said(code, out.getvalue(), err.getvalue())


def paint(*words, folder):
    """`mixtura paint WORDS`, which must succeed."""
    said = mixtura("paint", *words, folder=folder)
    assert (said.code, said.err) == (0, "")
    return said


def command(*words):
    """The words of a real process."""
    return [*STRICT, "-m", "mixtura", *map(str, words)]


def examples(*commands):
    """The examples in the help of commands, as they are typed."""
    known = typer.main.get_command(app).commands
    lines = [line for name in commands for line in known[name].epilog.splitlines()]
    return [line.strip("`\\") for line in lines if line.startswith("`mixtura")]


def process(*words, folder, **environment):
    """`mixtura WORDS` as a process."""
    done = subprocess.run(
        command(*words),
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def names(folder):
    """All that lies in a folder, hidden files too."""
    return sorted(path.name for path in Path(folder).iterdir())


def pixels(path):
    """(h, w, 3) uint8."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


INK = np.full((16, 24), 255, np.uint8)
INK[3:13, 2:9] = 0
INK[4:7, 18:22] = 100
"""A black block of 70 pixels on the left, a grey one of 12 on the right, on white."""

COLOUR = np.zeros((16, 24, 3), np.uint8)
COLOUR[:, :12] = (200, 40, 30)
COLOUR[:, 12:] = (20, 60, 190)
COLOUR[5:9, 4:20, 1] = 170
COLOUR += np.random.default_rng(0).integers(0, 50, COLOUR.shape, dtype=np.uint8)
"""Red on the left, blue on the right, a greenish bar across, all of it grainy."""


@contextlib.contextmanager
def bound_by_permissions():
    """Permissions bind whoever runs this, the superuser too: Linux can take that right from a thread for a while."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3 of the structure, this thread
    rights = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; the lower halves first
    if not hasattr(libc, "capset") or libc.capget(header, rights):
        pytest.skip("permissions do not bind the superuser")
    before = rights[0]
    rights[0] &= ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: see capabilities(7)
    libc.capset(header, rights)
    try:
        yield
    finally:
        rights[0] = before
        libc.capset(header, rights)


def make(folder):
    """ink.png and colour.png in a folder."""
    Image.fromarray(INK).save(folder / "ink.png")
    Image.fromarray(COLOUR).save(folder / "colour.png")
    return folder
