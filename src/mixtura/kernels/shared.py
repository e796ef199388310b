"""Gaussians that share a covariance: points are whitened once, and a log density is then linear in the whitened point.

With y = W (x - centre) and m = W (mean - centre), the log density is y m - |m|^2 / 2 - |y|^2 / 2 and constants: a
product of as many numbers as there are coordinates for each component, where another covariance for each takes their
square. The scatter about the means is that of all y, less what the means explain.

That cancels where points are many standard deviations from the centre: then there is no answer.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import Any

import numpy as np

from .gaussians import Gaussians
from .normalising import NOTHING, normalise
from .products import LEAST, NUMBERS, Table, about, answered, blocks
from .threads import in_turns, stream

FARTHEST = 1000.0  # standard deviations: products lose the square of it


def is_near(table: Table, gaussians: Gaussians) -> Any:
    """Whether the points of a `products.Table` are near enough to components that share one matrix."""
    means, _, whitener, _ = gaussians
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(_farthest(table, means, whitener[0]) <= FARTHEST)


def _farthest(table, means, w):
    """Of points and means from the centre, in standard deviations, at most."""
    centre, reach = about(table, means)
    return np.linalg.norm(np.abs(w) @ (reach + np.abs(means - centre).max(axis=0)))


class _Whitened:
    """k components as they are multiplied with whitened points."""

    def __init__(self, table, gaussians) -> None:
        means, _, whitener, log_scales = gaussians
        centre, _ = about(table, means)
        self.w, self.centre = whitener[0], centre[:, None]
        self.means = (means - centre) @ self.w.T
        self.level = np.maximum(log_scales, NOTHING) - 0.5 * (self.means**2).sum(axis=1)
        self.block = max(LEAST, NUMBERS // (len(means) + 2 * len(self.w)))

    def __call__(self, x):
        """(y (d, b), joint (k, b), half the squares of y (b,)): log densities are joint less these."""
        y = self.w @ (x - self.centre)
        joint = self.means @ y
        joint += self.level[:, None]
        return y, joint, 0.5 * np.einsum("db,db->b", y, y)


def expect(table: Table, gaussians: Gaussians, n_threads: int | None = None) -> Any:
    """(mass (k,), first (k, d), second (1, d, d), log likelihood), whitened moments about the means.

    None where the components shrink in this step to what products cannot tell from a singular one.
    """
    parts, means = _Whitened(table, gaussians), gaussians.means
    k, d = means.shape

    def work(part):
        mass, first, second, likelihood = np.zeros(k), np.zeros((k, d)), np.zeros((d, d)), 0.0
        for rows in part:
            y, shares, squares = parts(table.block(rows))
            found = normalise(shares) - squares
            if table.weight is None:
                likelihood += float(found.sum())
            else:
                weight = table.weight[rows]
                likelihood += float(np.dot(weight, found))
                shares *= weight
            mass += shares.sum(axis=1)
            first += np.dot(shares, y.T)
            if table.weight is not None:
                y *= np.sqrt(weight)
            second += np.dot(y, y.T)
        return mass, first, second, likelihood

    mass, first, second, likelihood = np.zeros(k), np.zeros((k, d)), np.zeros((d, d)), 0.0
    for found in stream(work, blocks(table.x.shape[1], parts.block), in_turns(n_threads)):
        mass, first, second, likelihood = mass + found[0], first + found[1], second + found[2], likelihood + found[3]
    near = first - mass[:, None] * parts.means
    second = second - first.T @ parts.means - parts.means.T @ near
    second = 0.5 * (second + second.T)
    shift = near / np.where(mass > 0, mass, 1.0)[:, None]
    least = np.linalg.eigvalsh((second - (near.T @ shift)) / mass.sum())[0]
    fine = _farthest(table, means, parts.w) ** 2 <= FARTHEST**2 * least
    return (mass, near, second[None], likelihood) if fine else None


def ask(table: Table, gaussians: Gaussians, answer: Any, n_threads: int | None = None) -> list[Any]:
    """[answer(joint (k, b))] of blocks of the points, in order; `answer` may write to what it is given."""
    parts = _Whitened(table, gaussians)

    def joint(x, _):
        _, found, squares = parts(x)
        found -= squares
        return found

    return answered(table, joint, parts.block, answer, n_threads)
