"""Pictures to points, and mixtures to pictures.

The modules load when they are first used: `mx.pictures.files` reads and writes, `image` makes points of pixels,
`field` holds densities over the plane, `draw` paints; `vector` draws the same as SVG, `page` makes a page that paints
in the browser, `film` makes films. The function `polish` makes mixtures that paint as well as they can.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import codec as codec
    from . import collection as collection
    from . import colours as colours
    from . import draw as draw
    from . import field as field
    from . import files as files
    from . import film as film
    from . import image as image
    from . import opacity as opacity
    from . import page as page
    from . import palette as palette
    from . import passage as passage
    from . import quality as quality
    from . import quantise as quantise
    from . import sheets as sheets
    from . import tone as tone
    from . import vector as vector
    from .polishing import polish as polish

__all__ = [
    "codec",
    "collection",
    "colours",
    "draw",
    "field",
    "files",
    "film",
    "image",
    "opacity",
    "page",
    "palette",
    "passage",
    "polish",
    "quality",
    "quantise",
    "sheets",
    "tone",
    "vector",
]


_FUNCTIONS = {"polish": "polishing"}


if not TYPE_CHECKING:  # to type checkers, a name that is not above is none

    def __getattr__(name: str) -> Any:
        if name in _FUNCTIONS:
            return getattr(importlib.import_module(f"{__name__}.{_FUNCTIONS[name]}"), name)
        if name in __all__:
            return importlib.import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
