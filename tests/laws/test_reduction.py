"""Merging, splitting and reducing keep the moments that the covariance type can hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import KINDS, mixtures, near, random_mixture

import mixtura as mx
from comparing import mixture_gap, same_bits
from mixtura.errors import FitError, InputError
from mixtura.model import pairs


def same_moments(found, mix, digits=1e-11):
    """Whether mean and covariance agree, as far as the type holds them, in deviations."""
    spread = np.sqrt(np.diagonal(mix.covariance()))
    wide = np.abs(mix.means).max() * np.finfo(float).eps * 4 / spread.min()  # rounding of the means themselves
    assert (np.abs(found.mean() - mix.mean()) <= (digits + wide) * spread).all()
    gap = found.covariance() - mix.covariance()
    if mix.covariance_type == "diag":
        gap = np.diag(gap)
    if mix.covariance_type == "spherical":
        gap = np.trace(gap)
    assert (np.abs(gap) <= (digits + wide) * np.trace(mix.covariance())).all()


def merged_type(mix):
    return "full" if mix.covariance_type == "tied" else mix.covariance_type


@given(mixtures(k=st.integers(2, 5), named=True), st.data())
def test_merging_keeps_the_moments(mix, data):
    chosen = data.draw(st.lists(st.integers(0, mix.n_components - 1), min_size=2, unique=True))
    found = mix.merge(chosen)
    same_moments(found, mix)
    assert found.n_components == mix.n_components - len(chosen) + 1
    assert found.covariance_type == merged_type(mix)
    assert found.names == mix.names
    assert found.weights[min(chosen)] == pytest.approx(mix.weights[chosen].sum(), rel=1e-14)
    others = np.setdiff1d(np.arange(mix.n_components), chosen)
    places = others - np.searchsorted(np.sort(chosen)[1:], others)
    np.testing.assert_array_equal(found.means[places], mix.means[others])
    np.testing.assert_array_equal(found.matrices[places], mix.matrices[others])


@given(mixtures(kinds=("full", "diag", "spherical"), k=st.integers(3, 5)))
def test_merging_at_once_or_in_turn(mix):
    at_once, in_turn = mix.merge([0, 1, 2]), mix.merge([1, 2]).merge([0, 1])
    assert mixture_gap(in_turn, at_once) < 1e-9


@given(mixtures(named=True), st.data())
def test_splitting_and_merging_gives_the_mixture_back(mix, data):
    component = data.draw(st.integers(0, mix.n_components - 1))
    distance = data.draw(st.floats(0.01, 0.99))
    halves = mix.split(component, distance=distance)
    same_moments(halves, mix)
    assert halves.names == mix.names
    np.testing.assert_allclose(halves.weights[[component, -1]], mix.weights[component] / 2, rtol=1e-14)
    gap = halves.means[-1] - halves.means[component]
    longest = np.sqrt(np.linalg.eigvalsh(mix.matrices[component])[-1])
    assert np.linalg.norm(gap) == pytest.approx(2 * distance * longest, rel=1e-8)
    back = halves.merge([component, mix.n_components])
    whole = mix if mix.covariance_type != "tied" else mx.Mixture(mix.weights, mix.means, mix.matrices)
    named = mx.Mixture(whole.weights, whole.means, whole.covariances, whole.covariance_type, names=mix.names)
    assert mixture_gap(back, named) < 1e-9


@given(mixtures(k=st.integers(2, 9), named=True), st.data())
def test_reducing_keeps_the_moments(mix, data):
    n = data.draw(st.integers(1, mix.n_components))
    found = mix.reduce(n)
    assert found.n_components == n
    assert found.names == mix.names
    assert found.covariance_type == (mix.covariance_type if n == mix.n_components else merged_type(mix))
    same_moments(found, mix)


@given(mixtures(k=st.integers(2, 5)))
def test_reducing_to_all_or_to_one(mix):
    assert same_bits(mix.reduce(mix.n_components), mix)
    assert mixture_gap(mix.reduce(1), mix.merge(np.arange(mix.n_components))) < 1e-9


@pytest.mark.parametrize("kind", KINDS)
def test_copies_are_found_again(kind):
    """Ten copies of each of five components, scattered and hardly moved: one component each remains."""
    five = random_mixture(1, kind, 3, 5)
    rng = np.random.default_rng(0)
    many = rng.permutation(np.repeat(np.arange(5), 10))
    moved = five.means[many] + 1e-6 * rng.normal(size=(50, 3))
    spreads = five.covariances if kind == "tied" else five.covariances[many]
    found = mx.Mixture(five.weights[many], moved, spreads, kind).reduce(5)
    order = np.argmin(np.linalg.norm(found.means[:, None] - five.means, axis=2), axis=0)
    back = found.subset(order)
    np.testing.assert_allclose(back.means, five.means, atol=1e-5)
    np.testing.assert_allclose(back.weights, five.weights, rtol=1e-12)
    np.testing.assert_allclose(back.matrices, five.matrices, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_bound_on_what_is_lost(kind):
    """KL to the result is at most the weighted KL of every component to the nearest of the result."""
    mix = random_mixture(4, kind, 2, 30)
    for n in (20, 8, 3):
        found = mix.reduce(n)
        bound = mix.weights @ pairs.divergences(mix, found).min(axis=1)
        estimate = mix.kl(found, rng=0, n_samples=4000)
        assert estimate.estimate - 6 * estimate.standard_error <= bound


def test_no_move_between_groups_is_left_out():
    """Every component lies in the group that is nearest, so merging by nearest group gives the result again."""
    mix = random_mixture(10, "full", 2, 40)  # of which the greedy groups alone lose a twentieth more
    found = mix.reduce(6)
    nearest = pairs.divergences(mix, found).argmin(axis=1)
    again = mix.subset(nearest == 0).reduce(1)
    np.testing.assert_allclose(again.means[0], found.means[0], rtol=1e-12)
    np.testing.assert_allclose(again.matrices[0], found.matrices[0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_dormant_components(kind):
    mix = random_mixture(2, kind, 2, 4)
    asleep = mx.Mixture([0.5, 0, 0, 0.5], mix.means, mix.covariances, kind)
    assert asleep.reduce(3).n_components == 2
    assert asleep.merge([1, 2]).weights.tolist() == [0.5, 0, 0.5]
    np.testing.assert_allclose(asleep.merge([1, 2]).means[1], mix.means[1:3].mean(axis=0))
    np.testing.assert_allclose(asleep.merge([0, 1]).means[0], mix.means[0])
    assert asleep.split(1).weights.tolist() == [0.5, 0, 0, 0.5, 0]


def test_wrong_requests():
    mix = random_mixture(0, "full", 2, 3)
    for n in (0, 4, 1.5, True, None):
        with pytest.raises(InputError, match="reduced to a whole number from 1 to 3"):
            mix.reduce(n)
    for distance in (0, 1, -0.5, np.nan, "far"):
        with pytest.raises(InputError, match="more than 0 and less than 1"):
            mix.split(0, distance=distance)
    for component in (3, -1, 0.5, [0]):
        with pytest.raises(InputError, match="numbered 0 to 2"):
            mix.split(component)
    with pytest.raises(InputError, match="holds 3"):
        mix.merge([0, 3])
    with pytest.raises(InputError, match="more than once"):
        mix.merge([0, 0])


def test_what_double_precision_cannot_hold_is_an_error():
    far = mx.Mixture([0.5, 0.5], [[0.0, 0.0], [1e12, 1e12]], [np.eye(2)] * 2)
    for ask in (lambda: far.merge([0, 1]), lambda: far.reduce(1)):
        with pytest.raises(FitError, match="lie too far apart for double precision"):
            ask()
    assert near(far.reduce(2), 3).shape == (3, 2)
