"""Tables in files: what is read to the bit, what is refused and why, and what is written."""

import io
import sys

import numpy as np
import pandas as pd
import pyarrow
import pytest
from pyarrow import parquet

import mixtura as mx
from mixtura.errors import InputError, MissingExtraError, SourceError, TableError
from mixtura.sources import dask_tables, opened, tables
from mixtura.sources import text as text_reader

AWKWARD = np.array([[0.1, -1e-300], [1 / 3, 12345678.9], [-0.0, 1e300], [5.0, 2.0**-1074]])


def text(folder, content, name="t.csv"):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path, **words):
    """Any table, as points in memory."""
    return opened(path, **words).take(None)


@pytest.mark.parametrize("kind", tables.KINDS)
@pytest.mark.parametrize("at_once", [True, False])
def test_what_is_written_is_read_to_the_bit(tmp_path, monkeypatch, kind, at_once):
    """By NumPy at once, and block by block."""
    monkeypatch.setattr(text_reader, "BLOCK", 2)
    if not at_once:
        monkeypatch.setattr(text_reader.Text, "_quickly", lambda *_: None)
    path = tmp_path / f"t{kind}"
    tables.write(path, {"a, b": AWKWARD[:, 0], 'c "d"': AWKWARD[:, 1]})
    found = read(path)
    assert found.x.tobytes() == AWKWARD.tobytes()
    assert found.names == (None if kind == ".npy" else ("a, b", 'c "d"'))
    assert found.weight is None
    whole = np.arange(4)
    tables.write(path, {"component": whole})
    assert read(path).x.ravel().tolist() == whole.tolist()
    if kind == ".csv":
        assert path.read_text() == "component\n0\n1\n2\n3\n"
    if kind == ".npy":
        assert np.load(path).dtype == whole.dtype
        assert np.load(path).shape == (4,)


@pytest.mark.parametrize(
    ("content", "names", "rows"),
    [
        ("a,b\n1,2\n3,4\n", ("a", "b"), [[1, 2], [3, 4]]),
        ("1,2\n3,4\n", None, [[1, 2], [3, 4]]),
        ("\ufeffa;b\r\n1;2\r\n\r\n3;4", ("a", "b"), [[1, 2], [3, 4]]),
        ("a\tb\n1\t2\n3\t4\n", ("a", "b"), [[1, 2], [3, 4]]),
        (' a ,"b, c"\n 1 ,"2"\n3,4\n', ("a", "b, c"), [[1, 2], [3, 4]]),
        ("a\n1\n3\n", ("a",), [[1], [3]]),
        ('\n\r\n"a,\nb",c\n1,2\n3,4\n', ("a,\nb", "c"), [[1, 2], [3, 4]]),
        ('"p,q,r";s\n1;2\n3;4\n', ("p,q,r", "s"), [[1, 2], [3, 4]]),
        ('"a;b;c;d",e\n1,2\n3,4\n', ("a;b;c;d", "e"), [[1, 2], [3, 4]]),
        ('"say ""a;b;c""",e\n1,2\n3,4\n', ('say "a;b;c"', "e"), [[1, 2], [3, 4]]),
        ('"a;\nb\t;",e,f\n1,2,0\n3,4,0\n', ("a;\nb\t;", "e", "f"), [[1, 2, 0], [3, 4, 0]]),
        ('a,b\r1,"2\n"\r3,4\r', ("a", "b"), [[1, 2], [3, 4]]),
        (",2\n3,4\n", None, [[np.nan, 2], [3, 4]]),
        ("a,b\nNA,2\n?,NULL\n3, n/a \nnan,NaN\n", ("a", "b"), [[np.nan, 2], [np.nan] * 2, [3, np.nan], [np.nan] * 2]),
    ],
)
def test_ways_of_writing_text(tmp_path, content, names, rows):
    found = tables.read(text(tmp_path, content), missing=True)
    assert found.names == names
    np.testing.assert_array_equal(found.x, np.array(rows, float))
    there = opened(text(tmp_path, content), missing=True, on_workers=True)
    full = found.x[~np.isnan(found.x).all(axis=1)]
    np.testing.assert_array_equal(there.take(None).x, full)
    assert there.names == (names or ("x1", "x2"))


def test_simple_tables_are_read_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_numbers", lambda fields: pytest.fail("the slow way was taken"))
    for content in ("a,b\n1,2\n3,4\n", "1\t2\n3\t4", '\ufeff"a, b";b\r\n1;"2"\r\n\r\n3;4\r\n'):
        assert tables.read(text(tmp_path, content)).x[0].tolist() == [1, 2]


def test_a_header_of_numbers_has_to_be_told(tmp_path):
    path = text(tmp_path, "2019,2020\n1,2\n")
    assert tables.read(path).x.tolist() == [[2019, 2020], [1, 2]]
    found = tables.read(path, header=True)
    assert (found.names, found.x.tolist()) == (("2019", "2020"), [[1, 2]])


def test_columns_are_chosen_by_name(tmp_path):
    path = text(tmp_path, "a,word,b,w\n1,x,2,5\n3,y,4,6\n")
    found = tables.read(path, columns=["b", "a"], weight="w")
    assert (found.names, found.x.tolist(), found.weight.tolist()) == (("b", "a"), [[2, 1], [4, 3]], [5, 6])
    assert tables.read(path, like=["w", "b"]).x.tolist() == [[5, 2], [6, 4]]
    bare = text(tmp_path, "1,2,5\n3,4,6\n", "bare.csv")
    found = tables.read(bare, weight="x2")
    assert (found.names, found.x.tolist(), found.weight.tolist()) == (None, [[1, 5], [3, 6]], [2, 4])
    assert tables.read(bare, like=["p", "q", "r"]).x.tolist() == [[1, 2, 5], [3, 4, 6]]  # there are no names to go by
    assert tables.read(bare, columns=["x3", "x1"]).x.tolist() == [[5, 1], [6, 3]]


WRONG = {
    "a,b\n1,2\n3,4,5\n": "line 3 has 3 fields, the first has 2",
    "a,b\n1,2\nx,4\n": r"column 'a' holds 'x' in line 3, expected a number: choose columns .* columns=b\.",
    "a,b\n1,1_000\n": "column 'b' holds '1_000' in line 2",
    "a;b\n1;2,5\n": "'2,5' in line 2.*decimals with a point",
    "a,b\n\n1,2\n3,\n": "column 'b' has no value in line 4.*missing=True",
    "a,b\n1,inf\n": "column 'b' is inf in line 2",
    "a,b\n": "holds no rows",
    "": "is empty",
    b"\xff\xfe1,2\n": "is no text in UTF-8: line 1 holds byte 0xff; save it as UTF-8",
    "a,b\n1,2\n3,4 \N{DEGREE SIGN}\n".encode("latin-1"): "line 3 holds byte 0xb0; save it as UTF-8",
    "a,b\n1,2\n3\n": "line 3 has 1 field, the first has 2",
    "a,b\n1,2\n3,2031-05-06\n": "column 'b' holds '2031-05-06' in line 3",
    "a,b\n1,True\n": "column 'b' holds 'True' in line 2",
    "a,b\n1,#N/A\n": "column 'b' holds '#N/A' in line 2",
    "5,b\n1,2\nx,3\n": "column '5' holds 'x' in line 3",
    "1,2\n\n3,x\n": "column 'x2' holds 'x' in line 3",
    '"a\nb",c\n1,2\nx,3\n': r"column 'a\\nb' holds 'x' in line 4",
    "n" * 999 + ",b\nx,1\n": r"column 'n+\.\.\. holds 'x' in line 2.*columns=b\.",
    ",".join("name" * 99 + str(i) for i in range(99)) + "\n1\n": "line 2 has 1 field, the first has 99",
    "a,b\n1,2\0\n": "line 2",
    "a,b\n" + "9" * 200_000 + ",1\n": "cannot be read as a table",
}


@pytest.mark.parametrize("content", WRONG)
def test_what_is_no_table_is_refused(tmp_path, content):
    path = text(tmp_path, content)
    with pytest.raises(TableError, match=WRONG[content]) as caught:
        tables.read(path)
    assert len(str(caught.value)) < 300 + len(str(path))
    if "in line" in WRONG[content] or "field" in WRONG[content]:
        with pytest.raises((TableError, InputError)) as there:
            opened(path, on_workers=True).survey()
        if isinstance(there.value, TableError):  # of what is missing or infinite the row of the partition is told
            assert str(there.value) == str(caught.value)


def test_parts_of_a_text(tmp_path, monkeypatch):
    """However it is cut for the workers, a text has the numbers that it has here; what is wrong is told by its part."""
    monkeypatch.setattr(dask_tables, "BYTES", 100)
    x = np.random.default_rng(0).normal(0, 1, (40, 3))
    for head in ("p,q,r\n", ""):
        path = text(tmp_path, head + "".join(f"{','.join(map(repr, row))}\n" for row in x.tolist()))
        source = opened(path, columns=["r", "p"] if head else [2, 0], on_workers=True)
        assert len(source.partitions.parts) > 5
        np.testing.assert_array_equal(source.take(None).x, x[:, [2, 0]])
        lines = path.read_text().splitlines()
        lines[-1] += ",9"
        path.write_text("\n".join(lines))
        with pytest.raises(TableError, match=r"part \d+ of .*t\.csv: line \d has 4 fields, the first has 3"):
            opened(path, columns=[0], on_workers=True).survey()


def test_many_long_names_are_not_all_told(tmp_path):
    path = text(tmp_path, ",".join("name" * 99 + str(i) for i in range(99)) + "\n" + ",".join("1" * 99) + "\n")
    mixture = mx.Mixture([1], [[0, 0]], [1.0], "spherical", names=["a" * 999, "b"])
    frame = pd.read_csv(path)
    parquet.write_table(pyarrow.Table.from_pandas(frame), tmp_path / "t.parquet")
    for ask in (
        lambda: read(path, columns=["b"]),
        lambda: read(path, columns=["b" * 999]),
        lambda: read(tmp_path / "t.parquet", columns=["b"]),
        lambda: mixture.log_density(frame),
        lambda: opened(frame, columns="b" * 999),
        lambda: opened(lambda: [frame, frame.iloc[:, :9]]).survey(),
    ):
        with pytest.raises(InputError) as caught:
            ask()
        assert len(str(caught.value).replace(str(tmp_path), "")) < 500


def test_wrong_columns_are_refused(tmp_path):
    path = text(tmp_path, "a,a,b,w\n1,2,3,\n")
    for words, says in (
        ({"columns": ["c"]}, "has no column 'c': it has a, a, b, w"),
        ({"columns": ["a"]}, "has 2 columns 'a'"),
        ({"columns": ["b"], "weight": "c"}, "has no column 'c'"),
    ):
        with pytest.raises(InputError, match=says):
            tables.read(path, **words)
    with pytest.raises(TableError, match="column 'w' has no value"):
        tables.read(path, columns=["b"], weight="w", missing=True)
    with pytest.raises(InputError, match="no column but that of the weights"):
        tables.read(text(tmp_path, "w\n1\n"), weight="w")
    with pytest.raises(TableError, match="is inf"):
        tables.read(text(tmp_path, "a\ninf\n"), missing=True)


@pytest.mark.parametrize("name", ["nix.csv", "t.xlsx", ".", "t"])
def test_what_is_no_file_is_refused(tmp_path, name):
    with pytest.raises(TableError):
        tables.read(tmp_path / name)


@pytest.mark.parametrize(
    "array",
    [np.array(["a"]), np.zeros((2, 2, 2)), np.zeros((0, 3)), np.zeros((3, 0)), np.array([1j]), np.array([None])],
)
def test_arrays_that_are_no_table(tmp_path, array):
    np.save(tmp_path / "t.npy", array)
    with pytest.raises((InputError, SourceError)):
        read(tmp_path / "t.npy")


def test_parquet_of_many_types(tmp_path):
    columns = {
        "whole": pyarrow.array([1, None, 3]),
        "single": pyarrow.array([0.5, 1.5, None], pyarrow.float32()),
        "truth": pyarrow.array([True, False, None]),
        "money": pyarrow.array([None, 2, 3]).cast(pyarrow.decimal128(22, 2)),
        "word": pyarrow.array(["a", "b", None]),
    }
    path = tmp_path / "t.parquet"
    parquet.write_table(pyarrow.table(columns), path)
    assert read(path, columns=[2, "single"], missing=True).names == ("truth", "single")
    found = read(path, columns=["money", "truth", "single", "whole"], missing=True)
    n = np.nan
    np.testing.assert_array_equal(found.x, [[n, 1, 0.5, 1], [2, 0, 1.5, n], [3, n, n, 3]])
    with pytest.raises(InputError, match=r"column 'word' .*holds string.*columns=whole,single"):
        read(path)
    with pytest.raises(InputError, match=r"row 1 of .*, column 'whole', is nan.*missing=True"):
        read(path, columns=["whole"])
    with pytest.raises(SourceError, match="cannot be read as Parquet"):
        read(text(tmp_path, "no parquet", "wrong.parquet"))


def test_without_pyarrow(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    path = text(tmp_path, "", "t.parquet")
    with pytest.raises(MissingExtraError, match=r"mixtura\[tables\]"):
        tables.check_writable(path)
    with pytest.raises(MissingExtraError, match=r"mixtura\[stream\]"):
        read(path)
    with pytest.raises(MissingExtraError):
        tables.write(path, {"a": np.zeros(1)})
    assert path.read_bytes() == b""


def test_standard_output(monkeypatch):
    said = io.StringIO()
    monkeypatch.setattr(sys, "stdout", said)
    tables.write(tables.STANDARD, {"a": np.array([1, 2]), "b": np.array([0.1, 0.2])})
    assert said.getvalue() == "a,b\n1,0.1\n2,0.2\n"
