"""Gaps filled for a start: drawn from one Gaussian of all points. EM itself never fills anything in."""

from __future__ import annotations

import numpy as np

from ..engines.incomplete import IncompleteEngine
from ..model import incomplete
from ..model.mixture import Mixture
from ..model.points import Points

ROUNDS = 10  # of EM for the one Gaussian: a guess needs no more
INDEPENDENT = 0.05  # the share by which covariances are drawn to 0, so that few points in many coordinates serve too


def one_gaussian(points: Points) -> Mixture:
    """The Gaussian of points that hold NaN, by EM, its correlations a little weakened."""
    count = np.maximum((~np.isnan(points.x)).sum(axis=0), 1)  # a sample may miss a column
    mean = np.nansum(points.x, axis=0, dtype=np.float64) / count
    variance = np.nansum((points.x - mean) ** 2, axis=0, dtype=np.float64) / count
    variance = np.where(variance > 0, variance, 1.0)
    d = points.d
    one = Mixture.trusted(np.ones(1), mean[None].copy(), np.diag(variance)[None].copy(), "full", names=points.names)
    engine = IncompleteEngine(points, 1, "full")
    for _ in range(ROUNDS):
        found = engine.expect(one)
        shift = found.first / found.mass[:, None]
        covariance = found.second[0] / found.mass[0] - np.outer(shift, shift)
        covariance *= 1.0 - INDEPENDENT * (1.0 - np.eye(d))
        least = 1e-6 * variance  # a coordinate that hardly varies is no reason to stop here
        covariance[np.diag_indices(d)] = np.maximum(covariance.diagonal(), least)
        one = Mixture.trusted(one.weights, one.means + shift, covariance[None], "full", names=points.names)
    return one


def filled(points: Points, rng: np.random.Generator) -> Points:
    """The points with every gap drawn from one Gaussian of all of them, given the rest of the row."""
    x = incomplete.impute(one_gaussian(points), points.x, rng).astype(points.x.dtype)
    return Points(x, points.weight, points.names)
