"""Statistics: all that an E-step has to say, in a form that adds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Statistics:
    """The sufficient statistics of an E-step: sums over points of responsibilities r, about the means of the mixture.

    Attributes
    ----------
    mass : ndarray of float, shape (k,)
        The sum of r.
    first : ndarray of float, shape (k, d)
        The sum of r (x - mean).
    second : ndarray of float, in the shape of the covariances
        The sum of r (x - mean)(x - mean)^T: full (k, d, d); tied (d, d), summed over the components too; diag (k, d),
        the squares alone; spherical (k,), their sum over the coordinates.
    log_likelihood : float
        The sum of weight times log density, in nats.
    total : float
        The sum of the weights.

    Notes
    -----
    The statistics of two sets of points add to those of their union. Nothing cancels, since the moments are taken about
    the current means: covariance = second / mass - delta delta^T with delta = first / mass small.

    Examples
    --------
    >>> part = Statistics(np.array([2.0]), np.array([[0.5]]), np.array([[[1.0]]]), -3.0, 2.0)
    >>> (part + part).mass, (part + part).mean_log_likelihood
    (array([4.]), -1.5)
    """

    mass: Array
    first: Array
    second: Array
    log_likelihood: float
    total: float

    def __add__(self, other: Statistics) -> Statistics:
        return Statistics(
            self.mass + other.mass,
            self.first + other.first,
            self.second + other.second,
            self.log_likelihood + other.log_likelihood,
            self.total + other.total,
        )

    def scaled(self, factor: float) -> Statistics:
        """The statistics of the same points, with other weights.

        Parameters
        ----------
        factor : float
            What every weight is multiplied by.

        Returns
        -------
        Statistics
            Each sum times the factor.
        """
        parts = (self.mass, self.first, self.second, self.log_likelihood, self.total)
        return Statistics(*(factor * part for part in parts))  # type: ignore[arg-type]

    @property
    def mean_log_likelihood(self) -> float:
        """The log likelihood per unit of weight."""
        return self.log_likelihood / self.total


def summed(parts: Iterable[Statistics]) -> Statistics:
    """The sum of statistics that come one after the other, pairwise in a tree over their numbers.

    Which are added to which depends on how many there are alone, so the same parts give the same bits, whoever made
    them and when; rounding grows with the logarithm of their number, and so does memory. There is one part at least.
    """
    waiting: list[tuple[int, Statistics]] = []  # how many parts, and their sum: fewer and fewer
    for part in parts:
        count = 1
        while waiting and waiting[-1][0] == count:
            part = waiting.pop()[1] + part
            count *= 2
        waiting.append((count, part))
    total = waiting.pop()[1]
    while waiting:
        total = waiting.pop()[1] + total
    return total
