"""The hierarchical start: which clusters are united, told apart from the kernel by brute force, and from mclust."""

import itertools

import numpy as np
import pytest
from sklearn.datasets import load_iris

import mixtura as mx
from mixtura.em import start
from mixtura.em.hierarchy import Hierarchy, in_principal_axes

RNG = np.random.default_rng(0)


def tree(x, weight=None):
    return Hierarchy.of(mx.Points.from_array(x, weight))


def same(labels, others):
    """Whether two partitions are one."""
    return len(set(zip(labels, others, strict=True))) == len(set(labels)) == len(set(others))


def cost(z, weight, alpha):
    mass, d = weight.sum(), z.shape[1]
    away = z - np.average(z, axis=0, weights=weight)
    scatter = (away * weight[:, None]).T @ away
    volume = np.linalg.det(scatter / mass) if mass > d else 0.0
    return mass * np.log(volume + (np.trace(scatter) + alpha) / mass)


def by_force(x, k, weight=None):
    """The same law, each union tried anew."""
    weight = np.ones(len(x)) if weight is None else weight
    z = in_principal_axes(x, weight)
    alpha = (weight @ np.square(z).sum(axis=1)) / (weight.sum() * z.shape[1])
    groups = [[i] for i in range(len(x))]
    while len(groups) > k:

        def grown(pair):
            a, b = (groups[i] for i in pair)
            return cost(z[a + b], weight[a + b], alpha) - sum(cost(z[each], weight[each], alpha) for each in (a, b))

        a, b = min(itertools.combinations(range(len(groups)), 2), key=grown)
        groups[a] += groups.pop(b)
    labels = np.empty(len(x), int)
    for number, group in enumerate(groups):
        labels[group] = number
    return labels


@pytest.mark.parametrize("d", [1, 2, 4])
def test_each_time_the_cheapest_pair_is_united(d):
    x = np.random.default_rng(d).normal(size=(14, d)) @ np.diag([5.0, 1, 0.3, 2][:d])
    found = tree(x)
    for k in (9, 5, 3, 2):
        assert same(found.labels(k), by_force(x, k)), k


def test_a_weight_is_so_many_points():
    x, times = RNG.normal(size=(14, 2)), RNG.integers(1, 9, 14)
    twice, weighed = tree(np.repeat(x, times, axis=0)), tree(x, times.astype(float))
    for k in (10, 4, 2):
        assert same(np.repeat(weighed.labels(k), times), twice.labels(k))
        assert same(weighed.labels(k), by_force(x, k, times.astype(float)))
    assert same(tree(x, np.full(14, 1e-3)).labels(4), tree(x).labels(4))


def test_it_is_the_same_in_any_units_and_for_any_k_at_once():
    x = np.concatenate(
        [RNG.multivariate_normal([i, -i, 5 * (i == 4)], np.diag([0.1, 0.3, 1.0]), 30) for i in (0, 4, 9)]
    )
    found = tree(x)
    assert same(found.labels(3), np.repeat([0, 1, 2], 30))
    assert same(tree(x * [1e-6, 1.0, 1e6] + [1.0, 0, -5e3]).labels(5), found.labels(5))
    for k in range(2, 20):  # smaller ones are unions of parts of larger ones
        assert len(set(zip(found.labels(k), found.labels(k + 1), strict=True))) == k + 1
    assert found.labels(3)[0] == 0  # in the order of the first points


def test_points_in_few_places_have_no_more_parts():
    x = np.repeat([[0.0, 1.0], [2.0, 1.0]], 5, axis=0)
    assert tree(x).labels(4).tolist() == [0] * 5 + [1] * 5
    assert tree(x[:1]).labels(1).tolist() == [0]
    choice = mx.choose(x, [1, 2, 3], covariance_type="EII", start="hierarchical", reg_covar=0.1, rng=0)
    assert choice.candidates[2].reason == (
        "n_components is 3, but x has 2 different points: lower n_components to 2 or less."
    )


def test_it_is_mclusts_where_no_unions_cost_alike():
    import csv
    from pathlib import Path

    x = load_iris().data
    found = tree(x)
    with (Path(__file__).parents[1] / "reference" / "mclust.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["model"] == "labels" and row["data"] == "iris"]
    assert len(rows) == 9
    for row in rows:
        assert same(found.labels(int(row["G"])), row["after_one"]), row["G"]


def test_tables_that_are_long_or_wide_are_seen_in_part(monkeypatch):
    monkeypatch.setattr(start, "POINTS", 200)
    long = RNG.normal(size=(500, 2))
    source = mx.Points.from_array(long)
    first = start.begin(source, 3, "hierarchical", rng=np.random.default_rng(0))
    assert first == start.begin(source, 3, "hierarchical", rng=np.random.default_rng(0))
    assert first != start.begin(source, 3, "hierarchical", rng=np.random.default_rng(1))
    assert first.means.shape == (3, 2)
    assert in_principal_axes(RNG.normal(size=(50, 30)), np.ones(50)).shape == (50, 20)
    flat = np.column_stack([long[:50], long[:50, 0] + long[:50, 1], np.ones(50)])
    assert in_principal_axes(flat, np.ones(50)).shape == (50, 2)


def test_one_tree_serves_a_choice(monkeypatch):
    made = []
    of = Hierarchy.of.__func__
    monkeypatch.setattr(Hierarchy, "of", classmethod(lambda cls, points: made.append(points) or of(cls, points)))
    x = RNG.normal(size=(60, 2))
    mx.choose(x, [1, 2, 3], covariance_type=["VEE", "EII"], start="hierarchical", rng=0)
    assert len(made) == 1
