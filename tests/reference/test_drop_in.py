"""The estimator beside scikit-learn's: the same program, the same answers, number for number."""

import contextlib
import io
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from cases import KINDS, clouds
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture as Bayesian
from sklearn.mixture import GaussianMixture as Theirs

import mixtura as mx
from mixtura.estimators import base

X = clouds(400, 3, seed=3)
FITTED = ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_")


def both(options, x=X, warning=False):
    """Ours and scikit-learn's, fitted with the same options."""
    found = []
    for kind in (mx.GaussianMixture, Theirs):
        with warnings.catch_warnings():
            if warning:
                warnings.simplefilter("ignore", ConvergenceWarning)
            found.append(kind(**options).fit(x))
    return found


def same(ours, theirs, x=X, digits=1e-8):
    """Every attribute and every answer agrees."""
    for name in FITTED:
        found, expected = getattr(ours, name), getattr(theirs, name)
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=digits, atol=digits * np.abs(expected).max(), err_msg=name)
    assert (ours.n_iter_, ours.converged_) == (theirs.n_iter_, theirs.converged_)
    if hasattr(theirs, "lower_bounds_"):  # since scikit-learn 1.7
        np.testing.assert_allclose(ours.lower_bounds_, theirs.lower_bounds_, rtol=digits)
    assert ours.lower_bound_ == pytest.approx(theirs.lower_bound_, rel=digits)
    np.testing.assert_allclose(ours.score_samples(x), theirs.score_samples(x), rtol=digits, atol=digits)
    np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), atol=100 * digits)
    np.testing.assert_array_equal(ours.predict(x), theirs.predict(x))
    for question in ("score", "aic", "bic"):
        assert getattr(ours, question)(x) == pytest.approx(getattr(theirs, question)(x), rel=digits)
    for found, expected in zip(ours.sample(20), theirs.sample(20), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("init_params", ["kmeans", "random"])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_random_state_gives_the_same_fit(kind, init_params, seed):
    options = {"n_components": 4, "covariance_type": kind, "init_params": init_params, "random_state": seed}
    same(*both({**options, "max_iter": 300}), digits=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_several_starts(kind):
    """A seed for which no two of the starts end alike: which of those is the best would be up to rounding."""
    options = {"n_components": 4, "covariance_type": kind, "n_init": 4, "max_iter": 5, "tol": 1e-9, "random_state": 5}
    same(*both(options, warning=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given", ["weights_init", "means_init", "precisions_init", "all"])
def test_given_beginnings(kind, given):
    first = Theirs(3, covariance_type=kind, random_state=5, init_params="random_from_data", max_iter=50).fit(X)
    parts = {"weights_init": first.weights_, "means_init": first.means_, "precisions_init": first.precisions_}
    chosen = parts if given == "all" else {given: parts[given]}
    same(*both({"n_components": 3, "covariance_type": kind, "random_state": 0, "max_iter": 300, **chosen}), digits=1e-7)


@pytest.mark.skipif(not hasattr(Theirs().fit(X), "lower_bounds_"), reason="float64 before scikit-learn 1.7")
@pytest.mark.parametrize("kind", KINDS)
def test_single_precision_in_single_precision_out(kind):
    x = X.astype(np.float32)
    ours, theirs = both({"n_components": 3, "covariance_type": kind, "random_state": 0}, x)
    for name in FITTED:
        assert getattr(ours, name).dtype == getattr(theirs, name).dtype == np.float32
    np.testing.assert_allclose(ours.means_, theirs.means_, rtol=0, atol=1e-3)
    for question in ("score_samples", "predict_proba"):
        assert getattr(ours, question)(x).dtype == getattr(theirs, question)(x).dtype == np.float32
        assert getattr(ours, question)(X).dtype == np.float64
    wider = mx.GaussianMixture(3, covariance_type=kind, random_state=0, dtype="float64").fit(x)
    assert wider.means_.dtype == np.float64


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("made", [(mx.GaussianMixture, Theirs), (mx.BayesianGaussianMixture, Bayesian)])
def test_where_the_second_step_changes_nothing_it_is_counted_all_the_same(kind, made):
    """Clusters so far apart that each point is sure of its own; rounding may then lower the likelihood."""
    counted = set()
    for seed in range(8):
        rng = np.random.default_rng(seed)
        x = np.concatenate([rng.normal(centre, 0.1, (20, 2)) for centre in rng.permutation(3) * 9.0])
        options = {"covariance_type": kind, "random_state": seed, "tol": 1e-6, "max_iter": 500}
        ours, theirs = (each(n_components=3, **options).fit(x) for each in made)
        assert (ours.n_iter_, ours.converged_) == (theirs.n_iter_, theirs.converged_)
        if hasattr(theirs, "lower_bounds_"):  # since scikit-learn 1.7
            np.testing.assert_allclose(ours.lower_bounds_, np.ravel(theirs.lower_bounds_), rtol=1e-9)
        counted.add(ours.n_iter_)
    assert 2 in counted or made[0] is mx.BayesianGaussianMixture


def test_no_iterations_at_all():
    ours, theirs = both({"n_components": 3, "max_iter": 0, "random_state": 0})
    same(ours, theirs)
    assert (ours.n_iter_, ours.lower_bound_, ours.lower_bounds_) == (0, -np.inf, [])


@pytest.mark.parametrize("max_iter", [1, 2, 4])
def test_warm_starts_stop_at_the_same_time(max_iter):
    options = {"n_components": 3, "max_iter": max_iter, "warm_start": True, "random_state": 0, "tol": 1e-4}
    ours, theirs = mx.GaussianMixture(**options), Theirs(**options)
    times = 0
    while times < 200 and not getattr(theirs, "converged_", False):
        times += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            ours.fit(X), theirs.fit(X)
        same(ours, theirs, digits=1e-7)
    assert 1 < times < 200


@pytest.mark.parametrize("verbose", [1, 2])
def test_verbose_prints_the_same_lines(verbose):
    printed = []
    for kind in (mx.GaussianMixture, Theirs):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            kind(3, random_state=0, n_init=2, verbose=verbose, verbose_interval=2, max_iter=300).fit(X)
        printed.append(re.sub(r"time lapse \d+\.\d+s", "time lapse", out.getvalue()))
    assert printed[0] == printed[1]
    assert printed[0].count("Initialization") == 4


def test_the_same_warning():
    said = []
    for kind in (mx.GaussianMixture, Theirs):
        with pytest.warns(ConvergenceWarning) as caught:
            kind(3, max_iter=1, random_state=0).fit(X)
        assert caught[0].filename == __file__ or kind is Theirs
        said.append(str(caught[0].message))
    assert said[0] == said[1]


@pytest.mark.parametrize("init_params", ["k-means++", "random_from_data"])
def test_better_beginnings_from_the_same_seeds(init_params):
    """scikit-learn begins these with variances of reg_covar, which traps it; ours are never worse on average."""
    scores = []
    for seed in range(6):
        options = {"n_components": 5, "init_params": init_params, "random_state": seed, "max_iter": 500}
        scores.append([model.lower_bound_ for model in both(options)])
    ours, theirs = np.mean(scores, axis=0)
    assert ours >= theirs - 1e-3


def test_what_a_program_set_itself_is_what_counts():
    made = mx.GaussianMixture(2, random_state=0), Theirs(2, random_state=0)
    for model in made:
        model.weights_, model.means_ = np.array([0.3, 0.7]), np.array([[0.0, 0.0], [2.0, 1.0]])
        model.precisions_cholesky_ = np.array([[[1.0, 0.5], [0.0, 2.0]], [[1.0, 0.0], [0.0, 1.0]]])
    x = X[:, :2]
    np.testing.assert_allclose(made[0].score_samples(x), made[1].score_samples(x), rtol=1e-12)
    for model in made:
        model.covariances_ = np.linalg.inv(model.precisions_cholesky_ @ model.precisions_cholesky_.transpose(0, 2, 1))
    np.testing.assert_allclose(made[0].sample(5)[0], made[1].sample(5)[0])
    fitted = both({"n_components": 2, "random_state": 0})
    for model in fitted:
        model.means_[0] += 3.0
        model.weights_ = np.array([0.9, 0.1])
    np.testing.assert_allclose(fitted[0].score_samples(X), fitted[1].score_samples(X), rtol=1e-9)
    assert fitted[0].mixture_.weights[0] == pytest.approx(0.9)


SHAPES = {"full": np.eye(3) * 2.0 + 0.3, "tied": np.eye(3) * 2.0 + 0.3, "diag": [1.0, 2.0, 0.5], "spherical": 1.5}


def by_hand(kind, count, seed=0):
    """Ours and scikit-learn's of each class, with attributes that a program has set, which belong together."""
    rng = np.random.default_rng(seed)
    spread = np.asarray(SHAPES[kind]) if kind == "tied" else np.stack([np.asarray(SHAPES[kind])] * count)
    for options in ({}, {"weight_concentration_prior_type": "dirichlet_distribution"}):
        made = (mx.BayesianGaussianMixture, Bayesian) if options else (mx.GaussianMixture, Theirs)
        pair = [each(n_components=count, covariance_type=kind, random_state=seed, **options) for each in made]
        for model in pair:
            model.weights_ = rng.dirichlet(np.ones(count)) if model is pair[0] else pair[0].weights_
            model.means_ = X[:count] + 1.0
            model.covariances_ = spread.copy()
            square = np.linalg.inv(spread) if kind in ("full", "tied") else 1.0 / spread
            model.precisions_cholesky_ = (
                np.linalg.cholesky(square) if square.ndim > 1 + (kind != "tied") else square**0.5
            )
            if options:
                model.weight_concentration_ = np.arange(1.0, 1 + count)
                model.mean_precision_ = np.full(count, 30.0)
                model.degrees_of_freedom_ = 40.0 if kind == "tied" else np.full(count, 40.0)
        yield pair


def agree(ours, theirs):
    """All that scikit-learn answers."""
    np.testing.assert_allclose(ours.score_samples(X), theirs.score_samples(X), rtol=1e-9)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-7, atol=1e-12)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert ours.score(X) == pytest.approx(theirs.score(X), rel=1e-12)
    for criterion in ("aic", "bic") if isinstance(ours, mx.GaussianMixture) else ():
        assert getattr(ours, criterion)(X) == pytest.approx(getattr(theirs, criterion)(X), rel=1e-12)
    for found, expected in zip(ours.sample(30), theirs.sample(30), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_attributes_set_by_hand_count_where_scikit_learn_reads_them(kind):
    """Densities follow precisions_cholesky_, sample follows covariances_."""
    for ours, theirs in by_hand(kind, 3):
        agree(ours, theirs)
        for model in (ours, theirs):
            model.precisions_cholesky_ = model.precisions_cholesky_ * 1.5
        agree(ours, theirs)
        for model in (ours, theirs):
            model.covariances_ = model.covariances_ * 4.0
        agree(ours, theirs)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("made", [(mx.GaussianMixture, Theirs), (mx.BayesianGaussianMixture, Bayesian)])
def test_a_factor_that_replaces_the_fitted_one_counts_alone(kind, made):
    ours, theirs = (each(n_components=2, covariance_type=kind, random_state=0).fit(X) for each in made)
    before = ours.score(X)
    for model in (ours, theirs):
        model.precisions_cholesky_ = model.precisions_cholesky_ * 0.5
    assert ours.score(X) == pytest.approx(theirs.score(X), rel=1e-8)
    assert abs(ours.score(X) - before) > 0.1
    np.testing.assert_allclose(ours.mixture_.covariances, ours.covariances_ * 4, rtol=1e-9)
    for found, expected in zip(ours.sample(20), theirs.sample(20), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_covariances_set_alone_are_told_to_count_in_sample_only():
    ours, theirs = both({"n_components": 2, "random_state": 0})
    for model in (ours, theirs):
        model.covariances_ = model.covariances_ * 9
    np.testing.assert_allclose(ours.sample(20)[0], theirs.sample(20)[0], rtol=1e-5, atol=1e-5)
    with pytest.warns(mx.errors.MixturaWarning, match="covariances_ was set, but precisions_cholesky_ was not"):
        found = ours.score_samples(X)
    np.testing.assert_allclose(found, theirs.score_samples(X), rtol=1e-8)


@pytest.mark.parametrize("seed", [12, 17, 301])
def test_weights_that_sum_to_one_within_rounding_are_drawn_as_they_are(seed):
    weights = np.random.RandomState(seed).dirichlet(np.ones(5)).astype(np.float32).astype(float)
    assert weights.sum() != 1
    counts = []
    for kind in (mx.GaussianMixture, Theirs):
        model = kind(5, covariance_type="diag", random_state=0)
        model.weights_, model.means_ = weights, np.zeros((5, 1))
        model.covariances_ = model.precisions_cholesky_ = np.ones((5, 1))
        counts.append(np.bincount(model.sample(10**6)[1]))
    np.testing.assert_array_equal(*counts)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("weights_", [0.5, -0.5], r"weights run from -0\.5 to 0\.5"),
        ("weights_", [0.5, 0.2, 0.3], r"'weights_' should have the shape of \(2,\), but got \(3,\)"),
        ("covariances_", np.eye(3), r"'covariances_' should have the shape of \(2, 3, 3\)"),
        ("covariances_", np.full((2, 3, 3), np.nan), "'covariances_' contains NaN"),
    ],
)
def test_attributes_that_nothing_can_be_drawn_from(name, value, says):
    model = mx.GaussianMixture(2, random_state=0).fit(X)
    setattr(model, name, np.asarray(value))
    with pytest.raises(mx.errors.InputError, match=says):
        model.sample(3)


@pytest.mark.parametrize("base", [mx.GaussianMixture, mx.BayesianGaussianMixture])
@pytest.mark.parametrize("name", ["_m_step", "_initialize", "_estimate_log_prob"])
def test_an_override_that_is_never_called_is_told(base, name):
    changed = type("Changed", (base,), {name: lambda self, *_: 1 / 0})
    with pytest.warns(mx.errors.MixturaWarning, match=rf"Changed\.{name} is never called") as caught:
        changed().fit(X)
    assert caught[0].filename == __file__


def test_every_parameter_attribute_and_method_is_there():
    ours, theirs = both({"n_components": 2, "random_state": 0})
    defaults = Theirs().get_params()
    assert {name: mx.GaussianMixture().get_params()[name] for name in defaults} == defaults
    public = {name for name in dir(theirs) if not name.startswith("_")}
    assert public <= set(dir(ours))


@pytest.mark.parametrize(("k", "expected"), [(2, -214.3547), (3, -180.1855)])
def test_iris(k, expected):
    """The known best; `test_iris` tells why reg_covar is tiny."""
    x = load_iris().data
    model = mx.GaussianMixture(k, n_init=20, random_state=0, tol=1e-9, max_iter=2000, reg_covar=1e-10)
    assert model.fit(x).score(x) * len(x) == pytest.approx(expected, abs=1e-3)


def test_large_tables_begin_from_a_sample(monkeypatch):
    """Beyond some number of pairs, KMeans on all points would take longer than the fit."""
    from mixtura.estimators import starts

    options = {"n_components": 4, "random_state": 0, "max_iter": 500, "tol": 1e-6}
    for init_params in ("kmeans", "k-means++", "random", "random_from_data"):
        with monkeypatch.context() as patched:
            patched.setattr(starts, "FEW", 100)
            patched.setattr(starts, "labels_of_kmeans", None)
            many = mx.GaussianMixture(**options, init_params=init_params).fit(X)
        assert many.means_.shape == (4, 3)
        assert many.score(X) > mx.GaussianMixture().fit(X).score(X)


def test_arrays_that_need_no_looking_at_are_noted_as_others(monkeypatch):
    """What scikit-learn's validation would have noted, and where it still looks."""
    looked, validate = [], base.validate_data
    monkeypatch.setattr(base, "validate_data", lambda *given, **more: looked.append(1) or validate(*given, **more))
    model = mx.GaussianMixture(2, random_state=0)
    plain = model.fit(X).means_
    assert not looked
    assert model.n_features_in_ == X.shape[1]
    assert model.predict(X.copy("F")).tolist() == model.predict(X).tolist()
    assert not looked
    np.testing.assert_array_equal(mx.GaussianMixture(2, random_state=0).fit(X.tolist()).means_, plain)
    for wrong in (X[:, :2], X[:0], X[0]):
        with pytest.raises(ValueError, match=r"features|sample|2D"):
            model.predict(wrong)
    assert len(looked) == 4
    holed = X.copy()
    holed[1, 2] = np.nan
    with pytest.raises(ValueError, match=r"X\[1, 2\] is nan"):
        model.fit(holed)
    model.fit(pd.DataFrame(X, columns=["a", "b", "c"]))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(X)
    assert not hasattr(model.fit(X), "feature_names_in_")


def test_kmeans_heeds_weights():
    weight = np.where(X[:, 0] > np.median(X[:, 0]), 10.0, 0.1)
    model = mx.GaussianMixture(3, max_iter=0, random_state=0).fit(X, sample_weight=weight)
    labels = KMeans(3, n_init=1, random_state=0).fit(X, sample_weight=weight).labels_
    expected = [np.average(X[labels == k], axis=0, weights=weight[labels == k]) for k in range(3)]
    np.testing.assert_allclose(model.means_, expected)
