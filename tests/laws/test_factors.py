"""Mixtures of low rank with a flat tail: the same mixture as with matrices, and EM that climbs."""

import numpy as np
import pytest

import mixtura as mx
from mixtura.em.factors import _Climb
from mixtura.errors import FitError, InputError, StorageError

RNG = np.random.default_rng(0)


def made(k=3, d=7, r=2, mean=4.0):
    axes = np.linalg.qr(RNG.normal(size=(k, d, r)))[0].swapaxes(1, 2)
    tails = RNG.uniform(0.2, 1, k)
    variances = -np.sort(-tails[:, None] * RNG.uniform(1, 9, (k, r)), axis=1)
    return mx.FactorMixture(RNG.dirichlet(np.ones(k)), mean * RNG.normal(size=(k, d)), axes, variances, tails)


MIX = made()
X = MIX.sample(3000, rng=1)


def test_it_is_the_mixture_of_its_matrices():
    dense = MIX.dense()
    np.testing.assert_allclose(MIX.log_density(X), dense.log_density(X), atol=1e-9)
    np.testing.assert_allclose(MIX.responsibilities(X), dense.responsibilities(X), atol=1e-9)
    np.testing.assert_array_equal(MIX.predict(X), dense.predict(X))
    wide = mx.Mixture(dense.weights, dense.means, dense.covariances + 2 * np.eye(7))
    np.testing.assert_allclose(MIX.blurred(2.0).log_density(X), wide.log_density(X), atol=1e-9)
    np.testing.assert_allclose(X.mean(axis=0), dense.mean(), atol=0.4)
    np.testing.assert_allclose(np.cov(X.T), dense.covariance(), rtol=0.2, atol=1.5)


def test_one_component_is_principal_components():
    """Tipping and Bishop 1999: the largest eigenvalues, and the mean of the others."""
    (found,) = mx.fit_factors(X, 1, rank=3).mixture.dense().covariances
    values, vectors = np.linalg.eigh(np.cov(X.T, bias=True))
    values[:4] = values[:4].mean()
    np.testing.assert_allclose(found, vectors * values @ vectors.T, atol=1e-10)


def test_with_all_but_one_axis_a_step_is_that_of_full_matrices():
    start = made(r=6)
    climb = _Climb(X, 6, False, 0.0, 1e-12, 1)
    found, value = climb.step(start)
    theirs = mx.fit(X, 3, start=start.dense(), max_iter=1, tol=0, reg_covar=0)
    np.testing.assert_allclose(value, theirs.log_likelihoods[0])
    np.testing.assert_allclose(found.weights, theirs.mixture.weights, atol=1e-4)
    np.testing.assert_allclose(found.means, theirs.mixture.means, atol=1e-3)
    np.testing.assert_allclose(found.dense().covariances, theirs.mixture.covariances, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("zero_mean", [False, True])
def test_the_likelihood_never_falls(zero_mean):
    x = made(mean=0.0).sample(2000, rng=2) if zero_mean else X
    found = mx.fit_factors(x, 5, rank=2, zero_mean=zero_mean, tol=0, max_iter=25)
    gains = np.diff(found.log_likelihoods)
    assert gains.min() > -1e-6
    assert len(gains) == 25
    assert found.mixture.means.any() != zero_mean
    one = mx.fit_factors(x, 5, rank=2, zero_mean=zero_mean, tol=0, max_iter=25, n_threads=1).mixture
    for name in ("weights", "means", "axes", "variances", "tails"):
        np.testing.assert_array_equal(getattr(one, name), getattr(found.mixture, name))


def test_many_coordinates():
    """500 rows of 300 coordinates say nothing of matrices, but of three axes and a tail."""
    truth = made(k=2, d=300, r=3)
    found = mx.fit_factors(truth.sample(500, rng=3), 2, rank=3, dtype="float32").mixture
    order = np.argsort(found.means @ truth.means[0])[::-1]
    np.testing.assert_allclose(found.means[order], truth.means, atol=1.0)
    np.testing.assert_allclose(found.tails[order], truth.tails, rtol=0.12)
    assert found.n_parameters == 1 + 2 * (300 + 3 * 300 - 6 + 4)


def test_files(tmp_path):
    MIX.save(tmp_path / "a.mix", note="here")
    found, notes = mx.FactorMixture.load_with_notes(tmp_path / "a.mix")
    assert notes == {"note": "here"}
    for name in ("means", "axes", "variances", "tails"):
        np.testing.assert_array_equal(getattr(found, name), getattr(MIX, name))
    MIX.save(tmp_path / "b.mix", dtype="float16")
    np.testing.assert_allclose(mx.FactorMixture.load(tmp_path / "b.mix").log_density(X), MIX.log_density(X), atol=0.5)
    whole = (tmp_path / "a.mix").read_bytes()
    (tmp_path / "cut.mix").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "nan.mix").write_bytes(whole[:-8] + np.array([np.nan]).tobytes())
    MIX.dense().save(tmp_path / "dense.mix")
    for name, says in (
        ("cut", "damaged"), ("nan", "damaged"), ("dense", "of the format 'mixtura', expected"), ("none", "not exist"),
    ):  # fmt: skip
        with pytest.raises(StorageError, match=says):
            mx.FactorMixture.load(tmp_path / f"{name}.mix")


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: mx.fit_factors(X, 0, rank=2), "n_components is 0"),
        (lambda: mx.fit_factors(X, 2, rank=7), "rank is 7: give a whole number from 1 to 6"),
        (lambda: mx.fit_factors(X, 2, rank=2, tol=np.nan), "tol is nan"),
        (lambda: mx.fit_factors(X[:3], 2, rank=2), "3 rows for 2 components"),
        (lambda: mx.fit_factors(np.ones((9, 3)), 2, rank=1), "all rows are the same"),
        (lambda: MIX.log_density(X[:, :3]), "x has 3 columns"),
        (lambda: MIX.sample(-1), "n is -1"),
        (lambda: mx.FactorMixture(MIX.weights, MIX.means, 2 * MIX.axes, MIX.variances, MIX.tails), "off orthonormal"),
        (lambda: mx.FactorMixture(MIX.weights, MIX.means, MIX.axes, 0 * MIX.variances, MIX.tails), "reach below"),
        (lambda: mx.FactorMixture(MIX.weights[:2], MIX.means, MIX.axes, MIX.variances, MIX.tails), "weights has shape"),
    ],
)
def test_wrong_input(ask, says):
    with pytest.raises((InputError, FitError), match=says):
        ask()
