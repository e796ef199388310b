"""BayesianGaussianMixture: scikit-learn's estimator over our variational fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..em.loop import Fit, Step
from ..em.moments import moments
from ..em.objective import Objective
from ..em.variational import WEIGHT_PRIORS, Belief, Posterior, Variational, WeightPrior
from ..engines.base import Engine, EngineName
from ..errors import InputError
from ..model.families import CovarianceType, family
from ..model.mixture import Mixture
from ..sources.source import Source
from . import starts
from .fitted import FittedMixture
from .parameters import NONE, Rule, either, one_of, positive

Array = NDArray[np.float64]


class BayesianGaussianMixture(FittedMixture):
    """A Gaussian mixture by variational Bayes: scikit-learn's BayesianGaussianMixture, with weights of rows.

    It fits a distribution over mixtures, and gives components that are not needed a weight of nearly zero, so that
    n_components is how many there are at most. The parameters of scikit-learn mean what they mean there: n_components,
    covariance_type, tol (of the bound, in nats of all rows together), reg_covar, max_iter, n_init, init_params,
    random_state, warm_start, verbose, verbose_interval, and what is believed before:

    weight_concentration_prior_type: "dirichlet_process" or "dirichlet_distribution". weight_concentration_prior: > 0;
    the smaller, the fewer components; None for 1 / n_components.
    mean_prior: (d,), None for the mean of the rows. mean_precision_prior: how many rows that is worth; None for 1.
    covariance_prior: the shape of one component's covariance, None for that of the rows. degrees_of_freedom_prior: how
    many rows that is worth, > d - 1; None for d.

    New ones are init_params, n_threads, dtype, engine and on_step, as in `GaussianMixture`.

    Attributes as in scikit-learn (weights_, means_, covariances_, precisions_, precisions_cholesky_, converged_,
    n_iter_, lower_bound_, lower_bounds_, weight_concentration_, mean_precision_, degrees_of_freedom_, and the priors
    with a _ behind them), and mixture_: the `Mixture` of the expected weights, the means and the covariances;
    stop_reason_, as in `Fit`. The lower bound is that on the log evidence of all rows, but for a constant.

    predict_proba and score_samples take into account how unsure the parameters are; `mixture_` does not.
    Source: Bishop 2006, section 10.2; Blei and Jordan 2006.

    >>> import mixtura as mx
    >>> X = mx.Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical").sample(200, rng=0)
    >>> model = mx.BayesianGaussianMixture(n_components=5, weight_concentration_prior=0.01, random_state=0)
    >>> (model.fit(X).weights_ > 0.05).sum()
    np.int64(2)
    """

    weight_concentration_prior_: float
    weight_concentration_: Array | tuple[Array, Array]
    mean_prior_: Array
    mean_precision_prior_: float
    mean_precision_: Array
    covariance_prior_: Array | float
    degrees_of_freedom_prior_: float
    degrees_of_freedom_: Array | float

    _rules: ClassVar[Mapping[str, Rule]] = {
        **FittedMixture._rules,
        "weight_concentration_prior_type": one_of(*WEIGHT_PRIORS),
        "weight_concentration_prior": either(positive(), NONE),
        "mean_precision_prior": either(positive(), NONE),
        "degrees_of_freedom_prior": either(positive(), NONE),
    }

    def __init__(
        self,
        *,
        n_components: int = 1,
        covariance_type: CovarianceType = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: Any = "kmeans",
        weight_concentration_prior_type: WeightPrior = "dirichlet_process",
        weight_concentration_prior: float | None = None,
        mean_precision_prior: float | None = None,
        mean_prior: ArrayLike | None = None,
        degrees_of_freedom_prior: float | None = None,
        covariance_prior: ArrayLike | None = None,
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        n_threads: int | None = None,
        dtype: str | None = None,
        engine: EngineName = "auto",
        on_step: Callable[[Step], Any] | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weight_concentration_prior_type = weight_concentration_prior_type
        self.weight_concentration_prior = weight_concentration_prior
        self.mean_precision_prior = mean_precision_prior
        self.mean_prior = mean_prior
        self.degrees_of_freedom_prior = degrees_of_freedom_prior
        self.covariance_prior = covariance_prior
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.n_threads = n_threads
        self.dtype = dtype
        self.engine = engine
        self.on_step = on_step

    # Fitting

    def _objective(self, source: Source) -> Objective:
        """The bound, with what is believed; it is also held in the attributes."""
        d = source.survey().d
        degrees = d if self.degrees_of_freedom_prior is None else self.degrees_of_freedom_prior
        if degrees <= d - 1:
            raise InputError(
                f"The parameter 'degrees_of_freedom_prior' should be greater than {d - 1}, but got {degrees:.3f}."
            )
        concentration, precision = self.weight_concentration_prior, self.mean_precision_prior
        self.weight_concentration_prior_ = 1.0 / self.n_components if concentration is None else concentration
        self.mean_precision_prior_ = 1.0 if precision is None else precision
        self.degrees_of_freedom_prior_ = degrees
        mean, scatter = moments(source)
        if self.covariance_prior is None:
            scale = _covariance(scatter, source.survey().total, self.covariance_type)
        else:
            scale = starts.checked_spread(self.covariance_prior, self.covariance_type, d, "covariance_prior")
        self.mean_prior_ = mean if self.mean_prior is None else starts.shaped(self.mean_prior, (d,), "means")
        self.covariance_prior_ = scale if scale.ndim else float(scale)
        belief = Belief(
            self.weight_concentration_prior_type,
            self.weight_concentration_prior_,
            self.mean_prior_,
            self.mean_precision_prior_,
            self.degrees_of_freedom_prior_,
            scale,
        )
        return Variational(self.reg_covar, belief=belief)

    def _start(self, source: Source, objective: Objective, random: np.random.RandomState, engine: Engine) -> Mixture:
        first = super()._start(source, objective, random, engine)
        if isinstance(first, Posterior):
            return first
        return objective.maximise(engine.expect(first), first)  # a Mixture says nothing of a posterior

    def _earlier(self, source: Source) -> Mixture:
        super()._earlier(source)
        return self._asked

    def _keep(self, best: Fit, source: Source) -> None:
        found = best.mixture
        assert isinstance(found, Posterior)
        self.mean_precision_ = found.mean_precision
        self.degrees_of_freedom_ = (
            found.degrees_of_freedom if found.degrees_of_freedom.ndim else float(found.degrees_of_freedom)
        )
        alpha = found.concentration
        self.weight_concentration_ = alpha if alpha.ndim == 1 else (alpha[0], alpha[1])
        super()._keep(best, source)

    def _hold(self, mixture: Mixture, dtype: np.dtype[Any]) -> None:
        super()._hold(mixture.expected if isinstance(mixture, Posterior) else mixture, dtype)

    @property
    def _asked(self) -> Posterior:
        """The posterior, which answers as the E-step does."""
        return Posterior.of(
            self.mixture_,
            np.asarray(self.weight_concentration_, np.float64),
            np.asarray(self.mean_precision_, np.float64),
            np.asarray(self.degrees_of_freedom_, np.float64),
        )


def _covariance(scatter: Array, total: float, covariance_type: CovarianceType) -> Array:
    """The unbiased covariance of points with that scatter, in the shape of one component's."""
    if total <= 1:
        raise InputError(
            f"sample_weight sums to {total:g}: a weight counts as so many rows, and their covariance needs more "
            f"than 1. Multiply sample_weight, or give covariance_prior."
        )
    return family(covariance_type).component(scatter / (total - 1.0))
