"""`mixtura samples`: the pictures and the table that the guide begins with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from ..errors import OutputError
from ..writing import whole_files
from .frame import Report
from .options import argument

KINDS = (".png", ".csv")


def samples(out: Annotated[Path, argument("OUT")] = Path("samples")) -> Report:
    """Put the sample pictures and the sample table that come with Mixtura into a folder.

    The guide's commands read them from there.

    Parameters
    ----------
    out
        The folder; made where it is missing. By default samples, in the current folder.

    Examples
    --------
    Into the folder samples:
    `mixtura samples`

    Then, from the guide:
    `mixtura fit samples/geyser.csv -k 2`
    """
    from ..gallery import sample

    files = sorted(file for file in sample("geyser.csv").parent.iterdir() if file.suffix in KINDS)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder {out} cannot be made ({error.strerror}): give another one.") from None
    with whole_files() as whole:
        for file in files:
            with whole(out / file.name) as copy:
                copy.write(file.read_bytes())
    return Report({"outputs": [out / file.name for file in files]}, _lines)


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    for path in record["outputs"]:
        yield f"  {path}"
