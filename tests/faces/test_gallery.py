"""The gallery: every example runs, and its pictures are pictures."""

import ast
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from terminal import mixtura, names

from mixtura import gallery
from mixtura.errors import ExampleError, InputError, OutputError

SCRIPTS = gallery.examples()


def test_all_examples_are_there_and_told():
    folder = SCRIPTS[0].parents[1]
    assert len(SCRIPTS) >= 18
    assert len({script.stem for script in SCRIPTS}) == len(SCRIPTS)  # --only and the pictures go by it
    readme = (folder / "README.md").read_text(encoding="utf-8")
    coverage = (folder.parent / "docs" / "coverage.md").read_text(encoding="utf-8")
    for script in SCRIPTS:
        told = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8")))
        title, line, *words = told.splitlines()
        assert line == "=" * len(title), script.name  # as sphinx-gallery wants it
        assert len(" ".join(words)) > 100
        assert f"[{script.stem}]({script.relative_to(folder).as_posix()})" in readme
        assert f"[{script.stem}](../examples/{script.relative_to(folder).as_posix()})" in coverage


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_every_figure_is_told_in_words(script):
    """Its label is the text that stands for it, as `alt` on the site and as `Description` in the file."""
    calls = [node for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    makers = [call for call in calls if ast.unparse(call.func) in ("plt.figure", "plt.subplots")]
    labels = [ast.unparse(word.value) for call in makers for word in call.keywords if word.arg == "num"]
    assert len(labels) == len(makers) > 0
    assert len(set(labels)) == len(labels)  # one label is one figure
    assert min(map(len, labels)) > 20


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_example_runs(script, tmp_path, small_samples, monkeypatch):
    if script.stem not in ("ink", "polish"):  # which cut pieces of known places
        monkeypatch.setattr(gallery, "HOMES", [small_samples, *gallery.HOMES])
    written = gallery.run(tmp_path, scripts=[script], dpi=40)
    assert names(tmp_path) == sorted(path.name for path in written)
    assert written
    for path in written:
        with Image.open(path) as picture:
            assert min(picture.size) > 80
            assert np.asarray(picture.convert("L")).std() > 3  # something is on it
            assert getattr(picture, "n_frames", 1) > 5 or path.suffix == ".png"


def script(tmp_path, code):
    path = tmp_path / "mine.py"
    path.write_text(code)
    return path


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("x = 1\n1 / 0", r"mine\.py failed at line 2 \(ZeroDivisionError"),
        ("x = 1", "made no picture"),
        ("import mixtura as mx\nmx.fit([[1.0]], 2)", r"mine\.py failed: n_components is 2"),
        ("x = (", r"mine\.py failed"),
    ],
)
def test_a_failing_example_is_named(tmp_path, code, says):
    with pytest.raises(ExampleError, match=says):
        gallery.run(tmp_path / "out", scripts=[script(tmp_path, code)])
    assert names(tmp_path / "out") == []


def test_what_was_made_before_a_failure_is_said(tmp_path):
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text("import matplotlib.pyplot as plt\nplt.plot([1, 2])")
    bad.write_text("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.figure()\nplt.savefig = 1 / 0")
    with pytest.raises(ExampleError, match=r"bad\.py failed at line 4.*made is in .*out: good-1\.png\.$"):
        gallery.run(tmp_path / "out", scripts=[good, bad])
    assert names(tmp_path / "out") == ["good-1.png"]


def test_what_examples_print_and_change_stays_with_them(tmp_path, capsys):
    import matplotlib

    before = matplotlib.rcParams["lines.linewidth"]
    code = "import matplotlib.pyplot as plt\nassert plt.rcParams['image.cmap'] == 'magma_r'\n"  # of the gallery's style
    code += "plt.rcParams['lines.linewidth'] = 9\nprint('hello')\nplt.figure(num='a line')\nplt.plot([1, 2])"
    (path,) = gallery.run(tmp_path / "a" / "b", scripts=[script(tmp_path, code)])
    assert path == tmp_path / "a" / "b" / "mine-1.png"
    with Image.open(path) as picture:
        assert picture.text["Description"] == "a line"
    assert matplotlib.rcParams["lines.linewidth"] == before
    assert capsys.readouterr().out == ""


def test_the_classifier_does_without_lightgbm(tmp_path, small_samples, monkeypatch):
    monkeypatch.setattr(gallery, "HOMES", [small_samples, *gallery.HOMES])
    monkeypatch.setitem(sys.modules, "lightgbm", None)  # as if it were not installed
    (chosen,) = (script for script in SCRIPTS if script.stem == "classifier")
    assert len(gallery.run(tmp_path, scripts=[chosen], dpi=40)) == 1


DRAWS = "import matplotlib.pyplot as plt\nfrom mixtura.gallery import data\nplt.plot([1, 2])\n"


def test_examples_are_given_the_data(tmp_path):
    (tmp_path / "shots").mkdir()
    (tmp_path / "shots" / "a.txt").write_text("there")
    without = DRAWS + "assert data('a.txt') is None"
    assert gallery.run(tmp_path / "out", scripts=[script(tmp_path, without)])
    given = DRAWS + "assert data('a.txt').read_text() == 'there'"
    before = list(sys.argv)
    assert gallery.run(tmp_path / "out", scripts=[script(tmp_path, given)], data=tmp_path / "shots")
    assert sys.argv == before
    with pytest.raises(ExampleError, match=r"--data takes a folder that holds b\.txt"):
        gallery.run(tmp_path / "out", scripts=[script(tmp_path, DRAWS + "data('b.txt')")], data=tmp_path / "shots")
    with pytest.raises(InputError, match="is no folder"):
        gallery.run(tmp_path / "out", scripts=SCRIPTS[:1], data=tmp_path / "none")


def test_data_stands_before_a_folder(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["mine.py", "--data"])
    with pytest.raises(InputError, match="give a folder after it"):
        gallery.data("a.txt")


def test_samples_are_known_by_name():
    for name in ("dog.png", "butterfly.png", "harbour.png", "wave.png", "clothes.png", "geyser.csv"):
        assert gallery.sample(name).is_file()
    for name in ("cat.png", "", ".."):
        with pytest.raises(
            InputError, match=r"choose among butterfly\.png, clothes\.png, dog\.png, geyser\.csv, harbour"
        ):
            gallery.sample(name)


def test_a_film_is_kept_as_it_moves(tmp_path):
    """Three pictures, of a white sheet that turns grey: size, colours and time are those asked for."""
    code = """
import matplotlib.pyplot as plt
from matplotlib.animation import FuncAnimation
figure = plt.figure(figsize=(2, 1))
sheet = figure.add_artist(plt.Rectangle((0, 0), 1, 1))
film = FuncAnimation(figure, lambda i: sheet.set_facecolor(str(1 - i / 5)), frames=3, interval=70)
plt.show()
"""
    (path,) = gallery.run(tmp_path, scripts=[script(tmp_path, code)], dpi=80)
    with Image.open(path) as film:
        assert (path.suffix, film.n_frames, film.size) == (".gif", 3, (120, 60))
        for i in range(3):
            film.seek(i)
            film.load()
            assert film.info["duration"] == 70
            assert np.abs(np.asarray(film.convert("RGB"))[2:-2, 2:-2].astype(float) - 255 * (1 - i / 5)).max() <= 1


def test_wrong_folders(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        gallery.run(tmp_path / "file" / "out", scripts=SCRIPTS[:1])
    with pytest.raises(InputError, match="there are no examples"):
        gallery.examples(tmp_path)


def test_the_command(tmp_path):
    record = mixtura("gallery", "out", "--only", "weights", "--json", folder=tmp_path).record
    assert record["examples"] == ["weights"]
    assert (
        [Path(path).name for path in record["outputs"]] == names(tmp_path / "out") == ["weights-1.png", "weights-2.png"]
    )
    said = mixtura("gallery", "out", "--only", "weihgts", folder=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("mixtura: --only is 'weihgts': choose among weights, weighted")
    said = mixtura("gallery", "out", "--only", "?", folder=tmp_path)
    assert said.err.startswith("mixtura: --only is '?': choose among anomalies, bayesian, blobs, ")
    assert len(said.err) < 500
    said = mixtura("gallery", "out", "--data", "nowhere", folder=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert "nowhere is no folder" in said.err
    said = mixtura("gallery", "out", "--only", "weights", folder=tmp_path)
    assert said.out.splitlines()[0].strip() == str(Path("out/weights-1.png"))
