"""Tutorials: each is a script of cells in `docs/tutorials/`, a page of the site, and a notebook to take away.

MyST-NB runs the cells; here a line below the title is added, with the script and the notebook to download.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

TAKE = """
#
# ```{{admonition}} Take it along
# :class: tip
# This page is a notebook, {{nb-download}}`{name}.ipynb`, and a script, {{download}}`{name}.py <{name}.py>`. They need
# `pip install 'mixtura[plots]'`, and the notebook a program that opens it: `pip install jupyterlab`.
# ```
"""


def with_downloads(text: str, name: str) -> str:
    """The text of a script, whose title is followed by where it can be had."""
    title = next(line for line in text.splitlines() if line.startswith("# # "))
    return text.replace(title, title + TAKE.format(name=name).rstrip("\n"), 1)


def _add(app: Any, name: str, source: list[str]) -> None:
    if name.startswith("tutorials/") and (Path(app.srcdir) / f"{name}.py").is_file():
        source[0] = with_downloads(source[0], name.rpartition("/")[2])


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.connect("source-read", _add)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
