"""The terminal's face: commands parse into a `Recipe`, and say what came of it.

Results go to standard output, progress and errors to standard error. Wrong input ends with one sentence and exit
code 2, Ctrl-C with 130.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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

`mixtura paint dog.png` a drawing as the density of 500 Gaussians

`mixtura paint dog.png --style contour,dots -o dog.png` two styles, one fit: dog-contour.png, dog-dots.png

`mixtura paint wave.jpg --as ink --style grid --tone 0:255,0.1:80,1:0` dark pixels, a tone curve of your own

`mixtura paint harbour.jpg -k 2000 --size 3840 -o harbour.webp -o harbour.mix` in colour, large, and the model kept

`mixtura paint harbour.mix --style ellipses` from the model: no fitting again
"""


def main() -> None:
    """Run the command line: the entry point of `mixtura`."""
    try:
        app()
    except MixturaError as error:
        _fail(str(error), 2)
    except MemoryError:
        _fail("there is not enough memory: use a smaller picture, --size or -k.", 2)
    except KeyboardInterrupt:
        _fail("stopped; nothing was left half written.", 130)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has left
        sys.exit(141)


def _fail(sentence: str, code: int) -> None:
    typer.echo(f"mixtura: {sentence}", err=True)
    sys.exit(code)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mixtura {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Gaussian mixtures: fit them fast, ask them anything, paint pictures with them."""


_PICTURE, _FIT, _STYLE, _OUTPUT = "What to read", "How to fit", "How to draw", "What comes out"


@app.command(epilog=EXAMPLES, no_args_is_help=True)
def paint(
    image: Annotated[Path, typer.Argument(help="A picture (any that Pillow reads), or a model (.mix).")],
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "-o",
            "--output",
            help="Where to: .png .jpg .webp .tiff is a picture, .mix the model. Repeatable. "
            "By default NAME-STYLE.png in this folder.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    style: Annotated[
        list[str] | None,
        typer.Option(
            help="contour, dots, grid, mean or ellipses; several with commas or by repeating; or all. "
            "By default grid for ink, mean for colour.",
            rich_help_panel=_STYLE,
        ),
    ] = None,
    k: Annotated[
        int | None,
        typer.Option(
            "-k", "--components", help="How many Gaussians. By default 500 for ink, 1000 for colour.", rich_help_panel=_FIT
        ),
    ] = None,
    kind: Annotated[
        str,
        typer.Option(
            "--as",
            help="ink: where the dark pixels are. colour: which colour is where. auto: by the picture.",
            rich_help_panel=_PICTURE,
        ),
    ] = "auto",
    threshold: Annotated[
        str,
        typer.Option(
            help="What is ink: otsu, a grey value 0..255, LO:HI (darker than LO; the midtones are left out), "
            "or grey (all pixels, by their darkness).",
            rich_help_panel=_PICTURE,
        ),
    ] = "otsu",
    light: Annotated[
        bool, typer.Option("--light", help="The light pixels are the ink.", rich_help_panel=_PICTURE)
    ] = False,
    tone: Annotated[
        str | None,
        typer.Option(
            help="For grid: linear, gamma:0.5, equalise, or points DENSITY:GREY such as 0:255,0.1:80,1:0.",
            rich_help_panel=_STYLE,
        ),
    ] = None,
    samples: Annotated[
        int | None, typer.Option(help="For dots: how many (default 40000).", rich_help_panel=_STYLE)
    ] = None,
    sharpen: Annotated[
        float,
        typer.Option(help="Multiply the covariances by this before drawing; 0.6 is crisp.", rich_help_panel=_STYLE),
    ] = 1.0,
    ink: Annotated[
        str | None, typer.Option(help="Colour of the ink: a name or #rrggbb.", rich_help_panel=_STYLE)
    ] = None,
    paper: Annotated[
        str | None,
        typer.Option(help="Colour of the paper, also behind transparent pixels.", rich_help_panel=_STYLE),
    ] = None,
    colours: Annotated[
        str | None, typer.Option(help="For contour: a colour map such as viridis.", rich_help_panel=_STYLE)
    ] = None,
    radius: Annotated[
        float | None, typer.Option(help="For dots: their radius in output pixels.", rich_help_panel=_STYLE)
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            help="Of the output: WIDTHxHEIGHT, or its longer side. By default the original's.", rich_help_panel=_OUTPUT
        ),
    ] = None,
    covariance: Annotated[
        str, typer.Option(help="full, tied, diag or spherical.", rich_help_panel=_FIT)
    ] = "full",
    max_iter: Annotated[int, typer.Option(help="EM steps at most.", rich_help_panel=_FIT)] = 100,
    tol: Annotated[
        float, typer.Option(help="Stop when a step gains less, in nats a point.", rich_help_panel=_FIT)
    ] = 1e-3,
    seed: Annotated[int, typer.Option(help="The same seed gives the same picture.", rich_help_panel=_FIT)] = 0,
    threads: Annotated[
        int | None, typer.Option(help="How many; all by default. The answer is the same.", rich_help_panel=_FIT)
    ] = None,
    precision: Annotated[str, typer.Option(help="float32 or float64.", rich_help_panel=_FIT)] = "float32",
    max_pixels: Annotated[
        int, typer.Option(help="Refuse larger pictures.", rich_help_panel=_PICTURE)
    ] = 100_000_000,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Say nothing but errors.", rich_help_panel=_OUTPUT)
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print one JSON record of what was done instead.", rich_help_panel=_OUTPUT),
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
    _at_least("-k", k, 1)
    _at_least("--samples", samples, 1)
    _at_least("--max-iter", max_iter, 0)
    _at_least("--seed", seed, 0)
    _at_least("--threads", threads, 1)
    _at_least("--max-pixels", max_pixels, 1)
    if not 0 < sharpen < float("inf"):
        raise InputError(f"--sharpen is {sharpen:g}: give a number > 0, such as 0.6.")
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
        typer.echo(json.dumps(_record(recipe, outcome)))
    elif not quiet:
        _report(outcome)


def _parse_size(text: str | None) -> tuple[int, int] | int | None:
    if text is None:
        return None
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise InputError(f"--size is {text!r}: give WIDTHxHEIGHT such as 1920x1080, or the longer side such as 1920.")
    numbers = [int(part) for part in parts]
    if max(numbers) > 100_000:
        raise InputError(f"--size is {text!r}: sides reach 100000 pixels.")
    return numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1])


def _one_of(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(f"{option} is {value!r}: choose one of {', '.join(known)}.")


def _at_least(option: str, value: int | None, least: int) -> None:
    if value is not None and value < least:
        raise InputError(f"{option} is {value}: give a whole number >= {least}.")


@contextmanager
def _progress() -> Iterator[Watcher]:
    """A bar on standard error that shows the stage, and in a fit the step, its likelihood and the time left."""
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    with Bar(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
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
            state = f"step {step.iteration}  log likelihood {step.log_likelihood:.4f}"
            seconds = forecast.seconds_left(left)
            if seconds is not None:
                state += f"  {seconds:.0f} s left"
            bar.update(task, completed=step.iteration, total=step.iteration + left, state=state)

        yield watch


class Forecast:
    """How long a fit will go on: the gains of EM shrink by a nearly constant ratio near the end."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.taken = 0
        self.gains: list[float] = []

    def steps_left(self, iteration: int, gain: float, max_iter: int, tol: float) -> int:
        """Steps until the gain falls below `tol`, judged by the last few, at most those up to `max_iter`."""
        self.taken = iteration
        self.gains = [*self.gains[-4:], gain]
        left = max_iter - iteration
        first, last = self.gains[0], self.gains[-1]
        if len(self.gains) > 1 and 0 < last < first and tol > 0:
            ratio = (last / first) ** (1.0 / (len(self.gains) - 1))
            left = min(left, 1 + max(0, math.ceil(math.log(tol / last) / math.log(ratio))))
        return max(0, left)

    def seconds_left(self, steps: int) -> float | None:
        """The time that many more steps take, by the mean of those taken."""
        return (time.perf_counter() - self.began) / self.taken * steps if self.taken > 1 else None


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
        "psnr": outcome.psnr,
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
        line = (
            f"{mixture.n_components} Gaussians on {outcome.points:,} {outcome.kind} pixels: "
            f"log likelihood {fit.log_likelihood:.4f} after {fit.n_iter} steps ({ending.get(fit.stop_reason, '')})"
        )
        typer.echo(line + (f", PSNR {outcome.psnr:.2f} dB" if outcome.psnr is not None else ""))
        if fit.dormant:
            typer.echo(f"{len(fit.dormant)} components found no pixels of their own and are dormant.")
    for file in outcome.written:
        what = "the model" if file.style == "model" else f"{file.style}, {file.width} x {file.height}"
        typer.echo(f"  {file.path}  ({what})")
    parts = ", ".join(f"{stage} {s:.2f}" for stage, s in outcome.seconds.items() if stage != "total")
    typer.echo(f"in {outcome.seconds['total']:.2f} s ({parts})")
