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
PANEL = re.compile(r"^# sphinx_gallery_thumbnail_number = (\d)(\d\d)$", re.MULTILINE)
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


def style(gallery_conf: dict[str, Any], name: str) -> None:
    """Every example is drawn in the style of the gallery; after Matplotlib was reset."""
    import matplotlib.pyplot as plt

    from mixtura import gallery

    plt.style.use(gallery.STYLE)


def pictures(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """The figures that a block of an example made, written as `mixtura gallery` writes them, and told in words.

    `# sphinx_gallery_thumbnail_number = 2` takes the second figure for the thumbnail of the example, and 203 the third
    panel of it: its third axes, or the third picture, where one axes shows several.
    """
    from sphinx_gallery.scrapers import figure_rst

    from mixtura import gallery

    wanted = PANEL.search(Path(block_vars["src_file"]).read_text(encoding="utf-8"))
    told = []
    for shown in gallery.pictures(block_vars["example_globals"], dpi=130):
        path = Path(next(block_vars["image_path_iterator"])).with_suffix(shown.suffix)
        path.write_bytes(shown.content)
        told.append(figure_rst([str(path)], gallery_conf["src_dir"], shown.alt))
        name, _, number = path.stem.rpartition("_")
        if wanted and int(number) == int(wanted[1]):
            _panel(shown.figure, int(wanted[2]), path.with_name(f"{name}_{wanted[1]}{wanted[2]}.png"))
    return "\n".join(told)


def _panel(figure: Any, number: int, path: Path) -> None:
    """One panel of a figure, as a picture."""
    from matplotlib.transforms import Bbox, TransformedBbox

    figure.canvas.draw()
    inches = figure.dpi_scale_trans.inverted()
    boxes = []
    for ax in figure.axes:
        if len(ax.images) > 1:
            extents = [Bbox.from_extents(*(image.get_extent()[i] for i in (0, 2, 1, 3))) for image in ax.images]
            boxes += [TransformedBbox(extent, ax.transData) for extent in extents]
        elif ax.get_label() != "<colorbar>":
            boxes.append(ax.get_tightbbox())
    box = boxes[number - 1].transformed(inches)
    figure.savefig(path, dpi=max(130, 420 / box.width), bbox_inches=box)


def _copy(app: Any) -> None:
    folder = Path(app.srcdir) / "pages"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for place, name in PAGES.items():
        text = relinked((ROOT / place).read_text(encoding="utf-8"), place)
        (Path(app.srcdir) / name).write_text(text, encoding="utf-8")


def _turn(app: Any, name: str, source: list[str]) -> None:
    if name.startswith("gallery/"):
        source[0] = source[0].replace("  # fmt: skip", "")  # for those who format the script, not for who reads it
    if (ROOT / "docs" / f"{name}.md").is_file() and not name.startswith("pages/"):
        source[0] = relinked(source[0], f"docs/{name}.md")


def _describe(app: Any, doctree: Any) -> None:
    """A thumbnail is called what the page is called that it leads to."""
    from docutils import nodes

    for image in doctree.findall(nodes.image):
        name = re.search(r"images/thumb/sphx_glr_(\w+)_thumb", image["uri"])
        if name and not image.get("alt"):
            image["alt"] = title(next(place for place in EXAMPLES if place.endswith(f"/{name[1]}.py")))


def title(place: str) -> str:
    """What an example is called."""
    return (ROOT / "examples" / place).read_text(encoding="utf-8").splitlines()[1]


def _shown_in(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """At the end of a docstring that has no page of its own: the examples that use what it tells of."""
    if what not in ("method", "function") or app.env.docname.endswith(f"/{name}"):
        return
    file = Path(app.srcdir) / "gallery" / "backreferences" / f"{name}.examples"
    if not file.is_file():
        return
    pages = dict.fromkeys(re.findall(r":doc:`/gallery/([\w/]+)`", file.read_text(encoding="utf-8")))
    if pages:
        links = ", ".join(f":doc:`{title(f'{page}.py')} </gallery/{page}>`" for page in pages)
        lines += ["", f"*Shown in:* {links}", ""]


def _follow_modules() -> None:
    """Let ``draw = mx.pictures.draw`` in an example count as an import of that module: `draw.dots` is linked then."""
    from types import ModuleType

    from sphinx_gallery import backreferences

    class Finder(backreferences.NameFinder):  # type: ignore[misc]
        def get_mapping(self) -> Any:
            for name, value in self.global_variables.items():
                if isinstance(value, ModuleType):
                    self.imported_names.setdefault(name, value.__name__)
            return super().get_mapping()

    backreferences.NameFinder = Finder


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.connect("builder-inited", _copy)
    app.connect("source-read", _turn)
    app.connect("doctree-read", _describe)
    app.connect("autodoc-process-docstring", _shown_in, priority=900)  # after NumPy's sections were read
    _follow_modules()
    return {"parallel_read_safe": True, "parallel_write_safe": True}
