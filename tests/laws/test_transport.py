"""Transport of mixtures: cheapest plans, where points go, and what lies on the way."""

import numpy as np
import ot
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import KINDS, random_mixture

import mixtura as mx
from mixtura.errors import InputError
from mixtura.kernels.network_simplex import cheapest
from mixtura.model import pairs


def two(kinds, d=2, k=5, other=7):
    return random_mixture(1, kinds[0], d, k), random_mixture(2, kinds[1], d, other)


MIXED = [(kind, kind) for kind in KINDS] + [("full", "diag"), ("tied", "full"), ("spherical", "diag")]


@pytest.mark.parametrize("case", ["general", "degenerate", "tiny", "far", "wide"])
def test_the_plan_is_the_cheapest(case):
    rng = np.random.default_rng(0)
    k, other = (90, 3) if case == "wide" else (60, 60) if case == "degenerate" else (60, 45)
    x, y = rng.normal(size=(k, 2)), rng.normal(size=(other, 2))
    a, b = rng.uniform(size=k), rng.uniform(size=other)
    if case == "degenerate":  # many equal costs, and pivots that move nothing
        x, y, a, b = np.rint(x), np.rint(y), np.ones(k), np.ones(other)
    if case == "tiny":
        a, b = a**60 + 1e-30, b**60 + 1e-25
    if case == "far":
        x[::3] += 1e4
    a, b = a / a.sum(), b / b.sum()
    cost = np.square(x[:, None] - y).sum(axis=2)
    plan = cheapest(cost, a, b)
    assert (plan >= 0).all()
    assert np.count_nonzero(plan) < k + other
    np.testing.assert_allclose(plan.sum(axis=1), a, rtol=1e-12)
    np.testing.assert_allclose(plan.sum(axis=0), b, atol=1e-15)
    assert (plan * cost).sum() == pytest.approx(ot.emd2(a, b, cost), rel=1e-12)


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("kinds", MIXED)
def test_one_gaussian_is_moved_into_another(kinds, d):
    p, q = two(kinds, d, 1, 1)
    way = p.transport(q)
    (a,), (b,) = way.matrices, way.offsets
    np.testing.assert_allclose(a, a.T, atol=1e-9 * np.abs(a).max())
    assert (np.linalg.eigvalsh(a) > 0).all()
    np.testing.assert_allclose(a @ p.means[0] + b, q.means[0], rtol=1e-9)
    np.testing.assert_allclose(a @ p.matrices[0] @ a.T, q.matrices[0], rtol=1e-9, atol=1e-12)


@given(st.sampled_from(MIXED), st.integers(1, 3), st.floats(0, 1))
def test_on_the_way(kinds, d, t):
    """Distances along the way add up, the mean moves evenly, and covariances keep what type both have."""
    p, q = two(kinds, d)
    way = p.transport(q)
    now = way.at(t)
    assert p.wasserstein(now) == pytest.approx(t * way.distance, abs=1e-6 * way.distance)
    assert now.wasserstein(q) == pytest.approx((1 - t) * way.distance, abs=1e-6 * way.distance)
    np.testing.assert_allclose(now.mean(), (1 - t) * p.mean() + t * q.mean(), rtol=1e-9, atol=1e-9)
    assert now.n_components < p.n_components + q.n_components
    if 0 < t < 1:
        both = set(kinds)
        expected = both.pop() if len(both) == 1 else "full" if both - {"diag", "spherical"} else "diag"
        assert now.covariance_type == expected
    assert mx.morph(p, q, [0, t, 1]) == [p, now, q]
    assert mx.morph(p, q, t) == now


@pytest.mark.parametrize("kinds", MIXED)
def test_where_points_go(kinds):
    """As published (section 6.3), from roots of matrices; on average to the mean of the target."""
    from scipy.linalg import sqrtm

    p, q = two(kinds)
    p = mx.Mixture(np.append(p.weights, 0), np.append(p.means, [[0, 0]], axis=0), np.append(
        p.matrices, [np.eye(2)], axis=0))  # fmt: skip
    way = p.transport(q)
    x = p.sample(50, rng=0)
    r = p.responsibilities(x)
    expected = np.zeros_like(x)
    for i, j in zip(*np.nonzero(way.plan), strict=True):
        root = sqrtm(p.matrices[i]).real
        a = np.linalg.inv(root) @ sqrtm(root @ q.matrices[j] @ root).real @ np.linalg.inv(root)
        expected += (r[:, i] * way.plan[i, j] / p.weights[i])[:, None] * (q.means[j] + (x - p.means[i]) @ a)
    np.testing.assert_allclose(way.map(x), expected, rtol=1e-7, atol=1e-7)
    affine = np.einsum("nk,nki->ni", r, np.einsum("kij,nj->nki", way.matrices, x) + way.offsets)
    np.testing.assert_allclose(way.map(x), affine, rtol=1e-9, atol=1e-9)
    assert (way.matrices[-1] == np.eye(2)).all()
    moved = np.einsum("kij,kj->ki", way.matrices, p.means) + way.offsets
    np.testing.assert_allclose(p.weights @ moved, q.mean(), rtol=1e-9, atol=1e-9)
    blocks = way.map(lambda: iter([x[:20], x[20:]]))
    np.testing.assert_allclose(np.concatenate(list(blocks)), way.map(x), rtol=1e-12)


def test_distances_in_the_plane_are_those_of_singular_values():
    p, q = two(("full", "full"), 2, 40, 30)
    deep = [mx.Mixture(m.weights, np.pad(m.means, ((0, 0), (0, 1))), np.stack([
        np.block([[s, np.zeros((2, 1))], [np.zeros((1, 2)), np.ones((1, 1))]]) for s in m.matrices]))
        for m in (p, q)]  # fmt: skip
    np.testing.assert_allclose(pairs.squared_distances(p, q), pairs.squared_distances(*deep), rtol=1e-12)


WRONG = [
    (lambda p, way: way.at(-0.1), "t is -0.1: give a number from 0, the source, to 1, the target"),
    (lambda p, way: way.at(np.nan), "t is nan"),
    (lambda p, way: way.at("half"), "t is 'half'"),
    (lambda p, way: way.map([[1.0]]), "x has 1 columns, the mixture has 2"),
    (lambda p, way: way.map([[1.0, np.nan]]), "NaN|nan"),
    (lambda p, way: p.transport(p.marginal([0])), "other has 1 coordinates, the mixture has 2"),
    (lambda p, way: mx.morph([1], p, 0.5), "p is .*, expected a Mixture"),
    (lambda p, way: mx.morph(p, p, [0.5, 2]), "t is 2"),
    (lambda p, way: p.transport(mx.Mixture([1], [[1e200, 0]], [1], "spherical")), "too far apart"),
]


@pytest.mark.parametrize(("ask", "sentence"), WRONG)
def test_wrong_requests(ask, sentence):
    p, q = two(("full", "full"))
    with pytest.raises(InputError, match=sentence):
        ask(p, p.transport(q))
    assert repr(p.transport(q)).startswith("<Transport of 5 components into 7, distance ")
