"""Docstrings in plain sentences, as pages: what is said of each parameter becomes an item of a list.

A docstring of ours tells its parameters as "points: (n, d). rng: a seed, or a Generator.", and after them what it
"Returns" and "Raises", all in one paragraph.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import fields, is_dataclass
from typing import Any

CODE = re.compile(r"(``[^`]+``|`[^`]+`)")
NAME = re.compile(r"[A-Za-z_][\w.]*")
TALE = re.compile(
    r"(?<=[.;:] )(?=(?:Returns|Raises|Law|Source|Cost|Memory)\b)|^(?=(?:Returns|Raises|Law|Source|Cost)\b)"
)


def formatted(lines: list[str], names: list[str]) -> list[str]:
    """reStructuredText of a docstring's lines. names: of the parameters."""
    out: list[str] = []
    for paragraph in _paragraphs(lines):
        shown = len(out) > 1 and out[-2].endswith("::")
        if shown or paragraph[0].lstrip().startswith(">>>"):
            out += [*paragraph, ""]
        else:
            literal = paragraph[-1].endswith("::")
            text = " ".join(line.strip() for line in paragraph)
            for part in _parts(text, names):
                out += [part, ""]
            if literal:
                out[-2] = out[-2].removesuffix(":").removesuffix(":") + "::"
    return out


def _paragraphs(lines: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [paragraph for paragraph in found if paragraph]


def _parts(text: str, names: list[str]) -> list[str]:
    """The paragraph's sentences: those about parameters as items, others as paragraphs."""
    if not names:
        return [_escaped(part.strip()) for part in TALE.split(text) if part.strip()]
    one = "|".join(map(re.escape, names))
    told = re.compile(rf"(?:^|(?<=[.;] ))(?=(?:{one})(?:(?:, | and )(?:{one}))*: )")
    parts = []
    for sentence in TALE.split(text):
        for part in told.split(sentence):
            part = part.strip().removesuffix(";")
            head, _, tail = part.partition(": ")
            if told.match(part):
                marks = ", ".join(f"``{name}``" for name in re.split(r", | and ", head))
                parts.append(f"* {marks}: {_escaped(tail)}")
            elif part:
                parts.append(_escaped(part))
    return parts


def _escaped(text: str) -> str:
    """Plain text with `code`: nothing else in it is a mark."""
    pieces = CODE.split(text)
    for i, piece in enumerate(pieces):
        if i % 2 == 0:
            pieces[i] = re.sub(r"([*|\\]|_(?!\w))", r"\\\1", piece).replace("`", r"\`")
        elif not piece.startswith("``") and not NAME.fullmatch(piece.strip("`")):
            pieces[i] = f"`{piece}`"
    return "".join(pieces)


def _names(thing: Any) -> list[str]:
    if is_dataclass(thing):
        return [field.name for field in fields(thing)]
    try:
        known = inspect.signature(thing).parameters
    except (TypeError, ValueError):
        return []
    return [name for name in known if name != "self"]


def _process(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    if not name.startswith("mixtura"):
        return
    lines[:] = formatted(list(lines), [] if what == "module" else _names(thing))


def _skip(app: Any, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    home = getattr(inspect.unwrap(thing) if callable(thing) else getattr(thing, "fget", None), "__module__", None)
    return True if home is not None and not str(home).startswith("mixtura") else None


def shortened(signature: str | None) -> str | None:
    """A signature whose types are named as in the source, and arrays by what they hold."""
    if signature is None:
        return None
    named = re.sub(r"TypeAliasForwardRef\('(\w+)'\)", r"\1", signature)
    return re.sub(r"ndarray\[tuple\[Any, \.\.\.\], dtype\[(\w+)(?:\[Any\])?\]\]", r"ndarray[\1]", named)


def _sign(app: Any, what: str, name: str, thing: Any, options: Any, *signature: str | None) -> tuple[str | None, ...]:
    return tuple(map(shortened, signature))


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.connect("autodoc-process-docstring", _process)
    app.connect("autodoc-process-signature", _sign)
    app.connect("autodoc-skip-member", _skip)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
