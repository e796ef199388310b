"""Figures over the plane: points, contours of the log density, components as shaded ellipses, k-means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Ellipse, Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from ..arrays import Array
from ..errors import InputError, named
from ..model.mixture import Mixture
from ..pictures.checks import deviations, whole
from . import axes

FLOOR = 8.0  # nats below the highest density: contours show no more


def scatter(
    x: ArrayLike, *, labels: ArrayLike | None = None, ax: Axes | None = None, equal: bool = False, **dots: Any
) -> Axes:
    """Plot points of the plane, coloured by label.

    Parameters
    ----------
    x : array_like or frame, shape (n, 2)
        The points; those with NaN are left out, and a few far from the rest do not widen the view.
    labels : array_like of int or str, shape (n,), optional
        Whole numbers, such as ``mixture.predict(x)``, where -1 is noise, in grey; or words, which a legend explains.
    ax : Axes, optional
        By default pyplot's current ones.
    equal : bool, default False
        One scale for both coordinates.
    **dots
        Passed to `Axes.scatter`.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If the points or labels are malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> ax = mx.plots.scatter([[0, 0], [1, 1], [2, 0]], labels=[0, 1, 1])
    >>> ax.collections[0].get_offsets().shape
    (3, 2)
    """
    table = axes.rows(x, 2)
    heads = axes.columns(x)
    ax = axes.checked(ax)
    area = min(30.0, max(1.0, 3000.0 / len(table)))  # points squared: smaller where there are many
    style = axes.style(dots, s=area, linewidths=0, alpha=0.8, zorder=1.5)
    if labels is not None:
        style["c"], known = axes.of_labels(labels, len(table))
        for word, colour in known.items():
            ax.scatter([], [], color=colour, label=word)
    elif not {"c", "color", "facecolors"} & set(dots):
        style["color"] = axes.pen()
    before = ax.dataLim.frozen()
    shown = np.ones(len(table), bool)
    for column in table.T:
        low, high = axes.most(column) or (-np.inf, np.inf)
        shown &= (column >= low) & (column <= high)
    ax.scatter(table[:, 0], table[:, 1], **style)
    ax.dataLim.set(before)
    ax.update_datalim(table[shown])
    ax.autoscale_view()
    if labels is not None and known:
        ax.legend(frameon=False)
    _finished(ax, None, equal)
    if heads is not None:
        ax.set(xlabel=heads[0], ylabel=heads[1])
    return ax


def contours(
    mixture: Mixture,
    *,
    ax: Axes | None = None,
    levels: int | Sequence[float] = 9,
    log: bool = True,
    legend: bool = True,
    filled: bool = False,
    extent: Sequence[float] | None = None,
    n: int = 200,
    **lines: Any,
) -> Axes:
    """Plot contours of the log density ln p(x1, x2), with a legend of their levels.

    Parameters
    ----------
    mixture : Mixture, Fit, Choice or estimator
        Of two coordinates.
    ax : Axes, optional
        By default pyplot's current ones.
    levels : int or sequence of float, default 9
        About how many, at round numbers down to 8 nats below the highest density; or the levels, rising.
    log : bool, default True
        Levels in nats; False draws contours of the density itself.
    legend : bool, default True
        List the levels beside the axes; for filled contours, draw a colour bar.
    filled : bool, default False
        Draw bands instead of lines.
    extent : sequence of float, (left, right, low, high), optional
        By default four standard deviations around all components.
    n : int, default 200
        Points a side of the grid, >= 2.
    **lines
        Passed to `Axes.contour` or `Axes.contourf`.

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
    >>> mix = mx.Mixture([1, 2], [[0, 0], [3, 1]], [[[1, 0.5], [0.5, 1]], [[1, 0], [0, 0.3]]])
    >>> ax = mx.plots.contours(mix, levels=[-6, -4, -3])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['−3', '−4', '−6']
    """
    mixture = axes.of_coordinates(mixture, 2)
    grid = axes.grid(mixture, extent, n)
    values = grid.table(mixture.log_density(grid.points) if log else mixture.density(grid.points))
    steps = _levels(values, levels, log)
    ax = axes.checked(ax)
    title = r"$\ln\,p$" if log else "$p$"
    usual = {"extend": "max", "zorder": 0.5} if filled else {"linewidths": 1.1, "zorder": 2.0}
    draw: Any = ax.contourf if filled else ax.contour
    drawn = draw(grid.x, grid.y, values, levels=steps, **axes.style(lines, **usual))
    if not filled:
        drawn.set(linestyle="solid")
    if legend and filled:
        ax.figure.colorbar(drawn, ax=ax, label=title)
    elif legend:
        handles, _ = drawn.legend_elements()
        texts = [f"{level:.3g}".replace("-", "−") for level in steps]
        beside = dict[str, Any](loc="upper left", bbox_to_anchor=(1.01, 1.0))
        ax.legend(handles[::-1], texts[::-1], title=title, frameon=False, **beside)
    return _finished(ax, mixture)


def _levels(values: Array, levels: int | Sequence[float], log: bool) -> Array:
    if not isinstance(levels, (Sequence, np.ndarray)):
        many = whole(levels, "levels")
        top = float(values.max())
        low = max(top - FLOOR, float(values.min())) if log else 0.0
        steps = np.asarray(MaxNLocator(many + 1, steps=[1, 2, 2.5, 5, 10]).tick_values(low, top), np.float64)
        kept: Array = steps[(steps >= low) & (steps < top) & ((steps > 0) | log)]
        return kept if len(kept) else np.array([0.5 * (low + top)])
    given = np.asarray(levels, dtype=float)
    if given.ndim != 1 or not given.size or not np.isfinite(given).all() or (np.diff(given) <= 0).any():
        raise InputError(f"{named('levels')} is {levels!r}: give a number of levels, or rising finite numbers.")
    return given


def ellipses(
    mixture: Mixture,
    x: ArrayLike | None = None,
    *,
    ax: Axes | None = None,
    reach: Sequence[float] = (1.0, 2.0, 3.0),
    alpha: float = 0.35,
    numbers: bool = False,
    equal: bool = False,
    colours: Sequence[Any] | None = None,
    **shapes: Any,
) -> Axes:
    """Plot each component as shaded ellipses, and points by their most responsible component.

    Parameters
    ----------
    mixture : Mixture, Fit, Choice or estimator
        Of two coordinates.
    x : array_like, shape (n, 2), optional
        Points to draw, each in the colour of the component that `Mixture.predict` gives.
    ax : Axes, optional
        By default pyplot's current ones.
    reach : sequence of float, default (1, 2, 3)
        Sizes of each component's ellipses, in standard deviations, > 0.
    alpha : float, default 0.35
        Opacity of the innermost ellipse of the component of the largest weight; others are fainter by their weight, and
        further out.
    numbers : bool, default False
        Write each component's number at its mean, instead of a cross.
    equal : bool, default False
        One scale for both coordinates.
    colours : sequence of colours, length k, optional
        Of the components; by default those of the current cycle.
    **shapes
        Passed to `matplotlib.patches.Ellipse`.

    Returns
    -------
    Axes
        Its patches are the ellipses, component by component, from the outside in.

    Raises
    ------
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([1, 2], [[0, 0], [3, 1]], [[[1, 0], [0, 4]], [[1, 0], [0, 0.25]]])
    >>> ax = mx.plots.ellipses(mix, reach=[2.0])
    >>> [round(float(patch.height), 3) for patch in ax.patches]  # the longest axis comes first
    [4.0, 2.0]
    """
    mixture = axes.of_coordinates(mixture, 2)
    rings = np.sort(deviations(reach))[::-1]
    table = None if x is None else axes.rows(x, 2)
    ax = axes.checked(ax)
    shades = list(axes.of_components(mixture, colours))
    if table is not None:
        scatter(table, labels=mixture.predict(table, missing=True), ax=ax)
    alive = [int(k) for k in np.flatnonzero(mixture.weights)]
    shapes_of = mixture.ellipses()
    for k in alive:
        turn, lengths = float(shapes_of.angles[k]), shapes_of.axes[k] / shapes_of.radius
        share = float(mixture.weights[k] / mixture.weights.max())
        for ring in rings:
            opacity = alpha * (0.35 + 0.65 * share) * float(rings[-1] / ring)
            style = axes.style(shapes, Patch, facecolor=shades[k], alpha=opacity, edgecolor="none", zorder=2.0)
            width, height = 2 * ring * lengths
            ax.add_patch(Ellipse(tuple(mixture.means[k]), width, height, angle=turn, **style))
    if numbers:
        middle = dict[str, Any](ha="center", va="center", fontsize="small", color=axes.pen())
        for number in alive:
            ax.annotate(str(number), tuple(mixture.means[number]), **middle)
    else:
        _crosses(ax, mixture.means[alive])
    ax.autoscale_view()
    return _finished(ax, mixture, equal)


def kmeans(x: ArrayLike, centres: ArrayLike, *, ax: Axes | None = None, equal: bool = True, **discs: Any) -> Axes:
    """Plot the clusters of k-means: each point with its nearest centre, each cluster's disc out to its farthest point.

    Parameters
    ----------
    x : array_like, shape (n, 2)
        The points.
    centres : array_like, shape (k, 2)
        Such as ``sklearn.cluster.KMeans(k).fit(x).cluster_centers_``.
    ax : Axes, optional
        By default pyplot's current ones.
    equal : bool, default True
        One scale for both coordinates.
    **discs
        Passed to `matplotlib.patches.Circle`.

    Returns
    -------
    Axes
        Its patches are the discs of the clusters that have points.

    Raises
    ------
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> ax = mx.plots.kmeans([[0, 0], [0, 2], [9, 9]], [[0, 1], [9, 9]])
    >>> [float(disc.radius) for disc in ax.patches]
    [1.0, 0.0]
    """
    table, middles = axes.rows(x, 2), axes.rows(centres, 2)
    table = table[np.isfinite(table).all(axis=1)]
    away = np.linalg.norm(table[:, None] - middles, axis=2)  # (n, k)
    labels = away.argmin(axis=1)
    ax = axes.checked(ax)
    scatter(table, labels=labels, ax=ax)
    for k, colour in enumerate(axes.colours(len(middles))):
        if (labels == k).any():
            style = axes.style(discs, Patch, facecolor=colour, edgecolor="none", alpha=0.2, zorder=1.0)
            ax.add_patch(Circle(tuple(middles[k]), float(away[labels == k, k].max()), **style))
    _crosses(ax, middles)
    ax.autoscale_view()
    return _finished(ax, None, equal)


def _crosses(ax: Axes, places: Array) -> None:
    ax.scatter(places[:, 0], places[:, 1], s=14, color=axes.pen(), marker="+", linewidths=1.0, zorder=3)


def _finished(ax: Axes, mixture: Mixture | None, equal: bool = False) -> Axes:
    axes.name(ax, mixture)
    if equal:
        ax.set_aspect("equal", adjustable="datalim")
    return ax
