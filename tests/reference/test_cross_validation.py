"""Choosing by points that were held out: against Gaussians fitted by hand, and for every kind of source."""

import numpy as np
import pytest
from cases import clouds
from scipy.stats import multivariate_normal

import mixtura as mx
from mixtura.em import choose as door
from mixtura.em.held_out import folds
from mixtura.errors import FitError, InputError

X = clouds(90, 2)
APART = np.concatenate([np.random.default_rng(k).normal(9 * k, 1, (60, 2)) for k in range(3)])
APART = APART[np.random.default_rng(0).permutation(len(APART))]


@pytest.fixture
def drawn(monkeypatch):
    """The folds that a choice draws."""
    seen = []
    monkeypatch.setattr(door, "folds", lambda *given: seen.extend(folds(*given)) or seen)
    return seen


@pytest.mark.parametrize("weighted", [False, True])
def test_one_gaussian_is_that_of_the_other_folds(drawn, weighted):
    weight = np.random.default_rng(1).integers(0, 4, len(X)).astype(float) if weighted else None
    settings = {"covariance_type": "full", "criterion": "cv", "n_folds": 4, "sample_weight": weight}
    (found,) = mx.choose(X, 1, reg_covar=0, rng=3, **settings).candidates
    sums = []
    for held, others in drawn:
        mean = np.average(others.x, axis=0, weights=others.counts)
        away = others.x - mean
        gaussian = multivariate_normal(mean, (away * others.counts[:, None]).T @ away / others.total)
        sums.append(held.counts @ gaussian.logpdf(held.x))
    totals = np.array([held.total for held, _ in drawn])
    assert totals.sum() == (len(X) if weight is None else weight.sum())
    assert sum(len(held.x) for held, _ in drawn) == (len(X) if weight is None else np.count_nonzero(weight))
    assert found.cv == pytest.approx(sum(sums) / totals.sum(), rel=1e-12)
    assert found.repeats == pytest.approx(np.array(sums) / totals, rel=1e-12)
    assert found.spread == pytest.approx(np.std(np.array(sums) / totals, ddof=1) / 2, rel=1e-12)


def test_it_finds_three_clusters_and_the_simplest_family():
    found = mx.choose(APART, range(1, 5), covariance_type=["EII", "full"], criterion="cv", rng=0)
    assert (found.best.n_components, found.best.covariance_type) == (3, "EII")
    assert found.best.cv == max(each.cv for each in found.candidates)
    assert str(found).splitlines()[-1] == "> highest cv: 3 EII"
    assert str(found).splitlines()[0].split()[-2:] == ["cv", "spread"]
    assert found.rows()[0]["cv"] == found.candidates[0].cv
    assert "cv" in repr(found.best)
    same = mx.choose(APART, range(1, 5), covariance_type=["EII", "full"], rng=0)  # the whole fits are those of bic
    assert [each.bic for each in same.candidates] == [each.bic for each in found.candidates]
    assert found.by("bic").best.bic == same.best.bic
    with pytest.raises(InputError, match=r"have no cv: mx\.choose\(\.\.\., criterion='cv'\) finds it"):
        _ = same.by("cv").best


def test_blocks_are_held_out_as_memory_is():
    weight = np.random.default_rng(1).integers(0, 3, len(X)).astype(float)
    gaps = X.copy()
    gaps[::7, 0] = np.nan
    for x in (X, gaps):
        asked = {"criterion": "cv", "covariance_type": "diag", "missing": True, "rng": 0, "n_folds": 3}
        expected = mx.choose(x, [1, 2], sample_weight=weight, **asked)

        def blocks(x=x):
            return zip(np.array_split(x, 4), np.array_split(weight, 4), strict=True)

        found = mx.choose(blocks, [1, 2], **asked)
        for each, other in zip(found.candidates, expected.candidates, strict=True):
            assert each.cv == pytest.approx(other.cv, rel=1e-6)


def test_what_has_no_score_is_ruled_out():
    found = mx.choose(X[:8], [1, 6], covariance_type="EII", criterion="cv", n_folds=2, rng=0)
    few = found.candidates[1]
    assert found.best.n_components == 1
    assert few.cv is None
    assert few.reason.startswith("without fold 0, n_components is 6, but only 4 points have weight")


WRONG = {
    "folds": ({"n_folds": 1}, "n_folds is 1: give a whole number >= 2"),
    "points": ({"n_folds": 21}, "n_folds is 21, but 20 points have weight: lower it to 20 or less"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_asked_says_why(name):
    settings, said = WRONG[name]
    with pytest.raises(InputError, match=said):
        mx.choose(X[:20], 1, criterion="cv", **settings)
    with pytest.raises(FitError):
        mx.choose(np.ones((6, 2)), 1, reg_covar=0, criterion="cv", covariance_type="full")
