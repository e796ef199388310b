"""Choosing by stability: how far fits to different points agree on which points belong together.

Each time two halves, drawn by chance, are fitted, and both fits label the points of both. Their agreement is the
adjusted Rand index: the share of pairs of points of which both say the same, together or apart, above what chance would
give; 1 if they agree on all. A structure that is there is found again in other points; components that only share out
one cluster are not. Fits to halves begin from a tree each, so that they differ by their points and not by luck.

Sources: Hubert and Arabie 1985, "Comparing partitions", Journal of Classification 2; Ben-Hur, Elisseeff and Guyon 2002,
"A stability based method for discovering structure in clustered data"; Lange, Roth, Braun and Buhmann 2004,
"Stability-based validation of clustering solutions", Neural Computation 16; von Luxburg 2010, "Clustering stability: an
overview", Foundations and Trends in Machine Learning 2; the start from fits to samples: Bradley and Fayyad 1998,
"Refining initial points for k-means clustering".
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..arrays import Array, Integers
from ..engines.base import side_by_side
from ..errors import FitError
from ..kernels.threads import spread
from ..model.families import CovarianceType, family
from ..sources.points import Points
from ..sources.source import Source
from .choice import Candidate
from .hierarchy import Hierarchy
from .loop import Fit
from .search import Search, engines
from .start import enough, hierarchy, sample

IN_MEMORY = 2**24  # numbers of points that are read in blocks from which halves are drawn: 128 MB
ALONE = "one component agrees with itself whatever the points: stability says nothing of it"


def adjusted_rand(labels: Integers, others: Integers, weight: Array) -> float:
    """How far two partitions of points agree: 1 if on all pairs, 0 if no better than chance; 1 if both are of one part.

    Pairs are drawn by weight, with replacement, so that weight 2 is exactly the point twice.
    """
    shape = int(labels.max()) + 1, int(others.max()) + 1
    place = np.ravel_multi_index((labels, others), shape)
    table = np.bincount(place, weight, shape[0] * shape[1]).reshape(shape) / weight.sum()
    both, one, other = (float(np.square(part).sum()) for part in (table, table.sum(axis=1), table.sum(axis=0)))
    chance, most = one * other, 0.5 * (one + other)
    return 1.0 if most - chance <= 1e-15 else (both - chance) / (most - chance)


@dataclass(frozen=True, eq=False)
class Halves:
    """Draws of two halves of some points, each time others.

    pool: the points in memory that they are drawn from. size: of both together at most. trees: of each half.
    """

    pool: Points
    size: int
    seed: Sequence[int]
    trees: Sequence[tuple[Hierarchy, Hierarchy]] = ()

    @classmethod
    def of(cls, source: Source, k: int, n_repeats: int, seed: Sequence[int], n_threads: int | None) -> Halves:
        """Halves that are large enough for k components."""
        size, rng = 2 * enough(k, source.survey().d), np.random.default_rng(seed)
        pool = source if isinstance(source, Points) else sample(source, max(size, IN_MEMORY // source.survey().d), rng)
        found = cls(pool, size, seed)

        def grown(number: int) -> tuple[Hierarchy, Hierarchy]:
            one, other = (hierarchy(half, np.random.default_rng([*seed, number]), 1) for half in found.draw(number)[1:])
            return one, other

        return replace(found, trees=spread(grown, range(n_repeats), n_threads))

    def draw(self, number: int) -> tuple[Points, Points, Points]:
        """The points of both halves together, and each half."""
        rng = np.random.default_rng([*self.seed, number])
        both = sample(self.pool, self.size, rng)
        order = rng.permutation(both.n)
        halves = np.sort(order[: both.n // 2]), np.sort(order[both.n // 2 :])
        return both, both.take(halves[0]), both.take(halves[1])


def stable(
    search: Search, counts: Sequence[int], halves: Halves, n_repeats: int, n_threads: int | None
) -> Generator[Candidate]:
    """The candidates, fitted from the likeliest of the fits to halves, and how far these agree.

    Where that collapses, or points are few, they are fitted from a start of their own too.
    """
    smaller = dict[CovarianceType, Fit]()
    few = search.source.survey().support <= halves.size  # so that halves see much less than there is
    for k, kind in itertools.product(counts, search.settings):
        half = min(halves.pool.n, halves.size) // 2, k, halves.pool.d, family(kind).triangular
        threads = side_by_side(half, search.settings[kind].engine, n_threads)
        drawn = spread(partial(_repeat, search, kind, k, halves), range(n_repeats if k > 1 else 0), threads)
        fits = [fit for each in drawn if not isinstance(each, FitError) for fit in each[1]]
        sound = [fit for fit in fits if not search.fault(kind, fit.mixture)]
        likeliest = max(sound, key=lambda fit: fit.log_posteriors[-1]).mixture if sound else None
        found = search.fresh(kind, k, likeliest)
        if likeliest is not None and (found.fit is None or found.reason or few):
            again = search.fresh(kind, k)
            if again.fit is not None and (
                found.fit is None or search.score(kind, again.fit) > search.score(kind, found.fit)
            ):
                found = again
        if kind in smaller:
            found = search.grown(found, smaller[kind])
        if found.fit is not None and not found.reason:
            smaller[kind] = found.fit
        yield _told(found, drawn)


def _told(found: Candidate, drawn: Sequence[tuple[float, list[Fit]] | FitError]) -> Candidate:
    """A candidate with how far the fits to halves agree, or why there is nothing to compare."""
    failed = next((each for each in drawn if isinstance(each, FitError)), None)
    if failed is not None or found.n_components == 1:
        return replace(found, reason=found.reason or (ALONE if failed is None else f"of half of the points, {failed}"))
    values = np.array([each[0] for each in drawn if not isinstance(each, FitError)])
    mean, deviation = float(values.mean()), float(values.std(ddof=1))
    return replace(found, stability=mean, spread=deviation, repeats=tuple(values.tolist()))


def _repeat(
    search: Search, kind: CovarianceType, k: int, halves: Halves, number: int
) -> tuple[float, list[Fit]] | FitError:
    """How far the fits to two halves agree, and these; or why one cannot be fitted."""
    both, *parts = halves.draw(number)
    try:
        fits = [_half(search, kind, k, part, (number, side), halves) for side, part in enumerate(parts)]
    except FitError as error:
        return error
    labels = [fit.mixture.predict(both, missing=True, n_threads=1) for fit in fits]
    return adjusted_rand(labels[0], labels[1], both.counts), fits


def _half(search: Search, kind: CovarianceType, k: int, part: Points, place: tuple[int, int], halves: Halves) -> Fit:
    """The fit to a half, on one thread."""
    number, side = place
    settings = replace(search.settings[kind], n_threads=1)
    start = halves.trees[number][side]
    with ExitStack() as stack:
        own = engines(part, [settings], k, 1, stack, search.form)
        here = replace(search, source=part, engines=own, start=start, seed=(*search.seed, number, side), places=None)
        return here.climbed(kind, k)
