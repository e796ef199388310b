"""The hierarchical start: points united two by two into clusters of Gaussians, one tree for all numbers of components.

Each time those two clusters are united that lower the likelihood of Gaussians of their own least (Fraley 1998). The
points are seen in their principal axes, each in units of the root of its singular value, as in mclust: so units and
correlations of the columns do not matter, and what varies most counts most (Scrucca and Raftery 2015).

Sources: Fraley 1998, "Algorithms for model-based Gaussian hierarchical clustering", SIAM Journal on Scientific
Computing 20; Scrucca and Raftery 2015, "Improved initialisation of model-based clustering using Gaussian hierarchical
partitions", Advances in Data Analysis and Classification 9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array, Integers
from ..kernels.threads import single_blas
from ..sources.points import Points

POINTS = 2000  # that a tree has at most
AXES = 20  # principal axes that it sees at most
FLAT = 1e-8  # of the widest axis: what is rounding


@dataclass(frozen=True, eq=False, repr=False)
class Hierarchy:
    """Points, and in which order they are united.

    points: what the tree is of. first: (n,) their clusters at first, 0 to m - 1: each place in space is one. pairs:
    (m - 1, 2) which clusters are united, one after the other; the first of a pair goes on.
    """

    points: Points
    first: Integers
    pairs: Integers

    @classmethod
    @single_blas()
    def of(cls, points: Points) -> Hierarchy:
        """The tree of some points without gaps, at most POINTS."""
        from ..kernels.merging import merged

        places: Any
        places, opening, first = np.unique(points.x, axis=0, return_index=True, return_inverse=True)
        order = np.argsort(opening)  # as they stand
        first = np.argsort(order)[first.reshape(-1)]
        places = places[order].astype(np.float64)
        weight = np.bincount(first, points.counts, len(places)).astype(np.float64)
        weight *= max(1.0, points.n / weight.sum())  # counts, or shares of one: a row is worth one point at least
        return cls(points, first, merged(in_principal_axes(places, weight), weight))

    def labels(self, k: int) -> Integers:
        """(n,) the parts once k clusters are left, in the order of their first points; where there are k places."""
        m = len(self.pairs) + 1
        kept, gone = self.pairs[: max(m - k, 0)].T
        cluster = np.arange(m)
        cluster[gone] = kept
        while not np.array_equal(further := cluster[cluster], cluster):  # each step is twice as long as the last
            cluster = further
        _, opening, labels = np.unique(cluster[self.first], return_index=True, return_inverse=True)
        return np.argsort(np.argsort(opening))[labels.reshape(-1)]

    def parts(self, k: int) -> tuple[Array, Array, Array]:
        """(mass (k,), means (k, d), second moments about them (k, d, d)) of the same parts."""
        labels, weight = self.labels(k), self.points.counts.astype(np.float64)
        centre = np.average(self.points.x, axis=0, weights=weight)
        x = self.points.x - centre
        mass, means, second = np.empty(k), np.empty((k, x.shape[1])), np.empty((k, x.shape[1], x.shape[1]))
        for part in range(k):
            rows = np.flatnonzero(labels == part)
            some, heavy = x[rows], weight[rows, None]
            mass[part] = heavy.sum()
            mean = (heavy * some).sum(axis=0) / max(mass[part], np.finfo(float).tiny)
            some = some - mean
            means[part], second[part] = centre + mean, (heavy * some).T @ some
        return mass, means, second


def in_principal_axes(x: Array, weight: Array) -> Array:
    """(n, m) the points (n, d) in their principal axes, once columns have unit variance; U S^(1/2) of U S V^T.

    Constant columns and axes of rounding are left out, and all but the AXES widest.
    """
    x = x - np.average(x, axis=0, weights=weight)
    variance = np.average(np.square(x), axis=0, weights=weight)
    x = x[:, variance > 0] / np.sqrt(variance[variance > 0])
    values, axes = np.linalg.eigh((x * weight[:, None]).T @ x)
    wide = values > FLAT**2 * values[-1:]
    values, axes = values[wide][::-1][:AXES], axes[:, wide][:, ::-1][:, :AXES]
    return np.asarray(np.ascontiguousarray(x @ (axes / values**0.25))) if len(values) else np.zeros((len(x), 1))
