"""A fit follows its points: weighted, moved, scaled, with columns or components in another order."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import KINDS, mixtures, near, random_mixture

import mixtura as mx
from comparing import mixture_gap

ENGINES = ("reference", "cpu")
STEPS = {"max_iter": 4, "tol": 0.0}
# Four steps carry rounding along, and 100 deviations from the origin cost two digits of x - mean.
CARRIED = 1e-8


def begun(kind, d, k=3, seed=2):
    """A start and points that it does not fit yet: four steps are far from where rounding decides what to do."""
    true = random_mixture(seed, kind, d, k)
    x = near(true, 240, spread=1.3)
    wide = true.scale_covariances(4 * d)
    return mx.Mixture(true.weights[::-1], x[[5, 50, 100]], wide.covariances, kind), x


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [1, 2, 17])
def test_weight_two_is_the_point_twice(engine, kind, d):
    start, x = begun(kind, d)
    times = np.random.default_rng(0).integers(0, 4, len(x))
    a = mx.fit(x, 3, covariance_type=kind, start=start, sample_weight=times, engine=engine, **STEPS)
    b = mx.fit(np.repeat(x, times, axis=0), 3, covariance_type=kind, start=start, engine=engine, **STEPS)
    assert mixture_gap(a.mixture, b.mixture) < CARRIED
    np.testing.assert_allclose(a.log_likelihoods, b.log_likelihoods, rtol=1e-11)
    assert a.n_iter == b.n_iter == 4


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
def test_weight_zero_is_no_point(engine, kind):
    start, x = begun(kind, 2)
    weight = np.where(np.arange(len(x)) % 5 == 0, 0.0, 1.0)
    a = mx.fit(x, 3, covariance_type=kind, start=start, sample_weight=weight, engine=engine, **STEPS)
    b = mx.fit(x[weight > 0], 3, covariance_type=kind, start=start, engine=engine, **STEPS)
    assert mixture_gap(a.mixture, b.mixture) < CARRIED


@pytest.mark.parametrize("start", ["kmeans", "kmeans++", "random", "random_from_data", "partition", "hierarchical"])
@pytest.mark.parametrize("kind", KINDS)
def test_weight_zero_is_no_point_for_any_start(start, kind):
    _, x = begun(kind, 2)
    weight = np.where(np.arange(len(x)) % 5 == 0, 0.0, 1.0)
    far = x + 1e4 * (weight == 0)[:, None]
    a = mx.fit(far, 3, covariance_type=kind, start=start, sample_weight=weight, rng=5, max_iter=3)
    b = mx.fit(x[weight > 0], 3, covariance_type=kind, start=start, sample_weight=weight[weight > 0], rng=5, max_iter=3)
    assert mixture_gap(a.mixture, b.mixture) < CARRIED


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [1e-9, 2.0**20, 1e9])
def test_units_and_origin_do_not_matter(engine, kind, scale):
    start, x = begun(kind, 3)
    offset = scale * np.array([300.0, -7.0, 0.0])
    names = {"weights": start.weights, "covariance_type": kind}
    moved = mx.Mixture(means=start.means * scale + offset, covariances=start.covariances * scale**2, **names)
    options = {"covariance_type": kind, "engine": engine, **STEPS}
    a = mx.fit(x, 3, start=start, reg_covar=1e-3, **options).mixture
    b = mx.fit(x * scale + offset, 3, start=moved, reg_covar=1e-3 * scale**2, **options).mixture
    back = mx.Mixture(b.weights, (b.means - offset) / scale, b.covariances / scale**2, kind)
    assert mixture_gap(back, a) < CARRIED


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
def test_order_of_columns_rows_and_components_does_not_matter(engine, kind):
    start, x = begun(kind, 3)
    axes, rows, parts = [2, 0, 1], np.random.default_rng(0).permutation(len(x)), [1, 2, 0]
    options = {"covariance_type": kind, "engine": engine, **STEPS}
    a = mx.fit(x, 3, start=start, **options).mixture
    b = mx.fit(x[rows][:, axes], 3, start=start.marginal(axes).subset(parts), **options).mixture
    assert mixture_gap(b, a.marginal(axes).subset(parts)) < CARRIED


@pytest.mark.parametrize("engine", ENGINES)
@given(true=mixtures(kinds=["full"], d=st.sampled_from([1, 2, 3]), k=st.just(1)), kind=st.sampled_from(KINDS))
def test_one_component_is_the_sample_mean_and_covariance(engine, true, kind):
    x = true.sample(200, rng=0)
    found = mx.fit(x, 1, covariance_type=kind, reg_covar=0, engine=engine).mixture
    sample = np.atleast_2d(np.cov(x.T, bias=True))
    expected = {"full": sample[None], "tied": sample, "diag": np.diagonal(sample)[None]}.get(
        kind, np.array([np.trace(sample) / len(sample)])
    )
    np.testing.assert_allclose(found.means[0], x.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(found.covariances, expected, rtol=1e-9, atol=1e-12 * sample.max())


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_fit(kind):
    _, x = begun(kind, 2)
    a, b = (mx.fit(x, 4, covariance_type=kind, start="random_from_data", n_init=2, rng=9) for _ in range(2))
    assert a.log_likelihoods == b.log_likelihoods
    assert mixture_gap(a.mixture, b.mixture) == 0


def test_more_starts_never_hurt():
    _, x = begun("full", 2)
    likelihoods = [mx.fit(x, 4, start="random_from_data", n_init=n, rng=1).log_likelihood for n in (1, 3, 9)]
    assert likelihoods == sorted(likelihoods)
    assert likelihoods[0] < likelihoods[-1]


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_no_iteration_leaves_the_start_as_it_is(kind, tmp_path):
    """Variances below reg_covar too; once there are iterations, they are raised, from a checkpoint as well."""
    x = np.random.default_rng(0).normal(size=(50, 2))
    tiny = {
        "full": [1e-9 * np.eye(2)] * 2,
        "tied": 1e-9 * np.eye(2),
        "diag": np.full((2, 2), 1e-9),
        "spherical": [1e-9] * 2,
    }
    start = mx.Mixture([0.5, 0.5], x[:2], tiny[kind], kind)
    options = {"covariance_type": kind, "start": start, "checkpoint": tmp_path / "at.mix"}
    assert mx.fit(x, 2, max_iter=0, **options).mixture == start
    further = mx.fit(x, 2, max_iter=3, **options)
    assert further.log_likelihoods == mx.fit(x, 2, max_iter=3, covariance_type=kind, start=start).log_likelihoods
    assert further.n_iter == 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ["reference", "cpu"])
def test_the_first_of_equal_starts_is_kept(kind, engine):
    """The same components in another order are no better, whatever rounding says."""
    for seed in range(4):
        mix = random_mixture(seed, kind, 2, 4)
        x = near(mix, 80, seed)
        orders = [np.random.default_rng((seed, each)).permutation(4) for each in range(6)]
        ways = functools.partial(next, iter([mix.subset(order) for order in orders]))
        options = {"covariance_type": kind, "engine": engine, "tol": 1e-4, "max_iter": 500}
        first = mx.fit(x, 4, start=mix.subset(orders[0]), **options)
        best = mx.fit(x, 4, start=lambda *_, ways=ways: ways(), n_init=6, **options)
        np.testing.assert_array_equal(best.mixture.means, first.mixture.means)
