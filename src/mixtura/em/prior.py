"""A conjugate prior on the parameters of a mixture: maximum a posteriori estimates, which do not collapse.

Independently for each component, with d coordinates,

    full    covariance ~ inverse Wishart(degrees, scale),  p(S) ~ |S|^-(degrees + d + 1)/2 exp(-tr(scale S^-1) / 2)
    diag    each variance ~ inverse gamma,                 p(v) ~ v^-(degrees + 2)/2 exp(-scale / 2v)
    spherical   the variance, likewise
    mean | covariance ~ N(prior mean, covariance / mean_precision)
    weights ~ Dirichlet(concentration)

and one covariance for all components when it is shared (tied, EEI, EII). Where components share their volume, shape or
orientation alone, the prior of the full ones, or the diagonal ones, is restricted to the covariances of the family, so
that their M-step finds its mode too. Conjugate means that the prior acts as points do: mean_precision
pseudo-observations at the prior mean, with a scatter of `scale` about it, in each component. With n the component's
mass, W its scatter and xbar its mean, the mode given the responsibilities is at

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
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from ..checks import check_symmetric, is_finite, is_whole, numbers
from ..errors import FitError, InputError, named
from ..model.families import ROUNDING, CovarianceType, Family, family
from ..model.gaussian import Gaussians
from ..model.mixture import Mixture
from ..model.statistics import Statistics
from ..sources import asked
from ..sources.points import Points
from ..sources.source import Source
from .moments import moments
from .regular import OWN
from .settings import constant_columns


@dataclass(frozen=True, eq=False, repr=False)
class Prior:
    """A conjugate prior on the parameters of a mixture, for maximum a posteriori estimation by `fit(..., prior=...)`.

    It keeps components from collapsing onto points. `Prior.default` makes one from the points.

    Parameters
    ----------
    mean : array_like of float, shape (d,)
        Where the means are expected.
    scale : array_like of float, shape of one component's covariance
        The scatter that the prior is worth: (d, d) for full and tied, (d,) for diag, one number for spherical, and
        likewise for others that are matrices, variances, or one variance; in squared units of the points.
    covariance_type : str
        Of the mixtures, as for `fit`.
    mean_precision : float
        > 0, how many points the expected mean is worth.
    degrees_of_freedom : float, optional
        How much `scale` is worth: more than d - 1 for matrices (full, tied), more than 0 for variances (diag,
        spherical); by default d + 2.
    concentration : float
        >= 1, of the Dirichlet distribution of the weights; 1 is uniform, more draws the weights together.

    Raises
    ------
    InputError
        If a parameter has a wrong shape or is out of range.

    Notes
    -----
    Independently for each component, the covariance has an inverse Wishart distribution (for diag and spherical, each
    variance an inverse gamma one), the mean given it a normal distribution with covariance / mean_precision; tied
    components share one covariance, and where families share something else, only their members count. A full component
    without points has the covariance ``scale / (degrees_of_freedom + d + 2)``, one with n points no less than ``scale /
    (n + degrees_of_freedom + d + 2)``.

    References
    ----------
    Fraley and Raftery 2007, whose defaults these are.

    Examples
    --------
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
        family(covariance_type)
        centre = numbers(mean, "mean")
        if centre.ndim != 1 or not len(centre):
            raise InputError(f"{named('mean')} has shape {centre.shape}, expected (d,) with d >= 1.")
        d = len(centre)
        kind = family(covariance_type, d)
        degrees = d + 2.0 if degrees_of_freedom is None else degrees_of_freedom
        limits = (
            ("mean_precision", mean_precision, 0, ">"),
            ("degrees_of_freedom", degrees, kind.least_degrees(d), ">"),
            ("concentration", concentration, 1, ">="),
        )
        put = object.__setattr__
        for name, value, least, sign in limits:
            if not is_finite(value) or value < least or (sign == ">" and value == least):
                raise InputError(f"{named(name)} is {value!r}: give a finite number {sign} {least}.")
            put(self, name, float(value))
        put(self, "mean", centre)
        put(self, "scale", _checked_scale(scale, kind, d))
        put(self, "covariance_type", kind.name)
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
        n_threads: int | None = None,
    ) -> Prior:
        """The prior that Fraley and Raftery recommend for these points: weak, and of their location and size.

        Parameters
        ----------
        x : array_like, shape (n, d), or any other data
            As for `fit`.
        n_components : int
            k, as for the fit.
        covariance_type : str
            Of the mixtures, as for `fit`.
        sample_weight : array_like of float, shape (n,), optional
            Weights >= 0.
        missing : bool
            Whether NaN marks missing values; mean and covariance are then those of one Gaussian, fitted by EM.
        n_threads : int, optional
            Threads at most; by default all.

        Returns
        -------
        Prior
            With the mean of the points, their covariance / k^(2/d) as scale, mean_precision 0.01 and degrees_of_freedom
            d + 2.

        Raises
        ------
        FitError
            If the covariance of the points is singular: a column is constant, or follows from others.

        References
        ----------
        Fraley and Raftery 2007.
        """
        if not is_whole(n_components) or n_components < 1:
            raise InputError(f"{named('n_components')} is {n_components!r}: give a whole number >= 1.")
        source = asked(x, sample_weight, missing=missing)
        if isinstance(source, Points):
            source = source.take(None)
        survey = source.survey()
        if constant := constant_columns(source):
            raise FitError(
                f"{constant} constant, so that no default prior fits the points: leave such a column out, or give a "
                f"Prior with a scale of your own."
            )
        mean, scatter = moments(source, covariance_type, n_threads)
        scale = scatter / survey.total / n_components ** (2.0 / len(mean))
        if family(covariance_type).triangular:
            deviation = np.sqrt(np.diagonal(scale))
            least = float(np.linalg.eigvalsh(scale / np.outer(deviation, deviation))[0])
            limit = 4.0 * OWN * len(mean)  # all points are summed at once, which rounds more
            if not least > limit:
                raise FitError(
                    f"a column follows from others, so that no default prior fits the points (the smallest eigenvalue "
                    f"of their correlations is {least:.2g}, it must be > {limit:.2g}). Leave such columns out, or give "
                    f"a Prior with a scale of your own."
                )
        return cls(mean, scale, covariance_type)

    @classmethod
    def of(
        cls, given: Any, source: Source, k: int, covariance_type: CovarianceType, n_threads: int | None = None
    ) -> Prior | None:
        """What `fit` was given as `prior`, checked against the points.

        Parameters
        ----------
        given : Prior, "default" or None
            As it was given.
        source : Source
            The points.
        k : int
            The number of components.
        covariance_type : str
            Of the fit.
        n_threads : int, optional
            Threads at most; by default all.

        Returns
        -------
        Prior or None
            None for a plain fit.

        Raises
        ------
        InputError
            If it is of another covariance type or number of coordinates.
        """
        if isinstance(given, str) and given == "default":
            return cls.default(source, k, covariance_type, n_threads=n_threads)
        d = source.survey().d
        if given is None:
            return None
        if not isinstance(given, Prior):
            raise InputError(f'{named("prior")} is {given!r}: give a Prior, "default" or None.')
        if given.covariance_type != covariance_type or len(given.mean) != d:
            raise InputError(
                f"{named('prior')} is for {given.covariance_type} components in {len(given.mean)} coordinates, the fit "
                f"has {covariance_type} ones in {d}: make them agree."
            )
        return given

    def __repr__(self) -> str:
        return (
            f"<Prior on {self.covariance_type} components in {len(self.mean)} coordinates: mean_precision "
            f"{self.mean_precision:g}, degrees_of_freedom {self.degrees_of_freedom:g}, "
            f"concentration {self.concentration:g}>"
        )

    def log_density(self, mixture: Mixture) -> float:
        """The log prior density of a mixture's parameters, up to an additive constant.

        Parameters
        ----------
        mixture : Mixture
            Of the covariance type and the number of coordinates of the prior.

        Returns
        -------
        float
            In nats.
        """
        from scipy.special import xlogy  # half of the time that importing `fit` would take

        (k, d), kind, w = mixture.means.shape, mixture.family, mixture.whitener
        away = mixture.means - self.mean
        if kind.triangular:
            far, diagonal = (w @ away[:, :, None])[:, :, 0], np.diagonal(w, axis1=1, axis2=2)
        else:
            far, diagonal = w * away, w
        each = 2.0 * np.log(diagonal).sum() * (k / len(w))  # -ln |S| summed over the components
        once = each / (kind.pooled(d) * (k if kind.shared else 1))  # and over the variances that differ
        power = kind.power(self.degrees_of_freedom, d)
        means = self.mean_precision * np.square(far).sum()
        weights = xlogy(self.concentration - 1.0, mixture.weights).sum()
        return float(0.5 * (power * once + each - kind.traces(w, self.scale) - means) + weights)

    def added(self, statistics: Statistics, mixture: Mixture) -> Statistics:
        """The statistics with those of the points that the prior is worth.

        Parameters
        ----------
        statistics : Statistics
            Of the points.
        mixture : Mixture
            That the statistics are about.

        Returns
        -------
        Statistics
            With `mean_precision` points more at `mean` in each component, and the scatter `scale`.
        """
        return with_points(statistics, mixture, self.mean, self.mean_precision, self.scale)

    def counts(self, sums: Statistics) -> Array:
        """What the scatter is divided by at the mode, in place of the mass.

        Parameters
        ----------
        sums : Statistics
            With the points of the prior, see `added`.

        Returns
        -------
        ndarray of float, shape (k,), or () for tied
            The counts; for spherical, of coordinates.
        """
        mass = sums.mass - self.mean_precision
        return family(self.covariance_type).counts(mass, self.degrees_of_freedom, sums.first.shape[1])


def with_points(statistics: Statistics, mixture: Gaussians, mean: Array, count: float, scatter: Array) -> Statistics:
    """The statistics with `count` points more in each component, at `mean` (d,), and a scatter about it.

    mixture: the one that the statistics are about. scatter: in the shape of one component's second moments.
    """
    away = mean - mixture.means
    second = mixture.family.moments(np.full((len(away), 1), count), away[:, None])
    return Statistics(
        statistics.mass + count,
        statistics.first + count * away,
        statistics.second + (second + scatter),
        statistics.log_likelihood,
        statistics.total,
    )


def _checked_scale(scale: Any, kind: Family, d: int) -> Array:
    """`scale` in the shape of one component's covariance, positive definite."""
    given = numbers(scale, "scale")
    expected = kind.component_shape(d)
    if given.shape != expected:
        raise InputError(
            f"{named('scale')} has shape {given.shape}, expected {expected} for {kind.name!r} in {d} coordinates."
        )
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
            f"{named('scale')} is not positive definite (smallest eigenvalue {least:.2g}, it must be > 0): a prior "
            f"needs a width in every direction."
        )
    return given
