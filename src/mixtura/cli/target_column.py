"""One column of a model, predicted from others: `mixtura predict --target`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, eq=False)
class Target:
    """A column that is predicted. model: what the mixture is called. noise: see `errors_of_rows`."""

    column: str
    mixture: Mixture
    model: str
    table: Path
    columns: str | None
    header: bool
    n_threads: int | None
    noise: str | None

    def from_others(self) -> tuple[Source, Question]:
        """The rows of all other columns, and what is asked of each block: mean and standard deviation, given these."""
        import numpy as np

        from ..sources import opened

        mixture, table = self.mixture, self.table
        known_names, free, others = self._others()
        chosen = in_order(self.columns, others, mixture.names)
        like = None if mixture.names is None or chosen is not None else others
        if mixture.names is None:
            chosen = errors_of_rows.others(self.noise, table, chosen, None, self.header)
        if errors_of_rows.in_columns(self.noise) is not None:
            twice(table, errors_of_rows.NAME)  # before a pipe is gone
        rows = opened(table, columns=chosen, like=like, header=self.header)
        d = rows.survey().d
        beside = d == len(known_names) and self.columns is None  # columns without names, and the target among them
        if not beside and d != len(others):
            raise InputError(
                f"{called(table)} has {d} columns, expected the {len(others)} that the model has besides "
                f"{self.column!r}: choose them with {named('columns')}."
            )
        known = np.array([i for i in range(len(known_names)) if i != free])

        def ask(block: Any) -> dict[str, Any]:
            values = (block.columns(known) if beside else block).renamed(None)
            mean, spread = mixture.regress(known, values, return_cov=True, n_threads=self.n_threads)
            return self._told(mean[:, 0], np.sqrt(spread[:, 0, 0]))

        return self._measured(rows), ask

    def from_gaps(self) -> tuple[Source, Question]:
        """The same, given what each row has of the others; the table may lack some of them."""
        from ..sources import opened
        from ..sources.whole import column_names

        known_names, free, others = self._others()
        twice(self.table, "missing")
        there = column_names(self.table, self.header)
        chosen = in_order(self.columns, others, self.mixture.names)
        wanted = [name for name in others if name in there] if chosen is None else list(chosen)
        on = [known_names.index(name) for name in (wanted if chosen is None else others)]
        if not on:
            raise InputError(
                f"{called(self.table)} has no column of {self.model}: choose as many with {named('columns')}."
            )

        def ask(block: Any) -> dict[str, Any]:
            given = _given_what_is_there if block.noise is None else _behind_what_is_there
            return self._told(*given(self.mixture, on, free, block, self.n_threads))

        return self._measured(opened(self.table, columns=wanted, header=self.header, missing=True)), ask

    def _others(self) -> tuple[tuple[str, ...], int, list[str]]:
        """The columns of the model, which of them is the target, and the others."""
        from ..sources.tables import column

        known = columns_of(self.mixture)
        free = column(self.column, known, self.model)
        if len(known) == 1:
            raise InputError(
                f"{self.model} has the one column {self.column!r}: there are no others to predict it from."
            )
        return known, free, [name for i, name in enumerate(known) if i != free]

    def _measured(self, rows: Source) -> Source:
        """The rows with their errors, if any are given."""
        from ..sources.noise import with_errors

        return with_errors(rows, errors_of_rows.of_rows(self.noise, self.table, rows, self.header))

    def _told(self, mean: Array, deviation: Array) -> dict[str, Any]:
        return {self.column: mean, f"{self.column}_deviation": deviation}


def _given_what_is_there(
    mixture: Mixture, on: list[int], free: int, block: Points, n_threads: int | None
) -> tuple[Array, Array]:
    """The mean and the standard deviation of a coordinate, given what rows have of others: pattern by pattern."""
    import numpy as np

    x = block.x
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
    return means, deviations


def _behind_what_is_there(
    mixture: Mixture, on: list[int], free: int, block: Points, n_threads: int | None
) -> tuple[Array, Array]:
    """The same, where the others are measured with errors: of a row, the target and what it lacks are gaps."""
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
    return mean[:, free], np.sqrt(spread[:, free, free])
