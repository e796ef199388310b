"""Where a fit with a background begins, in scikit-learn's words: see `mixtura.em.noisy`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..em.background import WithBackground
from ..em.noisy import likeliest, looked_at
from ..em.objective import Objective
from ..em.start import checked
from ..model.mixture import Mixture
from ..sources.source import Source
from . import starts


def first(
    source: Source,
    k: int,
    how: Any,
    *,
    objective: Objective,
    random: np.random.RandomState,
    n_threads: int | None = None,
) -> Mixture:
    """The mixture of k components and a background that a fit begins from. how: as for `starts.first`.

    A Mixture of k + 1 components is one whose last is the background.
    """
    assert isinstance(objective, WithBackground)
    kind, inner = objective.covariance_type, objective.inner
    if isinstance(how, Mixture) and how.n_components == k + 1:
        return checked(how, source.survey().d, source.names, *objective.form(k, kind))

    def make(points: Source) -> Mixture:
        given: dict[str, Any] = {"covariance_type": kind, "objective": inner, "n_threads": n_threads}
        return starts.first(points, k, how, random=random, **given)

    if not isinstance(how, str):
        return objective.begun(make(source))

    rng = np.random.default_rng(random.randint(2**31 - 1))
    return likeliest(looked_at(source, k, rng, n_threads), k, make, objective=objective, rng=rng, n_threads=n_threads)
