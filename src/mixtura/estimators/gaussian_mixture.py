"""GaussianMixture: scikit-learn's estimator over our fit, with what it lacks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from ..arrays import Array
from ..checks import is_finite
from ..em import criteria
from ..em.background import WithBackground, beside_background, checked_noise, components, with_noise
from ..em.choice import Choice
from ..em.fixed import PARTS, Fixed
from ..em.incremental import absorb, decaying
from ..em.loop import Fit
from ..em.objective import Objective
from ..em.prior import Prior
from ..engines.base import Engine
from ..engines.choose import choose_engine
from ..errors import InputError
from ..model.families import CovarianceType, family
from ..model.mixture import Mixture
from ..sources.noise import with_errors
from ..sources.source import Source
from . import beside, starts
from .chosen import COUNT, check_choosing, choosing, chosen
from .noisy import NoisyMixture
from .parameters import BOOLEAN, FUNCTION, NOISE, NONE, PRIOR, Rule, either, one_of

GIVEN = ("weights_init", "means_init", "precisions_init")
STEP_SIZE = either(
    Rule("a float in the range (0.0, 1.0]", lambda value: is_finite(value) and 0 < value <= 1),
    one_of("decay"),
    FUNCTION,
    NONE,
)


@dataclass(kw_only=True, eq=False, repr=False)
class GaussianMixture(NoisyMixture):
    """A Gaussian mixture, fitted by EM: scikit-learn's GaussianMixture, with weights, streams, conditionals.

    Parameters
    ----------
    n_components : int or {"bic", "icl", "aic", "cv", "stability"}
        The number of components k; or a criterion of `mixtura.choose`, which chooses it, from 1 to 9, and the family
        too: one that is as free as covariance_type, or a simpler one ("full" is any).
    covariance_type : str
        The family of the covariances: "full", "tied", "diag", "spherical", or one of mclust's, such as "VEE": see
        `mixtura.fit`.
    tol : float
        Convergence threshold on the gain in mean log likelihood per row, in nats.
    reg_covar : float
        Added to the variances, in squared units of X. The default stands for `Points.within_variance`, where X is
        `Points` that know it, as pixels do.
    max_iter : int
        The largest number of iterations.
    n_init : int
        The number of starts; the best is kept.
    init_params : str, Mixture, array_like or callable
        "kmeans", "k-means++", "random" or "random_from_data" as in scikit-learn; "partition" or "hierarchical" as in
        `mixtura.fit`; a Mixture, responsibilities (n, k), or a function ``(points, k, rng)``.
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
        Whether `fit` continues from the mixture that there is.
    verbose : int
        1 prints each start, 2 also times, as scikit-learn does; of a choice by a criterion a bar is shown instead.
    verbose_interval : int
        Iterations between two lines.
    dtype : {"float32", "float64"}, optional
        The precision; by default that of X.
    n_clusters : int or "auto", optional
        Into how many clusters components are combined, which `predict` and `predict_proba` then tell of in place of
        components: see `mixtura.combine`; "auto" takes the number that it suggests. As many as there are components
        with rows, if these are fewer.
    weights_init : array_like of float, shape (k,), optional
        Weights to start from.
    means_init : array_like of float, shape (k, d), optional
        Means to start from.
    precisions_init : array_like of float, optional
        Inverse covariances to start from, in the shape of their family.
    accelerate : bool
        Whether to take steps with momentum, for fewer iterations.
    missing : bool
        Whether NaN marks values missing at random; the fit is exact, and answers are about what a row holds.
    fixed : dict, optional
        What keeps its value in the start, which must be a Mixture then: see `mixtura.fit`.
    prior : Prior or "default", optional
        A conjugate prior, which keeps components from collapsing.
    noise : bool or float, optional
        Whether there are rows of no component, which a background takes: True, or its share. See `mixtura.fit`.
    step_size : float, "decay" or callable, optional
        What `partial_fit` makes of new rows: None weights all rows alike; a number in (0, 1] is the share of the newest
        rows in the statistics; "decay" is (t + 2)^-0.6 for t = 0, 1, ..., the step sizes of stepwise EM; a function
        t -> share gives others.

    Attributes
    ----------
    weights_, means_, covariances_, precisions_, precisions_cholesky_ : ndarray
        As in scikit-learn; with noise, the background comes last, and each component has a covariance of its own. So
        are ``converged_``, ``n_iter_``, ``lower_bound_``, ``lower_bounds_``, ``n_features_in_``,
        ``feature_names_in_``.
    mixture_ : Mixture
        The fitted mixture.
    stop_reason_ : str
        Why the fit ended, as in `Fit`.
    weight_seen_ : float
        The sum of the weights of all rows so far, which `partial_fit` continues from.
    steps_seen_ : int
        How often it did.
    background_ : int or None
        With noise, the number of the component that is the background: the last. Its label is -1, and its column of
        `predict_proba` the last.
    clusters_ : Clusters
        With n_clusters, all levels at which components are combined; `partial_fit` leaves them.
    n_clusters_ : int
        With n_clusters, how many there are.
    choice_ : Choice
        What a criterion chose from; only then.

    Examples
    --------
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

    weights_init: ArrayLike | None = None
    means_init: ArrayLike | None = None
    precisions_init: ArrayLike | None = None
    accelerate: bool = False
    missing: bool = False
    fixed: Mapping[str, Any] | None = None
    prior: Prior | Literal["default"] | None = None
    noise: bool | float | None = None
    step_size: float | str | Callable[[int], float] | None = None

    # Once fitted
    weight_seen_: float = field(init=False)
    steps_seen_: int = field(init=False)
    choice_: Choice = field(init=False)

    _rules: ClassVar[Mapping[str, Rule]] = {
        **NoisyMixture._rules,
        "n_components": COUNT,
        "accelerate": BOOLEAN,
        "missing": BOOLEAN,
        "prior": PRIOR,
        "noise": NOISE,
        "step_size": STEP_SIZE,
    }

    # Fitting

    def partial_fit(
        self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None, noise_covariance: ArrayLike | None = None
    ) -> GaussianMixture:
        """Update the mixture with more rows, by one EM step on all rows seen so far.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            The new rows. The first ones, at least n_components of them, are fitted as by `fit`.
        y : None
            Not used.
        sample_weight : array_like of float, shape (n,), optional
            Weights >= 0.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.

        Returns
        -------
        GaussianMixture
            The estimator.

        Notes
        -----
        The statistics of the earlier rows are those that the mixture was made of; with one component the result is the
        fit to all rows. With a step_size the statistics of earlier rows are down-weighted exponentially.
        ``lower_bound_`` becomes the mean log density of the new rows before the step; ``lower_bounds_`` and ``n_iter_``
        count it.

        References
        ----------
        Neal and Hinton 1998; Cappe and Moulines 2009.
        """
        if not hasattr(self, "weight_seen_"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # the fit goes on with the next rows
                return self.fit(X, y, sample_weight, noise_covariance)
        source = with_errors(self._source(X, sample_weight, reset=False, least=1), noise_covariance)
        before = self.mixture_
        k, kind = before.n_components, before.covariance_type
        objective = with_noise(checked_noise(self.noise), source, self._family, Objective(self._added(source)))
        engine = choose_engine(source, k, kind, self.engine, self.n_threads, keep=False)
        step_size = self._step_size()
        after, here = self._explained(
            lambda: absorb(engine, before, self.weight_seen_, objective=objective, step_size=step_size)
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

    def _fit(self, source: Source) -> None:
        if hasattr(self, "choice_"):
            del self.choice_
        if not choosing(self):
            super()._fit(source)
            return
        check_choosing(self, (*GIVEN, "fixed", "checkpoint", "on_step", "warm_start"))
        random = check_random_state(self.random_state)
        choice = self._explained(
            lambda: chosen(self, source, random, missing=self.missing, prior=self.prior, noise=self.noise)
        )
        self.choice_, best = choice, choice.best.fit
        assert best is not None
        self._keep(best, source)
        self._warn_unless_converged(best)

    def _keep(self, best: Fit, source: Source) -> None:
        super()._keep(best, source)
        self.weight_seen_ = source.survey().total
        self.steps_seen_ = 0
        self._parameters = best.n_parameters

    def _objective(self, source: Source) -> Objective:
        d, k = source.survey().d, self.n_components
        given = self._given(d)
        fixed = None
        if self.fixed is not None:
            start: Any = self.init_params
            if self._goes_on:
                start = self._earlier(source)
                start = start if self._quiet else components(start, self._family)
            elif len(given) == len(PARTS):
                start = starts.replaced(None, given, covariance_type=self._family, names=source.names)
            fixed = Fixed.of(self.fixed, start, k)
        known = Prior.of(self.prior, source, k, self._family, self.n_threads)
        inner = Objective(self._added(source), fixed, known)
        return with_noise(checked_noise(self.noise), source, self._family, inner)

    @property
    def _quiet(self) -> bool:
        """Whether there is no background."""
        return checked_noise(self.noise) is None

    @property
    def _form(self) -> tuple[int, CovarianceType]:
        form = super()._form
        return form if self._quiet else beside_background(*form)

    @property
    def _held_family(self) -> CovarianceType:
        return self._family if self._beside is None else family(self._family).uncoupled.name

    def _given(self, d: int) -> dict[str, Array]:
        """The parts of a mixture that weights_init, means_init and precisions_init give."""
        k, given = self.n_components, {}
        if self.weights_init is not None:
            given["weights"] = starts.checked_weights(self.weights_init, k)
        if self.means_init is not None:
            given["means"] = starts.shaped(self.means_init, (k, d), "means")
        if self.precisions_init is not None:
            given["covariances"] = starts.from_precisions(self.precisions_init, self._family, k, d)
        return given

    def _start(self, source: Source, objective: Objective, random: np.random.RandomState, engine: Engine) -> Mixture:
        given = self._given(source.survey().d)
        if not isinstance(objective, WithBackground):
            mixture = None if len(given) == len(PARTS) else super()._start(source, objective, random, engine)
            return starts.replaced(mixture, given, covariance_type=self._family, names=source.names)
        if given:
            mixture = None if len(given) == len(PARTS) else super()._start(source, objective.inner, random, engine)
            first = starts.replaced(mixture, given, covariance_type=self._family, names=source.names)
            return objective.begun(first)
        how: dict[str, Any] = {"objective": objective, "random": random, "n_threads": self.n_threads}
        return beside.first(source, self.n_components, self.init_params, **how)

    def _asked(self, source: Source) -> Any:
        given = self._given(source.survey().d)
        return {"init_params": self.init_params, **given} if given else self.init_params

    # Criteria

    def _n_parameters(self) -> int:
        """How many numbers the fit was free to choose: scikit-learn's name for `Mixture.n_parameters`."""
        return self.mixture_.n_parameters if self._beside is None else self._parameters

    def aic(self, X: Any, sample_weight: ArrayLike | None = None, noise_covariance: ArrayLike | None = None) -> float:
        """Return Akaike's information criterion on X; lower is better.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`.
        sample_weight : array_like of float, shape (n,), optional
            Weights >= 0.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.

        Returns
        -------
        float
            In nats, times 2.
        """
        return self._score("aic", X, sample_weight, noise_covariance)

    def bic(self, X: Any, sample_weight: ArrayLike | None = None, noise_covariance: ArrayLike | None = None) -> float:
        """Return the Bayesian information criterion on X; lower is better.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`.
        sample_weight : array_like of float, shape (n,), optional
            Weights >= 0.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.

        Returns
        -------
        float
            In nats, times 2.
        """
        return self._score("bic", X, sample_weight, noise_covariance)

    def icl(self, X: Any, sample_weight: ArrayLike | None = None, noise_covariance: ArrayLike | None = None) -> float:
        """Return the integrated completed likelihood on X, as a criterion; lower is better.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`.
        sample_weight : array_like of float, shape (n,), optional
            Weights >= 0.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.

        Returns
        -------
        float
            In nats, times 2.

        Notes
        -----
        It is the bic of the rows together with their labels, and prefers components that are apart.

        References
        ----------
        Biernacki, Celeux and Govaert 2000.
        """
        return self._score("icl", X, sample_weight, noise_covariance)

    def _score(self, criterion: criteria.Information, X: Any, sample_weight: Any, noise_covariance: Any) -> float:
        source = self._weighted(X, sample_weight, noise_covariance)
        return criteria.score(criterion, self.mixture_, source, self._n_parameters())
