"""One orientation for several covariances: the orthogonal matrix whose axes are nearest to those of all of them.

Of scatters S_j with masses n_j, D minimises, with w_jc = (D^T S_j D)_cc,

    volumes of their own    sum over j of n_j sum over c of ln w_jc                 (VVE: common principal components)
    one volume              n d ln sum over j of n_j (product over c of w_jc)^(1/d)      (EVE)

n being the sum of the masses. Both are smooth on the orthogonal group, and neither is convex. On D exp(X), with X skew
and T = D^T S D, ln w_c = ln T_cc + 2 (TX)_cc / T_cc + ((TX^2)_cc - (XTX)_cc) / T_cc - 2 ((TX)_cc / T_cc)^2 + ...: so
gradient and Hessian cost a few products of matrices, and a trust-region Newton method ends where the gradient is that
of rounding. It climbs from several starts, of which the best is kept.

Sources: Flury 1984, "Common principal components in k groups", JASA 79; Browne and McNicholas 2014, "Estimating common
principal components in high dimensions", Advances in Data Analysis and Classification 8, whose fixed points these are;
Absil, Mahony and Sepulchre 2008, "Optimization algorithms on matrix manifolds", algorithms 10 and 11.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ROUNDS = 200  # of Newton's method; ten are many
FLAT = 1e-13  # of the mass: a gradient that is of rounding
WIDEST = 1.0  # radius of trust, in radians
NEAR = 0.99  # the cosine of an angle: axes that are nearer lead to the same minimum
DENSE = 8  # coordinates up to which the Hessian is written down as a matrix
FEW = 3  # components whose own axes are tried as well


class Objective(NamedTuple):
    """The logarithm that is minimised. scatter: (k, d, d), positive definite. mass: (k,), > 0. one: one volume."""

    scatter: Array
    mass: Array
    one: bool

    def turned(self, axes: Array) -> Array:
        """(k, d, d) the scatters in these axes, (d, d)."""
        found = axes.T @ self.scatter @ axes
        return np.asarray(0.5 * (found + np.swapaxes(found, 1, 2)))

    def values(self, axes: Array) -> Array:
        """(s,) what is minimised, per unit of mass, at several axes (s, d, d)."""
        along = axes[:, None]
        return self._values(((self.scatter @ along) * along).sum(axis=2))

    def _values(self, w: Array) -> Array:
        """(s,) the same, of variances (s, k, d) along the axes."""
        logs = np.log(w).sum(axis=2)
        share = self.mass / self.mass.sum()
        if not self.one:
            return np.asarray(logs @ share)
        d = w.shape[2]
        top = logs.max(axis=1)
        return np.asarray(top + d * np.log(np.exp((logs - top[:, None]) / d) @ share))

    def shares(self, turned: Array) -> Array:
        """(k,) how much the logarithm of each component's volume counts."""
        share = self.mass / self.mass.sum()
        if self.one:
            logs = np.log(np.diagonal(turned, axis1=1, axis2=2)).sum(axis=1) / turned.shape[1]
            share = share * np.exp(logs - logs.max())
        return np.asarray(share / share.sum())

    def value(self, turned: Array) -> float:
        """What is minimised, where the scatters are `turned`."""
        return float(self._values(np.diagonal(turned, axis1=1, axis2=2)[None])[0])


class Local(NamedTuple):
    """The objective about one place: its gradient, and what its Hessian is made of."""

    turned: Array  # (k, d, d)
    inverse: Array  # (k, d): 1 / w
    shares: Array  # (k,)
    slopes: Array  # (k, d, d), skew: of each component
    one: bool

    @property
    def gradient(self) -> Array:
        """(d, d), skew."""
        return np.asarray(np.einsum("k,kab->ab", self.shares, self.slopes))

    @property
    def scale(self) -> Array:
        """(d, d) the Hessian's diagonal, were the scatters diagonal."""
        w = np.diagonal(self.turned, axis1=1, axis2=2)
        ratio = w[:, :, None] * self.inverse[:, None]
        found = np.einsum("k,kab->ab", self.shares, ratio + np.swapaxes(ratio, 1, 2) - 2.0)
        return np.asarray(found + 1e-8 * (1.0 + found.max()))

    def hessian(self) -> Callable[[Array], Array]:
        """The Hessian, of skew matrices (..., d, d): what is summed over components is summed here, once."""
        t, v, slopes = self.turned, self.inverse, self.slopes
        k, d = v.shape
        heavy = self.shares[:, None] * v
        rows = np.einsum("kc,kcd->cd", heavy, t)
        mixed = (heavy.T @ t.reshape(k, -1)).reshape(d, d, d)  # by column of the matrix that it is applied to
        bent = ((heavy * v)[:, None] * t).transpose(2, 1, 0) @ t.transpose(1, 0, 2)
        columns = 2.0 * mixed - 4.0 * bent

        def applied(x: Array) -> Array:
            found = (columns @ np.swapaxes(x, -1, -2)[..., None])[..., 0]
            found = np.swapaxes(found, -1, -2) - rows @ x - x @ rows
            found = found - np.swapaxes(found, -1, -2)
            if self.one:
                along = 0.5 * x.reshape(*x.shape[:-2], -1) @ slopes.reshape(k, -1).T
                away = self.shares * (along - (along @ self.shares)[..., None])
                found = found + (away @ slopes.reshape(k, -1)).reshape(x.shape) / d
            return np.asarray(found)

        return applied


def local(objective: Objective, turned: Array) -> Local:
    """What the objective is about the axes in which the scatters are `turned`."""
    inverse = 1.0 / np.diagonal(turned, axis1=1, axis2=2)
    slopes = 2.0 * turned * (inverse[:, None] - inverse[:, :, None])
    return Local(turned, inverse, objective.shares(turned), slopes, objective.one)


def common(scatter: Array, mass: Array, now: Array | None = None, *, one: bool) -> Array:
    """(d, d) the axes that all scatters have nearly in common, as its columns.

    scatter: (k, d, d), positive definite. mass: (k,), > 0. now: axes to begin from. one: whether all have one volume.
    It begins there, and from the axes of the mean scatter and of a few components, where these are better ones to begin
    from. What is returned is no worse than `now`, and its gradient is that of rounding.
    """
    objective = Objective(scatter, mass, one)
    heaviest = np.argsort(-mass, kind="stable")[:FEW]
    whole = np.einsum("k,kab->ab", mass / np.einsum("kaa->k", scatter), scatter)
    others = np.linalg.eigh(np.concatenate([whole[None], scatter[heaviest]]))[1]
    starts = list(others)
    if now is not None:
        limit, *values = objective.values(np.concatenate([now[None], others]))
        starts = [now, *(axes for axes, value in zip(others, values, strict=True) if value < limit)]
    apart = starts[:1]
    for axes in starts[1:]:
        if not any(_are_near(axes, other) for other in apart):
            apart.append(axes)
    best: Array = starts[0]
    lowest = np.inf
    for axes in apart:
        found, value = descended(objective, axes)
        if value < lowest - 1e-13 * (1.0 + abs(value)):
            best, lowest = found, value
    return best


def _are_near(axes: Array, others: Array) -> bool:
    """Whether these are the same axes but for small angles, in whatever order: then both lead to the same minimum."""
    return bool(np.abs(axes.T @ others).max(axis=1).min() > NEAR)


def descended(objective: Objective, axes: Array, rounds: int = ROUNDS) -> tuple[Array, float]:
    """The minimum that is reached from there, and its value: a Newton method within a radius of trust."""
    turned = objective.turned(axes)
    value, here = objective.value(turned), local(objective, turned)
    steep, radius = norm(here.gradient), WIDEST
    for _ in range(rounds):
        if steep <= FLAT:
            break
        step, promised = model_step(here, radius)
        moved = rotated(axes, step)
        turned = objective.turned(moved)
        found, there = objective.value(turned), local(objective, turned)
        gain, rounding = value - found, 1e-13 * (1.0 + abs(value))
        slope = norm(there.gradient)
        if promised <= 10.0 * rounding:  # the values tell no more; gradients do
            if not slope < steep:
                break
            accepted = True
        else:
            ratio = gain / promised
            accepted = ratio > 0.1
            if ratio < 0.25:
                radius *= 0.25
            elif ratio > 0.75 and norm(step) > 0.9 * radius:
                radius = min(2.0 * radius, WIDEST)
        if accepted:
            axes, value, here, steep = moved, min(found, value), there, slope
    return axes, value


def model_step(here: Local, radius: float) -> tuple[Array, float]:
    """The step that the quadratic model asks for, and what it promises.

    Newton's, where the model has a minimum within the radius, in few coordinates; else by conjugate gradients (Steihaug
    1983).
    """
    gradient, hessian = here.gradient, here.hessian()
    if len(gradient) <= DENSE:
        units, above = _units(len(gradient))
        with suppress(np.linalg.LinAlgError):
            matrix = hessian(units)[:, *above]
            np.linalg.cholesky(matrix)  # which says whether there is a minimum
            x = np.zeros_like(gradient)
            x[above] = -np.linalg.solve(matrix, gradient[above])
            x -= x.T
            if norm(x) < radius:
                return x, -0.5 * inner(gradient, x)
    scale = here.scale
    x, residual = np.zeros_like(gradient), gradient.copy()
    z = residual / scale
    direction, rz = -z, inner(residual, z)
    goal = norm(gradient) * min(0.1, norm(gradient))
    pushed = np.zeros_like(gradient)  # the Hessian applied to x
    for _ in range(gradient.size):
        bent = hessian(direction)
        curvature = inner(direction, bent)
        length = rz / curvature if curvature > 0 else np.inf
        if curvature <= 0 or norm(x + length * direction) >= radius:
            length = to_edge(x, direction, radius)
            x, pushed = x + length * direction, pushed + length * bent
            break
        x, pushed = x + length * direction, pushed + length * bent
        residual = residual + length * bent
        if norm(residual) <= goal:
            break
        z = residual / scale
        rz, before = inner(residual, z), rz
        direction = -z + rz / before * direction
    return x, -inner(gradient, x) - 0.5 * inner(x, pushed)


@functools.cache
def _units(d: int) -> tuple[Array, tuple[Any, Any]]:
    """Skew matrices, each with one number above the diagonal, (m, d, d), and the places of these numbers."""
    above = np.triu_indices(d, 1)
    m = np.arange(len(above[0]))
    units = np.zeros((len(m), d, d))
    units[m, above[0], above[1]], units[m, above[1], above[0]] = 1.0, -1.0
    return units, above


def to_edge(x: Array, direction: Array, radius: float) -> float:
    """How far along the direction the radius of trust ends."""
    a, b, c = inner(direction, direction), inner(x, direction), inner(x, x) - radius**2
    return float((np.sqrt(max(b * b - a * c, 0.0)) - b) / a)


def rotated(axes: Array, step: Array) -> Array:
    """The axes times exp(step), to second order, by Cayley's map; orthogonal to rounding."""
    half, eye = 0.5 * step, np.eye(len(step))
    return np.asarray(axes @ np.linalg.solve(eye - half, eye + half))


def inner(x: Array, y: Array) -> float:
    """Of skew matrices, as vectors of what is above the diagonal."""
    return 0.5 * float(np.vdot(x, y))


def norm(x: Array) -> float:
    """Its length."""
    return float(np.sqrt(inner(x, x)))
