"""impute, outliers, --keep and predictions from rows with gaps: tables in, tables out, the rest untouched."""

import csv
import io

import numpy as np
import pytest
from terminal import mixtura

import mixtura as mx

MIX = mx.Mixture(
    [0.4, 0.6], [[2.0, 54, 1], [4.3, 80, -1]],
    [[[0.07, 0.4, 0.1], [0.4, 34, 1.0], [0.1, 1.0, 2.0]], [[0.17, 0.9, 0.0], [0.9, 36, 0.3], [0.0, 0.3, 1.0]]],
    names=["eruptions", "waiting", "wind"],
)  # fmt: skip
X = MIX.sample(60, rng=1)
X[7] = 2.0, 95.0, 0.0  # a short eruption does not come after a long wait
GAPS = np.where(np.random.default_rng(2).random(X.shape) < 0.2, np.nan, X)
GAPS[3] = np.nan
GAPS[7] = X[7]
WORDS = ["", "NA", "?", "null"]


@pytest.fixture
def folder(tmp_path):
    MIX.save(tmp_path / "true.mix")
    with (tmp_path / "gaps.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "wind", "eruptions", "note, quoted", "waiting"])
        for i, (a, b, c) in enumerate(GAPS):
            fields = [WORDS[i % 4] if np.isnan(v) else f"{v:.3f}" for v in (c, a, b)]
            writer.writerow([f"0{i}", fields[0], fields[1], f'of "{i}", 2020-01-02', fields[2]])
    return tmp_path


def table(path):
    with path.open(newline="") as file:
        names, *rows = csv.reader(file)
    return names, rows


def observed(folder):
    """(n, 3) what the table has of the model's columns, in the model's order."""
    names, rows = table(folder / "gaps.csv")
    at = [names.index(name) for name in MIX.names]
    return np.array([[np.nan if row[i] in WORDS else float(row[i]) for i in at] for row in rows])


@pytest.mark.parametrize(("words", "how"), [((), "mean"), (("--draw", "--seed", "5"), "sample")])
def test_impute_fills_the_gaps_alone(folder, words, how):
    said = mixtura("impute", "true.mix", "gaps.csv", *words, "-o", "full.csv", "--json", folder=folder)
    assert said.code == 0, said
    (names, before), (heads, after) = table(folder / "gaps.csv"), table(folder / "full.csv")
    assert heads == names
    assert len(after) == len(before)
    x = observed(folder)
    full = MIX.impute(x, how=how, rng=5)
    for row, (old, new) in enumerate(zip(before, after, strict=True)):
        for place, name in enumerate(names):
            if name in MIX.names and old[place] in WORDS:
                assert float(new[place]) == full[row, MIX.names.index(name)]
            else:
                assert new[place] == old[place]  # to the letter
    gaps = np.isnan(x)
    assert said.record["filled"] == gaps.sum()
    assert said.record["rows_filled"] == gaps.any(axis=1).sum()


def test_impute_reads_standard_input_and_writes_it(folder):
    stream = io.TextIOWrapper(io.BytesIO((folder / "gaps.csv").read_bytes()))
    said = mixtura("impute", "true.mix", "-", folder=folder, streams={"stdin": stream})
    mixtura("impute", "true.mix", "gaps.csv", "-o", "full.csv", folder=folder)
    assert said.out == (folder / "full.csv").read_text()


@pytest.mark.parametrize("kind", [".npy", ".parquet"])
def test_impute_of_binary_tables(folder, kind):
    if kind == ".npy":
        np.save(folder / "gaps.npy", GAPS)
    else:
        pq, pa = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow")
        columns = {name: pa.array(GAPS[:, i], from_pandas=True) for i, name in enumerate(MIX.names)}
        pq.write_table(pa.table({"id": [f"r{i}" for i in range(60)], **columns}), folder / "gaps.parquet")
    said = mixtura("impute", "true.mix", f"gaps{kind}", "-o", f"full{kind}", folder=folder)
    assert said.code == 0, said
    if kind == ".npy":
        found = np.load(folder / "full.npy")
    else:
        back = pq.read_table(folder / "full.parquet")
        assert back.column("id").to_pylist() == [f"r{i}" for i in range(60)]
        found = np.column_stack([back.column(name).to_numpy() for name in MIX.names])
    np.testing.assert_array_equal(found, MIX.impute(GAPS))


def test_outliers_name_the_column_that_is_strange(folder):
    said = mixtura("outliers", "true.mix", "gaps.csv", "-n", "4", "--json", folder=folder)
    x = observed(folder)
    some = np.flatnonzero(np.isfinite(x).any(axis=1))
    densities = MIX.log_density(x[some], missing=True)
    order = some[np.argsort(densities, kind="stable")[:4]]
    assert [each["row"] for each in said.record["outliers"]] == (order + 1).tolist()
    assert said.record["empty"] == 1
    worst = said.record["outliers"][0]
    assert (worst["row"], worst["fewer"], worst["tail"]) == (8, True, 1e-5)
    given = MIX.condition([0, 2], x[7, [0, 2]])  # the other way round: its own calculus
    others = {1: given, 0: MIX.condition([1, 2], x[7, [1, 2]]), 2: MIX.condition([0, 1], x[7, [0, 1]])}
    z = {j: (x[7, j] - m.mean()[0]) / np.sqrt(m.covariance()[0, 0]) for j, m in others.items()}
    column = max(z, key=lambda j: abs(z[j]))
    assert worst["column"] == MIX.names[column]
    assert worst["z"] == pytest.approx(z[column])


def test_the_tail_is_the_share_of_draws_as_unlikely(folder):
    """Of one Gaussian it is that of chi-squared."""
    from scipy.stats import chi2

    one = mx.Mixture([1.0], [[0.0, 0.0]], [[[2.0, 0.5], [0.5, 1.0]]])
    one.save(folder / "one.mix")
    row = np.array([[2.0, -1.0]])
    np.save(folder / "row.npy", row)
    found = mixtura("outliers", "one.mix", "row.npy", "--json", folder=folder).record["outliers"][0]
    assert found["tail"] == pytest.approx(chi2.sf(one.mahalanobis(row)[0] ** 2, 2), rel=0.05)


def test_columns_are_carried_beside_answers(folder):
    for command, heads in (("predict", ["component"]), ("score", ["log_density"])):
        said = mixtura(command, "true.mix", "gaps.csv", "--missing", "--keep", "id,waiting", "-o", "-", folder=folder)
        names, *rows = csv.reader(said.out.splitlines())
        assert names == ["id", "waiting", *heads]
        old_names, old = table(folder / "gaps.csv")
        assert [row[:2] for row in rows] == [[row[0], row[old_names.index("waiting")]] for row in old]
    said = mixtura("outliers", "true.mix", "gaps.csv", "-n", "2", "--keep", "all", "-o", "-", folder=folder)
    names, *rows = csv.reader(said.out.splitlines())
    assert names[:5] == old_names
    assert rows[0][:5] == old[7]


def test_a_column_is_predicted_from_what_a_row_has(folder):
    said = mixtura("predict", "true.mix", "gaps.csv", "--missing", "--target", "wind", folder=folder)
    _, *rows = csv.reader(said.out.splitlines())
    found = np.array(rows, float)
    for row, (eruptions, waiting, _) in zip(found, observed(folder), strict=True):
        known = {0: eruptions, 1: waiting}
        known = {j: value for j, value in known.items() if np.isfinite(value)}
        left = MIX.condition(list(known), list(known.values())) if known else MIX
        at = left.names.index("wind")
        assert row == pytest.approx([left.mean()[at], np.sqrt(left.covariance()[at, at])])
    (folder / "less.csv").write_text("waiting,other\n60,a\n,b\n")
    said = mixtura("predict", "true.mix", "less.csv", "--missing", "--target", "eruptions", folder=folder)
    first, second = np.array(list(csv.reader(said.out.splitlines()))[1:], float)
    assert first[0] == pytest.approx(MIX.marginal([1, 0]).condition([0], [60.0]).mean()[0])
    assert second[0] == pytest.approx(MIX.mean()[0])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("impute", "true.mix", "gaps.csv", "-o", "a.npy"), "column 'id' holds no numbers, and .npy nothing else"),
        (("impute", "true.mix", "gaps.csv", "--columns", "id,wind"), "--columns names 2 columns, the model has 3"),
        (("impute", "true.mix", "none.csv"), "none.csv does not exist"),
        (("impute", "true.mix", "words.csv"), "'waiting' holds 'long' in line 3, expected a number"),
        (("impute", "true.mix", "twice.csv"), "two columns 'a'"),
        (("impute", "-", "-"), "both -"),
        (("outliers", "true.mix", "empty.csv"), "no row has any value"),
        (("outliers", "true.mix", "gaps.csv", "-n", "0"), "-n is 0: give a whole number from 1"),
        (("outliers", "true.mix", "gaps.csv", "--keep", "nothing", "-o", "-"), "has no column 'nothing'"),
        (("score", "true.mix", "gaps.csv", "--missing", "--keep", "id"), "--keep is about the table that is written"),
        (("predict", "true.mix", "gaps.csv", "--missing", "--target", "wind", "--keep", "all"), "a column 'wind'"),
        (("predict", "true.mix", "others.csv", "--missing", "--target", "wind"), "others.csv has no column of"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_one_sentence(folder, words, sentence):
    (folder / "words.csv").write_text("eruptions,waiting,wind\n1,2,3\n1,long,3\n")
    (folder / "twice.csv").write_text("eruptions,waiting,wind,a,a\n1,2,3,4,5\n")
    (folder / "empty.csv").write_text("eruptions,waiting,wind\n,,\n")
    (folder / "others.csv").write_text("a,b\n1,2\n")
    said = mixtura(*words, folder=folder)
    assert said.code == 2, said
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert len(said.err) < 500
    assert not (folder / "a.npy").exists()


def test_doctor_tells_what_is_here(folder):
    from importlib import metadata

    said = mixtura("doctor", "--json", folder=folder)
    assert said.record["packages"]["numpy"] == metadata.version("numpy")
    assert {"plots", "tables", "stream", "cluster"} <= set(said.record["extras"])
    assert mixtura("doctor", folder=folder).out.startswith(f"Mixtura {mx.__version__}, Python ")


def test_doctor_looks_at_a_copied_folder_too(folder, monkeypatch):
    from importlib import metadata

    def unknown(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", unknown)
    said = mixtura("doctor", folder=folder)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"Mixtura {mx.__version__}, Python ")
