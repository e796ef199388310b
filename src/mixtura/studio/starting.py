"""Where a fit goes on from: the mixture on the screen, of as many components as are asked for, and what is pinned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..model import reduction
from ..model.mixture import Mixture

PINS = {"means": 1, "covariances": 2, "weights": 4}
"""The bits of what is held fixed, by the names that `mixtura.fit` gives it."""


@dataclass(frozen=True, eq=False)
class Origin:
    """What the page shows as a fit begins: the arrays of its message, and the very mixture, where that is known.

    names: of the coordinates.
    """

    arrays: dict[str, Any]
    exact: Mixture | None
    names: tuple[str, ...] | None = None

    def begun(self, k: int, family: str) -> tuple[Mixture, dict[str, list[int]] | None]:
        """The mixture, of k: the heaviest are split, or the nearest that are not pinned merged; and what is fixed."""
        exact = self.exact
        mixture = exact if exact is not None and exact.covariance_type == family else mixture_of(self.arrays, family)
        pins = np.array(self.arrays.get("pins", np.zeros(mixture.n_components, np.uint8)))
        if k != mixture.n_components:
            mixture, pins = resized(mixture, pins, k)
            mixture = in_family(mixture, family)
        if self.names is not None and mixture.names is None:
            mixture = Mixture.trusted(
                mixture.weights, mixture.means, mixture.covariances, mixture.covariance_type, names=self.names
            )
        return mixture, pinned(pins) or None


def pinned(pins: Any) -> dict[str, list[int]]:
    """The components that bits hold fixed, as `mixtura.fit` takes them; nothing of what is free."""
    found = {part: np.flatnonzero(pins & bit).tolist() for part, bit in PINS.items()}
    return {part: components for part, components in found.items() if components}


def mixture_of(arrays: Any, family: str = "full", names: Any = None) -> Mixture:
    """The mixture of weights, means and factors as the page has them. Raises InputError for what is none."""
    full = Mixture(arrays["weights"], arrays["means"], _spreads(arrays["factors"]), "full", names=names)
    return in_family(full, family)


def mixture_within(arrays: Any, family: str, names: Any = None) -> Mixture:
    """The mixture of arrays in the family that it was fitted in, to the bit, if no edit led out of it; else full."""
    factors = np.tril(np.asarray(arrays["factors"], np.float64))
    found, d = _spreads(factors), factors.shape[1]
    deviations = factors[:, range(d), range(d)]
    diagonal = bool((factors == deviations[:, :, None] * np.eye(d)).all())
    if family == "tied" and (factors == factors[0]).all():
        found = found[0]
    elif family == "spherical" and diagonal and (deviations == deviations[:, :1]).all():
        found = deviations[:, 0] ** 2
    elif family in ("diag", "spherical") and diagonal:
        family, found = "diag", deviations**2
    else:
        family = "full"
    kind: Any = family
    return Mixture(arrays["weights"], arrays["means"], found, kind, names=names)


def _spreads(factors: Any) -> Any:
    """The covariances of factors."""
    factors = np.tril(np.asarray(factors, np.float64))
    with np.errstate(over="ignore", invalid="ignore"):
        covariances = factors @ factors.swapaxes(1, 2)
    if not np.isfinite(covariances).all():
        raise InputError("The covariances are too large: make the components smaller.")
    return covariances


def in_family(mixture: Mixture, family: str) -> Mixture:
    """The nearest mixture of a family: variances alone, one variance, or one covariance for all."""
    if mixture.covariance_type == family:
        return mixture
    full = np.broadcast_to(mixture.matrices, (mixture.n_components, *mixture.matrices.shape[1:]))
    variances = np.diagonal(full, axis1=1, axis2=2)
    covariances: dict[str, Any] = {
        "full": full,
        "diag": variances,
        "spherical": variances.mean(axis=1),
        "tied": np.einsum("k,kij->ij", mixture.weights / mixture.weights.sum(), full),
    }
    kind: Any = family
    return Mixture(mixture.weights, mixture.means, np.array(covariances[family]), kind, names=mixture.names)


def resized(mixture: Mixture, pins: Any, k: int) -> tuple[Mixture, Any]:
    """The mixture of k components, and their pins; pinned ones are split or merged only where others do not suffice."""
    if mixture.n_components < k:
        free = pins == 0
        free[mixture.weights.argmax()] |= not free.any()  # the heaviest alone, and it is pinned no longer
        more = k - mixture.n_components
        return reduction.grown(mixture, k, free), np.append(np.where(free, 0, pins), np.zeros(more, np.uint8))
    if mixture.n_components > k:
        held = np.flatnonzero(pins)
        if len(held) >= k:
            return mixture.reduce(k), np.zeros(k, np.uint8)
        rest = np.flatnonzero(pins == 0)
        few = mixture.subset(rest).reduce(k - len(held))
        share = mixture.weights[rest].sum()
        spreads = np.concatenate([_full(mixture)[held], _full(few)])
        weights = np.concatenate([mixture.weights[held], few.weights * share])
        means = np.concatenate([mixture.means[held], few.means])
        pins = np.concatenate([pins[held], np.zeros(few.n_components, np.uint8)])
        mixture = Mixture(weights, means, spreads, "full", names=mixture.names)
        if mixture.n_components < k:  # some had no weight
            return resized(mixture, pins, k)
    return mixture, pins


def _full(mixture: Mixture) -> Any:
    return np.broadcast_to(mixture.matrices, (mixture.n_components, *mixture.matrices.shape[1:]))
