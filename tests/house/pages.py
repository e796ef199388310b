"""Some pages of the site, built without running anything: for tests that open them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
CONF = """
from docutils.parsers.rst import Directive
from runpy import run_path

whole = run_path({conf!r})
globals().update({{name: value for name, value in whole.items() if not name.startswith("__")}})
extensions = [name for name in extensions if name != "sphinx_gallery.gen_gallery"]  # examples would be read, and run
nb_execution_mode = "off"
html_static_path = [{static!r}]
html_favicon = {favicon!r}
templates_path = [{templates!r}]
include_patterns = {pages!r}


class MiniGallery(Directive):
    optional_arguments, final_argument_whitespace, has_content = 1, True, True
    option_spec = {{"add-heading": str, "heading-level": str}}

    def run(self):
        return []


def setup(app):
    whole["setup"](app)
    app.add_directive("minigallery", MiniGallery)
"""


def build(folder: Path, pages: Sequence[str], reference: str | None = None) -> Path:
    """The folder of the pages, as .html. pages: as `how-to/cluster.md`; reference: what to read for api.rst."""
    source, made = folder / "docs", folder / "html"
    shutil.copytree(DOCS, source, ignore=shutil.ignore_patterns("conf.py", "gallery", "api", "pages", "_ext"))
    if reference is not None:
        (source / "api.rst").write_text(reference, encoding="utf-8")
    conf = CONF.format(
        conf=str(DOCS / "conf.py"),
        static=str(DOCS / "_static"),
        favicon=str(DOCS / "_static" / "favicon.svg"),
        templates=str(DOCS / "_templates"),
        pages=[*pages, "index.rst"],
    )
    (source / "conf.py").write_text(conf, encoding="utf-8")
    words = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-d", str(folder / "trees"), str(source), str(made)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (folder / "said.txt").write_text(done.stderr, encoding="utf-8")
    return made
