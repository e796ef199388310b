"""What surrounds every command: -q and --json, progress, time, its report, and errors and warnings in its options.

A command is a function of its own options. It returns a `Report`, or None where its result is all that it writes; it
has a parameter `watch` where it takes long.
"""

from __future__ import annotations

import copy
import functools
import inspect
import json
import math
import re
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._version import __version__
from ..errors import InputError, MixturaError, MixturaWarning, OutputError
from ..jobs.progress import told_of_compiling, unwatched
from ..writing import STANDARD, check_standard
from .completing import complete_all
from .options import AsJson, Quiet
from .progress_bar import progress_bar
from .streams import fail, say, tell

if TYPE_CHECKING:
    from ..model.mixture import Mixture

ENDINGS = {"converged": "converged", "stalled": "converged", "max_iter": "stopped at --max-iter"}
TARGETS = ("output", "outputs", "contact_sheet", "means", "walk", "plot")  # the parameters that say where results go


@dataclass(frozen=True)
class Report:
    """What a command did.

    record: for --json; the frame adds the version and, where there are none, the seconds. lines: what a person wants
    to know, made of the record where it is wanted: text, or Rich's.
    """

    record: Mapping[str, Any]
    lines: Callable[[Mapping[str, Any]], Iterable[Any]]


def add(
    app: typer.Typer, function: Callable[..., Report | None], panel: str, *, quiet: bool = True, as_json: bool = True
) -> None:
    """Make a function a command of `app`. panel: under which it is listed; quiet, as_json: whether it has these."""
    told, texts, examples = _documented(inspect.getdoc(function) or "")
    known = inspect.signature(function, eval_str=True)
    parameters = [
        _parameter("ctx", typer.Context, inspect.Parameter.empty),
        *(
            _parameter(each.name, _told(each.name, each.annotation, texts.get(each.name)), each.default)
            for each in known.parameters.values()
            if each.name != "watch"
        ),
        *([_parameter("quiet", Quiet, False)] if quiet else []),
        *([_parameter("as_json", AsJson, False)] if as_json else []),
    ]

    @functools.wraps(function)
    def framed(ctx: typer.Context, quiet: bool = False, as_json: bool = False, **given: Any) -> None:
        with _on_the_terminal(ctx):
            watched, reports = "watch" in known.parameters, known.return_annotation is Report
            _run(function, given, quiet, as_json, watched=watched, reports=reports)

    framed.__signature__ = known.replace(parameters=parameters)  # type: ignore[attr-defined]
    framed.__annotations__ = {each.name: each.annotation for each in parameters}
    needed = any(each.default is inspect.Parameter.empty for each in known.parameters.values() if each.name != "watch")
    app.command(help=told, epilog=examples, rich_help_panel=panel, no_args_is_help=needed)(framed)


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation, default=default)


def _documented(docstring: str) -> tuple[str, dict[str, str], str]:
    """What a docstring in NumPy's style says of a function and of each of its parameters, and its examples."""
    rest, _, examples = docstring.partition("\n\nExamples\n--------\n")
    told, _, listed = rest.partition("\n\nParameters\n----------\n")
    texts = re.findall(r"^(\w+)\n((?:    .*\n?)+)", listed, re.MULTILINE)
    commands = examples.replace("\n`", "\\\n`")  # in Markdown, each on a line of its own
    return told, {name: " ".join(text.split()) for name, text in texts}, f"**Examples**\n\n{commands}"


def _told(name: str, annotation: Any, text: str | None) -> Any:
    """The annotation of an option or argument with this help, unless it has one of its own, and its completion."""
    (info,) = annotation.__metadata__
    told = copy.copy(info)
    told.help = info.help or text
    complete_all(name, told)
    return Annotated[annotation.__origin__, told]


def _run(
    function: Callable[..., Report | None],
    given: dict[str, Any],
    quiet: bool,
    as_json: bool,
    *,
    watched: bool,
    reports: bool,
) -> None:
    """Call a command, and say what came of it."""
    given = {name: _standard(value, name in TARGETS) for name, value in given.items()}
    targets = [given.get(name) for name in TARGETS]
    to_standard = any(STANDARD in each if isinstance(each, list) else each == STANDARD for each in targets)
    if as_json and to_standard:
        raise InputError("--json and -o - would both print to standard output: give one of them.")
    if as_json or (reports and not quiet):
        check_standard()
    began = time.perf_counter()
    silent = quiet or as_json or not watched
    with nullcontext(unwatched) if silent else progress_bar() as watch, told_of_compiling(watch):
        report = function(**given, **({"watch": watch} if watched else {}))
    if report is None:
        return
    record = {"mixtura": __version__, **report.record}
    record.setdefault("seconds", round(time.perf_counter() - began, 4))
    try:
        if as_json:
            say(json.dumps(_plain(record), allow_nan=False))
        elif not quiet and not to_standard:
            for line in report.lines(record):
                say(line)
    except OutputError as error:
        written = ", ".join(_written(record))
        raise OutputError(f"{error.sentence} Written are: {written}." if written else error.sentence) from None


def _written(record: Mapping[str, Any]) -> list[str]:
    """The files that a command wrote, by what it reports."""
    several = [*record.get("outputs", ()), *record.get("palettes", ())]
    found = [each["path"] if isinstance(each, Mapping) else each for each in several]
    return [str(path) for path in (record.get("output"), *found, record.get("sheet")) if path is not None]


def _standard(value: Any, written: bool) -> Any:
    """The value of an option: "-" where it names standard input, or standard output, as a file of the system."""
    if isinstance(value, list):
        return [_standard(each, written) for each in value]
    number = 1 if written else 0
    known = (f"/dev/{'stdout' if written else 'stdin'}", f"/dev/fd/{number}", f"/proc/self/fd/{number}")
    return STANDARD if isinstance(value, Path) and str(value) in known else value


def _plain(value: Any) -> Any:
    """What JSON can hold: paths are text, and it knows no infinity."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, Path):
        return str(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def _on_the_terminal(ctx: typer.Context) -> Iterator[None]:
    """Errors and warnings that speak of options as they are typed."""
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always", UserWarning)
            yield
        for warning in heard:
            said = warning.message
            tell(said.spelt(spelling(ctx)) if isinstance(said, MixturaWarning) else str(said))
    except MixturaError as error:
        fail(error.spelt(spelling(ctx)))


def spelling(ctx: typer.Context) -> Callable[[str, str | None], str]:
    """How the command that runs calls the parameters of the library: those that it has an option for by the option."""
    options = {each.name: each for each in ctx.command.params if each.param_type_name == "option"}

    def spelt(name: str, value: str | None) -> str:
        found = options.get(name)
        if found is None:
            return name if value is None else f"{name}={value}"
        if getattr(found, "is_flag", False):
            return f"without {found.opts[0]}" if value == "False" else found.opts[0]
        return found.opts[0] if value is None else found.opts[0] + " " + value.strip("'")

    return spelt


def columns_of(mixture: Mixture) -> tuple[str, ...]:
    """What the coordinates of a mixture are called."""
    from ..sources.tables import coordinate_names

    return coordinate_names(mixture.names, mixture.n_coordinates)


def some(count: int, thing: str) -> str:
    """A number of things in words: 1 row, 2,000 rows."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def fit_lines(record: Mapping[str, Any], what: str, unit: str, more: str = "") -> Iterator[str]:
    """How a fit went. what: was fitted; unit: one of these, as in "row"; more: at the end of the line."""
    yield (
        f"{some(record['n_components'], 'Gaussian')} on {what}: log likelihood {record['log_likelihood']:.4f} a {unit} "
        f"after {some(record['n_iter'], 'step')} ({ENDINGS[record['stop_reason']]}){more}"
    )
    dormant = len(record["dormant"])
    if dormant:
        its = "its" if dormant == 1 else "their"
        yield f"{some(dormant, 'component')} received no {unit}s; {its} weight is 0."


def profile_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """What the colours of a picture were converted from."""
    if record["profile"] is not None:
        yield f"converted to sRGB from {record['profile']} (--no-profile leaves the numbers as they are)"


def groups_text(groups: Sequence[int]) -> str:
    """Which components make which cluster, in words: 0 of 0 and 3, 1 of 1 and 2."""
    clusters: dict[int, list[str]] = {}
    for component, cluster in enumerate(groups):
        if cluster >= 0:
            clusters.setdefault(cluster, []).append(str(component))
    return ", ".join(f"{cluster} of {' + '.join(members)}" for cluster, members in sorted(clusters.items()))


def file_line(path: Any, what: str) -> str:
    """A file that was written."""
    return f"  {path}  ({what})"


def time_line(record: Mapping[str, Any]) -> str:
    """How long it took."""
    return f"in {record['seconds']:.2f} s"
