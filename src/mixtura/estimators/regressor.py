"""GaussianMixtureRegressor: learns the joint density of inputs and outputs, and answers with conditionals."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ..arrays import Array, Floats, Integers
from ..checks import is_whole, numbers
from ..em.background import checked_noise
from ..errors import InputError
from ..model.mixture import Mixture
from ..sources.noise import beside, measured_points, padded, with_errors
from ..sources.points import Points
from ..sources.source import Source
from .base import is_table, names_of, table, table_and_targets
from .supervised import Supervised, with_targets


@dataclass(kw_only=True, eq=False, repr=False)
class GaussianMixtureRegressor(MultiOutputMixin, RegressorMixin, Supervised):
    """Gaussian mixture regression: fits a mixture to (X, y) and predicts E[y | X], with its uncertainty.

    One component is linear regression; more bend.

    Parameters
    ----------
    n_components : int
        The number of components k.
    covariance_type : str
        The family of the covariances, as for `mixtura.fit`; "full" and "tied" see how y follows X within a component.
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
        A file (.mix) from which an interrupted fit resumes, bit for bit.
    on_step : callable, optional
        Called with a `Step` after each iteration; the answer True stops the fit.
    accelerate : bool
        Whether to take steps with momentum, for fewer iterations.
    fixed : dict, optional
        What keeps its value in the start, which must be a Mixture then: see `mixtura.fit`.
    prior : Prior or "default", optional
        A conjugate prior, which keeps components from collapsing.
    noise : bool or float, optional
        Whether there are outliers, which a background takes, as broad as X and y, so that they do not bend the curve:
        True, or its share of the rows. See `mixtura.fit`.

    Attributes
    ----------
    mixture_ : Mixture
        Of (X, y), the columns of X first, with their names if they have any; with noise, without the background.
    background_share_ : float or None
        With noise, the background's share of the rows.
    n_features_in_, feature_names_in_, n_outputs_, converged_, n_iter_
        As in scikit-learn.

    References
    ----------
    Ghahramani and Jordan 1994; Sung 2004.

    Examples
    --------
    >>> import numpy as np, mixtura as mx
    >>> X = np.linspace(-2, 2, 200)[:, None]
    >>> model = mx.GaussianMixtureRegressor(n_components=2, random_state=0).fit(X, np.abs(X[:, 0]))
    >>> model.predict([[-1.5], [1.5]]).round(3)
    array([1.5, 1.5])
    """

    mixture_: Mixture = field(init=False)
    background_share_: float | None = field(init=False)

    def fit(
        self, X: Any, y: Any, sample_weight: ArrayLike | None = None, noise_covariance: ArrayLike | None = None
    ) -> GaussianMixtureRegressor:
        """Fit the mixture of inputs and outputs.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            The inputs.
        y : array_like, shape (n,) or (n, m), or str or list of str
            The outputs, in memory; of a file also its columns by name.
        sample_weight : array_like of float, shape (n,), optional
            Weights >= 0.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Variances, or covariances, of the errors that the inputs are measured with: see `mixtura.fit`. The mixture
            is that of inputs without their errors.

        Returns
        -------
        GaussianMixtureRegressor
            The estimator.

        Raises
        ------
        ValueError
            If a number is not finite; the message names its row and column.
        """
        self._check()
        source: Source
        if is_table(X):
            rows, targets = table_and_targets(self, X, y)
            outputs = targets.reshape(len(targets), -1)
            columns = names_of(self)
            names = None if columns is None else (*columns, *_names(y, outputs.shape[1]))
            joint = np.hstack([rows, outputs])
            dtype = np.float32 if joint.dtype == np.float32 else np.float64
            source = points = Points.from_array(joint, sample_weight, names=names, dtype=dtype, copy=False)
            if noise_covariance is not None:
                noise = measured_points(Points(rows, names=columns), noise_covariance).noise
                source = points if noise is None else replace(points, noise=padded(noise, outputs.shape[1]))
        else:
            inputs, targets = with_targets(self, X, y, sample_weight)
            outputs = numbers(targets.reshape(len(targets), -1), "y")
            names = _names(y, outputs.shape[1])
            source = beside(with_errors(inputs, noise_covariance), columns=outputs, names=names)
        found = self._fitted(source, checkpoint=self.checkpoint, noise=checked_noise(self.noise))
        self._warn_unless_converged(found)
        self._warn_if_few(found, source, "X and y")
        self.mixture_ = self._inside(found.mixture)
        self.background_share_ = None if found.background is None else float(found.mixture.weights[found.background])
        self.n_outputs_: int = found.mixture.n_coordinates - self.n_features_in_
        self._one_output = targets.ndim == 1
        self.converged_: bool = found.converged
        self.n_iter_: int = max(1, found.n_iter)
        return self

    def predict(
        self, X: Any, return_std: bool = False, return_cov: bool = False, noise_covariance: ArrayLike | None = None
    ) -> Any:
        """Return E[y | X] of each row.

        Parameters
        ----------
        X : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array.
        return_std : bool
            Whether to return also the standard deviations of y given X (of y itself, not of its mean).
        return_cov : bool
            Whether to return also the covariances of the outputs given X.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these inputs, as for `fit`. Without it, X is taken as exact.

        Returns
        -------
        mean : ndarray of float, shape (n,), or (n, m) if y had two dimensions
            In units of y.
        std : ndarray of float, of the same shape
            Only with return_std.
        cov : ndarray of float, shape (n, m, m)
            Only with return_cov.
        """
        if return_std and return_cov:
            raise InputError("At most one of return_std or return_cov can be requested: std is the root of cov.")
        if not (return_std or return_cov):
            return self._answers(
                X,
                lambda rows: self._shaped(self.mixture_.regress(self._known, rows, n_threads=self.n_threads)),
                None if getattr(self, "_one_output", True) else self.n_outputs_,
                noise_covariance,
            )
        points = Points(self._inputs(X), names=names_of(self))
        points = points if noise_covariance is None else measured_points(points, noise_covariance)
        mean, covariance = self.mixture_.regress(self._known, points, return_cov=True, n_threads=self.n_threads)
        if return_cov:
            return self._shaped(mean), covariance
        variances = np.diagonal(covariance, axis1=1, axis2=2)
        return self._shaped(mean), self._shaped(np.sqrt(np.maximum(variances, 0.0)))

    def sample_y(self, X: Any, n_samples: int = 1, random_state: int | np.random.RandomState | None = 0) -> Array:
        """Draw from p(y | X) of each row, shaped as by GaussianProcessRegressor.

        Parameters
        ----------
        X : array_like, shape (n, d)
            Rows in memory.
        n_samples : int
            Draws a row.
        random_state : int or numpy.random.RandomState, optional
            A seed, or what to draw from.

        Returns
        -------
        ndarray of float, shape (n, n_samples), or (n, m, n_samples) if y had two dimensions
            In units of y.
        """
        rows = self._inputs(X)
        if not is_whole(n_samples) or n_samples < 1:
            raise InputError(f"n_samples is {n_samples!r}: give a whole number >= 1.")
        random = check_random_state(random_state)
        mixture, known = self.mixture_, self._known
        free = np.arange(len(known), mixture.n_coordinates)
        k, kind = mixture.n_components, mixture.family
        gain, rest = kind.conditional(mixture.covariances, k, known, free)  # gain: (k, m, d)
        values, vectors = np.linalg.eigh(kind.part.dense(rest, k, len(free)))
        factor = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]  # where X tells all, rounding may go below 0
        given = mixture.marginal(known)
        ends = np.cumsum(given.responsibilities(rows, n_threads=self.n_threads), axis=1)  # (n, k)
        draws = random.uniform(size=(len(rows), n_samples)) * ends[:, -1:]
        chosen = np.zeros(draws.shape, np.intp)
        for end in ends[:, :-1].T:
            chosen += draws >= end[:, None]
        out = random.standard_normal((len(rows), n_samples, len(free)))
        for k in np.unique(chosen):
            row, column = np.nonzero(chosen == k)
            mean = mixture.means[k, free] + (rows[row] - given.means[k]) @ gain[k].T
            out[row, column] = mean + out[row, column] @ factor[k].T
        return np.asarray(out[:, :, 0] if self._one_output else out.transpose(0, 2, 1))

    @property
    def _known(self) -> Integers:
        return np.arange(self.n_features_in_)

    def _inputs(self, X: Any) -> Floats:
        check_is_fitted(self)
        return table(self, X, reset=False)

    def _shaped(self, outputs: Array) -> Array:
        return outputs[:, 0] if self._one_output else outputs


def _names(y: Any, m: int) -> tuple[str, ...]:
    """The names of the outputs: those given, of a frame or a series, else y, or y0, y1, ..."""
    given = [y] if isinstance(y, str) else y
    names = given if isinstance(given, list) else list(getattr(y, "columns", ())) or [getattr(y, "name", None)]
    if len(names) == m and all(isinstance(name, str) for name in names):
        return tuple(names)
    return ("y",) if m == 1 else tuple(f"y{i}" for i in range(m))
