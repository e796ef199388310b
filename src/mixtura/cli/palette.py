"""`mixtura palette`: a picture in few colours, what that costs, and what it saves."""

from __future__ import annotations

import json
import math
import re
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._version import __version__
from ..errors import InputError
from .options import one_of, option, within
from .progress import progress

if TYPE_CHECKING:
    from ..compress import Reduced
    from ..em.loop import Step
    from ..recipe import Watcher

EXAMPLES = """
**Examples**

A picture in 2, 5, 10, 20 and 30 colours, and all of them on a sheet, wave-palette.png:\\
`mixtura palette wave.jpg -k 2,5,10,20,30`

In 16 colours, two of which are given, with smooth gradients:\\
`mixtura palette harbour.png -k 16 --keep "#ff0000" --keep white --dither -o small.png`

As scikit-learn's GaussianMixture would have it:\\
`mixtura palette harbour.png -k 10 --covariance full`
"""

_READ, _FIT, _WRITE = "What to read", "How to fit", "What comes out"


def palette(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="A picture.")],
    paper: Annotated[
        str, option("--paper", panel=_READ, metavar="COLOUR", text="What shows through transparent pixels.")
    ] = "white",
    max_pixels: Annotated[
        int, option("--max-pixels", panel=_READ, metavar="N", text="Refuse larger pictures.")
    ] = 100_000_000,
    k: Annotated[
        str,
        option(
            "-k", "--colours", panel=_FIT, metavar="N,N,...", text="How many colours, 1 to 256; several with commas."
        ),
    ] = "2,5,10,20,30",
    keep: Annotated[
        list[str] | None,
        option("--keep", panel=_FIT, metavar="COLOUR", text="A colour that must be in it, as it is. Repeatable."),
    ] = None,
    covariance: Annotated[
        str,
        option(
            "--covariance",
            panel=_FIT,
            metavar="TYPE",
            text="full, tied, diag or spherical, which comes nearest to the picture.",
        ),
    ] = "spherical",
    dither: Annotated[
        bool, option("--dither", panel=_FIT, text="Hand on each pixel's error to its neighbours (Floyd-Steinberg).")
    ] = False,
    max_iter: Annotated[int, option("--max-iter", panel=_FIT, metavar="N", text="EM steps at most.")] = 100,
    tol: Annotated[
        float, option("--tol", panel=_FIT, metavar="X", text="Stop when a step gains less, in nats a pixel.")
    ] = 1e-3,
    seed: Annotated[int, option("--seed", panel=_FIT, metavar="N", text="The same seed gives the same picture.")] = 0,
    threads: Annotated[
        int | None,
        option("--threads", panel=_FIT, metavar="N", text="How many; all by default. The answer is the same."),
    ] = None,
    output: Annotated[
        Path | None,
        option(
            "-o",
            "--output",
            panel=_WRITE,
            metavar="FILE",
            text="Where the picture goes; with several -k, the number is put before its extension. A .png is an "
            "indexed one. By default IMAGE-palette-K.png in this folder.",
        ),
    ] = None,
    sheet: Annotated[
        Path | None,
        option(
            "--sheet",
            panel=_WRITE,
            metavar="FILE",
            text="All on one sheet. By default, with several -k, IMAGE-palette.png in this folder.",
        ),
    ] = None,
    quiet: Annotated[bool, option("-q", "--quiet", panel=_WRITE, text="Say nothing but errors.")] = False,
    as_json: Annotated[
        bool, option("--json", panel=_WRITE, text="Print one JSON record of what was done instead.")
    ] = False,
) -> None:
    """Paint a picture in few colours: each pixel in the mean colour of its Gaussian.

    A mixture of K Gaussians is fitted to the colours of all pixels. Said are the rate that lectures compute,
    3 / log2 K, and the real one: the bytes of the original file over those of an indexed PNG; and how near the
    picture comes, as PSNR and SSIM.
    """
    from ..model.families import COVARIANCE_TYPES

    one_of("--covariance", covariance, COVARIANCE_TYPES)
    within("--max-iter", max_iter, 0)
    within("--seed", seed, 0)
    within("--threads", threads, 1, 256)
    within("--max-pixels", max_pixels, 1)
    if not 0 <= tol < math.inf:
        raise InputError(f"--tol is {tol:g}: give a number >= 0, such as 0.001.")
    settings = {
        "keep": keep or [],
        "covariance_type": covariance,
        "dither": dither,
        "max_iter": max_iter,
        "tol": tol,
        "rng": seed,
        "n_threads": threads,
    }
    job = _Job(image, paper, max_pixels, _counts(k), settings, output, sheet)
    if quiet or as_json:
        record, _ = _run(job)
    else:
        with progress() as watch:
            record, lines = _run(job, watch)
    if as_json:
        typer.echo(json.dumps(record, allow_nan=False))
    elif not quiet:
        for line in lines:
            typer.echo(line)


@dataclass(frozen=True)
class _Job:
    image: Path
    paper: str
    max_pixels: int
    counts: list[int]
    settings: dict[str, Any]
    output: Path | None
    sheet: Path | None


def _counts(text: str) -> list[int]:
    """The numbers of colours that -k asks for, each once, in their order."""
    words = [word.strip() for word in text.split(",")]
    if not all(re.fullmatch(r"[0-9]{1,6}", word) and 1 <= int(word) <= 256 for word in words):
        raise InputError(f"-k is {text!r}: give numbers of colours from 1 to 256, such as 16, or 2,5,10.")
    return list(dict.fromkeys(map(int, words)))


def _run(job: _Job, watch: Watcher = lambda progress: None) -> tuple[dict[str, Any], list[str]]:
    """Do the job: its record, and the lines to say."""
    from ..compress import checked_count, compare, kept_colours, reduce, tile
    from ..pictures import files, quantise, sheets
    from ..recipe import Progress
    from ..writing import check_apart, check_target

    began = time.perf_counter()
    kept = kept_colours(job.settings["keep"])
    for count in job.counts:
        checked_count(count, len(kept))
    targets, sheet = _targets(job)
    for target in [*targets, *([sheet] if sheet else [])]:
        check_target(target, files.PICTURE_KINDS)
    watch(Progress(f"reading {job.image.name}"))
    pixels = quantise.checked(files.read(job.image, paper=job.paper, max_pixels=job.max_pixels))
    check_apart(job.image, [*targets, *([sheet] if sheet else [])])
    height, width = pixels.shape[:2]
    for target in targets:
        files.check_size(target.suffix, width, height)
    original = job.image.stat().st_size
    found = quantise.histogram(pixels)
    rows, tiles, captions = [], [], []
    for count, target in zip(job.counts, targets, strict=True):
        stage = f"fitting {count} colours"
        watch(Progress(stage))
        reduced = reduce(
            pixels,
            count,
            found=found,
            on_step=partial(_hear, watch, stage, job.settings["max_iter"], job.settings["tol"]),
            **job.settings,
        )
        watch(Progress(f"measuring {count} colours"))
        png = reduced.png()
        psnr, ssim = compare(reduced, pixels, n_threads=job.settings["n_threads"])
        rows.append(_row(reduced, count, target, original, len(png), psnr, ssim))
        if sheet:
            tiles.append(tile(reduced))
            captions.append(f"{count} colours" if math.isinf(psnr) else f"{count} colours, {psnr:.1f} dB")
        watch(Progress(f"writing {target.name}"))
        if target.suffix.lower() == ".png":
            files.write_bytes(target, png)
        else:
            files.write(target, reduced.pixels)
    if sheet:
        watch(Progress(f"writing {sheet.name}"))
        columns = len(tiles) if len(tiles) < 4 else None
        files.write(sheet, sheets.sheet(tiles, labels=captions, columns=columns, gap=12))
    record = {
        "mixtura": __version__,
        "input": str(job.image),
        "width": width,
        "height": height,
        "colours": len(found.colours),
        "bytes": original,
        "covariance_type": job.settings["covariance_type"],
        "dither": job.settings["dither"],
        "palettes": rows,
        "sheet": None if sheet is None else str(sheet),
        "seconds": round(time.perf_counter() - began, 4),
    }
    return record, _lines(record)


def _hear(watch: Watcher, stage: str, max_iter: int, tol: float, step: Step) -> None:
    from ..recipe import Progress

    watch(Progress(stage, step, max_iter, tol))


def _targets(job: _Job) -> tuple[list[Path], Path | None]:
    """Where the pictures go, one a count, and the sheet."""
    several = len(job.counts) > 1
    if job.output is None:
        targets = [Path(f"{job.image.stem}-palette-{count}.png") for count in job.counts]
    elif several:
        targets = [job.output.with_name(f"{job.output.stem}-{count}{job.output.suffix}") for count in job.counts]
    else:
        targets = [job.output]
    usual = Path(f"{job.image.stem}-palette.png") if job.output is None else job.output
    return targets, job.sheet or (usual if several else None)


def _row(
    reduced: Reduced, count: int, target: Path, original: int, png: int, psnr: float, ssim: float
) -> dict[str, Any]:
    fit = reduced.fit
    return {
        "n_components": count,
        "path": str(target),
        "palette": ["#{:02x}{:02x}{:02x}".format(*map(int, colour)) for colour in reduced.palette],
        "nominal_rate": _finite(reduced.nominal_rate),
        "png_bytes": png,
        "real_rate": original / png,
        "psnr": _finite(psnr),
        "ssim": ssim,
        "log_likelihood": None if fit is None else fit.log_likelihood,
        "n_iter": None if fit is None else fit.n_iter,
        "stop_reason": None if fit is None else fit.stop_reason,
    }


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _lines(record: dict[str, Any]) -> list[str]:
    """A table for people."""
    lines = [
        f"{record['input']}: {record['width']} x {record['height']}, {record['colours']:,} colours, "
        f"{_size(record['bytes'])}",
        "    K  3/log2K    real       PNG     PSNR    SSIM",
    ]
    for row in record["palettes"]:
        nominal = "-" if row["nominal_rate"] is None else f"{row['nominal_rate']:.2f}x"
        psnr = "exact" if row["psnr"] is None else f"{row['psnr']:.2f} dB"
        lines.append(
            f"{row['n_components']:5d} {nominal:>8} {row['real_rate']:6.2f}x {_size(row['png_bytes']):>9} {psnr:>8} "
            f"{row['ssim']:7.4f}  {row['path']}"
        )
    if record["sheet"] is not None:
        lines.append(f"  {record['sheet']}  (all of them)")
    return [*lines, f"in {record['seconds']:.2f} s"]


def _size(count: int) -> str:
    return f"{count / 1e6:.2f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"
