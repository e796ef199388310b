"""Polishing as people meet it: what is wrong with what they give, and what the command makes of it."""
# ruff: noqa: E501 (a table has long lines)

import re

import numpy as np
import pytest
from PIL import Image
from terminal import COLOUR, INK, make, mixtura, paint, pixels

import mixtura as mx
from mixtura.errors import InputError
from mixtura.jobs import polish as job
from mixtura.pictures import files, polish, quality

PICTURE = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
PLANE = mx.Mixture([1.0], [[3.0, 3.0]], [np.eye(2)])

WRONG = {
    "one axis": (lambda: polish(3, np.zeros(5)), r"pixels is float64 of shape \(5,\), expected numbers in 0\.\.255 of shape \(h, w, 3\)"),
    "two channels": (lambda: polish(3, np.zeros((5, 5, 2))), r"pixels is float64 of shape \(5, 5, 2\)"),
    "no pixels": (lambda: polish(3, np.zeros((0, 5, 3))), r"pixels is float64 of shape \(0, 5, 3\)"),
    "text": (lambda: polish(3, [["a"]]), r"pixels is <U1 of shape \(1, 1\)"),
    "NaN": (lambda: polish(3, np.full((5, 5, 3), np.nan)), r"pixels has values from nan to nan, expected 0 to 255"),
    "too bright": (lambda: polish(3, np.full((5, 5, 3), 300.0)), r"pixels has values from 300 to 300"),
    "no components": (lambda: polish(0, PICTURE), r"start is 0: give a Mixture, or a whole number"),
    "half a component": (lambda: polish(2.5, PICTURE), r"start is 2\.5: give a Mixture"),
    "more than pixels": (lambda: polish(49, PICTURE), r"start asks for 49 components, but only 48 pixels count: give 48 or fewer"),
    "a mixture of the plane": (lambda: polish(PLANE, PICTURE), r"start is a mixture of 2 coordinates, but painting these pixels needs 5: x, y, r, g, b"),
    "effort": (lambda: polish(3, PICTURE, effort=0), r"effort is 0: give a number from 0\.05 to 50"),
    "no effort": (lambda: polish(3, PICTURE, effort="much"), r"effort is 'much': give a number"),
    "slopes": (lambda: polish(3, PICTURE, slopes="no"), r"slopes is 'no'"),
    "weights of another shape": (lambda: polish(3, PICTURE, weight=np.ones(5)), r"weight is float64 of shape \(5,\), expected a number for each pixel: \(6, 8\)"),
    "negative weights": (lambda: polish(3, PICTURE, weight=-np.ones((6, 8))), r"weight has values from -1 to -1: give finite numbers >= 0"),
    "no weight": (lambda: polish(3, PICTURE, weight=np.zeros((6, 8))), r"weight has values from 0 to 0: .* not all of them 0"),
    "few that count": (lambda: polish(3, PICTURE, weight=np.arange(48).reshape(6, 8) < 2), r"only 2 pixels count"),
    "tone of colours": (lambda: polish(3, PICTURE, tone="gamma:0.5"), r"tone is 'gamma:0\.5': only drawings \(h, w\) go through a tone curve"),
    "equalise": (lambda: polish(3, PICTURE[..., 0], tone="equalise"), r"tone is 'equalise', which depends on all pixels at once"),
    "no tone": (lambda: polish(3, PICTURE[..., 0], tone="dark"), r"tone is 'dark'"),
    "callback": (lambda: polish(3, PICTURE, on_step=3), r"on_step is 3: give a function of a PolishStep"),
    "threads": (lambda: polish(3, PICTURE, n_threads=0), r"n_threads is 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input(name):
    ask, says = WRONG[name]
    with pytest.raises(InputError) as told:
        ask()
    assert re.search(says, str(told.value)), told.value
    assert len(str(told.value)) < 500


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = make(tmp_path_factory.mktemp("polish"))
    mask = np.full(COLOUR.shape[:2], 255, np.uint8)
    mask[4:9, 6:12] = 0
    Image.fromarray(mask).save(folder / "mask.png")
    scratched = COLOUR.copy()
    scratched[4:9, 6:12] = [255, 0, 255]
    Image.fromarray(scratched).save(folder / "scratched.png")
    Image.fromarray(mask[:5]).save(folder / "small.png")
    Image.fromarray(0 * mask).save(folder / "black.png")
    return folder


COMMAND = {
    "a model": (("a.mix", "--polish"), r"a\.mix is a model; --polish needs the picture"),
    "a mask of a model": (("a.mix", "--mask", "mask.png"), r"a\.mix is a model; --mask needs the picture"),
    "a film of EM": (("colour.png", "--polish", "--film", "em", "-o", "b.gif"), r"--polish changes nothing in a film of EM"),
    "effort": (("colour.png", "--effort", "0"), r"--effort is 0\.0: give a number from 0\.05 to 50"),
    "equalise": (("ink.png", "--polish", "--tone", "equalise"), r"--polish cannot follow --tone equalise"),
    "PSNR and a number": (("colour.png", "--psnr", "30", "-k", "3"), r"--psnr finds the number of components: leave -k out"),
    "PSNR of ink": (("ink.png", "--psnr", "30"), r"--psnr is for the polished mean of a colour picture"),
    "PSNR of a fit": (("colour.png", "--psnr", "30", "--no-polish"), r"--psnr is for the polished mean"),
    "PSNR beyond reach": (("colour.png", "--psnr", "60", "--effort", "0.05"), r"--psnr is 60, but .* components reach .* dB: ask for less, or raise --effort"),
    "PSNR": (("colour.png", "--psnr", "99"), r"--psnr is 99: give decibels from 5 to 60"),
    "a mask of another size": (("colour.png", "--mask", "small.png"), r"--mask small\.png has 24 x 5 pixels, but the picture 24 x 16"),
    "a black mask": (("colour.png", "--mask", "black.png"), r"--mask black\.png is black everywhere: paint white what should count"),
    "a budget of nothing": (("colour.png", "--budget", "0kB", "-o", "a.svg"), r"--budget is '0kB': give bytes such as 50000, 50kB or 0\.2MB"),
    "a budget of a picture": (("colour.png", "--budget", "9kB", "-o", "b.png"), r"--budget is for one drawing, and 0 are asked for: add -o NAME\.svg"),
    "a budget and a number": (("colour.png", "--budget", "9kB", "-k", "3", "-o", "b.svg"), r"--budget finds -k itself: leave that out"),
    "a budget and dots": (("colour.png", "--style", "dots", "--budget", "9kB", "--samples", "3", "-o", "b.svg"), r"--budget finds --samples itself"),
    "a budget of a model": (("a.mix", "--budget", "9kB", "-o", "b.svg"), r"a\.mix is a model; --budget needs the picture"),
    "a small budget": (("colour.png", "--budget", "99", "-o", "b.svg"), r"--budget is 99 bytes, and the smallest drawing has \d+: raise it"),
    "no mask": (("colour.png", "--mask", "none.png"), r"there is no file .*none\.png"),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMAND)
def test_wrong_commands(folder, name):
    words, says = COMMAND[name]
    if not (folder / "a.mix").exists():
        paint("colour.png", "-k", "3", "-o", "a.mix", "-q", folder=folder)
    said = mixtura("paint", *words, folder=folder)
    assert said.code == 2
    assert re.search(says, said.err), said.err
    assert len(said.err.splitlines()) == 1
    assert len(said.err) < 500


def test_the_mean_of_colours_is_polished_unless_em_is_asked_for(folder):
    record = paint("colour.png", "-k", "8", "-o", "b.png", "-o", "b.mix", "--json", folder=folder).record
    assert record["n_iter"] is None
    assert record["polish_steps"] > 100
    assert record["psnr"] == pytest.approx(quality.psnr(pixels(folder / "b.png"), COLOUR))
    assert "polish" in record["seconds"]
    paint("b.mix", "-o", "c.png", folder=folder)
    assert np.array_equal(pixels(folder / "c.png"), pixels(folder / "b.png"))  # the model is what was painted
    for words in (("--no-polish",), ("--max-iter", "5"), ("--covariance", "diag")):
        fitted = paint("colour.png", "-k", "8", *words, "-o", "d.png", "--json", folder=folder).record
        assert fitted["polish_steps"] is None
        assert fitted["psnr"] < record["psnr"]
    said = paint("colour.png", "-k", "8", "-o", "b.png", folder=folder)
    assert re.search(r"8 Gaussians polished on 384 colour pixels: \d+ steps, PSNR \d+\.\d\d dB", said.out)


def test_other_styles_show_the_fit(folder):
    both = paint(
        "colour.png", "-k", "8", "--style", "mean,ellipses", "-o", "e.png", "-o", "e.mix", "--json", folder=folder
    ).record
    assert both["n_iter"] > 0
    assert both["polish_steps"] > 0
    alone = paint(
        "colour.png", "-k", "8", "--style", "ellipses", "-o", "f.png", "-o", "f.mix", "--json", folder=folder
    ).record
    assert alone["polish_steps"] is None
    assert np.array_equal(pixels(folder / "e-ellipses.png"), pixels(folder / "f.png"))
    assert mx.load(folder / "e.mix") == mx.load(folder / "f.mix")
    said = paint("colour.png", "-k", "8", "--style", "ellipses", "--polish", "-o", "g.png", folder=folder)
    assert "polished" in said.out
    assert not np.array_equal(pixels(folder / "g.png"), pixels(folder / "f.png"))


def test_ink_is_polished_through_its_tone_which_the_model_keeps(folder):
    record = paint("ink.png", "-k", "8", "--polish", "-o", "h.png", "-o", "h.mix", "--json", folder=folder).record
    assert record["polish_steps"] > 100
    paint("ink.png", "-k", "8", "--tone", job.TONE, "-o", "i.png", folder=folder)
    drawing = np.repeat(INK[..., None], 3, axis=2)
    polished, fitted = (quality.psnr(pixels(folder / name), drawing) for name in ("h.png", "i.png"))
    assert polished > fitted + 3
    paint("h.mix", "-o", "j.png", folder=folder)
    assert np.array_equal(pixels(folder / "j.png"), pixels(folder / "h.png"))
    paint("h.mix", "--tone", "linear", "-o", "k.png", folder=folder)
    assert not np.array_equal(pixels(folder / "k.png"), pixels(folder / "h.png"))


def test_as_many_components_as_it_takes(folder):
    few, more = (
        paint("colour.png", "--psnr", psnr, "--effort", "0.2", "-o", "l.png", "--json", folder=folder).record
        for psnr in ("22", "30")
    )
    assert few["psnr"] >= 22
    assert more["psnr"] >= 30
    assert few["n_components"] < more["n_components"]


@pytest.mark.parametrize("words", [(), ("--no-polish",)])
def test_what_is_masked_is_painted_from_its_neighbours(folder, words):
    record = paint(
        "scratched.png", "-k", "8", "--mask", "mask.png", *words, "-o", "m.png", "--json", folder=folder
    ).record
    assert record["points"] == COLOUR.shape[0] * COLOUR.shape[1] - 30
    clean = paint("colour.png", "-k", "8", "--mask", "mask.png", *words, "-o", "n.png", "--json", folder=folder).record
    assert np.array_equal(pixels(folder / "m.png"), pixels(folder / "n.png"))  # whatever is hidden
    assert record["psnr"] == clean["psnr"]


@pytest.fixture(scope="module")
def clear(folder):
    """A picture that is transparent at the left, half so in the middle."""
    opacity = np.zeros(COLOUR.shape[:2], np.uint8)
    opacity[:, 8:16], opacity[:, 16:] = 128, 255
    Image.fromarray(np.dstack([COLOUR, opacity])).save(folder / "clear.png")
    return opacity


def layers(path):
    with Image.open(path) as image:
        assert image.mode == "RGBA"
        return np.asarray(image)


def test_a_transparent_picture_stays_transparent(folder, clear):
    outputs = ("o.png", "o.jpg", "o.svg", "o.html", "o.mix")
    words = (word for name in outputs for word in ("-o", name))
    record = paint("clear.png", "-k", "12", "--polish", *words, "--json", folder=folder).record
    painted = layers(folder / "o.png")
    assert quality.psnr(np.repeat(painted[..., 3:], 3, axis=2), np.repeat(clear[..., None], 3, axis=2)) > 25
    white = files.on_paper(np.dstack([COLOUR, clear]))
    assert quality.psnr(files.on_paper(painted), white) > 25
    assert record["psnr"] == pytest.approx(quality.psnr(files.on_paper(painted), white), abs=0.3)
    assert pixels(folder / "o.jpg")[:, :6].min() > 200  # on white
    paint("o.mix", "-o", "p.png", "-o", "p.webp", folder=folder)
    assert np.array_equal(layers(folder / "p.png"), painted)
    assert layers(folder / "p.webp").shape == painted.shape
    paint("o.mix", "--paper", "#0000ff", "-o", "q.png", folder=folder)
    assert np.abs(pixels(folder / "q.png") - files.on_paper(painted, "#0000ff")).max() < 2


@pytest.mark.parametrize("words", [("--paper", "white", "--effort", "0.1"), ("--no-polish",), ("--style", "grid")])
def test_what_is_on_paper_is_opaque(folder, clear, words):
    paint("clear.png", "-k", "4", *words, "-o", "r.png", folder=folder)
    with Image.open(folder / "r.png") as image:
        assert image.mode == "RGB"


def test_films_and_searches_of_a_transparent_picture(folder, clear):
    paint(
        "clear.png", "-k", "4", "--effort", "0.1", "--film", "polish", "--seconds", "0.5", "-o", "s.gif", folder=folder
    )
    found = paint("clear.png", "--psnr", "22", "--effort", "0.2", "-o", "t.png", "--json", folder=folder).record
    assert found["psnr"] >= 22
    assert layers(folder / "t.png").shape == (16, 24, 4)


@pytest.mark.parametrize("style", ["mean", "ellipses", "grid", "dots"])
def test_a_drawing_spends_its_budget(folder, style):
    budget = 12_000
    words = ("--style", style, "--budget", budget, "-o", "u.svg", "-o", "u.mix")
    record = paint("colour.png", *words, "--json", folder=folder).record
    assert 0.85 * budget < (folder / "u.svg").stat().st_size <= budget
    assert mx.load(folder / "u.mix").n_components == record["n_components"]
