"""`mixtura paint`: which files are written, and what their names decide."""

import numpy as np
import pytest
from PIL import Image
from terminal import QUICK, make, mixtura, names, paint, pixels

import mixtura as mx


@pytest.fixture
def folder(tmp_path):
    return make(tmp_path)


def new(folder):
    return [name for name in names(folder) if name not in ("ink.png", "colour.png")]


@pytest.mark.parametrize(
    ("extension", "known"),
    [
        (".png", "PNG"),
        (".jpg", "JPEG"),
        (".JPEG", "JPEG"),
        (".webp", "WEBP"),
        (".tiff", "TIFF"),
        (".tif", "TIFF"),
    ],
)
def test_the_extension_decides_the_format(folder, extension, known):
    paint("colour.png", *QUICK, "-o", f"a{extension}", "-o", "exact.png", folder=folder)
    with Image.open(folder / f"a{extension}") as image:
        assert (image.format, image.size) == (known, (24, 16))
    away = np.abs(pixels(folder / f"a{extension}").astype(float) - pixels(folder / "exact.png"))
    assert away.mean() < (8 if known in ("JPEG", "WEBP") else 1e-9)


@pytest.mark.parametrize(
    ("words", "files"),
    [
        ((), {"ink-grid.png": "grid"}),
        (("--style", "dots"), {"ink-dots.png": "dots"}),
        (("--style", "dots,grid"), {"ink-dots.png": "dots", "ink-grid.png": "grid"}),
        (("--style", "dots", "--style", " grid"), {"ink-dots.png": "dots", "ink-grid.png": "grid"}),
        (("-o", "a.jpg"), {"a.jpg": "grid"}),
        (("-o", "a.jpg", "-o", "b.png"), {"a.jpg": "grid", "b.png": "grid"}),
        (("--style", "dots,grid", "-o", "a.webp"), {"a-dots.webp": "dots", "a-grid.webp": "grid"}),
        (("--style", "dots,grid", "-o", "a.png", "-o", "b.png"), {"a.png": "dots", "b.png": "grid"}),
        (("--style", "dots,dots"), {"ink-dots.png": "dots"}),
        (("--style", "dots,dots", "-o", "a.png", "-o", "b.png"), {"a.png": "dots", "b.png": "dots"}),
        (("-o", "a.mix"), {"a.mix": "model"}),
        (("-o", "a.mix", "--style", "dots"), {"a.mix": "model", "ink-dots.png": "dots"}),
        (("-o", "a.mix", "-o", "a.png"), {"a.mix": "model", "a.png": "grid"}),
        (("-o", "a.MIX", "-o", "b.mix"), {"a.MIX": "model", "b.mix": "model"}),
        (
            ("--style", "all"),
            {f"ink-{style}.png": style for style in ("contour", "dots", "grid", "ellipses")},
        ),
    ],
)
def test_every_style_finds_its_file(folder, words, files):
    record = paint("ink.png", *QUICK, *words, "--json", folder=folder).record
    assert {entry["path"]: entry["style"] for entry in record["outputs"]} == files
    assert new(folder) == sorted(files)
    for entry in record["outputs"]:
        size = (0, 0) if entry["style"] == "model" else (24, 16)
        assert (entry["width"], entry["height"]) == size


def test_colour_is_drawn_as_its_mean_and_all_styles_apply(folder):
    assert [o["path"] for o in paint("colour.png", *QUICK, "--json", folder=folder).record["outputs"]] == [
        "colour-mean.png"
    ]
    record = paint("colour.png", *QUICK, "--style", "all", "--json", folder=folder).record
    assert [o["style"] for o in record["outputs"]] == ["dots", "mean", "ellipses"]  # its density is flat
    record = paint("ink.png", *QUICK, "--style", "all", "--json", folder=folder).record
    assert [o["style"] for o in record["outputs"]] == ["contour", "dots", "grid", "ellipses"]


def test_names_without_a_folder_are_in_this_one(folder):
    (folder / "here").mkdir()
    paint("../ink.png", *QUICK, folder=folder / "here")
    assert names(folder / "here") == ["ink-grid.png"]
    assert new(folder) == ["here"]


def test_two_styles_in_a_folder_of_their_own(folder):
    (folder / "out.d").mkdir()
    paint("ink.png", *QUICK, "--style", "dots,grid", "-o", "out.d/two.dots.png", folder=folder)
    assert names(folder / "out.d") == ["two.dots-dots.png", "two.dots-grid.png"]


def test_an_earlier_file_is_replaced(folder):
    (folder / "a.png").write_bytes(b"old")
    paint("ink.png", *QUICK, "-o", "a.png", folder=folder)
    assert pixels(folder / "a.png").shape == (16, 24, 3)
    assert new(folder) == ["a.png"]


def test_the_model_knows_its_picture(folder):
    paint("colour.png", *QUICK, "-o", "a.mix", folder=folder)
    mixture = mx.load(folder / "a.mix")
    assert mixture.names == ("x", "y", "r", "g", "b")
    record = paint("a.mix", "--json", folder=folder).record
    (written,) = record["outputs"]
    assert written == {
        "path": "a-mean.png",
        "style": "mean",
        "width": 24,
        "height": 16,
        "medium": "picture",
        "frames": 1,
    }
    # A model from elsewhere knows no frame: what it covers is shown.
    mx.Mixture([1.0], [[50.0, 20.0]], [[[100.0, 0.0], [0.0, 25.0]]]).save(folder / "far.mix")
    record = paint("far.mix", "--json", folder=folder).record
    assert (record["outputs"][0]["width"], record["outputs"][0]["height"]) == (60, 30)
    assert np.unravel_index(pixels(folder / "far-grid.png")[..., 0].argmin(), (30, 60)) == pytest.approx(
        (15, 30), abs=1
    )


def refused(folder, *words):
    """What is said when the outputs cannot be; nothing is written."""
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    said = mixtura("paint", *words, folder=folder)
    assert said.code == 2
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    return said.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("-o", "a.png", "-o", "a.png"), "a.png and a.png are one file"),
        (("-o", "a.png", "-o", "./a.png"), "a.png and a.png are one file"),
        (("-o", "a.mix", "-o", "../{here}/a.mix"), "are one file"),
        (("-o", "real.png", "-o", "link.png"), "real.png and link.png are one file"),
        (("--style", "dots,grid", "-o", "a.png", "-o", "a.png"), "are one file"),
        (("--style", "dots,grid", "-o", "a.png", "-o", "b.png", "-o", "c.png"), "2 styles and 3 pictures"),
        (("--style", "dots,grid,contour", "-o", "a.png", "-o", "b.png"), "3 styles and 2 pictures"),
    ],
)
def test_two_results_never_share_a_file(folder, words, says):
    (folder / "link.png").symlink_to(folder / "real.png")
    words = [word.format(here=folder.name) for word in words]
    assert says in refused(folder, "ink.png", *QUICK, *words)


def test_the_picture_that_is_read_is_never_overwritten(folder):
    assert "the output ink.png is the file that is read" in refused(folder, "ink.png", *QUICK, "-o", "ink.png")
    (folder / "ink-grid.png").hardlink_to(folder / "ink.png")
    assert "ink-grid.png is the file that is read" in refused(folder, "ink.png", *QUICK)
    (folder / "link.png").symlink_to("ink.png")
    assert "link.png is the file that is read" in refused(folder, "ink.png", *QUICK, "-o", "link.png")
    paint("ink.png", *QUICK, "-o", "ink.mix", folder=folder)
    assert "ink.mix is the file that is read" in refused(folder, "ink.mix", "-o", "ink.mix", "-o", "a.png")
    # With two styles the name that was given is not the name that is written.
    paint("ink.png", *QUICK, "--style", "dots,contour", "-o", "ink.png", folder=folder)
