"""BayesianGaussianMixture: scikit-learn's estimator over our variational fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array, Floats, Integers
from ..em.loop import Fit
from ..em.moments import moments
from ..em.objective import Objective
from ..em.variational import WEIGHT_PRIORS, Belief, Posterior, Variational, WeightPrior
from ..engines.base import Engine
from ..errors import InputError
from ..model import evaluate
from ..model.families import ALIASES, BASIC
from ..sources.source import Source
from . import starts
from .fitted import FittedMixture
from .parameters import NONE, Rule, either, one_of, positive

NO_NOISE = (
    "None: each component has the prior, which a background, held as it is, cannot have; GaussianMixture takes "
    "noise=True with prior='default'"
)


@dataclass(kw_only=True, eq=False, repr=False)
class BayesianGaussianMixture(FittedMixture):
    """A Gaussian mixture by variational Bayes: scikit-learn's BayesianGaussianMixture, with weights of rows.

    It fits a distribution over mixtures, and gives components that are not needed a weight of nearly zero, so that
    n_components is how many there are at most.

    Parameters
    ----------
    n_components : int
        The largest number of components k.
    covariance_type : {"full", "tied", "diag", "spherical"}
        The family of the covariances.
    tol : float
        Convergence threshold on the gain in evidence lower bound of all rows together, in nats.
    reg_covar : float
        Added to the variances, in squared units of X. The default stands for `Points.within_variance`, where X is
        `Points` that know it, as pixels do.
    max_iter : int
        The largest number of iterations.
    n_init : int
        The number of starts; the best is kept.
    init_params : str, Mixture, array_like or callable
        "kmeans", "k-means++", "random" or "random_from_data" as in scikit-learn; "partition", a Mixture,
        responsibilities (n, k), or a function ``(points, k, rng)``.
    random_state : int or numpy.random.RandomState, optional
        A seed, or what to draw from.
    n_threads : int, optional
        By default all there are; the result does not depend on it.
    engine : {"auto", "blas", "cpu", "reference"}
        What computes the E-step.
    checkpoint : str or path-like, optional
        A file (.mix) from which an interrupted fit resumes, bit for bit.
    on_step : callable, optional
        Called with a `Step` after each iteration; the answer True stops the fit.
    warm_start : bool
        Whether `fit` continues from the posterior that there is.
    verbose : int
        1 prints each start, 2 also times, as scikit-learn does.
    verbose_interval : int
        Iterations between two lines.
    dtype : {"float32", "float64"}, optional
        The precision; by default that of X.
    n_clusters : int or "auto", optional
        Into how many clusters components are combined, of those that have rows: as in `GaussianMixture`.
    weight_concentration_prior_type : {"dirichlet_process", "dirichlet_distribution"}
        The prior of the weights.
    weight_concentration_prior : float, optional
        Its concentration > 0; the smaller, the fewer components. By default 1 / n_components.
    mean_precision_prior : float, optional
        How many rows the prior of the means is worth; by default 1.
    mean_prior : array_like of float, shape (d,), optional
        By default the mean of the rows.
    degrees_of_freedom_prior : float, optional
        How many rows the prior of the covariances is worth, > d - 1; by default d.
    covariance_prior : array_like of float, optional
        In the shape of one component's covariance; by default that of the rows.
    noise : None
        There is no background here: each component has the prior, and a background is held. `GaussianMixture` takes one
        beside a prior.

    Attributes
    ----------
    weights_, means_, covariances_, precisions_, precisions_cholesky_ : ndarray
        As in scikit-learn; so are ``converged_``, ``n_iter_``, ``lower_bound_``, ``lower_bounds_``,
        ``weight_concentration_``, ``mean_precision_``, ``degrees_of_freedom_``, and the priors, as ``mean_prior_``. The
        lower bound is the evidence lower bound (ELBO) of all rows, up to an additive constant.
    mixture_ : Mixture
        Of the expected weights, the means and the covariances.
    stop_reason_ : str
        Why the fit ended, as in `Fit`.
    clusters_ : Clusters
        With n_clusters, all levels at which components are combined.
    n_clusters_ : int
        With n_clusters, how many there are.
    background_ : None
        There is none.

    Notes
    -----
    predict_proba and score_samples take the uncertainty of the parameters into account; `mixture_` does not.

    References
    ----------
    Bishop 2006, section 10.2; Blei and Jordan 2006.

    Examples
    --------
    >>> import mixtura as mx
    >>> X = mx.Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical").sample(200, rng=0)
    >>> model = mx.BayesianGaussianMixture(n_components=5, weight_concentration_prior=0.01, random_state=0)
    >>> (model.fit(X).weights_ > 0.05).sum()
    np.int64(2)
    """

    n_components: int = 1
    weight_concentration_prior_type: WeightPrior = "dirichlet_process"
    weight_concentration_prior: float | None = None
    mean_precision_prior: float | None = None
    mean_prior: ArrayLike | None = None
    degrees_of_freedom_prior: float | None = None
    covariance_prior: ArrayLike | None = None
    noise: None = None

    # Once fitted
    weight_concentration_prior_: float = field(init=False)
    weight_concentration_: Array | tuple[Array, Array] = field(init=False)
    mean_prior_: Array = field(init=False)
    mean_precision_prior_: float = field(init=False)
    mean_precision_: Array = field(init=False)
    covariance_prior_: Array | float = field(init=False)
    degrees_of_freedom_prior_: float = field(init=False)
    degrees_of_freedom_: Array | float = field(init=False)

    _rules: ClassVar[Mapping[str, Rule]] = {
        **FittedMixture._rules,
        "covariance_type": one_of(*BASIC, *ALIASES),
        "weight_concentration_prior_type": one_of(*WEIGHT_PRIORS),
        "weight_concentration_prior": either(positive(), NONE),
        "mean_precision_prior": either(positive(), NONE),
        "degrees_of_freedom_prior": either(positive(), NONE),
        "noise": Rule(NO_NOISE, lambda value: value is None or value is False),
    }

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
        mean, scatter = moments(source, self._family, self.n_threads)
        if self.covariance_prior is None:
            scale = _covariance(scatter, source.survey().total)
        else:
            scale = starts.checked_spread(self.covariance_prior, self._family, d, "covariance_prior")
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
        return Variational(self._added(source), belief=belief)

    def _start(self, source: Source, objective: Objective, random: np.random.RandomState, engine: Engine) -> Any:
        first: Any = super()._start(source, objective, random, engine)
        if isinstance(first, Posterior):
            return first
        return objective.maximise(engine.expect(first), first)  # a Mixture says nothing of a posterior

    def _earlier(self, source: Source) -> Any:
        super()._earlier(source)
        return self._posterior

    def _keep(self, best: Fit, source: Source) -> None:
        found: Posterior = best.state
        self.mean_precision_, alpha, degrees = found.mean_precision, found.concentration, found.degrees_of_freedom
        self.degrees_of_freedom_ = degrees if degrees.ndim else float(degrees)
        self.weight_concentration_ = alpha if alpha.ndim == 1 else (alpha[0], alpha[1])
        super()._keep(best, source)

    def _read(self, X: Any, *args: Any, **kwargs: Any) -> Source:
        source = super()._read(X, *args, **kwargs)
        if getattr(source, "noise", None) is not None:
            raise InputError(
                "X carries the noise of its rows, of which the variational bound has no closed form: use "
                "GaussianMixture, which takes noise_covariance and a prior."
            )
        return source

    # The answers are those of the E-step

    def _log_density(self, rows: Floats) -> Array:
        return evaluate.log_density(self._posterior, rows, self.n_threads)

    def _responsibilities(self, rows: Floats) -> Array:
        return evaluate.responsibilities(self._posterior, rows, self.n_threads)

    def _labels(self, rows: Floats) -> Integers:
        return evaluate.predict(self._posterior, rows, self.n_threads)

    @property
    def _asked_of(self) -> Posterior:
        return self._posterior

    @property
    def _posterior(self) -> Posterior:
        parameters = (self.weight_concentration_, self.mean_precision_, self.degrees_of_freedom_)
        return Posterior(self.mixture_, *(np.asarray(each, np.float64) for each in parameters))


def _covariance(scatter: Array, total: float) -> Array:
    """The unbiased covariance of points with that scatter."""
    if total <= 1:
        raise InputError(
            f"sample_weight sums to {total:g}: a weight counts as so many rows, and their covariance needs more "
            f"than 1. Multiply sample_weight, or give covariance_prior."
        )
    return np.asarray(scatter / (total - 1.0))
