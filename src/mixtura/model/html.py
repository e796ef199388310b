"""A mixture as notebooks show it: a small drawing and a table, in HTML that needs nothing else."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import Array, Integers
from ..showing import HEIGHT, HUES, MARGIN, WIDTH, card, line
from .evaluate import span

if TYPE_CHECKING:
    from .mixture import Mixture

ROWS, COLUMNS, SHAPES = 10, 6, 200  # at most: components and coordinates of the table, components of the drawing
LARGEST = float(np.finfo(np.float64).max)


def html(mixture: Mixture, caption: str | None = None, *tables: str) -> str:
    """The mixture as HTML: its density (one coordinate) or its ellipses over the first two, and a table.

    caption: what stands below the drawing, by default what the mixture is. tables: more of them.
    """
    order = np.argsort(-mixture.weights, kind="stable")
    drawing = (_curve if mixture.n_coordinates == 1 else _ellipses)(mixture, order[mixture.weights[order] > 0])
    return card(drawing, caption or _caption(mixture), _table(mixture, order), *tables)


def _caption(mixture: Mixture) -> str:
    said = repr(mixture).strip("<>")
    if mixture.n_coordinates <= 2:
        return said
    return f"{said}; drawn are {_name(mixture, 0)} and {_name(mixture, 1)}"


def _name(mixture: Mixture, coordinate: int) -> str:
    return f"x{coordinate + 1}" if mixture.names is None else mixture.names[coordinate]


def _box(mixture: Mixture, d: int) -> tuple[Array, Array]:
    """The middle and half the size of what is drawn: 3 standard deviations about every component with weight.

    At least some steps of a float64, and finite, however far off it is.
    """
    with np.errstate(over="ignore"):
        corners = np.transpose([span(mixture, coordinate, 3.0) for coordinate in range(d)])
    low, high = np.clip(corners, -LARGEST, LARGEST)
    return low / 2 + high / 2, np.maximum(high / 2 - low / 2, 8.0 * np.spacing(np.maximum(-low, high)))


def _curve(mixture: Mixture, order: Integers) -> str:
    middle, half = _box(mixture, 1)
    x = middle + half * np.linspace(-1.0, 1.0, 151)
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # where components are too far from each other to be seen at once
        total = np.nan_to_num(mixture.density(x[:, None]))
    rise = (HEIGHT - 2 * MARGIN) / (total.max() or 1.0)
    across = np.linspace(MARGIN, WIDTH - MARGIN, len(x))

    def curve(density: Array, style: str) -> str:
        return line(across, HEIGHT - MARGIN - rise * density, style)

    parts = []
    for i, k in enumerate(order[:ROWS]):
        with np.errstate(over="ignore", invalid="ignore"):
            own = mixture.weights[k] * np.nan_to_num(mixture.subset([k]).density(x[:, None]))
        parts.append(curve(own, f'stroke="{HUES[i % len(HUES)]}" stroke-dasharray="4 3"'))
    return "".join(parts) + curve(total, 'stroke="currentColor" stroke-width="1.6"')


def _ellipses(mixture: Mixture, order: Integers) -> str:
    middle, half = _box(mixture, 2)
    room = np.array([WIDTH / 2 - MARGIN, HEIGHT / 2 - MARGIN])
    turned = room / half * [1, -1]  # y goes down on the page
    shapes, matrices = [], mixture.matrices
    for i, k in reversed(list(enumerate(order[:SHAPES]))):
        place = MARGIN + room + (mixture.means[k, :2] - middle) / half * room
        matrix = turned[:, None] * matrices[k, :2, :2] * turned
        values, vectors = np.linalg.eigh(matrix)
        long, short = np.sqrt(np.maximum(values[::-1], 0.0))
        turn = math.degrees(math.atan2(vectors[1, 1], vectors[0, 1]))
        share = float(mixture.weights[k] / mixture.weights[order[0]])
        for reach, opacity in ((2.0, 0.15), (1.0, 0.3)):
            shapes.append(
                f'<ellipse rx="{reach * long:.2f}" ry="{reach * short:.2f}" fill="{HUES[i % len(HUES)]}" '
                f'fill-opacity="{opacity * (0.3 + 0.7 * share):.2f}" '
                f'transform="translate({place[0]:.1f} {HEIGHT - place[1]:.1f}) rotate({turn:.1f})"/>'
            )
    return "".join(shapes)


def _table(mixture: Mixture, order: Integers) -> str:
    k, d = mixture.means.shape
    shown = range(min(d, COLUMNS))
    deviation = np.sqrt(np.diagonal(mixture.matrices, axis1=1, axis2=2))
    head = "".join(f"<th>{escape(_name(mixture, j))}</th>" for j in shown) + "<th>…</th>" * (d > COLUMNS)
    lines = []
    for i, component in enumerate(order[:ROWS]):
        told = (f"<td>{mixture.means[component, j]:.4g} ± {deviation[component, j]:.2g}</td>" for j in shown)
        cells = "".join(told) + "<td>…</td>" * (d > COLUMNS)
        mark = f'<span style="color:{HUES[i % len(HUES)]}">●</span>'
        lines.append(f"<tr><td>{mark} {component}</td><td>{mixture.weights[component]:.3f}</td>{cells}</tr>")
    if k > ROWS:
        lines.append(f'<tr><td colspan="{2 + len(shown)}">… and {k - ROWS} lighter ones</td></tr>')
    return (
        f'<table style="font-size:85%"><thead><tr><th>component</th><th>weight</th>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table>"
    )
