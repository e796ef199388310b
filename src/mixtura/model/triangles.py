"""Cholesky factors and their inverses, of many small matrices a column of all of them at a time.

LAPACK is called once a matrix: for a thousand small ones, that takes five times as long as their arithmetic.
"""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager, nullcontext

import numpy as np
from numpy.typing import NDArray

from ..kernels.threads import single_blas

Array = NDArray[np.float64]
MANY, SMALL = 64, 10  # so many matrices, of at most so many rows, are worked together
FEW_ROWS = 8  # up to which BLAS keeps to one thread
WHOLE = 16  # rows up to which solving for the identity takes no longer than by halves


def cholesky(matrices: Array) -> Array:
    """(k, d, d) the lower factors L of matrices L L^T.

    Where one is not positive definite, LinAlgError, or a factor that holds NaN or a diagonal of 0.
    """
    if not _together(matrices):
        with _alone(matrices.shape[-1]):
            return np.asarray(np.linalg.cholesky(matrices), np.float64)
    return by_columns(matrices)


def by_columns(matrices: Array) -> Array:
    """The same, never with an error."""
    rest = np.moveaxis(matrices, 0, 2).copy(order="C")  # (d, d, k): what the columns so far leave
    factor = np.zeros(rest.shape)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for j in range(len(rest)):
            factor[j:, j] = rest[j:, j] / np.sqrt(rest[j, j])
            below = factor[j + 1 :, j]
            rest[j + 1 :, j + 1 :] -= below[:, None] * below
    return np.moveaxis(factor, 2, 0).copy(order="C")


def inverse(factors: Array) -> Array:
    """(k, d, d) the inverses of lower triangular matrices, with exact zeros above the diagonal."""
    d = factors.shape[-1]
    if _together(factors):
        return inverse_by_columns(factors)
    if d <= WHOLE:
        with _alone(d):
            return np.where(_lower(d), np.linalg.inv(factors), 0.0)
    # By halves: products of blocks, of all matrices at once.
    half, out = d // 2, np.zeros(factors.shape)
    first, last = inverse(factors[:, :half, :half]), inverse(factors[:, half:, half:])
    out[:, :half, :half], out[:, half:, half:] = first, last
    with _alone(d):
        out[:, half:, :half] = -last @ (factors[:, half:, :half] @ first)
    return out


def inverse_by_columns(factors: Array) -> Array:
    """The same."""
    lower = np.moveaxis(factors, 0, 2).copy(order="C")
    found = np.zeros(lower.shape)
    for i, row in enumerate(lower):
        found[i, i] = 1.0 / row[i]
        found[i, :i] = -found[i, i] * np.einsum("jk,jlk->lk", row[:i], found[:i, :i])
    return np.moveaxis(found, 2, 0).copy(order="C")


def _alone(d: int) -> AbstractContextManager[None]:
    """BLAS on one thread, where matrices are so large that it may take several."""
    return nullcontext() if d <= FEW_ROWS else single_blas()


def _together(matrices: Array) -> bool:
    return len(matrices) >= MANY and matrices.shape[-1] <= SMALL


@functools.cache
def _lower(d: int) -> NDArray[np.bool_]:
    """(d, d) where a lower triangular matrix has its numbers."""
    return np.tri(d, dtype=bool)
