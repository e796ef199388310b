"""How fast the studio paints and fits: `python benchmarks/studio.py [--gpu]`.

A picture of 1,000 Gaussians on 800 x 600 pixels in Chromium, which Playwright drives: with SwiftShader, a graphics card
in software, or with --gpu the one that there is. Milliseconds are from the call until all of it is drawn, medians. What
is painted is compared with `draw`. EM in the page is measured in the same browser.
"""

from __future__ import annotations

import argparse
import base64
import platform
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

import mixtura as mx
from mixtura.pictures.page import modules
from mixtura.studio import link

SAMPLE = Path(__file__).parents[1] / "samples" / "harbour.png"
SIZE = (800, 600)
FLAGS = ["--no-sandbox", "--force-color-profile=srgb"]
SOFTWARE = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]

SCRIPT = """async ([frame, parts, [width, height], repeat]) => {
  const numbers = (text) => new Float64Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const one = { k: parts.k, d: parts.d };
  for (const name of ['weights', 'means', 'factors']) one[name] = numbers(parts[name]);
  const canvas = document.querySelector('canvas'), paints = painter(canvas), gl = canvas.getContext('webgl2');
  const eye = { x: frame[2] / 2, y: frame[3] / 2, unit: Math.max(frame[2] / width, frame[3] / height) };
  const spot = new Uint8Array(4), small = paints.ground.sheet.target();
  const drawn = () => {  // a pixel that is read waits for all that was asked for
    paints.ground.sheet.sized(small, 1, 1, 'RGBA8');
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, spot);
  };
  const frameOf = () => new Promise(requestAnimationFrame);
  const set = (parts, more = {}) => paints.setParts(parts, [0, 1], { frame, ...more });
  const paint = (look, quick) => paints.draw({ eye, width, height, ratio: 1, look }, { quick });
  const sharp = () => paints.ground.shown === paints.ground.sharp;
  const moved = (by, only) => {
    const means = one.means.slice();
    for (let i = 0; i < one.k; i++) {
      if (only === undefined || i === only) { means[5 * i] += by; means[5 * i + 1] -= by; }
    }
    return { ...one, means };
  };
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  const times = async (work) => {
    const taken = [];
    for (let i = 0; i < repeat; i++) {
      await frameOf();
      const begun = performance.now();
      work(i); drawn();
      taken.push(performance.now() - begun);
    }
    return median(taken);
  };
  const said = {};
  for (const style of ['mean', 'grid', 'contour', 'dots', 'ellipses']) {
    const look = { style, tone: {} }, found = (said[style] = {}), fields = style !== 'dots' && style !== 'ellipses';
    const unfinished = () => (fields && !sharp()) || paints.refining;
    const settled = async () => { set(one); paint(look); drawn(); while (unfinished()) await frameOf(); };
    await settled();
    const curve = (i) => ({ kind: 'gamma', gamma: 1 + (i % 7) / 10, points: [] });
    found.tone = await times((i) => paint({ ...look, tone: { [style]: curve(i) } }, true));
    found.sharpness = await times((i) => { set(one, { sharpen: 1 + (i + 1) / 100 }); paint(look, true); });
    found.sharpened = await (async () => {
      const begun = performance.now();
      paint(look);
      do { drawn(); await frameOf(); } while (unfinished());
      return performance.now() - begun;
    })();
    await settled();
    found.dragged = await times((i) => { set(moved((i + 1) / 2, 321)); paint(look, true); });
    found.step = await times((i) => { set(moved((i + 1) / 50)); paint(look, true); });
    found.panned = await times((i) => { eye.x += 0.5; paint(look, true); });
    eye.x = frame[2] / 2;
  }
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  said.renderer = gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  set(one);
  const pixels = paints.pixels(frame[2], frame[3], { style: 'mean' });
  let text = '';
  for (const byte of pixels) text += String.fromCharCode(byte);
  said.pixels = btoa(text);
  return said;
}"""

STEPS = """
import { climbed, climbFrom } from './em.js';
import { byColumns } from './expect.js';
import { startOf } from './starts.js';
function emSteps(points, d, k, repeat) {
  const seen = byColumns(points, d), taken = [];
  const start = startOf(seen, k, { kind: 'full', start: 'random_from_data', seed: 0 });
  let climb = climbFrom(seen, start, { tol: 0, limit: 1000 });
  for (let i = 0; i < repeat; i++) {
    const begun = performance.now();
    climb = climbed(climb);
    taken.push(performance.now() - begun);
  }
  return taken.sort((a, b) => a - b)[repeat >> 1];
}
"""


def encoded(numbers: Any) -> str:
    """Little-endian float64 in base64."""
    return base64.b64encode(np.ascontiguousarray(numbers, dtype="<f8").tobytes()).decode()


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def main() -> None:
    """Compare, then measure."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--gpu", action="store_true", help="the graphics card, not SwiftShader")
    asked.add_argument("--repeat", type=int, default=15)
    asked.add_argument("-k", type=int, default=1000)
    options = asked.parse_args()
    pixels = mx.pictures.files.read(SAMPLE)
    mixture = mx.fit(mx.pictures.image.colour(pixels), options.k, reg_covar=1 / 12, rng=0, max_iter=20).mixture
    height, width = pixels.shape[:2]
    factors = np.linalg.cholesky(mixture.matrices)
    parts = {"k": options.k, "d": 5, "weights": encoded(mixture.weights), "means": encoded(mixture.means)}
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as driver:
        words = FLAGS if options.gpu else FLAGS + SOFTWARE
        browser = driver.chromium.launch(executable_path=chromium, args=words)
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        page.set_content(
            "<!doctype html><body style='margin:0'><canvas style='width:100vw;height:100vh'></canvas></body>"
        )
        scripts = modules.scripts()
        page.add_script_tag(content=f"{modules.joined(scripts['painter.js'], scripts)}\nwindow.painter = painter;")
        said = page.evaluate(
            SCRIPT, [[0, 0, width, height], parts | {"factors": encoded(factors)}, list(SIZE), options.repeat]
        )
        page.add_script_tag(content=f"{modules.joined(STEPS, link.modules())}window.emSteps = emSteps;")
        points = np.random.default_rng(0).standard_normal((10_000, 2))
        steps = page.evaluate(
            "([text, k, repeat]) => emSteps("
            "new Float64Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer), 2, k, repeat)",
            [encoded(points), 50, options.repeat],
        )
        browser.close()
    found = np.frombuffer(base64.b64decode(said["pixels"]), np.uint8).reshape(height, width, 4)[..., :3].astype(int)
    expected = mx.pictures.draw.mean(mixture, frame=(0, 0, width, height), size=(width, height)).astype(int)
    print(
        f"{options.k:,} Gaussians on {SIZE[0]} x {SIZE[1]}: {np.abs(found - expected).max()} of 255 from draw at most"
    )
    print(f"Processor: {processor()}; renderer: {said['renderer']}\n")
    names = {
        "tone": "tone", "sharpness": "sharpness, moving", "sharpened": "then sharp", "dragged": "one dragged",
        "step": "a step of EM", "panned": "panning",
    }  # fmt: skip
    print("| milliseconds | " + " | ".join(names.values()) + " |")
    print("| --- |" + " --- |" * len(names))
    for style in ("mean", "grid", "contour", "dots", "ellipses"):
        print(f"| {style} | " + " | ".join(f"{said[style][name]:.0f}" for name in names) + " |")
    print(f"\nA step of EM in the page, 10,000 points and 50 Gaussians: {steps:.1f} ms")


if __name__ == "__main__":
    main()
