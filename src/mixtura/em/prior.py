"""What is known of a mixture before the points are seen: a conjugate prior, which keeps components from collapsing.

Independently for each component, with d coordinates,

    full    covariance ~ inverse Wishart(degrees, scale),  p(S) ~ |S|^-(degrees + d + 1)/2 exp(-tr(scale S^-1) / 2)
    diag    each variance ~ inverse gamma,                 p(v) ~ v^-(degrees + 2)/2 exp(-scale / 2v)
    spherical   the variance, likewise
    mean | covariance ~ N(prior mean, covariance / mean_precision)
    weights ~ Dirichlet(concentration)

and one covariance for all components when it is tied. Conjugate means that the prior acts as points do: mean_precision
points at the prior mean, with a scatter of `scale` about it, in each component. With n the component's mass, W its
scatter and xbar its mean, the most probable values given the responsibilities are

    weight = (n + concentration - 1) / (their sum)
    mean   = (n xbar + mean_precision m) / (n + mean_precision)
    S      = (W + scale + n mean_precision / (n + mean_precision) (xbar - m)(xbar - m)^T) / count

with count = n + degrees + d + 2 for full, n + degrees + 3 for diag, d n + degrees + d + 2 for spherical (and traces
above it), and N + degrees + d + 1 + k for tied, where N is the mass of all and W is summed over the components.

Source: Fraley and Raftery 2007, "Bayesian regularization for normal mixture estimation and model-based clustering",
Journal of Classification 24, whose defaults are ours: mean_precision 0.01, degrees d + 2, the mean and the covariance
of the points, the latter divided by k^(2/d), so that the k components fill the volume of the points together. Their
diag and spherical scales are the average over coordinates; ours for diag are each coordinate's own, so that the units
of the columns do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from ..errors import FitError, InputError, named
from ..model.checks import check_symmetric, is_finite, is_whole, numbers
from ..model.gaussian import ROUNDING, CovarianceType
from ..model.mixture import Mixture
from ..model.points import Points
from ..model.statistics import Statistics, reduced
from .fill import one_gaussian

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Prior:
    """A conjugate prior on the parameters of a mixture, for `fit(..., prior=...)`.

    mean: (d,) where the means are expected. mean_precision: > 0, how many points that expectation is worth.
    scale: what the scatter of a component is expected to be: (d, d) for full and tied, (d,) for diag, one number for
    spherical; in squared units of the points. degrees_of_freedom: how much that is worth; more than d - 1 for full
    and tied, more than 0 for diag and spherical; d + 2 by default. A component without points has the covariance
    scale / (degrees_of_freedom + d + 2), and one with n points no less than scale / (n + degrees_of_freedom + d + 2).
    concentration: >= 1, of the Dirichlet on the weights; 1 favours none, more draws them together.

    `Prior.default` makes one from the points. The formulas stand in `mixtura.em.prior`.

    >>> import mixtura as mx
    >>> prior = mx.Prior([0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]])
    >>> mx.fit([[0.0, 0.0], [1.0, 1.0]], 1, prior=prior, reg_covar=0).mixture.covariances.round(3).tolist()
    [[[0.15, 0.05], [0.05, 0.15]]]
    """

    mean: Array
    scale: Array
    covariance_type: CovarianceType = field(default="full", kw_only=True)
    mean_precision: float = field(default=0.01, kw_only=True)
    degrees_of_freedom: float = field(default=0.0, kw_only=True)
    concentration: float = field(default=1.0, kw_only=True)

    def __init__(
        self,
        mean: ArrayLike,
        scale: ArrayLike,
        covariance_type: CovarianceType = "full",
        *,
        mean_precision: float = 0.01,
        degrees_of_freedom: float | None = None,
        concentration: float = 1.0,
    ) -> None:
        if covariance_type not in get_args(CovarianceType):
            known = ", ".join(get_args(CovarianceType))
            raise InputError(f"{named('covariance_type')} is {covariance_type!r}: choose one of {known}.")
        centre = numbers(mean, "mean")
        if centre.ndim != 1 or not len(centre):
            raise InputError(f"mean has shape {centre.shape}, expected (d,) with d >= 1.")
        d = len(centre)
        matrix = covariance_type in ("full", "tied")
        degrees = d + 2.0 if degrees_of_freedom is None else degrees_of_freedom
        limits = (
            ("mean_precision", mean_precision, 0, ">"),
            ("degrees_of_freedom", degrees, d - 1 if matrix else 0, ">"),
            ("concentration", concentration, 1, ">="),
        )
        for name, value, least, sign in limits:
            if not is_finite(value) or value < least or (sign == ">" and value == least):
                raise InputError(f"{name} is {value!r}: give a finite number {sign} {least}.")
        put = object.__setattr__
        put(self, "mean", centre)
        put(self, "scale", _checked_scale(scale, covariance_type, d))
        put(self, "covariance_type", covariance_type)
        put(self, "mean_precision", float(mean_precision))
        put(self, "degrees_of_freedom", float(degrees))
        put(self, "concentration", float(concentration))
        for array in (self.mean, self.scale):
            array.flags.writeable = False

    @classmethod
    def default(
        cls,
        x: Any,
        n_components: int,
        covariance_type: CovarianceType = "full",
        *,
        sample_weight: ArrayLike | None = None,
        missing: bool = False,
    ) -> Prior:
        """The prior that Fraley and Raftery 2007 recommend for these points: weak, and of their size and place.

        x: (n, d) numbers, or Points. n_components: k, as for the fit.
        mean: that of the points. scale: their covariance / k^(2/d). mean_precision: 0.01. degrees_of_freedom: d + 2.
        missing: NaN marks a missing value; mean and covariance are then those of one fitted Gaussian.
        Raises FitError when the points fill no volume: a column is constant, or follows from others.
        """
        if not is_whole(n_components) or n_components < 1:
            raise InputError(f"{named('n_components')} is {n_components!r}: give a whole number >= 1.")
        points = x if isinstance(x, Points) else Points.from_array(x, sample_weight, missing=missing)
        rows = points.x if points.weight is None else points.x[points.weight > 0]
        check_varied(np.nanmin(rows, axis=0), np.nanmax(rows, axis=0))
        if points.incomplete:
            one = one_gaussian(points)
            mean, covariance = one.mean(), one.covariance()
        else:
            mean = np.asarray(np.average(points.x, axis=0, weights=points.weight), np.float64)
            away = points.x - mean
            weight = np.ones(points.n) if points.weight is None else points.weight
            covariance = (weight[:, None] * away).T @ away / points.total
        return cls.about(mean, covariance, n_components, covariance_type)

    @classmethod
    def about(cls, mean: Array, covariance: Array, n_components: int, covariance_type: CovarianceType) -> Prior:
        """The default prior of points with this mean (d,) and covariance (d, d)."""
        d = len(mean)
        scale = covariance / n_components ** (2.0 / d)
        shaped = reduced(scale[None], covariance_type)
        value = {"full": scale, "tied": scale, "diag": shaped[0]}.get(covariance_type, np.mean(np.diagonal(scale)))
        try:
            return cls(mean, value, covariance_type)
        except InputError as error:
            raise FitError(
                f"a column follows from others, so that no default prior fits the points ({error}) "
                f"Leave such columns out, or give a Prior with a scale of your own."
            ) from None

    @classmethod
    def of(cls, given: Any, points: Points, k: int, covariance_type: CovarianceType) -> Prior | None:
        """What `fit` was given as `prior`, checked against the points: a Prior, "default" or None."""
        if isinstance(given, str) and given == "default":
            return cls.default(points, k, covariance_type)
        return cls.checked(given, points.d, covariance_type)

    @classmethod
    def checked(cls, given: Any, d: int, covariance_type: CovarianceType) -> Prior | None:
        """A Prior for d coordinates, or None."""
        if given is None:
            return None
        if not isinstance(given, Prior):
            raise InputError(f'prior is {given!r}: give a Prior, "default" or None.')
        if given.covariance_type != covariance_type or len(given.mean) != d:
            raise InputError(
                f"prior is for {given.covariance_type} components in {len(given.mean)} coordinates, the fit has "
                f"{covariance_type} ones in {d}: make them agree."
            )
        return given

    def __repr__(self) -> str:
        return (
            f"<Prior on {self.covariance_type} components in {len(self.mean)} coordinates: mean_precision "
            f"{self.mean_precision:g}, degrees_of_freedom {self.degrees_of_freedom:g}, "
            f"concentration {self.concentration:g}>"
        )

    def log_density(self, mixture: Mixture) -> float:
        """The log of the prior density of a mixture's parameters, in nats, but for a constant."""
        k, d = mixture.means.shape
        w = mixture.whitener
        diagonal = w if w.ndim == 2 else np.diagonal(w, axis1=1, axis2=2)
        log_precision = 2.0 * np.log(diagonal)  # sums to -log |S| over the coordinates
        away = mixture.means - self.mean
        kind = mixture.covariance_type
        if kind in ("full", "tied"):
            far = (w @ away[:, :, None])[:, :, 0]
            spread = np.square(w @ np.linalg.cholesky(self.scale)).sum()  # of tr(scale S^-1)
            log_precision = log_precision.sum()
            power = self.degrees_of_freedom + d + 1 + (1 if kind == "full" else k)
        else:
            far = w * away
            if kind == "spherical":
                w, log_precision = w[:, :1], log_precision[:, :1]
            spread = (w**2 * self.scale).sum()
            log_precision = log_precision.sum()
            power = self.degrees_of_freedom + 2 + (d if kind == "spherical" else 1)
        means = self.mean_precision * np.square(far).sum()
        weights = xlogy(self.concentration - 1.0, mixture.weights).sum()
        return float(0.5 * (power * log_precision - spread - means) + weights)

    def added(self, statistics: Statistics, mixture: Mixture) -> Statistics:
        """The statistics with those of the points that the prior is worth."""
        return with_points(statistics, mixture, self.mean, self.mean_precision, self.scale)

    def narrowing(self, sums: Statistics) -> Array | float:
        """What scatter / mass has to be multiplied by to be scatter / count; `sums` is with the prior's points."""
        k, d = sums.first.shape
        extra = self.degrees_of_freedom - self.mean_precision
        match self.covariance_type:
            case "full":
                return np.asarray(sums.mass / (sums.mass + extra + d + 2.0))[:, None, None]
            case "diag":
                return np.asarray(sums.mass / (sums.mass + extra + 3.0))[:, None]
            case "spherical":
                points = sums.mass - self.mean_precision
                return np.asarray(d * sums.mass / (d * points + self.degrees_of_freedom + d + 2.0))
            case _:
                mass = sums.mass.sum()
                return float(mass / (mass - k * self.mean_precision + self.degrees_of_freedom + d + 1.0 + k))


def check_varied(low: NDArray[Any], high: NDArray[Any]) -> None:
    """Raise FitError when a column has one value only, its least being its largest."""
    if (low == high).any():
        raise FitError(
            f"column {int((low == high).argmax())} is constant, so that no default prior fits the points: leave it "
            f"out, or give a Prior with a scale of your own."
        )


def with_points(statistics: Statistics, mixture: Mixture, mean: Array, count: float, scatter: Array) -> Statistics:
    """The statistics with `count` points more in each component, at `mean` (d,), and a scatter about it.

    mixture: the one that the statistics are about. scatter: in the shape of one component's second moments.
    """
    kind = mixture.covariance_type
    away = mean - mixture.means
    outer = count * (away**2 if kind in ("diag", "spherical") else away[:, :, None] * away[:, None, :])
    second = {"spherical": outer.sum(axis=-1), "tied": outer.sum(axis=0)}.get(kind, outer) + scatter
    return Statistics(
        statistics.mass + count,
        statistics.first + count * away,
        statistics.second + second,
        statistics.log_likelihood,
        statistics.total,
    )


def _checked_scale(scale: Any, kind: CovarianceType, d: int) -> Array:
    """`scale` in the shape of one component's covariance, positive definite."""
    given = numbers(scale, "scale")
    expected = {"diag": (d,), "spherical": ()}.get(kind, (d, d))
    if given.shape != expected:
        raise InputError(f"scale has shape {given.shape}, expected {expected} for {kind!r} in {d} coordinates.")
    if given.ndim == 2:
        check_symmetric(given[None])
        given = 0.5 * (given + given.T)
        deviation = np.sqrt(np.abs(np.diagonal(given)))
        unit = np.where(deviation > 0, deviation, 1.0)
        least = float(np.linalg.eigvalsh(given / np.outer(unit, unit))[0])  # whatever the units of the coordinates
    else:
        least = float(given.min())
    if least <= (ROUNDING * d if given.ndim == 2 else 0.0):
        raise InputError(
            f"scale is not positive definite (smallest eigenvalue {least:.2g}, it must be > 0): a prior needs a width "
            f"in every direction."
        )
    return given
