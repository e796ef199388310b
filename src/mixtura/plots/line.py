"""Figures of one coordinate: the density with its components, and data as a histogram with a rug."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import ArrayLike

from ..model.mixture import Mixture
from . import ground


def density(
    mixture: Mixture,
    *,
    ax: Axes | None = None,
    components: bool = True,
    limits: Sequence[float] | None = None,
    n: int = 500,
    label: str | None = None,
    **line: Any,
) -> Axes:
    """The density p(x) of a mixture of one coordinate, and under it each weighted component, dashed.

    components: False leaves the dashed curves out. limits: (left, right); by default around all components.
    n: points of a curve. label: for the legend. line: anything that `Axes.plot` takes, for the solid curve.
    Returns the axes. The lines are the components with weight, in their order, then the density.

    >>> import mixtura as mx
    >>> ax = mx.plots.density(mx.Mixture([1, 1], [[0.0], [3.0]], [[[1.0]], [[1.0]]]), components=False)
    >>> round(float(ax.lines[0].get_ydata().max()), 3)
    0.202
    """
    mixture = ground.of(mixture, 1)
    x = np.linspace(*ground.interval(limits, ground.span(mixture, 0), "limits"), ground.count(n, "n", 2))
    ax = ground.axes(ax)
    if components:
        for k, colour in enumerate(ground.colours(mixture.n_components)):
            if mixture.weights[k] > 0:
                part = mixture.weights[k] * mixture.subset([k]).density(x[:, None])
                ax.plot(x, part, color=colour, linestyle="--", linewidth=1.1, zorder=2.0)
    style = ground.style(line, Line2D, color=ground.pen(), linewidth=1.8, zorder=2.5)
    ax.plot(x, mixture.density(x[:, None]), label=label, **style)
    ax.set(xlabel=ground.label(mixture, 0), ylabel="density", xlim=(x[0], x[-1]))
    ax.set_ylim(bottom=0, auto=True)  # shared axes go on growing with what is drawn later
    if label is not None:
        ax.legend(frameon=False)
    return ax


def histogram(
    x: ArrayLike, *, ax: Axes | None = None, bins: int | str | Sequence[float] = "auto", rug: bool = True, **bars: Any
) -> Axes:
    """Data of one coordinate as a histogram of area one, with a rug: a short line for every point.

    x: (n,) or (n, 1). bins: as `numpy.histogram` takes them. rug: False leaves it out.
    bars: anything that `Axes.hist` takes. Returns the axes.

    >>> import mixtura as mx
    >>> ax = mx.plots.histogram([0.0, 1.0, 1.5, 4.0], bins=4)
    >>> [round(float(bar.get_height()), 2) for bar in ax.patches]
    [0.25, 0.5, 0.0, 0.25]
    """
    values = ground.rows(x, 1)[:, 0]
    ax = ground.axes(ax)
    style = ground.style(bars, Patch, facecolor="0.86", edgecolor="white", linewidth=0.6, zorder=1.0)
    ax.hist(values, **({"bins": bins, "density": True} | style))
    if rug:
        # In units of the axes' height, so that zooming leaves it as it is.
        marks = [[(value, 0.0), (value, 0.035)] for value in values]
        opacity = min(0.8, max(0.08, 60 / len(values)))
        ax.add_collection(
            LineCollection(
                marks, colors=ground.pen(), linewidths=0.7, alpha=opacity, zorder=3, transform=ax.get_xaxis_transform()
            ),
            autolim=False,
        )
    ax.set(xlabel="$x$", ylabel="density")
    ax.set_ylim(bottom=0, auto=True)
    return ax
