"""The panels alone in a browser: a page that mounts them over the real store, with data made here and no engine."""

# ruff: noqa: E501 (the page's lines are JavaScript)
from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

import mixtura as mx

SAMPLES = Path(__file__).parents[2] / "samples"

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>Panels</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="studio.css"><link rel="stylesheet" href="panels.css"><link rel="stylesheet" href="whole.css">
</head><body class="mixtura-page"><script type="module">
import { askPanel } from './ask.js';
import { commandLine } from './command.js';
import { el } from './dom.js';
import { newDocument } from './document.js';
import { fitPanel, timeStrip } from './fit.js';
import { freshState, reduce } from './history.js';
import { look } from './look.js';
import { partsPanel } from './parts.js';
import { makeStore } from './store.js';
const data = DATA;
const floats = (text) => new Float64Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const partsOf = (found) => found && { k: found.k, d: found.d, weights: floats(found.weights), means: floats(found.means), factors: floats(found.factors) };
const source = { ...data.source, points: floats(data.source.points),
  picture: data.source.picture && { ...data.source.picture, bytes: Uint8Array.from(atob(data.source.picture.bytes), (c) => c.charCodeAt(0)) } };
const root = el('div', { class: 'mixtura-studio' }), host = el('div', { class: 'studio', 'data-tab': data.tab });
root.dataset.theme = data.theme;
document.body.append(root); root.append(host);
const store = makeStore({ ...freshState(), theme: data.theme }, reduce), sent = [];
let job = 0;
const app = { root, host, options: {}, get state() { return store.state; }, dispatch: store.dispatch, on: store.on, emit: store.emit,
  job: () => (job += 1), listen: (target, kind, listener, how) => target.addEventListener(kind, listener, how),
  send: (type, head = {}, arrays = {}) => sent.push({ type, head, arrays: Object.keys(arrays) }), sent, painter: null };
const views = { look: [look], parts: [partsPanel, askPanel, fitPanel], time: [timeStrip], line: [commandLine] };
const boxes = { look: ['aside', 'panel look', 'Look'], parts: ['aside', 'panel parts', 'Components'], time: ['section', 'time', 'Fit'], line: ['footer', 'line', 'Line'] };
host.append(el('main', { class: 'stage' }));
for (const [name, list] of Object.entries(views)) {
  const [tag, kind, label] = boxes[name];
  host.append(el(tag, { class: kind, 'aria-label': label }, list.map((view, i) => {
    const { element } = store.add(view(app));
    return name === 'parts' ? el('div', { class: ['of-parts', 'of-ask', 'of-fit'][i] }, element) : element;
  })));
}
app.dispatch({ type: 'welcome', engine: 'server', can: ['fit', 'score', 'score:stability', 'polish'], samples: [], limits: {} });
const parts = data.steps.map((step) => partsOf(step.parts));
app.dispatch({ type: 'open', document: newDocument(source, partsOf(data.parts), data.more) });
if (data.steps.length) {
  app.dispatch({ type: 'begin', job: app.job(), kind: 'fit', label: 'Fit' });
  data.steps.forEach((step, i) => app.dispatch({ type: 'step', job, iteration: step.iteration, objective: step.objective, parts: parts[i] }));
  const last = data.steps.length - 1;
  app.dispatch({ type: 'done', job, reason: 'converged', iteration: data.steps[last].iteration, objective: data.steps[last].objective, parts: parts[last], criteria: { bic: 1, icl: 2, aic: 3 } });
  app.dispatch({ type: 'select', indices: [0], how: 'set' });
  app.dispatch({ type: 'rest' });
}
for (const action of data.actions) app.dispatch(action);
window.app = app;
requestAnimationFrame(() => requestAnimationFrame(() => { root.dataset.ready = 'yes'; }));
</script></body></html>"""


def text_of(array: Any) -> str:
    """An array's float64s, as the page reads them."""
    return base64.b64encode(np.ascontiguousarray(array, np.float64).tobytes()).decode()


def told_parts(mixture: mx.Mixture) -> dict[str, Any]:
    """A mixture as the page knows it."""
    factors = np.linalg.cholesky(np.array(mixture.matrices))
    k, d = mixture.means.shape
    return {
        "k": k,
        "d": d,
        "weights": text_of(mixture.weights),
        "means": text_of(mixture.means),
        "factors": text_of(factors),
    }


def fitted(source: dict[str, Any], points: Any, k: int, *, rng: int = 0, max_iter: int = 60) -> dict[str, Any]:
    """The data of a page: a source and the steps of its fit."""
    steps: list[Any] = []
    mx.fit(points, k, start="random_from_data", rng=rng, max_iter=max_iter, on_step=steps.append)
    told = [
        {"iteration": i + 1, "objective": float(step.log_likelihood), "parts": told_parts(step.mixture)}
        for i, step in enumerate(steps)
    ]
    return {"source": source, "steps": told, "parts": None, "actions": [], "tab": "parts", "theme": "light", "more": {}}


def table(name: str, columns: list[str], points: Any, k: int, **how: Any) -> dict[str, Any]:
    """The data of a page on a table."""
    x = np.asarray(points, np.float64)
    source = {"id": "1", "kind": "table", "name": name, "columns": columns, "n": len(x), "d": x.shape[1]}
    source |= {"frame": None, "picture": None, "threshold": None, "points": text_of(x), "whole": True}
    return fitted(source, x, k, **how)


def moons(k: int = 6, **how: Any) -> dict[str, Any]:
    """Two moons."""
    rng = np.random.default_rng(5)
    angle = rng.uniform(0, np.pi, 440)
    upper = np.arange(440) % 2 == 0
    x = np.where(upper, np.cos(angle), 1 - np.cos(angle))
    y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle))
    points = np.stack([x, y], axis=1) + 0.1 * rng.standard_normal((440, 2))
    return table("moons.csv", ["x", "y"], points, k, **how)


def picture(k: int = 60, side: int = 120) -> dict[str, Any]:
    """A small colour picture."""
    from PIL import Image

    image = Image.open(SAMPLES / "harbour.png").convert("RGB")
    image = image.resize((side, round(side * image.height / image.width)))
    pixels = np.asarray(image)
    file = io.BytesIO()
    image.save(file, "PNG")
    points = mx.pictures.image.colour(pixels)
    source: dict[str, Any] = {"id": "2", "kind": "colour", "name": "harbour.png", "columns": list("xyrgb"), "d": 5}
    source |= {"n": pixels.shape[0] * pixels.shape[1], "frame": [0, 0, pixels.shape[1], pixels.shape[0]]}
    source |= {"threshold": None, "points": text_of(np.zeros((0, 5))), "whole": False}
    source["picture"] = {"width": pixels.shape[1], "height": pixels.shape[0]}
    source["picture"]["bytes"] = base64.b64encode(file.getvalue()).decode()
    return fitted(source, points, k, max_iter=40)


def page_of(data: dict[str, Any]) -> str:
    """The text of the page."""
    return PAGE.replace("DATA", json.dumps(data).replace("</", "<\\/"), 1)
