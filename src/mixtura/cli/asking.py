"""What the commands for tables share: their options, how they read, and how errors are spelt."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError, MixturaError
from .options import option

if TYPE_CHECKING:
    from ..model.mixture import Mixture
    from ..sources.points import Points
    from ..sources.source import Pass, Source

LARGE = 2**28  # bytes of a .npy or .parquet beyond which it is read in blocks
READ, FIT, WRITE = "What to read", "How to fit", "What comes out"
BROKEN_PIPE = 141  # what a shell says of a program whose reader has left

Table = Annotated[
    Path,
    typer.Argument(metavar="TABLE", help="A table: .csv, .tsv, .parquet, .npy, or - for .csv from standard input."),
]
Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A model (.mix).")]
Columns = Annotated[
    str | None,
    option(
        "--columns",
        panel=READ,
        metavar="A,B",
        text="The columns to take, by name; x1, x2 ... where they have none. By default all, or those of the model.",
    ),
]
Weight = Annotated[
    str | None,
    option("--weight", panel=READ, metavar="NAME", text="The column that says how often each row counts."),
]
Missing = Annotated[
    bool,
    option("--missing", panel=READ, text="Values may be missing (empty, NA, NaN, null, ?): take what each row has."),
]
Header = Annotated[
    bool, option("--header", panel=READ, text="The first line of a .csv holds names, even if these are numbers.")
]
Threads = Annotated[
    int | None,
    option("--threads", panel=FIT, metavar="N", text="How many; all by default. The answer is the same."),
]
AskThreads = Annotated[
    int | None,
    option("--threads", panel=WRITE, metavar="N", text="How many; all by default. The answer is the same."),
]
Seed = Annotated[int, option("--seed", panel=FIT, metavar="N", text="The same seed gives the same answer.")]
Quiet = Annotated[bool, option("-q", "--quiet", panel=WRITE, text="Say nothing but errors.")]
AsJson = Annotated[bool, option("--json", panel=WRITE, text="Print one JSON record instead.")]

_SPELLING = {
    "missing=True": "--missing",
    "columns=": "--columns ",
    "reg_covar": "--reg-covar",
    "n_components": "-k",
    "covariance_type": "--covariance",
    "sample_weight": "the weight",
    "checkpoint ": "--checkpoint ",
}


@contextmanager
def on_the_terminal() -> Iterator[None]:
    """Errors and warnings that speak of options as they are typed; a reader of our output may leave at any time."""
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always", UserWarning)
            yield
        for warning in heard:
            typer.echo(f"mixtura: {_spelt(str(warning.message))}", err=True)
    except MixturaError as error:
        raise type(error)(_spelt(str(error))) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains as it ends
        raise typer.Exit(BROKEN_PIPE) from None


def _spelt(sentence: str) -> str:
    for name, typed in _SPELLING.items():
        sentence = sentence.replace(name, typed)
    return sentence


def listed(text: str | None) -> list[str] | None:
    """The names in --columns a,b."""
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise InputError(f"--columns is {text!r}: give names with commas between, such as x,y.")
    return names


def points(
    table: Path,
    *,
    columns: str | None = None,
    model: Mixture | None = None,
    weight: str | None = None,
    header: bool = False,
    missing: bool = False,
) -> Points:
    """The rows of a table; of those columns that the model has, where there is one."""
    from ..sources.points import Points
    from ..sources.tables import read

    like = None if model is None else model.names
    found = read(table, columns=listed(columns), like=like, weight=weight, header=header, missing=missing)
    if model is not None and found.x.shape[1] != model.n_coordinates:
        raise InputError(
            f"{table} has {found.x.shape[1]} columns, the model has {model.n_coordinates} coordinates: "
            f"choose as many with --columns."
        )
    return Points.from_array(found.x, found.weight, names=found.names, copy=False, missing=missing)


def in_blocks(table: Path) -> bool:
    """Whether a table is read in blocks without being asked for: it is large, or of a kind that is read so only."""
    if table.suffix.lower() in (".h5", ".hdf5", ".zarr") or table.is_dir():
        return True
    return table.suffix.lower() in (".npy", ".parquet") and table.is_file() and table.stat().st_size >= LARGE


def source(
    table: Path,
    *,
    columns: str | None,
    weight: str | None,
    dtype: str,
    missing: bool,
    watch: Callable[[Pass], Any],
) -> Source:
    """The rows of a table, to be read in blocks."""
    from ..sources import opened
    from ..sources.tables import column

    names: list[Any] | None = listed(columns)
    load: Any = weight
    parquet = table.suffix.lower() == ".parquet" or (table.is_dir() and table.suffix.lower() != ".zarr")
    if not parquet and (names is not None or weight is not None):
        known = tuple(f"x{i + 1}" for i in range(width(table)))
        names = None if names is None else [column(name, known, str(table)) for name in names]
        load = None if weight is None else column(weight, known, str(table))
    found = opened(table, load, columns=names, dtype=dtype, missing=missing, watch=watch)
    assert found is not None
    return found


def width(table: Path) -> int:
    """How many columns an array on disk has."""
    from ..sources import opened

    found: Any = opened(table)
    return int(found.x.shape[1])


def check_table(path: Path, source: Path | None = None) -> None:
    """Raise unless a table can be written to `path`, or it is standard output."""
    from ..sources.tables import KINDS, STANDARD, check_writable
    from ..writing import check_target

    if path == STANDARD:
        return
    check_target(path, KINDS)
    check_writable(path)
    if source is not None:
        apart(source, [path])


def apart(source: Path, targets: Sequence[Path]) -> None:
    """Raise InputError when a target is the file that is read."""
    from ..writing import check_apart

    if source.exists():
        check_apart(source, targets)


def columns_of(mixture: Mixture) -> tuple[str, ...]:
    """What the coordinates of a mixture are called."""
    from ..sources.tables import coordinate_names

    return coordinate_names(mixture.names, mixture.n_coordinates)


def finite(name: str, value: float) -> None:
    """Raise InputError unless the number given for an option is finite and >= 0."""
    if not 0 <= value < float("inf"):
        raise InputError(f"{name} is {value:g}: give a finite number >= 0.")


def print_json(record: dict[str, Any]) -> None:
    """One line of JSON."""
    typer.echo(json.dumps(record, allow_nan=False))


def some(count: int, thing: str) -> str:
    """A number of things in words: 1 row, 2,000 rows."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
