"""How sure a mixture is, and all that is made of it: what replicates of a fit tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..checks import is_finite
from ..errors import InputError, named, said
from ..model.mixture import Mixture
from ..sources.tables import coordinate_names
from .resample import Method


@dataclass(frozen=True, eq=False)
class Replicate:
    """One fit to points drawn again, as a callback sees it.

    Attributes
    ----------
    number : int
        0, 1, ...
    mixture : Mixture or None
        The fit, its components in the order of the original; None where it could not be used.
    reason : str
        Why not.
    """

    number: int
    mixture: Mixture | None
    reason: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Interval:
    """A number, or a table of them, with how sure it is.

    Attributes
    ----------
    estimate : ndarray of float, any shape
        Of the fit.
    standard_error : ndarray of float, of that shape
        The standard deviation of the replicates.
    low, high : ndarray of float, of that shape
        The ends of the interval: quantiles of the replicates.
    level : float
        The share of the replicates between them.
    values : ndarray of float, shape (m, ...)
        The replicates.
    """

    estimate: Array
    standard_error: Array
    low: Array
    high: Array
    level: float
    values: Array

    @property
    def bias(self) -> Array:
        """The mean of the replicates, less the estimate."""
        return np.asarray(self.values.mean(axis=0) - self.estimate)

    def __repr__(self) -> str:
        if self.estimate.ndim:
            return f"<Interval of shape {self.estimate.shape}, level {self.level:g}, {len(self.values)} replicates>"
        ends = f"{self.low:.4g} to {self.high:.4g}"
        return f"<Interval {self.estimate:.4g} ± {self.standard_error:.2g}, {100 * self.level:g} %: {ends}>"


@dataclass(frozen=True, eq=False, repr=False)
class Bootstrap:
    """Fits to many sets of points drawn again, components matched, and what they tell of the original.

    Attributes
    ----------
    mixture : Mixture
        The original, climbed from to the tolerance of the replicates.
    replicates : tuple of Mixture
        Those that could be used, each with its components in the order of the original.
    method : {"bootstrap", "weighted", "parametric"}
        How the points were drawn.
    failures : tuple of str
        Why others could not be used.

    Examples
    --------
    >>> import mixtura as mx
    >>> x = mx.Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical").sample(400, rng=0)
    >>> found = mx.bootstrap(x, mx.fit(x, 2, rng=0), n=50, rng=0)
    >>> bool((found.means().standard_error < 0.12).all())
    True
    """

    mixture: Mixture
    replicates: tuple[Mixture, ...]
    method: Method
    failures: tuple[str, ...] = ()

    def weights(self, level: float = 0.95) -> Interval:
        """How sure the weights are.

        Parameters
        ----------
        level : float
            0 < level < 1, of the intervals.

        Returns
        -------
        Interval
            Of shape (k,).
        """
        return self.of(lambda mixture: mixture.weights, level)

    def means(self, level: float = 0.95) -> Interval:
        """How sure the means are.

        Parameters
        ----------
        level : float
            0 < level < 1, of the intervals.

        Returns
        -------
        Interval
            Of shape (k, d).
        """
        return self.of(lambda mixture: mixture.means, level)

    def covariances(self, level: float = 0.95) -> Interval:
        """How sure the covariances are.

        Parameters
        ----------
        level : float
            0 < level < 1, of the intervals.

        Returns
        -------
        Interval
            Of shape (k, d, d), whatever the covariance type.
        """
        return self.of(lambda mixture: mixture.matrices, level)

    def of(self, function: Callable[[Mixture], Any], level: float = 0.95) -> Interval:
        """How sure a function of the mixture is: a conditional mean, a density, the place of a mode.

        Parameters
        ----------
        function : callable
            Of a Mixture; gives a number or an array, always of one shape.
        level : float
            0 < level < 1, of the intervals.

        Returns
        -------
        Interval
            Of the shape of the function's values.

        Raises
        ------
        InputError
            If the function gives values that are no finite numbers, or of different shapes.

        Examples
        --------
        >>> import mixtura as mx
        >>> x = mx.Mixture([1.0], [[0.0, 0.0]], [[1.0, 4.0]], "diag").sample(500, rng=0)
        >>> found = mx.bootstrap(x, mx.fit(x, 1, rng=0), n=50, rng=0)
        >>> found.of(lambda mixture: float(mixture.probability({0: 0.0}, {}))).estimate.round(1)
        np.float64(0.5)
        """
        if not is_finite(level) or not 0 < level < 1:
            raise InputError(
                f"{named('level')} is {level!r}: an interval holds more than 0 and less than 1, such as 0.95."
            )
        if not callable(function):
            raise InputError(f"{named('function')} is {function!r}: give a function of a Mixture.")
        estimate = _asked(function, self.mixture, "the fit", None)
        values = np.stack(
            [_asked(function, each, f"replicate {i}", estimate.shape) for i, each in enumerate(self.replicates)]
        )
        tail = 0.5 * (1.0 - level)
        low, high = np.quantile(values, [tail, 1.0 - tail], axis=0)
        return Interval(estimate, values.std(axis=0, ddof=1), low, high, float(level), values)

    def rows(self, level: float = 0.95) -> list[dict[str, Any]]:
        """List all weights, means and covariances, as `pandas.DataFrame` and `csv.DictWriter` take them.

        Parameters
        ----------
        level : float
            0 < level < 1, of the intervals.

        Returns
        -------
        list of dict
            One a parameter: its component, what it is called, estimate, standard error, low and high.
        """
        names = coordinate_names(self.mixture.names, self.mixture.n_coordinates)
        d = len(names)
        weights, means, covariances = self.weights(level), self.means(level), self.covariances(level)
        out = []
        for k in range(self.mixture.n_components):
            out.append(_row(k, "weight", weights, (k,)))
            out += [_row(k, f"mean {names[i]}", means, (k, i)) for i in range(d)]
            for i in range(d):
                for j in range(i, d):
                    what = f"variance {names[i]}" if i == j else f"covariance {names[i]} {names[j]}"
                    out.append(_row(k, what, covariances, (k, i, j)))
        return out

    def __repr__(self) -> str:
        failed = f", {len(self.failures)} could not be used" if self.failures else ""
        return f"<Bootstrap ({self.method}): {len(self.replicates)} replicates{failed}; {self.mixture!r}>"


def _asked(function: Callable[[Mixture], Any], mixture: Mixture, who: str, shape: tuple[int, ...] | None) -> Array:
    """What a function gives, as an array of finite numbers."""
    given = function(mixture)
    try:
        value = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{named('function')} gives a {type(given).__name__} of {who}, expected a number or an array "
            f"({said(error)})."
        ) from None
    if shape is not None and value.shape != shape:
        raise InputError(
            f"{named('function')} gives the shape {value.shape} of {who}, and {shape} of the fit: one shape is needed."
        )
    if not np.isfinite(value).all():
        wrong = float(value[~np.isfinite(value)][0])
        raise InputError(f"{named('function')} gives {wrong} of {who}: only finite numbers have a spread.")
    return value


def _row(k: int, what: str, found: Interval, at: tuple[int, ...]) -> dict[str, Any]:
    numbers = {name: float(getattr(found, name)[at]) for name in ("estimate", "standard_error", "low", "high")}
    return {"component": k, "parameter": what, **numbers}
