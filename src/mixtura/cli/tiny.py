"""`mixtura encode` and `mixtura decode`: pictures in a hundred bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from ..jobs import tiny
from ..jobs.progress import Watcher
from . import options
from .frame import Report, file_line, profile_lines, time_line
from .options import DRAW, FIT, READ, WRITE, argument, option, parse_size


def encode(
    image: Annotated[Path, argument("IMAGE")],
    paper: Annotated[str | None, option("--paper COLOUR", READ)] = None,
    max_pixels: options.MaxPixels = 100_000_000,
    profile: options.Profile = True,
    n_bytes: Annotated[int | None, option("--bytes N", FIT)] = None,
    bpp: Annotated[float | None, option("--bpp X", FIT)] = None,
    psnr: Annotated[float | None, option("--psnr DB", FIT)] = None,
    n_components: Annotated[int | None, option("-k --components N", FIT)] = None,
    effort: Annotated[float, option("--effort X", FIT)] = 1.0,
    n_threads: options.Threads = None,
    output: options.Output = None,
    html: Annotated[bool, option("--html", WRITE)] = False,
    *,
    watch: Watcher,
) -> Report:
    """Make a picture tiny: a mixture of Gaussians that paints it, in as many bytes as you say.

    30 bytes are a placeholder, 300 a likeness, a few thousand a photograph. The format, .gmx, is written down in
    docs/gmx.md.

    Parameters
    ----------
    image
        A picture, or - for one from standard input.
    paper
        What shows through transparent pixels; by default they stay transparent.
    n_bytes
        How many bytes at most, >= 16.
    bpp
        How many bits a pixel at most, such as 0.1.
    psnr
        As many bytes as it takes for this PSNR, in dB.
    n_components
        As many bytes as so many Gaussians take: about four each.
    effort
        Multiplies the number of steps, and the time.
    output
        By default IMAGE.gmx in this folder.
    html
        Print instead what shows it in a web page: an element, and the script that paints it. A file only with -o.

    Examples
    --------
    A likeness in 300 bytes, harbour.gmx:
    `mixtura encode harbour.png --bytes 300`

    A photograph at a tenth of a bit a pixel:
    `mixtura encode harbour.png --bpp 0.1 -o small.gmx`

    As many bytes as 30 dB take:
    `mixtura encode harbour.png --psnr 30`

    A placeholder in a web page, until its picture has loaded:
    `mixtura encode harbour.png --bytes 60 --html`
    """
    given = {name: value for name, value in locals().items() if name != "watch"}
    return Report(tiny.encode(tiny.Encoding(**given), watch), _snippet if html else _encoded)


def decode(
    image: Annotated[Path, argument("PICTURE")],
    paper: Annotated[str | None, option("--paper COLOUR", DRAW)] = None,
    n_threads: Annotated[int | None, options.threads(DRAW)] = None,
    output: options.Output = None,
    size: Annotated[str | None, option("--size SIZE", WRITE)] = None,
    max_pixels: options.MaxPixels = 100_000_000,
    *,
    watch: Watcher,
) -> Report:
    """Paint a tiny picture, at any size.

    Parameters
    ----------
    image
        A .gmx file, a folder of them, or - for one from standard input.
    paper
        What is behind a picture with transparency; by default it stays transparent, or white in .jpg.
    output
        .png .jpg .webp .tiff; by default PICTURE.png in this folder. Of a folder, the folder where the pictures go as
        NAME.png.
    size
        WIDTHxHEIGHT, or the longer side. By default the original's.

    Examples
    --------
    At its own size, harbour.png:
    `mixtura decode harbour.gmx`

    As large as a screen:
    `mixtura decode harbour.gmx --size 3840 -o large.webp`

    All of a folder:
    `mixtura decode placeholders -o pictures`
    """
    given = {name: value for name, value in locals().items() if name != "watch"} | {"size": parse_size(size)}
    return Report(tiny.decode(tiny.Decoding(**given), watch), _decoded)


def _snippet(record: Mapping[str, Any]) -> Iterator[str]:
    yield record["html"].rstrip("\n")


def _encoded(record: Mapping[str, Any]) -> Iterator[str]:
    yield from profile_lines(record)
    yield (
        f"{record['width']} x {record['height']} in {record['bytes']:,} bytes, {record['bpp']:.3g} bits a pixel: "
        f"{record['n_components']:,} Gaussian{'s' * (record['n_components'] != 1)}, PSNR {record['psnr']:.2f} dB"
    )
    yield file_line(record["output"], "the picture")
    yield time_line(record)


def _decoded(record: Mapping[str, Any]) -> Iterator[str]:
    for row in record["outputs"]:
        told = f"{row['width']} x {row['height']}, of {row['bytes']:,} bytes"
        yield file_line(row["path"], told)
    yield time_line(record)
