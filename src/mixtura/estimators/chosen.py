"""How an estimator chooses the number of its components and their family, where it is asked to."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np

from ..em.choice import Choice, Criterion
from ..em.choose import choose
from ..errors import InputError
from ..model.families import family
from ..sources.source import Source
from .parameters import Rule, either, one_of, whole

MOST = 9  # components that are tried
COUNT: Rule = either(whole(1), one_of(*get_args(Criterion)))


def choosing(estimator: Any) -> str | None:
    """What is asked for, as it is spelt, if it is a criterion."""
    return f'n_components="{estimator.n_components}"' if isinstance(estimator.n_components, str) else None


def check_choosing(estimator: Any, alone: tuple[str, ...]) -> None:
    """Raise InputError for what says nothing where several mixtures are compared. alone: parameters of one mixture."""
    asked_for = choosing(estimator)
    wrong = [name for name in alone if all(getattr(estimator, name) is not free for free in (None, False))]
    if asked_for and wrong:
        raise InputError(
            f"{wrong[0]} is of one mixture, but {asked_for} compares several: leave it out, or change that."
        )
    if asked_for and not isinstance(estimator.init_params, str):
        raise InputError(f"{asked_for} makes starts of its own: give init_params by name.")


def chosen(estimator: Any, source: Source, random: np.random.RandomState, **more: Any) -> Choice:
    """The choice among several numbers of components and the families that are as free as that of the estimator."""
    criterion, settings = estimator.n_components, estimator._settings(source)
    start: Any = "kmeans++" if estimator.init_params == "k-means++" else estimator.init_params
    return choose(
        source,
        range(1, min(MOST, source.survey().support) + 1),
        covariance_type=family(estimator._family).simpler,
        criterion=criterion,
        start=start,
        tol=settings.tol,
        max_iter=settings.max_iter,
        reg_covar=settings.reg_covar,
        n_init=settings.n_init,
        rng=np.random.default_rng(random.randint(2**31 - 1)),
        dtype=source.dtype.name,
        n_threads=settings.n_threads,
        engine=settings.engine,
        accelerate=settings.accelerate,
        progress=bool(getattr(estimator, "verbose", False)),
        **more,
    )
