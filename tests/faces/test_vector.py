"""Drawings: well-formed, small, always the same bytes, and the picture that `draw` paints."""

import gzip
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from mixtures import scattered
from programs import needs_librsvg, rsvg

from mixtura import Mixture
from mixtura.errors import InputError
from mixtura.pictures import draw, vector
from mixtura.pictures.canvas import Canvas
from mixtura.pictures.field import Frame
from mixtura.pictures.stipples import stipple
from mixtura.pictures.vector.document import document, number, short

FRAME = Frame(0, 0, 120, 80)
SIZE = (240, 160)
SVG = "{http://www.w3.org/2000/svg}"
INKSCAPE = "{http://www.inkscape.org/namespaces/inkscape}"
INK, COLOUR = scattered(40, 2, seed=3), scattered(60, 5, seed=4)
ONE = Mixture([1.0], [[50, 30]], [[[160, 60], [60, 90]]])
CASES = [(mixture, style) for mixture in (INK, COLOUR) for style in vector.STYLES if (mixture, style) != (INK, "mean")]
NAMES = [f"{'ink' if mixture is INK else 'colour'}-{style}" for mixture, style in CASES]


def drawn(mixture, style, **settings):
    more = {"rng": 0, "samples": 2000} if style == "dots" else {}
    return vector.svg(mixture, style, **({"frame": FRAME, "size": SIZE} | more | settings))


@pytest.mark.parametrize(("mixture", "style"), CASES, ids=NAMES)
def test_every_style_is_well_formed_and_always_the_same(mixture, style):
    text = drawn(mixture, style)
    root = ElementTree.fromstring(text)
    assert root.tag == SVG + "svg"
    assert root.get("viewBox") == ("0 0 18000 12000" if style == "dots" else "0 0 240 160")
    assert root.find(SVG + "title").text
    assert "Gaussian" in root.find(SVG + "desc").text
    assert not re.search(r"nan|inf|e[+-]\d", re.sub(r"<(title|desc).*", "", text))
    assert drawn(mixture, style, n_threads=1) == text == drawn(mixture, style, n_threads=3)


def ids(text):
    """What is named, and what is referred to."""
    named = re.findall(r' id="([^"]*)"', text)
    asked = re.findall(r"url\(#([^)]*)\)", text) + re.search(r'aria-labelledby="([^"]*)"', text)[1].split()
    return named, asked


@pytest.mark.parametrize(("mixture", "style"), CASES, ids=NAMES)
def test_names_are_those_of_one_drawing_alone(mixture, style):
    """Two drawings in a page share no id, unless they are the same."""
    text = drawn(mixture, style)
    named, asked = ids(text)
    assert len(set(named)) == len(named) >= 3
    assert set(asked) <= set(named)
    others = [drawn(mixture, style, frame=(0, 0, 119, 80)), drawn(scattered(40, 5, seed=9), style)]
    others += [drawn(COLOUR, other) for other in vector.STYLES if (COLOUR, other) != (mixture, style)]
    for other in others:
        assert not set(named) & set(ids(other)[0])
    assert ids(drawn(mixture, style)) == (named, asked)


def test_a_title_keeps_its_words():
    """Only markup is named anew."""
    text = document(Canvas.of(FRAME, SIZE), "#fff", ['<g id="a"/>'], ' id="a" & url(#a)', "nothing")
    assert ElementTree.fromstring(text).find(SVG + "title").text == ' id="a" & url(#a)'
    assert 'g id="a"' not in text


@pytest.mark.parametrize("style", ["ellipses", "grid", "mean", "contour"])
def test_pictures_end_at_the_edges_of_their_view_box(style):
    root = ElementTree.fromstring(drawn(COLOUR, style))
    shapes = [child for child in root if child.tag not in (SVG + "title", SVG + "desc")]
    assert [shape.tag for shape in shapes] == [SVG + "rect", SVG + "clipPath", SVG + "g"]
    ground, clip, group = shapes
    assert group.get("clip-path") == f"url(#{clip.get('id')})"
    assert clip[0].attrib == {"width": "240", "height": "160"}
    assert ground.attrib == clip[0].attrib | {"fill": ground.get("fill")}


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


@needs_librsvg
@pytest.mark.parametrize("style", ["grid", "mean"])
def test_another_renderer_composes_alike(style, tmp_path):
    text = drawn(COLOUR, style)
    (tmp_path / "a.svg").write_text(text, encoding="utf-8")
    found = rsvg(tmp_path / "a.svg")[..., :3].astype(float)
    assert np.abs(found - composed(text, SIZE)).mean() < 2  # eight bits, rounded at each ellipse


def layers_of(text):
    """[(name, path) ...] of a drawing for a plotter, which has nothing else: a layer a pen."""
    title, desc, *layers = ElementTree.fromstring(text)
    assert (title.tag, desc.tag) == (SVG + "title", SVG + "desc")
    for i, layer in enumerate(layers, 1):
        assert (layer.tag, layer.get(INKSCAPE + "groupmode")) == (SVG + "g", "layer")
        assert layer.get(INKSCAPE + "label").split()[0] == str(i)
        assert (len(layer), layer[0].tag, layer[0].get("fill")) == (1, SVG + "path", "none")
    return [(layer.get(INKSCAPE + "label").split()[1], layer[0]) for layer in layers]


def dots_of(text):
    """[(colour, places (n, 2) in millimetres) ...], one a pen."""
    pens = []
    for _, path in layers_of(text):
        steps = re.findall(r"m(-?\d+) ?(-?\d+)h1", path.get("d"))
        assert "".join(f"m{x}{'' if y.startswith('-') else ' '}{y}h1" for x, y in steps) == path.get("d")
        moves = np.array(steps, dtype=int)
        starts = np.cumsum(moves, axis=0)
        starts[:, 0] += np.arange(len(moves))  # each stroke has gone one step to the right
        pens.append((path.get("stroke"), starts / 100))
    return pens


def test_dots_lie_where_the_samples_do():
    settings = {"frame": FRAME, "size": SIZE, "samples": 500, "rng": 7, "ink": "navy", "radius": 3.0}
    ((pen, places),) = dots_of(vector.dots(INK, independent=True, **settings))
    assert pen == "#000080"
    expected = INK.sample(500, rng=7) * 180 / 120
    on_paper = ((expected >= 3) & (expected <= [177, 117])).all(axis=1)  # all of the disc, not its middle alone
    assert len(places) == on_paper.sum() < ((expected >= 0) & (expected <= [180, 120])).all(axis=1).sum()
    apart = np.abs(places[:, None] - expected[on_paper]).max(axis=2)
    assert apart.min(axis=0).max() < 0.011  # each sample has its dot, to a hundredth of a millimetre
    assert apart.min(axis=1).max() < 0.011


def test_evenly_spread_dots_are_those_of_pixels():
    ((_, places),) = dots_of(vector.dots(INK, frame=FRAME, size=SIZE, samples=500, rng=7))
    expected = stipple(INK, 500, np.array([2.0, 2.0]), 7, 1)[0] * 180 / 120
    expected = expected[((expected >= 0.2) & (expected <= [179.8, 119.8])).all(axis=1)]
    assert len(places) == len(expected)
    assert np.abs(places[:, None] - expected).max(axis=2).min(axis=0).max() < 0.011


def test_pens_are_few_and_light_ones_first():
    text = vector.dots(COLOUR, frame=FRAME, size=SIZE, samples=3000, pens=6, rng=0)
    pens = dots_of(text)
    assert 2 < len(pens) <= 6
    assert text.pens == len(pens)
    grey = [hexcode(pen) @ [0.299, 0.587, 0.114] for pen, _ in pens]
    assert grey == sorted(grey, reverse=True)
    assert [name for name, _ in layers_of(text)] == [pen for pen, _ in pens]
    assert len(dots_of(vector.dots(COLOUR, frame=FRAME, size=SIZE, samples=3000, pens=1, rng=0))) == 1


def test_pens_have_colours_of_the_picture():
    """None is a tail's: a component's colours are drawn in, and there is no paper of their mean."""
    spread = np.array([[900.0, 900, 3600, 3600, 3600]])
    one = Mixture([1.0], [[60, 40, 200, 200, 200]], spread, "diag")
    shades = [hexcode(pen) for pen, _ in dots_of(vector.dots(one, frame=FRAME, size=SIZE, samples=4000, rng=0))]
    assert min(shade.min() for shade in shades) > 120
    plain = vector.dots(one, frame=FRAME, size=SIZE, samples=4000, rng=0, independent=True)
    assert min(hexcode(pen).min() for pen, _ in dots_of(plain)) < 90


@pytest.mark.parametrize(("ink", "name"), [("navy", "navy"), ("#123456", "#123456"), ("#f00", "red"), ("grey", "gray")])
def test_a_layer_is_named_by_its_colour(ink, name):
    ((found, _),) = layers_of(vector.dots(INK, frame=FRAME, size=SIZE, samples=9, ink=ink))
    assert found == name


def test_paper_is_shown_and_not_drawn():
    text = vector.dots(INK, frame=FRAME, size=SIZE, samples=9, paper="black")
    root = ElementTree.fromstring(text)
    assert root.get("style") == "background:#000"
    assert root[2].get("pagecolor") == "#000"
    assert {child.tag for child in root[3:]} == {SVG + "g"}
    assert "background" not in vector.dots(INK, frame=FRAME, size=SIZE, samples=9)


def test_the_sheet_is_measured_in_millimetres():
    text = vector.dots(INK, frame=FRAME, size=SIZE, samples=9, radius=0.35, sheet_mm=297.0)
    root = ElementTree.fromstring(text)
    assert (root.get("width"), root.get("height")) == ("297mm", "198mm")
    assert root.get("viewBox") == "0 0 29700 19800"
    assert layers_of(text)[0][1].get("stroke-width") == "70"  # hundredths


def test_the_way_of_the_pens_is_told():
    text = vector.dots(COLOUR, frame=FRAME, size=SIZE, samples=2000, pens=5, rng=0)
    pens = dots_of(text)
    up = sum(np.hypot(*(places[1:] - places[:-1] - [0.01, 0]).T).sum() for _, places in pens)
    assert text.pen_up_mm == pytest.approx(up, abs=0.01)
    assert text.pen_down_mm == pytest.approx(0.01 * sum(len(places) for _, places in pens))
    none = vector.dots(COLOUR, frame=FRAME, size=SIZE, samples=0)
    assert (none.pens, none.pen_down_mm, none.pen_up_mm) == (0, 0, 0)


def test_lines_alone_are_layers_too():
    text = vector.contour(INK, frame=FRAME, size=SIZE, levels=[6.0, 3.0, 1.0], filled=False, paper="white")
    layers = layers_of(re.sub(r"<sodipodi[^>]*>", "", text))
    assert len(layers) == 3
    assert len({path.get("stroke") for _, path in layers}) == 3
    assert ElementTree.fromstring(text).get("viewBox") == "0 0 2400 1600"


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
