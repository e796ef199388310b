"""A studio in a page, as tests take it in hand: by its buttons and its stage, and what its state says of it."""

from __future__ import annotations

import json
import re

import numpy as np

PATIENCE = 20_000  # ms until something that was asked for must be there
PLACES = """(place) => { const at = app.place.toScreen(place), box = app.stage.element.getBoundingClientRect();
    return [box.left + at[0], box.top + at[1]]; }"""


class Studio:
    """The one studio of a page, also in a shadow tree."""

    def __init__(self, page, ready="app.state.document?.parts"):
        self.page, self.root = page, page.locator(".mixtura-studio")
        self.root.wait_for()
        self.element = self.root.element_handle()
        self.until(ready)
        self.root.scroll_into_view_if_needed()

    # What it says

    def ask(self, script):
        """What an expression of `app`, its `state` and its `document` gives."""
        names = "const app = root.studio, { state } = app, { document: doc } = state;"
        return self.element.evaluate(f"(root) => {{ {names} return {script}; }}")

    def until(self, script):
        names = "const app = root.studio, { state } = app, { document: doc } = state;"
        wanted = f"(root) => {{ {names} return Boolean({script}); }}"
        self.page.wait_for_function(wanted, arg=self.element, timeout=PATIENCE)

    @property
    def parts(self):
        """Weights (k,), means (k, d) and covariances (k, d, d) on the screen."""
        found = self.ask(
            """(({ k, d, weights, means, factors }) =>
            ({ k, d, w: [...weights], m: [...means], f: [...factors] }))(doc.parts)"""
        )
        factors = np.reshape(found["f"], (found["k"], found["d"], found["d"]))
        means = np.reshape(found["m"], (found["k"], found["d"]))
        return np.array(found["w"]), means, factors @ factors.transpose(0, 2, 1)

    @property
    def line(self):
        """The command of the last line."""
        return self.root.locator(".line code").inner_text().strip()

    @property
    def selection(self):
        return self.ask("[...state.selection]")

    # Where things are

    def at(self, x, y):
        """Where a place of the picture, or of the plot, is on the screen."""
        return self.ask(f"(({PLACES}))([{x}, {y}])")

    def mean(self, index):
        return self.ask(f"({PLACES})(doc.axes.map((j) => doc.parts.means[{index} * doc.parts.d + j]))")

    def handle(self, kind, which=0):
        """Where a handle of what is selected is on the screen."""
        x, y = self.ask(f"app.stage.held.handles.filter((each) => each.kind === '{kind}')[{which}].at")
        box = self.ask("(({ left, top }) => [left, top])(app.stage.element.getBoundingClientRect())")
        return box[0] + x, box[1] + y

    # What hands do

    def button(self, name, exact=True):
        return self.root.get_by_role("button", name=name, exact=exact).first

    def tool(self, name):
        self.root.get_by_role("toolbar", name="Tools").get_by_role("button", name=name).click()

    def select(self, index):
        self.page.mouse.click(*self.mean(index))
        self.until(f"state.selection.includes({index})")

    def press(self, x, y):
        self.page.mouse.move(x, y)
        self.page.mouse.down()

    def drag(self, start, *ends, keys=()):
        """From one place of the screen over others, and let go there."""
        self.press(*start)
        for key in keys:
            self.page.keyboard.down(key)
        for end in ends:
            self.page.mouse.move(*end, steps=2)
        self.page.mouse.up()
        for key in keys:
            self.page.keyboard.up(key)

    def key(self, *keys):
        """Keys on the stage."""
        self.root.get_by_role("application").first.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def fit(self):
        """Fit to the end."""
        before = self.ask("state.history.entries.length")
        self.button(re.compile("^(Fit|Go on fitting)$"), exact=False).click()
        self.until(f"state.history.entries.length > {before} && !state.job")

    def set(self, **fit):
        """How to fit, without the form."""
        document = f"{{ ...doc, fit: {{ ...doc.fit, ...{json.dumps(fit)} }} }}"
        self.ask(f"void app.dispatch({{ type: 'edit', label: 'How to fit', document: {document} }})")
