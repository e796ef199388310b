"""Samples of a mixture inside a box: exact, independent, also where the box is thin or lies far out in a tail.

A component's coordinates are drawn in turn, each a normal between its two ends given those before, but about shifted
means mu (Botev's minimax tilting). With z the standard normal of the component, the density of the component over that
of such a draw is exp psi(z, mu), and psi is concave in z. So its largest value psi*, found by Newton's method, bounds
the ratio: draws of component k, chosen with probability proportional to weight[k] exp psi*[k], are accepted with
probability exp(psi(z, mu) - psi*). What is accepted is an exact sample of the mixture inside the box, components
included, and no integral has to be known. The shifts mu that make psi* smallest are the other half of a saddle point.

Coordinates that the box leaves open come last and are not rejected; of the others, the most confined come first.
Source: Botev 2017, The normal law under linear restrictions: simulation and estimation via minimax tilting.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..arrays import Array, Bools, Integers
from ..errors import InputError
from . import intervals

if TYPE_CHECKING:
    from .mixture import Mixture

BATCH = 2**21  # numbers in the factors of the draws at once
STEPS, HALVINGS = 100, 30  # of Newton's method
SETTLED = 1e-9  # nats that another step could gain, or the length of a gradient
NEAR = 1e-4  # of the shifts: a longer gradient is not yet near the saddle point
NEGLIGIBLE = 50.0  # nats below the heaviest component in the box: less than rounding
FARTHEST = 1e6  # standard deviations: beyond, a squared distance has too few digits
ROUGH = 1e-3  # nats: rounding of a ratio that is refused
LEAST_SHARE, PATIENCE = 1e-4, 200_000  # of draws accepted, once that many are drawn


def sample(mixture: Mixture, n: int, generator: np.random.Generator, low: Array, high: Array) -> tuple[Array, Integers]:
    """(n, d) points of the mixture given that low <= x <= high, and the (n,) components that they came from.

    One of the ends is finite.
    """
    plan = planned(mixture, low, high)
    points, labels = [np.empty((0, mixture.n_coordinates))], [np.empty(0, np.intp)]
    found = drawn = 0
    most = max(64, BATCH // mixture.n_coordinates**2)
    shares = np.exp(plan.log_bound - plan.log_bound.max())
    shares /= shares.sum()
    while found < n:
        rate = (found + 1) / (drawn + 1)
        count = int(np.clip(1.2 * (n - found) / rate, 64, most))
        chosen = np.repeat(np.arange(len(shares)), generator.multinomial(count, shares))
        generator.shuffle(chosen)
        z, ratio = draws(plan, chosen, lambda a, b, _: intervals.draw(a, b, generator))
        if not ratio.max() < ROUGH:
            raise InputError(
                f"the box lies too far out for double precision: ratios of densities that are at most 1 came out as "
                f"1 + {np.expm1(min(ratio.max(), 700.0)):.2g}, allowed is {ROUGH:g}. Move the box nearer."
            )
        taken = np.flatnonzero(-generator.standard_exponential(count) <= ratio)[: n - found]
        points.append(_placed(plan, chosen[taken], z[taken], low, high, generator))
        labels.append(plan.component[chosen[taken]])
        found += len(taken)
        drawn += count
        if found < n and drawn >= PATIENCE and found < LEAST_SHARE * drawn:
            raise InputError(
                f"the box is too awkward for exact samples: {found} of {drawn:,} draws were accepted, at least "
                f"{LEAST_SHARE:g} of them must be. Widen the box, or sample in a marginal that leaves out coordinates."
            )
    return np.concatenate(points), np.concatenate(labels)


class Plan(NamedTuple):
    """How to draw from each of the m components that matter; c of the d coordinates are confined."""

    component: Integers  # (m,) their numbers
    mean: Array  # (m, d)
    order: Integers  # (m, d) coordinates in the order in which they are drawn
    lower: Array  # (m, d, d) Cholesky factors in that order
    a: Array  # (m, c) lower ends, in standard deviations given the coordinates before
    b: Array  # (m, c)
    mu: Array  # (m, c) shifts, the last 0
    log_weight: Array  # (m,)
    log_bound: Array  # (m,) ln weight + psi*


def planned(mixture: Mixture, low: Array, high: Array) -> Plan:
    """How the components that matter in the box are drawn from."""
    confined = np.isfinite(low) | np.isfinite(high)
    alive = np.flatnonzero(mixture.weights)
    factor = mixture.lower
    deviations = np.broadcast_to(factor if factor.ndim == 2 else np.linalg.norm(factor, axis=2), mixture.means.shape)
    a, b = ((side - mixture.means[alive]) / deviations[alive] for side in (low, high))
    most = np.log(mixture.weights[alive]) + intervals.moments(a, b)[0].min(axis=1)  # no coordinate holds less than all
    away = np.maximum(np.maximum(a, -b), 0.0).max(axis=1)
    near, most = alive[away <= FARTHEST], most[away <= FARTHEST]
    if not len(near):
        raise InputError(
            f"the box lies {away.min():.2g} standard deviations off the nearest component, samples are exact up to "
            f"{FARTHEST:g}: move the box nearer."
        )
    first = _tilted(mixture, near[most.argmax(), None], confined, low, high)
    return _tilted(mixture, near[most > first.log_bound[0] - NEGLIGIBLE], confined, low, high)


def _tilted(mixture: Mixture, component: Integers, confined: Bools, low: Array, high: Array) -> Plan:
    """The plan for these components."""
    mean, matrices = mixture.means[component], mixture.subset(component).matrices
    c = int(confined.sum())
    inner = np.flatnonzero(confined)
    order = np.empty(mean.shape, np.intp)
    order[:, c:] = np.flatnonzero(~confined)
    a, b = low[inner] - mean[:, inner], high[inner] - mean[:, inner]
    order[:, :c] = inner
    if mixture.lower.ndim == 3:  # else no coordinate pulls another
        order[:, :c] = inner[_most_confined_first(matrices[:, inner[:, None], inner], a, b)]
    permuted = matrices[np.arange(len(mean))[:, None, None], order[:, :, None], order[:, None, :]]
    lower = np.asarray(np.linalg.cholesky(permuted), np.float64)
    scale = np.diagonal(lower, axis1=1, axis2=2)[:, :c]
    chosen = order[:, :c]
    a = (low[chosen] - np.take_along_axis(mean, chosen, 1)) / scale
    b = (high[chosen] - np.take_along_axis(mean, chosen, 1)) / scale
    tilt = lower[:, :c, :c] / scale[:, :, None] - np.eye(c)  # how coordinates pull those after them
    mu, psi = _saddle(tilt, a, b)
    log_weight = np.log(mixture.weights[component])
    return Plan(component, mean, order, lower, a, b, mu, log_weight, log_weight + psi)


def _most_confined_first(matrices: Array, a: Array, b: Array) -> Integers:
    """(m, c) an order of the coordinates.

    Next is always the one that the box, given the means of those before it in the box, leaves least mass.
    Source: Gibson, Glasbey and Elston 1994.
    """
    m, c = a.shape
    rest, shift = matrices.copy(), np.zeros((m, c))
    order = np.empty((m, c), np.intp)
    done = np.zeros((m, c), dtype=bool)
    every = np.arange(m)
    for step in range(c):
        scale = np.sqrt(np.maximum(np.diagonal(rest, axis1=1, axis2=2), 1e-300))
        mass, mean, _ = intervals.moments((a - shift) / scale, (b - shift) / scale)
        mass[done] = np.inf
        best = mass.argmin(axis=1)
        order[:, step] = best
        done[every, best] = True
        column = rest[every, :, best] / scale[every, best, None]  # (m, c)
        shift += column * mean[every, best, None]
        rest -= column[:, :, None] * column[:, None, :]
    return order


def _psi(tilt: Array, a: Array, b: Array, z: Array, mu: Array) -> tuple[Array, Array, Array]:
    """(m,) psi, and the means and variances (m, c) of the normals between the ends."""
    pull = np.einsum("mij,mj->mi", tilt, z) + mu
    mass, mean, variance = intervals.moments(a - pull, b - pull)
    return (mass + mu * (0.5 * mu - z)).sum(axis=1), mean, variance


def _saddle(tilt: Array, a: Array, b: Array) -> tuple[Array, Array]:
    """(mu (m, c), psi* (m,)): shifts near the saddle point, and the largest psi over z for these shifts."""
    if not tilt.any():  # independent coordinates need no shifts
        return np.zeros(a.shape), intervals.moments(a, b)[0].sum(axis=1)
    z, mu, length = _newton(tilt, a, b, np.zeros(a.shape), np.zeros(a.shape))
    largest = _largest(tilt, a, b, z, mu)
    for k in np.flatnonzero(length > NEAR * (1.0 + np.abs(mu).max(axis=1))):
        one = slice(k, k + 1)
        again, shifts, _ = _newton(tilt[one], a[one], b[one], *_from_mode(tilt[k], a[k], b[k]))
        bound = _largest(tilt[one], a[one], b[one], again, shifts)
        if bound[0] < largest[k]:
            mu[one], largest[one] = shifts, bound
    return mu, largest


def _newton(tilt: Array, a: Array, b: Array, z: Array, mu: Array) -> tuple[Array, Array, Array]:
    """(z, mu, (m,) length of the gradient) after Newton's method on the gradient of psi, begun at z and mu.

    psi is concave in z and convex in mu. Steps that do not shorten the gradient are halved.
    """
    free = a.shape[1] - 1  # nothing depends on the last coordinate
    eye, t = np.eye(free), tilt[:, :, :free]

    def gradient(z: Array, mu: Array) -> tuple[Array, Array, Array]:
        _, mean, variance = _psi(tilt, a, b, z, mu)
        by_z = np.einsum("mij,mi->mj", t, mean) - mu[:, :free]
        slope = np.concatenate([by_z, (mu - z + mean)[:, :free]], axis=1)
        return slope, variance, np.linalg.norm(slope, axis=1)

    slope, variance, length = gradient(z, mu)
    for _ in range(STEPS):
        share = np.where(length < SETTLED, 0.0, 1.0)
        bend = (variance - 1.0)[:, :, None] * t  # (m, c, free)
        jacobian = np.empty((len(a), 2 * free, 2 * free))
        jacobian[:, :free, :free] = np.swapaxes(t, 1, 2) @ bend - 1e-12 * eye
        jacobian[:, free:, :free] = bend[:, :free] - eye
        jacobian[:, :free, free:] = np.swapaxes(jacobian[:, free:, :free], 1, 2)
        jacobian[:, free:, free:] = variance[:, :free, None] * eye
        step = np.linalg.solve(jacobian, slope[:, :, None])[:, :, 0]
        for _ in range(HALVINGS):
            there_z, there_mu = z.copy(), mu.copy()
            there_z[:, :free] -= share[:, None] * step[:, :free]
            there_mu[:, :free] -= share[:, None] * step[:, free:]
            new, new_variance, new_length = gradient(there_z, there_mu)
            worse = ~(new_length <= (1.0 - 0.1 * share) * length) & (share > 0)
            if not worse.any():
                break
            share = np.where(worse, 0.5 * share, share)
        better = new_length < length
        if not better.any():
            break
        z[better], mu[better] = there_z[better], there_mu[better]
        slope[better], variance[better], length[better] = new[better], new_variance[better], new_length[better]
    return z, mu, length


def _from_mode(tilt: Array, a: Array, b: Array) -> tuple[Array, Array]:
    """(z, mu), (1, c) each: where the saddle point lies if the box is far out, from the likeliest point in the box.

    There the means of the normals between the ends are the multipliers of the sides that the point leans on.
    """
    from scipy.optimize import lsq_linear

    whole = tilt + np.eye(len(a))
    likeliest: Array = lsq_linear(np.linalg.inv(whole), np.zeros(len(a)), (a, b)).x
    z = np.asarray(np.linalg.solve(whole, likeliest), np.float64)
    mu = np.asarray(z - np.linalg.solve(whole.T, z), np.float64)
    mu[-1] = 0.0
    return z[None], mu[None]


def _largest(tilt: Array, a: Array, b: Array, z: Array, mu: Array) -> Array:
    """(m,) the largest psi over z for these mu, and what Newton's method, begun at z, may still have missed."""
    free = a.shape[1] - 1
    value, mean, variance = _psi(tilt, a, b, z, mu)
    z, t = z.copy(), tilt[:, :, :free]
    for _ in range(STEPS):
        slope = np.einsum("mij,mi->mj", t, mean) - mu[:, :free]
        bend = np.swapaxes(t, 1, 2) @ ((1.0 - variance)[:, :, None] * t) + 1e-9 * np.eye(free)
        step = np.linalg.solve(bend, slope[:, :, None])[:, :, 0]
        gain = 0.5 * (slope * step).sum(axis=1)
        if (gain < SETTLED).all():
            break
        share = np.where(gain < SETTLED, 0.0, 1.0)
        for _ in range(HALVINGS):
            there = z.copy()
            there[:, :free] += share[:, None] * step
            new = _psi(tilt, a, b, there, mu)
            worse = (new[0] < value) & (share > 0)
            if not worse.any():
                break
            share = np.where(worse, 0.5 * share, share)
        better = new[0] > value
        if not better.any():
            break
        z[better] = there[better]
        for old, fresh in zip((value, mean, variance), new, strict=True):
            old[better] = fresh[better]
    return np.asarray(value + 2.0 * gain)


def draws(plan: Plan, chosen: Integers, draw: Callable[[Array, Array, int], Array]) -> tuple[Array, Array]:
    """(n, c) draws of the chosen components of the plan and (n,) how likely each is accepted, as a logarithm.

    draw: a standard normal between each pair of ends (n,), given the number of the coordinate too.
    """
    lower, a, b, mu = (table[chosen] for table in (plan.lower, plan.a, plan.b, plan.mu))
    c = a.shape[1]
    z = np.zeros((len(chosen), c))
    ratio = plan.log_weight[chosen] - plan.log_bound[chosen]
    for j in range(c):
        pull = np.einsum("ni,ni->n", lower[:, j, :j], z[:, :j]) / lower[:, j, j] + mu[:, j]
        ends = a[:, j] - pull, b[:, j] - pull
        z[:, j] = mu[:, j] + draw(*ends, j)
        ratio += intervals.moments(*ends)[0] + mu[:, j] * (0.5 * mu[:, j] - z[:, j])
    return z, ratio


def _placed(plan: Plan, chosen: Integers, z: Array, low: Array, high: Array, generator: np.random.Generator) -> Array:
    """(n, d) the points whose confined coordinates are z in standard deviations; the open ones are drawn here."""
    d = plan.mean.shape[1]
    z = np.concatenate([z, generator.standard_normal((len(z), d - z.shape[1]))], axis=1)
    x = np.empty_like(z)
    np.put_along_axis(x, plan.order[chosen], np.einsum("nij,nj->ni", plan.lower[chosen], z), axis=1)
    return np.clip(x + plan.mean[chosen], low, high)  # rounding may step over a side
