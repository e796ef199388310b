"""Covariance families: one table of families, and the laws that each of them obeys."""

from dataclasses import dataclass
from typing import get_args

import numpy as np
import pytest
from scipy.linalg import expm
from strategies import near

import mixtura as mx
from mixtura.em.maximise import maximise
from mixtura.engines.cpu import CpuEngine
from mixtura.engines.reference import ReferenceEngine
from mixtura.errors import InputError
from mixtura.model.families import ALIASES, BASIC, COVARIANCE_TYPES, FAMILIES, NAMES, CovarianceType, family


@dataclass(frozen=True)
class Row:
    """A family, told apart from its class: `free` numbers make k covariances, as matrices (k, d, d), by `build`."""

    name: str
    free: object
    build: object


def triangles(free, d):
    """Matrices from the numbers of their Cholesky factors."""
    lower = np.zeros((len(free), d, d))
    lower[:, *np.tril_indices(d)] = 0.5 * free
    lower[:, range(d), range(d)] = np.exp(lower[:, range(d), range(d)])
    return lower @ lower.transpose(0, 2, 1)


def shapes(free, d):
    """(m, d) of product 1."""
    logs = np.concatenate([free, -free.sum(axis=1, keepdims=True)], axis=1) if d > 1 else np.zeros((len(free), 1))
    return np.exp(logs)


def axes(free, d):
    """(m, d, d) rotations."""
    skew = np.zeros((len(free), d, d))
    skew[:, *np.tril_indices(d, -1)] = free
    return np.stack([expm(one - one.T) for one in skew])


def built(letters):
    """What mclust's name stands for: lambda D A D^T, each part equal (E), varying (V) or that of the axes (I)."""

    def counts(k, d):
        return [{"E": 1, "V": k, "I": 0}[letter] for letter in letters], [1, d - 1, d * (d - 1) // 2]

    def free(k, d):
        return int(np.dot(*counts(k, d)))

    def build(numbers, k, d):
        often, each = counts(k, d)
        volume, shape, turn = np.split(numbers, np.cumsum(np.multiply(often, each))[:-1])
        volume = np.exp(volume)[:, None, None]
        shape = shapes(shape.reshape(often[1], each[1]), d)[:, :, None] if often[1] else np.ones((1, d, 1))
        turn = axes(turn.reshape(often[2], each[2]), d) if often[2] else np.eye(d)[None]
        return np.broadcast_to(volume * (turn * np.swapaxes(shape, 1, 2)) @ np.swapaxes(turn, 1, 2), (k, d, d)).copy()

    return Row(letters, free, build)


TABLE = [
    Row("full", lambda k, d: k * d * (d + 1) // 2, lambda free, k, d: triangles(free.reshape(k, -1), d)),
    Row("tied", lambda k, d: d * (d + 1) // 2, lambda free, k, d: np.repeat(triangles(free[None], d), k, axis=0)),
    Row("diag", lambda k, d: k * d, lambda free, k, d: np.exp(free).reshape(k, d, 1) * np.eye(d)),
    Row("spherical", lambda k, d: k, lambda free, k, d: np.exp(free)[:, None, None] * np.eye(d)),
    *map(built, ["EII", "EEI", "VEI", "EVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV"]),
]
BY_NAME = {row.name: row for row in TABLE}
every = pytest.mark.parametrize("name", BY_NAME)
sizes = pytest.mark.parametrize(("k", "d"), [(1, 1), (3, 1), (1, 3), (3, 2), (4, 5)])


def stored(name, matrices):
    """Matrices that belong to a family, in its shape: as `Family.component` has each."""
    own = family(name)
    parts = np.stack([own.component(matrix) for matrix in matrices])
    return np.array(parts[0] if own.shared else parts)


def member(name, k, d, seed=0):
    """Covariances of the family, in its shape and as matrices."""
    row, rng = BY_NAME[name], np.random.default_rng(seed)
    matrices = row.build(rng.normal(size=row.free(k, d)), k, d)
    return stored(name, matrices), matrices


def mixture(name, k, d, seed=0):
    """Far from the origin."""
    rng = np.random.default_rng(seed + 100)
    means = 40 + rng.normal(0, 2, (k, d))
    return mx.Mixture(rng.uniform(0.2, 1, k), means, member(name, k, d, seed)[0], name)


def neighbours(mix, seed=0, count=30):
    """Mixtures of the same family, near and nearer; every parameter moves."""
    own, rng = mix.family, np.random.default_rng(seed)
    vector, (k, d) = own.to_vector(mix.lower), mix.means.shape
    for size in np.repeat([0.1, 0.01, 0.001], count // 3):
        moved = own.m_step(own.from_vector(vector + rng.normal(0, size, vector.shape), k, d), np.ones(k))
        means = mix.means + rng.normal(0, size, mix.means.shape)
        yield mx.Mixture(mix.weights * np.exp(rng.normal(0, size, k)), means, moved, mix.covariance_type)


def expected_log_likelihood(mix, x, shares):
    """Of points whose components are known in probability, without any code of the families."""
    total = 0.0
    for j, (mean, matrix) in enumerate(zip(mix.means, mix.matrices, strict=True)):
        z = x - mean
        distances = np.einsum("ni,ni->n", z, np.linalg.solve(matrix, z.T).T)
        logs = np.log(mix.weights[j]) - 0.5 * (distances + np.linalg.slogdet(2 * np.pi * matrix)[1])
        total += shares[:, j] @ logs
    return float(total)


def jacobian_rank(function, at):
    step = 1e-6
    columns = [(function(at + step * e) - function(at - step * e)).ravel() / (2 * step) for e in np.eye(len(at))]
    return np.linalg.matrix_rank(np.stack(columns), tol=1e-4)


def test_the_table_has_every_family():
    assert list(BY_NAME) == list(FAMILIES) == list(COVARIANCE_TYPES)
    assert sorted(NAMES) == sorted(get_args(CovarianceType))
    assert all(family(name).name == name and name in repr(family(name)) for name in BY_NAME)
    assert list(BASIC) == list(BY_NAME)[:4]


def test_mclusts_names_are_understood():
    assert ALIASES == {"VVV": "full", "EEE": "tied", "VVI": "diag", "VII": "spherical"}
    for letters, name in ALIASES.items():
        row = built(letters)
        assert family(letters) is family(name)
        assert all(row.free(k, d) == family(name).n_parameters(k, d) for k in (1, 3) for d in (1, 4))
    assert family("E", 1) is family("EII")
    assert family("V", 1) is family("spherical")
    with pytest.raises(InputError, match="covariance_type is 'V', which is of one coordinate, but there are 2: choose"):
        family("V", 2)


@pytest.mark.parametrize("name", ["round", None, ["full"], 3])
def test_what_is_no_family_says_so(name):
    with pytest.raises(InputError, match=r"covariance_type is .*: choose one of full, tied, diag, spherical") as caught:
        family(name)
    assert caught.value.parameter == "covariance_type"


@every
@sizes
def test_parameters_are_counted(name, k, d):
    """As many as the table has numbers, and as the dimension of the set that these and the vectors reach."""
    row, own = BY_NAME[name], family(name)
    assert own.n_parameters(k, d) == row.free(k, d)
    at = np.random.default_rng(1).normal(size=row.free(k, d))
    assert jacobian_rank(lambda free: row.build(free, k, d), at) == row.free(k, d)
    vector = own.to_vector(mixture(name, k, d).lower)
    reached = jacobian_rank(lambda v: own.dense(own.m_step(own.from_vector(v, k, d), np.ones(k)), k, d), vector)
    assert reached == row.free(k, d)
    assert mixture(name, k, d).n_parameters == k - 1 + k * d + row.free(k, d)


@every
@sizes
def test_forms_are_of_the_same_matrices(name, k, d):
    own, (covariances, matrices) = family(name), member(name, k, d)
    assert covariances.shape == own.shape(k, d)
    np.testing.assert_allclose(own.checked(covariances), covariances, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(own.dense(covariances, k, d), matrices, rtol=1e-14)
    lower = own.lower(covariances, k, d)
    assert lower.shape == ((1 if own.shared else k, d, d) if own.triangular else (k, d))
    square = own.squared(lower)
    np.testing.assert_allclose(square if own.triangular else square[:, :, None] * np.eye(d), matrices[: len(lower)])
    np.testing.assert_allclose(own.unstack(own.cells(square)), covariances, rtol=1e-13)
    np.testing.assert_allclose(own.dense(own.inverse(covariances), k, d), np.linalg.inv(matrices), rtol=1e-9)
    np.testing.assert_array_equal(own.unstack(own.stack(covariances)), covariances)
    chosen = np.arange(k)[::-1]
    np.testing.assert_allclose(own.dense(own.take(covariances, chosen), k, d), matrices[::-1], rtol=1e-14)
    apart = own.uncoupled
    np.testing.assert_allclose(apart.dense(own.separate(covariances, k), k, d), matrices, rtol=1e-14)
    assert not apart.coupled
    weights = np.random.default_rng(0).dirichlet(np.ones(k))
    middle = own.dense(own.averaged(weights, covariances), 1, d)[0]
    np.testing.assert_allclose(middle, np.einsum("k,kij->ij", weights, matrices), rtol=1e-13)
    np.testing.assert_allclose(own.dense(own.alike(matrices[0], k), k, d), matrices[[0] * k], rtol=1e-14)


@every
def test_what_is_not_positive_definite_is_named(name):
    own, covariances = family(name), member(name, 3, 2)[0].copy()
    own.stack(covariances)[-1] *= -1
    component = 0 if own.shared else 2
    with pytest.raises(InputError, match=rf"covariances\[{component}\] is not positive definite \(smallest eig"):
        own.lower(covariances, 3, 2)
    with pytest.raises(mx.errors.FitError, match=r"definite.*: do that"):
        own.lower(covariances, 3, 2, "do that")


@every
@sizes
def test_vectors_and_covariances_are_the_same_thing(name, k, d):
    own, (covariances, _) = family(name), member(name, k, d)
    back = own.from_vector(own.to_vector(own.lower(covariances, k, d)), k, d)
    np.testing.assert_allclose(back, covariances, rtol=1e-12, atol=1e-13)


@every
@pytest.mark.parametrize("axes", [[0], [3, 1], [4, 0, 2]])
def test_marginals_and_conditionals_are_those_of_the_matrices(name, axes):
    own, (covariances, matrices) = family(name), member(name, 3, 5)
    on = np.array(axes)
    free = np.setdiff1d(np.arange(5), on)
    there = matrices[:, on[:, None], on]
    np.testing.assert_allclose(own.part.dense(own.marginal(covariances, on), 3, len(on)), there, rtol=1e-14)
    gain, rest = own.conditional(covariances, 3, on, free)
    cross = matrices[:, free[:, None], on]
    expected = cross @ np.linalg.inv(there)
    np.testing.assert_allclose(gain, expected, rtol=1e-9, atol=1e-12)
    left = matrices[:, free[:, None], free] - expected @ np.swapaxes(cross, 1, 2)
    np.testing.assert_allclose(own.part.dense(rest, 3, len(free)), left, rtol=1e-9, atol=1e-12)


SCALED = np.diag([2.0, -0.5, 3.0])[[2, 0]]
IMAGES = {"any": np.array([[1.0, 2, 0], [0, -1, 3]]), "axes": SCALED, "alike": -2 * np.eye(3)[[1, 2]]}


@every
@pytest.mark.parametrize("image", IMAGES)
def test_images_are_those_of_the_matrices(name, image):
    own, (covariances, matrices) = family(name), member(name, 3, 3)
    kept, found = own.image(covariances, 3, IMAGES[image])
    expected = IMAGES[image] @ matrices @ IMAGES[image].T
    np.testing.assert_allclose(kept.dense(found, 3, 2), expected, rtol=1e-12, atol=1e-12)
    if image == "alike":
        assert kept is own.part


@every
@sizes
def test_moments_add_and_reduce(name, k, d):
    """Those of two sets of rows add; from rows, from matrices and from the kernels' form they are the same."""
    own, rng = family(name), np.random.default_rng(0)
    weight, away = rng.uniform(0, 1, (k, 30)), rng.normal(size=(k, 30, d))
    whole = own.moments(weight, away)
    assert whole.shape == own.shape(k, d)
    parts = own.moments(weight[:, :11], away[:, :11]) + own.moments(weight[:, 11:], away[:, 11:])
    np.testing.assert_allclose(parts, whole, rtol=1e-12, atol=1e-12)
    scatter = np.einsum("kn,kni,knj->kij", weight, away, away)
    np.testing.assert_allclose(own.reduced(scatter), whole, rtol=1e-12, atol=1e-12)
    form = scatter if own.triangular else np.diagonal(scatter, axis1=1, axis2=2)
    np.testing.assert_allclose(own.summed(form), whole, rtol=1e-12, atol=1e-12)
    axes = np.array([0, d - 1]) if d > 1 else np.array([0])
    seen = np.zeros_like(away)
    seen[..., axes] = away[..., axes]
    embedded = own.embedded(own.moments(weight, away[..., axes]), axes, d)
    np.testing.assert_allclose(embedded, own.moments(weight, seen), rtol=1e-12, atol=1e-12)


@every
@sizes
def test_traces_are_of_the_precisions(name, k, d):
    own, (covariances, matrices) = family(name), member(name, k, d)
    away = np.random.default_rng(2).normal(size=(k, 7, d))
    second = own.moments(np.ones((k, 7)), away)
    expected = np.einsum("kni,kij,knj->", away, np.linalg.inv(matrices), away)
    whitener = mx.Mixture(np.ones(k), np.zeros((k, d)), covariances, name).whitener
    assert own.traces(whitener, second) == pytest.approx(expected, rel=1e-9)


@every
@sizes
def test_members_stay_what_they_are(name, k, d):
    """As the M-step of their own scatter, whatever the masses; and in the memory of a stream."""
    own, mix = family(name), mixture(name, k, d)
    mass = np.random.default_rng(3).uniform(1, 9, k)
    np.testing.assert_allclose(own.m_step(mix.covariances, mass), mix.covariances, rtol=1e-10)
    second = own.remembered(mix.covariances, mass, d)
    assert second.shape == own.shape(k, d)
    found = own.scatter(second, mass, np.zeros((k, d)))
    np.testing.assert_allclose(found, mix.covariances, rtol=1e-12)
    if k > 1:
        mass[0] = 0.0
        np.testing.assert_allclose(own.m_step(mix.covariances, mass), mix.covariances, rtol=1e-10)


@every
@pytest.mark.parametrize("engine", ["reference", "cpu"])
@pytest.mark.parametrize(("k", "d"), [(1, 1), (2, 3), (4, 2)])
def test_the_m_step_is_the_likeliest(name, engine, k, d):
    mix = mixture(name, k, d)
    x = near(mix, 60)
    points = mx.Points.from_array(x)
    expecting = ReferenceEngine(points) if engine == "reference" else CpuEngine(points)
    best, shares = maximise(expecting.expect(mix), mix), mix.responsibilities(x)
    assert best.covariance_type == name
    top = expected_log_likelihood(best, x, shares)
    for other in neighbours(best):
        assert expected_log_likelihood(other, x, shares) < top
    assert expected_log_likelihood(mix, x, shares) < top


@every
@pytest.mark.parametrize(("k", "d"), [(1, 1), (2, 3), (4, 2)])
def test_the_mode_under_a_prior_is_the_most_probable(name, k, d):
    mix = mixture(name, k, d)
    x, scale = near(mix, 40), 0.7 * mix.covariance()
    prior = mx.Prior(
        mix.mean() + 1,
        mix.family.component(scale),
        name,
        mean_precision=0.7,
        degrees_of_freedom=d + 2.5,
        concentration=1.5,
    )
    best = maximise(ReferenceEngine(mx.Points.from_array(x)).expect(mix), mix, prior=prior)
    shares = mix.responsibilities(x)

    def value(other):
        return expected_log_likelihood(other, x, shares) + prior.log_density(other)

    top = value(best)
    for other in neighbours(best):
        assert value(other) < top


@every
def test_what_is_added_and_what_is_raised(name):
    own, (covariances, matrices) = family(name), member(name, 3, 2)
    wider = own.dense(own.widened(covariances, 0.5), 3, 2)
    np.testing.assert_allclose(wider, matrices + 0.5 * np.eye(2), rtol=1e-13)
    extra = np.array([0.5, 1.5])
    added = own.dense(own.widened(covariances, extra if own.shared else np.tile(extra, (3, 1))), 3, 2) - matrices
    expected = np.full(2, 1.0) if own.pooled(2) == 2 else extra
    np.testing.assert_allclose(np.diagonal(added, axis1=1, axis2=2), [expected] * 3, rtol=1e-12)
    floor = float(np.median(np.linalg.eigvalsh(matrices)))
    raised = np.linalg.eigvalsh(own.dense(own.floored(covariances, floor), 3, 2))
    np.testing.assert_allclose(raised, np.maximum(np.linalg.eigvalsh(matrices), floor), rtol=1e-9)
    kept = own.kept(2 * covariances, covariances, np.array([False, True, False]))
    times = np.array([1.0, 1.0, 1.0] if own.coupled else [2.0, 1.0, 2.0])
    np.testing.assert_allclose(own.dense(kept, 3, 2), times[:, None, None] * matrices, rtol=1e-13)
    none = own.kept(2 * covariances, covariances, np.zeros(3, bool))
    np.testing.assert_array_equal(none, 2 * covariances)


@pytest.mark.parametrize("name", COVARIANCE_TYPES)
def test_what_is_nearly_a_member_has_a_member_nearby(name):
    """Members stay; beyond two members of a path lies one that is as near as the best is, but for a second order."""
    k, d, kind = 4, 3, family(name)
    rng = np.random.default_rng(2)
    roots = rng.normal(size=(2, k, d, d))
    first, other = (root @ root.transpose(0, 2, 1) + np.eye(d) for root in roots)
    offs = []
    for size in (0.02, 0.01):
        ends = [
            kind.m_step(kind.reduced(scatter) / kind.pooled(d) / (k if kind.shared else 1), np.ones(k))
            for scatter in (first, first + size * other)
        ]
        np.testing.assert_allclose(kind.nearby(ends[0]), ends[0], rtol=1e-8, atol=1e-10)
        beyond = kind.from_vector(
            2 * kind.to_vector(kind.lower(ends[1], k, d)) - kind.to_vector(kind.lower(ends[0], k, d)), k, d
        )
        found = kind.nearby(beyond)
        np.testing.assert_allclose(kind.m_step(found, np.ones(k), found), found, rtol=1e-7, atol=1e-9)
        offs.append(np.abs(found - beyond).max())
    assert offs[0] < 0.05
    assert offs[1] <= offs[0] / 2.0 + 1e-12
