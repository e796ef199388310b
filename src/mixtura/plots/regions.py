"""Whose is which part of the plane: responsibilities on a mesh, and the decision boundary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..checks import is_whole
from ..errors import InputError
from ..model import gaussian
from ..model.mixture import Mixture
from . import ground


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
    """The responsibility of one component at every place of the plane, or of all at once as mixed colours.

    component: which, 0 <= component < k; None gives each component its colour, and each place their mean by
    responsibility. extent: (left, right, low, high). n: points a side. bar: a colour bar, for one component.
    image: anything that `Axes.imshow` takes. Returns the axes; its one image holds the numbers.

    >>> import mixtura as mx
    >>> mix = mx.Mixture([1, 1], [[-1, 0], [1, 0]], [[1, 0], [0, 1]], "tied")
    >>> ax = mx.plots.responsibilities(mix, component=1, extent=(-1, 1, -1, 1), n=3)
    >>> ax.images[0].get_array()[0].round(3).tolist()
    [0.119, 0.5, 0.881]
    """
    mixture = ground.of(mixture, 2)
    if component is not None and not (is_whole(component) and 0 <= component < mixture.n_components):
        raise InputError(f"component is {component!r}: the components are numbered 0 to {mixture.n_components - 1}.")
    part = ground.extent(mixture, extent)
    x, y, grid = ground.mesh(part, ground.count(n, "n", 2))
    shares = mixture.responsibilities(grid).reshape(len(y), len(x), -1)
    ax = ground.axes(ax)
    # The outer pixels are centred on the edges of the grid.
    half_x, half_y = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    edges = (part[0] - half_x, part[1] + half_x, part[2] - half_y, part[3] + half_y)
    style = ground.style(image, origin="lower", extent=edges, aspect="auto", zorder=0.5)
    if component is None:
        mixed = shares @ ground.rgb(ground.colours(mixture.n_components))
        ax.imshow(np.clip(1 - 0.6 * (1 - mixed), 0, 1), **style)
    else:
        drawn = ax.imshow(shares[..., component], vmin=0, vmax=1, **style)
        if bar:
            ax.figure.colorbar(drawn, ax=ax, label=f"responsibility of component {component}")
    ax.set(xlabel=ground.label(mixture, 0), ylabel=ground.label(mixture, 1), xlim=part[:2], ylim=part[2:])
    return ax


def boundary(
    mixture: Mixture, *, ax: Axes | None = None, extent: Sequence[float] | None = None, n: int = 400, **lines: Any
) -> Axes:
    """The lines on which two components are equally, and most, responsible.

    extent: (left, right, low, high). n: points a side of the grid. lines: anything that `Axes.contour` takes.
    Returns the axes.

    >>> import mixtura as mx
    >>> mix = mx.Mixture([1, 1], [[-1, 0], [1, 0]], [[1, 0], [0, 1]], "tied")
    >>> ax = mx.plots.boundary(mix)
    >>> abs(ax.collections[0].get_paths()[0].vertices[:, 0]).max() < 1e-9  # the line x1 = 0
    np.True_
    """
    mixture = ground.of(mixture, 2)
    part = ground.extent(mixture, extent)
    ax = ground.axes(ax)
    alive = mixture.subset(mixture.weights > 0)
    x, y, grid = ground.mesh(part, ground.count(n, "n", 2))
    # Log joint densities cross zero smoothly, where differences of responsibilities are flat or rounded to nothing.
    joint = gaussian.weighted_log_densities(grid, alive.means, alive.whitener, alive.log_scales)  # (n * n, k)
    k = alive.n_components
    for own in range(k if k > 2 else k - 1):
        rest = np.delete(joint, own, axis=1).max(axis=1)
        lead = (joint[:, own] - rest).reshape(len(y), len(x))
        if lead.min() < 0 < lead.max():
            ax.contour(x, y, lead, levels=[0.0], **ground.style(lines, colors=ground.pen(), linewidths=1.3, zorder=2.2))
    ax.set(xlabel=ground.label(mixture, 0), ylabel=ground.label(mixture, 1), xlim=part[:2], ylim=part[2:])
    return ax
