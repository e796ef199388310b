"""Entropy, divergence and transport: their bounds, their symmetries, and how they follow a change of units."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import KINDS, mixtures, random_mixture

import mixtura as mx
from comparing import same_bits
from mixtura.errors import InputError

N = 2000
FEW = settings(max_examples=25)  # each draws N points, and all pairs


def moved(mix, seed):
    """(map, image): a rotation times 3, and an offset."""
    d = mix.n_coordinates
    a = 3 * np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))[0]
    return a, mix.transform(a, np.full(d, 7.0) * np.abs(mix.means).max())


@st.composite
def two(draw):
    """Two mixtures in the same coordinates, one or two deviations apart, of any two types."""
    first = draw(mixtures(scales=(1e-6, 1.0, 1e6)))
    scale = float(np.sqrt(np.trace(first.covariance()) / first.n_coordinates))
    kind, k, seed = draw(st.sampled_from(KINDS)), draw(st.integers(1, 5)), draw(st.integers(0, 1000))
    other = random_mixture(seed, kind, first.n_coordinates, k)
    means = first.mean() + scale * (other.means - other.mean()) / 3
    return first, mx.Mixture(other.weights, means, other.covariances * scale**2, kind)


@FEW
@given(mixtures(), st.integers(0, 100))
def test_entropy(mix, seed):
    found = mix.entropy(n_samples=N, rng=seed)
    slack = 6 * found.standard_error + 1e-9
    assert found.lower - slack <= found.estimate <= found.upper + slack
    assert found.lower <= found.upper
    plain = -mix.log_density(mix.sample(N, rng=seed + 1))
    assert abs(plain.mean() - found.estimate) <= slack + 6 * plain.std() / np.sqrt(N)
    # A map adds the logarithm of its volume, to bounds and estimate alike.
    a, image = moved(mix, seed)
    there = image.entropy(n_samples=N, rng=seed)
    volume = np.linalg.slogdet(a)[1]
    for name in ("lower", "upper"):
        assert getattr(there, name) - volume == pytest.approx(getattr(found, name), rel=1e-6, abs=1e-6)
    assert there.estimate - volume == pytest.approx(found.estimate, abs=slack + 6 * there.standard_error)


@given(mixtures(k=st.just(1)))
def test_entropy_of_one_component(mix):
    found = mix.entropy()
    expected = 0.5 * (np.linalg.slogdet(2 * np.pi * np.e * mix.matrices[0] / mix.matrices[0, 0, 0])[1])
    expected += 0.5 * mix.n_coordinates * np.log(mix.matrices[0, 0, 0])
    assert found.lower == found.upper == found.estimate == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert found.standard_error == 0


@FEW
@given(two(), st.integers(0, 100))
def test_kl(pair, seed):
    p, q = pair
    found = p.kl(q, n_samples=N, rng=seed)
    slack = 6 * found.standard_error + 1e-9
    assert 0 <= found.lower <= found.upper
    assert found.lower - slack <= found.estimate <= found.upper + slack
    a, _ = moved(p, seed)
    there = p.transform(a).kl(q.transform(a), n_samples=N, rng=seed)
    for name in ("lower", "upper", "variational"):
        assert getattr(there, name) == pytest.approx(getattr(found, name), rel=1e-5, abs=1e-5)


@FEW
@given(mixtures())
def test_kl_to_itself_is_nothing(mix):
    found = mix.kl(mix, n_samples=10)
    assert (found.estimate, found.standard_error) == pytest.approx((0, 0), abs=1e-12)
    assert (found.lower, found.variational) == pytest.approx((0, 0), abs=1e-9)
    assert 0 <= found.upper < 1e-2  # its rounds come nearer slowly where components overlap


@given(mixtures())
def test_dormant_components_say_nothing(mix):
    k = mix.n_components
    more = mx.Mixture(
        np.append(mix.weights, 0), np.append(mix.means, mix.means[:1] + 1, axis=0),
        mix.covariances if mix.covariance_type == "tied" else np.append(mix.covariances, mix.covariances[:1], axis=0),
        mix.covariance_type,
    )  # fmt: skip
    ours, theirs = (m.entropy(n_samples=10, rng=0) for m in (more, mix))
    assert astuple(ours) == pytest.approx(astuple(theirs), rel=1e-10, abs=1e-10)
    assert astuple(more.kl(mix, n_samples=10)) == pytest.approx((0, 0, 0, 0, 0), abs=1e-2)
    distance, plan = more.wasserstein(mix, return_plan=True)
    assert plan[k].sum() == 0
    assert distance == pytest.approx(0, abs=1e-12 * np.sqrt(np.trace(mix.covariance())))


@given(two(), st.integers(0, 100))
def test_wasserstein(pair, seed):
    p, q = pair
    distance, plan = p.wasserstein(q, return_plan=True)
    np.testing.assert_allclose(plan.sum(axis=1), p.weights, rtol=0, atol=1e-12)
    np.testing.assert_allclose(plan.sum(axis=0), q.weights, rtol=0, atol=1e-12)
    assert (plan >= 0).all()
    assert q.wasserstein(p) == pytest.approx(distance, rel=1e-9)
    # Nothing moves less than the means do (Jensen); rotations change nothing, and units go along.
    assert distance >= np.linalg.norm(p.mean() - q.mean()) * (1 - 1e-9)
    a, image = moved(p, seed)
    b = np.full(len(a), 7.0) * np.abs(p.means).max()
    assert image.wasserstein(q.transform(a, b)) == pytest.approx(3 * distance, rel=1e-6)
    scale = np.sqrt(np.trace(p.covariance()))
    assert p.wasserstein(p) == pytest.approx(0, abs=1e-9 * scale)


@given(two(), st.integers(0, 100))
def test_no_detour_is_shorter(pair, seed):
    p, q = pair
    other = random_mixture(seed, "full", p.n_coordinates, 2)
    r = mx.Mixture(other.weights, p.means[:1] + (other.means - other.mean()) * 0.1, q.matrices[[0, 0]])
    assert p.wasserstein(q) <= (p.wasserstein(r) + r.wasserstein(q)) * (1 + 1e-9)


def test_records_tell_what_they_are():
    mix = random_mixture(1, "full", 2, 3)
    other = random_mixture(2, "full", 2, 3)
    assert repr(mix.entropy(rng=0)).startswith("<Entropy ")
    assert " nats, between " in repr(mix.kl(other, rng=0))
    assert mix.entropy(rng=0) == mix.entropy(rng=0)
    with pytest.raises(AttributeError):
        mix.entropy(rng=0).lower = 0.0


def test_wrong_requests():
    mix, flat = random_mixture(1, "full", 2, 3), random_mixture(1, "full", 3, 3)
    for ask in (mix.kl, mix.wasserstein):
        with pytest.raises(InputError, match="other has 3 coordinates, the mixture has 2"):
            ask(flat)
        with pytest.raises(InputError, match=r"other is .*, expected a Mixture"):
            ask([[1.0, 2.0]])
    for n in (0, 1, 2.5, None, True):
        with pytest.raises(InputError, match="a whole number >= 2"):
            mix.entropy(n_samples=n)
    far = mx.Mixture([1.0], [[1e200, 0.0]], [1.0], "spherical")
    for ask in (mix.kl, mix.wasserstein):
        with pytest.raises(InputError, match="too far apart"):
            ask(far)


@pytest.mark.parametrize("kind", KINDS)
def test_the_mixtures_stay_as_they_are(kind):
    p, q = random_mixture(1, kind, 2, 3), random_mixture(2, kind, 2, 3)
    copy = mx.Mixture(p.weights, p.means, p.covariances, kind)
    p.kl(q, n_samples=10)
    p.wasserstein(q)
    p.reduce(2)
    p.split(0)
    assert same_bits(copy, mx.Mixture(p.weights, p.means, p.covariances, kind))
