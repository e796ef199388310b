"""The command line as a whole: its commands, and what is said when one of them fails.

Results go to standard output, progress and errors to standard error. Wrong input ends with one sentence and exit
code 2; Ctrl-C with 130, other signals that stop a process with 128 and their number, and nothing half written; a
reader of standard output that leaves, with 141 and without a word.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from textwrap import shorten
from typing import Annotated, Any, NoReturn

import typer

from .._version import __version__
from ..errors import MixturaError
from . import (
    ask,
    bootstrap,
    doctor,
    fit,
    gallery,
    generate,
    grade,
    morph,
    paint,
    palette,
    probability,
    restore,
    rows,
    samples,
    show,
    studio,
    tiny,
    warm,
)
from .frame import add
from .streams import BROKEN_PIPE, ReaderLeft, fail, guard, tell

app: typer.Typer = typer.Typer(
    name="mixtura",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

PICTURES, TABLES, ASK = "Pictures", "From a table to a model", "Questions to a model"
STUDIO, MORE = "The studio", "To begin, and this installation"

_UsageError: Any = typer.BadParameter.__base__  # click's, which some versions of typer keep to themselves


def main() -> None:
    """Run the command line: the entry point of `mixtura`."""
    guard()
    for number in _STOPPING:
        if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
            signal.signal(number, _interrupt)
    try:
        code = app(prog_name="mixtura", standalone_mode=False)
        if code == 130:  # how typer says Ctrl-C
            _stop()
        code = 2 * bool(code)  # 1 is how typer says that it knows no such shell
        sys.exit(code)
    except MixturaError as error:
        fail(str(error))
    except _UsageError as error:
        _fail_usage(error)
    except MemoryError:
        fail("there is not enough memory: use a smaller picture or table, --size or -k.")
    except OSError as error:  # our own are MixturaErrors: this is what nobody foresaw
        where = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        fail(f"{where}the system refuses what was asked ({error.strerror or error}).")
    except (KeyboardInterrupt, typer.Abort):
        _stop()
    except ReaderLeft:
        sys.exit(BROKEN_PIPE)


_STOPPING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_heard = int(signal.SIGINT)  # the one that stops us: typer hands on none of what an exception says


def _interrupt(number: int, frame: Any) -> NoReturn:
    global _heard
    _heard = number
    for each in _STOPPING:
        signal.signal(each, signal.SIG_IGN)  # a second one must not cut short what the first one tidies up
    raise KeyboardInterrupt


def _fail_usage(error: Any) -> NoReturn:
    if type(error).__name__ == "NoArgsIsHelpError":  # with rich, the help is on the screen already
        typer.echo(error.format_message(), nl=False)  # without rich, it is not
        sys.exit(2)
    if (sentence := _no_number(error)) is not None:
        fail(sentence)
    sentence = error.format_message().strip()
    sentence += "" if sentence.endswith((".", "?")) else "."
    fail(f"{sentence} See {error.ctx.command_path if error.ctx else 'mixtura'} --help.")


def _no_number(error: Any) -> str | None:
    """What to say of an option that is no number, as the library says it; None for other mistakes."""
    wanted = re.search(r"\bvalid (integer|float|number)", error.message)
    option = getattr(error, "param", None)
    if wanted is None or option is None:
        return None
    told = getattr(error.__cause__, "errors", None)  # by pydantic, which newer versions of typer ask; else by click
    value = told()[0]["input"] if told is not None else error.message.partition(" is not a valid")[0].strip("'")
    given = shorten(str(value), 40, placeholder="...")
    return f"{option.opts[0]} is {given!r}: give a {'whole ' * (wanted[1] == 'integer')}number."


def _stop() -> NoReturn:
    tell("stopped; nothing was left half written.")
    os._exit(128 + _heard)  # at once: threads in a kernel cannot be interrupted, and a usual exit would wait for them


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
    """Gaussian mixtures: fit them fast, ask them anything, paint pictures with them.

    To begin, `mixtura samples` brings pictures and a table. Then try `mixtura paint samples/harbour.png`, or
    `mixtura fit samples/geyser.csv -k 2` and `mixtura show geyser.mix`. `mixtura fit -h` tells of `fit`,
    with examples; so do the others.
    """


add(app, paint.paint, PICTURES)
add(app, palette.palette, PICTURES)
add(app, morph.morph, PICTURES)
add(app, grade.grade, PICTURES)
add(app, restore.denoise, PICTURES)
add(app, restore.fill, PICTURES)
add(app, restore.enlarge, PICTURES)
add(app, generate.generate, PICTURES)
add(app, tiny.encode, PICTURES)
add(app, tiny.decode, PICTURES)
add(app, fit.fit, TABLES)
add(app, fit.choose, TABLES)
add(app, bootstrap.bootstrap, TABLES)
add(app, show.show, ASK, quiet=False)
add(app, ask.score, ASK)
add(app, ask.predict, ASK, quiet=False, as_json=False)
add(app, ask.condition, ASK)
add(app, rows.impute, ASK)
add(app, rows.outliers, ASK)
add(app, ask.sample, ASK, quiet=False, as_json=False)
add(app, probability.probability, ASK, quiet=False)
add(app, studio.studio, STUDIO, quiet=False, as_json=False)
add(app, samples.samples, MORE)
add(app, gallery.gallery, MORE)
add(app, warm.warm, MORE)
add(app, doctor.doctor, MORE, quiet=False)
