"""Curves about fits and styles: information criteria against K, the likelihood of each EM step, tone curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ..arrays import Array
from ..errors import InputError, named
from ..pictures.tone import Tone, parse_tone
from . import axes


def criteria(
    tried: Any,
    values: Mapping[str, Sequence[float]] | Sequence[str] = ("AIC", "BIC"),
    *,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Plot information criteria against the number of components, the lowest of each marked.

    Parameters
    ----------
    tried : Choice or sequence of int, shape (m,)
        What `mx.choose` found: each covariance type has a curve of its own, without the candidates that are ruled out.
        Or the numbers of components.
    values : sequence of str, or dict of str to sequence of float, default ("AIC", "BIC")
        Names of criteria, AIC, BIC or ICL; or, with numbers of components, the value of each under the criterion's
        name: ``{"AIC": [...], "BIC": [...]}``. Lower is better.
    ax : Axes, optional
        By default pyplot's current ones.
    **line
        Passed to `Axes.plot`.

    Returns
    -------
    Axes
        Its lines are, for each criterion, the curve and its lowest point.

    Raises
    ------
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> ax = mx.plots.criteria([1, 2, 3], {"BIC": [120.0, 90.0, 96.0]})
    >>> ax.lines[1].get_xdata().tolist()
    [2]
    >>> choice = mx.choose([[0.0], [1.0], [5.0], [6.0]], [1, 2], covariance_type="diag", rng=0)
    >>> mx.plots.criteria(choice, ["BIC"]) is ax  # on top of it
    True
    """
    curves = _of_choice(tried, values) if hasattr(tried, "candidates") else _of_numbers(tried, values)
    ax = axes.checked(ax)
    for (name, (many, heights)), colour in zip(curves.items(), axes.colours(len(curves)), strict=True):
        best = int(np.nanargmin(np.where(np.isfinite(heights), heights, np.nan)))
        style = axes.style(line, Line2D, color=colour, marker="o", markersize=3.5)
        ax.plot(many, heights, label=f"{name}, lowest at {many[best]}", **style)
        ax.plot(many[[best]], heights[[best]], "o", color=colour, markersize=9, markerfacecolor="none")
    ax.set(xlabel="number of components $K$", ylabel="criterion (lower is better)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(frameon=False)
    return ax


Curve = tuple[NDArray[np.integer[Any]], Array]


def _of_numbers(tried: Any, values: Any) -> dict[str, Curve]:
    many = np.asarray(tried)
    if many.ndim != 1 or not many.size or many.dtype.kind not in "iu":
        raise InputError(
            f"{named('tried')} is {tried!r}: give the numbers of components that were tried, or what mx.choose found."
        )
    if not values or not isinstance(values, Mapping):
        raise InputError(f'{named("values")} is {values!r}: give one criterion at least, {{"BIC": [...]}}.')
    curves = {}
    for name, curve in values.items():
        heights = np.asarray(curve, dtype=float)
        if heights.shape != many.shape or not np.isfinite(heights).any():
            raise InputError(f"{name} has shape {heights.shape}, expected {many.shape}: one number a k, one finite.")
        curves[name] = many, heights
    return curves


def _of_choice(choice: Any, names: Any) -> dict[str, Curve]:
    fitted = [each for each in choice.candidates if each.eligible]
    kinds = list(dict.fromkeys(each.covariance_type for each in fitted))
    curves = {}
    for name in [names] if isinstance(names, str) else list(names):
        if str(name).lower() not in ("aic", "bic", "icl"):
            raise InputError(f"{named('values')} names the criterion {name!r}: choose AIC, BIC or ICL.")
        for kind in kinds:
            here = [each for each in fitted if each.covariance_type == kind]  # they grow
            many = np.array([each.n_components for each in here])
            heights = np.array([getattr(each, name.lower()) for each in here])
            curves[name if len(kinds) == 1 else f"{name}, {kind}"] = many, heights
    return curves


def history(fit: Any, *, ax: Axes | None = None, **line: Any) -> Axes:
    """Plot the mean log likelihood at the start and after each step of EM, which never falls.

    Parameters
    ----------
    fit : Fit or sequence of float
        A fit, or its log_likelihoods.
    ax : Axes, optional
        By default pyplot's current ones.
    **line
        Passed to `Axes.plot`.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If `fit` is something else.

    Examples
    --------
    >>> import mixtura as mx
    >>> fit = mx.fit([[0.0], [0.1], [4.0], [4.1]], 2, rng=0)
    >>> ax = mx.plots.history(fit)
    >>> len(ax.lines[0].get_ydata()) == fit.n_iter + 1
    True
    """
    given = getattr(fit, "log_likelihoods", fit)
    heights = np.asarray(given, dtype=float) if not isinstance(given, str) else np.empty(0)
    if heights.ndim != 1 or not heights.size:
        raise InputError(f"{named('fit')} is a {type(fit).__name__}: give a Fit, or its log_likelihoods.")
    ax = axes.checked(ax)
    ax.plot(np.arange(len(heights)), heights, **axes.style(line, Line2D, marker="o", markersize=3.5))
    ax.set(xlabel="step", ylabel="log likelihood a point (nats)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def tones(
    curves: Sequence[Tone | str] | Mapping[str, Tone | str], *, ax: Axes | None = None, linear: bool = True, **line: Any
) -> Axes:
    """Plot tone curves: the grey of each scaled density, beside the linear curve (dashed).

    Parameters
    ----------
    curves : sequence of Tone or str, or dict of str to Tone or str
        Tone curves or their texts, such as ``"gamma:0.5"`` or ``"0:255,0.1:80,1:0"``; or ``{name: curve}`` for the
        legend. ``"equalise"`` depends on the picture and has no curve.
    ax : Axes, optional
        By default pyplot's current ones.
    linear : bool, default True
        Draw the linear curve.
    **line
        Passed to `Axes.plot`.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If something is not a tone curve.

    Examples
    --------
    >>> import mixtura as mx
    >>> ax = mx.plots.tones(["0:255,0.1:80,1:0"])
    >>> [line.get_label() for line in ax.lines]
    ['linear', '0:255,0.1:80,1:0']
    """
    given = curves if isinstance(curves, Mapping) else {str(parse_tone(curve)): curve for curve in curves}
    parsed = {name: parse_tone(curve) for name, curve in given.items()}
    if any(curve.kind == "equalise" for curve in parsed.values()):
        raise InputError("equalise has no curve of its own: it ranks the pixels of each picture. Leave it out.")
    ax = axes.checked(ax)
    # Knots of straight lines are met exactly; s = 0 is the log density -inf.
    knots = [s for curve in parsed.values() for s, _ in curve.points]
    s = np.unique([*np.linspace(0.0, 1.0, 501), *knots])
    with np.errstate(divide="ignore"):
        log = np.log(s)
    if linear:
        ax.plot(s, Tone().greys(log), label="linear", color="0.55", linestyle="--")
    for (name, curve), colour in zip(parsed.items(), axes.colours(len(parsed)), strict=True):
        ax.plot(s, curve.greys(log), label=name, **axes.style(line, Line2D, color=colour))
    ax.set(xlabel="scaled density", ylabel="grey (0 is ink, 255 paper)", xlim=(0, 1), ylim=(-5, 260))
    ax.set_yticks([0, 64, 128, 192, 255])
    ax.legend(frameon=False)
    return ax
