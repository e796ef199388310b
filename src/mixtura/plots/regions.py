"""Responsibilities over the plane, and the decision boundary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..checks import index
from ..model import gaussian
from ..model.mixture import Mixture
from . import axes


def responsibilities(
    mixture: Mixture,
    *,
    component: int | None = None,
    ax: Axes | None = None,
    extent: Sequence[float] | None = None,
    n: int = 300,
    bar: bool = True,
    **image: Any,
) -> Axes:
    """Plot the responsibility of one component over the plane, or of all components as mixed colours.

    Parameters
    ----------
    mixture : Mixture, Fit, Choice or estimator
        Of two coordinates.
    component : int, optional
        Which, 0 <= component < k. By default each component has its colour, and each place their mean, weighted by
        responsibility.
    ax : Axes, optional
        By default pyplot's current ones.
    extent : sequence of float, (left, right, low, high), optional
        By default four standard deviations around all components.
    n : int, default 300
        Points a side of the grid, >= 2.
    bar : bool, default True
        Draw a colour bar, for one component.
    **image
        Passed to `Axes.imshow`.

    Returns
    -------
    Axes
        Its one image holds the numbers.

    Raises
    ------
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([1, 1], [[-1, 0], [1, 0]], [[1, 0], [0, 1]], "tied")
    >>> ax = mx.plots.responsibilities(mix, component=1, extent=(-1, 1, -1, 1), n=3)
    >>> ax.images[0].get_array()[0].round(3).tolist()
    [0.119, 0.5, 0.881]
    """
    mixture = axes.of_coordinates(mixture, 2)
    part, x, y, _ = grid = axes.grid(mixture, extent, n)
    if component is not None:
        index(component, mixture.n_components, "component", "components")
    shares = grid.table(mixture.responsibilities(grid.points))
    ax = axes.checked(ax)
    # The outer pixels are centred on the edges of the grid.
    half_x, half_y = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    edges = (part[0] - half_x, part[1] + half_x, part[2] - half_y, part[3] + half_y)
    style = axes.style(image, origin="lower", extent=edges, aspect="auto", zorder=0.5)
    if component is None:
        ax.imshow(np.clip(1 - 0.6 * (1 - shares @ axes.rgb(mixture.n_components)), 0, 1), **style)
    else:
        drawn = ax.imshow(shares[..., component], vmin=0, vmax=1, **style)
        if bar:
            ax.figure.colorbar(drawn, ax=ax, label=f"responsibility of component {component}")
    return axes.name(ax, mixture, part)


def boundary(
    mixture: Mixture, *, ax: Axes | None = None, extent: Sequence[float] | None = None, n: int = 400, **lines: Any
) -> Axes:
    """Plot the decision boundary: the lines on which two components are equally, and most, responsible.

    Parameters
    ----------
    mixture : Mixture, Fit, Choice or estimator
        Of two coordinates.
    ax : Axes, optional
        By default pyplot's current ones.
    extent : sequence of float, (left, right, low, high), optional
        By default four standard deviations around all components.
    n : int, default 400
        Points a side of the grid, >= 2.
    **lines
        Passed to `Axes.contour`.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([1, 1], [[-1, 0], [1, 0]], [[1, 0], [0, 1]], "tied")
    >>> ax = mx.plots.boundary(mix)
    >>> abs(ax.collections[0].get_paths()[0].vertices[:, 0]).max() < 1e-9  # the line x1 = 0
    np.True_
    """
    mixture = axes.of_coordinates(mixture, 2)
    grid = axes.grid(mixture, extent, n)
    ax = axes.checked(ax)
    alive = mixture.subset(mixture.weights > 0)
    # Log joint densities cross zero smoothly, where differences of responsibilities are flat or rounded to nothing.
    joint = gaussian.weighted_log_densities(grid.points, alive.means, alive.whitener, alive.log_scales)  # (n * n, k)
    k = alive.n_components
    style = axes.style(lines, colors=axes.pen(), linewidths=1.3, zorder=2.2)
    for own in range(k if k > 2 else k - 1):
        lead = grid.table(joint[:, own] - np.delete(joint, own, axis=1).max(axis=1))
        if lead.min() < 0 < lead.max():
            ax.contour(grid.x, grid.y, lead, levels=[0.0], **style)
    return axes.name(ax, mixture, grid.part)
