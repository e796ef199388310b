"""The steps of a fit, kept for a film of it: so many and so many bytes at most, packed as a triangle a covariance.

Which are kept is decided by their number and their size alone, so that the same fit has the same film.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..arrays import Array
    from ..model.mixture import Mixture

DENSE, MOST = 50, 150
"""Of the steps: every one of the first is told and kept; of all, so many are kept."""
ROOM = 64 << 20
"""Bytes of all that are kept; where a step is large, fewer are."""


@dataclass(frozen=True, eq=False)
class Packed:
    """A mixture of which nothing can be computed again; symmetric matrices (..., d, d) as (..., d (d + 1) / 2)."""

    weights: Array
    means: Array
    covariances: Array
    covariance_type: Any

    @property
    def nbytes(self) -> int:
        """Of all arrays."""
        return int(self.weights.nbytes + self.means.nbytes + self.covariances.nbytes)

    @classmethod
    def of(cls, mixture: Mixture) -> Packed:
        """What is packed of a mixture."""
        covariances = mixture.covariances
        if mixture.family.triangular:
            covariances = covariances[(..., *np.tril_indices(mixture.n_coordinates))]
        return cls(mixture.weights, mixture.means, covariances, mixture.covariance_type)

    def mixture(self) -> Mixture:
        """The mixture, to the bit."""
        from ..model.families import family
        from ..model.mixture import Mixture

        covariances, d = self.covariances, self.means.shape[1]
        if family(self.covariance_type).triangular:
            rows, columns = np.tril_indices(d)
            covariances = np.empty((*self.covariances.shape[:-1], d, d))
            covariances[..., rows, columns] = covariances[..., columns, rows] = self.covariances
        return Mixture.trusted(self.weights, self.means, covariances, self.covariance_type)

    def seen(self, axes: Sequence[int]) -> Packed:
        """Of some coordinates alone."""
        from ..model.families import family

        kind, covariances = family(self.covariance_type), self.covariances
        if kind.triangular:
            pairs = [(max(i, j), min(i, j)) for row, i in enumerate(axes) for j in axes[: row + 1]]
            covariances = covariances[..., [i * (i + 1) // 2 + j for i, j in pairs]]
        elif kind.component_shape(self.means.shape[1]):
            covariances = covariances[..., list(axes)]
        return Packed(self.weights, self.means[:, list(axes)], covariances, self.covariance_type)


class Trail:
    """The steps of one fit: all while they are few; then those of the beginning, and fewer and fewer after it."""

    def __init__(self) -> None:
        self._steps: list[Packed] = []

    def __len__(self) -> int:
        return len(self._steps)

    def clear(self) -> None:
        """Begin anew."""
        self._steps.clear()

    def add(self, mixture: Mixture) -> None:
        """Keep a step, the newest; of another shape than those before, it is the first."""
        step = Packed.of(mixture)
        if self._steps and self._steps[0].covariances.shape != step.covariances.shape:
            self.clear()
        most = max(2, min(MOST, ROOM // step.nbytes))
        if len(self._steps) >= most:
            del self._steps[max(1, most * DENSE // MOST) :: 2]
        self._steps.append(step)

    def mixtures(self) -> list[Mixture]:
        """The steps, to the bit."""
        return [step.mixture() for step in self._steps]

    def told(self, axes: Sequence[int] | None) -> list[Packed]:
        """The steps, of some coordinates alone. axes: None for all."""
        return [step if axes is None else step.seen(axes) for step in self._steps]
