"""Figures over the plane: points, contours of the log density, components as shaded ellipses, k-means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Ellipse, Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from ..model.mixture import Mixture
from . import ground

FLOOR = 8.0  # nats below the highest density: contours show no more


def scatter(
    x: ArrayLike, *, labels: ArrayLike | None = None, ax: Axes | None = None, equal: bool = False, **dots: Any
) -> Axes:
    """Points of the plane, coloured by `labels` where these are given.

    x: (n, 2). labels: (n,) whole numbers >= 0, such as mixture.predict(x). equal: one scale for both coordinates.
    dots: anything that `Axes.scatter` takes. Returns the axes.

    >>> import mixtura as mx
    >>> ax = mx.plots.scatter([[0, 0], [1, 1], [2, 0]], labels=[0, 1, 1])
    >>> ax.collections[0].get_offsets().shape
    (3, 2)
    """
    table = ground.rows(x, 2)
    ax = ground.axes(ax)
    style = ground.style(dots, s=ground.dot_area(len(table)), linewidths=0, alpha=0.8, zorder=1.5)
    if labels is not None:
        style["c"] = _colours_of(labels, len(table))
    elif not {"c", "color", "facecolors"} & set(dots):
        style["color"] = ground.pen()
    ax.scatter(table[:, 0], table[:, 1], **style)
    return _named(ax, None, equal)


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
    """Contours of ln p(x1, x2), in nats, with a legend of their levels.

    levels: about how many, at round numbers down to 8 nats below the highest density, or the levels, rising.
    log: False draws p instead. legend: True for a legend of the lines, beside the axes; filled contours get a colour
    bar. extent: (left, right, low, high). n: points a side of the grid. lines: anything that `Axes.contour` takes.
    Returns the axes.

    >>> import mixtura as mx
    >>> mix = mx.Mixture([1, 2], [[0, 0], [3, 1]], [[[1, 0.5], [0.5, 1]], [[1, 0], [0, 0.3]]])
    >>> ax = mx.plots.contours(mix, levels=[-6, -4, -3])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['−3', '−4', '−6']
    """
    mixture = ground.of(mixture, 2)
    x, y, grid = ground.mesh(ground.extent(mixture, extent), ground.count(n, "n", 2))
    values = mixture.log_density(grid) if log else mixture.density(grid)
    values = values.reshape(len(y), len(x))
    steps = _levels(values, levels, log)
    ax = ground.axes(ax)
    drawn: Any
    if filled:
        drawn = ax.contourf(x, y, values, levels=steps, **ground.style(lines, extend="max", zorder=0.5))
    else:
        drawn = ax.contour(x, y, values, levels=steps, **ground.style(lines, linewidths=1.1, zorder=2.0))
        drawn.set(linestyle="solid")
    if legend:
        title = r"$\ln\,p$" if log else "$p$"
        if filled:
            ax.figure.colorbar(drawn, ax=ax, label=title)
        else:
            handles, _ = drawn.legend_elements()
            texts = [f"{level:.3g}".replace("-", "−") for level in steps]
            ax.legend(
                handles[::-1], texts[::-1], title=title, loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False
            )
    return _named(ax, mixture, False)


def _levels(values: ground.Array, levels: int | Sequence[float], log: bool) -> ground.Array:
    if not isinstance(levels, (Sequence, np.ndarray)):
        many = ground.count(levels, "levels")
        top = float(values.max())
        low = max(top - FLOOR, float(values.min())) if log else 0.0
        steps = np.asarray(MaxNLocator(many + 1, steps=[1, 2, 2.5, 5, 10]).tick_values(low, top), np.float64)
        kept: ground.Array = steps[(steps >= low) & (steps < top) & ((steps > 0) | log)]
        return kept if len(kept) else np.array([0.5 * (low + top)])
    given = np.asarray(levels, dtype=float)
    if given.ndim != 1 or not given.size or not np.isfinite(given).all() or (np.diff(given) <= 0).any():
        raise InputError(f"levels is {levels!r}: give a number of levels, or rising finite numbers.")
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
    **shapes: Any,
) -> Axes:
    """Each component as shaded ellipses of `reach` standard deviations; points by their likeliest component.

    x: (n, 2) points to draw, each in the colour of the component that predicts it. The innermost ellipse has the
    opacity `alpha` times the component's weight over the largest one; those further out are fainter.
    numbers: each component's number at its mean, instead of a cross. equal: one scale for both coordinates.
    shapes: anything that `matplotlib.patches.Ellipse` takes.
    Returns the axes; its patches are the ellipses, component by component, from the outside in.

    >>> import mixtura as mx
    >>> mix = mx.Mixture([1, 2], [[0, 0], [3, 1]], [[[1, 0], [0, 4]], [[1, 0], [0, 0.25]]])
    >>> ax = mx.plots.ellipses(mix, reach=[2.0])
    >>> [round(float(patch.height), 3) for patch in ax.patches]  # the longest axis comes first
    [4.0, 2.0]
    """
    mixture = ground.of(mixture, 2)
    rings = np.sort(np.atleast_1d(np.asarray(reach, dtype=float)))[::-1]
    if rings.ndim != 1 or not rings.size or not (np.isfinite(rings) & (rings > 0)).all():
        raise InputError(f"reach is {reach!r}: give finite numbers of standard deviations > 0.")
    table = None if x is None else ground.rows(x, 2)
    ax = ground.axes(ax)
    colours = ground.colours(mixture.n_components)
    if table is not None:
        scatter(table, labels=mixture.predict(table), ax=ax)
    for k, matrix in enumerate(mixture.matrices):
        if not mixture.weights[k]:
            continue
        variances, vectors = np.linalg.eigh(matrix)
        turn = float(np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1])))
        share = float(mixture.weights[k] / mixture.weights.max())
        for ring in rings:
            opacity = alpha * (0.35 + 0.65 * share) * float(rings[-1] / ring)
            style = ground.style(shapes, Patch, facecolor=colours[k], alpha=opacity, edgecolor="none", zorder=2.0)
            width, height = 2 * ring * np.sqrt(variances[::-1])
            ax.add_patch(Ellipse(tuple(mixture.means[k]), width, height, angle=turn, **style))
    alive = np.flatnonzero(mixture.weights)
    if numbers:
        for number in alive:
            ax.annotate(
                str(number),
                tuple(mixture.means[number]),
                ha="center",
                va="center",
                fontsize="small",
                color=ground.pen(),
            )
    else:
        _crosses(ax, mixture.means[alive])
    ax.autoscale_view()
    return _named(ax, mixture, equal)


def kmeans(x: ArrayLike, centres: ArrayLike, *, ax: Axes | None = None, equal: bool = True, **discs: Any) -> Axes:
    """k-means as it divides points: each with its nearest centre, and each cluster's disc out to its farthest point.

    x: (n, 2). centres: (k, 2), such as sklearn.cluster.KMeans(k).fit(x).cluster_centers_.
    discs: anything that `matplotlib.patches.Circle` takes. Returns the axes; its patches are the discs of the
    clusters that have points.

    >>> import mixtura as mx
    >>> ax = mx.plots.kmeans([[0, 0], [0, 2], [9, 9]], [[0, 1], [9, 9]])
    >>> [float(disc.radius) for disc in ax.patches]
    [1.0, 0.0]
    """
    table, middles = ground.rows(x, 2), ground.rows(centres, 2)
    away = np.linalg.norm(table[:, None] - middles, axis=2)  # (n, k)
    labels = away.argmin(axis=1)
    ax = ground.axes(ax)
    scatter(table, labels=labels, ax=ax)
    for k, colour in enumerate(ground.colours(len(middles))):
        if (labels == k).any():
            style = ground.style(discs, Patch, facecolor=colour, edgecolor="none", alpha=0.2, zorder=1.0)
            ax.add_patch(Circle(tuple(middles[k]), float(away[labels == k, k].max()), **style))
    _crosses(ax, middles)
    ax.autoscale_view()
    return _named(ax, None, equal)


def _crosses(ax: Axes, places: ground.Array) -> None:
    ax.scatter(places[:, 0], places[:, 1], s=14, color=ground.pen(), marker="+", linewidths=1.0, zorder=3)


def _colours_of(labels: ArrayLike, n: int) -> NDArray[Any]:
    numbers = np.asarray(labels)
    if numbers.shape != (n,) or numbers.dtype.kind not in "iu" or (n and numbers.min() < 0):
        raise InputError(f"labels has shape {numbers.shape} of {numbers.dtype}, expected ({n},) whole numbers >= 0.")
    return np.asarray(ground.rgb(ground.colours(int(numbers.max()) + 1))[numbers])


def _named(ax: Axes, mixture: Mixture | None, equal: bool) -> Axes:
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    if mixture is not None:
        ax.set(xlabel=ground.label(mixture, 0), ylabel=ground.label(mixture, 1))
    if equal:
        ax.set_aspect("equal", adjustable="datalim")
    return ax
