"""The page, opened in a browser: what it paints is what `draw` paints."""

import json
import re

import numpy as np
import pytest
from browser import ENCODED, ask, needs_browser, picture, screenshot
from mixtures import scattered

from mixtura import Mixture
from mixtura.errors import InputError
from mixtura.pictures import draw, page
from mixtura.pictures.field import Frame

FRAME = Frame(0, 0, 120, 80)
SIZE = (120, 80)


INK, COLOUR = scattered(60, 2), scattered(80, 5)


def painted(text, folder, width, height, **more):
    """(h, w, 3): what the page paints, asked through its own function."""
    script = f"const pixels = window.mixtura.picture({width}, {height}, {json.dumps(more)}); " + ENCODED
    found = picture(ask(text, script, folder), width, height)
    assert (found[..., 3] == 255).all()
    return found[..., :3].astype(int)


CASES = [(COLOUR, "mean"), (COLOUR, "grid"), (INK, "grid"), (INK, "contour")]


@needs_browser
@pytest.mark.parametrize(("mixture", "view"), CASES, ids=["colour-mean", "colour-grid", "ink-grid", "ink-contour"])
def test_the_page_paints_what_draw_paints(mixture, view, tmp_path):
    """Means and densities to one step of 255: both round at the end, and sum in float32, leaving out what is small.

    Contours differ where lines lie closer than pixels: their blur is a slope, there from differences between pixels,
    here exact.
    """
    found = painted(page.html(mixture, view, frame=FRAME), tmp_path, *SIZE)
    expected = draw.picture(mixture, view, frame=FRAME, size=SIZE).astype(int)
    away = np.abs(found - expected)
    assert expected.std() > 8
    if view == "contour":
        assert away.mean() < 4
        assert np.quantile(away, 0.75) <= 2
    else:
        assert away.max() <= 1


@needs_browser
@pytest.mark.parametrize("size", [(60, 40), (300, 200)])
def test_at_other_sizes_and_sharper(size, tmp_path):
    found = painted(page.html(COLOUR, frame=FRAME), tmp_path, *size, sharpen=0.4)
    expected = draw.mean(COLOUR.scale_covariances(0.4), frame=FRAME, size=size).astype(int)
    assert np.abs(found - expected).max() <= 1


@needs_browser
def test_a_polished_drawing_is_black_from_a_density_on(tmp_path):
    tone = "0:255,0.25:0,1:0"
    found = painted(page.html(INK, "grid", frame=FRAME, tone=tone), tmp_path, *SIZE)
    expected = draw.grid(INK, frame=FRAME, size=SIZE, tone=tone).astype(int)
    assert np.abs(found - expected).max() <= 1
    assert (expected == 0).any()


@needs_browser
def test_thin_slanted_components_keep_their_width(tmp_path):
    """3,000 units long and 0.3 wide, where float32 covariances would have lost the width."""
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    needle = turn @ np.diag([3000.0**2, 0.3**2]) @ turn.T
    mixture = Mixture([0.5, 0.5], [[20, 10], [60, 40]], [needle, needle])
    found = painted(page.html(mixture, frame=FRAME), tmp_path, *SIZE)
    expected = draw.grid(mixture, frame=FRAME, size=SIZE).astype(int)
    assert np.abs(found - expected).max() <= 1
    assert expected.min() == 0


@needs_browser
def test_the_sliders_sharpen_tone_and_leave_out(tmp_path):
    text = page.html(INK, frame=FRAME)
    script = """
        const set = (id, value) => { $(id).value = value; $(id).dispatchEvent(new Event('input', { bubbles: true })); };
        set('sharpness', 1); set('tone', 1); set('count', 0.5);
        const pixels = window.mixtura.picture(120, 80);
        let s = ''; for (const b of pixels) s += String.fromCharCode(b);
        return { settings, said: [...document.querySelectorAll('output')].map((o) => o.value), pixels: btoa(s) };
    """
    said = ask(text, script, tmp_path)
    count = round(60**0.5)
    assert said["settings"] == {"view": "grid", "sharpen": 0.5, "tone": 0.5, "count": count}
    assert said["said"] == ["× 2.00", "2.00", str(count)]
    heaviest = np.argsort(-INK.weights, kind="stable")[:count]
    expected = draw.grid(INK.subset(heaviest).scale_covariances(0.5), frame=FRAME, size=SIZE, tone="gamma:0.5").astype(
        int
    )
    assert np.abs(picture(said["pixels"], *SIZE)[..., :3] - expected).max() <= 1


@needs_browser
def test_keys_wheel_and_pointer_move_the_eye(tmp_path):
    script = """
        const press = (key) => dispatchEvent(new KeyboardEvent('keydown', { key }));
        const at = () => [eye.x, eye.y, eye.unit], seen = [at()];
        press('+'); seen.push(at());
        press('ArrowRight'); seen.push(at());
        press('0'); seen.push(at());
        const off = [Math.round(innerWidth / 2) + 50, Math.round(innerHeight / 2) - 30];
        const where = { clientX: off[0], clientY: off[1], cancelable: true };
        canvas.dispatchEvent(new WheelEvent('wheel', { deltaY: -100, ...where })); seen.push(at());
        canvas.setPointerCapture = () => {};
        const point = (name, pointerId, clientX, clientY) =>
            canvas.dispatchEvent(new PointerEvent(name, { pointerId, clientX, clientY }));
        press('0'); press('+'); press('+');
        point('pointerdown', 1, 100, 100); seen.push(at());
        point('pointermove', 1, 110, 100); seen.push(at());
        point('pointerdown', 2, 210, 100); point('pointermove', 2, 310, 100); seen.push(at());
        press('h');
        return { seen, off: [off[0] - innerWidth / 2, off[1] - innerHeight / 2], hidden: $('panel').hidden };
    """
    said = ask(page.html(COLOUR, frame=FRAME), script, tmp_path)
    first, nearer, right, back, wheel, down, moved, pinched = said["seen"]
    assert first[:2] == [60, 40]
    assert nearer == pytest.approx([60, 40, 0.8 * first[2]])
    assert right[0] > nearer[0]
    assert right[1:] == nearer[1:]
    assert back == first
    assert wheel[2] < first[2]
    for axis, away in enumerate(said["off"]):  # what lies under the pointer stays there
        assert wheel[axis] + away * wheel[2] == pytest.approx(first[axis] + away * first[2])
    assert moved[0] == pytest.approx(down[0] - 10 * down[2])
    assert pinched[2] == pytest.approx(moved[2] / 2)
    assert said["hidden"] is True


@needs_browser
def test_what_one_sees(tmp_path):
    """The whole picture in the middle of the window, in the colours of `draw`."""
    file = tmp_path / "page.html"
    file.write_text(page.html(COLOUR, frame=FRAME, title="A <b>title</b> & more"), encoding="utf-8")
    shown = screenshot(file, 648, 648)  # room for 600 x 400, and the panel lies on it below
    expected = draw.mean(COLOUR, frame=FRAME, size=(600, 400)).astype(int)
    part = shown[124:300, 24:624].astype(int)
    assert np.abs(part - expected[:176]).max() <= 2
    assert (shown[:100] == shown[0, 0]).all()


@needs_browser
def test_without_webgl2_it_says_so(tmp_path):
    script = "return { text: $('sorry').textContent, shown: !$('sorry').hidden, panel: !$('panel').hidden };"
    text = page.html(INK, frame=FRAME).replace(
        "<head>", "<head><script>HTMLCanvasElement.prototype.getContext = () => null;</script>", 1
    )
    said = ask(text, script, tmp_path)
    assert said["shown"] is True
    assert said["panel"] is False
    assert re.fullmatch(r"This page paints with WebGL2, .*\.", said["text"])


def test_it_is_small_holds_all_and_asks_no_network():
    text = page.html(COLOUR, frame=FRAME)
    assert len(text.encode()) - 80 * 15 * 4 * 4 / 3 < 50_000
    assert "default-src 'none'" in text
    assert not re.search(r"https?:|//[a-z]|\bfetch\b|XMLHttp|import\b|<link|src=", text.replace("default-src", ""))
    assert page.html(COLOUR, frame=FRAME) == text


def test_paper_is_that_of_every_view():
    data = json.loads(re.search(r"const data = (\{.*\});", page.html(INK, frame=FRAME, paper="#0080ff"))[1])
    assert data["paper"] == data["shades"][0] == pytest.approx([0, 128 / 255, 1], abs=1e-4)
    data = json.loads(re.search(r"const data = (\{.*\});", page.html(INK, frame=FRAME))[1])
    assert data["paper"] == [1, 1, 1]
    assert data["shades"][0] != data["paper"]


def test_titles_and_texts_cannot_break_out():
    text = page.html(INK, frame=FRAME, title="</title><script>alert(1)</script> @DATA@ @SCRIPT@")
    assert "<script>alert" not in text
    assert text.count("@DATA@") == 2  # in the title and the summary, as they were given
    assert text.count("const data = {") == 1


def test_components_without_weight_are_left_out():
    mixture = Mixture([0.5, 0.0, 0.5], [[1, 1], [2, 2], [3, 3]], [1.0, 1.0, 1.0], "spherical")
    assert '"count":2,' in page.html(mixture, frame=FRAME)


@pytest.mark.parametrize(
    ("mixture", "wrong", "says"),
    [
        (INK, {"style": "mean"}, r"the style 'mean' is none that a page shows .* choose grid or contour"),
        (COLOUR, {"style": "dots"}, "'dots' is none"),
        (INK, {"tone": "equalise"}, "tone is 'equalise': a page"),
        (INK, {"tone": "0:255,0.1:80,1:0"}, "tone is '0:255,0.1:80,1:0': a page"),
        (INK, {"frame": (0, 0, 0, 1)}, "left must lie below right"),
        (INK, {"ink": "blak"}, "ink is 'blak'"),
        (INK, {"colours": "jet"}, "colour map 'jet'"),
        (Mixture([1.0], [[0.0]], [1.0], "spherical"), {}, "1 coordinates: a page shows 2"),
    ],
)
def test_wrong_input(mixture, wrong, says):
    with pytest.raises(InputError, match=says):
        page.html(mixture, **({"frame": FRAME} | wrong))
