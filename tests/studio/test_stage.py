"""The stage in Debian's Chromium: hands on handles, on the picture and on the keys; what its canvases show of it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright", reason="pip install playwright brings what drives Chromium")

from browsing import browser, files, page
from hands import Studio

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>stage</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/studio.css"><link rel="stylesheet" href="/panels.css">
<link rel="stylesheet" href="/page.css"></head><body><script type="module" src="/staged.js"></script></body></html>"""
ON_STAGE = """app.stage.held.handles.map(({ kind, at: [x, y] }) => {
    const { left, top } = app.stage.element.getBoundingClientRect();
    return [kind, app.stage.surface.contains(root.getRootNode().elementFromPoint(left + x, top + y))]; })"""
SCRIPT = (Path(__file__).parent / "js" / "staged.mjs").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def chromium():
    with browser() as opened, files({"/stage": PAGE, "/staged.js": SCRIPT}) as address:
        yield opened, f"{address}/stage"


@pytest.fixture(scope="module")
def one(chromium):
    with page(*chromium, width=900, height=620) as at:
        yield Studio(at, "app.said")


def begun(studio, kind="table", k=4):
    studio.ask(f"void app.begin('{kind}', {k})")
    frames(studio)
    return studio


def frames(studio):
    studio.page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
    )


def entries(studio):
    return studio.ask("state.history.entries.map(({ label }) => label)")


def bits(studio):
    return studio.ask("[doc.parts.weights, doc.parts.means, doc.parts.factors].map((each) => [...each].join())")


def near(found, wanted, much=1e-6):
    assert np.abs(np.asarray(found) - np.asarray(wanted)).max() < much, (found, wanted)


def painted(studio, name, spot):
    return studio.ask(f"app.opacity('{name}', {spot[0]}, {spot[1]})")


def test_a_drag_is_one_entry_undo_gives_the_same_bits_and_escape_leaves_nothing(one):
    studio = begun(one)
    before = bits(studio)
    studio.select(1)
    x, y = studio.handle("mean")
    studio.drag((x, y), (x + 20, y - 10), (x + 61, y + 33))
    unit = studio.ask("app.place.unit")
    near(studio.parts[1][1], [3 + 61 * unit, 2 - 33 * unit])
    assert entries(studio) == ["table", "Select", "Move Component 2"]
    after = bits(studio)
    studio.page.keyboard.press("Control+z")
    assert bits(studio) == before
    studio.page.keyboard.press("Control+Shift+z")
    assert bits(studio) == after
    studio.press(*studio.handle("mean"))
    studio.page.mouse.move(400, 300, steps=3)
    assert bits(studio) != after
    studio.page.keyboard.press("Escape")
    studio.page.mouse.up()
    assert bits(studio) == after
    assert len(entries(studio)) == 3


def test_handles_stretch_turn_and_weigh(one):
    studio = begun(one)
    studio.select(0)
    middle = np.array(studio.handle("mean"))
    grip = np.array(studio.handle("long"))
    studio.drag(grip, middle + 1.5 * (grip - middle))
    near(studio.parts[2][0], [[0.75**2, 0], [0, 0.25**2]], 1e-3)
    grip = np.array(studio.handle("short"))
    studio.drag(grip, middle + 2 * (grip - middle), keys=["Shift"])
    near(studio.parts[2][0], [[1.5**2, 0], [0, 0.5**2]], 1e-2)
    knob = np.array(studio.handle("turn")) - middle
    quarter = middle + np.array([-knob[1], knob[0]])
    studio.drag(middle + knob, quarter + np.array([2, 1]), keys=["Shift"])
    near(studio.parts[2][0], [[0.5**2, 0], [0, 1.5**2]], 1e-2)
    held = np.array(studio.handle("weight"))
    across = np.array([np.hypot(*(held - middle)), 0])
    down = across[::-1]
    studio.drag(held, middle + across, middle + down, middle - across)
    near(studio.parts[0], [(3 / 4) ** 2, *[(1 - (3 / 4) ** 2) / 3] * 3], 1e-3)
    assert entries(studio)[2:] == [
        "Stretch Component 1",
        "Stretch Component 1",
        "Turn Component 1",
        "Weigh Component 1",
    ]


def test_clicks_choose_the_likeliest_then_the_next_and_keys_add_and_remove(one):
    studio = begun(one)
    studio.ask("void app.moved('Near', (v, at) => [1, 2, 1.2, 2, 5, 2, 7, 2][at])")
    spot = studio.at(1, 2)
    found = []
    for _ in range(3):
        studio.page.mouse.click(*spot)
        studio.page.wait_for_timeout(320)  # two clicks are no double click
        found.append(studio.selection)
    assert found == [[0], [1], [0]]
    for keys, index, wanted in ((["Shift"], 2, [0, 2]), (["Shift"], 3, [0, 2, 3]), (["Alt"], 2, [0, 3])):
        for key in keys:
            studio.page.keyboard.down(key)
        studio.page.mouse.click(*studio.mean(index))
        for key in keys:
            studio.page.keyboard.up(key)
        assert studio.selection == wanted
    studio.page.mouse.click(*studio.at(4, 2.95))
    assert studio.selection == []


def test_lasso_and_brush_take_what_they_pass(one):
    studio = begun(one)
    studio.key("l")
    studio.drag(studio.at(0.3, 1.7), studio.at(3.6, 1.7), studio.at(3.6, 2.3), studio.at(0.3, 2.3))
    assert sorted(studio.selection) == [0, 1]
    studio.drag(
        studio.at(2.4, 1.7), studio.at(7.5, 1.7), studio.at(7.5, 2.3), studio.at(2.4, 2.3), keys=["Shift", "Alt"]
    )
    assert studio.selection == [1]
    studio.key("b")
    studio.drag(studio.at(3.5, 2), studio.at(4, 2), studio.at(7.2, 2))
    assert sorted(studio.selection) == [2, 3]
    assert entries(studio)[1:] == ["Select"] * 3


def test_a_frame_around_several_moves_and_stretches_them_as_one(one):
    studio = begun(one)
    studio.ask("void app.dispatch({ type: 'select', indices: [0, 1], how: 'set' })")
    frames(studio)
    x, y = studio.handle("mean")
    studio.drag((x, y), (x + 30, y))
    shift = 30 * studio.ask("app.place.unit")
    near(studio.parts[1][:2, 0], [1 + shift, 3 + shift])
    left, _ = studio.handle("corner", 0)
    right, bottom = studio.handle("corner", 3)
    studio.drag((right, bottom), (right + (right - left) / 2, bottom))
    (_, means, covariances) = studio.parts
    near(means[1, 0] - means[0, 0], 3, 0.02)
    near(covariances[:2, 0, 0], [0.75**2] * 2, 0.02)
    near(covariances[:2, 1, 1], [0.25**2] * 2, 1e-6)


def test_keys_do_what_they_say_and_leave_those_alone_who_write(one):
    studio = begun(one)
    studio.key("]", "]")
    assert studio.selection == [1]
    unit = studio.ask("app.place.unit")
    studio.key("ArrowRight", "Shift+ArrowUp")
    near(studio.parts[1][1], [3 + unit, 2 + 10 * unit])
    studio.key("Alt+ArrowRight", "Alt+Shift+.")
    wide = 0.5 + unit
    c, s = np.cos(np.pi / 12), np.sin(np.pi / 12)
    turn = np.array([[c, s], [-s, c]])
    near(studio.parts[2][1], turn @ np.diag([wide**2, 0.25**2]) @ turn.T, 1e-9)
    studio.key("s")
    assert studio.ask("[doc.parts.k, ...state.selection]") == [5, 4, 1]
    studio.key("m", "1", "3", "h", "d")
    assert studio.ask("[doc.parts.k, doc.pins[1], doc.hidden[1], ...state.selection]") == [5, 5, 1, 4]
    studio.key("Delete")
    assert studio.ask("doc.parts.k") == 4
    studio.key("n", "q", "l", "v", "Control+a")
    assert studio.ask("[state.tool, state.selection.length]") == ["select", 3]
    studio.key("]")
    frames(studio)
    before = bits(studio)
    field = studio.root.get_by_label("Name", exact=True).first
    field.fill("s m d h")
    field.press("Delete")
    assert bits(studio) == before


def test_space_moves_the_view_while_it_is_held_and_wheel_and_double_click_come_nearer(one):
    studio = begun(one)
    spot = tuple(round(each) for each in studio.at(3, 2))
    under = f"app.under({spot[0]}, {spot[1]})"
    place = studio.ask(under)
    studio.page.mouse.move(*spot)
    studio.page.mouse.wheel(0, -300)
    studio.until("state.eye !== null")
    near(studio.ask(under), place)
    unit = studio.ask("app.place.unit")
    studio.page.mouse.dblclick(*spot)
    near(studio.ask(under), place)
    assert studio.ask("app.place.unit") == pytest.approx(unit / 2)
    studio.key("Escape")
    studio.page.keyboard.down("Space")
    assert studio.ask("state.tool") == "pan"
    studio.page.wait_for_timeout(300)
    studio.drag(spot, (spot[0] + 50, spot[1] + 20))
    studio.page.keyboard.up("Space")
    assert studio.ask("state.tool") == "select"
    near(studio.at(*place), [spot[0] + 50, spot[1] + 20], 1e-3)
    studio.key("0")
    assert studio.ask("state.eye") is None
    assert studio.ask("state.history.entries.filter(({ kind }) => kind === 'edit').length") == 0


def test_new_components_are_drawn_and_places_and_boxes_asked_about(one):
    studio = begun(one, "picture")
    studio.key("n")
    studio.drag(studio.at(100, 180), studio.at(164, 212))
    weights, means, covariances = studio.parts
    near(weights[4], 0.2)
    near(means[4, :2], [132, 196], 1e-3)
    near(covariances[4, :2, :2], [[20**2, 0], [0, 10**2]], 0.5)
    assert studio.ask("[state.tool, ...state.selection]") == ["select", 4]
    studio.key("q")
    studio.page.mouse.click(*studio.at(60, 120))
    near(studio.ask("state.ask.place"), [60, 120], 1e-3)
    frames(studio)
    assert painted(studio, "over", studio.at(60, 120)) == 255
    studio.drag(studio.at(20, 60), studio.at(200, 100))
    near(studio.ask("state.ask.box"), [20, 60, 200, 100], 1e-3)
    studio.key("Escape", "Escape", "Escape")
    assert studio.ask("state.ask") is None


def test_dragging_pauses_a_fit_and_alt_at_the_end_goes_on(one):
    studio = begun(one)
    studio.ask("void app.dispatch({ type: 'begin', job: 77, kind: 'fit' })")
    studio.ask("void app.dispatch({ type: 'select', indices: [0], how: 'set' })")
    frames(studio)
    said = "app.said.map(({ type, job }) => type).filter((type) => type !== 'edit')"
    x, y = studio.handle("mean")
    studio.press(x, y)
    studio.page.mouse.move(x + 5, y)
    assert studio.ask(said)[0] == "pause"
    studio.page.mouse.move(x + 30, y, steps=3)
    studio.page.keyboard.down("Alt")
    studio.page.mouse.up()
    studio.page.keyboard.up("Alt")
    assert studio.ask(said)[-1] == "fit"
    assert studio.ask("state.job.state") == "running"
    near(studio.parts[1][0, 0], 1 + 30 * studio.ask("app.place.unit"))
    assert studio.ask("state.history.entries.slice(-2).map(({ kind }) => kind)") == ["edit", "fit"]
    studio.ask("void app.dispatch({ type: 'failed', job: state.job.id, sentence: 'over', remedy: null })")
    studio.ask("void app.dispatch({ type: 'notice', notice: null })")


def test_on_one_axis_a_component_is_a_bump_that_one_can_move_widen_and_weigh(one):
    studio = begun(one, "line")
    studio.ask("void app.dispatch({ type: 'select', indices: [1], how: 'set' })")
    frames(studio)
    x, y = studio.handle("mean")
    studio.drag((x, y), (x + 40, y - 9))
    near(studio.parts[1][1], [3 + 40 * studio.ask("app.place.unit")])
    x, y = studio.handle("mean")
    grip, _ = studio.handle("long")
    studio.drag((grip, studio.handle("long")[1]), (x + 2 * (grip - x), y))
    near(studio.parts[2][1], [[1.0]], 0.05)
    top = studio.handle("weight")
    studio.drag(top, (top[0], top[1] + 30))
    assert studio.parts[0][1] < 0.25
    assert painted(studio, "marks", studio.at(1, 0.01)) > 0


def test_the_divider_is_a_slider(one):
    studio = begun(one, "picture")
    line = studio.root.get_by_role("slider", name="How much of the original is seen")
    assert line.is_hidden()  # no original is there
    studio.ask("void app.begin('table')")
    studio.ask("void app.moved('Half', (v) => v + 1)")
    studio.ask("void app.dispatch({ type: 'compare', entry: 0 })")
    frames(studio)
    assert line.is_visible()
    assert "before “Half”" in studio.root.locator(".compared").inner_text()
    box = line.bounding_box()
    studio.drag((box["x"] + box["width"] / 2, box["y"] + 40), (box["x"] + box["width"] / 2 + 80, box["y"] + 40))
    assert studio.ask("doc.look.split") > 0.4
    line.focus()
    studio.page.keyboard.press("End")
    frames(studio)
    assert line.get_attribute("aria-valuenow") == "100"
    studio.page.keyboard.press("\\")
    frames(studio)
    assert studio.ask("state.compare") is None
    assert line.is_hidden()


def test_what_is_selected_is_told_to_those_who_hear_the_screen(one):
    studio = begun(one)
    stage = studio.root.get_by_role("application").first
    studio.key("]", "]", "1")
    frames(studio)
    option = studio.page.locator(f"[id='{stage.get_attribute('aria-activedescendant')}']")
    assert re.fullmatch(r"Component 2, weight 25.0\s%, at 3\.0+, 2\.0+, pinned mean", option.inner_text())
    assert option.get_attribute("aria-selected") == "true"
    assert studio.root.get_by_role("listbox", name="Components by weight").first.get_by_role("option").count() == 4
    for key, words in [
        ("s", "Split Component 2, 5 components now"),
        ("ArrowRight", "Nudge 2 components"),
        ("Control+z", "Undone: Nudge 2 components"),
        ("Control+Shift+z", "Done again: Nudge 2 components"),
    ]:
        studio.key(key)
        frames(studio)
        assert words in stage.locator("[aria-live=polite]").all_inner_texts()


def test_fingers_pinch_pan_and_hit_handles_from_farther_away(chromium):
    with page(*chromium, width=390, height=844, has_touch=True, device_scale_factor=2) as at:
        studio = begun(Studio(at, "app.said"))
        touch = at.context.new_cdp_session(at)

        def fingers(kind, *spots):
            points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(spots)]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        left, right = studio.at(3, 2), studio.at(5, 2)
        fingers("touchStart", left, right)
        fingers("touchMove", (left[0] - 20, left[1] + 10), (right[0] + 20, right[1] + 10))
        fingers("touchMove", (left[0] - 30, left[1] + 20), (right[0] + 30, right[1] + 20))
        fingers("touchEnd")
        near(studio.at(3, 2), [left[0] - 30, left[1] + 20], 0.01)
        near(studio.at(5, 2), [right[0] + 30, right[1] + 20], 0.01)
        at.touchscreen.tap(*studio.mean(1))
        studio.until("state.selection.length === 1")
        grip, middle = np.array(studio.handle("long")), np.array(studio.handle("mean"))
        across = np.array([grip[0] - middle[0], 0])
        beside = grip + np.array([0, 17])
        fingers("touchStart", beside)
        fingers("touchMove", beside + across / 2)
        fingers("touchMove", beside + across)
        fingers("touchEnd")
        near(np.sqrt(studio.parts[2][1, 0, 0]), 1.0, 0.05)
        wide = studio.ask("[app.stage.element.querySelector('canvas.over').width, app.stage.element.clientWidth]")
        assert wide[0] == 2 * wide[1]


def test_handles_stay_on_a_narrow_stage_beside_its_tools(chromium):
    with page(*chromium, width=390, height=844) as at:
        studio = begun(Studio(at, "app.said"), "picture")
        studio.ask("void app.dispatch({ type: 'select', indices: [3], how: 'set' })")
        for x, y in [(0, 0), (480, 0), (480, 240), (0, 240), (475, 120), (240, 236)]:
            studio.ask(f"void app.moved('Move', (v, j) => (j === 15 ? {x} : j === 16 ? {y} : v))")
            frames(studio)
            found = studio.ask(ON_STAGE)
            assert {kind for kind, _ in found} == {"long", "short", "turn", "weight", "mean"}
            assert all(free for _, free in found), (x, y, found)
        weight = studio.parts[0][3]
        held, middle = np.array(studio.handle("weight")), np.array(studio.mean(3))
        back = [middle + [[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]] @ (held - middle) for a in (-0.1, -0.2)]
        studio.drag(held, *back)  # against the clock, by a little less than 12 degrees
        near(studio.parts[0][3], (np.sqrt(weight) - 0.2 / (2 * np.pi)) ** 2, 1e-3)
        knob = np.array(studio.handle("turn"))
        studio.drag(knob, knob - np.array([0, 40]))
        assert abs(studio.parts[2][3, 0, 1]) > 1


def test_the_overlay_is_drawn_before_the_painter_paints(one):
    studio = begun(one, "picture")
    studio.select(2)
    studio.ask("void app.spied()")
    x, y = studio.handle("mean")
    studio.drag((x, y), (x - 40, y + 10), (x + 30, y))
    frames(studio)
    found = studio.ask("app.found")
    assert "painter" in found
    assert all(found[i - 1] == "overlay" for i, what in enumerate(found) if what == "painter")
