"""The repository's files as pages of the site: where links lead, and how the gallery is made.

Markdown in the repository links to files: `../examples/em/palette.py`. On the site these are pages. What lies outside
of `docs/` and is read there too is copied to `docs/pages/`, its links turned as well.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGES = {  # files outside of docs/ that are pages too
    "CONTRIBUTING.md": "pages/contributing.md",
    "CHANGELOG.md": "pages/changes.md",
    "samples/README.md": "pages/samples.md",
}
PAGES |= {f"benchmarks/{file.name}": f"pages/{file.name}" for file in sorted((ROOT / "benchmarks").glob("*.md"))}
PLACES = PAGES | {"README.md": "index.rst", "examples/README.md": "gallery/index.rst"}
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")
ROW = re.compile(r"^\| \[\w+\]\(([\w/]+\.py)\)", re.MULTILINE)

EXAMPLES = ROW.findall((ROOT / "examples" / "README.md").read_text(encoding="utf-8"))  # in the order of their table
FOLDERS = [f"../examples/{folder}" for folder in dict.fromkeys(posixpath.dirname(name) for name in EXAMPLES)]


def relinked(text: str, home: str) -> str:
    """Markdown whose links lead to pages of the site. home: its file in the repository, `docs/fast.md`."""

    def turned(link: re.Match[str]) -> str:
        if ":" in link[1]:
            return link[0]
        place = posixpath.normpath(posixpath.join(posixpath.dirname(home), link[1]))
        return f"]({page(place)}{link[2] or ''})"

    return LINK.sub(turned, text)


def page(place: str) -> str:
    """Where a file of the repository is on the site, from its root on."""
    if place in PLACES:
        return f"/{PLACES[place]}"
    if place.startswith("examples/") and place.endswith(".py"):
        return f"/gallery/{place.removeprefix('examples/').removesuffix('.py')}.rst"
    if place.startswith("docs/"):
        return f"/{place.removeprefix('docs/')}"
    return f"/../{place}"


def order(file: str) -> int:
    """Where an example stands among all."""
    return next(i for i, name in enumerate(EXAMPLES) if name.endswith(f"/{Path(file).name}"))


def arguments(gallery_conf: dict[str, Any], script_vars: dict[str, Any]) -> list[str]:
    """What every example is called with: `make docs DATA=folder` hands on the folder."""
    folder = os.environ.get("MIXTURA_DATA")
    return ["--data", str(ROOT / folder)] if folder else []


def pictures(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """The figures that a block of an example made, written as `mixtura gallery` writes them."""
    from sphinx_gallery.scrapers import figure_rst

    from mixtura import gallery

    made = []
    for suffix, content in gallery.pictures(block_vars["example_globals"], dpi=130):
        path = Path(next(block_vars["image_path_iterator"])).with_suffix(suffix)
        path.write_bytes(content)
        made.append(str(path))
    return figure_rst(made, gallery_conf["src_dir"])


def _copy(app: Any) -> None:
    folder = Path(app.srcdir) / "pages"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for place, name in PAGES.items():
        text = relinked((ROOT / place).read_text(encoding="utf-8"), place)
        (Path(app.srcdir) / name).write_text(text, encoding="utf-8")


def _turn(app: Any, name: str, source: list[str]) -> None:
    if (ROOT / "docs" / f"{name}.md").is_file() and not name.startswith("pages/"):
        source[0] = relinked(source[0], f"docs/{name}.md")


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.connect("builder-inited", _copy)
    app.connect("source-read", _turn)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
