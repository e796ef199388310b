"""Densities over the plane as surfaces in space, and slices through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ..model.mixture import Mixture
from . import axes
from .conditionals import checked_values


def surface(
    mixture: Mixture, *, ax: Any = None, extent: Sequence[float] | None = None, n: int = 100, **facets: Any
) -> Any:
    """Plot the density p(x1, x2) as a surface over the plane.

    Parameters
    ----------
    mixture : Mixture, Fit, Choice or estimator
        Of two coordinates.
    ax : Axes3D, optional
        Made with ``projection="3d"``; by default pyplot's current ones, or those of a new figure.
    extent : sequence of float, (left, right, low, high), optional
        By default four standard deviations around all components.
    n : int, default 100
        Points a side of the grid, >= 2.
    **facets
        Passed to `Axes3D.plot_surface`.

    Returns
    -------
    Axes3D

    Raises
    ------
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> ax = mx.plots.surface(mx.Mixture([1], [[0, 0]], [[[1, 0], [0, 1]]]))
    >>> ax.get_zlabel()
    'density'
    """
    grid = axes.grid(mixture, extent, n)
    height = grid.table(mixture.density(grid.points))
    ax = axes.checked_3d(ax)
    style = axes.style(facets, cmap=rcParams["image.cmap"], rcount=n, ccount=n, linewidth=0, antialiased=False)
    if "color" in style:
        del style["cmap"]
    ax.plot_surface(*np.meshgrid(grid.x, grid.y), height, **style)
    return _dress(ax, mixture, grid.part, float(height.max()))


def solid_slices(
    mixture: Mixture,
    values: Sequence[float],
    *,
    ax: Any = None,
    extent: Sequence[float] | None = None,
    n: int = 60,
    **lines: Any,
) -> Any:
    """Plot the density over the plane as a faint wireframe, cut along x2 at some values of x1.

    Parameters
    ----------
    mixture : Mixture, Fit, Choice or estimator
        Of two coordinates.
    values : sequence of float
        Of x1, one at least.
    ax : Axes3D, optional
        Made with ``projection="3d"``; by default pyplot's current ones, or those of a new figure.
    extent : sequence of float, (left, right, low, high), optional
        By default four standard deviations around all components.
    n : int, default 60
        Wires a side, >= 2.
    **lines
        Passed to `Axes3D.plot` for the cuts.

    Returns
    -------
    Axes3D
        Its lines are the cuts.

    Raises
    ------
    InputError
        If an argument is malformed.

    Notes
    -----
    Each cut is p(x1, x2) at that x1: the conditional density p(x2 | x1), which `conditional` and `slices` draw to
    scale, up to a constant factor.

    Examples
    --------
    >>> import mixtura as mx
    >>> ax = mx.plots.solid_slices(mx.Mixture([1], [[0, 0]], [[[1, 0.8], [0.8, 1]]]), [-1, 0, 1])
    >>> len(ax.lines)
    3
    """
    grid = axes.grid(mixture, extent, n)
    places = checked_values(values)
    ax = axes.checked_3d(ax)
    wire(mixture, ax, grid)
    for place, colour in zip(places, axes.colours(len(places)), strict=True):
        cut(ax, mixture, place, grid.part, colour, **lines)
    return ax


def wire(mixture: Mixture, ax: Any, grid: axes.Grid) -> None:
    """Draw the density as a faint net along the grid's lines."""
    height = grid.table(mixture.density(grid.points))
    style = {"color": "0.6", "linewidth": 0.35, "alpha": 0.55, "rcount": len(grid.y), "ccount": len(grid.x)}
    ax.plot_wireframe(*np.meshgrid(grid.x, grid.y), height, **style)
    _dress(ax, mixture, grid.part, float(height.max()))


def cut(ax: Any, mixture: Mixture, place: float, part: axes.Extent, colour: str, **lines: Any) -> list[Any]:
    """Draw one slice at x1 = place, a line and what is under it; returns the two artists."""
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    x, y = np.full(300, place), np.linspace(part[2], part[3], 300)
    height = mixture.density(np.stack([x, y], axis=1))
    style = axes.style(lines, Line2D, color=colour, linewidth=2.0, zorder=5)
    (line,) = ax.plot(x, y, height, **style)
    rim = [(place, part[2], 0.0), *zip(x, y, height, strict=True), (place, part[3], 0.0)]
    under = Poly3DCollection([rim], facecolor=style["color"], alpha=0.25, linewidth=0)
    ax.add_collection3d(under)
    return [line, under]


def _dress(ax: Any, mixture: Mixture, part: axes.Extent, top: float) -> Any:
    """Names and limits of the axes, and calm panes behind them."""
    axes.name(ax, mixture, part)
    ax.set(zlabel="density", zlim=(0, 1.05 * top))
    ax.grid(False)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.pane.set(facecolor="none", edgecolor="0.85")
        axis.set_major_locator(MaxNLocator(4))
    ax.tick_params(labelsize="small")
    ax.zaxis.labelpad = 8  # the numbers of a density are long
    ax.set_box_aspect(None, zoom=0.9)
    return ax
