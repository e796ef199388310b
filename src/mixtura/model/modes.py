"""The modes of a mixture: where its density has a maximum.

From each mean the density is climbed by EM for modes: x moves to the mean of the components' means, weighted by
responsibility and precision, which never lowers the density. Where the log density is concave, Newton's step is taken
instead if it rises higher. A climb may end on a saddle, such as the middle between two equal components; it goes on
from beside it. Coordinates are in units of the components' spread, so that units do not matter.

Source: Carreira-Perpinan 2000, Mode-finding for mixtures of Gaussian distributions; Li, Ray and Lindsay 2007.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..arrays import Array, Floats, Integers
from ..kernels.threads import single_blas
from .incomplete import FAR, FarError

if TYPE_CHECKING:
    from .mixture import Mixture

STEPS = 2000  # of a climb
SETTLED = 1e-10  # standard deviations that a step may still move
ROUNDING = 1e-13  # of the log density
SAME = 1e-3  # standard deviations between climbs that end in one mode
ASIDE = 1e-2  # standard deviations from a saddle to where a climb goes on
TIMES = 10  # that a climb may come to a saddle
BLOCK = 2**21  # numbers in a temporary array


@dataclass(frozen=True, eq=False, repr=False)
class Modes:
    """The modes that were found, the densest first.

    Attributes
    ----------
    points : ndarray of float, shape (m, d)
        Where they lie.
    log_density : ndarray of float, shape (m,)
        The log density there, in nats.
    labels : ndarray of int, shape (k,) or (n,)
        The mode that the climb from each component's mean leads to, or from each row that was given; -1 for components
        of weight 0.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([0.3, 0.4, 0.3], [[0.0], [0.5], [6.0]], [1.0, 1.0, 1.0], "spherical")
    >>> mix.modes().points.round(2).tolist(), mix.modes().labels.tolist()
    ([[0.29], [6.0]], [0, 0, 1])
    """

    points: Array
    log_density: Array
    labels: Integers

    def __len__(self) -> int:
        return len(self.points)

    def __repr__(self) -> str:
        return f"<Modes: {len(self)} from {len(self.labels)} starts>"


@single_blas()
def modes(mixture: Mixture, x: Floats | None = None) -> Modes:
    """The modes that climbs from the means, or from rows (n, d), end in."""
    alive = mixture.subset(np.flatnonzero(mixture.weights))
    units = np.sqrt(np.exp(np.log(np.diagonal(alive.matrices, axis1=1, axis2=2)).mean(axis=0)))  # (d,)
    middle = alive.means[int(alive.weights.argmax())]
    surface = _Surface(alive, middle, units)
    begin = alive.means if x is None else x.astype(np.float64)
    places = (begin - middle) / units
    if not np.isfinite(mixture.log_density(begin)).all():
        raise FarError(FAR)
    size = max(1, BLOCK // (alive.n_components * alive.n_coordinates))
    ends = [_climbed(surface, places[first : first + size]) for first in range(0, len(places), size)]
    found = np.concatenate(ends) if ends else np.empty((0, alive.n_coordinates))
    heights = surface.height(found)
    kept, labels = _distinct(surface, found, heights)
    points = middle + units * found[kept]
    if x is None:
        all_labels = np.full(mixture.n_components, -1, np.intp)
        all_labels[mixture.weights > 0] = labels
        labels = all_labels
    return Modes(points, mixture.log_density(points), labels)


class _Slope(NamedTuple):
    """Of m places: log density (m,), gradient (m, d), curvature (m, d, d), mean precision (m, d, d)."""

    height: Array
    gradient: Array
    curvature: Array
    precision: Array


class _Surface:
    """The log density of a mixture in coordinates of their own units, with its derivatives."""

    def __init__(self, mixture: Mixture, middle: Array, units: Array) -> None:
        self.means = (mixture.means - middle) / units
        k, d = self.means.shape
        lower = mixture.whitener * units
        lower = lower if lower.ndim == 3 else lower[:, :, None] * np.eye(d)
        self.whitener = np.broadcast_to(lower, (k, d, d))
        self.precisions = np.broadcast_to(np.swapaxes(lower, 1, 2) @ lower, (k, d, d))
        self.scales = mixture.log_scales

    def _whitened(self, z: Array) -> tuple[Array, Array]:
        """(k, m, d) the places in standard deviations off each component, and (k, m) weighted log densities."""
        y = (z - self.means[:, None]) @ np.swapaxes(self.whitener, 1, 2)
        return y, self.scales[:, None] - 0.5 * np.einsum("kmi,kmi->km", y, y)

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")  # far out it is minus infinity
    def height(self, z: Array) -> Array:
        """(m,) the log density, up to a constant."""
        logs = self._whitened(z)[1]
        top = logs.max(axis=0, initial=-1e308)
        return np.asarray(top + np.log(np.exp(logs - top).sum(axis=0)))

    def slope(self, z: Array) -> _Slope:
        """The log density and its derivatives."""
        y, shares = self._whitened(z)
        top = shares.max(axis=0)
        shares = np.exp(shares - top)
        total = shares.sum(axis=0)
        shares /= total
        pull = -y @ self.whitener
        gradient = np.einsum("km,kmi->mi", shares, pull)
        precision = np.tensordot(shares.T, self.precisions, 1)
        pull -= gradient
        pull *= np.sqrt(shares)[:, :, None]
        curvature = pull.transpose(1, 2, 0) @ pull.transpose(1, 0, 2) - precision
        return _Slope(top + np.log(total), gradient, curvature, precision)


def _climbed(surface: _Surface, z: Array) -> Array:
    """(m, d) the maxima that climbs from m places end in."""
    z, saddles = z.copy(), np.zeros(len(z), np.intp)
    climbing = np.arange(len(z))
    for _ in range(STEPS):
        if not len(climbing):
            break
        here = surface.slope(z[climbing])
        values, vectors = np.linalg.eigh(here.curvature)
        step = np.linalg.solve(here.precision, here.gradient[:, :, None])[:, :, 0]
        concave = values[:, -1] < 0
        along = np.einsum("mij,mi->mj", vectors, here.gradient)
        newton = np.einsum("mij,mj->mi", vectors, along / np.where(concave[:, None], -values, 1.0))
        heights = surface.height(z[climbing] + step), surface.height(z[climbing] + newton)
        slack = ROUNDING * (1.0 + np.abs(here.height))
        bold = concave & (heights[1] >= np.maximum(heights[0], here.height) - slack)
        step = np.where(bold[:, None], newton, step)
        settled = ~(np.where(bold, *heights[::-1]) >= here.height - slack)  # rounding is all that is left
        z[climbing[~settled]] += step[~settled]
        settled |= _length(here.precision, step) < SETTLED
        saddle = settled & (values[:, -1] > 0) & (saddles[climbing] < TIMES)
        if saddle.any():
            some = climbing[saddle]
            saddles[some] += 1
            z[some] += _beside(surface, z[some], vectors[saddle, :, -1], here.precision[saddle])
        climbing = climbing[~settled | saddle]
    return z


def _beside(surface: _Surface, z: Array, direction: Array, precision: Array) -> Array:
    """(m, d) a step along a direction in which the density rises, to the side where it is higher."""
    step = ASIDE * direction / _length(precision, direction)[:, None]
    step *= np.sign(step[np.arange(len(step)), np.abs(step).argmax(axis=1)])[:, None]
    return np.asarray(np.where((surface.height(z + step) >= surface.height(z - step))[:, None], step, -step))


def _length(precision: Array, step: Floats) -> Array:
    """(m,) lengths of steps in standard deviations."""
    return np.asarray(np.sqrt(np.maximum(np.einsum("mi,mij,mj->m", step, precision, step), 0.0)))


def _distinct(surface: _Surface, found: Array, heights: Array) -> tuple[list[int], Integers]:
    """Which ends stand for the modes, the highest first, and (m,) the mode of each end."""
    labels = np.full(len(found), -1, np.intp)
    kept: list[int] = []
    for number in np.argsort(-heights, kind="stable"):
        if labels[number] >= 0:
            continue
        rest = np.flatnonzero(labels < 0)
        precision = surface.slope(found[number, None]).precision
        near = _length(np.broadcast_to(precision, (len(rest), *precision.shape[1:])), found[rest] - found[number])
        labels[rest[near < SAME]] = len(kept)
        labels[number] = len(kept)
        kept.append(int(number))
    return kept, labels
