"""`mixtura denoise`, `mixtura fill` and `mixtura enlarge`: pictures restored by a mixture of patches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from ..errors import InputError, named
from ..jobs.progress import Watcher
from ..jobs.restore import Denoising, Enlarging, Filling, run
from . import options
from .frame import Report, file_line, profile_lines, time_line
from .options import FIT, READ, WRITE, argument, option

Effort = Annotated[str, option("--effort NAME", FIT, "How many patches are looked at: fast, normal or best.")]
Prior = Annotated[
    Path | None,
    option("--prior FILE", FIT, "Another mixture of patches, as mx.patches.learn makes them (.mix)."),
]
Outputs = Annotated[
    list[Path] | None,
    option("-o --output FILE", WRITE, "A picture. Repeatable. By default PICTURE and what was done, .png."),
]


def denoise(
    image: Annotated[Path, argument("PICTURE", "The picture, or - for one from standard input.")],
    paper: options.Paper = "white",
    max_pixels: options.MaxPixels = 100_000_000,
    profile: options.Profile = True,
    sigma: Annotated[str, option("--sigma X", FIT)] = "auto",
    effort: Effort = "normal",
    prior: Prior = None,
    n_threads: options.Threads = None,
    outputs: Outputs = None,
    *,
    watch: Watcher,
) -> Report:
    """Take noise from a picture.

    Every patch of 8 x 8 pixels is told which of 200 kinds of patches it is likeliest of, becomes its mean given the
    noise, and is averaged with those around it. Opacity and 16-bit greys are kept.

    Parameters
    ----------
    sigma
        The standard deviation of the noise in steps of 255, or auto.

    Examples
    --------
    A photo without its noise, night-denoised.png:
    `mixtura denoise night.jpg`

    Noise that is known, taken away in less time:
    `mixtura denoise night.jpg --sigma 20 --effort fast -o clean.png`
    """
    given = _given(locals()) | {"sigma": _strength(sigma)}
    return Report(run(Denoising(**given), watch), _lines)


def fill(
    image: Annotated[Path, argument("PICTURE", "The picture, or - for one from standard input.")],
    mask: Annotated[Path | None, option("--mask MASK", READ)] = None,
    paper: options.Paper = "white",
    max_pixels: options.MaxPixels = 100_000_000,
    profile: options.Profile = True,
    effort: Effort = "normal",
    prior: Prior = None,
    n_threads: options.Threads = None,
    outputs: Outputs = None,
    *,
    watch: Watcher,
) -> Report:
    """Fill what is missing in a picture.

    Patches with missing pixels become their means given the known ones, from coarse to fine. It closes scratches,
    writing and lost pixels; wide holes become smooth.

    Parameters
    ----------
    mask
        A picture of the same size, white where pixels are missing. By default those are missing that are wholly
        transparent.

    Examples
    --------
    What is white in a mask, old-filled.png:
    `mixtura fill old.png --mask scratches.png`

    What is transparent:
    `mixtura fill holes.png -o whole.png`
    """
    return Report(run(Filling(**_given(locals())), watch), _lines)


def enlarge(
    image: Annotated[Path, argument("PICTURE", "The picture, or - for one from standard input.")],
    factor: Annotated[int, argument("FACTOR", "By how much: 2, 3 or 4.")] = 2,
    paper: options.Paper = "white",
    max_pixels: options.MaxPixels = 100_000_000,
    profile: options.Profile = True,
    effort: Effort = "normal",
    prior: Prior = None,
    n_threads: options.Threads = None,
    outputs: Outputs = None,
    *,
    watch: Watcher,
) -> Report:
    """Enlarge a picture.

    Edges come out sharper than by interpolation, and the mean of each block of new pixels is the old one. No detail is
    invented.

    Examples
    --------
    Twice as wide and high, small-enlarged.png:
    `mixtura enlarge small.png 2`
    """
    return Report(run(Enlarging(**_given(locals())), watch), _lines)


def _given(local: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in local.items() if name != "watch"}
    return given | {"outputs": tuple(given["outputs"] or ())}


def _strength(text: str) -> float | str:
    if text.strip().lower() == "auto":
        return "auto"
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{named('sigma')} is {text!r}: give auto, or a number of steps of 255.") from None


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    what = ""
    if "sigma" in record:
        what = f", noise of {record['sigma']:.3g} steps of 255{' by estimate' * record['estimated']}"
    elif "missing" in record:
        what = f", {record['missing']:,} pixels filled"
    by = f"{record['components']} components of {record['patch']} x {record['patch']} pixels"
    yield f"{record['input']}: {record['width']} x {record['height']}{what}, by {by}"
    yield from profile_lines(record)
    for file in record["outputs"]:
        yield file_line(file["path"], file["what"])
    yield time_line(record)
