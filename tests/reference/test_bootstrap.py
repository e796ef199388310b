"""Standard errors and intervals: known ones, those of R's mclust by a table of its values, and laws.

`mclust_bootstrap.R` writes the table. How often intervals hold the truth is measured in benchmarks/bootstrap.py.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

import mixtura as mx
from mixtura.em.bootstrap import matched
from mixtura.em.resample import DRAWS
from mixtura.engines import base
from mixtura.errors import FitError, InputError, MixturaWarning

HERE = Path(__file__).parent
GEYSER = np.loadtxt(HERE.parents[1] / "samples" / "geyser.csv", delimiter=",", skiprows=1)
TWO = mx.Mixture([0.3, 0.7], [[0.0, 0.0], [5.0, 2.0]], [[[1.0, 0.5], [0.5, 1.0]], [[2.0, 0.0], [0.0, 0.5]]])
X = TWO.sample(300, rng=0)
FIT = mx.fit(X, 2, rng=0)


def table():
    with (HERE / "mclust_bootstrap.csv").open() as file:
        return list(csv.DictReader(file))


def start_of(rows, model):
    """The fit of mclust, as a mixture of its family."""
    found = {(row["what"], row["component"], row["i"]): float(row["estimate"]) for row in rows}
    means = [[found["mean", str(k), str(i)] for i in range(2)] for k in range(2)]
    variances = np.array([[found["covariance", str(k), str(i)] for i in range(2)] for k in range(2)])
    covariances = {"VVV": variances[:, :, None] * np.eye(2), "VVI": variances, "EEE": np.diag(variances[0])}[model]
    return mx.Mixture([found["weight", str(k), ""] for k in range(2)], means, covariances, model)


@pytest.mark.parametrize(
    ("model", "method", "ours"),
    [("VVV", "bs", "bootstrap"), ("VVI", "wlbs", "weighted"), ("EEE", "pb", "parametric")],
)
def test_mclust_agrees(model, method, ours):
    rows = [row for row in table() if (row["model"], row["method"]) == (model, method)]
    found = mx.bootstrap(GEYSER, start_of(rows, model), 300, method=ours, rng=0)
    intervals = {"weight": found.weights(0.9), "mean": found.means(0.9), "covariance": found.covariances(0.9)}
    assert len(rows) == 10
    for row in rows:
        at = tuple(int(row[name]) for name in ("component", "i", "j") if row[name])
        mine, error = intervals[row["what"]], float(row["standard_error"])
        assert mine.estimate[at] == pytest.approx(float(row["estimate"]), rel=1e-3)
        assert mine.standard_error[at] == pytest.approx(error, rel=0.15)  # known to 4 %, and so is mclust's to 2 %
        for name in ("low", "high"):
            assert getattr(mine, name)[at] == pytest.approx(float(row[name]), abs=0.35 * error)


def test_the_likelihood_ratio_is_mclusts():
    theirs = {(row["model"], row["component"]): row for row in table() if row["method"] == "lrt"}
    for model, k, n in (("VVI", 2, 9), ("EEE", 3, 2)):
        row = theirs[model, str(k)]
        fit = mx.fit(GEYSER, k, covariance_type=model, rng=0, n_init=5, tol=1e-7, max_iter=1000)
        found = mx.likelihood_ratio_test(GEYSER, fit, n, rng=0)
        assert found.statistic == pytest.approx(float(row["estimate"]), rel=0.02)
        assert found.p_value <= 2 / (n + 1)  # mclust's is 0.002


@pytest.mark.parametrize("method", DRAWS)
def test_of_one_gaussian_they_are_those_of_the_textbook(method):
    x = mx.Mixture([1.0], [[1.0, -2.0]], [[[4.0, 1.0], [1.0, 1.0]]]).sample(1000, rng=0)
    fit = mx.fit(x, 1, reg_covar=0)
    found = mx.bootstrap(x, fit, 200, method=method, rng=1, reg_covar=0)
    deviation = np.sqrt(np.diagonal(fit.mixture.matrices[0]))
    np.testing.assert_allclose(found.means().standard_error[0], deviation / np.sqrt(1000), rtol=0.2)
    variances = found.of(lambda mixture: np.diagonal(mixture.matrices[0]))
    np.testing.assert_allclose(variances.standard_error, deviation**2 * np.sqrt(2 / 1000), rtol=0.25)
    means = found.means()
    np.testing.assert_allclose((means.high - means.low) / means.standard_error, 2 * 1.96, rtol=0.2)
    assert (np.abs(means.bias) < 0.3 * means.standard_error).all()


def test_threads_and_the_callback_change_no_bit(monkeypatch):
    monkeypatch.setattr(base, "SIDE_BY_SIDE", 0)
    seen = []
    one = mx.bootstrap(X, FIT, 12, rng=5, n_threads=1, on_replicate=seen.append)
    two = mx.bootstrap(X, FIT, 12, rng=np.random.default_rng(5), n_threads=2)
    assert one.replicates == two.replicates == tuple(each.mixture for each in seen)
    assert [each.number for each in seen] == list(range(12))
    ended = mx.bootstrap(X, FIT, 12, rng=5, on_replicate=lambda each: each.number == 4)
    assert ended.replicates == one.replicates[:5]
    tests = [mx.likelihood_ratio_test(X, FIT, 3, rng=0, n_threads=threads) for threads in (1, 2)]
    assert tests[0].values.tobytes() == tests[1].values.tobytes()


def test_components_are_matched_by_where_they_lie():
    order = [2, 0, 1]
    three = mx.Mixture([0.2, 0.3, 0.5], [[0, 0], [1e-9, 5], [0, 9]], [np.eye(2), 2 * np.eye(2), 3 * np.eye(2)])
    moved = mx.Mixture([0.5, 0.2, 0.3], three.means[order] + 0.3, three.covariances[order])
    np.testing.assert_allclose(matched(moved, three).means, three.means + 0.3)
    spreads = mx.Mixture([0.5, 0.5], [[0.0], [0.1]], [[[1.0]], [[100.0]]])  # told apart by their widths alone
    assert matched(spreads.subset([1, 0]), spreads) == spreads


def test_weights_count_points():
    weight = np.random.default_rng(0).integers(0, 4, len(X)).astype(float)
    twice = np.repeat(X, weight.astype(int), axis=0)
    fit = mx.fit(X, 2, sample_weight=weight, rng=0)
    found = mx.bootstrap(X, fit, 80, sample_weight=weight, rng=0)
    expected = mx.bootstrap(twice, fit, 80, rng=1)
    assert found.mixture.means == pytest.approx(expected.mixture.means, rel=1e-9)
    np.testing.assert_allclose(found.means().standard_error, expected.means().standard_error, rtol=0.3)
    with pytest.raises(InputError, match=r"sample_weight sums to 1, which counts as the number of points: 2 compo"):
        mx.bootstrap(X, fit, 5, sample_weight=weight / weight.sum())


def test_gaps_make_less_sure():
    gaps = X.copy()
    gaps[np.random.default_rng(0).random(len(X)) < 0.6, 1] = np.nan
    fit = mx.fit(gaps, 2, missing=True, rng=0, tol=1e-6)
    for method in DRAWS:
        errors = mx.bootstrap(gaps, fit, 20, method=method, missing=True, rng=0).means().standard_error
        assert np.linalg.norm(errors[:, 1]) > 1.2 * np.linalg.norm(FULL.means().standard_error[:, 1])


FULL = mx.bootstrap(X, FIT, 40, rng=0)


@pytest.mark.parametrize("kind", ["EII", "VEI", "tied", "VEV", "VVE"])
def test_every_family(kind):
    found = mx.bootstrap(X, mx.fit(X, 2, covariance_type=kind, rng=0, tol=1e-4), 5, rng=0, tol=1e-5)
    assert {each.covariance_type for each in found.replicates} == {
        mx.fit(X, 1, covariance_type=kind).mixture.covariance_type
    }
    assert found.covariances().estimate.shape == (2, 2, 2)


def test_what_is_held_fixed_is_sure():
    found = mx.bootstrap(X, FIT, 5, fixed={"means": [1]}, rng=0).means()
    assert (found.standard_error[1] == 0).all()
    assert (found.standard_error[0] > 0).all()


def test_any_function_and_rows():
    given = FULL.of(lambda mixture: mixture.condition([0], [1.0]).mean())
    assert given.estimate == pytest.approx(FULL.mixture.condition([0], [1.0]).mean())
    assert given.values.shape == (40, 1)
    assert given.low < given.estimate < given.high
    rows = FULL.rows(0.5)
    assert [row["parameter"] for row in rows[:6]] == [
        "weight", "mean x1", "mean x2", "variance x1", "covariance x1 x2", "variance x2"
    ]  # fmt: skip
    assert rows[8]["estimate"] == FULL.mixture.means[1, 1]
    assert len(rows) == 12
    assert repr(FULL).startswith("<Bootstrap (bootstrap): 40 replicates; <Mixture of 2 full")
    assert "95 %: " in repr(FULL.of(lambda mixture: mixture.weights[0]))


def test_small_clusters_collapse_unless_all_points_count():
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.normal(0, 1, (60, 2)), rng.normal(12, 1, (4, 2))])
    fit = mx.fit(x, 2, rng=0)
    with pytest.warns(MixturaWarning, match=r"\d+ of 40 replicates could not be used; .* method=.weighted") as heard:
        found = mx.bootstrap(x, fit, 40, rng=0)
    assert heard[0].filename == __file__
    assert len(found.failures) + len(found.replicates) == 40
    assert not mx.bootstrap(x, fit, 40, method="weighted", rng=0).failures


class TestLikelihoodRatio:
    def test_it_finds_two_and_no_third(self):
        line = mx.Mixture([0.5, 0.5], [[0.0], [4.0]], [1.0, 1.0], "spherical").sample(150, rng=0)
        one, two = (mx.fit(line, k, covariance_type="spherical", rng=0) for k in (1, 2))
        found = mx.likelihood_ratio_test(line, one, 19, rng=0)
        assert found.p_value == 0.05
        assert found.statistic > found.values.max()
        assert (found.smaller.n_components, found.larger.n_components) == (1, 2)
        gain = 2 * (found.larger.log_density(line) - found.smaller.log_density(line)).sum()
        assert found.statistic == pytest.approx(gain, rel=1e-6)
        more = mx.likelihood_ratio_test(line, two, 19, rng=0)
        assert more.p_value == (1 + (more.values >= more.statistic).sum()) / 20 > 0.05
        assert repr(more).startswith("<LikelihoodRatio")


WRONG = {
    "n": (lambda: mx.bootstrap(X, FIT, 1), "n is 1: give a whole number of replicates from 2 to 100,000"),
    "n of a test": (lambda: mx.likelihood_ratio_test(X, FIT, 0), "n is 0: give a whole number of replicates"),
    "method": (lambda: mx.bootstrap(X, FIT, method="boot"), "method is 'boot': choose bootstrap, weighted, parametric"),
    "fit": (lambda: mx.bootstrap(X, 3), "fit is a int: give a Fit, a Mixture, or an estimator once fitted"),
    "columns": (lambda: mx.bootstrap(X[:, :1], FIT), "x has 1 columns, the mixture has 2 coordinates"),
    "blocks": (lambda: mx.bootstrap(lambda: [X], FIT), "x is read in blocks, but it takes all points in memory"),
    "rng": (lambda: mx.bootstrap(X, FIT, rng="a"), "rng is 'a': give a whole number"),
    "threads": (lambda: mx.bootstrap(X, FIT, n_threads=0), "n_threads is 0"),
    "callback": (lambda: mx.bootstrap(X, FIT, on_replicate=3), "on_replicate is 3: give a function of a Replicate"),
    "dormant": (lambda: mx.bootstrap(X, mx.Mixture([1, 0], TWO.means, TWO.covariances)), "component 1 .* has weight 0"),
    "level": (lambda: FULL.weights(95), "level is 95: an interval holds more than 0 and less than 1"),
    "function": (lambda: FULL.of(3), "function is 3: give a function of a Mixture"),
    "text": (lambda: FULL.of(str), "function gives a str of the fit, expected a number"),
    "NaN": (lambda: FULL.of(lambda m: np.nan), "function gives nan of the fit: only finite numbers"),
    "shapes": (lambda: FULL.of(lambda m: [0] * (1 + (m != FULL.mixture))),
               r"gives the shape \(2,\) of replicate 0, and \(1,\)"),
    "too few points": (lambda: mx.likelihood_ratio_test(X[:3], mx.fit(X[:3], 3, prior="default"), prior="default"),
                       "sample_weight sums to 3|n_components is 4"),
}  # fmt: skip


@pytest.mark.parametrize(("ask", "says"), WRONG.values(), ids=WRONG)
def test_wrong_input_is_one_sentence(ask, says):
    with pytest.raises((InputError, FitError), match=says):
        ask()


def test_a_collapsed_fit_is_refused():
    x = np.concatenate([X, [[50.0, 50.0]] * 3])
    with pytest.raises(FitError, match=r"component \d has .*, so that its errors say nothing: fit fewer components"):
        mx.bootstrap(x, mx.fit(x, 3, rng=0), 5)


def test_rows_keep_their_noise():
    """Drawn again, each has its own; points like those of a mixture are measured with it, and so spread wider."""
    rng = np.random.default_rng(1)
    roots = rng.normal(size=(300, 2, 2))
    for noise in (rng.uniform(0.5, 9.0, X.shape), 4.0 * roots @ roots.transpose(0, 2, 1)):
        points = mx.Points(X, noise=noise)
        again = DRAWS["bootstrap"](points, TWO, np.random.default_rng(0))
        rows = [int(np.flatnonzero((row == X).all(axis=1))[0]) for row in again.x]
        np.testing.assert_array_equal(again.noise, noise[rows])
        simulated = DRAWS["parametric"](points, TWO, np.random.default_rng(0))
        np.testing.assert_array_equal(simulated.noise, noise)
        errors = simulated.x - DRAWS["parametric"](points.bare, TWO, np.random.default_rng(0)).x
        expected = noise if noise.ndim == 2 else np.diagonal(noise, axis1=1, axis2=2)
        assert (errors**2 / expected).mean() == pytest.approx(1.0, abs=0.25)
    assert len(mx.bootstrap(points, mx.fit(points, 2, rng=0), n=3, rng=0).replicates) == 3
