"""Gaussians in numbers: inverse Cholesky factors and log densities, in the kernels' two forms of a factor.

`lower` is L with covariance = L L^T, `whiten` gives W = L^-1, so that z = W (x - mean) is standard normal. The forms,
triangular and diagonal, are those of `families`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernels import gaussians as kernels
from . import triangles
from .families import COVARIANCE_TYPES, CovarianceType, Family, family

__all__ = ["COVARIANCE_TYPES", "LOG_2PI", "CovarianceType"]

Array = NDArray[np.float64]
LOG_2PI = math.log(2.0 * math.pi)


class Gaussians:
    """What an E-step has to know of k Gaussians. A Mixture is that, and so is a Posterior over mixtures."""

    means: Array
    covariance_type: CovarianceType
    names: tuple[str, ...] | None
    lower: Array
    """Cholesky factors: (k, d, d), (1, d, d) for tied, (k, d) standard deviations for diag and spherical."""
    whitener: Array
    """The inverses of `lower`, of the same shape: z = whitener (x - mean) is standard normal."""

    @property
    def log_scales(self) -> Array:
        """(k,) the log of each component's weighted density at its own mean."""
        raise NotImplementedError

    @property
    def family(self) -> Family:
        """The record of all that depends on the covariance type."""
        return family(self.covariance_type)

    @property
    def n_components(self) -> int:
        """k, the number of components."""
        return int(self.means.shape[0])

    @property
    def n_coordinates(self) -> int:
        """d, the number of coordinates."""
        return int(self.means.shape[1])


def arrays(mixture: Gaussians) -> kernels.Gaussians:
    """Its arrays, for kernels."""
    return kernels.Gaussians(mixture.means, mixture.lower, mixture.whitener, mixture.log_scales)


def whiten(factor: Array) -> Array:
    """W = L^-1, of the same shape as the factor."""
    if factor.ndim == 2:
        return 1.0 / factor
    return triangles.inverse(factor)


def log_scales(weights: Array, whitener: Array) -> Array:
    """(k,) log weight - d/2 log(2 pi) + log det W: a component's weighted log density at its mean."""
    diagonal = whitener if whitener.ndim == 2 else whitener.diagonal(axis1=1, axis2=2)
    d = diagonal.shape[1]
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(weights) - 0.5 * d * LOG_2PI + np.log(diagonal).sum(axis=1))


def weighted_log_densities(x: NDArray[Any], means: Array, whitener: Array, scales: Array) -> Array:
    """(n, k) log of weight times density. The obvious form; memory n k."""
    out = np.empty((len(x), len(means)))
    for component, mean in enumerate(means):
        w = whitener[component if len(whitener) > 1 else 0]
        with np.errstate(over="ignore", invalid="ignore"):
            difference = x - mean
            z = difference * w if whitener.ndim == 2 else difference @ w.T
            squares = np.einsum("nd,nd->n", z, z)
        squares[np.isnan(squares)] = np.inf  # an infinite distance in some coordinate, times 0
        out[:, component] = scales[component] - 0.5 * squares
    return out
