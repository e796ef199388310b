"""What the commands share: how options are declared, spelt and checked."""

from __future__ import annotations

import math
import re
from typing import Any

import typer

from ..errors import InputError

SPELLING = {
    "max_pixels": "--max-pixels",
    "light=True": "--light",
    "light=False": "without --light",
    "sheet_mm": "--sheet",
}
"""What errors of the library call the options."""


def option(*names: str, panel: str, metavar: str = "", text: str) -> Any:
    """An option of a command, listed in its help under `panel`."""
    return typer.Option(*names, rich_help_panel=panel, metavar=metavar, help=text)


def parse_size(text: str | None) -> tuple[int, int] | int | None:
    """What --size means: (width, height), the longer side, or None where it is not given."""
    if text is None:
        return None
    found = re.fullmatch(r"\s*([0-9]{1,6})(?:\s*[x×]\s*([0-9]{1,6}))?\s*", text.lower())
    sides = [int(side) for side in found.groups() if side is not None] if found else [0]
    if min(sides) < 1:
        raise InputError(
            f"--size is {text!r}: give WIDTHxHEIGHT such as 1920x1080, or the longer side such as 1920, in pixels."
        )
    return sides[0] if len(sides) == 1 else (sides[0], sides[1])


def parse_frame(text: str | None) -> tuple[float, float, float, float] | None:
    """What --frame means: (left, top, right, bottom), or None where it is not given."""
    if text is None:
        return None
    try:
        left, top, right, bottom = (float(edge) for edge in text.split(","))
    except ValueError:
        left = top = right = bottom = math.nan
    if not (math.isfinite(left + top + right + bottom) and left < right and top < bottom):
        raise InputError(
            f"--frame is {text!r}: give X0,Y0,X1,Y1 such as 0,0,640,480, with X0 below X1 and Y0 below Y1."
        )
    return left, top, right, bottom


def one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raise InputError unless the value of an option is one that is known."""
    if value not in known:
        raise InputError(f"{name} is {value!r}: choose one of {', '.join(known)}.")


def within(name: str, value: int | None, least: int, most: int | None = None) -> None:
    """Raise InputError unless the number given for an option lies within its limits."""
    if value is not None and (value < least or (most is not None and value > most)):
        limits = f">= {least}" if most is None else f"from {least} to {most}"
        raise InputError(f"{name} is {value}: give a whole number {limits}.")
