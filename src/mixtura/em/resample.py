"""Points like those that were observed: drawn again from them, weighted anew, or drawn from a mixture.

Weights count points, so that all is as if a point of weight 2 were there twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from ..arrays import Array, Floats
from ..errors import InputError, named
from ..model.mixture import Mixture
from ..model.sampling import probabilities
from ..sources.points import Points

Method = Literal["bootstrap", "weighted", "parametric"]
Draw = Callable[[Points, Mixture, np.random.Generator], Points]


def drawn_again(points: Points, _: Mixture, generator: np.random.Generator) -> Points:
    """As many points, drawn from these with replacement (Efron 1979)."""
    return _counted(points, generator.multinomial(_whole(points), _shares(points)).astype(np.float64))


def weighted_anew(points: Points, _: Mixture, generator: np.random.Generator) -> Points:
    """The same points with weights of Dirichlet's distribution, of the same sum (Newton and Raftery 1994)."""
    counts = points.counts
    weight = generator.standard_gamma(counts)
    return _counted(points, weight * (counts.sum() / weight.sum()))


def simulated(points: Points, mixture: Mixture, generator: np.random.Generator) -> Points:
    """As many points of the mixture; where values are missing, with the gaps of the same rows, or of rows drawn."""
    n = _whole(points)
    x, noise = mixture.sample(n, rng=generator), None
    if points.incomplete or points.noise is not None:
        rows = np.arange(points.n) if points.weight is None else generator.choice(points.n, n, p=_shares(points))
        like = points.take(rows)
        if (noise := like.noise) is not None:
            x += errors(noise, generator)
        x[np.isnan(like.x)] = np.nan
    found = Points.from_array(x, names=points.names, dtype=points.dtype, copy=False, missing=points.incomplete)
    return found if noise is None else replace(found, noise=noise)


def errors(noise: Floats, generator: np.random.Generator) -> Array:
    """(n, d) errors of rows that are measured with that noise."""
    drawn = generator.standard_normal(noise.shape[:2])
    if noise.ndim == 2:
        return np.asarray(drawn * np.sqrt(noise))
    values, axes = np.linalg.eigh(noise.astype(np.float64))
    return np.asarray((axes @ (np.sqrt(np.maximum(values, 0.0)) * drawn)[:, :, None])[:, :, 0])


DRAWS: dict[Method, Draw] = {"bootstrap": drawn_again, "weighted": weighted_anew, "parametric": simulated}


def draw_of(method: Method) -> Draw:
    """The way of that name."""
    if method not in DRAWS:
        raise InputError(f"{named('method')} is {method!r}: choose {', '.join(get_args(Method))}.")
    return DRAWS[method]


def _counted(points: Points, counts: Array) -> Points:
    """The points that count, with these weights."""
    rows = np.flatnonzero(counts)
    return replace(points.take(rows), weight=counts[rows].astype(points.dtype))


def _shares(points: Points) -> Array:
    return np.full(points.n, 1.0 / points.n) if points.weight is None else probabilities(points.counts / points.total)


def _whole(points: Points) -> int:
    return max(1, round(points.total))
