"""Laws of missing values: the likelihood never falls, nothing observed changes, and what is complete is as ever."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import KINDS, mixtures, near, random_mixture

import mixtura as mx
from comparing import mixture_gap, same_bits
from mixtura.errors import InputError

STARTS = ("kmeans", "kmeans++", "random", "random_from_data", "partition", "hierarchical")


def with_gaps(x, seed, share=0.3):
    """A copy with a share of the values missing; every column keeps one."""
    x = np.array(x)
    gaps = np.random.default_rng(seed).random(x.shape) < share
    gaps[0] = False
    x[gaps] = np.nan
    return x


@given(
    mixtures(d=st.integers(1, 4), k=st.integers(1, 4)),
    st.sampled_from(STARTS),
    st.sampled_from([0.0, 1e-3, 0.3]),
    st.sampled_from([0.1, 0.5]),
    st.booleans(),
    st.booleans(),
)
def test_the_likelihood_never_falls(mix, start, reg, share, accelerate, weighted):
    x = with_gaps(near(mix, 80), 1, share)
    weight = np.random.default_rng(2).uniform(0.1, 3, 80) if weighted else None
    reg *= float(mix.covariance().diagonal().min())
    try:
        fit = mx.fit(
            x,
            mix.n_components,
            covariance_type=mix.covariance_type,
            start=start,
            missing=True,
            reg_covar=reg,
            accelerate=accelerate,
            sample_weight=weight,
            max_iter=25,
            tol=0,
            rng=0,
        )
    except mx.errors.FitError as error:
        if reg or "Raise reg_covar" not in str(error):
            raise
        return
    history = np.array(fit.log_likelihoods)
    assert np.isfinite(history).all()
    assert (np.diff(history) >= 0).all()
    logs = fit.mixture.log_density(x, missing=True)
    held = ~np.isnan(x).all(axis=1)
    weight = (np.ones(80) if weight is None else weight) * held
    assert weight @ logs / weight.sum() == pytest.approx(fit.log_likelihood, rel=1e-8, abs=1e-8)
    assert np.isfinite(fit.mixture.covariances).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ["reference", "cpu"])
def test_complete_points_are_fitted_as_ever(kind, engine):
    x = near(random_mixture(8, "full", 2, 3), 300)
    plain, asked = (mx.fit(x, 3, covariance_type=kind, engine=engine, rng=1, missing=m) for m in (False, True))
    assert same_bits(plain.mixture, asked.mixture)
    np.testing.assert_array_equal(plain.mixture.log_density(x), plain.mixture.log_density(x, missing=True))
    np.testing.assert_array_equal(plain.mixture.impute(x), x)


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_without_any_value_counts_nothing(kind):
    x = with_gaps(near(random_mixture(8, "full", 2, 3), 300), 0)
    x = x[~np.isnan(x).all(axis=1)]
    more = np.vstack([[[np.nan, np.nan]], x, np.full((9, 2), np.nan)])
    start = random_mixture(8, kind, 2, 3)
    options = {"covariance_type": kind, "start": start, "missing": True, "tol": 0, "max_iter": 5}
    a, b = mx.fit(x, 3, **options), mx.fit(more, 3, **options)
    assert mixture_gap(a.mixture, b.mixture) < 1e-10
    np.testing.assert_allclose(a.log_likelihoods, b.log_likelihoods, rtol=1e-12)
    assert mx.Points.from_array(more, missing=True).total == len(x)
    weighted = mx.fit(more, 3, sample_weight=np.ones(len(more)), **options)
    assert same_bits(weighted.mixture, b.mixture)


@pytest.mark.parametrize("kind", KINDS)
def test_weight_two_is_the_row_twice(kind):
    x = with_gaps(near(random_mixture(8, "full", 3, 3), 200), 0)
    times = np.random.default_rng(0).integers(0, 4, len(x))
    options = {
        "covariance_type": kind,
        "start": random_mixture(8, kind, 3, 3),
        "missing": True,
        "tol": 0,
        "max_iter": 4,
    }
    a = mx.fit(x, 3, sample_weight=times, **options)
    b = mx.fit(np.repeat(x, times, axis=0), 3, **options)
    assert mixture_gap(a.mixture, b.mixture) < 1e-8
    np.testing.assert_allclose(a.log_likelihoods, b.log_likelihoods, rtol=1e-11)


@given(mixtures(d=st.integers(2, 6)), st.data())
def test_a_missing_column_is_a_marginal(mix, data):
    """Also with the columns in another order."""
    axes = data.draw(st.lists(st.integers(0, mix.n_coordinates - 1), min_size=1, unique=True))
    x = near(mix, 20)
    part = x[:, axes]
    gaps = np.full_like(x, np.nan)
    gaps[:, axes] = part
    marginal = mix.marginal(axes)
    np.testing.assert_allclose(mix.log_density(gaps, missing=True), marginal.log_density(part), rtol=1e-9, atol=1e-9)
    shares = marginal.responsibilities(part)
    np.testing.assert_allclose(mix.responsibilities(gaps, missing=True), shares, rtol=1e-6, atol=1e-9)


@given(mixtures(d=st.integers(1, 6)), st.sampled_from(["mean", "sample"]), st.floats(0.05, 0.95))
def test_imputing_keeps_what_is_there(mix, how, share):
    x = with_gaps(near(mix, 30), 3, share)
    filled = mix.impute(x, how=how, rng=0)
    assert np.isfinite(filled).all()
    seen = ~np.isnan(x)
    np.testing.assert_array_equal(filled[seen], x[seen])
    np.testing.assert_array_equal(mix.impute(filled, how=how, rng=0), filled)


def test_points_keep_their_gaps():
    x = np.array([[1.0, np.nan], [np.nan, 2.0], [np.nan, np.nan], [1.5, 2.5], [0.5, 1.0], [3.0, 0.0]])
    points = mx.Points.from_array(x, missing=True, dtype="float32")
    assert points.incomplete
    np.testing.assert_array_equal(points.weight, [1, 1, 0, 1, 1, 1])
    assert not mx.Points.from_array(np.ones((2, 2)), missing=True).incomplete
    plain = mx.fit(x, 1, missing=True, rng=0).mixture
    for dtype in ("float64", "float32"):
        assert mixture_gap(mx.fit(points, 1, dtype=dtype, rng=0).mixture, plain) < 1e-5
    assert np.isfinite(mx.fit([[0.0, None], [1.0, 1.0], [2.0, 3.0]], 1, missing=True).log_likelihood)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("start", STARTS)
def test_every_start_serves(kind, start):
    """Two clusters that are apart in one column or the other are found though a half of the values is missing."""
    true = mx.Mixture([0.5, 0.5], [[0, 0, 0], [9, -9, 9]], [1.0, 1.0], "spherical")
    x, label = true.sample(400, rng=1, return_labels=True)
    x = with_gaps(x, 2, 0.5)
    options = {"covariance_type": kind, "missing": True, "start": start, "rng": 0, "max_iter": 300, "tol": 1e-8}
    found = mx.fit(x, 2, **options, n_init=3)
    if start == "random" and kind in ("tied", "spherical"):
        return  # nearly two copies of one Gaussian can stay so
    held = ~np.isnan(x).all(axis=1)
    same = (found.mixture.predict(x, missing=True) == label)[held].mean()
    assert max(same, 1 - same) > 0.99


@pytest.mark.filterwarnings("ignore:there (is|are) .* points? in x, but:mixtura.errors.MixturaWarning")
@pytest.mark.parametrize("start", ["kmeans", "random"])
@pytest.mark.parametrize(("n", "d"), [(3, 10), (12, 20), (30, 3)])
def test_points_that_fill_no_volume(n, d, start):
    """Fewer rows than coordinates, a column that follows from another, one that is constant, and a single gap."""
    x = np.random.default_rng(0).normal(size=(n, d)) + 5
    x[:, 1] = 2 * x[:, 0] + 1
    x[:, -1] = 7
    x[0, 0] = np.nan
    fit = mx.fit(x, 2, missing=True, start=start, rng=0, reg_covar=1e-3)
    assert np.isfinite(fit.mixture.covariances).all()


def test_responsibilities_as_a_start_may_hold_gaps():
    true = random_mixture(3, "full", 2, 2)
    x = with_gaps(near(true, 100), 1)
    shares = true.responsibilities(x, missing=True)
    assert mx.fit(x, 2, missing=True, start=shares).converged


ASKED = {
    "fit": lambda x: mx.fit(x, 1),
    "log_density": lambda x: random_mixture(0, "full", 2, 1).log_density(x),
    "predict": lambda x: random_mixture(0, "full", 2, 1).predict(x),
    "bic": lambda x: mx.bic(random_mixture(0, "full", 2, 1), x),
    "choose": lambda x: mx.choose(x),
    "Points": mx.Points.from_array,
}


@pytest.mark.parametrize("name", ASKED)
def test_nan_is_an_error_that_names_the_place_and_the_remedy(name):
    x = np.zeros((5, 2))
    x[3, 1] = np.nan
    with pytest.raises(InputError, match=r"x\[3, 1\] is nan, expected a finite number: .* pass missing=True"):
        ASKED[name](x)


def test_infinity_is_always_an_error():
    x = np.array([[0.0, np.nan], [1.0, -np.inf], [0.0, 1.0]])
    mix = random_mixture(0, "full", 2, 1)
    for ask in (lambda: mx.fit(x, 1, missing=True), lambda: mix.impute(x), lambda: mix.log_density(x, missing=True)):
        with pytest.raises(InputError, match=r"x\[1, 1\] is -inf, expected a finite number"):
            ask()
    with pytest.raises(InputError, match="overflows float32; use float64"):
        mx.fit([[1e300, np.nan], [0.0, 1.0]], 1, missing=True, dtype="float32")


def test_what_is_asked_of_gaps_is_checked():
    mix = random_mixture(0, "full", 2, 1)
    with pytest.raises(InputError, match="how is 'median': choose mean or sample"):
        mix.impute([[0.0, np.nan]], how="median")
    with pytest.raises(InputError, match="missing is 'yes': give True"):
        mix.log_density([[0.0, np.nan]], missing="yes")
    with pytest.raises(InputError, match="too far from every component"):
        mix.impute([[1e200, np.nan]])
    with pytest.raises(InputError, match=r"masked entries.*x\.filled\(np\.nan\)"):
        mx.fit(np.ma.masked_array(np.eye(2), np.eye(2) > 0), 1, missing=True)


def test_a_column_that_only_rows_without_weight_have_cannot_be_fitted():
    with pytest.raises(InputError, match=r"x\[:, 0\] misses every value that has weight"):
        mx.fit([[np.nan, 1.0], [1.0, 2.0]], 1, missing=True, sample_weight=[1, 0])


@pytest.mark.parametrize(
    ("x", "said"),
    [
        ([[np.nan, 1.0], [np.nan, 2.0]], r"x\[:, 0\] misses every value that has weight: leave the column out"),
        ([[np.nan, np.nan]], r"x misses every value in every row that has weight"),
    ],
)
def test_what_is_never_seen_cannot_be_fitted(x, said):
    with pytest.raises(InputError, match=said):
        mx.fit(x, 1, missing=True)
