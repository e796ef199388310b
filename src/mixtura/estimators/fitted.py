"""What the mixtures that are fitted share: reading rows, starts, the climb to a objective, and what is kept of it."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from ..checks import check_threads
from ..em.background import unassigned
from ..em.clusters import Clusters
from ..em.combine import united
from ..em.driver import fit_source
from ..em.few import warn_if_few
from ..em.loop import Fit
from ..em.objective import Objective
from ..em.settings import StopReason, check_counts, warn_if_drowned
from ..em.start import checked
from ..engines.base import Engine
from ..errors import FitError, InputError, MixturaWarning, levels
from ..model.families import CovarianceType, family
from ..model.gaussian import Gaussians
from ..model.mixture import Mixture
from ..sources.reach import check_reach
from ..sources.source import Source
from . import starts
from .base import BaseMixture
from .climbing import Climbing, to_begin_from
from .parameters import BOOLEAN, NONE, Rule, either, one_of, whole
from .progress import Progress, lower_bounds

HOOKS = (  # of scikit-learn's class, which a subclass may have overridden
    "_initialize_parameters",
    "_initialize",
    "_e_step",
    "_m_step",
    "_compute_lower_bound",
    "_estimate_log_prob",
    "_estimate_log_weights",
    "_estimate_weighted_log_prob",
    "_estimate_log_prob_resp",
    "_set_parameters",
    "_get_parameters",
    "_check_parameters",
)
COLLAPSED = (
    "Fitting the mixture model failed because some components have ill-defined empirical covariance (for instance "
    "caused by singleton or collapsed samples). Try to decrease the number of components, increase reg_covar, or "
    "scale the input data."
)


@dataclass(kw_only=True, eq=False, repr=False)
class FittedMixture(BaseMixture, Climbing):
    """A Gaussian mixture that climbs from a start to the objective that its class names."""

    warm_start: bool = False
    verbose: int = 0
    verbose_interval: int = 10
    dtype: str | None = None
    n_clusters: int | Literal["auto"] | None = None

    # Once fitted
    background_: int | None = field(init=False)
    clusters_: Clusters = field(init=False)
    n_clusters_: int = field(init=False)
    converged_: bool = field(init=False)
    stop_reason_: StopReason = field(init=False)
    n_iter_: int = field(init=False)
    lower_bound_: float = field(init=False)
    lower_bounds_: list[float] = field(init=False)

    _rules: ClassVar[Mapping[str, Rule]] = {
        **Climbing._rules,
        "warm_start": BOOLEAN,
        "verbose": either(whole(0), BOOLEAN),
        "verbose_interval": whole(1),
        "dtype": either(one_of("float32", "float64"), NONE),
        "n_clusters": either(whole(1), one_of("auto"), NONE),
    }

    # Fitting

    def fit(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the mixture to the rows of X.

        Parameters
        ----------
        X : array_like, shape (n, d), or what `mixtura.fit` reads in blocks
            n >= 2 rows.
        y : None
            Not used.
        sample_weight : array_like of float, shape (n,), optional
            Weights >= 0; weight 2 is the row twice, weight 0 is no row.

        Returns
        -------
        Self
            The estimator.

        Raises
        ------
        ValueError
            If a number is not finite; the message names its row and column.
        FitError
            If a covariance is singular.

        Warns
        -----
        ConvergenceWarning
            If max_iter is too few.
        """
        self._fit(self._source(X, sample_weight))
        return self

    def fit_predict(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> Any:
        """Fit, and tell the component of each row, or its cluster.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        ndarray of int, shape (n,), or Answers
            As of `predict`; `mixtura.sources.Answers` where X is read in blocks.
        """
        source = self._source(X, sample_weight)
        self._fit(source)
        return source.answers(lambda points: self._assigned(points.x), large=True)

    def _source(self, X: Any, sample_weight: Any, *, reset: bool = True, least: int = 2) -> Source:
        """The rows, once all parameters are found to be sound."""
        self._check()
        check_threads(self.n_threads)
        source = self._read(X, sample_weight, reset=reset, least=least, dtype=self.dtype)
        if source.survey().n < least:
            raise InputError(f"Found {source.survey().n} row, while a minimum of {least} is required: give more rows.")
        check_reach(source, "X")
        family(self.covariance_type, source.survey().d)
        if reset:
            warn_if_drowned(source, self._added(source), "X", stacklevel=4, covariance_type=self._family)
        return source

    def _fit(self, source: Source) -> None:
        hooks = [name for name in HOOKS if hasattr(self, name)]
        if hooks:
            warnings.warn(
                MixturaWarning(
                    f"{type(self).__name__}.{hooks[0]} is never called: the fit is not scikit-learn's. Change it by "
                    f"init_params, on_step or what mixtura.fit takes."
                ),
                stacklevel=levels(),
            )
        n = source.survey().n
        if self.n_components > n:
            raise FitError(
                f"Expected n_samples >= n_components but got n_components = {self.n_components}, n_samples = {n}: "
                f"lower n_components, or give more rows."
            )
        k = check_counts(source, self.n_components)
        random = check_random_state(self.random_state)
        objective = self._objective(source)
        goes_on, before = self._goes_on, self._before
        seen = to_begin_from(source, k)
        progress = Progress(self.verbose, self.verbose_interval, self.on_step)
        settings = replace(self._settings(source), on_step=progress.step, n_init=1 if goes_on else self.n_init)

        def begin(engine: Engine) -> Mixture:
            return self._earlier(source) if goes_on else self._start(seen, objective, random, engine)

        best = self._explained(
            lambda: fit_source(
                source,
                k,
                settings,
                objective,
                begin,
                start=self.mixture_ if goes_on else self._asked(source),
                rng=self.random_state,
                random=random,
                watch=progress,
                score=_bound,
                before=before,
            )
        )
        self._keep(best, source)
        warn_if_few(source, k, self._family, objective, where="X")
        self._warn_unless_converged(best)

    def _keep(self, best: Fit, source: Source) -> None:
        """Hold what the fit found."""
        self.lower_bounds_ = lower_bounds(best)
        last = [self._before, *self.lower_bounds_][-2:]
        if best.stop_reason == "stalled" and last[1] - last[0] >= self.tol and len(self.lower_bounds_) < self.max_iter:
            self.lower_bounds_.append(last[1])  # as in scikit-learn, which sees the small change when it has taken it
        self.converged_ = best.converged
        self.stop_reason_ = best.stop_reason
        self.n_iter_ = len(self.lower_bounds_)
        self.lower_bound_ = self.lower_bounds_[-1] if self.n_iter_ else -np.inf
        self.background_ = best.background
        self._hold(best.mixture, source.dtype)
        for name in ("clusters_", "n_clusters_"):
            if hasattr(self, name):
                delattr(self, name)
        if self.n_clusters is not None:
            self.clusters_ = united(best.mixture, source, best.background, asked_of=self._asked_of)
            most = self.clusters_.most
            asked = self.clusters_.suggested if isinstance(self.n_clusters, str) else int(self.n_clusters)
            if asked > most:
                warnings.warn(
                    MixturaWarning(
                        f"n_clusters is {asked}, but the number of components that have rows, and so of clusters, is "
                        f"{most}: raise n_components, or lower n_clusters."
                    ),
                    stacklevel=levels(),
                )
            self.n_clusters_ = min(asked, most)

    @property
    def _asked_of(self) -> Gaussians:
        """Whose responsibilities are told."""
        return self.mixture_

    @property
    def _beside(self) -> int | None:
        """The component that is a background, if there is one."""
        return getattr(self, "background_", None)

    @property
    def _n_features_out(self) -> int:
        beside = self._beside is not None
        return self.n_clusters_ + beside if hasattr(self, "n_clusters_") else len(self.means_)

    def _assigned(self, rows: Any) -> Any:
        if hasattr(self, "n_clusters_"):
            noise = None if self._beside is None else self.n_clusters_
            return unassigned(np.asarray(self._shares(rows).argmax(axis=1), np.intp), noise)
        return unassigned(self._labels(rows), self._beside)

    def _shares(self, rows: Any) -> Any:
        found = self._responsibilities(rows)
        return found @ self.clusters_.membership(self.n_clusters_) if hasattr(self, "n_clusters_") else found

    @property
    def _goes_on(self) -> bool:
        """Whether a fit continues from an earlier one."""
        return self.warm_start and hasattr(self, "converged_")

    @property
    def _before(self) -> float:
        """The lower bound that a fit continues from."""
        return self.lower_bound_ if self._goes_on else -np.inf

    @abstractmethod
    def _objective(self, source: Source) -> Objective:
        """What a fit to these points climbs; raises InputError where a parameter does not fit them."""

    def _start(self, source: Source, objective: Objective, random: np.random.RandomState, engine: Engine) -> Mixture:
        """Where a fit begins. The points have weight."""
        return starts.first(
            source,
            self.n_components,
            self.init_params,
            covariance_type=self._family,
            objective=objective,
            random=random,
            n_threads=self.n_threads,
        )

    def _asked(self, source: Source) -> Any:
        """What tells this start from others."""
        return self.init_params

    def _earlier(self, source: Source) -> Mixture:
        """The mixture that a warm start resumes from."""
        mixture, d = self.mixture_, source.survey().d
        k, kind = self._form
        if mixture.means.shape != (k, d) or mixture.covariance_type != kind:
            raise InputError(
                f"warm_start=True resumes from {mixture!r}, but now there are {self.n_components} "
                f"{self._family} components in {d} coordinates: set warm_start=False to begin anew."
            )
        return checked(mixture, d, source.names, k, kind)

    @property
    def _form(self) -> tuple[int, CovarianceType]:
        """How many Gaussians a fit has, and of which family."""
        return self.n_components, self._family

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
