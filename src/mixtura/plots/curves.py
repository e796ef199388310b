"""Curves that tell of a fit or of a style: criteria against K, the likelihood's history, tone curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ..errors import InputError
from ..pictures.tone import Tone, parse_tone
from . import ground


def criteria(
    n_components: Sequence[int], values: Mapping[str, Sequence[float]], *, ax: Axes | None = None, **line: Any
) -> Axes:
    """Information criteria against the number of components, the lowest of each marked.

    n_components: the k that were tried. values: one number a k under each criterion's name, {"AIC": [...],
    "BIC": [...]}; lower is better. line: anything that `Axes.plot` takes. Returns the axes; its lines are, for each
    criterion, the curve and its lowest point.

    >>> import mixtura as mx
    >>> ax = mx.plots.criteria([1, 2, 3], {"BIC": [120.0, 90.0, 96.0]})
    >>> ax.lines[1].get_xdata().tolist()
    [2]
    """
    many = np.asarray(n_components)
    if many.ndim != 1 or not many.size or many.dtype.kind not in "iu":
        raise InputError(f"n_components is {n_components!r}: give the numbers of components that were tried.")
    if not values:
        raise InputError('values is empty: give one criterion at least, {"BIC": [...]}.')
    ax = ground.axes(ax)
    for (name, curve), colour in zip(values.items(), ground.colours(len(values)), strict=True):
        heights = np.asarray(curve, dtype=float)
        if heights.shape != many.shape or not np.isfinite(heights).any():
            raise InputError(f"{name} has shape {heights.shape}, expected {many.shape}: one number a k, one finite.")
        best = int(np.nanargmin(np.where(np.isfinite(heights), heights, np.nan)))
        style = ground.style(line, Line2D, color=colour, marker="o", markersize=3.5)
        ax.plot(many, heights, label=f"{name}: {many[best]}", **style)
        ax.plot(many[[best]], heights[[best]], "o", color=colour, markersize=9, markerfacecolor="none")
    ax.set(xlabel="number of components $K$", ylabel="criterion (lower is better)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(frameon=False)
    return ax


def history(fit: Any, *, ax: Axes | None = None, **line: Any) -> Axes:
    """The log likelihood of the start and after each step of EM: it never falls.

    fit: a Fit, or its log_likelihoods. line: anything that `Axes.plot` takes. Returns the axes.

    >>> import mixtura as mx
    >>> fit = mx.fit([[0.0], [0.1], [4.0], [4.1]], 2, rng=0)
    >>> ax = mx.plots.history(fit)
    >>> len(ax.lines[0].get_ydata()) == fit.n_iter + 1
    True
    """
    given = getattr(fit, "log_likelihoods", fit)
    heights = np.asarray(given, dtype=float) if not isinstance(given, str) else np.empty(0)
    if heights.ndim != 1 or not heights.size:
        raise InputError(f"fit is a {type(fit).__name__}: give a Fit, or its log_likelihoods.")
    ax = ground.axes(ax)
    ax.plot(np.arange(len(heights)), heights, **ground.style(line, Line2D, marker="o", markersize=3.5))
    ax.set(xlabel="step", ylabel="log likelihood a point (nats)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def tones(
    curves: Sequence[Tone | str] | Mapping[str, Tone | str], *, ax: Axes | None = None, linear: bool = True, **line: Any
) -> Axes:
    """Tone curves: the grey of each scaled density, beside the linear one (dashed).

    curves: tone curves or their texts, such as "gamma:0.5" or "0:255,0.1:80,1:0"; or {name: curve} for the legend.
    "equalise" depends on the picture and has no curve. linear: False leaves the dashed line out.
    line: anything that `Axes.plot` takes. Returns the axes.

    >>> import mixtura as mx
    >>> ax = mx.plots.tones(["0:255,0.1:80,1:0"])
    >>> [line.get_label() for line in ax.lines]
    ['linear', '0:255,0.1:80,1:0']
    """
    named = dict(curves) if isinstance(curves, Mapping) else {str(parse_tone(curve)): curve for curve in curves}
    parsed = {name: parse_tone(curve) for name, curve in named.items()}
    for curve in parsed.values():
        if curve.kind == "equalise":
            raise InputError("equalise has no curve of its own: it ranks the pixels of each picture. Leave it out.")
    ax = ground.axes(ax)
    # Knots of straight lines are met exactly; s = 0 is the log density -inf.
    knots = [s for curve in parsed.values() for s, _ in curve.points]
    s = np.unique([*np.linspace(0.0, 1.0, 501), *knots])
    with np.errstate(divide="ignore"):
        log = np.log(s)
    if linear:
        ax.plot(s, Tone().greys(log), label="linear", color="0.55", linestyle="--")
    for (name, curve), colour in zip(parsed.items(), ground.colours(len(parsed)), strict=True):
        ax.plot(s, curve.greys(log), label=name, **ground.style(line, Line2D, color=colour))
    ax.set(xlabel="scaled density", ylabel="grey (0 is ink, 255 paper)", xlim=(0, 1), ylim=(-5, 260))
    ax.set_yticks([0, 64, 128, 192, 255])
    ax.legend(frameon=False)
    return ax
