"""What `--plot FILE` draws: a figure of Matplotlib, written whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..writing import check_target, whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..arrays import Array
    from ..em.choice import Choice
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


def write(path: Path, figure: Figure, width: int | None = None) -> None:
    """Write a figure; the same figure has the same bytes. width: of a .png, in pixels."""
    content = encoded(figure, path.suffix.lower() or ".png", width)
    with whole_file(path) as file:
        file.write(content)


def encoded(figure: Figure, kind: str, width: int | None = None) -> bytes:
    """The bytes of a figure as .png, .svg or .pdf."""
    from matplotlib import rc_context

    dated: Any = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(kind)
    dots = DOTS if width is None else width / float(figure.get_size_inches()[0])
    file = io.BytesIO()
    with rc_context({"svg.hashsalt": "mixtura"}):
        figure.savefig(file, format=kind[1:], dpi=dots, metadata=dated)
    return file.getvalue()


def of_choice(choice: Choice) -> Figure:
    """The criterion against the number of components."""
    from ..plots import axes
    from ..plots.choice import size_of

    made = axes.figure(size_of(choice))
    choice.plot(made.add_subplot())
    return made


def of_model(mixture: Mixture, known: Sequence[str], x: Array | None, axes: Sequence[int]) -> Figure:
    """What `mixtura show` draws of some coordinates of a model. known: what all of them are called."""
    if mixture.names is None:
        parts = mixture.weights, mixture.means, mixture.covariances, mixture.covariance_type
        mixture = type(mixture)(*parts, names=known)
    return of_mixture(mixture.marginal(list(axes)), None if x is None else x[:, list(axes)])


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
