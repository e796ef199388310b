"""The studio's scripts: modules that a browser loads one by one, or that are joined into one where one is needed.

Each has a floor, and imports from its own floor or from those below. The lower two know no page: a worker and node run
them too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from ..pictures.page.compact import reached
from ..pictures.page.modules import imports, joined, scripts

FLOORS = {
    "calculus": "matrices normal random algebra uniting reduction families expect maximise hierarchy starts em",
    "values": "wire csv modelfile document steps edits history acts climb format palettes tones tone quoting recipe "
    "answers pasted",
    "engine": "engine inpage",
    "painter": "gaussians chosen cells plans looks dots splat strewn shaders sheet plain easel painter",
    "page": "dom icons float pairs divider link lessons thumbnails store proof transports talk keep likeness",
    "stage": "flat inks slices handles hits marks axes overlay place points sheets plot spoken strokes drags gestures "
    "stage",
    "panels": "strip curves look parts ask trace choice fit command",
    "shell": "menu notices begin columns spray open take keys shell",
    "doors": "studio main widget alone unpack",
}
"""The modules of each floor, from the lowest to the highest."""
WHOLE_PAGE = ("page.css", "whole.css")
"""Styles of a page that the studio has for itself."""


@cache
def modules() -> Mapping[str, str]:
    """Read all modules: the studio's, and those of the painter that it shares with pages.

    Returns
    -------
    mapping of str to str
        The text of each by its name, such as ``"studio.js"``.
    """
    web = resources.files(__package__).joinpath("web")
    own = {file.name: file.read_text(encoding="utf-8") for file in web.iterdir() if file.name.endswith(".js")}
    if twice := sorted(own.keys() & scripts().keys()):
        raise ValueError(f"{twice[0]} is a module of the studio and one of the painter: rename one of them.")
    return MappingProxyType({**scripts(), **own})


def whole(name: str) -> str:
    """Join a module with all that it imports, as they are written.

    Parameters
    ----------
    name : str
        Of a module, such as ``"main.js"``.

    Returns
    -------
    str
        One module that imports and exports nothing.

    Raises
    ------
    ValueError
        If modules import in a circle or upwards, or declare a name twice.
    """
    if wrong := upward(modules()):
        raise ValueError(wrong[0])
    return joined(modules()[name], modules())


@cache
def linked(name: str, *exports: str) -> str:
    """Join a module with what it needs of others, without comments: half a second's work.

    Parameters
    ----------
    name : str
        Of a module, such as ``"widget.js"``.
    *exports : str
        Names that whoever takes the script refers to.

    Returns
    -------
    str
        One module that imports and exports nothing.

    Raises
    ------
    ValueError
        See `whole`.
    """
    return reached(whole(name), exports)


def upward(texts: Mapping[str, str]) -> list[str]:
    """Look for modules that import from a floor above their own.

    Parameters
    ----------
    texts : mapping of str to str
        Modules by their names.

    Returns
    -------
    list of str
        A sentence for each.
    """
    floors = list(FLOORS)
    floor_of = {f"{name}.js": floor for floor, names in FLOORS.items() for name in names.split()}
    found = []
    for name, text in texts.items():
        for needed in imports(text):
            here, there = floor_of.get(name), floor_of.get(needed)
            if here and there and floors.index(there) > floors.index(here):
                found.append(f"{name} ({here}) imports {needed} ({there}), which is above it.")
    return found


@cache
def styles(*, page: bool = False) -> str:
    """Read the style sheets.

    Parameters
    ----------
    page : bool, default False
        Whether the studio has the page for itself.

    Returns
    -------
    str
        CSS.
    """
    web = resources.files(__package__).joinpath("web")
    names = sorted(
        (file.name for file in web.iterdir() if file.name.endswith(".css")), key=lambda name: name != "studio.css"
    )
    kept = [name for name in names if page or name not in WHOLE_PAGE]
    return "\n".join(web.joinpath(name).read_text(encoding="utf-8").strip() for name in kept) + "\n"
