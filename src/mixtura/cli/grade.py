"""`mixtura grade`: a photo in the colours of another picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from ..jobs.grade import Grading, run
from ..jobs.progress import Watcher
from . import options
from .frame import Report, file_line, profile_lines, time_line
from .options import DRAW, FIT, READ, WRITE, argument, option


def grade(
    image: Annotated[Path, argument("PHOTO")],
    like: Annotated[Path, option("--like PICTURE", READ)],
    paper: options.Paper = "white",
    max_pixels: options.MaxPixels = 100_000_000,
    profile: options.Profile = True,
    n_components: Annotated[int, option("-k --components N", FIT)] = 60,
    max_iter: options.MaxIter = 60,
    tol: options.Tol = 1e-3,
    rng: options.Seed = 0,
    n_threads: options.Threads = None,
    strength: Annotated[float, option("--strength X", DRAW)] = 1.0,
    smooth: Annotated[float | None, option("--smooth X", DRAW)] = None,
    outputs: Annotated[list[Path] | None, option("-o --output FILE", WRITE)] = None,
    *,
    watch: Watcher,
) -> Report:
    """Give a photo the colours of another picture.

    A mixture of Gaussians is fitted to the colours of each, and the cheapest transport moves the one into the other:
    what is sky in the photo takes the colours that lie nearest in the picture, as much of each as there is.

    Parameters
    ----------
    image
        The photo, or - for one from standard input.
    like
        The picture that has the colours, or a look (.cube).
    n_components
        Gaussians in each mixture. 1 keeps the photo's relations, 20 and more find the colours of things; a few can be
        ugly.
    strength
        How far colours go: from 0, as they were, to 1, all the way.
    smooth
        Differences of about so many steps of 255 between neighbours are grain, and are not amplified. 8 by default; 0
        for none, as with a look that is read.
    outputs
        A picture, or .cube for the look, which photo and film editors read. Repeatable. By default PHOTO-graded.png in
        this folder.

    Examples
    --------
    A photo in the colours of a print, holiday-graded.png:
    `mixtura grade holiday.jpg --like wave.jpg`

    Half of the way, and the look kept for other photos:
    `mixtura grade holiday.jpg --like harbour.png --strength 0.5 -o evening.png -o evening.cube`

    Another photo in the same look:
    `mixtura grade other.jpg --like evening.cube -o other.png`
    """
    given = locals() | {"outputs": tuple(outputs or ())}
    del given["watch"]
    return Report(run(Grading(**given), watch), _lines)


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    counts = record["n_components"]
    by = "" if counts is None else f", {counts[0]} Gaussians into {counts[1]}"
    yield f"{record['input']} like {record['like']}: {record['width']} x {record['height']}{by}"
    yield from profile_lines(record)
    for file in record["outputs"]:
        yield file_line(file["path"], file["what"])
    yield time_line(record)
