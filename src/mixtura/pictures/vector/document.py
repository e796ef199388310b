"""The text around a drawing, and numbers as short as SVG allows."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

import numpy as np

from ...arrays import Numbers
from ...model.mixture import Mixture
from ..canvas import Canvas


def document(
    canvas: Canvas, background: str, body: Sequence[str], title: str, description: str, unit: float | None = None
) -> str:
    """SVG file: the background, with the body on it.

    unit: millimetres to a unit of the drawing; by default it has no physical size.
    """
    width, height = canvas.size
    wide, high = (str(side) if unit is None else f"{number(side * unit, 3)}mm" for side in canvas.size)
    box = f'viewBox="0 0 {width} {height}" width="{wide}" height="{high}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-labelledby="t d">'
    told = f'<title id="t">{escape(title)}</title><desc id="d">{escape(description)}</desc>'
    ground = f'<rect width="{width}" height="{height}" fill="{background}"/>'
    return "\n".join([head, told, ground, *body, "</svg>\n"])


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


def gaussians(mixture: Mixture) -> str:
    """How many components there are, in words: 1 Gaussian, 2 Gaussians."""
    k = mixture.n_components
    return f"{k} Gaussian{'s' * (k != 1)}"
