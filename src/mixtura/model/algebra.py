"""Conditions, maps of space, products with a Gaussian, choices of components: from mixture to mixture, in closed form.

The covariance type stays where the result has it, and becomes full where it has not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import is_finite, members, numbers
from ..errors import InputError
from . import pairs
from .families import family
from .gaussian import LOG_2PI

if TYPE_CHECKING:
    from .mixture import Mixture

Array = NDArray[np.float64]

LARGEST = 1e300  # a covariance that can still be added and factorised


def condition(mixture: Mixture, known: NDArray[np.intp], free: NDArray[np.intp], given: Array) -> Mixture:
    """The mixture of the free coordinates where the known ones have the given values (m,)."""
    gain, rest = mixture.family.conditional(mixture.covariances, mixture.n_components, known, free)
    means = mixture.means[:, free] + np.einsum("kij,kj->ki", gain, given - mixture.means[:, known])
    weights = mixture.marginal(known).responsibilities(given[None])[0] if len(known) else mixture.weights
    names = None if mixture.names is None else [mixture.names[i] for i in free]
    return type(mixture)(weights, means, rest, mixture.family.part.name, names=names)


def transform(mixture: Mixture, matrix: ArrayLike, offset: ArrayLike | None) -> Mixture:
    """The mixture of matrix @ x + offset."""
    a = numbers(matrix, "matrix")
    if a.ndim != 2 or a.shape[1] != mixture.n_coordinates or not len(a):
        raise InputError(f"matrix has shape {a.shape}, expected (m, {mixture.n_coordinates}) with m >= 1.")
    length = np.abs(a).max(axis=1, keepdims=True)
    rank = np.linalg.matrix_rank(a / np.where(length > 0, length, 1.0))  # whatever the units of the rows
    if rank < len(a):
        raise InputError(f"matrix has rank {rank} for {len(a)} rows: the image would be flat.")
    b = np.zeros(len(a)) if offset is None else numbers(offset, "offset")
    if b.shape != (len(a),):
        raise InputError(f"offset has shape {b.shape}, expected ({len(a)},): one number a row of matrix.")
    kept, spreads = mixture.family.image(mixture.covariances, mixture.n_components, a)
    return type(mixture)(mixture.weights, mixture.means @ a.T + b, spreads, kept.name)


def product(mixture: Mixture, mean: ArrayLike, covariance: ArrayLike) -> tuple[Mixture, float]:
    """(the density p(x) N(x; mean, covariance) over its integral, the log of that integral).

    Component by component: with S = L L^T its covariance, C = (W^T W)^-1 that of the Gaussian, and W L = U s V^T, the
    product has the covariance L V (1 + s^2)^-1 V^T L^T, and S + C the determinant det(C) prod(1 + s^2). No
    difference is taken, so nothing cancels however unlike S and C are.
    """
    from scipy.special import logsumexp

    d = mixture.n_coordinates
    one = _one(mixture, numbers(mean, "mean"), numbers(covariance, "covariance"))
    kept, factor, w = mixture.family, mixture.lower, one.whitener[0]
    away = one.means - mixture.means  # (k, d)
    variances = one.covariances[0].diagonal()
    if factor.ndim == 2 and not np.count_nonzero(one.covariances[0] - np.diag(variances)):
        s, z = factor * w.diagonal(), away * w.diagonal()
        rest = factor / np.hypot(1.0, s)  # standard deviations
        shift = rest * s / np.hypot(1.0, s) * z
        kept, covariances = kept.rescaled(variances), np.square(rest)
    else:
        if factor.ndim == 2:
            kept, factor = family("full"), factor[:, :, None] * np.eye(d)
        u, s, v = np.linalg.svd(w @ factor)  # of k components, of one for tied
        rest = factor @ np.swapaxes(v, 1, 2) / np.hypot(1.0, s)[:, None, :]
        z = ((away @ w.T)[:, None, :] @ u)[:, 0]  # (k, d)
        shift = (rest @ (s / np.hypot(1.0, s) * z)[:, :, None])[:, :, 0]
        covariances = rest @ np.swapaxes(rest, 1, 2)
    if not kept.shared:
        kept = kept.uncoupled
    covariances = kept.unstack(kept.cells(covariances))
    with np.errstate(divide="ignore", over="ignore"):
        distances = np.square(z / np.hypot(1.0, s)).sum(axis=1)
        logs = np.log(mixture.weights) - 0.5 * (distances + 2.0 * np.log(np.hypot(1.0, s)).sum(axis=1))
    top = float(logsumexp(logs))
    if not np.isfinite(top):
        raise InputError("the Gaussian lies too far from every component: the squared distance overflows.")
    found = type(mixture)(np.exp(logs - top), mixture.means + shift, covariances, kept.name, names=mixture.names)
    return found, top - 0.5 * (d * LOG_2PI + float(pairs.log_determinants(one)[0]))


def _one(mixture: Mixture, mean: Array, covariance: Array) -> Mixture:
    """A Gaussian as a mixture of one."""
    d = mixture.n_coordinates
    if mean.shape != (d,):
        raise InputError(f"mean has shape {mean.shape}, expected ({d},): one number a coordinate.")
    if covariance.shape != (d, d):
        raise InputError(f"covariance has shape {covariance.shape}, expected ({d}, {d}); of variances v, np.diag(v).")
    try:
        return type(mixture)([1.0], mean[None], covariance[None])
    except InputError as error:
        raise InputError(str(error).replace("covariances[0]", "covariance")) from None


def scale_covariances(mixture: Mixture, factor: float) -> Mixture:
    """Every covariance times a finite number > 0."""
    if not is_finite(factor) or factor <= 0:
        raise InputError(f"factor is {factor!r}: covariances are scaled by a finite number > 0.")
    with np.errstate(over="ignore"):
        scaled = mixture.covariances * factor
    if not np.abs(scaled).max() <= LARGEST:
        largest = float(np.abs(mixture.covariances).max())
        raise InputError(f"factor is {factor!r}: the largest covariance, {largest:g}, times that is above {LARGEST:g}.")
    return type(mixture)(mixture.weights, mixture.means, scaled, mixture.covariance_type, names=mixture.names)


def subset(mixture: Mixture, components: ArrayLike) -> Mixture:
    """The components with these numbers (m,), or where a mask (k,) is true."""
    chosen = members(components, mixture.n_components)
    if not mixture.weights[chosen].any():
        raise InputError(f"components {chosen.tolist()} have no weight: choose at least one that has.")
    spreads = mixture.family.take(mixture.covariances, chosen)
    kind = mixture.covariance_type
    return type(mixture)(mixture.weights[chosen], mixture.means[chosen], spreads, kind, names=mixture.names)
