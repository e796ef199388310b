"""Ctrl-C and its like: the command ends at once, with 130 and one sentence, and leaves terminal and disk clean."""

import os
import pty
import select
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image
from terminal import command, names

PATIENCE = 120  # seconds until the fit has begun: kernels may have to be compiled first
AT_ONCE = 5  # seconds from Ctrl-C to the end; the fit itself would go on for minutes

ENDLESS = ("-k", "200", "--max-iter", "1000000", "--tol", "0", "--precision", "float64")


@pytest.fixture(autouse=True)
def interrupts_are_heard():
    """A shell starts what runs in its background deaf to Ctrl-C, and our commands would inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def folder(tmp_path):
    """A picture that takes long to fit, and an earlier result."""
    noise = np.random.default_rng(0).integers(0, 256, (700, 700, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png", compress_level=0)
    (tmp_path / "old.png").write_bytes(b"old")
    return tmp_path


def output(terminal, until, seconds):
    """What a terminal shows, up to and with the bytes `until`, or to the end."""
    shown, end = b"", time.monotonic() + seconds
    while until not in shown and time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                more = os.read(terminal, 1 << 16)
            except OSError:  # how Linux says that nobody writes any more
                break
            if not more:
                break
            shown += more
    return shown


def untouched(folder):
    assert names(folder) == ["noise.png", "old.png"]
    assert (folder / "old.png").read_bytes() == b"old"


@pytest.mark.parametrize("pauses", [[], [0.0, 0.0], [0.003] * 8], ids=["once", "at once", "again and again"])
def test_in_a_terminal(folder, pauses):
    ours, theirs = pty.openpty()
    words = command("paint", "noise.png", *ENDLESS, "-o", "old.png", "-o", "new.mix")
    painting = subprocess.Popen(
        words, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm"}
    )
    os.close(theirs)
    try:
        shown = output(ours, b"step ", PATIENCE)
        assert b"step " in shown, shown[-2000:]
        painting.send_signal(signal.SIGINT)
        for pause in pauses:
            time.sleep(pause)
            painting.send_signal(signal.SIGINT)
        shown += output(ours, b"\0", AT_ONCE)
        assert painting.wait(AT_ONCE) == 130
    finally:
        painting.kill()
        painting.wait()
        os.close(ours)
    assert b"Traceback" not in shown
    assert shown.endswith(b"mixtura: stopped; nothing was left half written.\r\n")
    assert shown.count(b"mixtura: ") == 1
    hidden, back = shown.rfind(b"\x1b[?25l"), shown.rfind(b"\x1b[?25h")  # the cursor
    assert 0 <= hidden < back
    untouched(folder)


def test_progress_is_for_terminals_and_goes_to_standard_error(folder):
    for stream in ("stderr", "stdout"):
        ours, theirs = pty.openpty()
        ends = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: theirs}
        words = command("paint", "noise.png", "-k", "20", "--max-iter", "5", "-o", "old.png")
        painting = subprocess.Popen(words, cwd=folder, env={**os.environ, "TERM": "xterm"}, **ends)
        os.close(theirs)
        try:
            shown = output(ours, b"\0", PATIENCE)
            out, err = painting.communicate(timeout=PATIENCE)
        finally:
            painting.kill()
            painting.wait()
            os.close(ours)
        assert painting.returncode == 0
        if stream == "stderr":
            assert b"fitting" in shown
            assert out.startswith(b"20 Gaussians on 490,000 colour pixels")
        else:
            assert shown.startswith(b"20 Gaussians on 490,000 colour pixels")
            assert err == b""
        assert b"\x1b" not in (out or b"")


@pytest.mark.parametrize(
    ("number", "words"), [(signal.SIGINT, ()), (signal.SIGTERM, ("--json", "--threads", "1"))], ids=["Ctrl-C", "killed"]
)
def test_without_a_terminal(folder, number, words):
    painting = subprocess.Popen(
        command("paint", "noise.png", *ENDLESS, *words, "-o", "old.png"),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        # Nothing tells when the fit begins, so it is stopped wherever it is by then.
        with pytest.raises(subprocess.TimeoutExpired):
            painting.wait(3)
        painting.send_signal(number)
        out, err = painting.communicate(timeout=AT_ONCE)
    finally:
        painting.kill()
        painting.wait()
    assert (painting.returncode, out, err) == (128 + number, "", "mixtura: stopped; nothing was left half written.\n")
    untouched(folder)


def test_work_that_cannot_be_interrupted_is_not_waited_for(tmp_path):
    """A kernel in a thread goes on until it is done: here one that takes a minute."""
    code = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from mixtura import cli
from mixtura.cli import paint

def run(*_):
    ThreadPoolExecutor(1).submit(time.sleep, 60)
    raise KeyboardInterrupt

paint.run = run
sys.argv = ["mixtura", "paint", "noise.png"]
cli.main()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, timeout=40, check=False)
    assert (done.returncode, done.stderr) == (130, b"mixtura: stopped; nothing was left half written.\n")
