"""Standard input and output: what "-" reads and writes, the same in every command."""

import gzip
import io
import subprocess

import numpy as np
import pytest
from PIL import Image
from terminal import QUICK, command, make, mixtura, names, paint

import mixtura as mx
from mixtura.jobs.standard import Stream
from mixtura.model.storage import load


def piped(folder, given, *words):
    """What a command writes to standard output, of what it reads from standard input."""
    done = subprocess.run(
        command(*words), cwd=folder, input=given, capture_output=True, encoding=None, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    return done.stdout


@pytest.fixture
def folder(tmp_path):
    make(tmp_path)
    rng = np.random.default_rng(0)
    table = np.concatenate([rng.normal(0, 1, (50, 2)), rng.normal(9, 1, (50, 2))])
    np.savetxt(tmp_path / "t.csv", table, delimiter=",", header="a,b", comments="")
    return tmp_path


def test_paint(folder):
    paint("colour.png", *QUICK, "-o", "a.png", "-o", "a.mix", folder=folder)
    paint("a.mix", "-o", "b.png", folder=folder)
    before = names(folder)
    picture = (folder / "colour.png").read_bytes()
    assert piped(folder, picture, "paint", "-", *QUICK, "-o", "-") == (folder / "a.png").read_bytes()
    assert piped(folder, (folder / "a.mix").read_bytes(), "paint", "-", "-o", "-") == (folder / "b.png").read_bytes()
    assert names(folder) == before
    report = piped(folder, picture, "paint", "-", *QUICK, "-o", "c.mix").decode()
    assert "c.mix  (the model)" in report
    assert load(folder / "c.mix") == load(folder / "a.mix")


def test_palette(folder):
    assert mixtura("palette", "colour.png", "-k", "4", "-o", "a.png", "-q", folder=folder).code == 0
    picture = (folder / "colour.png").read_bytes()
    assert piped(folder, picture, "palette", "-", "-k", "4", "-o", "-") == (folder / "a.png").read_bytes()


def test_generate(folder):
    shots = io.BytesIO()
    np.save(shots, np.random.default_rng(0).integers(0, 255, (20, 4, 4), np.uint8))
    (folder / "x.npy").write_bytes(shots.getvalue())
    words = ("-k", "2", "--pca", "3", "--max-iter", "2", "-n", "4")
    assert mixtura("generate", "x.npy", *words, "-o", "a.png", "-q", folder=folder).code == 0
    for given in (shots.getvalue(),):
        assert piped(folder, given, "generate", "-", *words, "-o", "-") == (folder / "a.png").read_bytes()


def test_models_through_pipes(folder):
    table = (folder / "t.csv").read_bytes()
    model = piped(folder, table, "fit", "-", "-k", "2", "-o", "-")
    (folder / "m.mix").write_bytes(model)
    expected = mx.fit(np.loadtxt(folder / "t.csv", delimiter=",", skiprows=1), 2, rng=0).mixture
    assert mx.load(folder / "m.mix").means.tobytes() == expected.means.tobytes()
    assert piped(folder, model, "show", "-").decode().startswith("standard input: 2 full Gaussians over 2 columns\n")
    for words in (("score", "{}", "t.csv"), ("predict", "{}", "t.csv"), ("sample", "{}"), ("condition", "{}", "a=1")):
        here = mixtura(*(word.format("m.mix") for word in words), folder=folder)
        there = piped(folder, model, *(word.format("-") for word in words)).decode()
        assert there == here.out.replace("m.mix", "standard input")
    left = piped(folder, model, "condition", "-", "a=1", "-o", "-")
    assert load(io.BytesIO(left)) == mx.load(folder / "m.mix").condition([0], [1.0])
    best = piped(folder, table, "choose", "-", "-k", "1-2", "--covariance", "full", "-o", "-")
    assert load(io.BytesIO(best)).n_components == 2


TEXT = gzip.compress(b"text", mtime=0)  # the same bytes at any time


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("paint", "-"), "give it one with -o, such as -o result.png"),
        (("palette", "-", "-k", "2"), "give it one with -o"),
        (("palette", "colour.png", "-k", "2,3", "-o", "-"), "standard output takes one result"),
        (("paint", "ink.png", *QUICK, "--style", "dots,grid", "-o", "-"), "standard output takes one result"),
        (("paint", "ink.png", *QUICK, "-o", "-", "-o", "-"), "the outputs - and - are one file"),
        (("paint", "ink.png", "-o", "-", "--json"), "--json and -o - would both print"),
        (("fit", "t.csv", "-k", "2", "-o", "-", "--json"), "--json and -o - would both print"),
        (("palette", "ink.png", "-k", "2", "-o", "a.png", "--sheet", "-", "--json"), "would both print"),
    ],
)
def test_what_cannot_be(folder, words, says, monkeypatch):
    given = io.TextIOWrapper(io.BytesIO((folder / "colour.png").read_bytes()))
    monkeypatch.setattr("sys.stdin", given)
    before = names(folder)
    done = mixtura(*words, folder=folder)
    assert (done.code, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert says in line
    assert names(folder) == before


@pytest.mark.parametrize(
    ("words", "given", "says"),
    [
        (("paint", "-", "-o", "a.png"), b"", "standard input is empty (0 bytes): give a picture"),
        (("paint", "-", "-o", "a.png"), b"Once upon a time", "standard input is no picture of a known format"),
        (("palette", "-", "-o", "a.png"), b"\x89PNG", "standard input is"),
        (("show", "-"), b"nothing", "standard input is not a model file, or it is damaged"),
        (("generate", "-", "-o", "a.png"), TEXT, "standard input is no IDX, .npy or .npz file"),
        (("fit", "-", "-k", "1", "-o", "a.mix"), b"a\nx\n", "standard input: column 'a' holds 'x' in line 2"),
    ],
)
def test_what_is_wrong_with_standard_input(tmp_path, words, given, says):
    done = subprocess.run(command(*words), cwd=tmp_path, input=given, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    (line,) = done.stderr.decode().splitlines()
    assert says in line
    assert names(tmp_path) == []


def test_a_reader_that_leaves(folder):
    """The shell's 141, and not a word."""
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 300, 3), np.uint8)).save(folder / "noise.png")
    with subprocess.Popen(
        command("paint", "noise.png", *QUICK, "--size", "2000", "-o", "-"),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(timeout=120) == 141


def test_a_picture_is_told_from_a_model_by_its_bytes(tmp_path):
    """A GIF of 123 pixels' height has the brace of a model's header where a model has it."""
    from mixtura.jobs.reading import _is_model

    file = io.BytesIO()
    Image.new("L", (5, 123)).save(file, "GIF")
    assert file.getvalue()[8:9] == b"{"
    assert not _is_model(Stream(file.getvalue()))
    mx.Mixture([1.0], [[0.0]], [1.0], "spherical").save(tmp_path / "m.mix")
    assert _is_model(Stream((tmp_path / "m.mix").read_bytes()))
