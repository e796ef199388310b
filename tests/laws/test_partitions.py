"""However the rows of a Dask collection are cut into partitions, the fit is that of one table in memory."""

import itertools
from operator import add

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import KINDS, near, random_mixture

import mixtura as mx
from comparing import mixture_gap, same_bits
from mixtura.sources import opened
from mixtura.sources.partitions import Partitions, Workers

N = 160
PARTITIONS = st.lists(st.integers(0, N), max_size=12).map(lambda cuts: np.diff([0, *sorted(cuts), N]).tolist())
"""How many rows each partition has: none, one, many; N together."""


def table(seed, kind, d=2, k=3):
    mixture = random_mixture(seed, kind, d, k)
    rng = np.random.default_rng(seed)
    return near(mixture, N, seed), rng.integers(0, 3, N).astype(float)


def cut(x, sizes, known):
    """The rows of x as a Dask array with these partitions, whose sizes Dask knows or not."""
    edges = np.cumsum([0, *sizes])
    parts = [x[first:last] for first, last in itertools.pairwise(edges)]
    if known:
        return da.concatenate([da.from_array(part, chunks=part.shape) for part in parts if len(part)])
    lazy = [dask.delayed(part) for part in parts]
    return da.concatenate(
        [da.from_delayed(part, (np.nan, *x.shape[1:]), float) for part in lazy], allow_unknown_chunksizes=True
    )


def agree(found, expected):
    assert mixture_gap(found.mixture, expected.mixture) < 1e-9
    np.testing.assert_allclose(found.log_likelihoods, expected.log_likelihoods, rtol=1e-9)


@settings(max_examples=15)
@given(
    seed=st.integers(0, 1000),
    kind=st.sampled_from(KINDS),
    sizes=PARTITIONS,
    known=st.booleans(),
    weighted=st.booleans(),
    engine=st.sampled_from(("reference", "cpu")),
)
def test_any_partitions_of_an_array(seed, kind, sizes, known, weighted, engine):
    x, weight = table(seed, kind)
    given_weight = cut(weight, sizes, known) if weighted else None
    asked = {"covariance_type": kind, "rng": seed, "max_iter": 4, "tol": 0.0, "reg_covar": 1e-3, "engine": engine}
    found = mx.fit(cut(x, sizes, known), 3, sample_weight=given_weight, **asked)
    agree(found, mx.fit(x, 3, sample_weight=weight if weighted else None, **asked))


@pytest.mark.parametrize("count", [1, 3, 7])
def test_frames_keep_their_names(count):
    x, weight = table(1, "full")
    frame = pd.DataFrame(x, columns=["height", "width"]).assign(load=weight)
    parts = dd.from_pandas(frame, npartitions=count)
    found = mx.fit(parts[["height", "width"]], 3, sample_weight=parts["load"], rng=0)
    agree(found, mx.fit(x, 3, sample_weight=weight, rng=0))
    assert found.mixture.names == ("height", "width")


def test_weights_cut_otherwise():
    x, weight = table(2, "full")
    expected = mx.fit(x, 3, sample_weight=weight, rng=0)
    for given_weight in (weight, da.from_array(weight, chunks=33), pd.Series(weight)):
        agree(mx.fit(da.from_array(x, chunks=(50, 1)), 3, sample_weight=given_weight, rng=0), expected)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_sample_of_a_large_table_is_the_same(weighted, monkeypatch):
    """With a start that looks at fewer rows than there are."""
    monkeypatch.setattr("mixtura.em.start.enough", lambda k, d: 40)
    x, weight = table(3, "full")
    weight = weight * 0.37 if weighted else None
    sizes = [0, 1, 60, 0, 59, 40]
    given_weight = None if weight is None else cut(weight, sizes, False)
    agree(mx.fit(cut(x, sizes, False), 3, sample_weight=given_weight, rng=5), mx.fit(x, 3, sample_weight=weight, rng=5))


def test_a_sample_where_rows_miss_every_value_in_some_partitions_only(monkeypatch):
    monkeypatch.setattr("mixtura.em.start.enough", lambda k, d: 40)
    x, _ = table(4, "full")
    x[5] = np.nan
    x[::7, 0] = np.nan
    found = mx.fit(cut(x, [60, 60, N - 120], False), 3, missing=True, rng=0)
    agree(found, mx.fit(x, 3, missing=True, rng=0))


def test_missing_values():
    x, _ = table(4, "full")
    x[::3, 0] = np.nan
    x[5] = np.nan
    found = mx.fit(cut(x, [1, 0, 5, 1, N - 7], True), 3, missing=True, rng=0)
    agree(found, mx.fit(x, 3, missing=True, rng=0))


def test_a_column_that_no_row_with_weight_has():
    x, weight = table(4, "full")
    x[weight > 0, 1] = np.nan
    with pytest.raises(mx.errors.InputError, match="column 1 of x misses every value that has weight"):
        mx.fit(cut(x, [50, N - 50], True), 2, sample_weight=weight, missing=True)


def test_single_precision():
    x, _ = table(5, "full")
    found = mx.fit(da.from_array(x, chunks=(33, 2)), 3, dtype="float32", rng=0)
    assert mixture_gap(found.mixture, mx.fit(x, 3, dtype="float32", rng=0).mixture) < 1e-4


def test_what_does_not_fit_into_memory_is_made_anew(monkeypatch):
    """Nothing is kept then, each pass makes all partitions again, and the bits are the same."""
    made = []

    def block(number):
        made.append(number)
        return table(number, "full")[0]

    x = da.concatenate([da.from_delayed(dask.delayed(block, pure=True)(i), (N, 2), float) for i in range(3)])
    asked = {"rng": 0, "max_iter": 3, "tol": 0.0, "engine": "reference"}
    kept = mx.fit(x, 3, **asked)
    assert sorted(made) == [0, 1, 2]
    made.clear()
    monkeypatch.setattr(Workers, "now", classmethod(lambda cls: Workers(2, 2, 1000.0)))
    passes = []
    again = mx.fit(x, 3, on_pass=passes.append, **asked)
    assert len(made) == 3 * len(passes)
    assert same_bits(again.mixture, kept.mixture)


def test_the_estimator_finds_the_same():
    x, weight = table(6, "full")
    here = mx.GaussianMixture(3, random_state=0, max_iter=300).fit(x, sample_weight=weight)
    frame = dd.from_pandas(pd.DataFrame(x, columns=["a", "b"]).assign(w=weight), npartitions=4)
    there = mx.GaussianMixture(3, random_state=0, max_iter=300).fit(frame[["a", "b"]], sample_weight=frame["w"])
    assert mixture_gap(there.mixture_, here.mixture_) < 1e-9
    assert there.feature_names_in_.tolist() == ["a", "b"]
    assert there.n_iter_ == here.n_iter_


def test_sums_are_taken_in_one_order():
    """In a tree over the numbers of the parts, whatever the fan."""
    parts = Partitions({f"part {i}": (int, str(i)) for i in range(21)}, [f"part {i}" for i in range(21)])
    assert parts.reduced("sum", sum) == 210
    shown = parts.mapped(str).reduced("show", lambda some: f"({' '.join(some)})")
    assert shown == "((0 1 2 3 4 5 6 7) (8 9 10 11 12 13 14 15) (16 17 18 19 20))"
    assert parts.mapped(add, 10).values("plus") == list(range(10, 31))


def test_threads_of_a_task_are_no_more_than_there_are():
    workers = Workers(threads=8, fewest=4, free=1e9)
    assert [workers.threads_a_task(count) for count in (1, 2, 3, 8, 100)] == [4, 4, 2, 1, 1]


X = da.from_array(np.arange(20.0).reshape(10, 2), chunks=(4, 2))
FRAME = dd.from_pandas(pd.DataFrame({"a": np.arange(10.0), "b": np.arange(10.0)}), npartitions=3)
UNKNOWN = X[X[:, 0] > 3]
WRONG = {
    "one dimension": (X[:, 0], None, r"x has 1 dimension, expected 2 .*reshape\(-1, 1\)"),
    "a series": (FRAME["a"], None, r"x has 1 dimension, expected 2 .*to_frame"),
    "not a table": (dask.delayed(np.ones((3, 2))), None, "of Dask's: give a Dask array"),
    "text": (FRAME.assign(c="one"), None, r"x.partitions\[\d\] cannot be read as numbers"),
    "NaN": (X.map_blocks(lambda b: np.where(b == 13, np.nan, b)), None, r"row 2 of x.blocks\[1\], column 1, is nan"),
    "no rows": (X[X[:, 0] > 99], None, "x has no rows"),
    "no weight": (X, da.zeros(10, chunks=4), "no row of x has a positive weight"),
    "fewer weights": (X, da.ones(9), "sample_weight has 9 entries for 10 points"),
    "weights in two dimensions": (X, da.ones((10, 2)), "sample_weight has 2 dimensions, expected 1"),
    "a weight below zero": (X, -da.ones(10), r"sample_weight of x.blocks\[\d\]\[0\] is -1.0"),
    "weights in memory": (UNKNOWN, np.ones(8), "how many rows each partition of x has is not known"),
    "other weights": (UNKNOWN, da.ones(10, chunks=5), "sample_weight has 2 partitions, x has 3"),
    "other rows": (UNKNOWN, da.ones(10, chunks=4), r"x.blocks\[0\] has 2 rows, but 4 weights"),
    "two columns of weights": (FRAME, FRAME, "sample_weight has 2 columns, expected 1"),
    "an error of the user's": (
        X.map_blocks(lambda b: b / b[99], dtype=float, meta=np.empty((0, 2))),
        None,
        r"a task of its partitions failed with IndexError \(.*out of bounds",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_one_sentence_says_what_is_wrong(name):
    x, weight, words = WRONG[name]
    with pytest.raises((mx.errors.InputError, mx.errors.SourceError), match=words):
        mx.fit(x, 2, sample_weight=weight)


def test_a_source_answers_for_rows():
    x, weight = table(7, "full")
    source = opened(cut(x, [10, 0, 1, N - 11], False), cut(weight, [10, 0, 1, N - 11], False))
    survey = source.survey()
    assert (survey.n, survey.d, survey.support) == (N, 2, np.count_nonzero(weight))
    np.testing.assert_array_equal([survey.low, survey.high], [x.min(axis=0), x.max(axis=0)])
    assert source.bits == mx.Points.from_array(x, weight).bits
    rows = np.array([0, 9, 10, 10, 11, N - 1])
    np.testing.assert_array_equal(source.take(rows).x, x[rows])
    np.testing.assert_array_equal(source.take(None).x, x[weight > 0])
    sums = np.sort(np.random.default_rng(0).uniform(0, weight.sum(), 50))
    expected = np.searchsorted(np.cumsum(weight), sums, side="right")
    np.testing.assert_array_equal(source.locate(sums), expected)
    edges = np.unique(np.cumsum(weight))[:-1]  # reached exactly: the next row with weight exceeds it
    np.testing.assert_array_equal(source.locate(edges), np.searchsorted(np.cumsum(weight), edges, side="right"))
    beyond = source.locate(np.array([weight.sum() * 2]))
    assert beyond.tolist() == [np.flatnonzero(weight)[-1]]
