"""The components as ellipsoids: how many standard deviations off a point lies, and where a share of each lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import Array, Bools, Floats, Integers
from ..checks import index
from ..errors import InputError, named
from ..kernels.threads import single_blas
from .sampling import squared_radius

if TYPE_CHECKING:
    from .mixture import Mixture

FAR = 1e150  # standard deviations: beyond, squares overflow


@dataclass(frozen=True, eq=False, repr=False)
class Ellipses:
    """The ellipsoids that hold a share of each component: ellipses in the plane, intervals on a line.

    Attributes
    ----------
    level : float
        The probability of each ellipsoid under its component.
    radius : float
        Its Mahalanobis distance from the mean, in standard deviations.
    centres : ndarray of float, shape (k, d)
        The means.
    axes : ndarray of float, shape (k, d)
        Half the length of each principal axis, the longest first, in the units of the coordinates.
    directions : ndarray of float, shape (k, d, d)
        The unit vector of each axis, in rows; its largest entry is positive.

    Examples
    --------
    >>> import mixtura as mx
    >>> found = mx.Mixture([1.0], [[3.0, 1.0]], [[[1.0, 0.0], [0.0, 4.0]]]).ellipses(0.95)
    >>> found.axes.round(3).tolist(), found.angles.tolist()
    ([[4.895, 2.448]], [90.0])
    """

    level: float
    radius: float
    centres: Array
    axes: Array
    directions: Array

    @property
    def angles(self) -> Array:
        """(k,) in the plane, the angle of each longest axis: degrees, anticlockwise from the first coordinate.

        Above -90 and up to 90. Raises InputError in other than two coordinates, where `directions` tell more.
        """
        d = self.centres.shape[1]
        if d != 2:
            raise InputError(
                f"an angle belongs to an ellipse in 2 coordinates, and these have {d}: use directions, or the ellipses "
                f"of mixture.marginal([0, 1]) or others."
            )
        x, y = self.directions[:, 0].T
        degrees = np.degrees(np.arctan2(y, x))
        return np.asarray(
            np.where(degrees <= -90.0, degrees + 180.0, np.where(degrees > 90.0, degrees - 180.0, degrees))
        )

    def __repr__(self) -> str:
        k, d = self.centres.shape
        return f"<Ellipses of {k} components in {d} coordinates, each with {self.level:g} of its component>"


def ellipses(mixture: Mixture, level: float) -> Ellipses:
    """Where each component has a share `level`."""
    d = mixture.n_coordinates
    radius = float(np.sqrt(squared_radius(level, d)))
    if not np.isfinite(radius):
        raise InputError(f"{named('level')} is {level:g}: all of a Gaussian fills no ellipse; give less than 1.")
    variances, directions = principal(mixture)
    return Ellipses(float(level), radius, mixture.means, radius * np.sqrt(variances), directions)


def principal(mixture: Mixture) -> tuple[Array, Array]:
    """(k, d) the variances along each component's principal axes, the largest first, and (k, d, d) these, in rows."""
    k, d = mixture.means.shape
    if mixture.lower.ndim == 2:
        order = np.argsort(-mixture.lower, axis=1, kind="stable")
        return np.square(np.take_along_axis(mixture.lower, order, 1)), np.eye(d)[order]
    values, vectors = np.linalg.eigh(mixture.family.stack(mixture.covariances))
    order = np.argsort(-values, axis=1, kind="stable")
    values = np.take_along_axis(values, order, 1)
    rows = np.take_along_axis(np.swapaxes(vectors, 1, 2), order[:, :, None], 1)
    largest = np.take_along_axis(rows, np.abs(rows).argmax(axis=2)[:, :, None], 2)
    rows = rows * np.sign(largest)
    return np.broadcast_to(values, (k, d)).copy(), np.broadcast_to(rows, (k, d, d)).copy()


@single_blas()
def mahalanobis(mixture: Mixture, x: Floats, component: int | None = None) -> Array:
    """(n, k) how many standard deviations rows lie off each component, or (n,) off the one given; of what they have."""
    chosen = range(mixture.n_components)
    if component is not None:
        chosen = range(first := index(component, mixture.n_components, "component", "components"), first + 1)
    out = np.empty((len(x), len(chosen)))
    if len(x) and np.isnan(x.min()):
        for rows, axes in _kinds(x):
            part = mixture.marginal(axes) if len(axes) else None
            values = np.ascontiguousarray(x[rows][:, axes])
            for place, k in enumerate(chosen):
                out[rows, place] = 0.0 if part is None else _distance(part, values, k)
    else:
        for place, k in enumerate(chosen):
            out[:, place] = _distance(mixture, x, k)
    return out if component is None else out[:, 0]


def _kinds(x: Floats) -> Iterator[tuple[Integers, Integers]]:
    """The rows that have the same columns, and these."""
    from . import incomplete

    observed, which = incomplete.kinds(~np.isnan(x))
    for kind, seen in enumerate(observed):
        yield np.flatnonzero(which == kind), np.flatnonzero(seen)


def _whitened(mixture: Mixture, x: Floats, k: int) -> Array:
    """(n, d) how far off a component rows are, so that those of the component are standard normal."""
    w = mixture.whitener[k if len(mixture.whitener) > 1 else 0]
    with np.errstate(over="ignore", invalid="ignore"):
        away = x - mixture.means[k]
        z = np.asarray(away * w if w.ndim == 1 else away @ w.T, np.float64)
    z[np.isnan(z)] = np.inf  # one infinite distance less another
    return z


def _distance(mixture: Mixture, x: Floats, k: int) -> Array:
    z = _whitened(mixture, x, k)
    with np.errstate(over="ignore"):
        out = np.sqrt(np.einsum("nd,nd->n", z, z))
    far = np.flatnonzero(~(out < FAR))
    if len(far):
        scale = np.abs(z[far]).max(axis=1)
        with np.errstate(over="ignore", invalid="ignore"):
            out[far] = np.where(np.isinf(scale), np.inf, scale * np.linalg.norm(z[far] / scale[:, None], axis=1))
    return np.asarray(out)


@single_blas()
def in_confidence_region(mixture: Mixture, x: Floats, level: float, component: int | None = None) -> Bools:
    """(n,) whether a component with weight, or the one given, is within its radius, for checked rows."""
    limit = squared_radius(level, mixture.n_coordinates)
    asked = np.flatnonzero(mixture.weights).tolist()
    if component is not None:
        asked = [index(component, mixture.n_components, "component", "components")]
    inside = np.zeros(len(x), dtype=bool)
    for k in asked:
        rest = np.flatnonzero(~inside)
        z = _whitened(mixture, x[rest], k)
        with np.errstate(over="ignore"):
            inside[rest] = np.einsum("nd,nd->n", z, z) <= limit
    return inside
