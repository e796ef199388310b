"""Fits with a background, fitted again: the family, and what of the background was held, are those of the fit."""

import numpy as np
import pytest

import mixtura as mx
from mixtura.em.again import family_beside
from mixtura.em.refit import Refits
from mixtura.errors import InputError
from mixtura.model.families import every

TRUE = mx.Mixture(
    [0.3, 0.3, 0.4], [[0, 0], [8, 0], [0, 9]], [[[1, 0.3], [0.3, 1]], [[1, 0.5], [0.5, 2]], [[3, 0], [0, 0.5]]]
)
X = np.concatenate([TRUE.sample(300, rng=0), np.random.default_rng(1).uniform(-15, 25, (30, 2))])
HOW = {"tol": 1e-7, "max_iter": 1000, "rng": 0}
AGAIN = {"sample_weight": None, "missing": False, "reg_covar": None, "prior": None, "fixed": None, "engine": "auto"}


@pytest.mark.parametrize("share", [True, 0.1])
@pytest.mark.parametrize("kind", every(2))
def test_the_objective_is_that_of_the_fit(kind, share):
    """So the fit is at its maximum already: a climb to the same points moves nothing."""
    fit = mx.fit(X, 3, covariance_type=kind, noise=share, **HOW)
    assert family_beside(fit, fit.mixture) == mx.fit(X, 1, covariance_type=kind).mixture.covariance_type
    refits = Refits.of(X, fit, tol=1e-7, max_iter=1000, n_threads=1, **AGAIN)
    assert refits.objective.share == (None if share is True else share)
    assert refits.objective.n_parameters(refits.mixture) == fit.n_parameters
    again = refits.fit(refits.points, [lambda _: refits.mixture])
    assert again.log_likelihood == pytest.approx(fit.log_likelihood, abs=1e-6)
    np.testing.assert_array_equal(again.mixture.means[3], fit.mixture.means[3])


@pytest.mark.parametrize("of", ["fit", "estimator"])
def test_replicates_hold_the_background(of):
    fit = mx.fit(X, 3, covariance_type="VEE", noise=True, **HOW)
    if of == "estimator":
        given = mx.GaussianMixture(3, covariance_type="VEE", noise=True, random_state=0, tol=1e-6, max_iter=500).fit(X)
    boot = mx.bootstrap(X, fit if of == "fit" else given, n=2, rng=0)
    for each in boot.replicates:
        np.testing.assert_array_equal(each.means[3], boot.mixture.means[3])
        np.testing.assert_array_equal(each.covariances[3], boot.mixture.covariances[3])
        shapes = [np.linalg.eigvalsh(matrix) for matrix in each.matrices[:3]]
        np.testing.assert_allclose([low / high for low, high in shapes], shapes[0][0] / shapes[0][1], rtol=1e-6)
    assert boot.weights().standard_error[3] > 1e-5
    assert np.abs(boot.means().estimate[:3] - boot.replicates[0].means[:3]).max() < 1  # matched
    held = mx.bootstrap(X, mx.fit(X, 3, noise=0.1, **HOW), n=2, rng=0)
    assert held.weights().standard_error[3] < 1e-15


def test_one_component_more_beside_the_same_background():
    """Two clusters: one is too few, two are enough."""
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.normal(0, 1, (60, 1)), rng.normal(9, 1, (60, 1)), rng.uniform(-30, 40, (12, 1))])
    for k, few in ((1, True), (2, False)):
        fit = mx.fit(x, k, covariance_type="diag", noise=True, **HOW)
        test = mx.likelihood_ratio_test(x, fit, n=9, rng=0)
        assert (test.p_value == 0.1) == few
        assert (test.n_components, test.smaller.n_components, test.larger.n_components) == (k, k + 1, k + 2)
        np.testing.assert_array_equal(test.larger.means[-1], fit.mixture.means[-1])
        assert 0.0 < test.larger.weights[-1] < fit.mixture.weights[-1] + 0.05  # estimated
        assert f"of {k} against {k + 1} diag components" in repr(test)


def test_a_background_that_is_not_the_last():
    fit = mx.fit(X, 3, noise=True, rng=0)
    object.__setattr__(fit, "background", 0)
    with pytest.raises(InputError, match="the background of fit is component 0, expected the last one"):
        mx.bootstrap(X, fit, n=2)
