"""The standard normal between two ends against quadrature: wide, thin, and so far out that its mass underflows."""

import numpy as np
import pytest
from scipy.stats import kstest, norm, truncnorm

from mixtura.model import intervals

NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)


def by_quadrature(a, b):
    """(ln mass, mean - top, variance) about the end, or the middle, where the density is largest."""
    top = min(max(a, 0.0), b)
    steep = max(1.0, abs(top))
    reach = 45 / steep + 10 * (abs(top) < 3)
    low, high = max(a, top - reach), min(b, top + reach)
    y = (high - low) / 2 * NODES + (low - top) + (high - low) / 2
    mass = np.exp(-y * top - y * y / 2) * WEIGHTS * (high - low) / 2
    mean = (mass * y).sum() / mass.sum()
    return np.log(mass.sum()) + norm.logpdf(top), mean + top, (mass * (y - mean) ** 2).sum() / mass.sum()


def ends():
    rng = np.random.default_rng(0)
    for near in (0, 1, 5, 30, 1e3, 1e5):
        for width in 10.0 ** np.arange(-9, 3):
            a = near * rng.normal() + rng.normal() / 10
            yield from ((a, a + width), (-a - width, -a), (a, np.inf), (-np.inf, a))
    yield from ((-0.5e-5, 0.5e-5), (-1e-4, 8e-4), (0.9, 0.9009))


def test_moments():
    for a, b in ends():
        if a == b:
            continue  # no float lies between
        mass, mean, variance = (float(value) for value in intervals.moments(np.array(a), np.array(b)))
        expected = by_quadrature(a, b)
        assert mass == pytest.approx(expected[0], rel=1e-10, abs=1e-10), (a, b)
        # Far out and narrow, the mean is a small difference: it is the slope of psi, which needs no more digits.
        assert mean == pytest.approx(expected[1], rel=1e-12, abs=1e-6 * np.sqrt(expected[2])), (a, b)
        assert variance == pytest.approx(expected[2], rel=0.02), (a, b)  # it only steers Newton's steps


def test_all_and_half_of_it():
    mass, mean, variance = intervals.moments(np.array([-np.inf, 0, -np.inf]), np.array([np.inf, np.inf, 0]))
    np.testing.assert_allclose(mass, [0, np.log(0.5), np.log(0.5)], atol=1e-15)
    np.testing.assert_allclose(mean, [0, np.sqrt(2 / np.pi), -np.sqrt(2 / np.pi)], atol=1e-15)
    np.testing.assert_allclose(variance, [1, 1 - 2 / np.pi, 1 - 2 / np.pi], atol=1e-14)


@pytest.mark.parametrize(
    ("a", "b"),
    [(-1, 2), (-np.inf, np.inf), (-8, np.inf), (2.9, 3.1), (4, 5), (-30, -29), (1, 1.001), (-1e-4, 1e-4), (50, np.inf)],
)
def test_draws(a, b):
    x = intervals.draw(np.full(20_000, float(a)), np.full(20_000, float(b)), np.random.default_rng(0))
    assert ((a <= x) & (x <= b)).all()
    assert kstest(x, truncnorm(a, b).cdf).pvalue > 1e-4


def test_draws_far_out_are_exponential():
    x = intervals.draw(np.full(20_000, 1e6), np.full(20_000, np.inf), np.random.default_rng(0))
    assert kstest((x - 1e6) * 1e6, "expon").pvalue > 1e-3  # 1e6 has 1e-10 between floats, the tail a length of 1e-6
