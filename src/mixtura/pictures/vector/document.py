"""The text around a drawing, and numbers as short as SVG allows."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...arrays import Numbers
from ...model.mixture import Mixture
from ..canvas import Canvas
from ..colours import NAMES

_INKSCAPE = "http://www.inkscape.org/namespaces/inkscape"
_SODIPODI = "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"


def document(canvas: Canvas, background: str, body: Sequence[str], title: str, description: str) -> str:
    """SVG file of a picture: the background, with the body on it, cut off at their edges."""
    width, height = canvas.size
    sheet = f'<rect width="{width}" height="{height}"'
    # The edges of the view box cut off nothing: what lies beyond them shows in a box of another shape.
    clip = f'<clipPath id="c">{sheet}/></clipPath><g clip-path="url(#c)">'
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return _file(size, [f'{sheet} fill="{background}"/>', clip, *body, "</g>"], title, description)


class Layer(NamedTuple):
    """What one pen draws."""

    pen: str  # its colour, a hexcode
    width: float  # of its lines, in units of the view box
    path: str


def plot(
    box: tuple[int, int],
    shown: tuple[str, str],
    layers: Sequence[Layer],
    title: str,
    description: str,
    paper: str | None = None,
) -> str:
    """SVG file for a plotter: a layer a pen, as Inkscape and vpype know them, and no other shape.

    box: (width, height) of the view box. shown: width and height of the drawing, with their units. paper: its colour,
    which browsers and Inkscape show, and which no pen draws.
    """
    head = f'viewBox="0 0 {box[0]} {box[1]}" width="{shown[0]}" height="{shown[1]}" xmlns:inkscape="{_INKSCAPE}"'
    body = []
    if paper is not None:
        head += f' xmlns:sodipodi="{_SODIPODI}" style="background:{paper}"'
        body.append(f'<sodipodi:namedview pagecolor="{paper}"/>')
    for i, (pen, width, path) in enumerate(layers, 1):
        # The number comes first: programs take the first digits of a layer's name as the number of its pen.
        name = f'id="pen-{i}" inkscape:groupmode="layer" inkscape:label="{i} {_name(pen)}"'
        line = f'stroke-width="{number(width, 1)}" stroke-linecap="round" stroke-linejoin="round"'
        body.append(f'<g {name}><path fill="none" stroke="{pen}" {line} d="{path}"/></g>')
    return _file(head, body, title, description)


def _file(size: str, body: Sequence[str], title: str, description: str) -> str:
    """The whole text; every id in it begins with a hash of the drawing."""
    drawn = "\n".join(body)
    # Ids hold for a whole page, and two drawings may stand in one.
    key = "m" + hashlib.blake2b((size + drawn).encode(), digest_size=4).hexdigest()
    drawn = re.sub(r'( id="|url\(#)', rf"\g<1>{key}-", drawn)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="{key}-t {key}-d">'
    title, description = html.escape(title, quote=False), html.escape(description, quote=False)
    told = f'<title id="{key}-t">{title}</title><desc id="{key}-d">{description}</desc>'
    return "\n".join([head, told, drawn, "</svg>\n"])


def number(value: float, digits: int) -> str:
    """`value` with so many digits after the point at most, and none that says nothing."""
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text in ("-0", ""):
        return "0"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def short(value: float, like: float | None = None) -> str:
    """`value` to as many digits as give `like` (or itself) three significant ones."""
    size = abs(value if like is None else like)
    return number(value, max(0, 2 - int(np.floor(np.log10(size)))) if size else 0)


def ellipse(centre: Numbers, factor: Numbers, reach: float, paint: str) -> str:
    """Circle of radius `reach` under the map z -> centre + factor z, factor (2, 2) lower triangular."""
    (a, _), (b, d) = factor
    x, y = (number(place, 1) for place in centre)
    matrix = f"{short(a)} {short(b, min(a, d))} 0 {short(d)} {x} {y}"
    return f'<circle r="{number(reach, 3)}" transform="matrix({matrix})" {paint}/>'


def hexcode(colour: Numbers) -> str:
    """#rrggbb, or #rgb where that is the same, of sRGB values in 0..255."""
    code = "".join(f"{int(channel):02x}" for channel in np.rint(np.clip(colour, 0, 255)))
    return f"#{code[::2]}" if code[::2] == code[1::2] else f"#{code}"


def _name(pen: str) -> str:
    """A colour's name, if it has one, else its hexcode."""
    digits = pen[1:] if len(pen) == 7 else "".join(2 * digit for digit in pen[1:])
    return NAMES.get(f"#{digits}", pen)


def gaussians(mixture: Mixture) -> str:
    """How many components there are, in words: 1 Gaussian, 2 Gaussians."""
    k = mixture.n_components
    return f"{k} Gaussian{'s' * (k != 1)}"
