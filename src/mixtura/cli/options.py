"""The options and arguments that commands share, each declared once.

The functions of the commands call an option as the library calls its parameter: `n_components` is `-k`. So what a
command was given can be handed on as it is, and an error of the library is told in options, see `frame.spelling`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError, named

TYPES = "full, tied, diag, spherical, EII, EEI, VEI, EVI, VEE, EVE, VVE, EEV, VEV or EVV"
READ, FIT, DRAW, FILM, WRITE = "What to read", "How to fit", "How to draw", "How to film", "What comes out"


def option(
    spelling: str, panel: str, text: str | None = None, *, least: int | None = None, most: int | None = None
) -> Any:
    """An option of a command.

    spelling: its names and what stands for its value, as "-k --components N". panel: under which it is listed.
    text: its help; by default what the docstring of the command says of the parameter. least, most: the limits of a
    whole number.
    """
    names = [word for word in spelling.split() if word.startswith("-")]
    metavar = spelling.removeprefix(" ".join(names)).strip()
    limits = None if least is None else _limits(least, most)
    return typer.Option(*names, rich_help_panel=panel, metavar=metavar, help=text, callback=limits)


def argument(metavar: str, text: str | None = None, *, show_default: bool = True) -> Any:
    """An argument of a command."""
    return typer.Argument(metavar=metavar, help=text, show_default=show_default)


def _limits(least: int, most: int | None) -> Callable[..., Any]:
    limits = f">= {least}" if most is None else f"from {least} to {most}"

    def check(param: typer.CallbackParam, value: Any) -> Any:
        if value is not None and (value < least or (most is not None and value > most)):
            raise InputError(f"{param.opts[0]} is {value}: give a whole number {limits}.")
        return value

    return check


def threads(panel: str) -> Any:
    """--threads."""
    return option("--threads N", panel, "How many at most; all by default. The result is the same.", least=1, most=256)


def seed(panel: str) -> Any:
    """--seed."""
    return option("--seed N", panel, "The same seed gives the same result.", least=0)


Table = Annotated[Path, argument("TABLE", "A table: .csv, .tsv, .parquet, .npy, or - for .csv from standard input.")]
Model = Annotated[Path, argument("MODEL", "A model (.mix), or - for one from standard input.")]
Columns = Annotated[
    str | None,
    option(
        "--columns A,B",
        READ,
        "The columns to take, by name; x1, x2 ... where they have none. By default all, or those of the model.",
    ),
]
Weight = Annotated[str | None, option("--weight NAME", READ, "The column of the weights: how often each row counts.")]
Missing = Annotated[
    bool, option("--missing", READ, "Values may be missing (empty, NA, NaN, null, ?): use what each row has.")
]
Header = Annotated[bool, option("--header", READ, "The first line of a .csv holds names, even if these are numbers.")]
Paper = Annotated[str, option("--paper COLOUR", READ, "What shows through transparent pixels.")]
MaxPixels = Annotated[int, option("--max-pixels N", READ, "Refuse larger pictures, read or written.")]
Profile = Annotated[
    bool,
    option(
        "--profile/--no-profile",
        READ,
        "Convert from the colours that the file says it is in to sRGB, or take its numbers as sRGB.",
    ),
]
Components = Annotated[int, option("-k --components N", FIT, "The number of components (Gaussians).")]
Covariance = Annotated[str, option("--covariance TYPE", FIT, f"{TYPES}.")]
Start = Annotated[
    str,
    option(
        "--start NAME",
        FIT,
        "Where EM begins: kmeans, kmeans++, random_from_data, partition, random, or hierarchical, often the best for "
        "few rows; or a model (.mix), which has as many components.",
    ),
]
Fixed = Annotated[
    list[str] | None,
    option(
        "--fixed PART:N,N",
        FIT,
        "What of --start MODEL keeps its value: means, covariances or weights of the components with these numbers, as "
        "means:3,7; means:all for all. Repeatable.",
    ),
]
MaxIter = Annotated[int, option("--max-iter N", FIT, "The limit of EM iterations.")]
Tol = Annotated[
    float, option("--tol X", FIT, "Convergence threshold: the gain in mean log likelihood per row, or per pixel.")
]
RegCovar = Annotated[float, option("--reg-covar X", FIT, "Added to the variances, in squared units of the columns.")]
NInit = Annotated[int, option("--n-init N", FIT, "The number of starts; the likeliest fit is kept.")]
Prior = Annotated[bool, option("--prior", FIT, "With the default prior: no component collapses onto a few rows.")]
Noise = Annotated[
    str | None,
    option(
        "--noise SHARE",
        FIT,
        "With a background for rows of no component, whose label is -1: auto, or its share, such as 0.05.",
    ),
]
Clusters = Annotated[
    str | None,
    option(
        "--clusters N",
        FIT,
        "Combine components into so many clusters, which `predict` then tells; auto for the number that is suggested.",
    ),
]
Errors = Annotated[
    str | None,
    option(
        "--noise-covariance COLUMNS|FILE",
        READ,
        "With which errors rows are measured: the column of standard errors beside each column, as x=x_err,y=y_err; or "
        "a file of variances, for all rows or a row each (.csv, .npy, of matrices too).",
    ),
]
Precision = Annotated[str, option("--precision TYPE", FIT, "float64, or float32, which takes half the time.")]
Seed = Annotated[int, seed(FIT)]
Threads = Annotated[int | None, threads(FIT)]
AskThreads = Annotated[int | None, threads(WRITE)]
Rows = Annotated[int, option("--rows N", WRITE, "How many components to list, the heaviest first.", least=1)]
Plot = Annotated[
    Path | None, option("--plot FILE", WRITE, "Write a figure too: .png, .svg, .pdf, or - for .png to standard output.")
]
Plain = Annotated[bool, option("--no-plot", WRITE, "Without the plot on the terminal.")]
Keep = Annotated[
    str | None,
    option("--keep A,B", WRITE, "Write these columns of the table too, as they stand, such as an id; all for all."),
]
Output = Annotated[Path | None, option("-o --output FILE", WRITE)]
OutputTable = Annotated[Path, option("-o --output FILE", WRITE)]
Quiet = Annotated[bool, option("-q --quiet", WRITE, "Say nothing but errors.")]
AsJson = Annotated[bool, option("--json", WRITE, "Print one JSON record of what was done instead.")]


def names(text: str | None, parameter: str = "columns") -> list[str] | None:
    """The names in a,b; None where there are none."""
    if text is None:
        return None
    found = [name.strip() for name in text.split(",")]
    if not all(found):
        raise InputError(f"{named(parameter)} is {text!r}: give names with commas between, such as x,y.")
    return found


def counts(text: str) -> tuple[int, ...]:
    """The numbers of components in 1-9 or 2,4,8, each once, in their order."""
    found: list[int] = []
    for word in text.split(","):
        first, dash, last = word.strip().partition("-")
        last = last if dash else first
        if not (first.isdecimal() and last.isdecimal() and len(last) < 6 and 1 <= int(first) <= int(last)):
            raise InputError(f"{named('n_components')} is {text!r}: give numbers >= 1, such as 1-9 or 2,4,8.")
        found += range(int(first), int(last) + 1)
    return tuple(dict.fromkeys(found))


def start_of(text: str) -> Any:
    """What --start means: a name, or the mixture of a model."""
    if Path(text).suffix.lower() != ".mix":
        return text
    from ..jobs.standard import model_in

    return model_in(Path(text))


def fixed_of(texts: list[str] | None) -> dict[str, Any] | None:
    """What --fixed means, as `mixtura.fit` takes it; None where it is not given."""
    found: dict[str, Any] = {}
    for text in texts or []:
        part, _, numbers = text.partition(":")
        part, numbers = part.strip(), numbers.strip()
        if part not in ("means", "covariances", "weights"):
            raise InputError(
                f"{named('fixed')} is {text!r}: give means, covariances or weights and numbers of components, such as "
                f"means:3,7."
            )
        found[part] = True if numbers == "all" else places(numbers, "fixed", text)
    return found or None


def places(text: str, parameter: str, whole: str | None = None) -> list[int]:
    """The numbers of components in 3,7, from 0."""
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and len(word) < 10 for word in words):
        raise InputError(
            f"{named(parameter)} is {whole or text!r}: give the numbers of components, from 0, such as "
            f"{'means:3,7' if whole else '3,7'}."
        )
    return [int(word) for word in words]


def noise_of(text: str | None) -> bool | float | None:
    """What --noise means: True for auto, or a share; None where it is not given."""
    if text is None or text.strip().lower() == "auto":
        return None if text is None else True
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 < share < 1:
        raise InputError(f"{named('noise')} is {text!r}: give auto, or the share of the background, between 0 and 1.")
    return share


def clusters_of(text: str | None) -> int | None:
    """What --clusters means: a number, or 0 for auto; None where it is not given."""
    if text is None or text.strip().lower() == "auto":
        return None if text is None else 0
    if not (text.strip().isdecimal() and len(text.strip()) < 6 and int(text) >= 1):
        raise InputError(f"{named('n_clusters')} is {text!r}: give auto, or a whole number >= 1.")
    return int(text)


def parse_size(text: str | None) -> tuple[int, int] | int | None:
    """What --size means: (width, height), the longer side, or None where it is not given."""
    if text is None:
        return None
    found = re.fullmatch(r"\s*([0-9]{1,6})(?:\s*[x×]\s*([0-9]{1,6}))?\s*", text.lower())
    sides = [int(side) for side in found.groups() if side is not None] if found else [0]
    if min(sides) < 1:
        raise InputError(
            f"{named('size')} is {text!r}: give WIDTHxHEIGHT such as 1920x1080, or the longer side such as 1920, in "
            f"pixels."
        )
    return sides[0] if len(sides) == 1 else (sides[0], sides[1])


def parse_levels(text: str | None) -> int | list[float] | None:
    """What --levels means: how many, or where they lie; None where it is not given."""
    if text is None:
        return None
    if text.strip().isdecimal() and len(text.strip()) < 6:
        return int(text)
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise InputError(
            f"{named('levels')} is {text!r}: give how many, such as 12, or nats below the maximum, such as 0.5,2,4.5."
        ) from None


def parse_bytes(text: str | None, name: str) -> int | None:
    """What a number of bytes such as 50kB or 0.2 MB means; None where it is not given."""
    if text is None:
        return None
    found = re.fullmatch(r"\s*([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*([km]?)b?\s*", text.lower())
    size = int(float(found[1]) * {"": 1, "k": 1_000, "m": 1_000_000}[found[2]]) if found else 0
    if size < 1:
        raise InputError(f"{named(name)} is {text!r}: give bytes such as 50000, 50kB or 0.2MB.")
    return size


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
            f"{named('frame')} is {text!r}: give X0,Y0,X1,Y1 such as 0,0,640,480, with X0 below X1 and Y0 below Y1."
        )
    return left, top, right, bottom
