"""Tables of points that have broken mixture codes before, with mixtures to look at them through."""

from typing import NamedTuple

import numpy as np

import mixtura as mx

KINDS = ("full", "tied", "diag", "spherical")


class Case(NamedTuple):
    """x (n, d); weight (n,) or None; reg: what keeps covariances regular, in squared units of x."""

    x: np.ndarray
    weight: np.ndarray | None = None
    reg: float = 0.0


def clouds(n, d, seed=0):
    """Points in three overlapping clouds, a few deviations from the origin."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) * rng.uniform(0.5, 2, d) + 5
    x += 3 * rng.integers(0, 3, (n, 1)) * rng.choice([-1, 1], d)
    x[:, 0] += 0.7 * x[:, -1]
    return x


def cases():
    """Every case by its name."""
    rng = np.random.default_rng(1)
    thousand, three = clouds(1000, 2), clouds(700, 3)
    constant = three.copy()
    constant[:, 1] = 0.1
    table = {f"{d} coordinates": Case(clouds(1000 if d < 9 else 600, d)) for d in (1, 2, 3, 5, 8, 16, 17, 40)}
    table |= {
        "offset 1e8": Case(thousand + np.array([1e8, -1e8])),
        "scale 1e-12": Case(three * 1e-12),
        "scale 1e12": Case(three * 1e12),
        "one column 1e9 times wider": Case(three * [1.0, 1e9, 1.0]),
        "duplicates": Case(np.repeat(clouds(20, 2), 30, axis=0), reg=1e-3),
        "integer grid": Case(np.round(thousand), reg=1e-3),
        "constant column": Case(constant, reg=1e-3),
        "collinear": Case(np.outer(rng.normal(size=500), [1.0, -2.0, 3.0]) + 4, reg=1e-3),
        "one point": Case(thousand[:1], reg=1.0),
        "100 points": Case(thousand[:100]),
        "128 points": Case(thousand[:128]),
        "129 points": Case(thousand[:129]),
        "many tiles": Case(clouds(20_000, 2)),  # 157 tiles, three levels of boxes
        "many tiles, 5 coordinates": Case(clouds(10_001, 5)),
        "heavy weights": Case(thousand, rng.uniform(1e6, 1e9, 1000)),
        "light weights": Case(thousand, rng.uniform(1e-9, 1e-6, 1000)),
        "unequal weights": Case(thousand, 10.0 ** rng.uniform(-9, 9, 1000)),
        "zero weights": Case(three, rng.integers(0, 2, 700).astype(float)),
        "all weight on one": Case(thousand, np.eye(1, 1000, 7)[0], reg=1.0),
        "outlier": Case(np.vstack([thousand, [[1e6, 5.0]]])),
        "17 coordinates, zero weights": Case(clouds(600, 17), rng.integers(0, 2, 600).astype(float)),
    }
    return table


def mixture_for(case, kind, k=6, dormant=0, seed=0):
    """A mixture that overlaps the points of a case; its first `dormant` components have no weight."""
    rng = np.random.default_rng(seed)
    x = case.x
    n, d = x.shape
    weight = np.ones(n) if case.weight is None else case.weight
    centre = np.average(x, axis=0, weights=weight)
    away = x - centre
    whole = (weight[:, None] * away).T @ away / weight.sum() / 2
    floor = case.reg * np.eye(d)
    factors = rng.uniform(0.3, 2, k)
    variances = np.diagonal(whole) * rng.uniform(0.5, 1.5, (k, d)) + case.reg
    if kind == "spherical":
        variances[:] = variances.max(axis=1, keepdims=True)
    covariances = {
        "full": whole * factors[:, None, None] + floor,
        "tied": whole + floor,
        "diag": variances,
        "spherical": variances[:, 0],
    }[kind]
    weights = rng.uniform(0.2, 1, k)
    weights[:dormant] = 0
    return mx.Mixture(weights, x[rng.integers(0, n, k)], covariances, kind)
