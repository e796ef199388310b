"""EM in the page against mx.fit: the same steps from the same start, and the same starts from the same seed."""

from typing import get_args

import numpy as np
import pytest
from scripts import answers, covariances_of, needs_node, parts_of

import mixtura as mx
from mixtura.em.settings import StartName
from mixtura.studio import starting

pytestmark = needs_node
KINDS = ("full", "tied", "diag", "spherical")


def two_moons(n, seed=0):
    rng = np.random.default_rng(seed)
    turn = rng.uniform(0, np.pi, n)
    upper = rng.random(n) < 0.5
    x = np.where(upper, np.cos(turn), 1 - np.cos(turn))
    y = np.where(upper, np.sin(turn), 0.5 - np.sin(turn))
    return np.column_stack([x, y]) + rng.normal(0, 0.08, (n, 2))


def hard(name):
    """Points on which EM is not easy."""
    rng = np.random.default_rng(7)
    if name == "moons":
        return two_moons(700)
    if name == "one column":
        return np.concatenate([rng.normal(0, 1, 300), rng.normal(1e-2, 1e-3, 60), [50.0]])[:, None]
    if name == "far from 0":
        return 1e5 + two_moons(500)
    if name == "unlike units":
        return np.column_stack([1e4 * rng.standard_t(3, 400), 1e-2 * rng.normal(size=400)])
    if name == "repeated":
        return rng.integers(0, 4, (300, 2)).astype(float)
    return rng.normal(size=(500, 5)) @ rng.normal(size=(5, 5)) + rng.integers(0, 3, 500)[:, None]


DATA = ("moons", "one column", "far from 0", "unlike units", "repeated", "five columns")


def begun(x, k, kind, seed):
    """A mixture to begin from, that no start would make."""
    rng = np.random.default_rng(seed)
    found = mx.fit(x, k, covariance_type=kind, start="random_from_data", rng=seed, max_iter=0).mixture
    weights = rng.dirichlet(np.full(k, 2.0))
    return mx.Mixture(
        weights, found.means + 0.1 * x.std(axis=0) * rng.normal(size=found.means.shape), found.covariances, kind
    )


def climbs(*cases):
    """What EM in the page finds: cases are (points, mixture to begin from or {"k", "start", "seed"}, settings)."""
    calls = []
    for x, begin, settings in cases:
        given = {"kind": "full", "tol": 0, "limit": 20, "prior": False, "pins": None, **settings}
        begin = parts_of(begin) if isinstance(begin, mx.Mixture) else begin
        calls.append(("./climb.mjs", "climb", x.ravel(), x.shape[1], begin, given))
    return answers(*calls)


def assert_same(found, fit):
    np.testing.assert_allclose(found["objectives"], fit.log_likelihoods, rtol=1e-9, atol=1e-9)
    scale = np.sqrt(np.trace(np.atleast_2d(fit.mixture.covariance())))
    np.testing.assert_allclose(found["parts"]["weights"], fit.mixture.weights, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found["parts"]["means"], fit.mixture.means.ravel(), rtol=1e-9, atol=1e-9 * scale)
    np.testing.assert_allclose(covariances_of(found["parts"]), fit.mixture.matrices, rtol=1e-9, atol=1e-9 * scale**2)


@pytest.mark.parametrize("data", DATA)
@pytest.mark.filterwarnings("ignore:there are 16 different points")
def test_twenty_steps_are_those_of_fit(data):
    x = hard(data)
    begins = [begun(x, 6, kind, 1) for kind in KINDS]
    found = climbs(*[(x, begin, {"kind": kind}) for kind, begin in zip(KINDS, begins, strict=True)])
    for kind, begin, each in zip(KINDS, begins, found, strict=True):
        fit = mx.fit(x, 6, covariance_type=kind, start=begin, tol=0, max_iter=20, engine="reference")
        assert_same(each, fit)


def test_the_prior_is_pythons_default():
    x = hard("moons")
    begins = [begun(x, 5, kind, 3) for kind in KINDS]
    found = climbs(*[(x, begin, {"kind": kind, "prior": True}) for kind, begin in zip(KINDS, begins, strict=True)])
    for kind, begin, each in zip(KINDS, begins, found, strict=True):
        given = {"covariance_type": kind, "start": begin, "prior": "default"}
        fit = mx.fit(x, 5, **given, tol=0, max_iter=20, engine="reference")
        assert_same(each, fit)
        assert each["value"] == pytest.approx(fit.log_posteriors[-1], rel=1e-9)


PINS = {
    "means": {"means": [0, 3]},
    "weights": {"weights": [1, 2]},
    "all of one": {"means": [2], "covariances": [2], "weights": [2]},
    "covariances": {"covariances": [0, 1, 2, 3]},
}


@pytest.mark.parametrize("pinned", PINS)
def test_pins_are_what_fit_holds_fixed(pinned):
    x = hard("moons")
    cases = []
    for kind in KINDS:
        fixed = PINS[pinned]
        if kind == "tied" and "covariances" in fixed:
            fixed = {**fixed, "covariances": [0, 1, 2, 3]}
        pins = np.zeros(4, np.uint8)
        for bit, part in ((1, "means"), (2, "covariances"), (4, "weights")):
            pins[fixed.get(part, [])] |= bit
        cases.append((kind, begun(x, 4, kind, 5), fixed, pins))
    found = climbs(*[(x, begin, {"kind": kind, "pins": pins}) for kind, begin, _, pins in cases])
    for (kind, begin, fixed, _), each in zip(cases, found, strict=True):
        given = {"covariance_type": kind, "start": begin, "fixed": fixed}
        assert_same(each, mx.fit(x, 4, **given, tol=0, max_iter=20, engine="reference"))


def test_lost_components_are_revived_as_in_fit():
    x = hard("moons")
    far = np.array([[0.0, 0], [1, 0], [900, 900], [-900, 900]])
    covariances = {"full": np.tile(np.eye(2), (4, 1, 1)), "diag": np.ones((4, 2)), "spherical": np.ones(4)}
    begins = [mx.Mixture(np.full(4, 0.25), far, covariances[kind], kind) for kind in covariances]
    found = climbs(*[(x, begin, {"kind": begin.covariance_type}) for begin in begins])
    for begin, each in zip(begins, found, strict=True):
        given = {"covariance_type": begin.covariance_type, "start": begin}
        fit = mx.fit(x, 4, **given, tol=0, max_iter=20, engine="reference")
        assert (fit.mixture.weights > 0).all()
        assert_same(each, fit)


def test_it_ends_as_fit_does():
    x = hard("moons")
    begin = begun(x, 3, "full", 2)
    ways = [{"tol": 1e-3, "limit": 100}, {"tol": 1e-6, "limit": 500}, {"tol": 0, "limit": 2}]
    reasons = {"max_iter": "limit", "converged": "converged", "stalled": "converged"}
    for way, found in zip(ways, climbs(*[(x, begin, way) for way in ways]), strict=True):
        fit = mx.fit(x, 3, start=begin, tol=way["tol"], max_iter=way["limit"])
        assert len(found["objectives"]) == len(fit.log_likelihoods)
        assert found["reason"] == reasons[fit.stop_reason]


def test_criteria_are_pythons():
    x = hard("moons")
    begins = [begun(x, 4, kind, 2) for kind in KINDS]
    found = climbs(*[(x, begin, {"kind": kind, "limit": 3}) for kind, begin in zip(KINDS, begins, strict=True)])
    for kind, begin, each in zip(KINDS, begins, found, strict=True):
        mixture = mx.fit(x, 4, covariance_type=kind, start=begin, tol=0, max_iter=3).mixture
        for name in ("bic", "icl", "aic"):
            assert each["criteria"][name] == pytest.approx(getattr(mx, name)(mixture, x), rel=1e-9)


@pytest.mark.parametrize("start", get_args(StartName))
def test_a_seed_gives_the_same_start_as_in_python(start):
    jobs = [("moons", 6, 5), ("unlike units", 4, 0), ("five columns", 3, 12345678901)]
    cases = [(hard(data), k, seed, kind) for data, k, seed in jobs for kind in ("full", "spherical")]
    found = climbs(
        *[(x, {"k": k, "start": start, "seed": seed}, {"kind": kind, "limit": 5}) for x, k, seed, kind in cases]
    )
    for (x, k, seed, kind), each in zip(cases, found, strict=True):
        assert_same(each, mx.fit(x, k, covariance_type=kind, start=start, rng=seed, max_iter=5, tol=0))


def test_a_start_of_many_points_looks_at_the_same_ones():
    x = two_moons(12_000, seed=3)
    fit = mx.fit(x, 20, start="kmeans", rng=2, max_iter=0)
    (found,) = answers(("./climb.mjs", "start", x.ravel(), 2, 20, {"kind": "full", "start": "kmeans", "seed": 2}))
    np.testing.assert_allclose(found["means"], fit.mixture.means.ravel(), rtol=1e-9, atol=1e-9)


def test_random_numbers_are_numpys():
    for seed in (0, 7, 2**32 - 1, 2**64 + 3):
        rng = np.random.default_rng(seed)
        expected = [rng.random(), *rng.choice(440, 6, replace=False)]
        expected += [*rng.choice(20_000, 399, replace=False), *rng.choice(20_000, 401, replace=False)]
        expected += [*rng.choice(20_000, 999, replace=False, shuffle=False)]
        expected += [*rng.choice(20_000, 1001, replace=False, shuffle=False), rng.integers(0, 3, 5)[4], rng.random()]
        (found,) = answers(("./climb.mjs", "draws", str(seed)))
        assert found.tolist() == [float(value) for value in expected]


def test_a_fit_goes_on_from_as_many_components_as_the_server_makes():
    mix = begun(hard("moons"), 7, "full", 1)
    pins = np.array([1, 0, 0, 6, 0, 0, 2], np.uint8)
    jobs = [(9, pins), (5, pins), (3, pins), (2, pins), (10, np.full(7, 7, np.uint8)), (7, pins)]
    cases = [(k, held, kind) for k, held in jobs for kind in KINDS]
    found = answers(*[("families", "resizedWith", parts_of(mix), held, k, kind) for k, held, kind in cases])
    for (k, held, kind), (parts, kept) in zip(cases, found, strict=True):
        expected, pinned = starting.resized(starting.in_family(mix, kind), held, k)
        expected = starting.in_family(expected, kind)
        assert kept.tolist() == list(pinned)
        np.testing.assert_allclose(parts["weights"], expected.weights, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(parts["means"], expected.means.ravel(), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(covariances_of(parts), expected.matrices, rtol=1e-9, atol=1e-9)


def test_a_component_without_width_is_refused_with_a_sentence():
    x = np.column_stack([np.arange(8.0) * 1e9, np.arange(8.0) * 2e9])
    begin = mx.Mixture([1.0], [[3e9, 6e9]], [[[1e19, 0], [0, 1e19]]])
    with pytest.raises(AssertionError, match="lie on a point or a line, up to rounding"):
        climbs((x, begin, {}))
