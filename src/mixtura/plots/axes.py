"""What the figures share: their axes and extent, a grid of points, colours, and checks of arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cbook import normalize_kwargs
from matplotlib.colors import is_color_like, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike
from scipy.special import ndtr

from ..arrays import Array, Numbers
from ..checks import check_unmasked, is_finite, matrix
from ..errors import InputError, named
from ..model.evaluate import span
from ..model.mixture import Mixture
from ..pictures.checks import whole
from ..sources import in_memory
from ..sources.points import Points

Extent = tuple[float, float, float, float]
REACH = 4.0  # standard deviations of every component that a figure shows
RARE, FEW = 1e-3, 0.01  # the share of a mixture, and of points, that may lie far from the rest at either end
NOISE = "0.62"  # the colour of points that belong to no component


def checked(ax: Axes | None, *, size: tuple[float, float] | None = None) -> Axes:
    """`ax`, or pyplot's current axes; where it has no figure, those of a new one of `size` inches."""
    if ax is not None and not isinstance(ax, Axes):
        raise InputError(f"{named('ax')} is a {type(ax).__name__}: give the axes of a Matplotlib figure.")
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    if not plt.get_fignums():
        current_figure(size)
    return plt.gca() if getattr(plt.gca(), "name", None) != "3d" else current_figure(size).add_subplot()


def checked_3d(ax: Any) -> Any:
    """`ax`, which must be three-dimensional, or pyplot's current axes if they are, or those of a new figure."""
    if ax is not None and getattr(ax, "name", None) != "3d":
        raise InputError(f'{named("ax")} is flat: this figure needs axes made with projection="3d".')
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    if plt.get_fignums() and plt.gcf().axes:
        if getattr(plt.gca(), "name", None) == "3d":
            return plt.gca()
        current_figure()
    return (plt.gcf() if plt.get_fignums() else current_figure()).add_subplot(projection="3d")


def current_figure(size: tuple[float, float] | None = None) -> Figure:
    """A new figure, which is pyplot's current one from now on: notebooks show it, and so does ``plt.show()``."""
    import matplotlib.pyplot as plt

    return plt.figure(figsize=size, layout="constrained")


def figure(size: tuple[float, float] | None = None) -> Figure:
    """Figure that pyplot does not know of."""
    made = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(made)
    return made


def mixture_of(given: Any) -> Mixture:
    """The mixture that is given, or that of a fit, a choice or a fitted estimator."""
    for found in (given, getattr(given, "mixture", None), getattr(given, "mixture_", None)):
        if isinstance(found, Mixture):
            return found
    raise InputError(
        f"{named('mixture')} is a {type(given).__name__}: give a Mixture, what mx.fit or mx.choose found, or a fitted "
        f"estimator."
    )


def of_coordinates(given: Any, d: int) -> Mixture:
    """Mixture, if it is one of d coordinates."""
    mixture = mixture_of(given)
    if mixture.n_coordinates != d:
        raise InputError(
            f"the mixture has {mixture.n_coordinates} coordinates, this figure shows {d}: "
            f"take mixture.marginal({list(range(d))}) or others first."
        )
    return mixture


def rows(x: Any, d: int) -> Array:
    """`x` as a checked table (n, d) with a row at least; for d = 1 also from a plain list. NaN is a gap."""
    if isinstance(x, Points):
        x = x.x
    elif not in_memory(x) and not hasattr(x, "__array__"):
        raise InputError(
            f"{named('x')} is read in blocks, and a figure shows points in memory: give some of its rows, as "
            f"mx.sources.opened(x).take(rows) does by their numbers."
        )
    check_unmasked(x, "x")
    given = np.asarray(x)
    table = matrix(given.reshape(-1, 1) if d == 1 and given.ndim == 1 else given, "x", missing=True)
    if table.shape[1] != d or not len(table):
        raise InputError(f"{named('x')} has shape {table.shape}, this figure shows (n, {d}) with n >= 1.")
    return np.asarray(table, np.float64)


def columns(x: Any) -> tuple[str, ...] | None:
    """The names of a frame's columns, or of the coordinates of `Points`."""
    found = x.names if isinstance(x, Points) else getattr(x, "columns", None)
    return None if found is None or callable(found) else tuple(str(each) for each in found)


def label(mixture: Mixture | None, coordinate: int) -> str:
    """Name of an axis: the coordinate's name, or x, or x1, x2, ..."""
    if mixture is not None and mixture.names is not None:
        return mixture.names[coordinate]
    return "$x$" if mixture is not None and mixture.n_coordinates == 1 else f"$x_{coordinate + 1}$"


def name(ax: Axes, mixture: Mixture | None, part: Extent | None = None) -> Axes:
    """Axes with the names of the plane's coordinates, and limits where `part` is given."""
    ax.set(xlabel=label(mixture, 0), ylabel=label(mixture, 1))
    if part is not None:
        ax.set(xlim=part[:2], ylim=part[2:])
    return ax


def interval(given: Sequence[float] | None, mixture: Mixture, coordinate: int = 0) -> tuple[float, float]:
    """Two rising numbers: as given, or around all components."""
    if given is None:
        return most_of(mixture, coordinate)
    if not _are_numbers(given, 2) or not given[0] < given[1]:
        raise InputError(f"{named('limits')} is {given!r}: give two rising numbers.")
    return float(given[0]), float(given[1])


def extent(mixture: Mixture, given: Sequence[float] | None) -> Extent:
    """(left, right, low, high) of a figure over the plane: as given, or around all components."""
    if given is None:
        return (*most_of(mixture, 0), *most_of(mixture, 1))
    if not _are_numbers(given, 4) or given[0] >= given[1] or given[2] >= given[3]:
        raise InputError(f"{named('extent')} is {given!r}: give (left, right, low, high), each pair rising.")
    return float(given[0]), float(given[1]), float(given[2]), float(given[3])


def most_of(mixture: Mixture, coordinate: int) -> tuple[float, float]:
    """An interval around all components, without light ones that lie far from the rest."""
    low, high = span(mixture, coordinate, REACH)
    means, deviations = mixture.means[:, coordinate], np.sqrt(mixture.matrices[:, coordinate, coordinate])
    ends = np.array([low, low]), np.array([high, high])
    for _ in range(60):
        middle = (ends[0] + ends[1]) / 2
        below = mixture.weights @ ndtr((middle - means[:, None]) / deviations[:, None]) < [RARE, 1 - RARE]
        ends = np.where(below, middle, ends[0]), np.where(below, ends[1], middle)
    return _within(low, high, float(ends[0][0]), float(ends[1][1]))


def most(values: Array) -> tuple[float, float] | None:
    """An interval that holds all numbers, but for a few that lie far from the rest; None where there are none."""
    kept = values[np.isfinite(values)]
    if not kept.size:
        return None
    return _within(float(kept.min()), float(kept.max()), *(float(q) for q in np.quantile(kept, [FEW, 1 - FEW])))


def _within(low: float, high: float, left: float, right: float) -> tuple[float, float]:
    """(low, high), but no further from (left, right) than that is wide."""
    wide = right - left
    return (max(low, left - wide), min(high, right + wide)) if wide > 0 else (low, high)


def _are_numbers(given: Any, count: int) -> bool:
    return isinstance(given, (tuple, list, np.ndarray)) and len(given) == count and all(map(is_finite, given))


class Grid(NamedTuple):
    """A grid of n x n points over a part of the plane."""

    part: Extent
    x: Array  # (n,)
    y: Array  # (n,)
    points: Array  # (n * n, 2), row by row from below

    def table(self, values: Numbers) -> Numbers:
        """Values at the points, (n, n) or (n, n, m)."""
        return values.reshape(len(self.y), len(self.x), *values.shape[1:])


def grid(mixture: Mixture, given: Sequence[float] | None, n: Any) -> Grid:
    """Grid over an extent, as given or around all components."""
    n, part = whole(n, "n", least=2), extent(of_coordinates(mixture, 2), given)
    x, y = np.linspace(part[0], part[1], n), np.linspace(part[2], part[3], n)
    return Grid(part, x, y, np.stack([np.tile(x, n), np.repeat(y, n)], axis=1))


def style(given: Mapping[str, Any], kind: type | None = None, /, **usual: Any) -> dict[str, Any]:
    """How an artist looks: as usual, except for what is given; aliases such as lw are known for the artist `kind`."""
    return usual | dict(normalize_kwargs(dict(given), kind) if kind else given)


def colours(n: int) -> list[str]:
    """Take n colours of the current cycle, again from its beginning when it ends."""
    cycle: list[str] = rcParams["axes.prop_cycle"].by_key().get("color", ["C0"])
    return [cycle[i % len(cycle)] for i in range(n)]


def of_components(mixture: Mixture, given: Sequence[Any] | None) -> Sequence[Any]:
    """A colour a component: as given, or of the current cycle."""
    if given is None:
        return colours(mixture.n_components)
    if len(given) != mixture.n_components or not all(map(is_color_like, given)):
        raise InputError(f"{named('colours')} is {given!r}: give {mixture.n_components} colours, one a component.")
    return given


def rgb(n: int) -> Array:
    """(n, 3) the same colours as numbers in 0..1."""
    return np.array([to_rgb(name) for name in colours(n)])


def of_labels(labels: ArrayLike, n: int) -> tuple[Numbers, dict[str, Any]]:
    """(n, 3) colours of whole numbers or words, one a point; and the colour of each word. -1 is noise."""
    given = np.asarray(labels)
    if given.dtype.kind == "O" and given.ndim == 1:
        given = np.array([str(each) for each in given]) if len(given) else given.astype(int)
    if given.shape != (n,) or given.dtype.kind not in "iuUT" or (given.dtype.kind in "iu" and n and given.min() < -1):
        raise InputError(
            f"{named('labels')} has shape {given.shape} of {given.dtype}, expected ({n},) whole numbers >= 0, -1 for "
            f"noise, or words."
        )
    if given.dtype.kind in "iu":
        known, numbers = {}, given
    else:
        words, numbers = np.unique(given, return_inverse=True)
        known = dict(zip(map(str, words), colours(len(words)), strict=True))
    table = np.vstack([rgb(max(0, int(numbers.max(initial=-1)) + 1)).reshape(-1, 3), to_rgb(NOISE)])
    return table[numbers], known


def dot(colour: Any) -> Line2D:
    """A dot for a legend."""
    return Line2D([], [], color=colour, marker="o", linestyle="", markersize=4)


def pen() -> str:
    """Colour of text, which lines without a colour of their own share."""
    return str(rcParams["text.color"])
