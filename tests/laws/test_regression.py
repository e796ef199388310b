"""regress is condition, row by row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import mixtures, near, splits


@given(st.data())
def test_regress_is_the_conditional_mean_and_covariance(data):
    mix = data.draw(mixtures(d=st.integers(2, 6), named=True))
    on, free = data.draw(splits(mix.n_coordinates))
    x = near(mix, 6)
    mean, covariance = mix.regress(on, x[:, on], return_cov=True)
    scale = np.sqrt(np.diagonal(mix.covariance()).max())
    np.testing.assert_array_equal(mean, mix.regress(on, x[:, on]))
    for row in range(len(x)):
        one = mix.condition(on, x[row, on])
        assert one.names == tuple(mix.names[i] for i in free)
        # Means lie some 100 deviations out; 1e-16 * 100 * the condition number (< 1e3), times a few.
        np.testing.assert_allclose(mean[row], one.mean(), rtol=0, atol=1e-9 * scale)
        np.testing.assert_allclose(covariance[row], one.covariance(), rtol=0, atol=1e-9 * scale**2)


@given(mixtures(d=st.integers(2, 6)))
def test_with_nothing_known_regress_is_the_mean(mix):
    mean, covariance = mix.regress([], np.empty((3, 0)), return_cov=True)
    np.testing.assert_allclose(mean, np.repeat(mix.mean()[None], 3, axis=0), rtol=1e-12)
    np.testing.assert_allclose(covariance[2], mix.covariance(), rtol=1e-9, atol=1e-12 * mix.covariance().max())


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_one_component_regresses_by_least_squares(kind):
    from strategies import random_mixture

    mix = random_mixture(5, kind, 4, 1, 10.0)
    x = near(mix, 5)
    sigma, mu = mix.matrices[0], mix.means[0]
    slope = sigma[2:, :2] @ np.linalg.inv(sigma[:2, :2])
    np.testing.assert_allclose(mix.regress([0, 1], x[:, :2]), mu[2:] + (x[:, :2] - mu[:2]) @ slope.T, rtol=1e-10)


@given(st.data())
def test_total_covariance(data):
    """Cov[free] = E[Cov[free | known]] + Cov[E[free | known]], over samples of the known."""
    mix = data.draw(mixtures(d=st.just(3), k=st.integers(1, 3)))
    n = 4000
    mean, covariance = mix.regress([0], mix.marginal([0]).sample(n, rng=1), return_cov=True)
    found = covariance.mean(axis=0) + np.cov(mean.T, bias=True)
    expected = mix.marginal([1, 2]).covariance()
    # A sample of 4000 knows a variance to 2-3 %; six of those.
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.15 * expected.max())
