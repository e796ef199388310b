"""`mixtura probability`: how much of a model lies in a box."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from ..errors import InputError
from ..jobs.standard import called, legible, model_in
from . import options
from .frame import Report, columns_of
from .options import WRITE, argument, option, seed


def probability(
    model: options.Model,
    box: Annotated[list[str], argument("NAME=LOW:HIGH...", show_default=False)],
    n_samples: Annotated[int, option("--points N", WRITE, least=16, most=2**24)] = 16_384,
    rng: Annotated[int, seed(WRITE)] = 0,
) -> Report:
    """Say how probable it is that the columns of a model lie between limits.

    An end that is left out is open. Up to two correlated columns the answer is exact; with more it has an error.
    Columns without names are x1, x2, and so on.

    Parameters
    ----------
    box
        Limits of some columns, such as x=1:2 y=3: z=:0.
    n_samples
        Points of quasi-Monte Carlo, where it is not exact.

    Examples
    --------
    How often a short wait follows a long eruption:
    `mixtura probability faithful.mix eruptions=4: waiting=:75`
    """
    from ..sources.tables import column

    mixture = model_in(model)
    heads = columns_of(mixture)
    sides: dict[str, tuple[float, float]] = {}
    for text in box:
        name, low, high = _limits(text)
        column(name, heads, called(model))
        if name in sides:
            raise InputError(f"{name} is given twice: give each column one low and one high.")
        if not low <= high:
            raise InputError(f"{text!r} holds nothing: its low {low:g} is above its high {high:g}.")
        sides[name] = low, high
    ends = ({heads.index(name): side[end] for name, side in sides.items()} for end in (0, 1))
    found = mixture.probability(*ends, n_samples=n_samples, rng=rng)
    record = {"model": model, "box": sides, "probability": found.estimate, "error": found.error}
    return Report(record, _lines)


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    said = ", ".join(_between(legible(name), *side) for name, side in record["box"].items())
    error = f"± {record['error']:.1g}" if record["error"] else "exact"
    yield f"P({said}) = {record['probability']:.7g} ({error})"


def _between(name: str, low: float, high: float) -> str:
    left, right = "" if low == -math.inf else f"{low:g} <= ", "" if high == math.inf else f" <= {high:g}"
    return f"{left}{name}{right}"


def _limits(text: str) -> tuple[str, float, float]:
    """What x=1:2 says."""
    name, sign, sides = text.rpartition("=")
    low, colon, high = sides.partition(":")
    try:
        ends = float(low or "-inf"), float(high or "inf")
    except ValueError:
        ends = math.nan, math.nan
    if not (sign and colon and name.strip()) or any(map(math.isnan, ends)):
        raise InputError(f"{text!r} says no limits: write NAME=LOW:HIGH, such as x=1:2, or x=1: with no upper limit.")
    return name.strip(), *ends
