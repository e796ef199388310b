"""Momentum: fewer steps to the same likelihood, which still never falls."""

from __future__ import annotations

import numpy as np
import pytest

import mixtura as mx
from mixtura.em.accelerate import Momentum, _from_vector, _to_vector

KINDS = ("full", "tied", "diag", "spherical")


def overlapping(n=2000, d=3):
    return np.random.default_rng(5).standard_normal((n, d)) * [1, 3, 0.2][:d] + 50


@pytest.mark.parametrize("kind", KINDS)
def test_half_the_steps_reach_the_same_likelihood(kind):
    x = overlapping()
    settings = {"covariance_type": kind, "start": "random_from_data", "rng": 0, "tol": 0}
    plain = mx.fit(x, 8, max_iter=80, **settings)
    fast = mx.fit(x, 8, max_iter=40, accelerate=True, **settings)
    assert fast.log_likelihood >= plain.log_likelihood


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reg_covar", [0, 1e-6, 0.5])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_likelihood_never_falls(kind, reg_covar, dtype):
    rng = np.random.default_rng(1)
    x = np.concatenate([overlapping(400), overlapping(50) + rng.normal(0, 8, 3)])
    if reg_covar:  # a component collapses onto it
        x = np.concatenate([x, [[50.0, 80.0, 50.0]]])
    found = mx.fit(
        x, 6, covariance_type=kind, reg_covar=reg_covar, dtype=dtype, rng=1, tol=0, max_iter=60, accelerate=True
    )
    assert (np.diff(found.log_likelihoods) >= 0).all()
    # What is reported is what the mixture has; float32 holds seven digits.
    there = found.mixture.log_density(x).mean()
    assert there == pytest.approx(found.log_likelihood, rel=1e-10 if dtype == "float64" else 1e-4)


def test_every_point_on_the_line_is_a_mixture():
    one, other = (mx.fit(overlapping(300), 4, rng=seed, max_iter=1).mixture for seed in (0, 1))
    a, b = _to_vector(one), _to_vector(other)
    for share in (-3.0, 0.5, 4.0):
        beyond = _from_vector(a + share * (b - a), one)
        assert beyond.weights.sum() == pytest.approx(1)
        assert (np.linalg.eigvalsh(beyond.covariances) > 0).all()


def test_momentum_grows_and_restarts():
    mixtures = [mx.Mixture([1.0], [[float(i)]], [1.0], "spherical") for i in range(4)]
    momentum = Momentum()
    assert momentum.propose(mixtures[0]) is None
    # Shares age / (age + 3) of the last step of length one: 1/4, then 2/5.
    assert momentum.propose(mixtures[1]).means[0, 0] == pytest.approx(1 + 1 / 4)
    assert momentum.propose(mixtures[2]).means[0, 0] == pytest.approx(2 + 2 / 5)
    momentum.restart()
    assert momentum.propose(mixtures[3]) is None


def test_a_dormant_component_stops_momentum():
    momentum = Momentum()
    whole = mx.Mixture([0.5, 0.5], [[0.0], [1.0]], [1.0, 1.0], "spherical")
    momentum.propose(whole)
    assert momentum.propose(mx.Mixture([1.0, 0.0], whole.means, whole.covariances, "spherical")) is None
    assert momentum.propose(whole) is None
