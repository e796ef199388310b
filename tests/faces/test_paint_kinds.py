"""`mixtura paint`: drawings, pages and films, from a picture and from a model."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from terminal import QUICK, make, mixtura, names, paint, pixels

import mixtura as mx
from mixtura.pictures import draw, film, page, vector

SHORT = ("--seconds", "0.4", "--fps", "10", "--size", "24")


@pytest.fixture
def folder(tmp_path):
    return make(tmp_path)


def frames(path):
    with Image.open(path) as image:
        return getattr(image, "n_frames", 1)


@pytest.mark.parametrize("kind", ["ink", "colour"])
def test_everything_from_one_picture(folder, kind):
    outputs = ("a.png", "a.svg", "a.html", "a.gif", "a.apng", "a.mix")
    words = [word for name in outputs for word in ("-o", name)]
    record = paint(f"{kind}.png", *QUICK, *SHORT, *words, "--json", folder=folder).record
    style = "grid" if kind == "ink" else "mean"
    assert [(one["path"], one["medium"], one["style"], one["frames"]) for one in record["outputs"]] == [
        ("a.png", "picture", style, 1),
        ("a.svg", "drawing", style, 1),
        ("a.html", "page", style, 1),
        ("a.gif", "film", style, 4),
        ("a.apng", "film", style, 4),
        ("a.mix", "model", "model", 0),
    ]
    mixture, frame = mx.load(folder / "a.mix"), (0, 0, 24, 16)
    assert np.array_equal(pixels(folder / "a.png"), draw.picture(mixture, style, frame=frame, size=(24, 16)))
    assert (folder / "a.svg").read_text() == vector.svg(mixture, style, frame=frame, size=(24, 16))
    assert (folder / "a.html").read_text() == page.html(mixture, style, frame=frame, title=f"{kind}.png")
    assert 1 < frames(folder / "a.gif") <= 4
    assert frames(folder / "a.apng") == 4


def test_the_same_from_the_model(folder):
    paint("colour.png", *QUICK, "-o", "a.mix", "-o", "a.svg", "-o", "b.html", folder=folder)
    first = (folder / "a.svg").read_bytes()
    said = paint("a.mix", "-o", "b.svg", "-o", "c.html", "-o", "b.gif", *SHORT[:4], "--size", "12", folder=folder)
    assert (folder / "b.svg").read_bytes() != first
    paint("a.mix", "-o", "b.svg", folder=folder)
    assert (folder / "b.svg").read_bytes() == first
    assert "b.gif  (dots, 12 x 8, 4 frames)" in said.out
    assert "c.html  (mean, a page)" in said.out


@pytest.mark.parametrize("name", ["em", "polish", "sampling", "loop"])
def test_films_are_asked_for_by_name(folder, name):
    words = (*QUICK, *SHORT, "--film", name, "-o", "a.webp", "-o", "b.png")
    record = paint("ink.png", *words, "--json", folder=folder).record
    assert [one["medium"] for one in record["outputs"]] == ["film", "picture"]
    assert frames(folder / "a.webp") == 4
    assert frames(folder / "b.png") == 1
    first = (folder / "a.webp").read_bytes()
    paint("ink.png", *words, "--threads", "1", folder=folder)
    assert (folder / "a.webp").read_bytes() == first


def test_a_webp_is_a_still_unless_a_film_is_asked_for(folder):
    paint("ink.png", *QUICK, "-o", "a.webp", folder=folder)
    assert frames(folder / "a.webp") == 1
    paint("ink.png", *QUICK, *SHORT, "--film", "loop", folder=folder)
    assert frames(folder / "ink-loop.webp") == 4


def test_a_film_of_the_fit_changes_nothing_beside_it(folder):
    paint("colour.png", *QUICK, "-o", "a.mix", "-o", "a.png", folder=folder)
    before = [(folder / name).read_bytes() for name in ("a.mix", "a.png")]
    paint("colour.png", *QUICK, *SHORT[:4], "-o", "a.mix", "-o", "a.png", "-o", "a.gif", folder=folder)
    assert [(folder / name).read_bytes() for name in ("a.mix", "a.png")] == before


@pytest.mark.parametrize("covariance", ["tied", "diag", "spherical"])
def test_a_film_of_other_covariances(folder, covariance):
    paint("ink.png", *QUICK, *SHORT, "--covariance", covariance, "-o", "a.gif", folder=folder)
    assert frames(folder / "a.gif") > 1


def test_a_film_without_an_iteration_stands_still(folder):
    paint("ink.png", "-k", "3", "--max-iter", "0", *SHORT, "-o", "a.apng", folder=folder)
    assert (folder / "a.apng").exists()


def test_films_keep_within_480_pixels(tmp_path):
    Image.fromarray(np.kron(np.eye(20, 24, dtype=np.uint8), np.full((30, 30), 255, np.uint8))).save(tmp_path / "a.png")
    words = ("-k", "3", "--max-iter", "1", "--as", "ink", "--seconds", "0.2", "-o", "a.gif", "-o", "b.png", "--json")
    record = paint("a.png", *words, folder=tmp_path).record
    assert [(one["width"], one["height"]) for one in record["outputs"]] == [(480, 400), (720, 600)]


def test_dots_for_a_plotter(folder):
    words = ("--style", "dots", "--pens", "2", "--samples", "50", "--radius", "0.3", "--sheet", "120", "-o", "a.svg")
    said = paint("colour.png", *QUICK, *words, "--json", folder=folder)
    root = ElementTree.parse(folder / "a.svg").getroot()
    (told,) = said.record["outputs"]
    assert (told["pens"], round(told["pen_down_mm"], 2)) == (2, 0.01 * (folder / "a.svg").read_text().count("h1"))
    assert 120 < told["pen_up_mm"] < 50 * 120
    lines = paint("colour.png", *QUICK, *words, folder=folder).out
    assert re.search(rf"dots for 2 pens, \d mm drawn, {told['pen_up_mm']:,.0f} mm with the pen up", lines)
    assert (root.get("width"), root.get("height")) == ("120mm", "80mm")
    assert 1 <= (folder / "a.svg").read_text().count("<path") <= 2


def test_styles_in_capitals(folder):
    paint("ink.png", *QUICK, "--style", "DOTS,Grid", "-o", "a.png", folder=folder)
    assert {"a-dots.png", "a-grid.png"} <= set(names(folder))
    paint("ink.png", *QUICK, "--style", "ALL", "-o", "b.svg", folder=folder)
    assert {"b-contour.svg", "b-dots.svg", "b-ellipses.svg", "b-grid.svg"} <= set(names(folder))


def test_styles_and_files_in_pairs(folder):
    paint("ink.png", *QUICK, "--style", "contour,grid", "-o", "a.html", "-o", "a.svg", folder=folder)
    assert '"views":["contour","grid"]' in (folder / "a.html").read_text()
    assert "radialGradient" in (folder / "a.svg").read_text()


def test_a_frame_of_one_s_own(folder):
    mixture = mx.Mixture([0.5, 0.5], [[5, 5], [15, 9]], [4.0, 9.0], "spherical")
    mixture.save(folder / "bare.mix")
    paint("bare.mix", "--frame", "0,0,20,10", "-o", "a.png", folder=folder)
    assert np.array_equal(pixels(folder / "a.png"), draw.grid(mixture, frame=(0, 0, 20, 10), size=(20, 10)))
    paint("bare.mix", "-o", "b.png", folder=folder)
    assert pixels(folder / "b.png").shape != (10, 20, 3)
    paint("colour.png", *QUICK, "--frame", " 6, 4,18,12", "-o", "c.png", "-o", "c.mix", folder=folder)
    paint("c.mix", "-o", "d.png", folder=folder)
    expected = draw.mean(mx.load(folder / "c.mix"), frame=(6, 4, 18, 12), size=(12, 8))
    assert np.array_equal(pixels(folder / "c.png"), expected)
    assert np.array_equal(pixels(folder / "d.png"), expected)


def test_the_peak_signal_to_noise_ratio_is_that_of_the_whole_picture(folder):
    words = ("colour.png", *QUICK, "-o", "c.png", "--json")
    assert paint(*words, folder=folder).record["psnr"] > 0
    assert paint(*words, "--frame", "0,0,12,8", folder=folder).record["psnr"] is None


def test_help_names_the_colour_maps_and_how_styles_pair(folder):
    from mixtura.pictures import palette

    said = mixtura("paint", "--help", folder=folder)
    text = " ".join(said.out.replace("│", " ").split())
    assert all(name in text for name in palette.NAMES)
    assert "as many as there are -o go in pairs" in text


def test_progress_of_a_film(folder):
    from mixtura.jobs.paint import Recipe, run

    heard = []
    recipe = Recipe(
        folder / "ink.png",
        n_components=3,
        max_iter=2,
        film="loop",
        outputs=(folder / "a.gif",),
        size=24,
        settings={"seconds": 0.4, "fps": 10},
    )
    run(recipe, heard.append)
    assert [(one.done, one.of) for one in heard if one.stage == "filming loop" and one.of] == [
        (1, 4),
        (2, 4),
        (3, 4),
        (4, 4),
    ]
    assert film.count_frames(0.4, 10) == 4
