"""Constraints on a fit: weights, means and covariances that are held fixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array, Bools
from ..checks import indices
from ..errors import InputError, named
from ..model.mixture import Mixture

Mask = Bools
PARTS = ("weights", "means", "covariances")


@dataclass(frozen=True, eq=False)
class Fixed:
    """Which components keep their weight, their mean, their covariance: (k,) bool each. The start has the values."""

    weights: Mask
    means: Mask
    covariances: Mask

    @classmethod
    def of(cls, given: Any, start: Any, k: int) -> Fixed | None:
        """`given` as {"means": [0, 1], ...}, checked against the mixture that the fit starts from; None for nothing.

        Raises InputError when the start has no values for it, or when what is fixed leaves no mixture.
        """
        if given is None:
            return None
        if not isinstance(given, Mapping) or not set(given) <= set(PARTS):
            found = sorted(map(str, set(given) - set(PARTS))) if isinstance(given, Mapping) else repr(given)
            raise InputError(
                f'{named("fixed")} holds {found}: give a dictionary of lists of components, as {{"means": [0, 1]}}, '
                f"with the keys {', '.join(PARTS)}."
            )
        masks = {part: _mask(given.get(part, []), k, f'fixed["{part}"]') for part in PARTS}
        if not any(mask.any() for mask in masks.values()):
            return None
        if not isinstance(start, Mixture):
            raise InputError(
                f"{named('fixed')} names {', '.join(given)}, but {named('start')} is no Mixture: give the values to "
                f"keep in one, as start=Mixture(...)."
            )
        fixed = cls(**masks)
        if start.family.coupled and fixed.covariances.any() and not fixed.covariances.all():
            what = "one covariance: fix it" if start.family.shared else "parts of their covariances: fix these"
            raise InputError(
                f'{named("fixed")}["covariances"] is {given["covariances"]!r}, but {start.covariance_type} components '
                f"share {what} with True, for all, or use {start.family.freed} ones."
            )
        kept = float(start.weights[fixed.weights].sum())
        if fixed.weights.any() and not fixed.weights.all() and kept >= 1.0 - 1e-12:
            raise InputError(
                f'fixed["weights"] are those of components {np.flatnonzero(fixed.weights).tolist()}, which sum to '
                f"{kept:g}: leave some weight for the others in the start."
            )
        return fixed

    def share(self, weights: Array, now: Array) -> Array:
        """(k,) weights that sum to one: the fixed ones as they are `now`, the others in proportion to `weights`."""
        free = ~self.weights
        if self.weights.all():
            return now.copy()
        out = np.where(free, weights, 0.0)
        total = out.sum()
        if not total > 0:  # nothing tells how to share
            return now.copy()
        out *= (1.0 - now[self.weights].sum()) / total
        out[self.weights] = now[self.weights]
        return out

    def held(self, proposed: Mixture, now: Mixture) -> Mixture:
        """`proposed`, with what is fixed as it is `now`."""
        weights = self.share(proposed.weights, now.weights)
        means = np.where(self.means[:, None], now.means, proposed.means)
        covariances = now.family.kept(proposed.covariances, now.covariances, self.covariances)
        return Mixture.trusted(weights, means, covariances, now.covariance_type, names=now.names)


def _mask(given: Any, k: int, name: str) -> Mask:
    """(k,) bool of a list of components, a mask, or True or False for all or none."""
    if isinstance(given, (bool, np.bool_)):
        return np.full(k, bool(given))
    try:
        chosen = np.asarray(given)
    except ValueError:
        raise InputError(f"{name} is {given!r}: give a list of components.") from None
    if chosen.dtype == bool:
        if chosen.shape != (k,):
            raise InputError(f"{name} has shape {chosen.shape}, expected ({k},) for a mask of components.")
        return chosen
    mask = np.zeros(k, bool)
    if chosen.size:
        mask[indices(np.atleast_1d(chosen), k, name, "components")] = True
    return mask
