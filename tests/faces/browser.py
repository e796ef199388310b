"""Pages in a real browser without a window: what a script finds out there, and how the page looks."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")

FLAGS = (
    "--headless=new",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    *(("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()),
)


def chromium(*words: str) -> str:
    """What Chromium prints, with a fresh profile."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        done = subprocess.run(
            [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", *words],
            capture_output=True,
            encoding="utf-8",
            timeout=240,
            check=True,
        )
    return done.stdout


def ask(page: str, script: str, folder: Path, *words: str) -> Any:
    """The JSON of what `script`, the body of an async function, returns in the page; errors of the page fail."""
    before = "<script>window.wrong = []; addEventListener('error', (e) => wrong.push(e.message));</script>"
    after = f"""<script>(async () => {{ {script} }})().then((found) => ({{ found }}), (e) => ({{ error: String(e) }}))
        .then((said) => {{ const pre = document.createElement('pre'); pre.id = 'said';
        pre.textContent = btoa(unescape(encodeURIComponent(JSON.stringify({{ ...said, wrong }}))));
        document.body.append(pre); }});</script>"""
    file = folder / "asked.html"
    file.write_text(
        page.replace("<head>", "<head>" + before, 1).replace("</body>", after + "</body>", 1), encoding="utf-8"
    )
    found = re.search(r'<pre id="said">([^<]*)</pre>', chromium("--dump-dom", *words, file.as_uri()))
    assert found, "the script did not come to its end"
    said = json.loads(base64.b64decode(found[1]))
    assert said["wrong"] == []
    assert "error" not in said, said["error"]
    return said.get("found")


ENCODED = "let s = ''; for (const b of pixels) s += String.fromCharCode(b); return btoa(s);"
"""The end of a script that returns an array of bytes, `pixels`."""


def picture(text: str, width: int, height: int) -> np.ndarray:
    """(h, w, 4) of what a script with `ENCODED` returned."""
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)


def screenshot(file: Path, width: int, height: int) -> np.ndarray:
    """(h, w, 3) of how a file looks in a window of that size, once it rests."""
    from PIL import Image

    target = file.with_suffix(".shot.png")
    size = f"--window-size={width},{height}"
    chromium(f"--screenshot={target}", size, "--virtual-time-budget=2000", file.as_uri())
    with Image.open(target) as image:
        return np.asarray(image.convert("RGB"))
