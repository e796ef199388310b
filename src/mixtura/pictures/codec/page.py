"""Tiny pictures within a web page: an element that paints one, and the script that knows the element."""

from __future__ import annotations

import base64
from html import escape
from importlib import resources

from ...checks import check_flag
from ...errors import InputError, named


def html(data: bytes, *, alt: str = "", script: bool = True) -> str:
    """Write what shows a picture in a page: an element, and once a page the script that paints it.

    Parameters
    ----------
    data : bytes
        A whole .gmx file.
    alt : str, default ""
        What the picture shows, for those who do not see it.
    script : bool, default True
        Whether the script comes along, which a page needs once: see `script`.

    Returns
    -------
    str
        HTML of one element, ``<gmx-picture>``, which has the size of the picture until CSS gives it another; an
        ``<img>`` put into it covers it once that has loaded.

    Raises
    ------
    PictureError
        If the bytes are no .gmx file.
    InputError
        If `alt` is no text.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.pictures import codec
    >>> data = codec.encode(np.full((8, 8, 3), 90, np.uint8), n_components=1)
    >>> codec.html(data, alt="grey", script=False).split()[0]
    '<gmx-picture'
    """
    from . import size

    check_flag(script, "script")
    if not isinstance(alt, str):
        raise InputError(f"{named('alt')} is {alt!r}: give a text.")
    width, height = size(data)
    text = base64.b64encode(data).decode()
    look = f"width:{width}px;aspect-ratio:{width}/{height}"
    element = f'<gmx-picture role="img" aria-label="{escape(alt)}" style="{look}" data="{text}"></gmx-picture>\n'
    return (f'<script type="module">\n{javascript()}</script>\n' if script else "") + element


def javascript() -> str:
    """Give the script that reads and paints .gmx files in a browser, without its comments.

    Returns
    -------
    str
        A module of JavaScript; it exports ``read``, ``pixels`` and ``paint``, and defines ``<gmx-picture>``.
    """
    from ..page.compact import compact

    return compact(resources.files(__package__).joinpath("gmx.js").read_text(encoding="utf-8"))
