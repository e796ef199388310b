"""Samples in boxes against scipy: masses of parts by its integral of the normal, and moments by quadrature."""

import numpy as np
import pytest
from cases import KINDS, cases, mixture_for
from scipy.stats import kstest, multivariate_normal

import mixtura as mx
from mixtura.model import intervals, truncated

N = 20_000
TABLE = cases()


def mixture(kind, d, k=3):
    rng = np.random.default_rng(7)
    root = rng.normal(size=(k, d, d))
    full = root @ np.swapaxes(root, 1, 2) / d + 0.2 * np.eye(d)
    variances = rng.uniform(0.3, 2, (k, d))
    spreads = {"full": full, "tied": full[0], "diag": variances, "spherical": variances[:, 0]}[kind]
    return mx.Mixture(rng.uniform(0.2, 1, k), rng.normal(size=(k, d)), spreads, kind)


def at_random(rng):
    return lambda a, b, _: intervals.draw(a, b, rng)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("low", "high"), [((-1, -0.5, -2), (1, 2, 0)), ((1.5, -9, 2), (3, 9, 9)), ((0, 0, 0), (9, 9, 9))]
)
def test_masses_of_parts(kind, low, high):
    """The share of each octant of the box, and of each component, are as scipy integrates them."""
    mix, low, high = mixture(kind, 3), np.array(low, float), np.array(high, float)
    x, labels = mix.sample(N, box=(low, high), rng=3, return_labels=True)
    middle = np.median(x, axis=0)
    mass = np.zeros((3, 8))
    for octant in range(8):
        upper = np.array([octant >> j & 1 for j in range(3)], bool)
        a, b = np.where(upper, middle, low), np.where(upper, high, middle)
        for k in range(3):
            normal = multivariate_normal(mix.means[k], mix.matrices[k], seed=0)
            mass[k, octant] = mix.weights[k] * normal.cdf(b, lower_limit=a)
    expected = mass / mass.sum()
    where = (x > middle) @ [1, 2, 4]
    found = np.histogram2d(labels, where, bins=[np.arange(4) - 0.5, np.arange(9) - 0.5])[0] / N
    # scipy integrates to about 1e-5 of all; six deviations of a count.
    assert (np.abs(found - expected) <= 6 * np.sqrt(expected / N) + 1e-4 / mass.sum() * 0.1 + 1e-5).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("low", "high"),
    [
        ((2, 2), (3, 4)),
        ((8, -1), (9, 1)),
        ((20, 20), (np.inf, np.inf)),
        ((-0.001, -3), (0.001, 3)),
        ((30, -30), (31, -29)),
    ],
)
def test_moments_by_quadrature(kind, low, high):
    mix = mixture(kind, 2)
    x = mix.sample(N, box=(low, high), rng=5)
    nodes, weights = np.polynomial.legendre.leggauss(300)
    ends = np.array(low, float), np.minimum(high, np.array(low) + 6.0)  # what lies further has no weight
    axes = [(b - a) / 2 * nodes + (a + b) / 2 for a, b in zip(*ends, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    logs = mix.log_density(grid)
    mass = np.exp(logs - logs.max()) * np.outer(weights, weights).ravel()
    mass /= mass.sum()
    mean = mass @ grid
    away = grid - mean
    covariance = (mass[:, None] * away).T @ away
    error = np.sqrt(np.diagonal(covariance) / N)
    assert (np.abs(x.mean(axis=0) - mean) <= 6 * error).all()
    own = x - mean
    squares = own[:, :, None] * own[:, None, :]
    assert (np.abs(squares.mean(axis=0) - covariance) <= 6 * squares.std(axis=0) / np.sqrt(N)).all()


@pytest.mark.parametrize(("low", "high"), [(0.5, 1), (-1, 1), (0, np.inf)])
def test_where_a_third_of_the_draws_is_rejected(low, high):
    """Six coordinates that hold together, against plain samples that fall into the box: wide draws are rejected."""
    matrix = np.full((6, 6), 0.97) + 0.03 * np.eye(6)
    mix = mx.Mixture([1.0], np.zeros((1, 6)), [matrix])
    plan = truncated.planned(mix, np.full(6, float(low)), np.full(6, float(high)))
    _, ratio = truncated.draws(plan, np.zeros(2000, np.intp), at_random(np.random.default_rng(0)))
    assert 0.5 < np.exp(ratio).mean() < 0.85
    plain = mix.sample(300_000, rng=1)
    plain = plain[((low <= plain) & (plain <= high)).all(axis=1)]
    x = mix.sample(N, box=(low, high), rng=2)
    for ask in (lambda t: t.mean(axis=1), lambda t: t.std(axis=1), lambda t: t[:, 0], lambda t: t[:, 5] - t[:, 0]):
        assert kstest(ask(x), ask(plain)).pvalue > 1e-4


def test_far_out_in_a_corner_it_is_exponential():
    """At distance r from a standard normal, the coordinates of a corner are independent exponentials of rate r."""
    mix = mx.Mixture([1.0], [[0.0] * 4], [[[1.0] * 4] * 4 + 0.0 * np.eye(4) + np.eye(4)])
    inverse = np.linalg.inv(mix.covariances[0])
    x = mix.sample(N, box=(1e4, np.inf), rng=0)
    rates = inverse @ np.full(4, 1e4)
    for j in range(4):
        assert kstest((x[:, j] - 1e4) * rates[j], "expon").pvalue > 1e-4


def test_thin_boxes_are_uniform_and_leave_the_rest_conditional():
    mix = mixture("full", 3, k=1)
    low, high = np.array([0.5, -np.inf, -np.inf]), np.array([0.5 + 1e-9, np.inf, np.inf])
    x = mix.sample(N, box=(low, high), rng=0)
    assert kstest((x[:, 0] - 0.5) / 1e-9, "uniform").pvalue > 1e-4
    rest = mix.condition([0], [0.5])
    z = (x[:, 1:] - rest.means[0]) @ rest.whitener[0].T
    for column in z.T:
        assert kstest(column, "norm").pvalue > 1e-4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["offset 1e8", "scale 1e-12", "scale 1e12", "one column 1e9 times wider", "40 coordinates"]
)
def test_hard_scales(kind, name):
    mix = mixture_for(TABLE[name], kind)
    centre, scale = mix.mean(), np.sqrt(np.diagonal(mix.covariance()))
    low, high = centre + 0.5 * scale, centre + 2 * scale
    x = mix.sample(200, box=(low, high), rng=0)
    assert ((low <= x) & (x <= high)).all()
    assert (x.std(axis=0) > 0.01 * scale).all()


def test_no_ratio_exceeds_its_bound():
    """What exactness rests on: psi never passes psi*, and hardly a draw is wasted, in boxes of every kind."""
    shares = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        d = int(rng.integers(2, 7))
        turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
        matrix = turn * 10 ** rng.uniform(-rng.choice([1, 6]), 0, d) @ turn.T
        mix = mx.Mixture([1.0], rng.normal(size=(1, d)), [0.5 * (matrix + matrix.T)])
        scale = np.sqrt(np.diagonal(mix.covariances[0]))
        centre = mix.means[0] + rng.choice([0, 1, 10]) * rng.normal(size=d) * scale
        width = scale * 10 ** rng.uniform(rng.choice([-6, -1]), 1, d)
        low, high = np.where(rng.random((2, d)) < 0.3, [[-np.inf], [np.inf]], [centre - width, centre + width])
        if not np.isfinite([low, high]).any():
            continue
        plan = truncated.planned(mix, low, high)
        if plan.log_bound[0] < -1e8:
            continue  # a squared distance of 1e8 keeps eight digits
        _, ratio = truncated.draws(plan, np.zeros(500, np.intp), at_random(rng))
        assert ratio.max() < 1e-4, seed
        shares.append(np.exp(ratio).mean())
    assert len(shares) > 150
    assert np.min(shares) > 0.1
    assert np.median(shares) > 0.9


def test_many_components_and_far_ones_that_cannot_be_seen():
    rng = np.random.default_rng(0)
    mix = mx.Mixture(np.ones(500), 1e5 * rng.normal(size=(500, 3)), np.ones(500), "spherical")
    low, high = mix.means[7] - 1, mix.means[7] + 2
    x, labels = mix.sample(1000, box=(low, high), rng=0, return_labels=True)
    assert (labels == 7).all()
    assert kstest(x[:, 0] - low[0], "uniform", (0, 3)).pvalue < 1e-3  # it is a normal, cut
