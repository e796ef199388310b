"""`mixtura morph`: a film in which pictures turn into each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from ..jobs.morph import Morph, run
from ..jobs.progress import Watcher
from . import options
from .frame import Report, file_line, time_line
from .options import DRAW, FILM, FIT, READ, WRITE, argument, option, parse_size


def morph(
    images: Annotated[list[Path], argument("IMAGE IMAGE...")],
    kind: Annotated[str, option("--as KIND", READ)] = "auto",
    threshold: Annotated[str, option("--threshold GREY", READ)] = "otsu",
    light: Annotated[bool, option("--light", READ)] = False,
    max_pixels: options.MaxPixels = 100_000_000,
    profile: options.Profile = True,
    n_components: Annotated[int | None, option("-k --components N", FIT)] = None,
    covariance_type: options.Covariance = "full",
    max_iter: options.MaxIter = 100,
    tol: options.Tol = 1e-3,
    rng: options.Seed = 0,
    dtype: options.Precision = "float32",
    n_threads: options.Threads = None,
    polish: Annotated[bool | None, option("--polish/--no-polish", FIT)] = None,
    effort: Annotated[float, option("--effort X", FIT)] = 1.0,
    style: Annotated[str | None, option("--style STYLE", DRAW)] = None,
    paper: Annotated[str | None, option("--paper COLOUR", DRAW)] = None,
    frames: Annotated[int, option("--frames N", FILM)] = 48,
    seconds: Annotated[float, option("--seconds X", FILM)] = 3.0,
    there_and_back: Annotated[bool, option("--there-and-back", FILM)] = False,
    outputs: Annotated[list[Path] | None, option("-o --output FILE", WRITE)] = None,
    size: Annotated[str | None, option("--size SIZE", WRITE)] = None,
    *,
    watch: Watcher,
) -> Report:
    """Turn pictures into each other: a film, or a page with a slider.

    A mixture of Gaussians is fitted to each picture. Every Gaussian then moves to where the cheapest transport of one
    mixture into the next takes it: its mean on a straight line, its ellipse turning and stretching on the way. Drawings
    break into strokes, colours flow like oil paint.

    Parameters
    ----------
    images
        Two pictures or models (.mix) or more, in their order; one may be - for standard input. Others are scaled into
        the frame of the first.
    kind
        ink: where the dark pixels are. colour: which colour is where. auto: by the pictures, if they are alike.
    threshold
        What is ink: the pixels darker than a number 0..255; otsu finds one.
    light
        The light pixels are the ink.
    n_components
        The number of Gaussians of each picture. By default 500 for ink and 800 for colour.
    polish
        Start and end with mixtures that paint the pictures as well as they can. By default for mean and grid, where
        nothing is said of EM.
    effort
        Of polishing: twice as much takes twice as long.
    style
        contour, dots, grid, mean or ellipses. By default grid for ink, mean for colour.
    paper
        What is behind, also behind transparent pixels; white by default.
    frames
        From each picture to the next.
    seconds
        How long that takes. Each picture stays for one second more.
    there_and_back
        Return to the first picture, so that the film repeats without a jump.
    outputs
        .webp, .gif or .apng, or .html for a page. Repeatable. By default FIRST-LAST.webp in this folder.
    size
        WIDTHxHEIGHT, or the longer side, of a film. By default that of the first picture, 480 at most.

    Examples
    --------
    A dog that becomes a butterfly, dog-butterfly.webp:
    `mixtura morph dog.png butterfly.png`

    There and back, large:
    `mixtura morph dog.png butterfly.png --there-and-back --size 800 -o film.webp`

    Three pictures in a row, in colour, as dots:
    `mixtura morph harbour.png wave.jpg dog.png --as colour --style dots -o three.gif`

    A page with a slider:
    `mixtura morph dog.png butterfly.png -o morph.html`
    """
    given = locals() | {"images": tuple(images), "outputs": tuple(outputs or ()), "size": parse_size(size)}
    given["style"] = None if style is None else style.lower()
    del given["watch"]
    return Report(run(Morph(**given), watch), _lines)


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    counts = " to ".join(f"{count:,}" for count in record["n_components"])
    yield f"{' to '.join(record['inputs'])}: {counts} Gaussians, {record['kind']}"
    for file in record["outputs"]:
        told = f"{file['width']} x {file['height']}, {file['frames']} frames" if "frames" in file else "a page"
        yield file_line(file["path"], told)
    yield time_line(record)
