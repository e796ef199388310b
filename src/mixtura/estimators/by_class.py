"""How the mixtures of classes are fitted: each by itself, by a choice of sizes and families, or with one covariance."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..em.background import Noise, with_noise
from ..em.checkpoint import Checkpoint
from ..em.choice import Choice, Criterion
from ..em.collapse import collapsed, least_variances
from ..em.criteria import Information, from_likelihood, overlap
from ..em.driver import Begin, best_of
from ..em.loop import Fit
from ..em.objective import Objective
from ..em.settings import check_counts
from ..engines.base import Engine
from ..engines.choose import choose_engine, released
from ..errors import FitError, InputError
from ..model.families import NAMES, CovarianceType, family
from ..model.mixture import Mixture
from ..sources.noise import beside
from ..sources.points import Points
from ..sources.source import Source
from .chosen import COUNT, MOST, check_choosing, choosing, chosen
from .parameters import Rule, one_of
from .shared import Labelled, together
from .shared_beside import LabelledBeside
from .supervised import Supervised

START_WIDTH = 1e-10  # least variance of a class in a start, of the square of the range of the points


@dataclass(kw_only=True, eq=False, repr=False)
class ByClass(Supervised):
    """An estimator that fits a mixture to each of several classes."""

    n_components: int | Criterion = field(default=1, kw_only=False)  # type: ignore[assignment]
    covariance_type: CovarianceType | Literal["shared"] = "full"  # type: ignore[assignment]

    # Once fitted
    classes_: NDArray[Any] = field(init=False)
    choices_: list[Choice] = field(init=False)

    _rules: ClassVar[Mapping[str, Rule]] = {
        **Supervised._rules,
        "n_components": COUNT,
        "covariance_type": one_of(*NAMES, "shared"),
    }

    def _fit_classes(
        self,
        source: Source,
        labels: NDArray[Any],
        parts: list[Source],
        weights: Array,
        random: np.random.RandomState,
        noise: Noise,
    ) -> list[Fit]:
        """The fits of the classes, or that of their joint mixture if they share a covariance.

        labels: (n,) the class of each row of the source. parts: the rows of each. weights: the sum of each one's.
        noise: see `background.with_noise`.
        """
        if hasattr(self, "choices_"):
            del self.choices_
        for number, weight in enumerate(weights):
            with self._naming(number):
                if not weight:
                    raise FitError("its rows have no weight: give them some, or leave them out.")
        self._check_together()
        if self.covariance_type == "shared":
            return [self._fit_together(source, labels, parts, weights / weights.sum(), random, noise)]
        return self._fit_each(parts, random, noise)

    def _fit_each(self, parts: list[Source], random: np.random.RandomState, noise: Noise) -> list[Fit]:
        """A fit for each class."""
        found = []
        for number, part in enumerate(parts):
            with self._naming(number):
                if isinstance(self.n_components, str):
                    found.append(self._chosen(part, random, noise))
                else:
                    found.append(self._fitted(part, random, _kept_in(self.checkpoint, number), noise))
        return found

    def _chosen(self, part: Source, random: np.random.RandomState, noise: Noise) -> Fit:
        """The best of several numbers of components and families for one class."""
        choice = chosen(self, self._weighty(part), random, prior=self.prior, noise=noise)
        self.choices_ = [*getattr(self, "choices_", []), choice]
        best = choice.best.fit
        assert best is not None
        return best

    def _fit_together(
        self,
        source: Source,
        labels: NDArray[Any],
        parts: list[Source],
        shares: Array,
        random: np.random.RandomState,
        noise: Noise,
    ) -> Fit:
        """One fit of all classes, with one covariance, of the best size that is asked for."""
        labelled = beside(source, columns=labels[:, None].astype(np.float64), names=("the class",))
        source, counts = self._weighty(source), [self.n_components]
        parts = [part.take(None) if isinstance(part, Points) else part for part in parts]
        if isinstance(self.n_components, str):
            fewest = min(part.survey().support for part in parts)
            counts = list(range(1, max(1, min(MOST, fewest // 2)) + 1))  # two rows a component on average at least
        fits = [self._together(source, labelled, parts, shares, k, random, noise) for k in counts]
        if len(fits) == 1:
            return fits[0]
        survey, least = source.survey(), least_variances(source, self._added(source))
        criterion: Information = self.n_components  # type: ignore[assignment]

        def score(fit: Fit) -> float:
            left = 1.0 if fit.background is None else 1.0 - float(fit.mixture.weights[fit.background])
            inside = replace(survey, total=survey.total * left, support=math.ceil(survey.support * left))
            if collapsed(self._inside(fit.mixture), inside, least, regular=self.prior is not None):
                return np.inf  # its likelihood says nothing; where all are collapsed, the smallest is taken
            likelihood = fit.log_likelihood * survey.total
            found = from_likelihood(criterion, likelihood, fit.n_parameters, survey.total)
            return found + overlap(fit.mixture, source) if criterion == "icl" else found

        return fits[int(np.argmin([score(fit) for fit in fits]))]

    def _together(
        self,
        source: Source,
        labelled: Source,
        parts: list[Source],
        shares: Array,
        k: Any,
        random: np.random.RandomState,
        noise: Noise,
    ) -> Fit:
        """The fit of k components a class. labelled: the rows with their classes, which a checkpoint is of."""
        for number, part in enumerate(parts):
            with self._naming(number):
                check_counts(part, k)
        settings, several = self._settings(source), k * len(parts)
        objective, survey = self._objective(source, several, noise), source.survey()
        # The rows of one class may have no width in some direction, where all classes together have.
        wide = Objective(max(settings.reg_covar, START_WIDTH * float(np.fmax.reduce(survey.high - survey.low)) ** 2))
        ways = [self._beginning(part, k, with_noise(noise, part, "tied", wide), random) for part in parts]
        form = objective.form(k, "tied")
        engines = [choose_engine(part, *form, settings.engine, settings.n_threads) for part in parts]
        engine: Engine = Labelled(engines) if noise is None else LabelledBeside(engines, shares)

        def begin(_: Fit | None) -> Mixture:
            first: Mixture = objective.begun(together([self._inside(way()) for way in ways], shares))
            return first

        keeper = None
        if settings.checkpoint is not None:
            asked = {"start": self.init_params, "rng": self.random_state}
            keeper = Checkpoint(labelled, several, settings, objective, random=random, d=survey.d, **asked)
        starts: list[Begin] = [begin] * settings.n_init
        with released(*engines):
            return best_of(engine, objective, settings, starts, keeper=keeper)

    def _check_together(self) -> None:
        """Raise InputError for what says nothing where several mixtures are compared, or fitted at once."""
        check_choosing(self, ("fixed", "checkpoint", "on_step"))
        shared = self.covariance_type == "shared"
        if shared and self.fixed is not None:
            raise InputError(
                'fixed is of one mixture, but covariance_type="shared" fits one a class at once: leave it out, or '
                "change that."
            )
        if shared and self.n_components in ("cv", "stability"):
            raise InputError(
                f"{choosing(self)} compares fits to some of the rows of one class, but covariance_type='shared' fits "
                f"all classes at once: choose 'bic', 'icl' or 'aic'."
            )

    @property
    def _family(self) -> CovarianceType:
        return "tied" if self.covariance_type == "shared" else family(self.covariance_type).name

    @contextmanager
    def _naming(self, number: int) -> Iterator[None]:
        """Errors say which class cannot be fitted."""
        try:
            yield
        except FitError as error:
            raise FitError(f"class {self.classes_[number]} cannot be fitted: {error}") from None


def _kept_in(checkpoint: str | os.PathLike[str] | None, number: int) -> Path | None:
    """The checkpoint of one class: NAME-0.mix, NAME-1.mix, and so on."""
    if not isinstance(checkpoint, (str, os.PathLike)):
        return checkpoint
    path = Path(checkpoint)
    return path.with_name(f"{path.stem}-{number}{path.suffix}")
