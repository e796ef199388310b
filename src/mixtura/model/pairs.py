"""Pairs of Gaussians: each component i of one mixture p with each j of another q, as (k, l) tables.

Both mixtures have the same coordinates; their covariance types may differ. Nothing is taken about the origin, and
divergences and distances are sums of squares, so that those of equal Gaussians are zero but for rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import Array
from ..errors import InputError

if TYPE_CHECKING:
    from .mixture import Mixture


def check_comparable(p: Mixture, other: Any) -> None:
    """Raise InputError unless `other` is a mixture in the coordinates of p."""
    if not isinstance(other, type(p)):
        raise InputError(f"other is {other!r:.80}, expected a Mixture.")
    if other.n_coordinates != p.n_coordinates:
        raise InputError(f"other has {other.n_coordinates} coordinates, the mixture has {p.n_coordinates}.")


def check_finite(table: Array) -> None:
    """Raise InputError where squared distances were too large to be held."""
    if not np.isfinite(table).all():
        raise InputError("the mixtures lie too far apart to be compared: a squared distance overflows.")


def log_determinants(mixture: Mixture) -> Array:
    """(k,) ln det of the covariances."""
    factor = mixture.lower
    diagonal = factor if factor.ndim == 2 else np.diagonal(factor, axis1=1, axis2=2)
    return np.broadcast_to(2.0 * np.log(diagonal).sum(axis=1), mixture.n_components)


@np.errstate(over="ignore")
def divergences(p: Mixture, q: Mixture) -> Array:
    """(k, l) Kullback-Leibler divergences KL(p_i || q_j), in nats. Cost: O(k l d^3); diagonal ones O(k l d).

    With C = W_j L_i, lower triangular, and z = W_j (m_i - m_j), it is half of the sum of C^2 - 1 - ln C^2 over the
    diagonal, C^2 below it, and z^2.
    """
    out = np.empty((p.n_components, q.n_components))
    factor, whitener = same_form(p.lower, q.whitener)
    for j, mean in enumerate(q.means):
        w = whitener[j if len(whitener) > 1 else 0]
        if w.ndim == 1:
            ratio, below, z = factor * w, 0.0, (p.means - mean) * w
        else:
            c = w @ factor  # (k, d, d)
            ratio = np.diagonal(c, axis1=1, axis2=2)
            below = np.square(np.tril(c, -1)).sum(axis=(1, 2))
            z = (p.means - mean) @ w.T
        shape = (np.square(ratio) - 1.0 - 2.0 * np.log(ratio)).sum(axis=1)
        out[:, j] = 0.5 * (shape + below + np.square(z).sum(axis=1))
    return np.maximum(out, 0.0)


@np.errstate(over="ignore")
def sums(p: Mixture, q: Mixture) -> tuple[Array, Array]:
    """(k, l) squared distances of the means and (k, l) log determinants, both under S_i + S_j."""
    distance, log_determinant = np.empty((2, p.n_components, q.n_components))
    if p.lower.ndim == 2 and q.lower.ndim == 2:
        there = np.square(q.lower)
        for i, mean in enumerate(p.means):
            variance = np.square(p.lower[i]) + there
            distance[i] = (np.square(q.means - mean) / variance).sum(axis=1)
            log_determinant[i] = np.log(variance).sum(axis=1)
        return distance, log_determinant
    here, there = p.matrices, q.matrices
    for i, mean in enumerate(p.means):
        factor = np.linalg.cholesky(here[i] + there)
        z = np.linalg.solve(factor, (q.means - mean)[:, :, None])
        distance[i] = np.square(z).sum(axis=(1, 2))
        log_determinant[i] = 2.0 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    return distance, log_determinant


@np.errstate(over="ignore", invalid="ignore")
def squared_distances(p: Mixture, q: Mixture) -> Array:
    """(k, l) squared Wasserstein distances between Gaussians: of the means, and of the covariances (Bures).

    The distance of two covariances is the least |L_i - L_j R| over rotations R (Frobenius): see `rotations`. Cost:
    O(k l d^3), of which singular values are the most; diagonal ones and those of the plane are closed, O(k l d).
    """
    from ..kernels.threads import spread

    here, there = same_form(p.lower, q.lower)
    in_plane = there.shape[1:] == (2, 2)
    columns = tuple(np.ascontiguousarray(there[:, i, j]) for i, j in ((0, 0), (1, 0), (1, 1))) if in_plane else ()

    def row(i: int) -> Array:
        factor = here[i if len(here) > 1 else 0]
        if in_plane:
            out = _apart_in_plane(factor, *columns)
        elif factor.ndim == 1:
            out = np.square(factor - there).sum(axis=1)
        else:
            out = np.square(factor - there @ rotations(factor, there)).sum(axis=(1, 2))
        with np.errstate(over="ignore"):  # here, since threads do not inherit it; infinity is refused by who asks
            for centre, centres in zip(p.means[i], means, strict=True):
                out = out + np.square(centre - centres)
        return np.asarray(out)

    means = np.ascontiguousarray(q.means.T)
    return np.stack(spread(row, range(p.n_components)))


def rotations(here: Array, there: Array) -> Array:
    """(..., d, d) the R for which |here - there R| is least: the orthogonal polar factors of there^T here.

    Of factors L_i and L_j, L_j R L_i^-1 is then the symmetric matrix that moves the one Gaussian into the other.
    """
    u, _, v = np.linalg.svd(np.swapaxes(there, -1, -2) @ here)
    return np.asarray(u @ v)


def _apart_in_plane(here: Array, e: Array, f: Array, g: Array) -> Array:
    """(l,) the same distances of a triangular factor (2, 2) and others, by columns: the rotation is closed."""
    (a, _), (b, c) = here
    cos, sin = a * e + b * f + c * g, b * g - c * f
    scale = 1.0 / np.hypot(cos, sin)
    cos *= scale
    sin *= scale
    apart = np.square(a - e * cos) + np.square(e * sin)
    return np.asarray(apart + np.square(b - f * cos - g * sin) + np.square(c + f * sin - g * cos))


def same_form(a: Array, b: Array) -> tuple[Array, Array]:
    """Two stacks of factors: both diagonal (k, d) where both are, else both triangular (k, d, d) or (1, d, d)."""
    if a.ndim != b.ndim:
        a, b = (factor if factor.ndim == 3 else factor[:, :, None] * np.eye(factor.shape[1]) for factor in (a, b))
    return a, b
