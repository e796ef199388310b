"""What has collapsed is never recommended; what is left is as good as mclust's best."""

import dataclasses

import numpy as np
import pytest
from cases import KINDS
from sklearn.datasets import load_iris, load_wine

import mixtura as mx
from mixtura.em.choice import Candidate, Choice
from mixtura.em.collapse import collapsed, least_variances
from mixtura.errors import FitError, MixturaWarning
from mixtura.model.families import family
from mixtura.sources import opened

IRIS = load_iris().data
# R 4.2, mclust 6.0.0: -mclustBIC(x, modelNames=c("VVV", "VVI")), by the number of components.
MCLUST = {
    "full": {1: 829.978, 2: 574.018, 3: 580.840, 4: 630.600},
    "diag": {1: 1522.120, 2: 857.551, 3: 744.638, 4: 751.020, 5: 711.450, 6: 707.290, 7: 766.650, 8: 764.197},
}


def test_iris_is_two_gaussians_as_for_mclust():
    """Ties of its rounded numbers make 7 and 8 diagonal components look better by far."""
    found = mx.choose(IRIS, range(1, 9), covariance_type=["full", "diag"], rng=0)
    assert (found.best.n_components, found.best.covariance_type) == (2, "full")
    assert found.best.bic == pytest.approx(574.018, abs=0.01)
    by_icl = dataclasses.replace(found, criterion="icl").best
    assert (by_icl.n_components, by_icl.covariance_type) == (2, "full")
    for each in found.candidates:
        expected = MCLUST[each.covariance_type].get(each.n_components)
        if expected is not None:
            assert each.eligible
            assert each.bic < expected + 0.5
    for kind in ("full", "diag"):
        logs = [each.log_likelihood for each in found.candidates if each.covariance_type == kind and each.eligible]
        assert logs == sorted(logs)


def test_wine_is_no_worse_than_for_mclust():
    """6993.48 is the best diagonal mixture of mclust's, of 4 components; standardised or not is the same."""
    x = load_wine().data
    moved = 2 * len(x) * np.log(x.std(axis=0)).sum()
    for given, offset in ((x, 0.0), (x / x.std(axis=0), moved)):
        best = mx.choose(given, range(1, 6), covariance_type="diag", rng=0).best
        assert best.bic + offset < 6993.48


ROUNDED = {
    "whole numbers": (300, np.array([[12.0]]), 0, KINDS),
    "few different ones": (60, np.array([[1.0]]), 0, KINDS),
    "one decimal": (150, np.array([[1.0, 0.6], [0.0, 0.5]]), 1, KINDS),
}


@pytest.mark.parametrize("name", ROUNDED)
def test_one_gaussian_is_one_however_it_is_rounded(name):
    n, matrix, decimals, kinds = ROUNDED[name]
    x = (np.random.default_rng(1).normal(size=(n, len(matrix))) @ matrix + 40).round(decimals)
    found = mx.choose(x, [1, 2, 5], covariance_type=kinds, rng=0)
    assert found.best.n_components == 1


def test_a_source_in_blocks_is_chosen_alike():
    dask = pytest.importorskip("dask.array")
    x = np.random.default_rng(2).normal(0, 2, (13, 2)).round()
    options = {"covariance_type": "full", "rng": 0}
    expected = mx.choose(x, [1, 5], **options)
    assert expected.best.n_components == 1
    assert expected.candidates[1].reason
    for given in (lambda: np.array_split(x, 3), dask.from_array(x, chunks=(5, 2))):
        found = mx.choose(given, [1, 5], **options)
        assert [each.eligible for each in found.candidates] == [True, False]
        assert found.best.bic == pytest.approx(expected.best.bic, rel=1e-9)
        np.testing.assert_array_equal(least_variances(opened(given), 1e-6), [1 / 12, 1 / 12])


def some(kind, variances, weights=(0.5, 0.5), names=None):
    """A mixture of two components, of which the second has these variances, the first 1."""
    each = [np.ones(2), np.asarray(variances, float)]
    covariances = {
        "full": [np.diag(v) for v in each],
        "tied": np.diag(each[1]),
        "diag": each,
        "spherical": [v.min() for v in each],
    }[kind]
    return mx.Mixture(weights, [[0, 0], [5, 5]], covariances, kind, names=names)


SURVEY = mx.Points.from_array(np.zeros((100, 2))).survey()
LEAST = np.full(2, 2e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_component_without_width(kind):
    said = collapsed(some(kind, [1, 1.5e-6], names=["height", "width"]), SURVEY, LEAST)
    assert said.startswith("the components have no" if kind == "tied" else "component 1 has no")
    assert kind == "spherical" or "no width in width" in said
    assert "variance 1.5e-06; below 2e-06 it is" in said
    assert not collapsed(some(kind, [1, 3e-6]), SURVEY, LEAST)
    # Without reg_covar, what is left is rounding.
    assert collapsed(some(kind, [1e-17, 1e-17]), SURVEY, np.zeros(2))
    assert not collapsed(some(kind, [1e-12, 1e-12]), SURVEY, np.zeros(2))


def test_a_component_is_flat_in_a_direction_that_is_no_column():
    turned = mx.Mixture([0.5, 0.5], [[0, 0], [5, 2]], [np.eye(2), [[1, 1], [1, 1 + 1e-6]]])
    assert "component 1 has no width" in collapsed(turned, SURVEY, LEAST)
    assert not collapsed(turned, SURVEY, np.zeros(2))


@pytest.mark.parametrize("kind", KINDS)
def test_where_all_points_are_flat_no_component_is_to_blame(kind):
    x = np.c_[np.random.default_rng(0).normal(size=(60, 2)), np.full(60, 7.0)]
    x[:20, 0] += 9
    found = mx.choose(x, [1, 2, 3], covariance_type=kind, rng=0)
    assert [each.reason for each in found.candidates[:2]] == ["", ""]


@pytest.mark.parametrize(("kind", "need"), [("full", 3), ("tied", 1), ("diag", 2), ("spherical", 2)])
def test_a_component_with_too_few_points(kind, need):
    assert family(kind).least_points(2) == need
    for points in (need - 0.1, need + 0.1):
        mix = some(kind, [1, 1], [100 - points, points])
        said = collapsed(mix, SURVEY, LEAST)
        assert said == (
            ""
            if points > need
            else f"component 1 has {points:.3g} points, and a {kind} one in 2 coordinates needs {need}"
        )
        assert not collapsed(mix, SURVEY, LEAST, regular=True)


def test_weights_count_points_but_shares_of_one_do_not():
    x = np.random.default_rng(0).normal(size=(100, 2))
    mix = some("full", [1, 1], [0.96, 0.04])
    for weight, few in ((np.full(100, 0.01), False), (np.full(100, 7.0), False), (np.arange(100.0) < 50, True)):
        assert bool(collapsed(mix, mx.Points.from_array(x, weight).survey(), LEAST)) == few


def test_the_least_variance_is_that_of_rounding():
    rng = np.random.default_rng(0)
    x = np.c_[rng.normal(0, 5, 500).round(), 0.1 * rng.integers(0, 50, 500), rng.normal(size=500), np.ones(500)]
    x[3, 0] = np.nan
    found = least_variances(mx.Points.from_array(x, missing=True), 0.0)
    np.testing.assert_allclose(found[:2], [1 / 12, 0.01 / 12], rtol=1e-9)
    assert found[2] < 1e-6
    assert found[3] == 0
    assert (least_variances(mx.Points.from_array(x, missing=True), 1.0) == 2.0).all()


def test_where_all_are_ruled_out_the_error_says_what_to_do():
    x = np.random.default_rng(0).normal(size=(8, 9))
    with pytest.raises(
        FitError, match=r"no candidate can be recommended; of the first \(1 full\), component 0 has"
    ) as told:
        mx.choose(x, [1, 2], covariance_type="full", rng=0)
    assert "Give more points, smaller n_components, a simpler covariance_type, or prior='default'." in str(told.value)
    assert mx.choose(x, [1, 2], covariance_type=["full", "diag"], rng=0).best.covariance_type == "diag"


def candidate(k, bic, reason=""):
    fit = mx.fit([[0.0], [1.0]], 1, covariance_type="diag")
    return Candidate(k, "diag", fit, k, -bic / 2, bic, bic, bic, reason)


def test_what_is_ruled_out_stands_in_the_table_but_not_in_the_figures():
    spike = "component 3 has no width in x1 (variance 1e-06, at least 2e-06 counts)"
    found = Choice((candidate(1, 50.0), candidate(2, 40.0), candidate(4, -70.0, spike), candidate(5, 60.0)), "bic")
    assert found.best.n_components == 2
    lines = str(found).splitlines()
    assert lines[3] == f"     4  diag       ruled out: {spike}"
    assert "40.00" in lines[2]
    assert lines[2].startswith(">")
    assert repr(found.candidates[2]) == f"<Candidate: 4 diag components, ruled out: {spike}>"
    assert [(row["reason"], row["best"]) for row in found.rows()] == [
        ("", False),
        ("", True),
        (spike, False),
        ("", False),
    ]
    plt = pytest.importorskip("matplotlib.pyplot")
    for draw in (found.plot, lambda: mx.plots.criteria(found, ["BIC"])):
        plt.figure()
        ax = draw()
        assert ax.lines[0].get_xdata().tolist() == [1, 2, 5]
        assert [list(line.get_xdata()) for line in ax.lines[1:]] == [[2]]


def test_the_largest_number_that_was_tried_is_told():
    found = Choice((candidate(1, 50.0), candidate(2, 40.0)), "bic")
    assert found.at_limit
    assert str(found).splitlines()[-1] == "> lowest bic: 2 diag, the largest number that was tried"
    assert not Choice((candidate(1, 30.0), candidate(2, 40.0)), "bic").at_limit
    assert not Choice((candidate(2, 40.0),), "bic").at_limit  # there is nothing to compare with
    assert not Choice((candidate(1, 30.0), candidate(2, 20.0, "no")), "bic").at_limit


@pytest.mark.parametrize("ask", ["choose", "icl", "estimator"])
def test_weights_that_sum_to_little_are_no_number_of_points(ask):
    x = np.random.default_rng(0).normal(size=(40, 3))
    mix = mx.fit(x, 1).mixture
    asked = {
        "choose": lambda weight: mx.choose(x, [1], covariance_type="full", sample_weight=weight),
        "icl": lambda weight: mx.icl(mix, x, sample_weight=weight),
        "estimator": lambda weight: mx.GaussianMixture().fit(x).bic(x, sample_weight=weight),
    }[ask]
    with pytest.warns(MixturaWarning, match=r"sample_weight sums to 1, which criteria take as the number of points"):
        asked(np.full(40, 1 / 40))
    asked(np.ones(40))
    asked(None)


def test_a_matrix_that_components_share_needs_points_to_spare():
    """Nine means in thirteen coordinates leave twenty-four points hardly a direction to tell a width by."""
    x = np.random.default_rng(0).normal(size=(24, 13))
    found = mx.choose(x, [1, 9], covariance_type="tied", rng=0)
    assert found.best.n_components == 1
    assert found.candidates[1].reason == "the components have 24 points, and 9 tied ones in 13 coordinates need 35"
    assert not found.rows()[1]["eligible"]


def test_a_candidate_with_points_for_all_is_preferred_to_one_with_an_empty_component():
    """So what becomes of a number of components depends less on the numbers beside it."""
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(3, 0.9, 300).round(), rng.normal(size=300)])
    for counts in ([1, 2, 3], [1, 3]):
        found = mx.choose(x, counts, covariance_type="diag", rng=0)
        assert "no points" not in found.candidates[-1].reason
