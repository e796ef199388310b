"""The line below the picture is true: as a command and as Python it makes the same bytes."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(__import__("pathlib").Path(__file__).parent))
from recipes import curve, document_of, lines_of, output_of, run_command, run_python, source_of
from scripts import answers, needs_node

import mixtura as mx
from mixtura.studio.data import Data
from mixtura.studio.taking import Request, taken

pytestmark = needs_node
NASTY = [
    "plain.png",
    "two words.png",
    "it's.png",
    '"quoted" $(id) `id`.png',
    "-rf.png",
    "ü–ß.png",
    "a\\b!c*?.png",
    "~",
    "%d;&|.csv",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a small picture, a model of it, a drawing and a table."""
    folder = tmp_path_factory.mktemp("made")
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:20, :30]
    pixels = np.stack([8 * x, 12 * y, 120 + 60 * np.sin(x / 4.0)], axis=-1).clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(folder / "hill.png")
    away = (x - 14) ** 2 + 2 * (y - 9) ** 2
    greys = np.where(away < 40, 20, np.where(away < 90, 110, 245)).astype(np.uint8)  # ink, midtones, paper
    Image.fromarray(greys).save(folder / "blot.png")
    points = mx.pictures.image.colour(pixels)
    colour = mx.fit(points, 6, rng=0, max_iter=20, reg_covar=1.0).mixture
    colour.save(folder / "hill.mix", notes={"frame": [0, 0, 30, 20], "kind": "colour"})
    ink = mx.fit(mx.pictures.image.ink(np.asarray(Image.open(folder / "blot.png").convert("RGB"))), 4, rng=0).mixture
    ink.save(folder / "blot.mix", notes={"frame": [0, 0, 30, 20], "kind": "ink"})
    table = np.concatenate([rng.normal(size=(60, 3)), rng.normal(3, 0.5, (40, 3))])
    lines = ["a,b c,c", *(",".join(f"{v:.6f}" for v in row) for row in table)]
    (folder / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    gaps = [
        line.replace("0.", ".", 1) if i % 9 else ",".join(["", *line.split(",")[1:]])
        for i, line in enumerate(lines[1:])
    ]
    (folder / "gaps.csv").write_text("\n".join([lines[0], *gaps]) + "\n", encoding="utf-8")
    (folder / "a b's.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder, colour, ink, mx.fit(folder / "rows.csv", 2, rng=0).mixture


def hill(mixture, **more):
    """A document of the colour picture."""
    source = source_of("colour", "hill.png", list("xyrgb"), frame=[0, 0, 30, 20], n=600)
    return document_of(source, mixture, **more)


def blot(mixture, **more):
    """A document of the drawing."""
    source = source_of(
        "ink", "blot.png", ["x", "y"], frame=[0, 0, 30, 20], n=100, threshold=more.pop("threshold", None)
    )
    return document_of(source, mixture, **more)


def rows(mixture, name="rows.csv", **more):
    """A document of the table."""
    columns = more.pop("columns", ["a", "b c", "c"])
    source = source_of("table", name, columns, allColumns=["a", "b c", "c"], points=more.pop("points", np.zeros(0)))
    return document_of(source, mixture, **more)


BENT = curve([0, 0], [0.24, 43], [0.72, 204], [1, 255])
INKED = curve([0, 255], [0.1, 80], [1, 0])
TONES = {"mean": BENT, "grid": INKED}
GAMMA = {"mean": BENT, "grid": {"kind": "gamma", "gamma": 0.5, "points": []}}
NOTHING: dict = {}
HAND = {"byHand": True}
PAINTED = {"covariance_type": "diag", "start": "kmeans", "seed": 5, "tol": 0.01, "max_iter": 30, "reason": "limit"}
TUNED = {"covariance_type": "tied", "start": "partition", "tol": 1e-5, "max_iter": 40, "prior": 1, "seed": 2}
MADE = {"covariance_type": "diag", "start": "kmeans", "seed": 4, "tol": 1e-3, "max_iter": 100, "prior": 0}
GAPS = {"name": "gaps.csv", "points": np.array([np.nan])}


def _looks(style, **more):
    return {"look": {"style": style, **more}}


PICTURES = [  # what is done to the document, and what is taken
    (HAND | _looks("mean"), NOTHING),
    (HAND | _looks("mean", tone=TONES, sharpen=0.76), NOTHING),
    (HAND | _looks("grid", ink="#102030", paper="#f0e0d0", tone=TONES), {"size": 48}),
    (HAND | _looks("contour", colours="sunset-r", sharpen=1.5), {"size": 45}),
    (HAND | _looks("dots", dots=500, radius=1.25), {"size": 60}),
    (HAND | _looks("dots", dots=300, ink="#aa0000", paper="#ffffff") | {"fit": {"seed": 9}}, NOTHING),
    (HAND | _looks("ellipses"), NOTHING),
    ({"hidden": [1, 4]} | _looks("mean"), NOTHING),
    (HAND | {"hidden": [0]} | _looks("mean", count=3), NOTHING),
    (HAND | _looks("mean", tone=TONES), {"kind": "svg", "size": 90}),
    (HAND | _looks("dots", dots=60, radius=2), {"kind": "svg"}),
    (HAND | _looks("dots"), {"kind": "html"}),
    (_looks("mean", tone=TONES, sharpen=0.9, count=4), {"kind": "webp", "size": 40}),
    (_looks("dots", dots=90, radius=3) | {"fit": PAINTED}, {"kind": "webp", "size": 30}),
    (HAND | _looks("contour", colours="magma"), {"kind": "html"}),
    (_looks("mean", sharpen=0.9), {"size": 33}),
    (_looks("mean", tone=TONES), NOTHING),
    (_looks("dots", dots=400, radius=1, count=4) | {"fit": PAINTED}, NOTHING),
    (NOTHING, {"kind": "mix"}),
    (HAND, {"kind": "gmx"}),
    (HAND, {"kind": "csv"}),
    ({"fit": PAINTED}, {"kind": "csv"}),
]
DRAWINGS = [
    (HAND | _looks("grid", tone=TONES), NOTHING),
    (HAND | _looks("grid", tone=GAMMA), NOTHING),
    (_looks("grid") | {"threshold": 64.5}, {"size": 64}),
    (_looks("dots", dots=200) | {"fit": {"start": "kmeans++"}}, NOTHING),
]
TABLES = [
    (NOTHING, NOTHING),
    ({"fit": TUNED}, NOTHING),
    ({"fit": {"reason": None, "iteration": 1}}, NOTHING),  # an earlier step
    ({"fit": {"seed": 99, "made": MADE}}, NOTHING),  # settings that were changed since
    ({"columns": ["c", "b c"]}, NOTHING),
    (NOTHING, {"kind": "csv"}),
    (GAPS, NOTHING),
    (GAPS, {"kind": "csv"}),
    ({"name": "a b's.csv"}, NOTHING),
    ({"name": "a b's.csv", "byHand": True}, {"kind": "csv"}),
    (HAND | {"axes": [2, 0]}, {"kind": "png", "size": 400}),
    (HAND, {"kind": "svg"}),
    (HAND, {"kind": "html"}),
    ({"axes": [2, 0]}, {"kind": "png", "size": 300}),  # of a fit that nobody has saved yet
    ({"fit": TUNED}, {"kind": "svg"}),
    (NOTHING, {"kind": "html"}),
    (GAPS | {"fit": TUNED}, {"kind": "html"}),
    ({"axes": [2, 0], "fit": TUNED}, {"kind": "webp", "size": 60}),
    (GAPS, {"kind": "webp", "size": 60}),
    ({"columns": ["c", "b c"], "name": "a b's.csv"}, {"kind": "webp", "size": 60}),
    ({"columns": ["c", "b c"]}, {"kind": "csv"}),
    ({"columns": ["c", "b c"], "name": "a b's.csv"}, {"kind": "html"}),
]
SHELLS = [("rows", {"name": "a b's.csv"}, {"kind": "html"}), ("blot", _looks("grid"), {"kind": "svg"})]


def _same(line, folder):
    """Both tongues make the same bytes."""
    target = folder / output_of(line["command"])
    run_command(line["command"], folder)
    by_command = target.read_bytes()
    target.unlink()
    run_python(line["python"], folder)
    assert target.read_bytes() == by_command
    return by_command


def _all_the_same(folder, table, make, mixture):
    """Lines that begin from the data run where nothing else is; the others, beside the model that they begin from."""
    asked = []
    for more, how in table:
        of = mixture if "columns" not in more else mixture.marginal([2, 1])
        asked.append((make(of, **more), how))
    wrong = []
    for (document, how), line in zip(asked, lines_of(*asked), strict=True):
        beside = folder if line["byHand"] and how.get("kind") != "gmx" else _alone(folder, document["source"]["name"])
        try:
            _same(line, beside)
        except Exception as error:
            wrong.append(f"{line['command']}\n{line['python']}\n{error}")
    assert not wrong, "\n\n".join(wrong)


def _alone(folder, name):
    """An empty folder with one of the files."""
    alone = Path(tempfile.mkdtemp(dir=folder))
    shutil.copy(folder / name, alone)
    return alone


def test_pictures(made):
    _all_the_same(made[0], PICTURES, hill, made[1])


def test_of_many_only_some(made):
    """Where these are too many to be named one by one."""
    many = mx.fit(mx.pictures.image.colour(np.asarray(Image.open(made[0] / "hill.png"))), 40, rng=0, reg_covar=1.0)
    many.mixture.save(made[0] / "hill.mix", notes={"frame": [0, 0, 30, 20], "kind": "colour"})
    mean = HAND | _looks("mean", count=27)
    table = [(mean | {"hidden": [0, 5]}, NOTHING), (mean, NOTHING), (HAND | _looks("mean") | {"hidden": [7]}, NOTHING)]
    assert len({_same(line, made[0]) for line in lines_of(*[(hill(many.mixture, **m), how) for m, how in table])}) == 3


def test_the_studio_hands_out_the_same_bytes(made):
    folder, colour, _, table = made
    cases = [
        (hill, colour, (0.0, 0.0, 30.0, 20.0), "colour", more, how)
        for more, how in PICTURES
        if "byHand" in more and ("look" in more or how.get("kind") == "csv")
    ]
    drawn = ("png", "svg", "html")
    handed = [(more, how) for more, how in TABLES if "byHand" in more and how.get("kind") in drawn]
    cases += [(rows, table, None, None, more, how) for more, how in handed]
    colour.save(folder / "hill.mix", notes={"frame": [0, 0, 30, 20], "kind": "colour"})
    table.save(folder / "rows.mix")
    asked = []
    for make, mixture, *_, more, how in cases:
        document = make(mixture, **more)
        asked.append(("recipe", "lookFor", document, how.get("size"), how.get("kind", "png")))
        asked.append(("recipe", "recipe", document, how))
    found = answers(*asked)
    table_rows = np.genfromtxt(folder / "rows.csv", delimiter=",")[1:]
    for (_, mixture, frame, mode, more, how), look, line in zip(cases, found[::2], found[1::2], strict=True):
        run_command(line["command"], folder)
        head = {"kind": how.get("kind", "png"), "name": "taken", "width": how.get("size"), "look": look}
        head["axes"] = more.get("axes", [0, 1])
        source, name = ("picture", "hill.png") if mode else ("table", "rows.csv")
        data = Data("table", name, array=table_rows, names=("a", "b c", "c"))
        if mode:
            data = Data("picture", name, mode=mode, array=np.asarray(Image.open(folder / name)))
        hidden = tuple(more.get("hidden", ()))
        given = Request(head, mixture, hidden, (), mode, source, name, frame, (), fresh=False)
        assert taken(given, data)[2] == (folder / output_of(line["command"])).read_bytes(), line["command"]


def test_drawings(made):
    _all_the_same(made[0], DRAWINGS, blot, made[2])


def test_tables(made):
    for name in ("rows", "a b's"):
        made[3].save(made[0] / f"{name}.mix")
    _all_the_same(made[0], TABLES, rows, made[3])


@pytest.mark.skipif(shutil.which("sh") is None, reason="no POSIX shell here")
def test_a_shell_runs_the_line_beside_the_source_alone(made):
    makes = {"rows": (rows, made[3]), "blot": (blot, made[2])}
    asked = [(makes[which][0](makes[which][1], **more), how) for which, more, how in SHELLS]
    for (document, _), line in zip(asked, lines_of(*asked), strict=True):
        by_shell, by_python = [_alone(made[0], document["source"]["name"]) for _ in range(2)]
        words = ["sh", "-c", f'mixtura() {{ "$PYTHON" -m mixtura "$@"; }}\n{line["command"]}']
        done = subprocess.run(words, cwd=by_shell, env=_environment(), capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), (line, done.stderr)
        run_python(line["python"], by_python)
        output = output_of(line["command"])
        assert (by_shell / output).read_bytes() == (by_python / output).read_bytes()
        assert {each.name for each in by_python.iterdir()} == {document["source"]["name"], output}


def _environment():
    source = str(Path(mx.__file__).parents[1])
    path = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": path}


def test_what_starts_from_the_model_says_why(made):
    _, colour, _, table = made
    drawn = document_of(source_of("points", "drawn", ["x", "y"]), table.marginal([0, 1]))
    cases = [
        (hill(colour), None),
        (hill(colour, byHand=True), "edited by hand, so it starts from the model"),
        (hill(colour, hidden=[1]), "some are hidden, so it starts from the model"),
        (hill(colour, fit={"reason": "stopped"}), "a fit on its way, so it starts from the model"),
        (rows(table, fit={"reason": "stopped"}), None),
        (rows(table, fit={"objective": None}), "not fitted here, so it starts from the model"),
        (drawn, "the points are in no file, so it starts from the model"),
    ]
    assert [line["byHand"] for line in lines_of(*[(one, {}) for one, _ in cases])] == [why for _, why in cases]
    model = source_of("model", "tiny.gmx", list("xyrgb"), frame=[0, 0, 30, 20], n=0)
    as_read, by_hand = lines_of((document_of(model, colour), {}), (document_of(model, colour, byHand=True), {}))
    assert (as_read["byHand"], as_read["reads"]) == (None, None)
    assert as_read["command"].startswith("mixtura paint tiny.gmx ")
    assert by_hand["reads"] == "tiny.mix"  # which the studio saves, with what was done to it
    assert by_hand["command"].startswith("mixtura paint tiny.mix ")


def test_a_film_without_a_line_says_why(made):
    _, colour, _, table = made
    drawn = document_of(source_of("points", "drawn", ["x", "y"]), table.marginal([0, 1]))
    model = document_of(source_of("model", "m.mix", ["a", "b c", "c"], n=0), table)
    narrow = document_of(source_of("table", "rows.csv", ["a"]), table.marginal([0]), axes=[0])
    cases = [
        (hill(colour), {}, None),
        (hill(colour, byHand=True), {}, "and this was edited by hand since"),
        (rows(table, fit={"continued": True}), {}, "which went on from a mixture that is in no file"),
        (rows(table, fit={"reason": None}), {}, "to its end, and this is another state"),
        (rows(table), {"filmed": False}, "to its end, and this is another state"),
        (hill(colour, fit={"polish": True}), {}, "which was polished step by step here"),
        (hill(colour, hidden=[1]), {}, "and some are hidden"),
        (drawn, {}, "and the points are in no file"),
        (model, {}, "and a model has none"),
        (narrow, {}, "a film shows two columns, and there is one"),
    ]
    for (_, _, why), line in zip(
        cases, lines_of(*[(one, {"kind": "webp", **how}) for one, how, _ in cases]), strict=True
    ):
        assert (line["command"] is None) == (line["python"] is None) == (why is not None)
        assert line["byHand"] == why or re.fullmatch(f"a film shows the last fit,? {why}", line["byHand"])


def test_the_line_of_the_drawing_board(made):
    [line] = lines_of((hill(made[1], look={"style": "mean", "sharpen": 0.76}), {"size": 2160}))
    assert line["command"] == (
        "mixtura paint hill.png --as colour -k 6 --start random_from_data --seed 3 --no-polish --style mean "
        "--sharpen 0.76 --size 2160x1440 -o hill-mean.png"
    )


def test_a_line_that_is_pasted_has_the_options_of_the_command():
    """So that none is passed over in silence, and no value is taken for the name of a file."""
    typer = pytest.importorskip("typer")
    from mixtura.cli.app import app

    commands = typer.main.get_command(app)
    options = [each for name in ("paint", "fit", "show", "studio") for each in commands.get_command(None, name).params]
    options = [each for each in options if each.param_type_name == "option"]
    asked = {word: not each.is_flag for each in options for word in (*each.opts, *each.secondary_opts)}
    assert dict(zip(asked, answers(*[("pasted", "takesValue", word) for word in asked]), strict=True)) == asked
    known = dict(zip(asked, answers(*[("pasted", "pastedOption", word) for word in asked]), strict=True))
    assert [word for word, what in known.items() if what == "unknown"] == []
    assert {known[word] for word in ("--threshold", "--as", "--columns")} == {"compared"}


def test_words_reach_a_shell_and_python_as_they_are():
    found = answers(*[("quoting", name, word) for word in NASTY for name in ("shellWord", "pythonText")])
    words, texts = found[::2], found[1::2]
    said = subprocess.run(
        ["sh", "-c", "printf '%s\\n' " + " ".join(words)], capture_output=True, encoding="utf-8", check=True
    )
    assert said.stdout.splitlines() == [f"./{word}" if word.startswith("-") else word for word in NASTY]
    assert [ast.literal_eval(text) for text in texts] == NASTY
