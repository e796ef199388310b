"""GaussianMixture: scikit-learn's estimator over our fit, with what it lacks."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning

from ..checks import is_finite
from ..em import criteria
from ..em.fixed import Fixed
from ..em.incremental import absorb, decaying
from ..em.loop import Fit, Step
from ..em.objective import Objective
from ..em.prior import Prior
from ..engines.base import Engine, EngineName
from ..engines.choose import choose
from ..errors import InputError
from ..model.gaussian import CovarianceType
from ..model.mixture import Mixture
from ..sources.source import Source
from . import starts
from .fitted import FittedMixture
from .parameters import BOOLEAN, FUNCTION, NONE, PRIOR, Rule, either, one_of

STEP_SIZE = either(
    Rule("a float in the range (0.0, 1.0]", lambda value: is_finite(value) and 0 < value <= 1),
    one_of("decay"),
    FUNCTION,
    NONE,
)


class GaussianMixture(FittedMixture):
    """A Gaussian mixture, fitted by EM: scikit-learn's GaussianMixture, with weights, streams, conditionals.

    The parameters of scikit-learn mean what they mean there: n_components, covariance_type, tol, reg_covar, max_iter,
    n_init, init_params, weights_init, means_init, precisions_init, random_state, warm_start, verbose and
    verbose_interval. New ones:

    init_params: also "partition", a Mixture, responsibilities (n, k), or a callable (points, k, rng).
    n_threads: None for all there are. dtype: "float32" or "float64" to work in; None follows X.
    engine: "auto", "cpu" or "reference". accelerate: steps with momentum, for fewer iterations.
    missing: NaN marks a value that is missing at random; the fit is exact, and answers are about what a row holds.
    on_step: called with a `Step` after each iteration; a true answer stops the fit.
    step_size: what `partial_fit` makes of new rows: None remembers each row for ever and alike; a number above 0 and up
    to 1 is the share of the newest rows in what is remembered; "decay" is (t + 2)^-0.6 for t = 0, 1, ..., the step
    sizes of stepwise EM; a function t -> share gives others.

    Attributes as in scikit-learn (weights_, means_, covariances_, precisions_, precisions_cholesky_, converged_,
    n_iter_, lower_bound_, lower_bounds_, n_features_in_, feature_names_in_), and
    mixture_: the fitted `Mixture`. stop_reason_: why the fit ended, as in `Fit`. weight_seen_: the sum of the weights
    of all rows so far, which `partial_fit` goes on from. steps_seen_: how often it did.

    >>> import mixtura as mx
    >>> X = [[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]]
    >>> gm = mx.GaussianMixture(n_components=2, random_state=0).fit(X)
    >>> gm.means_
    array([[10.,  2.],
           [ 1.,  2.]])
    >>> gm.predict([[0, 0], [12, 3]])
    array([1, 0])
    >>> gm.condition([0], [10.0]).mean()
    array([2.])
    """

    weight_seen_: float
    steps_seen_: int

    _rules: ClassVar[Mapping[str, Rule]] = {
        **FittedMixture._rules,
        "accelerate": BOOLEAN,
        "missing": BOOLEAN,
        "prior": PRIOR,
        "step_size": STEP_SIZE,
    }

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
        weights_init: ArrayLike | None = None,
        means_init: ArrayLike | None = None,
        precisions_init: ArrayLike | None = None,
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        n_threads: int | None = None,
        dtype: str | None = None,
        engine: EngineName = "auto",
        accelerate: bool = False,
        missing: bool = False,
        fixed: Mapping[str, Any] | None = None,
        prior: Prior | Literal["default"] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        on_step: Callable[[Step], Any] | None = None,
        step_size: float | str | Callable[[int], float] | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.n_threads = n_threads
        self.dtype = dtype
        self.engine = engine
        self.accelerate = accelerate
        self.missing = missing
        self.fixed = fixed
        self.prior = prior
        self.checkpoint = checkpoint
        self.on_step = on_step
        self.step_size = step_size

    # Fitting

    def partial_fit(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> GaussianMixture:
        """Take in some more rows, without those before: one EM step on all rows seen so far.

        The first rows, at least n_components of them, are fitted as by `fit`. Rows that come later are shared out
        among the components as these are then, and the memory of the earlier rows, which the mixture is, is added.
        With one component this is the fit to all rows. With a step_size the rows of before are forgotten by and by, and
        with them what they were thought to be when the mixture was young.
        lower_bound_ becomes the mean log density of the new rows before the step, lower_bounds_ and n_iter_ go on with
        it. Sources: Neal and Hinton 1998; Cappe and Moulines 2009.
        """
        if not hasattr(self, "weight_seen_"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # the fit goes on with the next rows
                return self.fit(X, y, sample_weight)
        source = self._source(X, sample_weight, reset=False, least=1)
        before = self.mixture_
        engine = choose(source, before.n_components, before.covariance_type, self.engine, self.n_threads)
        step_size = self._step_size()
        after, here = self._explained(
            lambda: absorb(engine, before, self.weight_seen_, reg_covar=self.reg_covar, step_size=step_size)
        )
        self.steps_seen_ += 1
        self._hold(after, self.means_.dtype)
        self.weight_seen_ += source.survey().total
        self.n_iter_ += 1
        self.lower_bound_ = here
        self.lower_bounds_ = [*self.lower_bounds_, here]
        return self

    def _step_size(self) -> float | None:
        """The share of new rows in what is remembered; None for that of their weight."""
        asked = self.step_size
        if asked is None:
            return None
        size = decaying(self.steps_seen_) if isinstance(asked, str) else asked
        if callable(size):
            size = size(self.steps_seen_)
        if not is_finite(size) or not 0 < size <= 1:
            raise InputError(f"step_size gave {size!r} at step {self.steps_seen_}: give a number above 0, at most 1.")
        return float(size)

    def _keep(self, best: Fit, source: Source) -> None:
        super()._keep(best, source)
        self.weight_seen_ = source.survey().total
        self.steps_seen_ = 0

    def _objective(self, source: Source) -> Objective:
        d, k = source.survey().d, self.n_components
        given = self._given(d)
        fixed = None
        if self.fixed is not None:
            start: Any = self.init_params
            if self.warm_start and hasattr(self, "converged_"):
                start = self._earlier(source)
            elif all(part is not None for part in given.values()):
                start = starts.replaced(None, **given, covariance_type=self.covariance_type, names=source.names)
            fixed = Fixed.of(self.fixed, start, k)
        return Objective(self.reg_covar, fixed, Prior.of(self.prior, source, k, self.covariance_type))

    def _given(self, d: int) -> dict[str, Any]:
        """weights_init, means_init and precisions_init, checked."""
        k, kind = self.n_components, self.covariance_type
        return {
            "weights": None if self.weights_init is None else starts.checked_weights(self.weights_init, k),
            "means": None if self.means_init is None else starts.checked_means(self.means_init, k, d),
            "precisions": None
            if self.precisions_init is None
            else starts.checked_precisions(self.precisions_init, kind, k, d),
        }

    def _start(self, source: Source, objective: Objective, random: np.random.RandomState, engine: Engine) -> Mixture:
        given = self._given(source.survey().d)
        incomplete = any(part is None for part in given.values())
        mixture = super()._start(source, objective, random, engine) if incomplete else None
        return starts.replaced(mixture, **given, covariance_type=self.covariance_type, names=source.names)

    # Criteria

    def _n_parameters(self) -> int:
        """How many numbers the fit was free to choose: scikit-learn's name for `Mixture.n_parameters`."""
        return self.mixture_.n_parameters

    def aic(self, X: Any, sample_weight: ArrayLike | None = None) -> float:
        """Akaike's information criterion of the mixture on X; the lower the better."""
        return criteria.score("aic", self.mixture_, self._weighted(X, sample_weight))

    def bic(self, X: Any, sample_weight: ArrayLike | None = None) -> float:
        """The Bayesian information criterion of the mixture on X; the lower the better."""
        return criteria.score("bic", self.mixture_, self._weighted(X, sample_weight))

    def icl(self, X: Any, sample_weight: ArrayLike | None = None) -> float:
        """The integrated completed likelihood of the mixture on X, see `mixtura.icl`; the lower the better.

        It is the bic of the rows together with their labels, and prefers components that are apart.
        Source: Biernacki, Celeux and Govaert 2000.
        """
        return criteria.score("icl", self.mixture_, self._weighted(X, sample_weight))
