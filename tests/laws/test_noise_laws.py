"""Laws of noise: none changes nothing, the same for all widens the mixture, and so much that it hides all is a gap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import KINDS, mixtures, near, random_mixture

import mixtura as mx
from comparing import mixture_gap, same_bits
from mixtura.model import uncertain

FEW = settings(max_examples=12)  # since formulas row by row are compared elsewhere
WAYS = pytest.mark.parametrize("asked", [1e7, 1.0], ids=["groups", "kernels"])


def noise_like(mix, shape, seed=0):
    """Variances about as large as the mixture's own."""
    wide = np.einsum("kii->i", mix.matrices) / mix.n_components
    return np.random.default_rng(seed).uniform(0.1, 2, shape) * wide


@WAYS
@FEW
@given(mixtures(), st.integers(0, 99))
def test_the_same_noise_for_all_is_a_wider_mixture(asked, mix, seed):
    x, d = near(mix, 20, seed), mix.n_coordinates
    noise = noise_like(mix, d, seed)
    wide = mx.Mixture(mix.weights, mix.means, mix.matrices + np.diag(noise))
    expected = wide.log_density(x)
    each = np.repeat(noise[None], 20, axis=0)
    each[0] = 0  # so that rows are worked one by one
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(uncertain, "ASKED", asked)
        for given_noise in (noise, noise[None], np.diag(noise)[None]):
            np.testing.assert_allclose(mix.log_density(x, noise_covariance=given_noise), expected, rtol=1e-10)
        for given_noise in (each, each[:, :, None] * np.eye(d)):
            found = mix.log_density(x, noise_covariance=given_noise)
            np.testing.assert_allclose(found[1:], expected[1:], rtol=1e-10, atol=1e-10)
            shares = mix.responsibilities(x, noise_covariance=given_noise)
            np.testing.assert_allclose(shares[1:], wide.responsibilities(x)[1:], rtol=1e-7, atol=1e-9)
            np.testing.assert_allclose(shares[0], mix.responsibilities(x)[0], rtol=1e-7, atol=1e-9)


@WAYS
@FEW
@given(mixtures(d=st.integers(2, 5)), st.integers(0, 99))
def test_huge_noise_is_a_gap(asked, mix, seed):
    x, d = near(mix, 20, seed), mix.n_coordinates
    hidden = np.random.default_rng(seed).random(x.shape) < 0.4
    hidden[:, 0] = False
    noise = np.where(hidden, 1e30 * noise_like(mix, x.shape), 1e-2 * noise_like(mix, x.shape))
    gaps = np.where(hidden, np.nan, x)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(uncertain, "ASKED", asked)
        seen = {"missing": True, "noise_covariance": noise}
        logs = mix.log_density(x, noise_covariance=noise) + 0.5 * (hidden * np.log(2 * np.pi * noise)).sum(axis=1)
        np.testing.assert_allclose(logs, mix.log_density(gaps, **seen), rtol=1e-8, atol=1e-8)
        deviations = np.sqrt(np.diagonal(mix.covariance()))
        one, other = mix.denoise(x, noise), mix.denoise(gaps, noise, missing=True)
        np.testing.assert_allclose(one / deviations, other / deviations, rtol=1e-8, atol=1e-7)
    assert d > 1


@WAYS
@FEW
@given(mixtures(d=st.integers(1, 4)), st.integers(0, 99))
def test_denoising_pulls_between_the_row_and_the_mixture(asked, mix, seed):
    """Little noise leaves a row where it is, much leads to the mixture's own mean and covariance."""
    x = near(mix, 10, seed)
    noise = noise_like(mix, x.shape, seed)
    wide = np.sqrt(np.diagonal(mix.covariance()))
    unit = np.outer(wide, wide)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(uncertain, "ASKED", asked)
        mean, covariance = mix.denoise(x, 1e-12 * noise, return_cov=True)
        np.testing.assert_allclose(mean / wide, x / wide, rtol=1e-10)
        assert (np.abs(covariance) < 1e-10 * unit).all()
        mean, covariance = mix.denoise(x, 1e20 * noise, return_cov=True)
        np.testing.assert_allclose(mean / wide, np.broadcast_to(mix.mean() / wide, x.shape), rtol=1e-7)
        np.testing.assert_allclose(
            covariance / unit, np.broadcast_to(mix.covariance() / unit, covariance.shape), atol=1e-6
        )
        covariance = mix.denoise(x, noise, return_cov=True)[1]
        assert (np.linalg.eigvalsh(covariance / unit) > 0).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ["reference", "blas", "cpu"])
def test_no_noise_is_a_plain_fit(kind, engine):
    x = near(random_mixture(8, "full", 2, 3), 300)
    options = {"covariance_type": kind, "engine": engine, "rng": 1, "tol": 0, "max_iter": 12}
    plain = mx.fit(x, 3, **options)
    for none in (np.zeros(2), np.zeros((300, 2)), np.zeros((1, 2, 2))):
        assert same_bits(mx.fit(x, 3, noise_covariance=none, **options).mixture, plain.mixture)
    next_to_none = np.random.default_rng(0).uniform(1e-40, 1e-30, x.shape)
    found = mx.fit(x, 3, noise_covariance=next_to_none, **options)
    assert mixture_gap(found.mixture, plain.mixture) < 1e-12
    np.testing.assert_allclose(found.log_likelihoods, plain.log_likelihoods, rtol=1e-12)


@FEW
@given(mixtures(d=st.integers(1, 3), k=st.integers(1, 3)), st.booleans(), st.integers(0, 99))
def test_the_likelihood_never_falls(mix, accelerate, seed):
    x = near(mix, 60, seed)
    noise = noise_like(mix, x.shape, seed)
    more = {"covariance_type": mix.covariance_type, "reg_covar": 1e-3 * float(mix.covariance().diagonal().min())}
    fit = mx.fit(x, mix.n_components, noise_covariance=noise, accelerate=accelerate, tol=0, max_iter=15, rng=0, **more)
    assert (np.diff(fit.log_likelihoods) >= 0).all()
    logs = fit.mixture.log_density(x, noise_covariance=noise)
    assert logs.mean() == pytest.approx(fit.log_likelihood, rel=1e-8, abs=1e-8)


@FEW
@given(mixtures(d=st.integers(2, 4), k=st.integers(1, 3), kinds=("full",)), st.integers(0, 99))
def test_a_turned_fit_is_the_fit_turned(mix, seed):
    x, d = near(mix, 60, seed), mix.n_coordinates
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    noise = noise_like(mix, x.shape, seed)[:, :, None] * np.eye(d)
    options = {"tol": 0, "max_iter": 4, "reg_covar": 0.0, "start": mix}
    fit = mx.fit(x, mix.n_components, noise_covariance=noise, **options)
    options["start"] = mix.transform(turn)
    turned = mx.fit(x @ turn.T, mix.n_components, noise_covariance=turn @ noise @ turn.T, **options)
    assert mixture_gap(turned.mixture, fit.mixture.transform(turn)) < 1e-8
