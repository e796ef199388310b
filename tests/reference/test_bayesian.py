"""BayesianGaussianMixture beside scikit-learn's: the same program, the same posterior, number for number."""

import warnings

import numpy as np
import pytest
from cases import KINDS, clouds
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture as Theirs

import mixtura as mx
from mixtura.em.variational import WEIGHT_PRIORS

X = clouds(400, 3, seed=3)
FITTED = (
    "weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_",
    "weight_concentration_", "mean_precision_", "degrees_of_freedom_",
    "weight_concentration_prior_", "mean_precision_prior_", "mean_prior_", "degrees_of_freedom_prior_",
    "covariance_prior_",
)  # fmt: skip


def both(options, x=X):
    """Ours and scikit-learn's, fitted with the same options."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mx.BayesianGaussianMixture(**options).fit(x), Theirs(**options).fit(x)


def same(ours, theirs, x=X, digits=1e-8):
    """Every attribute and every answer agrees."""
    for name in FITTED:
        found, expected = np.asarray(getattr(ours, name)), np.asarray(getattr(theirs, name))
        assert found.shape == expected.shape, name
        np.testing.assert_allclose(found, expected, rtol=digits, atol=digits * np.abs(expected).max(), err_msg=name)
    assert (ours.n_iter_, ours.converged_) == (theirs.n_iter_, theirs.converged_)
    if hasattr(theirs, "lower_bounds_"):  # since scikit-learn 1.7
        np.testing.assert_allclose(ours.lower_bounds_, np.ravel(theirs.lower_bounds_), rtol=digits)
    assert ours.lower_bound_ == pytest.approx(float(np.squeeze(theirs.lower_bound_)), rel=digits)
    np.testing.assert_allclose(ours.score_samples(x), theirs.score_samples(x), rtol=digits, atol=digits)
    np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), atol=100 * digits)
    np.testing.assert_array_equal(ours.predict(x), theirs.predict(x))
    assert ours.score(x) == pytest.approx(theirs.score(x), rel=digits)
    for found, expected in zip(ours.sample(20), theirs.sample(20), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weights", WEIGHT_PRIORS)
@pytest.mark.parametrize("init_params", ["kmeans", "random"])
def test_the_same_random_state_gives_the_same_fit(kind, weights, init_params):
    options = {"covariance_type": kind, "weight_concentration_prior_type": weights, "init_params": init_params}
    same(*both({"n_components": 6, "random_state": 0, "max_iter": 300, **options}))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weights", WEIGHT_PRIORS)
def test_given_priors(kind, weights):
    spread = {"full": np.eye(3) + 0.5, "tied": np.eye(3) + 0.5, "diag": [1.0, 2.0, 0.5], "spherical": 1.5}[kind]
    options = {
        "weight_concentration_prior": 7.0, "mean_precision_prior": 3.0, "mean_prior": [1.0, -2.0, 0.5],
        "degrees_of_freedom_prior": 4.5, "covariance_prior": spread, "reg_covar": 0.0, "max_iter": 12, "tol": 0.0,
    }  # fmt: skip
    given = {"covariance_type": kind, "weight_concentration_prior_type": weights, "n_components": 4}
    same(*both({**options, **given, "random_state": 1}))


@pytest.mark.parametrize("kind", KINDS)
def test_several_starts_and_a_start_alone(kind):
    options = {"n_components": 4, "covariance_type": kind, "random_state": 3}
    same(*both({**options, "n_init": 4, "max_iter": 5, "tol": 1e-9}))
    ours, theirs = both({**options, "max_iter": 0})
    np.testing.assert_allclose(ours.means_, theirs.means_, rtol=1e-9)
    assert (ours.lower_bound_, ours.n_iter_, ours.converged_) == (-np.inf, 0, False)


@pytest.mark.parametrize("weights", WEIGHT_PRIORS)
def test_warm_starts_go_on(weights):
    options = {"n_components": 5, "weight_concentration_prior_type": weights, "random_state": 0, "warm_start": True}
    ours, theirs = both({**options, "max_iter": 3})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in range(4):
            same(ours.fit(X[:350]), theirs.fit(X[:350]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ["reference", "cpu"])
def test_the_engine_does_not_matter(kind, engine):
    options = {"n_components": 6, "covariance_type": kind, "random_state": 0, "max_iter": 300}
    same(mx.BayesianGaussianMixture(**options, engine=engine).fit(X), Theirs(**options).fit(X), digits=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_steps_that_reg_covar_makes_lower_the_bound_are_taken(kind):
    options = {"n_components": 5, "covariance_type": kind, "random_state": 0, "max_iter": 300}
    same(*both({**options, "reg_covar": 1e-3}))
    ours, theirs = both({**options, "reg_covar": 0.3, "tol": 1e-6})
    same(ours, theirs, digits=1e-7)
    assert kind in ("full", "tied") or np.diff(ours.lower_bounds_).min() < -1e-6


def table(name, seed):
    """Two clouds of 40 points, and what makes a table hard."""
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.normal(0, 1, (40, 2)), rng.normal(5, 1, (40, 2))])
    if name == "scaled":
        return x * [1e5, 1e-4]
    if name == "rounded":
        return x.round()
    more = {
        "constant": np.full(80, -1.0),
        "nearly constant": 2.0 + 1e-5 * rng.normal(size=80),
        "one row apart": np.arange(80) == 3,
        "duplicated": x[:, 0] + 1e-4 * rng.normal(size=80),
    }
    return np.column_stack([x, more[name]])


@pytest.mark.filterwarnings("ignore:reg_covar is:mixtura.errors.MixturaWarning")  # the columns are that narrow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weights", WEIGHT_PRIORS)
@pytest.mark.parametrize("name", ["constant", "nearly constant", "one row apart", "duplicated", "scaled", "rounded"])
def test_hard_tables_lead_to_the_same_fit(name, kind, weights):
    """Number for number, but where scikit-learn's E[x^2] - E[x]^2 leaves more rounding than a column has variance."""
    digits = 1e-4 if kind in ("tied", "diag") else 1e-6
    for seed, init_params in enumerate(["kmeans", "random"]):
        options = {"covariance_type": kind, "weight_concentration_prior_type": weights, "init_params": init_params}
        x = table(name, seed)
        ours, theirs = both({"n_components": 6, "random_state": seed, "max_iter": 60, **options}, x)
        assert ours.lower_bound_ == pytest.approx(float(np.squeeze(theirs.lower_bound_)), rel=digits)
        assert (ours.weights_ > 0.01).sum() == (theirs.weights_ > 0.01).sum()
        for part in ("weights_", "means_", "covariances_", "mean_precision_", "degrees_of_freedom_"):
            found, expected = np.asarray(getattr(ours, part)), np.asarray(getattr(theirs, part))
            np.testing.assert_allclose(found, expected, rtol=0, atol=digits * np.abs(expected).max(), err_msg=part)


def test_a_constant_column_keeps_no_component_alive():
    """Its variance in a component is in proportion to the component's points, and the bound falls as they leave."""
    rng = np.random.default_rng(2)
    apart = np.concatenate([rng.normal(0, 1, (100, 1)), rng.normal(9, 1, (100, 1))])
    x = np.column_stack([np.full(200, 3.0), apart])
    model = mx.BayesianGaussianMixture(n_components=8, random_state=0, max_iter=500).fit(x)
    assert (model.weights_ > 0.01).sum() == 2
    assert np.diff(model.lower_bounds_).min() < -1
    assert model.stop_reason_ == "converged"


def test_many_coordinates():
    """So many that exp(E[ln |Lambda|]) is no number any more; its log is."""
    x = np.random.default_rng(0).normal(size=(40, 900))
    x[:20] += 1.0
    options = {"n_components": 2, "covariance_type": "diag", "random_state": 0, "max_iter": 1}
    options["covariance_prior"] = np.full(900, 1e4)  # so wide that rows are shared: the start is not the end
    same(*both(options, x), x)


def test_single_precision():
    ours, theirs = both({"n_components": 4, "random_state": 0, "max_iter": 300}, X.astype(np.float32))
    assert ours.means_.dtype == ours.covariances_.dtype == np.float32
    np.testing.assert_allclose(ours.weights_, theirs.weights_, atol=1e-3)


def test_components_without_rows_are_not_revived():
    """Their expected weights are next to nothing, and stay there."""
    options = {"n_components": 100, "weight_concentration_prior": 1e-8, "init_params": "random", "random_state": 0}
    ours, theirs = both({**options, "max_iter": 30, "covariance_type": "diag"})
    assert not ours.weights_.all()
    told = ["lower_bounds_"] if hasattr(theirs, "lower_bounds_") else []  # since scikit-learn 1.7
    for name in ("weights_", "means_", "covariances_", *told):  # scikit-learn adds a little to each mass
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-4, atol=1e-5, err_msg=name)
