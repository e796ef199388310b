"""Parameters are called as options on the command line and as Python has them elsewhere, and names are left alone."""

import ast
import inspect
import re
from pathlib import Path

import numpy as np
import pytest
import typer
from terminal import make, mixtura

import mixtura as mx
from mixtura.cli.app import app
from mixtura.cli.frame import spelling
from mixtura.errors import InputError, MixturaError, MixturaWarning, PictureError, named
from mixtura.jobs import generate, grade, morph, paint, palette, restore
from mixtura.jobs.outputs import plan
from mixtura.pictures import collection, draw, film, image, vector
from mixtura.sources import tables

HOUSE = Path(mx.__file__).parent
COMMANDS = typer.main.get_command(app).commands


def said(folder, *words):
    """The one sentence that a command fails with."""
    done = mixtura(*words, folder=folder)
    assert (done.code, done.out) == (2, "")
    (line,) = done.err.splitlines()
    return line.removeprefix("mixtura: ")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("fit", "n_components.csv", "-k", "2"), "n_components.csv does not exist: give a table."),
        (("fit", "reg_covar.npy", "-k", "2"), "reg_covar.npy does not exist: give a table."),
        (("choose", "covariance_type.csv"), "covariance_type.csv does not exist: give a table."),
        (("fit", "missing=True/columns=a.csv", "-k", "1"), "missing=True/columns=a.csv does not exist: give a table."),
        (("paint", "max_pixels.png"), "there is no file max_pixels.png: check the name and the folder."),
        (("paint", "light=True.png"), "there is no file light=True.png: check the name and the folder."),
        (("palette", "sheet_mm.png"), "there is no file sheet_mm.png: check the name and the folder."),
        (("generate", "n_axes"), "there is no file n_axes: check the name and the folder."),
        (("show", "checkpoint .mix"), "checkpoint .mix does not exist: give a model file (.mix)."),
    ],
)
def test_names_of_files_are_left_alone(tmp_path, words, says):
    assert said(tmp_path, *words) == says


def test_what_files_hold_is_left_alone(tmp_path):
    (tmp_path / "tol.csv").write_text("columns=,missing=True\n1,light=True\n")
    assert said(tmp_path, "fit", "tol.csv", "-k", "1") == (
        "tol.csv: column 'missing=True' holds 'light=True' in line 2, expected a number: choose columns of numbers, "
        "such as --columns columns=."
    )
    (tmp_path / "gap.csv").write_text("reg_covar,n_components\n1,\n")
    assert said(tmp_path, "fit", "gap.csv", "-k", "1") == (
        "gap.csv: column 'n_components' has no value in line 2, expected a number: --missing takes what the rows have."
    )
    assert said(tmp_path, "fit", "gap.csv", "-k", "1", "--columns", "columns=a") == (
        "gap.csv has no column 'columns=a': it has reg_covar, n_components."
    )


def test_the_same_sentence_in_options_and_in_python(tmp_path):
    make(tmp_path)
    with pytest.raises(InputError, match=r"^covariance_type is 'round': choose one of full, ") as caught:
        mx.fit([[0.0], [1.0]], 1, covariance_type="round")
    assert caught.value.parameter == "covariance_type"
    (tmp_path / "t.csv").write_text("a\n0\n1\n")
    line = said(tmp_path, "fit", "t.csv", "-k", "1", "--covariance", "round")
    assert line == str(caught.value).replace("covariance_type", "--covariance")
    with pytest.raises(PictureError, match=r"Choose another threshold, or take the light ones \(light=True\)\."):
        image.ink(np.full((4, 4, 3), 200.0), threshold=9)
    line = said(tmp_path, "paint", "ink.png", "--threshold", "0")
    assert "Choose another --threshold, or take the light ones (--light)." in line
    line = said(tmp_path, "paint", "ink.png", "--threshold", "0:255", "--light")
    assert "or take the dark pixels (without --light)." in line
    np.save(tmp_path / "x.npy", np.zeros((3, 2, 2)))
    with pytest.raises(InputError, match=r"^labels are given, but no label to choose: add label=2, say"):
        collection.read(tmp_path / "x.npy", labels=tmp_path / "x.npy")
    assert said(tmp_path, "generate", "x.npy", "--labels", "x.npy").endswith("add --label 2, say.")
    with pytest.raises(InputError, match="use kind=colour, or another style"):
        plan(("mean",), (), Path("a.png"), "ink", None, True)
    assert "use --as colour, or another style" in said(tmp_path, "paint", "ink.png", "--style", "mean")


def test_a_parameter_that_a_command_has_no_option_for_keeps_its_name(tmp_path):
    mx.Mixture([1.0], [[0.0, 0.0]], [1.0], "spherical").save(tmp_path / "m.mix")
    assert said(tmp_path, "sample", "m.mix", "--component", "1").startswith("--component is 1: the components are")
    context = typer.Context(COMMANDS["sample"])
    error = InputError(f"{named('component')} or {named('missing', True)}, {named('n', 3)}, {named('labels', False)}")
    assert error.spelt(spelling(context)) == "--component or missing=True, -n 3, without --labels"


def test_warnings_are_spelt_too(tmp_path):
    tables.write(tmp_path / "t.csv", {"a": np.arange(9.0)})
    done = mixtura("fit", "t.csv", "-k", "1", "--reg-covar", "1e9", folder=tmp_path)
    assert done.code == 0
    assert re.fullmatch(r"mixtura: --reg-covar is 1e\+09, but .*Lower --reg-covar, or rescale x\.\n", done.err)
    with pytest.warns(MixturaWarning, match=r"^reg_covar is 1e\+09, but .*Lower reg_covar, or") as caught:
        mx.fit(np.arange(9.0)[:, None], 1, reg_covar=1e9)
    assert caught[0].message.parameter == "reg_covar"
    tables.write(tmp_path / "far.csv", {"a": 1e9 + np.arange(9.0)})
    done = mixtura("fit", "far.csv", "-k", "1", "--precision", "float32", folder=tmp_path)
    assert "Use --precision float64, or subtract an offset." in done.err


def test_a_sentence_within_a_sentence_keeps_its_names():
    inner = InputError(f"{named('tol')} is -1.")
    outer = MixturaError(f"it failed: {inner.sentence} Try {named('prior', True)}.")
    assert str(outer) == "it failed: tol is -1. Try prior=True."
    assert outer.spelt(lambda name, value: name.upper()) == "it failed: TOL is -1. Try PRIOR."


def texts(tree):
    """What stands in a module's strings, docstrings left out."""
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    ]


def test_the_library_knows_no_options():
    for file in HOUSE.rglob("*.py"):
        place = file.relative_to(HOUSE)
        if place.parts[0] in ("cli", "gallery.py"):  # the scripts of the gallery have an option of their own
            continue
        for text in texts(ast.parse(file.read_text(encoding="utf-8"))):
            assert not re.search(r"(?<![\w-])--[a-z]", text), (place, text)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_means(name):
    for each in COMMANDS[name].params:
        assert each.help, each.name
    assert "Parameters" not in COMMANDS[name].help


@pytest.mark.parametrize(
    ("name", "takers"),
    [
        ("paint", (paint.Recipe, *draw.STYLES.values(), *vector.STYLES.values(), film.em)),
        ("palette", (palette.Palettes,)),
        ("morph", (morph.Morph,)),
        ("grade", (grade.Grading,)),
        ("denoise", (restore.Denoising,)),
        ("fill", (restore.Filling,)),
        ("enlarge", (restore.Enlarging,)),
        ("generate", (generate.Generation,)),
    ],
)
def test_options_have_the_names_of_what_they_are_handed_to(name, takers):
    known = {parameter for taker in takers for parameter in inspect.signature(taker).parameters}
    assert {each.name for each in COMMANDS[name].params} - {
        "quiet",
        "as_json",
        "preview",
    } <= known  # preview is another job
