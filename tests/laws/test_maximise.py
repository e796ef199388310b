"""The M-step: variances are added to or held at a floor, and a split keeps what it splits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import KINDS, mixtures, near, random_mixture

import mixtura as mx
from mixtura.em.maximise import maximise, raise_to_floor, split_heaviest
from mixtura.engines.reference import ReferenceEngine


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
    # Half of the longest axis to either side.
    assert gap @ gap == pytest.approx(np.linalg.eigvalsh(asleep.matrices[1])[-1], rel=1e-9)
