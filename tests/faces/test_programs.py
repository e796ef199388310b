"""Drawings in the programs that people open them with: Chromium, Inkscape, librsvg and vpype."""

import re

import numpy as np
import pytest
from browser import needs_browser, screenshot
from mixtures import scattered
from programs import needs_inkscape, needs_librsvg, needs_vpype, pixels, rsvg, run, vpype

from mixtura import Mixture
from mixtura.pictures import draw, vector
from mixtura.pictures.field import Frame

FRAME = Frame(0, 0, 120, 80)
SIZE = (240, 160)
INK, COLOUR = scattered(40, 2, seed=13), scattered(60, 5, seed=14)
# Its ellipses reach far over the edges.
WIDE = Mixture([0.6, 0.4], [[60.0, 10, 220, 40, 40], [110, 70, 20, 60, 200]], [[900, 900, 99, 99, 99]] * 2, "diag")


@pytest.fixture(scope="module")
def plotted(tmp_path_factory):
    """A drawing for a plotter with five pens, and its file."""
    text = vector.dots(COLOUR, frame=FRAME, size=SIZE, samples=3000, pens=5, sheet_mm=120.0, rng=0)
    file = tmp_path_factory.mktemp("plot") / "plot.svg"
    file.write_text(text, encoding="utf-8")
    return text, file


@needs_browser
def test_a_page_shows_several_drawings_as_draw_paints_them(tmp_path):
    """Three within the page, which would spoil each other if they shared names, and one in a box of another shape.

    On average to so many steps of 255: of ellipses only edges differ, soft ones are an approximation.
    """
    here = {"frame": FRAME, "size": SIZE}
    (tmp_path / "wide.svg").write_text(vector.ellipses(WIDE, **here, paper="#eee"), encoding="utf-8")
    inside = (vector.mean(COLOUR, **here), vector.grid(INK, **here), vector.contour(INK, **here))
    style = "body{margin:0;background:#0f0}svg,img{display:block}img{width:240px;height:260px}"
    file = tmp_path / "page.html"
    file.write_text(
        f'<!doctype html><meta charset=utf-8><style>{style}</style>{"".join(inside)}<img src="wide.svg">',
        encoding="utf-8",
    )
    shown = screenshot(file, 240, 3 * 160 + 260).astype(int)
    for top, expected, limit in (
        (0, draw.mean(COLOUR, **here), 20),
        (160, draw.grid(INK, **here), 5),
        (320, draw.contour(INK, **here), 12),
        (530, draw.ellipses(WIDE, **here, paper="#eee"), 1.5),
    ):
        assert np.abs(shown[top : top + 160] - expected).mean() < limit
    for rows in (slice(480, 529), slice(691, 740)):  # above and below the sheet
        assert (shown[rows] == [0, 255, 0]).all()


@needs_browser
def test_a_browser_shows_dots_on_their_paper(tmp_path):
    text = vector.dots(INK, frame=FRAME, size=SIZE, samples=400, sheet_mm=63.5, ink="white", paper="navy", rng=0)
    file = tmp_path / "a.svg"
    file.write_text(text, encoding="utf-8")
    shown = screenshot(file, *SIZE).astype(int)  # 63.5 mm are 240 pixels
    radius = 0.2 * 240 / 63.5
    expected = draw.dots(
        INK, frame=FRAME, size=SIZE, samples=400, radius=radius, ink="white", paper="navy", alpha=1, rng=0
    )
    assert np.abs(shown[4:-4, 4:-4] - expected[4:-4, 4:-4]).mean() < 2  # those on the edge are left out
    assert (shown == [0, 0, 128]).all(axis=2).mean() > 0.5


@needs_inkscape
def test_inkscape_sees_the_sheet_and_the_layers(plotted, tmp_path):
    text, plot = plotted
    file = tmp_path / "wide.svg"
    file.write_text(vector.ellipses(WIDE, frame=FRAME, size=SIZE), encoding="utf-8")
    run("inkscape", file, "--export-area-drawing", "--export-type=png", f"--export-filename={tmp_path / 'wide.png'}")
    shown = pixels(tmp_path / "wide.png")
    assert shown.shape == (160, 240, 4)
    expected = draw.ellipses(WIDE, frame=FRAME, size=SIZE)
    assert np.abs(shown[..., :3].astype(int) - expected).mean() < 1.5
    said = run("inkscape", plot, "--actions=select-all:layers;select-list")
    assert len(re.findall(r"pen-\d", said)) == text.pens == 5


@needs_librsvg
def test_librsvg_shows_dots_without_paper(plotted):
    _, plot = plotted
    shown = rsvg(plot, "--width=480", "--height=320")
    assert shown[0, 0, 3] == 0
    assert 0.5 < (shown[..., 3] > 200).mean() < 0.95


@needs_vpype
def test_vpype_reads_a_layer_a_pen_with_all_dots(plotted):
    text, plot = plotted
    found = vpype(plot)
    assert found["layers"] == [1, 2, 3, 4, 5]
    dots = [path.count("m") for path in re.findall(r' d="([^"]*)"', text)]
    assert found["paths"] == [*dots, sum(dots)]
    assert found["size"] == pytest.approx([120, 80], abs=0.01)
    assert found["pen up"][-1] == pytest.approx(text.pen_up_mm, abs=0.5)
    assert sum(found["pen up"][:-1]) == pytest.approx(text.pen_up_mm, abs=0.5)
