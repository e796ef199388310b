"""The directions in which the components of a mixture differ most."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import InputError

if TYPE_CHECKING:
    from .mixture import Mixture


class Directions(NamedTuple):
    """Directions that separate components.

    Attributes
    ----------
    matrix : ndarray, shape (d, d)
        Its columns: coordinates along them are ``(x - mixture.mean()) @ matrix``; of the whole mixture these are
        uncorrelated, with variance 1.
    separation : ndarray, shape (d,)
        How much components differ along each, falling; 0 where they do not.
    """

    matrix: Array
    separation: Array


def directions(mixture: Mixture) -> Directions:
    """Eigenvectors of what differs between components, in coordinates in which the whole is round."""
    weights, means, matrices = mixture.weights, mixture.means, mixture.matrices
    if np.count_nonzero(weights) < 2:
        raise InputError("the mixture has one component with weight, which nothing separates: give one of two or more.")
    whole, within = mixture.covariance(), np.einsum("k,kij->ij", weights, matrices)
    white = np.linalg.inv(np.linalg.cholesky(whole))  # makes the whole round
    means = (means - mixture.mean()) @ white.T  # (k, d)
    between = np.einsum("k,ki,kj->ij", weights, means, means)
    apart = white @ (matrices - within) @ white.T  # (k, d, d)
    separation, vectors = np.linalg.eigh(between @ between + np.einsum("k,kij,kjl->il", weights, apart, apart))
    matrix = white.T @ vectors[:, ::-1]
    largest = np.take_along_axis(matrix, np.abs(matrix).argmax(axis=0)[None], axis=0)[0]
    return Directions(matrix * np.where(largest < 0, -1.0, 1.0), np.maximum(separation[::-1], 0.0))
