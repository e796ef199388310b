"""GaussianMixture: scikit-learn's estimator over our fit, with what it lacks."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from ..em.loop import Fit, Step, check_reach, climb, warn_if_drowned
from ..em.names import StopReason
from ..em.start import check_counts
from ..em.stream import absorb
from ..engines.base import EngineName, choose
from ..errors import FitError, InputError
from ..model.checks import check_threads
from ..model.gaussian import COVARIANCE_TYPES, CovarianceType
from ..model.mixture import Mixture
from ..model.points import Points
from . import starts
from .base import BaseMixture, names_of, table
from .parameters import BOOLEAN, FUNCTION, NONE, Rule, either, one_of, real, whole
from .progress import Progress, lower_bounds

COLLAPSED = (
    "Fitting the mixture model failed because some components have ill-defined empirical covariance (for instance "
    "caused by singleton or collapsed samples). Try to decrease the number of components, increase reg_covar, or "
    "scale the input data."
)
NOT_CONVERGED = (
    "Best performing initialization did not converge. Try different init parameters, or increase max_iter, tol, or "
    "check for degenerate data."
)
ANY_START = Rule(
    one_of(*starts.NAMES).words + ", a Mixture, an array of responsibilities or a callable",
    lambda value: value in starts.NAMES if isinstance(value, str) else value is not None,
)


class GaussianMixture(BaseMixture):
    """A Gaussian mixture, fitted by EM: scikit-learn's GaussianMixture, with weights, streams, conditionals.

    The parameters of scikit-learn mean what they mean there: n_components, covariance_type, tol, reg_covar, max_iter,
    n_init, init_params, weights_init, means_init, precisions_init, random_state, warm_start, verbose and
    verbose_interval. New ones:

    init_params: also "partition", a Mixture, responsibilities (n, k), or a callable (points, k, rng).
    n_threads: None for all there are. dtype: "float32" or "float64" to work in; None follows X.
    engine: "auto", "cpu" or "reference". accelerate: steps with momentum, for fewer iterations.
    on_step: called with a `Step` after each iteration; a true answer stops the fit.

    Attributes as in scikit-learn (weights_, means_, covariances_, precisions_, precisions_cholesky_, converged_,
    n_iter_, lower_bound_, lower_bounds_, n_features_in_, feature_names_in_), and
    mixture_: the fitted `Mixture`. stop_reason_: why the fit ended, as in `Fit`. weight_seen_: the sum of the weights
    of all rows so far, which `partial_fit` goes on from.

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

    converged_: bool
    stop_reason_: StopReason
    n_iter_: int
    lower_bound_: float
    lower_bounds_: list[float]
    weight_seen_: float

    _rules: ClassVar[Mapping[str, Rule]] = {
        "n_components": whole(1),
        "covariance_type": one_of(*COVARIANCE_TYPES),
        "tol": real(0.0),
        "reg_covar": real(0.0),
        "max_iter": whole(0),
        "n_init": whole(1),
        "init_params": ANY_START,
        "warm_start": BOOLEAN,
        "verbose": either(whole(0), BOOLEAN),
        "verbose_interval": whole(1),
        "dtype": either(one_of("float32", "float64"), NONE),
        "accelerate": BOOLEAN,
        "on_step": either(FUNCTION, NONE),
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
        on_step: Callable[[Step], Any] | None = None,
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
        self.on_step = on_step

    # Fitting

    def fit(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> GaussianMixture:
        """Fit the mixture to the rows of X (n, d), n >= 2. y is not used. Returns the estimator.

        sample_weight: (n,) >= 0; weight 2 is the row twice, weight 0 is no row.
        Raises ValueError that tells the row and the column of a number that is not finite, FitError where a
        covariance is singular. Warns (ConvergenceWarning) if max_iter is too few.
        """
        self._fit(self._points(X, sample_weight, reset=True))
        return self

    def fit_predict(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> NDArray[np.intp]:
        """Fit, and tell the component of each row. Returns (n,)."""
        points = self._points(X, sample_weight, reset=True)
        self._fit(points)
        return self._labels(points.x)

    def partial_fit(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> GaussianMixture:
        """Take in some more rows, without those before: one EM step on all rows seen so far.

        The first rows, at least n_components of them, are fitted as by `fit`. Rows that come later are shared out
        among the components as these are then, and the memory of the earlier rows, which the mixture is, is added.
        With one component this is the fit to all rows. lower_bound_ becomes the mean log density of the new rows before
        the step, lower_bounds_ and n_iter_ go on with it. Source: Neal and Hinton 1998.
        """
        if not hasattr(self, "weight_seen_"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # the fit goes on with the next rows
                return self.fit(X, y, sample_weight)
        points = self._points(X, sample_weight, reset=False, least=1)
        before = self.mixture_
        engine = choose(points, before.n_components, before.covariance_type, self.engine, self.n_threads)
        after, here = self._explained(lambda: absorb(engine, before, self.weight_seen_, reg_covar=self.reg_covar))
        self._hold(after, self.means_.dtype)
        self.weight_seen_ += points.total
        self.n_iter_ += 1
        self.lower_bound_ = here
        self.lower_bounds_ = [*self.lower_bounds_, here]
        return self

    def _points(self, X: Any, sample_weight: Any, *, reset: bool, least: int = 2) -> Points:
        """The rows that have weight, and whether all parameters are sound."""
        self._check()
        check_threads(self.n_threads)
        rows = table(self, X, reset=reset, least=least)
        dtype = rows.dtype if self.dtype is None else self.dtype
        points = Points.from_array(rows, sample_weight, names=names_of(self), dtype=dtype, copy=False)
        check_reach(points, "X")
        if reset:
            warn_if_drowned(points, self.reg_covar, "X", stacklevel=4)
        return points

    def _fit(self, points: Points) -> None:
        k, kind = self.n_components, self.covariance_type
        if k > points.n:
            raise FitError(
                f"Expected n_samples >= n_components but got n_components = {k}, n_samples = {points.n}: lower "
                f"n_components, or give more rows."
            )
        check_counts(points, k)
        given = self._given(points.d)
        random = check_random_state(self.random_state)
        goes_on = self.warm_start and hasattr(self, "converged_")
        engine = choose(points, k, kind, self.engine, self.n_threads)
        weighty = points if points.weight is None else points.take(np.flatnonzero(points.weight))
        progress = Progress(self.verbose, self.verbose_interval, self.on_step)
        best: Fit | None = None
        for number in range(1 if goes_on else self.n_init):
            progress.begin(number)
            found = self._explained(
                lambda: climb(
                    engine,
                    self._earlier(points) if goes_on else self._start(weighty, given, random),
                    tol=self.tol,
                    max_iter=self.max_iter,
                    reg_covar=self.reg_covar,
                    accelerate=self.accelerate,
                    on_step=progress.step,
                    before=self.lower_bound_ if goes_on else -np.inf,
                )
            )
            if self.max_iter:
                progress.end(found)
            if best is None or _bound(found) > _bound(best):
                best = found
            if found.stop_reason == "callback":
                break
        assert best is not None
        self._keep(best, points)

    def _keep(self, best: Fit, points: Points) -> None:
        self.converged_ = best.converged
        self.stop_reason_ = best.stop_reason
        self.lower_bounds_ = lower_bounds(best)
        self.n_iter_ = len(self.lower_bounds_)
        self.lower_bound_ = self.lower_bounds_[-1] if self.n_iter_ else -np.inf
        self.weight_seen_ = points.total
        self._hold(best.mixture, points.x.dtype)
        if best.stop_reason == "max_iter" and self.max_iter:
            warnings.warn(NOT_CONVERGED, ConvergenceWarning, stacklevel=4)

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

    def _start(self, points: Points, given: dict[str, Any], random: np.random.RandomState) -> Mixture:
        mixture = None
        if any(part is None for part in given.values()):
            mixture = starts.first(
                points,
                self.n_components,
                self.init_params,
                covariance_type=self.covariance_type,
                reg_covar=self.reg_covar,
                random=random,
            )
        return starts.replaced(mixture, **given, covariance_type=self.covariance_type, names=points.names)

    def _earlier(self, points: Points) -> Mixture:
        """The mixture that a warm start goes on from."""
        mixture = self.mixture_
        shape = (self.n_components, points.d)
        if mixture.means.shape != shape or mixture.covariance_type != self.covariance_type:
            raise InputError(
                f"warm_start=True goes on from {mixture!r}, but now there are {shape[0]} {self.covariance_type} "
                f"components in {shape[1]} coordinates: set warm_start=False to begin anew."
            )
        return mixture

    def _explained(self, work: Callable[[], Any]) -> Any:
        """The result of `work`; where a component collapses, the error says so in scikit-learn's words and ours."""
        try:
            return work()
        except FitError as error:
            if "positive definite" not in str(error):
                raise
            raise FitError(f"{COLLAPSED} {error}") from None

    # Criteria

    def _n_parameters(self) -> int:
        """How many numbers the fit was free to choose."""
        mixture = self.mixture_
        k, d = mixture.means.shape
        spreads = {"full": k * d * (d + 1) // 2, "tied": d * (d + 1) // 2, "diag": k * d, "spherical": k}
        return int(spreads[mixture.covariance_type] + k * d + k - 1)

    def aic(self, X: Any, sample_weight: ArrayLike | None = None) -> float:
        """Akaike's information criterion of the mixture on X; the lower the better."""
        return 2.0 * self._n_parameters() - 2.0 * self._likelihood(self._weighted(X, sample_weight))

    def bic(self, X: Any, sample_weight: ArrayLike | None = None) -> float:
        """The Bayesian information criterion of the mixture on X; the lower the better."""
        return self._bic(self._weighted(X, sample_weight))

    def icl(self, X: Any, sample_weight: ArrayLike | None = None) -> float:
        """The integrated completed likelihood, bic(X) - 2 sum of ln(largest responsibility); the lower the better.

        It is the bic of the rows together with their labels, and prefers components that are apart.
        Source: Biernacki, Celeux and Govaert 2000.
        """
        points = self._weighted(X, sample_weight)
        certainty = np.log(self._responsibilities(points.x).max(axis=1))
        return self._bic(points) - 2.0 * float(certainty.sum() if points.weight is None else points.weight @ certainty)

    def _bic(self, points: Points) -> float:
        return self._n_parameters() * math.log(points.total) - 2.0 * self._likelihood(points)


def _bound(found: Fit) -> float:
    """What the best of several starts is chosen by, as in scikit-learn."""
    return lower_bounds(found)[-1] if found.n_iter or found.stop_reason == "stalled" else found.log_likelihood
