"""Entropy and divergence of mixtures, in nats.

Neither has a closed form for more than one component. So both come as an estimate from samples with its standard
error, between two bounds that hold for certain; an estimate that chance puts outside them is moved to the nearer one.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import Array
from ..checks import Rng, is_whole, random_generator
from ..errors import InputError
from . import pairs
from .gaussian import LOG_2PI

if TYPE_CHECKING:
    from .mixture import Mixture

ROUNDS = 200  # of the variational bound; each holds
SETTLED = 1e-9  # nats: a round that gains less is the last
BLOCK = 2**22  # responsibilities at once


@dataclass(frozen=True, repr=False)
class Estimate:
    """A number in nats, estimated from samples, between exact bounds."""

    estimate: float
    standard_error: float
    lower: float
    upper: float

    def __repr__(self) -> str:
        said = f"{self.estimate:.5g} ± {self.standard_error:.1g} nats"
        return f"<{type(self).__name__} {said}, between {self.lower:.5g} and {self.upper:.5g}>"


class Entropy(Estimate):
    """The differential entropy -E[ln p(x)] of a mixture, in nats.

    Attributes
    ----------
    estimate : float
        From samples.
    standard_error : float
        Of the estimate. It misses an overlap of components so slight that no sample falls into it; the bounds do not.
    lower, upper : float
        Certain bounds; an estimate outside them is moved to the nearer one.
    """


@dataclass(frozen=True, repr=False)
class Divergence(Estimate):
    """The Kullback-Leibler divergence KL(p || q), the mean under p of ln p(x) - ln q(x), in nats.

    Attributes
    ----------
    estimate : float
        From samples of p.
    standard_error : float
        Of the estimate.
    lower, upper : float
        Certain bounds; an estimate outside them is moved to the nearer one.
    variational : float
        The approximation of Hershey and Olsen, which needs no samples; it may be too low or too high.
    """

    variational: float


def entropy(mixture: Mixture, n_samples: int = 10_000, rng: Rng = None) -> Entropy:
    """Bounds from pairs of components, and the estimate from samples.

    The entropy is that of the components, on average, plus what a point tells of its component; only this is sampled,
    and for each sample it is known from all responsibilities. So the error is zero where components lie apart.
    Source: Kolchinsky and Tracey 2017 (both bounds); Huber et al. 2008 (the other lower bound).
    """
    from scipy.special import entr

    generator = _door(n_samples, rng)
    p = _awake(mixture)
    own = _own_entropies(p)
    lower, upper = _entropy_bounds(p, own)
    if p.n_components == 1:
        return Entropy(float(own[0]), 0.0, float(own[0]), float(own[0]))
    x = p.sample(n_samples, rng=generator)
    size = max(1, BLOCK // p.n_components)
    shares = (p.responsibilities(x[start : start + size]) for start in range(0, n_samples, size))
    doubt = np.concatenate([entr(part).sum(axis=1) for part in shares])  # (n,) the entropies of the responsibilities
    labels = -float(p.weights @ np.log(p.weights))
    estimate, error = _mean(float(p.weights @ own) + labels - doubt)
    return Entropy(min(max(estimate, lower), upper), error, lower, upper)


def kl(p: Mixture, q: Mixture, n_samples: int = 10_000, rng: Rng = None) -> Divergence:
    """KL(p || q): closed between Gaussians, else bounds and approximation from pairs, and the estimate from samples.

    Source: Hershey and Olsen 2007, sections 7 and 8; Durrieu, Thiran and Kelly 2012 (the other bounds).
    """
    generator = _door(n_samples, rng)
    pairs.check_comparable(p, q)
    p, q = _awake(p), _awake(q)
    across = pairs.divergences(p, q)
    pairs.check_finite(across)
    if across.size == 1:
        only = float(across[0, 0])
        return Divergence(only, 0.0, only, only, only)
    own = _own_entropies(p)
    low, high = _entropy_bounds(p, own)
    near = _log_average(q.weights, -across)  # (k,) at most the mean of ln q(x) in each component, plus its entropy
    variational = float(p.weights @ (_log_average(p.weights, -pairs.divergences(p, p)) - near))
    distance, log_determinant = pairs.sums(p, q)
    overlap = -0.5 * (distance + log_determinant + p.n_coordinates * LOG_2PI)
    lower = max(0.0, -float(p.weights @ _log_average(q.weights, overlap)) - high)
    upper = max(0.0, min(float(p.weights @ (own - near)) - low, _matched(p.weights, q.weights, across)))
    x = p.sample(n_samples, rng=generator)
    estimate, error = _mean(p.log_density(x) - q.log_density(x))
    lower = min(lower, upper)  # they may meet, but for rounding
    return Divergence(min(max(estimate, lower), upper), error, lower, upper, variational)


def _door(n_samples: int, rng: Rng) -> np.random.Generator:
    if not is_whole(n_samples) or n_samples < 2:
        raise InputError(f"n_samples is {n_samples!r}: an estimate with its error needs a whole number >= 2.")
    return random_generator(rng)


def _awake(mixture: Mixture) -> Mixture:
    """The components that have weight."""
    awake = mixture.weights > 0
    return mixture if awake.all() else mixture.subset(awake)


def _own_entropies(mixture: Mixture) -> Array:
    """(k,) the entropies of the components."""
    d = mixture.n_coordinates
    return 0.5 * (pairs.log_determinants(mixture) + d * (1.0 + LOG_2PI))


def _entropy_bounds(p: Mixture, own: Array) -> tuple[float, float]:
    w, d = p.weights, p.n_coordinates
    distance, log_determinant = pairs.sums(p, p)
    halves = 0.25 * (log_determinant.diagonal()[:, None] + log_determinant.diagonal())
    # Bhattacharyya's distance of two Gaussians, under the mean of their covariances.
    bhattacharyya = 0.25 * distance + 0.5 * log_determinant - halves
    overlap = -0.5 * (distance + log_determinant + d * LOG_2PI)
    mean = float(w @ own)
    lower = max(mean - float(w @ _log_average(w, -bhattacharyya)), -float(w @ _log_average(w, overlap)))
    one = np.inf
    with suppress(InputError):  # it overflows
        one = 0.5 * (float(np.linalg.slogdet(p.covariance())[1]) + d * (1.0 + LOG_2PI))  # no density spreads better
    upper = min(mean - float(w @ _log_average(w, -pairs.divergences(p, p))), one)
    return min(lower, upper), upper  # they may meet, but for rounding


def _log_average(weights: Array, logs: Array) -> Array:
    """(k,) ln of sum over j of weights[j] exp(logs[:, j])."""
    from scipy.special import logsumexp

    return np.asarray(logsumexp(logs, axis=1, b=weights))


def _matched(here: Array, there: Array, across: Array) -> float:
    """The variational upper bound: both mixtures cut into k l parts, part against part, cut as well as can be.

    Source: Hershey and Olsen 2007, section 8.
    """
    from scipy.special import logsumexp

    a, b = np.log(here)[:, None], np.log(there)
    other = a + b  # (k, l) ln of the parts of q; each column sums to its weight
    bound = np.inf
    for _ in range(ROUNDS):
        mine = other - across
        mine += a - logsumexp(mine, axis=1, keepdims=True)
        last, bound = bound, float((np.exp(mine) * (mine - other + across)).sum())
        if last - bound < SETTLED:
            break
        other = mine + b - logsumexp(mine, axis=0)
    return min(last, bound)


def _mean(values: Array) -> tuple[float, float]:
    """The mean of samples and its standard error."""
    pairs.check_finite(values)
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
