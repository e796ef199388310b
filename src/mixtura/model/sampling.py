"""Independent points from a mixture: from all of it, from one component, inside a region or a box."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array, Integers
from ..checks import Rng, index, is_finite, is_whole, random_generator, real
from ..errors import InputError, named
from ..kernels.threads import single_blas

if TYPE_CHECKING:
    from .mixture import Mixture

ROWS, NUMBERS = 2**20, 2**24  # that are drawn together at most
SUMS_TO_ONE = 1e-6  # of weights in single precision too
NOT_ABOVE = 1.0 + 9e-13  # what NumPy lets probabilities sum to, without the last


def sample(
    mixture: Mixture,
    n: int,
    rng: Rng,
    component: int | None = None,
    within: float | None = None,
    box: tuple[ArrayLike, ArrayLike] | None = None,
) -> tuple[Array, Integers]:
    """(n, d) points in random order, and the (n,) components that they came from."""
    every = blocks(mixture, n, rng, component, within, box)
    if n <= rows_of(mixture.n_coordinates):
        return next(every)
    if n > 2**40 // mixture.n_coordinates:
        raise InputError(f"{named('n')} is {n}: so many samples fit into no memory; draw them a million at a time.")
    x, labels, at = np.empty((n, mixture.n_coordinates)), np.empty(n, np.intp), 0
    for some, came in every:
        rows = slice(at, at + len(some))
        x[rows], labels[rows], at = some, came, rows.stop
    return x, labels


def blocks(
    mixture: Mixture,
    n: int,
    rng: Rng,
    component: int | None = None,
    within: float | None = None,
    box: tuple[ArrayLike, ArrayLike] | None = None,
) -> Iterator[tuple[Array, Integers]]:
    """What `sample` gives, `rows_of` points at a time: at least one block."""
    if not is_whole(n) or n < 0:
        raise InputError(f"{named('n')} is {n!r}: the number of samples is a whole number >= 0.")
    if box is not None and within is not None:
        raise InputError("within and box are both given: choose one of them.")
    generator = random_generator(rng)
    first = 0 if component is None else index(component, mixture.n_components, "component", "components")
    drawn = mixture if component is None else _alone(mixture, first)
    sides = None if box is None else _sides(box, mixture.n_coordinates)
    size = rows_of(mixture.n_coordinates)
    counts = itertools.chain(itertools.repeat(size, n // size), [n % size] * (n % size > 0 or not n))
    return ((x, came + first) for x, came in (_block(drawn, count, generator, within, sides) for count in counts))


def rows_of(d: int) -> int:
    """How many points are drawn together: a million, or fewer where they have many coordinates."""
    return max(1, min(ROWS, NUMBERS // d))


@single_blas()
def _block(
    mixture: Mixture, n: int, generator: np.random.Generator, within: float | None, sides: tuple[Array, Array] | None
) -> tuple[Array, Integers]:
    if sides is not None and np.isfinite(sides).any():
        from . import truncated

        return truncated.sample(mixture, n, generator, *sides)
    counts = generator.multinomial(n, probabilities(mixture.weights))
    labels = np.repeat(np.arange(mixture.n_components), counts)
    x = generator.standard_normal((n, mixture.n_coordinates))
    if within is not None:
        radius = np.sqrt(squared_radius(within, mixture.n_coordinates, generator.uniform(size=n)))
        x *= (radius / np.linalg.norm(x, axis=1))[:, None]  # along their rays into the ball
    ends = np.cumsum(counts)
    if mixture.lower.ndim == 2:
        x *= mixture.lower.take(labels, axis=0)
        x += mixture.means.take(labels, axis=0)
    else:
        for k in np.flatnonzero(counts):
            rows = slice(ends[k] - counts[k], ends[k])
            x[rows] = x[rows] @ mixture.lower[k if len(mixture.lower) > 1 else 0].T + mixture.means[k]
    order = generator.permutation(n)
    return x.take(order, axis=0), labels.take(order)


def probabilities(weights: Array) -> Array:
    """`weights` as they are, where they sum to 1 within rounding, else divided by their sum."""
    total = weights.sum()
    if (weights < 0).any() or not 0 < total < np.inf:
        raise InputError(f"weights run from {weights.min():g} to {weights.max():g}: they are >= 0, and one is > 0.")
    # NumPy gives the last what is left of 1.
    sound = abs(total - 1.0) <= SUMS_TO_ONE and weights.max() <= 1.0 and weights[:-1].sum() <= NOT_ABOVE
    return np.asarray(weights if sound else weights / total)


def squared_radius(level: float, d: int, part: Array | float = 1.0) -> Any:
    """The square of the Mahalanobis distance that a share `level` of a Gaussian in d coordinates stays within.

    It is the quantile of chi-square with d degrees of freedom, one for each coordinate; of level 1 it is infinite.
    """
    from scipy.special import gammaincinv

    if not is_finite(level) or not 0 < level <= 1:
        raise InputError(
            f"level is {level!r}: a confidence region holds more than 0 and at most 1, all, of a Gaussian."
        )
    return 2.0 * gammaincinv(0.5 * d, level * part)


def _alone(mixture: Mixture, component: int) -> Mixture:
    """One component as a mixture, even if it is dormant."""
    from .mixture import Mixture

    spread = mixture.family.take(mixture.covariances, [component])
    return Mixture([1.0], mixture.means[component, None], spread, mixture.covariance_type)


def _sides(box: Any, d: int) -> tuple[Array, Array]:
    """The checked lower and upper ends of a box, (d,) each; infinite where it is open."""
    if not isinstance(box, (tuple, list, np.ndarray)) or len(box) != 2:
        raise InputError(f"box is {box!r}, expected (low, high): {d} numbers each, or one for all coordinates.")
    sides: list[Array] = []
    for name, side in zip(("low", "high"), box, strict=True):
        ends = real(side, f"box {name}", np.dtype(np.float64))[1].ravel().astype(np.float64)
        if len(ends) not in (1, d) or np.isnan(ends).any():
            raise InputError(f"{name} of the box is {side!r}, expected {d} numbers, or one for all coordinates.")
        sides.append(np.broadcast_to(ends, (d,)).copy())
    low, high = sides
    empty = np.flatnonzero(~(low < high))
    if len(empty):
        j = int(empty[0])
        raise InputError(f"the box is empty in coordinate {j}: its low {low[j]:g} is not below its high {high[j]:g}.")
    return low, high
