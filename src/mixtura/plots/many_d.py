"""Figures of mixtures of any number of coordinates: all pairs of them, and the plane that separates the components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from ..arrays import Array
from ..errors import InputError, named
from ..model.mixture import Mixture
from ..pictures.checks import whole
from . import axes
from .one_d import density, histogram
from .two_d import contours, ellipses, scatter

WIDEST = 12
"""Coordinates that can be seen in pairs."""
INCH = 1.9
"""The side of each pair's square."""


def pairs(
    mixture: Mixture,
    x: ArrayLike | None = None,
    *,
    labels: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    reach: Sequence[float] = (1.0, 2.0),
    most: int = 5000,
    figure: Figure | None = None,
) -> NDArray[Any]:
    """Plot every pair of coordinates: points below the diagonal, ellipses above, densities on it.

    Parameters
    ----------
    mixture : Mixture, Fit, Choice or estimator
        Of 1 to 12 coordinates.
    x : array_like or frame, shape (n, d), optional
        Points, below the diagonal and as histograms on it; NaN is a gap. Without them, contours of the density are
        below the diagonal.
    labels : array_like of int or str, shape (n,), optional
        The colour of each point, see `scatter`; by default its most responsible component.
    names : sequence of str, length d, optional
        Of the axes; by default those of the mixture, else of the frame's columns.
    reach : sequence of float, default (1, 2)
        Sizes of the ellipses, in standard deviations.
    most : int, default 5000
        Of more points, so many are drawn: every (n / most)-th row.
    figure : Figure, optional
        An empty one to draw in; by default a new one.

    Returns
    -------
    ndarray of Axes, shape (d, d)
        Row by row; ``axs[0, 0].figure`` is the figure.

    Raises
    ------
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([1, 2], [[0, 0, 0], [3, 1, 5]], [[1, 1, 1], [1, 2, 1]], "diag", names=["a", "b", "c"])
    >>> axs = mx.plots.pairs(mix, mix.sample(200, rng=0))
    >>> axs.shape, axs[2, 0].get_xlabel(), axs[2, 0].get_ylabel()
    ((3, 3), 'a', 'c')
    """
    mixture = axes.mixture_of(mixture)
    d, most = mixture.n_coordinates, whole(most, "most")
    if d > WIDEST:
        raise InputError(
            f"the mixture has {d} coordinates, and pairs of at most {WIDEST} can be seen: take mixture.marginal([...]) "
            f"of some, or plots.reduced."
        )
    shown, colours, heads = _points(mixture, x, labels, names, most)
    own = _own(mixture, shown, colours)
    made = axes.current_figure((side(d), side(d))) if figure is None else figure
    axs: NDArray[Any] = made.subplots(d, d, squeeze=False)
    views = [_view(mixture, shown, i) for i in range(d)]
    for i in range(d):
        for j in range(d):
            ax = axs[i, j]
            if i == j:
                if shown is not None and np.isfinite(shown[:, i]).any():
                    histogram(shown[:, i], ax=ax, rug=False, bins=_bins(shown[:, i], views[i]))
                density(mixture.marginal([i]), ax=ax, limits=views[i], colours=own)
                ax.set_yticks([])
            elif i > j and shown is not None:
                scatter(shown[:, [j, i]], labels=colours, ax=ax, s=min(12.0, max(1.0, 1500 / len(shown))))
                if ax.get_legend():
                    ax.get_legend().remove()
            elif i > j:
                contours(mixture.marginal([j, i]), ax=ax, levels=6, legend=False, n=80, extent=(*views[j], *views[i]))
            else:
                ellipses(mixture.marginal([j, i]), ax=ax, reach=reach, alpha=0.5, colours=own)
            ax.set_xlim(views[j])
            if i != j:
                ax.set_ylim(views[i])
            ax.set(xlabel=heads[j] if i == d - 1 else "", ylabel=heads[i] if j == 0 else "")
            ax.tick_params(labelbottom=i == d - 1, labelleft=j == 0 and i != j, labelsize="small")
    _legend(made, labels, len(shown) if shown is not None else 0, colours)
    return axs


def reduced(
    mixture: Mixture,
    x: ArrayLike | None = None,
    *,
    labels: ArrayLike | None = None,
    ax: Axes | None = None,
    reach: Sequence[float] = (1.0, 2.0),
    most: int = 20_000,
) -> Axes:
    """Plot components, and points, in the plane of the two directions in which the components differ most.

    Parameters
    ----------
    mixture : Mixture, Fit, Choice or estimator
        Of two coordinates or more, two of its components at least with weight.
    x : array_like or frame, shape (n, d), optional
        Points; rows with NaN are filled with their conditional means.
    labels : array_like of int or str, shape (n,), optional
        The colour of each point, see `scatter`; by default its most responsible component.
    ax : Axes, optional
        By default pyplot's current ones.
    reach : sequence of float, default (1, 2)
        Sizes of the ellipses, in standard deviations.
    most : int, default 20,000
        Of more points, so many are drawn: every (n / most)-th row.

    Returns
    -------
    Axes
        Its axes say the share that each direction has of all separation.

    Raises
    ------
    InputError
        If an argument is malformed.

    Notes
    -----
    The directions are those of `Mixture.directions`: coordinates along them do not depend on the units of the data.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([1, 1], [[0, 0, 0], [9, 9, 0]], [1.0, 2.0], "spherical")
    >>> mx.plots.reduced(mix).get_xlabel()
    'direction 1 (81 % of the separation)'
    """
    mixture = axes.mixture_of(mixture)
    if mixture.n_coordinates < 2:
        raise InputError("the mixture has one coordinate, and a plane needs two: plots.density shows it.")
    most = whole(most, "most")
    matrix, separation = mixture.directions()
    turned = matrix[:, :2].T
    offset = -turned @ mixture.mean()
    flat = mixture.transform(turned, offset)
    ax = axes.checked(ax)
    shown, colours, _ = _points(mixture, x, labels, None, most)
    own = _own(mixture, shown, colours)
    if shown is not None:
        kept = np.isfinite(shown).any(axis=1)
        shown, colours = shown[kept], np.asarray(colours)[kept]
        if np.isnan(shown).any():
            shown = np.asarray(mixture.impute(shown))
        scatter(shown @ turned.T + offset, labels=colours, ax=ax)
    ellipses(flat, ax=ax, reach=reach, alpha=0.3, colours=own)
    shares = separation / separation.sum()
    words = [f"direction {i + 1} ({100 * shares[i]:.0f} % of the separation)" for i in range(2)]
    ax.set(xlabel=words[0], ylabel=words[1])
    return ax


def side(d: int) -> float:
    """Inches of the side of a figure of all pairs."""
    return max(4.0, INCH * d)


def _points(
    mixture: Mixture, x: Any, labels: Any, names: Sequence[str] | None, most: int
) -> tuple[Array | None, Any, list[str]]:
    """The points to draw, the label of each, and the names of the axes."""
    d = mixture.n_coordinates
    heads = names or mixture.names or axes.columns(x) or [axes.label(mixture, i) for i in range(d)]
    if len(heads) != d:
        raise InputError(f"{named('names')} has {len(heads)} names, the mixture {d} coordinates: give one for each.")
    if x is None:
        if labels is not None:
            raise InputError(f"{named('labels')} is given without x: give the points that have them.")
        return None, None, list(heads)
    table = axes.rows(x, d)
    if labels is not None:
        axes.of_labels(labels, len(table))  # one for each point
    step = -(-len(table) // most)
    table = np.ascontiguousarray(table[::step])
    found = np.asarray(labels)[::step] if labels is not None else mixture.predict(table, missing=True)
    return table, found, list(heads)


def _own(mixture: Mixture, x: Array | None, labels: Any) -> list[Any]:
    """A colour a component: that of the label of most of its points."""
    found: list[Any] = list(axes.colours(mixture.n_components))
    if x is None:
        return found
    shades = axes.of_labels(labels, len(x))[0]
    kinds, numbers = np.unique(labels, return_inverse=True)
    counts = np.zeros((mixture.n_components, len(kinds)))
    np.add.at(counts, (mixture.predict(x, missing=True), numbers), 1)
    for k in np.flatnonzero(counts.sum(axis=1)):
        found[k] = tuple(shades[np.argmax(numbers == counts[k].argmax())])
    return found


def _view(mixture: Mixture, x: Array | None, i: int) -> tuple[float, float]:
    """What is shown of a coordinate: the mixture and the points, without a few that lie far away."""
    low, high = axes.most_of(mixture, i)
    seen = None if x is None else axes.most(x[:, i])
    if seen is None:
        return low, high
    room = 0.04 * (seen[1] - seen[0])
    near = _three(mixture, i)
    return min(seen[0] - room, near[0]), max(seen[1] + room, near[1])


def _three(mixture: Mixture, i: int) -> tuple[float, float]:
    """An interval that holds most of the mixture, closer than where nothing but it is drawn."""
    low, high = axes.most_of(mixture, i)
    return low + (high - low) / 8, high - (high - low) / 8


def _bins(values: Array, view: tuple[float, float]) -> Any:
    inside = values[(values >= view[0]) & (values <= view[1])]
    return np.linspace(*view, int(np.clip(2 * len(inside) ** (1 / 3), 8, 60)) + 1)


def _legend(figure: Figure, labels: Any, n: int, shown: Any) -> None:
    """The words among the labels, above all axes."""
    if labels is None or not n:
        return
    known = axes.of_labels(shown, n)[1]
    if known:
        dots = [axes.dot(colour) for colour in known.values()]
        figure.legend(dots, list(known), loc="outside upper center", ncols=min(6, len(known)), frameon=False)
