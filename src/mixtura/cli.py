"""The terminal's face: commands parse into a `Recipe`, and say what came of it.

Results go to standard output, progress and errors to standard error. Wrong input ends with one sentence and exit
code 2, Ctrl-C with 130.
"""

from __future__ import annotations

import json
import math
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from ._version import __version__
from .errors import InputError, MixturaError

if TYPE_CHECKING:
    from .recipe import Outcome, Progress, Recipe, Watcher

app = typer.Typer(
    name="mixtura",
    help="Gaussian mixtures: fit them fast, ask them anything, paint pictures with them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

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
"""

_UsageError: Any = typer.BadParameter.__base__  # click's, which some versions of typer keep to themselves


def main() -> None:
    """Run the command line: the entry point of `mixtura`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names of files may hold what the terminal cannot show
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        code = app(prog_name="mixtura", standalone_mode=False)
        if code == 130:  # how typer says Ctrl-C
            _stop()
        sys.exit(code)
    except MixturaError as error:
        _fail(str(error))
    except _UsageError as error:
        _fail_usage(error)
    except MemoryError:
        _fail("there is not enough memory: use a smaller picture, --size or -k.")
    except OSError as error:  # our own are MixturaErrors: this is the terminal's
        _fail(f"standard output cannot be written ({error.strerror or error}).")
    except (KeyboardInterrupt, typer.Abort):
        _stop()


def _interrupt(number: int, frame: Any) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not cut short what the first one tidies up
    raise KeyboardInterrupt


def _fail(sentence: str) -> NoReturn:
    """End with one sentence, in one line, that speaks of options as they are typed."""
    for name, option in _SPELLING.items():
        sentence = sentence.replace(name, option)
    typer.echo("mixtura: " + " ".join(sentence.splitlines()), err=True)
    sys.exit(2)


_SPELLING = {"max_pixels": "--max-pixels", "light=True": "--light", "light=False": "without --light"}
"""What errors of the library call the options."""


def _fail_usage(error: Any) -> NoReturn:
    if type(error).__name__ == "NoArgsIsHelpError":  # with rich, the help is on the screen already
        typer.echo(error.format_message(), nl=False)  # without rich, it is not
        sys.exit(2)
    sentence = error.format_message().strip()
    sentence += "" if sentence.endswith((".", "?")) else "."
    _fail(f"{sentence} See {error.ctx.command_path if error.ctx else 'mixtura'} --help.")


def _stop() -> NoReturn:
    typer.echo("mixtura: stopped; nothing was left half written.", err=True)
    os._exit(130)  # at once: threads in a kernel cannot be interrupted, and a usual exit would wait for them


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mixtura {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, metavar="", help="Show the version.")
    ] = False,
) -> None:
    """Gaussian mixtures: fit them fast, ask them anything, paint pictures with them."""


_READ, _FIT, _DRAW, _WRITE = "What to read", "How to fit", "How to draw", "What comes out"


def _option(*names: str, panel: str, metavar: str = "", text: str) -> Any:
    return typer.Option(*names, rich_help_panel=panel, metavar=metavar, help=text)


@app.command(epilog=EXAMPLES, no_args_is_help=True)
def paint(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="A picture, or a model (.mix).")],
    kind: Annotated[
        str,
        _option(
            "--as",
            panel=_READ,
            metavar="KIND",
            text="ink: where the dark pixels are. colour: which colour is where. auto: by the picture.",
        ),
    ] = "auto",
    threshold: Annotated[
        str,
        _option(
            "--threshold",
            panel=_READ,
            metavar="GREY",
            text="What is ink: the pixels darker than a number 0..255; otsu finds one; LO:HI leaves the "
            "midtones out; grey takes all pixels, by their darkness.",
        ),
    ] = "otsu",
    light: Annotated[bool, _option("--light", panel=_READ, text="The light pixels are the ink.")] = False,
    max_pixels: Annotated[
        int, _option("--max-pixels", panel=_READ, metavar="N", text="Refuse larger pictures, read or written.")
    ] = 100_000_000,
    k: Annotated[
        int | None,
        _option(
            "-k",
            "--components",
            panel=_FIT,
            metavar="N",
            text="How many Gaussians. By default 500 for ink and 1000 for colour, fewer for a small picture.",
        ),
    ] = None,
    covariance: Annotated[
        str, _option("--covariance", panel=_FIT, metavar="TYPE", text="full, tied, diag or spherical.")
    ] = "full",
    max_iter: Annotated[int, _option("--max-iter", panel=_FIT, metavar="N", text="EM steps at most.")] = 100,
    tol: Annotated[
        float, _option("--tol", panel=_FIT, metavar="X", text="Stop when a step gains less, in nats a point.")
    ] = 1e-3,
    seed: Annotated[int, _option("--seed", panel=_FIT, metavar="N", text="The same seed gives the same picture.")] = 0,
    precision: Annotated[
        str, _option("--precision", panel=_FIT, metavar="TYPE", text="float32, or float64: twice the time.")
    ] = "float32",
    threads: Annotated[
        int | None,
        _option("--threads", panel=_FIT, metavar="N", text="How many; all by default. The answer is the same."),
    ] = None,
    style: Annotated[
        list[str] | None,
        _option(
            "--style",
            panel=_DRAW,
            metavar="STYLE",
            text="contour, dots, grid, mean or ellipses; several with commas; or all. "
            "By default grid for ink, mean for colour.",
        ),
    ] = None,
    sharpen: Annotated[
        float,
        _option("--sharpen", panel=_DRAW, metavar="X", text="Multiply the covariances by this first; 0.6 is crisp."),
    ] = 1.0,
    tone: Annotated[
        str | None,
        _option(
            "--tone",
            panel=_DRAW,
            metavar="CURVE",
            text="For grid: linear (the default), gamma:0.5, equalise, or points DENSITY:GREY such as "
            "0:255,0.1:80,1:0.",
        ),
    ] = None,
    samples: Annotated[
        int | None, _option("--samples", panel=_DRAW, metavar="N", text="For dots: how many; 40000 by default.")
    ] = None,
    radius: Annotated[
        float | None,
        _option("--radius", panel=_DRAW, metavar="X", text="For dots: their radius in output pixels."),
    ] = None,
    colours: Annotated[
        str | None,
        _option("--colours", panel=_DRAW, metavar="MAP", text="For contour: a colour map such as viridis."),
    ] = None,
    ink: Annotated[
        str | None,
        _option("--ink", panel=_DRAW, metavar="COLOUR", text="For grid, dots and ellipses: a name or #rrggbb."),
    ] = None,
    paper: Annotated[
        str | None,
        _option("--paper", panel=_DRAW, metavar="COLOUR", text="What is behind, also behind transparent pixels."),
    ] = None,
    output: Annotated[
        list[Path] | None,
        _option(
            "-o",
            "--output",
            panel=_WRITE,
            metavar="FILE",
            text="Its extension decides: .png .jpg .webp .tiff is a picture, .mix the model. Repeatable. "
            "By default IMAGE-STYLE.png in this folder.",
        ),
    ] = None,
    size: Annotated[
        str | None,
        _option(
            "--size",
            panel=_WRITE,
            metavar="SIZE",
            text="WIDTHxHEIGHT, or the longer side. By default the original's.",
        ),
    ] = None,
    quiet: Annotated[bool, _option("-q", "--quiet", panel=_WRITE, text="Say nothing but errors.")] = False,
    as_json: Annotated[
        bool, _option("--json", panel=_WRITE, text="Print one JSON record of what was done instead.")
    ] = False,
) -> None:
    """Turn a picture into a Gaussian mixture, and let the mixture paint it.

    A black-and-white picture becomes the places of its dark pixels, a colour picture the place and colour of every
    pixel. A mixture of Gaussians is fitted to these points by EM and drawn in one style or several.
    """
    from .recipe import Drawing, Fitting, Reading, Recipe, run

    _one_of("--as", kind, ("auto", "ink", "colour"))
    _one_of("--covariance", covariance, ("full", "tied", "diag", "spherical"))
    _one_of("--precision", precision, ("float32", "float64"))
    _within("-k", k, 1)
    _within("--samples", samples, 1, 100_000_000)
    _within("--max-iter", max_iter, 0)
    _within("--seed", seed, 0)
    _within("--threads", threads, 1, 256)
    _within("--max-pixels", max_pixels, 1)
    if not 0 <= tol < math.inf:
        raise InputError(f"--tol is {tol:g}: give a number >= 0, such as 0.001.")
    settings = {"tone": tone, "samples": samples, "ink": ink, "paper": paper, "colours": colours, "radius": radius}
    settings = {name: value for name, value in settings.items() if value is not None}
    styles = tuple(word.strip() for text in style or [] for word in text.split(","))
    recipe = Recipe(
        Reading(image, kind, threshold, light, paper or "white", max_pixels),  # type: ignore[arg-type]
        Fitting(k, covariance, max_iter, tol, seed, precision, threads),  # type: ignore[arg-type]
        Drawing(
            styles, settings | {"rng": seed, "n_threads": threads}, _parse_size(size), sharpen, tuple(output or [])
        ),
    )
    if quiet or as_json:
        outcome = run(recipe)
    else:
        with _progress() as watch:
            outcome = run(recipe, watch)
    if as_json:
        typer.echo(json.dumps(_record(recipe, outcome), allow_nan=False))
    elif not quiet:
        _report(outcome)


def _parse_size(text: str | None) -> tuple[int, int] | int | None:
    if text is None:
        return None
    found = re.fullmatch(r"\s*([0-9]{1,6})(?:\s*[x×]\s*([0-9]{1,6}))?\s*", text.lower())
    sides = [int(side) for side in found.groups() if side is not None] if found else [0]
    if min(sides) < 1:
        raise InputError(
            f"--size is {text!r}: give WIDTHxHEIGHT such as 1920x1080, or the longer side such as 1920, in pixels."
        )
    return sides[0] if len(sides) == 1 else (sides[0], sides[1])


def _one_of(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(f"{option} is {value!r}: choose one of {', '.join(known)}.")


def _within(option: str, value: int | None, least: int, most: int | None = None) -> None:
    if value is not None and (value < least or (most is not None and value > most)):
        limits = f">= {least}" if most is None else f"from {least} to {most}"
        raise InputError(f"{option} is {value}: give a whole number {limits}.")


@contextmanager
def _progress() -> Iterator[Watcher]:
    """A line on standard error, if that is a terminal: the stage, and in a fit the step and the time left."""
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield lambda progress: None
        return
    room = console.width - 74
    with Bar(
        SpinnerColumn("line"),
        TextColumn("{task.description}", markup=False),
        *([BarColumn(bar_width=min(24, room))] if room >= 6 else []),
        TextColumn("{task.fields[state]}"),
        *([TimeElapsedColumn()] if room >= 30 else []),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("starting", total=None, state="")
        stage = ""
        forecast = Forecast()

        def watch(progress: Progress) -> None:
            nonlocal stage, forecast
            if progress.stage != stage:
                stage, forecast = progress.stage, Forecast()
                bar.update(task, description=stage, completed=0, total=None, state="")
            if progress.step is None:
                return
            step = progress.step
            left = forecast.steps_left(step.iteration, step.change, progress.max_iter, progress.tol)
            state = f"step {step.iteration}, log likelihood {step.log_likelihood:.4f}"
            seconds = forecast.seconds_left(left)
            if seconds is not None:
                state = f"{_clock(seconds)} left, {state}"
            bar.update(task, completed=step.iteration, total=step.iteration + left, state=state)

        yield watch


def _clock(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


class Forecast:
    """How long a fit will go on: the gains of EM shrink by a nearly constant ratio near the end."""

    def __init__(self) -> None:
        self.began = 0.0
        self.taken = -1  # the first step is where the clock starts: what came before it is no step
        self.gains: list[float] = []

    def steps_left(self, iteration: int, gain: float, max_iter: int, tol: float) -> int:
        """Steps until the gain falls below `tol`, judged by the last few, at most those up to `max_iter`."""
        self.began = self.began or time.perf_counter()
        self.taken += 1
        self.gains = [*self.gains[-4:], gain]
        left = max_iter - iteration
        first, last = self.gains[0], self.gains[-1]
        if len(self.gains) > 1 and 0 < last < first and tol > 0:
            ratio = (last / first) ** (1.0 / (len(self.gains) - 1))
            left = min(left, 1 + max(0, math.ceil(math.log(tol / last) / math.log(ratio))))
        return max(0, left)

    def seconds_left(self, steps: int) -> float | None:
        """The time that many more steps take, by the mean of those taken."""
        return (time.perf_counter() - self.began) / self.taken * steps if self.taken > 0 else None


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
            {"path": str(file.path), "style": file.style, "width": file.width, "height": file.height}
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
        what = "the model" if file.style == "model" else f"{file.style}, {file.width} x {file.height}"
        typer.echo(f"  {file.path}  ({what})")
    parts = ", ".join(f"{stage} {s:.2f}" for stage, s in outcome.seconds.items() if stage != "total")
    typer.echo(f"in {outcome.seconds['total']:.2f} s ({parts})")
