"""Candidates of little work: those of all families and numbers of components climb abreast."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

from ..engines.blas import BlasEngine
from ..errors import FitError
from ..model.families import CovarianceType, family
from ..model.mixture import Mixture
from ..sources.points import Points
from .abreast import climbs, starts
from .choice import Candidate
from .hierarchy import Hierarchy
from .loop import Ascent, Fit, climb
from .objective import Objective
from .search import CLIMBS, GLANCE, SPLITS, Search
from .settings import Settings

ABREAST = 1_000_000  # points times coordinates times components up to which all candidates are climbed at once

Cell = tuple[CovarianceType, int]
Key = TypeVar("Key")


def candidates(search: Search, counts: Sequence[int]) -> Generator[Candidate]:
    """Every family with every number of components, the smaller numbers first; the threads change nothing."""
    return _abreast(search, counts) if _are_small(search, counts[-1]) else search.candidates(counts)


def _are_small(search: Search, k: int) -> bool:
    """Whether all candidates are climbed abreast: those of plain fits to few points of small mixtures."""
    settings, source = search.settings.values(), search.source
    plain = search.prior is None and search.noise is None and all(each.n_init == 1 for each in settings)
    plain &= all(each.reg_covar > 0 and each.max_iter > 0 for each in settings)
    plain &= all(isinstance(each, BlasEngine) and not each.many for each in search.engines.values())
    return plain and isinstance(source, Points) and source.n * source.d * k <= ABREAST


def _abreast(search: Search, counts: Sequence[int]) -> Generator[Candidate]:
    """The same, all at once: first from fresh starts, then from those smaller fits that lead higher."""
    begun = _first(search, counts)
    for k, kind in itertools.product(counts, search.settings):
        if (kind, k) in begun:
            continue
        with suppress(FitError):
            begun[kind, k] = search.begin(kind, k, search.checked(kind, k), search.random(kind, k))
    ascents = _climbed(search, begun, next(iter(search.settings.values())))
    found = {(kind, k): search.fresh(kind, k, ascents.get((kind, k))) for k in counts for kind in search.settings}
    smaller, left = dict[CovarianceType, Fit](), {kind: list(counts) for kind in search.settings}
    while left:
        waiting: dict[Cell, Fit] = {}
        for kind, rest in left.items():
            while rest and not waiting.get((kind, rest[0])):
                fresh = found[kind, rest[0]]
                if kind in smaller and not (search.sure and search.leads(fresh.fit, kind, smaller[kind])):
                    waiting[kind, rest[0]] = smaller[kind]
                else:
                    _keep(fresh, smaller)
                    rest.pop(0)
        splits = _splits(search, waiting)
        for cell, before in waiting.items():
            found[cell] = search.grown(found[cell], before, splits.get(cell, ()))
            _keep(found[cell], smaller)
            left[cell[0]].pop(0)
        left = {kind: rest for kind, rest in left.items() if rest}
    yield from (found[kind, k] for k in counts for kind in search.settings)


def _keep(found: Candidate, smaller: dict[CovarianceType, Fit]) -> None:
    """Keep a fit that larger ones may grow from."""
    if found.fit is not None and not found.reason:
        smaller[found.covariance_type] = found.fit


def _first(search: Search, counts: Sequence[int]) -> dict[Cell, Mixture]:
    """Where candidates begin from a tree."""
    found: dict[Cell, Mixture] = {}
    if not isinstance(search.start, Hierarchy):
        return found
    cut = {k: search.start.parts(k) for k in counts if k <= len(search.start.pairs) + 1}
    for triangular in search.engines:
        cells = [(kind, k) for kind in search.settings for k in cut if family(kind).triangular == triangular]
        parts = [(family(kind), *cut[k]) for kind, k in cells]
        told = starts(parts, search.source.names, search.settings[cells[0][0]])
        found |= {cell: each for cell, each in zip(cells, told, strict=True) if each is not None}
    return found


def _climbed(search: Search, begun: Mapping[Key, Mixture], settings: Settings) -> dict[Key, Ascent]:
    """How far climbs come abreast."""
    found: dict[Key, Ascent] = {}
    for triangular, engine in search.engines.items():
        keys = [key for key, first in begun.items() if first.family.triangular == triangular]
        if keys and isinstance(engine, BlasEngine):
            told = climbs(engine.table, engine.total, [begun[key] for key in keys], settings, settings.n_threads)
            found.update(zip(keys, told, strict=True))
    return found


def _splits(search: Search, waiting: Mapping[Cell, Fit]) -> dict[Cell, list[Mixture | Ascent]]:
    """What `Search.split` finds of several cells, the most promising climbed already."""
    usual = next(iter(search.settings.values()))
    begun = {
        (*cell, number): each
        for cell, before in waiting.items()
        if before.mixture.n_components == cell[1] - 1
        for number, each in enumerate(search.halved(before.mixture))
    }
    glances = dict[tuple[CovarianceType, int, int], Fit]()
    for key, ascent in _climbed(search, begun, replace(usual, max_iter=GLANCE)).items():
        with suppress(FitError):
            glances[key] = _ended(search, key[0], key[1], ascent, GLANCE)
    found: dict[Cell, list[Mixture | Ascent]] = {}
    for kind, k in {key[:2]: None for key in begun}:
        seen = [glances.get((kind, k, number)) for number in range(SPLITS) if (kind, k, number) in begun]
        if all(each is not None for each in seen):
            fits = sorted(filter(None, seen), key=partial(search.score, kind), reverse=True)
            found[kind, k] = [each.mixture for each in fits]
    first = {(*cell, number): each for cell, grown in found.items() for number, each in enumerate(grown[:CLIMBS])}
    for (kind, k, number), ascent in _climbed(search, first, usual).items():  # type: ignore[arg-type]
        found[kind, k][number] = ascent
    return found


def _ended(search: Search, kind: CovarianceType, k: int, ascent: Ascent, max_iter: int) -> Fit:
    """The end of a climb that is so far."""
    objective, settings = Objective(search.settings[kind].reg_covar), replace(search.settings[kind], max_iter=max_iter)
    if ascent.reason != "max_iter" or len(ascent.visited) > max_iter:
        return ascent.ended(objective)
    return climb(search.engine(kind), ascent.place.mixture, objective, settings=settings, again=ascent)
