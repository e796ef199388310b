"""A column whose variance is below reg_covar is told of, by name, with the number that helps; nothing else is."""

import re
import warnings

import numpy as np
import pytest
from terminal import mixtura

import mixtura as mx
from mixtura.errors import MixturaWarning

RNG = np.random.default_rng(0)
X = np.column_stack([7.25 + RNG.normal(0, 2e-4, 800), RNG.normal(0, 1, 800)])
Y = 5000 * (X[:, 0] - 7.25) + X[:, 1]
ALONE = (
    r"reg_covar is 1e-06, more than the variance of column {} \(4e-08\) of [xX].*"
    r"millionth of the least variance is reg_covar=1e-14\. Lower reg_covar, or rescale [xX]\.$"
)


def blocks(x):
    return lambda: np.array_split(x, 3)


def gaps(x):
    return np.where(RNG.uniform(size=x.shape) < 0.1, np.nan, x)


SEED = {"random_state": 0}
DOORS = {
    "fit": (lambda: mx.fit(X, 1), "0"),
    "diag": (lambda: mx.fit(X, 1, covariance_type="diag"), "0"),
    "single": (lambda: mx.fit(X - [7.25, 0], 1, dtype="float32"), "0"),
    "weights": (lambda: mx.fit(X, 1, sample_weight=np.full(800, 0.25)), "0"),
    "names": (lambda: mx.fit(mx.Points.from_array(X, names=["depth", "z"]), 1), "'depth'"),
    "blocks": (lambda: mx.fit(blocks(X), 1), "0"),
    "blocks of weight": (lambda: mx.fit(lambda: [(X[:50], np.ones(50)), (X[50:], np.ones(750))], 1), "0"),
    "choose": (lambda: mx.choose(X, [1], covariance_type=["spherical", "full"], rng=0), "0"),
    "mixture": (lambda: mx.GaussianMixture(**SEED).fit(X), "0"),
    "in parts": (lambda: mx.GaussianMixture(**SEED).partial_fit(X), "0"),
    "Bayesian": (lambda: mx.BayesianGaussianMixture(**SEED).fit(X), "0"),
    "regressor": (lambda: mx.GaussianMixtureRegressor(**SEED).fit(X, Y), r"X\[:, 0\]"),
    "target": (lambda: mx.GaussianMixtureRegressor(**SEED).fit(X[:, 1:], X[:, 0]), "y"),
}


@pytest.mark.parametrize("name", DOORS)
def test_it_is_told_which_column(name):
    door, column = DOORS[name]
    with pytest.warns(MixturaWarning, match=ALONE.format(column)) as caught:
        door()
    assert len(caught) == 1
    assert caught[0].filename == __file__ or name == "in parts"  # whose first part is a fit


def test_missing_values_and_dask():
    array = pytest.importorskip("dask.array")
    for ask in (
        lambda: mx.fit(gaps(X), 1, missing=True, max_iter=3),
        lambda: mx.fit(blocks(gaps(X)), 1, missing=True, max_iter=3),
        lambda: mx.fit(array.from_array(X, chunks=(300, 2)), 1, max_iter=3),
        lambda: mx.GaussianMixtureClassifier().fit(X, Y > 0),
    ):
        with pytest.warns(MixturaWarning, match=r"more than the variance of column 0 \([2-4](\.\d)?e-08\)"):
            ask()


def test_the_number_that_is_told_helps():
    model = mx.GaussianMixtureRegressor(random_state=0)
    with pytest.warns(MixturaWarning, match="more than the variance") as caught:
        drowned = model.fit(X, Y).score(X, Y)
    told = float(re.search(r"reg_covar=(\S+)\.", str(caught[0].message))[1])
    assert drowned < 0.7
    assert model.set_params(reg_covar=told).fit(X, Y).score(X, Y) > 0.999
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    assert model.set_params(reg_covar=1e-6).fit(scaled, Y).score(scaled, Y) > 0.999


def test_one_warning_for_many_columns():
    with pytest.warns(MixturaWarning, match=r"columns 0 \(4e-08\), 1 .* and 15 more of x") as caught:
        mx.fit(np.column_stack([X[:, :1] + np.zeros(20), X[:, 1]]), 1, covariance_type="diag")
    assert len(str(caught[0].message)) < 500


def test_the_command_says_it_in_a_line(tmp_path):
    np.savetxt(tmp_path / "x.csv", X, delimiter=",", header="depth,z", comments="")
    for words in (("fit", "x.csv", "-k", 1), ("choose", "x.csv", "-k", "1")):
        said = mixtura(*words, "-o", "m.mix", folder=tmp_path)
        assert said.code == 0
        (line,) = [line for line in said.err.splitlines() if "variance" in line]
        assert "--reg-covar is 1e-06, more than the variance of column 'depth' (4e-08)" in line
        assert "is --reg-covar 1e-14. Lower --reg-covar, or rescale x." in line


QUIET = {
    "constant": np.column_stack([np.full(800, 0.1), X[:, 1]]),
    "a column of zeros and a few small numbers": np.column_stack([(np.arange(800) < 2) * 0.012, X[:, 1]]),
    "a rare mark": np.column_stack([(np.arange(800) == 9) * 0.013, X[:, 1]]),
    "small, but not as small": np.column_stack([(X[:, 0] - 7.25) * 10, X[:, 1]]),
}


@pytest.mark.parametrize("name", QUIET)
def test_nothing_is_said_of_what_has_nothing_to_lose(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mx.fit(QUIET[name], 1, covariance_type="diag", max_iter=1)
        mx.fit(blocks(QUIET[name]), 1, covariance_type="diag", max_iter=1)


def test_whole_numbers_are_rounded_by_more():
    """As in the pixels of a flat picture, whose fits add the variance of rounding."""
    levels = np.column_stack([255.0 - (np.arange(800) % 40 == 0), RNG.integers(0, 255, 800)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mx.fit(levels, 1, reg_covar=1 / 12)
        mx.fit(X, 1, reg_covar=1e-14)
        mx.fit(X, 1, reg_covar=0)
