"""`mixtura doctor`: what is installed here, and what is compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .frame import Report


def doctor() -> Report:
    """Say what Mixtura finds here: versions, threads, compiled code, and which extras are installed.

    What to send along with a report of a fault.

    Examples
    --------
    `mixtura doctor`
    """
    from ..jobs.doctor import examined

    return Report(examined(), _lines)


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    yield f"Mixtura {record['mixtura']}, Python {record['python']}, {record['system']}"
    threads, limit = record["threads"], record["cores"]
    yield f"processor  {record['processor']}, {limit} cores, {threads} threads at most"
    yield "packages   " + ", ".join(f"{name} {version or 'MISSING'}" for name, version in record["packages"].items())
    compiled = record["compiled"]
    if compiled["folder"] is None:
        yield "compiled   nothing can be kept here: set NUMBA_CACHE_DIR to a folder that can be written to"
    elif not compiled["functions"]:
        yield f"compiled   nothing yet, in {compiled['folder']}: mixtura warm does it ahead of the first large job"
    else:
        yield f"compiled   {compiled['functions']} functions, {compiled['size'] / 1e6:.1f} MB in {compiled['folder']}"
    for name, missing in record["extras"].items():
        state = "here" if not missing else f"without {', '.join(missing)}: pip install 'mixtura[{name}]'"
        yield f"  extra {name:<10}{state}"
