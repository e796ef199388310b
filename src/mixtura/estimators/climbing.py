"""What every estimator that is fitted by EM shares: its parameters, what they may be, and the climb."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

from ..em.loop import Fit, Step
from ..em.settings import REG_COVAR, Settings, usual_reg_covar
from ..engines.base import EngineName
from ..errors import levels
from ..model.families import NAMES, CovarianceType, family
from ..sources.points import Points
from ..sources.source import Source
from . import starts
from .parameters import FUNCTION, NONE, Rule, check, either, one_of, real, whole

NOT_CONVERGED = (
    "Best performing initialization did not converge. Try different init parameters, or increase max_iter, tol, or "
    "check for degenerate data."
)
ANY_START = Rule(
    one_of(*starts.NAMES).words + ", a Mixture, an array of responsibilities or a callable",
    lambda value: value in starts.NAMES if isinstance(value, str) else value is not None,
)


@dataclass(kw_only=True, eq=False, repr=False)
class Climbing(BaseEstimator):
    """An estimator whose mixtures climb from a start."""

    n_components: int = field(default=1, kw_only=False)
    covariance_type: CovarianceType = "full"
    tol: float = 1e-3
    reg_covar: float = REG_COVAR
    max_iter: int = 100
    n_init: int = 1
    init_params: Any = "kmeans"
    random_state: int | np.random.RandomState | None = None
    n_threads: int | None = None
    engine: EngineName = "auto"
    checkpoint: str | os.PathLike[str] | None = None
    on_step: Callable[[Step], Any] | None = None

    _rules: ClassVar[Mapping[str, Rule]] = {
        "n_components": whole(1),
        "covariance_type": one_of(*NAMES),
        "tol": real(0.0),
        "reg_covar": real(0.0),
        "max_iter": whole(0),
        "n_init": whole(1),
        "init_params": ANY_START,
        "on_step": either(FUNCTION, NONE),
    }

    def _check(self) -> None:
        check(self, self._rules)

    @property
    def _family(self) -> CovarianceType:
        """The family of the mixtures."""
        return family(self.covariance_type).name

    def _settings(self, source: Source) -> Settings:
        """Those of EM for these points."""
        own = {field.name: getattr(self, field.name) for field in fields(Settings) if hasattr(self, field.name)}
        return Settings(**(own | {"covariance_type": self._family, "reg_covar": self._added(source)}))

    def _added(self, source: Source) -> float:
        """What is added to the variances of these points: reg_covar; the default stands for what `mixtura.fit` adds."""
        return usual_reg_covar(source) if self.reg_covar == REG_COVAR else self.reg_covar

    def _warn_unless_converged(self, found: Fit) -> None:
        if found.stop_reason == "max_iter" and self.max_iter:
            warnings.warn(NOT_CONVERGED, ConvergenceWarning, stacklevel=levels())


def to_begin_from(source: Source, k: int) -> Source:
    """What the starts look at: all points that have weight, in memory, unless these are too many."""
    survey = source.survey()
    few = survey.n * k <= starts.FEW and survey.n * survey.d <= starts.IN_MEMORY
    return source.take(None) if few or isinstance(source, Points) else source
