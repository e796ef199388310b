"""Tables of any length: read and written some rows at a time, the columns beside the model's as they stand."""

import csv
import datetime
import io

import numpy as np
import pytest
from terminal import mixtura, names

import mixtura as mx
from mixtura.cli import ask
from mixtura.errors import InputError, SourceError
from mixtura.model import sampling
from mixtura.sources import blocks, gathering, opened, text, whole, whole_columns
from mixtura.sources.array import ArraySource

MIX = mx.Mixture(
    [0.4, 0.6], [[0.0, 20.0], [9.0, 50.0]], [[[1.0, 2.0], [2.0, 9.0]], [[2.0, -1.0], [-1.0, 25.0]]], names=["x", "age"]
)
N = 500


@pytest.fixture
def folder(tmp_path):
    """t.csv with ids, dates, words and gaps, and whole numbers in one column; t.parquet is the same, with types."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    MIX.save(tmp_path / "m.mix")
    x = np.round(MIX.sample(N, rng=1), 3)
    x[:, 1] = np.round(x[:, 1])
    x[np.random.default_rng(0).random(x.shape) < 0.1] = np.nan
    x[0] = 1.5, 20
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=i % 99) for i in range(N)]
    words = [("nord", 'süd, "alt"', "")[i % 3] for i in range(N)]
    with (tmp_path / "t.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "x", "day", "word", "age"])
        for i, (a, b) in enumerate(x.tolist()):
            cells = ["" if np.isnan(a) else a, "NA" if np.isnan(b) else f"{b:.0f}"]
            writer.writerow([f"{i:04d}", cells[0], days[i], words[i], cells[1]])
    columns = {
        "id": pa.array(range(N), pa.int32()),
        "x": pa.array(x[:, 0], pa.float32(), from_pandas=True),
        "day": pa.array(days),
        "word": pa.array(words).dictionary_encode(),
        "age": pa.array(x[:, 1], from_pandas=True).cast(pa.int16()),
        "full": pa.array(range(N), pa.int8() if N < 128 else pa.int16()),
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    return tmp_path


@pytest.fixture
def small(monkeypatch):
    """Few lines, rows and numbers at a time."""
    monkeypatch.setattr(text, "BLOCK", 30)
    monkeypatch.setattr(whole, "ROWS", 70)
    monkeypatch.setattr(gathering, "MOST", 200)
    monkeypatch.setattr(blocks, "rows_of", lambda d: 128)


def read(said):
    heads, *rows = csv.reader(io.StringIO(said))
    return heads, rows


def stream(folder, name="t.csv"):
    return {"stdin": io.TextIOWrapper(io.BytesIO((folder / name).read_bytes()))}


def ok(*words, folder, **more):
    said = mixtura(*words, folder=folder, **more)
    assert (said.code, said.err) == (0, ""), said
    return said


def test_a_long_text_is_kept_in_a_file_and_fitted_as_a_short_one(folder, small, monkeypatch):
    how = {"columns": ["x", "age"], "missing": True}
    long = opened(folder / "t.csv", **how)
    assert isinstance(long, ArraySource)
    assert long.names == MIX.names
    assert whole_columns(long) == (False, True)
    monkeypatch.setattr(gathering, "MOST", 2**24)
    short = opened(folder / "t.csv", **how)
    assert whole_columns(short) == (False, True)
    np.testing.assert_array_equal(np.concatenate([block.x for block in long.blocks()]), short.x)
    one, other = (mx.fit(each, 2, rng=0, missing=True, tol=1e-7).mixture for each in (long, short))
    assert one.names == MIX.names
    np.testing.assert_allclose(np.sort(one.means[:, 0]), np.sort(other.means[:, 0]), rtol=1e-3)
    weighed = opened(folder / "t.csv", "id", columns=["x"], missing=True)
    assert weighed.survey().total == sum(i for i in range(N) if not np.isnan(short.x[i, 0]))


def test_no_room_for_a_long_text(folder, small, monkeypatch):
    monkeypatch.setenv(gathering.FOLDER, str(folder / "nowhere"))
    with pytest.raises(SourceError, match=r"t.csv has more rows than .*MIXTURA_SPILL_FOLDER to another"):
        opened(folder / "t.csv", columns=["x"], missing=True)


def test_what_is_wrong_far_down_is_told_by_its_line_and_nothing_is_written(folder, small):
    lines = (folder / "t.csv").read_text(encoding="utf-8").splitlines()
    lines[400] = lines[400].replace(",", ",long,", 1)
    (folder / "wide.csv").write_text("\n".join(lines))
    lines[400] = "0399,long,2020-01-01,nord,3"
    (folder / "word.csv").write_text("\n".join(lines))
    before = names(folder)
    for table, says in (("wide.csv", "line 401 has 6 fields, the first has 5"), ("word.csv", "'long' in line 401")):
        for words in (("impute",), ("predict", "--missing", "--keep", "id"), ("score", "--missing", "-o", "a.csv")):
            said = mixtura(words[0], "m.mix", table, *words[1:], folder=folder)
            assert (said.code, said.out) == (2, "")
            assert says in said.err
    assert names(folder) == before


@pytest.mark.parametrize(
    "words", [("predict", "--probabilities"), ("score", "-o", "-"), ("predict", "--target", "age")]
)
@pytest.mark.parametrize("table", ["t.csv", "-", "t.parquet"])
def test_columns_are_carried_along(folder, small, words, table):
    what = (words[0], "m.mix", table, "--missing", "--keep", "word,id,day", *words[1:])
    heads, rows = read(ok(*what, folder=folder, streams=stream(folder) if table == "-" else None).out)
    plain, alone = read(ok(words[0], "m.mix", "t.csv", "--missing", *words[1:], folder=folder).out)
    assert heads == ["word", "id", "day", *plain]
    found, expected = np.array([row[3:] for row in rows], float), np.array(alone, float)
    np.testing.assert_allclose(found, expected, rtol=1e-4 if table == "t.parquet" else 0)  # of float32
    _, all_fields = read((folder / "t.csv").read_text(encoding="utf-8"))
    ids = [str(int(row[0])) for row in all_fields] if table == "t.parquet" else [row[0] for row in all_fields]
    assert [row[1] for row in rows] == ids
    assert [(row[0], row[2]) for row in rows] == [(row[3], row[2]) for row in all_fields]


def test_parquet_keeps_its_types(folder, small):
    import pyarrow.parquet as pq

    table = pq.read_table(folder / "t.parquet")
    ok("predict", "m.mix", "t.parquet", "--missing", "--keep", "all", "-o", "p.parquet", folder=folder)
    found = pq.read_table(folder / "p.parquet")
    assert found.select(table.column_names).equals(table)
    ok("impute", "m.mix", "t.parquet", "-o", "full.parquet", folder=folder)
    full = pq.read_table(folder / "full.parquet")
    for name in ("id", "day", "word", "full"):
        assert full.column(name).equals(table.column(name))
    assert not any(full.column(name).null_count for name in MIX.names)
    (folder / "parts").mkdir()
    for i in range(2):
        pq.write_table(table.slice(i * N // 2, N // 2), folder / "parts" / f"{i}.parquet")
    ok("impute", "m.mix", "parts", "-o", "again.parquet", folder=folder)
    assert pq.read_table(folder / "again.parquet").equals(full)
    ok("outliers", "m.mix", "parts", "-n", "4", "--keep", "id,day", "-o", "o.parquet", folder=folder)
    strange = pq.read_table(folder / "o.parquet")
    assert strange.schema.types[:2] == [table.schema.field("id").type, table.schema.field("day").type]
    assert [i + 1 for i in strange.column("id").to_pylist()] == strange.column("row").to_pylist()


def test_text_becomes_numbers_and_dates_in_parquet(folder, small):
    import pyarrow.parquet as pq

    source = pq.read_table(folder / "t.parquet")
    for words in (("predict", "m.mix", "t.csv", "--missing", "--keep", "all"), ("impute", "m.mix", "t.csv")):
        ok(*words, "-o", "a.parquet", folder=folder)
        found = pq.read_table(folder / "a.parquet")
        kinds = {name: str(found.schema.field(name).type) for name in found.column_names}
        age = {"predict": "int64", "impute": "double"}[words[0]]
        expected = {"id": "string", "x": "double", "day": "date32[day]", "word": "string", "age": age}  # ids are 0001
        assert expected.items() <= kinds.items()
        assert found.column("day").to_pylist() == source.column("day").to_pylist()
    (folder / "odd.csv").write_text("x,age,a,b,c,d,e\n1,2,2020-02-31,1,1,,inf\n3,4,2020-01-01,,+2.5,,1e3\n")
    ok("predict", "m.mix", "odd.csv", "--keep", "a,b,c,d,e", "-o", "a.parquet", folder=folder)
    found = pq.read_table(folder / "a.parquet")
    kinds = [str(found.schema.field(name).type) for name in "abce"]
    assert kinds == ["string", "int64", "double", "double"]  # there is no 31st of February
    assert found.column("b").to_pylist() == [1, None]


def test_a_long_table_is_imputed_as_a_short_one(folder, monkeypatch):
    ok("impute", "m.mix", "t.csv", "-o", "a.csv", folder=folder)
    monkeypatch.setattr(whole, "ROWS", 70)
    assert ok("impute", "m.mix", "-", folder=folder, streams=stream(folder)).out == (folder / "a.csv").read_text(
        "utf-8"
    )


def test_samples_have_the_types_of_the_table(folder, small):
    ok("fit", "t.csv", "-k", "2", "--columns", "x,age", "--missing", "-o", "f.mix", folder=folder)
    x = mx.load(folder / "f.mix").sample(20, rng=0)
    heads, rows = read(ok("sample", "f.mix", "-n", "20", folder=folder).out)
    assert heads == ["x", "age"]
    assert [row[1] for row in rows] == [f"{v:.0f}" for v in x[:, 1]]
    assert [float(row[0]) for row in rows] == x[:, 0].tolist()
    _, plain = read(ok("sample", "f.mix", "-n", "20", "--no-round", folder=folder).out)
    assert [float(row[1]) for row in plain] == x[:, 1].tolist()
    ok("choose", "t.parquet", "-k", "1-2", "--columns", "age,x", "--missing", "-o", "c.mix", "-q", folder=folder)
    ok("sample", "c.mix", "-o", "s.parquet", folder=folder)
    import pyarrow.parquet as pq

    assert [str(kind) for kind in pq.read_schema(folder / "s.parquet").types] == ["int64", "double"]


@pytest.mark.parametrize("table", ["t.csv", "t.parquet"])
def test_dates_are_refused_with_a_hint(folder, table):
    said = mixtura("fit", table, "-k", "2", "--columns", "x,day,age", folder=folder)
    assert said.code == 2
    assert "a date is no number; write it as one, such as days since the first, or choose" in said.err
    assert "--columns" in said.err


def test_a_pipe_is_read_once(folder):
    import os

    pipe = folder / "pipe"
    os.mkfifo(pipe)
    said = mixtura("predict", "m.mix", "pipe", "--keep", "id", folder=folder)
    assert said.code == 2
    assert "--keep reads the table twice, which the pipe pipe does not allow" in said.err


def test_samples_are_drawn_a_block_at_a_time_and_as_at_once(folder, monkeypatch):
    monkeypatch.setattr(sampling, "ROWS", 70)
    x, came = MIX.sample(200, rng=3, return_labels=True)
    rng = np.random.default_rng(3)
    np.testing.assert_array_equal(x, np.concatenate([MIX.sample(n, rng=rng) for n in (70, 70, 60)]))
    np.testing.assert_array_equal(MIX.predict(x), came)
    drawn, heard = [], []
    monkeypatch.setattr(ask, "answer", lambda output, blocks: drawn.extend(blocks))
    ask.sample(folder / "m.mix", 200, rng=3, labels=True, watch=heard.append)
    assert [len(block["x"]) for block in drawn] == [70, 70, 60]
    np.testing.assert_array_equal(np.concatenate([block["component"] for block in drawn]), came)
    assert [(progress.done, progress.of) for progress in heard] == [(70, 200), (140, 200), (200, 200)]
    monkeypatch.undo()
    monkeypatch.setattr(sampling, "ROWS", 70)
    for kind in ("csv", "tsv", "parquet", "npy"):
        ok("sample", "m.mix", "-n", "200", "--seed", "3", "-o", f"s.{kind}", folder=folder)
        found = opened(folder / f"s.{kind}")
        np.testing.assert_array_equal(np.concatenate([block.x for block in found.blocks()]), x)


def test_samples_that_cannot_be_written_leave_nothing_behind(folder, monkeypatch):
    monkeypatch.setattr(sampling, "ROWS", 70)
    (folder / "s.csv").write_text("before")
    before = sorted(folder.iterdir())
    draw, drawn = sampling._block, []

    def full(mixture, n, *more):
        drawn.append(n)
        if len(drawn) % 3 == 0:
            raise InputError("no more.")
        return draw(mixture, n, *more)

    monkeypatch.setattr(sampling, "_block", full)
    for name in ("s.csv", "s.parquet", "-"):
        said = mixtura("sample", "m.mix", "-n", "200", "-o", name, folder=folder)
        assert (said.code, said.out) == (2, "")
        assert sorted(folder.iterdir()) == before
    assert (folder / "s.csv").read_text() == "before"
    assert len(drawn) == 9
