"""Conditional densities p(x2 | x1): the curve itself, and slices through the plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..checks import is_finite, is_whole
from ..errors import InputError
from ..model.mixture import Mixture
from . import ground
from .line import density
from .plane import contours


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
    """The density of one coordinate of the plane, given the other one's value: a mixture again, components dashed.

    on: the known coordinate, 0 or 1. The rest is as in `density`; limits are by default those of the whole mixture,
    so that slices at several values can be compared. Returns the axes.

    >>> import mixtura as mx
    >>> mix = mx.Mixture([1], [[0, 0]], [[[1, 0.8], [0.8, 1]]])
    >>> ax = mx.plots.conditional(mix, 1.0)  # N(0.8, 0.36)
    >>> curve = ax.lines[-1]
    >>> round(float(curve.get_xdata()[curve.get_ydata().argmax()]), 1)
    0.8
    """
    given, free = _known(ground.of(mixture, 2), on)
    rest = mixture.condition([given], [_number(value)])
    limits = ground.interval(limits, ground.span(mixture, free), "limits")
    ax = density(rest, ax=ax, components=components, limits=limits, n=n, **line)
    names = [ground.label(mixture, i).strip("$") for i in (free, given)]
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
    """p(x2 | x1) at some values of x1, each drawn upright at its place in the plane, over faint contours.

    values: of x1. width: of the widest slice, in units of x1; by default a sixth of what is shown.
    extent: (left, right, low, high). lines: anything that `Axes.plot` takes, for the slices.
    Returns the axes; its lines are, for each value, the upright line and the slice, whose distance from it is the
    conditional density times one scale for all.

    >>> import mixtura as mx
    >>> mix = mx.Mixture([1], [[0, 0]], [[[1, 0.8], [0.8, 1]]])
    >>> ax = mx.plots.slices(mix, [-1, 0, 1])
    >>> len(ax.lines)
    6
    """
    mixture = ground.of(mixture, 2)
    places = checked_values(values)
    part = ground.extent(mixture, extent)
    reach = (part[1] - part[0]) / 6 if width is None else ground.positive(width, "width")
    y = np.linspace(part[2], part[3], ground.count(n, "n", 2))
    ax = contours(mixture, ax=ax, extent=part, legend=False, alpha=0.35)
    curves = [mixture.condition([0], [place]).density(y[:, None]) for place in places]
    scale = reach / max(float(curve.max()) for curve in curves)
    for place, curve, colour in zip(places, curves, ground.colours(len(places)), strict=True):
        style = ground.style(lines, Line2D, color=colour, linewidth=1.6, zorder=3.0)
        ax.axvline(place, color=colour, linewidth=0.8, linestyle=":", zorder=2.8)
        ax.plot(place + scale * curve, y, **style)
        ax.fill_betweenx(y, place, place + scale * curve, color=colour, alpha=0.15, linewidth=0, zorder=2.7)
    ax.set(xlim=(part[0], max(part[1], max(places) + 1.05 * reach)), ylim=part[2:])
    return ax


def checked_values(values: Sequence[float]) -> list[float]:
    """Finite numbers, one at least."""
    given = [values] if is_finite(values) else list(values)
    if not given:
        raise InputError("values is empty: give one place of x1 at least.")
    return [_number(value) for value in given]


def _number(value: Any) -> float:
    if not is_finite(value):
        raise InputError(f"value is {value!r}: the known coordinate is a finite number.")
    return float(value)


def _known(mixture: Mixture, on: Any) -> tuple[int, int]:
    if not is_whole(on) or on not in (0, 1):
        raise InputError(f"on is {on!r}: the known coordinate of the plane is 0 or 1.")
    return int(on), 1 - int(on)
