"""Fits against scikit-learn's GaussianMixture from the same start."""

import warnings

import numpy as np
import pytest
from cases import KINDS, cases, clouds, mixture_for
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

import mixtura as mx

TABLE = cases()
# Not the far ones: scikit-learn's own sums cancel there.
NAMES = (
    "1 coordinates", "2 coordinates", "3 coordinates", "17 coordinates", "scale 1e-12", "scale 1e12", "duplicates",
    "constant column", "collinear", "100 points", "many tiles",
)  # fmt: skip


def precisions(mix):
    if mix.covariance_type in ("full", "tied"):
        return np.linalg.inv(mix.covariances)
    return 1 / mix.covariances


def by_scikit_learn(x, start, steps, reg):
    model = GaussianMixture(
        start.n_components, covariance_type=start.covariance_type, tol=0, reg_covar=reg, max_iter=steps,
        weights_init=start.weights, means_init=start.means, precisions_init=precisions(start),
        init_params="random_from_data",
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a few steps are what we ask for
        return model.fit(x)


@pytest.mark.parametrize("engine", ["reference", "blas", "cpu"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("steps", [1, 5])
def test_the_same_start_gives_the_same_fit(engine, kind, name, steps):
    case = TABLE[name]
    start = mixture_for(case, kind, 3)
    reg = case.reg or 1e-6 * float(case.x.var())
    theirs = by_scikit_learn(case.x, start, steps, reg)
    ours = mx.fit(case.x, 3, covariance_type=kind, start=start, reg_covar=reg, tol=0, max_iter=steps, engine=engine)
    assert ours.n_iter == steps or (ours.stop_reason == "stalled" and ours.n_iter >= 3)  # one of them is there by then
    unit = case.x.std()
    np.testing.assert_allclose(ours.mixture.weights, theirs.weights_, rtol=0, atol=1e-8)
    np.testing.assert_allclose(ours.mixture.means, theirs.means_, rtol=0, atol=1e-6 * unit)
    np.testing.assert_allclose(ours.mixture.covariances, theirs.covariances_, rtol=0, atol=1e-6 * unit**2)
    assert ours.log_likelihood == pytest.approx(theirs.score(case.x), rel=1e-9, abs=1e-9)
    if hasattr(theirs, "lower_bounds_"):  # since scikit-learn 1.7
        np.testing.assert_allclose(ours.log_likelihoods[:-1], theirs.lower_bounds_[: ours.n_iter], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_many_steps_on_many_points(kind):
    x = clouds(6000, 2, seed=5)
    start = mixture_for(TABLE["2 coordinates"]._replace(x=x), kind, 8)
    theirs = by_scikit_learn(x, start, 30, 1e-6)
    ours = mx.fit(x, 8, covariance_type=kind, start=start, tol=0, max_iter=30, engine="cpu")
    np.testing.assert_allclose(ours.mixture.means, theirs.means_, rtol=0, atol=1e-6)
    assert ours.log_likelihood == pytest.approx(theirs.score(x), rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_questions_to_a_fitted_mixture(kind):
    x = TABLE["3 coordinates"].x
    theirs = by_scikit_learn(x, mixture_for(TABLE["3 coordinates"], kind, 3), 5, 1e-6)
    mix = mx.Mixture(theirs.weights_, theirs.means_, theirs.covariances_, kind)
    np.testing.assert_allclose(mix.log_density(x), theirs.score_samples(x), rtol=1e-9)
    np.testing.assert_allclose(mix.responsibilities(x), theirs.predict_proba(x), atol=1e-9)
    np.testing.assert_array_equal(mix.predict(x), theirs.predict(x))
