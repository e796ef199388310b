"""What `--plot FILE` draws: a figure of Matplotlib, written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..writing import check_target, whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..arrays import Array
    from ..model.mixture import Mixture

KINDS = (".png", ".svg", ".pdf")
DOTS = 160
"""Dots an inch of a .png."""


def check(path: Path | None) -> None:
    """Raise an error, before any work, unless a figure can be written there."""
    from ..checks import extra

    if path is not None:
        check_target(path, KINDS)
        extra("matplotlib", "figures need Matplotlib", "plots")


def write(path: Path, figure: Figure) -> None:
    """Write a figure; the same figure has the same bytes."""
    from matplotlib import rc_context

    kind = path.suffix.lower() or ".png"
    dated: Any = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(kind)
    with rc_context({"svg.hashsalt": "mixtura"}), whole_file(path) as file:
        figure.savefig(file, format=kind[1:], dpi=DOTS, metadata=dated)


def of_mixture(mixture: Mixture, x: Array | None) -> Figure:
    """What shows a mixture best: a curve, all pairs of coordinates, or the plane that separates the components."""
    from .. import plots
    from ..plots import axes, many_d

    d = mixture.n_coordinates
    made = axes.figure((many_d.side(d), many_d.side(d)) if 1 < d <= many_d.WIDEST else None)
    if d > many_d.WIDEST:
        plots.reduced(mixture, x, ax=made.add_subplot())
    elif d > 1:
        plots.pairs(mixture, x, figure=made)
    else:
        ax = made.add_subplot()
        if x is not None:
            plots.histogram(x, ax=ax, rug=len(x) < 2000)
        plots.density(mixture, ax=ax)
    return made
