"""Points without a width of their own in some direction: with reg_covar=0 they are refused, always, and only they."""

import numpy as np
import pytest

import mixtura as mx
from mixtura.errors import FitError

KINDS = ["full", "tied", "diag", "spherical"]
SAYS = r"(covariances\[\d\] is not positive definite.*|constant\. )Raise reg_covar"


def classes(rng, n, d):
    return np.eye(d)[rng.integers(0, d, n)]


def added(rng, n, d):
    x = rng.normal(size=(n, d)) * 10.0 ** np.arange(d)
    x[:, rng.integers(d)] = x[:, :-1].sum(axis=1) - x[:, 0] / 3 if d > 2 else 0.1
    x[:, -1] = x[:, :-1] @ rng.normal(size=d - 1)
    return x


def twice(rng, n, d):
    x = rng.normal(size=(n, d))
    x[:, -1] = 3e7 * x[:, 0]
    return x


def constant(rng, n, d):
    x = rng.normal(size=(n, d))
    x[:, -1] = 0.1 + rng.integers(9)
    return x


def fewer(rng, n, d):
    return rng.normal(size=(d, d))


def units(rng, n, d):
    return classes(rng, n, d) * 10.0 ** rng.uniform(-9, 9, d)


LINES = {"classes": classes, "units": units, "sums": added, "twice": twice, "constant": constant, "fewer": fewer}
DOORS = {
    "reference": lambda x, k, **more: mx.fit(x, k, engine="reference", **more),
    "cpu": lambda x, k, **more: mx.fit(x, k, engine="cpu", **more),
    "single": lambda x, k, **more: mx.fit(x.astype(np.float32), k, dtype="float32", engine="cpu", **more),
    "momentum": lambda x, k, **more: mx.fit(x, k, accelerate=True, start="random", **more),
    "blocks": lambda x, k, **more: mx.fit(lambda: np.array_split(x, 3), k, **more),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", LINES)
def test_none_passes(name, door):
    """Of thirty tables, at two sizes: by chance, rounding leaves some of them a little width."""
    for seed in range(30):
        rng = np.random.default_rng(seed)
        x = LINES[name](rng, (30, 700)[seed % 2], (2, 3, 6)[seed % 3])
        kind, k = KINDS[seed % 2], 1 + seed % 2 * (seed % 5 == 0)
        with pytest.raises(FitError, match=SAYS):
            DOORS[door](x, min(k, len(x)), covariance_type=kind, reg_covar=0, rng=seed)


def test_many_rows_that_repeat_few_values():
    """Here rounding adds up most."""
    for seed in range(3):
        x = units(np.random.default_rng(seed), 24_000, 2)
        with pytest.raises(FitError, match=SAYS):
            mx.fit(x, 1, reg_covar=0, engine="reference")
        with pytest.raises(FitError, match=SAYS):
            mx.fit(x, 1, reg_covar=0, engine="cpu", max_iter=1)


@pytest.mark.parametrize("kind", KINDS)
def test_one_point_again_and_again(kind):
    for x in (np.full((30, 3), 0.1), np.repeat([[3e9, 0.7, 1e-12]], 2, axis=0), np.full((500, 1), 1 / 3)):
        with pytest.raises(FitError, match=SAYS):
            mx.fit(x, 1, covariance_type=kind, reg_covar=0)


@pytest.mark.parametrize("kind", ["full", "tied", "diag"])
def test_the_column_is_named(kind):
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    frame = pandas.DataFrame({"age": rng.normal(40, 9, 99), "always": 0.3})
    with pytest.raises(FitError, match=r"column 'always' is constant\. Raise reg_covar, or leave such a column out"):
        mx.fit(frame, 1, covariance_type=kind, reg_covar=0)
    frame["always"] = 12 * frame["age"] + 1
    if kind != "diag":
        with pytest.raises(FitError, match=r"the points of a component lie on|column '(age|always)' has .* to itself"):
            mx.fit(frame, 1, covariance_type=kind, reg_covar=0)


ESTIMATORS = {
    "mixture": lambda x, **more: mx.GaussianMixture(**more).fit(x),
    "in parts": lambda x, **more: mx.GaussianMixture(**more).partial_fit(x),
    "Bayesian": lambda x, **more: mx.BayesianGaussianMixture(**more).fit(x),
    "regressor": lambda x, **more: mx.GaussianMixtureRegressor(**more).fit(x, x[:, 0] ** 2),
    "classifier": lambda x, **more: mx.GaussianMixtureClassifier(**more).fit(x, np.arange(len(x)) % 2),
    "prior": lambda x, covariance_type, **more: mx.Prior.default(x, 2, covariance_type=covariance_type),
    "choose": lambda x, covariance_type, reg_covar, random_state: mx.choose(
        x, [1, 2], covariance_type=covariance_type, reg_covar=reg_covar, rng=random_state
    ),
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimators_refuse_too(name):
    for seed, (kind, make) in enumerate(
        (kind, make) for kind in ("full", "tied") for make in (classes, constant, added)
    ):
        x = make(np.random.default_rng(seed), 300, 3)
        with pytest.raises(FitError):
            ESTIMATORS[name](x, covariance_type=kind, reg_covar=0, random_state=seed)


def test_choose_takes_what_is_left():
    """Two columns of which one follows from the other: variances have a width, matrices have none."""
    x = np.random.default_rng(0).normal(size=(200, 1)) * [1.0, 0.1]
    found = mx.choose(x, [1, 2], covariance_type=["full", "diag"], reg_covar=0, rng=0)
    assert found.best.covariance_type == "diag"
    assert all(each.fit is None and "not positive definite" in each.reason for each in found.candidates[:2])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ["reference", "cpu"])
def test_odd_units_are_no_fault(engine, kind):
    """Columns of size 1e-9 and 1e9, or far from zero; a column that follows from another but for a millionth."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(500, 3))
    close = np.column_stack([z[:, 0], z[:, 0] + 2e-6 * z[:, 1]])
    for x in (
        z * [1e-9, 1.0, 1e9],
        z * 1e-140,
        z + np.array([1e6, 0.0, -1e9]),
        close,
        np.column_stack([z[:, 0], 1e9 + z[:, 1]]),
    ):
        found = mx.fit(x, 1, covariance_type=kind, reg_covar=0, engine=engine, max_iter=5).mixture
        expected = np.cov(x.T, bias=True)
        if kind in ("full", "tied"):
            deviation = np.sqrt(np.diag(expected))
            correlation = found.covariance() / np.outer(deviation, deviation)
            np.testing.assert_allclose(correlation, expected / np.outer(deviation, deviation), atol=1e-12)
            assert np.linalg.eigvalsh(correlation)[0] > 0


def test_what_is_fixed_is_not_judged():
    """A covariance that was given is kept, however thin."""
    thin = np.array([[1.0, 1.0], [1.0, 1.0 + 1e-14]])
    start = mx.Mixture([0.5, 0.5], [[0.0, 0.0], [9.0, 9.0]], [thin, np.eye(2)])
    x = np.random.default_rng(0).normal(size=(100, 2)) + 9.0
    found = mx.fit(x, 2, start=start, fixed={"covariances": [0]}, reg_covar=0, max_iter=1)
    np.testing.assert_array_equal(found.mixture.covariances[0], thin)


@pytest.mark.filterwarnings("ignore:there (is|are) .* points? in x, but:mixtura.errors.MixturaWarning")
def test_kept_covariances_have_no_negative_eigenvalue():
    """Also where what is added is far below the rounding of the variances."""
    for seed in range(40):
        x = classes(np.random.default_rng(seed), 300, 3) * 1e4
        for more in (0.0, 1e-10, 1e-8, 1e-6):
            try:
                covariance = mx.fit(x, 1, reg_covar=more).mixture.covariance()
            except FitError:
                continue
            assert np.linalg.eigvalsh(covariance)[0] > 0
