"""`mixtura gallery`: the examples, run."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from .._version import __version__
from ..errors import InputError
from .options import option
from .progress import progress

EXAMPLES = """
**Examples**

All examples, their pictures in the folder figures:\\
`mixtura gallery figures`

One of them:\\
`mixtura gallery figures --only weights`

With the Great Wave and Fashion-MNIST, if you have them (data/pictures/great-wave.jpg, data/fashion-mnist):\\
`mixtura gallery figures --data data`
"""

_WHAT, _WRITE = "What to run", "What comes out"


def gallery(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder for the pictures; made where it is missing.")],
    only: Annotated[
        list[str] | None, option("--only", panel=_WHAT, metavar="NAME", text="This example alone. Repeatable.")
    ] = None,
    data: Annotated[
        Path | None,
        option(
            "--data",
            panel=_WHAT,
            metavar="DIR",
            text="Pictures that some examples show instead of those that come with the packages.",
        ),
    ] = None,
    quiet: Annotated[bool, option("-q", "--quiet", panel=_WRITE, text="Say nothing but errors.")] = False,
    as_json: Annotated[
        bool, option("--json", panel=_WRITE, text="Print one JSON record of what was done instead.")
    ] = False,
) -> None:
    """Run the examples and keep the pictures that they make.

    Each example is a short script that draws its own data or takes what comes with the packages. Needs Matplotlib
    (the extra plots).
    """
    from ..gallery import examples, run
    from ..recipe import Progress

    began = time.perf_counter()
    scripts = examples()
    names = [script.stem for script in scripts]
    for name in only or []:
        if name not in names:
            raise InputError(f"--only is {name!r}: choose among {', '.join(names)}.")
    if only:
        scripts = [script for script in scripts if script.stem in only]
    if quiet or as_json:
        written = run(out, scripts=scripts, data=data)
    else:
        with progress() as watch:
            written = run(out, scripts=scripts, data=data, on_example=lambda name: watch(Progress(f"running {name}")))
    seconds = time.perf_counter() - began
    if as_json:
        record = {
            "mixtura": __version__,
            "examples": [script.stem for script in scripts],
            "outputs": [str(path) for path in written],
            "seconds": round(seconds, 4),
        }
        typer.echo(json.dumps(record))
    elif not quiet:
        for path in written:
            typer.echo(f"  {path}")
        typer.echo(f"in {seconds:.1f} s")
