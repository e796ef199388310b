"""Mixture regression against least squares, numerical integration and its own joint density."""

import numpy as np
import pytest
from cases import KINDS
from scipy.integrate import simpson
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LinearRegression

import mixtura as mx
from mixtura.errors import InputError, MixturaWarning

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 2)) * [1.0, 3.0] + [5.0, -2.0]
Y = np.stack([X @ [1.0, -0.5] + 3 * (X[:, 0] > 5) + 0.1 * RNG.normal(size=400), np.sin(X[:, 0])], axis=1)


@pytest.mark.parametrize("y", [Y, Y[:, 0], Y[:, :1]], ids=["two", "one", "one column"])
def test_one_component_is_least_squares(y):
    ours = mx.GaussianMixtureRegressor(reg_covar=0).fit(X, y)
    line = LinearRegression().fit(X, y)
    assert ours.predict(X).shape == line.predict(X).shape
    np.testing.assert_allclose(ours.predict(X), line.predict(X), atol=1e-9)
    assert ours.score(X, y) == pytest.approx(line.score(X, y))
    _, deviation = ours.predict(X, return_std=True)
    residuals = y - line.predict(X)
    np.testing.assert_allclose(deviation, np.broadcast_to(residuals.std(axis=0), y.shape), rtol=1e-9)


def test_weighted_least_squares():
    weight = RNG.uniform(0, 2, 400)
    ours = mx.GaussianMixtureRegressor(reg_covar=0).fit(X, Y, sample_weight=weight)
    np.testing.assert_allclose(ours.predict(X), LinearRegression().fit(X, Y, weight).predict(X), atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_the_mean_and_deviation_are_those_of_the_joint_density(kind):
    """Integrated numerically over y, at each of some rows."""
    model = mx.GaussianMixtureRegressor(3, covariance_type=kind, random_state=0).fit(X, Y[:, 0])
    rows, grid = X[:20], np.linspace(-60, 60, 24_001)
    mean, deviation = model.predict(rows, return_std=True)
    for row, m, s in zip(rows, mean, deviation, strict=True):
        density = model.mixture_.density(np.column_stack([np.tile(row, (len(grid), 1)), grid]))
        total = simpson(density, x=grid)
        expected = simpson(density * grid, x=grid) / total
        assert m == pytest.approx(expected, abs=1e-6)
        assert s == pytest.approx(np.sqrt(simpson(density * (grid - expected) ** 2, x=grid) / total), rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_draws_have_the_predicted_moments(kind):
    model = mx.GaussianMixtureRegressor(3, covariance_type=kind, random_state=0).fit(X, Y)
    rows, n = X[:5], 40_000
    mean, covariance = model.predict(rows, return_cov=True)
    draws = model.sample_y(rows, n, random_state=1)  # (5, 2, n)
    assert draws.shape == (5, 2, n)
    limit = 6 * np.sqrt(np.diagonal(covariance, axis1=1, axis2=2) / n)
    assert (np.abs(draws.mean(axis=2) - mean) < limit).all()
    away = draws - mean[:, :, None]
    products = away[:, :, None] * away[:, None]  # (5, 2, 2, n)
    assert (np.abs(products.mean(axis=3) - covariance) < 6 * products.std(axis=3) / np.sqrt(n)).all()


def test_draws_come_from_every_component_by_its_share():
    """Beside y = |x|'s mirror image: half of the draws on each branch, none between."""
    x = np.repeat(np.linspace(1, 2, 200), 2)[:, None]
    y = np.tile([1.0, -1.0], 200) * 5 + 0.01 * RNG.normal(size=400)
    model = mx.GaussianMixtureRegressor(2, random_state=0).fit(x, y)
    draws = model.sample_y([[1.5]], 4000, random_state=0)[0]
    assert (np.abs(np.abs(draws) - 5) < 0.1).all()
    assert abs((draws > 0).mean() - 0.5) < 6 * 0.5 / np.sqrt(4000)
    assert abs(model.predict([[1.5]])[0]) < 0.2


def test_shapes_are_those_of_the_gaussian_process():
    for y in (Y[:, 0], Y):
        ours = mx.GaussianMixtureRegressor().fit(X, y)
        theirs = GaussianProcessRegressor(optimizer=None).fit(X[:20], y[:20])
        for n_samples in (1, 3):
            assert ours.sample_y(X[:4], n_samples).shape == theirs.sample_y(X[:4], n_samples).shape
        assert ours.predict(X[:4], return_std=True)[1].shape == theirs.predict(X[:4], return_std=True)[1].shape
    np.testing.assert_array_equal(ours.sample_y(X[:4], 3, random_state=5), ours.sample_y(X[:4], 3, random_state=5))


def test_the_joint_mixture_is_a_fit_to_inputs_and_outputs():
    model = mx.GaussianMixtureRegressor(3, random_state=0, max_iter=500).fit(X, Y)
    joint = mx.GaussianMixture(3, random_state=0, max_iter=500).fit(np.hstack([X, Y]))
    np.testing.assert_allclose(model.mixture_.means, joint.means_, rtol=1e-12)
    assert (model.n_outputs_, model.n_features_in_) == (2, 2)


def test_more_components_bend():
    one = mx.GaussianMixtureRegressor(1).fit(X, Y[:, 0]).score(X, Y[:, 0])
    four = mx.GaussianMixtureRegressor(4, random_state=0, n_init=3, max_iter=500).fit(X, Y[:, 0]).score(X, Y[:, 0])
    assert four > one + 0.02


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda m: m.predict(X, return_std=True, return_cov=True), "At most one of return_std or return_cov"),
        (lambda m: m.sample_y(X, 0), "n_samples is 0: give a whole number >= 1"),
        (lambda m: m.predict(np.full((1, 2), 1e200)), "too far from every component"),
        (lambda m: m.predict(X[:, :1]), "X has 1 features, but GaussianMixtureRegressor is expecting 2"),
        (lambda m: m.fit(X, Y[:5]), "inconsistent numbers of samples"),
        (lambda m: m.fit(X, np.where(np.arange(400) == 7, np.nan, Y[:, 0])), r"Input y contains NaN. y\[7\] is nan"),
        (lambda m: m.fit(X, np.where(np.eye(400, 2, -3), np.inf, Y)), r"Input y contains infinity.*y\[3, 0\] is inf"),
        (lambda m: m.fit(X, ["a"] * 400), "Input y cannot be read as numbers: it holds text"),
        (lambda m: m.fit(X, None), "requires y to be passed"),
        (
            lambda m: m.set_params(n_components=0).fit(X, Y),
            "'n_components' parameter of GaussianMixtureRegressor must be",
        ),
    ],
)
def test_wrong_questions(ask, says):
    with pytest.raises(ValueError, match=says):
        ask(mx.GaussianMixtureRegressor().fit(X, Y))


@pytest.mark.parametrize("estimator", [mx.GaussianMixtureRegressor, mx.GaussianMixtureClassifier])
def test_it_warns_where_it_was_called(estimator):
    with pytest.warns(ConvergenceWarning, match="did not converge") as caught:
        estimator(3, max_iter=1, tol=0, random_state=0).fit(X, X[:, 0] > 5)
    assert {warning.filename for warning in caught} == {__file__}


def test_outputs_keep_their_digits_beside_single_precision_inputs():
    model = mx.GaussianMixtureRegressor().fit(X.astype(np.float32), Y[:, 0] + 1e8)
    np.testing.assert_allclose(model.predict(X) - 1e8, LinearRegression().fit(X, Y[:, 0]).predict(X), atol=1e-3)


def test_an_output_that_the_inputs_tell_exactly():
    """What is left of its variance is what reg_covar adds to the inputs, and to it."""
    model = mx.GaussianMixtureRegressor(reg_covar=1e-6).fit(X, X @ [1e4, -1e4])
    mean, deviation = model.predict(X, return_std=True)
    np.testing.assert_allclose(mean, X @ [1e4, -1e4], atol=0.1)
    np.testing.assert_allclose(deviation, 1e-3 * np.hypot(1e4, 1e4), rtol=1e-4)
    assert np.isfinite(model.sample_y(X, 3)).all()


@pytest.mark.parametrize(("k", "rows", "kind", "says"), [
    (1, 3, "full", r"X and y: a component has 3 rows, but a full covariance of 3 columns needs 4:"),
    (2, 5, "full", r"X and y: a component has [12](\.\d+)? rows, but a full"),
    (2, 4, "tied", r"X and y: all components have 4 rows, but a tied covariance of 3 columns needs 5:"),
    (2, 3, "diag", r"X and y: a component has 1 rows, but a diag covariance of 3 columns needs 2:"),
])  # fmt: skip
def test_few_rows_are_told(k, rows, kind, says):
    """Such a fit goes through its rows exactly, and tells a noise of reg_covar alone."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(rows, 2)), rng.normal(size=rows)
    model = mx.GaussianMixtureRegressor(k, covariance_type=kind, init_params="partition", max_iter=500)
    with pytest.warns(MixturaWarning, match=says) as told:
        model.fit(x, y)
    assert told[0].filename == __file__
    known = mx.Prior.default(rng.normal(size=(60, 3)), k, covariance_type=kind)
    clone(model).set_params(prior=known).fit(x, y)
    more = rng.normal(size=(60, 2))
    model.fit(more, more @ [1.0, 2.0])


def test_a_constant_target_is_predicted():
    x = np.random.default_rng(0).normal(size=(50, 2))
    mean, std = (
        mx.GaussianMixtureRegressor(2, random_state=0, max_iter=500)
        .fit(x, np.full(50, 7.0))
        .predict(x, return_std=True)
    )
    np.testing.assert_allclose(mean, 7.0, atol=1e-6)
    np.testing.assert_allclose(std, 1e-3, rtol=1e-6)


@pytest.mark.parametrize("of", ["variances", "matrices"])
def test_inputs_may_have_errors(of):
    """The regression is that of a mixture whose inputs are wider by their noise, row by row; it is fitted without."""
    rng = np.random.default_rng(2)
    variances = rng.uniform(0.1, 2.0, (400, 2))
    noise = variances if of == "variances" else variances[:, :, None] * np.eye(2) + 0.1
    seen, blocks = X + np.sqrt(variances) * rng.normal(size=X.shape), [slice(0, 150), slice(150, 400)]
    model = mx.GaussianMixtureRegressor(2, random_state=0).fit(seen, Y, noise_covariance=noise)
    wide = np.zeros((400, 4, 4))
    wide[:, :2, :2] = noise if noise.ndim == 3 else noise[:, :, None] * np.eye(2)
    options = {"max_iter": 1, "tol": 0, "accelerate": False}
    joint = mx.fit(np.hstack([seen, Y]), 2, start=model.mixture_, noise_covariance=wide, **options)
    assert joint.log_likelihoods[1] - joint.log_likelihoods[0] < 2e-3  # where it ended: tol
    mean, covariance = model.predict(seen[:30], return_cov=True, noise_covariance=noise[:30])
    for row in range(30):
        given = mx.Mixture(model.mixture_.weights, model.mixture_.means, model.mixture_.matrices + wide[row])
        there = given.condition([0, 1], seen[row])
        np.testing.assert_allclose(mean[row], there.mean(), rtol=1e-9)
        np.testing.assert_allclose(covariance[row], there.covariance(), rtol=1e-8, atol=1e-10)
    stream = lambda: iter([seen[rows] for rows in blocks])  # noqa: E731
    again = mx.GaussianMixtureRegressor(2, random_state=0).fit(stream, Y, noise_covariance=noise)
    np.testing.assert_allclose(again.mixture_.means, model.mixture_.means, rtol=1e-9)
    told = np.asarray(again.predict(stream, noise_covariance=noise))
    np.testing.assert_allclose(told, model.predict(seen, noise_covariance=noise), rtol=1e-7)
    with pytest.raises(InputError, match=r"noise_covariance has shape \(9, 2"):
        model.predict(seen, noise_covariance=noise[:9])
