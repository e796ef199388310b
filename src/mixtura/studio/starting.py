"""Where a fit goes on from: the mixture on the screen, of as many components as are asked for, and what is pinned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..model.mixture import Mixture

if TYPE_CHECKING:
    from .messages import Message

PINS = {"means": 1, "covariances": 2, "weights": 4}


def started(message: Message, exact: Mixture | None, names: Any = None) -> tuple[Mixture, dict[str, list[int]] | None]:
    """The mixture of a `fit`, resized to its k: the heaviest are split, or the nearest that are not pinned merged."""
    head, arrays = message.head, message.arrays
    family, k = head["covariance_type"], head["k"]
    mixture = exact if exact is not None and exact.covariance_type == family else mixture_of(arrays, family)
    pins = np.array(arrays.get("pins", np.zeros(mixture.n_components, np.uint8)))
    if k != mixture.n_components:
        mixture, pins = resized(mixture, pins, k)
        if mixture.covariance_type != family:
            mixture = in_family(mixture, family)
    if names is not None and mixture.names is None:
        mixture = Mixture.trusted(
            mixture.weights, mixture.means, mixture.covariances, mixture.covariance_type, names=names
        )
    fixed = {part: np.flatnonzero(pins & bit).tolist() for part, bit in PINS.items()}
    fixed = {part: places for part, places in fixed.items() if places}
    return mixture, fixed or None


def mixture_of(arrays: Any, family: str = "full", names: Any = None) -> Mixture:
    """The mixture of weights, means and factors as the page has them. Raises InputError for what is none."""
    factors = np.tril(np.asarray(arrays["factors"], np.float64))
    with np.errstate(over="ignore", invalid="ignore"):
        covariances = factors @ factors.swapaxes(1, 2)
    if not np.isfinite(covariances).all():
        raise InputError("The covariances are too large: make the components smaller.")
    return in_family(Mixture(arrays["weights"], arrays["means"], covariances, "full", names=names), family)


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
    while mixture.n_components < k:
        free = np.flatnonzero(pins == 0)
        among = free if len(free) else np.arange(mixture.n_components)
        heaviest = int(among[mixture.weights[among].argmax()])
        mixture, pins = mixture.split(heaviest), np.append(pins, np.uint8(0))
        pins[heaviest] = 0
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
