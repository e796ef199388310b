"""Covariances as volume, shape and orientation, S_j = lambda_j D_j A_j D_j^T: what families of them make of scatters.

lambda is a number, the volume's d-th root; A is diagonal with determinant 1, the shape; D is orthogonal, the axes. Each
may be equal in all components or vary, which gives the families of Celeux and Govaert. Of scatters S_j, divided by
masses n_j with the sum n, each function returns the covariances that minimise

    sum over j of n_j (ln |Sigma_j| + tr(Sigma_j^-1 S_j)).

Components of mass 0 take the shared parts from the others, and keep the rest of what they are. A component without
width in some direction gets a singular covariance, which is for the caller to tell of; none stops the others.

Sources: Celeux and Govaert 1995, "Gaussian parsimonious clustering models", Pattern Recognition 28; Browne and
McNicholas 2014, "Estimating common principal components in high dimensions".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .orientation import Objective, common, descended

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

EPS = float(np.finfo(np.float64).eps)
ROUNDING = 4 * EPS  # of a variance, for each coordinate: below lies only rounding
FEW = 2  # rounds of Newton's method where axes are nearly the best
ROUNDS = 100  # of Newton's method; seven are many
LEAST = 1e-13  # of the objective: what Newton's last step gains at most
GOLDEN = 0.6180339887498949


def of_one_volume(scatter: Array, mass: Array) -> Array:
    """Shapes and axes of their own, one volume: EVI of variances (k, d), EVV of matrices (k, d, d)."""
    logs = _log_volumes(scatter)
    wide = (mass > 0) & np.isfinite(logs)
    if not wide.any():
        return scatter
    top = logs[wide].max()
    mean = top + np.log(mass[wide] @ np.exp(logs[wide] - top) / mass[wide].sum())
    scale = np.where(np.isfinite(logs), np.exp(mean - np.where(np.isfinite(logs), logs, mean)), 1.0)
    return scatter * scale[(slice(None),) + (None,) * (scatter.ndim - 1)]


def of_one_shape(scatter: Array, mass: Array, now: Array | None = None) -> Array:
    """Volumes of their own, the rest shared: VEI of variances (k, d), VEE of matrices (k, d, d).

    Up to its scale the shared matrix is the sum of n_j S_j / lambda_j. With that put in, the objective is
    d sum of n_j ln lambda_j + n ln |sum of n_j S_j / lambda_j|, which is convex in ln lambda: Newton's method ends at
    the minimum, wherever it begins; here at covariances `now`.
    """
    d = scatter.shape[1]
    wide = (mass > 0) & (_traces(scatter) > 0)
    if not wide.any():
        return scatter
    share = mass[wide] / mass[wide].sum()
    found = _log_volumes_of_one_shape(scatter[wide], share, np.log(_traces((scatter if now is None else now)[wide])))
    if found is None:  # no width in some direction, in any component
        return scatter
    shape = _weighted(share * np.exp(found.min() - found), scatter[wide])
    volumes = np.zeros(len(mass))
    volumes[wide] = np.exp(found - found.min())
    gone = mass == 0
    if gone.any():
        volumes[gone] = _traces(_whitened(shape, scatter[gone])) / d
    return volumes[(slice(None),) + (None,) * shape.ndim] * shape


def of_one_spectrum(scatter: Array, mass: Array, now: Array | None = None, *, one: bool) -> Array:
    """Axes of their own, one shape; one volume too (EEV), or their own (VEV). scatter: (k, d, d).

    The best axes are those of the scatter itself, its eigenvectors in rising order.
    """
    values, axes = np.linalg.eigh(scatter)
    values = np.maximum(values, 0.0)
    if one:
        spectra = np.repeat((mass @ values / mass.sum())[None], len(mass), axis=0)
    else:
        spectra = of_one_shape(values, mass, None if now is None else np.diagonal(now, axis1=1, axis2=2))
    return _composed(axes, spectra)


def of_one_orientation(scatter: Array, mass: Array, now: Array | None, *, one: bool) -> Array:
    """Shapes of their own, one set of axes; one volume too (EVE), or their own (VVE). scatter, now: (k, d, d)."""
    values, own = np.linalg.eigh(scatter)
    flat = _flat(values)
    seen = (mass > 0) & ~flat
    if not seen.any():
        return scatter
    axes = common(scatter[seen], mass[seen], None if now is None else axes_of(now), one=one)
    spectra = np.einsum("kac,kab,kbc->kc", axes[None], scatter, axes[None], optimize=True)
    if one:
        spectra = of_one_volume(spectra, np.where(flat, 0.0, mass))
    found = _composed(axes[None], spectra)
    found[flat] = _composed(own[flat], values[flat])
    return found


def nearly_of_one_shape(stack: Array) -> Array:
    """Of matrices (k, d, d) or variances (k, d), those of the same volumes and one shape: the mean of theirs."""
    logs = _log_volumes(stack)
    shape = _weighted(np.exp(logs.min() - logs), stack)  # but for a factor
    logs = logs - _log_volumes(shape[None])
    return np.exp(logs)[(slice(None),) + (None,) * shape.ndim] * shape


def nearly_of_one_orientation(stack: Array, *, one: bool) -> Array:
    """Of matrices (k, d, d), those of the variances along the nearest common axes; `one`: and of one volume."""
    mass = np.ones(len(stack))
    axes, _ = descended(Objective(stack, mass, one), axes_of(stack), rounds=FEW)
    spectra = ((stack @ axes) * axes).sum(axis=1)
    return _composed(axes[None], of_one_volume(spectra, mass) if one else spectra)


def axes_of(covariances: Array) -> Array:
    """(d, d) the axes that covariances (k, d, d) have in common."""
    weights = 1.0 + np.arange(len(covariances)) * GOLDEN % 1.0  # that no two directions are as wide by chance
    mixed = np.einsum("k,kab->ab", weights, covariances / _traces(covariances)[:, None, None])
    return np.asarray(np.linalg.eigh(mixed)[1])


def _composed(axes: Array, spectra: Array) -> Array:
    """(k, d, d) matrices of these axes and eigenvalues; singular ones where these say no more than rounding."""
    spectra = np.where(_flat(spectra)[:, None] & (spectra == spectra.min(axis=1, keepdims=True)), 0.0, spectra)
    found = (axes * spectra[:, None, :]) @ np.swapaxes(axes, 1, 2)
    return np.asarray(0.5 * (found + np.swapaxes(found, 1, 2)))


def _flat(spectra: Array) -> Bools:
    """Whether the smallest of some eigenvalues (k, d) is that of rounding."""
    return np.asarray(spectra.min(axis=1) <= ROUNDING * spectra.shape[1] * spectra.max(axis=1))


def _log_volumes_of_one_shape(scatter: Array, share: Array, logs: Array) -> Array | None:
    """(k,) ln lambda of components that have the rest in common; None where that has no volume. logs: to begin from."""
    value, weights, whole = _mean_log_volume(scatter, share, logs)
    for _ in range(ROUNDS):
        if not np.isfinite(value):
            return None
        try:
            parts = _whitened(whole, scatter * weights[(slice(None),) + (None,) * (scatter.ndim - 1)])  # they sum to 1
            sizes, flat = _traces(parts) / scatter.shape[1], parts.reshape(len(share), -1)
            gradient = share - sizes
            hessian = np.diag(sizes) - flat @ flat.T / scatter.shape[1]
            step = np.linalg.solve(hessian + np.outer(share, share), -gradient)  # all volumes may grow alike
        except np.linalg.LinAlgError:
            return None
        slope, length = float(gradient @ step), 1.0
        if not slope < -LEAST:  # the square of what is left is nothing
            return logs + step
        while True:
            new, weights, whole = _mean_log_volume(scatter, share, logs + length * step)
            if new <= value + 1e-4 * length * slope:
                break
            length *= 0.5
            if length < LEAST:
                return logs
        logs, value = logs + length * step, new
    return logs


def _mean_log_volume(scatter: Array, share: Array, logs: Array) -> tuple[float, Array, Array]:
    """What is minimised over ln lambda, per unit of mass and coordinate; weights, and the sum of the scatters by them.

    Both are those by which all components have one shape, but for a factor.
    """
    weights = share * np.exp(logs.min() - logs)
    whole = _weighted(weights, scatter)
    return float(share @ logs - logs.min() + _log_volumes(whole[None])[0]), weights, whole


def _weighted(weights: Array, stack: Array) -> Array:
    return np.asarray(np.einsum("k,k...->...", weights, stack))


def _traces(stack: Array) -> Array:
    """(k,) of matrices (k, d, d), or of variances (k, d)."""
    return np.asarray(stack.sum(axis=1) if stack.ndim == 2 else np.einsum("kaa->k", stack))


def _log_volumes(stack: Array) -> Array:
    """(k,) ln |S| / d; -inf where S has no volume."""
    d = stack.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        if stack.ndim == 2:
            return np.asarray(np.log(np.maximum(stack, 0.0)).sum(axis=1) / d)
        sign, logs = np.linalg.slogdet(stack)
    return np.asarray(np.where(sign > 0, logs, -np.inf) / d)


def _whitened(whole: Array, stack: Array) -> Array:
    """The stack (k, ...) in the axes in which `whole` is 1."""
    if whole.ndim == 1:
        return stack / whole
    lower = np.linalg.inv(np.linalg.cholesky(whole))
    return np.asarray(lower @ stack @ lower.T)
