"""From weighted log densities to responsibilities and log densities, of one mixture or of several side by side."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .threads import Room

NOTHING = -1e306  # the log weight of a component of weight 0, which -inf would make NaN in a product
LARGEST = 1e280  # densities that are summed as they are, and one over them
SHORT, FEW = 100, 2048  # a column that is worth comparing rows is shorter, and numbers are as many at least

Array = NDArray[Any]


def normalise(joint: Array) -> Array:
    """Make weighted log densities (..., k, b) the responsibilities, in place; return the log densities (..., b)."""
    found, total = log_density(joint)
    joint /= total[..., None, :]
    return found


def log_density(joint: Array) -> tuple[Array, Array]:
    """(..., b) log densities, and the sums by which `joint` (..., k, b), made exp(joint - its maximum), is divided."""
    top = joint.max(axis=-2)
    joint -= top[..., None, :]
    np.exp(joint, out=joint)
    total = joint.sum(axis=-2)
    found = top + np.log(total)
    if top.min(initial=0.0) <= NOTHING:  # beyond all reach
        lost = top <= NOTHING
        found[lost] = -np.inf
        joint *= ~lost[..., None, :]
    return found, total


def row_of(values: Array, extreme: Array) -> Array:
    """(b,) the first row of `values` (k, b) in which the extreme (b,) of its column stands; some row, if none does.

    To look along short columns, as `argmax` does, takes up to ten times as long as to compare whole rows.
    """
    same, k = values == extreme, len(values)
    if k >= SHORT or values.size < FEW:
        return np.asarray(same.argmax(axis=0))
    backwards = (same.view(np.uint8) * np.arange(k, 0, -1, dtype=np.uint8)[:, None]).max(axis=0)
    return np.asarray(k - np.maximum(backwards, 1).astype(np.intp))


class Runs:
    """Several mixtures side by side, those of as many components together: `sizes` rises.

    each: (first component, last, k, which mixtures) of every run.
    """

    def __init__(self, sizes: Any) -> None:
        self.sizes: list[int] = np.asarray(sizes).tolist()
        self.each: list[tuple[int, int, int, slice]] = []
        component = mixture = 0
        for k, some in itertools.groupby(self.sizes):
            count = len(list(some))
            self.each.append((component, component + k * count, k, slice(mixture, mixture + count)))
            component, mixture = component + k * count, mixture + count

    def cut(self, numbers: int) -> Iterator[tuple[slice, slice]]:
        """The components, and the mixtures, of pieces with at most about so many components."""
        for component, _, k, which in self.each:
            step = max(1, numbers // k)
            for first in range(which.start, which.stop, step):
                end = min(first + step, which.stop)
                begin, over = (component + k * (each - which.start) for each in (first, end))
                yield slice(begin, over), slice(first, end)

    def normalise(self, joint: Array, room: Room) -> Array:
        """The same as `normalise` does, of each mixture by itself: joint (all components, b) -> (mixtures, b)."""
        if len(self.sizes) == 1:
            return normalise(joint)[None]
        found = np.empty((len(self.sizes), joint.shape[1]))
        with np.errstate(over="ignore"):
            density = np.exp(joint, out=room.array(joint.shape))
        for first, last, k, which in self.each:
            part, parts = (each[first:last].reshape(-1, k, joint.shape[1]) for each in (joint, density))
            total = parts.sum(axis=1)
            if total.min() > 1.0 / LARGEST and total.max() < LARGEST:
                np.divide(parts, total[:, None], out=part)
                found[which] = np.log(total)
            else:  # some would overflow or vanish
                found[which] = normalise(part)
        return found
