"""Animated figures, as Matplotlib's FuncAnimation: sampling, and a slice that moves through a density.

Save them with ``film.save("film.gif", writer="pillow")``; in a notebook, show ``film.to_jshtml()``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

from ..checks import Rng
from ..model.mixture import Mixture
from ..pictures.checks import whole
from . import axes
from .conditionals import checked_values, conditional
from .one_d import density
from .three_d import cut, wire

HOT, POINT = "#d62728", "#1f5fbf"


class Animation(FuncAnimation):
    """An animation that notebooks play, whatever rcParams says."""

    def _repr_html_(self) -> str:
        return str(self.to_jshtml())


def sampling_film(
    mixture: Mixture, *, n: int = 60, rng: Rng = 0, bins: int = 24, interval: int = 250, figure: Figure | None = None
) -> FuncAnimation:
    """Animate sampling from a mixture of one coordinate, point by point.

    Two pictures a point: the component that is drawn is highlighted; then the point that it gives falls onto the axis.
    Beside it the histogram of the points so far approaches the density.

    Parameters
    ----------
    mixture : Mixture, Fit, Choice or estimator
        Of one coordinate.
    n : int, default 60
        Points, >= 1.
    rng : int or numpy.random.Generator, default 0
        Seed, or generator.
    bins : int, default 24
        Of the histogram, >= 1.
    interval : int, default 250
        Milliseconds a picture.
    figure : Figure, optional
        An empty one to draw on.

    Returns
    -------
    FuncAnimation
        Of 2 n pictures.

    Raises
    ------
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([0.3, 0.7], [[0.0], [4.0]], [[[1.0]], [[2.0]]])
    >>> film = mx.plots.sampling_film(mix, n=3)
    >>> film.to_jshtml().count("data:image/png")
    6
    """
    mixture = axes.of_coordinates(mixture, 1)
    points, labels = mixture.sample(whole(n, "n"), rng=rng, return_labels=True)
    values = points[:, 0]
    figure = axes.current_figure((9.0, 3.6)) if figure is None else figure
    left, right = figure.subplots(1, 2)
    density(mixture, ax=left)
    density(mixture, ax=right, components=False)
    first, last = left.get_xlim()
    edges = np.linspace(first, last, whole(bins, "bins") + 1)
    x = np.asarray(left.lines[-1].get_xdata(), np.float64)
    top = left.get_ylim()[1]
    (glow,) = left.plot([], [], color=HOT, linewidth=2.6, zorder=4)
    shade = left.fill_between(x, 0 * x, color=HOT, alpha=0.15, linewidth=0)
    (fallen,) = left.plot([], [], "|", color=POINT, markersize=11, alpha=0.5, zorder=3)
    (drop,) = left.plot([], [], "o", color=POINT, markersize=8, zorder=5)
    bars = right.bar(edges[:-1], 0 * edges[:-1], np.diff(edges), align="edge", color=POINT, alpha=0.35, zorder=1)
    left.set(title="a component by its weight, then a point", ylim=(0, top))
    right.set(ylim=(0, 1.5 * top), ylabel="")
    heights = {k: mixture.weights[k] * mixture.subset([k]).density(x[:, None]) for k in np.unique(labels)}

    def show(picture: int) -> list[Any]:
        i, falls = divmod(picture, 2)
        part = heights[labels[i]]
        glow.set_data(x, part)
        shade.set_data(x, 0 * x, part)
        seen = values[: i + falls]
        fallen.set_data(seen, np.full(len(seen), 0.015 * top))
        drop.set_data([values[i]] if falls else [], [0.015 * top] if falls else [])
        if len(seen):
            found, _ = np.histogram(seen, edges)
            for bar, height in zip(bars, found / (len(seen) * np.diff(edges)), strict=True):
                bar.set_height(height)
        right.set_title(f"{len(seen)} point" + "s" * (len(seen) != 1))
        return [glow, shade, fallen, drop, *bars]

    _settle(figure, show)
    return Animation(figure, show, frames=2 * n, interval=interval, blit=False)


def slice_film(
    mixture: Mixture,
    *,
    values: Sequence[float] | None = None,
    pictures: int = 40,
    interval: int = 120,
    figure: Figure | None = None,
) -> FuncAnimation:
    """Animate a slice that moves through the density over the plane, beside the conditional density p(x2 | x1).

    On the left the surface p(x1, x2), cut at x1; on the right the cut at that x1, scaled to area one.

    Parameters
    ----------
    mixture : Mixture, Fit, Choice or estimator
        Of two coordinates.
    values : sequence of float, optional
        Of x1, one a picture; by default there and back.
    pictures : int, default 40
        Their number, where `values` is not given.
    interval : int, default 120
        Milliseconds a picture.
    figure : Figure, optional
        An empty one to draw on.

    Returns
    -------
    FuncAnimation
        Of one picture per value.

    Raises
    ------
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([1], [[0, 0]], [[[1, 0.8], [0.8, 1]]])
    >>> film = mx.plots.slice_film(mix, values=[-1.0, 1.0])
    >>> film.to_jshtml().count("data:image/png")
    2
    """
    grid = axes.grid(mixture, None, 60)
    part = grid.part
    if values is None:
        turn = np.cos(2 * np.pi * np.arange(whole(pictures, "pictures")) / pictures)
        middle, swing = (part[0] + part[1]) / 2, 0.36 * (part[1] - part[0])
        places = [float(place) for place in middle - swing * turn]
    else:
        places = checked_values(values)
    figure = axes.current_figure((9.5, 4.2)) if figure is None else figure
    left = figure.add_subplot(1, 2, 1, projection="3d")
    right = figure.add_subplot(1, 2, 2)
    wire(mixture, left, grid)
    y = np.linspace(part[2], part[3], 300)[:, None]
    top = max(float(mixture.condition([0], [place]).density(y).max()) for place in places)
    drawn: list[Any] = []

    def show(picture: int) -> list[Any]:
        for artist in drawn:
            artist.remove()
        drawn[:] = cut(left, mixture, places[picture], part, HOT)
        right.clear()
        conditional(mixture, places[picture], ax=right, limits=part[2:], color=HOT)
        right.set(ylim=(0, 1.08 * top), title=right.get_ylabel(), ylabel="")
        return [*drawn, *right.lines]

    _settle(figure, show)
    return Animation(figure, show, frames=len(places), interval=interval, blit=False)


def _settle(figure: Figure, show: Callable[[int], Any]) -> None:
    """Lay the figure out once, with its first picture: the layout must not change between pictures, and is slow."""
    show(0)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
