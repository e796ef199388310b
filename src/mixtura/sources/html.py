"""Points as notebooks show them: some of them drawn, and what each column holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..arrays import Array, Floats
from ..showing import HEIGHT, HUES, MARGIN, WIDTH, card, line, scaled, table
from .naming import coordinate_names

if TYPE_CHECKING:
    from .points import Points

DRAWN, COLUMNS, BINS = 600, 12, 40  # at most: points and columns that are shown; bars of a histogram
COLOURS = ("x", "y", "r", "g", "b")


def html(points: Points) -> str:
    """A histogram (one coordinate) or a scatter plot over the first two, and a table of columns.

    Pixels lie as in their picture, y down, those of colours in theirs.
    """
    names = coordinate_names(points.names, points.d)
    seen = ~np.isnan(points.x[:, : min(2, points.d)]).any(axis=1) & (points.counts > 0)
    some = np.flatnonzero(seen)
    drawing = ""
    if len(some):
        drawing = _bars(points.x[some, 0], points.counts[some]) if points.d == 1 else _dots(points, some)
    said = repr(points).strip("<>")
    if points.d > 1 and (points.d > 2 or len(some) > DRAWN):
        count = f"{DRAWN} of them" if len(some) > DRAWN else "they"
        said += f"; {count} are drawn, over {names[0]} and {names[1]}"
    return card(drawing, said, table(("column", "least", "mean", "largest", "missing"), _rows(points, names)))


def _rows(points: Points, names: tuple[str, ...]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for i, name in enumerate(names[:COLUMNS]):
        values = points.x[:, i].astype(np.float64)
        there = values[~np.isnan(values)]
        numbers = (there.min(), there.mean(), there.max()) if len(there) else (np.nan,) * 3
        rows.append((name, *(f"{number:.4g}" for number in numbers), f"{len(values) - len(there):,}"))
    if len(names) > COLUMNS:
        rows.append((f"… and {len(names) - COLUMNS} more", "", "", "", ""))
    return rows


def _bars(values: Floats, counts: Array) -> str:
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = float(values.min()), float(values.max())
        if not np.isfinite(high - low):
            return ""
        heights, _ = np.histogram(values.astype(np.float64), BINS, (low, high) if high > low else None, weights=counts)
    edges = np.repeat(np.linspace(MARGIN, WIDTH - MARGIN, BINS + 1), 2)
    tops = HEIGHT - MARGIN - np.repeat(heights, 2) / heights.max() * (HEIGHT - 2 * MARGIN)
    return line(edges, [HEIGHT - MARGIN, *tops, HEIGHT - MARGIN], f'stroke="{HUES[0]}" stroke-width="1.4"')


def _dots(points: Points, some: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> str:
    few = some
    if len(some) > DRAWN:  # by chance, since what is evenly spaced may lie on lines of pixels
        few = np.sort(np.random.default_rng(0).choice(some, DRAWN, replace=False))
    x, y = points.x[few, :2].astype(np.float64).T
    down = points.one_unit and points.names is not None and points.names[:2] == COLOURS[:2]
    across = scaled(x.tolist(), float(x.min()), float(x.max()), MARGIN, WIDTH - MARGIN)
    ends = (MARGIN, HEIGHT - MARGIN) if down else (HEIGHT - MARGIN, MARGIN)
    along = scaled(y.tolist(), float(y.min()), float(y.max()), *ends)
    fills = [f'fill="{HUES[0]}"'] * len(few)
    if points.names == COLOURS:
        pixels = np.rint(np.clip(points.x[few, 2:], 0, 255)).astype(np.uint8)
        fills = [f'fill="#{bytes(pixel).hex()}"' for pixel in pixels]
    marks = zip(across, along, fills, strict=True)
    dots = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="1.8" {fill}/>' for a, b, fill in marks)
    return f'<g fill-opacity="0.6">{dots}</g>'
