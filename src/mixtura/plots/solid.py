"""Densities over the plane as surfaces in space, and slices through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ..model.mixture import Mixture
from . import ground
from .conditionals import checked_values


def surface(
    mixture: Mixture, *, ax: Any = None, extent: Sequence[float] | None = None, n: int = 100, **sheet: Any
) -> Any:
    """The density p(x1, x2) as a surface over the plane.

    ax: axes made with projection="3d". extent: (left, right, low, high). n: points a side of the grid.
    sheet: anything that `Axes3D.plot_surface` takes. Returns the axes.

    >>> import mixtura as mx
    >>> ax = mx.plots.surface(mx.Mixture([1], [[0, 0]], [[[1, 0], [0, 1]]]))
    >>> ax.get_zlabel()
    'density'
    """
    mixture = ground.of(mixture, 2)
    part = ground.extent(mixture, extent)
    x, y, grid = ground.mesh(part, ground.count(n, "n", 2))
    height = mixture.density(grid).reshape(len(y), len(x))
    ax = ground.solid_axes(ax)
    style = ground.style(sheet, cmap=rcParams["image.cmap"], rcount=n, ccount=n, linewidth=0, antialiased=False)
    if "color" in style:
        del style["cmap"]
    ax.plot_surface(*np.meshgrid(x, y), height, **style)
    return _dress(ax, mixture, part, float(height.max()))


def solid_slices(
    mixture: Mixture,
    values: Sequence[float],
    *,
    ax: Any = None,
    extent: Sequence[float] | None = None,
    n: int = 60,
    **lines: Any,
) -> Any:
    """The density over the plane as a faint wire, cut along x2 at some values of x1.

    Each cut is p(x1, x2) at that x1: up to its area it is the conditional density p(x2 | x1), which `conditional` and
    `slices` draw to scale. ax: axes made with projection="3d". values: of x1. n: wires a side.
    lines: anything that `Axes3D.plot` takes, for the cuts. Returns the axes; its lines are the cuts.

    >>> import mixtura as mx
    >>> ax = mx.plots.solid_slices(mx.Mixture([1], [[0, 0]], [[[1, 0.8], [0.8, 1]]]), [-1, 0, 1])
    >>> len(ax.lines)
    3
    """
    mixture = ground.of(mixture, 2)
    part = ground.extent(mixture, extent)
    places = checked_values(values)
    ground.count(n, "n", 2)
    ax = ground.solid_axes(ax)
    wire(mixture, ax, part, n)
    for place, colour in zip(places, ground.colours(len(places)), strict=True):
        cut(ax, mixture, place, part, colour, **lines)
    return ax


def wire(mixture: Mixture, ax: Any, part: ground.Extent, n: int) -> None:
    """The density as a faint net of n lines either way."""
    x, y, grid = ground.mesh(part, n)
    height = mixture.density(grid).reshape(n, n)
    ax.plot_wireframe(*np.meshgrid(x, y), height, color="0.6", linewidth=0.35, alpha=0.55, rcount=n, ccount=n)
    _dress(ax, mixture, part, float(height.max()))


def cut(ax: Any, mixture: Mixture, place: float, part: ground.Extent, colour: str, **lines: Any) -> list[Any]:
    """One slice at x1 = place, a line and what is under it, drawn; returns the two artists."""
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    y = np.linspace(part[2], part[3], 300)
    height = mixture.density(np.stack([np.full(300, place), y], axis=1))
    style = ground.style(lines, Line2D, color=colour, linewidth=2.0, zorder=5)
    (line,) = ax.plot(np.full(300, place), y, height, **style)
    rim = [(place, part[2], 0.0), *zip(np.full(300, place), y, height, strict=True), (place, part[3], 0.0)]
    under = Poly3DCollection([rim], facecolor=style["color"], alpha=0.25, linewidth=0)
    ax.add_collection3d(under)
    return [line, under]


def _dress(ax: Any, mixture: Mixture, part: ground.Extent, top: float) -> Any:
    """Names and limits of the axes, and calm panes behind them."""
    ax.set(xlabel=ground.label(mixture, 0), ylabel=ground.label(mixture, 1), zlabel="density")
    ax.set(xlim=part[:2], ylim=part[2:], zlim=(0, 1.05 * top))
    ax.grid(False)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.pane.set(facecolor="none", edgecolor="0.85")
        axis.set_major_locator(MaxNLocator(4))
    ax.tick_params(labelsize="small")
    ax.zaxis.labelpad = 8  # the numbers of a density are long
    ax.set_box_aspect(None, zoom=0.9)
    return ax
