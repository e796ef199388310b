"""Choosing by cross-validation: each candidate is fitted without a part of the points, whose density is then asked for.

Sources: Smyth 2000, "Model selection for probabilistic clustering using cross-validated likelihood", Statistics and
Computing 10; van der Laan, Dudoit and Keles 2004, "Asymptotic optimality of likelihood-based cross-validation".
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..arrays import Bools
from ..errors import InputError, named
from ..sources import weights_of
from ..sources.beside import Beside
from ..sources.points import Points
from ..sources.source import Source
from .choice import Candidate
from .criteria import log_likelihood

TOO_FAR = "a point that was held out lies too far from every component to be counted"


class Fold(NamedTuple):
    """Some of the points, and all others, to which fits are made."""

    held: Source
    others: Source


def folds(source: Source, n_folds: int, rng: np.random.Generator) -> list[Fold]:
    """The points in parts of equal size by chance; those without weight are in none."""
    weight = source.counts if isinstance(source, Points) else weights_of(source)
    rows = np.flatnonzero(weight)
    if len(rows) < n_folds:
        raise InputError(
            f"{named('n_folds')} is {n_folds}, but {len(rows)} points have weight: lower it to {len(rows)} or less."
        )
    fold = np.full(len(weight), -1)
    fold[rng.permutation(rows)] = np.arange(len(rows)) % n_folds

    def part(chosen: Bools) -> Source:
        if isinstance(source, Points):
            return source.take(np.flatnonzero(chosen))
        return Beside(source, weight=np.where(chosen, weight, 0.0))

    return [Fold(part(fold == number), part((fold != number) & (fold >= 0))) for number in range(n_folds)]


def cross_validated(
    whole: Iterator[Candidate], parts: Sequence[Iterator[Candidate]], held: Sequence[Source]
) -> Generator[Candidate]:
    """The candidates with what is said of points that they did not see. parts: the same ones without each fold."""
    for candidate, *others in zip(whole, *parts, strict=True):
        yield _scored(candidate, others, held)


def _scored(candidate: Candidate, others: Sequence[Candidate], held: Sequence[Source]) -> Candidate:
    if candidate.fit is None:
        return candidate
    sums = []
    for number, (other, points) in enumerate(zip(others, held, strict=True)):
        if other.fit is None:
            return replace(candidate, reason=candidate.reason or f"without fold {number}, {other.reason}")
        sums.append(log_likelihood(other.fit.mixture, points))
    weights = np.array([points.survey().total for points in held])
    if not np.isfinite(sums).all():
        return replace(candidate, reason=candidate.reason or TOO_FAR)
    each = np.array(sums) / weights
    spread = float(each.std(ddof=1) / np.sqrt(len(each)))
    mean = float(np.sum(sums) / weights.sum())
    return replace(candidate, cv=mean, spread=spread, repeats=tuple(each.tolist()))
