"""The reference: papers that docstrings and pages name become links, and the methods of a mixture are told by theme.

Text names a paper as people do, ``Delon and Desolneux 2020``, so that docstrings read well in a terminal; here such a
mention becomes a citation of the entry in `references.bib`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1]
FENCE = re.compile(r"^(```.*?^```$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)

THEMES = {
    "Densities and clusters": "log_density density responsibilities predict mahalanobis in_confidence_region",
    "What is known of the rest": "condition regress marginal product impute denoise",
    "Samples": "sample",
    "Moments, shape and probability": "mean covariance modes ellipses probability entropy directions",
    "Two mixtures compared": "kl wasserstein transport",
    "Other mixtures made of it": "transform scale_covariances subset merge split reduce",
    "Files": "save",
}
"""The methods of a Mixture, for a table at the head of its page."""

HIDDEN = {"trusted", "rows", "log_scales", "family", "lower", "whitener"}
"""What classes keep for other modules: no part of the reference."""


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _names(people: list[str]) -> set[str]:
    """The ways in which a text names these authors."""
    listed = f"{', '.join(people[:-1])} and {people[-1]}" if len(people) > 1 else people[0]
    return {listed, _plain(listed)} | ({f"{people[0]} et al."} if len(people) > 2 else set())


@cache
def _mentions() -> tuple[re.Pattern[str], dict[str, str]]:
    """What finds a mention of any entry, and the key of each way to name one."""
    from pybtex.database import parse_file

    keys = {}
    for key, entry in parse_file(str(DOCS / "references.bib")).entries.items():
        authors = entry.persons["author"]
        people = [" ".join(map(str, (*each.rich_prelast_names, *each.rich_last_names))) for each in authors]
        for name in _names(people):
            keys[f"{name} {entry.fields['year']}"] = key
    ways = sorted(keys, key=len, reverse=True)
    words = "|".join(
        r"\s+".join(re.escape(word) for word in way.split(" ")[:-1]) + rf"\s+(?P<y{i}>\(?{way[-4:]}\)?)"
        for i, way in enumerate(ways)
    )
    return re.compile(rf"(?=[(A-Zv])(?<![\w\]`])(?P<open>\()?(?:{words})"), keys


def cited(text: str, role: str) -> tuple[str, set[str]]:
    """A text whose mentions are citations, and the keys of these. role: how one is written, with {key} in it."""
    finder, keys = _mentions()
    found = set()

    def turned(mention: re.Match[str]) -> str:
        words = re.sub(r"[()]", "", " ".join(mention[0].split()))
        found.add(keys[words])
        rest = ")" if mention["open"] is None and mention[0].endswith(")") and "(" not in mention[0] else ""
        if mention["open"] and not mention[0].endswith(")"):
            return "(" + role.format(key=keys[words], kind="t")
        return role.format(key=keys[words], kind="p" if mention["open"] else "t") + rest

    return finder.sub(turned, text), found


def outside_code(text: str, role: str) -> tuple[str, set[str]]:
    """The same of Markdown, whose code stays as it is."""
    parts, found = FENCE.split(text), set()
    for i in range(0, len(parts), 2):
        parts[i], more = cited(parts[i], role)
        found |= more
    return "".join(parts), found


def _docstring(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    lines[:] = cited("\n".join(lines), ":cite:{kind}:`{key}`")[0].split("\n")


def _page(app: Any, name: str, source: list[str]) -> None:
    if (DOCS / f"{name}.md").is_file() and name != "bibliography" and not name.startswith(("pages/", "gallery/")):
        source[0] = outside_code(source[0], "{{cite:{kind}}}`{key}`")[0]


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.connect("autodoc-process-docstring", _docstring)
    app.connect("source-read", _page, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
