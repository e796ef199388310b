"""Columns that are of numbers, and those that are not though a library would make numbers of them: in every frame."""

import datetime
import re
import warnings
from decimal import Decimal
from fractions import Fraction

import dask.dataframe as dd
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

import mixtura as mx
from mixtura.errors import InputError
from mixtura.sources import opened

N = 12
B = np.arange(N) ** 0.5
DAYS = pd.date_range("2020-02-27", periods=N)
DATES = [day.date() for day in DAYS]
HOURS = [datetime.timedelta(hours=i) for i in range(N)]
CLOCKS = [datetime.time(1, i) for i in range(N)]
DIGITS = [str(i % 5) for i in range(N)]
MONEY = [Decimal(i) / 4 for i in range(N)]


def pandas(values, **words):
    return pd.DataFrame({"b": B, "when": pd.Series(values, **words)})


def arrow(values, kind):
    return pandas(pd.arrays.ArrowExtensionArray(pa.array(values, kind)))


def polars(values, kind=None):
    return pl.DataFrame({"b": B, "when": pl.Series(values, dtype=kind)})


def table(values, kind=None):
    return pa.table({"b": B, "when": pa.array(values, kind)})


def objects(values):
    return np.array([*zip(B, values, strict=True)], dtype=object)


def lists(values):
    return [list(row) for row in zip(B, values, strict=True)]


TIMES = {
    "pandas": pandas(DAYS),
    "pandas, zone": pandas(DAYS.tz_localize("Asia/Tokyo")),
    "pandas, duration": pandas(HOURS),
    "pandas, category of times": pandas(pd.Categorical(DAYS)),
    "pandas, category of dates": pandas(pd.Categorical(DATES)),
    "pandas, objects": pandas(list(DAYS), dtype=object),
    "pandas, datetime64 as objects": pandas(list(DAYS.to_numpy()), dtype=object),
    "pandas, dates": pandas(DATES, dtype=object),
    "pandas, a gap": pandas([pd.NaT, *DAYS[1:]]),
    "Arrow, time": arrow(list(DAYS.to_pydatetime()), pa.timestamp("us")),
    "Arrow, date": arrow(DATES, pa.date32()),
    "Arrow, duration": arrow(HOURS, pa.duration("us")),
    "Arrow, clock": arrow(CLOCKS, pa.time64("us")),
    "polars": polars(list(DAYS.to_pydatetime())),
    "polars, date": polars(DATES),
    "polars, duration": polars(HOURS),
    "polars, clock": polars(CLOCKS),
    "polars, zone": polars(list(DAYS.to_pydatetime()), pl.Datetime("ms", "Asia/Tokyo")),
    "a table of Arrow": table(DATES),
    "objects, datetime64": objects(DAYS.to_numpy()),
    "objects, timedelta64": objects(np.arange(N).astype("m8[h]")),
    "objects, dates": objects(DATES),
    "lists, dates": lists(DATES),
    "lists, datetime64": lists(DAYS.to_numpy()),
}
TEXT = {
    "pandas": pandas(DIGITS),
    "pandas, objects": pandas(DIGITS, dtype=object),
    "pandas, category": pandas(pd.Categorical(DIGITS)),
    "pandas, one among numbers": pandas([*range(N - 1), "7"], dtype=object),
    "Arrow": arrow(DIGITS, pa.string()),
    "polars": polars(DIGITS),
    "polars, category": polars(DIGITS, pl.Categorical),
    "polars, enumeration": polars(DIGITS, pl.Enum(sorted(set(DIGITS)))),
    "a table of Arrow": table(DIGITS),
    "a table of Arrow, dictionary": pa.table({"b": B, "when": pa.array(DIGITS).dictionary_encode()}),
    "objects": objects(DIGITS),
    "objects, bytes": objects([digit.encode() for digit in DIGITS]),
    "lists": lists(DIGITS),
}
OTHER = {
    "intervals": (pandas(pd.interval_range(0, N)), "Interval objects"),
    "periods": (pandas(pd.period_range("2020", periods=N)), "Period objects"),
    "lists": (pandas([[1.0]] * N, dtype=object), "list objects"),
    "polars, lists": (polars([[1.0]] * N), "ndarray objects"),
    "polars, records": (polars([{"x": 1.0}] * N), "lists or records"),
    "polars, arrays": (polars([[1.0, 2.0]] * N, pl.Array(pl.Float64, 2)), "lists or records"),
    "polars, bytes": (polars([b"1"] * N), "text"),
    "whole numbers beyond all floats": (objects([10**400] * N), "no float holds"),
    "complex": (pandas(B + 1j), "complex numbers"),
    "complex, objects": (objects(B + 1j), "complex numbers"),
}
GOOD = {
    "booleans": pandas(np.arange(N) % 2 == 0),
    "booleans of objects": pandas([True, False] * (N // 2), dtype=object),
    "decimals": pandas(MONEY, dtype=object),
    "fractions": objects([Fraction(i, 3) for i in range(N)]),
    "whole": pandas(pd.array(range(N), dtype="Int64")),
    "categories of numbers": pandas(pd.Categorical(np.arange(N) % 5)),
    "sparse": pandas(pd.arrays.SparseArray(np.arange(N) % 3)),
    "Arrow, decimals": arrow(MONEY, pa.decimal128(9, 3)),
    "polars, decimals": polars(MONEY),
    "polars, booleans": polars([True, False] * (N // 2)),
    "a table of Arrow": table(list(range(N))),
    "lists": lists(range(N)),
}
ASKED = {
    "fit": lambda x: mx.fit(x, 1),
    "an estimator": lambda x: mx.GaussianMixture().fit(x),
    "a regressor": lambda x: mx.GaussianMixtureRegressor().fit(x, B),
    "blocks": lambda x: mx.fit(lambda: [x], 1),
    "a question": lambda x: mx.Mixture([1], [[0, 0]], [1.0], "spherical").log_density(x),
    "single precision": lambda x: mx.Points.from_array(x, dtype="float32"),
}


def name_of(x):
    return "'when'" if hasattr(x, "columns") else "[01]"


@pytest.mark.parametrize("ask", ASKED)
@pytest.mark.parametrize(("what", "frames"), [("times", TIMES), ("text", TEXT)])
def test_times_and_text_are_no_numbers(ask, what, frames):
    for kind, x in frames.items():
        with pytest.raises(InputError) as caught:
            ASKED[ask](x)
        assert re.search(rf"column {name_of(x)} holds {what}.*; convert it first", str(caught.value)), kind


@pytest.mark.parametrize("kind", OTHER)
def test_what_else_is_no_number(kind):
    x, says = OTHER[kind]
    for ask in ("fit", "an estimator", "blocks"):
        with pytest.raises(InputError, match=f"(?=.*({says}))(?=.*column {name_of(x)})") as caught:
            ASKED[ask](x)
        assert isinstance(caught.value, TypeError) == (ask == "an estimator")
        assert len(str(caught.value)) < 300


@pytest.mark.filterwarnings("ignore:pandas.DataFrame with sparse columns")  # which scikit-learn says
@pytest.mark.parametrize("kind", GOOD)
def test_numbers_of_every_kind(kind):
    x = GOOD[kind]
    found = opened(x).x
    assert found.shape == (N, 2)
    np.testing.assert_array_equal(found[:, 0], B)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(opened(lambda: [x]).take(None).x, found)
    for ask in ("an estimator", "a question"):
        ASKED[ask](x)


@pytest.mark.parametrize("x", [pandas(DAYS), pandas(pd.Categorical(DAYS)), pandas(DIGITS, dtype=object)])
def test_partitions(x):
    frame = dd.from_pandas(x, npartitions=2)
    for model in (lambda: mx.fit(frame, 1), lambda: mx.GaussianMixture().fit(frame)):
        with pytest.raises(InputError, match=r"column 'when' holds (times|text)"):
            model()


@pytest.mark.parametrize(("values", "kind"), [(DATES, None), (HOURS, None), (DIGITS, None), ([[1]] * N, None)])
def test_parquet(tmp_path, values, kind):
    parquet.write_table(table(values, kind), tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"column 'when' of .*t\.parquet holds \w+.*choose columns of numbers.*=b"):
        mx.fit(tmp_path / "t.parquet", 1)


def test_arrays_of_one_type():
    records = np.zeros(N, dtype=[("a", "f8"), ("b", "f8")])
    for x, says in (
        (DAYS.to_numpy()[:, None], "it holds times"),
        (np.arange(N).astype("m8[s]")[:, None], "it holds times"),
        (np.array([DIGITS]).T, "it holds text"),
        (np.array([DIGITS]).T.astype(np.dtypes.StringDType()), "it holds text"),
        (records, "it holds records"),
        (np.array([[b"12"]] * N, "V2"), "it holds records"),
    ):
        for ask in ("fit", "an estimator", "blocks"):
            with pytest.raises(InputError, match=says):
                ASKED[ask](x)


def test_targets_and_weights():
    x = B[:, None]
    for y in (pd.Series(DIGITS), DAYS, pd.Series(DATES), pl.Series(DATES)):
        for known in (x, lambda: [x]):
            with pytest.raises(InputError, match="y cannot be read as numbers: it holds t"):
                mx.GaussianMixtureRegressor().fit(known, y)
        with pytest.raises(InputError, match="sample_weight cannot be read as numbers: it holds t"):
            mx.fit(x, 1, sample_weight=y)


def test_a_table_of_arrow_is_taken_by_name():
    mixture = mx.fit(table(list(range(N))), 1).mixture
    assert mixture.names == ("b", "when")
    turned = pa.table({"when": range(N), "more": ["text"] * N, "b": B})
    np.testing.assert_array_equal(mixture.log_density(turned), mixture.log_density(table(list(range(N)))))
    found = opened(turned, "when", columns=["b"])
    assert (found.names, found.x.ravel().tolist(), found.weight.tolist()) == (("b",), B.tolist(), list(range(N)))


@pytest.mark.parametrize("ask", ASKED)
def test_lazy_frames(ask):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match=r"is a LazyFrame, which holds no rows yet: (give [xX]\.)?collect"):
            ASKED[ask](polars(B).lazy())
        with pytest.raises(InputError, match=r"Input y is a LazyFrame.*give y.collect\(\)"):
            mx.GaussianMixtureClassifier().fit(B[:, None], polars(B).lazy())


def test_rows_of_different_lengths():
    for ask in ("fit", "an estimator", "blocks"):
        with pytest.raises(InputError, match="row 2 has length 1, row 0 has length 2"):
            ASKED[ask]([[1, 2], [3, 4], [5]])


def test_columns_of_one_name():
    frame = pd.DataFrame(np.column_stack([B, B[::-1]]), columns=["when", "when"])
    for ask in (lambda: mx.GaussianMixture().fit(frame), lambda: opened(frame, columns=["when"])):
        with pytest.raises(InputError, match="has 2 columns 'when': give each its own name"):
            ask()
