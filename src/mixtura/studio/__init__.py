"""The studio: a mixture in one's hands, in a page of its own, in a notebook, and in a file that needs neither.

`widget` shows it in Jupyter, VS Code and marimo (extra ``notebook``); `page` writes it into one file; `serve` is what
``mixtura studio`` runs (extra ``studio``).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .notebook import widget as widget
    from .server import serve as serve
    from .static import page as page

_HOMES = {"page": "static", "serve": "server", "widget": "notebook"}
__all__ = ["page", "serve", "widget"]


if not TYPE_CHECKING:  # to type checkers, a name that is not above is none

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
