"""GaussianMixtureClassifier: a mixture for each class, and Bayes' rule."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp
from sklearn.base import ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets

from ..checks import Floats
from ..em.loop import Step
from ..em.prior import Prior
from ..engines.base import EngineName
from ..errors import FitError, InputError
from ..model.gaussian import CovarianceType
from ..model.mixture import Mixture
from ..sources.beside import Beside
from ..sources.blocks import Options
from ..sources.points import Points
from ..sources.source import Source
from .base import is_table, names_of, table_and_targets
from .supervised import Supervised, with_targets

Array = NDArray[np.float64]
SUMS_TO_ONE = 1e-8


class GaussianMixtureClassifier(ClassifierMixin, Supervised):
    """Mixture discriminant analysis: a Gaussian mixture for each class, weighed by how frequent the class is.

    One component a class is quadratic discriminant analysis; more follow classes of any shape. The parameters are
    those of `GaussianMixture`, for the mixture of each class: n_components, covariance_type, tol, reg_covar, max_iter,
    n_init, init_params, random_state, n_threads, engine, accelerate, on_step; and
    priors: (c,) the probabilities of the classes in sorted order; None takes their shares of the rows.

    mixtures_: a `Mixture` for each class, in the order of classes_. classes_, class_prior_; n_features_in_,
    feature_names_in_; converged_: whether all fits did, n_iter_: the most iterations of one.

    Source: Hastie and Tibshirani 1996, with a covariance for each component.

    >>> import mixtura as mx
    >>> X, y = [[0.0], [0.1], [5.0], [5.1], [2.4], [2.6]], ["outer"] * 4 + ["inner"] * 2
    >>> model = mx.GaussianMixtureClassifier(n_components=2, reg_covar=0.01, random_state=0).fit(X, y)
    >>> model.predict([[0.2], [2.5], [4.9]]).tolist()
    ['outer', 'inner', 'outer']
    """

    classes_: NDArray[Any]
    class_prior_: Array
    mixtures_: list[Mixture]

    def __init__(
        self,
        n_components: int = 1,
        *,
        priors: ArrayLike | None = None,
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
        fixed: Mapping[str, Any] | None = None,
        prior: Prior | Literal["default"] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        on_step: Callable[[Step], Any] | None = None,
    ) -> None:
        super().__init__(
            n_components,
            covariance_type=covariance_type,
            tol=tol,
            reg_covar=reg_covar,
            max_iter=max_iter,
            n_init=n_init,
            init_params=init_params,
            random_state=random_state,
            n_threads=n_threads,
            engine=engine,
            accelerate=accelerate,
            fixed=fixed,
            prior=prior,
            checkpoint=checkpoint,
            on_step=on_step,
        )
        self.priors = priors

    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> GaussianMixtureClassifier:
        """Fit a mixture to the rows of each class. X: (n, d). y: (n,) labels. Returns the estimator.

        sample_weight: (n,) >= 0. Raises FitError that names the class which cannot be fitted.
        """
        self._check()
        source: Source
        if is_table(X):
            rows, targets = table_and_targets(self, X, y, numeric=False)
            source = Points.from_array(rows, sample_weight, names=names_of(self), dtype=rows.dtype, copy=False)
        else:
            source, targets = with_targets(self, X, y, sample_weight)
        check_classification_targets(targets)
        self.classes_, labels = np.unique(targets, return_inverse=True)
        weight = _weight(source)
        shares = np.bincount(labels, weight, len(self.classes_))
        prior = shares / shares.sum() if self.priors is None else _checked_priors(self.priors, self.classes_)
        random = check_random_state(self.random_state)
        found = []
        for number, name in enumerate(self.classes_):
            try:
                if not shares[number]:
                    raise FitError("its rows have no weight: give them some, or leave them out.")
                mine = labels == number
                part: Source
                if isinstance(source, Points):
                    part = source.take(np.flatnonzero(mine))
                else:
                    part = Beside(source, Options(), weight=mine if weight is None else weight * mine)
                found.append(self._fitted(part, random, _kept_in(self.checkpoint, number)))
            except FitError as error:
                raise FitError(f"class {name} cannot be fitted: {error}") from None
        self.class_prior_ = prior
        self.mixtures_ = [fit.mixture for fit in found]
        self.converged_ = all(fit.converged for fit in found)
        self.n_iter_ = max(1, max(fit.n_iter for fit in found))
        return self

    def predict(self, X: Any) -> Any:
        """The most probable class of each row. X: (n, d). Returns (n,)."""
        return self._answers(X, lambda rows: self.classes_[self._joint(rows).argmax(axis=1)])

    def predict_proba(self, X: Any) -> Any:
        """P(class | x) of each row. X: (n, d). Returns (n, c), rows sum to 1."""
        return self._answers(X, lambda rows: np.exp(self._normalised(rows)), self._n_classes)

    def predict_log_proba(self, X: Any) -> Any:
        """ln P(class | x) of each row; precise where the probability itself would be 0. Returns (n, c)."""
        return self._answers(X, self._normalised, self._n_classes)

    def decision_function(self, X: Any) -> Any:
        """ln P(class | x) of each row, (n, c); of two classes the log odds of the second, (n,)."""
        if self._n_classes == 2:
            return self._answers(X, lambda rows: np.subtract(*self._joint(rows).T[::-1]))
        return self.predict_log_proba(X)

    def score_samples(self, X: Any) -> Any:
        """ln p(x) of each row, whatever its class: low where a row is like none of them. Returns (n,) nats."""
        return self._answers(X, lambda rows: logsumexp(self._joint(rows), axis=1))

    @property
    def _n_classes(self) -> int | None:
        return len(self.classes_) if hasattr(self, "classes_") else None

    def _normalised(self, rows: Floats) -> Array:
        joint = self._joint(rows)
        return np.asarray(joint - logsumexp(joint, axis=1, keepdims=True))

    def _joint(self, rows: Floats) -> Array:
        """(n, c) ln P(class) + ln p(x | class)."""
        with np.errstate(divide="ignore"):
            prior = np.log(self.class_prior_)
        densities = [mixture.log_density(rows, n_threads=self.n_threads) for mixture in self.mixtures_]
        joint = prior + np.stack(densities, axis=1)
        lost = np.flatnonzero(joint.max(axis=1) == -np.inf)
        if lost.size:
            raise InputError(
                f"X[{lost[0]}] lies too far from every class to be counted: its squared distance overflows. "
                f"Rescale or remove it."
            )
        return np.asarray(joint)


def _weight(source: Source) -> Array | None:
    """(n,) the weights of all rows, in memory; None where each counts once."""
    if isinstance(source, Points):
        return None if source.weight is None else source.weight.astype(np.float64)
    if not source.survey().weighted:
        return None
    return np.concatenate([np.ones(block.n) if block.weight is None else block.weight for block in source.blocks()])


def _kept_in(checkpoint: str | os.PathLike[str] | None, number: int) -> Path | None:
    """The checkpoint of one class: NAME-0.mix, NAME-1.mix, and so on."""
    if not isinstance(checkpoint, (str, os.PathLike)):
        return checkpoint
    path = Path(checkpoint)
    return path.with_name(f"{path.stem}-{number}{path.suffix}")


def _checked_priors(given: Any, classes: NDArray[Any]) -> Array:
    try:
        priors = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"priors is {given!r}: give one probability a class, {len(classes)} in all.") from None
    if priors.shape != classes.shape:
        raise InputError(f"priors has shape {priors.shape}, expected {classes.shape}: one probability a class.")
    if not (priors >= 0).all() or abs(priors.sum() - 1.0) > SUMS_TO_ONE:
        raise InputError(f"priors sums to {priors.sum():g}: probabilities are >= 0 and sum to 1.")
    return priors
