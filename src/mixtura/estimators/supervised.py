"""What the regressor and the classifier share: the parameters of their fits, and how they fit."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ..checks import check_unmasked
from ..em.background import Noise, WithBackground, checked_noise, components, with_noise
from ..em.driver import fit_source
from ..em.few import warn_if_few
from ..em.fixed import Fixed
from ..em.loop import Fit
from ..em.objective import Objective
from ..em.prior import Prior
from ..em.settings import check_counts, warn_if_drowned
from ..errors import InputError, MixturaWarning, levels
from ..model.families import NAMES, family
from ..model.mixture import Mixture
from ..sources import opened
from ..sources.noise import measured_points, with_errors
from ..sources.points import Points
from ..sources.reach import check_reach
from ..sources.source import Source
from ..sources.tables import coordinate_names
from . import beside, starts
from .base import check_finite, is_table, names_of, opened_for, table
from .chosen import choosing
from .climbing import Climbing, to_begin_from
from .parameters import BOOLEAN, NOISE, PRIOR, Rule

FEW = "Lower n_components, take a simpler covariance_type, or give a prior, such as 'default'."


@dataclass(kw_only=True, eq=False, repr=False)
class Supervised(Climbing):
    """An estimator that fits mixtures to learn a target; its parameters mean what they mean in GaussianMixture."""

    accelerate: bool = False
    fixed: Mapping[str, Any] | None = None
    prior: Prior | Literal["default"] | None = None
    noise: bool | float | None = None

    _rules: ClassVar[Mapping[str, Rule]] = {**Climbing._rules, "accelerate": BOOLEAN, "prior": PRIOR, "noise": NOISE}

    def _fitted(
        self,
        source: Source,
        random: np.random.RandomState | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        noise: Noise = None,
    ) -> Fit:
        """The fit to these points. random: None for that of random_state. noise: see `background.with_noise`."""
        random = check_random_state(self.random_state) if random is None else random
        source = self._weighty(source)
        k = check_counts(source, self.n_components)
        objective = self._objective(source, k, noise)
        begin = self._beginning(source, k, objective, random)
        return fit_source(
            source,
            k,
            replace(self._settings(source), checkpoint=checkpoint),
            objective,
            lambda _: begin(),
            start=self.init_params,
            rng=self.random_state,
            random=random,
        )

    def _weighty(self, source: Source) -> Source:
        """The points that have weight, once they are found to be fit for a fit."""
        if isinstance(source, Points):
            source = source.take(None)
        check_reach(source)
        if self.covariance_type in NAMES:  # a classifier takes another word
            family(self.covariance_type, source.survey().d)
        warn_if_drowned(
            source, self._added(source), stacklevel=5, covariance_type=self._family, columns=self._called(source)
        )
        return source

    def _objective(self, source: Source, k: int, noise: Noise = None) -> Objective:
        fixed = Fixed.of(self.fixed, self.init_params, k)
        prior = Prior.of(self.prior, source, k, self._family, self.n_threads)
        return with_noise(noise, source, self._family, Objective(self._added(source), fixed, prior))

    def _beginning(
        self, source: Source, k: int, objective: Objective, random: np.random.RandomState
    ) -> Callable[[], Mixture]:
        """What makes a start of k components of these points, a fresh one each time."""
        seen, how, kind = to_begin_from(source, k), self.init_params, self._family
        given: dict[str, Any] = {"objective": objective, "random": random, "n_threads": self.n_threads}
        if isinstance(objective, WithBackground):
            return lambda: beside.first(seen, k, how, **given)
        return lambda: starts.first(seen, k, how, covariance_type=kind, **given)

    def _inside(self, mixture: Mixture) -> Mixture:
        """The components of a mixture that was fitted, without a background."""
        return mixture if checked_noise(self.noise) is None else components(mixture, self._family)

    def _warn_if_few(self, found: Fit, source: Source, whose: str) -> None:
        """Warn where a component has fewer rows than it takes to span the columns, and nothing else keeps it wide.

        whose: what the mixture is of, for the sentence.
        """
        chosen = choosing(self) is not None and found.background is not None  # among sound ones, of any family
        if self.fixed is not None or self.prior is not None or chosen:
            return
        mixture, rows = self._inside(found.mixture), float(source.survey().support)
        if found.background is not None:
            rows *= 1.0 - float(found.mixture.weights[found.background])
        kind, (k, d) = mixture.family, mixture.means.shape
        held, least = rows * mixture.weights[mixture.weights > 0].min(), kind.least_points(d)
        together = kind.shared_points(d)
        if together:
            held, least = rows, together + k
        if held >= least:
            warn_if_few(source, k, kind.name, Objective(self._added(source)), where=whose)
            return
        warnings.warn(
            MixturaWarning(
                f"{whose}: {'all components have' if together else 'a component has'} {held:.4g} rows, but a "
                f"{kind.name} covariance of {d} columns needs {least}: it is only reg_covar wide somewhere, so "
                f"that hardly any other row is told to be like these. {FEW}"
            ),
            stacklevel=levels(),
        )

    def _called(self, source: Source) -> list[str] | None:
        """What to call the columns of what is fitted, where these have no names: those of X, then y."""
        d, m = self.n_features_in_, source.survey().d - self.n_features_in_
        if source.names is not None or not m:
            return None
        return [f"X[:, {i}]" for i in range(d)] + (["y"] if m == 1 else [f"y[:, {i}]" for i in range(m)])

    def _answers(self, X: Any, ask: Callable[[Any], Any], width: int | None = None, noise: Any = None) -> Any:
        """ask(rows): an array where X is in memory, else as its source answers.

        noise: of the rows, which are then asked about as Points that have it.
        """

        def asked(points: Points) -> Any:
            return ask(points.x if points.noise is None else points)

        check_is_fitted(self)
        if is_table(X):
            points = Points(table(self, X, reset=False), names=names_of(self))
            return asked(points if noise is None else measured_points(points, noise))
        return with_errors(opened_for(self, X), noise).answers(asked, width)


def with_targets(estimator: Any, X: Any, y: Any, sample_weight: Any) -> tuple[Source, NDArray[Any]]:
    """X that is not in memory as a source, and y in memory: an array, or columns of X by name."""
    if not (isinstance(y, str) or (isinstance(y, list) and y and isinstance(y[0], str))):
        check_unmasked(y, "y")
        source, targets = opened_for(estimator, X, sample_weight, reset=True), np.asarray(y)
        n = source.survey().n
        if targets.ndim not in (1, 2) or len(targets) != n:
            raise InputError(f"y has shape {targets.shape}, X has {n} rows: give one target for each row.")
        if targets.dtype.kind == "f":
            check_finite(targets, "y")
        return source, targets
    whole = opened(X)
    outputs = [y] if isinstance(y, str) else y
    names = coordinate_names(whole.names, whole.survey().d)
    weight_name = sample_weight if isinstance(sample_weight, str) else None
    inputs = [name for name in names if name not in outputs and name != weight_name]
    source = opened_for(estimator, X, sample_weight, columns=inputs, reset=True)
    targets = np.concatenate([block.x for block in opened(X, columns=outputs).blocks()])
    return source, targets[:, 0] if isinstance(y, str) else targets
