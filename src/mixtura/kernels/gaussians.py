"""The arrays of k Gaussians as one argument, for all that works in NumPy alone."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray


class Gaussians(NamedTuple):
    """k Gaussians with weights: their log density at x is log_scale - |z|^2 / 2 with z = whitener (x - mean).

    means: (k, d). lower: Cholesky factors of their covariances, (k, d, d), (1, d, d) where all share one, or (k, d)
    standard deviations. whitener: the inverses, of the same shape. log_scales: (k,).
    """

    means: NDArray[Any]
    lower: NDArray[Any]
    whitener: NDArray[Any]
    log_scales: NDArray[Any]

    def some(self, which: Any) -> Gaussians:
        """Some of them, each with a covariance of its own."""
        return Gaussians(*(each[which] for each in self))
