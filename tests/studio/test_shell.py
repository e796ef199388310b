"""The studio's frame in Debian's Chromium: what opens, how it looks at each width, errors, the link that is lost."""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import signal
import socket
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright", reason="pip install playwright brings what drives Chromium")
pytest.importorskip("uvicorn", reason="pip install 'mixtura[studio]' brings uvicorn")

from browsing import browser, page, served, state, uncompared, until
from PIL import Image

import mixtura as mx
from mixtura.gallery import sample

SHOWN = """(selector) => { const found = document.querySelector(selector); if (!found) return false;
    const { width, height } = found.getBoundingClientRect();
    return found.checkVisibility({ visibilityProperty: true }) && width > 0 && height > 0; }"""


@pytest.fixture(scope="module")
def chromium():
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def address():
    with served() as (found, _):
        yield found


def opened(page, name="moons"):
    """A sample, open, without a fit."""
    until(page, "app.state.engine !== null")
    page.evaluate(
        "name => { const { studio } = document.querySelector('.mixtura-studio'); "
        "studio.openSample(studio.state.engine.samples.find((each) => each.name === name), {}); }",
        name,
    )
    until(page, "app.state.document !== null && app.state.document.source.points.length > 0")
    uncompared(page)


def fitted(page):
    """A fit, from its start to its end."""
    page.locator(".play").click()
    until(page, "app.state.document.parts !== null && app.state.job?.kind !== 'fit'")


def fits_on(page):
    """A second fit has come to its end: the engine has the points."""
    fits = "app.state.history.entries.filter(({ kind }) => kind === 'fit')"
    until(page, f"{fits}.length === 2 && {fits}[1].steps.length > 0 && app.state.job?.kind !== 'fit'")
    assert state(page, "app.state.notice") is None


def chosen(page, name, content):
    """A file, as a person chooses it."""
    until(page, "app.state.engine !== null")
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "", "buffer": content})


def drawn(pixels):
    """The bytes of a picture file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def shown(page, selector):
    return page.evaluate(SHOWN, selector)


def act(page, action):
    page.evaluate("action => document.querySelector('.mixtura-studio').studio.dispatch(action)", action)


def rested(page):
    """After two frames all views have been told; then what fades has faded."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")
    page.evaluate(
        "() => Promise.all(document.getAnimations().filter((each) => each instanceof CSSTransition)"
        ".map((each) => each.finished.catch(() => null))).then(() => null)"
    )


def test_the_empty_page_offers_one_field_three_samples_and_nothing_else(chromium, address):
    with page(chromium, address) as at:
        until(at, "app.state.engine !== null")
        assert at.locator(".welcome h1").inner_text() == "Drop a picture or a table here"
        assert at.locator(".samples button").count() == 3
        for part in (".look", ".parts", ".time", ".line", ".tools", ".zoom", ".tabs", ".top .primary"):
            assert not shown(at, part), part
        assert "token" not in at.url


def test_the_server_sends_all_scripts_as_one(chromium, address):
    with page(chromium, address) as at:
        until(at, "app.state.engine !== null")  # by then it has been made
        at.reload()
        until(at, "app.state.engine !== null")
        scripts = at.evaluate(
            "() => performance.getEntriesByType('resource').filter((e) => e.name.endsWith('.js')).length"
        )
        assert scripts == 1


def test_each_width_has_its_regions_and_nothing_is_wider_than_it(chromium, address):
    with page(chromium, address) as at:
        opened(at)
        for width in (390, 767, 768, 1024, 1279, 1280, 1440, 2560):
            at.set_viewport_size({"width": width, "height": 844})
            rested(at)
            wide, small = width >= 1280, width < 768
            assert shown(at, ".tabs") is not wide, width
            assert [shown(at, part) for part in (".look", ".parts")] == [wide, True], width
            assert shown(at, ".line") is not small, width
            assert shown(at, ".zoom") is not small, width
            overflow = at.evaluate(
                "() => [...document.querySelectorAll('.studio, .top, .panel, .time, .line, .tabs')]"
                ".filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1)"
                ".map((each) => each.className)"
            )
            assert overflow == [], width
            boxes = [at.locator(part).bounding_box() for part in (".top", ".stage", ".time")]
            for one, other in itertools.combinations(boxes, 2):
                assert one["y"] + one["height"] <= other["y"] + 1, width
        at.set_viewport_size({"width": 390, "height": 844})
        rested(at)
        tabs = at.locator(".tabs").bounding_box()
        assert tabs["y"] + tabs["height"] > 842  # at the thumb
        for name in ("Look", "Components", "Ask", "Fit"):
            at.locator(".tabs button", has_text=name).click()
            rested(at)
            assert [shown(at, part) for part in (".look", ".of-parts", ".of-ask", ".of-fit")].count(True) == 1


def test_what_fingers_hit_is_large(chromium, address):
    with page(chromium, address, width=390, height=844, has_touch=True, is_mobile=True) as at:
        opened(at)
        fitted(at)
        act(at, {"type": "select", "indices": [0], "how": "set"})
        for name in ("Look", "Components", "Ask", "Fit"):
            at.locator(".tabs button", has_text=name).click()
            rested(at)
            small = at.evaluate(
                "() => [...document.querySelectorAll('.top button, .tools button, .tabs button, .panel button, .time "
                "button, .panel select')].filter((each) => each.checkVisibility({ visibilityProperty: true }))"
                ".map((each) => [each.getBoundingClientRect(), each.ariaLabel || each.textContent])"
                ".filter(([{ width, height }]) => Math.min(width, height) < 24 || Math.max(width, height) < 34)"
                ".map(([{ width, height }, words]) => `${words} ${width} x ${height}`)"
            )
            assert small == [], name


def test_axe_finds_nothing_serious(chromium, address):
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="pip install axe-core-python brings axe")
    script = (Path(axe.__file__).parent / "axe.min.js").read_text("utf-8")

    def serious(at):
        rested(at)
        found = at.evaluate("async () => (await axe.run('.mixtura-studio')).violations")
        return [
            (each["id"], [node["html"][:160] for node in each["nodes"]])
            for each in found
            if each["impact"] in ("serious", "critical")
        ]

    with page(chromium, address) as at:
        at.evaluate(script)
        until(at, "app.state.engine !== null")
        assert serious(at) == []
        opened(at)
        fitted(at)
        act(at, {"type": "select", "indices": [0, 1], "how": "set"})
        act(at, {"type": "ask", "ask": {"place": [0.5, 0.2]}})
        for theme in ("light", "dark"):
            act(at, {"type": "theme", "theme": theme})
            assert serious(at) == [], theme
        for way in (".top .primary", ".title", ".top [aria-label='Keys and help']"):
            at.locator(way).click()
            assert serious(at) == [], way
            at.keyboard.press("Escape")
        at.set_viewport_size({"width": 390, "height": 844})
        assert serious(at) == []


def test_an_error_is_a_sentence_and_a_remedy_and_the_document_stays(chromium, address):
    with page(chromium, address) as at:
        opened(at)
        chosen(at, "broken.png", b"\x89PNG and then nothing")
        notice = at.locator(".notice[role=alert]")
        notice.wait_for()
        assert "broken.png" in notice.inner_text().lower()
        assert len(re.findall(r"[.:] ", notice.inner_text())) >= 1
        assert state(at, "app.state.document.source.name").startswith("moons")
        box, strip = notice.bounding_box(), at.locator(".time").bounding_box()
        assert strip["y"] <= box["y"]
        assert box["y"] + box["height"] <= strip["y"] + strip["height"]
        notice.get_by_role("button").last.click()
        rested(at)
        assert at.locator(".notice").count() == 0


def test_the_threshold_is_live_on_the_picture_and_goes_along(chromium, address):
    ramp = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (32, 1))
    dark = """() => {
        const canvas = document.querySelector('.preview'), { width, height } = canvas, g = canvas.getContext('2d');
        const values = g.getImageData(0, 0, width, height).data.filter((_, i) => i % 4 === 0);
        return values.filter((value) => value < 128).length / values.length;
    }"""
    with page(chromium, address) as at:
        chosen(at, "ramp.png", drawn(ramp))
        at.locator(".preview").wait_for()
        assert at.get_by_role("radio", name="Ink").get_attribute("aria-checked") == "true"
        shares = []
        for threshold in (60, 200):
            at.get_by_label("Threshold").fill(str(threshold))
            shares.append(at.evaluate(dark))
        assert shares == pytest.approx([60 / 255, 200 / 255], abs=0.03)
        at.get_by_label("Threshold").fill("60")
        at.get_by_role("button", name="Paint it").click()
        until(at, "app.state.document !== null")
        assert state(at, "[app.state.document.source.kind, app.state.document.source.threshold]") == ["ink", 60]
        assert state(at, "app.state.document.source.n") == 32 * int((ramp[0] < 60).sum())
        until(at, "app.state.document.parts !== null")  # it is fitted at once


def test_columns_are_chosen_with_their_types_and_gaps(chromium, address):
    table = "name,a,b,c\n" + "".join(f"row{i},{i},{'' if i % 4 == 0 else i * 2},{i % 7}\n" for i in range(40))
    with page(chromium, address) as at:
        chosen(at, "<img src=x onerror=alert(1)>.csv", table.encode())
        sheet = at.get_by_role("dialog", name="Columns")
        sheet.wait_for()
        assert sheet.get_by_role("heading").inner_text() == "<img src=x onerror=alert(1)>.csv"  # text, never markup
        assert sheet.get_by_role("checkbox", name="name").is_disabled()
        assert "25.0 % gaps" in sheet.locator(".columnrow").nth(2).inner_text()
        sheet.get_by_role("checkbox", name="c").uncheck()
        sheet.get_by_role("button", name="Open").click()
        until(at, "app.state.document !== null")
        assert state(at, "app.state.document.source.columns") == ["a", "b"]
        assert state(at, "app.state.document.source.points.filter(Number.isNaN).length") == 10
        rested(at)
        assert at.locator(".axes select").first.locator("option").all_inner_texts() == ["a", "b"]


def test_a_table_that_is_left_at_its_columns_leaves_the_engine_as_it_was(chromium, address):
    rows = np.random.default_rng(3).normal(size=(40, 3))
    plain = "u,v\n" + "".join(f"{a:.4f},{b:.4f}\n" for a, b, _ in rows)
    wide = "a,b,c\n" + "".join(f"{100 + a:.4f},{b:.4f},{c:.4f}\n" for a, b, c in rows)
    with page(chromium, address) as at:
        chosen(at, "plain.csv", plain.encode())
        until(at, "app.state.document !== null")
        fitted(at)
        wanted = state(at, "[...app.state.document.parts.means]")
        for leave in ("Cancel", "Escape"):
            chosen(at, "wide.csv", wide.encode())
            sheet = at.get_by_role("dialog", name="Columns")
            sheet.wait_for()
            sheet.get_by_role("button", name="Cancel").click() if leave == "Cancel" else at.keyboard.press("Escape")
            assert state(at, "app.state.document.source.name") == "plain.csv"
            at.get_by_role("button", name="Start again").click()
            until(at, "app.state.job?.kind !== 'fit' && app.state.document.fit.reason === 'converged'")
            assert state(at, "[...app.state.document.parts.means]") == wanted
            assert state(at, "app.state.notice") is None
        # Where the points cannot be given back, it is said, and nothing is fitted to others.
        sample = "{ ...app.state.document, source: { ...app.state.document.source, whole: false } }"
        state(at, f"void app.dispatch({{ type: 'open', document: {sample} }}) || void app.emit('origin', null)")
        chosen(at, "wide.csv", wide.encode())
        at.get_by_role("dialog", name="Columns").get_by_role("button", name="Cancel").click()
        until(at, "app.state.notice?.remedy.includes('open its file again')")
        rested(at)
        assert at.get_by_role("button", name="Start again").is_disabled()
        assert at.locator(".play").is_disabled()
        opened(at)
        fitted(at)


def test_points_are_sprayed_and_become_the_document(chromium, address):
    with page(chromium, address) as at:
        until(at, "app.state.engine !== null")
        at.locator(".title").click()
        at.get_by_role("menuitem", name="Draw points").click()
        pad = at.locator(".pad").bounding_box()
        x, y = pad["x"] + 0.3 * pad["width"], pad["y"] + 0.3 * pad["height"]
        at.mouse.move(x, y)
        at.mouse.down()
        at.mouse.move(x + 200, y, steps=8)
        at.wait_for_timeout(200)
        at.mouse.up()
        at.get_by_role("button", name="Use these").click()
        until(at, "app.state.document !== null")
        assert state(at, "app.state.document.source.kind") == "points"
        points = np.array(state(at, "[...app.state.document.source.points]")).reshape(-1, 2)
        assert len(points) > 50
        assert points[:, 1].mean() > 0  # what was above the middle goes up


def test_what_begins_a_document_holds_the_focus_until_it_is_left(chromium, address):
    def rounds(at, most=20):
        """The places that Tab comes to, until the first one comes again."""
        seen = []
        for key in ["Tab"] * most + ["Shift+Tab"] * most:
            inside = at.evaluate("() => document.activeElement.closest('.begin') !== null")
            seen.append(at.evaluate("() => document.activeElement.ariaLabel || document.activeElement.textContent"))
            assert inside, seen
            at.keyboard.press(key)
        return set(seen)

    with page(chromium, address) as at:
        opened(at)
        rested(at)
        at.locator(".surface").focus()
        chosen(at, "ramp.png", drawn(np.full((8, 8, 3), (200, 40, 40), np.uint8)))
        dialog = at.get_by_role("dialog", name="Begin with this picture")
        dialog.wait_for()
        assert dialog.get_attribute("aria-modal") == "true"
        assert {"Paint it", "Cancel"} < rounds(at)
        dialog.locator(".beginname").click()  # beside all that takes the focus
        at.keyboard.press("k")
        at.keyboard.press("Delete")
        at.locator(".play").click(force=True)
        assert state(at, "app.state.job") is None
        at.keyboard.press("Escape")
        assert not dialog.is_visible()
        assert at.evaluate("() => document.activeElement.className") == "surface"
        at.locator(".title").click()
        at.get_by_role("menuitem", name="Draw points").click()
        pad = at.get_by_role("dialog", name="Draw points")
        assert pad.get_attribute("aria-modal") == "true"
        assert {"Brush", "Flow", "Cancel"} < rounds(at)
        at.keyboard.press("Escape")
        assert not pad.is_visible()
        assert "open, or change" in at.evaluate("() => document.activeElement.title")
        at.keyboard.press("k")
        until(at, "app.state.document.parts !== null")  # all else listens again


def test_each_tool_has_a_button_a_key_and_a_line_among_the_keys(chromium, address):
    with page(chromium, address) as at:
        opened(at)
        fitted(at)
        at.locator(".surface").focus()
        for key, tool in {"v": "select", "l": "lasso", "b": "brush", "n": "new", "q": "ask", " ": "pan"}.items():
            at.keyboard.press(key)
            assert state(at, "app.state.tool") == tool
            rested(at)
            pressed = at.locator(".tools [aria-pressed=true]")
            assert f"({key.upper().replace(' ', 'space')})" in pressed.get_attribute("title")
            assert pressed.locator("svg > *").count() > 0
        at.keyboard.press("v")
        at.keyboard.press("?")
        tools = at.locator(".keylists section", has_text="Tools")
        assert {"V", "L", "B", "N", "Q", "Space"} < set(tools.locator("kbd").all_inner_texts())


def test_a_link_opens_a_sample_with_its_settings(chromium, address):
    with page(chromium, f"{address}&sample=moons&k=5&seed=8&start=kmeans") as at:
        until(at, "app.state.document !== null")
        fit = state(at, "app.state.document.fit")
        assert (fit["k"], fit["seed"], fit["start"]) == (5, 8, "kmeans")
        assert state(at, "app.state.job") is None  # who follows a lesson begins it
        at.locator(".play").click()
        until(at, "app.state.document.parts !== null && app.kept === app.state.document")
        at.reload()  # keeps what was done, and does not begin the lesson anew
        until(at, "app.state.document !== null && app.state.document.parts !== null")


def test_a_pasted_line_gives_its_settings(chromium, address):
    paste = """text => {
        const clipboardData = new DataTransfer();
        clipboardData.setData('text/plain', text);
        document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    }"""
    with page(chromium, address) as at:
        opened(at)
        at.evaluate(paste, "mixtura fit moons.csv -k 7 --start kmeans++ --seed 3 -o moons.mix")
        until(at, "app.state.document.fit.k === 7")
        fit = state(at, "app.state.document.fit")
        assert (fit["start"], fit["seed"]) == ("kmeans++", 3)
        entries = state(at, "app.state.history.entries.length")
        at.evaluate(paste, "mixtura fit moons.csv --seed 4 --covariance round")
        assert state(at, "app.state.notice.sentence") == "--covariance is round: give full, tied, diag or spherical."
        assert state(at, "app.state.history.entries.length") == entries
        assert state(at, "app.state.document.fit.seed") == 3
        at.evaluate(paste, "mixtura fit moons.csv --axes y,x --n-init 4")
        until(at, "app.state.document.axes.join() === '1,0'")
        notice = state(at, "app.state.notice")
        assert notice["sentence"] == "The settings of the line are taken, without --n-init."
        assert "The studio has no --n-init for it" in notice["remedy"]


def test_all_by_keyboard_from_opening_to_taking_away(chromium, address):
    with page(chromium, address, reduced_motion="reduce") as at:
        until(at, "app.state.engine !== null")

        def tab_to(words, most=60):
            for _ in range(most):
                at.keyboard.press("Tab")
                found = at.evaluate("() => document.activeElement.ariaLabel || document.activeElement.textContent")
                if words in found:
                    return
            raise AssertionError(f"Tab does not come to {words!r}")

        tab_to("Two moons")
        at.keyboard.press("Enter")
        until(at, "app.state.document !== null")
        at.keyboard.press("k")
        until(at, "app.state.document.parts !== null && app.state.job?.kind !== 'fit'")
        regions = []
        at.locator(".title").focus()
        for _ in range(80):
            region = at.evaluate(
                "() => ['top', 'look', 'stage', 'parts', 'time', 'line']"
                ".find((name) => document.activeElement.closest(`.${name}`)) ?? null"
            )
            if region and region not in regions:
                regions.append(region)
            at.keyboard.press("Tab")
        assert regions == ["top", "look", "stage", "parts", "time", "line"]
        at.locator(".surface").focus()
        at.keyboard.press("]")
        until(at, "app.state.selection.length === 1")
        before = state(at, "app.state.document.parts.k")
        at.keyboard.press("s")
        until(at, f"app.state.document.parts.k === {before + 1}")
        at.keyboard.press("Control+z")
        until(at, f"app.state.document.parts.k === {before}")
        at.keyboard.press("p")
        rested(at)
        assert not shown(at, ".look")
        at.keyboard.press("Escape")
        rested(at)
        assert shown(at, ".look")
        at.keyboard.press("Control+s")
        at.get_by_role("dialog", name="Take away").wait_for()
        tab_to("Model")
        with at.expect_download() as download:
            at.keyboard.press("Enter")
        assert download.value.suggested_filename == "moons.mix"
        at.keyboard.press("Escape")
        assert at.evaluate("() => document.activeElement.textContent") == "Take away"


def test_a_reload_brings_all_of_it_back(chromium, address):
    with page(chromium, address) as at:
        opened(at)
        fitted(at)
        act(at, {"type": "select", "indices": [0], "how": "set"})
        at.locator(".surface").focus()
        at.keyboard.press("d")
        until(at, "app.state.document.parts.k === 4")
        means = state(at, "[...app.state.document.parts.means]")
        until(at, "app.kept === app.state.document")
        at.reload()
        at.wait_for_selector(".mixtura-studio")
        until(at, "app.state.document !== null && app.state.document.parts !== null")
        assert state(at, "[...app.state.document.parts.means]") == means
        at.keyboard.press("Control+z")
        until(at, "app.state.document.parts.k === 3")  # undo goes across the reload
        at.locator(".play").click()  # and the engine still has the points
        fits_on(at)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_server_that_is_killed_and_started_again_is_found_and_told(chromium, tmp_path):
    port = str(free_port())
    with served("--port", port) as (first, process), page(chromium, first) as at:
        opened(at)
        fitted(at)
        os.kill(process.pid, signal.SIGKILL)
        until(at, "app.state.link === 'lost'")
        rested(at)
        assert "fits wait" in at.locator(".notice").inner_text()
        before = state(at, "app.state.document.parts.k")
        at.locator(".surface").focus()
        at.keyboard.press("]")
        at.keyboard.press("s")  # edits go on
        until(at, f"app.state.document.parts.k === {before + 1}")
        at.keyboard.press("Control+s")
        with at.expect_download() as download:
            at.locator(".take .row[data-kind=mix]").click()
        download.value.save_as(tmp_path / "moons.mix")
        saved = mx.load(tmp_path / "moons.mix")
        weights = state(at, "[...app.state.document.parts.weights]")
        assert saved.weights == pytest.approx(weights)
        at.keyboard.press("Escape")
        process.wait(10)
        with served("--port", port, str(sample("geyser.csv"))) as (second, _):  # not for who comes back
            assert second == first
            until(at, "app.state.link === 'open'")
            at.wait_for_timeout(500)
            assert state(at, "app.state.document.parts.k") == before + 1
            at.locator(".play").click()
            fits_on(at)
            assert state(at, "Math.max(...app.state.document.parts.means.map(Math.abs))") < 4  # to the same points


def test_mounted_and_destroyed_often_it_leaves_nothing(chromium, address):
    with page(chromium, address) as at:
        until(at, "app.state.engine !== null")
        counts = at.evaluate(
            """async () => {
                const { mount } = await import('./studio.js');
                const first = document.querySelector('.mixtura-studio'), made = [], closed = [];
                const target = EventTarget.prototype, { addEventListener: add, removeEventListener: remove } = target;
                const lasts = (of) => of === window || of === document || of instanceof MediaQueryList;
                let kept = 0;
                target.addEventListener = function (...words) { kept += lasts(this); return add.apply(this, words); };
                target.removeEventListener = function (...words) {
                    kept -= lasts(this);
                    return remove.apply(this, words);
                };
                const place = document.createElement('div');
                document.body.append(place);
                for (let i = 0; i < 24; i += 1) {  // more than a browser has contexts of WebGL
                    const transport = { send: () => true, close: () => closed.push(i), onmessage: null, onstate: null };
                    const { destroy } = mount(place, transport, { embedded: true, height: 400 });
                    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
                    made.push(place.childElementCount);
                    destroy();
                }
                return { made: new Set(made).size, left: place.childElementCount, closed: closed.length, kept,
                    first: document.contains(first) };
            }"""
        )
        assert counts == {"made": 1, "left": 0, "closed": 24, "kept": 0, "first": True}


def test_files_are_taken_with_the_line_that_makes_them(chromium, address, tmp_path):
    far = np.hypot(*np.mgrid[-32:32, -32:32])
    ring = np.where(abs(far - 20) < 5, 0, 255).astype(np.uint8)
    with page(chromium, address) as at:
        chosen(at, "ring.png", drawn(ring))
        at.get_by_role("button", name="Cancel").click()
        assert state(at, "app.state.document") is None
        chosen(at, "ring.png", drawn(ring))
        at.get_by_role("button", name="Paint it").click()
        until(at, "app.state.document !== null && app.state.document.parts !== null && app.state.job?.kind !== 'fit'")
        at.get_by_role("button", name="Take away").click()
        at.get_by_label("Width in pixels").fill("300")
        at.get_by_label("Width in pixels").press("Enter")
        assert at.get_by_label("Height in pixels").input_value() == "300"
        with at.expect_download() as download:
            at.locator(".take .row[data-kind=png]").click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        with Image.open(file) as image:
            assert image.size == (300, 300)
        line = at.locator(".takeline code").inner_text()
        assert line.startswith("mixtura paint")
        assert line.endswith(file.name)
        assert json.loads(state(at, "JSON.stringify(app.state.notice)")) is None
