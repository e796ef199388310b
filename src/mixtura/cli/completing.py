"""What a shell offers when Tab is pressed: the values that options take, and the names of a table's columns.

Called by the name of the parameter. Nothing here may fail or say anything: a shell would print it into the line that
is being typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, get_args

import typer

Words = Callable[[typer.Context], Iterable[str]]


def completer(parameter: str) -> Callable[[typer.Context, str], list[str]] | None:
    """What completes the value of an option, as typer calls it; None for values of no list."""
    words = _WORDS.get(parameter)
    if words is None:
        return None

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",") if parameter in _SEVERAL else ("", "", incomplete)
        try:
            found = dict.fromkeys(words(ctx))
        except Exception:
            return []
        return [before + comma + word for word in found if word.lower().startswith(last.lower())]

    return complete


def _types(_: typer.Context) -> Iterable[str]:
    from ..model.families import BASIC, COVARIANCE_TYPES

    return (*BASIC, *COVARIANCE_TYPES)


def _starts(_: typer.Context) -> Iterable[str]:
    from ..em.settings import StartName

    return get_args(StartName)


def _criteria(_: typer.Context) -> Iterable[str]:
    from ..em.choice import Criterion

    return get_args(Criterion)


def _methods(_: typer.Context) -> Iterable[str]:
    from ..em.resample import Method

    return get_args(Method)


def _styles(_: typer.Context) -> Iterable[str]:
    from ..pictures.draw import STYLES

    return (*STYLES, "all")


def _films(_: typer.Context) -> Iterable[str]:
    from ..jobs.outputs import FILMS

    return FILMS


def _maps(_: typer.Context) -> Iterable[str]:
    from ..pictures.palette import NAMES

    return NAMES


def _columns(ctx: typer.Context) -> Iterable[str]:
    """Of the table on the line; else of the model."""
    from ..sources.tables import KINDS
    from ..sources.whole import column_names

    table = _file(ctx, KINDS)
    return _of_model(ctx) if table is None else column_names(table, bool(ctx.params.get("header")))


def _of_model(ctx: typer.Context) -> Iterable[str]:
    from ..jobs.standard import model_in

    model = _file(ctx, (".mix",))
    return () if model is None else model_in(model).names or ()


def _file(ctx: typer.Context, kinds: Iterable[str]) -> Path | None:
    """The first file of one of these kinds on the line, wherever it has been understood to stand."""
    words = [*(ctx.params.get(name) for name in ("data", "table", "model")), *ctx.args]
    paths = (Path(word) for word in words if word is not None)
    return next((path for path in paths if path.suffix.lower() in kinds and path.is_file()), None)


def _listed(*words: str) -> Words:
    return lambda _: words


_SEVERAL = ("columns", "keep", "axes", "styles", "covariance_type")
_WORDS: dict[str, Words] = {
    "covariance_type": _types,
    "start": _starts,
    "criterion": _criteria,
    "method": _methods,
    "dtype": _listed("float64", "float32"),
    "noise": _listed("auto"),
    "n_clusters": _listed("auto"),
    "kind": _listed("auto", "ink", "colour"),
    "threshold": _listed("otsu", "grey"),
    "tone": _listed("linear", "gamma:0.5", "equalise"),
    "styles": _styles,
    "style": _styles,
    "film": _films,
    "colours": _maps,
    "columns": _columns,
    "sample_weight": _columns,
    "keep": lambda ctx: (*_columns(ctx), "all"),
    "axes": _of_model,
    "target": _of_model,
}


def complete_all(parameter: str, info: Any) -> None:
    """Give the option of a parameter its completion, if there are words for it."""
    complete = completer(parameter)
    if complete is not None and isinstance(info, typer.models.OptionInfo):
        info.autocompletion = complete
