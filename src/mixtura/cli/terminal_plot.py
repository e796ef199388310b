"""A mixture in characters: a table of its components, and its density as a curve or as shades.

What a terminal cannot show is not sent to it: colours are left out where it has none, and where it has no blocks,
plain ASCII stands for them. Nothing is wider than the terminal.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from ..model.mixture import Mixture
from .frame import some

Array = NDArray[np.float64]

LEVELS = (0.25, 0.5, 0.75, 0.95)  # the shares of a mixture that the shades hold, from the darkest
WIDEST, HIGH, FLAT = 72, 20, 10  # characters: a plot's width, the height of shades, that of a curve
NARROWEST = 12  # below that there is no plot
MASS = 0.995  # of the mixture: what the frame of a plot is made for
REACH = 3.0  # standard deviations of each component
HUES = ("#fde725", "#5ec962", "#2ab0a8", "#7f9be0")  # a shade a level, after viridis


@dataclass(frozen=True)
class _Glyphs:
    shades: str
    bars: str
    side: str
    floor: str
    corner: str
    spread: str
    more: str


_BLOCKS = _Glyphs("█▓▒░", " ▁▂▃▄▅▆▇█", "│", "─", "└", "±", "…")
_ASCII = _Glyphs("#*:.", " #", "|", "-", "+", "+-", "...")


def _glyphs(console: Console) -> _Glyphs:
    try:
        "".join(vars(_BLOCKS).values()).encode(console.encoding)
    except (UnicodeError, LookupError):
        return _ASCII
    return _BLOCKS


def table(mixture: Mixture, order: Sequence[int], names: Sequence[str], console: Console) -> list[Text]:
    """A line a component: number, weight, and mean ± standard deviation of as many coordinates as there is room for."""
    glyphs = _glyphs(console)
    deviation = np.sqrt(np.diagonal(mixture.matrices, axis1=1, axis2=2))
    columns = [["component", *(f"{i}" for i in order)], ["weight", *(f"{mixture.weights[i]:.4f}" for i in order)]]
    for j, name in enumerate(names):
        cells = [_measure(mixture.means[i, j], deviation[i, j], glyphs.spread) for i in order]
        longest = max(20, *map(len, cells))
        short = name if cell_len(name) <= longest else set_cell_size(name, longest - len(glyphs.more)) + glyphs.more
        columns.append([short, *cells])
    widths = [max(map(cell_len, column)) for column in columns]
    kept = len(columns)
    while kept > 3 and sum(widths[:kept]) + 2 * kept > console.width:
        kept -= 1
    rows = [
        "  ".join(" " * (width - cell_len(cell)) + cell for cell, width in zip(row, widths, strict=False))
        for row in zip(*columns[:kept], strict=True)
    ]
    lines = [Text(rows[0], style="bold"), *map(Text, rows[1:])]
    hidden = {"lighter component": mixture.n_components - len(order), "more column": len(columns) - kept}
    left = [some(count, what) for what, count in hidden.items() if count]
    note = f"{glyphs.more} and {', '.join(left)}"
    notes = [note] if len(note) <= console.width else [f"{glyphs.more} and {each}" for each in left]
    return [*lines, *(Text(each) for each in notes if left)]


def _measure(mean: float, deviation: float, sign: str) -> str:
    """Mean ± standard deviation, both to the second digit of the latter."""
    if not 1e-4 < deviation < 1e7 or abs(mean) > 1e9:
        return f"{mean:.4g} {sign} {deviation:.2g}"
    digits = max(0, 1 - math.floor(math.log10(deviation)))
    return f"{mean:.{digits}f} {sign} {deviation:.{digits}f}"


def density_plot(mixture: Mixture, marked: Sequence[int], names: Sequence[str], console: Console) -> list[Text]:
    """A plot of the density of one coordinate or two, with the numbers of the marked components at their means."""
    low, high = _frame(mixture)
    if not (high > low).all():
        return []  # so narrow that its numbers do not differ
    if mixture.n_coordinates == 1:
        return _curve(mixture, marked, names[0], low, high, console)
    return _shades(mixture, marked, names, low, high, console)


def _frame(mixture: Mixture) -> tuple[Array, Array]:
    """The corners of what is shown: some standard deviations of the components that make up nearly all of it."""
    order = np.argsort(-mixture.weights, kind="stable")
    shown = order[: int(np.searchsorted(np.cumsum(mixture.weights[order]), MASS)) + 1]
    reach = REACH * np.sqrt(np.diagonal(mixture.matrices[shown], axis1=1, axis2=2))
    return (mixture.means[shown] - reach).min(axis=0), (mixture.means[shown] + reach).max(axis=0)


def _blurred(mixture: Mixture, cell: Array) -> Mixture:
    """The same, with nothing thinner than a cell, so that no component falls between two of them."""
    return Mixture(mixture.weights, mixture.means, mixture.matrices + np.diag(cell**2 / 4))


def _curve(mixture: Mixture, marked: Sequence[int], name: str, low: Array, high: Array, console: Console) -> list[Text]:
    glyphs = _glyphs(console)
    width = min(console.width - 1, WIDEST)
    if width < NARROWEST:
        return []
    cell = (high - low) / width
    x = low + cell * (np.arange(width)[:, None] + 0.5)
    density = _blurred(mixture, cell).density(x)
    steps = len(glyphs.bars) - 1
    heights = np.rint(density / density.max() * FLAT * steps).astype(int)
    lines = []
    for row in range(FLAT - 1, -1, -1):
        full = np.clip(heights - row * steps, 0, steps)
        lines.append(Text("".join(glyphs.bars[step] for step in full).rstrip(), style=HUES[2]))
    lines.append(Text(glyphs.floor * width))
    marks = [" "] * width
    for i in marked:
        _mark(marks, str(i), (mixture.means[i, 0] - low[0]) / cell[0])
    lines.append(Text("".join(marks).rstrip(), style="bold"))
    lines.append(Text(_ends(low[0], high[0], name, width)))
    return lines


def _shades(
    mixture: Mixture, marked: Sequence[int], names: Sequence[str], low: Array, high: Array, console: Console
) -> list[Text]:
    glyphs = _glyphs(console)
    edge = [_label(high[1]), _label(low[1])]
    margin = max(map(len, edge)) + 1
    width = min(console.width - margin - 2, WIDEST)
    if width < NARROWEST:
        return []
    height = max(4, min(HIGH, round(width / 3)))
    cell = (high - low) / (width, height)
    across = low[0] + cell[0] * (np.arange(width) + 0.5)
    up = high[1] - cell[1] * (np.arange(height) + 0.5)
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    density = _blurred(mixture, cell).density(grid)
    order = np.argsort(-density, kind="stable")
    within = np.empty(len(order))
    within[order] = np.cumsum(density[order]) - density[order]  # what lies where it is denser
    levels = np.searchsorted(LEVELS, within / density.sum(), side="right").reshape(height, width)
    letters = [[(glyphs.shades + " ")[level] for level in row] for row in levels]
    for i in marked:
        place = (mixture.means[i] - low) / cell
        row = height - 1 - int(place[1])
        if 0 <= row < height:
            _mark(letters[row], str(i), place[0])
    lines = [Text(f"{names[1]:>{margin}}" if cell_len(names[1]) <= margin else names[1])]
    for row in range(height):
        label = edge[0] if row == 0 else edge[1] if row == height - 1 else ""
        line = Text(f"{label:>{margin}}{glyphs.side}")
        shown = "".join(letters[row]).rstrip()
        styles = [
            (*HUES, "")[level] if letter in glyphs.shades + " " else "bold"
            for letter, level in zip(shown, levels[row], strict=False)
        ]
        for style, run in itertools.groupby(zip(shown, styles, strict=True), key=lambda pair: pair[1]):
            line.append("".join(letter for letter, _ in run), style=style)
        lines.append(line)
    lines.append(Text(" " * margin + glyphs.corner + glyphs.floor * width))
    lines.append(Text(" " * (margin + 1) + _ends(low[0], high[0], names[0], width)))
    legend = Text(" " * (margin + 1))
    for shade, level, hue in zip(glyphs.shades, LEVELS, HUES, strict=True):
        legend.append(shade * 2, style=hue)
        legend.append(f" {level:.0%}  ")
    if legend.cell_len + 9 <= console.width:
        legend.append("lie within")
    legend.rstrip()
    lines.append(legend)
    return lines


def _mark(cells: list[str], mark: str, place: float) -> None:
    """Write `mark` about a place in a row, unless it lies outside or another mark is there."""
    start = int(np.floor(place)) - (len(mark) - 1) // 2
    if 0 <= start <= len(cells) - len(mark) and not any(
        cell.isdigit() for cell in cells[max(0, start - 1) : start + len(mark) + 1]
    ):
        cells[start : start + len(mark)] = mark


def _ends(low: float, high: float, name: str, width: int) -> str:
    """The ends of an axis and its name between them, as much of it as there is room for."""
    left, right = _label(low), _label(high)
    room = width - len(left) - len(right) - 2
    if room < 1:
        return left
    shown = name if cell_len(name) <= room else set_cell_size(name, room)
    space = room - cell_len(shown)
    return f"{left} {' ' * (space // 2)}{shown}{' ' * (space - space // 2)} {right}"


def _label(value: float) -> str:
    """A number at the end of an axis."""
    return f"{value:.0f}" if 1e4 <= abs(value) < 1e7 else f"{value:.4g}"
