"""One orientation for several covariances: the orthogonal matrix whose axes are nearest to those of all of them.

Of scatters S_j with masses n_j, D minimises, with w_jc = (D^T S_j D)_cc,

    volumes of their own    sum over j of n_j sum over c of ln w_jc                 (VVE: common principal components)
    one volume              n d ln sum over j of n_j (product over c of w_jc)^(1/d)      (EVE)

n being the sum of the masses. Both are smooth on the orthogonal group, and neither is convex. On D exp(X), with X skew
and T = D^T S D, ln w_c = ln T_cc + 2 (TX)_cc / T_cc + ((TX^2)_cc - (XTX)_cc) / T_cc - 2 ((TX)_cc / T_cc)^2 + ...: so
gradient and Hessian cost a few products of matrices, and a trust-region Newton method ends where the gradient is that
of rounding. It climbs from several starts, of which the best is kept.

Problems stand one after the other along the first axis of all arrays, since those of several mixtures, and the climbs
from several starts, are a few calls together. What one gets depends on the others by rounding alone.

Sources: Flury 1984, "Common principal components in k groups", JASA 79; Browne and McNicholas 2014, "Estimating common
principal components in high dimensions", Advances in Data Analysis and Classification 8, whose fixed points these are;
Absil, Mahony and Sepulchre 2008, "Optimization algorithms on matrix manifolds", algorithms 10 and 11; Moré and Sorensen
1983, "Computing a trust region step", SIAM Journal on Scientific and Statistical Computing 4.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

ROUNDS = 200  # of Newton's method; ten are many
FLAT = 1e-13  # of the mass: a gradient that is of rounding
LAST, SMALL = 1e-7, 1e-3  # of the mass, a gradient, and a step in radians, after which one is that of rounding
WIDEST = 1.0  # radius of trust, in radians
NEAR = 0.99  # the cosine of an angle: axes that are nearer lead to the same minimum
DENSE = 8  # coordinates up to which the Hessian is written down as a matrix
HALVINGS = 12  # of the range in which lies what leads to the edge
FEW = 3  # components whose own axes are tried as well


def tolerant(function: Callable[..., Array], *stacks: Array) -> Array:
    """What a function of LAPACK's makes of stacks of matrices; NaN for those that it raises an error of."""
    try:
        return function(*stacks)
    except np.linalg.LinAlgError:
        if len(stacks[0]) == 1:
            return np.full_like(stacks[-1], np.nan)
        return np.concatenate(
            [tolerant(function, *(each[i : i + 1] for each in stacks)) for i in range(len(stacks[0]))]
        )


class Objective(NamedTuple):
    """The logarithm that is minimised.

    scatter: (b, k, d, d), positive definite. share: (b, k). one: (b,) whether they have one volume.
    """

    scatter: Array
    share: Array
    one: Bools

    @classmethod
    def of(cls, scatter: Array, mass: Array, one: Bools | bool) -> Self:
        """The objective of scatters with these masses, some of which may be 0."""
        if (mass == 0).any():
            scatter = np.where((mass > 0)[:, :, None, None], scatter, np.eye(scatter.shape[-1]))
        return cls(scatter, mass / mass.sum(axis=1, keepdims=True), np.broadcast_to(one, len(mass)))

    def take(self, which: Any) -> Objective:
        """Some of the problems."""
        return Objective._make(each[which] for each in self)

    def turned(self, axes: Array) -> Array:
        """(b, k, d, d) the scatters in these axes, (b, d, d)."""
        found = np.swapaxes(axes, 1, 2)[:, None] @ self.scatter @ axes[:, None]
        return np.asarray(0.5 * (found + np.swapaxes(found, 2, 3)))

    def values(self, axes: Array) -> Array:
        """(b, s) what is minimised, per unit of mass, at several axes (b, s, d, d)."""
        along = axes[:, :, None]
        return self._values(
            ((self.scatter[:, None] @ along) * along).sum(axis=3), self.share[:, None], self.one[:, None]
        )

    def value(self, turned: Array) -> Array:
        """(b,) what is minimised, where the scatters are `turned`."""
        return self._values(np.asarray(np.einsum("bkaa->bka", turned)), self.share, self.one)

    def _values(self, w: Array, share: Array, one: Bools) -> Array:
        """The same, of variances (..., k, d) along the axes."""
        d, logs = w.shape[-1], np.log(w).sum(axis=-1)
        mean = (logs * share).sum(axis=-1)
        if not one.any():
            return np.asarray(mean)
        top = np.where(share > 0, logs, -np.inf).max(axis=-1, keepdims=True)
        sums = (np.exp(np.minimum(logs - top, 0.0) / d) * share).sum(axis=-1)
        return np.asarray(np.where(one, top[..., 0] + d * np.log(sums), mean))

    def shares(self, turned: Array) -> Array:
        """(b, k) how much the logarithm of each component's volume counts."""
        if not self.one.any():
            return self.share
        logs = np.log(np.einsum("bkaa->bka", turned)).sum(axis=2) / turned.shape[2]
        top = np.where(self.share > 0, logs, -np.inf).max(axis=1, keepdims=True)
        share = self.share * np.exp(np.minimum(logs - top, 0.0))
        return np.asarray(np.where(self.one[:, None], share / share.sum(axis=1, keepdims=True), self.share))


class Local(NamedTuple):
    """The objective about one place: its gradient, and what its Hessian is made of."""

    turned: Array  # (b, k, d, d)
    inverse: Array  # (b, k, d): 1 / w
    shares: Array  # (b, k)
    slopes: Array  # (b, k, d, d), skew: of each component
    gradient: Array  # (b, d, d), skew
    one: Bools  # (b,)

    def take(self, which: Any) -> Local:
        """Some of the problems."""
        return Local._make(each[which] for each in self)

    @property
    def scale(self) -> Array:
        """(b, d, d) the Hessian's diagonal, were the scatters diagonal."""
        w = np.einsum("bkaa->bka", self.turned)
        ratio = w[:, :, :, None] * self.inverse[:, :, None]
        found = np.einsum("bk,bkij->bij", self.shares, ratio + np.swapaxes(ratio, 2, 3) - 2.0)
        return np.asarray(found + 1e-8 * (1.0 + found.max(axis=(1, 2), keepdims=True)))

    def sums(self) -> tuple[Array, Array]:
        """(columns (b, d, d, d), rows (b, d, d)): what the Hessian sums over components."""
        t, v = self.turned, self.inverse
        b, k, d = v.shape
        heavy = self.shares[:, :, None] * v
        rows = (heavy[:, :, :, None] * t).sum(axis=1)
        # by column of the matrix that it is applied to
        mixed = (np.swapaxes(heavy, 1, 2) @ t.reshape(b, k, -1)).reshape(b, d, d, d)
        bent = ((heavy * v)[:, :, None] * t).transpose(0, 3, 2, 1) @ t.transpose(0, 2, 1, 3)
        return 2.0 * mixed - 4.0 * bent, rows

    def hessian(self) -> Callable[[Array], Array]:
        """The Hessian, of skew matrices (b, d, d)."""
        columns, rows = self.sums()

        def applied(x: Array) -> Array:
            found = (columns @ np.swapaxes(x, 1, 2)[..., None])[..., 0]
            found = np.swapaxes(found, 1, 2) - rows @ x - x @ rows
            found = found - np.swapaxes(found, 1, 2)
            if self.one.any():
                along = 0.5 * (self.slopes * x[:, None]).sum(axis=(2, 3))
                away = self.shares * (along - (along * self.shares).sum(axis=1, keepdims=True))
                found = found + np.einsum("bk,bkij->bij", away * self.one[:, None], self.slopes) / len(x[0])
            return np.asarray(found)

        return applied

    def matrix(self) -> Array:
        """(b, m, m) the same as a matrix, of what is above the diagonal."""
        columns, rows = self.sums()
        b, d = len(rows), rows.shape[-1]
        above, *parts = _units(d)
        found = columns.reshape(b, -1) @ parts[0] + rows.reshape(b, -1) @ parts[1]
        m = len(above[0])
        matrix = found.reshape(b, m, m)
        if self.one.any():
            along = self.slopes[:, :, *above]
            away = (self.shares * self.one[:, None])[:, :, None] * (along - self.shares[:, None] @ along)
            matrix = matrix + np.swapaxes(away, 1, 2) @ along / d
        return np.asarray(matrix)


def local(objective: Objective, turned: Array) -> Local:
    """What the objective is about the axes in which the scatters are `turned`."""
    inverse = 1.0 / np.einsum("bkaa->bka", turned)
    slopes = 2.0 * turned * (inverse[:, :, None] - inverse[:, :, :, None])
    shares = objective.shares(turned)
    b, k, d, _ = turned.shape
    gradient = (shares[:, None] @ slopes.reshape(b, k, -1)).reshape(b, d, d)
    return Local(turned, inverse, shares, slopes, gradient, objective.one)


def common(
    scatter: Array, mass: Array, now: Array | None = None, own: Array | None = None, *, one: Bools | bool
) -> Array:
    """(b, d, d) the axes that all scatters of a problem have nearly in common, as columns.

    scatter: (b, k, d, d), positive definite where mass (b, k) is > 0. now: axes (b, d, d) to begin from. own: (b, k, d,
    d) the axes of each scatter, if they are at hand. one: whether its components have one volume.
    It begins there, and from the axes of the mean scatter and of a few components, where these are better ones to begin
    from. What is returned is no worse than `now`, and its gradient is that of rounding.
    """
    objective = Objective.of(scatter, mass, one)
    scatter = objective.scatter
    heaviest = np.argsort(-mass, axis=1, kind="stable")[:, :FEW]
    weights = (mass / np.einsum("bkaa->bk", scatter))[:, :, None, None]
    whole = np.linalg.eigh((weights * scatter).sum(axis=1))[1]
    lanes = np.arange(len(mass))[:, None]
    some = np.linalg.eigh(scatter[lanes, heaviest])[1] if own is None else own[lanes, heaviest]
    first = whole if now is None else now
    starts = np.concatenate([first[:, None], some] if now is None else [first[:, None], whole[:, None], some], axis=1)
    values = objective.values(starts)
    use = np.ones(values.shape, bool) if now is None else values < values[:, :1]
    use[:, -heaviest.shape[1] :] &= np.take_along_axis(mass, heaviest, 1) > 0
    use[:, 0] = True
    if (several := np.flatnonzero(use[:, 1:].any(axis=1))).size:
        some, used = starts[several], use[several]
        # The same axes but for small angles, in whatever order, lead to one minimum.
        alike = np.abs(np.swapaxes(some, 2, 3)[:, :, None] @ some[:, None]).max(axis=4).min(axis=3) > NEAR
        for later in range(1, starts.shape[1]):
            used[:, later] &= ~(alike[:, later, :later] & used[:, :later]).any(axis=1)
        use[several] = used
    problem, place = np.nonzero(use)
    ends, reached = descended(objective.take(problem), starts[problem, place])
    best, lowest = np.empty_like(first), np.full(len(first), np.inf)
    for number in range(starts.shape[1]):
        at = np.flatnonzero(place == number)
        which = problem[at]
        better = reached[at] < lowest[which] - np.where(number, 1e-13 * (1.0 + np.abs(reached[at])), 0.0)
        best[which[better]], lowest[which[better]] = ends[at[better]], reached[at[better]]
    return best


def descended(objective: Objective, axes: Array, rounds: int = ROUNDS) -> tuple[Array, Array]:
    """The minima that are reached from there, and their values: a Newton method within a radius of trust."""
    turned = objective.turned(axes)
    value, here = objective.value(turned), local(objective, turned)
    steep, radius = norm(here.gradient), np.full(len(axes), WIDEST)
    ends, reached, left = axes.copy(), value.copy(), np.arange(len(axes))
    go = steep > FLAT
    for _ in range(rounds):
        if not go.all():
            left, objective, axes, here = left[go], objective.take(go), axes[go], here.take(go)
            value, steep, radius = value[go], steep[go], radius[go]
        if not len(left):
            break
        step, promised = model_step(here, radius)
        moved = rotated(axes, step)
        if ((steep < LAST) & (norm(step) < SMALL)).all():
            ends[left] = moved
            break
        turned = objective.turned(moved)
        found, there = objective.value(turned), local(objective, turned)
        slope = norm(there.gradient)
        told = promised > 1e-12 * (1.0 + np.abs(value))  # else the values tell no more; gradients do
        ratio = (value - found) / np.where(told, promised, 1.0)
        taken = np.where(told, ratio > 0.1, slope < steep)
        wide = told & (ratio > 0.75) & (norm(step) > 0.9 * radius)
        radius = np.where(
            told & (ratio < 0.25), 0.25 * radius, np.where(wide, np.minimum(2.0 * radius, WIDEST), radius)
        )
        axes = np.where(taken[:, None, None], moved, axes)
        value, steep = np.where(taken, np.minimum(found, value), value), np.where(taken, slope, steep)
        if taken.all():
            here = there
        else:
            here = Local._make(_chosen(taken, new, old) for new, old in zip(there, here, strict=True))
        ends[left], reached[left] = axes, value
        go = (taken | told) & (steep > FLAT)
    return ends, reached


def _chosen(which: Bools, new: Any, old: Any) -> Any:
    return np.where(which[(...,) + (None,) * (new.ndim - 1)], new, old)


def model_step(here: Local, radius: Array) -> tuple[Array, Array]:
    """The steps that the quadratic models ask for, and what they promise.

    In few coordinates Newton's, where the model has a minimum within the radius, else one on the edge; in many, by
    conjugate gradients.
    """
    gradient = here.gradient
    x = np.zeros_like(gradient)
    if gradient.shape[1] > DENSE:
        promised = np.zeros(len(gradient))
        for problem in range(len(gradient)):
            some = slice(problem, problem + 1)
            x[problem], promised[problem] = _conjugate(here.take(some), float(radius[problem]))
        return x, promised
    above, *_ = _units(gradient.shape[1])
    matrix, slope = here.matrix(), gradient[:, *above]
    bowl = np.isfinite(tolerant(np.linalg.cholesky, matrix)).all(axis=(1, 2))  # whether there is a minimum
    which, step = np.flatnonzero(bowl), np.zeros_like(slope)
    step[which] = tolerant(np.linalg.solve, matrix[which], -slope[which, :, None])[:, :, 0]
    inside = bowl & (np.square(step).sum(axis=1) < radius**2)
    promised = -0.5 * (slope * step).sum(axis=1)
    edge = np.flatnonzero(~inside)
    if len(edge):
        step[edge], promised[edge] = _on_edge(matrix[edge], slope[edge], radius[edge])
    x[:, *above] = step
    return x - np.swapaxes(x, 1, 2), promised


def _on_edge(matrix: Array, slope: Array, radius: Array) -> tuple[Array, Array]:
    """The lowest points of quadratic models about as far as the radius, and how much lower they are.

    They are the minima of what has so much added to its diagonal (Moré and Sorensen 1983), found by bisection.
    """
    values, axes = np.linalg.eigh(matrix)
    along = (slope[:, None] @ axes)[:, 0]
    low = np.maximum(-values[:, 0], 0.0)
    high = low + np.sqrt(np.square(along).sum(axis=1)) / radius
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        far = np.square(along / (values + middle[:, None])).sum(axis=1) > radius**2
        low, high = np.where(far, middle, low), np.where(far, high, middle)
    step = -along / (values + high[:, None])
    promised = -(along * step + 0.5 * values * step**2).sum(axis=1)
    return (axes @ step[:, :, None])[:, :, 0], promised


def _conjugate(here: Local, radius: float) -> tuple[Array, float]:
    """The same of one problem by conjugate gradients (Steihaug 1983)."""
    gradient, hessian, scale = here.gradient, here.hessian(), here.scale
    x, residual = np.zeros_like(gradient), gradient.copy()
    z = residual / scale
    direction, rz = -z, float(inner(residual, z)[0])
    steep = float(norm(gradient)[0])
    goal = steep * min(0.1, steep)
    pushed = np.zeros_like(gradient)  # the Hessian applied to x
    for _ in range(gradient.size):
        bent = hessian(direction)
        curvature = float(inner(direction, bent)[0])
        length = rz / curvature if curvature > 0 else np.inf
        if curvature <= 0 or norm(x + length * direction)[0] >= radius:
            length = to_edge(x, direction, radius)
            x, pushed = x + length * direction, pushed + length * bent
            break
        x, pushed = x + length * direction, pushed + length * bent
        residual = residual + length * bent
        if norm(residual)[0] <= goal:
            break
        z = residual / scale
        rz, before = float(inner(residual, z)[0]), rz
        direction = -z + rz / before * direction
    return x[0], float(-inner(gradient, x)[0] - 0.5 * inner(x, pushed)[0])


@functools.cache
def _units(d: int) -> tuple[tuple[Any, Any], Array, Array]:
    """The places above the diagonal, and how the Hessian as a matrix follows from its columns and rows."""
    above = np.triu_indices(d, 1)
    m = np.arange(len(above[0]))
    units = np.zeros((len(m), d, d))  # skew matrices, each with one number above the diagonal
    units[m, above[0], above[1]], units[m, above[1], above[0]] = 1.0, -1.0
    columns = np.einsum("mbc,nac->cabnm", units, units)
    rows = -np.einsum("nrc,msc->rsnm", units, units) - np.einsum("nas,mar->rsnm", units, units)
    return above, columns.reshape(d**3, -1), rows.reshape(d**2, -1)


def to_edge(x: Array, direction: Array, radius: float) -> float:
    """How far along the direction the radius of trust ends."""
    a, b, c = (float(each[0]) for each in (inner(direction, direction), inner(x, direction), inner(x, x) - radius**2))
    return float((np.sqrt(max(b * b - a * c, 0.0)) - b) / a)


def rotated(axes: Array, step: Array) -> Array:
    """The axes times exp(step), to second order, by Cayley's map; orthogonal to rounding."""
    half, eye = 0.5 * step, np.eye(step.shape[-1])
    return np.asarray(axes @ np.linalg.solve(eye - half, eye + half))


def inner(x: Array, y: Array) -> Array:
    """(b,) of skew matrices, as vectors of what is above the diagonal."""
    return np.asarray(0.5 * np.einsum("bij,bij->b", x, y))


def norm(x: Array) -> Array:
    """(b,) their lengths."""
    return np.asarray(np.sqrt(inner(x, x)))
