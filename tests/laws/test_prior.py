"""Priors: densities against scipy, the step against its neighbours, and a posterior that never falls."""

import numpy as np
import pytest
from scipy import stats
from strategies import KINDS, near, random_mixture

import mixtura as mx
from mixtura.em.maximise import maximise
from mixtura.em.objective import Objective
from mixtura.em.start import begin
from mixtura.engines.reference import ReferenceEngine
from mixtura.errors import FitError, InputError


def prior_for(mix, seed=0, concentration=1.5):
    """A prior of about the place and size of a mixture."""
    rng = np.random.default_rng(seed)
    d, kind = mix.n_coordinates, mix.covariance_type
    whole = mix.covariance()
    scale = {"diag": np.diagonal(whole), "spherical": np.trace(whole) / d}.get(kind, whole)
    mean = mix.mean() + rng.normal(size=d) * np.sqrt(np.diagonal(whole))
    return mx.Prior(mean, scale, kind, mean_precision=0.7, degrees_of_freedom=d + 2.5, concentration=concentration)


def log_density(prior, mix):
    """The log prior density from scipy, with its constants, parameter by parameter."""
    kind, nu = mix.covariance_type, prior.degrees_of_freedom
    total = stats.dirichlet(np.full(mix.n_components, prior.concentration)).logpdf(mix.weights)
    for mean, matrix in zip(mix.means, mix.matrices, strict=True):
        total += stats.multivariate_normal(prior.mean, matrix / prior.mean_precision).logpdf(mean)
    if kind in ("full", "tied"):
        law = stats.invwishart(nu, prior.scale)
        return total + sum(law.logpdf(s) for s in (mix.covariances if kind == "full" else [mix.covariances]))
    # v ~ inverse gamma(nu / 2, scale / 2), for each variance.
    return (
        total
        + stats.invgamma(nu / 2, scale=np.broadcast_to(prior.scale / 2, mix.covariances.shape))
        .logpdf(mix.covariances)
        .sum()
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [1, 3])
def test_the_density_is_that_of_scipy_but_for_a_constant(kind, d):
    mixes = [random_mixture(seed, kind, d, 3) for seed in range(4)]
    prior = prior_for(mixes[0])
    gaps = [prior.log_density(mix) - log_density(prior, mix) for mix in mixes]
    np.testing.assert_allclose(gaps, gaps[0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_the_formulas_of_fraley_and_raftery(kind):
    """Their table of M-step estimators for the prior, written out: sums about the component's mean, and the count."""
    mix = random_mixture(5, kind, 3, 2)
    prior = prior_for(mix, concentration=1.0)
    x = near(mix, 50)
    z = mix.responsibilities(x)
    found = maximise(ReferenceEngine(mx.Points.from_array(x)).expect(mix), mix, prior=prior)
    (n, d), k, nu, kappa = x.shape, 2, prior.degrees_of_freedom, prior.mean_precision
    nk = z.sum(axis=0)
    mean = z.T @ x / nk[:, None]
    scatter = np.stack([(z[:, j, None] * (x - mean[j])).T @ (x - mean[j]) for j in range(k)])
    away = mean - prior.mean
    pull = (kappa * nk / (kappa + nk))[:, None, None] * away[:, :, None] * away[:, None, :]
    both = scatter + pull
    expected = {
        "full": lambda: (prior.scale + both) / (nk + nu + d + 2)[:, None, None],
        "tied": lambda: (prior.scale + both.sum(axis=0)) / (n + nu + d + 1 + k),
        "diag": lambda: (prior.scale + np.diagonal(both, axis1=1, axis2=2)) / (nk + nu + 3)[:, None],
        "spherical": lambda: (prior.scale + np.trace(both, axis1=1, axis2=2)) / (nu + (nk + 1) * d + 2),
    }[kind]()
    np.testing.assert_allclose(found.covariances, expected, rtol=1e-9)
    np.testing.assert_allclose(
        found.means, (nk[:, None] * mean + kappa * prior.mean) / (nk + kappa)[:, None], rtol=1e-12
    )
    np.testing.assert_allclose(found.weights, nk / n, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("accelerate", [False, True])
@pytest.mark.parametrize("reg_covar", [0.0, 0.5])
def test_the_posterior_never_falls_and_nothing_collapses(kind, accelerate, reg_covar):
    """Many components for few points, some of them on one place: without a prior a component would collapse."""
    mix = random_mixture(3, "full", 2, 2)
    x = np.vstack([near(mix, 30), np.repeat(near(mix, 1, seed=5), 6, axis=0)])
    fit = mx.fit(x, 12, covariance_type=kind, prior="default", reg_covar=reg_covar, accelerate=accelerate, tol=0, rng=0)
    assert (np.diff(fit.log_posteriors) >= 0).all()
    prior = mx.Prior.default(x, 12, kind)
    added = prior.log_density(fit.mixture) / len(x)
    assert fit.log_posteriors[-1] == pytest.approx(fit.log_likelihood + added, rel=1e-12)
    assert fit.log_likelihood == pytest.approx(fit.mixture.log_density(x).mean(), rel=1e-10)
    assert len(fit.log_posteriors) == len(fit.log_likelihoods) == fit.n_iter + 1
    least = np.linalg.eigvalsh(fit.mixture.matrices).min()
    assert least > 1e-3 * np.linalg.eigvalsh(np.cov(x.T))[0]


def test_without_a_prior_the_posterior_is_the_likelihood():
    fit = mx.fit(near(random_mixture(3, "full", 2, 2), 30), 2, rng=0)
    assert fit.log_posteriors == fit.log_likelihoods


def test_the_most_probable_of_several_starts_is_kept():
    """Here the likeliest is another one."""
    x = near(random_mixture(2, "full", 2, 3), 25)
    options = {"prior": "default", "start": "random_from_data", "max_iter": 15}
    one_by_one = np.random.default_rng(0)
    fits = [mx.fit(x, 4, rng=one_by_one, **options) for _ in range(4)]
    best = max(fits, key=lambda each: each.log_posteriors[-1])
    assert best is not max(fits, key=lambda each: each.log_likelihood)
    assert mx.fit(x, 4, rng=0, n_init=4, **options).mixture == best.mixture


def test_a_step_tells_the_change_of_the_posterior():
    x, seen = near(random_mixture(3, "full", 2, 2), 60), []
    fit = mx.fit(x, 3, prior="default", rng=0, tol=0, max_iter=10, on_step=lambda step: seen.append(step) and None)
    np.testing.assert_allclose([s.change for s in seen], np.diff(fit.log_posteriors), rtol=1e-12)
    assert tuple(s.log_likelihood for s in seen) == fit.log_likelihoods[1:]


@pytest.mark.parametrize("kind", KINDS)
def test_a_weak_prior_is_hardly_there_and_a_strong_one_decides(kind):
    mix = random_mixture(3, kind, 2, 2)
    x = near(mix, 400)
    options = {"covariance_type": kind, "start": mix, "tol": 0, "reg_covar": 0, "max_iter": 50}
    scale = {"full": np.eye(2), "tied": np.eye(2), "diag": np.ones(2), "spherical": 1.0}[kind]
    plain = mx.fit(x, 2, **options)
    weak = mx.Prior(x.mean(axis=0), scale, kind)
    fit = mx.fit(x, 2, prior=weak, sample_weight=np.full(400, 1e6), **options)  # worth a few points of 4e8
    assert plain.log_likelihood == pytest.approx(fit.log_likelihood, abs=1e-6)
    strong = mx.Prior(np.zeros(2), 1e9 * 7 * scale, kind, mean_precision=1e9, degrees_of_freedom=1e9)
    fit = mx.fit(x, 2, prior=strong, **options)
    np.testing.assert_allclose(fit.mixture.means, 0, atol=1e-3)
    np.testing.assert_allclose(fit.mixture.matrices, np.tile(7 * np.eye(2), (2, 1, 1)), rtol=1e-2, atol=1e-2)


def test_concentration_draws_the_weights_together():
    x = mx.Mixture([0.9, 0.1], [[0.0], [9.0]], [1.0, 1.0], "spherical").sample(200, rng=0)
    near_ = mx.Prior([0.0], 1.0, "spherical", concentration=101.0)
    fit = mx.fit(x, 2, covariance_type="spherical", prior=near_, rng=0, tol=0, max_iter=300)
    n = fit.mixture.responsibilities(x).sum(axis=0)
    np.testing.assert_allclose(fit.mixture.weights, (n + 100) / 400, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_default_is_of_the_points(kind):
    x = near(random_mixture(3, "full", 3, 2), 200)
    weight = np.random.default_rng(0).integers(0, 3, 200)
    prior = mx.Prior.default(x, 4, kind, sample_weight=weight)
    often = np.repeat(x, weight, axis=0)
    covariance = np.cov(often.T, bias=True) / 4 ** (2 / 3)
    expected = {"diag": np.diagonal(covariance), "spherical": np.trace(covariance) / 3}.get(kind, covariance)
    np.testing.assert_allclose(prior.scale, expected, rtol=1e-9)
    np.testing.assert_allclose(prior.mean, often.mean(axis=0), rtol=1e-12)
    assert (prior.mean_precision, prior.degrees_of_freedom, prior.concentration) == (0.01, 5.0, 1.0)
    gaps = x.copy()
    gaps[np.random.default_rng(0).random(x.shape) < 0.1] = np.nan
    guess = mx.Prior.default(gaps, 4, kind, missing=True)
    np.testing.assert_allclose(guess.scale, mx.Prior.default(x, 4, kind).scale, rtol=0.3, atol=0.3 * covariance.max())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("missing", [False, True])
def test_fixed_parts_and_a_prior_together(kind, missing):
    mix = random_mixture(3, kind, 2, 3)
    x = near(mix, 100)
    if missing:
        x[np.random.default_rng(0).random(x.shape) < 0.2] = np.nan
    fixed = {"means": [0], "weights": [1]}
    fit = mx.fit(
        x, 3, covariance_type=kind, start=mix, fixed=fixed, prior="default", missing=missing, accelerate=True, tol=0
    )
    assert (np.diff(fit.log_posteriors) >= 0).all()
    np.testing.assert_array_equal(fit.mixture.means[0], mix.means[0])
    assert fit.mixture.weights[1] == mix.weights[1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_start_of_single_points_needs_no_reg_covar(kind):
    """Each component of the start is one point: only the prior gives it a width."""
    x = near(random_mixture(3, "full", 2, 2), 8)
    points = mx.Points.from_array(x)
    prior = mx.Prior.default(x, 8, kind)
    rng = np.random.default_rng(0)
    mix = begin(points, 8, "partition", covariance_type=kind, objective=Objective(prior=prior), rng=rng)
    assert (np.linalg.eigvalsh(mix.matrices) > 0).all()


LINE = np.outer(np.arange(20.0), [1, 2])
WRONG = {
    "mean": (lambda: mx.Prior([[0.0]], [[1.0]]), InputError, r"mean has shape \(1, 1\), expected \(d,\)"),
    "scale": (lambda: mx.Prior([0.0], [1.0]), InputError, r"scale has shape \(1,\), expected \(1, 1\) for 'full'"),
    "scale diag": (lambda: mx.Prior([0.0], 1.0, "diag"), InputError, r"scale has shape \(\), expected \(1,\)"),
    "singular": (lambda: mx.Prior([0, 0], [[1, 1], [1, 1]]), InputError, "scale is not positive definite"),
    "zero": (lambda: mx.Prior([0.0], 0.0, "spherical"), InputError, "scale is not positive definite"),
    "asymmetric": (lambda: mx.Prior([0, 0], [[1, 1], [0, 1]]), InputError, "is not symmetric"),
    "type": (lambda: mx.Prior([0.0], [[1.0]], "round"), InputError, "covariance_type is 'round': choose one of full"),
    "precision": (lambda: mx.Prior([0.0], [[1.0]], mean_precision=0), InputError, "mean_precision is 0: give .* > 0"),
    "degrees": (lambda: mx.Prior([0, 0], np.eye(2), degrees_of_freedom=1), InputError, "freedom is 1: .* > 1"),
    "concentration": (lambda: mx.Prior([0.0], [[1.0]], concentration=0.5), InputError, "concentration is 0.5: .* >= 1"),
    "no prior": (lambda: mx.fit(LINE, 1, prior=5), InputError, 'prior is 5: give a Prior, "default" or None'),
    "word": (lambda: mx.fit(LINE, 1, prior="weak"), InputError, "prior is 'weak': give a Prior"),
    "other type": (
        lambda: mx.fit(LINE, 1, prior=mx.Prior([0, 0], 1.0, "spherical")),
        InputError,
        "prior is for spherical components in 2 coordinates, the fit has full ones in 2: make them agree",
    ),
    "flat": (lambda: mx.fit(LINE, 1, prior="default"), FitError, "a column follows from others"),
    "constant": (lambda: mx.Prior.default([[1, 0.1], [2, 0.1], [4, 0.1]], 1), FitError, "column 1 is constant"),
    "points": (lambda: mx.Prior.default(mx.Points.from_array(LINE), 2), FitError, "a column follows from others"),
    "k": (lambda: mx.Prior.default(LINE, 0), InputError, "n_components is 0: give a whole number >= 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_prior_says_why(name):
    ask, error, said = WRONG[name]
    with pytest.raises(error, match=said):
        ask()


def test_it_shows_what_it_is():
    fit = mx.fit(near(random_mixture(3, "full", 2, 2), 30), 2, rng=0, prior="default")
    shown = f"log likelihood {fit.log_likelihood:.6g}, log posterior {fit.log_posteriors[-1]:.6g} a point"
    assert shown in repr(fit)
    assert "posterior" not in repr(mx.fit([[0.0], [1.0]], 1))
    assert repr(mx.Prior([0.0], [[1.0]])) == (
        "<Prior on full components in 1 coordinates: mean_precision 0.01, degrees_of_freedom 3, concentration 1>"
    )
