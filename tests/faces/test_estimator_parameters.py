"""Every parameter of the estimators, given wrong: one sentence, in scikit-learn's words where it has some."""
# ruff: noqa: E501 (a table has long lines)

import numpy as np
import pytest

import mixtura as mx
from mixtura.errors import InputError

X = np.random.default_rng(0).normal(size=(30, 2))
WRONG = [
    ({"n_components": 2.5}, r"The 'n_components' parameter of GaussianMixture must be an int in the range \[1, inf\) or a str among {'bic', .*}\. Got 2\.5 instead"),
    ({"n_components": 0}, r"'n_components' parameter of GaussianMixture must be an int in the range \[1, inf\) or a str among {.*}\. Got 0"),
    ({"covariance_type": "round"}, r"'covariance_type' parameter .* must be a str among {'full', 'tied', 'diag', 'spherical', 'EII', .*'V'}\. Got 'round'"),
    ({"tol": -1}, r"'tol' parameter of GaussianMixture must be a float in the range \[0\.0, inf\)\. Got -1"),
    ({"tol": np.nan}, r"'tol' parameter .* Got nan"),
    ({"reg_covar": "small"}, r"'reg_covar' parameter .* Got 'small'"),
    ({"max_iter": -1}, r"'max_iter' parameter .* an int in the range \[0, inf\)"),
    ({"n_init": 0}, r"'n_init' parameter .* an int in the range \[1, inf\)"),
    ({"init_params": "here"}, r"'init_params' parameter .* must be a str among {'kmeans', .*or a callable\. Got 'here'"),
    ({"init_params": None}, r"'init_params' parameter .* Got None"),
    ({"init_params": np.ones((3, 2))}, r"responsibilities of 2 components are \(30, 2\)"),
    ({"warm_start": "no"}, r"'warm_start' parameter .* an instance of 'bool'"),
    ({"verbose": -1}, r"'verbose' parameter"),
    ({"verbose_interval": 0}, r"'verbose_interval' parameter"),
    ({"random_state": "dice"}, r"'dice' cannot be used to seed"),
    ({"dtype": "float16"}, r"'dtype' parameter .* {'float32', 'float64'} or None"),
    ({"engine": "steam"}, r"engine is 'steam': choose"),
    ({"n_threads": 0}, r"n_threads is 0"),
    ({"missing": "some"}, r"'missing' parameter .* an instance of 'bool'"),
    ({"accelerate": 1.5}, r"'accelerate' parameter"),
    ({"step_size": 0}, r"'step_size' parameter of GaussianMixture must be a float in the range \(0.0, 1.0\] or"),
    ({"prior": "strong"}, r"'prior' parameter of GaussianMixture must be a Prior, 'default' or None"),
    ({"fixed": {"means": [0]}}, r"fixed names means, but start is no Mixture"),
    ({"checkpoint": "fit.txt"}, r"fit.txt has the unknown extension '.txt'"),
    ({"on_step": 5}, r"'on_step' parameter .* a callable or None"),
    ({"weights_init": [0.5, "x"]}, r"parameter 'weights' cannot be read as numbers"),
    ({"weights_init": [1.5, -0.5]}, r"parameter 'weights' should be in the range \[0, 1\].*runs from -0\.5 to 1\.5"),
    ({"weights_init": [0.5, 0.6]}, r"parameter 'weights' should be normalized, but got sum\(weights\) = 1\.10000"),
    ({"means_init": [[1.0]]}, r"parameter 'means' should have the shape of \(2, 2\), but got \(1, 1\)"),
    ({"means_init": [[1.0, np.nan], [0, 0]]}, r"parameter 'means' contains NaN"),
    ({"precisions_init": np.ones((2, 3))}, r"parameter 'full precision' should have the shape of \(2, 2, 2\)"),
    ({"precisions_init": [-np.eye(2), np.eye(2)]}, r"'full precision' should be symmetric, positive-definite: of precisions_init\[0\], its smallest eigenvalue is -1"),
    ({"precisions_init": [np.eye(2), [[1, 2], [0, 5]]]}, r"precisions_init\[1\], it differs from its transpose"),
    ({"noise": 1.0}, r"'noise' parameter of GaussianMixture must be an instance of 'bool' or a float in the range \(0.0, 1.0\) or None\. Got 1\.0"),
    ({"noise": 0.1, "fixed": {"weights": [0]}, "init_params": mx.Mixture([0.5, 0.5], [[0, 0], [1, 1]], [np.eye(2)] * 2)}, r'fixed holds weights, and noise takes its share'),
    ({"n_clusters": 0}, r"'n_clusters' parameter of GaussianMixture must be an int in the range \[1, inf\) or a str among {'auto'} or None\. Got 0"),
    ({"n_clusters": "some"}, r"'n_clusters' parameter .* Got 'some'"),
    ({"precisions_init": [1.0, 0.0], "covariance_type": "spherical"}, r"'spherical precision' should be positive"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "says"), WRONG, ids=lambda value: str(value)[:40])
def test_one_clear_sentence(options, says):
    with pytest.raises(ValueError, match=says) as caught:
        mx.GaussianMixture(**{"n_components": 2, **options}).fit(X)
    assert isinstance(caught.value, InputError) or "random_state" in options
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("change", [{"n_components": 3}, {"covariance_type": "diag"}])
def test_a_warm_start_cannot_change_its_shape(change):
    model = mx.GaussianMixture(2, warm_start=True, random_state=0, max_iter=500).fit(X)
    with pytest.raises(InputError, match=r"resumes from <Mixture of 2 full .*set warm_start=False to begin anew"):
        model.set_params(**change).fit(X)


def test_every_parameter_is_checked():
    """But those that name themselves when they are used."""
    elsewhere = {
        "weights_init", "means_init", "precisions_init", "random_state", "engine", "n_threads", "fixed", "checkpoint",
    }  # fmt: skip
    assert set(mx.GaussianMixture().get_params()) == set(mx.GaussianMixture._rules) | elsewhere
    assert {name for options, _ in WRONG for name in options} == set(mx.GaussianMixture().get_params())


def test_answers_about_points_beyond_all_reach():
    model = mx.GaussianMixture(2, random_state=0, max_iter=500).fit(X)
    assert model.score_samples([[1e200, 0.0]]) == [-np.inf]
    assert np.isfinite(model.score([[1e200, 0.0], [0.0, 0.0]], sample_weight=[0, 1]))
    with pytest.raises(InputError, match="too far from every component"):
        model.predict_proba([[1e200, 0.0]])


def recorder(module, name, monkeypatch):
    """What the function `name` of a module is called with from now on; it still does its work."""
    seen, real = [], getattr(module, name)

    def watch(*args, **options):
        seen.append(options)
        return real(*args, **options)

    monkeypatch.setattr(module, name, watch)
    return seen


UNUSUAL = {
    "tol": 1e-5, "max_iter": 77, "reg_covar": 1e-4, "accelerate": True, "engine": "reference", "n_threads": 1,
    "on_step": lambda step: None,
}  # fmt: skip


def reached(module, monkeypatch):
    """What the climbs, the engines and the starts of a module's estimators are called with."""
    from mixtura.em import driver

    climbs, starts, engines = (
        recorder(driver, "climb", monkeypatch), recorder(module.starts, "first", monkeypatch), [],
    )  # fmt: skip
    real = driver.choose_engine
    monkeypatch.setattr(driver, "choose_engine", lambda *args: engines.append(args) or real(*args))
    return climbs, starts, engines


def check_reached(climbs, starts, engines, count):
    assert len(climbs) == count
    wanted = {name: UNUSUAL[name] for name in ("tol", "max_iter", "accelerate")}
    assert all(vars(options["settings"]).items() >= wanted.items() for options in climbs)
    assert {options["objective"].reg_covar for options in starts} == {UNUSUAL["reg_covar"]}
    assert {args[2:] for args in engines} == {("diag", "reference", 1)}


@pytest.mark.filterwarnings("ignore:class:mixtura.errors.MixturaWarning")
@pytest.mark.parametrize(("estimator", "fits"), [(mx.GaussianMixtureRegressor, 1), (mx.GaussianMixtureClassifier, 2)])
def test_settings_reach_the_fits_of_the_supervised(estimator, fits, monkeypatch):
    from mixtura.estimators import supervised

    seen = reached(supervised, monkeypatch)
    steps = []
    unusual = UNUSUAL | {"on_step": lambda step: steps.append(step) and None}
    estimator(2, random_state=0, n_init=3, covariance_type="diag", **unusual).fit(X, np.arange(30) % 2)
    check_reached(*seen, 3 * fits)
    assert steps


def test_settings_reach_the_fit(monkeypatch):
    from mixtura.estimators import fitted

    seen = reached(fitted, monkeypatch)
    mx.GaussianMixture(2, random_state=0, n_init=3, covariance_type="diag", **UNUSUAL).fit(X)
    check_reached(*seen, 3)
