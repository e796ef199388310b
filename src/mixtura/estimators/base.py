"""What the estimators share: reading tables, holding a mixture in scikit-learn's attributes, asking it.

They stand on scikit-learn's public base classes (BaseEstimator and the mixins), not on its GaussianMixture, whose
inner methods may change with any release.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, DensityMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from ..arrays import Array, Bools, Floats, Integers
from ..checks import check_columns, check_readable, check_unmasked, names_in
from ..columns import check_collected
from ..em.background import unassigned
from ..errors import InputError, MixturaWarning
from ..model.families import CovarianceType, family
from ..model.mixture import Mixture
from ..model.sampling import probabilities
from ..sources import in_memory, opened
from ..sources.noise import measured, measured_points
from ..sources.points import Points
from ..sources.source import Source
from . import plain as plainly
from .starts import shaped


def table(estimator: Any, X: Any, *, reset: bool, least: int = 1, missing: bool = False) -> Floats:
    """`X` as finite numbers (n, d), float32 or float64, its columns those that the estimator knows.

    reset: whether these are the columns to know from now on, with their names if X is a frame. least: how many rows
    are needed. missing: whether NaN may mark missing values.
    Raises ValueError in scikit-learn's words; for NaN and infinity with the row and the column.
    """
    plain = plainly.as_it_is(estimator, X, reset=reset, least=least)
    rows: Floats = (
        validate_data(estimator, _readable(X, "X"), reset=reset, ensure_min_samples=least, **READING)
        if plain is None
        else plain
    )
    if not _finite(rows, missing).all():
        remedy = ", or set missing=True" if "missing" in estimator.get_params(deep=False) else ""
        check_finite(rows, "X", names_of(estimator), missing=missing, remedy=remedy)
    return rows


def table_and_targets(estimator: Any, X: Any, y: Any, *, numeric: bool = True) -> tuple[Floats, NDArray[Any]]:
    """`X` as `table` reads it, and `y`: numbers (n,) or (n, m), or what else names classes, (n,)."""
    check_collected(y, "Input y")
    if hasattr(y, "toarray"):
        raise InputError("y is a sparse matrix: give a dense array; pass y.toarray().")
    check_unmasked(y, "Input y")
    if numeric:
        _readable(y, "y")
        raw = np.asarray(y)
        if raw.dtype.kind in "fO":
            with suppress(TypeError, ValueError, OverflowError):  # what is no number is told below
                raw = raw.astype(np.float64)
        if raw.dtype.kind == "f":
            check_finite(raw, "y")
    rows, targets = validate_data(
        estimator, _readable(X, "X"), y, reset=True, multi_output=numeric, y_numeric=numeric, **READING
    )
    check_finite(rows, "X", names_of(estimator))
    return rows, targets


def opened_for(
    estimator: Any,
    X: Any,
    sample_weight: Any = None,
    *,
    columns: Sequence[str] | None = None,
    reset: bool = False,
    dtype: Any = None,
    missing: bool = False,
) -> Source:
    """`X` that is not in memory, as a source; its columns are those that the estimator knows, or from now on knows."""
    names = None if reset else names_of(estimator)
    source = opened(X, sample_weight, columns=columns, like=names, dtype=dtype, missing=missing)
    d = source.survey().d
    if reset:
        estimator.n_features_in_ = d
        if source.names is not None:
            estimator.feature_names_in_ = np.asarray(source.names, dtype=object)
        elif hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
    elif d != estimator.n_features_in_:
        raise InputError(
            f"X has {d} features, but {type(estimator).__name__} is expecting {estimator.n_features_in_} features as "
            f"input."
        )
    return source


def is_table(X: Any) -> bool:
    """Whether `X` is what scikit-learn reads: a table in memory."""
    return in_memory(X) and not isinstance(X, Points)


HALF_SET = (
    "covariances_ was set, but precisions_cholesky_ was not, which all methods but sample follow, as in scikit-learn: "
    "set both."
)
READING: dict[str, Any] = {"dtype": [np.float64, np.float32], "ensure_all_finite": False}  # we tell rows and columns


class NoNumbersError(InputError, TypeError):
    """What should be numbers is none, which scikit-learn tells as a TypeError."""


def _readable(given: Any, name: str) -> Any:
    """`given`, unless scikit-learn would take for numbers what is none: masked entries, text, times."""
    if not is_table(given):
        raise InputError(f"{name} is a {type(given).__name__}, but is needed in memory: give an array or a frame.")
    labels = names_in(given) or ()
    if len(set(labels)) < len(labels):
        check_columns(labels, labels, f"Input {name}")
    if not hasattr(given, "toarray"):  # of what is sparse scikit-learn tells
        try:
            check_readable(given, f"Input {name}")
        except InputError as error:
            raise NoNumbersError(error.sentence) from None
    return given


def check_finite(
    numbers: NDArray[Any],
    name: str,
    names: Sequence[str] | None = None,
    *,
    missing: bool = False,
    remedy: str = "",
) -> None:
    """Raise InputError that tells where the first number is that is NaN or infinite: its row, its column.

    missing: NaN is no error. remedy: what else to do about NaN.
    """
    finite = _finite(numbers, missing)
    if not numbers.ndim or finite.all():
        return
    place = np.argwhere(~finite)[0].tolist()
    value = numbers[tuple(place)]
    what = "NaN" if np.isnan(value) else f"infinity or a value too large for {numbers.dtype!r}"
    remedy = remedy if np.isnan(value) else ""
    named = f" (column {names[place[1]]!r})" if names else ""
    raise InputError(
        f"Input {name} contains {what}. {name}{place} is {value}{named}, expected a finite number: "
        f"remove or impute such rows first{remedy}."
    )


def _finite(numbers: NDArray[Any], missing: bool) -> Bools:
    """Which of the numbers are finite, or mark missing values."""
    return np.asarray(~np.isinf(numbers) if missing else np.isfinite(numbers))


def names_of(estimator: Any) -> tuple[str, ...] | None:
    """The names of the columns that the estimator was fitted to, if they had names."""
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else tuple(names)


def _precisions_cholesky(mixture: Mixture) -> Array:
    """The attribute of that name: upper factors, or inverse standard deviations, in the shape of the covariances."""
    kind, factor = mixture.family, mixture.whitener
    return kind.unstack(kind.cells(np.swapaxes(factor, 1, 2) if kind.triangular else factor))


def _equal(given: Any, held: Array) -> bool:
    """Whether an attribute is still what it was set to."""
    if type(given) is np.ndarray and given.dtype == held.dtype and given.shape == held.shape:
        return bool((given == held).all())
    return np.array_equal(given, held.astype(getattr(given, "dtype", float)))


class BaseMixture(ClassNamePrefixFeaturesOutMixin, TransformerMixin, DensityMixin, BaseEstimator):
    """An estimator that is, once fitted, a Gaussian mixture."""

    weights_: Array
    means_: Array
    covariances_: Array
    precisions_: Array
    precisions_cholesky_: Array

    covariance_type: CovarianceType
    n_threads: int | None
    missing: bool = False

    # Holding a mixture

    def _hold(self, mixture: Mixture, dtype: np.dtype[Any]) -> None:
        """Show `mixture` in scikit-learn's attributes, as numbers of `dtype` if it can hold them."""
        factor = _precisions_cholesky(mixture)
        precisions = mixture.family.squared(factor)
        arrays = (mixture.weights, mixture.means, mixture.covariances, precisions, factor)
        with np.errstate(over="ignore"):
            held = [array.astype(dtype) for array in arrays]
        if not all(np.isfinite(array).all() for array in held):
            held = [array.copy() for array in arrays]
        self.weights_, self.means_, self.covariances_, self.precisions_, self.precisions_cholesky_ = held
        self._mixture = mixture

    @property
    def mixture_(self) -> Mixture:
        """The fitted Mixture: `weights_`, `means_` and `covariances_` as one immutable value.

        It follows these attributes: where a program has set them itself, it is the mixture of what was set. As in
        scikit-learn, `precisions_cholesky_` tells the covariances, where there is one; only `sample` asks
        `covariances_`.
        """
        kept: Mixture | None = getattr(self, "_mixture", None)
        if kept is None:
            check_is_fitted(self)
        factor: Any = getattr(self, "precisions_cholesky_", None)
        covariances: Any = getattr(self, "covariances_", None)
        if kept is not None and factor is not None and _equal(factor, _precisions_cholesky(kept)):
            if not _equal(covariances, kept.covariances):
                warnings.warn(MixturaWarning(HALF_SET), stacklevel=2)
            covariances = kept.covariances
            if _equal(self.weights_, kept.weights) and _equal(self.means_, kept.means):
                return kept
        elif factor is not None:
            kind = family(self._held_family)
            shape = kind.shape(*np.shape(self.means_))
            covariances = kind.inverse(kind.squared(shaped(factor, shape, "precisions_cholesky_")))
        return Mixture(self.weights_, self.means_, covariances, self._held_family, names=names_of(self))

    @property
    def _held_family(self) -> CovarianceType:
        """The family of the mixture that is held."""
        return self.covariance_type

    @property
    def _n_features_out(self) -> int:
        return int(self.means_.shape[0])

    # Asking it

    def score_samples(self, X: Any) -> Any:
        """Return the log density ln p(x) of each row.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array.

        Returns
        -------
        ndarray of float, shape (n,)
            In nats.
        """
        return self._answers(X, self._log_density, large=True)

    def score(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> float:
        """Return the mean log density of the rows.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`. Rows that miss every value count nothing.
        y : None
            Not used.
        sample_weight : array_like of float, shape (n,), optional
            Weights >= 0 of the rows in the mean.

        Returns
        -------
        float
            In nats per unit of weight.
        """
        if sample_weight is None and not self.missing and is_table(X):
            return float(np.mean(self.score_samples(X)))
        source = self._weighted(X, sample_weight)
        return float(source.summed(self._likelihood) / source.survey().total)

    def predict(self, X: Any) -> Any:
        """Return the number of the most responsible component of each row, or with n_clusters of its cluster.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array.

        Returns
        -------
        ndarray of int, shape (n,)
            From 0 to k - 1; with noise, -1 for the background.
        """
        return self._answers(X, self._assigned, large=True)

    def predict_proba(self, X: Any) -> Any:
        """Return the responsibilities: the probability of each component, or with n_clusters cluster, given each row.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array.

        Returns
        -------
        ndarray of float, shape (n, k)
            Rows sum to 1. With noise, the last column is the background's, which the label -1 finds.
        """
        return self._answers(X, self._shares, width=self._n_features_out if hasattr(self, "means_") else None)

    def transform(self, X: Any) -> Any:
        """Return the responsibilities as new columns, for a pipeline or `set_output`.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array.

        Returns
        -------
        ndarray of float, or frame, shape (n, k)
            Rows sum to 1.
        """
        return self.predict_proba(X)

    def sample(self, n_samples: int = 1) -> tuple[Array, Integers]:
        """Draw new points, in the order of their components.

        Parameters
        ----------
        n_samples : int
            How many, >= 1.

        Returns
        -------
        x : ndarray of float, shape (n_samples, d)
            The points.
        labels : ndarray of int, shape (n_samples,)
            The components they came from; -1 for a background.

        Notes
        -----
        An int as random_state gives the same points at each call, and the same as scikit-learn's. They are drawn from
        `weights_`, `means_` and `covariances_` as they are; weights that do not sum to 1 are divided by their sum.
        """
        check_is_fitted(self)
        if not isinstance(n_samples, (int, np.integer)) or n_samples < 1:
            raise InputError(f"Invalid value for 'n_samples': {n_samples} . The sampling requires at least one sample.")
        random = check_random_state(self.random_state)
        means, kind = np.asarray(self.means_), family(self._held_family)
        covariances = np.asarray(self.covariances_ if hasattr(self, "covariances_") else self.mixture_.covariances)
        shaped(covariances, kind.shape(*means.shape), "covariances_")
        counts = random.multinomial(n_samples, probabilities(shaped(self.weights_, means.shape[:1], "weights_")))
        parts = []
        for component, (count, mean) in enumerate(zip(counts, means, strict=True)):
            covariance = kind.stack(kind.take(covariances, [component]))[0]
            if covariance.ndim == 2:
                parts.append(random.multivariate_normal(mean, covariance, count))
            else:
                parts.append(mean + random.standard_normal((count, len(mean))) * np.sqrt(covariance))
        labels = np.repeat(np.arange(len(counts)), counts)
        return np.vstack(parts), unassigned(labels, getattr(self, "background_", None))

    def marginal(self, axes: ArrayLike) -> Mixture:
        """Return the mixture of some of the columns.

        Parameters
        ----------
        axes : sequence of int or str
            Columns by number or name.

        Returns
        -------
        Mixture
            See `Mixture.marginal`.
        """
        return self.mixture_.marginal(self._columns(axes))

    def condition(self, on: ArrayLike, value: ArrayLike) -> Mixture:
        """Return the mixture of the other columns, given some.

        Parameters
        ----------
        on : sequence of int or str
            The known columns by number or name.
        value : array_like of float
            One for each of them.

        Returns
        -------
        Mixture
            See `Mixture.condition`.
        """
        return self.mixture_.condition(self._columns(on), value)

    # How it is answered

    def _log_density(self, rows: Any) -> Any:
        return self.mixture_.log_density(rows, missing=self.missing, n_threads=self.n_threads)

    def _responsibilities(self, rows: Any) -> Any:
        return self.mixture_.responsibilities(rows, missing=self.missing, n_threads=self.n_threads)

    def _labels(self, rows: Any) -> Any:
        return self.mixture_.predict(rows, missing=self.missing, n_threads=self.n_threads)

    def _assigned(self, rows: Any) -> Any:
        """What `predict` tells."""
        return self._labels(rows)

    def _shares(self, rows: Any) -> Any:
        """What `predict_proba` and `transform` tell."""
        return self._responsibilities(rows)

    # Doors

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing
        return tags

    def _answers(
        self,
        X: Any,
        ask: Callable[[Any], NDArray[Any]],
        width: int | None = None,
        *,
        large: bool = False,
        noise: Any = None,
    ) -> Any:
        """ask(rows), of the precision of the question if the attributes have it: see `Source.answers`.

        noise: of the rows, which are then asked about as Points that have it.
        """

        def asked(points: Points) -> NDArray[Any]:
            found = ask(points.x if points.noise is None else points)
            return found if found.dtype.kind == "i" else found.astype(np.result_type(points.x, self.means_), copy=False)

        check_is_fitted(self)
        if is_table(X):
            points = Points(table(self, X, reset=False, missing=self.missing), names=names_of(self))
            return asked(points if noise is None else measured_points(points, noise))
        source = self._read(X)
        return (source if noise is None else measured(source, noise)).answers(asked, width, large=large)

    def _read(
        self, X: Any, sample_weight: Any = None, *, reset: bool = False, least: int = 1, dtype: Any = None
    ) -> Source:
        """The rows of X. dtype: by default the one that they have."""
        if not is_table(X):
            return opened_for(self, X, sample_weight, reset=reset, dtype=dtype, missing=self.missing)
        rows = table(self, X, reset=reset, least=least, missing=self.missing)
        names, dtype = names_of(self), dtype or rows.dtype
        if sample_weight is None and not self.missing and dtype == rows.dtype:
            return plainly.points(rows, names)
        return Points.from_array(rows, sample_weight, names=names, dtype=dtype, copy=False, missing=self.missing)

    def _weighted(self, X: Any, sample_weight: ArrayLike | None, noise: Any = None) -> Source:
        """The rows that have weight."""
        check_is_fitted(self)
        source = self._read(X, sample_weight, dtype=np.float64)
        source = source if noise is None else measured(source, noise)
        return source.take(None) if isinstance(source, Points) else source

    def _likelihood(self, points: Points) -> float:
        """The sum of the rows' log densities, each times its weight."""
        values = self._log_density(points.x if points.noise is None else points)
        return float(values.sum() if points.weight is None else points.weight @ values)

    def _columns(self, axes: Any) -> Any:
        """Names of columns as their numbers; numbers stay as they are."""
        check_is_fitted(self)
        given = np.atleast_1d(np.asarray(axes, dtype=object))
        if not any(isinstance(axis, str) for axis in given):
            return axes
        names = list(names_of(self) or ())
        unknown = [axis for axis in given if axis not in names]
        if unknown:
            known = f"its columns are {names}" if names else "it was fitted to columns without names, so give numbers"
            raise InputError(f"there is no column {unknown[0]!r}: {known}.")
        return [names.index(axis) for axis in given]
