"""The panels by hand and by keys, in a real browser; and what of them is pure, against Python."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import panels
from browsing import browser, files, page
from scripts import answers, needs_node, parts_of

import mixtura as mx
from mixtura.pictures.tone import parse_tone


@pytest.fixture(scope="module")
def chromium():
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def moons():
    return panels.moons(6)


@pytest.fixture(scope="module")
def harbour():
    return panels.picture(12, 60)


class Mounted:
    """The panels over some data, and what tests ask of them."""

    def __init__(self, opened):
        self.page = opened

    def state(self, words):
        """What an expression of `app` is."""
        return self.page.evaluate(f"() => {words}")

    def settle(self):
        """Wait until the views have been drawn."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def sent(self, *kinds):
        """What was sent to the engine since the last question: fits, or the kinds that are named."""
        told = "({ type, head, arrays }) => ({ type, ...head, arrays })"
        found = self.page.evaluate(f"() => app.sent.splice(0).map({told})")
        return [one for one in found if one["type"] in (kinds or ("fit", "pause", "resume", "step"))]


@pytest.fixture
def mounted(chromium):
    """Mount data: `mounted(data, width=...)`."""
    import contextlib

    with contextlib.ExitStack() as stack:

        def mount(data, *, width=1440, height=900, theme="light", **more):
            text = panels.page_of({**data, "theme": theme, **more})
            address = stack.enter_context(files({"/panels.html": text}))
            opened = stack.enter_context(
                page(chromium, f"{address}/panels.html", width=width, height=height, theme=theme)
            )
            opened.wait_for_selector("[data-ready=yes]", timeout=20_000)
            return Mounted(opened)

        yield mount


# The tone curve


def test_the_tone_curve_by_keys(mounted, harbour):
    studio = mounted(harbour)
    studio.page.get_by_role("button", name="Curve", exact=True).click()
    points = "app.state.document.look.tone.mean.points"
    assert studio.state(points) == [[0, 0], [0.25, 64], [0.75, 191], [1, 255]]
    studio.page.get_by_role("slider", name="Point 2 of 4").focus()
    studio.press("ArrowUp", "Shift+ArrowUp", "ArrowRight", "ArrowRight", "ArrowLeft")
    assert studio.state(points)[1] == [0.26, 75]
    assert (
        studio.page.evaluate("document.activeElement.getAttribute('aria-valuetext')")
        == "grey 75 of 255 at 26 percent lightness"
    )
    studio.press("End")
    assert studio.state(points)[1] == [0.26, 255]
    studio.press("Enter")
    assert studio.state(points)[2][0] == pytest.approx(0.505)
    studio.press("Delete", "Delete", "Delete")
    assert len(studio.state(points)) == 2  # the last two stay
    studio.press("Delete")
    assert len(studio.state(points)) == 2


def test_the_tone_curve_by_hand(mounted, harbour):
    studio = mounted(harbour)
    box = studio.page.locator(".curve").bounding_box()

    def at(x, y):
        return box["x"] + (10 + 204 * x) / 224 * box["width"], box["y"] + (158 - 148 * y) / 168 * box["height"]

    studio.page.mouse.dblclick(*at(0.5, 0.8))
    points = "app.state.document.look.tone.mean.points"
    assert studio.state(points) == [[0, 0], [pytest.approx(0.5, abs=0.01), pytest.approx(204, abs=3)], [1, 255]]
    entries = studio.state("app.state.history.entries.length")
    studio.page.mouse.move(*at(0.5, 0.8))
    studio.page.mouse.down()
    for y in (0.7, 0.6, 0.4):
        studio.page.mouse.move(*at(0.3, y))
    studio.page.mouse.up()
    assert studio.state(points)[1] == [pytest.approx(0.3, abs=0.01), pytest.approx(102, abs=3)]
    assert studio.state("app.state.history.entries.length") <= entries + 1  # one drag is one entry
    studio.page.mouse.move(*at(0.3, 0.4))
    studio.page.mouse.down()
    studio.page.mouse.move(*at(0.6, 0.9))
    studio.page.keyboard.press("Escape")
    studio.page.mouse.up()
    assert studio.state(points)[1] == [pytest.approx(0.3, abs=0.01), pytest.approx(102, abs=3)]
    studio.page.mouse.move(*at(0.3, 0.4))
    studio.page.mouse.down()
    studio.page.mouse.move(*at(1.0, 0.4))
    assert studio.state(points)[1][0] == 0.99  # between its neighbours
    studio.page.mouse.move(*at(0.3, 0.4))
    studio.page.mouse.up()
    studio.page.mouse.dblclick(*at(0.3, 0.4))
    assert len(studio.state(points)) == 2


@needs_node
def test_curves_are_those_of_the_library():
    s = np.linspace(0, 1, 41)
    texts = ["linear", "gamma:0.5", "0:255,0.1:80,1:0", "0.2:10,0.7:250"]
    curves = [
        {"kind": "linear", "gamma": 1, "points": []},
        {"kind": "gamma", "gamma": 0.5, "points": []},
        {"kind": "points", "gamma": 1, "points": [[0, 255], [0.1, 80], [1, 0]]},
        {"kind": "points", "gamma": 1, "points": [[0.2, 10], [0.7, 250]]},
    ]
    found = answers(*[("tone", "drawnCurve", curve, "grid") for curve in curves])
    for text, drawn in zip(texts, map(np.array, found), strict=True):
        greys = 255 * (1 - np.interp(s, drawn[:, 0], drawn[:, 1]))
        with np.errstate(divide="ignore"):
            wanted = parse_tone(text).greys(np.log(s))
        np.testing.assert_allclose(greys, wanted, atol=0.6 if "gamma" in text else 1e-4)


# Components


def test_the_strip_by_keys_and_by_hand(mounted, moons):
    studio = mounted(moons)
    order = np.argsort(
        -np.frombuffer(__import__("base64").b64decode(moons["steps"][-1]["parts"]["weights"])), kind="stable"
    ).tolist()
    strip = studio.page.get_by_role("slider", name="Components by weight")
    strip.focus()
    studio.press("Home")
    assert studio.state("app.state.selection") == [order[0]]
    studio.press("ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight")
    assert studio.state("app.state.selection") == order[1:4]
    assert strip.get_attribute("aria-valuenow") == "4"
    assert "3 selected" in strip.get_attribute("aria-valuetext")
    box = strip.bounding_box()
    middle = box["y"] + 20

    def bar(rank):
        return box["x"] + (rank + 0.5) * box["width"] / 6

    for key in ("Shift", "Alt"):
        studio.page.keyboard.down(key)
    studio.page.mouse.move(bar(5), middle)
    studio.page.mouse.down()
    for rank in (4, 3, 2):  # where none of the selection was brushed yet, nothing is lost for ever
        studio.page.mouse.move(bar(rank), middle)
    studio.page.mouse.up()
    for key in ("Shift", "Alt"):
        studio.page.keyboard.up(key)
    assert studio.state("app.state.selection") == [order[3], order[2]]
    studio.page.mouse.move(bar(4), middle)
    assert studio.state("app.state.hover") == order[4]
    studio.page.mouse.down()
    studio.page.mouse.move(bar(3), middle)
    studio.page.mouse.move(bar(1), middle)
    studio.page.mouse.up()
    assert sorted(studio.state("app.state.selection")) == sorted(order[1:5])
    studio.page.keyboard.down("Alt")
    studio.page.mouse.click(bar(2), middle)
    assert sorted(studio.state("app.state.selection")) == sorted([order[1], order[3], order[4]])
    studio.page.keyboard.down("Shift")
    studio.page.mouse.click(bar(3), middle)
    studio.page.keyboard.up("Shift")
    studio.page.keyboard.up("Alt")
    assert studio.state("app.state.selection") == [order[3]]


def test_numbers_are_typed_dragged_and_stepped(mounted, moons):
    studio = mounted(moons)
    mean, part = studio.page.get_by_label("Mean, x", exact=True), "app.state.document.parts"
    mean.fill("\u22120.25")
    mean.press("Enter")
    assert studio.state(f"{part}.means[0]") == -0.25
    assert studio.state("app.state.document.byHand") is True
    mean.press("ArrowUp")
    mean.press("Shift+ArrowUp")
    studio.settle()
    assert studio.state(f"{part}.means[0]") == pytest.approx(-0.14)
    assert mean.input_value() == "\u22120.14"
    mean.fill("nothing")
    mean.press("Enter")
    assert studio.state(f"{part}.means[0]") == pytest.approx(-0.14)
    mean.fill("0.7")
    studio.page.evaluate("() => app.dispatch({ type: 'look', look: { sharpen: 0.5 } })")
    studio.settle()
    assert mean.input_value() == "0.7"  # what is being typed stays
    studio.page.locator(".strip canvas").click(position={"x": 5, "y": 30})
    studio.settle()
    assert studio.state("app.state.selection") != [0]
    assert studio.state(f"{part}.means[0]") == 0.7  # and is for what was selected
    studio.page.evaluate("() => app.dispatch({ type: 'select', indices: [0], how: 'set' })")
    studio.settle()
    mean.fill("\u22120.14")
    mean.press("Enter")
    weight = studio.page.get_by_label("Weight, percent", exact=True)
    weight.fill("50 %")
    weight.press("Enter")
    assert studio.state(f"{part}.weights[0]") == pytest.approx(0.5)
    assert studio.state(f"{part}.weights.reduce((a, b) => a + b)") == pytest.approx(1)
    handle = studio.page.locator(".number", has=mean).locator("span").bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    studio.page.mouse.move(x, y)
    studio.page.mouse.down()
    studio.page.mouse.move(x + 10, y)
    studio.page.mouse.move(x + 20, y)
    studio.page.mouse.up()
    assert studio.state(f"{part}.means[0]") == pytest.approx(0.06)
    long = studio.page.get_by_label("Spread along the long axis")
    long.fill("0.5")
    long.press("Enter")
    factor = np.reshape(studio.state(f"[...{part}.factors.slice(0, 4)]"), (2, 2))
    assert np.linalg.eigvalsh(factor @ factor.T)[1] ** 0.5 == pytest.approx(0.5)


def test_actions_pins_and_names(mounted, moons):
    studio = mounted(moons)
    pin = studio.page.get_by_role("button", name="Pin the mean")
    pin.click()
    studio.settle()
    assert studio.state("app.state.document.pins[0]") == 1
    assert pin.get_attribute("aria-pressed") == "true"
    assert studio.page.get_by_role("button", name="Merge", exact=True).is_disabled()
    studio.page.get_by_role("button", name="Split", exact=True).click()
    studio.settle()
    assert studio.state("app.state.document.parts.k") == 7
    assert studio.page.get_by_label("Name", exact=True).input_value() == "2 selected"
    assert studio.page.get_by_label("Mean, x", exact=True).input_value() == "mixed"
    studio.page.get_by_role("button", name="Merge", exact=True).click()
    studio.settle()
    name = studio.page.get_by_label("Name", exact=True)
    name.fill("<b>left</b>")
    name.press("Enter")
    studio.settle()
    assert studio.state("app.state.document.names[0]") == "<b>left</b>"
    assert (
        studio.page.locator(".parts b").count() == 0 or "left" not in studio.page.locator(".parts b").first.inner_text()
    )
    studio.page.get_by_role("button", name="Hide", exact=True).click()
    studio.settle()
    assert studio.state("[...app.state.document.hidden]") == [1, 0, 0, 0, 0, 0]
    assert studio.page.get_by_role("button", name="Show", exact=True).is_visible()
    assert studio.page.get_by_text("1 hidden").is_visible()


# Asked


def test_what_a_table_is_asked(mounted, moons):
    studio = mounted(moons, actions=[{"type": "ask", "ask": {"place": [1.04, -0.5]}}])
    mix = _last(moons)
    text = studio.page.locator(".ask").inner_text()
    given = mix.condition([0], [1.04])
    assert f"log density {_minus(mix.log_density([[1.04, -0.5]])[0], 2)}" in text
    assert f"E[y] = {_minus(given.mean()[0], 3)}" in text
    assert f"± {given.covariance()[0, 0] ** 0.5:.3f}" in text
    low, high = (_quantile(given, p) for p in (0.025, 0.975))
    assert f"{_minus(low, 3)} to {_minus(high, 3)}" in text
    shares = np.sort(mix.responsibilities([[1.04, -0.5]])[0])[::-1]
    told = studio.page.locator(".ask [role=status]")
    studio.page.wait_for_function("(told) => told.textContent", arg=told.element_handle())
    assert told.inner_text().startswith("Here, at 1.04, \u22120.500: log density ")
    assert f"E[y] = {_minus(given.mean()[0], 3)}" in told.inner_text()
    assert studio.page.locator(".answerer").first.inner_text().replace("\u202f", " ") == f"{100 * shares[0]:.1f} %"
    studio.page.get_by_role("button", name="y", exact=True).click()
    assert f"E[x] = {_minus(mix.condition([1], [-0.5]).mean()[0], 3)}" in studio.page.locator(".ask").inner_text()
    first = int(np.argmax(mix.responsibilities([[1.04, -0.5]])[0]))  # hidden, it answers no more
    hidden = f"{{ ...doc, hidden: doc.hidden.map((_, i) => Number(i === {first})) }}"
    studio.state(f"((doc) => app.dispatch({{ type: 'edit', label: 'Hide', document: {hidden} }}))(app.state.document)")
    studio.settle()
    left = mix.subset([i for i in range(mix.n_components) if i != first])
    text = studio.page.locator(".ask").inner_text()
    density = left.log_density([[1.04, -0.5]])[0] + np.log1p(-mix.weights[first])
    assert f"log density {_minus(density, 2)}" in text
    assert f"E[x] = {_minus(left.condition([1], [-0.5]).mean()[0], 3)}" in text
    assert "1 component is not shown, and left out here" in text
    shares = np.sort(left.responsibilities([[1.04, -0.5]])[0])[::-1]
    assert studio.page.locator(".answerer").first.inner_text().replace("\u202f", " ") == f"{100 * shares[0]:.1f} %"
    studio.page.get_by_role("button", name="Clear").click()
    studio.settle()
    assert studio.state("app.state.ask") is None


def test_what_a_picture_is_asked(mounted, harbour):
    studio = mounted(harbour, actions=[{"type": "ask", "ask": {"place": [30.0, 20.0]}}])
    mix = _last(harbour)
    given = mix.condition([0, 1], [30.0, 20.0])
    rgb = np.round(np.clip(given.mean(), 0, 255)).astype(int)
    text = studio.page.locator(".ask").inner_text()
    assert "#" + "".join(f"{v:02x}" for v in rgb) in text
    assert f"± {round(float(np.sqrt(np.diag(given.covariance())).mean()))}" in text
    assert f"log density {_minus(mix.marginal([0, 1]).log_density([[30.0, 20.0]])[0], 2)}" in text


def test_what_a_box_holds(mounted, moons):
    studio = mounted(moons, actions=[{"type": "ask", "ask": {"box": [0, -0.6, 1.2, 0.4]}}])
    mass = float(_last(moons).probability([0, -0.6], [1.2, 0.4]).estimate)
    assert studio.page.locator(".ask b").first.inner_text().replace("\u202f", " ") == f"{100 * mass:.1f} %"


@needs_node
def test_answers_are_those_of_the_library():
    rng = np.random.default_rng(4)
    mix = mx.fit(rng.normal(size=(300, 4)) @ rng.normal(size=(4, 4)), 5, rng=0).mixture
    parts = parts_of(mix)
    density, columns, flat = answers(
        ("answers", "densityOf", parts, 2, -8.0, 8.0, 201),
        ("answers", "columnAnswers", parts, {1: 0.5, 3: -0.25}),
        ("answers", "boxAnswer", parts_of(mix.marginal([2])), [0], [-1.0, 0, 2.0, 0], np.array([0.0, 3.0, np.nan]), 1),
    )
    x = np.linspace(-8, 8, 201)
    np.testing.assert_allclose(density, mix.marginal([2]).density(x[:, None]), atol=2e-3)
    given = mix.condition([1, 3], [0.5, -0.25])
    np.testing.assert_allclose([each["mean"] for each in columns], given.mean(), rtol=1e-9)
    np.testing.assert_allclose([each["spread"] for each in columns], np.diag(given.covariance()) ** 0.5, rtol=1e-7)
    assert [each["column"] for each in columns] == [0, 2]
    assert flat["mass"] == pytest.approx(float(mix.marginal([2]).probability([-1.0], [2.0]).estimate), abs=1e-9)
    assert flat["share"] == 0.5


# The fit


def test_the_strip_of_time_asks_for_fits(mounted, moons):
    studio = mounted({**moons, "steps": []})
    studio.page.get_by_role("button", name="Fit", exact=True).click()
    [fit] = studio.sent()
    assert (fit["type"], fit["k"], fit["start"], fit["paused"], fit["arrays"]) == (
        "fit",
        3,
        "random_from_data",
        False,
        [],
    )
    studio.settle()
    studio.page.get_by_role("button", name="Pause").click()
    assert [one["type"] for one in studio.sent()] == ["pause"]
    studio.settle()
    studio.page.get_by_role("button", name="One step").click()
    assert [(one["type"], one.get("count")) for one in studio.sent()] == [("step", 1)]
    studio.page.get_by_role("button", name="Go on fitting").click()
    assert [one["type"] for one in studio.sent()] == ["resume"]


def test_more_components_go_on_from_there(mounted, moons):
    studio = mounted(moons)
    studio.page.locator(".transport").get_by_role("button", name="One component more").click()
    studio.settle()
    assert studio.state("app.state.document.parts.k") == 7
    studio.page.get_by_role("button", name="Go on fitting").click()
    [fit] = studio.sent()
    assert (fit["type"], fit["k"], sorted(fit["arrays"])) == ("fit", 7, ["factors", "means", "pins", "weights"])
    studio.settle()
    assert "by hand" in studio.page.locator(".byhand").inner_text()


def test_the_trace_goes_back(mounted, moons):
    studio = mounted(moons)
    slider = studio.page.get_by_role("slider", name="Iterations")
    slider.focus()
    studio.press("Home")
    first = moons["steps"][0]
    assert studio.state("app.state.document.fit.iteration") == first["iteration"]
    assert studio.page.locator(".transport .state").inner_text().startswith("Looking at 1")
    assert f"--max-iter {first['iteration']}" in studio.page.locator(".line code").inner_text()
    studio.press("ArrowRight", "ArrowRight")
    assert studio.state("app.state.document.fit.iteration") == 3
    box = slider.bounding_box()
    studio.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 40)
    studio.page.mouse.down()
    studio.page.mouse.move(box["x"] + box["width"] - 5, box["y"] + 40)
    studio.page.mouse.up()
    studio.settle()
    assert studio.state("app.state.document.fit.iteration") == len(moons["steps"])
    assert studio.state("app.state.history.seek") is None


def test_how_to_fit_changes_the_line_only_by_a_fit(mounted, moons):
    studio = mounted(moons)
    line = studio.page.locator(".line code").inner_text()
    studio.page.locator(".chip").click()
    sheet = studio.page.get_by_role("dialog", name="How to fit")
    sheet.get_by_label("Seed").fill("12")
    sheet.get_by_label("Seed").press("Enter")
    sheet.get_by_label("Family").select_option("diag")
    studio.settle()
    assert studio.page.locator(".line code").inner_text() == line
    assert studio.page.locator(".chip").inner_text().startswith("diag")
    sheet.get_by_role("button", name="Fit anew").click()
    [fit] = studio.sent()
    assert (fit["covariance_type"], fit["seed"], fit["arrays"]) == ("diag", 12, [])


def test_how_many_is_chosen_by_a_criterion(mounted, moons):
    scores = [
        {"type": "score", "job": 9, "k": k, "bic": abs(k - 4), "icl": abs(k - 2), "aic": -k} for k in (1, 2, 3, 4, 5)
    ]
    studio = mounted(
        moons,
        actions=[{"type": "begin", "job": 9, "kind": "score"}, *scores, {"type": "done", "job": 9, "reason": "scored"}],
    )
    choice = studio.page.locator(".time .choice")
    assert "likes 4 best" in choice.inner_text()
    choice.get_by_role("button", name="another criterion").click()
    assert "likes 2 best" in choice.inner_text()
    choice.get_by_role("button", name="Take 3 components").focus()
    studio.press("Enter")
    [fit] = studio.sent()
    assert (fit["k"], fit["arrays"]) == (3, [])


def test_how_many_is_chosen_by_stability(mounted, moons):
    """As `Choice.best` does: the most components of those that are as stable as any, within the spread."""
    known = [{"type": "score", "job": 9, "k": k, "bic": abs(k - 4), "icl": k, "aic": -k} for k in range(1, 10)]
    first = [{"type": "begin", "job": 9, "kind": "score"}, *known, {"type": "done", "job": 9, "reason": "scored"}]
    studio = mounted(moons, actions=first)
    choice = studio.page.locator(".time .choice")
    for _ in range(3):
        choice.get_by_role("button", name="another criterion").click()
    choice.get_by_role("button", name="Compare K").click()
    [asked] = studio.sent("score")
    assert (asked["criterion"], asked["from"], asked["to"]) == ("stability", 2, 9)
    agreements = {2: (0.93, 0.02), 3: (0.97, 0.01), 4: (0.965, 0.02), 5: (0.9, 0.05), 6: (None, None)}
    for k, (mean, spread) in agreements.items():
        score = {"type": "score", "job": asked["job"], "k": k, "bic": 0, "icl": 0, "aic": 0}
        studio.page.evaluate("(action) => app.dispatch(action)", score | {"stability": mean, "spread": spread})
    studio.settle()
    assert "3 of 8 to go" in choice.inner_text()
    studio.page.evaluate("(job) => app.dispatch({ type: 'done', job, reason: 'scored' })", asked["job"])
    studio.settle()
    assert choice.locator(".spread").count() == 4
    assert studio.state("app.state.scores[1].bic") == 2  # what was known stays
    choice.get_by_role("button", name="Go on").click()
    [again] = studio.sent("score")
    assert (again["from"], again["to"]) == (7, 9)
    for k in (7, 8, 9):
        score = {"type": "score", "job": again["job"], "k": k, "bic": 0, "icl": 0, "aic": 0}
        studio.page.evaluate("(action) => app.dispatch(action)", score | {"stability": 0.5, "spread": 0.1})
    studio.page.evaluate("(job) => app.dispatch({ type: 'done', job, reason: 'scored' })", again["job"])
    studio.settle()
    assert "likes 4 best" in choice.inner_text()
    choice.get_by_role("button", name="Take 5 components: K 5: Stability 0.90 ± 0.05").click()
    [fit] = studio.sent("fit")
    assert (fit["k"], fit["arrays"]) == (5, [])


def test_a_comparison_begins_by_itself_and_goes_on_after_a_fit(mounted, moons):
    studio = mounted(moons)
    studio.page.wait_for_function("() => app.sent.some(({ type }) => type === 'score')")
    [asked] = studio.sent("score")
    assert (asked["from"], asked["to"]) == (1, 9)
    for k in (1, 2, 3):
        score = {"type": "score", "job": asked["job"], "k": k, "bic": 10 - k, "icl": 10 - k, "aic": 1}
        studio.page.evaluate("(action) => app.dispatch(action)", score)
    studio.page.get_by_role("button", name="Start again").click()
    stopped, fit = studio.sent("stop", "fit")
    assert (stopped["job"], fit["type"]) == (asked["job"], "fit")
    studio.page.evaluate("(job) => app.emit('message', { type: 'scored', job })", asked["job"])  # as an engine answers
    done = {**moons["steps"][-1], "type": "done", "job": fit["job"], "reason": "converged"}
    del done["parts"]
    step = "{ ...action, type: 'step', parts: app.state.document.parts }"
    studio.page.evaluate(f"(action) => {{ app.dispatch({step}); app.dispatch(action); }}", done)
    studio.page.wait_for_function("() => app.sent.some(({ type }) => type === 'score')")
    [again] = studio.sent("score")
    assert (again["from"], again["to"]) == (4, 9)
    assert studio.state("app.state.scores.map((one) => one.k)") == [1, 2, 3]
    died = {"type": "failed", "job": again["job"], "sentence": "Its process ended."}
    studio.page.evaluate("(message) => { app.dispatch(message); app.emit('message', message); }", died)
    studio.page.wait_for_timeout(1200)
    assert studio.sent("score") == []  # nobody asks for ever


# For everyone


def test_nothing_serious_stands_in_the_way(mounted, harbour):
    """On a telephone, of a picture in the dark; test_shell.py asks a table on a screen."""
    axe = pytest.importorskip("axe_core_python.sync_playwright")
    ask = {"type": "ask", "ask": {"place": [30, 20]}}
    studio = mounted(harbour, width=390, theme="dark", actions=[ask])
    for tab in ("look", "parts", "ask", "fit"):
        studio.page.evaluate(f"document.querySelector('.studio').dataset.tab = '{tab}'")
        found = axe.Axe().run(studio.page)
        serious = [
            (one["id"], [node["html"][:160] for node in one["nodes"]])
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert not serious, (tab, serious)


# Numbers as text


NUMBERS = [
    ("decimal", (-0.004, 2), "0.00"), ("decimal", (-1.5, 1), "\u22121.5"), ("decimal", (np.nan, 1), "\u2013"),
    ("significant", (0.0001234, 3), "0.000123"), ("significant", (-1.2e-9, 2), "\u22121.2e\u22129"),
    ("significant", (0, 3), "0"), ("percent", (0.1901,), "19.0\u202f%"), ("percent", (0.0071,), "0.71\u202f%"),
    ("percent", (0.00002,), "0.002\u202f%"), ("percent", (0,), "0.00\u202f%"), ("counted", (1387.6,), "1,388"),
    ("bytesText", (999,), "999\u00a0B"), ("bytesText", (100_300,), "100\u00a0kB"),
    ("bytesText", (1_250_000,), "1.3\u00a0MB"), ("typed", ("\u22121.5\u202f%",), -1.5), ("typed", ("1,388",), 1388),
    ("typed", ("0,25",), 0.25), ("typed", ("111°",), 111), ("typed", ("",), np.nan), ("typed", ("one",), np.nan),
    ("ticks", (0, 87, 8), [0, 20, 40, 60, 80]), ("ticks", (-1.2, 1.1, 4), [-1, 0, 1]), ("ticks", (3, 3, 4), [3]),
    ("decimalsOf", (1.13,), 2), ("decimalsOf", (360,), 0), ("decimalsOf", (0.004,), 5),
]  # fmt: skip


@needs_node
def test_numbers_as_text():
    found = answers(*[("format", function, *given) for function, given, _ in NUMBERS])
    for (function, given, said), text in zip(NUMBERS, found, strict=True):
        assert text == said or (text != text and said != said), (function, given, text)


def _last(data):
    told = data["steps"][-1]["parts"]
    weights, means, factors = (
        np.frombuffer(__import__("base64").b64decode(told[name])) for name in ("weights", "means", "factors")
    )
    factors = factors.reshape(told["k"], told["d"], told["d"])
    return mx.Mixture(weights, means.reshape(told["k"], -1), factors @ factors.transpose(0, 2, 1))


def _minus(value, digits):
    return f"{value:.{digits}f}".replace("-", "\u2212")


def _quantile(mix, share):
    from scipy.optimize import brentq
    from scipy.stats import norm

    return brentq(
        lambda x: float((mix.weights * norm.cdf(x, mix.means[:, 0], mix.matrices[:, 0, 0] ** 0.5)).sum()) - share, -9, 9
    )


@needs_node
def test_a_trace_joins_fits_and_marks_edits():
    """Two fits, the second from an edit at an earlier step of the first: what was left behind is not on the line."""
    parts = [{"k": 1} for _ in range(3)]

    def entry(i, kind, parent, trace=(), start=None, of=0, label=""):
        steps = [{"iteration": iteration, "objective": value, "parts": parts[of]} for iteration, value in trace]
        document = {"parts": parts[of] if of is not None else None}
        return {
            "id": i, "kind": kind, "parent": parent, "from": start, "steps": steps, "trace": [list(t) for t in trace],
            "label": label, "document": document, "reason": None,
        }  # fmt: skip

    history = {
        "entries": [
            entry(0, "open", None, of=None),
            entry(1, "fit", 0, [(0, -5.0), (1, -4.0), (2, -3.0), (3, -2.5)]),
            entry(2, "edit", 1, start=2, of=1, label="Split Component 1"),
            entry(3, "edit", 2, of=2, label="Move"),
            entry(4, "look", 3, of=2),
            entry(5, "fit", 4, [(1, -2.75), (2, -2.0)], of=2),
        ],
        "at": 5, "seek": None, "line": [0, 1, 2, 3, 4, 5],
    }  # fmt: skip
    joined, back, edited = answers(
        ("trace", "traceOf", history),
        ("trace", "traceOf", {**history, "at": 1, "seek": 1}),
        ("trace", "traceOf", {**history, "at": 3}),
    )
    assert [(p["x"], p["value"]) for p in joined["points"]] == [(0, -5), (1, -4), (2, -3), (3, -2.75), (4, -2)]
    [pieces] = answers(("trace", "piecesOf", joined["points"]))
    assert [[each["value"] for each in piece] for piece in pieces] == [[-5, -4, -3], [-2.75, -2]]
    [diamond] = joined["diamonds"]
    assert (diamond["x"], diamond["label"], diamond["entry"]) == (2.5, "2 edits by hand", 3)
    assert joined["head"]["x"] == 4
    assert back["head"]["x"] == 1
    assert edited["head"]["x"] == 2.5
    [stops] = answers(("trace", "stopsOf", joined))
    assert [(stop["x"], stop["entry"], stop["step"]) for stop in stops] == [
        (0, 1, 0), (1, 1, 1), (2, 1, 2), (2.5, 3, None), (3, 5, 0), (4, 5, 1),
    ]  # fmt: skip
    assert answers(("trace", "nearestStop", stops, 2.4))[0]["entry"] == 3


@needs_node
def test_a_trace_breaks_off_where_em_does_not_go_on():
    """At edits and other fits, and where a fit comes to other points, whether the likelihood falls there or rises."""

    def fit(values, **how):
        settings = {"covariance_type": "full", "prior": 0, "polish": False, "continued": False, **how}
        trace = [[i, *(value if isinstance(value, tuple) else (value,))] for i, value in enumerate(values)]
        return {"kind": "fit", "trace": trace, "document": {"parts": {"k": 1}, "fit": settings}}

    def edit(**parts):
        return {"kind": "edit", "trace": [], "document": {"parts": parts or None}}

    line = [
        edit(), fit([-5, -4]), fit([-4, -3.5], continued=True), edit(k=2), fit([-3, -2.5], continued=True),
        fit([-2, -1.9]), fit([-1.8, -1.7], continued=True, covariance_type="diag"),
        fit([-1.7, -1.6, (-1.5, 1), (-1.4, 1)], continued=True, covariance_type="diag"),
        fit([-1.3, -1.2], continued=True, covariance_type="diag"), fit([20, 21], continued=True, polish=True),
    ]  # fmt: skip
    entries = [
        {"id": i, "parent": i - 1 if i else None, "from": None, "steps": [], "label": "", "reason": None, **entry}
        for i, entry in enumerate(line)
    ]
    history = {"entries": entries, "at": len(line) - 1, "seek": None, "line": list(range(len(line)))}
    [found] = answers(("trace", "traceOf", history))
    breaks = [(point["value"], point["breaks"]) for point in found["points"] if point["breaks"]]
    assert breaks == [(-3, "edit"), (-2, "fit"), (-1.8, "fit"), (-1.5, "points"), (-1.3, "fit"), (20, "fit")]
    assert [point["likeness"] for point in found["points"]][-3:] == [False, True, True]
    assert len(answers(("trace", "piecesOf", found["points"]))[0]) == 7
