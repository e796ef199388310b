"""What the regressor and the classifier share: the parameters of their fits, and how they fit."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from ..em.fit import fit
from ..em.loop import Fit, Step
from ..em.objective import Objective
from ..engines.base import EngineName
from ..model.gaussian import CovarianceType
from ..model.points import Points
from . import starts
from .fitted import NOT_CONVERGED
from .gaussian_mixture import GaussianMixture
from .parameters import check


class Supervised(BaseEstimator):
    """An estimator that fits mixtures to learn a target; its parameters mean what they mean in GaussianMixture."""

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: CovarianceType = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: Any = "kmeans",
        random_state: int | np.random.RandomState | None = None,
        n_threads: int | None = None,
        engine: EngineName = "auto",
        accelerate: bool = False,
        on_step: Callable[[Step], Any] | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.random_state = random_state
        self.n_threads = n_threads
        self.engine = engine
        self.accelerate = accelerate
        self.on_step = on_step

    def _check(self) -> None:
        mine = self.get_params(deep=False)
        check(self, {name: rule for name, rule in GaussianMixture._rules.items() if name in mine})

    def _fitted(self, points: Points, random: np.random.RandomState | None = None) -> Fit:
        """The fit to these points; it warns if it did not converge. random: None for that of random_state."""
        source = check_random_state(self.random_state) if random is None else random
        if points.weight is not None:
            points = points.take(np.flatnonzero(points.weight))

        def begin(points: Points, k: int, _: np.random.Generator) -> Any:
            return starts.first(
                points,
                k,
                self.init_params,
                covariance_type=self.covariance_type,
                objective=Objective(self.reg_covar),
                random=source,
            )

        found = fit(
            points,
            self.n_components,
            covariance_type=self.covariance_type,
            start=begin,
            tol=self.tol,
            max_iter=self.max_iter,
            reg_covar=self.reg_covar,
            n_init=self.n_init,
            rng=0,  # not used: the start draws from random_state
            dtype=str(points.x.dtype),
            n_threads=self.n_threads,
            engine=self.engine,
            accelerate=self.accelerate,
            on_step=self.on_step,
        )
        if found.stop_reason == "max_iter" and self.max_iter:
            warnings.warn(NOT_CONVERGED, ConvergenceWarning, stacklevel=3)
        return found
