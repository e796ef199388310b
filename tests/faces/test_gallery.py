"""The gallery: every example runs, and its pictures are pictures."""

import ast
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from terminal import mixtura, names

from mixtura import gallery
from mixtura.errors import ExampleError, InputError, OutputError

SCRIPTS = gallery.examples()


def test_all_examples_are_there_and_told():
    folder = SCRIPTS[0].parent
    assert len(SCRIPTS) >= 16
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for script in SCRIPTS:
        told = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8")))
        title, line, *words = told.splitlines()
        assert line == "=" * len(title), script.name  # as sphinx-gallery wants it
        assert len(" ".join(words)) > 100
        assert f"[{script.name}]({script.name})" in readme


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_example_runs(script, tmp_path):
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


def test_what_examples_print_and_change_stays_with_them(tmp_path, capsys):
    import matplotlib

    before = matplotlib.rcParams["lines.linewidth"]
    code = "import matplotlib.pyplot as plt\nplt.rcParams['lines.linewidth'] = 9\nprint('hello')\nplt.plot([1, 2])"
    (path,) = gallery.run(tmp_path / "a" / "b", scripts=[script(tmp_path, code)])
    assert path == tmp_path / "a" / "b" / "mine-1.png"
    assert matplotlib.rcParams["lines.linewidth"] == before
    assert capsys.readouterr().out == ""


def test_wrong_folders(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        gallery.run(tmp_path / "file" / "out", scripts=SCRIPTS[:1])
    with pytest.raises(InputError, match="there are no examples"):
        gallery.examples(tmp_path)


def test_the_command(tmp_path):
    record = mixtura("gallery", "out", "--only", "weights", "--json", folder=tmp_path).record
    assert record["examples"] == ["weights"]
    assert [Path(path).name for path in record["outputs"]] == names(tmp_path / "out") == ["weights-1.png"]
    said = mixtura("gallery", "out", "--only", "weihgts", folder=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("mixtura: --only is 'weihgts': choose among blobs, ")
    said = mixtura("gallery", "out", "--only", "weights", folder=tmp_path)
    assert said.out.splitlines()[0].strip() == str(Path("out/weights-1.png"))
