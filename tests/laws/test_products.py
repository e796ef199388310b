"""Products with a Gaussian and affine maps: the densities they promise, in the covariance type that they have."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal
from strategies import KINDS, mixtures, near, random_mixture

import mixtura as mx
from mixtura.errors import InputError

# Log densities of points some 100 deviations from the origin, through matrices of condition number below 1e3.
LOG = 1e-8


def gaussian_near(mix, seed, spread):
    """(mean, covariance): not far from the mixture, with variances `spread` times its own."""
    rng = np.random.default_rng(seed)
    d = mix.n_coordinates
    root = rng.normal(size=(d, d))
    scale = spread * np.trace(mix.covariance()) / d
    covariance = scale * (root @ root.T / d + 0.3 * np.eye(d))
    return mix.sample(1, rng=seed)[0] + np.sqrt(scale) * rng.normal(size=d), covariance


def log_normal(x, mean, covariance):
    """The log density ln N(x; mean, covariance) in the units of the covariance: scipy takes small ones for singular."""
    unit = np.sqrt(np.trace(covariance))
    value = multivariate_normal(np.zeros(len(mean)), covariance / unit**2).logpdf((x - mean) / unit)
    return np.atleast_1d(value) - len(mean) * np.log(unit)


@given(mixtures(named=True), st.integers(0, 1000), st.sampled_from([1e-12, 1e-3, 1.0, 1e3, 1e12]))
def test_the_law_of_the_product(mix, seed, spread):
    mean, covariance = gaussian_near(mix, seed, spread)
    result, log_mass = mix.product(mean, covariance, return_log_mass=True)
    x = near(result, 5)
    left = mix.log_density(x) + log_normal(x, mean, covariance)
    np.testing.assert_allclose(log_mass + result.log_density(x), left, rtol=0, atol=LOG * (1 + np.abs(left).max()))
    assert result.names == mix.names
    assert mix.product(mean, covariance) == result


@given(mixtures(d=st.integers(2, 6)), st.integers(0, 1000))
def test_a_precise_look_at_some_coordinates_is_a_condition(mix, seed):
    x = near(mix, 1, seed)[0]
    own = np.diagonal(mix.covariance())
    variances = np.where(np.arange(mix.n_coordinates) == 1, 1e-12, 1e12) * own
    seen = mix.product(x, np.diag(variances)).marginal(np.delete(np.arange(mix.n_coordinates), 1))
    expected = mix.condition([1], x[[1]])
    points = near(expected, 5)
    # The look has a millionth of a deviation, and knows the rest to a million of them.
    np.testing.assert_allclose(seen.log_density(points), expected.log_density(points), rtol=1e-3, atol=1e-3)


@given(mixtures(), st.integers(0, 1000))
def test_products_and_maps_commute(mix, seed):
    mean, covariance = gaussian_near(mix, seed, 1.0)
    d = mix.n_coordinates
    a = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))[0] * 3.0
    one = mix.product(mean, covariance).transform(a)
    image = a @ covariance @ a.T
    other = mix.transform(a).product(a @ mean, 0.5 * (image + image.T))
    x = near(one, 5)
    np.testing.assert_allclose(other.log_density(x), one.log_density(x), rtol=LOG, atol=LOG)


@pytest.mark.parametrize("kind", KINDS)
def test_types(kind):
    mix = random_mixture(3, kind, 3, 5)
    plain, stretched, tilted = np.eye(3) * 2, np.diag([1.0, -2.0, 3.0]), np.eye(3) + 0.1
    loose = {"full": ["full"] * 3, "tied": ["tied"] * 3, "diag": ["diag", "diag", "full"]}
    expected = loose.get(kind, ["spherical", "diag", "full"])
    assert [mix.transform(a).covariance_type for a in (plain, stretched, tilted)] == expected
    assert [mix.product(mix.mean(), abs(c)).covariance_type for c in (plain, stretched, tilted)] == expected
    picked = np.array([[0, 0, -2.0], [3.0, 0, 0]])
    for a in (plain, stretched, picked):
        np.testing.assert_allclose(mix.transform(a).matrices, a @ mix.matrices @ a.T, rtol=1e-14)


def test_dormant_components_stay_dormant():
    mix = mx.Mixture([0, 1], [[0.0], [1.0]], [1.0, 1.0], "spherical")
    assert mix.product([0.0], [[1.0]]).weights.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("mean", "covariance", "message"),
    [
        ([0.0], np.eye(2), r"mean has shape \(1,\), expected \(2,\)"),
        ([0.0, 0.0], [1.0, 1.0], r"covariance has shape \(2,\), expected \(2, 2\); of variances v, np.diag\(v\)"),
        ([0.0, 0.0], [[1.0, 2.0], [2.0, 1.0]], "covariance is not positive definite"),
        ([0.0, 0.0], [[1.0, 0.5], [0.4, 1.0]], "covariance is not symmetric"),
        ([0.0, np.nan], np.eye(2), r"mean\[1\] is nan"),
        ([1e300, 0.0], np.eye(2), "too far from every component"),
    ],
)
def test_wrong_gaussians(mean, covariance, message):
    with pytest.raises(InputError, match=message):
        random_mixture(0, "full", 2, 2).product(mean, covariance)
