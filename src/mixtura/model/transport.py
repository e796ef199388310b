"""Moving one mixture into another: the Wasserstein distance among plans that are themselves Gaussian mixtures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import Array
from ..errors import MixturaError
from . import pairs

if TYPE_CHECKING:
    from .mixture import Mixture


def wasserstein(p: Mixture, q: Mixture) -> tuple[float, Array]:
    """(distance, plan (k, l)): how much weight of each component goes to each, and the root of what it costs.

    The squared distance of two Gaussians is closed; the plan is the cheapest transport of the weights.
    Source: Delon and Desolneux 2020, proposition 4.
    """
    pairs.check_comparable(p, q)
    cost = pairs.squared_distances(p, q)
    pairs.check_finite(cost)
    plan = np.zeros(cost.shape)
    rows, columns = np.flatnonzero(p.weights), np.flatnonzero(q.weights)
    plan[np.ix_(rows, columns)] = _cheapest(cost[np.ix_(rows, columns)], p.weights[rows], q.weights[columns])
    return float(np.sqrt((plan * cost).sum())), plan


def _cheapest(cost: Array, supply: Array, demand: Array) -> Array:
    """The (k, l) plan with these sums of rows and columns, all > 0, that costs least."""
    from scipy.optimize import linear_sum_assignment, linprog
    from scipy.sparse import eye_array, kron, vstack

    if 1 in cost.shape:
        return supply[:, None] * demand
    k, other = cost.shape
    if k == other and np.ptp(supply) == 0 == np.ptp(demand):  # then some cheapest plan moves whole components
        plan = np.zeros(cost.shape)
        plan[linear_sum_assignment(cost)] = supply[0]
        return plan
    sums: Any = vstack([kron(eye_array(k), np.ones((1, other))), kron(np.ones((1, k)), eye_array(other))]).tocsr()
    # The tolerance of 1e-7 is absolute: units make it small beside every weight, or less than rounding.
    unit = max(min(supply.min(), demand.min()), 1e-9)
    needed = np.flatnonzero(np.arange(k + other) != k + demand.argmax())  # what follows from all others is left out
    totals = np.concatenate([supply, demand])[needed] / unit
    found = linprog(cost.ravel() / (cost.max() or 1.0), A_eq=sums[needed], b_eq=totals, method="highs-ds")
    if found.x is None:
        raise MixturaError(f"no cheapest plan was found ({found.message}): merge components first, with reduce.")
    return np.asarray(np.maximum(found.x, 0.0) * unit).reshape(cost.shape)
