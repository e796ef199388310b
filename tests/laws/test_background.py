"""Data with noise: a background beside the components, which are fitted as if it were a fixed component."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from strategies import near, random_mixture

import mixtura as mx
from mixtura.em.background import box, with_noise
from mixtura.em.objective import Objective
from mixtura.errors import FitError, InputError
from mixtura.model.families import COVARIANCE_TYPES, family
from mixtura.sources import opened

FREE = [name for name in COVARIANCE_TYPES if not family(name).coupled]
RNG = np.random.default_rng(0)


def five(seed, *, n=2500, outside=0.1, d=2):
    """Five clusters that are apart, drawn from Gaussians, their labels, and outliers all over their box."""
    rng = np.random.default_rng(seed)
    centres = 20.0 * np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 0.5]])[:, :d] @ np.eye(d)
    roots = 0.5 * rng.normal(size=(5, d, d))
    mix = mx.Mixture([0.2] * 5, centres, roots @ roots.transpose(0, 2, 1) + 0.5 * np.eye(d))
    x, label = mix.sample(n, rng=seed, return_labels=True)
    noise = rng.uniform(x.min(axis=0), x.max(axis=0), (round(outside * n / (1 - outside)), d))
    return x, label, noise


SMALL, _, OUTLIERS = five(1, n=360)
X = np.concatenate([SMALL, OUTLIERS])
WEIGHT = RNG.uniform(0.2, 2.0, len(X))
GAPS = np.where(RNG.random(X.shape) < 0.1, np.nan, X)


def parts(mixture, name):
    """The components of a mixture with a background, as a mixture of their family; InputError where they are none."""
    covariances = mixture.covariances[:-1]
    return mx.Mixture(
        mixture.weights[:-1], mixture.means[:-1], covariances[0] if family(name).shared else covariances, name
    )


# What is asked of it


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [True, 0.1])
def test_outliers_move_means_by_less_than_a_tenth_of_sigma_and_covariances_by_less_than_a_tenth(seed, share):
    x, label, noise = five(seed)
    fit = mx.fit(np.concatenate([x, noise]), 5, noise=share, tol=1e-6, rng=0)
    found = fit.mixture.subset(range(5))
    alone = [(x[label == j].mean(axis=0), np.cov(x[label == j].T, bias=True)) for j in range(5)]
    apart = np.linalg.norm(np.array([mean for mean, _ in alone])[:, None] - found.means, axis=2)
    for i, j in zip(*linear_sum_assignment(apart), strict=True):
        mean, covariance = alone[i]
        sigma = np.sqrt(np.diagonal(covariance))
        assert (np.abs(found.means[j] - mean) < 0.1 * sigma).all()
        assert np.linalg.norm(found.covariances[j] - covariance) < 0.1 * np.linalg.norm(covariance)
    assert fit.background == 5
    assert fit.mixture.weights[5] == pytest.approx(0.1, abs=0.03)
    assert (fit.predict(noise) == -1).mean() > 0.7
    assert (fit.predict(x) == -1).mean() < 0.01


def test_wild_outliers_draw_no_start_away():
    x, label, _ = five(0, n=1000)
    wild = RNG.uniform(-3000, 3000, (100, 2))
    fit = mx.fit(np.concatenate([x, wild]), 5, noise=True, rng=0)
    assert (fit.predict(wild) == -1).all()
    assert len({(int(a), int(b)) for a, b in zip(fit.predict(x), label, strict=True) if a >= 0}) == 5


def test_the_number_of_clusters_is_chosen_beside_the_noise():
    choice = mx.choose(X, range(3, 8), covariance_type=["full", "EII"], noise=True, rng=0)
    assert choice.best.n_components == 5
    assert all(each.fit.mixture.n_components == each.n_components + 1 for each in choice.candidates)
    for each in choice.candidates:
        free = {"full": 6 * each.n_components - 1, "EII": 3 * each.n_components}[each.covariance_type]
        assert each.n_parameters == each.fit.n_parameters == free + 1
        assert mx.bic(each.fit, X) == pytest.approx(each.bic)
    best = mx.choose(X, [5], covariance_type="full", noise=0.1, start="hierarchical", rng=0).best
    assert best.n_parameters == 29


# Its laws


@pytest.mark.parametrize("name", FREE)
@pytest.mark.parametrize("accelerate", [False, True])
@pytest.mark.parametrize("share", [True, 0.07])
def test_it_is_a_component_that_is_held(name, accelerate, share):
    """Of families in which each component has its own, as `fixed` holds it, which goes another way."""
    d, k = 2, 3
    x = near(random_mixture(2, "full", d, k), 300, spread=1.5)
    share_of = 0.07 if share is True else share
    wide = random_mixture(3, name, d, k + 1).covariances * 4
    weights = np.append(np.array([0.5, 0.3, 0.2]) * (1 - share_of), share_of)
    start = mx.Mixture(weights, x[[5, 50, 100, 150]] + 0.3, wide, name)
    same = {"covariance_type": name, "accelerate": accelerate, "tol": 0, "max_iter": 12}
    fixed = {"means": [k], "covariances": [k]} | ({} if share is True else {"weights": [k]})
    held = mx.fit(x, k + 1, start=start, fixed=fixed, **same)
    noisy = mx.fit(x, k, start=start, noise=share, **same)
    np.testing.assert_allclose(noisy.log_likelihoods, held.log_likelihoods, rtol=1e-12)
    for part in ("weights", "means", "covariances"):
        np.testing.assert_allclose(getattr(noisy.mixture, part), getattr(held.mixture, part), rtol=1e-9, atol=1e-12)
    assert (noisy.mixture.means[k] == start.means[k]).all()
    assert (noisy.mixture.covariances[k] == start.covariances[k]).all()


@pytest.mark.parametrize("name", COVARIANCE_TYPES)
@pytest.mark.parametrize(
    "settings",
    [
        {"accelerate": True},
        {"x": GAPS, "missing": True, "sample_weight": WEIGHT, "noise": 0.1},
        {"prior": "default", "sample_weight": WEIGHT, "accelerate": True},
    ],
    ids=["plain", "gaps", "prior"],
)
def test_the_objective_never_falls_and_components_stay_of_their_family(name, settings):
    settings = {"x": X, "noise": True, "tol": 0, "max_iter": 8, "rng": 0} | settings
    fit = mx.fit(settings.pop("x"), 4, covariance_type=name, **settings)
    assert (np.diff(fit.log_posteriors) > -1e-12 * np.abs(fit.log_posteriors[1:])).all()
    components, kind = parts(fit.mixture, name), family(name)
    assert fit.mixture.covariance_type == kind.uncoupled.name
    assert fit.mixture.weights.sum() == pytest.approx(1, abs=1e-12)
    assert fit.n_parameters == components.n_parameters + (settings["noise"] is True)
    assert settings["noise"] is True or fit.mixture.weights[-1] == pytest.approx(0.1, abs=1e-15)


@pytest.mark.parametrize("name", ["tied", "EII", "EEI", "VEE"])
def test_what_components_share_is_at_a_maximum(name):
    """No change of what is free raises the likelihood, to second order."""
    fit = mx.fit(X, 5, covariance_type=name, noise=True, reg_covar=0, tol=1e-14, max_iter=3000, rng=0)
    mix, rng = fit.mixture, np.random.default_rng(1)

    def likelihood(weights, means, covariances):
        return mx.Mixture(weights, means, covariances, mix.covariance_type).log_density(X).mean()

    top, step = likelihood(mix.weights, mix.means, mix.covariances), 1e-4
    for _ in range(6):
        toward = rng.normal(size=mix.means.shape) * (np.arange(6) < 5)[:, None]
        size = np.where(np.arange(6) < 5, 1 + step * rng.normal(), 1.0)  # one scale for all, but for the background
        size = size.reshape(-1, *[1] * (mix.covariances.ndim - 1))
        share = mix.weights * (1 + step * rng.normal(size=6))
        for changed in (
            (mix.weights, mix.means + step * toward, mix.covariances),
            (mix.weights, mix.means, mix.covariances * size),
            (share, mix.means, mix.covariances),
        ):
            assert likelihood(*changed) < top + 1e-10


def test_the_box_is_that_of_the_rows_that_have_weight():
    far = np.concatenate([X, [[1e6, -1e6]]])
    weight = np.append(WEIGHT, 0.0)
    for source in (opened(far, weight), opened(lambda: [(far[:100], weight[:100]), (far[100:], weight[100:])])):
        low, high = box(source)
        np.testing.assert_array_equal([low, high], [X.min(axis=0), X.max(axis=0)])
    made = with_noise(True, opened(X), "tied", Objective())
    np.testing.assert_allclose(made.mean, (X.min(axis=0) + X.max(axis=0)) / 2)
    np.testing.assert_allclose(made.variances, np.ptp(X, axis=0) ** 2 / 12)


def test_blocks_have_the_bits_of_points_and_checkpoints_resume(tmp_path):
    settings = {"covariance_type": "VEE", "noise": True, "rng": 0, "tol": 0, "max_iter": 6, "accelerate": True}
    fit = mx.fit(X, 4, **settings)
    assert mx.fit(lambda: [X[:150], X[150:]], 4, **settings).mixture == fit.mixture
    path = tmp_path / "fit.mix"
    mx.fit(X, 4, **settings | {"max_iter": 3}, checkpoint=path)
    again = mx.fit(X, 4, **settings, checkpoint=path)
    assert again.mixture == fit.mixture
    assert (again.background, again.n_parameters) == (4, fit.n_parameters)
    with pytest.raises(InputError, match=r"is of another fit: noise was True there, and is 0\.1 now"):
        mx.fit(X, 4, **settings | {"noise": 0.1}, checkpoint=path)


def test_a_fit_goes_on_from_its_mixture():
    fit = mx.fit(X, 5, covariance_type="tied", noise=True, tol=1e-9, max_iter=1000, rng=0)
    again = mx.fit(X, 5, covariance_type="tied", noise=True, start=fit.mixture, tol=1e-9)
    np.testing.assert_allclose(again.mixture.means, fit.mixture.means, atol=1e-5)
    assert again.n_iter <= 2
    without = mx.fit(
        X, 5, covariance_type="tied", noise=True, start=parts(fit.mixture, "tied"), tol=1e-9, max_iter=1000
    )
    np.testing.assert_allclose(without.mixture.means, fit.mixture.means, atol=1e-3)


def test_fixed_means_and_no_noise_at_all():
    start = mx.Mixture([0.5, 0.5], [[0, 0], [12, 12]], [np.eye(2)] * 2)
    fit = mx.fit(X, 2, start=start, fixed={"means": [0]}, noise=True)
    assert (fit.mixture.means[0] == 0).all()
    assert (fit.mixture.means[1] != 12).all()
    for nothing in (None, False):
        plain = mx.fit(X, 3, noise=nothing, rng=0)
        assert plain.background is None
        assert plain.n_parameters == plain.mixture.n_parameters == 17
        assert plain.mixture == mx.fit(X, 3, rng=0).mixture
        assert (plain.predict(X) == plain.mixture.predict(X)).all()


def test_what_noise_cannot_be():
    for wrong in (0, 1, 1.0, -0.1, 2, np.nan, "some"):
        with pytest.raises(
            InputError, match=r"noise is .*: give True, or the share of the background, a number above 0"
        ):
            mx.fit(X, 2, noise=wrong)
    start = mx.Mixture([0.5, 0.5], [[0, 0], [9, 9]], [np.eye(2)] * 2)
    with pytest.raises(InputError, match="fixed holds weights, and noise takes its share of them"):
        mx.fit(X, 2, start=start, fixed={"weights": [0]}, noise=True)
    with pytest.raises(InputError, match="expected 2 in 2"):
        mx.fit(X, 2, start=mx.Mixture([0.2] * 5, [[0, 0]] * 5, [np.eye(2)] * 5), noise=True)
    with pytest.raises(FitError, match="column 1 is constant"):
        mx.fit(np.c_[X[:, 0], np.ones(len(X))], 2, covariance_type="diag", noise=True, reg_covar=0)
