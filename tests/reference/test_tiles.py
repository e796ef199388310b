"""Tiles: a permutation of the points, in boxes that contain them; what pruning leaves out does not matter."""

import numpy as np
import pytest
from cases import KINDS, cases, mixture_for

import mixtura as mx
from comparing import statistics_gap
from mixtura.engines.cpu import CpuEngine
from mixtura.kernels import LOW_DIMENSION, over_tiles, tiles

TABLE = cases()
NAMES = [name for name, case in TABLE.items() if case.x.shape[1] <= LOW_DIMENSION]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n_threads", [1, 2, 8])
def test_the_order_is_a_permutation(name, n_threads):
    x = TABLE[name].x
    np.testing.assert_array_equal(np.sort(tiles.nearness_order(x, n_threads)), np.arange(len(x)))


@pytest.mark.parametrize("name", NAMES)
def test_boxes_contain_their_points(name):
    x = TABLE[name].x
    table = tiles.build(x, TABLE[name].weight, np.float64)
    n, size = len(x), tiles.TILE
    groups = [table.order[start : start + size] for start in range(0, n, size)]
    slack = 4 * np.spacing(np.abs(x).max(axis=0))
    for level, first in enumerate(table.offset):
        last = table.offset[level + 1] if level + 1 < len(table.offset) else len(table.centre)
        assert last - first == len(groups)
        for box, rows in zip(range(first, last), groups, strict=True):
            away = np.abs(x[rows] - table.centre[box])
            assert (away <= table.half[box] + slack).all()
            assert (away.max(axis=0) >= table.half[box] - slack).all(), "the box is as small as can be"
        fan = 2**tiles.FAN
        groups = [np.concatenate(groups[start : start + fan]) for start in range(0, len(groups), fan)]
    assert len(table.offset) >= (3 if len(x) >= 10_000 else 1)


def test_tiles_of_a_line_follow_each_other():
    table = tiles.build(TABLE["many tiles"].x[:, :1], None, np.float64)
    count = len(table.u)
    x = over_tiles.in_order(table.u + table.centre[:count, :, None], table.order)[table.order, 0]
    tiled = np.split(x, range(tiles.TILE, len(x), tiles.TILE))
    low, high = (np.array([edge(values) for values in tiled]) for edge in (np.min, np.max))
    # The order is found in single precision.
    assert (low[1:] >= high[:-1] - 1e-5).all()


def test_little_work_is_cut_into_few_ranges():
    table = tiles.build(np.random.default_rng(0).normal(size=(200_000, 1)), None, np.float64)
    few, many = (over_tiles.groups(table, features, k) for features, k in ((3, 50), (21, 1000)))
    assert 1 < len(few) < 8
    assert len(many) > 40
    for found in (few, many):
        assert [first for first, _ in found] == [0, *(last for _, last in found[:-1])]
        assert found[-1][1] == len(table.u)


@pytest.mark.parametrize("name", NAMES)
def test_tiles_hold_the_points_and_their_weights(name):
    x, weight = TABLE[name].x, TABLE[name].weight
    table = tiles.build(x, weight, np.float64)
    count = len(table.u)
    back = over_tiles.in_order(table.u + table.centre[:count, :, None], table.order)
    np.testing.assert_allclose(back, x, rtol=1e-15, atol=1e-15 * np.abs(x).max())
    np.testing.assert_array_equal(
        over_tiles.in_order(table.weight, table.order), np.ones(len(x)) if weight is None else weight
    )
    spare = count * tiles.TILE - len(x)
    assert (table.weight.ravel()[len(x) :] == 0).all()
    assert 0 <= spare < tiles.TILE


PRUNED = [(name, kind) for name in ("many tiles", "outlier", "unequal weights") for kind in KINDS]


@pytest.mark.parametrize(("name", "kind"), [*PRUNED, ("many tiles, 5 coordinates", "full")])
def test_pruning_changes_nothing(monkeypatch, name, kind):
    case = TABLE[name]
    mix = mixture_for(case, kind, 40, dormant=1).scale_covariances(0.01)
    engine = CpuEngine(mx.Points.from_array(case.x, case.weight))
    pruned, visited = engine.expect(mix), engine.pairs
    monkeypatch.setattr(over_tiles, "cut", lambda k, dtype: np.inf)
    whole = engine.expect(mix)
    # What is left out stays below half a unit of rounding for each point, together; the order of sums differs too.
    assert statistics_gap(pruned, whole, mix) < 1e-13
    assert visited < engine.pairs


def test_pruning_saves_most_of_the_work():
    case = TABLE["many tiles"]
    mix = mixture_for(case, "full", 100).scale_covariances(0.002)
    engine = CpuEngine(mx.Points.from_array(case.x))
    engine.expect(mix)
    assert engine.pairs < 0.3 * len(case.x) * 100
