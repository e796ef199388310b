"""What holds for the estimators whatever the data: weights, streams, criteria, callbacks."""

import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from strategies import KINDS, mixtures, near, random_mixture

import mixtura as mx
from mixtura.em.incremental import absorb, remembered
from mixtura.em.maximise import maximise
from mixtura.em.objective import Objective
from mixtura.engines.reference import ReferenceEngine

X = near(random_mixture(8, "full", 2, 3), 300)


def assert_same(one, other, digits=1e-9):
    for name in ("weights_", "means_", "covariances_"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=digits, atol=digits)


@pytest.mark.parametrize("kind", KINDS)
def test_weight_two_is_the_row_twice_and_weight_zero_is_no_row(kind):
    weight = np.random.default_rng(0).integers(0, 4, len(X))
    start = mx.fit(X, 3, covariance_type=kind, rng=0, max_iter=2).mixture
    options = {"covariance_type": kind, "init_params": start, "tol": 1e-6, "max_iter": 500}
    weighted = mx.GaussianMixture(3, **options).fit(X, sample_weight=weight)
    repeated = mx.GaussianMixture(3, **options).fit(np.repeat(X, weight, axis=0))
    assert_same(weighted, repeated)
    for question in ("score", "aic", "bic", "icl"):
        found = getattr(weighted, question)(X, sample_weight=weight)
        assert found == pytest.approx(getattr(repeated, question)(np.repeat(X, weight, axis=0)))
    assert weighted.weight_seen_ == repeated.weight_seen_ == weight.sum()


@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random", "random_from_data"])
def test_rows_without_weight_are_never_seen(init_params):
    weight = (np.arange(len(X)) % 3 > 0).astype(float)
    far = np.where(weight[:, None] > 0, X, 1e3)
    options = {"n_components": 3, "init_params": init_params, "random_state": 0, "max_iter": 300}
    assert_same(
        mx.GaussianMixture(**options).fit(far, sample_weight=weight), mx.GaussianMixture(**options).fit(X[weight > 0])
    )


@pytest.mark.parametrize("init_params", ["kmeans", "random"])
def test_regressors_and_classifiers_never_see_them_either(init_params):
    weight = (np.arange(len(X)) % 3 > 0).astype(float)
    far = np.where(weight[:, None] > 0, X, 1e3)
    options = {"n_components": 2, "init_params": init_params, "random_state": 0, "max_iter": 500}
    curve = mx.GaussianMixtureRegressor(**options)
    seen = curve.fit(far[:, :1], far[:, 1], weight).predict(X[:, :1])
    np.testing.assert_allclose(curve.fit(X[weight > 0, :1], X[weight > 0, 1]).predict(X[:, :1]), seen, rtol=1e-9)
    label = X[:, 0] > np.median(X[:, 0])
    model = mx.GaussianMixtureClassifier(**options)
    odds = model.fit(far, label, weight).decision_function(X)
    np.testing.assert_allclose(
        model.fit(X[weight > 0], label[weight > 0]).decision_function(X), odds, rtol=1e-8, atol=1e-8
    )


@given(mixtures(), st.floats(1, 1e6), st.sampled_from([0.0, 1e-3]))
def test_a_mixture_remembers_its_statistics(mix, weight, reg_covar):
    again = maximise(remembered(mix, weight, reg_covar=reg_covar), mix, reg_covar=reg_covar)
    np.testing.assert_allclose(again.weights, mix.weights, rtol=1e-12)
    np.testing.assert_allclose(again.means, mix.means, rtol=1e-12)
    unit = np.abs(mix.covariances).max() + reg_covar
    np.testing.assert_allclose(again.covariances, mix.covariances, rtol=0, atol=1e-12 * unit)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reg_covar", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
def test_one_component_in_parts_is_one_component_at_once(kind, reg_covar, weighted):
    weight = np.random.default_rng(1).uniform(0.1, 3, len(X)) if weighted else None
    whole = mx.GaussianMixture(covariance_type=kind, reg_covar=reg_covar).fit(X, sample_weight=weight)
    parts = mx.GaussianMixture(covariance_type=kind, reg_covar=reg_covar)
    for rows in np.array_split(np.arange(len(X)), 7):
        parts.partial_fit(X[rows], sample_weight=None if weight is None else weight[rows])
    assert_same(parts, whole)
    assert parts.weight_seen_ == pytest.approx(whole.weight_seen_)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_comes_near_the_fit_to_all(kind):
    x = near(random_mixture(8, kind, 2, 3), 4000)
    whole = mx.GaussianMixture(3, covariance_type=kind, random_state=0).fit(x)
    stream = mx.GaussianMixture(3, covariance_type=kind, random_state=0).partial_fit(x[:200])
    first = stream.score(x)
    for rows in np.array_split(np.arange(200, len(x)), 38):
        stream.partial_fit(x[rows])
    assert stream.score(x) > max(first, whole.score(x) - 0.02)
    assert stream.n_iter_ == len(stream.lower_bounds_)


def test_a_step_of_a_stream_raises_the_likelihood_of_all_when_the_old_rows_are_the_same():
    """Rows seen again, under responsibilities that have not changed, weigh as if all were seen at once."""
    points = mx.Points.from_array(X)
    start = mx.fit(X, 3, rng=0, tol=1e-10, max_iter=2000).mixture
    engine = ReferenceEngine(points)
    after, _ = absorb(engine, start, points.total, objective=Objective(1e-6))
    np.testing.assert_allclose(after.means, start.means, atol=1e-4)


def test_a_stream_goes_on_from_a_fit():
    fitted = mx.GaussianMixture(2, random_state=0).fit(X[:150])
    before = fitted.weight_seen_
    fitted.partial_fit(X[150:])
    assert fitted.weight_seen_ == before + 150
    fitted.fit(X[:50])
    assert fitted.weight_seen_ == 50


def test_one_component_needs_no_labels():
    model = mx.GaussianMixture().fit(X)
    assert model.icl(X) == pytest.approx(model.bic(X))


def test_icl_is_the_bic_of_rows_and_labels():
    model = mx.GaussianMixture(3, random_state=0).fit(X)
    shares = model.predict_proba(X)
    assert model.icl(X) == pytest.approx(model.bic(X) - 2 * np.log(shares.max(axis=1)).sum())
    assert model.icl(X) > model.bic(X)


def test_the_callback_sees_each_step_and_stops_the_fit():
    seen = []

    def watch(step):
        seen.append(step)
        return len(seen) == 3

    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model = mx.GaussianMixture(3, random_state=0, n_init=4, tol=0, on_step=watch).fit(X)
    assert [step.iteration for step in seen] == [1, 2, 3]
    assert (model.stop_reason_, model.converged_, model.n_iter_) == ("callback", False, 3)
    assert model.mixture_ == seen[-1].mixture


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "options", [{}, {"accelerate": True}, {"engine": "cpu"}, {"dtype": "float32"}, {"n_threads": 1}]
)
def test_the_lower_bounds_never_fall(kind, options):
    model = mx.GaussianMixture(4, covariance_type=kind, random_state=0, tol=0, max_iter=3000, **options).fit(X)
    assert (np.diff(model.lower_bounds_) >= 0).all()
    assert (model.stop_reason_, model.n_iter_) == ("stalled", len(model.lower_bounds_))
    assert model.score(X) == pytest.approx(model.lower_bound_, abs=1e-5 if "dtype" in options else 1e-9)


@pytest.mark.parametrize("how", ["mixture", "responsibilities", "callable"])
def test_any_beginning_that_fit_takes(how):
    start = mx.fit(X, 3, rng=1, max_iter=3).mixture
    shares = start.responsibilities(X)
    given = {"mixture": start, "responsibilities": shares, "callable": lambda points, k, rng: start}[how]
    model = mx.GaussianMixture(3, init_params=given, max_iter=300).fit(X)
    expected = mx.fit(X, 3, start=given, max_iter=300)
    np.testing.assert_array_equal(model.means_, expected.mixture.means)


@pytest.mark.parametrize("kind", KINDS)
def test_pickled_copied_and_cloned(kind):
    model = mx.GaussianMixture(3, covariance_type=kind, random_state=0).fit(X)
    again = pickle.loads(pickle.dumps(model))
    assert again.mixture_ == model.mixture_
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    fresh = clone(model)
    assert not hasattr(fresh, "mixture_")
    assert fresh.get_params() == model.get_params()


def test_questions_are_those_of_the_mixture():
    model = mx.GaussianMixture(3, random_state=0).fit(X)
    assert model.marginal([1]) == model.mixture_.marginal([1])
    assert model.condition([0], [2.0]) == model.mixture_.condition([0], [2.0])
    np.testing.assert_array_equal(model.transform(X), model.mixture_.responsibilities(X))
    np.testing.assert_array_equal(model.fit_predict(X), model.mixture_.predict(X))


HOLED = np.where(np.random.default_rng(3).uniform(size=X.shape) < 0.25, np.nan, X)


@pytest.mark.parametrize("kind", KINDS)
def test_with_missing_values_it_is_the_fit_of_what_is_there(kind):
    start = mx.fit(X, 3, covariance_type=kind, rng=0, max_iter=2).mixture
    model = mx.GaussianMixture(3, covariance_type=kind, init_params=start, missing=True, tol=1e-6, max_iter=500).fit(
        HOLED
    )
    expected = mx.fit(HOLED, 3, covariance_type=kind, start=start, missing=True, tol=1e-6, max_iter=500)
    np.testing.assert_array_equal(model.means_, expected.mixture.means)
    assert model.score(HOLED) == pytest.approx(expected.log_likelihood, rel=1e-9)
    for criterion in (mx.aic, mx.bic, mx.icl):
        assert getattr(model, criterion.__name__)(HOLED) == pytest.approx(
            criterion(model.mixture_, HOLED, missing=True)
        )
    np.testing.assert_allclose(model.predict_proba(HOLED).sum(axis=1), 1)
    assert (model.predict(HOLED) == model.predict_proba(HOLED).argmax(axis=1)).all()


@pytest.mark.parametrize(
    "init_params", ["kmeans", "k-means++", "random", "random_from_data", "partition", "hierarchical"]
)
def test_with_missing_values_every_beginning_begins(init_params):
    model = mx.GaussianMixture(3, init_params=init_params, random_state=0, missing=True, max_iter=500)
    assert model.fit(HOLED).score(HOLED) > mx.GaussianMixture(missing=True, max_iter=500).fit(HOLED).score(HOLED) - 0.01


def test_a_stream_with_missing_values_goes_on():
    whole = mx.GaussianMixture(missing=True, tol=1e-9, max_iter=2000).fit(HOLED)
    stream = mx.GaussianMixture(missing=True, tol=1e-9, max_iter=2000)
    for rows in np.array_split(np.arange(len(X)), 4):
        stream.partial_fit(HOLED[rows])
    assert stream.score(HOLED) == pytest.approx(whole.score(HOLED), abs=0.02)


def test_nan_without_missing_tells_of_missing():
    row, column = np.argwhere(np.isnan(HOLED))[0]
    with pytest.raises(mx.errors.InputError, match=rf"X\[{row}, {column}\] is nan, .*, or set missing=True"):
        mx.GaussianMixture().fit(HOLED)
    with pytest.raises(mx.errors.InputError, match="contains infinity"):
        mx.GaussianMixture(missing=True).fit(np.where(np.isnan(HOLED), np.inf, X))
