"""The candidates of a choice: fits of several numbers of components and families to the same points."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import numpy as np

from ..arrays import Array
from ..engines.base import Engine
from ..engines.choose import choose_engine, released
from ..errors import FitError, named
from ..kernels.threads import stream
from ..model.families import COVARIANCE_TYPES, CovarianceType, family
from ..model.mixture import Mixture
from ..model.reduction import give_half, padded, spreads
from ..sources.source import Source
from .background import Noise, WithBackground, beside_background, components, with_noise
from .choice import Candidate
from .collapse import collapsed
from .criteria import from_likelihood, overlap
from .driver import Begin, best_of
from .hierarchy import Hierarchy
from .loop import Ascent, Fit, climb
from .noisy import noisy
from .objective import Objective
from .prior import Prior
from .settings import Settings, StartName, check_columns, check_counts
from .start import begin

SPLITS = 4  # of the heaviest components: what a larger fit tries to split first
GLANCE = 5  # steps after which the splits are compared
CLIMBS = 2  # of the most promising splits: these are climbed to the end, others where none of them leads higher

Cell = tuple[CovarianceType, int]


@dataclass(frozen=True, eq=False)
class Search:
    """How candidates are fitted to the points of a source.

    settings: of each family. engines: of families of matrices, and of the others. start: the name of one, or a tree
    that serves all. seed: of the random numbers, of which each candidate has its own. least: (d,) see
    `least_variances`. places: how many different points there are, where these are few. noise: see
    `background.checked_noise`. sure: whether the starts are as good for any number of components, so that the smaller
    fit is grown only where there is no better one; else each fit also grows from the smaller one. threads: on how many,
    fits are side by side. errors: why some have no fit. faults: what is wrong with mixtures that were looked at.
    """

    source: Source
    settings: Mapping[CovarianceType, Settings]
    engines: Mapping[bool, Engine]
    start: StartName | Hierarchy
    prior: Prior | Literal["default"] | None
    seed: Sequence[int]
    least: Array
    places: int | None = None
    noise: Noise = None
    sure: bool = False
    threads: int = 1
    errors: dict[Cell, FitError] = field(default_factory=dict)
    faults: dict[int, tuple[Mixture, str]] = field(default_factory=dict)

    def candidates(self, counts: Sequence[int]) -> Generator[Candidate]:
        """Every family with every number of components, the smaller numbers first; the threads change nothing."""
        kinds, smaller = list(self.settings), dict[CovarianceType, Fit]()

        def grown(found: Candidate) -> Candidate:
            before = smaller.get(found.covariance_type)
            return found if before is None else self.grown(found, before)

        def fresh(cell: Cell) -> Candidate:
            return self.fresh(*cell)

        def both(cell: Cell) -> Candidate:
            return grown(self.fresh(*cell))

        waves: list[Iterable[Candidate]]
        if self.sure:
            waves = [map(grown, stream(fresh, [(kind, k) for k in counts for kind in kinds], self.threads))]
        else:
            waves = [stream(both, [(kind, k) for kind in kinds], self.threads) for k in counts]
        for wave in waves:
            for found in wave:
                if found.fit is not None and not self.fault(found.covariance_type, found.fit.mixture):
                    smaller[found.covariance_type] = found.fit
                yield found

    def fresh(self, kind: CovarianceType, k: int, first: Mixture | Ascent | None = None) -> Candidate:
        """The best of as many starts as the settings say; from `first` alone, if it is given, or from where it is."""
        try:
            return self.told(kind, k, self.climbed(kind, k, first))
        except FitError as error:
            self.errors[kind, k] = error
            return Candidate(k, kind, reason=str(error))

    def climbed(self, kind: CovarianceType, k: int, first: Mixture | Ascent | None = None) -> Fit:
        """The same, as a fit. Raises FitError where there is none."""
        settings, objective, rng = self.settings[kind], self.checked(kind, k), self.random(kind, k)

        def start(_: Fit | None) -> Mixture:
            return self.begin(kind, k, objective, rng)

        starts: list[Begin] = [start] * settings.n_init if first is None else [lambda _: first]
        engine = self.engine(kind)
        return best_of(engine, objective, settings, starts, score=partial(self.score, kind), forgiving=True)

    def begin(self, kind: CovarianceType, k: int, objective: Objective, rng: np.random.Generator) -> Mixture:
        """A fresh start."""
        n_threads = self._threads(kind)
        if isinstance(objective, WithBackground):
            return noisy(self.source, k, self.start, objective=objective, rng=rng, n_threads=n_threads)
        how: dict[str, Any] = {"covariance_type": kind, "objective": objective, "n_threads": n_threads}
        return begin(self.source, k, self.start, rng=rng, **how)

    def _threads(self, kind: CovarianceType) -> int | None:
        """Of one candidate, at most: those that are side by side share them."""
        return 1 if self.threads > 1 else self.settings[kind].n_threads

    def random(self, kind: CovarianceType, k: int) -> np.random.Generator:
        """The random numbers of a cell."""
        return np.random.default_rng([*self.seed, k, COVARIANCE_TYPES.index(kind)])

    def grown(self, found: Candidate, smaller: Fit, splits: Iterable[Mixture | Ascent] = ()) -> Candidate:
        """The candidate, or a better one that grows from a smaller fit.

        Components are split; and, so that none is less likely, empty ones are added. splits: what `split` finds, if it
        is known.
        """
        k, kind, best = found.n_components, found.covariance_type, found.fit

        there = partial(self.leads, kind=kind, smaller=smaller)
        if self.sure and there(best):
            return found
        try:
            objective, grown = self.checked(kind, k), list(splits)
        except FitError:
            return found

        def from_split(rank: int) -> Begin:
            def start(best: Fit | None) -> Mixture | Ascent | None:
                if rank >= CLIMBS and there(best):
                    return None
                if not grown:
                    grown.extend(self.split(kind, k, smaller.mixture, objective))
                return grown[rank] if rank < len(grown) else None

            return start

        def empty(best: Fit | None) -> Mixture | None:
            if objective.prior is not None or there(best):
                return None
            wide: Mixture = objective.begun(padded(objective.components(smaller.mixture), k), smaller.mixture)
            return wide

        starts = [*(from_split(rank) for rank in range(SPLITS)), empty]
        try:
            better = best_of(
                self.engine(kind),
                objective,
                self.settings[kind],
                starts,
                score=partial(self.score, kind),
                forgiving=True,
                best=best,
            )
        except FitError:
            return found
        self.errors.pop((kind, k), None)
        return found if better is best else self.told(kind, k, better)

    def leads(self, best: Fit | None, kind: CovarianceType, smaller: Fit) -> bool:
        """Whether a fit is no lower than a smaller one."""
        return best is not None and self.score(kind, best) >= (True, smaller.log_likelihood)

    def split(self, kind: CovarianceType, k: int, mixture: Mixture, objective: Objective) -> list[Mixture]:
        """The mixture with components split one after the other, each time the most promising one; of the last, all.

        The most promising come first, and those that lead to a collapse last.
        """
        brief, score = replace(self.settings[kind], max_iter=GLANCE), partial(self.score, kind)
        like, first = mixture, objective.components(mixture)
        grown: list[Mixture] = [objective.begun(first.subset(np.flatnonzero(first.weights)), like)]
        while (mixture := objective.components(grown[0])).n_components < k:
            begun = (objective.begun(each, like) for each in self.halved(mixture))
            glances = [climb(self.engine(kind), each, objective, settings=brief) for each in begun]
            grown = [each.mixture for each in sorted(glances, key=score, reverse=True)]
        return grown

    def halved(self, mixture: Mixture) -> Iterator[Mixture]:
        """The mixture with each of its heaviest components in two."""
        wide, units = padded(mixture, mixture.n_components + 1), spreads(mixture)
        heaviest = np.argsort(-mixture.weights, kind="stable")[:SPLITS]
        return (give_half(wide, int(old), wide.n_components - 1, units=units) for old in heaviest)

    def told(self, kind: CovarianceType, k: int, found: Fit) -> Candidate:
        """A fit with its criteria, and what speaks against it."""
        mixture, n = found.mixture, self.source.survey().total
        parameters, total = found.n_parameters, found.log_likelihood * n
        bic, aic = (from_likelihood(name, total, parameters, n) for name in ("bic", "aic"))
        icl = bic + overlap(mixture, self.source)
        return Candidate(k, kind, found, parameters, total, bic, aic, icl, reason=self.fault(kind, mixture))

    def fault(self, kind: CovarianceType, mixture: Mixture) -> str:
        """Which component has collapsed, or has no points; "" where none has."""
        known = self.faults.get(id(mixture))
        if known is None or known[0] is not mixture:
            known = self.faults[id(mixture)] = mixture, self._fault(kind, mixture)
        return known[1]

    def _fault(self, kind: CovarianceType, mixture: Mixture) -> str:
        inside = mixture.weights if self.noise is None else mixture.weights[:-1]
        if len(dormant := np.flatnonzero(inside == 0)):
            return f"component {dormant[0]} has no points"
        survey = self.source.survey()
        if self.noise is not None:
            left = 1.0 - float(mixture.weights[-1])
            mixture = components(mixture, kind)
            survey = replace(survey, total=survey.total * left, support=math.ceil(survey.support * left))
        return collapsed(mixture, survey, self.least, regular=self.prior is not None)

    def score(self, kind: CovarianceType, found: Fit) -> tuple[bool, float]:
        """What is compared: a likelihood counts only where no component has collapsed."""
        return not self.fault(kind, found.mixture), found.log_posteriors[-1]

    def checked(self, kind: CovarianceType, k: int) -> Objective:
        """What is climbed. Raises FitError where there are too few points, or no widths."""
        check_counts(self.source, k)
        if self.prior is None and self.places is not None and k > self.places:
            raise FitError(
                f"{named('n_components')} is {k}, but x has {self.places} different points: lower "
                f"{named('n_components')} to {self.places} or less."
            )
        known = Prior.of(self.prior, self.source, k, kind, self._threads(kind))
        inner = Objective(self.settings[kind].reg_covar, prior=known)
        objective = with_noise(self.noise, self.source, kind, inner)
        if objective.free:
            check_columns(self.source, k, kind)
        return objective

    @property
    def form(self) -> Form:
        """How many Gaussians k components are, and of which family."""
        return form_of(self.noise)

    def engine(self, kind: CovarianceType) -> Engine:
        """The one that serves a family."""
        return self.engines[family(kind).triangular]


Form = Callable[[int, CovarianceType], tuple[int, CovarianceType]]


def form_of(noise: Noise) -> Form:
    """How many Gaussians k components of a family are, and of which one, with or without a background."""
    return Objective().form if noise is None else beside_background


def engines(
    source: Source, settings: Iterable[Settings], k: int, n_threads: int | None, until: ExitStack, form: Form
) -> dict[bool, Engine]:
    """An engine for the families of matrices, and one for the others, released at the end of `until`."""
    found: dict[bool, Engine] = {}
    for each in settings:
        triangular = family(each.covariance_type).triangular
        if triangular not in found:
            like = found.get(not triangular)
            engine = choose_engine(source, *form(k, each.covariance_type), each.engine, n_threads, like=like)
            found[triangular] = engine
            if engine is not like:
                until.enter_context(released(engine))
    return found
