"""EM accelerated by Nesterov's momentum.

EM is a slow ascent where components overlap: each step is a nearly constant share of the one before. Nesterov's
momentum continues each step in the direction of the last, further the longer it has gone well, and starts afresh
when the likelihood would fall. The loop takes such a step only if the likelihood rises, so that momentum can cost a
step but never an answer.

Parameters are mapped so that every point on the line is a mixture: log weights, means, and Cholesky factors with the
logarithms of their diagonals.

Sources: Nesterov 1983; O'Donoghue and Candes 2015 (restarts). Anderson's acceleration (Walker and Ni 2011) was tried
beside it: as good for a few overlapping components, worse than plain EM for a thousand, which converge each at a rate
of its own (docs/fast.md).
"""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from ..model.gaussian import Gaussians
from ..model.mixture import Mixture
from .regular import check_regular


class Momentum:
    """Where EM's last step led, and for how many steps the ascent has gone well."""

    age: int

    def __init__(self, last: Array | None = None, age: int = 0) -> None:
        self.last = last
        self.age = age

    def restart(self) -> None:
        """What was proposed did not raise the likelihood: begin with small momentum again."""
        self.age = 0

    def propose(self, image: Mixture) -> Mixture | None:
        """A mixture beyond `image`, the result of EM's step; None at a start, or where a component is dormant."""
        if not image.weights.all():
            self.last = None
            self.restart()
            return None
        vector, last = _to_vector(image), self.last
        self.last = vector
        share = self.age / (self.age + 3.0)
        self.age += 1
        if last is None or not share:
            return None
        return _from_vector(vector + share * (vector - last), image)


def length(mixture: Gaussians) -> int:
    """How many parameters without constraints there are: those of `Momentum.last`."""
    return int(mixture.n_components + mixture.means.size + mixture.family.to_vector(mixture.lower).size)


def _to_vector(mixture: Mixture) -> Array:
    """(p,) parameters without constraints."""
    factors = mixture.family.to_vector(mixture.lower)
    return np.concatenate([np.log(mixture.weights), mixture.means.ravel(), factors])


def _from_vector(vector: Array, like: Mixture) -> Mixture | None:
    """The mixture with these parameters, of the shape and type of `like`; None where they overflow."""
    (k, d), kind = like.means.shape, like.family
    log_weights, means, factors = vector[:k], vector[k : k + k * d].reshape(k, d), vector[k + k * d :]
    weights = np.exp(log_weights - log_weights.max())
    with np.errstate(over="ignore"):
        covariances = kind.nearby(kind.from_vector(factors, k, d))
    if not np.isfinite(covariances).all():
        return None
    try:
        found = Mixture.trusted(weights / weights.sum(), means.copy(), covariances, kind.name, names=like.names)
        check_regular(found)
        return found
    except ValueError:  # squared, a factor can be singular in rounding
        return None
