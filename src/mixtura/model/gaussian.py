"""Gaussians in numbers: Cholesky forms, log densities, conditionals, for all four types of covariance.

Covariances come in scikit-learn's shapes: full (k, d, d), tied (d, d), diag (k, d), spherical (k,). Inside, there are
two forms of a factor: triangular, (k, d, d) with (1, d, d) for tied, and diagonal, (k, d). `lower` is L with
covariance = L L^T; `whiten` is W = L^-1, so that z = W (x - mean) is standard normal.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NoReturn, get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import FitError, InputError

Array = NDArray[np.float64]
CovarianceType = Literal["full", "tied", "diag", "spherical"]
COVARIANCE_TYPES: tuple[CovarianceType, ...] = get_args(CovarianceType)

ROUNDING = 4 * float(np.finfo(np.float64).eps)  # of a variance, for each coordinate: below lies only rounding
LOG_2PI = math.log(2.0 * math.pi)


def shape(covariance_type: CovarianceType, k: int, d: int) -> tuple[int, ...]:
    """The shape of the covariances of k components in d coordinates."""
    return {"full": (k, d, d), "tied": (d, d), "diag": (k, d), "spherical": (k,)}[covariance_type]


def lower(covariances: Array, covariance_type: CovarianceType, k: int, d: int, remedy: str = "") -> Array:
    """The Cholesky factors: (k, d, d), (1, d, d) for tied, or (k, d) standard deviations.

    Raises InputError (FitError with a `remedy`) that names the component which is not positive definite.
    """
    if covariance_type in ("diag", "spherical"):
        variances = covariances if covariance_type == "diag" else np.repeat(covariances[:, None], d, axis=1)
        if not (variances > 0).all():
            component = int(np.argwhere(~(variances > 0))[0, 0])
            _not_positive(component, float(variances[component].min()), remedy)
        return np.sqrt(variances)
    matrices = covariances if covariance_type == "full" else covariances[None]
    try:
        factor = np.asarray(np.linalg.cholesky(matrices), np.float64)
    except np.linalg.LinAlgError:
        flat = np.array([_singular(matrix) for matrix in matrices])
    else:
        flat = _flat(factor, matrices)
        if not flat.any():
            return factor
    component = int(flat.argmax())
    values = np.linalg.eigvalsh(matrices[component])
    _not_positive(component, float(values[0]), remedy, ROUNDING * d * float(values[-1]))


def _singular(matrix: Array) -> bool:
    try:
        return bool(_flat(np.asarray(np.linalg.cholesky(matrix), np.float64), matrix))
    except np.linalg.LinAlgError:
        return True


def _flat(factor: Array, matrices: Array) -> NDArray[np.bool_]:
    """Whether a coordinate follows from those before it but for rounding: then it is chance that Cholesky ended."""
    pivots = np.diagonal(factor, axis1=-2, axis2=-1) ** 2
    variances = np.diagonal(matrices, axis1=-2, axis2=-1)
    return np.asarray((pivots <= ROUNDING * factor.shape[-1] * variances).any(axis=-1))


def _not_positive(component: int, smallest: float, remedy: str, limit: float = 0.0) -> NoReturn:
    text = (
        f"covariances[{component}] is not positive definite (smallest eigenvalue {smallest:.2g}, "
        f"it must be > {limit:.2g})"
    )
    if remedy:
        raise FitError(f"{text}: {remedy}")
    raise InputError(f"{text}: add a small number to its diagonal.")


def whiten(factor: Array) -> Array:
    """W = L^-1, of the same shape as the factor."""
    if factor.ndim == 2:
        return 1.0 / factor
    d = factor.shape[-1]
    if d <= 8:  # many small ones: batched, and exact zeros above the diagonal
        return np.tril(np.linalg.inv(factor))
    from scipy.linalg.lapack import dtrtri  # solving for the identity takes a hundred times as long

    return np.stack([dtrtri(matrix, lower=1)[0] for matrix in factor])


def log_scales(weights: Array, whitener: Array) -> Array:
    """(k,) log weight - d/2 log(2 pi) + log det W: a component's weighted log density at its mean."""
    diagonal = whitener if whitener.ndim == 2 else np.diagonal(whitener, axis1=1, axis2=2)
    d = diagonal.shape[1]
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(weights) - 0.5 * d * LOG_2PI + np.log(diagonal).sum(axis=1))


def weighted_log_densities(x: NDArray[Any], means: Array, whitener: Array, scales: Array) -> Array:
    """(n, k) log of weight times density. The obvious form; memory n k."""
    out = np.empty((len(x), len(means)))
    for component, mean in enumerate(means):
        w = whitener[component if len(whitener) > 1 else 0]
        difference = x - mean
        z = difference * w if whitener.ndim == 2 else difference @ w.T
        out[:, component] = scales[component] - 0.5 * np.einsum("nd,nd->n", z, z)
    return out


def dense(covariances: Array, covariance_type: CovarianceType, k: int, d: int) -> Array:
    """(k, d, d) matrices, whatever the type."""
    if covariance_type == "full":
        return covariances
    if covariance_type == "tied":
        return np.repeat(covariances[None], k, axis=0)
    variances = covariances if covariance_type == "diag" else np.repeat(covariances[:, None], d, axis=1)
    return np.asarray(variances[:, :, None] * np.eye(d))


def pick(covariances: Array, covariance_type: CovarianceType, axes: NDArray[np.intp]) -> Array:
    """The covariances of some of the coordinates."""
    if covariance_type == "spherical":
        return covariances
    if covariance_type == "diag":
        return covariances[:, axes]
    return covariances[..., axes[:, None], axes]


def split(
    covariances: Array, covariance_type: CovarianceType, k: int, on: NDArray[np.intp], free: NDArray[np.intp]
) -> tuple[Array, Array]:
    """(gain, rest): the regression of the coordinates `free` on the coordinates `on`, component by component.

    gain: (k, free, on) with E[free | on = v] = mean_free + gain (v - mean_on).
    rest: the covariances of `free` given `on`, in the shape of their type.
    Source: Bishop 2006, equations 2.81 and 2.82.
    """
    if covariance_type in ("diag", "spherical"):
        return np.zeros((k, len(free), len(on))), pick(covariances, covariance_type, free)
    matrices = covariances if covariance_type == "full" else covariances[None]
    known = np.linalg.cholesky(pick(matrices, "full", on))
    cross = matrices[:, on[:, None], free]  # (k, on, free)
    z = np.linalg.solve(known, cross)  # L^-1 cross
    gain = np.linalg.solve(known.transpose(0, 2, 1), z).transpose(0, 2, 1)
    rest = pick(matrices, "full", free) - z.transpose(0, 2, 1) @ z
    if covariance_type == "tied":
        return np.repeat(gain, k, axis=0), rest[0]
    return gain, rest
