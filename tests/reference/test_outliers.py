"""One point far out: its neighbours keep their digits, whatever the size of its tile; too far is said."""

from __future__ import annotations

import numpy as np
import pytest

import mixtura as mx
from mixtura.em.start import begin, sample
from mixtura.engines.cpu import CpuEngine
from mixtura.engines.reference import ReferenceEngine


def with_outlier(rest, far):
    """Points of which the last tile holds `rest`, one of them far out."""
    rng = np.random.default_rng(0)
    return np.vstack([rng.normal(size=(39 * 128 + rest - 1, 2)), [[far, 5.0]]])


def narrow(x):
    return mx.Mixture(np.ones(60), x[:60], np.full(60, 0.01), "spherical")


@pytest.mark.parametrize("rest", [2, 16, 40, 89, 128])
@pytest.mark.parametrize("far", [1e6, 1e9])
def test_masses_keep_their_digits(rest, far):
    x = with_outlier(rest, far)
    points, mix = mx.Points.from_array(x), narrow(x)
    found, expected = CpuEngine(points, "spherical").expect(mix), ReferenceEngine(points).expect(mix)
    np.testing.assert_allclose(found.mass, expected.mass, rtol=1e-11)


@pytest.mark.parametrize("rest", [2, 16, 40, 89])
def test_single_precision_input_is_asked_in_double(rest):
    x = with_outlier(rest, 1e6).astype(np.float32)
    mix = narrow(x.astype(float))
    np.testing.assert_array_equal(mix.log_density(x), mix.log_density(x.astype(float)))
    np.testing.assert_array_equal(mix.responsibilities(x[:50]), mix.responsibilities(x[:50].astype(float)))


def test_an_outlier_does_not_press_the_others_together():
    """The order of neighbours goes by what most points span, so as few pairs are visited as without it."""
    rng = np.random.default_rng(3)
    x = rng.uniform(size=(50_000, 2))
    mix = begin(mx.Points.from_array(x), 200, "kmeans", rng=rng)
    pairs = []
    for points in (x, np.vstack([x, [[1e9, 5.0]]])):
        engine = CpuEngine(mx.Points.from_array(points), "full")
        engine.expect(mix)
        pairs.append(engine.pairs)
    assert pairs[1] < 1.1 * pairs[0]


@pytest.mark.parametrize("n", [10, 200_000])
def test_too_far_to_be_counted(n):
    x = np.zeros((n, 2))
    x[3] = 1e200
    mix = mx.Mixture([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], np.ones((2, 2)), "diag")
    assert mix.log_density(x)[3] == -np.inf
    for question in (mix.responsibilities, lambda x: mix.responsibilities(x, sparse=True)):
        with pytest.raises(mx.errors.InputError, match="too far"):
            question(x)
    with pytest.raises(mx.errors.InputError, match="too far"):
        mix.regress([0], x[:, :1])


def test_a_heavy_point_is_always_in_the_sample():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300_000, 2))
    weight = np.ones(300_000)
    x[7], weight[7] = 50.0, 1e6
    points = mx.Points.from_array(x, weight)
    few = sample(points, 1000, rng)
    assert few.n == 1000
    # It has 1e6 of 1.3e6: of even steps, that share within one step at each end.
    assert (few.x[:, 0] == 50.0).sum() == pytest.approx(1000 / 1.3, abs=1)
    mix = begin(points, 2, "kmeans", rng=rng)
    assert mix.weights.max() == pytest.approx(1 / 1.3, abs=1e-3)
