"""`mixtura gallery`: the examples, run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from ..errors import InputError, named
from ..jobs.progress import Progress, Watcher
from .frame import Report, time_line
from .options import argument, option

_WHAT = "What to run"


def gallery(
    out: Annotated[Path, argument("OUT")],
    only: Annotated[list[str] | None, option("--only NAME", _WHAT)] = None,
    data: Annotated[Path | None, option("--data DIR", _WHAT)] = None,
    *,
    watch: Watcher,
) -> Report:
    """Run the examples and keep the pictures that they make.

    Each example is a short script that draws its own data or takes what comes with the packages. Needs Matplotlib
    (the extra plots).

    Parameters
    ----------
    out
        The folder for the pictures; made where it is missing.
    only
        This example alone. Repeatable.
    data
        Pictures that some examples show instead of those that come with the packages.

    Examples
    --------
    All examples, their pictures in the folder figures:
    `mixtura gallery figures`

    One of them:
    `mixtura gallery figures --only weights`

    With the Great Wave and Fashion-MNIST, if you have them (data/pictures/great-wave.jpg, data/fashion-mnist):
    `mixtura gallery figures --data data`
    """
    from ..gallery import examples, run

    scripts = {script.stem: script for script in examples()}
    for name in only or []:
        if name not in scripts:
            like = get_close_matches(name, scripts, 5, cutoff=0.4) or scripts
            raise InputError(f"{named('only')} is {name[:40]!r}: choose among {', '.join(like)}.")
    chosen = [script for name, script in scripts.items() if not only or name in only]
    written = run(out, scripts=chosen, data=data, on_example=lambda name: watch(Progress(f"running {name}")))
    return Report({"examples": [script.stem for script in chosen], "outputs": written}, _lines)


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    for path in record["outputs"]:
        yield f"  {path}"
    yield time_line(record)
