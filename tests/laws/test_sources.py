"""Every door takes every kind of data, with the answer for the same numbers in memory; columns go by name."""

import itertools

import dask.array as da
import dask.dataframe as dd
import h5py
import numpy as np
import pandas as pd
import polars as pl
import pyarrow
import pytest
import zarr
from pyarrow import parquet

import mixtura as mx
from comparing import mixture_gap
from mixtura import sources
from mixtura.errors import InputError
from mixtura.sources import blocks as cutting
from mixtura.sources.source import bounds

N, D, K = 900, 3, 2
RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 2, N)
X = RNG.normal(0, 1, (N, D)) + LABELS[:, None] * [4.0, 1.0, -2.0]
WEIGHT = RNG.integers(1, 4, N) * 0.5
NAMES = ("a", "b", "c")
TARGET = X[:, 0] * 2 + LABELS + RNG.normal(0, 0.1, N)
FRAME = pd.DataFrame(X, columns=NAMES)
MIX = mx.fit(X, K, rng=0).mixture
NAMED = mx.Mixture(MIX.weights, MIX.means, MIX.covariances, names=NAMES)


def blocks():
    edges = [0, 0, 1, 300, 301, N]
    return (X[first:last] for first, last in itertools.pairwise(edges))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    np.save(folder / "x.npy", X)
    np.savetxt(folder / "x.tsv", X, delimiter="\t")
    FRAME.to_csv(folder / "x.csv", index=False)
    FRAME.assign(w=WEIGHT).to_parquet(folder / "x.parquet")
    (folder / "parts").mkdir()
    parquet.write_table(pyarrow.table(dict(FRAME[:250])), folder / "parts" / "0.parquet")
    parquet.write_table(pyarrow.table(dict(FRAME[250:])), folder / "parts" / "1.parquet")
    with h5py.File(folder / "x.h5", "w") as file:
        file.create_dataset("x", data=X, chunks=(200, 2))
    zarr.create_array(str(folder / "x.zarr"), shape=X.shape, chunks=(130, 2), dtype=X.dtype)[:] = X
    return folder


@pytest.fixture
def small(monkeypatch):
    """Blocks of 256 rows, so that this table has several, and memory maps are not put into memory."""
    monkeypatch.setattr(cutting, "rows_of", lambda d: 256)
    monkeypatch.setattr(cutting, "KEPT", 0)
    monkeypatch.setattr(sources, "KEPT", 0)


# What it is, as it is made of the folder; and how it is weighted
DATA = {
    "array": lambda folder: (X, WEIGHT),
    "list": lambda folder: (X.tolist(), WEIGHT.tolist()),
    "points": lambda folder: (mx.Points.from_array(X, WEIGHT), None),
    "pandas": lambda folder: (FRAME, WEIGHT),
    "polars": lambda folder: (pl.DataFrame(X, schema=list(NAMES)), WEIGHT),
    "csv": lambda folder: (folder / "x.csv", WEIGHT),
    "tsv": lambda folder: (str(folder / "x.tsv"), WEIGHT),
    "npy": lambda folder: (folder / "x.npy", WEIGHT),
    "memory map": lambda folder: (np.load(folder / "x.npy", mmap_mode="r"), WEIGHT),
    "parquet": lambda folder: (folder / "x.parquet", "w"),
    "folder of parquet": lambda folder: (folder / "parts", WEIGHT),
    "hdf5 file": lambda folder: (folder / "x.h5", WEIGHT),
    "hdf5 array": lambda folder: (h5py.File(folder / "x.h5")["x"], WEIGHT),
    "zarr": lambda folder: (zarr.open(str(folder / "x.zarr")), WEIGHT),
    "function": lambda folder: (lambda: ((x, x[:, 0] * 0 + 1) for x in blocks()), None),
    "opened": lambda folder: (sources.opened(folder / "x.npy", WEIGHT), None),
    "dask array": lambda folder: (da.from_array(X, chunks=(400, 2)), WEIGHT),
    "dask frame": lambda folder: (dd.from_pandas(FRAME, npartitions=3), None),
}
UNWEIGHTED = ("function", "dask frame")
COLUMNS = {"parquet": {"columns": list(NAMES)}}


@pytest.fixture(params=DATA)
def data(request, folder, small):
    """(x, what weights it carries or is given, those weights as numbers)."""
    x, weight = DATA[request.param](folder)
    if request.param == "parquet":
        return sources.opened(x, weight), None, WEIGHT
    return x, weight, np.ones(N) if request.param in UNWEIGHTED else WEIGHT


def plain(answer):
    return np.asarray(answer.compute() if hasattr(answer, "compute") else answer)


def test_fits_choices_and_criteria(data):
    x, given, weight = data
    settings = {"rng": 0, "max_iter": 4, "tol": 0}
    expected = mx.fit(X, K, sample_weight=weight, **settings)
    found = mx.fit(x, K, sample_weight=given, **settings)
    assert mixture_gap(found.mixture, expected.mixture) < 1e-9
    for ask in (mx.bic, mx.aic, mx.icl):
        assert ask(MIX, x, sample_weight=given) == pytest.approx(ask(MIX, X, sample_weight=weight), rel=1e-12)
    few = {"covariance_type": "diag", "rng": 0, "max_iter": 5}
    choice = mx.choose(x, [1, 2], sample_weight=given, prior="default", **few)
    held = mx.choose(X, [1, 2], sample_weight=weight, prior="default", **few)
    np.testing.assert_allclose([each.bic for each in choice.candidates], [each.bic for each in held.candidates])


QUESTIONS = {
    "log_density": lambda mix, x: mix.log_density(x),
    "density": lambda mix, x: mix.density(x, n_threads=1),
    "responsibilities": lambda mix, x: mix.responsibilities(x),
    "predict": lambda mix, x: mix.predict(x),
    "impute": lambda mix, x: mix.impute(x),
    "in_confidence_region": lambda mix, x: mix.in_confidence_region(x, 0.9),
    "mahalanobis": lambda mix, x: mix.mahalanobis(x),
}


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
def test_questions_to_a_mixture(data, ask):
    x, _, _ = data
    np.testing.assert_allclose(plain(ask(MIX, x)), ask(MIX, X), rtol=1e-12)


def test_questions_to_an_estimator(data):
    x, given, weight = data
    names = None if getattr(sources.opened(x), "names", None) is None else NAMES
    model = mx.GaussianMixture(K, random_state=0).fit(FRAME if names else X)
    held = FRAME if names else X
    for name in ("predict", "predict_proba", "score_samples", "transform"):
        np.testing.assert_allclose(plain(getattr(model, name)(x)), getattr(model, name)(held), rtol=1e-9)
    for name in ("score", "bic", "aic", "icl"):
        expected = getattr(model, name)(held, sample_weight=weight)
        assert getattr(model, name)(x, sample_weight=given) == pytest.approx(expected, rel=1e-12)
    assert model.partial_fit(x, sample_weight=given).weight_seen_ == pytest.approx(N + weight.sum())


@pytest.mark.parametrize("estimator", [mx.GaussianMixture, mx.BayesianGaussianMixture])
def test_fits_of_estimators(data, estimator):
    x, given, weight = data
    settings = {"n_components": K, "random_state": 0, "max_iter": 3, "tol": 0}
    with pytest.warns(Warning, match="did not converge"):
        held = estimator(**settings).fit(X, sample_weight=weight)
    with pytest.warns(Warning, match="did not converge"):
        labels = estimator(**settings).fit_predict(x, sample_weight=given)
    np.testing.assert_array_equal(plain(labels), held.predict(X))


SUPERVISED = ("array", "pandas", "csv", "npy", "memory map", "parquet", "zarr", "function", "dask array", "dask frame")


@pytest.mark.parametrize("name", SUPERVISED)
def test_supervised_estimators(name, folder, small):
    x, given = DATA[name](folder)
    x, given = (sources.opened(x, columns=list(NAMES)), None) if name == "parquet" else (x, given)
    weight = np.ones(N) if name in (*UNWEIGHTED, "parquet") else WEIGHT
    y, kind = TARGET, np.array(["low", "high"])[LABELS]
    known = (name in ("pandas", "csv", "parquet", "dask frame")) and FRAME
    held = X if known is False else FRAME
    regressor = mx.GaussianMixtureRegressor(K, random_state=0).fit(x, y, sample_weight=given)
    expected = mx.GaussianMixtureRegressor(K, random_state=0).fit(held, y, sample_weight=weight)
    np.testing.assert_allclose(plain(regressor.predict(x)), expected.predict(held), rtol=1e-6)
    classifier = mx.GaussianMixtureClassifier(random_state=0).fit(x, kind, sample_weight=given)
    expected = mx.GaussianMixtureClassifier(random_state=0).fit(held, kind, sample_weight=weight)
    assert (plain(classifier.predict(x)) == expected.predict(held)).all()
    for ask in ("predict_proba", "predict_log_proba", "decision_function", "score_samples"):
        np.testing.assert_allclose(plain(getattr(classifier, ask)(x)), getattr(expected, ask)(held), rtol=1e-6)
    assert classifier.score(x, kind) == expected.score(held, kind)


def test_targets_that_are_columns_of_the_file(folder, small):
    by_name = mx.GaussianMixtureRegressor(K, random_state=0).fit(folder / "x.parquet", "c", sample_weight="w")
    held = mx.GaussianMixtureRegressor(K, random_state=0).fit(FRAME[["a", "b"]], FRAME["c"], sample_weight=WEIGHT)
    np.testing.assert_allclose(by_name.predict(FRAME[["a", "b"]]), held.predict(FRAME[["a", "b"]]), rtol=1e-6)
    assert by_name.mixture_.names == NAMES
    two = mx.GaussianMixtureRegressor(K, random_state=0).fit(folder / "x.npy", ["x2", "x3"])
    assert two.predict(X[:5, :1]).shape == (5, 2)
    with pytest.raises(InputError, match=r"y has shape .3,., X has 900 rows"):
        mx.GaussianMixtureRegressor().fit(folder / "x.npy", [1.0, 2.0, 3.0])


def test_answers_about_blocks(folder, small, tmp_path):
    answers = MIX.log_density(folder / "x.npy")
    assert [len(part) for part in answers] == [256, 256, 256, 132]
    answers.save(tmp_path / "scores.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "scores.npy"), MIX.log_density(X))
    MIX.responsibilities(folder / "x.npy").save(tmp_path / "shares.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "shares.npy"), MIX.responsibilities(X))
    sparse = MIX.responsibilities(folder / "x.npy", sparse=True)
    np.testing.assert_allclose(next(iter(sparse)).toarray(), MIX.responsibilities(X[:256]), atol=1e-12)
    with pytest.raises(InputError, match="sparse answers are no array"):
        np.asarray(sparse)
    with pytest.raises(InputError, match="unknown extension"):
        answers.save(tmp_path / "scores.txt")
    with pytest.raises(InputError, match="return_cov=True cannot be asked"):
        MIX.regress([0], folder / "x.npy", return_cov=True)


def test_dask_answers_are_lazy_and_keep_their_chunks():
    asked = []
    x = da.from_array(X, chunks=(400, 3)).map_blocks(lambda part: asked.append(len(part)) or part, meta=X[:0])
    answers = MIX.responsibilities(x)
    assert not [size for size in asked if size]
    assert answers.chunks == ((400, 400, 100), (2,))
    np.testing.assert_allclose(answers.compute(), MIX.responsibilities(X))


CHOSEN = ("array", "list", "points", "pandas", "polars", "csv", "npy", "memory map", "parquet", "zarr", "dask array",
          "dask frame")  # fmt: skip


@pytest.mark.parametrize("name", CHOSEN)
def test_some_of_the_columns(name, folder, small):
    """By number, and by name where there are names; what is left out may be no number."""
    x, _ = DATA[name](folder)
    np.testing.assert_array_equal(sources.opened(x, columns=[2, 0]).take(None).x, X[:, [2, 0]])
    named = sources.opened(x, columns=["x3"] if name == "npy" else ["c"]) if name not in BARE else None
    assert named is None or np.array_equal(named.take(None).x, X[:, 2:])
    with pytest.raises(InputError, match=r"columns|no column"):
        sources.opened(x, columns=[7])


BARE = ("array", "list", "points", "memory map", "zarr", "dask array")


def test_columns_that_cannot_be_chosen():
    texts = FRAME.assign(word="text")
    assert sources.opened(texts, columns=["b"]).names == ("b",)
    for given, what in ((blocks, "a function"), (sources.opened(blocks), "a source that is open")):
        with pytest.raises(InputError, match=f"columns is given, but x is {what}"):
            sources.opened(given, columns=[0])


TWICE = (*CHOSEN, "hdf5 file")


@pytest.mark.parametrize("name", TWICE)
def test_a_column_is_chosen_once(name, folder, small):
    x, _ = DATA[name](folder)
    with pytest.raises(InputError, match=r"columns holds '[ax]1?' more than once"):
        sources.opened(x, columns=[0, 1, 0])
    with pytest.raises(InputError, match="columns is 'ab': give a list"):
        sources.opened(x, columns="ab")
    with pytest.raises(InputError, match="columns is empty"):
        sources.opened(x, columns=[])


@pytest.mark.parametrize("name", ["pandas", "polars", "dask frame"])
def test_weights_by_name_in_a_frame(name, folder):
    frame, _ = DATA[name](folder)
    weighted = frame.with_columns(w=pl.Series(WEIGHT)) if name == "polars" else frame.assign(w=1.5)
    held = mx.fit(X, K, sample_weight=WEIGHT if name == "polars" else np.full(N, 1.5), rng=0, max_iter=3, tol=0)
    found = mx.fit(weighted, K, sample_weight="w", rng=0, max_iter=3, tol=0)
    assert found.mixture.names == NAMES
    assert mixture_gap(found.mixture, held.mixture) < 1e-9
    with pytest.raises(InputError, match="x has no column 'z': it has a, b, c"):
        mx.fit(frame, K, sample_weight="z")


def test_what_is_no_data_is_told_in_one_sentence():
    for ask in (lambda x: mx.fit(x, K), MIX.log_density):
        with pytest.raises(InputError, match=r"x is a LazyFrame, which holds no rows yet: give x.collect\(\)"):
            ask(pl.LazyFrame(X))
        with pytest.raises(InputError, match="generator, which gives its blocks once"):
            ask(block for block in [X])
        with pytest.raises(InputError, match="x is an empty path"):
            ask("")
        with pytest.raises(InputError, match="x is a path that cannot be read"):
            ask("x" * 5000)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_files_keep_their_precision(kind, tmp_path, small):
    np.save(tmp_path / "x.npy", X.astype(kind))
    held = mx.GaussianMixture(K, random_state=0).fit(X.astype(kind))
    model = mx.GaussianMixture(K, random_state=0).fit(tmp_path / "x.npy")
    assert model.means_.dtype == held.means_.dtype == kind
    assert plain(model.score_samples(tmp_path / "x.npy")).dtype == held.score_samples(X.astype(kind)).dtype


def test_complete_rows_of_blocks_have_the_prior_of_complete_rows(folder, small):
    settings = {"prior": "default", "missing": True, "rng": 0, "max_iter": 3, "tol": 0}
    held, found = (mx.fit(x, K, **settings).mixture for x in (X, folder / "x.npy"))
    assert mixture_gap(found, held) < 1e-9


# Columns by name

SWAPPED = ("c", "a", "b")
FRAMES = {
    "pandas": lambda names: FRAME[list(names)],
    "polars": lambda names: pl.DataFrame(X, schema=list(NAMES))[list(names)],
    "dask": lambda names: dd.from_pandas(FRAME[list(names)], npartitions=2),
    "points": lambda names: mx.Points.from_array(FRAME[list(names)].to_numpy(), names=names),
    "blocks": lambda names: lambda: iter([FRAME[list(names)]]),
    "opened": lambda names: sources.opened(lambda: iter([FRAME[list(names)]])),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
def test_a_mixture_takes_columns_by_name(frame, ask):
    np.testing.assert_allclose(plain(ask(NAMED, frame(SWAPPED))), ask(NAMED, X), rtol=1e-12)


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_so_do_criteria_starts_and_regression(frame):
    assert mx.bic(NAMED, frame(SWAPPED)) == pytest.approx(mx.bic(MIX, X))
    settings = {"rng": 0, "max_iter": 2, "tol": 0}
    found = mx.fit(frame(SWAPPED), K, start=NAMED, **settings).mixture
    assert found.names == SWAPPED
    assert mixture_gap(found.marginal(NAMES), mx.fit(X, K, start=MIX, **settings).mixture) < 1e-9


def test_regression_takes_the_known_ones_by_name():
    known = NAMED.regress(["a", "c"], FRAME[["b", "c", "a"]])
    np.testing.assert_allclose(known, MIX.regress([0, 2], X[:, [0, 2]]))
    np.testing.assert_allclose(plain(NAMED.regress(["c"], lambda: iter([FRAME]))), MIX.regress([2], X[:, 2:]))
    points = mx.Points.from_array(X[:, [2, 0]], names=("c", "a"))
    np.testing.assert_allclose(NAMED.regress(["a", "c"], points), known)
    with pytest.raises(InputError, match="values has no column 'c'"):
        NAMED.regress(["a", "c"], FRAME[["a", "b"]])


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_what_is_missing_is_named(frame):
    with pytest.raises(InputError, match="no column 'c' of those wanted, a, b, c: it has a, b"):
        plain(NAMED.log_density(frame(("a", "b"))))
    other = mx.Mixture(MIX.weights, MIX.means, MIX.covariances, names=("a", "b", "z"))
    with pytest.raises(InputError, match="no column 'z'"):
        mx.bic(other, frame(NAMES))
    with pytest.raises(InputError, match="start has the coordinates a, b, z, x the columns a, b, c"):
        mx.fit(frame(NAMES), K, start=other)


def test_more_columns_do_no_harm_and_names_may_be_absent():
    more = FRAME.assign(extra=1.0)[["extra", "b", "c", "a"]]
    np.testing.assert_array_equal(NAMED.predict(more), NAMED.predict(X))
    np.testing.assert_array_equal(NAMED.predict(FRAME.to_numpy()), NAMED.predict(X))
    np.testing.assert_array_equal(MIX.predict(FRAME), MIX.predict(X))
    with pytest.raises(InputError, match="2 columns 'a'"):
        NAMED.predict(pd.DataFrame(np.c_[X, X[:, 0]], columns=[*NAMES, "a"]))


def test_warm_starts_go_by_name():
    model = mx.GaussianMixture(K, random_state=0, warm_start=True).fit(FRAME)
    before = model.score(FRAME)
    model.fit(FRAME[list(SWAPPED)])
    assert model.mixture_.names == SWAPPED
    assert model.score(FRAME[list(SWAPPED)]) >= before - 1e-9


@pytest.mark.parametrize(("n", "d"), [(0, 2), (1, 1), (7, 3), (3000, 1), (3001, 3), (5, 5000)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bounds_are_the_least_and_the_largest(n, d, dtype):
    x = np.random.default_rng(n + d).standard_normal((n, d)).astype(dtype)
    x[np.random.default_rng(0).random((n, d)) < 0.2] = np.nan
    if n > 3:
        x[:, 0] = np.nan
    for table in (x, np.asfortranarray(x), x[:, ::-1]):
        low, high = bounds(table)
        empty = np.isnan(table).all(axis=0)
        np.testing.assert_array_equal(np.isnan(low), empty)
        np.testing.assert_array_equal(low[~empty], np.nanmin(table[:, ~empty], axis=0, initial=np.inf))
        np.testing.assert_array_equal(high[~empty], np.nanmax(table[:, ~empty], axis=0, initial=-np.inf))
        assert low.dtype == np.float64
