"""Drawings: well-formed, small, always the same bytes, and the picture that `draw` paints."""

import gzip
import re
import shutil
import subprocess
from xml.etree import ElementTree

import numpy as np
import pytest
from browser import needs_browser, screenshot
from mixtures import scattered

from mixtura import Mixture
from mixtura.errors import InputError
from mixtura.pictures import draw, vector
from mixtura.pictures.field import Frame
from mixtura.pictures.vector.document import number, short
from mixtura.pictures.vector.shapes import journey

FRAME = Frame(0, 0, 120, 80)
SIZE = (240, 160)
SVG = "{http://www.w3.org/2000/svg}"
INK, COLOUR = scattered(40, 2, seed=3), scattered(60, 5, seed=4)
ONE = Mixture([1.0], [[50, 30]], [[[160, 60], [60, 90]]])
CASES = [(mixture, style) for mixture in (INK, COLOUR) for style in vector.STYLES if (mixture, style) != (INK, "mean")]
NAMES = [f"{'ink' if mixture is INK else 'colour'}-{style}" for mixture, style in CASES]


def drawn(mixture, style, **settings):
    more = {"rng": 0} if style == "dots" else {}
    return vector.svg(mixture, style, **({"frame": FRAME, "size": SIZE} | more | settings))


@pytest.mark.parametrize(("mixture", "style"), CASES, ids=NAMES)
def test_every_style_is_well_formed_and_always_the_same(mixture, style):
    text = drawn(mixture, style)
    root = ElementTree.fromstring(text)
    assert root.tag == SVG + "svg"
    assert root.get("viewBox") == "0 0 240 160"
    assert root.find(SVG + "title").text
    assert "Gaussian" in root.find(SVG + "desc").text
    assert not re.search(r"nan|inf|e[+-]\d", re.sub(r"<(title|desc).*", "", text))
    assert drawn(mixture, style, n_threads=1) == text == drawn(mixture, style, n_threads=3)


def test_twelve_components_fit_in_a_kilobyte():
    for seed in range(5):
        for d, style in ((5, "mean"), (5, "ellipses"), (2, "grid"), (2, "ellipses")):
            text = vector.svg(scattered(12, d, seed), style, frame=FRAME, size=(540, 360))
            assert len(gzip.compress(text.encode(), mtime=0)) <= 1024, (style, seed)


def composed(text, size):
    """(h, w, 3): soft ellipses laid over one another as the standard of SVG says, by hand."""
    root = ElementTree.fromstring(text)
    y, x = np.mgrid[: size[1], : size[0]] + 0.5
    sheet = np.broadcast_to(hexcode(root.find(SVG + "rect").get("fill")), (size[1], size[0], 3)).copy()
    fills = {gradient.get("id"): gradient for gradient in root.iter(SVG + "radialGradient")}
    for circle in root.iter(SVG + "circle"):
        a, b, c, d, e, f = map(float, re.findall(r"[-.\d]+", circle.get("transform")))
        u, v = np.tensordot(np.linalg.inv([[a, c], [b, d]]), np.stack([x - e, y - f]), 1)
        gradient = fills[circle.get("fill")[5:-1]]
        assert float(gradient.get("r")) == float(circle.get("r")) == 3
        stops = [(float(stop.get("offset")), float(stop.get("stop-opacity"))) for stop in gradient]
        cover = np.interp(np.hypot(u, v) / 3, *zip(*stops, strict=True))[..., None]
        sheet += cover * (hexcode(gradient.get("color")) - sheet)
    return sheet


def hexcode(code):
    digits = code[1:] if len(code) == 7 else "".join(2 * digit for digit in code[1:])
    return np.array(list(bytes.fromhex(digits)), dtype=float)


def test_one_gaussian_s_gradient_is_its_density():
    text = vector.grid(ONE, frame=FRAME, size=SIZE)
    (gradient,) = ElementTree.fromstring(text).iter(SVG + "radialGradient")
    for stop in list(gradient)[:-1]:
        r = 3 * float(stop.get("offset"))
        assert float(stop.get("stop-opacity")) == pytest.approx(np.exp(-r * r / 2), abs=0.02)
    expected = draw.grid(ONE, frame=FRAME, size=SIZE).astype(float)
    assert np.abs(composed(text, SIZE) - expected).max() < 9  # straight lines between the stops


@pytest.mark.parametrize("tone", ["linear", "gamma:0.5", "0:200,0.2:80,1:0"])
def test_soft_ellipses_compose_to_the_density(tone):
    found = composed(vector.grid(INK, frame=FRAME, size=SIZE, tone=tone), SIZE)
    expected = draw.grid(INK, frame=FRAME, size=SIZE, tone=tone).astype(float)
    assert np.abs(found - expected).mean() < 5
    assert expected.std() > 7


def test_soft_ellipses_compose_to_the_mean_colour():
    """Of components whose colour does not change within: that is what ellipses of one colour can say."""
    spread = COLOUR.covariances.copy()
    spread[:, 2:, :2] = spread[:, :2, 2:] = 0
    level = Mixture(COLOUR.weights, COLOUR.means, spread)
    found = composed(vector.mean(level, frame=FRAME, size=SIZE), SIZE)
    expected = draw.mean(level, frame=FRAME, size=SIZE).astype(float)
    assert np.abs(found - expected).mean() < 13
    assert expected.std(axis=(0, 1)).min() > 40


@needs_browser
@pytest.mark.parametrize(
    ("mixture", "style", "limit"),
    [(INK, "grid", 5), (COLOUR, "mean", 20), (COLOUR, "ellipses", 1.5), (INK, "contour", 12)],
    ids=["grid", "mean", "ellipses", "contour"],
)
def test_a_browser_shows_what_draw_paints(mixture, style, limit, tmp_path):
    """On average to `limit` steps of 255: of ellipses only edges differ, soft ones are an approximation."""
    file = tmp_path / "a.svg"
    file.write_text(drawn(mixture, style), encoding="utf-8")
    expected = draw.picture(mixture, style, frame=FRAME, size=SIZE)
    away = np.abs(screenshot(file, *SIZE).astype(int) - expected)
    assert away.mean() < limit


@pytest.mark.skipif(not shutil.which("rsvg-convert"), reason="no rsvg-convert here: apt-get install librsvg2-bin")
@pytest.mark.parametrize("style", ["grid", "mean"])
def test_another_renderer_composes_alike(style, tmp_path):
    from PIL import Image

    text = drawn(COLOUR, style)
    (tmp_path / "a.svg").write_text(text, encoding="utf-8")
    subprocess.run(["rsvg-convert", tmp_path / "a.svg", "-o", tmp_path / "a.png"], check=True)
    found = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"), dtype=float)
    assert np.abs(found - composed(text, SIZE)).mean() < 2  # eight bits, rounded at each ellipse


def dots_of(text):
    """[(colour, places (n, 2) in millimetres) ...], one a pen."""
    root = ElementTree.fromstring(text)
    unit = float(root.get("width").removesuffix("mm")) / 240
    group = root.find(SVG + "g")
    scale = float(re.findall(r"[.\d]+", group.get("transform"))[0]) * unit
    pens = []
    for path in group:
        steps = re.findall(r"m(-?\d+) ?(-?\d+)h1", path.get("d"))
        assert "".join(f"m{x}{'' if y.startswith('-') else ' '}{y}h1" for x, y in steps) == path.get("d")
        moves = np.array(steps, dtype=int)
        starts = np.cumsum(moves, axis=0)
        starts[:, 0] += np.arange(len(moves))  # each stroke has gone one step to the right
        pens.append((path.get("stroke"), starts * scale))
    return pens


def test_dots_lie_where_the_samples_do():
    ((pen, places),) = dots_of(vector.dots(INK, frame=FRAME, size=SIZE, samples=500, rng=7, ink="navy"))
    assert pen == "#000080"
    expected = INK.sample(500, rng=7) * 180 / 120
    expected = expected[((expected >= 0) & (expected <= [180, 120])).all(axis=1)]
    assert len(places) == len(expected) < 500
    apart = np.abs(places[:, None] - expected).max(axis=2)
    assert apart.min(axis=0).max() < 0.011  # each sample has its dot, to a hundredth of a millimetre
    assert apart.min(axis=1).max() < 0.011


def test_pens_are_few_and_light_ones_first():
    pens = dots_of(vector.dots(COLOUR, frame=FRAME, size=SIZE, samples=3000, pens=6, rng=0))
    assert 2 < len(pens) <= 6
    grey = [hexcode(pen) @ [0.299, 0.587, 0.114] for pen, _ in pens]
    assert grey == sorted(grey, reverse=True)
    assert len(dots_of(vector.dots(COLOUR, frame=FRAME, size=SIZE, samples=3000, pens=1, rng=0))) == 1


def test_the_sheet_is_measured_in_millimetres():
    root = ElementTree.fromstring(vector.dots(INK, frame=FRAME, size=SIZE, samples=9, radius=0.35, sheet_mm=297.0))
    assert (root.get("width"), root.get("height")) == ("297mm", "198mm")
    assert root.find(SVG + "g").get("stroke-width") == "70"  # hundredths


def test_the_pen_travels_little():
    places = np.random.default_rng(0).uniform(0, 100, (5000, 2))
    order = journey(places)
    assert np.array_equal(np.sort(order), np.arange(5000))
    length = np.hypot(*np.diff(places[order], axis=0).T).sum()
    shortest = 0.7124 * np.sqrt(5000 * 100**2)  # of a tour of many random points: Beardwood and others 1959
    assert length < 1.4 * shortest
    assert np.array_equal(journey(np.zeros((3, 2))), [0, 1, 2])


def test_neighbours_on_the_hilbert_curve_are_neighbours_on_the_grid():
    side = np.arange(16) * 4096.0
    places = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    tour = places[journey(places)]
    assert (np.abs(np.diff(tour, axis=0)).sum(axis=1) == 4096).all()


def test_contours_lie_where_the_density_has_their_level():
    text = vector.contour(ONE, frame=FRAME, size=SIZE, levels=[2.0], filled=False)
    (path,) = ElementTree.fromstring(text).iter(SVG + "path")
    numbers = np.array(re.findall(r"-?\d+", path.get("d")), dtype=float).reshape(-1, 2)
    places = np.cumsum(numbers, axis=0) / 10 / 2  # tenths of a unit, two units a pixel
    assert path.get("d").endswith("z")
    assert len(places) > 20
    top = ONE.log_density(np.array([[50.0, 30.0]]))
    assert top - ONE.log_density(places) == pytest.approx(2.0, abs=0.04)
    assert (places.min(axis=0) + places.max(axis=0)) / 2 == pytest.approx([50, 30], abs=0.04)


def test_no_samples_are_paper():
    assert "<path" not in vector.dots(COLOUR, frame=FRAME, size=SIZE, samples=0)


def test_components_outside_the_frame_are_left_out():
    mixture = Mixture([0.5, 0.5], [[50, 30], [5000, 30]], [9.0, 9.0], "spherical")
    assert vector.grid(mixture, frame=FRAME, size=SIZE).count("<circle") == 1
    assert "<circle" not in vector.grid(mixture, frame=(-100, -100, -90, -90), size=SIZE)


@pytest.mark.parametrize(("value", "said"), [(0.0, "0"), (-0.001, "0"), (0.5, ".5"), (-0.25, "-.25"), (12.0, "12")])
def test_numbers_are_short(value, said):
    assert number(value, 2) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0.0, "0"), (0.012345, ".0123"), (123.456, "123"), (98765.4, "98765"), (3.456, "3.46")]
)
def test_significant_digits(value, said):
    assert short(value) == said
    assert short(1e-17, 2.5) == "0"
    assert short(-0.5, 2.5) == "-.5"


@pytest.mark.parametrize(
    ("style", "wrong", "says"),
    [
        ("oil", {}, "the style 'oil' is unknown"),
        ("mean", {"tone": "linear"}, r"the style mean has no setting 'tone' in \.svg"),
        ("mean", {"mixture": INK}, "a mean colour needs five"),
        ("grid", {"tone": "equalise"}, "needs pixels"),
        ("grid", {"ink": "blak"}, "ink is 'blak'"),
        ("grid", {"n_threads": 0}, "n_threads is 0"),
        ("dots", {"samples": -1}, "samples is -1"),
        ("dots", {"radius": "wide"}, "radius is 'wide'"),
        ("dots", {"radius": 0.001}, "in millimetres"),
        ("dots", {"pens": 0}, "pens is 0"),
        ("dots", {"sheet_mm": -1}, "sheet_mm is -1"),
        ("contour", {"filled": False, "lines": False}, "one of them at least"),
        ("contour", {"line_width": None, "levels": 0}, "one level at least"),
        ("contour", {"line_width": "thin"}, "line_width is 'thin'"),
        ("ellipses", {"alpha": 2}, "alpha is 2"),
        ("ellipses", {"frame": (0, 0, 1)}, "four finite numbers"),
        ("ellipses", {"size": (0, 1)}, "whole numbers of pixels"),
    ],
)
def test_wrong_input(style, wrong, says):
    mixture = wrong.pop("mixture", COLOUR)
    with pytest.raises(InputError, match=says):
        drawn(mixture, style, **wrong)
