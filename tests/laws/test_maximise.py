"""The M-step: variances are added to or held at a floor, and a split keeps what it splits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import KINDS, mixtures, near, random_mixture

import mixtura as mx
from mixtura.em.maximise import lost, maximise, raise_to_floor, split_heaviest
from mixtura.engines.reference import ReferenceEngine
from mixtura.model.reduction import give_half
from mixtura.model.statistics import Statistics


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("floor", [1e-3, 1.0, 30.0])
def test_floors_and_additions(kind, floor):
    mix = random_mixture(4, kind, 3, 2)
    found = ReferenceEngine(mx.Points.from_array(near(mix, 100))).expect(mix)
    bare, added, raised = (maximise(found, mix, reg_covar=r, floored=f) for r, f in ((0, 0), (floor, 0), (floor, 1)))
    np.testing.assert_allclose(added.matrices, bare.matrices + floor * np.eye(3), rtol=1e-12)
    before, after = np.linalg.eigvalsh(bare.matrices), np.linalg.eigvalsh(raised.matrices)
    np.testing.assert_allclose(after, np.maximum(before, floor), rtol=1e-9)
    np.testing.assert_array_equal(raised.means, bare.means)
    again = raise_to_floor(bare, floor)
    np.testing.assert_allclose(again.matrices, raised.matrices, rtol=1e-9, atol=1e-9 * floor)


@given(mixtures(k=st.integers(2, 5)), st.floats(0.01, 100))
def test_the_floored_step_never_falls(mix, factor):
    floor = factor * float(np.linalg.eigvalsh(mix.matrices).min())
    mix = raise_to_floor(mix, floor)
    engine = ReferenceEngine(mx.Points.from_array(near(mix, 60, spread=0.7)))
    here = engine.expect(mix)
    there = engine.expect(maximise(here, mix, reg_covar=floor, floored=True))
    assert there.mean_log_likelihood >= here.mean_log_likelihood - 1e-9


@given(mixtures(kinds=("full", "diag"), k=st.integers(2, 5)))
def test_a_split_keeps_mean_and_covariance(mix):
    weights = mix.weights.copy()
    weights[0] = 0
    asleep = mx.Mixture(weights, mix.means, mix.covariances, mix.covariance_type)
    split = split_heaviest(asleep, 1)
    assert (split.weights > 0).all()
    spread = asleep.covariance().max()
    np.testing.assert_allclose(split.mean(), asleep.mean(), rtol=0, atol=1e-12 * np.abs(mix.means).max())
    np.testing.assert_allclose(split.covariance(), asleep.covariance(), rtol=0, atol=1e-10 * spread)
    pair = split.subset([0, int(asleep.weights.argmax())])
    np.testing.assert_allclose(pair.weights, 0.5, rtol=1e-12)
    assert (np.abs(pair.means[0] - pair.means[1]).max()) > 0


@pytest.mark.parametrize("kind", ["tied", "spherical"])
def test_a_split_of_shared_shapes_keeps_what_they_hold(kind):
    mix = random_mixture(1, kind, 3, 3)
    asleep = mx.Mixture([0, 0.7, 0.3], mix.means, mix.covariances, kind)
    split = split_heaviest(asleep, 1)
    np.testing.assert_allclose(split.weights, [0.35, 0.35, 0.3], rtol=1e-12)
    np.testing.assert_allclose(split.mean(), asleep.mean(), rtol=1e-12)
    if kind == "tied":
        np.testing.assert_array_equal(split.matrices, asleep.matrices[[1, 1, 2]])
    else:
        spread = np.trace(asleep.covariance())
        np.testing.assert_allclose(np.trace(split.covariance()), spread, rtol=1e-10)
    gap = split.means[0] - split.means[1]
    # Half of the longest axis to either side, in units of the whole, of which a spherical one knows none.
    units = np.sqrt(np.diagonal(asleep.covariance())) if kind == "tied" else np.ones(3)
    longest = np.linalg.eigvalsh(asleep.matrices[1] / np.outer(units, units))[-1]
    assert (gap / units) @ (gap / units) == pytest.approx(longest, rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("share", "is_lost"), [(0.99e-12, True), (1.01e-12, False), (0.0, True)])
def test_a_component_is_lost_below_a_trillionth_of_an_even_share(kind, share, is_lost):
    """It keeps its place, and all but tied covariances, with weight 0; just above, it follows what points it has."""
    mix, total = random_mixture(2, kind, 2, 4), 4000.0
    even = total / 4
    mass = np.array([even, share * even, even, even])
    first = mass[:, None] * np.array([0.25, -0.5])  # every mean would move by this much
    moments = (np.square(first) / np.maximum(mass, 1e-300)[:, None]).sum(axis=1)
    second = {
        "full": mass[:, None, None] * 2 * np.eye(2),
        "tied": total * 2 * np.eye(2),
        "diag": mass[:, None] * np.full(2, 2.0),
        "spherical": mass * 4 + moments,
    }[kind]
    statistics = Statistics(mass, first, second, 0.0, total)
    assert lost(statistics).tolist() == ([1] if is_lost else [])
    after = maximise(statistics, mix)
    assert (after.weights[1] == 0) == is_lost
    assert (after.weights[[0, 2, 3]] > 0.3).all()
    moved = after.means - mix.means
    np.testing.assert_allclose(moved[1], [0, 0] if is_lost else [0.25, -0.5], atol=1e-12)
    np.testing.assert_allclose(moved[[0, 2, 3]], [[0.25, -0.5]] * 3, atol=1e-12)
    if kind != "tied":
        assert np.array_equal(after.covariances[1], mix.covariances[1]) == is_lost


def wide(kind, d):
    """One component at the origin, wider than any of the shifts below."""
    unit = {"full": np.eye(d)[None], "tied": np.eye(d), "diag": np.ones((1, d)), "spherical": np.ones(1)}[kind]
    return mx.Mixture([1.0], np.zeros((1, d)), 1e18 * unit, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mean_that_moves_far_leaves_positive_variances(kind):
    """A cloud of width 1e-3 at 1e6 to 1e9: second / mass and the squared shift agree in every digit but the last few.

    What rounding leaves of their difference is often negative; as much as it may be is added.
    """
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = 10.0 ** rng.uniform(6, 9) * rng.choice([-1, 1], 3) * rng.uniform(0.5, 1, 3) + rng.normal(0, 1e-3, (50, 3))
        mix, points = wide(kind, 3), mx.Points.from_array(x)
        after = maximise(ReferenceEngine(points).expect(mix), mix)
        np.testing.assert_allclose(after.means[0], x.mean(axis=0), rtol=1e-14)
        variances = np.linalg.eigvalsh(after.matrices[0])
        assert variances.min() > 0
        assert variances.max() < 1e-5 + 24 * 3 * np.finfo(float).eps * np.square(x).max()
        settled = maximise(ReferenceEngine(points).expect(after), after)
        assert np.linalg.eigvalsh(settled.matrices[0]).max() < 1e-5, "it goes away as the mean settles"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_added_where_a_mean_moves_far(kind):
    """Powers of two, so that all else is exact: 8 d times the rounding of the squared shift, in each coordinate."""
    d, shift = 2, np.array([2.0**20, 2.0**19])
    mix = wide(kind, d)
    outer = np.outer(shift, shift)
    second = {
        "full": (outer + 4 * np.eye(2))[None],
        "tied": outer + 4 * np.eye(2),
        "diag": (shift**2 + 4)[None],
        "spherical": np.array([(shift**2).sum() + 8]),
    }[kind]
    after = maximise(Statistics(np.ones(1), shift[None], second, 0.0, 1.0), mix)
    added = 8 * d * 2.0**-52 * shift**2
    if kind == "spherical":
        added = np.full(2, added.mean())
    np.testing.assert_array_equal(after.matrices[0], np.diag(4 + added))


@pytest.mark.parametrize("kind", ["full", "diag"])
def test_of_axes_that_are_as_long_the_first_is_split(kind):
    """Rounding may not choose: by its other engine, a fit would go another way."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        away = 1e-9 * rng.normal(size=(3, 3))
        spread = np.diag([0.5, 2.0, 2.0]) + away + away.T
        mix = mx.Mixture([1.0, 0.0], np.zeros((2, 3)), [spread if kind == "full" else np.diag(spread)] * 2, kind)
        split = give_half(mix, 0, 1)
        np.testing.assert_allclose(np.abs(split.means[1]), [0, 0.5 * np.sqrt(2), 0], atol=1e-6)
        assert split.means[1, 1] > 0
