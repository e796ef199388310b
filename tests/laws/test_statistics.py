"""Statistics add, and weights count points, in every engine."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import mixtures, near

import mixtura as mx
from comparing import statistics_gap
from mixtura.engines.choose import choose_engine

ENGINES = ("reference", "cpu")
# Both sides sum the same terms in another order: rounding, times the digits that x - mean loses 100 deviations out,
# or 1000 where far points without weight move the centre that coordinates are relative to.
ROUNDING = 1e-10


def expect(engine, mix, x, weight=None):
    points = mx.Points.from_array(x, weight)
    return choose_engine(points, mix.n_components, mix.covariance_type, engine).expect(mix)


few = mixtures(d=st.sampled_from([1, 2, 3, 5, 6, 17]))


@pytest.mark.parametrize("engine", ENGINES)
@given(mix=few, n=st.integers(2, 400), data=st.data())
def test_two_parts_add_to_the_whole(engine, mix, n, data):
    x, cut = near(mix, n), data.draw(st.integers(1, n - 1))
    parts = expect(engine, mix, x[:cut]) + expect(engine, mix, x[cut:])
    whole = expect(engine, mix, x)
    assert statistics_gap(parts, whole, mix) < ROUNDING
    assert whole.mass.sum() == pytest.approx(n, rel=1e-12)
    assert whole.total == n


@pytest.mark.parametrize("engine", ENGINES)
@given(mix=few, n=st.integers(1, 200), seed=st.integers(0, 1000))
def test_whole_weights_repeat_points(engine, mix, n, seed):
    x = near(mix, n, seed)
    times = np.random.default_rng(seed).integers(0, 4, n)
    times[0] = 2
    weighted = expect(engine, mix, x, times)
    assert statistics_gap(weighted, expect(engine, mix, np.repeat(x, times, axis=0)), mix) < ROUNDING


@pytest.mark.parametrize("engine", ENGINES)
@given(mix=few, seed=st.integers(0, 1000))
def test_points_without_weight_do_not_exist(engine, mix, seed):
    x = near(mix, 200, seed)
    weight = np.random.default_rng(seed).uniform(0, 2, 200)
    weight[seed % 7 :: 3] = 0
    kept = weight > 0
    far = np.where(kept[:, None], x, x + 1e3 * np.ptp(x))
    assert statistics_gap(expect(engine, mix, far, weight), expect(engine, mix, x[kept], weight[kept]), mix) < ROUNDING


@pytest.mark.parametrize("engine", ENGINES)
@given(mix=few, factor=st.floats(1e-6, 1e6))
def test_scaled_weights_scale_the_statistics(engine, mix, factor):
    x = near(mix, 100)
    one, many = expect(engine, mix, x), expect(engine, mix, x, np.full(100, factor))
    assert many.mean_log_likelihood == pytest.approx(one.mean_log_likelihood, rel=1e-12)
    np.testing.assert_allclose(many.mass, factor * one.mass, rtol=1e-11, atol=0)


@pytest.mark.parametrize("engine", ENGINES)
@given(mix=few)
def test_log_likelihood_is_the_sum_of_log_densities(engine, mix):
    x = near(mix, 150)
    found = expect(engine, mix, x).log_likelihood
    assert found == pytest.approx(mix.log_density(x).sum(), rel=1e-11, abs=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
@given(mix=mixtures(d=st.sampled_from([1, 2, 3, 5, 6]), k=st.integers(2, 5)), data=st.data())
def test_order_of_points_and_components_does_not_matter(engine, mix, data):
    order = data.draw(st.permutations(range(mix.n_components)))
    x = near(mix, 150)
    shuffled = mix.subset(list(order))
    found = expect(engine, shuffled, x[::-1])
    true = expect(engine, mix, x)
    np.testing.assert_allclose(found.mass, true.mass[list(order)], rtol=0, atol=ROUNDING * 150)
    assert found.log_likelihood == pytest.approx(true.log_likelihood, rel=1e-11)
