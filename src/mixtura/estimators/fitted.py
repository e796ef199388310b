"""What the mixtures that are fitted share: reading rows, starts, the climb to a objective, and what is kept of it."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from ..em.data import Streamed, check_reach, warn_if_drowned
from ..em.loop import Fit, Step, climb
from ..em.names import StopReason
from ..em.objective import Objective
from ..em.start import check_counts
from ..engines.base import EngineName, Source, Survey, choose
from ..errors import FitError, InputError
from ..model.checks import check_threads
from ..model.gaussian import COVARIANCE_TYPES
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


class FittedMixture(BaseMixture):
    """A Gaussian mixture that climbs from a start to the objective that its class names."""

    n_components: int
    tol: float
    reg_covar: float
    max_iter: int
    n_init: int
    init_params: Any
    random_state: int | np.random.RandomState | None
    warm_start: bool
    verbose: int
    verbose_interval: int
    dtype: str | None
    engine: EngineName
    accelerate: bool = False
    on_step: Callable[[Step], Any] | None

    converged_: bool
    stop_reason_: StopReason
    n_iter_: int
    lower_bound_: float
    lower_bounds_: list[float]

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
        "on_step": either(FUNCTION, NONE),
    }

    # Fitting

    def fit(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the mixture to the rows of X (n, d), n >= 2. y is not used. Returns the estimator.

        X: a table, or for a GaussianMixture also what `mixtura.fit` reads in blocks (docs/streams.md).
        sample_weight: (n,) >= 0; weight 2 is the row twice, weight 0 is no row.
        Raises ValueError that tells the row and the column of a number that is not finite, FitError where a
        covariance is singular. Warns (ConvergenceWarning) if max_iter is too few.
        """
        source = self._opened(X, sample_weight)
        self._fit(self._points(X, sample_weight, reset=True) if source is None else self._streamed(source))
        return self

    def fit_predict(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> NDArray[np.intp]:
        """Fit, and tell the component of each row. Returns (n,)."""
        if self._opened(X, sample_weight) is not None:
            raise InputError("X would be read in blocks, as fit and score do: call fit, then predict for each block.")
        points = self._points(X, sample_weight, reset=True)
        self._fit(points)
        return self._labels(points.x)

    def _points(self, X: Any, sample_weight: Any, *, reset: bool, least: int = 2) -> Points:
        """The rows that have weight, and whether all parameters are sound."""
        self._check()
        check_threads(self.n_threads)
        rows = table(self, X, reset=reset, least=least, missing=self.missing)
        dtype = rows.dtype if self.dtype is None else self.dtype
        points = Points.from_array(
            rows, sample_weight, names=names_of(self), dtype=dtype, copy=False, missing=self.missing
        )
        survey = Survey.of(points)
        check_reach(survey, points.x.dtype, "X")
        if reset:
            warn_if_drowned(survey, self.reg_covar, "X", stacklevel=4)
        return points

    def _opened(self, X: Any, sample_weight: Any) -> Source | None:
        """What reads X in blocks, for estimators that can be fitted so; None where X is a table."""
        return None

    def _streamed(self, source: Source) -> Streamed:
        """The rows of a source, and whether all parameters are sound."""
        self._check()
        check_threads(self.n_threads)
        data = Streamed(source, self.missing)
        if data.n < 2:
            raise InputError(f"Found {data.n} row, while a minimum of 2 is required: give more rows.")
        check_reach(data.survey, self.dtype or np.float64, "X")
        warn_if_drowned(data.survey, self.reg_covar, "X", stacklevel=4)
        self.n_features_in_ = data.d
        if data.names is not None:
            self.feature_names_in_ = np.asarray(data.names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return data

    def _fit(self, points: Points | Streamed) -> None:
        k, kind = self.n_components, self.covariance_type
        if k > points.n:
            raise FitError(
                f"Expected n_samples >= n_components but got n_components = {k}, n_samples = {points.n}: lower "
                f"n_components, or give more rows."
            )
        random = check_random_state(self.random_state)
        goes_on = self.warm_start and hasattr(self, "converged_")
        weighty: Points | Streamed
        if isinstance(points, Streamed):
            check_counts(points.survey, k)
            objective = self._objective(points)
            engine = points.engine(k, kind, self.engine, self.n_threads)
            few = points.n * k <= starts.FEW and points.n * points.d <= starts.IN_MEMORY
            weighty = points.source.take(None) if few else points
        else:
            check_counts(points, k)
            objective = self._objective(points)
            engine = choose(points, k, kind, self.engine, self.n_threads)
            weighty = points if points.weight is None else points.take(np.flatnonzero(points.weight))
        progress = Progress(self.verbose, self.verbose_interval, self.on_step)
        best: Fit | None = None
        for number in range(1 if goes_on else self.n_init):
            progress.begin(number)
            found = self._explained(
                lambda: climb(
                    engine,
                    self._earlier(points) if goes_on else self._start(weighty, objective, random),
                    objective,
                    tol=self.tol,
                    max_iter=self.max_iter,
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
        if best.stop_reason == "max_iter" and self.max_iter:
            warnings.warn(NOT_CONVERGED, ConvergenceWarning, stacklevel=3)

    def _keep(self, best: Fit, points: Points | Streamed) -> None:
        """Hold what the fit found."""
        self.converged_ = best.converged
        self.stop_reason_ = best.stop_reason
        self.lower_bounds_ = lower_bounds(best)
        self.n_iter_ = len(self.lower_bounds_)
        self.lower_bound_ = self.lower_bounds_[-1] if self.n_iter_ else -np.inf
        held = np.dtype(self.dtype or np.float64) if isinstance(points, Streamed) else points.x.dtype
        self._hold(best.mixture, held)

    @abstractmethod
    def _objective(self, points: Points | Streamed) -> Objective:
        """What a fit to these points climbs; raises InputError where a parameter does not fit them."""

    def _start(self, points: Points | Streamed, objective: Objective, random: np.random.RandomState) -> Mixture:
        """Where a fit begins. The points have weight."""
        return starts.first(
            points,
            self.n_components,
            self.init_params,
            covariance_type=self.covariance_type,
            objective=objective,
            random=random,
        )

    def _earlier(self, points: Points | Streamed) -> Mixture:
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


def _bound(found: Fit) -> float:
    """What the best of several starts is chosen by, as in scikit-learn."""
    return lower_bounds(found)[-1] if found.n_iter or found.stop_reason == "stalled" else found.log_posteriors[-1]
