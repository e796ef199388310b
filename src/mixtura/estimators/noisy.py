"""Rows that are measured with errors, in scikit-learn's words: their noise goes beside them, as sample_weight does."""

from __future__ import annotations

from typing import Any, Self

from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from ..sources.noise import with_errors
from ..sources.points import Points
from .fitted import FittedMixture


class NoisyMixture(FittedMixture):
    """A Gaussian mixture of the points behind rows that may be measured with errors."""

    def fit(
        self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None, noise_covariance: ArrayLike | None = None
    ) -> Self:
        """Fit the mixture to the rows of X.

        Parameters
        ----------
        X : array_like, shape (n, d), or what `mixtura.fit` reads in blocks
            n >= 2 rows.
        y : None
            Not used.
        sample_weight : array_like of float, shape (n,), optional
            Weights >= 0; weight 2 is the row twice, weight 0 is no row.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Variances, or covariances, of the errors that the rows are measured with: see `mixtura.fit`. The mixture is
            that of the points without their errors.

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
        self._fit(with_errors(self._source(X, sample_weight), noise_covariance))
        return self

    def fit_predict(
        self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None, noise_covariance: ArrayLike | None = None
    ) -> Any:
        """Fit, and tell the component of each row, or its cluster.

        Parameters
        ----------
        X, y, sample_weight, noise_covariance
            As for `fit`.

        Returns
        -------
        ndarray of int, shape (n,), or Answers
            As of `predict`; `mixtura.sources.Answers` where X is read in blocks.
        """
        source = with_errors(self._source(X, sample_weight), noise_covariance)
        self._fit(source)

        def ask(points: Points) -> Any:
            return self._assigned(points.x if points.noise is None else points)

        return source.answers(ask, large=True)

    def score_samples(self, X: Any, noise_covariance: ArrayLike | None = None) -> Any:
        """Return the log density ln p(x) of each row.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.

        Returns
        -------
        ndarray of float, shape (n,)
            In nats.
        """
        return self._answers(X, self._log_density, large=True, noise=noise_covariance)

    def score(
        self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None, noise_covariance: ArrayLike | None = None
    ) -> float:
        """Return the mean log density of the rows.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`. Rows that miss every value count nothing.
        y : None
            Not used.
        sample_weight : array_like of float, shape (n,), optional
            Weights >= 0 of the rows in the mean.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.

        Returns
        -------
        float
            In nats per unit of weight.
        """
        if noise_covariance is None:
            return super().score(X, y, sample_weight)
        source = self._weighted(X, sample_weight, noise_covariance)
        return float(source.summed(self._likelihood) / source.survey().total)

    def predict(self, X: Any, noise_covariance: ArrayLike | None = None) -> Any:
        """Return the number of the most responsible component of each row, or with n_clusters of its cluster.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.

        Returns
        -------
        ndarray of int, shape (n,)
            From 0 to k - 1; with noise, -1 for the background.
        """
        return self._answers(X, self._assigned, large=True, noise=noise_covariance)

    def predict_proba(self, X: Any, noise_covariance: ArrayLike | None = None) -> Any:
        """Return the responsibilities: the probability of each component, or with n_clusters cluster, given each row.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.

        Returns
        -------
        ndarray of float, shape (n, k)
            Rows sum to 1. With noise, the last column is the background's, which the label -1 finds.
        """
        check_is_fitted(self)
        return self._answers(X, self._shares, width=self._n_features_out, noise=noise_covariance)

    def denoise(self, X: Any, noise_covariance: ArrayLike) -> Any:
        """Return the points behind rows that are measured with errors: their posterior mean.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d)
            Of the errors of these rows, as for `fit`.

        Returns
        -------
        ndarray of float, shape (n, d)
            See `Mixture.denoise`, which tells the posterior covariances too.
        """
        check_is_fitted(self)

        def ask(rows: Any) -> Any:  # which have their noise, if there is any
            return self.mixture_.denoise(rows, None, missing=self.missing, n_threads=self.n_threads)

        return self._answers(X, ask, width=self.n_features_in_, noise=noise_covariance)
