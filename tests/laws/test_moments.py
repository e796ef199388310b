"""Means, covariances and samples tell the same story, and affine maps carry it along."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from strategies import mixtures, near

N = 20_000


def within_six_sigma(samples, expected):
    """Whether the mean of the samples is `expected`, as far as their number can tell."""
    error = samples.std(axis=0) / np.sqrt(len(samples))
    return (np.abs(samples.mean(axis=0) - expected) <= 6 * error).all()


@given(mixtures())
def test_sample_moments(mix):
    x = mix.sample(N, rng=3)
    away = x - mix.mean()
    assert within_six_sigma(away, 0)
    assert within_six_sigma(away[:, :, None] * away[:, None, :], mix.covariance())


def test_six_sigma_can_fail():
    x = np.random.default_rng(0).normal(size=(N, 2))
    assert within_six_sigma(x, 0)
    assert not within_six_sigma(x + 0.06, 0)


@given(mixtures(k=st.integers(1, 4)))
def test_labels_tell_the_component_of_each_sample(mix):
    x, labels = mix.sample(N, rng=4, return_labels=True)
    for k, weight in enumerate(mix.weights):
        assert within_six_sigma((labels == k)[:, None].astype(float), weight)
        own = x[labels == k] - mix.means[k]
        assert within_six_sigma(own, 0)
        assert within_six_sigma(own[:, :, None] * own[:, None, :], mix.matrices[k])


@given(mixtures(), st.integers(0, 5))
def test_samples_depend_on_the_seed_alone(mix, n):
    np.testing.assert_array_equal(mix.sample(n, rng=5), mix.sample(n, rng=np.random.default_rng(5)))
    assert mix.sample(n, rng=5).shape == (n, mix.n_coordinates)


def test_sample_order_is_random():
    from strategies import random_mixture

    _, labels = random_mixture(0, "full", 2, 2).sample(1000, rng=0, return_labels=True)
    assert 300 < np.count_nonzero(np.diff(labels)) < 700


@given(mixtures(), st.data())
def test_affine_maps(mix, data):
    d = mix.n_coordinates
    m = data.draw(st.integers(1, d))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    a = np.linalg.qr(rng.normal(size=(d, d)))[0][:m] * rng.uniform(0.5, 2, (m, 1))
    b = rng.normal(size=m) * np.abs(mix.means).max()
    image = mix.transform(a, b)
    largest = np.abs(mix.means).max()
    np.testing.assert_allclose(image.mean(), a @ mix.mean() + b, rtol=0, atol=1e-13 * largest)
    spread = mix.covariance().max()
    np.testing.assert_allclose(image.covariance(), a @ mix.covariance() @ a.T, rtol=0, atol=1e-11 * spread)
    kept = mix.covariance_type == "tied" or d == 1
    assert image.covariance_type == (mix.covariance_type if kept else "full")
    if m == d:
        x = near(mix, 5)
        volume = np.linalg.slogdet(a)[1]
        np.testing.assert_allclose(image.log_density(x @ a.T + b), mix.log_density(x) - volume, rtol=1e-9, atol=1e-9)


@given(mixtures(d=st.integers(2, 6)))
def test_a_marginal_is_a_projection(mix):
    axes = [mix.n_coordinates - 1, 0]
    projected = mix.transform(np.eye(mix.n_coordinates)[axes])
    marginal = mix.marginal(axes)
    np.testing.assert_array_equal(projected.means, marginal.means)
    np.testing.assert_allclose(projected.matrices, marginal.matrices, rtol=1e-14)
