"""A style by its name, with its settings: what `draw` and `vector` share."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..errors import InputError

Made = TypeVar("Made")


def options(styles: Mapping[str, Callable[..., Any]], style: str) -> tuple[str, ...]:
    """List the settings that a style takes beside frame and size."""
    if style not in styles:
        raise InputError(f"the style {style!r} is unknown: choose one of {', '.join(styles)}.", "style")
    names = inspect.signature(styles[style]).parameters
    return tuple(name for name in names if name not in ("mixture", "frame", "size"))


def chosen(
    styles: Mapping[str, Callable[..., Made]], style: str, settings: Mapping[str, Any], where: str = ""
) -> Callable[..., Made]:
    """Style; InputError when it does not take a setting. where: what the message adds."""
    known = options(styles, style)
    for name in settings:
        if name not in known:
            raise InputError(f"the style {style} has no setting {name!r}{where}: it knows {', '.join(known)}.")
    return styles[style]
