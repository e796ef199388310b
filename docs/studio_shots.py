"""Take the pictures of docs/studio.md and the README, from the running studio: docs/images/studio-*.webp.

Needs Playwright, Chromium, and the extra ``studio``.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "studio"))

import browsing  # noqa: E402
import hands  # noqa: E402
from hands import Studio  # noqa: E402

hands.PATIENCE = 180_000  # ms

OUT = ROOT / "docs" / "images"
WIDTH, QUALITY = 1200, 84
EMPTY = "state.engine && !doc"
IDLE = "doc?.parts && !state.job"


def sample(page: Any, name: str, **fit: Any) -> Studio:
    """The studio with one of its samples, fitted."""
    studio = Studio(page, EMPTY)
    studio.ask(f"void app.openSample(state.engine.samples.find((each) => each.name === '{name}'), {{}})")
    studio.until("doc")
    studio.set(**fit)
    studio.fit()
    return studio


def fields(studio: Studio, **look: Any) -> None:
    """How it looks."""
    studio.ask(f"void app.dispatch({{ type: 'look', look: {json.dumps(look)} }})")


def light(page: Any) -> None:
    """A harbour, edited and fitted on, one component held, a place asked about."""
    studio = sample(page, "harbour", k=400, seed=3, max_iter=36)
    studio.ask("void app.dispatch({ type: 'select', indices: [3, 40], how: 'set' })")
    studio.key("s")
    studio.set(max_iter=20)
    studio.fit()
    bend = {"kind": "points", "gamma": 1, "points": [[0, 0], [0.24, 43], [0.72, 204], [1, 255]]}
    tone = studio.ask(f"({{ ...doc.look.tone, mean: {json.dumps(bend)} }})")
    fields(studio, tone=tone, split=0.34)
    studio.tool("Ask")
    page.mouse.click(*studio.at(352, 150))
    studio.tool("Select")
    page.mouse.click(*studio.at(262, 232))
    studio.button("Pin the mean").click()


def dark(page: Any) -> None:
    """A butterfly in ink, as contours, and what there is to take away."""
    studio = sample(page, "butterfly", k=300, seed=1)
    fields(studio, style="contour", colours="magma", view="painted", ellipses=0.15)
    studio.button("Take away").click()


def moons(page: Any) -> Studio:
    """Two moons on which EM has stuck."""
    return sample(page, "moons", k=6, start="random_from_data", seed=8)


def table(page: Any) -> None:
    """A slice through two moons."""
    studio = sample(page, "moons", k=8, start="kmeans", seed=0)
    studio.until("state.scores.length > 7 && !state.job")
    studio.tool("Ask")
    page.mouse.click(*studio.at(1.04, -0.44))
    studio.tool("Select")


def editing(page: Any) -> None:
    """One Gaussian over two tips: split, and about to be moved."""
    studio = moons(page)
    wide = studio.ask("doc.parts.means.findIndex((v, i) => i % 2 === 1 && Math.abs(v - 0.31) < 0.02) >> 1")
    studio.select(wide)
    studio.button("Split").click()
    studio.ask(f"void app.dispatch({{ type: 'select', indices: [{wide}], how: 'set' }})")
    x, y = studio.mean(wide)
    studio.drag((x, y), (x - 26, y + 8))


def phone(page: Any) -> None:
    """The same on a telephone."""
    studio = moons(page)
    studio.select(2)


def error(page: Any) -> None:
    """A file that is no picture."""
    studio = sample(page, "moons", k=4, start="kmeans")
    studio.root.locator("input[type=file]").set_input_files(
        {"name": "holiday.png", "mimeType": "image/png", "buffer": b"not a picture at all"}
    )
    studio.until("state.notice?.bad")


def empty(page: Any) -> None:
    """Nothing yet."""
    Studio(page, EMPTY)


STATES: dict[str, tuple[Callable[[Any], Any], dict[str, Any]]] = {
    "light": (light, {}),
    "dark": (dark, {"theme": "dark"}),
    "table": (table, {}),
    "editing": (editing, {}),
    "phone": (phone, {"theme": "dark", "width": 390, "height": 844, "has_touch": True, "device_scale_factor": 2}),
    "empty": (empty, {"height": 760}),
    "error": (error, {}),
}


def main() -> None:
    """Take those that are named, or all."""
    wanted = sys.argv[1:] or list(STATES)
    with browsing.browser() as chromium, browsing.served() as (address, _):
        for name in wanted:
            prepare, how = STATES[name]
            with browsing.page(chromium, address, reduced_motion="reduce", **how) as page:
                prepare(page)
                page.wait_for_timeout(2500)  # thumbnails, and the sharp picture
                with Image.open(io.BytesIO(page.screenshot())) as image:
                    shot = image.convert("RGB")
                if shot.width > WIDTH:
                    shot = shot.resize((WIDTH, round(shot.height * WIDTH / shot.width)), Image.Resampling.LANCZOS)
                shot.save(OUT / f"studio-{name}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
