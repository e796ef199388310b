"""Mean and covariance of all points, wherever they are; and gaps filled for a start, which EM itself never does."""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from ..engines.choose import choose_engine
from ..kernels.threads import single_blas
from ..model import incomplete
from ..model.mixture import Mixture
from ..sources.points import Points
from ..sources.source import Source

SEEN = 20_000  # rows in blocks that a first guess is made of
ROUNDS = 10  # of EM for the one Gaussian: a guess needs no more
INDEPENDENT = 0.05  # the share by which covariances are drawn to 0, so that few points in many coordinates serve too


@single_blas()
def moments(source: Source) -> tuple[Array, Array]:
    """The mean (d,) of points, and the sum of weight (x - mean)(x - mean)^T, (d, d).

    Where values are missing, those of the one Gaussian that is fitted to what is there.
    """
    if source.incomplete:
        one = one_gaussian(source)
        return one.mean(), one.covariance() * source.survey().total
    if isinstance(source, Points):
        mean = np.asarray(np.average(source.x, axis=0, weights=source.weight), np.float64)
        away = source.x - mean
        weighted = away if source.weight is None else source.weight[:, None] * away
        return mean, np.asarray(weighted.T @ away, np.float64)
    survey = source.survey()
    engine = choose_engine(source, 1, "full")
    mean = survey.low + 0.5 * (survey.high - survey.low)
    width = np.where(survey.high > survey.low, survey.high - survey.low, 1.0)
    covariance = np.diag(width**2)
    for _ in range(2):  # once about the middle; then about the mean, where nothing cancels
        found = engine.expect(Mixture.trusted(np.ones(1), mean[None], covariance[None], "full"))
        shift = found.first[0] / found.mass[0]
        mean = mean + shift
        scatter = found.second[0] - found.mass[0] * np.outer(shift, shift)
    return mean, np.asarray(scatter)


def one_gaussian(source: Source) -> Mixture:
    """The Gaussian of points that hold NaN, by EM, its correlations a little weakened."""
    if isinstance(source, Points):
        seen = source
    else:
        survey = source.survey()
        seen = source.take(np.unique(np.linspace(0, survey.n - 1, min(survey.n, SEEN)).astype(np.int64)))
    count = np.maximum((~np.isnan(seen.x)).sum(axis=0), 1)  # a sample may miss a column
    mean = np.nansum(seen.x, axis=0, dtype=np.float64) / count
    variance = np.nansum((seen.x - mean) ** 2, axis=0, dtype=np.float64) / count
    variance = np.where(variance > 0, variance, 1.0)
    d = seen.d
    one = Mixture.trusted(np.ones(1), mean[None].copy(), np.diag(variance)[None].copy(), "full", names=seen.names)
    engine = choose_engine(source, 1, "full")
    for _ in range(ROUNDS):
        found = engine.expect(one)
        shift = found.first / found.mass[:, None]
        covariance = found.second[0] / found.mass[0] - np.outer(shift, shift)
        covariance *= 1.0 - INDEPENDENT * (1.0 - np.eye(d))
        least = 1e-6 * variance  # a coordinate that hardly varies is no reason to stop here
        covariance[np.diag_indices(d)] = np.maximum(covariance.diagonal(), least)
        one = Mixture.trusted(one.weights, one.means + shift, covariance[None], "full", names=seen.names)
    return one


@single_blas()
def filled(points: Points, rng: np.random.Generator) -> Points:
    """The points with every gap drawn from one Gaussian of all of them, given the rest of the row."""
    x = incomplete.impute(one_gaussian(points), points.x, rng).astype(points.x.dtype)
    return Points(x, points.weight, points.names)
