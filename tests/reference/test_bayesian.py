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
def test_where_reg_covar_would_lower_the_bound_the_fit_ends(kind):
    """scikit-learn takes that step and ends there too."""
    options = {"n_components": 5, "covariance_type": kind, "random_state": 0, "max_iter": 300}
    same(*both({**options, "reg_covar": 1e-3}))
    ours, theirs = both({**options, "reg_covar": 0.3, "tol": 1e-9})
    assert ours.lower_bound_ == pytest.approx(np.max(theirs.lower_bounds_), rel=1e-9)


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
    """Their expected weights are below the smallest number that there is, and stay there."""
    options = {"n_components": 100, "weight_concentration_prior": 1e-8, "init_params": "random", "random_state": 0}
    ours, theirs = both({**options, "max_iter": 30, "covariance_type": "diag"})
    assert not ours.weights_.all()
    for name in ("weights_", "means_", "covariances_", "lower_bounds_"):  # scikit-learn adds a little to each mass
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-4, atol=1e-5, err_msg=name)
