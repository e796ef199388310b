"""What every figure stands on: its axes, its extent, its colours, and a grid of points over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cbook import normalize_kwargs
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from numpy.typing import ArrayLike, NDArray

from ..checks import is_finite, is_whole, matrix
from ..errors import InputError
from ..model.mixture import Mixture

Array = NDArray[np.float64]
Extent = tuple[float, float, float, float]
REACH = 4.0  # standard deviations of every component that a figure shows


def axes(ax: Axes | None, *, size: tuple[float, float] | None = None) -> Axes:
    """`ax`, or the axes of a new figure (of `size` inches) that nobody else knows."""
    if ax is not None:
        if not isinstance(ax, Axes):
            raise InputError(f"ax is a {type(ax).__name__}: give the axes of a Matplotlib figure.")
        return ax
    return figure(size).add_subplot()


def solid_axes(ax: Any, *, size: tuple[float, float] | None = None) -> Any:
    """`ax`, which must be three-dimensional, or the axes of a new figure."""
    if ax is None:
        return figure(size).add_subplot(projection="3d")
    if getattr(ax, "name", None) != "3d":
        raise InputError('ax is flat: this figure needs axes made with projection="3d".')
    return ax


def figure(size: tuple[float, float] | None = None) -> Figure:
    """A figure that pyplot does not know of."""
    made = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(made)
    return made


def of(mixture: Any, d: int) -> Mixture:
    """The mixture, if it is one of d coordinates."""
    if not isinstance(mixture, Mixture):
        raise InputError(f"mixture is a {type(mixture).__name__}: give a Mixture, such as fit.mixture.")
    if mixture.n_coordinates != d:
        raise InputError(
            f"the mixture has {mixture.n_coordinates} coordinates, this figure shows {d}: "
            f"take mixture.marginal({list(range(d))}) or others first."
        )
    return mixture


def rows(x: ArrayLike, d: int) -> Array:
    """`x` as a checked table (n, d) with a row at least; for d = 1 also from a plain list."""
    given = np.asarray(x)
    table = matrix(given.reshape(-1, 1) if d == 1 and given.ndim == 1 else given, "x")
    if table.shape[1] != d or not len(table):
        raise InputError(f"x has shape {table.shape}, this figure shows (n, {d}) with n >= 1.")
    return np.asarray(table, np.float64)


def label(mixture: Mixture, coordinate: int) -> str:
    """What an axis is called: the coordinate's name, or x, or x1, x2, ..."""
    if mixture.names is not None:
        return mixture.names[coordinate]
    return "$x$" if mixture.n_coordinates == 1 else f"$x_{coordinate + 1}$"


def span(mixture: Mixture, coordinate: int, reach: float = REACH) -> tuple[float, float]:
    """The interval that holds `reach` standard deviations of every component that has weight."""
    alive = mixture.weights > 0
    deviation = np.sqrt(mixture.matrices[alive, coordinate, coordinate])
    means = mixture.means[alive, coordinate]
    return float((means - reach * deviation).min()), float((means + reach * deviation).max())


def extent(mixture: Mixture, given: Sequence[float] | None) -> Extent:
    """(left, right, low, high) of a figure over the plane: as given, or around all components."""
    if given is None:
        return (*span(mixture, 0), *span(mixture, 1))
    edges = tuple(float(edge) for edge in given) if _are_numbers(given, 4) else ()
    if not edges or edges[0] >= edges[1] or edges[2] >= edges[3]:
        raise InputError(f"extent is {given!r}: give (left, right, low, high), each pair rising.")
    return edges[0], edges[1], edges[2], edges[3]


def interval(given: Sequence[float] | None, otherwise: tuple[float, float], name: str) -> tuple[float, float]:
    """Two rising numbers: as given, or the other ones."""
    if given is None:
        return otherwise
    if not _are_numbers(given, 2) or not given[0] < given[1]:
        raise InputError(f"{name} is {given!r}: give two rising numbers.")
    return float(given[0]), float(given[1])


def _are_numbers(given: Any, count: int) -> bool:
    return isinstance(given, (tuple, list, np.ndarray)) and len(given) == count and all(map(is_finite, given))


def count(given: Any, name: str, least: int = 1) -> int:
    """A whole number, `least` or more."""
    if not is_whole(given) or given < least:
        raise InputError(f"{name} is {given!r}: give a whole number >= {least}.")
    return int(given)


def positive(given: Any, name: str) -> float:
    """A finite number above 0."""
    if not is_finite(given) or not given > 0:
        raise InputError(f"{name} is {given!r}: give a finite number > 0.")
    return float(given)


def mesh(part: Extent, n: int) -> tuple[Array, Array, Array]:
    """(n,) abscissae, (n,) ordinates and the (n * n, 2) points of their grid, row by row from below."""
    x, y = np.linspace(part[0], part[1], n), np.linspace(part[2], part[3], n)
    return x, y, np.stack([np.tile(x, n), np.repeat(y, n)], axis=1)


def style(given: Mapping[str, Any], kind: type | None = None, /, **usual: Any) -> dict[str, Any]:
    """How an artist looks: as usual, but for what is given; aliases such as lw are known for the artist `kind`."""
    return usual | dict(normalize_kwargs(dict(given), kind) if kind else given)


def colours(n: int) -> list[str]:
    """n colours of the current cycle, again from its beginning when it ends."""
    cycle: list[str] = rcParams["axes.prop_cycle"].by_key().get("color", ["C0"])
    return [cycle[i % len(cycle)] for i in range(n)]


def rgb(names: Sequence[str]) -> Array:
    """(n, 3) the colours as numbers in 0..1."""
    return np.array([to_rgb(name) for name in names])


def pen() -> str:
    """What is written and drawn with: the colour of text."""
    return str(rcParams["text.color"])


def text_size() -> float:
    """Of ordinary text, in points."""
    return float(FontProperties(size=rcParams["font.size"]).get_size_in_points())


def dot_area(n: int) -> float:
    """The area of a dot among n, in points squared: smaller where there are many."""
    return min(30.0, max(1.0, 3000.0 / max(1, n)))
