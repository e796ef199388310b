"""`mixtura paint`: its options parse into a `Recipe`, and it says what came of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

from ..jobs.paint import run
from ..jobs.preview import of_ink
from ..jobs.progress import Watcher, fit_record
from ..jobs.recipe import Outcome, Recipe, Written
from . import options
from .frame import Report, file_line, fit_lines, profile_lines, some
from .options import DRAW, FILM, FIT, READ, WRITE, argument, option, parse_bytes, parse_frame, parse_size


def paint(
    image: Annotated[Path, argument("IMAGE")],
    kind: Annotated[str, option("--as KIND", READ)] = "auto",
    threshold: Annotated[str, option("--threshold GREY", READ)] = "otsu",
    light: Annotated[bool, option("--light", READ)] = False,
    max_pixels: options.MaxPixels = 100_000_000,
    profile: options.Profile = True,
    frame: Annotated[str | None, option("--frame X0,Y0,X1,Y1", READ)] = None,
    mask: Annotated[Path | None, option("--mask FILE", READ)] = None,
    n_components: Annotated[int | None, option("-k --components N", FIT)] = None,
    covariance_type: options.Covariance = "full",
    start: options.Start = "kmeans",
    fixed: options.Fixed = None,
    max_iter: options.MaxIter = 100,
    tol: options.Tol = 1e-3,
    n_init: options.NInit = 1,
    reg_covar: Annotated[float | None, option("--reg-covar X", FIT)] = None,
    rng: options.Seed = 0,
    dtype: options.Precision = "float32",
    n_threads: options.Threads = None,
    polish: Annotated[bool | None, option("--polish/--no-polish", FIT)] = None,
    effort: Annotated[float, option("--effort X", FIT)] = 1.0,
    psnr: Annotated[float | None, option("--psnr DB", FIT)] = None,
    budget: Annotated[str | None, option("--budget BYTES", FIT)] = None,
    styles: Annotated[list[str] | None, option("--style STYLE", DRAW)] = None,
    sharpen: Annotated[float, option("--sharpen X", DRAW)] = 1.0,
    without: Annotated[str | None, option("--without N,N", DRAW)] = None,
    heaviest: Annotated[int | None, option("--heaviest N", DRAW, least=1)] = None,
    tone: Annotated[str | None, option("--tone CURVE", DRAW)] = None,
    samples: Annotated[int | None, option("--samples N", DRAW, least=1, most=100_000_000)] = None,
    radius: Annotated[float | None, option("--radius X", DRAW)] = None,
    alpha: Annotated[float | None, option("--alpha X", DRAW)] = None,
    levels: Annotated[str | None, option("--levels N", DRAW)] = None,
    colours: Annotated[str | None, option("--colours MAP", DRAW)] = None,
    ink: Annotated[str | None, option("--ink COLOUR", DRAW)] = None,
    paper: Annotated[str | None, option("--paper COLOUR", DRAW)] = None,
    pens: Annotated[int | None, option("--pens N", DRAW)] = None,
    sheet_mm: Annotated[float | None, option("--sheet MM", DRAW)] = None,
    film: Annotated[str | None, option("--film NAME", FILM)] = None,
    seconds: Annotated[float | None, option("--seconds X", FILM)] = None,
    fps: Annotated[float | None, option("--fps X", FILM)] = None,
    outputs: Annotated[list[Path] | None, option("-o --output FILE", WRITE)] = None,
    size: Annotated[str | None, option("--size SIZE", WRITE)] = None,
    preview: Annotated[bool, option("--preview", WRITE)] = False,
    *,
    watch: Watcher,
) -> Report:
    """Turn a picture into a Gaussian mixture, and let the mixture paint it.

    A black-and-white picture becomes the places of its dark pixels, a colour picture the place and colour of every
    pixel. A mixture of Gaussians is fitted to these points by EM and drawn in one style or several. What paints a
    colour picture's mean is polished: it minimises the error of the painting instead.

    Parameters
    ----------
    image
        A picture or a model (.mix), or - for standard input.
    kind
        ink: where the dark pixels are. colour: which colour is where. auto: by the picture.
    threshold
        What is ink: the pixels darker than a number 0..255; otsu finds one; LO:HI leaves the midtones out; grey takes
        all pixels, by their darkness.
    light
        The light pixels are the ink.
    frame
        The part to show, in pixels of the picture, y down. By default all of it; of a model that does not say, what
        holds its components.
    mask
        A picture of the same size, white where pixels count; what is black in it is painted from its neighbours
        (of fill, white is what is missing).
    n_components
        The number of components (Gaussians). By default 500 for ink and 1000 for colour, fewer for a small picture.
    reg_covar
        Added to the variances, in squared pixels (and of colours, squared steps of 255); by default 1/12, that of a
        pixel. More is softer.
    polish
        Minimise the error of the painting instead of fitting by EM: for all that is drawn, or for nothing.
        By default for the mean of a colour picture, in pictures and pages, unless an option of EM is given.
    effort
        Of polishing: 2 takes twice as many steps.
    psnr
        As many components as it takes until the polished mean is so good, in dB: 25 is rough, 40 hardly to be told from
        the picture.
    budget
        As many components, or dots, as make the .svg of so many bytes: 50kB.
    styles
        contour, dots, grid, mean or ellipses; several with commas; or all. By default grid for ink, mean for colour,
        dots for films of samples. One style goes to every -o; as many as there are -o go in pairs, the first to the
        first; several into one -o are told apart by the style in its name.
    sharpen
        Multiply the covariances by this first; 0.6 is crisp.
    without
        Leave components with these numbers out of what is drawn, from 0 as `show` numbers them: 3,7.
    heaviest
        Draw so many components at most, those with the largest weights.
    tone
        For grid: linear (the default), gamma:0.5, equalise, or points DENSITY:GREY such as 0:255,0.1:80,1:0. Polished
        ink is black from a quarter of the largest density on by default: 0:255,0.25:0,1:0. For mean: one curve on all
        three channels, gamma:0.5 or points such as 0:0,0.25:40,0.75:215,1:255.
    samples
        For dots: how many; 40000 by default, 20000 in .svg and films.
    radius
        For dots: their radius in output pixels; millimetres in .svg.
    alpha
        For dots and ellipses: how opaque they are, above 0 and up to 1.
    levels
        For contour: how many; 24 by default. Or where they lie, in nats below the maximum: 0.5,2,4.5.
    colours
        For contour: viridis, magma, turbo, grey, ink, sunset, lagoon or psychedelic; with -r appended it is reversed.
    ink
        For grid, dots and ellipses: a name or #rrggbb.
    paper
        What is behind, also behind transparent pixels. By default white; under coloured dots, the mean of each place.
    pens
        For dots in .svg: how many colours at most; 24 by default.
    sheet_mm
        For dots in .svg: the longer side; 180 by default.
    film
        What moves in .gif, .apng and .webp. em: the ellipses settle, the picture appears (the default when a picture is
        read). fit: the same of the fit itself, which begins near its end. polish: of polishing. sampling: a component
        lights up, a dot falls. loop: samples that drift without an end (the default when a model is read). Without it,
        .webp is a still.
    seconds
        How long: 6 for em, 8 for sampling, 4 for loop; at most 60.
    fps
        Frames a second, 1 to 50; 15 by default.
    outputs
        Its extension decides: .png .jpg .webp .tiff is a picture, .svg a drawing, .html a page that paints in the
        browser, .gif .apng a film, .mix the model, .gmx a tiny picture (see `encode`). Repeatable. By default
        IMAGE-STYLE.png in this folder.
    size
        WIDTHxHEIGHT, or the longer side. By default the original's, for films 480 at most.
    preview
        Write which pixels are ink, IMAGE-ink.png, and fit nothing: to find --threshold.

    Examples
    --------
    A drawing as the density of 500 Gaussians, dog-grid.png:
    `mixtura paint dog.png`

    Two styles from one fit, puppy-contour.png and puppy-dots.png:
    `mixtura paint dog.png --style contour,dots -o puppy.png`

    The dark pixels of a colour picture, with a tone curve of your own:
    `mixtura paint wave.jpg --as ink --tone 0:255,0.1:80,1:0`

    Which pixels would be ink, before anything is fitted:
    `mixtura paint wave.jpg --as ink --threshold 90 --preview`

    A drawing whose lines keep their width, and their edges:
    `mixtura paint dog.png --polish`

    As many components as it takes for 32 dB, and as fit into a drawing of 100 kB:
    `mixtura paint harbour.png --psnr 32`
    `mixtura paint harbour.png --budget 100kB -o harbour.svg`

    In colour, large, and the model kept:
    `mixtura paint harbour.png -k 2000 --size 3840 -o large.webp -o harbour.mix`

    To go on from a model with two of its means held, as the studio does:
    `mixtura paint harbour.png --start harbour.mix --fixed means:3,7 -o better.mix`

    From the model, a part of it, large, without fitting again:
    `mixtura paint harbour.mix --frame 260,140,500,300 --size 1920 -o houses.png`

    A drawing, a page to zoom into, and a film of the fit:
    `mixtura paint harbour.png -o harbour.svg -o harbour.html -o harbour.gif`

    A loop without an end, harbour-loop.webp:
    `mixtura paint harbour.png --film loop`

    Dots for a plotter with eight pens:
    `mixtura paint harbour.png --style dots --pens 8 --radius 0.3 -o plot.svg`
    """
    given = locals() | {
        "frame": parse_frame(frame),
        "styles": tuple(word.strip() for text in styles or [] for word in text.split(",")),
        "outputs": tuple(outputs or []),
        "size": parse_size(size),
        "budget": parse_bytes(budget, "budget"),
        "levels": options.parse_levels(levels),
        "start": options.start_of(start),
        "fixed": options.fixed_of(fixed),
        "without": () if without is None else tuple(options.places(without, "without")),
    }
    del given["preview"]
    of_recipe = {each.name: given.pop(each.name) for each in fields(Recipe) if each.name in given}
    settings = {name: value for name, value in given.items() if name != "watch" and value is not None}  # of styles
    recipe = Recipe(**of_recipe, settings=settings)
    if preview:
        return Report({"input": image, **vars(of_ink(recipe, watch))}, _ink_lines)
    return Report(_record(image, run(recipe, watch)), _lines)


def _record(image: Path, outcome: Outcome) -> dict[str, Any]:
    fit, mixture = outcome.fit, outcome.mixture
    return {
        "input": image,
        "kind": outcome.kind,
        "points": outcome.points,
        "memory": outcome.memory,
        "profile": outcome.profile,
        "n_components": mixture.n_components,
        "covariance_type": mixture.covariance_type,
        **fit_record(fit),
        "dormant": [] if fit is None else fit.dormant,
        "polish_steps": None if outcome.polished is None else outcome.polished.steps,
        "polish_psnr": None if outcome.polished is None else round(outcome.polished.psnr, 4),
        "psnr": outcome.psnr,
        "seconds": {stage: round(seconds, 4) for stage, seconds in outcome.seconds.items()},
        "outputs": [_told(file) for file in outcome.written],
    }


def _ink_lines(record: Mapping[str, Any]) -> Iterator[str]:
    yield from profile_lines(record)
    share = f"{100 * record['ink'] / record['pixels']:.3g} %"
    yield f"{record['ink']:,} of {some(record['pixels'], 'pixel')} are ink ({share}): {record['rule']}"
    yield file_line(record["output"], "the ink")


def _told(file: Written) -> dict[str, Any]:
    return {name: value for name, value in vars(file).items() if value is not None}


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    yield from profile_lines(record)
    psnr = "" if record["psnr"] is None else f", PSNR {record['psnr']:.2f} dB"
    if record["polish_steps"] is not None:
        found = psnr or f", PSNR {record['polish_psnr'] or math.inf:.2f} dB"
        what = f"{record['points']:,} {record['kind']} pixels"
        count = some(record["n_components"], "Gaussian")
        yield f"{count} polished on {what}: {some(record['polish_steps'], 'step')}{found}"
        psnr = ""
    if record["n_iter"] is not None:
        yield from fit_lines(record, f"{record['points']:,} {record['kind']} pixels", "point", psnr)
    for file in record["outputs"]:
        yield file_line(file["path"], _what(file))
    seconds = record["seconds"]
    parts = ", ".join(f"{stage} {s:.2f}" for stage, s in seconds.items() if stage != "total")
    yield f"in {seconds['total']:.2f} s ({parts})"


def _what(file: Mapping[str, Any]) -> str:
    if file["medium"] == "model":
        return "the model" if file["style"] == "model" else "the picture, tiny"
    if file["medium"] == "page":
        return f"{file['style']}, a page"
    if "pens" in file:
        pens = f"{file['pens']} pen{'s' * (file['pens'] != 1)}"
        down, up = (f"{file[name]:,.0f} mm" for name in ("pen_down_mm", "pen_up_mm"))
        return f"{file['style']} for {pens}, {down} drawn, {up} with the pen up"
    frames = f", {file['frames']} frames" if file["medium"] == "film" else ""
    return f"{file['style']}, {file['width']} x {file['height']}{frames}"
