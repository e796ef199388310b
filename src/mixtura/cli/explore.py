"""`mixtura show -o explore.html`: points or a model as a page in which EM runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, named
from ..jobs.standard import called
from ..writing import STANDARD, check_apart, check_target, whole_file
from .frame import Report, file_line

if TYPE_CHECKING:
    from ..model.mixture import Mixture

PAGE_KINDS = (".html",)
WHAT = "the page to explore"


def is_table(path: Path) -> bool:
    """Whether a file is one of points."""
    from ..sources.tables import KINDS

    return path.suffix.lower() in KINDS


def checked(output: Path | None, *read: Path | None) -> Path | None:
    """The page that is asked for, if it can be written there: asked before any work."""
    if output is None:
        return None
    target = check_target(output, PAGE_KINDS)
    for path in filter(None, read):
        check_apart(path, [target])
    return target


def of_points(table: Path, columns: Sequence[str] | None, header: bool, output: Path | None) -> Report:
    """Write the page of a table, and tell of it."""
    from ..sources import opened
    from ..studio.static import page

    if output is None:
        raise InputError(
            f"{called(table)} is a table, and a model is shown: add {named('output', 'explore.html')} for a page in "
            f"which one is fitted, or fit it with mixtura fit."
        )
    if header:
        text = page(opened(table, columns=columns, header=True, missing=True), name=table.name)
    else:
        text = page(table, columns=columns)
    _write(output, text)

    def lines(record: Mapping[str, Any]) -> Iterator[str]:
        yield f"{called(table)} is in a page in which a mixture is fitted to it, in any browser"
        yield file_line(output, WHAT)

    return Report({"input": table, "output": output}, lines)


def of_model(model: Path, mixture: Mixture, data: Path | None, header: bool, output: Path) -> None:
    """Write the page of a model, with the points that it is shown beside."""
    from ..studio.static import page
    from .tables import opened_beside

    name = "model.mix" if model == STANDARD else model.name
    if data is not None:
        text = page(mixture, opened_beside(model, data, mixture, header=header), name=data.name)
    elif model == STANDARD:
        text = page(mixture, name=name)
    else:
        text = page(model, name=name)
    _write(output, text)


def _write(output: Path, text: str) -> None:
    with whole_file(output) as file:
        file.write(text.encode())


def refuse(given: Mapping[str, Any]) -> None:
    """Raise InputError for what is asked of a model where points are shown."""
    for name, value in given.items():
        if value:
            raise InputError(f"{named(name)} is for a model, and this is a table of points: leave it out.")
