"""A fit to blocks against the fit to the same points in memory: any source, any cut, hard data, many threads."""

import itertools

import h5py
import numpy as np
import pyarrow
import pytest
import zarr
from cases import KINDS, cases, mixture_for
from pyarrow import parquet

import mixtura as mx
from comparing import mixture_gap, statistics_gap
from mixtura import sources
from mixtura.em.incremental import decaying
from mixtura.em.kmeans import nearest
from mixtura.engines.choose import choose_engine
from mixtura.engines.reference import ReferenceEngine
from mixtura.model.statistics import Statistics, summed
from mixtura.sources import blocks as cutting

RELATIVE = 1e-9
TABLE = cases()


@pytest.fixture
def small(monkeypatch):
    """Blocks of 256 rows, so that small tables have many, and nothing is kept in memory."""
    monkeypatch.setattr(cutting, "rows_of", lambda d: 256)
    monkeypatch.setattr(cutting, "KEPT", 0)
    monkeypatch.setattr(sources, "KEPT", 0)


def cut(x, weight=None, seed=0):
    """A function that gives x in uneven blocks, empty ones and single rows among them."""
    edges = np.sort(np.random.default_rng(seed).integers(0, len(x) + 1, 12))
    edges = np.concatenate([[0, 0, 1], edges, [len(x)]])
    edges.sort()

    def make():
        for first, last in itertools.pairwise(edges):
            rows = slice(first, last)
            yield x[rows] if weight is None else (x[rows], weight[rows])

    return make


# Tables overlap, so that EM goes on and on: near a maximum, rounding decides at which step no more is gained.
def both(x, k, weight=None, **settings):
    settings = {"rng": 0, "tol": 0, "max_iter": 6} | settings
    return mx.fit(cut(x, weight), k, **settings), mx.fit(x, k, sample_weight=weight, **settings)


def assert_equal(streamed, held):
    np.testing.assert_allclose(streamed.log_likelihoods, held.log_likelihoods, rtol=RELATIVE)
    assert streamed.stop_reason == held.stop_reason
    assert mixture_gap(streamed.mixture, held.mixture) < RELATIVE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_streamed_fit_is_the_fit(small, kind, scale, weighted):
    rng = np.random.default_rng(1)
    x = rng.normal(0, 1, (3000, 3)) + rng.integers(0, 4, (3000, 1)) * [3.0, -2.0, 1.0]
    x[100:200] = x[0]  # duplicates
    x *= scale
    weight = rng.integers(0, 3, 3000) * 0.5 if weighted else None
    assert_equal(*both(x, 4, weight, covariance_type=kind, reg_covar=1e-3 * scale**2, accelerate=weighted))


def test_far_from_the_origin(small):
    """There the last digit of a point is 1e-8, and of the deviations that are summed about as much is left."""
    x = np.random.default_rng(0).normal(0, 1, (2000, 2)) + [[0, 0], [6, 0]] * 1000 + 1e8
    assert_equal(*both(x, 2))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [name for name in TABLE if "2 coordinates" in name or " coordinates" not in name])
def test_statistics_of_hard_tables(small, name, kind):
    case, mix = TABLE[name], mixture_for(TABLE[name], kind, dormant=1)
    source = sources.opened(cut(case.x, case.weight))
    found = choose_engine(source, mix.n_components, kind, "cpu").expect(mix)
    expected = ReferenceEngine(mx.Points.from_array(case.x, case.weight)).expect(mix)
    assert statistics_gap(found, expected, mix) < 1e-11  # as for the engine that works the blocks


@pytest.mark.parametrize("start", ["kmeans++", "random_from_data", "partition", "random", "hierarchical"])
@pytest.mark.parametrize("weighted", [False, True])
def test_starts_see_the_same_sample(small, monkeypatch, start, weighted):
    monkeypatch.setattr("mixtura.em.start.AT_LEAST", 500)
    rng = np.random.default_rng(2)
    x = rng.normal(0, 1, (4000, 2)) + rng.integers(0, 2, (4000, 1)) * 2
    weight = rng.random(4000) * (rng.random(4000) < 0.7) if weighted else None
    assert_equal(*both(x, 2, weight, start=start, n_init=2, max_iter=3))


def test_rows_are_located_by_sums_of_weights(monkeypatch):
    """Row i is drawn by the sums from those before it up to, but without, its own."""
    monkeypatch.setattr(cutting, "rows_of", lambda d: 2)
    weight = np.array([1.0, 0.0, 1.0, 2.0, 0.0])
    source = sources.opened(lambda: [(np.arange(5.0)[:, None], weight)])
    assert source.survey().support == 3
    assert source.locate(np.array([0.0, 0.5, 1.0, 2.0, 3.5, 4.0])).tolist() == [0, 0, 2, 3, 3, 3]


def test_gaps_and_priors(small):
    rng = np.random.default_rng(3)
    x = rng.normal(0, 1, (1500, 3)) + rng.integers(0, 2, (1500, 1)) * 2
    assert_equal(*both(x, 2, prior="default"))
    x[rng.random(x.shape) < 0.2] = np.nan
    x[7] = np.nan
    assert_equal(*both(x, 2, missing=True, max_iter=3))
    streamed, held = both(x, 2, missing=True, max_iter=3, prior="default")
    np.testing.assert_allclose(streamed.log_posteriors, held.log_posteriors, rtol=1e-4)


def test_single_precision(small):
    """The tiles differ, so single precision rounds elsewhere: see test_engines.SINGLE."""
    x = np.random.default_rng(4).normal(0, 1, (3000, 3)).astype(np.float32)
    streamed, held = both(x, 3, dtype="float32")
    np.testing.assert_allclose(streamed.log_likelihoods, held.log_likelihoods, rtol=2e-5)
    with pytest.warns(UserWarning, match="column 0 of x spans 1 about 1e"):
        mx.fit(cut(np.linspace(1e8, 1e8 + 1, 300)[:, None]), 1, dtype="float32")


def test_neither_cut_nor_threads_change_a_bit(small):
    x = np.random.default_rng(5).normal(0, 1, (3000, 2))
    bits = set()
    for seed in range(3):
        for threads in (1, 2, 5):
            found = mx.fit(cut(x, seed=seed), 4, rng=0, max_iter=4, tol=0, n_threads=threads, engine="cpu")
            bits.add((found.log_likelihoods, found.mixture.means.tobytes()))
    assert len(bits) == 1


def test_what_is_small_is_read_once(monkeypatch):
    """Once for the survey, once for the start, once to be kept."""
    x = np.random.default_rng(6).normal(0, 1, (3000, 2))
    calls = []
    found = mx.fit(lambda: calls.append(1) or cut(x)(), 3, rng=0, tol=0, max_iter=8)
    assert len(calls) == 3
    assert_equal(found, mx.fit(x, 3, rng=0, tol=0, max_iter=8))


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory):
    """One table in every kind of file, its weights beside it."""
    folder = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(7)
    x = rng.normal(0, 1, (1100, 3)) + rng.integers(0, 2, (1100, 1)) * 2
    weight = rng.random(1100)
    np.save(folder / "x.npy", x)
    with h5py.File(folder / "x.h5", "w") as file:
        file.create_dataset("x", data=x, chunks=(300, 2))
        file["weight"] = weight
    zarr.create_array(str(folder / "x.zarr"), shape=x.shape, chunks=(130, 2), dtype=x.dtype)[:] = x
    table = pyarrow.table({"a": x[:, 0], "b": x[:, 1], "w": weight, "c": x[:, 2]})
    parquet.write_table(table, folder / "x.parquet", row_group_size=170)
    (folder / "parts" / "year=1").mkdir(parents=True)
    parquet.write_table(table[:1], folder / "parts" / "year=1" / "0.parquet")
    parquet.write_table(table[1:1], folder / "parts" / "year=1" / "1.parquet")
    parquet.write_table(table[1:], folder / "parts" / "year=1" / "2.parquet", row_group_size=400)
    return folder, x, weight


def test_every_kind_of_file(small, on_disk):
    folder, x, weight = on_disk
    settings = {"rng": 0, "tol": 0, "max_iter": 3}
    held, plain = mx.fit(x, 2, sample_weight=weight, **settings), mx.fit(x, 2, **settings)
    for name in ("x.npy", "x.h5", "x.zarr"):
        assert_equal(mx.fit(folder / name, 2, sample_weight=weight, **settings), held)
        assert_equal(mx.fit(str(folder / name), 2, **settings), plain)
    for name in ("x.parquet", "parts"):
        found = mx.fit(folder / name, 2, sample_weight="w", **settings)
        assert found.mixture.names == ("a", "b", "c")
        assert_equal(found, held)
    with h5py.File(folder / "x.h5") as file:
        assert_equal(mx.fit(file["x"], 2, sample_weight=file["weight"], **settings), held)
    assert_equal(mx.fit(zarr.open(str(folder / "x.zarr")), 2, sample_weight=weight, **settings), held)
    mapped = np.load(folder / "x.npy", mmap_mode="r")
    assert_equal(mx.fit(mapped, 2, sample_weight=weight, **settings), held)
    assert_equal(mx.fit(mapped[::-1][::-1], 2, **settings), plain)
    fewer = sources.opened(folder / "x.parquet", "w", columns=["c", "a"])
    assert_equal(mx.fit(fewer, 2, **settings), mx.fit(x[:, [2, 0]], 2, sample_weight=weight, **settings))
    fewer = sources.opened(folder / "x.npy", 1, columns=[2])
    with pytest.raises(mx.errors.InputError, match=r"sample_weight of .*x\.npy\[\d+\] is -"):
        mx.fit(fewer, 2)


def test_a_map_that_copies_keeps_what_was_written(small, on_disk):
    folder, x, _ = on_disk
    mapped = np.load(folder / "x.npy", mmap_mode="c")
    mapped += 1.0
    assert_equal(mx.fit(mapped, 2, rng=0, max_iter=2), mx.fit(x + 1.0, 2, rng=0, max_iter=2))
    np.testing.assert_array_equal(mapped, x + 1.0)


def test_a_block_may_be_used_again_for_the_next(small):
    x = np.random.default_rng(8).normal(0, 1, (900, 2))

    def make():
        room = np.empty((100, 2))
        for first in range(0, 900, 100):
            room[:] = x[first : first + 100]
            yield room

    assert_equal(mx.fit(make, 2, rng=0, max_iter=3), mx.fit(x, 2, rng=0, max_iter=3))


def test_estimators(small):
    rng = np.random.default_rng(9)
    x = rng.normal(0, 1, (2000, 2)) + rng.integers(0, 2, (2000, 1)) * 5
    weight = rng.random(2000)
    held = mx.GaussianMixture(2, random_state=0).fit(x, sample_weight=weight)
    streamed = mx.GaussianMixture(2, random_state=0).fit(cut(x, weight))
    np.testing.assert_allclose(streamed.means_, held.means_, rtol=RELATIVE)
    assert streamed.n_features_in_ == 2
    assert streamed.weight_seen_ == pytest.approx(weight.sum())
    assert streamed.score(cut(x, weight)) == pytest.approx(held.score(x, sample_weight=weight), rel=RELATIVE)
    assert streamed.partial_fit(x[:50]).weight_seen_ == pytest.approx(weight.sum() + 50)
    with pytest.raises(mx.errors.InputError, match="X has 1 features"):
        streamed.score(cut(x[:, :1]))


def test_the_tree_of_sums_is_that_of_the_numbers():
    """Of 2^53 + 1 + 1 + ..., what is added first decides what is left: here by hand, for up to nine parts."""

    def part(value):
        return Statistics(np.array([value]), np.zeros((1, 1)), np.zeros((1, 1, 1)), 0.0, 1.0)

    a, b, c, d, e, f, g, h, i = values = [2.0**53, *(float(j) for j in range(1, 9))]
    trees = {
        1: a, 2: a + b, 3: (a + b) + c, 4: (a + b) + (c + d), 5: ((a + b) + (c + d)) + e,
        7: ((a + b) + (c + d)) + ((e + f) + g), 9: (((a + b) + (c + d)) + ((e + f) + (g + h))) + i,
    }  # fmt: skip
    for count, expected in trees.items():
        assert summed(part(value) for value in values[:count]).mass[0] == expected


def test_step_sizes():
    """Blocks of one size: the shares 1/2, 1/3, 1/4 ... remember all alike, as no step size does."""
    x = np.random.default_rng(10).normal(0, 1, (600, 2)) + [[0, 0], [5, 0]] * 300
    plain = mx.GaussianMixture(2, random_state=0)
    shares = mx.GaussianMixture(2, random_state=0, step_size=lambda t: 1 / (t + 2))
    newest = mx.GaussianMixture(2, random_state=0, step_size=1)
    for rows in np.split(np.arange(600), 6):
        before = newest.mixture_ if rows[0] else None
        for model in (plain, shares, newest):
            model.partial_fit(x[rows])
    assert mixture_gap(shares.mixture_, plain.mixture_) < RELATIVE
    once = mx.fit(x[rows], 2, start=before, max_iter=1, tol=0).mixture
    assert mixture_gap(newest.mixture_, once) < RELATIVE
    assert newest.steps_seen_ == 5
    for wrong in (0, 1.5, "slow"):
        with pytest.raises(mx.errors.InputError, match="step_size"):
            mx.GaussianMixture(2, step_size=wrong).fit(x)
    with pytest.raises(mx.errors.InputError, match="step_size gave 2 at step 5"):
        shares.set_params(step_size=lambda t: 2).partial_fit(x)


# (t + 2)^-0.6 for t = 0, 1, 2, 10, 1000, to 16 digits by decimal arithmetic
DECAY = {0: 0.6597539553864471, 1: 0.5172818579717866, 2: 0.4352752816480621, 10: 0.2251600064201022}
DECAY |= {1000: 0.01582994358360042}


def test_decaying_step_sizes_are_those_of_the_paper():
    for step, size in DECAY.items():
        assert decaying(step) == pytest.approx(size, rel=1e-14, abs=0)


def test_decaying_steps_begin_with_the_first_absorbed_block():
    """One component is the weighted mean of blocks: the t-th after the first has the share (t + 2)^-0.6."""
    x = np.random.default_rng(12).normal(3, 2, (5, 40, 1)) + np.arange(5.0)[:, None, None] * 10
    model = mx.GaussianMixture(step_size="decay", reg_covar=0).partial_fit(x[0])
    for again in range(2):
        first, second = x[0].mean(), np.square(x[0]).mean()
        for t in range(3):
            model.partial_fit(x[t + 1])
            first += DECAY[t] * (x[t + 1].mean() - first)
            second += DECAY[t] * (np.square(x[t + 1]).mean() - second)
            assert model.means_[0, 0] == pytest.approx(first, rel=1e-12), (again, t)
            assert model.covariances_[0, 0, 0] == pytest.approx(second - first**2, rel=1e-9), (again, t)
            assert model.steps_seen_ == t + 1
        model.fit(x[0])  # a fit begins anew


def test_stepwise_forgets_a_bad_beginning():
    """Seeds on one side, then blocks from both: what was thought of the first rows wears off sooner."""
    rng = np.random.default_rng(11)
    x = rng.normal(0, 1, (20_000, 1)) + 6.0 * rng.integers(0, 3, (20_000, 1))
    x[:100] = np.sort(x[:100], axis=0)[::-1] * 0.01
    found = {}
    for step_size in (None, "decay"):
        model = mx.GaussianMixture(3, random_state=0, reg_covar=1e-3, step_size=step_size)
        for first in range(0, 20_000, 100):
            model.partial_fit(x[first : first + 100])
        found[step_size] = model.score(x[10_000:])
    assert found["decay"] > found[None]
    labels = nearest(x[10_000:], np.array([[0.0], [6.0], [12.0]]))
    assert len(set(labels)) == 3
