"""`mixtura show -o explore.html`: a page of points, or of a model, in which EM runs."""

import base64
import json
import re

import numpy as np
import pytest
from terminal import mixtura

import mixtura as mx

TABLE = "name,height,width,gap\na,1.5,2,\nb,3,2.5,1\nc,4,0.5,2\n"


def shown(text):
    """What a page has open: its head, and its points."""
    held = json.loads(re.search(r'<script type="application/json" id="given">(.*?)</script>', text, re.DOTALL)[1])
    opened = held["opened"]
    points = opened["arrays"]["points"]
    return opened["head"], np.frombuffer(base64.b64decode(points["base64"]), "<f8").reshape(points["shape"])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "table.csv").write_text(TABLE)
    (tmp_path / "numbers.csv").write_text("2020,2021\n1,2\n3,4\n")
    np.save(tmp_path / "table.npy", np.arange(6.0).reshape(3, 2))
    mix = mx.fit(mx.Points(np.random.default_rng(0).normal(size=(40, 2)), names=["height", "width"]), 2).mixture
    mix.save(tmp_path / "model.mix")
    return tmp_path


CASES = {
    "columns of numbers": (("table.csv",), ["height", "width", "gap"], 3),
    "columns that are chosen": (("table.csv", "--axes", "width,height"), ["width", "height"], 3),
    "numbers as names": (("numbers.csv", "--header"), ["2020", "2021"], 2),
    "numbers": (("numbers.csv",), ["x1", "x2"], 3),
    "an array": (("table.npy",), ["x1", "x2"], 3),
    "a model": (("model.mix", "--no-plot"), ["height", "width"], 0),
    "a model with its points": (("model.mix", "--data", "table.csv", "--no-plot"), ["height", "width"], 3),
}


@pytest.mark.parametrize("case", CASES)
def test_a_page_holds(folder, case):
    words, columns, n = CASES[case]
    said = mixtura("show", *words, "-o", "explore.html", "--json", folder=folder)
    assert (said.code, said.err) == (0, "")
    assert said.record["output"] == "explore.html"
    head, points = shown((folder / "explore.html").read_text(encoding="utf-8"))
    assert (head["columns"], points.shape) == (columns, (n, len(columns)))
    if case == "columns that are chosen":
        assert points.tolist() == [[2, 1.5], [2.5, 3], [0.5, 4]]


def test_it_is_told_where_the_page_is(folder):
    said = mixtura("show", "table.csv", "-o", "explore.html", folder=folder)
    assert said.out.splitlines()[-1] == "  explore.html  (the page to explore)"
    said = mixtura("show", "model.mix", "--no-plot", "-o", "explore.html", folder=folder)
    assert said.out.splitlines()[0].startswith("model.mix: 2 full Gaussians")
    assert said.out.splitlines()[-1] == "  explore.html  (the page to explore)"


WRONG = {
    ("table.csv",): "table.csv is a table, and a model is shown: add -o explore.html",
    ("table.csv", "-o", "explore.png"): "explore.png has the unknown extension '.png': choose one of .html",
    ("table.csv", "-o", "e.html", "--modes"): "--modes is for a model",
    ("table.csv", "-o", "e.html", "--plot", "a.png"): "--plot is for a model",
    ("table.csv", "-o", "e.html", "--axes", "height,depth"): "table.csv has no column 'depth'",
    ("table.csv", "-o", "e.html", "--axes", "height,name"): "column 'name' holds 'a' in line 2",
    ("none.csv", "-o", "e.html"): "none.csv cannot be read",
    ("none.csv", "-o", "nowhere/e.html"): "there is no folder",
    ("many.npy", "-o", "e.html"): "100,001 rows, a page holds 100,000",
    ("wide.npy", "-o", "e.html", "--axes", ",".join(f"x{i}" for i in range(1, 66))): "65 columns",
}


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_what_cannot_be_a_page_is_told_in_a_line(folder, words):
    if words[0] == "many.npy":
        np.save(folder / "many.npy", np.zeros((100_001, 2)))
    if words[0] == "wide.npy":
        np.save(folder / "wide.npy", np.zeros((3, 70)))
    before = sorted(folder.iterdir())
    said = mixtura("show", *words, folder=folder)
    assert (said.code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert WRONG[words] in line
    assert len(line) < 500
    assert sorted(folder.iterdir()) == before
