"""One column of a model, predicted from others: `mixtura predict --target`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, named
from ..jobs.standard import called
from . import errors_of_rows
from .frame import columns_of
from .tables import in_order, twice

if TYPE_CHECKING:
    from ..arrays import Array
    from ..model.mixture import Mixture
    from ..sources.points import Points
    from ..sources.source import Source

Question = Callable[[Any], dict[str, Any]]


def from_others(
    mixture: Mixture,
    model: str,
    target: str,
    table: Path,
    columns: str | None,
    header: bool,
    n_threads: int | None,
    noise: str | None = None,
) -> tuple[Source, Question]:
    """The rows of all other columns, and what is asked of each block: mean and standard deviation, given these.

    noise: with which errors they are measured, see `errors_of_rows`.
    """
    import numpy as np

    from ..sources import opened

    known_names, free, others = _others(mixture, model, target)
    chosen = in_order(columns, others, mixture.names)
    like = None if mixture.names is None or chosen is not None else others
    if mixture.names is None:
        chosen = errors_of_rows.others(noise, table, chosen, None, header)
    _check_pipe(noise, table)
    rows = opened(table, columns=chosen, like=like, header=header)
    d = rows.survey().d
    beside = d == len(known_names) and columns is None  # columns without names, and the target among them
    if not beside and d != len(others):
        raise InputError(
            f"{called(table)} has {d} columns, expected the {len(others)} that the model has besides {target!r}: "
            f"choose them with {named('columns')}."
        )
    known = np.array([i for i in range(len(known_names)) if i != free])

    def ask(block: Any) -> dict[str, Any]:
        values = (block.columns(known) if beside else block).renamed(None)
        mean, spread = mixture.regress(known, values, return_cov=True, n_threads=n_threads)
        return {target: mean[:, 0], f"{target}_deviation": np.sqrt(spread[:, 0, 0])}

    return _measured(rows, noise, table, header), ask


def from_gaps(
    mixture: Mixture,
    model: str,
    target: str,
    table: Path,
    columns: str | None,
    header: bool,
    n_threads: int | None,
    noise: str | None = None,
) -> tuple[Source, Question]:
    """The same, given what each row has of the others; the table may lack some of them."""
    from ..sources import opened
    from ..sources.whole import column_names

    known_names, free, others = _others(mixture, model, target)
    twice(table, "missing")
    there = column_names(table, header)
    chosen = in_order(columns, others, mixture.names)
    wanted = [name for name in others if name in there] if chosen is None else list(chosen)
    on = [known_names.index(name) for name in (wanted if chosen is None else others)]
    if not on:
        raise InputError(f"{called(table)} has no column of {model}: choose as many with {named('columns')}.")
    rows = _measured(opened(table, columns=wanted, header=header, missing=True), noise, table, header)

    def ask(block: Any) -> dict[str, Any]:
        if block.noise is not None:
            return _behind_what_is_there(mixture, target, on, free, block, n_threads)
        return _given_what_is_there(mixture, target, on, free, block.x, n_threads)

    return rows, ask


def _check_pipe(noise: str | None, table: Path) -> None:
    """Raise InputError where columns of errors would be read from a pipe, once it is gone."""
    if errors_of_rows.in_columns(noise) is not None:
        twice(table, errors_of_rows.NAME)


def _measured(rows: Source, noise: str | None, table: Path, header: bool) -> Source:
    """The rows with their errors, if any are given."""
    from ..sources.noise import with_errors

    return with_errors(rows, errors_of_rows.of_rows(noise, table, rows, header))


def _behind_what_is_there(
    mixture: Mixture, target: str, on: list[int], free: int, block: Points, n_threads: int | None
) -> dict[str, Any]:
    """The same, where others are measured with errors: of a row, the target and what it lacks are gaps."""
    import numpy as np

    noise, d, place = block.noise, mixture.n_coordinates, np.array(on)
    assert noise is not None
    x, wide = np.full((block.n, d), np.nan), np.zeros((block.n, *[d] * (noise.ndim - 1)))
    x[:, place] = block.x
    if noise.ndim == 2:
        wide[:, place] = noise
    else:
        wide[:, place[:, None], place] = noise
    mean, spread = mixture.denoise(x, wide, return_cov=True, missing=True, n_threads=n_threads)
    return {target: mean[:, free], f"{target}_deviation": np.sqrt(spread[:, free, free])}


def _given_what_is_there(
    mixture: Mixture, target: str, on: list[int], free: int, x: Array, n_threads: int | None
) -> dict[str, Any]:
    """The mean and the standard deviation of a coordinate, given what rows x have of others: pattern by pattern."""
    import numpy as np

    seen = np.isfinite(x)
    means, deviations = np.empty(len(x)), np.empty(len(x))
    patterns, which = np.unique(seen, axis=0, return_inverse=True)
    for i, pattern in enumerate(patterns):
        at, given = np.flatnonzero(which.ravel() == i), np.flatnonzero(pattern)
        if len(given):
            part = mixture.marginal([*(on[j] for j in given), free])
            answers = part.regress(list(range(len(given))), x[np.ix_(at, given)], return_cov=True, n_threads=n_threads)
            means[at], deviations[at] = answers[0][:, 0], np.sqrt(answers[1][:, 0, 0])
        else:
            alone = mixture.marginal([free])
            means[at], deviations[at] = alone.mean()[0], np.sqrt(alone.covariance()[0, 0])
    return {target: means, f"{target}_deviation": deviations}


def _others(mixture: Mixture, model: str, target: str) -> tuple[tuple[str, ...], int, list[str]]:
    """The columns of a model, which of them is the target, and the others."""
    from ..sources.tables import column

    known = columns_of(mixture)
    free = column(target, known, model)
    if len(known) == 1:
        raise InputError(f"{model} has the one column {target!r}: there are no others to predict it from.")
    return known, free, [name for i, name in enumerate(known) if i != free]
