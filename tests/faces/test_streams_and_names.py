"""What every command does with streams and with names of files that cannot be: one sentence and 2, and no traces."""

import contextlib
import io
import os
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from terminal import QUICK, bound_by_permissions, command, make, mixtura, names

import mixtura as mx
from mixtura.cli import progress_bar
from mixtura.errors import MixturaError
from mixtura.jobs.progress import Progress
from mixtura.jobs.standard import legible

READS = {  # {} is what is read: its name, or that of a stream that gives it; the rest of the command
    "paint": ("colour.png", "paint {} -k 2 --max-iter 1 -o out.png"),
    "paint a model": ("m.mix", "paint {} -o out.png"),
    "palette": ("colour.png", "palette {} -k 2 --max-iter 1 -o out.png"),
    "morph": ("colour.png", "morph {} colour.png -k 2 --max-iter 1 --frames 2 --size 9 -o out.gif"),
    "grade": ("colour.png", "grade {} --like colour.png -k 2 --max-iter 1 -o out.png"),
    "denoise": ("colour.png", "denoise {} --sigma 9 --effort fast -o out.png"),
    "fill": ("colour.png", "fill {} --mask ink.png --effort fast -o out.png"),
    "mask": ("ink.png", "fill colour.png --mask {} --effort fast -o out.png"),
    "enlarge": ("colour.png", "enlarge {} --effort fast -o out.png"),
    "generate": ("x.npy", "generate {} -k 1 --pca 2 --max-iter 1 -n 1 -o out.png"),
    "labels": ("y.npy", "generate x.npy --labels {} --label 1 -k 1 --pca 2 --max-iter 1 -n 1 -o out.png"),
    "fit": ("t.csv", "fit {} -k 2 --max-iter 1 -o out.mix"),
    "choose": ("t.csv", "choose {} -k 1 --covariance full -o out.mix"),
    "show": ("m.mix", "show {} --no-plot"),
    "score": ("t.csv", "score m.mix {} -o out.csv"),
    "score a model": ("m.mix", "score {} t.csv -o out.csv"),
    "predict": ("t.csv", "predict m.mix {} -o out.csv"),
    "predict a model": ("m.mix", "predict {} t.csv -o out.csv"),
    "sample": ("m.mix", "sample {} -n 3 -o out.csv"),
    "condition": ("m.mix", "condition {} a=1 --no-plot -o out.mix"),
    "probability": ("m.mix", "probability {} a=1:"),
    "bootstrap": ("t.csv", "bootstrap {} m.mix -n 2 -o out.csv"),
    "bootstrap a model": ("m.mix", "bootstrap t.csv {} -n 2 -o out.csv"),
}
WRITES = {
    **{name: words for name, (_, words) in READS.items() if name in ("paint", "palette", "fit", "choose", "score")},
    **{
        name: words
        for name, (_, words) in READS.items()
        if name in ("predict", "sample", "condition", "generate", "bootstrap")
    },
    "checkpoint": "fit {} -k 2 --max-iter 1 --checkpoint out.mix -o other.mix",
    "sheet": "palette {} -k 2 --max-iter 1 -o a.png --sheet out.png",
    "means": "generate {} -k 1 --pca 2 --max-iter 1 -n 1 -o a.png --means out.png",
    "walk": "generate {} -k 1 --pca 2 --max-iter 1 -n 1 -o a.png --walk out.gif",
}
SOURCES = {name: source for name, (source, _) in READS.items()} | {
    "checkpoint": "t.csv",
    "sheet": "colour.png",
    "means": "x.npy",
    "walk": "x.npy",
}


@pytest.fixture
def folder(tmp_path):
    make(tmp_path)
    rng = np.random.default_rng(0)
    table = np.concatenate([rng.normal(0, 1, (30, 2)), rng.normal(9, 1, (30, 2))])
    np.savetxt(tmp_path / "t.csv", table, delimiter=",", header="a,b", comments="")
    np.save(tmp_path / "x.npy", rng.integers(0, 255, (9, 4, 4), np.uint8))
    np.save(tmp_path / "y.npy", np.repeat([1, 2, 1], 3))
    mx.Mixture([0.5, 0.5], [[3.0, 4], [9, 9]], [4.0, 2], "spherical", names=["a", "b"]).save(tmp_path / "m.mix")
    return tmp_path


def split(words, name):
    return [name if word == "{}" else word for word in words.split()]


def results(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name.startswith("out")}


@pytest.mark.parametrize("case", READS)
def test_a_stream_is_read_as_the_file_is(folder, case):
    """From - and /dev/stdin, from a pipe with a name, and one that only has a number, as <(...) gives."""
    source, words = READS[case]
    content = (folder / source).read_bytes()
    os.mkfifo(folder / f"pipe{Path(source).suffix}")
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)

    def feed():
        (folder / f"pipe{Path(source).suffix}").write_bytes(content)

    expected = mixtura(*split(words, source), folder=folder)
    assert (expected.code, expected.err) == (0, "")
    made = results(folder)
    for name in ("-", "/dev/stdin", f"/dev/fd/{reader}", f"pipe{Path(source).suffix}"):
        given = io.TextIOWrapper(io.BytesIO(content))
        writing = threading.Thread(target=feed)
        if name.startswith("pipe"):
            writing.start()
        said = mixtura(*split(words, name), folder=folder, streams={"stdin": given})
        if name.startswith("pipe"):
            writing.join()
        assert (said.code, said.err) == (0, ""), said
        assert results(folder) == made
        shown = "standard input" if name in ("-", "/dev/stdin") else name
        if case == "show":
            assert said.out == expected.out.replace(source, shown)
    os.close(reader)


def test_the_size_of_a_stream_is_that_of_its_bytes(folder):
    content = (folder / "colour.png").read_bytes()
    words = ("palette", "-", "-k", "2", "--max-iter", "1", "-o", "out.png", "--json")
    said = mixtura(*words, folder=folder, streams={"stdin": io.TextIOWrapper(io.BytesIO(content))})
    assert said.record["bytes"] == len(content)
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    said = mixtura(*(f"/dev/fd/{reader}" if word == "-" else word for word in words), folder=folder)
    os.close(reader)
    assert said.record["bytes"] == len(content)


@pytest.mark.parametrize("case", READS)
def test_standard_input_that_is_closed(folder, case):
    said = mixtura(*split(READS[case][1], "-"), folder=folder, streams={"stdin": None})
    assert (said.code, said.out) == (2, "")
    assert said.err == "mixtura: standard input is closed: give the name of a file, or something to read.\n"
    assert not results(folder)


@pytest.mark.parametrize("case", ["show", "predict", "fit", "paint"])
def test_standard_output_that_is_closed(folder, case):
    words = [word for word in split(READS[case][1], READS[case][0]) if not word.startswith("out")]
    words += ["-"] if words[-1] == "-o" else []
    said = mixtura(*words, folder=folder, streams={"stdout": None})
    assert said[::2] == (2, "mixtura: standard output is closed: redirect it to a file, or to /dev/null.\n")
    quiet = mixtura("fit", "t.csv", "-k", "1", "-o", "out.mix", "-q", folder=folder, streams={"stdout": None})
    assert (quiet.code, quiet.err) == (0, "")


def test_a_process_all_of_whose_streams_are_closed(folder):
    """No file that it opens later takes the place of one of them."""
    code = """
import os, sys
from mixtura.__main__ import main

for number in (0, 1, 2):
    os.close(number)
sys.argv = ["mixtura", "--version"]
try:
    main()
finally:
    os._exit(os.open(os.devnull, os.O_RDONLY))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode > 2
    words = shlex.join(command("fit", "t.csv", "-k", "1", "-o", "out.mix", "-q"))
    assert subprocess.run(f"{words} <&- >&- 2>&-", shell=True, cwd=folder, check=False).returncode == 0
    assert mx.load(folder / "out.mix").n_components == 1
    words = shlex.join(command("sample", "m.mix"))
    said = subprocess.run(f"{words} >&-", shell=True, cwd=folder, check=False, capture_output=True)
    assert said.returncode == 2
    assert said.stderr.startswith(b"mixtura: standard output is closed")


@contextlib.contextmanager
def output_to(number):
    """Standard output of the process, as a file of this number."""
    with open(number, "w", encoding="utf-8", closefd=False) as stream, contextlib.suppress(OSError):
        yield {"stdout": stream}


PRINTS = ["--help", "--version", "fit --help", "show m.mix", "show m.mix --json", "predict m.mix t.csv", "sample m.mix"]
PRINTS += ["condition m.mix a=1", "score m.mix t.csv", "paint m.mix -o -", "fit t.csv -k 1 -o new.mix"]


@pytest.mark.parametrize("words", PRINTS)
def test_a_reader_that_leaves(folder, words):
    """Without a word, and with what a shell says of a program that a broken pipe has killed."""
    reader, writer = os.pipe()
    os.close(reader)
    with output_to(writer) as left:
        said = mixtura(*words.split(), folder=folder, streams=left)
    os.close(writer)
    assert (said.code, said.err) == (141, "")


@pytest.mark.parametrize("words", PRINTS)
def test_standard_output_that_is_full(folder, words):
    full = os.open("/dev/full", os.O_WRONLY)
    with output_to(full) as stream:
        said = mixtura(*words.split(), folder=folder, streams=stream)
    os.close(full)
    assert said.code == 2
    also = " Written are: new.mix." if "new.mix" in words else ""
    assert said.err == f"mixtura: standard output cannot be written (No space left on device).{also}\n"


def test_complaints_that_nobody_hears_stop_nothing(folder):
    full = os.open("/dev/full", os.O_WRONLY)
    with output_to(full) as stream:
        said = mixtura("show", "no.mix", folder=folder, streams={"stderr": stream["stdout"]})
    os.close(full)
    assert (said.code, said.out) == (2, "")


LONG = "n" * 300
BAD = {
    "not readable": "dark{}",
    "missing": "no{}",
    "in no folder": "no/no{}",
    "within a file": "t.csv/no{}",
    "too long": LONG + "{}",
    "folders too long": "/".join([LONG[:250]] * 20) + "{}",
    "a folder": "folder{}",
    "not UTF-8": "bad\udcff\x1b[31m\u202e{}",
    "in a folder that is shut": "shut/no{}",
}


@pytest.fixture
def shut(folder):
    """A folder that nobody may look into, the superuser neither."""
    (folder / "shut").mkdir(mode=0)
    with bound_by_permissions():
        yield folder


def told(said):
    """The one line of a command that refuses."""
    assert (said.code, said.out) == (2, ""), said
    (line,) = said.err.splitlines()
    assert line.startswith("mixtura: ")
    assert len(line) < 500
    assert line.isprintable()
    return line


def prepared(path, bad):
    """A folder of that name, or a file that may not be read or written."""
    if bad == "a folder":
        path.mkdir(exist_ok=True)
    if bad == "not readable" and not path.exists():
        path.write_bytes(b"1,2\n3,4\n")
        path.chmod(0)


@pytest.mark.parametrize("bad", BAD)
def test_what_cannot_be_read(shut, bad):
    for source, words in READS.values():
        name = BAD[bad].format(Path(source).suffix)
        prepared(shut / name, bad)
        before = names(shut)
        line = told(mixtura(*split(words, name), folder=shut))
        assert "standard" not in line
        assert names(shut) == before


@pytest.mark.parametrize("bad", [bad for bad in BAD if bad not in ("missing", "not UTF-8")])
def test_what_cannot_be_written(shut, bad):
    for case, words in WRITES.items():
        target = next(word for word in words.split() if word.startswith("out."))
        name = BAD[bad].format(Path(target).suffix)
        prepared(shut / name, bad)
        before = names(shut)
        given = [name if word == target else word for word in split(words, SOURCES[case])]
        told(mixtura(*given, folder=shut))
        assert names(shut) == before


def test_names_that_are_no_text_can_be_written_and_shown(folder):
    """Beside all that is made: the name is in the page, too."""
    (folder / "bad\udcff\u202e.png").write_bytes((folder / "colour.png").read_bytes())
    words = ("paint", "bad\udcff\u202e.png", *QUICK, "-o", "a.html", "-o", "b\udcfe.svg", "-o", "c.mix")
    said = mixtura(*words, folder=folder)
    assert (said.code, said.err) == (0, "")
    assert r"  b\udcfe.svg  (mean, " in said.out
    assert r"<title>bad\udcff\u202e.png" in (folder / "a.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("case", "number"),
    [("fit", signal.SIGINT), ("sample", signal.SIGHUP), *((case, signal.SIGTERM) for case in WRITES)],
)
def test_a_signal_in_the_middle_of_writing_leaves_nothing(folder, monkeypatch, case, number):
    target = next(word for word in WRITES[case].split() if word.startswith("out."))
    if case != "checkpoint":  # which would be read
        (folder / target).write_bytes(b"old")
    before = {name: (folder / name).read_bytes() for name in names(folder)}
    monkeypatch.setattr("os._exit", lambda code: (_ for _ in ()).throw(SystemExit(code)))
    monkeypatch.setattr("os.fsync", lambda _: signal.raise_signal(number))
    usual = signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    said = mixtura(*split(WRITES[case], SOURCES[case]), folder=folder)
    signal.signal(number, usual)
    assert said == (128 + number, "", "mixtura: stopped; nothing was left half written.\n")
    assert {name: (folder / name).read_bytes() for name in names(folder)} == before


@pytest.mark.parametrize(
    "words",
    [
        "palette colour.png -k 2,3 --max-iter 1 -o out.png",
        "generate x.npy -k 1 --pca 2 --max-iter 1 -n 1 -o out.png --means b.png --walk c.gif",
        "paint colour.png -k 2 --max-iter 1 -o out.png -o b.svg -o c.mix",
    ],
)
def test_of_several_outputs_all_appear_or_none(folder, monkeypatch, words):
    """The disk is full when the last one is on its way."""
    before = names(folder)
    usual, written = os.fsync, []

    def full(number):
        written.append(number)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        usual(number)

    monkeypatch.setattr("os.fsync", full)
    line = told(mixtura(*words.split(), folder=folder))
    assert line.endswith("cannot be written (No space left on device).")
    assert names(folder) == before
    monkeypatch.undo()
    assert mixtura(*words.split(), folder=folder).code == 0
    assert len(names(folder)) == len(before) + 3


STRANGE = "a\x1b]0;owned\x07\x9b2J\u202etxt\u200b\ufeff[red]\x7f\r"
SHOWN = r"a\x1b]0;owned\x07\x9b2J\u202etxt\u200b\ufeff[red]\x7f\r"


@pytest.fixture
def strange(folder):
    mx.Mixture([1.0], [[0.0, 1]], [1.0], "spherical", names=[STRANGE, "b"]).save(folder / f"{STRANGE}.mix")
    return folder


def is_harmless(text):
    return all(letter.isprintable() or letter == "\n" for letter in text)


def test_a_stranger_moves_no_cursor(strange, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    model = f"{STRANGE}.mix"
    for words in (
        ("show", model),
        ("show", model, "--axes", STRANGE),
        ("show", model, "--axes", "no"),
        ("condition", model, "b=1"),
        ("condition", model, f"{STRANGE}=1"),
        ("condition", model, "no=1"),
        ("probability", model, f"{STRANGE}=1:"),
        ("probability", model, STRANGE),
        ("fit", model, "-k", "1", "-o", "x.mix"),
        ("predict", model, "t.csv", "--columns", STRANGE),
        ("predict", model, "t.csv", "-o", f"{STRANGE}/x.csv", "--target", STRANGE),
        ("sample", model, "-o", f"{STRANGE}.exe"),
        (STRANGE,),
        ("show", f"--{STRANGE}"),
    ):
        said = mixtura(*words, folder=strange)
        assert is_harmless(said.out + said.err), said
        assert SHOWN[:30] in said.out + said.err, said  # long names are cut in errors


def test_a_terminal_is_shown_what_a_pipe_is_given(strange, monkeypatch):
    """A table that goes to a pipe is exact; on a terminal its names cannot move the cursor."""
    piped = mixtura("sample", f"{STRANGE}.mix", folder=strange)
    assert STRANGE in piped.out

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr("mixtura.cli.app.guard", lambda: None)  # of a stream that is no file
    assert mixtura("sample", f"{STRANGE}.mix", folder=strange, streams={"stdout": terminal}).code == 0
    assert is_harmless(terminal.getvalue())
    assert SHOWN in terminal.getvalue()


def test_a_bar_moves_only_its_own_cursor(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr("sys.stderr", shown)
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "150"}.items():
        monkeypatch.setenv(name, value)
    with progress_bar.progress_bar() as watch:
        watch(Progress(f"reading {STRANGE}"))
    assert SHOWN in shown.getvalue()
    assert STRANGE[:5] not in shown.getvalue()


def test_text_that_harms_nobody_stays():
    for text in ("Änderung – 日本語　x", "naïve (1).png", "\u00a0", "👩🏽", "\ue0b0"):
        assert legible(text) == text
    assert legible("line\nline") == r"line\nline"


@pytest.mark.parametrize("bad", ["in a folder that is shut", "too long"])
def test_the_library_raises_its_own_errors(shut, monkeypatch, bad):
    monkeypatch.chdir(shut)
    mixture = mx.Mixture([1.0], [[0.0, 0]], [1.0], "spherical")
    for call, kind in (
        (mx.load, ".mix"),
        (mixture.save, ".mix"),
        (lambda path: mx.fit([[0.0], [1.0]], 1, checkpoint=path), ".mix"),
        *((lambda path: mx.fit(path, 1), kind) for kind in (".csv", ".npy", ".parquet", ".h5", ".zarr")),
        *((mixture.log_density, kind) for kind in (".csv", ".npy", ".parquet")),
        (mx.pictures.files.read, ".png"),
        (mx.generate.read, ".npy"),
    ):
        with pytest.raises(MixturaError, match=r"denied|too long"):
            call(BAD[bad].format(kind))


def test_a_model_is_loaded_from_a_pipe(folder):
    reader, writer = os.pipe()
    os.write(writer, (folder / "m.mix").read_bytes())
    os.close(writer)
    assert mx.load(f"/dev/fd/{reader}") == mx.load(folder / "m.mix")
    os.close(reader)
