"""The painter that pages and the studio share, in a browser: what it shows is what `draw` draws."""

import base64
import json
from types import SimpleNamespace

import numpy as np
import pytest
from browser import ask, needs_browser, picture
from mixtures import scattered

from mixtura import Mixture
from mixtura.pictures import draw, palette
from mixtura.pictures.field import Frame
from mixtura.pictures.page import modules

FRAME = Frame(0, 0, 120, 80)
INK, COLOUR = scattered(60, 2), scattered(80, 5)
TABLE = scattered(12, 4, seed=3)
FAR = Mixture(INK.weights, INK.means + 1e6, INK.covariances)
MOVED = Mixture(COLOUR.weights, COLOUR.means + np.eye(80)[:, [7]] * [9.0, -5.0, 0, 0, 0], COLOUR.covariances)
HIDDEN = [3, 11, 40]
SHOWN = np.setdiff1d(np.arange(80), HIDDEN)
MIXTURES = {"ink": INK, "colour": COLOUR, "table": TABLE, "far": FAR, "moved": MOVED}
CURVE, CONTRAST = "0:255,0.02:200,0.1:80,1:0", "0:0,0.25:40,0.75:215,1:255"


def tone(text):
    points = [[float(number) for number in pair.split(":")] for pair in text.split(",")]
    return {"kind": "points", "gamma": 1, "points": points}


GAMMA = {"kind": "gamma", "gamma": 0.5, "points": []}


def heaviest(mixture, count):
    return mixture.subset(np.argsort(-mixture.weights, kind="stable")[:count])


# name: mixture, size, look, what setParts is told, what draw draws
WHOLE = {
    "mean": ("colour", (120, 80), {"style": "mean"}, {}, lambda: draw.mean(COLOUR, frame=FRAME, size=(120, 80))),
    "mean, small": ("colour", (50, 33), {"style": "mean"}, {}, lambda: draw.mean(COLOUR, frame=FRAME, size=(50, 33))),
    "mean, large and sharp": (
        "colour", (301, 200), {"style": "mean"}, {"sharpen": 0.3},
        lambda: draw.mean(COLOUR.scale_covariances(0.3), frame=FRAME, size=(301, 200)),
    ),
    "few": (
        "colour", (120, 80), {"style": "mean"}, {"count": 20},
        lambda: draw.mean(heaviest(COLOUR, 20), frame=FRAME, size=(120, 80)),
    ),
    "some hidden": (
        "colour", (120, 80), {"style": "mean"}, {"hidden": HIDDEN},
        lambda: draw.mean(COLOUR.subset(SHOWN), frame=FRAME, size=(120, 80)),
    ),
    "mean, gamma": (
        "colour", (120, 80), {"style": "mean", "tone": {"mean": GAMMA}}, {},
        lambda: draw.mean(COLOUR, frame=FRAME, size=(120, 80), tone="gamma:0.5"),
    ),
    "mean, curve": (
        "colour", (120, 80), {"style": "mean", "tone": {"mean": tone(CONTRAST)}}, {},
        lambda: draw.mean(COLOUR, frame=FRAME, size=(120, 80), tone=CONTRAST),
    ),
    "grid": ("ink", (120, 80), {"style": "grid"}, {}, lambda: draw.grid(INK, frame=FRAME, size=(120, 80))),
    "grid, curve and colours": (
        "ink", (240, 160), {"style": "grid", "tone": {"grid": tone(CURVE)}, "ink": "#102040", "paper": "#fff0c0"}, {},
        lambda: draw.grid(INK, frame=FRAME, size=(240, 160), tone=CURVE, ink="#102040", paper="#fff0c0"),
    ),
    "grid, gamma": (
        "ink", (61, 47), {"style": "grid", "tone": {"grid": GAMMA}}, {},
        lambda: draw.grid(INK, frame=FRAME, size=(61, 47), tone="gamma:0.5"),
    ),
    "contour": (
        "ink", (120, 80), {"style": "contour", "colours": "magma"}, {},
        lambda: draw.contour(INK, frame=FRAME, size=(120, 80), colours="magma"),
    ),
    "contour without lines": (
        "ink", (90, 60), {"style": "contour", "colours": "ink-r", "lines": False, "paper": "#ffffff"}, {},
        lambda: draw.contour(INK, frame=FRAME, size=(90, 60), colours="ink-r", lines=False, paper="white"),
    ),
    "other axes, y up": (
        "table", (120, 80), {"style": "grid"}, {"axes": [3, 1], "up": True},
        lambda: draw.grid(TABLE.marginal([3, 1]), frame=FRAME, size=(120, 80))[::-1],
    ),
    "far away": (
        "far", (120, 80), {"style": "grid"}, {"frame": [1e6, 1e6, 1e6 + 120, 1e6 + 80]},
        lambda: draw.grid(INK, frame=FRAME, size=(120, 80)),
    ),
    "ellipses": (
        "colour", (120, 80), {"style": "ellipses"}, {},
        lambda: draw.ellipses(COLOUR, frame=FRAME, size=(120, 80)),
    ),
    "ellipses of ink": (
        "ink", (200, 133), {"style": "ellipses", "ink": "#a02010", "paper": "#e0e0ff"}, {"sharpen": 0.5},
        lambda: draw.ellipses(INK.scale_covariances(0.5), frame=FRAME, size=(200, 133), ink="#a02010", paper="#e0e0ff"),
    ),
}  # fmt: skip

SCRIPT = """
const numbers = (text) => new Float64Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const text = (bytes) => { let s = ''; for (const b of bytes) s += String.fromCharCode(b); return btoa(s); };
const partsOf = ({ k, d, weights, means, factors }) =>
  ({ k, d, weights: numbers(weights), means: numbers(means), factors: numbers(factors) });
const parts = Object.fromEntries(Object.entries(given.mixtures).map(([name, one]) => [name, partsOf(one)]));
const said = { whole: {}, plain: {}, seen: {} };
const fresh = () => { const canvas = document.createElement('canvas'); document.body.append(canvas); return canvas; };
const set = (paints, name, { axes = [0, 1], hidden, frame = given.frame, ...more }) => {
  const out = hidden && Uint8Array.from({ length: parts[name].k }, (_, i) => (hidden.includes(i) ? 1 : 0));
  paints.setParts(parts[name], axes, { frame, ...more, hidden: out });
};
const shown = (canvas) => {
  const copy = document.createElement('canvas'), { width, height } = canvas;
  Object.assign(copy, { width, height });
  const context = copy.getContext('2d');
  context.drawImage(canvas, 0, 0);
  return text(context.getImageData(0, 0, width, height).data);
};
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

const canvas = fresh(), without = fresh(), paints = painter(canvas);
const real = without.getContext;
without.getContext = (kind, ...more) => (kind === 'webgl2' ? null : real.call(without, kind, ...more));
const flat = painter(without);
said.kinds = [paints.kind, paints.says, flat.kind, flat.says];
for (const [to, which] of [['whole', paints], ['plain', flat]]) {
  for (const [name, [mixture, [width, height], look, more]] of Object.entries(given.cases)) {
    set(which, mixture, more);
    said[to][name] = text(which.pixels(width, height, look));
  }
}
const view = (x, y, unit, style = 'mean') =>
  ({ eye: { x, y, unit }, width: 160, height: 100, ratio: 1, look: { style } });

// The frame in the middle, with room around it; one hundredfold; the same of points that lie far away.
set(paints, 'colour', {});
paints.draw(view(60, 40, 1)); said.seen.whole = shown(canvas);
paints.draw(view(60, 40, 1, 'grid')); said.seen.grid = shown(canvas);
paints.draw(view(71, 33, 0.01)); said.seen.near = shown(canvas);
set(paints, 'far', { frame: [1e6, 1e6, 1e6 + 120, 1e6 + 80] });
paints.draw(view(1e6 + 60, 1e6 + 40, 1, 'grid')); said.seen.far = shown(canvas);

// One component moves: only its cells are drawn, and all is as if everything had been.
set(paints, 'colour', {});
paints.draw(view(60, 40, 1));
set(paints, 'moved', {});
paints.draw(view(60, 40, 1), { quick: true }); said.seen.moved = shown(canvas);
const { sharp } = paints.ground;
said.dirty = [paints.ground.shown === sharp, sharp.plan.which.length, sharp.plan.lists.many.length];

// Coarse while it moves on a slow machine, sharp soon after.
paints.ground.pace = 1; paints.ground.warm = false;
set(paints, 'colour', { sharpen: 0.5 });
paints.draw(view(60, 40, 1), { quick: true });
said.coarse = [paints.ground.shown.width, paints.ground.shown.height];
paints.ground.pace = 0.2;
paints.draw(view(60, 40, 1));
for (let i = 0; i < 100 && paints.ground.shown !== paints.ground.sharp; i++) await wait(20);
said.seen.refined = shown(canvas);

set(flat, 'colour', {});
flat.draw(view(60, 40, 1)); said.seen.plain = shown(without);

// Dots, the same ones each time; and when the mixture moves they move.
set(paints, 'colour', {});
const dotted = { style: 'dots', dots: 4000 };
said.dots = text(paints.pixels(120, 80, dotted));
said.again = text(paints.pixels(120, 80, dotted)) === said.dots;
said.other = text(paints.pixels(120, 80, { ...dotted, seed: 1 })) === said.dots;
set(paints, 'ink', {});
said.inked = text(paints.pixels(120, 80, dotted));
const thumbnail = paints.thumbnail('grid', { colours: 'viridis' }, 60, 40);
said.thumbnail = text(thumbnail.data);
said.kept = paints.thumbnail('grid', { colours: 'viridis' }, 60, 40) === thumbnail;

// The context is lost, and comes back with the picture.
set(paints, 'colour', {});
paints.draw(view(60, 40, 1));
const lose = canvas.getContext('webgl2').getExtension('WEBGL_lose_context');
lose.loseContext();
await wait(50);
paints.draw(view(60, 40, 1));
said.lost = [paints.pixels(10, 10, { style: 'mean' }), paints.thumbnail('mean', {}, 10, 10)];
lose.restoreContext();
for (let i = 0; i < 100 && !paints.ground.sheet; i++) await wait(20);
said.seen.restored = shown(canvas);
paints.destroy();
return said;
"""


def given():
    def encoded(numbers):
        return base64.b64encode(np.ascontiguousarray(numbers, dtype="<f8").tobytes()).decode()

    def parts(mixture):
        factors = np.linalg.cholesky(mixture.matrices)
        sizes = {"k": mixture.n_components, "d": mixture.n_coordinates}
        return sizes | {
            "weights": encoded(mixture.weights),
            "means": encoded(mixture.means),
            "factors": encoded(factors),
        }

    mixtures = {name: parts(mixture) for name, mixture in MIXTURES.items()}
    return {"mixtures": mixtures, "frame": list(FRAME), "cases": {name: case[:4] for name, case in WHOLE.items()}}


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """All that the browser answers, asked once."""
    scripts = modules.scripts()
    text = modules.joined(scripts["painter.js"], scripts)
    page = (
        "<!doctype html><html><head><title>painter</title></head><body>"
        f"<script>{text}\nconst given = {json.dumps(given())};</script></body></html>"
    )
    return SimpleNamespace(**ask(page, SCRIPT, tmp_path_factory.mktemp("painter"), "--virtual-time-budget=20000"))


def rgb(text, width, height):
    return picture(text, width, height)[..., :3].astype(int)


@needs_browser
@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("way", ["whole", "plain"])
def test_it_paints_what_draw_draws(said, name, way):
    """To one step of 255, with WebGL2 and without; two in contours, whose edges are blurred by differences."""
    _, size, _, _, drawn = WHOLE[name]
    expected, found = drawn().astype(int), rgb(getattr(said, way)[name], *size)
    assert expected.std() > 4
    assert np.abs(found - expected).max() <= (2 if "contour" in name else 1)


def around(pixels, width=160, height=100):
    """A picture of the frame in the middle of a view."""
    whole = np.zeros((height, width, 3), int)
    whole[10:90, 20:140] = pixels
    return whole


@needs_browser
def test_what_is_on_the_screen(said):
    mean = around(draw.mean(COLOUR, frame=FRAME, size=(120, 80)))
    for name in ("whole", "restored", "plain"):
        found = picture(said.seen[name], 160, 100)
        assert np.abs(found[..., :3] - mean).max() <= 1, name
        assert (found[:10, :, 3] == 0).all(), name
        assert (found[10:90, 20:140, 3] == 255).all(), name
    for name, mixture in (("grid", COLOUR), ("far", INK)):
        expected = around(draw.grid(mixture, frame=FRAME, size=(120, 80)))
        assert np.abs(rgb(said.seen[name], 160, 100) - expected).max() <= 1, name
    near = draw.mean(COLOUR, frame=(71 - 0.8, 33 - 0.5, 71 + 0.8, 33 + 0.5), size=(160, 100)).astype(int)
    assert np.abs(rgb(said.seen["near"], 160, 100) - near).max() <= 1


@needs_browser
def test_one_that_moves_takes_its_cells_alone(said):
    expected = around(draw.mean(MOVED, frame=FRAME, size=(120, 80)))
    assert np.abs(rgb(said.seen["moved"], 160, 100) - expected).max() <= 1
    sharp, drawn, all_cells = said.dirty
    assert sharp
    assert 0 < drawn < all_cells


@needs_browser
def test_coarse_in_motion_and_sharp_at_rest(said):
    assert said.coarse == [29, 18]
    expected = around(draw.mean(COLOUR.scale_covariances(0.5), frame=FRAME, size=(120, 80)))
    assert np.abs(rgb(said.seen["refined"], 160, 100) - expected).max() <= 1


@needs_browser
def test_dots_look_like_those_of_draw(said):
    assert said.again
    assert not said.other
    for found, mixture in ((said.dots, COLOUR), (said.inked, INK)):
        drawn = [draw.dots(mixture, frame=FRAME, size=(120, 80), samples=4000, rng=seed).astype(int) for seed in (0, 1)]
        blocks = [part.reshape(8, 10, 8, 15, 3).mean(axis=(1, 3)) for part in (rgb(found, 120, 80), *drawn)]
        like, noise = np.abs(blocks[0] - blocks[1]).mean(), np.abs(blocks[1] - blocks[2]).mean()
        assert like < 1.5 * noise + 0.5


@needs_browser
def test_thumbnails_are_kept(said):
    assert said.kept
    expected = draw.grid(INK, frame=FRAME, size=(60, 40)).astype(int)
    assert np.abs(rgb(said.thumbnail, 60, 40) - expected).max() <= 1


@needs_browser
def test_what_it_says_of_itself(said):
    assert said.kinds[:3] == ["webgl2", None, "canvas"]
    assert "no WebGL2" in said.kinds[3]
    assert said.lost == [None, None]


def test_the_colour_maps_of_the_scripts_are_those_of_python():
    assert modules.scripts()["palettes.js"] == modules.palettes()
    assert all(name in modules.palettes() for name in palette.NAMES)


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ({"a.js": "import { b } from './b.js';\n"}, "imports b.js, which does not exist"),
        ({"a.js": "import { b } from './a.js';\n"}, "in a circle"),
        (
            {"a.js": "const one = 1;\n", "b.js": "import { c } from './a.js';\nfunction one() {}\n"},
            "one is declared by a.js and",
        ),
        ({"a.js": "export default 1;\n"}, "has 'export default 1;'"),
    ],
)
def test_modules_that_cannot_be_joined(texts, says):
    first = list(texts)[-1]
    with pytest.raises(ValueError, match=says):
        modules.joined(f"import {{ one }} from './{first}';\n", texts)


def test_joined_modules_come_once_and_in_order():
    texts = {"a.js": "export const a = 1;\n", "b.js": "import { a } from './a.js';\n// Two.\nexport const b = a + 1;\n"}
    text = "import { b } from './b.js';\nimport { a } from './a.js';\nexport function c() {\n  return a + b;\n}\n"
    assert (
        modules.joined(text, texts) == "const a = 1;\n// Two.\nconst b = a + 1;\nfunction c() {\n  return a + b;\n}\n"
    )
