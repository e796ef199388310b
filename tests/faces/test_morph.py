"""Pictures that turn into each other: the film, the page, and `mixtura morph`."""

import shlex

import numpy as np
import pytest
from browser import needs_browser
from mixtures import scattered
from terminal import COLOUR as COLOUR_PICTURE
from terminal import examples, make, mixtura, names, pixels
from test_page import painted

import mixtura as mx
from mixtura.errors import InputError
from mixtura.pictures import draw, film, page, passage, quality
from mixtura.pictures.field import Frame

FRAME, SIZE = Frame(0, 0, 120, 80), (60, 40)
INK = [scattered(30, 2), scattered(20, 2, seed=1), scattered(25, 2, seed=2)]
COLOUR = [scattered(30, 5), scattered(25, 5, seed=1)]


@pytest.mark.parametrize(("mixtures", "style"), [(INK, "grid"), (COLOUR, "mean")], ids=["ink", "colour"])
def test_a_film_passes_through_every_picture(mixtures, style):
    shown = film.morph(mixtures, frame=FRAME, size=SIZE, frames=5, seconds=1)
    assert len(shown.frames) == 4 * (len(mixtures) - 1) + 1
    for i, mixture in enumerate(mixtures):
        at_rest = draw.picture(mixture, style, frame=FRAME, size=SIZE)
        np.testing.assert_array_equal(shown.frames[4 * i], at_rest)
        assert shown.milliseconds[4 * i] == 1250
    (half,) = (way.at(0.5) for way in passage.ways(mixtures[:2], FRAME))
    np.testing.assert_array_equal(shown.frames[2], draw.picture(half, style, frame=FRAME, size=SIZE))
    back = film.morph(mixtures, frame=FRAME, size=SIZE, frames=5, seconds=1, there_and_back=True)
    assert len(back.frames) == 8 * (len(mixtures) - 1)
    np.testing.assert_array_equal(back.frames[-1], shown.frames[1])


@pytest.mark.parametrize("side", [200, 20_000])
def test_colours_are_weighed_against_places(side):
    """Black above white becomes white above black: they change places, however many pixels the picture has."""
    black, white, there = [0, 0, 0], [255, 255, 255], side / 200 * np.array([[100, 50], [100, 150]])
    one, other = (
        mx.Mixture([0.5, 0.5], np.hstack([there, colours]), [9, 9], "spherical")
        for colours in ([black, white], [white, black])
    )
    (way,) = passage.ways([one, other], Frame(0, 0, side, side))
    assert sorted(way.at(0.25).means[:, 2]) == pytest.approx([0, 255])
    np.testing.assert_allclose(way.at(0.5).means[:, 1], side / 2)


def test_a_mixture_is_brought_into_another_frame():
    ink = passage.placed(mx.Mixture([1.0], [[10, 20]], [4.0], "spherical"), Frame(0, 0, 20, 40), Frame(0, 0, 100, 100))
    assert (ink.means.tolist(), ink.covariances.tolist()) == ([[50, 50]], [25])  # 2.5 times, within
    colour = mx.Mixture([1.0], [[10, 20, 1, 2, 3]], [4.0], "spherical")
    colour = passage.placed(colour, Frame(0, 0, 20, 40), Frame(0, 0, 100, 100))
    assert colour.means.tolist() == [[50, 50, 1, 2, 3]]
    assert np.diag(colour.matrices[0]).tolist() == [100, 100, 4, 4, 4]  # 5 times, covering


@needs_browser
def test_the_page_paints_any_time(tmp_path):
    mixtures, time = [*COLOUR, COLOUR[0]], 1.3
    found = painted(page.morph(mixtures, frame=FRAME), tmp_path, 120, 80, time=time)
    now = passage.ways(mixtures, FRAME)[int(time)].at(time - int(time))
    expected = draw.picture(now, page.views(now)[0], frame=FRAME, size=(120, 80)).astype(int)
    assert expected.std() > 8
    assert np.abs(found - expected).max() <= 1


@pytest.mark.parametrize(
    ("mixtures", "settings", "says"),
    [
        (INK[:1], {}, "mixtures has 1"),
        ([INK[0], COLOUR[0]], {}, "mixtures of 2 and 5 coordinates"),
        (INK, {"frames": 1}, "frames is 1"),
        (INK, {"frames": 100, "seconds": 1}, "at most 50 frames a second"),
        (INK, {"seconds": np.nan}, "seconds is nan"),
        (INK, {"seconds": 40}, "there are 2 passages"),
        (INK, {"there_and_back": 1}, "there_and_back is 1"),
        (INK, {"style": "oil"}, "oil"),
    ],
)
def test_wrong_films(mixtures, settings, says):
    with pytest.raises(InputError, match=says):
        film.morph(mixtures, frame=FRAME, size=SIZE, **settings)


QUICK = ("-k", "3", "--max-iter", "1", "--frames", "3", "--size", "20")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("colour.png",), "images has 1"),
        (("colour.png", "ink.png"), "is read as colour and ink.png as ink: add --as colour or --as ink"),
        (("ink.png", "none.png"), "no file none.png"),
        (("ink.png", "ink.png", "--style", "mean"), "--style is mean, which needs colours"),
        (("ink.png", "ink.png", "--style", "oil"), "oil"),
        (("ink.png", "ink.png", "--style", "dots", "-o", "a.html"), "--style is dots, and a page"),
        (("ink.png", "ink.png", "-o", "a.png"), "unknown extension"),
        (("ink.png", "ink.png", "--seconds", "0"), "--seconds is 0"),
        (("ink.png", "ink.png", "--frames", "1000"), "--frames is 1000 within 3 seconds"),
        (("ink.png", "ink.png", "--size", "99999x9999", "--frames", "3"), "lower --size or --frames"),
        (("-", "-"), "images has - more than once"),
        (("colour.png", "colour.png", "-k", "99999"), "lower -k"),
    ],
)
def test_wrong_commands(words, says, tmp_path):
    before = names(make(tmp_path))
    said = mixtura("morph", *words, folder=tmp_path)
    assert (said.code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert says in line
    assert names(tmp_path) == before


def test_the_examples_of_the_help_run(tmp_path):
    make(tmp_path)
    for name, twin in (("ink.png", "dog.png"), ("ink.png", "butterfly.png"), ("colour.png", "harbour.png"),
                       ("colour.png", "wave.jpg")):  # fmt: skip
        (tmp_path / twin).write_bytes((tmp_path / name).read_bytes())
    lines = examples("morph")
    assert len(lines) == 4
    for line in lines:
        said = mixtura(*shlex.split(line)[1:], *QUICK, folder=tmp_path)
        assert (said.code, said.err) == (0, ""), line
    assert {"dog-butterfly.webp", "film.webp", "three.gif", "morph.html"} <= set(names(tmp_path))
    record = mixtura("morph", "harbour.png", "wave.jpg", *QUICK, "-o", "a.apng", "--json", folder=tmp_path).record
    assert (record["kind"], record["n_components"], record["outputs"][0]["frames"]) == ("colour", [3, 3], 3)


def test_both_ends_are_polished_unless_em_is_asked_for(tmp_path):
    make(tmp_path)
    how = ("--frames", "2", "--size", "24", "-o", "a.apng")
    ends = {}
    for words in ((), ("--no-polish",), ("--tol", "1e-4")):
        said = mixtura("morph", "colour.png", "colour.png", "-k", "8", *words, *how, folder=tmp_path)
        assert said.code == 0, said.err
        ends[words] = quality.psnr(pixels(tmp_path / "a.apng"), COLOUR_PICTURE)
    assert ends[()] > 2 + max(ends["--no-polish",], ends["--tol", "1e-4"])
    mixtura("morph", "ink.png", "ink.png", "-k", "8", *how, folder=tmp_path)
    assert pixels(tmp_path / "a.apng")[3:13, 3:8].max() < 60  # black, by its tone
