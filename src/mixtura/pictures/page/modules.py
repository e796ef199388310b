"""Scripts of pages: modules of JavaScript, joined into one script without a tool.

Ours use two words of the language only, ``import {a} from './b.js'`` and ``export`` before a declaration, and no name
twice, so that all of them are one script once those words are gone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from types import MappingProxyType

from .. import palette

SHADES = 25
"""Of each colour map in palettes.js: paper, and 24 levels of contours."""
_IMPORT = re.compile(r"^import \{[^}]*\} from '\./([\w-]+\.js)';?\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function|const|let|class)", re.MULTILINE)
_NAME = re.compile(r"^(?:async )?(?:function\*?|const|let|class) (\w+|\{[^}]*\}|\[[^\]]*\])", re.MULTILINE)


@cache
def scripts() -> Mapping[str, str]:
    """Read the modules that paint, which pages and the studio share.

    Returns
    -------
    mapping of str to str
        The text of each by its name, such as ``"painter.js"``.
    """
    folder = resources.files(__package__)
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".js") and file.name != "page.js")
    return MappingProxyType({name: folder.joinpath(name).read_text(encoding="utf-8") for name in names})


def imports(text: str) -> list[str]:
    """List what a module imports.

    Parameters
    ----------
    text : str
        Of a module.

    Returns
    -------
    list of str
        Names of modules, such as ``"painter.js"``.
    """
    return _IMPORT.findall(text)


def filled(template: str, pieces: Mapping[str, str]) -> str:
    """Fill a template's marks, such as @TITLE@, in one pass, so that nothing inserted is read as a mark.

    Parameters
    ----------
    template : str
        A text.
    pieces : mapping of str to str
        What stands for each mark.

    Returns
    -------
    str
        The text; marks without a piece stay.
    """
    return re.sub("@[A-Z]+@", lambda mark: pieces.get(mark[0], mark[0]), template)


def joined(text: str, modules: Mapping[str, str]) -> str:
    """Join a module with all that it imports.

    Parameters
    ----------
    text : str
        Of a module.
    modules : mapping of str to str
        The text of each module that may be imported, by its name.

    Returns
    -------
    str
        A script: each module once, after those that it imports.

    Raises
    ------
    ValueError
        If a module is missing, imports in a circle or in another way, or if a name is declared by two of them.
    """
    done: dict[str, str] = {}
    owners: dict[str, str] = {}

    def add(name: str, text: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"modules import each other in a circle: {' -> '.join((*above, name))}.")
        for needed in imports(text):
            if needed not in modules:
                raise ValueError(f"{name} imports {needed}, which does not exist.")
            if needed not in done:
                add(needed, modules[needed], (*above, name))
        plain = _EXPORT.sub("", _IMPORT.sub("", text))
        if wrong := re.search(r"^(?:import|export)\b.*", plain, re.MULTILINE):
            raise ValueError(f"{name} has {wrong[0]!r}: write import {{a}} from './b.js', or export and a declaration.")
        for declared in _NAME.findall(plain):
            for word in re.findall(r"\w+", declared):
                if owners.setdefault(word, name) != name:
                    raise ValueError(f"{word} is declared by {owners[word]} and by {name}: rename one of them.")
        done[name] = plain.strip("\n")

    add("", text, ())
    return "\n".join(done.values()) + "\n"


def palettes(names: Sequence[str] = palette.NAMES) -> str:
    """Write colour maps as a module: what palettes.js is.

    Parameters
    ----------
    names : sequence of str
        Of those that it holds, by default all.

    Returns
    -------
    str
        JavaScript.
    """
    ramps = "".join(f"  {name}: '{palette.colours(name, SHADES).tobytes().hex()}',\n" for name in names)
    return f"""// The colour maps of palette.py, {SHADES} shades each from sparse to dense: modules.py makes this.
const RAMPS = {{
{ramps}}};

export const paletteNames = Object.keys(RAMPS);

// The shades of a map as [r, g, b] in 0..255; with '-r' appended to its name, the other way round.
export function paletteShades(name) {{
  const turned = name.endsWith('-r'), ramp = RAMPS[turned ? name.slice(0, -2) : name];
  const shades = ramp.match(/.{{6}}/g).map((code) => [0, 2, 4].map((at) => parseInt(code.slice(at, at + 2), 16)));
  return turned ? shades.reverse() : shades;
}}
"""
