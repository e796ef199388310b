"""What notebooks show of our values: a small drawing beside a table, in HTML that needs nothing else.

Text is in the page's own colour, so that it suits light and dark pages. Names are escaped.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

WIDTH, HEIGHT, MARGIN = 300.0, 190.0, 8.0
HUES = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf")


def card(drawing: str, caption: str, *tables: str) -> str:
    """A drawing in SVG, or an <img/>, with a line below, and tables beside it."""
    shown = drawing
    if not drawing.startswith("<img"):
        shown = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}" height="{HEIGHT:g}" '
            f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img">{drawing}</svg>'
        )
    return (
        f'<div style="display:flex;gap:1.5em;align-items:flex-start;flex-wrap:wrap">'
        f'<figure style="margin:0">{shown}'
        f'<figcaption style="font-size:85%;opacity:.8;max-width:{1.3 * WIDTH:g}px">{escape(caption)}</figcaption>'
        f"</figure>"
        f"{''.join(tables)}</div>"
    )


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], bold: int | None = None, hues: Sequence[str] | None = None
) -> str:
    """A table of text. bold: the row that stands out. hues: a colour a row, shown before its first cell."""
    lines = []
    for number, row in enumerate(rows):
        style = ' style="font-weight:bold"' if number == bold else ""
        cells = [escape(cell) for cell in row]
        if hues is not None:
            cells[0] = f'<span style="color:{hues[number]}">\u25a0\u25a0</span> {cells[0]}'
        lines.append(f"<tr{style}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    head = "".join(f"<th>{escape(word)}</th>" for word in heads)
    return f'<table style="font-size:85%"><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table>'


def image(data: bytes, kind: str, alt: str, width: int) -> str:
    """A picture, as an <img/> that holds its bytes. kind: as in image/png."""
    source = f"data:image/{kind};base64,{b64encode(data).decode()}"
    return f'<img src="{source}" alt="{escape(alt)}" width="{width}" style="max-width:100%"/>'


def line(x: Iterable[float], y: Iterable[float], style: str) -> str:
    """A line through places in the drawing."""
    places = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return f'<polyline points="{places}" fill="none" {style}/>'


def scaled(values: Sequence[float], low: float, high: float, start: float, end: float) -> list[float]:
    """Numbers as places in the drawing: `low` at start, `high` at end; in the middle where there is but one number."""
    if not high > low:
        return [(start + end) / 2] * len(values)
    return [start + (value - low) / (high - low) * (end - start) for value in values]
