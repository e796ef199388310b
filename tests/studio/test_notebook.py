"""The widget in notebooks that people use: JupyterLab and marimo, in Chromium."""

import base64
import json
import queue
import time

import browsing
import numpy as np
import pytest
from hands import Studio
from notebooks import Book, children, installed, jupyter, marimo

from mixtura.studio.given import opened_values
from mixtura.studio.messages import Message, to_parts
from mixtura.studio.session import Session

needs_jupyter = pytest.mark.skipif(
    not installed("jupyterlab", "ipykernel", "anywidget"), reason="no JupyterLab here: pip install jupyterlab ipykernel"
)
needs_marimo = pytest.mark.skipif(not installed("marimo", "anywidget"), reason="no marimo here: pip install marimo")

MAKE = """
import json
import numpy as np
import mixtura as mx
rng = np.random.default_rng(3)
x = np.concatenate([rng.normal(-2, 0.5, (120, 2)), rng.normal(2, 0.5, (120, 2))])
mix = mx.Mixture([0.4, 0.6], [[-2, 0], [2, 0]], [np.eye(2), np.eye(2)])
told = []
"""
SHOW = "w = mx.studio.widget(mix, x)\nw.on_change(told.append)\nw"
READ = """print(json.dumps({"means": w.mixture.means.tolist(), "weights": w.mixture.weights.tolist(),
    "revision": w.revision, "told": len(told), "selection": w.selection}))"""
ASSIGN = "w.mixture = mx.Mixture([1], [[0, 0]], [[[1, 0], [0, 2]]])"
WORKER = "mixtura.studio.worker"


@pytest.fixture(scope="module")
def chromium():
    with browsing.browser() as opened:
        yield opened


@pytest.fixture
def page(chromium):
    context = chromium.new_context(viewport={"width": 1500, "height": 1000})
    yield context.new_page()
    context.close()


def workers(server):
    return [each for each in children(server.pid).values() if WORKER in each]


def wait_for(found, wanted, seconds=10):
    until = time.monotonic() + seconds
    while found() != wanted and time.monotonic() < until:
        time.sleep(0.1)
    assert found() == wanted


@needs_jupyter
def test_jupyter(tmp_path, page):
    with jupyter(tmp_path, [MAKE, SHOW, READ, ASSIGN, "w.close()"]) as (address, server):
        book = Book(page, address)
        book.run(0)
        book.run(1)
        studio = Studio(page)

        def read():
            return json.loads(book.run(2))

        assert read() == {"means": [[-2, 0], [2, 0]], "weights": [0.4, 0.6], "revision": 0, "told": 0, "selection": []}

        # A component is dragged: nothing comes back in mid-drag, one value at its end, the very one on the screen.
        studio.select(0)
        x, y = studio.mean(0)
        studio.press(x, y)
        page.mouse.move(x + 30, y - 40, steps=4)
        studio.until("app.state.document.parts.means[0] > -2")
        held = read()
        assert held["means"] == [[-2, 0], [2, 0]]
        assert (held["revision"], held["told"]) == (0, 0)
        page.mouse.up()
        page.wait_for_timeout(300)
        dragged = read()
        assert dragged["means"][0][0] > -1.9
        assert dragged["means"][0][1] > 0.1
        assert np.ravel(dragged["means"]).tolist() == studio.ask("[...app.state.document.parts.means]")
        assert (dragged["revision"], dragged["told"], dragged["selection"]) == (1, 1, [0])

        # EM runs in a process of the widget's own, and gives one value at its end.
        studio.fit()
        fitted = read()
        assert (fitted["revision"], fitted["told"]) == (2, 2)
        assert fitted["weights"] == pytest.approx([0.5, 0.5], abs=0.01)
        np.testing.assert_allclose(fitted["means"], [[-2, -2], [2, 2]], atol=0.15)
        assert len(workers(server)) == 1

        # Python gives a value: one more edit of the page, which can be undone there.
        book.run(3)
        studio.until("app.state.document.parts.k === 1")
        page.wait_for_timeout(300)
        assert (read()["revision"], read()["told"]) == (2, 3)
        studio.ask("app.dispatch({ type: 'undo' })")
        page.wait_for_timeout(300)
        assert read()["means"] == fitted["means"]
        assert read()["revision"] == 3

        # Keys of the notebook do not reach through: D D would delete the cell.
        studio.root.get_by_role("application").first.focus()
        page.keyboard.press("d")
        page.keyboard.press("d")
        assert page.locator(".jp-Cell").count() == 5

        # The cell is run again, and again: one studio, and no process of those before it.
        for _ in range(20):
            book.run(1)
        Studio(page)
        assert page.locator(".mixtura-studio").count() == 1
        wait_for(lambda: len(workers(server)), 0)
        Studio(page).fit()
        assert len(workers(server)) == 1

        # The page is loaded again, without a word to the cells.
        page.reload()
        book.wait()
        wait_for(lambda: len(workers(server)), 0)
        book.run(1)
        Studio(page).fit()
        book.run(4)
        wait_for(page.locator(".mixtura-studio").count, 0)
        wait_for(lambda: len(workers(server)), 0)


@needs_marimo
def test_marimo(tmp_path, page):
    cells = [
        ("", MAKE + "import marimo as mo\nw = mo.ui.anywidget(mx.studio.widget(mix, x))\nw", "json, mo, told, w"),
        ("json, mo, told, w", "w.value\n" + READ.replace("print(", "mo.plain_text('READ' + "), ""),
    ]
    with marimo(tmp_path, cells) as (address, server):
        page.goto(address)
        studio = Studio(page)

        def read():
            text = page.locator("body").inner_text()
            return json.JSONDecoder().raw_decode(text, text.index("READ") + 4)[0]

        studio.select(1)
        x, y = studio.mean(1)
        studio.press(x, y)
        page.mouse.move(x + 30, y - 40, steps=4)
        page.wait_for_timeout(300)
        assert read()["means"] == [[-2, 0], [2, 0]]
        page.mouse.up()
        wait_for(lambda: read()["revision"], 1)
        assert read()["means"][1][0] > 2.1
        studio.fit()
        wait_for(lambda: read()["revision"], 2)
        np.testing.assert_allclose(read()["means"], [[-2, -2], [2, 2]], atol=0.15)
        assert len(workers(server)) == 1
        page.goto("about:blank")
        wait_for(lambda: len(workers(server)), 0)


VS_CODE = (  # of its notebooks, at their strictest, with what anywidget needs
    "default-src 'none'; script-src blob: 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src https: http: data:; font-src https:; connect-src https:; child-src https: data:"
)
RENDERER = """async ([text, given]) => {
    for (const name of ['Worker', 'SharedWorker', 'indexedDB', 'localStorage', 'sessionStorage']) {
        Object.defineProperty(globalThis, name, { get() { throw new Error(`${name} is refused`); } });
    }
    const refused = globalThis.refused = [], hearers = {}, values = { height: 560, selection: [], revision: 0 };
    document.addEventListener('securitypolicyviolation', (event) => refused.push(event.violatedDirective));
    const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
    const { default: widget } = await import(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })));
    const model = {
        get: (name) => values[name], set: (name, value) => { values[name] = value; }, save_changes() {},
        on: (kind, hearer) => (hearers[kind] ??= []).push(hearer), off() {},
        send({ view, head }) {
            if (head?.type !== 'hello') return;
            for (const [head, buffers] of given) {
                for (const hearer of hearers['msg:custom']) hearer({ view, head }, buffers.map(bytes));
            }
        },
    };
    widget.initialize({ model });
    widget.render({ model, el: document.body.appendChild(document.createElement('div')) });
}"""


def test_a_renderer_that_refuses_much(page):
    cell = pytest.importorskip("mixtura.studio.cell")

    heard = queue.Queue()
    pixels = np.arange(24 * 32 * 3).reshape(24, 32, 3) % 251
    session = Session(lambda message: heard.put(message), engine="widget", initial=opened_values(pixels))
    try:
        session.receive(Message("hello", {"nonce": "", "session": None}, {}, 1))
        parts = [to_parts(heard.get(timeout=60)) for _ in ("welcome", "opened")]
    finally:
        session.close()
    given = [[head, [base64.b64encode(each).decode() for each in buffers]] for head, buffers in parts]
    html = f'<!doctype html><meta http-equiv="Content-Security-Policy" content="{VS_CODE}"><body>'
    with browsing.files({"/cell": html}) as address:
        page.goto(f"{address}/cell")
        page.evaluate(RENDERER, [cell.script(), given])
        browsing.until(page, "app.state.document?.source.picture")
        page.wait_for_function("document.querySelector('img.original').naturalWidth === 32")
        assert set(page.evaluate("globalThis.refused")) <= {"img-src"}, "but for one of blob:, which comes another way"
