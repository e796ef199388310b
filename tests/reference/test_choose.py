"""Choosing by an information criterion: the criteria against scikit-learn and their definitions, and the search."""

import itertools
import sys

import numpy as np
import pytest
from cases import KINDS, clouds
from sklearn.mixture import GaussianMixture

import mixtura as mx
from mixtura.em.choice import Candidate, Choice
from mixtura.errors import FitError, InputError, MissingExtraError

# Two groups in which a long wait follows a long eruption, of about the size of Old Faithful's 272 (minutes).
GEYSER = mx.Mixture(
    [0.36, 0.64], [[2.04, 54.5], [4.29, 80.0]], [[[0.07, 0.44], [0.44, 33.7]], [[0.17, 0.94], [0.94, 36]]]
)
ERUPTIONS = GEYSER.sample(272, rng=1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [1, 3])
def test_bic_and_aic_are_those_of_scikit_learn(kind, d):
    x = clouds(300, d)
    theirs = GaussianMixture(3, covariance_type=kind, random_state=0).fit(x)
    mix = mx.Mixture(theirs.weights_, theirs.means_, theirs.covariances_, kind)
    assert mix.n_parameters == theirs._n_parameters()
    assert mx.bic(mix, x) == pytest.approx(theirs.bic(x), rel=1e-12)
    assert mx.aic(mix, x) == pytest.approx(theirs.aic(x), rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_icl_is_the_bic_of_points_with_their_labels(weighted):
    """Biernacki, Celeux and Govaert: ln p(x, z) - p/2 ln n at the most probable labels z; ours is -2 of it."""
    x = clouds(300, 2)
    mix = mx.fit(x, 3, rng=0).mixture
    weight = np.random.default_rng(0).uniform(0.5, 2, 300) if weighted else np.ones(300)
    label = mix.predict(x)
    joint = [
        np.log(mix.weights[k]) + mx.Mixture([1], mix.means[[k]], mix.covariances[[k]]).log_density(row[None])[0]
        for k, row in zip(label, x, strict=True)
    ]
    expected = -2 * (weight @ joint - mix.n_parameters / 2 * np.log(weight.sum()))
    given = weight if weighted else None
    assert mx.icl(mix, x, sample_weight=given) == pytest.approx(expected, rel=1e-12)
    assert mx.icl(mix, x, sample_weight=given) > mx.bic(mix, x, sample_weight=given)


@pytest.mark.parametrize("criterion", [mx.bic, mx.aic, mx.icl])
def test_criteria_of_weights_and_gaps(criterion):
    x = clouds(100, 2)
    mix = mx.fit(x, 2, rng=0).mixture
    times = np.random.default_rng(0).integers(0, 4, 100)
    once = criterion(mix, x, sample_weight=times)
    assert once == pytest.approx(criterion(mix, np.repeat(x, times, axis=0)), rel=1e-12)
    assert once == criterion(mix, mx.Points.from_array(x, times))
    gaps = np.vstack([x, [[np.nan, np.nan]]])
    assert criterion(mix, gaps, missing=True) == pytest.approx(criterion(mix, x), rel=1e-12)


def test_it_finds_two_kinds_of_eruptions():
    for criterion in ("bic", "icl"):
        found = mx.choose(ERUPTIONS, criterion=criterion, rng=0)
        assert (found.best.n_components, found.best.covariance_type) == (2, "full")
        assert len(found.candidates) == 9 * 4
        order = np.argsort(found.mixture.means[:, 0])
        np.testing.assert_allclose(found.mixture.means[order], GEYSER.means, atol=1.5)
    more = mx.choose(ERUPTIONS, criterion="aic", covariance_type="full", rng=0)
    assert more.best.n_components > 2  # aic is not a count of groups


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("missing", [False, True])
def test_the_likelihood_does_not_fall_as_components_are_added(kind, missing):
    x = clouds(150, 2)
    if missing:
        x[np.random.default_rng(0).random(x.shape) < 0.2] = np.nan
    counts = (1, 2, 3, 5, 8, 9, 12)
    found = mx.choose(x, counts, covariance_type=kind, start="random_from_data", missing=missing, rng=1)
    assert [each.n_components for each in found.candidates] == list(counts)
    logs = np.array([each.log_likelihood for each in found.candidates])
    assert (np.diff(logs) >= -1e-9 * np.abs(logs[1:])).all()


def test_a_bad_fresh_start_is_made_good_by_the_smaller_fit():
    """One step from equal components is far below what the smaller one has reached: the split, or the padding, wins."""
    x = GEYSER.sample(500, rng=0)
    found = mx.choose(x, [1, 2, 3], covariance_type="full", start="random", tol=1e-2, rng=0)
    logs = [each.log_likelihood for each in found.candidates]
    assert logs == sorted(logs)
    assert logs[1] - logs[0] > 50


@pytest.mark.filterwarnings("ignore:reg_covar is 2, but no column")
@pytest.mark.parametrize("kind", ["tied", "spherical"])
def test_where_no_split_helps_the_smaller_fit_is_padded(kind):
    """One cloud of points, and variances that may not be small: what is split can end lower than what it was.

    Lower by less than `tol` is taken where all components have points, as no padded fit may be recommended.
    """
    for seed in range(4):
        x = np.random.default_rng(seed).normal(size=(60, 2))
        found = mx.choose(x, [1, 2, 3, 6], covariance_type=kind, start="random", reg_covar=2.0, rng=0)
        for smaller, each in itertools.pairwise(found.candidates):
            lower = len(x) * 1e-4 if each.eligible else 1e-9
            assert each.log_likelihood >= smaller.log_likelihood - lower


@pytest.mark.parametrize("kind", KINDS)
def test_each_candidate_is_what_it_says(kind):
    weight = np.random.default_rng(0).uniform(0.5, 2, 272)
    found = mx.choose(ERUPTIONS, [2, 1, 2], covariance_type=[kind], sample_weight=weight, n_init=2, rng=0)
    assert [each.n_components for each in found.candidates] == [1, 2]
    for each in found.candidates:
        for name, function in (("bic", mx.bic), ("aic", mx.aic), ("icl", mx.icl)):
            assert getattr(each, name) == pytest.approx(
                function(each.mixture, ERUPTIONS, sample_weight=weight), rel=1e-9
            )
        logs = weight @ each.mixture.log_density(ERUPTIONS)
        assert each.log_likelihood == pytest.approx(logs, rel=1e-9)
        assert (each.mixture.n_components, each.mixture.covariance_type) == (each.n_components, kind)
        assert each.n_parameters == each.mixture.n_parameters
    assert found.best.bic == min(each.bic for each in found.candidates)


def test_one_candidate_that_cannot_be_fitted_is_no_end():
    x = np.repeat([[0.0, 0.0], [1.0, 0.2], [0.3, 1.0], [2.0, 2.0]], 2, axis=0)
    found = mx.choose(x, [1, 4, 9], covariance_type=["full", "diag"], reg_covar=0, rng=0)
    by = {(each.n_components, each.covariance_type): each for each in found.candidates}
    assert by[1, "full"].fit is not None
    assert by[4, "full"].fit is None
    assert "is not positive definite" in by[4, "full"].reason
    assert "only 8 points have weight" in by[9, "diag"].reason
    assert found.best.n_components == 1
    with pytest.raises(FitError, match="4 full components have no mixture: covariances"):
        _ = by[4, "full"].mixture
    assert "not fitted: covariances" in str(found)
    assert "not fitted" in repr(by[4, "full"])
    assert found.rows()[1]["bic"] is None
    with pytest.raises(FitError, match=r"no candidate could be fitted; of the first \(1 full\), columns 0, 1"):
        mx.choose(np.ones((5, 2)), [1, 2], reg_covar=0, covariance_type=["full", "tied"])


def test_a_prior_lets_all_be_fitted():
    x = np.repeat([[0.0, 0.0], [1.0, 0.2], [0.3, 1.0], [2.0, 2.0]], 2, axis=0)
    found = mx.choose(x, [1, 4, 8], reg_covar=0, prior="default", rng=0)
    assert all(each.fit is not None for each in found.candidates)


def test_the_callback_sees_each_candidate_and_can_stop():
    seen = []
    found = mx.choose(ERUPTIONS, covariance_type="full", rng=0, on_candidate=lambda c: seen.append(c) or len(seen) == 3)
    assert tuple(seen) == found.candidates
    assert [each.n_components for each in seen] == [1, 2, 3]


def test_the_table_marks_the_best():
    found = mx.choose(ERUPTIONS, [1, 2, 3], covariance_type=["full", "diag"], rng=0)
    lines = str(found).splitlines()
    assert lines[0].split() == ["k", "type", "parameters", "log", "likelihood", "bic", "aic", "icl"]
    assert [line for line in lines[1:-1] if line.startswith(">")] == [lines[2]]
    assert f"{found.best.bic:.2f}" in lines[2]
    assert lines[-1] == "> lowest bic: 2 full"
    rows = found.rows()
    assert [row["best"] for row in rows] == [False, True, False, False, False, False]
    assert rows[1]["bic"] == found.best.bic
    assert len({len(line) for line in lines[:-1]}) == 1
    assert repr(found.best).startswith("<Candidate: 2 full components, bic ")


def test_the_figure_shows_every_type_and_rings_the_best():
    found = mx.choose(ERUPTIONS, [1, 2, 3], covariance_type=["full", "diag"], rng=0)
    ax = found.plot()
    full, diag, ring = ax.lines
    np.testing.assert_array_equal(full.get_xdata(), [1, 2, 3])
    np.testing.assert_array_equal(full.get_ydata(), [each.bic for each in found.candidates[:3]])
    np.testing.assert_array_equal(diag.get_ydata(), [each.bic for each in found.candidates[3:]])
    assert (ring.get_xdata(), ring.get_ydata()) == ([2], [found.best.bic])
    assert ring.get_color() == full.get_color()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["full", "diag", "best: 2 full"]
    assert found.plot(ax=ax) is ax
    ax.figure.canvas.draw()


def test_without_matplotlib_the_figure_says_what_to_install(monkeypatch):
    found = Choice((Candidate(1, "full"),), "bic")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mixtura\[plots\]'"):
        found.plot()


WRONG = {
    "criterion": ({"criterion": "aicc"}, "criterion is 'aicc': choose bic, icl, aic, cv or stability"),
    "counts": ({"n_components": [1, 0]}, r"n_components is \[1, 0\]: give whole numbers >= 1"),
    "no counts": ({"n_components": []}, r"n_components is \[\]: give whole numbers"),
    "count": ({"n_components": 2.5}, r"n_components is 2\.5: give whole numbers"),
    "types": ({"covariance_type": ["full", "round"]}, r"covariance_type is 'round': give one or several"),
    "no types": ({"covariance_type": []}, r"covariance_type is \[\]"),
    "type": ({"covariance_type": None}, "covariance_type is None"),
    "start": ({"start": GEYSER}, "start is a Mixture: give the name of one, kmeans"),
    "start name": ({"start": "here"}, "start is 'here': choose kmeans"),
    "callback": ({"on_candidate": 5}, "on_candidate is 5: give a function of a Candidate"),
    "tol": ({"tol": -1}, "tol is -1: give a finite number >= 0"),
    "prior": ({"prior": 3}, "prior is 3: give a Prior"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_asked_says_why(name):
    settings, said = WRONG[name]
    with pytest.raises(InputError, match=said):
        mx.choose(ERUPTIONS[:20], **settings)


def test_what_has_no_criterion_says_why():
    with pytest.raises(InputError, match=r"mixture is a list: give a Mixture, such as fit\.mixture"):
        mx.bic([mx.fit(ERUPTIONS, 1)], ERUPTIONS)
    with pytest.raises(InputError, match="x has 1 columns, the mixture has 2 coordinates"):
        mx.aic(GEYSER, [[1.0]])
    with pytest.raises(InputError, match="sample_weight was given, but x is Points"):
        mx.icl(GEYSER, mx.Points.from_array(ERUPTIONS), sample_weight=np.ones(272))
