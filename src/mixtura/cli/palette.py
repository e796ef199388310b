"""`mixtura palette`: a picture in few colours, what that costs, and what it saves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from ..jobs.palette import Palettes, run
from ..jobs.progress import Watcher
from . import options
from .frame import Report, file_line, profile_lines, time_line
from .options import FIT, WRITE, argument, counts, option


def palette(
    image: Annotated[Path, argument("IMAGE")],
    paper: options.Paper = "white",
    max_pixels: options.MaxPixels = 100_000_000,
    profile: options.Profile = True,
    n_components: Annotated[str, option("-k --colours N,N,...", FIT)] = "2,5,10,20,30",
    keep: Annotated[list[str] | None, option("--keep COLOUR", FIT)] = None,
    covariance_type: Annotated[str, option("--covariance TYPE", FIT)] = "spherical",
    dither: Annotated[bool, option("--dither", FIT)] = False,
    max_iter: options.MaxIter = 100,
    tol: options.Tol = 1e-3,
    rng: options.Seed = 0,
    n_threads: options.Threads = None,
    output: options.Output = None,
    contact_sheet: Annotated[Path | None, option("--sheet FILE", WRITE)] = None,
    *,
    watch: Watcher,
) -> Report:
    """Paint a picture in few colours: each pixel in the mean colour of its Gaussian.

    A mixture of K Gaussians is fitted to the colours of all pixels. Said are the rate that lectures compute,
    3 / log2 K, and the real one: the bytes of the original file over those of an indexed PNG; and how near the
    picture comes, as PSNR and SSIM.

    Parameters
    ----------
    image
        A picture, or - for one from standard input.
    n_components
        How many colours, 1 to 256; several with commas.
    keep
        A colour that must be in it, as it is. Repeatable.
    covariance_type
        As for `fit`; spherical comes nearest to the picture.
    dither
        Hand on each pixel's error to its neighbours (Floyd-Steinberg), for smooth gradients.
    output
        Where the picture goes; with several -k, the number is put before its extension. A .png is an indexed one. By
        default IMAGE-palette-K.png in this folder.
    contact_sheet
        All on one sheet. By default, with several -k, IMAGE-palette.png in this folder.

    Examples
    --------
    A picture in 2, 5, 10, 20 and 30 colours, and all of them on a sheet, wave-palette.png:
    `mixtura palette wave.jpg -k 2,5,10,20,30`

    In 16 colours, two of which are given, with smooth gradients:
    `mixtura palette harbour.png -k 16 --keep "#ff0000" --keep white --dither -o small.png`

    As scikit-learn's GaussianMixture would have it:
    `mixtura palette harbour.png -k 10 --covariance full`
    """
    given = locals() | {"n_components": counts(n_components), "keep": keep or ()}
    del given["watch"]
    return Report(run(Palettes(**given), watch), _lines)


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{record['input']}: {record['width']} x {record['height']}, {record['colours']:,} colours, "
        f"{_size(record['bytes'])}"
    )
    yield from profile_lines(record)
    yield "    K  3/log2K    real       PNG     PSNR    SSIM"
    for row in record["palettes"]:
        nominal = f"{row['nominal_rate']:.2f}x" if math.isfinite(row["nominal_rate"]) else "-"
        psnr = f"{row['psnr']:.2f} dB" if math.isfinite(row["psnr"]) else "exact"
        yield (
            f"{row['n_components']:5d} {nominal:>8} {row['real_rate']:6.2f}x {_size(row['png_bytes']):>9} {psnr:>8} "
            f"{row['ssim']:7.4f}  {row['path']}"
        )
    if record["sheet"] is not None:
        yield file_line(record["sheet"], "all of them")
    yield time_line(record)


def _size(count: int) -> str:
    return f"{count / 1e6:.2f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"
