"""Parts of a mixture that a fit leaves as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import indices
from ..errors import InputError
from ..model.mixture import Mixture

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
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
                f'fixed holds {found}: give a dictionary of lists of components, as {{"means": [0, 1]}}, with the keys '
                f"{', '.join(PARTS)}."
            )
        masks = {part: _mask(given.get(part, []), k, f'fixed["{part}"]') for part in PARTS}
        if not any(mask.any() for mask in masks.values()):
            return None
        if not isinstance(start, Mixture):
            raise InputError(
                f"fixed names {', '.join(given)}, but start is no Mixture: give the values to keep in one, as "
                f"start=Mixture(...)."
            )
        fixed = cls(**masks)
        if start.covariance_type == "tied" and fixed.covariances.any() and not fixed.covariances.all():
            raise InputError(
                f'fixed["covariances"] is {given["covariances"]!r}, but tied components share one covariance: '
                f"fix it with True, for all, or use full ones."
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

    def put_back(self, values: Array, now: Array, mask: Mask, kind: str = "full") -> None:
        """Write the fixed components of `now` into `values`, in place; tied covariances are all or none."""
        if kind == "tied":
            if mask.any():
                values[:] = now
        else:
            values[mask] = now[mask]

    def held(self, proposed: Mixture, now: Mixture) -> Mixture:
        """`proposed`, with what is fixed as it is `now`."""
        means, covariances = proposed.means.copy(), proposed.covariances.copy()
        kind = now.covariance_type
        self.put_back(means, now.means, self.means)
        self.put_back(covariances, now.covariances, self.covariances, kind)
        return Mixture.trusted(self.share(proposed.weights, now.weights), means, covariances, kind, names=now.names)


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
