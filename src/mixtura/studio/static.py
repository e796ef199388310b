"""The studio as one file: points or a mixture, the front end, and EM in JavaScript, without a network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from html import escape
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, named
from ..pictures.canvas import has_colour
from ..pictures.field import Frame
from ..pictures.page.modules import filled
from ..sources.tables import KINDS
from . import given as values
from . import opening, samples
from .link import linked, styles
from .table import FAMILIES, LIMITS, STARTS

ROWS = LIMITS["sample"]
"""Points that a page holds; EM in it takes some 10 ms a step for 10,000 of them and 50 components."""


def page(
    value: Any = None,
    data: Any = None,
    *,
    columns: Sequence[str | int] | None = None,
    n_components: int | None = None,
    covariance_type: str = "full",
    start: str = "kmeans",
    seed: int = 0,
    frame: Any = None,
    name: str | None = None,
    title: str | None = None,
    packed: bool = True,
) -> str:
    """Make a self-contained page in which a mixture is fitted to points, step by step, and worked on by hand.

    Parameters
    ----------
    value : array_like, frame, Points, path, Mixture or Fit, optional
        What to open: rows of finite numbers to fit, at most `ROWS` of 64 columns, or a mixture. By default nothing, so
        that the page offers its samples.
    data : array_like, frame, Points or path, optional
        The points of a mixture or a fit, which can then be fitted on.
    columns : sequence of str or int, optional
        The columns of a table to take, in this order.
    n_components : int, optional
        How many components the page begins with; by default those of the mixture, or what it suggests.
    covariance_type : {"full", "tied", "diag", "spherical"}
        Of fits.
    start : {"kmeans", "kmeans++", "random_from_data", "partition", "hierarchical", "random"}
        Where fits begin.
    seed : int, default 0
        Of starts. The same seed gives the start that it gives `fit`.
    frame : tuple of float, optional
        Of a mixture of a picture (left, top, right, bottom): the part of the plane that is shown, y downwards.
    name : str, optional
        What the data are called; if they lie in a table, its name, so that the line below the page is of that.
    title : str, optional
        Of the page; by default the name.
    packed : bool, default True
        Whether script and style lie in it compressed, so that it takes half the bytes and a browser of 2023 or later;
        else as text, for who wants to read or to check it, or where mail and platforms distrust what is packed.

    Returns
    -------
    str
        The text of an HTML file.

    Raises
    ------
    InputError
        If there is nothing here that such a page can hold: pictures, other families, too many rows or columns.
    TableError, StorageError
        If a file cannot be read.

    Notes
    -----
    EM in the page is exact, in double precision, and takes the steps of `fit` to nine digits; rows with gaps can be
    looked at, but not fitted. The page asks no network for anything, which its content security policy forbids; names
    are text in it. It opens .csv files and models too, and writes models and labels.

    Examples
    --------
    >>> import mixtura as mx
    >>> mx.studio.page([[0.0, 1.0], [2.0, 3.0], [4.0, 4.0]], n_components=1)[:15]
    '<!doctype html>'
    """
    settings: dict[str, Any] = {"covariance_type": covariance_type, "start": start, "seed": seed}
    _check(settings, n_components)
    opened = None if value is None else _opened(value, data, columns, frame, name)
    if opened is not None and opened.mixture is not None:
        del settings["covariance_type"]
    if n_components is not None:
        settings["k"] = int(n_components)
    told: dict[str, Any] = {"settings": settings, "samples": _samples()}
    if opened is not None:
        arrays = _coded(opened.arrays)
        told["opened"] = {"head": {**opened.head, "id": _fingerprint(arrays)}, "arrays": arrays}
    shown = title if title is not None else "Mixtura" if opened is None else str(opened.head["name"])
    return _filled(shown, told, packed)


def _check(settings: Mapping[str, Any], n_components: Any) -> None:
    from ..checks import is_whole

    if settings["covariance_type"] not in FAMILIES:
        raise InputError(
            f"{named('covariance_type')} is {settings['covariance_type']!r}: a page fits {', '.join(FAMILIES)}."
        )
    if settings["start"] not in STARTS:
        raise InputError(f"{named('start')} is {settings['start']!r}: a page begins from {', '.join(STARTS)}.")
    if not is_whole(settings["seed"]) or not 0 <= settings["seed"] < 2**32:
        raise InputError(f"{named('seed')} is {settings['seed']!r}: give a whole number from 0 to 2^32 - 1.")
    if n_components is not None and (not is_whole(n_components) or not 1 <= n_components <= LIMITS["k"]):
        raise InputError(f"{named('n_components')} is {n_components!r}: give a whole number from 1 to {LIMITS['k']:,}.")


def _opened(value: Any, data: Any, columns: Sequence[str | int] | None, frame: Any, name: str | None) -> opening.Opened:
    """What is open at first."""
    found = values.opened_values(value, data, columns=columns, kind=None, name=name)
    if name is not None and name.lower().endswith(KINDS) and found.head["kind"] == "points":
        found = replace(found, head={**found.head, "kind": "table"})  # the line below the page begins from that file
    n = found.head["n"]
    if found.kind == "picture":
        raise InputError("a page of one file holds no pictures: give the mixture of one, or open it in the studio.")
    if n > ROWS:
        raise InputError(f"the points are {n:,} rows, a page holds {ROWS:,}: give a sample of them.")
    if found.mixture is not None and found.mixture.covariance_type not in FAMILIES:
        raise InputError(
            f"the mixture is of the family {found.mixture.covariance_type}, a page knows {', '.join(FAMILIES)}: give "
            f"it as Mixture(mix.weights, mix.means, mix.matrices)."
        )
    if frame is not None and found.mixture is not None and not n:
        notes = {"kind": "colour" if has_colour(found.mixture) else "ink", "frame": list(Frame.checked(frame))}
        return opening.opened_model(found.mixture, name or "mixture", notes)
    return found


def _samples() -> list[dict[str, Any]]:
    """The samples that are points, and the table, which the page carries."""
    made = []
    for told in samples.listed():
        if told["kind"] != "picture":
            found = samples.opened_sample(told["name"])
            made.append({**told, "kind": "points", "columns": found.head["columns"], **_coded(found.arrays)})
    return made


def _coded(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Arrays of a message, as JSON holds them."""
    kinds = {"f": "<f8", "u": "u1"}
    return {
        name: {
            "dtype": kinds[values.dtype.kind][-2:],
            "shape": list(values.shape),
            "base64": base64.b64encode(np.ascontiguousarray(values, kinds[values.dtype.kind]).tobytes()).decode(),
        }
        for name, values in arrays.items()
    }


def _fingerprint(arrays: Mapping[str, Any]) -> str:
    """What the page calls its data, so that the same page has the same bytes."""
    return hashlib.sha256(json.dumps(arrays, sort_keys=True).encode()).hexdigest()[:16]


def _filled(title: str, told: Mapping[str, Any], packed: bool) -> str:
    """The page of this title and data."""
    script, style = "\n" + linked("alone.js"), "\n" + styles(page=True)
    if "</script" in script or "<!--" in script or "</style" in style:
        raise ValueError("a script or style of the studio would end its element: write <\\/script instead.")
    loader = linked("unpack.js")
    allowed = [script, loader] if packed else [script]
    policy = (
        f"default-src 'none'; script-src {' '.join(map(_hash, allowed))}; style-src {_hash(style)}; "
        "img-src blob: data:; worker-src blob:; base-uri 'none'; form-action 'none'"
    )
    given = json.dumps(told, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    parts = [("application/json", "given", given)]
    if packed:
        parts += [("text/plain", "packed", _packed(style, script)), ("module", "loader", loader)]
    else:
        parts += [("module", "script", script)]
    pieces = {
        "@POLICY@": f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        "@TITLE@": escape(title),
        "@STYLE@": "" if packed else f"<style>{style}</style>",
        "@SCRIPT@": "\n".join(f'<script type="{kind}" id="{id_}">{text}</script>' for kind, id_, text in parts),
    }
    return filled(_template(), pieces)


@cache
def _packed(*texts: str) -> str:
    """Texts as a page unpacks them."""
    return base64.b64encode(zlib.compress("\0".join(texts).encode(), 9)).decode()


@cache
def _template() -> str:
    """The page that the server sends, with marks where it asks for files."""
    text = resources.files(__package__).joinpath("web", "index.html").read_text(encoding="utf-8")
    text = re.sub("<title>.*</title>", "<title>@TITLE@</title>", text)
    text = re.sub('(<link rel="stylesheet"[^>]*>\\s*)+', "@STYLE@\n", text)
    text = re.sub('<script type="module" src=[^>]*></script>\\s*', "", text).replace("</body>", "@SCRIPT@\n</body>")
    return text.replace(
        '<meta charset="utf-8">', '<meta charset="utf-8">\n@POLICY@\n<meta name="referrer" content="no-referrer">'
    )


def _hash(text: str) -> str:
    """What a content security policy knows an element by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
