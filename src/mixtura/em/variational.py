"""Variational Bayes: a posterior distribution over the parameters, rather than a point estimate.

With a conjugate prior (`Belief`), the posterior over the parameters is approximated by one that factorises,

    q = q(weights) prod over k of N(mean_k | m_k, (beta_k Lambda_k)^-1) Wishart(Lambda_k | W_k, nu_k),

and the E-step and the M-step become

    responsibility  ~  exp(E[ln weight] + E[ln |Lambda|] / 2 - d / (2 beta) - nu (x - m)^T W (x - m) / 2)
    beta = beta_0 + n,   nu = nu_0 + n,   m = (beta_0 m_0 + n xbar) / beta,
    W^-1 = W_0^-1 + scatter + beta_0 n / beta (xbar - m_0)(xbar - m_0)^T,

n being a component's mass. The E-step is that of a mixture with the means m, the covariances (nu W)^-1 and other
weights, so that every engine can do it: a `Posterior` has these. The weights are

    dirichlet_distribution   q = Dirichlet(alpha), alpha_k = alpha_0 + n_k
    dirichlet_process        weight_k = v_k prod over j < k of (1 - v_j), by stick-breaking, with
                             q(v_k) = Beta(1 + n_k, alpha_0 + n of the components after k)

What rises is the evidence lower bound (ELBO) on ln p(points): the entropy of the responsibilities, plus the log
normaliser of q. Here it is taken once q has followed the responsibilities, and without the terms that do not change.

The simpler covariances follow scikit-learn: diag and spherical ones keep the nu and the normaliser of the Wishart
distribution, which then count the angles that such covariances do not have; spherical scatters are means over the
coordinates; a tied covariance has nu = nu_0 + N / k, and a scatter of (sum over components) / k. All that is
consistent: each E-step is the derivative of the log normaliser, which is convex, so the bound rises with each step.
What reg_covar adds to n points is not seen by the E-step, so that a step can lower the bound: a little where variances
are far above it, by much where the prior has no width, as along a constant column, since there a component's variance
is in proportion to its mass. Such steps are taken, as in scikit-learn, which lead to fewer components; a climb that
refused them would end where reg_covar first matters, with whatever components are left then.

Sources: Bishop 2006, section 10.2 (read nu_0 + n in 10.63); Blei and Jordan 2006, "Variational inference for
Dirichlet process mixtures", Bayesian Analysis 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from scipy.special import betaln, digamma, gammaln

from ..arrays import Array
from ..errors import named
from ..model import gaussian
from ..model.families import EPS, Family, wide
from ..model.gaussian import Gaussians
from ..model.mixture import Mixture
from ..model.statistics import Statistics
from .objective import Objective
from .regular import OWN, OWN_WITH_MORE, Parts, check_regular, check_spread

WeightPrior = Literal["dirichlet_process", "dirichlet_distribution"]
PARAMETERS = ("concentration", "mean_precision", "degrees_of_freedom")  # of q, beside the mixture that is expected
LEAST = 10 * EPS  # the mass, as in scikit-learn, of a point at the origin that each component has beside its own
WEIGHT_PRIORS: tuple[WeightPrior, ...] = get_args(WeightPrior)


@dataclass(frozen=True, eq=False)
class Belief:
    """The prior distribution of the parameters.

    weights: how they are distributed. concentration: alpha_0 > 0, of each weight, or of the process.
    mean: m_0, (d,). mean_precision: beta_0 > 0. degrees_of_freedom: nu_0 > d - 1.
    scale: W_0^-1, in the shape of one component's covariance; its units are those of the points, squared.
    """

    weights: WeightPrior
    concentration: float
    mean: Array
    mean_precision: float
    degrees_of_freedom: float
    scale: Array


@dataclass(frozen=True, eq=False, repr=False)
class Posterior(Gaussians):
    """q: of the means m, the covariances (nu W)^-1, and the weights.

    To an engine it is the Gaussians of the E-step. It is no mixture: what these integrate to is less than one, by what
    q is unsure of.

    expected: the mixture of the expected weights, the means and the covariances.
    concentration: alpha, (k,), or for the process (2, k), the two parameters of each stick's Beta distribution.
    mean_precision: beta, (k,). degrees_of_freedom: nu, (k,), or () for shared covariances.
    """

    expected: Mixture
    concentration: Array
    mean_precision: Array
    degrees_of_freedom: Array

    def __post_init__(self) -> None:
        for name in ("means", "covariance_type", "names", "lower", "whitener"):
            object.__setattr__(self, name, getattr(self.expected, name))

    def __reduce__(self) -> tuple[Any, ...]:
        return Posterior, (self.expected, self.concentration, self.mean_precision, self.degrees_of_freedom)

    @cached_property
    def log_scales(self) -> Array:
        """(k,) what the E-step sees: the expected log of each component's weighted density at its mean."""
        d, nu = self.n_coordinates, self.degrees_of_freedom
        log_precision = d * (math.log(2.0) - np.log(nu)) + digamma(_halves(nu, d)).sum(axis=0)
        scales = expected_log_weights(self.concentration) + self._log_gauss
        scales = scales + 0.5 * (log_precision - d / self.mean_precision)
        scales.flags.writeable = False
        return np.asarray(scales)

    @cached_property
    def _log_gauss(self) -> Array:
        """(k,) the log of each component's density at its mean, were its covariance known."""
        return gaussian.log_scales(np.ones(self.n_components), self.whitener)

    @property
    def log_normaliser(self) -> float:
        """The log normaliser of q, up to an additive constant."""
        d, nu = self.n_coordinates, self.degrees_of_freedom
        log_det = self._log_gauss + 0.5 * d * gaussian.LOG_2PI
        wishart = nu * (log_det - 0.5 * d * np.log(nu)) + 0.5 * d * math.log(2.0) * nu
        wishart = wishart + gammaln(_halves(nu, d)).sum(axis=0)
        return float(log_normaliser(self.concentration) + wishart.sum() - 0.5 * d * np.log(self.mean_precision).sum())


@dataclass(frozen=True, eq=False)
class Variational(Objective):
    """The evidence lower bound (ELBO), in nats of all points together, under a prior.

    reg_covar: what is added to the variances of the points that each component has.
    """

    rescues: ClassVar[bool] = False  # a component may lose its points: that is how their number is found
    falls: ClassVar[bool] = True  # by reg_covar, as in scikit-learn
    belief: Belief = field(kw_only=True)

    @property
    def free(self) -> bool:
        """The prior gives the components a width."""
        return False

    def foreseen(self, mixture: Gaussians, statistics: Statistics) -> Posterior:
        """The q that follows the responsibilities, which the bound is of."""
        return self.maximise(statistics, mixture)

    def value(self, mixture: Gaussians, statistics: Statistics, after: Posterior | None = None) -> float:
        """The bound, once q has followed the responsibilities that `mixture` gave."""
        after = self.maximise(statistics, mixture) if after is None else after
        return entropy(statistics, mixture) + after.log_normaliser

    def maximise(self, statistics: Statistics, mixture: Gaussians, *, floored: bool = False) -> Posterior:
        """The q that is best, given the responsibilities that `mixture` gave."""
        belief, kind = self.belief, mixture.family
        k, d = mixture.means.shape
        mass = np.maximum(statistics.mass, 0.0)
        n = mass + LEAST
        away = statistics.first / np.where(mass > 0, mass, 1.0)[:, None]  # of the points' means, from those now
        centre = mixture.means + away
        toward = (mass / n)[:, None] * centre - belief.mean
        beta = n + belief.mean_precision
        sharing = k if kind.shared else 1
        parts = sharing * kind.pooled(d)  # how many scatters the second moments are the sum of
        scatter = statistics.second - kind.moments(mass[:, None], away[:, None]) + parts * belief.scale
        scatter = scatter + kind.moments(_least_scatter(mass, kind)[:, None], centre[:, None])
        scatter = scatter + kind.moments((n * belief.mean_precision / beta)[:, None], toward[:, None])
        mass = kind.total(n)  # (k,), or one number
        scatter = kind.widened(scatter, (kind.pooled(d) * mass * self.reg_covar)[..., None])
        nu = np.asarray(belief.degrees_of_freedom + mass / sharing)
        alpha = concentration(belief, n)
        weights, means, covariances = (
            expected_weights(alpha),
            belief.mean + (n / beta)[:, None] * toward,
            scatter / parts / wide(nu, scatter),
        )
        told = f"Raise {named('reg_covar')}, or give a covariance_prior."
        if not self.reg_covar:
            check_spread(Parts(weights, means, covariances, kind.name, mixture.names), advice=told)
        expected = Mixture.trusted(
            weights,
            means,
            covariances,
            kind.name,
            names=mixture.names,
            remedy=f"the prior has no width in some direction, nor have the points of a component. {told}",
        )
        check_regular(expected, least=OWN_WITH_MORE if self.reg_covar else OWN, advice=told)
        return Posterior(expected, alpha, beta, nu)

    def allowed(self, proposed: Gaussians, now: Gaussians) -> Gaussians:
        """`proposed`: everything is allowed."""
        return proposed

    def check_width(self, state: Gaussians) -> None:
        """Nothing: `maximise` does."""

    def attained(self, mixture: Gaussians, statistics: Statistics) -> Posterior:
        """The q that the bound is of."""
        return self.maximise(statistics, mixture)

    def shown(self, state: Posterior) -> Mixture:
        """The mixture that is expected."""
        return state.expected

    def arrays(self, state: Posterior) -> dict[str, Array]:
        """The parameters of q beside its expectation."""
        return {name: getattr(state, name) for name in PARAMETERS}

    def restored(self, mixture: Mixture, arrays: Mapping[str, Array]) -> Posterior:
        """The q with these."""
        return Posterior(mixture, *(arrays[name] for name in PARAMETERS))

    @property
    def believed(self) -> Belief:
        """The belief."""
        return self.belief


def entropy(statistics: Statistics, mixture: Gaussians) -> float:
    """The entropy of the responsibilities that `mixture` gave, summed over the points: -sum of r ln r, in nats.

    The log of a responsibility is the weighted log density of the component less that of the mixture, so the
    statistics tell the sum.
    """
    squares = mixture.family.traces(mixture.whitener, statistics.second)
    mass = np.maximum(statistics.mass, 0.0)
    return float(statistics.log_likelihood - mass @ mixture.log_scales + 0.5 * squares)


# The weights, of which q is a Dirichlet distribution, alpha (k,), or a Beta distribution of each stick, (2, k)


def concentration(belief: Belief, mass: Array) -> Array:
    """q(weights) given the masses (k,) of the components."""
    if belief.weights == "dirichlet_distribution":
        return np.asarray(belief.concentration + mass)
    alpha = np.empty((2, len(mass)))
    alpha[0], alpha[1] = 1.0 + mass, belief.concentration
    alpha[1, :-1] += np.cumsum(mass[:0:-1])[::-1]
    return alpha


def expected_weights(alpha: Array) -> Array:
    """(k,) the expected weights; those of a process, cut after k sticks, are divided by their sum."""
    if alpha.ndim == 1:
        return np.asarray(alpha / alpha.sum())
    weights, left = alpha / alpha.sum(axis=0)
    weights[1:] *= np.cumprod(left[:-1])
    return np.asarray(weights / weights.sum())


def expected_log_weights(alpha: Array) -> Array:
    """(k,) the expected logs of the weights."""
    logs = digamma(alpha) - digamma(alpha.sum(axis=0))
    if alpha.ndim == 1:
        return np.asarray(logs)
    logs[0, 1:] += np.cumsum(logs[1, :-1])
    return np.asarray(logs[0])


def log_normaliser(alpha: Array) -> float:
    """The log of what the density prod weight^(alpha - 1) integrates to."""
    if alpha.ndim == 1:
        return float(gammaln(alpha).sum() - gammaln(alpha.sum()))
    return float(betaln(alpha[0], alpha[1]).sum())


def _least_scatter(mass: Array, kind: Family) -> Array:
    """(k,) times the square of the points' means: what the point at the origin that has the mass LEAST adds.

    As in scikit-learn, whose full scatters are about the common mean of both, but without the point itself. Components
    of more than a point are spared it: far from the origin LEAST is not little.
    """
    part = LEAST / (mass + LEAST)
    return mass * (part**2 if kind.triangular and not kind.shared else part * np.maximum(1.0 - mass, 0.0))


def _halves(nu: Array, d: int) -> Array:
    """(d, k) (nu - i) / 2 for i < d; (d, 1) if nu is one number."""
    return np.asarray(0.5 * (np.atleast_1d(nu) - np.arange(d)[:, None]))
