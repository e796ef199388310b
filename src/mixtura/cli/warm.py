"""`mixtura warm`: what large jobs compile, compiled ahead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..jobs.progress import Watcher
from .frame import Report, some, time_line


def warm(*, watch: Watcher) -> Report:
    """Compile what large jobs need, so that none of them has to.

    Compiled code is kept for later processes: in the package, or in the user's cache folder where that cannot be
    written to; NUMBA_CACHE_DIR names another folder. It is for one kind of processor and these versions of Mixtura and
    Numba. Small jobs need nothing compiled.

    Examples
    --------
    Once on a machine, so that the first large job is as fast as the next:
    `mixtura warm`

    In the image of a container, where it will be looked for too:
    `NUMBA_CACHE_DIR=/opt/mixtura mixtura warm`

    Before the tests of a project that uses Mixtura, in silence:
    `mixtura warm -q`
    """
    from ..jobs.warm import run

    return Report(vars(run(watch)), _lines)


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    for what, seconds in record["seconds"].items():
        yield f"  {seconds:6.2f} s  {what}"
    new = record["compiled"]
    what = f"{some(new, 'function')} compiled" if new else "everything was compiled already"
    yield f"{what}, {record['size'] / 1e6:.1f} MB in {record['folder']}"
    yield time_line({"seconds": sum(record["seconds"].values())})
