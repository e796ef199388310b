"""One column of a model, predicted from others: `mixtura predict --target`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, named
from ..jobs.standard import called
from .frame import columns_of
from .tables import in_order, twice

if TYPE_CHECKING:
    from ..arrays import Array
    from ..model.mixture import Mixture
    from ..sources.source import Source

Question = Callable[[Any], dict[str, Any]]


def from_others(
    mixture: Mixture, model: str, target: str, table: Path, columns: str | None, header: bool, n_threads: int | None
) -> tuple[Source, Question]:
    """The rows of all other columns, and what is asked of each block: mean and standard deviation, given these."""
    import numpy as np

    from ..sources import opened

    known_names, free, others = _others(mixture, model, target)
    chosen = in_order(columns, others, mixture.names)
    like = None if mixture.names is None or chosen is not None else others
    rows = opened(table, columns=chosen, like=like, header=header)
    d = rows.survey().d
    beside = d == len(known_names) and chosen is None  # columns without names, and the target among them
    if not beside and d != len(others):
        raise InputError(
            f"{called(table)} has {d} columns, expected the {len(others)} that the model has besides {target!r}: "
            f"choose them with {named('columns')}."
        )
    known = [i for i in range(len(known_names)) if i != free]

    def ask(block: Any) -> dict[str, Any]:
        values = block.x[:, known] if beside else block.x
        mean, spread = mixture.regress(known, values, return_cov=True, n_threads=n_threads)
        return {target: mean[:, 0], f"{target}_deviation": np.sqrt(spread[:, 0, 0])}

    return rows, ask


def from_gaps(
    mixture: Mixture, model: str, target: str, table: Path, columns: str | None, header: bool, n_threads: int | None
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
    rows = opened(table, columns=wanted, header=header, missing=True)
    return rows, lambda block: _given_what_is_there(mixture, target, on, free, block.x, n_threads)


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
