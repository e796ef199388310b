"""`mixtura paint`: its options parse into a `Recipe`, and it says what came of it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._version import __version__
from ..errors import InputError
from .options import one_of, option, parse_frame, parse_size, within
from .progress import progress

if TYPE_CHECKING:
    from ..recipe import Outcome, Recipe, Written

EXAMPLES = """
**Examples**

A drawing as the density of 500 Gaussians, dog-grid.png:\\
`mixtura paint dog.png`

Two styles from one fit, puppy-contour.png and puppy-dots.png:\\
`mixtura paint dog.png --style contour,dots -o puppy.png`

The dark pixels of a colour picture, with a tone curve of your own:\\
`mixtura paint wave.jpg --as ink --tone 0:255,0.1:80,1:0`

In colour, large, and the model kept:\\
`mixtura paint harbour.png -k 2000 --size 3840 -o large.webp -o harbour.mix`

From the model, without fitting again:\\
`mixtura paint harbour.mix --style ellipses`

A drawing, a page to zoom into, and a film of the fit:\\
`mixtura paint harbour.png -o harbour.svg -o harbour.html -o harbour.gif`

A loop without an end, harbour-loop.webp:\\
`mixtura paint harbour.mix --film loop`

Dots for a plotter with eight pens:\\
`mixtura paint harbour.mix --style dots --pens 8 --radius 0.3 -o plot.svg`
"""

_READ, _FIT, _DRAW = "What to read", "How to fit", "How to draw"
_FILM, _WRITE = "How to film", "What comes out"


def paint(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="A picture, or a model (.mix).")],
    kind: Annotated[
        str,
        option(
            "--as",
            panel=_READ,
            metavar="KIND",
            text="ink: where the dark pixels are. colour: which colour is where. auto: by the picture.",
        ),
    ] = "auto",
    threshold: Annotated[
        str,
        option(
            "--threshold",
            panel=_READ,
            metavar="GREY",
            text="What is ink: the pixels darker than a number 0..255; otsu finds one; LO:HI leaves the "
            "midtones out; grey takes all pixels, by their darkness.",
        ),
    ] = "otsu",
    light: Annotated[bool, option("--light", panel=_READ, text="The light pixels are the ink.")] = False,
    max_pixels: Annotated[
        int, option("--max-pixels", panel=_READ, metavar="N", text="Refuse larger pictures, read or written.")
    ] = 100_000_000,
    frame: Annotated[
        str | None,
        option(
            "--frame",
            panel=_READ,
            metavar="X0,Y0,X1,Y1",
            text="The part to show, in pixels of the picture, y down. By default all of it; of a model that does not "
            "say, what holds its components.",
        ),
    ] = None,
    k: Annotated[
        int | None,
        option(
            "-k",
            "--components",
            panel=_FIT,
            metavar="N",
            text="How many Gaussians. By default 500 for ink and 1000 for colour, fewer for a small picture.",
        ),
    ] = None,
    covariance: Annotated[
        str, option("--covariance", panel=_FIT, metavar="TYPE", text="full, tied, diag or spherical.")
    ] = "full",
    max_iter: Annotated[int, option("--max-iter", panel=_FIT, metavar="N", text="EM steps at most.")] = 100,
    tol: Annotated[
        float, option("--tol", panel=_FIT, metavar="X", text="Stop when a step gains less, in nats a point.")
    ] = 1e-3,
    seed: Annotated[int, option("--seed", panel=_FIT, metavar="N", text="The same seed gives the same picture.")] = 0,
    precision: Annotated[
        str, option("--precision", panel=_FIT, metavar="TYPE", text="float32, or float64: twice the time.")
    ] = "float32",
    threads: Annotated[
        int | None,
        option("--threads", panel=_FIT, metavar="N", text="How many; all by default. The answer is the same."),
    ] = None,
    style: Annotated[
        list[str] | None,
        option(
            "--style",
            panel=_DRAW,
            metavar="STYLE",
            text="contour, dots, grid, mean or ellipses; several with commas; or all. By default grid for ink, mean "
            "for colour, dots for films of samples. One style goes to every -o; as many as there are -o go in pairs, "
            "the first to the first; several into one -o are told apart by the style in its name.",
        ),
    ] = None,
    sharpen: Annotated[
        float,
        option("--sharpen", panel=_DRAW, metavar="X", text="Multiply the covariances by this first; 0.6 is crisp."),
    ] = 1.0,
    tone: Annotated[
        str | None,
        option(
            "--tone",
            panel=_DRAW,
            metavar="CURVE",
            text="For grid: linear (the default), gamma:0.5, equalise, or points DENSITY:GREY such as "
            "0:255,0.1:80,1:0.",
        ),
    ] = None,
    samples: Annotated[
        int | None,
        option(
            "--samples",
            panel=_DRAW,
            metavar="N",
            text="For dots: how many; 40000 by default, 20000 in .svg and films.",
        ),
    ] = None,
    radius: Annotated[
        float | None,
        option(
            "--radius", panel=_DRAW, metavar="X", text="For dots: their radius in output pixels; millimetres in .svg."
        ),
    ] = None,
    colours: Annotated[
        str | None,
        option(
            "--colours",
            panel=_DRAW,
            metavar="MAP",
            text="For contour: viridis, magma, turbo, grey, ink, sunset, lagoon or psychedelic; "
            "with -r appended it is reversed.",
        ),
    ] = None,
    ink: Annotated[
        str | None,
        option("--ink", panel=_DRAW, metavar="COLOUR", text="For grid, dots and ellipses: a name or #rrggbb."),
    ] = None,
    paper: Annotated[
        str | None,
        option("--paper", panel=_DRAW, metavar="COLOUR", text="What is behind, also behind transparent pixels."),
    ] = None,
    pens: Annotated[
        int | None,
        option("--pens", panel=_DRAW, metavar="N", text="For dots in .svg: how many colours at most; 24 by default."),
    ] = None,
    sheet: Annotated[
        float | None,
        option("--sheet", panel=_DRAW, metavar="MM", text="For dots in .svg: the longer side; 180 by default."),
    ] = None,
    film: Annotated[
        str | None,
        option(
            "--film",
            panel=_FILM,
            metavar="NAME",
            text="What moves in .gif, .apng and .webp. em: the ellipses settle, the picture appears (the default when "
            "a picture is read). sampling: a component lights up, a dot falls. loop: samples that drift without an end "
            "(the default when a model is read). Without it, .webp is a still.",
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        option(
            "--seconds", panel=_FILM, metavar="X", text="How long: 6 for em, 8 for sampling, 4 for loop; at most 60."
        ),
    ] = None,
    fps: Annotated[
        float | None, option("--fps", panel=_FILM, metavar="X", text="Frames a second, 1 to 50; 15 by default.")
    ] = None,
    output: Annotated[
        list[Path] | None,
        option(
            "-o",
            "--output",
            panel=_WRITE,
            metavar="FILE",
            text="Its extension decides: .png .jpg .webp .tiff is a picture, .svg a drawing, .html a page that paints "
            "in the browser, .gif .apng a film, .mix the model. Repeatable. By default IMAGE-STYLE.png in this folder.",
        ),
    ] = None,
    size: Annotated[
        str | None,
        option(
            "--size",
            panel=_WRITE,
            metavar="SIZE",
            text="WIDTHxHEIGHT, or the longer side. By default the original's, for films 480 at most.",
        ),
    ] = None,
    quiet: Annotated[bool, option("-q", "--quiet", panel=_WRITE, text="Say nothing but errors.")] = False,
    as_json: Annotated[
        bool, option("--json", panel=_WRITE, text="Print one JSON record of what was done instead.")
    ] = False,
) -> None:
    """Turn a picture into a Gaussian mixture, and let the mixture paint it.

    A black-and-white picture becomes the places of its dark pixels, a colour picture the place and colour of every
    pixel. A mixture of Gaussians is fitted to these points by EM and drawn in one style or several.
    """
    from ..model.families import COVARIANCE_TYPES
    from ..recipe import Drawing, Fitting, Reading, Recipe, run

    one_of("--as", kind, ("auto", "ink", "colour"))
    one_of("--covariance", covariance, COVARIANCE_TYPES)
    one_of("--precision", precision, ("float32", "float64"))
    within("-k", k, 1)
    within("--samples", samples, 1, 100_000_000)
    within("--max-iter", max_iter, 0)
    within("--seed", seed, 0)
    within("--threads", threads, 1, 256)
    within("--max-pixels", max_pixels, 1)
    within("--pens", pens, 1, 256)
    if film is not None:
        one_of("--film", film, ("em", "sampling", "loop"))
    if not 0 <= tol < math.inf:
        raise InputError(f"--tol is {tol:g}: give a number >= 0, such as 0.001.")
    settings: dict[str, Any] = {
        "tone": tone,
        "samples": samples,
        "ink": ink,
        "paper": paper,
        "colours": colours,
        "radius": radius,
        "pens": pens,
        "sheet_mm": sheet,
        "seconds": seconds,
        "fps": fps,
    }
    settings = {name: value for name, value in settings.items() if value is not None}
    styles = tuple(word.strip() for text in style or [] for word in text.split(","))
    recipe = Recipe(
        Reading(image, kind, threshold, light, paper or "white", max_pixels, parse_frame(frame)),  # type: ignore[arg-type]
        Fitting(k, covariance, max_iter, tol, seed, precision, threads),  # type: ignore[arg-type]
        Drawing(
            styles,
            settings | {"rng": seed, "n_threads": threads},
            parse_size(size),
            sharpen,
            tuple(output or []),
            film,  # type: ignore[arg-type]
        ),
    )
    if quiet or as_json:
        outcome = run(recipe)
    else:
        with progress() as watch:
            outcome = run(recipe, watch)
    if as_json:
        typer.echo(json.dumps(_record(recipe, outcome), allow_nan=False))
    elif not quiet:
        _report(outcome)


def _record(recipe: Recipe, outcome: Outcome) -> dict[str, Any]:
    """What `--json` prints."""
    fit, mixture = outcome.fit, outcome.mixture
    return {
        "mixtura": __version__,
        "input": str(recipe.reading.path),
        "kind": outcome.kind,
        "points": outcome.points,
        "n_components": mixture.n_components,
        "covariance_type": mixture.covariance_type,
        "log_likelihood": None if fit is None else fit.log_likelihood,
        "n_iter": None if fit is None else fit.n_iter,
        "stop_reason": None if fit is None else fit.stop_reason,
        "dormant": [] if fit is None else list(fit.dormant),
        "psnr": outcome.psnr if outcome.psnr is None or math.isfinite(outcome.psnr) else None,
        "seconds": {stage: round(seconds, 4) for stage, seconds in outcome.seconds.items()},
        "outputs": [
            {
                "path": str(file.path),
                "style": file.style,
                "width": file.width,
                "height": file.height,
                "medium": file.medium,
                "frames": file.frames,
            }
            for file in outcome.written
        ],
    }


def _report(outcome: Outcome) -> None:
    """What a person wants to know, in a line or two and a line a file."""
    mixture, fit = outcome.mixture, outcome.fit
    if fit is not None:
        ending = {"converged": "converged", "stalled": "converged", "max_iter": "stopped at --max-iter"}
        count, steps = mixture.n_components, fit.n_iter
        line = (
            f"{count} Gaussian{'s' * (count > 1)} on {outcome.points:,} {outcome.kind} pixels: log likelihood "
            f"{fit.log_likelihood:.4f} after {steps} step{'s' * (steps != 1)} ({ending[fit.stop_reason]})"
        )
        typer.echo(line + (f", PSNR {outcome.psnr:.2f} dB" if outcome.psnr is not None else ""))
        if fit.dormant:
            typer.echo(f"{len(fit.dormant)} components found no pixels of their own and are dormant.")
    for file in outcome.written:
        typer.echo(f"  {file.path}  ({_what(file)})")
    parts = ", ".join(f"{stage} {s:.2f}" for stage, s in outcome.seconds.items() if stage != "total")
    typer.echo(f"in {outcome.seconds['total']:.2f} s ({parts})")


def _what(file: Written) -> str:
    if file.medium == "model":
        return "the model"
    if file.medium == "page":
        return f"{file.style}, a page"
    frames = f", {file.frames} frames" if file.medium == "film" else ""
    return f"{file.style}, {file.width} x {file.height}{frames}"
