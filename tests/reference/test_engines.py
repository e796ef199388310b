"""One table: engines x covariance types x data, each E-step against the reference."""

import pickle

import numpy as np
import pytest
from cases import KINDS, cases, mixture_for

import mixtura as mx
from comparing import mixture_gap, statistics_gap
from mixtura.em.maximise import maximise
from mixtura.engines.choose import choose_engine
from mixtura.engines.reference import ReferenceEngine
from mixtura.kernels import over_tiles, products, tiles
from mixtura.kernels.low_dimension import over
from mixtura.kernels.memory import begun, no_moments, scratch
from mixtura.kernels.packs import Pack
from mixtura.model import evaluate
from mixtura.model.gaussian import arrays

ENGINES = ("blas", "cpu")
TABLE = cases()

# Whitened coordinates z reach some 10 at points that count, with 16 digits; z squared and summed over d <= 40
# coordinates and thousands of points loses four of them.
DOUBLE = 1e-11
# 7 digits in z, squared and exponentiated: 1e-7 * z^2 with z^2 < 100 for a pair that counts.
SINGLE = 2e-5


# Each number of coordinates is compiled for triangles and for diagonals: to save time, some for one of them only.
LEFT_OUT = {"5 coordinates": "ds", "8 coordinates": "ds", "16 coordinates": "ft", "many tiles, 5 coordinates": "ds"}
PAIRS = [(name, kind) for name in TABLE for kind in KINDS if kind[0] not in LEFT_OUT.get(name, "")]


def statistics(engine, case, kind, mix, dtype="float64", n_threads=None):
    points = mx.Points.from_array(case.x, case.weight, dtype=dtype)
    chosen = choose_engine(points, mix.n_components, kind, engine, n_threads)
    return chosen.expect(mix), ReferenceEngine(points).expect(mix)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("name", "kind"), PAIRS)
@pytest.mark.parametrize("dormant", [0, 2])
def test_statistics(engine, kind, name, dormant):
    mix = mixture_for(TABLE[name], kind, dormant=dormant)
    found, expected = statistics(engine, TABLE[name], kind, mix)
    assert statistics_gap(found, expected, mix) < DOUBLE
    assert (found.mass[:dormant] == 0).all()
    assert found.second.shape == mix.covariances.shape


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("k", [1, 2, 64, 300])
@pytest.mark.parametrize("d", [2, 17])
def test_number_of_components(engine, kind, k, d):
    case = TABLE["many tiles"] if d == 2 else TABLE["17 coordinates"]
    mix = mixture_for(case, kind, k).scale_covariances(4 / k)
    assert statistics_gap(*statistics(engine, case, kind, mix), mix) < DOUBLE


@pytest.mark.parametrize(("dtype", "gap"), [("float64", DOUBLE), ("float32", SINGLE)])
@pytest.mark.parametrize("kind", ["full", "diag"])
def test_so_many_components_that_parts_of_a_tile_have_their_own(kind, dtype, gap):
    case = TABLE["many tiles"]
    mix = mixture_for(case, kind, 2000).scale_covariances(0.05)
    assert statistics_gap(*statistics("cpu", case, kind, mix, dtype), mix) < gap
    table, parts = Pack(tiles.build(case.x, None, np.dtype(dtype))), Pack(evaluate.components(mix, np.dtype(dtype)))
    memory = begun(scratch(len(table.offset), *parts.table.shape, 2, dtype), parts.table)
    out = no_moments(len(parts.table), 2000, dtype)
    visited = [over(0, table, parts, memory, tile, tile + 1, 40.0, 1e4, out)[1] for tile in range(len(table.u))]
    assert any(pairs % tiles.TILE for pairs in visited), "of no tile do parts visit fewer than the others"


def test_an_engine_that_is_pickled_leaves_its_memory_behind():
    points = mx.Points.from_array(TABLE["many tiles"].x)
    mix = mixture_for(TABLE["many tiles"], "full")
    engine = choose_engine(points, 3, "full", "cpu")
    expected = engine.expect(mix)
    again = pickle.loads(pickle.dumps(engine))
    assert engine.rooms
    assert not again.rooms
    assert again.expect(mix).second.tobytes() == expected.second.tobytes()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["many tiles, 5 coordinates", "unequal weights", "17 coordinates, zero weights"])
def test_several_blocks_of_products(monkeypatch, kind, name):
    monkeypatch.setattr(products, "AT_ONCE", 0)
    monkeypatch.setattr(products, "NUMBERS", 2**10)
    mix = mixture_for(TABLE[name], kind)
    (found, expected), (again, _) = (statistics("blas", TABLE[name], kind, mix, n_threads=t) for t in (1, 3))
    assert statistics_gap(found, expected, mix) < DOUBLE
    assert again.second.tobytes() == found.second.tobytes()


@pytest.mark.parametrize("kind", ["full", "diag"])
@pytest.mark.parametrize("several", [False, True])
def test_what_shrinks_to_a_point_in_one_step_keeps_its_width(monkeypatch, kind, several):
    """Products of features tell variances of 1 there from far away, and none of 1e-14."""
    monkeypatch.setattr(products, "AT_ONCE", 0)
    monkeypatch.setattr(products, "FEW", 0)
    rng = np.random.default_rng(0)
    wide, point = rng.normal(size=(2000, 2)), 50.0 + 1e-7 * rng.normal(size=(1000, 2))
    points = mx.Points.from_array(np.concatenate([wide, point]))
    covariances = {"full": np.array([np.eye(2)] * 3), "diag": np.ones((3, 2))}[kind]
    mix = mx.Mixture([0.4, 0.3, 0.3], [[0.0, 0.0], [0.5, 0.5], [50.0, 50.0]], covariances, kind)
    table = products.prepare(points.x)
    assert not len(products._Components(table, arrays(mix)).apart), "components by features"
    if several:
        _, _, second, _ = products.expect_each(table, arrays(mix), np.array([3]), 1)
    else:
        _, _, second, _ = products.expect(table, arrays(mix), 1)
    np.testing.assert_allclose(second[2], ReferenceEngine(points).expect(mix).second[2], rtol=1e-6)


@pytest.mark.parametrize("kind", ["full", "diag"])
@pytest.mark.parametrize("d", [1, 2, 3, 4, 5, 6, 8, 9])
def test_moments_by_features_of_every_pair_of_coordinates(monkeypatch, d, kind):
    """The pairs are written in another way for even d."""
    monkeypatch.setattr(products, "AT_ONCE", 0)
    monkeypatch.setattr(products, "FEW", 0)
    rng = np.random.default_rng(d)
    points = mx.Points.from_array(rng.normal(size=(1500, d)) @ (np.eye(d) + 0.1 * rng.normal(size=(d, d))))
    mix = mx.fit(points, 12, covariance_type=kind, max_iter=2, tol=0, rng=0).mixture
    parts = products._Components(products.prepare(points.x), arrays(mix))
    assert len(parts.theta) > 6, "components by features"
    found = choose_engine(points, 12, kind, "blas", 1).expect(mix)
    assert statistics_gap(found, ReferenceEngine(points).expect(mix), mix) < DOUBLE


def test_a_range_of_tiles_that_meets_some_of_the_components(monkeypatch):
    monkeypatch.setattr(over_tiles, "WORTH", 0)  # several ranges
    rng = np.random.default_rng(0)
    means = 100.0 * np.arange(40)[:, None] * [1.0, 1.0]
    mix = mx.Mixture(np.ones(40), means, np.ones((40, 2)), "diag")
    points = mx.Points.from_array(np.repeat(means, 600, axis=0) + rng.normal(size=(24_000, 2)))
    found = choose_engine(points, 40, "diag", "cpu", 2).expect(mix)
    assert statistics_gap(found, ReferenceEngine(points).expect(mix), mix) < DOUBLE


SINGLE_CASES = ("2 coordinates", "5 coordinates", "17 coordinates", "many tiles", "unequal weights", "zero weights")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("name", "kind"), [pair for pair in PAIRS if pair[0] in SINGLE_CASES])
def test_single_precision(engine, kind, name):
    mix = mixture_for(TABLE[name], kind, dormant=1)
    found, expected = statistics(engine, TABLE[name], kind, mix, "float32")
    assert statistics_gap(found, expected, mix) < SINGLE


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("d", [2, 17])
def test_single_precision_far_from_the_origin(engine, kind, scale, d):
    """Whole numbers below 2^24 are exact in float32, so only the engine's own rounding shows."""
    case = TABLE[f"{d} coordinates"]
    case = case._replace(x=(np.round(case.x * 4) + 1_000_000).astype(np.float32).astype(float) * scale)
    mix = mixture_for(case, kind)
    found, expected = statistics(engine, case, kind, mix, "float32")
    # Scaled by no power of two, the points themselves are rounded, alike for both.
    assert statistics_gap(found, expected, mix) < SINGLE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [2, 3, 17])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_any_number_of_threads_gives_the_same_bits(monkeypatch, kind, d, dtype):
    monkeypatch.setattr(over_tiles, "WORTH", 0)  # several ranges
    n = {2: 20_000, 3: 5_000, 17: 3_000}[d]
    case = TABLE["2 coordinates"]._replace(x=np.random.default_rng(d).normal(5, 1, (n, d)))
    mix = mixture_for(case, kind, 9)
    points = mx.Points.from_array(case.x, dtype=dtype)
    bits = set()
    for n_threads in (1, 2, 3, 8, None):
        found = choose_engine(points, 9, kind, "cpu", n_threads).expect(mix)
        bits.add((found.mass.tobytes(), found.first.tobytes(), found.second.tobytes(), found.log_likelihood))
    assert len(bits) == 1


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("name", "kind"), [pair for pair in PAIRS if pair[0] != "outlier"])
def test_several_steps(engine, kind, name):
    """Whole EM steps, so that the M-step sees what the engine says.

    Without the outlier: there a component contracts in one step from a variance of 5e9 onto that point, and what is
    left of its variance is the rounding of the M-step.
    """
    case = TABLE[name]
    mix = there = mixture_for(case, kind)
    points = mx.Points.from_array(case.x, case.weight)
    reg = case.reg or 1e-3 * float(np.linalg.eigvalsh(mix.matrices).min())
    for _ in range(3):
        mix = maximise(choose_engine(points, 6, kind, engine).expect(mix), mix, reg_covar=reg)
        there = maximise(ReferenceEngine(points).expect(there), there, reg_covar=reg)
    # A component left with a point or two is as uncertain as its responsibilities: 1e-11 over a small weight.
    assert mixture_gap(mix, there) < 1e-7


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("dtype", "relative"),
    [
        # The middle of its tile stays with the many, so that only the outlier's own digits are coarse.
        ("float64", 1e-11),
        ("float32", 1e-4),
    ],
)
def test_an_outlier_costs_its_neighbours_few_digits(kind, dtype, relative):
    narrow = mixture_for(TABLE["2 coordinates"], kind, 40).scale_covariances(0.05)
    found, expected = statistics("cpu", TABLE["outlier"], kind, narrow, dtype)
    # The outlier itself is not looked at: it is millions of deviations from every component.
    near = expected.mass > 1
    np.testing.assert_allclose(found.mass[near], expected.mass[near], rtol=relative)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["full", "diag"])
@pytest.mark.parametrize("thin", [1.0, 1e-3])
def test_islands_in_a_wide_sea(engine, kind, thin):
    """Clusters that are far from each other and, along one axis or a diagonal, thin: no centre serves all of them."""
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0] if kind == "full" else np.eye(3)
    shape = np.diag([thin, 1.0, 1.0]) @ turn
    centres = 1e4 * rng.normal(size=(6, 3))
    x = centres[np.arange(900) % 6] + rng.normal(size=(900, 3)) @ shape
    covariance = shape.T @ shape
    covariances = [covariance if kind == "full" else np.diag(covariance)] * 6
    mix = mx.Mixture(np.ones(6), centres + 0.1 * thin, covariances, kind)
    case = TABLE["3 coordinates"]._replace(x=x)
    assert statistics_gap(*statistics(engine, case, kind, mix), mix) < 1e-9


@pytest.mark.parametrize("engine", ENGINES)
def test_needles(engine):
    """Their means are where their points are, but thin and long directions are in all coordinates."""
    rng = np.random.default_rng(0)
    needle = np.diag([1e4, 0.1]) @ np.array([[0.8, 0.6], [-0.6, 0.8]])
    case = TABLE["2 coordinates"]._replace(x=rng.normal(size=(900, 2)) @ needle)
    mix = mx.Mixture(np.ones(2), [[0.0, 0.0], [0.01, 0.03]], [needle.T @ needle, 2 * needle.T @ needle])
    found, expected = statistics(engine, case, "full", mix)
    np.testing.assert_allclose(found.mass, expected.mass, rtol=1e-9)
    assert found.log_likelihood == pytest.approx(expected.log_likelihood, rel=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["full", "diag"])
def test_what_shrinks_to_a_point_in_one_step_has_no_width(engine, kind):
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(300, 2)), np.repeat([[20.3, 20.1]], 50, axis=0)])
    covariances = [np.eye(2) if kind == "full" else np.ones(2)] * 2
    mix = mx.Mixture(np.ones(2), [[0.0, 0.0], [20.0, 20.0]], covariances, kind)
    found, expected = statistics(engine, TABLE["2 coordinates"]._replace(x=x), kind, mix)
    for one in (found, expected):
        shift = one.first[1] / one.mass[1]
        square = np.outer(shift, shift) if kind == "full" else shift**2
        assert np.abs(one.second[1] / one.mass[1] - square).max() < 1e-15


def test_the_nearest_component_counts_however_far_it_is():
    """In single precision a log density of -1e11 less the cut is itself."""
    points = mx.Points.from_array(np.array([[0.0]] * 127 + [[1e6]]), dtype="float32")
    mix = mx.Mixture(np.ones(20), [[0.0]] * 19 + [[1e3]], np.ones(20), "spherical")
    found = choose_engine(points, 20, "spherical", "cpu").expect(mix)
    np.testing.assert_allclose(found.mass, [127 / 19] * 19 + [1], rtol=1e-6)


def test_the_table_can_fail():
    case = TABLE["100 points"]
    mix = mixture_for(case, "full")
    wrong = case._replace(x=case.x + 1e-9)
    found, _ = statistics("cpu", wrong, "full", mix)
    _, expected = statistics("cpu", case, "full", mix)
    assert statistics_gap(found, expected, mix) > DOUBLE
    found, expected = statistics("cpu", case, "full", mix, "float32")
    assert statistics_gap(found, expected, mix) > DOUBLE
