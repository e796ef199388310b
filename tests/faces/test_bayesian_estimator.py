"""BayesianGaussianMixture as a user meets it: weights of rows, callbacks, wrong input, hard data."""
# ruff: noqa: E501 (a table has long lines)

import pickle
import re

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

import mixtura as mx
from mixtura.errors import FitError, InputError

KINDS = ("full", "tied", "diag", "spherical")
TRUE = mx.Mixture([0.5, 0.3, 0.2], [[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]], [1.0, 0.5, 2.0], "spherical", names=["a", "b"])
X = TRUE.sample(300, rng=0)
WRONG = [
    ({"weight_concentration_prior_type": "pitman_yor"}, r"The 'weight_concentration_prior_type' parameter of BayesianGaussianMixture must be a str among {'dirichlet_process', 'dirichlet_distribution'}\. Got 'pitman_yor'"),
    ({"weight_concentration_prior": 0}, r"'weight_concentration_prior' parameter .* must be a float in the range \(0\.0, inf\) or None\. Got 0"),
    ({"mean_precision_prior": -1.0}, r"'mean_precision_prior' parameter .* Got -1\.0"),
    ({"degrees_of_freedom_prior": np.nan}, r"'degrees_of_freedom_prior' parameter .* Got nan"),
    ({"degrees_of_freedom_prior": 1.0}, r"parameter 'degrees_of_freedom_prior' should be greater than 1, but got 1\.000"),
    ({"mean_prior": [0.0]}, r"parameter 'means' should have the shape of \(2,\), but got \(1,\)"),
    ({"mean_prior": ["x", 0]}, r"parameter 'means' cannot be read as numbers"),
    ({"covariance_prior": 1.0}, r"'full covariance_prior' should have the shape of \(2, 2\), but got \(\)"),
    ({"covariance_prior": -np.eye(2)}, r"'full precision' should be symmetric, positive-definite: of covariance_prior\[0\], its smallest eigenvalue is -1"),
    ({"covariance_prior": [1.0, 0.0], "covariance_type": "diag"}, r"'diag precision' should be positive: the smallest of covariance_prior is 0"),
    ({"covariance_prior": -2.0, "covariance_type": "spherical"}, r"'spherical precision' should be positive"),
    ({"covariance_prior": [[1, np.inf], [0, 1]]}, r"'full covariance_prior' contains NaN or infinity"),
    ({"n_components": 301}, r"Expected n_samples >= n_components but got n_components = 301, n_samples = 300"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "says"), WRONG, ids=lambda value: str(value)[:40])
def test_one_clear_sentence(options, says):
    with pytest.raises(ValueError, match=says) as caught:
        mx.BayesianGaussianMixture(**{"n_components": 2, **options}).fit(X)
    assert isinstance(caught.value, (InputError, FitError))
    assert len(str(caught.value)) < 300


def test_every_parameter_is_checked():
    """But those that name themselves when they are used."""
    elsewhere = {"checkpoint", "mean_prior", "covariance_prior", "random_state", "engine", "n_threads"}
    assert set(mx.BayesianGaussianMixture().get_params()) == set(mx.BayesianGaussianMixture._rules) | elsewhere


def test_too_many_components_lose_their_rows():
    model = mx.BayesianGaussianMixture(
        n_components=10, weight_concentration_prior=1e-3, random_state=0, max_iter=1000, tol=1e-6
    ).fit(X)
    kept = model.weights_ > 0.02
    assert kept.sum() == 3
    order = np.argsort(-model.weights_[kept])
    np.testing.assert_allclose(model.weights_[kept][order], TRUE.weights, atol=0.07)
    np.testing.assert_allclose(model.means_[kept][order], TRUE.means, atol=0.5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weights", ["dirichlet_process", "dirichlet_distribution"])
def test_weight_two_is_the_row_twice_and_weight_zero_is_no_row(kind, weights):
    weight = np.random.default_rng(0).integers(0, 4, len(X))
    far = np.where(weight[:, None] > 0, X, 1e3)
    start = mx.fit(X, 3, covariance_type=kind, rng=0, max_iter=2).mixture
    model = mx.BayesianGaussianMixture(
        n_components=3,
        covariance_type=kind,
        init_params=start,
        weight_concentration_prior_type=weights,
        tol=1e-6,
        max_iter=500,
    )
    weighted = clone(model).fit(far, sample_weight=weight)
    repeated = clone(model).fit(np.repeat(X, weight, axis=0))
    for name in ("weights_", "means_", "covariances_", "mean_precision_", "degrees_of_freedom_", "covariance_prior_"):
        np.testing.assert_allclose(getattr(weighted, name), getattr(repeated, name), rtol=1e-8, atol=1e-8)
    assert weighted.lower_bound_ == pytest.approx(repeated.lower_bound_)


def test_weights_too_small_for_a_covariance():
    with pytest.raises(InputError, match=r"sample_weight sums to 0\.5: a weight counts as so many rows"):
        mx.BayesianGaussianMixture().fit(X, sample_weight=np.full(300, 0.5 / 300))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{}, {"dtype": "float32"}, {"engine": "cpu"}, {"init_params": "partition"}])
def test_the_lower_bounds_never_fall_without_reg_covar(kind, options):
    model = mx.BayesianGaussianMixture(
        n_components=5, covariance_type=kind, reg_covar=0.0, random_state=0, tol=0, max_iter=2000, **options
    ).fit(X)
    assert len(model.lower_bounds_) > 3
    assert (np.diff(model.lower_bounds_) >= 0).all()
    assert model.stop_reason_ == "stalled"


@pytest.mark.parametrize("kind", KINDS)
def test_with_reg_covar_the_climb_ends_where_nothing_changes(kind):
    options = {"n_components": 5, "covariance_type": kind, "reg_covar": 0.3, "random_state": 0}
    model = mx.BayesianGaussianMixture(**options, tol=0, max_iter=2000).fit(X)
    assert model.stop_reason_ == "stalled"
    again = mx.BayesianGaussianMixture(**{**options, "init_params": model.mixture_}, tol=0, max_iter=2000).fit(X)
    np.testing.assert_allclose(again.means_, model.means_, rtol=1e-4, atol=1e-4)


def test_the_callback_sees_proper_mixtures_and_stops_the_fit():
    seen = []

    def watch(step):
        seen.append(step)
        return len(seen) == 3

    model = mx.BayesianGaussianMixture(n_components=3, random_state=0, n_init=4, tol=0, on_step=watch).fit(X)
    assert [step.iteration for step in seen] == [1, 2, 3]
    assert (model.stop_reason_, model.converged_, model.n_iter_) == ("callback", False, 3)
    np.testing.assert_array_equal(model.weights_, seen[-1].mixture.weights)
    assert seen[-1].mixture.weights.sum() == pytest.approx(1)


def test_the_mixture_is_a_plain_one():
    model = mx.BayesianGaussianMixture(n_components=3, random_state=0).fit(X)
    assert type(model.mixture_) is mx.Mixture
    np.testing.assert_array_equal(model.mixture_.weights, model.weights_)
    assert np.abs(model.score_samples(X) - model.mixture_.log_density(X)).max() > 1e-3
    assert model.condition([0], [8.0]) == model.mixture_.condition([0], [8.0])
    model.means_ = model.means_ + 1.0
    np.testing.assert_array_equal(model.mixture_.means, model.means_)
    fresh = mx.BayesianGaussianMixture(n_components=3, random_state=0).fit(X)
    np.testing.assert_allclose(model.score_samples(X + 1.0), fresh.score_samples(X), rtol=1e-9)


def test_pickled_and_cloned():
    model = mx.BayesianGaussianMixture(n_components=3, random_state=0).fit(X)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.mixture_ == model.mixture_
    assert not hasattr(clone(model), "mixture_")


def test_too_few_iterations_warn_where_the_program_is():
    with pytest.warns(ConvergenceWarning, match="did not converge") as caught:
        mx.BayesianGaussianMixture(n_components=3, max_iter=1, random_state=0).fit(X)
    assert caught[0].filename == __file__


def test_a_warm_start_cannot_change_its_shape():
    model = mx.BayesianGaussianMixture(n_components=2, warm_start=True, random_state=0).fit(X)
    with pytest.raises(InputError, match=r"resumes from <Mixture of 2 full .*set warm_start=False"):
        model.set_params(n_components=3).fit(X)


def test_verbose_prints_as_scikit_learn_does(capsys):
    mx.BayesianGaussianMixture(n_components=5, random_state=0, verbose=2, verbose_interval=1).fit(X)
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "Initialization 0"
    assert "ll change" in told[1]
    assert "Initialization converged. time lapse" in told[-1]


HARD = {
    "constant column": (np.column_stack([X[:, 0], np.full(300, 0.1)]), 2),
    "two points": ([[0.0, 0.0], [1.0, 2.0]], 2),
    "K = N": (X[:8], 8),
    "collinear": (np.outer(np.arange(20.0), [1, 2]) + 0.3, 2),
    "more components than distinct points": (np.repeat(X[:3], 8, axis=0), 6),
    "one far outlier": (np.vstack([X, [[1e12, 0.0]]]), 2),
    "offset 1e8": (X + 1e8, 3),
    "scale 1e-12": (X * 1e-12, 3),
    "scale 1e12": (X * 1e12, 3),
    "truth values": (X > 4, 3),
    "100 columns, 20 rows": (np.random.default_rng(0).normal(size=(20, 100)), 2),
    "all points equal": (np.full((30, 2), 0.1), 2),
}


FLAT = ("constant column", "two points", "collinear", "all points equal", "more components than distinct points")
FLAT += ("100 columns, 20 rows",)


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reg_covar", [0.0, 1e-6])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:reg_covar is 1e-06, but no column:UserWarning")
def test_hard_data_has_a_sound_fit_or_one_sentence(name, kind, reg_covar):
    x, k = HARD[name]
    model = mx.BayesianGaussianMixture(
        n_components=k, covariance_type=kind, reg_covar=reg_covar, init_params="k-means++", random_state=0, max_iter=30
    )
    told = ""
    try:
        model.fit(x)
    except FitError as error:
        told = str(error)
    if told:
        assert name in FLAT
        assert re.search(
            r"covariances\[\d+\] is not positive definite .*Raise reg_covar, or give a covariance_prior", told
        )
        return
    for part in ("weights_", "means_", "covariances_", "precisions_", "lower_bounds_"):
        assert np.isfinite(getattr(model, part)).all()
    bounds = np.array(model.lower_bounds_)
    assert reg_covar or (np.diff(bounds) >= -1e-11 * np.abs(bounds[1:])).all()
    assert np.isfinite(model.score_samples(x)).all()
    np.testing.assert_allclose(model.predict_proba(x).sum(axis=1), 1.0)
