"""One column of a model, predicted from its others: `mixtura predict --target`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import InputError, named
from ..jobs.standard import called
from .frame import columns_of
from .tables import in_order


def predicted(
    mixture: Any, model: str, target: str, table: Path, columns: str | None, header: bool, n_threads: int | None
) -> dict[str, Any]:
    """The mean and the standard deviation of one coordinate, given the others."""
    import numpy as np

    from ..sources import opened
    from ..sources.tables import column

    known_names = columns_of(mixture)
    free = column(target, known_names, model)
    known = [i for i in range(len(known_names)) if i != free]
    if not known:
        raise InputError(f"{model} has the one column {target!r}: there are no others to predict it from.")
    chosen = in_order(columns, [known_names[i] for i in known], mixture.names)
    like = None if mixture.names is None or chosen is not None else [known_names[i] for i in known]
    rows = opened(table, columns=chosen, like=like, header=header)
    d = rows.survey().d
    beside = d == len(known_names) and chosen is None  # columns without names, and the target among them
    if not beside and d != len(known):
        raise InputError(
            f"{called(table)} has {d} columns, expected the {len(known)} that the model has besides {target!r}: choose "
            f"them with {named('columns')}."
        )
    parts = []
    for block in rows.blocks():
        values = block.x[:, known] if beside else block.x
        mean, spread = mixture.regress(known, values, return_cov=True, n_threads=n_threads)
        parts.append((mean[:, 0], np.sqrt(spread[:, 0, 0])))
    means, deviations = map(np.concatenate, zip(*parts, strict=True))
    return {target: means, f"{target}_deviation": deviations}


def from_gaps(
    mixture: Any, model: str, target: str, table: Path, columns: str | None, header: bool, n_threads: int | None
) -> dict[str, Any]:
    """The mean and the standard deviation of one coordinate, given what each row has of the others."""
    import numpy as np

    from ..sources.tables import column
    from ..sources.whole import whole

    known_names = columns_of(mixture)
    free = column(target, known_names, model)
    rows = whole(table, header)
    others = [name for name in known_names if name != target]
    chosen = in_order(columns, others, mixture.names)
    wanted = [name for name in others if name in rows.names] if chosen is None else list(chosen)
    on = [known_names.index(name) for name in (wanted if chosen is None else others)]
    if not on:
        raise InputError(f"{called(table)} has no column of {model}: choose as many with {named('columns')}.")
    x = rows.numbers([column(name, rows.names, rows.called) for name in wanted], True)
    seen = np.isfinite(x)
    means, deviations = np.empty(rows.n), np.empty(rows.n)
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
