"""Conditional densities p(x2 | x1): the curve itself, and slices through the plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..checks import index, is_finite
from ..errors import InputError, named
from ..model.mixture import Mixture
from ..pictures.checks import positive, whole
from . import axes
from .one_d import density
from .two_d import contours


def conditional(
    mixture: Mixture,
    value: float,
    *,
    on: int = 0,
    ax: Axes | None = None,
    components: bool = True,
    limits: Sequence[float] | None = None,
    n: int = 500,
    **line: Any,
) -> Axes:
    """Plot the conditional density of one coordinate of the plane, given the other one's value.

    Parameters
    ----------
    mixture : Mixture, Fit, Choice or estimator
        Of two coordinates.
    value : float
        Of the known coordinate.
    on : {0, 1}, default 0
        Which coordinate is known.
    ax : Axes, optional
        By default pyplot's current ones.
    components : bool, default True
        Draw the components of the conditional mixture too, dashed.
    limits : sequence of float, (left, right), optional
        By default four standard deviations around all components of the whole mixture, so that slices at several values
        can be compared.
    n : int, default 500
        Points of a curve, >= 2.
    **line
        Passed to `Axes.plot` for the solid curve.

    Returns
    -------
    Axes
        Its lines are the components with weight, then the density.

    Raises
    ------
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([1], [[0, 0]], [[[1, 0.8], [0.8, 1]]])
    >>> ax = mx.plots.conditional(mix, 1.0)  # N(0.8, 0.36)
    >>> curve = ax.lines[-1]
    >>> round(float(curve.get_xdata()[curve.get_ydata().argmax()]), 1)
    0.8
    """
    mixture = axes.of_coordinates(mixture, 2)
    given = index(on, 2, "on", "coordinates")
    free = 1 - given
    rest = mixture.condition([given], [_number(value)])
    limits = axes.interval(limits, mixture, free)
    ax = density(rest, ax=ax, components=components, limits=limits, n=n, **line)
    names = [axes.label(mixture, i).strip("$") for i in (free, given)]
    ax.set(xlabel=f"${names[0]}$", ylabel=f"$p({names[0]}\\,|\\,{names[1]} = {value:.3g})$")
    if mixture.names is not None:
        ax.set(xlabel=names[0], ylabel=f"p({names[0]} | {names[1]} = {value:.3g})")
    return ax


def slices(
    mixture: Mixture,
    values: Sequence[float],
    *,
    ax: Axes | None = None,
    width: float | None = None,
    extent: Sequence[float] | None = None,
    n: int = 300,
    **lines: Any,
) -> Axes:
    """Plot conditional densities p(x2 | x1), each upright at its x1 in the plane, over faint contours.

    Parameters
    ----------
    mixture : Mixture, Fit, Choice or estimator
        Of two coordinates.
    values : sequence of float
        Of x1, one at least.
    ax : Axes, optional
        By default pyplot's current ones.
    width : float, optional
        Of the widest slice, in units of x1; by default a sixth of what is shown.
    extent : sequence of float, (left, right, low, high), optional
        By default four standard deviations around all components.
    n : int, default 300
        Points of a curve, >= 2.
    **lines
        Passed to `Axes.plot` for the slices.

    Returns
    -------
    Axes
        Its lines are, for each value, the upright line and the slice, whose distance from it is the conditional density
        times one factor for all.

    Raises
    ------
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([1], [[0, 0]], [[[1, 0.8], [0.8, 1]]])
    >>> ax = mx.plots.slices(mix, [-1, 0, 1])
    >>> len(ax.lines)
    6
    """
    mixture = axes.of_coordinates(mixture, 2)
    places = checked_values(values)
    part = axes.extent(mixture, extent)
    widest = (part[1] - part[0]) / 6 if width is None else positive(width, "width")
    y = np.linspace(part[2], part[3], whole(n, "n", least=2))
    ax = contours(mixture, ax=ax, extent=part, legend=False, alpha=0.35)
    curves = [mixture.condition([0], [place]).density(y[:, None]) for place in places]
    scale = widest / max(float(curve.max()) for curve in curves)
    for place, curve, colour in zip(places, curves, axes.colours(len(places)), strict=True):
        style = axes.style(lines, Line2D, color=colour, linewidth=1.6, zorder=3.0)
        ax.axvline(place, color=colour, linewidth=0.8, linestyle=":", zorder=2.8)
        ax.plot(place + scale * curve, y, **style)
        ax.fill_betweenx(y, place, place + scale * curve, color=colour, alpha=0.15, linewidth=0, zorder=2.7)
    ax.set(xlim=(part[0], max(part[1], max(places) + 1.05 * widest)), ylim=part[2:])
    return ax


def checked_values(values: Sequence[float]) -> list[float]:
    """Values of x1 as a list of finite numbers, one at least."""
    given = [values] if is_finite(values) else list(values)
    if not given:
        raise InputError(f"{named('values')} is empty: give one place of x1 at least.")
    return [_number(value) for value in given]


def _number(value: Any) -> float:
    if not is_finite(value):
        raise InputError(f"{named('value')} is {value!r}: the known coordinate is a finite number.")
    return float(value)
