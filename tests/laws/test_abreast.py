"""Climbs abreast are the climbs of `loop`, each as if it were alone."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_iris

import mixtura as mx
from mixtura.em import lockstep
from mixtura.em.abreast import climbs, starts
from mixtura.em.hierarchy import Hierarchy
from mixtura.em.loop import climb
from mixtura.em.objective import Objective
from mixtura.em.settings import Settings
from mixtura.em.start import from_labels
from mixtura.engines.blas import BlasEngine
from mixtura.engines.reference import ReferenceEngine
from mixtura.kernels import products
from mixtura.kernels.gaussians import Gaussians
from mixtura.model.families import COVARIANCE_TYPES, family
from mixtura.model.gaussian import arrays

X = load_iris().data
WEIGHT = np.random.default_rng(0).integers(1, 4, len(X)).astype(float)
POINTS = mx.Points.from_array(X, weight=WEIGHT)
TREE = Hierarchy.of(POINTS)
SIZES = (1, 2, 3, 5)
FORMS = pytest.mark.parametrize("triangular", [True, False], ids=["matrices", "variances"])


def cells(triangular):
    kinds = [kind for kind in COVARIANCE_TYPES if family(kind).triangular == triangular]
    return [(kind, k) for k in reversed(SIZES) for kind in kinds]  # in no order that it might need


def begun(some, settings):
    parts = [(family(kind), *TREE.parts(k)) for kind, k in some]
    return starts(parts, None, settings)


@FORMS
def test_starts_are_those_of_the_parts(triangular):
    some, settings = cells(triangular), Settings("full", 1e-4, 100, 1e-6, 1)
    for (kind, k), found in zip(some, begun(some, settings), strict=True):
        expected = from_labels(POINTS, TREE.labels(k), k, kind, Objective(1e-6))
        for name in ("weights", "means", "covariances"):
            np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-6, atol=1e-9)


@FORMS
def test_they_end_where_each_ends_alone(triangular):
    some, settings = cells(triangular), Settings("full", 1e-9, 1000, 1e-6, 1)
    first, engine = begun(some, settings), BlasEngine(POINTS, some[0][0], 1)
    told = climbs(engine.table, engine.total, first, settings)
    ended = 0
    for (kind, _), start, found in zip(some, first, told, strict=True):
        values = np.array(found.visited)[:, 0]
        assert (np.diff(values) >= 0).all()
        assert found.place.mixture.covariance_type == family(kind).name
        alone = ReferenceEngine(POINTS).expect(found.place.mixture).mean_log_likelihood
        assert found.place.value == values[-1] == pytest.approx(alone, rel=1e-9)
        if found.reason == "max_iter":  # it goes on from there by itself
            continue
        ended += 1
        expected = climb(engine, start, Objective(1e-6), settings=replace(settings, covariance_type=kind))
        assert found.place.value == pytest.approx(expected.log_likelihood, abs=1e-5), kind
    assert ended > 0.5 * len(some)


def test_threads_change_no_bit():
    x = np.random.default_rng(0).normal(size=(40_000, 4)) + np.arange(40_000)[:, None] % 3 * 1.5
    points = mx.Points.from_array(x)
    tree, settings = Hierarchy.of(points.take(np.arange(300))), Settings("full", 1e-4, 20, 1e-6, 1)
    first = starts([(family("full"), *tree.parts(k)) for k in (2, 3, 5)], None, settings)
    table = BlasEngine(points, "full", 1).table
    one, two = (climbs(table, float(len(x)), first, settings, n) for n in (1, 2))
    assert [each.visited for each in one] == [each.visited for each in two]


def test_a_climb_that_loses_its_width_goes_on_alone():
    x = np.random.default_rng(0).normal(size=(80, 2))
    x[60:] += 3.0  # near, so that the other one climbs in steps above rounding
    points = mx.Points.from_array(x)
    settings, engine = Settings("full", 1e-4, 100, 1e-2, 1), BlasEngine(points, "full", 1)
    wide = mx.Mixture([0.5, 0.5], [[0, 0], [9, 9]], [np.eye(2)] * 2)
    flat = mx.Mixture([0.5, 0.5], [[0, 0], [9, 9]], [np.eye(2), 1e-3 * np.eye(2)])  # less than is allowed
    one, other = climbs(engine.table, engine.total, [flat, wide], settings)
    assert (one.reason, len(one.visited)) == ("max_iter", 1)
    assert other.reason == "converged"
    expected = climb(engine, wide, Objective(1e-2), settings=settings)
    assert other.place.value == pytest.approx(expected.log_likelihood, abs=1e-5)
    assert climb(engine, flat, Objective(1e-2), settings=settings, again=one).converged


@pytest.mark.parametrize("n", [40, 4000])
@FORMS
def test_an_e_step_of_many_is_that_of_each(n, triangular):
    rng = np.random.default_rng(n)
    points = mx.Points.from_array(rng.normal(size=(n, 3)), weight=rng.uniform(0.5, 2.0, n))
    kind = "full" if triangular else "diag"
    several = [mx.fit(points, k, covariance_type=kind, max_iter=3, tol=0, rng=k).mixture for k in (1, 2, 2, 5)]
    gaussians = Gaussians(*map(np.concatenate, zip(*map(arrays, several), strict=True)))
    sizes = np.array([each.n_components for each in several])
    table = products.prepare(points.x, points.weight)
    mass, first, second, values = products.expect_each(table, gaussians, sizes, 1)
    engine, place = ReferenceEngine(points), 0
    for each, value in zip(several, values, strict=True):
        expected, some = engine.expect(each), slice(place, place + each.n_components)
        np.testing.assert_allclose(mass[some], expected.mass, rtol=1e-9)
        np.testing.assert_allclose(first[some], expected.first, rtol=1e-7, atol=1e-8 * n)
        np.testing.assert_allclose(second[some], expected.second, rtol=1e-7, atol=1e-8 * n)
        assert value == pytest.approx(expected.log_likelihood, rel=1e-10)
        place += each.n_components


def test_densities_that_overflow_are_summed_all_the_same():
    x = np.random.default_rng(0).normal(size=(200, 2)) * 1e-3
    x[0] = 40.0  # which vanishes in all
    thin = mx.Mixture([0.5, 0.5], [[0, 0], [1e-3, 0]], [1e-6, 1e-6], "spherical")
    two = Gaussians(*(np.concatenate([each] * 2) for each in arrays(thin)))
    *_, values = products.expect_each(products.prepare(x), two, np.array([2, 2]), 1)
    expected = ReferenceEngine(mx.Points.from_array(x)).expect(thin).log_likelihood
    np.testing.assert_allclose(values, expected, rtol=1e-9)


def test_a_choice_is_the_same_abreast_or_one_by_one(monkeypatch):
    """And on any number of threads, to the bit, in several blocks."""
    for name, number in {"AT_ONCE": 0, "NUMBERS": 2**11, "LEAST": 8}.items():
        monkeypatch.setattr(products, name, number)
    asked = {"covariance_type": ["full", "VVE", "EVI"], "start": "hierarchical", "rng": 0, "tol": 1e-7}
    one, two = (mx.choose(X, range(1, 4), n_threads=n, **asked) for n in (1, 2))
    assert [each.bic for each in one.candidates] == [each.bic for each in two.candidates]
    monkeypatch.setattr(lockstep, "ABREAST", 0)
    alone = mx.choose(X, range(1, 4), **asked)
    for each, other in zip(one.candidates, alone.candidates, strict=True):
        assert (each.covariance_type, each.n_components) == (other.covariance_type, other.n_components)
        assert each.bic == pytest.approx(other.bic, abs=0.05)
    assert one.best.covariance_type == alone.best.covariance_type
