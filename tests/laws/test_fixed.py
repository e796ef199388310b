"""Parts that a fit leaves alone: they stay to the bit, and the rest is the best under that."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import KINDS, mixtures, near, random_mixture

import mixtura as mx
from comparing import same_bits
from mixtura.em.fixed import Fixed
from mixtura.em.maximise import maximise
from mixtura.engines.reference import ReferenceEngine
from mixtura.errors import InputError

PARTS = ("weights", "means", "covariances")


def start_for(kind, d=2, k=3, seed=2):
    """A start, and points of another mixture that it has to move to."""
    x = near(random_mixture(seed, "full", d, k), 300, spread=1.3)
    wide = random_mixture(seed, kind, d, k).scale_covariances(4)
    return mx.Mixture([0.5, 0.3, 0.2], x[[5, 50, 100]] + 0.3, wide.covariances, kind), x


FIXED = [
    {"means": [0, 1]},
    {"weights": [2]},
    {"covariances": True},
    {"means": [0], "weights": [0, 1], "covariances": True},
    {"means": [False, True, True]},
    {"weights": True, "means": True},
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fixed", FIXED, ids=str)
@pytest.mark.parametrize("accelerate", [False, True])
@pytest.mark.parametrize("reg_covar", [0, 1e-6, 2.0])
@pytest.mark.parametrize("missing", [False, True])
def test_what_is_fixed_stays_to_the_bit(kind, fixed, accelerate, reg_covar, missing):
    """Also where reg_covar would widen it."""
    start, x = start_for(kind)
    if missing:
        x[np.random.default_rng(0).random(x.shape) < 0.2] = np.nan
    fit = mx.fit(
        x,
        3,
        covariance_type=kind,
        start=start,
        fixed=fixed,
        accelerate=accelerate,
        reg_covar=reg_covar,
        missing=missing,
        tol=0,
        max_iter=20,
    )
    assert fit.n_iter > 1
    assert (np.diff(fit.log_likelihoods) >= 0).all()
    for name in PARTS:
        chosen = np.zeros(3, bool)
        chosen[fixed.get(name, [])] = True
        before, after = getattr(start, name), getattr(fit.mixture, name)
        if kind == "tied" and name == "covariances":
            assert (before == after).all() == chosen.any()
        else:
            np.testing.assert_array_equal(before[chosen], after[chosen])
            assert (before[~chosen] != after[~chosen]).any() or chosen.all()
    assert fit.mixture.weights.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_all_fixed_is_the_start(kind):
    start, x = start_for(kind)
    fit = mx.fit(x, 3, covariance_type=kind, start=start, fixed=dict.fromkeys(PARTS, True))
    assert same_bits(fit.mixture, start)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_fixed_is_a_plain_fit(kind):
    start, x = start_for(kind)
    plain = mx.fit(x, 3, covariance_type=kind, start=start)
    for nothing in ({}, None, {"means": []}, {"weights": False}):
        assert same_bits(mx.fit(x, 3, covariance_type=kind, start=start, fixed=nothing).mixture, plain.mixture)


def expected_likelihood(mix, x, shares):
    """What the M-step maximises: the log joint density of points and components, expected under the shares."""
    logs = np.stack(
        [mx.Mixture([1], m[None], s[None]).log_density(x) for m, s in zip(mix.means, mix.matrices, strict=True)]
    )
    with np.errstate(divide="ignore"):
        return float((shares * (logs.T + np.log(mix.weights))).sum())


@given(mixtures(d=st.integers(1, 3), k=st.integers(2, 4), scales=(1.0,)), st.data())
def test_the_step_is_the_maximum_under_what_is_fixed(mix, data):
    """No mixture near it with the same fixed parts has a larger expected likelihood."""
    k = mix.n_components
    masks = {name: np.array(data.draw(st.lists(st.booleans(), min_size=k, max_size=k), label=name)) for name in PARTS}
    if mix.covariance_type == "tied":
        masks["covariances"][:] = masks["covariances"].all()
    fixed = Fixed(**masks)
    x = near(mix, 60)
    best = maximise(ReferenceEngine(mx.Points.from_array(x)).expect(mix), mix, fixed=fixed)
    shares = mix.responsibilities(x)
    top = expected_likelihood(best, x, shares)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    for _ in range(20):
        weights = best.weights * np.exp(rng.normal(0, 0.02, k))
        means = best.means + rng.normal(0, 0.02, best.means.shape)
        covariances = best.covariances * (1 + 0.04 * rng.random())
        if mix.covariance_type in ("full", "tied"):
            shear = np.eye(best.n_coordinates) + rng.normal(0, 0.02, (best.n_coordinates,) * 2)
            covariances = shear @ covariances @ shear.T
        moved = mx.Mixture(weights / weights.sum(), means, covariances, mix.covariance_type)
        moved = fixed.held(moved, mix)
        assert expected_likelihood(moved, x, shares) <= top + 1e-9 * abs(top)


def test_fixed_weights_leave_the_rest_to_share():
    start, x = start_for("full")
    fit = mx.fit(x, 3, start=start, fixed={"weights": [1]}, tol=0, max_iter=400)
    shares = fit.mixture.responsibilities(x).mean(axis=0)
    w = fit.mixture.weights
    assert w[1] == start.weights[1]
    assert shares[0] / shares[2] == pytest.approx(w[0] / w[2], rel=1e-6)


def test_where_no_free_component_has_points_they_keep_their_weights():
    fixed = Fixed(*(np.array([True, False, False]),) * 3)
    now = np.array([0.5, 0.4, 0.1])
    np.testing.assert_array_equal(fixed.share(np.array([9.0, 0.0, 0.0]), now), now)
    np.testing.assert_allclose(fixed.share(np.array([9.0, 1.0, 1.0]), now), [0.5, 0.25, 0.25], rtol=1e-15)


def test_a_component_of_known_background():
    """A wide component that is known finds its weight beside a cluster that is not."""
    rng = np.random.default_rng(0)
    x = np.vstack([rng.normal(0, 10, (500, 2)), rng.normal([8, 8], 0.5, (500, 2))])
    start = mx.Mixture([0.9, 0.1], [[0, 0], [3, 3]], [100 * np.eye(2), 10 * np.eye(2)])
    fit = mx.fit(x, 2, start=start, fixed={"means": [0], "covariances": [0]}, tol=1e-8)
    assert fit.mixture.weights[0] == pytest.approx(0.5, abs=0.02)
    np.testing.assert_allclose(fit.mixture.means[1], [8, 8], atol=0.1)


MIX = mx.Mixture([0.6, 0.4], [[0, 0], [1, 1]], [np.eye(2)] * 2)
TIED = mx.Mixture([0.6, 0.4], [[0, 0], [1, 1]], np.eye(2), "tied")
WRONG = {
    "no mixture": ({"means": [0]}, "kmeans", r"fixed names means, but start is no Mixture: .* start=Mixture"),
    "tied": ({"covariances": [0]}, TIED, r"tied components share one covariance: fix it with True"),
    "weights": ({"weights": [0]}, mx.Mixture([1, 0], MIX.means, MIX.covariances), r"sum to 1: leave some weight"),
    "key": ({"mean": [0]}, MIX, r"fixed holds \['mean'\]: give a dictionary .* weights, means, covariances"),
    "list": ([0], MIX, r"fixed holds \[0\]: give a dictionary"),
    "range": ({"means": [2]}, MIX, r'fixed\["means"\] holds 2: the components are numbered 0 to 1'),
    "twice": ({"means": [1, 1]}, MIX, r'fixed\["means"\] holds 1 more than once'),
    "mask": ({"means": [True]}, MIX, r'fixed\["means"\] has shape \(1,\), expected \(2,\)'),
    "float": ({"means": [0.5]}, MIX, r'fixed\["means"\] is \[0\.5\], expected a list of whole numbers'),
    "ragged": ({"means": [[0], [0, 1]]}, MIX, r'fixed\["means"\] is .*give a list of components'),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_fixed_says_why(name):
    fixed, start, said = WRONG[name]
    kind = start.covariance_type if isinstance(start, mx.Mixture) else "full"
    with pytest.raises(InputError, match=said):
        mx.fit(np.random.default_rng(0).normal(size=(20, 2)), 2, covariance_type=kind, start=start, fixed=fixed)
