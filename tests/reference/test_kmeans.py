"""Where small tables begin: the labels of scikit-learn's KMeans, its draws and its warnings, on hard tables too."""

import warnings

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from threadpoolctl import threadpool_info

from mixtura.estimators import kmeans
from mixtura.estimators.kmeans import _by_products, labels_of_kmeans
from mixtura.kernels import lloyd

rng = np.random.default_rng(0)
WIDE = rng.normal(size=(300, 60))
PLANE = rng.normal(size=(1000, 2))
TABLES = {
    "iris": (load_iris().data, 3),
    "one coordinate": (PLANE[:100, :1], 1),
    "overlapping": (PLANE, 30),
    "far from the origin": (PLANE[:500] + 1e3, 7),
    "many coordinates": (WIDE, 4),
    "every row a cluster": (PLANE[:40], 40),
    "ties everywhere": (np.stack(np.meshgrid(np.arange(12.0), np.arange(12.0)), -1).reshape(-1, 2), 7),
    "a lattice with repeats": (np.random.default_rng(1).integers(0, 4, (400, 2)).astype(float), 9),
    "fewer distinct rows than clusters": (np.repeat(PLANE[:4], 20, axis=0), 6),
    "one row, repeated": (np.ones((30, 2)), 3),
    "an outlier": (np.concatenate([PLANE[:200], [[1e4, 1e4]]]), 5),
}


def told(work):
    """What it returns, and what it warns of."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        return work(), [str(each.message) for each in said]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("table", TABLES)
def test_the_labels_are_those_of_scikit_learn(table, weighted, dtype):
    x, k = TABLES[table][0].astype(dtype), TABLES[table][1]
    weight = np.random.default_rng(2).uniform(0.1, 3.0, len(x)).astype(dtype) if weighted else None
    assert len(x) * (k + x.shape[1]) <= kmeans.SMALL
    for seed in range(3):
        ours, theirs = np.random.RandomState(seed), np.random.RandomState(seed)
        expected = KMeans(k, n_init=1, random_state=theirs)
        labels, said = told(lambda ours=ours: labels_of_kmeans(x, weight, k, ours))
        assert said == told(lambda expected=expected: expected.fit(x, sample_weight=weight))[1]
        np.testing.assert_array_equal(labels, expected.labels_)
        assert ours.random_sample() == theirs.random_sample()  # as many draws


LONG = {
    **TABLES,
    "many steps": (np.random.default_rng(3).normal(size=(3000, 3)), 9),
    "two clusters": (np.random.default_rng(4).normal(size=(1001, 5)), 2),
    "far apart": (np.random.default_rng(5).normal(size=(2000, 4)) + 1e4 * np.arange(2000)[:, None] // 1000, 8),
    "many clusters": (np.random.default_rng(6).normal(size=(2000, 2)), 300),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("table", LONG)
def test_single_precision_decides_nothing(monkeypatch, table, weighted):
    """Blocks of rows, whose nearest centres are found by it, lead to the same labels, or to none."""
    monkeypatch.setattr(lloyd, "NUMBERS", 0)
    x, k = LONG[table]
    weight = np.random.default_rng(2).uniform(0.1, 3.0, len(x)) if weighted else np.ones(len(x))
    for seed in range(3):
        expected, drawn = KMeans(k, n_init=1, random_state=seed), np.random.RandomState(seed)
        away, limit = x - x.mean(axis=0), kmeans.TOL * x.var(axis=0).mean()
        ours = _by_products(away, weight, kmeans._seeds(away, weight, k, drawn), limit)
        told(lambda expected=expected: expected.fit(x, sample_weight=weight))
        if table in tuple(LONG)[-4:]:
            assert ours is not None
            assert expected.n_iter_ > 3
        if ours is not None:
            np.testing.assert_array_equal(ours, expected.labels_)


@pytest.mark.parametrize("power", [-160, -22, -21, -15, 15, 19, 25, 140])
def test_units_decide_nothing(power):
    """Where squares are beyond single precision, or the smallest that it has."""
    x, k = LONG["many steps"]
    x = x * 10.0**power
    expected = KMeans(k, n_init=1, random_state=0)
    told(lambda: expected.fit(x))
    np.testing.assert_array_equal(labels_of_kmeans(x, None, k, np.random.RandomState(0)), expected.labels_)


def test_double_precision_decides_what_single_cannot(monkeypatch):
    """Rows of which many are so nearly between two centres that single precision cannot tell."""
    asked, nearest = [], lloyd.Assigned._nearest
    monkeypatch.setattr(lloyd.Assigned, "_nearest", lambda *given: asked.append(len(given[1])) or nearest(*given))
    draws = np.random.default_rng(7)
    x = np.concatenate(
        [draws.normal(size=(500, 2)), np.stack([1e-7 * draws.normal(size=500), np.linspace(0, 2, 500)], 1)]
    )
    table = lloyd.Assigned(x, np.ones(len(x)), 2)
    table.assign(np.array([[-1.0, 0.0], [1.0, 0.0]]))
    np.testing.assert_array_equal(table.labels, x[:, 0] > 0)
    assert sum(asked) > 200
    assert not table.tied
    table = lloyd.Assigned(np.tile([0.0, 1.0], (3, 1)), np.ones(3), 2)
    table.assign(np.array([[-1.0, 0.0], [1.0, 0.0]]))
    assert table.tied


def test_larger_tables_with_ties_are_given_to_scikit_learn(monkeypatch):
    x, k = TABLES["ties everywhere"]
    ours = labels_of_kmeans(x, None, k, np.random.RandomState(0))
    monkeypatch.setattr(kmeans, "SMALL", 0)
    monkeypatch.setattr(kmeans, "_lloyd", None)
    np.testing.assert_array_equal(labels_of_kmeans(x, None, k, np.random.RandomState(0)), ours)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_scikit_learns_own_keeps_to_the_threads(monkeypatch, n_threads):
    """What is too large, or too tied, for ours."""
    plain, seen = KMeans.fit, []

    def fit(self, *args, **more):
        seen.extend(each["num_threads"] for each in threadpool_info() if each["user_api"] == "openmp")
        return plain(self, *args, **more)

    monkeypatch.setattr(KMeans, "fit", fit)
    x = np.random.default_rng(7).normal(size=(20_000, 2)).astype(np.float32)
    labels_of_kmeans(x, None, 3, np.random.RandomState(0), n_threads)
    assert seen
    assert set(seen) <= {n_threads}
