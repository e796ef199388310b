"""Mean and covariance of all points, wherever they are; and gaps filled for a start, which EM itself never does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..arrays import Array
from ..engines.choose import choose_engine, released
from ..kernels.threads import single_blas
from ..model import incomplete
from ..model.families import CovarianceType, Family, family
from ..model.mixture import Mixture
from ..sources.noise import bare
from ..sources.points import Points
from ..sources.source import Source

SEEN = 20_000  # rows in blocks that a first guess is made of
ROUNDS = 10  # of EM for the one Gaussian: a guess needs no more
INDEPENDENT = 0.05  # the share by which covariances are drawn to 0, so that few points in many coordinates serve too


@single_blas()
def moments(source: Source, covariance_type: CovarianceType, n_threads: int | None = None) -> tuple[Array, Array]:
    """The mean (d,) of points and their scatter about it: the sum of weight (x - mean)(x - mean)^T.

    It has the shape of one component's covariance, which it is nearest to. Where values are missing, those of the one
    Gaussian that is fitted to what is there.
    """
    source = bare(source)
    kind, survey = family(covariance_type), source.survey()
    if source.incomplete:
        one = one_gaussian(source, n_threads)
        return one.means[0], survey.total * _nearest(one.covariances[0], kind)
    alone: CovarianceType = "full" if kind.triangular else "diag"
    if isinstance(source, Points):
        mean = np.asarray(np.average(source.x, axis=0, weights=source.weight), np.float64)
        scatter = family(alone).moments(source.counts[None], (source.x - mean)[None])[0]
        return mean, _nearest(scatter, kind)
    engine = choose_engine(source, 1, alone, n_threads=n_threads, keep=False)  # two passes do not repay it
    mean = survey.low + 0.5 * (survey.high - survey.low)
    width = np.where(survey.high > survey.low, survey.high - survey.low, 1.0)
    covariances = family(alone).upright(width**2, 1)
    for _ in range(2):  # once about the middle; then about the mean, where nothing cancels
        found = engine.expect(Mixture.trusted(np.ones(1), mean[None], covariances, alone))
        shift = found.first[0] / found.mass[0]
        mean = mean + shift
        scatter = (found.second - family(alone).moments(found.mass[:, None], shift[None, None]))[0]
    return mean, _nearest(scatter, kind)


def _nearest(spread: Array, kind: Family) -> Array:
    """A matrix (d, d), or variances (d,), as the spread of one component of that family."""
    return kind.component(spread) if spread.ndim == 2 else kind.stack(kind.upright(spread, 1))[0]


def one_gaussian(source: Source, n_threads: int | None = None) -> Mixture:
    """The Gaussian of points that hold NaN, by EM, its correlations a little weakened.

    They are left out where coordinates are more than rows, which tell nothing of them, and would take d^2 memory.
    """
    if isinstance(source, Points):
        seen = source
    else:
        survey = source.survey()
        seen = source.take(np.unique(np.linspace(0, survey.n - 1, min(survey.n, SEEN)).astype(np.int64)))
    count = np.maximum((~np.isnan(seen.x)).sum(axis=0), 1)  # a sample may miss a column
    mean = np.nansum(seen.x, axis=0, dtype=np.float64) / count
    variance = np.nansum((seen.x - mean) ** 2, axis=0, dtype=np.float64) / count
    variance = np.where(variance > 0, variance, 1.0)
    d, kind = seen.d, family("full" if seen.d <= seen.n else "diag")
    one = Mixture.trusted(np.ones(1), mean[None].copy(), kind.upright(variance, 1), kind.name, names=seen.names)
    engine = choose_engine(source, 1, kind.name, n_threads=n_threads)
    with released(engine):
        for _ in range(ROUNDS):
            found = engine.expect(one)
            shift = found.first / found.mass[:, None]
            covariance = found.second[0] / found.mass[0] - kind.moments(np.ones((1, 1)), shift[None])[0]
            variances = covariance
            if kind.triangular:
                covariance *= 1.0 - INDEPENDENT * (1.0 - np.eye(d))
                variances = np.einsum("ii->i", covariance)  # a view
            np.maximum(variances, 1e-6 * variance, out=variances)  # one that hardly varies is no reason to stop here
            one = Mixture.trusted(one.weights, one.means + shift, covariance[None], kind.name, names=seen.names)
    return one


@single_blas()
def filled(points: Points, rng: np.random.Generator, n_threads: int | None = None) -> Points:
    """The points with every gap drawn from one Gaussian of all of them, given the rest of the row."""
    x = incomplete.drawn(one_gaussian(points.bare, n_threads), points.x, rng).astype(points.x.dtype)
    return replace(points, x=x)
