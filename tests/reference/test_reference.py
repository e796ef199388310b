"""The reference itself, against scipy: densities by multivariate_normal, moments by the sums of their definition."""

import numpy as np
import pytest
from cases import KINDS, cases, mixture_for
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

import mixtura as mx
from comparing import statistics_gap
from mixtura.engines.reference import ReferenceEngine

NAMES = ("1 coordinates", "3 coordinates", "17 coordinates", "scale 1e-12", "scale 1e12", "collinear", "zero weights")
# scipy whitens by eigenvectors, we by Cholesky: condition numbers up to 1e7 (collinear) times rounding.
ROUNDING = 1e-8


def by_scipy(mix, x):
    """(n, k) log of weight times density."""
    each = [multivariate_normal(m, c).logpdf(x) for m, c in zip(mix.means, mix.matrices, strict=True)]
    return np.log(mix.weights) + np.reshape(each, (len(each), -1)).T


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_densities(kind, name):
    case = cases()[name]
    # scipy calls an eigenvalue below 1e-10 of the largest zero, and 1e-24 is not below it: scales are safe.
    mix = mixture_for(case, kind)
    joint = by_scipy(mix, case.x)
    expected = logsumexp(joint, axis=1)
    np.testing.assert_allclose(mix.log_density(case.x), expected, rtol=ROUNDING, atol=ROUNDING)
    np.testing.assert_allclose(mix.responsibilities(case.x), np.exp(joint - expected[:, None]), atol=ROUNDING)
    np.testing.assert_array_equal(mix.predict(case.x), joint.argmax(axis=1))
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(mix.density(case.x), np.exp(expected), rtol=10 * ROUNDING)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_statistics(kind, name):
    case = cases()[name]
    mix = mixture_for(case, kind)
    weight = np.ones(len(case.x)) if case.weight is None else case.weight
    joint = by_scipy(mix, case.x)
    log_density = logsumexp(joint, axis=1)
    resp = np.exp(joint - log_density[:, None]) * weight[:, None]
    k, d = mix.means.shape
    first, scatter = np.zeros((k, d)), np.zeros((k, d, d))
    for component in range(k):
        for row, r in zip(case.x - mix.means[component], resp[:, component], strict=True):
            first[component] += r * row
            scatter[component] += r * np.outer(row, row)
    second = {
        "full": scatter,
        "tied": scatter.sum(axis=0),
        "diag": np.array([np.diag(s) for s in scatter]),
        "spherical": np.array([np.trace(s) for s in scatter]),
    }[kind]
    expected = mx.Statistics(resp.sum(axis=0), first, second, float((weight * log_density).sum()), float(weight.sum()))
    found = ReferenceEngine(mx.Points.from_array(case.x, case.weight)).expect(mix)
    assert statistics_gap(found, expected, mix) < ROUNDING
