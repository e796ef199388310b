"""Covariances as volume, shape and orientation, S_j = lambda_j D_j A_j D_j^T: what families of them make of scatters.

lambda is a number, the volume's d-th root; A is diagonal with determinant 1, the shape; D is orthogonal, the axes. Each
may be equal in all components or vary, which gives the families of Celeux and Govaert. Of scatters S_j, divided by
masses n_j with the sum n, each function returns the covariances that minimise

    sum over j of n_j (ln |Sigma_j| + tr(Sigma_j^-1 S_j)).

Components of mass 0 take the shared parts from the others, and keep the rest of what they are. A component without
width in some direction gets a singular covariance, which is for the caller to tell of; none stops the others.

All arrays hold several mixtures, one after the other along the first axis: masses are (b, k), and stacks are scatters
or covariances, matrices (b, k, d, d) or variances (b, k, d). The others of a mixture change
what it gets by rounding alone.

Sources: Celeux and Govaert 1995, "Gaussian parsimonious clustering models", Pattern Recognition 28; Browne and
McNicholas 2014, "Estimating common principal components in high dimensions".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .orientation import Objective, common, descended, tolerant

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

EPS = float(np.finfo(np.float64).eps)
ROUNDING = 4 * EPS  # of a variance, for each coordinate: below lies only rounding
FEW = 1  # rounds of Newton's method where axes are nearly the best
ROUNDS = 100  # of Newton's method; seven are many
LEAST = 1e-9  # of the objective: what Newton's last step gains at most; the square of what is left is nothing
SHORTEST = 1e-13  # of a step of Newton's
GOLDEN = 0.6180339887498949


def of_one_volume(scatter: Array, mass: Array) -> Array:
    """Shapes and axes of their own, one volume: EVI of variances, EVV of matrices."""
    logs = _log_volumes(scatter)
    known = np.isfinite(logs)
    wide = (mass > 0) & known
    some = wide.any(axis=1, keepdims=True)
    heavy = np.where(wide, mass, 0.0)
    top = np.where(some, np.where(wide, logs, -np.inf).max(axis=1, keepdims=True), 0.0)
    sums = (heavy * np.exp(np.where(wide, logs - top, 0.0))).sum(axis=1, keepdims=True)
    total = heavy.sum(axis=1, keepdims=True)
    mean = top + np.log(np.where(some, sums, 1.0) / np.where(some, total, 1.0))
    return scatter * _over(np.exp(np.where(known & some, mean - np.where(known, logs, 0.0), 0.0)), scatter)


def of_one_shape(scatter: Array, mass: Array, now: Array | None = None) -> Array:
    """Volumes of their own, the rest shared: VEI of variances, VEE of matrices.

    Up to its scale the shared matrix is the sum of n_j S_j / lambda_j. With that put in, the objective is
    d sum of n_j ln lambda_j + n ln |sum of n_j S_j / lambda_j|, which is convex in ln lambda: Newton's method ends at
    the minimum, wherever it begins; here at covariances `now`.
    """
    sizes = _traces(scatter)
    wide: Bools = np.asarray((mass > 0) & (sizes > 0))
    heavy = np.where(wide, mass, 0.0)
    share = heavy / np.maximum(heavy.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    logs = np.log(np.where(wide, sizes if now is None else _traces(now), 1.0))
    found = _log_volumes_of_one_shape(scatter, share, logs)
    # Else there is no width in some direction, in any component.
    known: Bools = np.asarray(wide.any(axis=1) & np.isfinite(found).all(axis=1))
    found = np.where(known[:, None], found, 0.0)
    found = np.where(wide, found - np.where(wide, found, np.inf).min(axis=1, keepdims=True), 0.0)
    shape = _weighted(share * np.exp(-found), scatter)
    volumes = np.where(wide, np.exp(found), 0.0)
    gone: Bools = np.asarray((mass == 0) & known[:, None])
    if gone.any():
        volumes = np.where(gone, _traces(_whitened(shape, scatter)) / scatter.shape[2], volumes)
    made = _over(volumes, scatter) * shape[:, None]
    return made if known.all() else np.where(_over(known[:, None], scatter), made, scatter)


def of_one_spectrum(scatter: Array, mass: Array, now: Array | None = None, *, one: bool) -> Array:
    """Axes of their own, one shape; one volume too (EEV), or their own (VEV). Of matrices.

    The best axes are those of the scatter itself, its eigenvectors in rising order.
    """
    values, axes = np.linalg.eigh(scatter)
    values = np.maximum(values, 0.0)
    if one:
        mean = _weighted(mass / mass.sum(axis=1, keepdims=True), values)
        spectra = np.broadcast_to(mean[:, None], values.shape)
    else:
        spectra = of_one_shape(values, mass, None if now is None else np.diagonal(now, axis1=2, axis2=3))
    return _composed(axes, spectra)


def of_one_orientation(scatter: Array, mass: Array, now: Array | None, *, one: Bools) -> Array:
    """Shapes of their own, one set of axes; where `one` (b,) one volume too (EVE), else theirs (VVE). Of matrices."""
    values, own = np.linalg.eigh(scatter)
    flat = _flat(values)
    seen = (mass > 0) & ~flat
    some = seen.any(axis=1)
    if not some.all():
        if not some.any():
            return scatter
        found = scatter.copy()
        now = None if now is None else now[some]
        found[some] = of_one_orientation(scatter[some], mass[some], now, one=one[some])
        return found
    axes = common(scatter, np.where(seen, mass, 0.0), None if now is None else axes_of(now), own, one=one)
    spectra = ((scatter @ axes[:, None]) * axes[:, None]).sum(axis=2)
    if one.any():
        spectra[one] = of_one_volume(spectra[one], np.where(flat, 0.0, mass)[one])
    found = _composed(axes[:, None], spectra)
    if flat.any():
        found[flat] = _composed(own[flat], values[flat])
    return found


def nearly_of_one_shape(stack: Array, mass: Array) -> Array:
    """Of some covariances, those of the same volumes and one shape: the mean of theirs. mass: 0 where none counts."""
    logs = _log_volumes(stack)
    logs = np.where(np.isfinite(logs), logs, 0.0)
    lowest = np.where(mass > 0, logs, np.inf).min(axis=1, keepdims=True)
    shape = _weighted(mass * np.exp(lowest - logs), stack)  # but for a factor
    return _over(np.exp(logs - _log_volumes(shape[:, None])), stack) * shape[:, None]


def nearly_of_one_spectrum(stack: Array, mass: Array) -> Array:
    """Of matrices, those of the same axes and volumes, whose eigenvalues are in nearly the same proportions."""
    values, axes = np.linalg.eigh(stack)
    return _composed(axes, nearly_of_one_shape(np.maximum(values, 0.0), mass))


def nearly_of_one_orientation(stack: Array, mass: Array, *, one: Bools) -> Array:
    """Of matrices, those of the variances along the nearest common axes; where `one` (b,), and of one volume."""
    axes, _ = descended(Objective.of(stack, mass, one), axes_of(stack), rounds=FEW)
    spectra = ((stack @ axes[:, None]) * axes[:, None]).sum(axis=2)
    if one.any():
        spectra[one] = of_one_volume(spectra[one], mass[one])
    return _composed(axes[:, None], spectra)


def axes_of(covariances: Array) -> Array:
    """(b, d, d) the axes that covariances (b, k, d, d) have in common."""
    weights = 1.0 + np.arange(covariances.shape[1]) * GOLDEN % 1.0  # that no two directions are as wide by chance
    return np.asarray(np.linalg.eigh(_weighted(weights / _traces(covariances), covariances))[1])


def _composed(axes: Array, spectra: Array) -> Array:
    """Matrices of these axes and eigenvalues (..., d); singular ones where these say no more than rounding."""
    spectra = np.where(_flat(spectra)[..., None] & (spectra == spectra.min(axis=-1, keepdims=True)), 0.0, spectra)
    found = (axes * spectra[..., None, :]) @ np.swapaxes(axes, -1, -2)
    return np.asarray(0.5 * (found + np.swapaxes(found, -1, -2)))


def _flat(spectra: Array) -> Bools:
    """Whether the smallest of some eigenvalues (..., d) is that of rounding."""
    return np.asarray(spectra.min(axis=-1) <= ROUNDING * spectra.shape[-1] * spectra.max(axis=-1))


def _log_volumes_of_one_shape(scatter: Array, share: Array, logs: Array) -> Array:
    """(b, k) ln lambda of components that have the rest in common; NaN where that has no volume.

    share: 0 of components that do not count. logs: to begin from.
    """
    d, found = scatter.shape[2], np.full(logs.shape, np.nan)
    here = np.arange(len(logs))
    value, weights, whole = _mean_log_volume(scatter, share, logs)
    keep = np.isfinite(value)
    for _ in range(ROUNDS):
        if not keep.all():
            here, scatter, share, logs = here[keep], scatter[keep], share[keep], logs[keep]
            value, weights, whole = value[keep], weights[keep], whole[keep]
        if not len(here):
            break
        found[here] = logs
        parts = _whitened(whole, scatter * _over(weights, scatter))  # they sum to 1
        sizes, flat = _traces(parts) / d, parts.reshape(*share.shape, -1)
        gradient = share - sizes
        hessian = share[:, :, None] * share[:, None] - flat @ flat.transpose(0, 2, 1) / d  # all volumes may grow alike
        np.einsum("bii->bi", hessian)[...] += sizes + (share == 0)
        step = tolerant(np.linalg.solve, hessian, -gradient[:, :, None])[:, :, 0]
        slope, length = (gradient * step).sum(axis=1), np.ones(len(here))
        keep = slope < -LEAST
        found[here[~keep]] = (logs + step)[~keep]
        goal = np.where(keep, value + 1e-4 * slope, np.inf)
        new, weights, whole = _mean_log_volume(scatter, share, logs + step)
        while (far := keep & ~(new <= goal)).any():
            length[far] *= 0.5
            keep &= length >= SHORTEST
            goal = np.where(keep, value + 1e-4 * length * slope, np.inf)
            new, weights, whole = _mean_log_volume(scatter, share, logs + length[:, None] * step)
        logs, value = logs + length[:, None] * step, new
    else:
        found[here] = logs
    return found


def _mean_log_volume(scatter: Array, share: Array, logs: Array) -> tuple[Array, Array, Array]:
    """What is minimised over ln lambda, per unit of mass and coordinate; weights, and the sum of the scatters by them.

    Both are those by which all components have one shape, but for a factor.
    """
    lowest = np.where(share > 0, logs, np.inf).min(axis=1, keepdims=True)
    lowest = np.where(np.isfinite(lowest), lowest, 0.0)
    weights = share * np.exp(np.where(share > 0, lowest - logs, 0.0))
    whole = _weighted(weights, scatter)
    return (share * logs).sum(axis=1) - lowest[:, 0] + _log_volumes(whole[:, None])[:, 0], weights, whole


def _over(values: Array | Bools, stack: Array) -> Array:
    """(b, k) with the axes that it takes to multiply a stack."""
    return np.asarray(values[(...,) + (None,) * (stack.ndim - 2)])


def _weighted(weights: Array, stack: Array) -> Array:
    """The sum over the components."""
    return np.asarray((weights[:, None] @ stack.reshape(*weights.shape, -1)).reshape(len(stack), *stack.shape[2:]))


def _traces(stack: Array) -> Array:
    """(b, k)."""
    return np.asarray(stack.sum(axis=2) if stack.ndim == 3 else np.einsum("...aa->...", stack))


def _log_volumes(stack: Array) -> Array:
    """(b, k) ln |S| / d; -inf where S has no volume."""
    d = stack.shape[2]
    with np.errstate(divide="ignore", invalid="ignore"):
        if stack.ndim == 3:
            return np.asarray(np.log(np.maximum(stack, 0.0)).sum(axis=2) / d)
        sign, logs = np.linalg.slogdet(stack)
    return np.asarray(np.where(sign > 0, logs, -np.inf) / d)


def _whitened(whole: Array, stack: Array) -> Array:
    """The stack in the axes in which `whole`, one of each mixture, is 1."""
    if whole.ndim == 2:
        return np.asarray(stack / whole[:, None])
    lower = tolerant(np.linalg.inv, tolerant(np.linalg.cholesky, whole))[:, None]
    return np.asarray(lower @ stack @ np.swapaxes(lower, 2, 3))
