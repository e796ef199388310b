"""The command line itself: help, version, what is said where, and how cheaply it starts."""

import math
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from terminal import COLOUR, QUICK, examples, make, mixtura, names, paint, pixels, process

import mixtura as mx
from mixtura.cli.progress_bar import Forecast
from mixtura.pictures import image


@pytest.fixture
def folder(tmp_path):
    return make(tmp_path)


def test_version(tmp_path):
    assert process("--version", folder=tmp_path) == (0, f"mixtura {mx.__version__}\n", "")


def test_help_of_the_command_lists_its_commands(tmp_path):
    said = mixtura("--help", folder=tmp_path)
    assert (said.code, said.err) == (0, "")
    assert "paint" in said.out


@pytest.mark.parametrize(
    "terminal", [{"COLUMNS": "80"}, {"COLUMNS": "40"}, {"PYTHONIOENCODING": "ascii"}, {"TYPER_USE_RICH": "0"}]
)
def test_help_of_paint_shows_examples_in_any_terminal(tmp_path, terminal):
    said = process("paint", "-h", folder=tmp_path, LANG="C.UTF-8", **terminal)
    assert (said.code, said.err) == (0, "")
    words = " ".join(said.out.split())
    assert "mixtura paint dog.png" in words
    assert "mixtura paint harbour.mix --frame 260,140,500,300" in words


@pytest.mark.parametrize("rich", ["0", "1"])
@pytest.mark.parametrize("words", [(), ("paint",)])
def test_without_a_word_the_help_is_shown_once(tmp_path, words, rich):
    said = process(*words, folder=tmp_path, TYPER_USE_RICH=rich)
    assert said.code == 2
    assert (said.out + said.err).count("--help") == 1


def test_the_examples_of_the_help_run(folder):
    """As they stand, on small pictures of these names and with few Gaussians."""
    for name, twin in (("ink.png", "dog.png"), ("colour.png", "wave.jpg"), ("colour.png", "harbour.png")):
        (folder / twin).write_bytes((folder / name).read_bytes())
    lines = examples("paint")
    assert len(lines) == 13
    for line in lines:
        words = shlex.split(line)[1:]
        words = ["20" if word == "2000" else "60" if word in ("3840", "1920") else word for word in words]
        said = mixtura(*words, folder=folder)
        assert (said.code, said.err) == (0, ""), line
    for name in (
        "dog-grid.png",
        "puppy-contour.png",
        "puppy-dots.png",
        "large.webp",
        "houses.png",
        "harbour.gif",
        "plot.svg",
    ):
        assert name in names(folder)


HEAVY = ("numpy", "scipy", "numba", "sklearn", "matplotlib", "PIL", "safetensors", "contourpy")


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["paint", "--help"], ["paint", "-k", "abc", "x.png"]])
def test_what_needs_no_work_imports_nothing_heavy(tmp_path, words):
    code = f"""
import sys
sys.argv = ["mixtura", *{words!r}]
from mixtura.__main__ import main
try:
    main()
except SystemExit:
    pass
print("HEAVY", *[name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "HEAVY"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("pant", "x.png"), "No such command 'pant'"),
        (("paint", "-k", "abc", "x.png"), "-k is 'abc': give a whole number"),
        (("paint", "-k", "2.5", "x.png"), "-k is '2.5': give a whole number"),
        (("paint", "--sharpen", "much", "x.png"), "--sharpen is 'much': give a number"),
        (("paint", "x.png", "y.png"), r"unexpected extra argument.*y\.png"),
        (("paint", "--stile", "dots", "x.png"), "No such option: --stile.*--style"),
        (("paint", "x.png", "-k"), "'-k' requires an argument"),
        (("--nonsense",), "No such option: --nonsense"),
    ],
)
def test_a_slip_of_the_pen_gets_one_sentence(tmp_path, words, says):
    said = mixtura(*words, folder=tmp_path)
    assert (said.code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert line.startswith("mixtura: ")
    assert re.search(says, line), line


def test_results_go_to_standard_output(folder):
    said = paint("colour.png", *QUICK, "-k", "4", "--style", "mean,dots", "-o", "a.mix", folder=folder)
    first, *files, last = said.out.splitlines()
    assert first.startswith("4 Gaussians on 384 colour pixels: log likelihood -")
    assert "after 3 steps (stopped at --max-iter), PSNR " in first
    assert files == ["  colour-mean.png  (mean, 24 x 16)", "  colour-dots.png  (dots, 24 x 16)", "  a.mix  (the model)"]
    assert last.startswith("in ")
    said = paint("a.mix", folder=folder)
    assert len(said.out.splitlines()) == 2  # nothing was fitted


def test_quiet_says_nothing(folder):
    assert process("paint", "ink.png", *QUICK, "--quiet", folder=folder) == (0, "", "")
    assert mixtura("paint", "ink.png", *QUICK, "-q", "-o", "a.mix", folder=folder) == (0, "", "")
    said = mixtura("paint", "ink.png", "-k", "0", "-q", folder=folder)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("mixtura: ")


def test_names_that_the_terminal_cannot_show(folder):
    (folder / "ink.png").rename(folder / "tinte-日.png")
    latin = {"PYTHONIOENCODING": "latin-1", "LANG": "C.UTF-8"}
    said = process("paint", "tinte-日.png", *QUICK, folder=folder, **latin)
    assert (said.code, said.err) == (0, "")
    assert "tinte-日-grid.png" in names(folder)
    assert r"tinte-\u65e5-grid.png" in said.out
    said = process("paint", "fehlt-日.png", *QUICK, folder=folder, **latin)
    assert (said.code, said.out) == (2, "")
    assert r"fehlt-\u65e5.png" in said.err


def test_json_is_one_record_of_what_was_done(folder):
    said = process("paint", "colour.png", *QUICK, "-k", "4", "-o", "a.png", "-o", "a.mix", "--json", folder=folder)
    assert said.err == ""
    record = said.record
    mixture = mx.load(folder / "a.mix")
    points = image.colour(COLOUR)
    assert record.pop("log_likelihood") == pytest.approx(mixture.log_density(points.x).mean(), rel=1e-4)
    error = np.mean((pixels(folder / "a.png") - COLOUR.astype(float)) ** 2)
    assert record.pop("psnr") == pytest.approx(10 * math.log10(255**2 / error), rel=1e-6)
    assert record.pop("memory") > 0
    seconds = record.pop("seconds")
    assert list(seconds) == ["read", "fit", "draw", "write", "total"]
    assert all(time >= 0 for time in seconds.values())
    assert seconds["total"] == pytest.approx(sum(seconds.values()) - seconds["total"], abs=1e-3)
    assert record == {
        "mixtura": mx.__version__,
        "input": "colour.png",
        "kind": "colour",
        "points": 384,
        "n_components": 4,
        "covariance_type": "full",
        "n_iter": 3,
        "stop_reason": "max_iter",
        "dormant": [],
        "polish_steps": None,
        "polish_psnr": None,
        "profile": None,
        "outputs": [
            {"path": "a.png", "style": "mean", "width": 24, "height": 16, "medium": "picture", "frames": 1},
            {"path": "a.mix", "style": "model", "width": 0, "height": 0, "medium": "model", "frames": 0},
        ],
    }


def test_json_of_a_model_and_of_ink(folder):
    record = paint("ink.png", *QUICK, "-o", "ink.mix", "--json", folder=folder).record
    assert (record["psnr"], record["points"], record["n_iter"]) == (None, 82, 3)
    record = paint("ink.mix", "--json", folder=folder).record
    for name in ("log_likelihood", "points", "n_iter", "stop_reason", "psnr"):
        assert record[name] is None, name


def test_json_stays_json_when_the_picture_is_met_exactly(folder):
    ramp = np.zeros((24, 24, 3), np.uint8)
    ramp[..., 0] = 5 * np.arange(24)  # one Gaussian says it all
    Image.fromarray(ramp).save(folder / "ramp.png")
    said = paint("ramp.png", "-k", "1", "--as", "colour", "-o", "a.png", "--json", folder=folder)
    assert np.array_equal(pixels(folder / "a.png"), ramp)
    assert said.record["psnr"] is None  # JSON knows no infinity


@pytest.mark.parametrize("size", ["12", "48", "7x31"])
def test_psnr_is_that_of_the_original_size(folder, size):
    plain = paint("colour.png", *QUICK, "--json", folder=folder).record["psnr"]
    assert paint("colour.png", *QUICK, "--size", size, "--json", folder=folder).record["psnr"] == plain


@pytest.mark.parametrize("words", [(), ("--covariance", "diag"), ("--precision", "float64")])
def test_no_steps_leave_the_start(folder, words):
    record = paint("colour.png", "-k", "3", "--max-iter", "0", *words, "--json", folder=folder).record
    assert (record["n_iter"], record["stop_reason"]) == (0, "max_iter")
    more = paint("colour.png", "-k", "3", "--max-iter", "9", *words, "--json", folder=folder).record
    assert more["log_likelihood"] > record["log_likelihood"]


def test_a_fit_that_ends_by_itself_says_so(folder):
    record = paint("ink.png", "-k", "2", "--max-iter", "1000", "--json", folder=folder).record
    assert record["stop_reason"] in ("converged", "stalled")
    assert record["n_iter"] < 1000
    assert "(converged)" in paint("ink.png", "-k", "2", "--max-iter", "1000", folder=folder).out
    loose = paint("ink.png", "-k", "2", "--tol", "10", "--json", folder=folder).record
    assert loose["n_iter"] <= record["n_iter"]


class TestForecast:
    @pytest.mark.parametrize("ratio", [0.5, 0.9])
    def test_gains_of_one_ratio_end_when_foretold(self, ratio):
        gains = [ratio**i for i in range(1000)]
        last = next(i for i, gain in enumerate(gains, 1) if gain < 1e-3) + 1  # one more step is taken after that
        forecast = Forecast()
        told = [i + forecast.steps_left(i, gain, 1000, 1e-3) for i, gain in enumerate(gains[: last - 1], 1)]
        assert told[0] == 1000
        assert told[1:] == [last] * (last - 2)

    def test_never_beyond_the_limit_nor_below_nothing(self):
        forecast = Forecast()
        for i, gain in enumerate([1.0, 0.99, 0.98, 2.0, 0.0, 1e-9, 1e-12, math.inf, math.nan], 1):
            assert 0 <= forecast.steps_left(i, gain, 9, 1e-3) <= 9 - i
        assert Forecast().steps_left(1, 1.0, 5, 0.0) == 4

    def test_time_is_told_by_the_steps_taken(self, monkeypatch):
        clock = iter([100.0, 104.0])
        monkeypatch.setattr("time.perf_counter", lambda: next(clock))
        forecast = Forecast()
        forecast.steps_left(1, 1.0, 100, 0.0)
        assert forecast.seconds_left(99) is None
        forecast.steps_left(2, 1.0, 100, 0.0)
        forecast.steps_left(3, 1.0, 100, 0.0)
        assert forecast.seconds_left(97) == 4.0 / 2 * 97
