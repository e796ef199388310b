"""How sure: of the component of each point, and of all that a bootstrap tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from ..checks import check_flag
from ..errors import InputError, named
from ..model.mixture import Mixture
from . import axes

SMALLEST, LARGEST = 4.0, 90.0  # points squared: of a point that is sure, and of one that might be anyone's
LIGHT = 0.35  # opacity of points that are sure
SHADED = 0.75  # of the darkest background


def uncertainty(
    mixture: Mixture,
    x: ArrayLike | None = None,
    *,
    ax: Axes | None = None,
    coordinates: Sequence[int | str] = (0, 1),
    extent: Sequence[float] | None = None,
    n: int = 200,
    **dots: Any,
) -> Axes:
    """Plot how unsure the component of each place and point is: 1 less the largest responsibility.

    Parameters
    ----------
    mixture : Mixture, Fit, Choice or estimator
        Of any number of coordinates.
    x : array_like, shape (n, d), optional
        Points, each in the colour of its component; the larger and darker, the less sure.
    ax : Axes, optional
        By default pyplot's current ones.
    coordinates : sequence of int or str, default (0, 1)
        The two to show, by number or name; of more than two, the background is left out.
    extent : sequence of float, (left, right, low, high), optional
        Of the background, by default four standard deviations around all components; in one coordinate (left, right).
    n : int, default 200
        Points a side of the background's grid, >= 2.
    **dots
        Passed to `Axes.scatter`.

    Returns
    -------
    Axes
        In one coordinate, its line is the curve; else its image the background, its collection the points.

    Raises
    ------
    InputError
        If an argument is malformed, or there is nothing to show: more than two coordinates, and no points.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([1, 1], [[-1, 0], [1, 0]], [[1, 0], [0, 1]], "tied")
    >>> ax = mx.plots.uncertainty(mix, [[-3, 0], [0, 0]])
    >>> ax.collections[0].get_sizes().round(1).tolist()
    [4.4, 90.0]
    """
    mixture = axes.mixture_of(mixture)
    d = mixture.n_coordinates
    if d > 2 and x is None:
        raise InputError(f"the mixture has {d} coordinates, of which no plane can be shaded: give points as x.")
    table = None if x is None else axes.rows(x, d)
    if d == 1:
        return _along(mixture, table, ax, extent, n, dots)
    chosen = mixture._axes(list(coordinates), "coordinates")
    if len(chosen) != 2:
        raise InputError(f"{named('coordinates')} is {list(coordinates)!r}: give two.")
    ax = axes.checked(ax)
    if d == 2:
        grid = axes.grid(mixture.marginal(chosen), extent, n)
        unsure = 1.0 - mixture.responsibilities(grid.points[:, np.argsort(chosen)]).max(axis=1)
        image: dict[str, Any] = {"cmap": "Greys", "vmin": 0.0, "vmax": 1.0 / SHADED, "zorder": 0.4}
        ax.imshow(grid.table(unsure), origin="lower", extent=grid.part, aspect="auto", **image)
    if table is not None:
        shares = mixture.responsibilities(table, missing=True)
        unsure = _doubt(shares.max(axis=1), mixture)
        colours = np.column_stack([axes.rgb(mixture.n_components)[shares.argmax(axis=1)], LIGHT + (1 - LIGHT) * unsure])
        style = axes.style(dots, s=SMALLEST + (LARGEST - SMALLEST) * unsure, c=colours, linewidths=0, zorder=1.5)
        order = np.argsort(unsure, kind="stable")  # the doubtful ones above
        for key, value in style.items():
            if isinstance(value, np.ndarray) and len(value) == len(table):
                style[key] = value[order]
        ax.scatter(table[order, chosen[0]], table[order, chosen[1]], **style)
    return axes.name(ax, mixture.marginal(chosen))


def _doubt(largest: Any, mixture: Mixture) -> Any:
    """0 where a component is certain, 1 where all are as likely."""
    k = max(2, int((mixture.weights > 0).sum()))
    return np.clip((1.0 - largest) * k / (k - 1), 0.0, 1.0)


def _along(mixture: Mixture, table: Any, ax: Axes | None, extent: Any, n: int, dots: dict[str, Any]) -> Axes:
    """The curve over one coordinate, and the points on it."""
    low, high = axes.interval(extent, mixture)
    places = np.linspace(low, high, max(2, n))[:, None]
    ax = axes.checked(ax)
    ax.plot(places[:, 0], 1.0 - mixture.responsibilities(places).max(axis=1), color=axes.pen(), zorder=1.2)
    if table is not None:
        shares = mixture.responsibilities(table, missing=True)
        colours = axes.rgb(mixture.n_components)[shares.argmax(axis=1)]
        ax.scatter(
            table[:, 0], 1.0 - shares.max(axis=1), **axes.style(dots, c=colours, s=14.0, linewidths=0, zorder=1.5)
        )
    ax.set(xlabel=axes.label(mixture, 0), ylabel="uncertainty")
    ax.set_ylim(bottom=0.0)
    return ax


def intervals(
    interval: Any,
    *,
    ax: Axes | None = None,
    labels: Sequence[str] | None = None,
    replicates: bool = True,
    **line: Any,
) -> Axes:
    """Plot numbers with their intervals, one below the other: what a `Bootstrap` tells.

    Parameters
    ----------
    interval : Interval
        Such as ``boot.weights()`` or ``boot.of(function)``; of m numbers in any shape.
    ax : Axes, optional
        By default pyplot's current ones.
    labels : sequence of str, length m, optional
        What the numbers are; by default their places.
    replicates : bool, default True
        Draw the replicates too, as a smooth density.
    **line
        Passed to `Axes.plot`.

    Returns
    -------
    Axes
        Its lines are the intervals, from above, each with its estimate as a dot.

    Raises
    ------
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> x = mx.Mixture([1.0], [[0.0]], [[[1.0]]]).sample(100, rng=0)
    >>> found = mx.bootstrap(x, mx.fit(x, 1), 20, rng=0)
    >>> len(mx.plots.intervals(found.means()).lines)
    1
    """
    if not hasattr(interval, "standard_error"):
        raise InputError(
            f"{named('interval')} is a {type(interval).__name__}: give an Interval, such as boot.weights()."
        )
    check_flag(replicates, "replicates")
    estimate, low, high = (np.ravel(getattr(interval, name)) for name in ("estimate", "low", "high"))
    values = interval.values.reshape(len(interval.values), -1)
    shape = interval.estimate.shape
    given = [", ".join(map(str, at)) for at in np.ndindex(shape)] if labels is None else list(labels)
    if len(given) != len(estimate):
        raise InputError(f"{named('labels')} has {len(given)} entries, expected {len(estimate)}: one a number.")
    ax = axes.checked(ax)
    for place, colour in enumerate(axes.colours(len(estimate))):
        if replicates and values[:, place].std() > 0:
            _hill(ax, values[:, place], place, colour)
        style = axes.style(line, Line2D, color=colour, linewidth=2.0, marker="o", markersize=5.0, markevery=[1])
        ax.plot([low[place], estimate[place], high[place]], [place] * 3, zorder=2.0, **style)
    ax.set_yticks(range(len(estimate)), given)
    ax.set_ylim(len(estimate) - 0.4, -0.9 if replicates else -0.6)
    ax.set_xlabel(f"estimate and {100 * interval.level:g} % interval")
    return ax


def _hill(ax: Axes, values: Any, place: float, colour: str) -> None:
    """A density of replicates, standing on its line."""
    width = 1.06 * values.std() * len(values) ** -0.2
    x = np.linspace(values.min() - 3 * width, values.max() + 3 * width, 200)
    height = np.exp(-0.5 * np.square((x[:, None] - values) / width)).sum(axis=1)
    ax.fill_between(x, place, place - 0.8 * height / height.max(), color=colour, alpha=0.25, linewidth=0, zorder=1.0)


def replicates(
    boot: Any, *, ax: Axes | None = None, level: float = 0.5, alpha: float | None = None, equal: bool = False
) -> Axes:
    """Plot the replicates of a bootstrap over the plane: each component's ellipse, many times over.

    Parameters
    ----------
    boot : Bootstrap
        Of a mixture of two coordinates.
    ax : Axes, optional
        By default pyplot's current ones.
    level : float, default 0.5
        0 < level < 1: the share of its component that each ellipse holds.
    alpha : float, optional
        Opacity of each, by default the fainter the more there are.
    equal : bool, default False
        One scale for both coordinates.

    Returns
    -------
    Axes
        Its collections are the ellipses, one a component for the replicates and one for the fit, and their centres.

    Raises
    ------
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> x = mx.Mixture([1.0], [[0.0, 0.0]], [[1.0, 4.0]], "diag").sample(100, rng=0)
    >>> ax = mx.plots.replicates(mx.bootstrap(x, mx.fit(x, 1), 20, rng=0))
    >>> ax.collections[0].get_offsets().shape
    (20, 2)
    """
    if not hasattr(boot, "replicates"):
        raise InputError(f"{named('boot')} is a {type(boot).__name__}: give a Bootstrap, what mx.bootstrap returns.")
    mixture = axes.of_coordinates(boot.mixture, 2)
    found = [each.ellipses(level) for each in boot.replicates]
    opacity = min(0.5, max(0.03, 8.0 / len(found))) if alpha is None else alpha
    ax = axes.checked(ax)
    fit = mixture.ellipses(level)
    for k, colour in enumerate(axes.colours(mixture.n_components)):
        centres = np.array([each.centres[k] for each in found])
        lengths, turns = np.array([each.axes[k] for each in found]), np.array([each.angles[k] for each in found])
        _rings(ax, centres, lengths, turns, edgecolors=colour, alpha=opacity, linewidths=0.8, zorder=1.0)
        ax.scatter(
            centres[:, 0], centres[:, 1], color=colour, s=4.0, alpha=min(1.0, 2 * opacity), linewidths=0, zorder=1.2
        )
        bold: dict[str, Any] = {"edgecolors": axes.pen(), "linewidths": 1.4, "zorder": 2.0}
        _rings(ax, fit.centres[k, None], fit.axes[k, None], fit.angles[k, None], **bold)
    ax.autoscale_view()
    axes.name(ax, mixture)
    if equal:
        ax.set_aspect("equal", adjustable="datalim")
    return ax


def _rings(ax: Axes, centres: Any, lengths: Any, turns: Any, **style: Any) -> None:
    """Outlines of ellipses."""
    placed: dict[str, Any] = {"units": "xy", "offsets": centres, "offset_transform": ax.transData}
    drawn = EllipseCollection(2 * lengths[:, 0], 2 * lengths[:, 1], turns, facecolors="none", **placed, **style)
    ax.add_collection(drawn)
    slopes = np.radians(turns)
    turned = np.stack([np.cos(slopes), np.sin(slopes)], axis=1)
    reach = np.sqrt(np.square(lengths[:, :1] * turned) + np.square(lengths[:, 1:] * turned[:, ::-1]))
    ax.update_datalim(np.concatenate([centres - reach, centres + reach]))
