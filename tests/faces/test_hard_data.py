"""Hard data, through both doors: no NaN in what is fitted, no likelihood that falls, no silent wrong answer.

Each row of the table is a set of points that has broken mixture codes. Either there is a sound fit, or one sentence
says what is wrong and what to do.
"""

import re
import warnings
from typing import NamedTuple

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_matrix
from terminal import mixtura

import mixtura as mx

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 2))
MAYBE = "it depends on the start"
SINGULAR = (
    "not positive definite .*Raise reg_covar or lower n_components|"
    "constant. Raise reg_covar, or leave such a column out"
)


KINDS = ("full", "tied", "diag", "spherical")


def few(points, k, d=2):
    """What is said of so many different points, of which k components need more."""
    need = rf"{k} \w+ components of {d} coordinates need \d+"
    told = rf"there (is|are) {points}( different)? points? in [xX], but {need}: "
    return rf"{told}.*, or (prior='default'|leave out columns)\."


class Case(NamedTuple):
    """reg: what makes it fit. without: what is told at reg_covar=0, None if it fits. warns: of what a fit warns.

    of: the families that it warns of.
    """

    x: object
    k: int = 2
    weight: object = None
    reg: float = 1e-6
    without: str | None = SINGULAR
    warns: str | None = None
    of: tuple = KINDS


def holding(value):
    x = X.copy()
    x[3, 1] = value
    return x


def constant():
    x = X.copy()
    x[:, 1] = 0.1
    return x


FIT = {
    "constant column": Case(constant()),
    "all points equal": Case(np.full((30, 2), 0.1), warns=few(1, 2)),
    "two points": Case([[0.0, 0.0], [1.0, 2.0]], warns=few(2, 2)),
    "K = N": Case(X[:8], 8, warns=few(8, 8)),
    "collinear": Case(np.outer(np.arange(20.0), [1, 2]) + 0.3),
    "duplicates": Case(np.repeat(X[:5], 8, axis=0), 5, warns=few(5, 5)),
    "duplicates with weights": Case(np.repeat(X[:5], 8, axis=0), 5, RNG.uniform(0, 1, 40), warns=few(5, 5)),
    "more components than distinct points": Case(np.repeat(X[:3], 8, axis=0), 6, warns=few(3, 6)),
    "weights of 1e-300": Case(X, 2, np.full(60, 1e-300), without=None),
    "weights from 1e-9 to 1e9": Case(X, 2, 10.0 ** RNG.uniform(-9, 9, 60), without=MAYBE),
    "one far outlier": Case(np.vstack([X, [[1e12, 0.0]]])),
    "one far outlier, one component": Case(np.vstack([X, [[1e12, 0.0]]]), 1, without=None),
    "offset 1e8": Case(X + 1e8, without=None),
    "scale 1e-12": Case(X * 1e-12, reg=1e-30, without=None),
    "scale 1e12": Case(X * 1e12, without=None),
    "scale 1e-12 under reg_covar": Case(
        X * 1e-12, without=None, warns="no column of [xX] has a variance above .*Lower reg_covar, or rescale"
    ),
    "whole numbers as objects": Case(np.round(X * 9).astype(int).astype(object), without=MAYBE),
    "truth values": Case(X > 0, 3, warns=few(4, 3)),
    "single precision": Case(X.astype(np.float32), without=None),
    "9 rows of 5 columns": Case(RNG.normal(size=(9, 5)), 2, without=MAYBE, warns=few(9, 2, 5), of=("full",)),
    "100 columns, 20 rows": Case(RNG.normal(size=(20, 100)), 2, reg=1e-3),
}

REFUSED = {
    "K > N": (X[:8], 9, "n_components.* 9.*(only 8 points|n_samples = 8).*lower n_components"),
    "NaN": (holding(np.nan), 1, r"[xX]\[3, 1\] is nan, expected a finite number: remove or impute such rows first"),
    "infinity": (holding(-np.inf), 1, r"[xX]\[3, 1\] is -inf, expected a finite number"),
    "None": ([[1.0, 2.0], [3.0, None]], 1, r"[xX]\[1, 1\] is (nan|None), expected a finite number"),
    "huge": (holding(1e200), 1, r"[xX] reaches 1e\+200, and its squares would overflow .*rescale it"),
    "empty": (np.empty((0, 2)), 1, r"shape.*\(0, 2\).*(minimum of 2|at least one point)"),
    "no columns": (np.empty((5, 0)), 1, r"shape.*\(5, 0\).*(minimum of 1|one coordinate)"),
    "one dimension": (X[:, 0], 1, r"(?s)(1D array|1 dimension).*reshape\(-1, 1\)"),
    "three dimensions": (X[None], 1, "dim 3|3 dimensions"),
    "text": ([["a", "b"], ["c", "d"]], 1, "[xX] cannot be read as numbers: it holds text"),
    "numbers as text": ([["1", "2"], ["3", "4"]], 1, "[xX] cannot be read as numbers: it holds text"),
    "times": (np.array([["2020-01-01"], ["2020-01-02"]], "M8[D]"), 1, "[xX] cannot be read as numbers: it holds times"),
    "sparse matrix": (csr_matrix(X), 1, r"(?i)sparse.*toarray\(\)"),
    "sparse array": (coo_array(X), 1, r"(?i)sparse.*toarray\(\)"),
    "objects": ([[object(), 1.0], [2.0, 3.0]], 1, "float.. argument must be a string or a real number"),
    "complex": (X + 1j, 1, "(?i)complex"),
    "masked": (np.ma.masked_array(X, X > 1), 1, "[xX] has masked entries: remove or impute"),
    "ragged": ([[1, 2], [3]], 1, "row 1 has length 1, row 0 has length 2"),
}


def by_fit(case, reg, kind):
    found = mx.fit(
        case.x, case.k, covariance_type=kind, reg_covar=reg, sample_weight=case.weight, rng=0, tol=0, max_iter=50
    )
    return found.mixture, found.log_likelihoods


def by_estimator(case, reg, kind):
    model = mx.GaussianMixture(
        case.k, covariance_type=kind, reg_covar=reg, init_params="k-means++", random_state=0, tol=0, max_iter=50
    )
    model.fit(case.x, sample_weight=case.weight)
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        assert np.isfinite(getattr(model, name)).all(), name
    assert np.isfinite(model.score_samples(case.x)).all()
    assert np.isfinite(model.predict_proba(case.x)).all()
    return model.mixture_, model.lower_bounds_


DOORS = {"fit": by_fit, "estimator": by_estimator}


def sound(mixture, history):
    for array in (mixture.weights, mixture.means, mixture.covariances):
        assert np.isfinite(array).all()
    assert abs(mixture.weights.sum() - 1) < 1e-12
    assert np.isfinite(history).all()
    assert (np.diff(history) >= 0).all()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # 50 steps at tol=0 are what we ask for
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", FIT)
def test_a_sound_fit(name, door, kind):
    case = FIT[name]
    if case.warns and kind in case.of:
        with pytest.warns(mx.errors.MixturaWarning, match=case.warns) as caught:
            sound(*DOORS[door](case, case.reg, kind))
        ours = [each for each in caught if each.category is mx.errors.MixturaWarning]
        assert [each.filename for each in ours] == [__file__]  # once, for the caller's line
    else:
        sound(*DOORS[door](case, case.reg, kind))


def said(case, door, kind):
    """What is told at reg_covar=0, or None after a sound fit."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", few(r"\d+", r"\d+", r"\d+"), mx.errors.MixturaWarning)
        try:
            sound(*DOORS[door](case, 0.0, kind))
        except mx.errors.FitError as error:
            return str(error)
    return None


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", ["full", "spherical"])
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", FIT)
def test_without_regularisation_it_fits_or_says_why_not(name, door, kind):
    """Spherical components may fit where full ones collapse."""
    case = FIT[name]
    text = said(case, door, kind)
    if case.without is None:
        assert text is None
    elif text is not None:
        assert re.search(SINGULAR, text)
    else:
        assert kind != "full" or case.without == MAYBE


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", REFUSED)
def test_one_sentence_says_why_not(name, door):
    x, k, says = REFUSED[name]
    with pytest.raises((ValueError, TypeError), match=says):
        DOORS[door](Case(x, k), 1e-6, "full")


def test_the_far_outlier_does_not_hide_the_others():
    """Its own component takes it, and the other describes the rest as if it were not there."""
    model = mx.GaussianMixture(2, random_state=0).fit(FIT["one far outlier"].x)
    rest = int(model.weights_.argmax())
    np.testing.assert_allclose(model.means_[rest], X.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(model.covariances_[rest], np.cov(X.T, bias=True), atol=1e-2)
    assert model.predict(FIT["one far outlier"].x)[-1] != rest


SOLID = np.random.default_rng(1).normal(size=(6, 3))  # of which five full components need twenty
CLASSES = np.arange(54) < 36
SAID = "there are 6 points in {}, but 5 full components of 3 coordinates need 20: some are only as wide as reg_covar "


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: mx.fit(SOLID, 5, rng=0), SAID.format("x")),
        (lambda: mx.fit(lambda: iter([SOLID[:2], SOLID[2:]]), 5, rng=0), SAID.format("x")),
        (lambda: mx.fit(SOLID, 5, rng=0, noise=0.1), SAID.format("x")),
        (lambda: mx.fit(np.repeat(SOLID, 2, axis=0), 5, sample_weight=[1, 0] * 6, rng=0), SAID.format("x")),
        (lambda: mx.GaussianMixture(5, random_state=0).fit(SOLID), SAID.format("X")),
        (
            lambda: mx.GaussianMixtureClassifier(2, random_state=0).fit(np.repeat(SOLID, 9, axis=0), CLASSES),
            r"there are [24] different points in class (True|False), but 2 full components of 3 coordinates need 8",
        ),
        (
            lambda: mx.GaussianMixtureRegressor(2, random_state=0).fit(np.repeat(SOLID[:, :2], 9, axis=0), [1] * 54),
            "there are 6 different points in X and y, but 2 full components of 3 coordinates need 8",
        ),
    ],
)
def test_too_few_points_are_told_once(ask, says):
    with pytest.warns(mx.errors.MixturaWarning) as caught:
        ask()
    ours = [str(each.message) for each in caught if each.category is mx.errors.MixturaWarning]
    assert all(re.match(says, text) for text in ours)
    assert len(ours) == len(set(ours)) == (2 if "class" in says else 1)
    assert {each.filename for each in caught if each.category is mx.errors.MixturaWarning} == {__file__}


def test_what_is_known_beside_the_points_is_enough():
    """A prior, widths that are held, and cells of a width of their own; warnings are errors here."""
    start = mx.Mixture(np.ones(5) / 5, SOLID[:5], [np.eye(3)] * 5)
    mx.fit(SOLID, 5, rng=0, prior="default")
    mx.fit(SOLID, 5, start=start, fixed={"covariances": range(5)})
    mx.fit(mx.Points.from_array(SOLID, within_variance=0.1), 5, rng=0)
    mx.fit(SOLID, 1, rng=0)
    mx.BayesianGaussianMixture(n_components=5, random_state=0).fit(SOLID)
    flat = np.repeat(SOLID[:, :1], 9, axis=0)
    mx.GaussianMixtureClassifier(2, prior="default", random_state=0).fit(flat, np.arange(54) < 27)


def test_the_command_warns_and_fits(tmp_path):
    np.save(tmp_path / "solid.npy", SOLID)
    said = mixtura("fit", "solid.npy", "-k", "5", folder=tmp_path)
    assert said.code == 0
    assert said.err.startswith("mixtura: there are 6 points in x, but 5 full components of 3 coordinates need 20: ")
    assert said.err.endswith("Lower -k to 1, take a simpler --covariance, give more points, or --prior.\n")
    assert said.err.count("\n") == 1
    assert mx.load(tmp_path / "solid.mix").n_components == 5


def test_more_components_than_points_of_weight():
    for ask in (mx.GaussianMixture(3).fit, lambda x, sample_weight: mx.fit(x, 3, sample_weight=sample_weight)):
        with pytest.raises(mx.errors.FitError, match="only 2 points have weight: lower n_components to 2 or less"):
            ask(X, sample_weight=(np.arange(60) < 2) * 1.0)


def test_attributes_that_single_precision_cannot_hold_are_double():
    x = np.float32(1e-25) * RNG.normal(size=(50, 2)).astype(np.float32)
    model = mx.GaussianMixture(reg_covar=0).fit(x)
    assert model.covariances_.dtype == np.float64
    np.testing.assert_allclose(model.covariances_[0], np.cov(x.astype(float).T, bias=True), rtol=1e-5)
    assert np.isfinite(model.precisions_).all()
    assert np.isfinite(model.score_samples(x)).all()


def test_a_frame_with_times_is_told_which_column():
    frame = pytest.importorskip("pandas").DataFrame({"a": [1.0, 2.0], "t": np.array(["2020-01-01"] * 2, "M8[ns]")})
    with pytest.raises(ValueError, match="column 't' holds times; convert it first"):
        mx.GaussianMixture(1).fit(frame)
