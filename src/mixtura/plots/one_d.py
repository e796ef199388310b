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
from ..pictures.checks import whole
from . import axes


def density(
    mixture: Mixture,
    *,
    ax: Axes | None = None,
    components: bool = True,
    limits: Sequence[float] | None = None,
    n: int = 500,
    label: str | None = None,
    colours: Sequence[Any] | None = None,
    **line: Any,
) -> Axes:
    """Plot the density p(x) of a mixture of one coordinate, and each weighted component, dashed.

    Parameters
    ----------
    mixture : Mixture, Fit, Choice or estimator
        Of one coordinate.
    ax : Axes, optional
        By default pyplot's current ones.
    components : bool, default True
        Draw the components too.
    limits : sequence of float, (left, right), optional
        By default four standard deviations around all components.
    n : int, default 500
        Points of a curve, >= 2.
    label : str, optional
        Name in the legend.
    colours : sequence of colours, length k, optional
        Of the components; by default those of the current cycle.
    **line
        Passed to `Axes.plot` for the solid curve.

    Returns
    -------
    Axes
        Its lines are the components with weight, in their order, then the density.

    Raises
    ------
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> ax = mx.plots.density(mx.Mixture([1, 1], [[0.0], [3.0]], [[[1.0]], [[1.0]]]), components=False)
    >>> round(float(ax.lines[0].get_ydata().max()), 3)
    0.202
    """
    mixture = axes.of_coordinates(mixture, 1)
    x = np.linspace(*axes.interval(limits, mixture), whole(n, "n", least=2))
    ax = axes.checked(ax)
    if components:
        for k, colour in enumerate(axes.of_components(mixture, colours)):
            if mixture.weights[k] > 0:
                part = mixture.weights[k] * mixture.subset([k]).density(x[:, None])
                ax.plot(x, part, color=colour, linestyle="--", linewidth=1.1, zorder=2.0)
    style = axes.style(line, Line2D, color=axes.pen(), linewidth=1.8, zorder=2.5)
    ax.plot(x, mixture.density(x[:, None]), label=label, **style)
    ax.set(xlabel=axes.label(mixture, 0), ylabel="density", xlim=(x[0], x[-1]))
    ax.set_ylim(bottom=0, auto=True)  # shared axes go on growing with what is drawn later
    if label is not None:
        ax.legend(frameon=False)
    return ax


def histogram(
    x: ArrayLike, *, ax: Axes | None = None, bins: int | str | Sequence[float] = "auto", rug: bool = True, **bars: Any
) -> Axes:
    """Plot data of one coordinate as a histogram of area one, with a rug.

    Parameters
    ----------
    x : array_like, shape (n,) or (n, 1)
        The data; NaN is left out.
    ax : Axes, optional
        By default pyplot's current ones.
    bins : int, str or sequence of float, default "auto"
        As `numpy.histogram` takes them.
    rug : bool, default True
        Mark every point by a short line on the axis.
    **bars
        Passed to `Axes.hist`.

    Returns
    -------
    Axes
        Its patches are the bars.

    Raises
    ------
    InputError
        If the data are malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> ax = mx.plots.histogram([0.0, 1.0, 1.5, 4.0], bins=4)
    >>> [round(float(bar.get_height()), 2) for bar in ax.patches]
    [0.25, 0.5, 0.0, 0.25]
    """
    values = axes.rows(x, 1)[:, 0]
    values = values[np.isfinite(values)]
    ax = axes.checked(ax)
    style = axes.style(bars, Patch, facecolor="0.86", edgecolor="white", linewidth=0.6, zorder=1.0)
    ax.hist(values, **({"bins": bins, "density": True} | style))
    if rug:
        # In units of the axes' height, so that zooming leaves it as it is.
        marks = LineCollection(
            [[(value, 0.0), (value, 0.035)] for value in values], colors=axes.pen(), linewidths=0.7,
            alpha=min(0.8, max(0.08, 60 / len(values))), zorder=3, transform=ax.get_xaxis_transform(),
        )  # fmt: skip
        ax.add_collection(marks, autolim=False)
    ax.set(xlabel="$x$", ylabel="density")
    ax.set_ylim(bottom=0, auto=True)
    return ax
