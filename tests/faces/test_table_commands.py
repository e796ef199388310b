"""The commands for tables: the answers of Python, one sentence for each mistake, plots that fit and are true."""

import io
import re
import shlex
import subprocess

import numpy as np
import pytest
from PIL import Image
from rich.cells import cell_len
from rich.console import Console
from terminal import command, examples, mixtura, names, process

import mixtura as mx
from mixtura.cli import terminal_plot
from mixtura.pictures import draw
from mixtura.pictures.field import Frame
from mixtura.sources import blocks, opened, tables

TRUE = mx.Mixture(
    [0.36, 0.64], [[2.0, 54], [4.3, 80]], [[[0.07, 0.4], [0.4, 34]], [[0.17, 0.9], [0.9, 36]]],
    names=["eruptions", "waiting"],
)  # fmt: skip
X = TRUE.sample(120, rng=1)
WEIGHT = np.random.default_rng(0).integers(1, 4, len(X)).astype(float)
GAPS = np.where(np.random.default_rng(1).random(X.shape) < 0.1, np.nan, X)


@pytest.fixture
def folder(tmp_path):
    """Tables with names, weights and gaps, and TRUE as a model, with names and without."""
    both = dict(zip(TRUE.names, X.T, strict=True))
    tables.write(tmp_path / "faithful.csv", both)
    tables.write(tmp_path / "more.csv", {"waiting": X[:, 1], "w": WEIGHT, "eruptions": X[:, 0]})
    tables.write(tmp_path / "gaps.csv", dict(zip(TRUE.names, GAPS.T, strict=True)))
    np.save(tmp_path / "bare.npy", X)
    TRUE.save(tmp_path / "true.mix")
    mx.Mixture(TRUE.weights, TRUE.means, TRUE.covariances).save(tmp_path / "bare.mix")
    return tmp_path


def ok(*words, folder):
    said = mixtura(*words, folder=folder)
    assert (said.code, said.err) == (0, ""), said
    return said


def rows(said):
    """(names, numbers) of what was printed as .csv."""
    first, *lines = said.out.splitlines()
    return first.split(","), np.array([[float(field) for field in line.split(",")] for line in lines])


@pytest.mark.parametrize(
    ("words", "x", "settings"),
    [
        (("faithful.csv",), X, {}),
        (("faithful.csv", "--covariance", "tied", "--seed", "3", "--max-iter", "4", "--tol", "0", "--n-init", "2"), X,
         {"covariance_type": "tied", "rng": 3, "max_iter": 4, "tol": 0, "n_init": 2}),
        (("faithful.csv", "--precision", "float32", "--reg-covar", "0.01", "--prior"), X,
         {"dtype": "float32", "reg_covar": 0.01, "prior": "default"}),
        (("gaps.csv", "--missing"), GAPS, {"missing": True}),
        (("more.csv", "--weight", "w", "--columns", "eruptions,waiting"), X, {"sample_weight": WEIGHT}),
    ],
)  # fmt: skip
def test_fit_is_the_fit_of_python(folder, words, x, settings):
    record = ok("fit", *words, "-k", "2", "-o", "a.mix", "--json", folder=folder).record
    expected = mx.fit(x, 2, **({"rng": 0} | settings))
    found, mixture = mx.load(folder / "a.mix"), expected.mixture
    assert found.names == TRUE.names
    for name in ("weights", "means", "covariances"):
        assert getattr(found, name).tobytes() == getattr(mixture, name).tobytes()
    assert record["log_likelihood"] == expected.log_likelihood
    assert (record["rows"], record["columns"], record["n_iter"]) == (120, list(TRUE.names), expected.n_iter)
    assert (record["n_components"], record["output"], record["stop_reason"]) == (2, "a.mix", expected.stop_reason)


def test_a_film_of_a_fit_warns_once(folder):
    tables.write(folder / "few.csv", {"x": np.arange(6.0), "y": np.arange(6.0) % 4})
    said = mixtura("fit", "few.csv", "-k", "4", "--film", "few.webp", "--size", "32", "-q", folder=folder)
    assert (said.code, said.err.count("there are 6 points in x, but 4 full components")) == (0, 1)


def test_a_film_of_a_fit_leads_to_its_density(folder):
    words = ("-k", "2", "--start", "random", "--film", "em.webp", "--axes", "waiting,eruptions", "--size", "64")
    said = ok("fit", "faithful.csv", *words, folder=folder).out
    assert "em.webp  (the film)" in said
    with Image.open(folder / "em.webp") as film:
        assert (film.width, film.n_frames > 20) == (64, True)
        film.seek(film.n_frames - 1)
        last = np.asarray(film.convert("L")).astype(float)
    mixture = mx.load(folder / "faithful.mix")
    assert mixture == mx.fit(folder / "faithful.csv", 2, start="random", rng=0).mixture
    seen = Frame.around(mixture.marginal([1, 0]))
    upwards = mixture.marginal([1, 0]).transform(np.diag([1, -1]))
    frame = (seen.left, -seen.bottom, seen.right, -seen.top)
    wanted = draw.grid(upwards, frame=frame, size=(last.shape[1], last.shape[0]))[..., 0].astype(float)
    assert np.corrcoef(last.ravel(), wanted.ravel())[0, 1] > 0.98


def test_fit_says_what_it_did(folder):
    first, file, last = ok("fit", "faithful.csv", "-k", "3", "--max-iter", "1", folder=folder).out.splitlines()
    assert re.fullmatch(
        r"3 Gaussians on 120 rows of 2 columns: log likelihood -\d\.\d{4} a row after 1 step "
        r"\(stopped at --max-iter\)", first
    )  # fmt: skip
    assert (file, last[:3]) == ("  faithful.mix  (the model)", "in ")
    assert ok("fit", "bare.npy", "-k", "1", "-q", folder=folder).out == ""
    assert mx.load(folder / "bare.mix").names is None


def test_choose_is_that_of_python(folder):
    words = ("-k", "1-2,3", "--covariance", "full, diag", "--criterion", "aic", "--seed", "2")
    record = ok("choose", "faithful.csv", *words, "-o", "a.mix", "--json", folder=folder).record
    expected = mx.choose(X, [1, 2, 3], covariance_type=["full", "diag"], criterion="aic", rng=2)
    assert record["candidates"] == expected.rows()
    assert (record["n_components"], record["covariance_type"]) == (
        expected.best.n_components, expected.best.covariance_type,
    )  # fmt: skip
    kept = mx.load(folder / "a.mix")
    assert kept.means.tobytes() == expected.mixture.means.tobytes()
    assert kept.names == TRUE.names
    said = ok("choose", "faithful.csv", *words, folder=folder).out
    assert said.startswith(repr(expected) + "\nin ")


def test_choose_draws(folder):
    words = ("-k", "1-3", "--covariance", "EII,full", "--criterion", "cv", "--folds", "3")
    for name, magic in (("bic.svg", b"<?xml"), ("bic.PNG", b"\x89PNG"), ("bic.pdf", b"%PDF")):
        record = ok("choose", "faithful.csv", *words, "--plot", name, "--json", folder=folder).record
        assert (folder / name).read_bytes().startswith(magic)
        assert record["plot"] == name
        assert record["candidates"][0]["cv"] < 0
    said = ok("choose", "faithful.csv", *words, "--plot", "bic.svg", "-o", "best.mix", folder=folder).out
    assert "  bic.svg  (the figure)" in said.splitlines()
    words = ("-k", "2,3", "--covariance", "EII", "--criterion", "stability", "--repeats", "2")
    record = ok("choose", "faithful.csv", *words, "--json", folder=folder).record
    expected = mx.choose(X, [2, 3], covariance_type="EII", criterion="stability", n_repeats=2, rng=0)
    assert record["candidates"] == expected.rows()


@pytest.mark.parametrize(("table", "model"), [("faithful.csv", "true.mix"), ("more.csv", "true.mix"),
                                              ("bare.npy", "true.mix"), ("faithful.csv", "bare.mix")])  # fmt: skip
def test_score(folder, table, model):
    record = ok("score", model, table, "--json", folder=folder).record
    scores = TRUE.log_density(X)
    assert record["log_likelihood"] == pytest.approx(scores.mean(), rel=1e-12)
    for ask_for in (mx.bic, mx.aic, mx.icl):
        assert record[ask_for.__name__] == pytest.approx(ask_for(TRUE, X), rel=1e-12)
    least = np.argsort(scores)[:5]
    assert [each["row"] for each in record["least_likely"]] == (least + 1).tolist()
    assert [each["log_density"] for each in record["least_likely"]] == scores[least].tolist()
    header, found = rows(ok("score", model, table, "-o", "-", folder=folder))
    assert header == ["log_density"]
    np.testing.assert_array_equal(found[:, 0], scores)


def test_score_with_weights_gaps_and_a_file(folder):
    record = ok("score", "true.mix", "more.csv", "--weight", "w", "--json", folder=folder).record
    assert record["log_likelihood"] == pytest.approx(np.average(TRUE.log_density(X), weights=WEIGHT))
    assert record["bic"] == pytest.approx(mx.bic(TRUE, X, sample_weight=WEIGHT))
    said = ok("score", "true.mix", "gaps.csv", "--missing", "-o", "s.npy", folder=folder).out.splitlines()
    np.testing.assert_array_equal(np.load(folder / "s.npy"), TRUE.log_density(GAPS, missing=True))
    assert said[1].startswith(f"bic {mx.bic(TRUE, GAPS, missing=True):.2f}, aic ")
    assert said[-1] == "  s.npy  (the log density of each row)"


def test_questions_are_asked_block_by_block(tmp_path, monkeypatch):
    """However many rows a small file may have: neither they nor what is said of them is brought into memory."""
    x = np.random.default_rng(0).normal(0, 1, (5000, 2))
    tables.write(tmp_path / "t.parquet", {"a": x[:, 0], "b": x[:, 1]})
    mixture = mx.fit(x, 2, rng=0, max_iter=2).mixture
    mx.Mixture(mixture.weights, mixture.means, mixture.covariances, names=["a", "b"]).save(tmp_path / "m.mix")
    expected = mixture.log_density(x)
    monkeypatch.setattr(blocks, "rows_of", lambda d: 1024)
    monkeypatch.setattr(blocks.Blocks, "take", lambda *_: pytest.fail("all rows were taken"))
    monkeypatch.setattr(blocks.Blocks, "answers", lambda *_: pytest.fail("answers about all rows were kept"))
    record = ok("score", "m.mix", "t.parquet", "--json", folder=tmp_path).record
    assert record["log_likelihood"] == pytest.approx(expected.mean())
    assert [each["row"] for each in record["least_likely"]] == (np.argsort(expected)[:5] + 1).tolist()
    ok("predict", "m.mix", "t.parquet", "--target", "b", "-o", "b.npy", folder=tmp_path)
    found = mixture.regress([0], x[:, :1], return_cov=True)
    np.testing.assert_allclose(np.load(tmp_path / "b.npy")[:, 0], found[0][:, 0])


def test_predict_the_component(folder):
    assert rows(ok("predict", "true.mix", "more.csv", folder=folder))[1][:, 0].tolist() == TRUE.predict(X).tolist()
    said = ok("predict", "true.mix", "gaps.csv", "--missing", "--probabilities", folder=folder)
    header, found = rows(said)
    assert header == ["component", "p0", "p1"]
    np.testing.assert_array_equal(found[:, 0], TRUE.predict(GAPS, missing=True))
    np.testing.assert_array_equal(found[:, 1:], TRUE.responsibilities(GAPS, missing=True))
    assert ok("predict", "true.mix", "bare.npy", "-o", "a.parquet", folder=folder).out == ""
    assert opened(folder / "a.parquet").take(None).x.ravel().tolist() == TRUE.predict(X).tolist()


def test_predict_the_pixels_of_a_picture(folder):
    pixels = np.random.default_rng(3).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "sea.png")
    points = mx.pictures.image.colour(pixels)
    sea = mx.fit(points, 2, rng=0, reg_covar=1.0).mixture
    sea.save(folder / "sea.mix")
    header, found = rows(ok("predict", "sea.mix", "sea.png", folder=folder))
    assert (header, found[:, 0].tolist()) == (["component"], sea.predict(points).tolist())
    said = mixtura("predict", "true.mix", "sea.png", folder=folder)
    assert said.code == 2
    assert "give the model of a colour picture" in said.err
    said = mixtura("predict", "sea.mix", "sea.png", "--columns", "x", folder=folder)
    assert said.code == 2
    assert "sea.png is a picture, and --columns is for tables" in said.err


@pytest.mark.parametrize("words", [("true.mix", "faithful.csv"), ("true.mix", "less.csv"), ("true.mix", "bare.npy"),
                                   ("true.mix", "less.npy"), ("true.mix", "more.csv")])  # fmt: skip
def test_predict_a_column(folder, words):
    tables.write(folder / "less.csv", {"eruptions": X[:, 0]})
    np.save(folder / "less.npy", X[:, 0])
    header, found = rows(ok("predict", *words, "--target", "waiting", folder=folder))
    mean, spread = TRUE.regress([0], X[:, :1], return_cov=True)
    assert header == ["waiting", "waiting_deviation"]
    np.testing.assert_array_equal(found, np.column_stack([mean[:, 0], np.sqrt(spread[:, 0, 0])]))
    if words[1] in ("bare.npy", "more.csv"):
        _, found = rows(ok("predict", *words, "--target", "eruptions", folder=folder))
        np.testing.assert_array_equal(found[:, 0], TRUE.regress([1], X[:, 1:])[:, 0])


def test_sample(folder):
    header, found = rows(ok("sample", "true.mix", "-n", "50", "--seed", "4", "--labels", folder=folder))
    x, came = TRUE.sample(50, rng=4, return_labels=True)
    assert header == ["eruptions", "waiting", "component"]
    np.testing.assert_array_equal(found, np.column_stack([x, came]))
    ok("sample", "bare.mix", "-n", "7", "--component", "1", "-o", "a.npy", folder=folder)
    np.testing.assert_array_equal(np.load(folder / "a.npy"), TRUE.sample(7, component=1, rng=0))
    assert rows(ok("sample", "bare.mix", folder=folder))[0] == ["x1", "x2"]


def test_modes(folder):
    expected = TRUE.modes()
    said = ok("show", "true.mix", "--modes", "--json", folder=folder).record["modes"]
    assert [each["point"] for each in said] == expected.points.tolist()
    assert [each["log_density"] for each in said] == expected.log_density.tolist()
    assert sorted(number for each in said for number in each["components"]) == [0, 1]
    *_, first, second, last = ok("show", "true.mix", "--modes", folder=folder).out.splitlines()
    assert first == "2 modes, the densest first:"
    assert second.endswith(f"from {said[0]['components'][0]}")
    assert f"({expected.points[1, 0]:.5g}, {expected.points[1, 1]:.5g})" in last
    assert "modes" not in ok("show", "true.mix", "--json", folder=folder).record


def test_probability(folder):
    expected = TRUE.probability({"eruptions": 4}, {"waiting": 75})
    said = ok("probability", "true.mix", "eruptions=4:", "waiting=:75", folder=folder).out
    assert said == f"P(4 <= eruptions, waiting <= 75) = {float(expected):.7g} (exact)\n"
    record = ok("probability", "bare.mix", "x2=-1e1:75", "--json", folder=folder).record
    assert record["probability"] == float(TRUE.probability({1: -10}, {1: 75}))
    assert record["box"] == {"x2": [-10, 75]}
    three = mx.Mixture([1.0], [[0, 0, 0]], [[[1, 0.5, 0.5], [0.5, 1, 0.5], [0.5, 0.5, 1]]])
    three.save(folder / "three.mix")
    words = ("probability", "three.mix", "x1=0:", "x2=0:", "x3=0:", "--points", "64", "--seed", "3")
    found = three.probability(0, np.inf, n_samples=64, rng=3)
    assert ok(*words, "--json", folder=folder).record["error"] == found.error > 0
    assert "±" in ok(*words, folder=folder).out


def test_bootstrap(folder):
    fit = mx.fit(mx.Points.from_array(X, names=TRUE.names), 2, rng=0)
    fit.mixture.save(folder / "fit.mix")
    words = ("bootstrap", "more.csv", "fit.mix", "-n", "9", "--seed", "4")
    expected = mx.bootstrap(X, fit.mixture, 9, rng=4)
    record = ok(*words, "--level", "0.8", "-o", "all.csv", "--json", folder=folder).record
    assert record["parameters"] == expected.rows(0.8)
    assert (record["replicates"], record["failures"], record["method"]) == (9, 0, "bootstrap")
    held = np.loadtxt(folder / "all.csv", delimiter=",", skiprows=1)
    np.testing.assert_array_equal(held[:, [0, 6]], expected.weights().values)
    np.testing.assert_array_equal(held[:, [1, 2]], expected.means().values[:, 0])
    assert (
        (folder / "all.csv").read_text().startswith("weight 0,mean 0 eruptions,mean 0 waiting,covariance 0 eruptions")
    )
    said = ok(*words, folder=folder).out.splitlines()
    assert said[0] == "9 replicates of 120 rows (bootstrap)"
    assert re.fullmatch(r" +0 +mean eruptions +\d\.\d+ +0\.\d+ +\S+ to \S+", said[4])
    test = mx.likelihood_ratio_test(X, fit.mixture, 3, rng=0)
    record = ok("bootstrap", "more.csv", "bare.mix", "--columns", "eruptions,waiting", "-n", "3", "--test", "--json",
                folder=folder).record  # fmt: skip
    assert record["p_value"] == test.p_value
    assert record["statistic"] == pytest.approx(test.statistic, rel=1e-3)


def test_condition(folder):
    said = ok("condition", "true.mix", "eruptions=-3.5e-1", "-o", "a.mix", "--json", folder=folder).record
    expected = TRUE.condition([0], [-0.35])
    assert mx.load(folder / "a.mix") == expected
    assert said["known"] == {"eruptions": -0.35}
    assert said["log_density"] == pytest.approx(TRUE.marginal([0]).log_density([[-0.35]])[0])
    assert (said["columns"], said["means"], said["weights"]) == (
        ["waiting"], expected.means.tolist(), expected.weights.tolist(),
    )  # fmt: skip
    ok("condition", "bare.mix", "x1=3", "-o", "b.mix", folder=folder)
    assert mx.load(folder / "b.mix").names == ("x2",)
    mx.Mixture([1.0], [[0.0, 0.0]], [1.0], "spherical", names=["a=b", "c"]).save(folder / "odd.mix")
    assert ok("condition", "odd.mix", "a=b=1", "--json", folder=folder).record["known"] == {"a=b": 1}
    printed = ok("condition", "true.mix", "eruptions=3", folder=folder).out
    assert printed.startswith("true.mix given eruptions=3: 2 full Gaussians over 1 column\n")


def test_show_tells_all_in_json_and_the_heaviest_in_words(folder):
    record = ok("show", "true.mix", "--json", folder=folder).record
    again = mx.Mixture(record["weights"], record["means"], record["covariances"], record["covariance_type"])
    np.testing.assert_allclose(again.means, TRUE.means)
    assert (record["columns"], record["n_parameters"]) == (list(TRUE.names), 11)
    np.testing.assert_allclose(record["covariance"], TRUE.covariance())
    lines = ok("show", "true.mix", "--no-plot", folder=folder).out.splitlines()
    assert lines == [
        "true.mix: 2 full Gaussians over 2 columns",
        "",
        "component  weight    eruptions     waiting",
        "        1  0.6400  4.30 ± 0.41  80.0 ± 6.0",
        "        0  0.3600  2.00 ± 0.26  54.0 ± 5.8",
    ]
    lines = ok("show", "true.mix", "--rows", "1", "--no-plot", folder=folder).out.splitlines()
    assert lines[-1] == "… and 1 lighter component"
    assert "waiting" in ok("show", "true.mix", "--axes", "waiting", folder=folder).out.splitlines()[-1]


def test_figures_are_written_too(folder):
    (folder / "rows.csv").write_text("eruptions,waiting\n2,54\n,60\n4.3,80\n")
    said = ok("show", "true.mix", "--data", "rows.csv", "--plot", "a.png", "--no-plot", folder=folder)
    assert said.out.splitlines()[-1] == "  a.png  (the figure)"
    with Image.open(folder / "a.png") as image:
        assert image.width == image.height > 500
    ok("show", "true.mix", "--axes", "waiting", "--plot", "b.svg", folder=folder)
    before = (folder / "b.svg").read_bytes()
    assert (
        ok("show", "true.mix", "--axes", "waiting", "--plot", "b.svg", "--json", folder=folder).record["plot"]
        == "b.svg"
    )
    assert (folder / "b.svg").read_bytes() == before
    ok("condition", "true.mix", "eruptions=2", "--plot", "c.pdf", folder=folder)
    assert (folder / "c.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--plot", "a.jpg"), "a.jpg has the unknown extension '.jpg': choose one of .png .svg .pdf"),
        (("--data", "true.mix"), "--data is for a figure: add --plot FILE.png"),
        (("--axes", "waiting,waiting", "--plot", "d.png"), "--axes is 'waiting,waiting'"),
        (("--data", "none.csv", "--plot", "d.png"), "none.csv"),
    ],
)
def test_figures_that_cannot_be_written(folder, words, says):
    said = mixtura("show", "true.mix", *words, folder=folder)
    assert said.code == 2
    assert says in said.err
    assert not (folder / "d.png").exists()


@pytest.mark.parametrize("scale", [1e170, 1.7e308])
def test_numbers_too_large_for_squares_are_shown(folder, scale):
    for family, one in (("spherical", 1.0), ("full", [[1.0]])):
        mx.Mixture([0.5, 0.5], [[-scale], [scale]], [one, one], family).save(folder / "far.mix")
        record = ok("show", "far.mix", "--json", folder=folder).record
        assert (record["mean"], record["covariance"], record["means"]) == ([0.0], None, [[-scale], [scale]])
        lines = ok("show", "far.mix", folder=folder).out.splitlines()
        assert lines[-1] == "Its numbers are too large for a plot."
        assert f"{scale:g} ± 1" in lines[-3]


def console(width, **settings):
    return Console(file=io.StringIO(), width=width, highlight=False, soft_wrap=True, **settings)


def test_shades_hold_what_the_legend_says():
    """Samples, counted in the cells of the plot."""
    lines = [line.plain for line in terminal_plot.density_plot(TRUE, [], list(TRUE.names), console(80))]
    plot = [line.partition("│")[2] for line in lines if "│" in line]
    high, wide = len(plot), lines[-3].count("─")
    low, top = terminal_plot._frame(TRUE)
    x = TRUE.sample(40_000, rng=0)
    marked = [line.plain for line in terminal_plot.density_plot(TRUE, [0, 1], list(TRUE.names), console(80))]
    for i, mean in enumerate(TRUE.means):
        (row,) = [row for row, line in enumerate(marked[1 : 1 + high]) if str(i) in line.partition("│")[2]]
        column = marked[1 + row].partition("│")[2].index(str(i))
        place = (mean - low) / (top - low) * (wide, high)
        assert (column, high - 1 - row) == tuple(place.astype(int))
    cells = np.floor((x - low) / (top - low) * (wide, high)).astype(int)
    inside = ((cells >= 0) & (cells < (wide, high))).all(axis=1)
    found = [plot[high - 1 - row].ljust(wide)[column] for column, row in cells[inside]]
    for count, level in zip(range(1, 5), terminal_plot.LEVELS, strict=True):
        share = sum(letter in "█▓▒░"[:count] for letter in found) / len(x)
        assert level - 0.02 < share < level + 0.06  # whole cells hold a little more


def test_the_curve_is_the_density():
    line = TRUE.marginal([1])
    lines = [text.plain for text in terminal_plot.density_plot(line, [0, 1], ["waiting"], console(80))]
    plot, axis = lines[: terminal_plot.FLAT], lines[terminal_plot.FLAT]
    low, high = terminal_plot._frame(line)
    x = low + (high - low) * (np.arange(len(axis)) + 0.5)[:, None] / len(axis)
    heights = [sum(" ▁▂▃▄▅▆▇█".index(row.ljust(len(axis))[i]) for row in plot) for i in range(len(axis))]
    density = line.density(x)
    np.testing.assert_allclose(np.array(heights) / 80, density / density.max(), atol=0.02)
    marks = lines[terminal_plot.FLAT + 1]
    for i in (0, 1):
        assert abs(marks.index(str(i)) - np.abs(x[:, 0] - line.means[i, 0]).argmin()) <= 1


TITLES = ["a", "日本語の列の名前", "c\x1b[31m", "d" * 70]


@pytest.fixture
def wide(folder):
    """A model of fifteen components and four columns with unlikely names."""
    rng = np.random.default_rng(0)
    mixture = mx.Mixture(rng.random(15), rng.normal(0, 1e4, (15, 4)), np.ones((15, 4)), "diag", names=TITLES)
    mixture.save(folder / "w.mix")
    return folder


@pytest.mark.parametrize("width", [20, 33, 48, 80, 200])
@pytest.mark.parametrize("axes", ["a", f"{TITLES[3]},a", f"a,{TITLES[1]}", TITLES[2]])
def test_nothing_is_wider_than_the_terminal(wide, monkeypatch, width, axes):
    monkeypatch.setenv("COLUMNS", str(width))
    said = ok("show", "w.mix", "--axes", axes, folder=wide)
    title, *lines = said.out.splitlines()
    assert title == "w.mix: 15 diag Gaussians over 4 columns"
    assert max(map(cell_len, lines)) <= max(width, 38)  # number, weight and one column always stand
    assert "\x1b" not in said.out
    for name in ("a", "日本", r"c\x1b[31m", "dddd") if width == 200 else ("a",):
        assert name in said.out


def test_a_terminal_that_knows_only_ascii(wide):
    said = process("show", "w.mix", folder=wide, PYTHONIOENCODING="ascii", LANG="C.UTF-8", COLUMNS="60")
    assert (said.code, said.err) == (0, "")
    assert said.out.isascii()
    assert "\\" not in said.out
    assert max(map(len, said.out.splitlines())) <= 60


def test_colours_only_where_they_are_wanted(folder):
    plain = process("show", "true.mix", folder=folder)
    coloured = process("show", "true.mix", folder=folder, FORCE_COLOR="1", TERM="xterm-256color")
    refused = process("show", "true.mix", folder=folder, FORCE_COLOR="1", TERM="xterm-256color", NO_COLOR="1")
    assert "\x1b" not in plain.out
    assert "\x1b[38;5;" in coloured.out
    assert "\x1b[38" not in refused.out
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured.out) == plain.out == re.sub(r"\x1b\[[0-9;]*m", "", refused.out)


@pytest.mark.parametrize("thin", [1e-300, 1e-12])
def test_what_is_thinner_than_a_cell_is_still_seen(folder, thin):
    pair = mx.Mixture([0.5, 0.5], [[0.0, 0], [100, 100]], [thin, thin], "spherical")
    lines = [line.plain.partition("│")[2] for line in terminal_plot.density_plot(pair, [], ["a", "b"], console(80))]
    seen = [(row, line.index(line.strip())) for row, line in enumerate(lines) if set(line) & set("█▓▒░")]
    assert [row for row, _ in seen] == [1, terminal_plot.HIGH]
    assert seen[0][1] > 60 > 0 == seen[1][1]
    mx.Mixture([1.0], [[1e16]], [1e-3], "spherical").save(folder / "point.mix")
    assert "1e+16 ± 0.032" in ok("show", "point.mix", folder=folder).out


WRONG = [
    (("fit", "faithful.csv"), "Missing option '-k'"),
    (("fit", "faithful.csv", "-k", "0"), "-k is 0"),
    (("fit", "faithful.csv", "-k", "200"), "-k is 200, but only 120 points"),
    (("fit", "faithful.csv", "-k", "2", "--columns", "a,,b"), "--columns is 'a,,b'"),
    (("fit", "faithful.csv", "-k", "2", "--columns", "depth"), "no column 'depth': it has eruptions, waiting"),
    (("fit", "faithful.csv", "-k", "2", "--axes", "waiting,eruptions"), "--axes is for a film: add --film FILE.webp"),
    (("fit", "faithful.csv", "-k", "2", "--size", "90"), "--size is for a film: add --film FILE.webp"),
    (("fit", "faithful.csv", "-k", "2", "--film", "a.png"), "a.png"),
    (
        ("fit", "faithful.csv", "-k", "2", "--film", "a.webp", "--n-init", "3"),
        "--film shows one climb, and --n-init is 3",
    ),
    (
        ("fit", "faithful.csv", "-k", "2", "--film", "a.webp", "--axes", "waiting"),
        "--axes is 'waiting': give the names",
    ),
    (("fit", "faithful.csv", "-k", "2", "--film", "a.webp", "--columns", "waiting"), "--film shows two columns"),
    (("fit", "faithful.csv", "-k", "2", "--columns", "waiting,waiting"), "--columns holds 'waiting' more than once"),
    (("score", "true.mix", "faithful.csv", "--columns", "waiting,waiting"), "--columns holds 'waiting' more than once"),
    (("fit", "faithful.csv", "-k", "2", "--covariance", "round"), "--covariance is 'round'"),
    (("fit", "faithful.csv", "-k", "2", "--tol", "nan"), "--tol is nan"),
    (("fit", "faithful.csv", "-k", "2", "--reg-covar", "-1"), "--reg-covar is -1"),
    (("fit", "faithful.csv", "-k", "2", "-o", "a.png"), "unknown extension"),
    (("fit", "faithful.csv", "-k", "2", "-o", "no/a.mix"), "there is no folder"),
    (("fit", "gaps.csv", "-k", "2"), r"has no value in line \d+, .*: --missing takes"),
    (("fit", "more.csv", "-k", "2", "--weight", "v"), "no column 'v'"),
    (("fit", "nix.csv", "-k", "2"), "nix.csv does not exist"),
    (("fit", "-", "-k", "2"), "give it one with -o"),
    (("fit", "one.csv", "-k", "2", "--reg-covar", "0"), "Raise --reg-covar or lower -k"),
    (("choose", "faithful.csv", "-k", "3-1"), "-k is '3-1'"),
    (("fit", "faithful.csv", "-k", "four"), r"-k is 'four': give a whole number\.$"),
    (("fit", "faithful.csv", "-k", "2.5"), r"-k is '2\.5': give a whole number"),
    (("fit", "faithful.csv", "-k", "2", "--tol", "small"), "--tol is 'small': give a number"),
    (("sample", "old.mix", "-n", "9" * 30 + "x" * 900), r"-n is '\.\.\.': give a whole number"),
    (("choose", "faithful.csv", "-k", "1,x"), "-k is '1,x'"),
    (("choose", "faithful.csv", "--covariance", "full,"), r"--covariance is '': give one or several of"),
    (("choose", "faithful.csv", "--criterion", "dic"), "--criterion is 'dic': choose bic, icl, aic, cv or stability"),
    (("choose", "faithful.csv", "--plot", "bic.gif"), r"the output bic\.gif has the unknown .*: choose one of \.png"),
    (("choose", "faithful.csv", "-o", "a.mix", "--plot", "no/bic.svg"), "there is no folder|takes no files"),
    (("choose", "faithful.csv", "--criterion", "cv", "--folds", "1"), "--folds is 1: give a whole number >= 2"),
    (("choose", "faithful.csv", "--criterion", "cv", "--folds", "999"), "--folds is 999, but 120 points have weight"),
    (("choose", "faithful.csv", "--criterion", "stability", "-k", "1"), "--criterion is 'stability', .*but -k is 1"),
    (
        ("choose", "faithful.csv", "--covariance", "E,full"),
        "which is of one coordinate, but there are 2: choose one of",
    ),
    (("choose", "faithful.csv", "--covariance", "oval"), "--covariance is 'oval': give one .* VEV, EVV.* or 'all'"),
    (("choose", "one.csv", "-k", "3"), "of the first .3 full., -k is 3, but x has 2 different points: lower -k to 2"),
    (("score", "true.mix", "one.csv"), "no column 'eruptions': it has a"),
    (("score", "bare.mix", "one.csv"), "has 1 columns, the model has 2: choose"),
    (("score", "faithful.csv", "true.mix"), "is not a model file"),
    (("score", "true.mix", "true.mix"), "is no table that is known"),
    (("score", "true.mix", "faithful.csv", "--json", "-o", "-"), "--json and -o -"),
    (("score", "true.mix", "faithful.csv", "-o", "faithful.csv"), "is the file that is read"),
    (("predict", "true.mix", "faithful.csv", "--target", "depth"), "no column 'depth'"),
    (("predict", "true.mix", "faithful.csv", "--target", "waiting", "--probabilities"), "do not go together"),
    (("predict", "true.mix", "faithful.csv", "-o", "a.xlsx"), "unknown extension"),
    (("probability", "true.mix", "waiting"), "'waiting' says no limits: write NAME=LOW:HIGH, such as x=1:2"),
    (("probability", "true.mix", "waiting=nan:"), "says no limits"),
    (("probability", "true.mix", "depth=1:"), "no column 'depth'"),
    (("probability", "true.mix", "waiting=2:1"), "'waiting=2:1' holds nothing: its low 2 is above its high 1"),
    (("probability", "true.mix", "waiting=2:", "waiting=:3"), "waiting is given twice"),
    (("bootstrap", "faithful.csv", "true.mix", "-n", "1"), "-n is 1"),
    (("bootstrap", "faithful.csv", "true.mix", "--method", "boot"), "--method is 'boot': choose bootstrap, weighted"),
    (("bootstrap", "faithful.csv", "true.mix", "--level", "95"), "--level is 95: an interval holds"),
    (("bootstrap", "faithful.csv", "true.mix", "--test", "-o", "a.csv"), "--test and -o do not go together"),
    (("bootstrap", "faithful.csv", "true.mix", "-o", "true.mix"), "unknown extension"),
    (("bootstrap", "faithful.csv", "true.mix", "-o", "faithful.csv"), "is the file that is read"),
    (("bootstrap", "one.csv", "true.mix"), "no column 'eruptions': it has a"),
    (("bootstrap", "-", "-"), "MODEL and TABLE are both -"),
    (("sample", "true.mix", "-n", "0"), "-n is 0"),
    (("sample", "true.mix", "--component", "2"), "component is 2"),
    (("sample", "true.mix", "-o", "a.mix"), "unknown extension"),
    (("condition", "true.mix", "x"), "'x' says nothing"),
    (("condition", "true.mix", "waiting=nan"), "says nothing"),
    (("condition", "true.mix", "depth=1"), "no column 'depth'"),
    (("condition", "true.mix", "waiting=1", "waiting=2"), "waiting is given twice"),
    (("condition", "true.mix", "waiting=1", "eruptions=2"), "leave at least one"),
    (("condition", "true.mix", "waiting=1", "-o", "true.mix"), "is the file that is read"),
    (("show", "nix.mix"), "nix.mix does not exist"),
    (("show", "true.mix", "--axes", "waiting,waiting"), "--axes is"),
    (("show", "true.mix", "--axes", "a"), "no column 'a'"),
    (("show", "odd.mix", "--axes", "b"), r"it has a, 'c\\x1b\[31m'\."),
    (("show", "true.mix", "--rows", "0"), "--rows is 0"),
]


@pytest.mark.parametrize(("words", "says"), WRONG, ids=lambda value: " ".join(value) if type(value) is tuple else "")
def test_a_mistake_gets_one_sentence_and_leaves_nothing(folder, words, says):
    (folder / "one.csv").write_text("a\n1\n1\n1\n2\n")
    mx.Mixture([1.0], [[0.0, 0.0]], [1.0], "spherical", names=["a", "c\x1b[31m"]).save(folder / "odd.mix")
    before = {name: (folder / name).read_bytes() for name in names(folder)}
    said = mixtura(*words, folder=folder)
    assert (said.code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert line.startswith("mixtura: ")
    assert re.search(says, line), line
    assert {name: (folder / name).read_bytes() for name in names(folder)} == before


def test_a_warning_is_one_line_too(folder):
    said = process("fit", "faithful.csv", "-k", "1", "--reg-covar", "1e9", folder=folder)
    assert said.code == 0
    assert re.fullmatch(r"mixtura: --reg-covar is 1e\+09, but .*Lower --reg-covar.*\n", said.err)


def test_the_examples_of_the_help_run(folder):
    tables.write(
        folder / "survey.csv",
        {"age": X[:, 0], "income": GAPS[:, 1], "share": WEIGHT},
    )
    lines = examples("fit", "choose", "show", "score", "predict", "sample", "condition", "probability", "bootstrap")
    tables.write(folder / "rides.parquet", {"miles": np.arange(200.0), "fare": np.arange(200.0) % 17})
    lines = [line for line in lines if "--scheduler" not in line]  # tests/faces/test_cluster.py has these
    for name in ("stars.csv", "moons.csv"):
        tables.write(folder / name, dict(zip("xy", X.T, strict=True)))
    tables.write(folder / "colours.csv", {"g": X[:, 0], "g_err": WEIGHT, "r": X[:, 1], "r_err": WEIGHT})
    Image.fromarray(np.arange(90, dtype=np.uint8).reshape(5, 6, 3)).save(folder / "harbour.png")
    ok("paint", "harbour.png", "--as", "colour", "-k", "2", "--no-polish", "-o", "harbour.mix", folder=folder)
    assert len(lines) == 34
    for line in lines:
        words = ["1-2" if word in ("1-4", "1-14") else word for word in shlex.split(line)[1:]]
        words += ["-k", "1-2"] if line == "mixtura choose faithful.csv" else []
        words += ["-n", "5"] if words[0] == "bootstrap" else []
        assert ok(*words, folder=folder)
    assert {"faithful.mix", "survey.mix", "scores.csv", "components.csv", "new.csv", "after80.mix"} <= set(
        names(folder)
    )


def test_pipes(folder):
    """From standard input, to standard output, and to a reader that leaves."""
    table = (folder / "faithful.csv").read_bytes()
    done = subprocess.run(
        command("fit", "-", "-k", "2", "-o", "a.mix", "-q"), cwd=folder, input=table, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    wrong = subprocess.run(
        command("fit", "-", "-k", "2", "-o", "b.mix"), cwd=folder, input=b"a\nx\n", capture_output=True, check=False
    )
    assert (wrong.returncode, "b.mix" in names(folder)) == (2, False)
    assert wrong.stderr.startswith(b"mixtura: standard input: column 'a' holds 'x' in line 2, expected a number")
    expected = mx.fit(X, 2, rng=0).mixture
    assert mx.load(folder / "a.mix").means.tobytes() == expected.means.tobytes()
    done = subprocess.run(
        command("predict", "a.mix", "-"), cwd=folder, input=table, capture_output=True, encoding=None, check=False
    )
    assert done.stdout.decode().split() == ["component", *map(str, expected.predict(X))]
    with subprocess.Popen(
        command("sample", "a.mix", "-n", "200000"), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout.readline() == b"eruptions,waiting\n"
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(timeout=60) == 141


def test_columns_are_those_of_the_model_in_any_order(tmp_path):
    x = np.random.default_rng(0).normal(0, 1, (60, 3)) @ [[1, 2, 0], [0, 5, 1], [0, 0, 20]]
    tables.write(tmp_path / "t.csv", dict(zip("abc", x.T, strict=True)))
    model = mx.fit(x, 2, rng=0).mixture
    mx.Mixture(model.weights, model.means, model.covariances, names=list("abc")).save(tmp_path / "t.mix")
    for command_line in ("predict t.mix t.csv --target b --columns {}", "predict t.mix t.csv --target b"):
        for order in ("a,c", "c,a"):
            _, found = rows(ok(*command_line.format(order).split(), folder=tmp_path))
            np.testing.assert_allclose(found[:, 0], model.regress([0, 2], x[:, [0, 2]])[:, 0])
    for order in ("a,b,c", "c,a,b"):
        said = ok(*f"score t.mix t.csv --columns {order} -o scores.csv".split(), folder=tmp_path)
        assert f"{model.log_density(x).mean():.4f}" in said.out
        np.testing.assert_allclose(tables.read(tmp_path / "scores.csv").x[:, 0], model.log_density(x))
    said = mixtura("predict", "t.mix", "t.csv", "--target", "b", "--columns", "a,b", folder=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert "--columns is a,b, but the model knows a,c" in said.err


@pytest.mark.parametrize("words", ["score - -", "predict - -", "predict - - --target x1"])
def test_standard_input_is_one_thing(words, tmp_path):
    said = mixtura(*words.split(), folder=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert (
        said.err
        == "mixtura: MODEL and TABLE are both -: standard input can be one of them; give the other as a file.\n"
    )
