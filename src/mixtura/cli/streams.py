"""The streams of the process: what is said on them, and what happens where one is closed, full, or left by its reader.

A reader that leaves ends the command without a word and with 141, as a shell says of programs that a broken pipe
kills. A standard output that cannot be written to is an error like any other; complaints that nobody can hear stop
nothing.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Any, NoReturn

import typer

from ..errors import OutputError
from ..jobs.standard import legible

BROKEN_PIPE = 141
LONGEST = 480  # characters of a sentence: what is longer is a name, and loses its middle


class ReaderLeft(BaseException):
    """Nobody reads our standard output any more."""


class _Guarded(io.FileIO):
    """A stream of the process; once it has failed, the rest goes nowhere. matters: whether its failure is told."""

    def __init__(self, number: int, matters: bool) -> None:
        super().__init__(number, "w", closefd=False)
        self.matters = matters

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())  # else Python complains as it ends
            if not self.matters:
                return len(data)
            if isinstance(error, BrokenPipeError):
                raise ReaderLeft from None
            raise OutputError(f"standard output cannot be written ({error.strerror}).") from None


def guard() -> None:
    """Let standard output and standard error fail in these ways, and show what their encoding cannot."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and stream is getattr(sys, f"__{name}__"):  # else it is closed, or not the process's
            raw = io.BufferedWriter(_Guarded(stream.fileno(), name == "stdout"))
            how = {"encoding": stream.encoding, "line_buffering": stream.line_buffering}
            setattr(sys, name, io.TextIOWrapper(raw, errors="backslashreplace", **how))


def say(line: Any) -> None:
    """Print a line of a report on standard output: text, or what Rich prints."""
    if isinstance(line, str):
        typer.echo("\n".join(map(legible, line.split("\n"))))
    else:
        from rich.console import Console

        Console(highlight=False, soft_wrap=True).print(line)


def tell(sentence: str) -> None:
    """Say something on standard error, in one line."""
    said = " ".join(map(legible, sentence.split("\n")))
    if len(said) > LONGEST:
        said = f"{said[: LONGEST // 2]} ... {said[-LONGEST // 2 :]}"
    typer.echo(f"mixtura: {said}", err=True)


def fail(sentence: str) -> NoReturn:
    """End with one sentence and exit code 2."""
    tell(sentence)
    sys.exit(2)
