"""The calculus of the page against Python's, on the same random mixtures."""

import math

import numpy as np
import pytest
from scripts import answers, covariances_of, needs_node, parts_of

import mixtura as mx

pytestmark = needs_node
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def mixture(rng, k, d, kind="full", *, thin=1.0):
    """A random mixture; thin: the least width of the axes."""
    widths = np.exp(rng.uniform(math.log(thin), 0.5, (k, d)))
    turns = np.linalg.qr(rng.normal(size=(k, d, d)))[0]
    matrices = turns * np.square(widths)[:, None] @ np.swapaxes(turns, 1, 2)
    covariances = {
        "full": 0.5 * (matrices + np.swapaxes(matrices, 1, 2)),
        "diag": np.square(widths),
        "spherical": np.square(widths[:, 0]),
    }[kind]
    return mx.Mixture(rng.dirichlet(np.ones(k)), rng.normal(0, 3, (k, d)), covariances, kind)


CASES = [(1, 1, 1.0), (3, 1, 1e-3), (1, 2, 1.0), (6, 2, 1e-4), (40, 2, 0.1), (7, 5, 1e-2), (4, 17, 0.3), (3, 64, 0.5)]


@pytest.mark.parametrize(("k", "d", "thin"), CASES)
def test_densities_responsibilities_conditions_and_moments_are_pythons(k, d, thin):
    rng = np.random.default_rng(100 * k + d)
    mix = mixture(rng, k, d, thin=thin)
    parts, x = parts_of(mix), mix.sample(3, rng=1)[1] + rng.normal(size=d)
    some = sorted(rng.choice(d, max(1, d // 3), replace=False).tolist())
    order = rng.permutation(d)[: max(1, d // 2)].tolist()
    calls = [
        ("algebra", "logDensity", parts, x),
        ("algebra", "responsibilities", parts, x),
        ("algebra", "marginal", parts, order),
        ("algebra", "moments", parts),
    ]
    if d > 1:
        calls.append(("algebra", "conditional", parts, {i: float(x[i]) for i in some}))
    log_density, shares, part, moments, *given = answers(*calls)
    assert log_density == pytest.approx(mix.log_density(x[None])[0], rel=1e-9)
    np.testing.assert_allclose(shares, mix.responsibilities(x[None])[0], **CLOSE)
    expected = mix.marginal(order)
    np.testing.assert_allclose(part["means"], expected.means.ravel(), **CLOSE)
    np.testing.assert_allclose(covariances_of(part), expected.matrices, **CLOSE)
    np.testing.assert_allclose(moments["mean"], mix.mean(), **CLOSE)
    np.testing.assert_allclose(moments["covariance"], mix.covariance().ravel(), **CLOSE)
    if d > 1:
        expected = mix.condition(some, x[some])
        np.testing.assert_allclose(given[0]["weights"], expected.weights, **CLOSE)
        np.testing.assert_allclose(given[0]["means"], expected.means.ravel(), rtol=1e-7, atol=1e-7)
        np.testing.assert_allclose(covariances_of(given[0]), expected.matrices, **CLOSE)


def test_what_lies_far_off_has_a_density_and_responsibilities():
    mix = mx.Mixture([0.5, 0.5, 0.0], [[0.0, 0], [1, 0], [2, 2]], [1e-4, 1e-2, 1.0], "spherical")
    far = np.array([300.0, -40.0])
    density, shares, given = answers(
        ("algebra", "logDensity", parts_of(mix), far),
        ("algebra", "responsibilities", parts_of(mix), far),
        ("algebra", "conditional", parts_of(mix), {0: 500.0}),
    )
    assert density == pytest.approx(mix.log_density(far[None])[0], rel=1e-12)
    assert shares.tolist() == [0.0, 1.0, 0.0]
    assert given["weights"].tolist() == [0.0, 1.0, 0.0]


def test_axes_are_those_of_the_covariance_and_lead_back():
    rng = np.random.default_rng(1)
    mix = mixture(rng, 30, 5, thin=1e-5)
    parts = parts_of(mix)
    found = answers(*[("algebra", "axesOf", parts, i, [3, 1]) for i in range(30)])
    for axes, matrix in zip(found, mix.marginal([3, 1]).matrices, strict=True):
        values, vectors = np.linalg.eigh(matrix)
        assert axes["long"] == pytest.approx(math.sqrt(values[1]), rel=1e-9)
        assert axes["short"] == pytest.approx(math.sqrt(values[0]), rel=1e-6)  # eigh's own rounding
        assert abs(np.dot(vectors[:, 1], [math.cos(axes["turn"]), math.sin(axes["turn"])])) == pytest.approx(1.0)
        assert -math.pi / 2 < axes["turn"] <= math.pi / 2
        cos, sin = math.cos(axes["turn"]), math.sin(axes["turn"])
        rows = np.array([[axes["long"] * cos, -axes["short"] * sin], [axes["long"] * sin, axes["short"] * cos]])
        np.testing.assert_allclose(rows @ rows.T, matrix, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("thin", [1.0, 1e-2, 1e-4])
def test_masses_of_boxes_are_pythons(thin):
    rng = np.random.default_rng(5)
    calls, expected = [], []
    for each in range(16):
        mix = mixture(rng, 1 + each % 4, 3, thin=thin)
        axes = rng.permutation(3)[:2].tolist()
        low, high = np.sort(rng.normal(0, 3, (2, 2)), axis=0)
        low[rng.random(2) < 0.2], high[rng.random(2) < 0.2] = -math.inf, math.inf
        calls.append(("algebra", "boxMass", parts_of(mix), [*low.tolist(), *high.tolist()], axes))
        expected.append(float(mix.marginal(axes).probability(low, high)))
    np.testing.assert_allclose(answers(*calls), expected, rtol=0, atol=1e-11)


def test_quantiles_have_their_share_below():
    rng = np.random.default_rng(2)
    mix = mixture(rng, 5, 1, thin=1e-3)
    shares = [1e-6, 0.025, 0.5, 0.975]
    for share, place in zip(shares, answers(*[("algebra", "quantile", parts_of(mix), p) for p in shares]), strict=True):
        assert float(mix.probability(-math.inf, place)) == pytest.approx(share, rel=1e-7)


@pytest.mark.parametrize("distance", [0.5, 0.99])
def test_a_split_is_pythons_and_merging_takes_it_back(distance):
    rng = np.random.default_rng(3)
    kinds = ("full", "diag", "spherical")
    mixtures = [mixture(rng, k, d, kind, thin=thin) for k, d, thin in CASES for kind in kinds]
    chosen = [int(rng.integers(mix.n_components)) for mix in mixtures]
    pairs = list(zip(mixtures, chosen, strict=True))
    split = answers(*[("reduction", "splitPart", parts_of(mix), i, distance) for mix, i in pairs])
    merged = answers(
        *[("reduction", "mergeParts", parts, [i, parts["k"] - 1]) for parts, i in zip(split, chosen, strict=True)]
    )
    for (mix, i), found, back in zip(pairs, split, merged, strict=True):
        expected = mx.Mixture(mix.weights, mix.means, mix.matrices).split(i, distance=distance)
        np.testing.assert_allclose(found["weights"], expected.weights, **CLOSE)
        np.testing.assert_allclose(found["means"], expected.means.ravel(), **CLOSE)
        np.testing.assert_allclose(covariances_of(found), expected.matrices, **CLOSE)
        np.testing.assert_allclose(back["means"], mix.means.ravel(), **CLOSE)
        np.testing.assert_allclose(covariances_of(back), mix.matrices, **CLOSE)


def test_merging_is_pythons():
    rng = np.random.default_rng(4)
    for k, d, thin in CASES[3:]:
        mix = mixture(rng, k, d, thin=thin)
        chosen = rng.permutation(k)[:3].tolist()
        (found,) = answers(("reduction", "mergeParts", parts_of(mix), chosen))
        expected = mix.merge(chosen)
        np.testing.assert_allclose(found["weights"], expected.weights, **CLOSE)
        np.testing.assert_allclose(found["means"], expected.means.ravel(), **CLOSE)
        np.testing.assert_allclose(covariances_of(found), expected.matrices, **CLOSE)


@pytest.mark.parametrize("kind", ["full", "diag", "spherical"])
def test_reduction_is_pythons_and_more_come_of_the_heaviest(kind):
    rng = np.random.default_rng(6)
    for k, d, fewer in [(30, 2, 7), (150, 5, 60), (9, 1, 8), (60, 2, 1)]:
        mix = mixture(rng, k, d, kind, thin=0.05)
        asleep = mx.Mixture(np.where(np.arange(k) == 1, 0.0, mix.weights), mix.means, mix.covariances, kind)
        (found,) = answers(("reduction", "resize", parts_of(asleep), fewer, kind))
        expected = asleep.reduce(fewer)
        np.testing.assert_allclose(found["weights"], expected.weights, **CLOSE)
        np.testing.assert_allclose(found["means"], expected.means.ravel(), **CLOSE)
        np.testing.assert_allclose(covariances_of(found), expected.matrices, **CLOSE)
    (more,) = answers(("reduction", "resize", parts_of(mix), 63))
    expected = mx.Mixture(mix.weights, mix.means, mix.matrices)
    for _ in range(3):
        expected = expected.split(int(expected.weights.argmax()))
    np.testing.assert_allclose(more["means"], expected.means.ravel(), **CLOSE)


def test_a_matrix_that_is_no_covariance_has_no_factor():
    singular, good = answers(
        ("matrices", "chol", np.array([1.0, 1.0, 1.0, 1.0]), 2), ("matrices", "chol", np.array([4.0, 2.0, 2.0, 5.0]), 2)
    )
    assert singular is None
    assert good.tolist() == [2.0, 0.0, 1.0, 2.0]
