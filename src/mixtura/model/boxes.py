"""The mass of a mixture in a box: exact where it has a closed form or is one integral, else by quasi-Monte Carlo.

Coordinates that the box leaves open are integrated by leaving them out. Independent coordinates give products of
normal probabilities. Two that are correlated give the integral over one of them of the other's probability given it;
its integrand is log-concave, so its peak and where it has ceased to matter are found by bisection, and panels between
them are halved until they hold. More are drawn one after the other inside the box, about the shifts of `truncated`:
the ratio of the densities, bounded and nearly constant, is an unbiased estimate of the mass. Its points are those of
Sobol, shifted (bit by bit) several times over, and the spread of the results tells the error.

Source: Genz 1992, Numerical computation of multivariate normal probabilities; Botev 2017.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import Array
from ..checks import Rng, is_whole, random_generator, real
from ..errors import InputError, named
from ..kernels.threads import single_blas
from . import intervals, truncated
from .gaussian import LOG_2PI

if TYPE_CHECKING:
    from .mixture import Mixture

REPEATS = 16  # shifts, from which the error is known
FEWEST, MOST = 8, 2**20  # points a component and shift
NOTHING = -745.0  # nats: exp of less is 0
DROP = 45.0  # nats below the peak of an integrand: less than rounding of the integral
WIDEST = 40.0  # standard deviations that hold all of a normal that a float can tell
BISECTIONS, HALVINGS = 70, 60
NODES = 12  # of Gauss and Legendre, a panel
SETTLED = 1e-14  # of the mass: by what a panel and its halves may differ
BATCH = 2**20  # draws at once
BITS = 30  # of points of Sobol


@dataclass(frozen=True, repr=False)
class Probability:
    """The mass of a mixture in a box, as a number with its error; ``float`` gives the number.

    Attributes
    ----------
    estimate : float
        The probability, 0 to 1.
    error : float
        Its standard error; 0 where it is exact but for rounding.

    Examples
    --------
    >>> import mixtura as mx
    >>> mx.Mixture([1.0], [[0.0]], [1.0], "spherical").probability(-1.96, 1.96)
    <Probability 0.9500042, exact>
    """

    estimate: float
    error: float

    def __float__(self) -> float:
        return self.estimate

    def __repr__(self) -> str:
        return f"<Probability {self.estimate:.7g}{', exact' if not self.error else f' ± {self.error:.1g}'}>"


@single_blas()
def probability(mixture: Mixture, low: Any, high: Any, n_samples: int, rng: Rng) -> Probability:
    """The mass between two corners, which are checked here."""
    if not is_whole(n_samples) or n_samples < REPEATS:
        raise InputError(f"{named('n_samples')} is {n_samples!r}: give a whole number >= {REPEATS}.")
    generator = random_generator(rng)
    a, b = (_ends(mixture, side, name) for side, name in ((low, "low"), (high, "high")))
    empty = np.flatnonzero(~(a <= b))
    if len(empty):
        j = int(empty[0])
        which = mixture.names[j] if mixture.names else f"coordinate {j}"
        raise InputError(f"the box is empty in {which}: its low {a[j]:g} is above its high {b[j]:g}.")
    if (a == b).any():
        return Probability(0.0, 0.0)
    inner = np.flatnonzero(np.isfinite(a) | np.isfinite(b))
    awake = np.flatnonzero(mixture.weights)
    if not len(inner):
        return Probability(1.0, 0.0)
    part, a, b = mixture.subset(awake).marginal(inner), a[inner], b[inner]
    deviations = np.sqrt(np.diagonal(part.matrices, axis1=1, axis2=2))
    with np.errstate(over="ignore"):
        ends = (a - part.means) / deviations, (b - part.means) / deviations  # (k, c) each
    logs = intervals.moments(*ends)[0]  # (k, c)
    if part.lower.ndim == 2 or len(inner) == 1:
        return _summed(part.weights * np.exp(logs.sum(axis=1)))
    reached = np.flatnonzero(logs.min(axis=1) > NOTHING)  # no coordinate holds less than all
    if not len(reached):
        return Probability(0.0, 0.0)
    if len(inner) == 2:
        slope = part.matrices[reached, 0, 1] / deviations[reached].prod(axis=1)
        masses = _in_rectangles(ends[0][reached], ends[1][reached], slope)
        return _summed(part.weights[reached] * masses)
    return _sampled(part, a, b, n_samples, generator)


def _ends(mixture: Mixture, side: Any, name: str) -> Array:
    """(d,) the ends of a box: d numbers, one for all coordinates, or those of some by name or number."""
    d, opened = mixture.n_coordinates, -np.inf if name == "low" else np.inf
    if isinstance(side, Mapping):
        out = np.full(d, opened)
        axes = mixture._axes(list(side), name)
        out[axes] = _numbers(list(side.values()), name)
        return out
    found = _numbers(side, name)
    if found.shape not in ((), (1,), (d,)):
        raise InputError(
            f"{named(name)} has shape {found.shape}, expected ({d},): a number a coordinate, infinite where the box is "
            f"open; one for all; or a dictionary of some."
        )
    return np.broadcast_to(found, (d,)).copy()


def _numbers(side: Any, name: str) -> Array:
    found = real(side, name, np.dtype(np.float64))[1].astype(np.float64)
    if np.isnan(found).any():
        raise InputError(f"{named(name)} is {side!r}: a side of a box is a number, infinite where it is open, not NaN.")
    return np.asarray(found)


def _summed(masses: Array) -> Probability:
    return Probability(float(min(masses.sum(), 1.0)), 0.0)


def _in_rectangles(low: Array, high: Array, slope: Array) -> Array:
    """(k,) masses of k pairs of standard normals with these correlations between their ends (k, 2).

    The integral over the first of the second's mass given it.
    """
    spread = np.sqrt(1.0 - np.square(slope))

    def logs(z: Array, k: Any) -> Array:
        """Of the integrand; k: whose."""
        ends = (low[k, 1] - slope[k] * z) / spread[k], (high[k, 1] - slope[k] * z) / spread[k]
        return np.asarray(intervals.moments(*ends)[0] - 0.5 * (np.square(z) + LOG_2PI))

    def rises(z: Array, k: Any) -> Array:
        """Whether the integrand grows there."""
        ends = (low[k, 1] - slope[k] * z) / spread[k], (high[k, 1] - slope[k] * z) / spread[k]
        return np.asarray(intervals.moments(*ends)[1] * slope[k] / spread[k] > z)

    every = np.arange(len(slope))
    left, right = np.clip(low[:, 0], -WIDEST, WIDEST), np.clip(high[:, 0], -WIDEST, WIDEST)
    first, last = left.copy(), right.copy()
    for _ in range(BISECTIONS):
        middle = 0.5 * (first + last)
        up = rises(middle, every)
        first, last = np.where(up, middle, first), np.where(up, last, middle)
    peak = 0.5 * (first + last)
    top = logs(peak, every)
    edges = []
    for far in (left, right):
        within, beyond = peak, far
        for _ in range(BISECTIONS):
            middle = 0.5 * (within + beyond)
            matters = logs(middle, every) > top - DROP
            within, beyond = np.where(matters, middle, within), np.where(matters, beyond, middle)
        edges.append(np.where(logs(far, every) > top - DROP, far, beyond))
    owner = np.concatenate([every, every])
    starts, stops = np.concatenate([edges[0], peak]), np.concatenate([peak, edges[1]])
    return np.asarray(np.exp(top) * _halved(lambda z, k: np.exp(logs(z, k) - top[k]), owner, starts, stops))


def _halved(integrand: Any, owner: Array, starts: Array, stops: Array) -> Array:
    """(k,) the integrals over panels, each of an owner 0..k-1; panels are halved until that changes nothing."""
    nodes, shares = np.polynomial.legendre.leggauss(NODES)

    def ruled(owner: Array, starts: Array, stops: Array) -> Array:
        half = 0.5 * (stops - starts)
        z = 0.5 * (starts + stops)[:, None] + half[:, None] * nodes
        whose = np.repeat(owner, NODES)
        return np.asarray((integrand(z.ravel(), whose).reshape(z.shape) @ shares) * half)

    total = np.zeros(int(owner.max()) + 1)
    sums = ruled(owner, starts, stops)
    for _ in range(HALVINGS):
        middle = 0.5 * (starts + stops)
        one, other = ruled(owner, starts, middle), ruled(owner, middle, stops)
        found = total + np.bincount(owner, one + other, len(total))
        open_ = np.abs(one + other - sums) > SETTLED * found[owner]
        total += np.bincount(owner[~open_], (one + other)[~open_], len(total))
        if not open_.any():
            break
        ends = (starts[open_], middle[open_], stops[open_])
        owner, sums = np.tile(owner[open_], 2), np.concatenate([one[open_], other[open_]])
        starts, stops = np.concatenate(ends[:2]), np.concatenate(ends[1:])
    else:
        total += np.bincount(owner, sums, len(total))
    return total


def _sampled(mixture: Mixture, low: Array, high: Array, n_samples: int, generator: np.random.Generator) -> Probability:
    """By points of Sobol, most of them for the components that may have most of the mass."""
    plan = truncated.planned(mixture, low, high)
    shares = np.exp(plan.log_bound - plan.log_bound.max())
    wanted = np.clip(n_samples / REPEATS * shares / shares.sum(), FEWEST, MOST)
    powers = np.ceil(np.log2(wanted)).astype(int)
    totals = np.zeros(REPEATS)
    for power in np.unique(powers):
        net, whose = _net(len(low) - 1, int(power)), np.flatnonzero(powers == power)
        for first in range(0, len(whose), step := max(1, BATCH >> power)):
            some = whose[first : first + step]
            for repeat in range(REPEATS):
                # Components have shifts of their own, so that their errors do not add up.
                shifts = generator.integers(0, 1 << BITS, (len(some), 1, net.shape[1]), np.uint64)
                points = ((net ^ shifts) + 0.5) * 0.5**BITS  # (components, points, c - 1)
                chosen = np.repeat(some, len(net))
                totals[repeat] += _mean(plan, chosen, points.reshape(-1, net.shape[1])) / len(net)
    error = float(totals.std(ddof=1) / np.sqrt(REPEATS))
    return Probability(float(min(totals.mean(), 1.0)), error)


def _net(d: int, power: int) -> Any:
    """(2^power, d) the first points of Sobol, in units of 2^-BITS."""
    from scipy.stats import qmc

    return (qmc.Sobol(d, scramble=False, bits=BITS).random_base2(power) * 2.0**BITS).astype(np.uint64)


def _mean(plan: truncated.Plan, chosen: Any, points: Array) -> float:
    """The sum of the estimates of weight times mass, one a point (n, c - 1)."""

    def draw(a: Array, b: Array, j: int) -> Array:
        # Nothing depends on the last coordinate.
        return intervals.quantiles(a, b, points[:, j]) if j < points.shape[1] else np.zeros(len(a))

    _, ratio = truncated.draws(plan, chosen, draw)
    return float(np.exp(ratio + plan.log_bound[chosen]).sum())
