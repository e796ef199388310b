"""What notebooks show: fits, choices, points, pictures and films, well formed and without Matplotlib; and bars."""

import base64
import io
import pickle
import subprocess
import sys
import xml.etree.ElementTree as ET
from unittest import mock

import numpy as np
import pytest
from PIL import Image

import mixtura as mx
from mixtura import bars, compress
from mixtura.errors import InputError
from mixtura.pictures import draw, files, film, image
from mixtura.pictures.shown import WIDEST
from processes import STRICT

SVG = "{http://www.w3.org/2000/svg}"
EVIL = ["<script>", "a & b", 'c"']
X = np.random.default_rng(0).normal(size=(300, 3)) + 6 * np.random.default_rng(1).integers(0, 2, (300, 1))
MIX = mx.Mixture(
    [0.4, 0.6], [[20, 12, 200, 30, 30], [60, 30, 20, 60, 190]], [[90, 40, 50, 9, 9], [60, 200, 9, 50, 50]], "diag"
)
FRAME = (0, 0, 80, 50)


def page(thing):
    """The HTML of it, which is well formed."""
    return ET.fromstring(thing._repr_html_())


def cells(found):
    return [["".join(cell.itertext()) for cell in row.iter("td")] for row in found.iter("tr")]


def test_a_fit():
    fit = mx.fit(mx.Points.from_array(X, names=EVIL), 2, rng=0, noise=0.1)
    found = page(fit)
    rows = {row[0]: row[1] for row in cells(found) if len(row) == 2}
    assert rows["log likelihood a point"] == f"{fit.log_likelihood:.6g}"
    assert (rows["iterations"], rows["ended"]) == (str(fit.n_iter), fit.stop_reason)
    assert rows["background"] == "component 2, 10 % of the points"
    assert "<script>" in [head.text for head in found.iter("th")]
    assert len(found.findall(f".//{SVG}ellipse")) == 6
    line = page(mx.fit(X[:, :1], 2, rng=0, prior="default", max_iter=1))
    assert line.findall(f".//{SVG}polyline")
    rows = {row[0]: row[1] for row in cells(line) if len(row) == 2}
    assert {"log posterior", "ended"} <= set(rows)
    assert rows["ended"] == "at max_iter"


@pytest.mark.parametrize("criterion", ["bic", "cv"])
def test_a_choice(criterion):
    x = X[:20]
    choice = mx.choose(x, range(1, 7), covariance_type=["full", "EII"], criterion=criterion, n_folds=2, rng=0)
    found = page(choice)
    best = next(row for row in found.iter("tr") if "bold" in (row.get("style") or ""))
    told = [cell.text for cell in best.iter("td")]
    told[0] = "".join(best.find("td").itertext()).lstrip("\u25a0 ")
    assert told[0] == f"{choice.best.n_components} {choice.best.covariance_type}"
    assert told[1] == f"{getattr(choice.best, criterion):.6g}"
    eligible = [each for each in choice.candidates if each.eligible]
    assert len(found.findall(f".//{SVG}circle")) == len(eligible)
    assert len(found.findall(f".//{SVG}polyline")) == len({each.covariance_type for each in eligible})
    assert f"{len(choice.candidates) - len(eligible)} ruled out" in "".join(found.itertext())
    assert page(mx.choose(x, [1], covariance_type="full")).findall(f".//{SVG}circle")


def test_points():
    gaps = X.copy()
    gaps[:7, 1] = np.nan
    points = mx.Points.from_array(gaps, names=EVIL, missing=True, weight=np.full(300, 2.0))
    assert repr(points) == f"<Points: 300 of weight 600 in 3 coordinates, float64, some missing, names={tuple(EVIL)}>"
    found = page(points)
    assert cells(found)[2] == [
        EVIL[1], *(f"{v:.4g}" for v in (np.nanmin(gaps[:, 1]), np.nanmean(gaps[:, 1]), np.nanmax(gaps[:, 1]))), "7"
    ]  # fmt: skip
    assert len(found.findall(f".//{SVG}circle")) == 293
    line = page(mx.Points.from_array(X[:, :1])).find(f".//{SVG}polyline")
    assert line is not None
    for odd in ([[1.0]], [[1.0, 1.0]], [[1e300], [-1e300]], [[np.nan, 1.0], [2.0, np.nan]]):
        assert page(mx.Points.from_array(odd, missing=True)) is not None
    assert len(page(mx.Points.from_array(np.tile(X, 200).reshape(-1, 40))).findall(f".//{SVG}circle")) == 600


def test_pixels_lie_as_in_the_picture_in_their_colours():
    picture = np.full((10, 30, 3), 255, np.uint8)
    picture[1, 2] = 0
    picture[7, 20] = (10, 0, 0)
    found = page(image.ink(picture))
    left, right = sorted(found.findall(f".//{SVG}circle"), key=lambda dot: float(dot.get("cx")))
    assert float(left.get("cy")) < float(right.get("cy"))  # y down
    dots = page(image.colour(picture[:2])).findall(f".//{SVG}circle")
    assert {dot.get("fill") for dot in dots} == {"#ffffff", "#000000"}


def embedded(found):
    """The picture in an <img/>, and its alternative text."""
    tag = next(found.iter("img"))
    head, _, data = tag.get("src").partition(",")
    return head, Image.open(io.BytesIO(base64.b64decode(data))), tag.get("alt")


def test_a_reduced_picture():
    picture = np.random.default_rng(0).integers(0, 255, (40, 60, 3)).astype(np.uint8)
    reduced = compress.reduce(picture, 4)
    found = page(reduced)
    head, shown, alt = embedded(found)
    assert head == "data:image/png;base64"
    np.testing.assert_array_equal(np.asarray(shown.convert("RGB")), reduced.pixels)
    assert alt == "Reduced: 60 x 40 pixels in 4 colours"
    assert len(cells(found)) == 5
    assert sum(float(row[1].rstrip(" %")) for row in cells(found)[1:]) == pytest.approx(100, abs=0.5)
    wide = page(compress.reduce(np.tile(picture, (1, 20, 1)), 2))
    assert embedded(wide)[1].size[0] == 400


@pytest.mark.parametrize("style", draw.STYLES)
def test_a_picture_is_an_array_that_shows_itself(style, tmp_path):
    picture = draw.picture(MIX, style, frame=FRAME, size=(80, 50))
    plain = np.array(picture)
    assert type(plain) is np.ndarray
    assert isinstance(picture, np.ndarray)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(picture._repr_png_()))), plain)
    for kind in (".png", ".jpg"):
        assert files.encode(picture, kind) == files.encode(plain, kind)
    assert type(picture / 255) is type(picture + 1) is type(picture == 3) is np.ndarray
    assert type(picture.mean()) is type(plain.mean())
    assert picture[5:9, 3:30]._repr_png_()[:4] == b"\x89PNG"
    assert picture[:, :, 0]._repr_png_() is None
    assert picture[:0]._repr_png_() is None
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(picture)), plain)
    np.testing.assert_array_equal(mx.pictures.image.colour(picture).x, image.colour(plain).x)
    assert compress.reduce(picture, 3, max_iter=2).png() == compress.reduce(plain, 3, max_iter=2).png()


def test_large_pictures_are_shown_smaller():
    picture = draw.grid(MIX, frame=FRAME, size=(2400, 30))
    assert Image.open(io.BytesIO(picture._repr_png_())).size == (WIDEST, 15)


def test_films():
    loop = film.loop(MIX, frame=FRAME, size=(40, 25), seconds=0.2, rng=0)
    head, shown, alt = embedded(page(loop))
    assert head == "data:image/webp;base64"
    assert shown.n_frames == len(loop.frames)
    assert repr(loop) == f"<{alt}>" == f"<Film of {len(loop.frames)} frames, 40 x 25, 0.2 s>"
    assert film.Film([], [])._repr_html_() is None


def test_animations_play(monkeypatch):
    from mixtura.plots.films import Animation

    monkeypatch.setattr(Animation, "to_jshtml", lambda self: "<div>it plays</div>")
    moving = mx.plots.sampling_film(mx.Mixture([1.0], [[0.0]], [1.0], "spherical"), n=1)
    assert moving._repr_html_() == "<div>it plays</div>"
    moving._draw_was_started = True  # else Matplotlib warns that nobody has watched it


def test_nothing_needs_a_plotter():
    code = """
import sys, numpy as np, mixtura as mx
from mixtura.pictures import draw
x = np.random.default_rng(0).normal(size=(50, 2))
fit = mx.fit(x, 2, rng=0)
for thing in (fit, mx.choose(x, [1, 2], rng=0), mx.Points.from_array(x)):
    thing._repr_html_()
draw.grid(fit.mixture, frame=(-3, -3, 3, 3), size=(20, 20))._repr_png_()
print([name for name in ("matplotlib", "IPython", "rich") if name in sys.modules])
"""
    done = subprocess.run([*STRICT, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class Kernel:
    """IPython with a kernel, and what is displayed there."""

    kernel = object()

    def __init__(self):
        self.pages = []

    def get_ipython(self):
        return self

    def display(self, data, **_):
        self.pages.append(data["text/html"])
        return mock.Mock(update=lambda data, **_: self.pages.append(data["text/html"]))


JOBS = {
    "fit": lambda **how: mx.fit(X, 2, rng=0, n_init=2, tol=1e-6, **how).mixture,
    "blocks": lambda **how: mx.fit(lambda: iter([X[:100], X[100:]]), 2, rng=0, **how).mixture,
    "choose": lambda **how: mx.choose(X, [1, 2], covariance_type="full", rng=0, **how).mixture,
    "bootstrap": lambda **how: mx.bootstrap(X, mx.fit(X, 2, rng=0), 3, rng=0, **how).replicates[2],
    "test": lambda **how: mx.likelihood_ratio_test(X[:60], mx.fit(X[:60], 1), 3, rng=0, **how).larger,
}


@pytest.mark.parametrize("job", JOBS)
def test_bars_in_a_notebook(job, monkeypatch, capfd):
    kernel = Kernel()
    monkeypatch.setitem(sys.modules, "IPython", kernel)
    monkeypatch.setitem(sys.modules, "IPython.display", kernel)
    monkeypatch.setattr(bars, "PAUSE", 0.0)
    found = JOBS[job](progress=True)
    assert kernel.pages[0] == kernel.pages[-1] == ""  # nothing is left
    assert len(kernel.pages) > 4
    assert all(page.count("<progress") == 1 for page in kernel.pages[1:-1])
    assert "fitting" in kernel.pages[-2]
    if job == "fit":
        assert any("start 2 of 2" in page for page in kernel.pages)
        assert any("log likelihood" in page for page in kernel.pages)
    if job in ("bootstrap", "test"):
        assert 'value="3" max="3"' in kernel.pages[-2]
    assert capfd.readouterr() == ("", "")
    silent = JOBS[job]()
    assert (silent, len(kernel.pages)) == (found, len(kernel.pages))
    assert capfd.readouterr() == ("", "")


def test_no_bar_where_nobody_looks(capfd):
    mx.fit(X, 2, rng=0, progress=True)
    assert capfd.readouterr() == ("", "")
    with pytest.raises(InputError, match="progress is 'yes': give True for a bar, or False"):
        mx.fit(X, 2, progress="yes")
