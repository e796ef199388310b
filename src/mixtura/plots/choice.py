"""How a choice was made: a criterion against the number of components, a line a family."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ..errors import InputError, named
from . import axes

MARKERS = "osD^v<>pXPh*d8"  # that tell lines of one colour apart
DASHES = ("-", "--", ":")
ROOM = 5  # lines from which the legend stands beside the axes
LABELS = {
    "bic": "BIC (lower is better)",
    "icl": "ICL (lower is better)",
    "aic": "AIC (lower is better)",
    "cv": "log density of a point held out (nats)",
    "stability": "agreement of fits to halves (adjusted Rand index)",
}


def choice(found: Any, criterion: str | None = None, *, ax: Axes | None = None, **line: Any) -> Axes:
    """Plot a criterion against the number of components, a line a family, the best candidate marked.

    Candidates that cannot be the best are left out; ``print(found)`` tells why.

    Parameters
    ----------
    found : Choice
        What `mixtura.choose` found.
    criterion : {"bic", "icl", "aic", "cv", "stability"}, optional
        By default the one that decided; its best candidate is marked. Of cv and stability bars tell the spread.
    ax : Axes, optional
        By default pyplot's current ones.
    **line
        Passed to `Axes.plot`.

    Returns
    -------
    Axes
        Its lines are those of the families, in their order, and the mark of the best.

    Raises
    ------
    InputError
        If `found` is no choice, or has not this criterion.

    Examples
    --------
    >>> import mixtura as mx
    >>> found = mx.choose([[0.0], [1.0], [5.0], [6.0]], [1, 2], covariance_type="diag", rng=0)
    >>> ax = mx.plots.choice(found)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['diag', 'best: 2 diag']
    """
    if not hasattr(found, "candidates"):
        raise InputError(f"{named('found')} is a {type(found).__name__}: give a Choice, what mx.choose found.")
    name = found.criterion if criterion is None else str(criterion).lower()
    if name not in LABELS:
        raise InputError(f"{named('criterion')} is {criterion!r}: choose {', '.join(LABELS)}.")
    best = found.by(name).best
    ax = axes.checked(ax, size=size_of(found))
    shown = [each for each in found.candidates if each.eligible]
    families = list(dict.fromkeys(each.covariance_type for each in shown))
    cycle = len(dict.fromkeys(axes.colours(len(MARKERS))))
    for place, (kind, colour) in enumerate(zip(families, axes.colours(len(families)), strict=True)):
        here = sorted((each for each in shown if each.covariance_type == kind), key=lambda each: each.n_components)
        many = [each.n_components for each in here]
        heights = np.array([getattr(each, name) for each in here])
        own = {"marker": MARKERS[place % len(MARKERS)], "linestyle": DASHES[place // cycle % len(DASHES)]}
        style = axes.style(line, Line2D, color=colour, markersize=4, linewidth=1.2, **own)
        (drawn,) = ax.plot(many, heights, label=kind, **style)
        if name in ("cv", "stability"):
            spread = np.array([each.spread for each in here])
            ax.vlines(many, heights - spread, heights + spread, color=drawn.get_color(), linewidth=1, alpha=0.6)
        if kind == best.covariance_type:
            ring = drawn.get_color()
    mark: dict[str, Any] = {
        "markersize": 12,
        "markerfacecolor": "none",
        "markeredgewidth": 1.8,
        "linestyle": "none",
        "zorder": 5,
    }
    told = f"best: {best.n_components} {best.covariance_type}"
    ax.plot([best.n_components], [getattr(best, name)], marker="o", color=ring, label=told, **mark)
    ax.set(xlabel="number of components", ylabel=LABELS[name])
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if _many_lines(found):
        ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize="small")
    else:
        ax.legend(frameon=False)
    return ax


def size_of(found: Any) -> tuple[float, float] | None:
    """Width and height of a figure for all lines, in inches; None for the usual ones."""
    return (7.2, 4.4) if _many_lines(found) else None


def _many_lines(found: Any) -> bool:
    """Whether there are too many families for a legend within the axes."""
    return len({each.covariance_type for each in found.candidates if each.eligible}) > ROOM
