"""Pictures to points, and mixtures to pictures.

The modules load when they are first used: `mx.pictures.files` reads and writes, `image` makes points of pixels,
`field` holds densities over the plane, `draw` paints; `vector` draws the same as SVG, `page` makes a page that paints
in the browser, `film` makes films.
"""

from __future__ import annotations

import importlib
from types import ModuleType

__all__ = [
    "collection",
    "colours",
    "draw",
    "field",
    "files",
    "film",
    "image",
    "page",
    "palette",
    "passage",
    "quality",
    "quantise",
    "sheets",
    "tone",
    "vector",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
