"""Pairs that are ruled out in many coordinates: the answers are those of all pairs."""

import numpy as np
import pytest

import mixtura as mx
from comparing import statistics_gap
from mixtura.engines.blas import BlasEngine
from mixtura.engines.reference import ReferenceEngine
from mixtura.kernels import high_dimension, ruled_out, shared
from mixtura.model import evaluate
from mixtura.model.gaussian import arrays, weighted_log_densities

N, D, K = 2500, 40, 12


def groups(gap, spread=1.0, offset=0.0, seed=0):
    """Points in K groups, each with axes of its own, and the mixture that they are drawn from."""
    rng = np.random.default_rng(seed)
    means = gap * rng.normal(size=(K, D))
    factors = rng.normal(size=(K, D, D)) / np.sqrt(D) + 0.5 * np.eye(D)
    labels = rng.integers(0, K, N)
    x = means[labels] + np.einsum("nij,nj->ni", factors[labels], rng.normal(size=(N, D)))
    units = spread ** np.linspace(-1, 1, D)
    covariances = (factors @ factors.transpose(0, 2, 1) + 1e-3 * np.eye(D)) * units[:, None] * units
    return x * units + offset, mx.Mixture(rng.uniform(0.2, 1, K), means * units + offset, covariances)


def outlying():
    x, mixture = groups(1.0)
    x[7] *= 100
    return x, mixture


def dormant():
    x, mixture = groups(1.0)
    return x, mx.Mixture(mixture.weights * (np.arange(K) != 3), mixture.means, mixture.covariances)


CASES = {
    "apart": lambda: groups(3.0),
    "touching": lambda: groups(0.5),
    "columns of all sizes": lambda: groups(1.0, 1e4),
    "an outlier": outlying,
    "a component without weight": dormant,
    "far from the origin": lambda: groups(1.0, offset=1e6),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_the_pairs_that_are_left_say_all(name, weighted):
    x, mixture = CASES[name]()
    weight = np.random.default_rng(1).uniform(0, 2, N) if weighted else None
    points = mx.Points.from_array(x, weight)
    engine = BlasEngine(points, "full")
    found = engine.expect(mixture)
    assert engine.pairs < 0.5 * N * K
    assert statistics_gap(found, ReferenceEngine(points).expect(mixture), mixture) < 1e-11


def test_what_is_not_kept_is_computed_again(monkeypatch):
    x, mixture = CASES["touching"]()
    expected = BlasEngine(mx.Points.from_array(x), "full").expect(mixture)
    monkeypatch.setattr(ruled_out, "KEEP", 0)
    found = BlasEngine(mx.Points.from_array(x), "full").expect(mixture)
    assert statistics_gap(found, expected, mixture) < 1e-13


@pytest.mark.parametrize("name", CASES)
def test_questions(name):
    x, mixture = CASES[name]()
    joint = weighted_log_densities(x, mixture.means, mixture.whitener, mixture.log_scales)
    top = joint.max(axis=1)
    whole = top + np.log(np.exp(joint - top[:, None]).sum(axis=1))
    np.testing.assert_allclose(evaluate.log_density(mixture, x), whole, rtol=1e-9)
    np.testing.assert_array_equal(evaluate.predict(mixture, x), joint.argmax(axis=1))
    np.testing.assert_allclose(evaluate.responsibilities(mixture, x), np.exp(joint - whole[:, None]), atol=1e-7)


@pytest.mark.parametrize("name", ["touching", "columns of all sizes"])
def test_a_bound_is_one(name):
    """Of every pair that is not evaluated, single precision and its slack say no less than what is so."""
    x, mixture = CASES[name]()
    table = high_dimension.prepare(x)
    parts = ruled_out.Components(table, arrays(mixture), 40.0)
    assert not parts.crowded
    block = ruled_out._Block(table, slice(0, N), parts, 1)
    joint = weighted_log_densities(x, mixture.means, mixture.whitener, mixture.log_scales).T
    least = joint - 1e-5 * np.abs(joint)
    everything = np.arange(0, K * N + 1, N), np.tile(np.arange(N), K)
    for directions in (parts.first, parts.next, parts.all):
        assert (block.measured(directions) >= least).all()
        pairs = ruled_out.Pairs(*everything, np.repeat(parts.scales, N).astype(np.float32))
        block.closer(pairs, directions)
        assert (pairs.bounds >= least.ravel()).all()
    assert (pairs.bounds <= (joint + 1e-2 * np.abs(joint) + 1e-2).ravel()).all()  # of all directions, it is no more
    seen = np.zeros((K, N), bool)
    block.evaluated()
    for component, rows, _, _ in block.pieces:
        assert not seen[component, rows].any()
        seen[component, rows] = True
    assert seen[joint > joint.max(axis=0) - 40.0].all()
    assert seen.mean() < 0.6
    assert seen.mean() == pytest.approx(parts.share, rel=0.25)


def test_where_most_pairs_matter_all_are_evaluated():
    x, mixture = groups(0.0)
    wide = mx.Mixture(mixture.weights, mixture.means, 9.0 * mixture.covariance()[None].repeat(K, axis=0))
    parts = ruled_out.Components(high_dimension.prepare(x), arrays(wide), 40.0)
    assert parts.crowded


@pytest.mark.parametrize("crowded", [0.6, 0.0])
@pytest.mark.parametrize("kind", ["full", "tied"])
def test_bits_do_not_depend_on_threads(monkeypatch, kind, crowded):
    """Of several blocks, pieces of components and groups of pieces."""
    small = {"WORTH": 0, "BLOCK": 600, "PIECE": 100, "PART": 150, "CROWDED": crowded}
    for name, number in small.items():
        monkeypatch.setattr(ruled_out, name, number)
    monkeypatch.setattr(high_dimension, "SUMMED", 150)
    monkeypatch.setattr(shared, "NUMBERS", 2**14)
    x, mixture = groups(1.0)
    if kind == "tied":
        mixture = mx.Mixture(mixture.weights, mixture.means, mixture.covariance(), "tied")
    points = mx.Points.from_array(x)
    found = [BlasEngine(points, kind, n_threads).expect(mixture) for n_threads in (1, 2, 5)]
    assert len({(each.second.tobytes(), each.log_likelihood) for each in found}) == 1
    assert statistics_gap(found[0], ReferenceEngine(points).expect(mixture), mixture) < 1e-11
    assert len({evaluate.log_density(mixture, x, n_threads).tobytes() for n_threads in (1, 2, 5)}) == 1
