"""GaussianMixtureClassifier: a mixture for each class, and Bayes' rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp
from sklearn.base import ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from ..arrays import Array
from ..checks import check_unmasked
from ..em.background import Spread, box, checked_noise
from ..errors import InputError
from ..model.mixture import Mixture
from ..sources import weights_of
from ..sources.noise import beside, with_errors
from ..sources.points import Points
from ..sources.source import Source
from . import shared_beside
from .base import is_table, names_of, table_and_targets
from .by_class import ByClass
from .shared import apart
from .supervised import with_targets

SUMS_TO_ONE = 1e-8
MOST_PROBABLE = "most_probable"


@dataclass(kw_only=True, eq=False, repr=False)
class GaussianMixtureClassifier(ClassifierMixin, ByClass):
    """Mixture discriminant analysis: a Gaussian mixture for each class, weighed by how frequent the class is.

    One component a class is quadratic discriminant analysis, or linear with covariance_type="shared"; more follow
    classes of any shape.

    Parameters
    ----------
    n_components : int or {"bic", "icl", "aic", "cv", "stability"}
        The number of components k of each class. A criterion of `mixtura.choose` chooses it for each class, from 1 to
        9, and the family too: one that is as free as covariance_type, or a simpler one ("full" is any). With "shared",
        one k for all classes, by bic, icl or aic.
    covariance_type : str
        The family of the covariances of each class, as for `mixtura.fit`; "shared" is one covariance for all components
        of all classes.
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
        "kmeans", "k-means++", "random" or "random_from_data" as in scikit-learn; "partition", a Mixture,
        responsibilities (n, k), or a function ``(points, k, rng)``.
    random_state : int or numpy.random.RandomState, optional
        A seed, or what to draw from.
    n_threads : int, optional
        By default all there are; the result does not depend on it.
    engine : {"auto", "blas", "cpu", "reference"}
        What computes the E-step.
    checkpoint : str or path-like, optional
        A file (.mix) from which an interrupted fit resumes, bit for bit; NAME-0.mix, NAME-1.mix, ... for the classes.
    on_step : callable, optional
        Called with a `Step` after each iteration; the answer True stops the fit.
    accelerate : bool
        Whether to take steps with momentum, for fewer iterations.
    fixed : dict, optional
        What keeps its value in the start, which must be a Mixture then: see `mixtura.fit`.
    prior : Prior or "default", optional
        A conjugate prior of the parameters of each class, which keeps components from collapsing; "default" is that of
        the rows of the class, with "shared" of all rows.
    noise : bool or float, optional
        Whether there are rows that are like no class, or are labelled wrongly: then each class has a background beside
        its components, as broad as all rows. True estimates its share of the class, a number is that. See
        `mixtura.fit`.
    priors : array_like of float, shape (c,), optional
        The probabilities of the classes in sorted order; by default their shares of the rows.
    noise_label : object, optional
        What `predict` tells of a row that belongs to no class; by default -1, or "noise" where classes have names.
        "most_probable": the most probable class all the same, so that scores and searches see classes alone.

    Attributes
    ----------
    mixtures_ : list of Mixture
        One for each class, in the order of ``classes_``; with "shared", tied ones of the same covariance. With noise,
        the last component of each is the background.
    noise_label_ : object
        With noise, what a row of no class is called; else, or where it has the most probable class, None.
    choices_ : list of Choice
        What a criterion chose from, for each class; only then, and not with "shared".
    classes_, class_prior_, n_features_in_, feature_names_in_
        As in scikit-learn.
    converged_ : bool
        Whether all fits did.
    n_iter_ : int
        The most iterations of one.

    Notes
    -----
    Many components in small classes follow the rows instead of the class: a component of fewer rows than its covariance
    needs is warned of. "bic", "shared" and a prior are three ways to fewer or safer parameters.

    References
    ----------
    Hastie and Tibshirani 1996, who share the covariance; Fraley and Raftery 2002, who choose by BIC.

    Examples
    --------
    >>> import mixtura as mx
    >>> X, y = [[0.0], [0.1], [5.0], [5.1], [2.4], [2.6]], ["outer"] * 4 + ["inner"] * 2
    >>> model = mx.GaussianMixtureClassifier(n_components=2, covariance_type="shared", random_state=0).fit(X, y)
    >>> model.predict([[0.2], [2.5], [4.9]]).tolist()
    ['outer', 'inner', 'outer']
    """

    priors: ArrayLike | None = None
    noise_label: Any = None

    # Once fitted
    classes_: NDArray[Any] = field(init=False)
    class_prior_: Array = field(init=False)
    mixtures_: list[Mixture] = field(init=False)
    noise_label_: Any = field(init=False)

    def fit(
        self, X: Any, y: Any, sample_weight: ArrayLike | None = None, noise_covariance: ArrayLike | None = None
    ) -> GaussianMixtureClassifier:
        """Fit a mixture to the rows of each class.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            The rows.
        y : array_like, shape (n,), or str
            Their labels, in memory; of a file also a column of numbers by name.
        sample_weight : array_like of float, shape (n,), optional
            Weights >= 0.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Variances, or covariances, of the errors that the rows are measured with: see `mixtura.fit`. The mixtures
            are those of the points without their errors.

        Returns
        -------
        GaussianMixtureClassifier
            The estimator.

        Raises
        ------
        FitError
            If a class cannot be fitted; the message names it.
        """
        self._check()
        source: Source
        if is_table(X):
            rows, targets = table_and_targets(self, X, y, numeric=False)
            source = Points.from_array(rows, sample_weight, names=names_of(self), dtype=rows.dtype, copy=False)
        else:
            source, targets = with_targets(self, X, y, sample_weight)
        source = with_errors(source, noise_covariance)
        check_classification_targets(targets)
        self.classes_, labels = np.unique(targets, return_inverse=True)
        weight = weights_of(source)
        shares = np.bincount(labels, weight, len(self.classes_)).astype(np.float64)
        prior = shares / shares.sum() if self.priors is None else _checked_priors(self.priors, self.classes_)
        random = check_random_state(self.random_state)
        parts: list[Source] = []
        for number in range(len(self.classes_)):
            mine = labels == number
            taken = isinstance(source, Points)
            parts.append(source.take(np.flatnonzero(mine)) if taken else beside(source, weight=weight * mine))
        share = checked_noise(self.noise)
        label = None if share is None else _checked_label(self.noise_label, self.classes_)
        noise = None if share is None else Spread(share, *box(source))
        found = self._fit_classes(source, labels, parts, shares, random, noise)
        shared = self.covariance_type == "shared"
        separated = apart if noise is None else shared_beside.apart
        self.mixtures_ = separated(found[0].mixture, len(parts)) if shared else [fit.mixture for fit in found]
        self.noise_label_, self._beside = label, share is not None
        self.class_prior_ = prior
        self.converged_: bool = all(fit.converged for fit in found)
        self.n_iter_: int = max(1, max(fit.n_iter for fit in found))
        whose = ["the classes together"] if shared else [f"class {name}" for name in self.classes_]
        for fit, part, name in zip(found, [source] if shared else parts, whose, strict=True):
            self._warn_unless_converged(fit)
            self._warn_if_few(fit, part, name)
        return self

    def predict(self, X: Any, noise_covariance: ArrayLike | None = None) -> Any:
        """Return the most probable class of each row; with noise, the ``noise_label_`` of a row that is of none.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.

        Returns
        -------
        ndarray, shape (n,)
            Of ``classes_``; the ``noise_label_`` where the background is more probable than all classes together.
        """

        def ask(rows: Any) -> NDArray[Any]:
            joint = self._joint(rows)
            found = np.asarray(self.classes_)[joint.argmax(axis=1)]
            if self.noise_label_ is None:
                return np.asarray(found)
            out = found.astype(_both(self.classes_, self.noise_label_))
            out[self._background(rows, joint) > 0.5] = self.noise_label_
            return np.asarray(out)

        return self._answers(X, ask, noise=noise_covariance)

    def predict_proba(self, X: Any, noise_covariance: ArrayLike | None = None) -> Any:
        """Return P(class | x) of each row.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.

        Returns
        -------
        ndarray, shape (n, c)
            Rows sum to 1. With noise, a row of the background is of each class with the share that the class has of it
            among the rows of `fit`; `background_proba` tells which rows these are.
        """
        return self._answers(X, lambda rows: np.exp(self._normalised(rows)), self._n_classes, noise_covariance)

    def background_proba(self, X: Any, noise_covariance: ArrayLike | None = None) -> Any:
        """Return the probability that a row is of no class but of the background. Needs noise.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.

        Returns
        -------
        ndarray, shape (n,)
            Above 0.5, `predict` tells the ``noise_label_``.
        """
        check_is_fitted(self)
        if not self._beside:
            raise InputError("the classifier was fitted without a background: give noise=True, and fit it again.")
        return self._answers(X, lambda rows: self._background(rows, self._joint(rows)), noise=noise_covariance)

    def predict_log_proba(self, X: Any, noise_covariance: ArrayLike | None = None) -> Any:
        """Return ln P(class | x) of each row, precise where the probability itself would be 0.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.

        Returns
        -------
        ndarray, shape (n, c)
            In nats.
        """
        return self._answers(X, self._normalised, self._n_classes, noise_covariance)

    def decision_function(self, X: Any, noise_covariance: ArrayLike | None = None) -> Any:
        """Return ln P(class | x) of each row; of two classes the log odds of the second.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.

        Returns
        -------
        ndarray, shape (n, c) or (n,)
            In nats.
        """
        if self._n_classes == 2:
            return self._answers(X, lambda rows: np.subtract(*self._joint(rows).T[::-1]), noise=noise_covariance)
        return self.predict_log_proba(X, noise_covariance)

    def score_samples(self, X: Any, noise_covariance: ArrayLike | None = None) -> Any:
        """Return ln p(x) of each row, whatever its class: low where a row is like none of them.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.

        Returns
        -------
        ndarray, shape (n,)
            In nats.
        """
        return self._answers(X, lambda rows: logsumexp(self._joint(rows), axis=1), noise=noise_covariance)

    @property
    def _n_classes(self) -> int | None:
        return len(self.classes_) if hasattr(self, "classes_") else None

    def _normalised(self, rows: Any) -> Array:
        joint = self._joint(rows)
        return np.asarray(joint - logsumexp(joint, axis=1, keepdims=True))

    def _background(self, rows: Any, joint: Array) -> Array:
        """(n,) P(background | x). joint: see `_joint`."""
        with np.errstate(divide="ignore"):
            shares = np.log([mixture.weights[-1] for mixture in self.mixtures_]) + np.log(self.class_prior_)
        alone = [mixture.subset([mixture.n_components - 1]) for mixture in self.mixtures_]
        densities = np.stack([each.log_density(rows, n_threads=self.n_threads) for each in alone], axis=1)
        return np.asarray(np.exp(logsumexp(shares + densities, axis=1) - logsumexp(joint, axis=1)))

    def _joint(self, rows: Any) -> Array:
        """(n, c) ln P(class) + ln p(x | class). rows: an array, or Points that have noise."""
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


def _checked_label(given: Any, classes: NDArray[Any]) -> Any:
    """What a row of no class is called: by default -1, or "noise" beside names; None for the most probable class."""
    if isinstance(given, str) and given == MOST_PROBABLE:
        return None
    label = ("noise" if classes.dtype.kind in "OSU" else -1) if given is None else given
    if any(label == each for each in classes.tolist()):
        raise InputError(
            f"noise_label is {label!r}, which is a class: give another, for rows that belong to none, or "
            f"{MOST_PROBABLE!r}."
        )
    return label


def _both(classes: NDArray[Any], label: Any) -> np.dtype[Any]:
    """The type of an array that holds both."""
    own = np.asarray(label).dtype
    alike = (classes.dtype.kind in "US") == (own.kind in "US") and "O" not in (classes.dtype.kind, own.kind)
    return np.result_type(classes.dtype, own) if alike else np.dtype(object)


def _checked_priors(given: Any, classes: NDArray[Any]) -> Array:
    check_unmasked(given, "priors")
    try:
        priors = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"priors is {given!r}: give one probability a class, {len(classes)} in all.") from None
    if priors.shape != classes.shape:
        raise InputError(f"priors has shape {priors.shape}, expected {classes.shape}: one probability a class.")
    if not (priors >= 0).all() or abs(priors.sum() - 1.0) > SUMS_TO_ONE:
        raise InputError(f"priors sums to {priors.sum():g}: probabilities are >= 0 and sum to 1.")
    return priors
