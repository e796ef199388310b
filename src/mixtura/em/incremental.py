"""Incremental EM, over rows that come in parts: the mixture stands for the statistics of the rows before.

A mixture that EM made knows the statistics that it was made of: mass weights[k] * W, first moments zero about its
means, second moments mass times covariance. So a stream needs to keep the mixture and the weight W seen, no more.
"""

from __future__ import annotations

import numpy as np

from ..engines.base import Engine
from ..model.mixture import Mixture
from ..model.statistics import Statistics
from .objective import Objective


def remembered(mixture: Mixture, weight: float, *, reg_covar: float = 0.0) -> Statistics:
    """The statistics of which `maximise` would make this mixture, for points of that weight in all.

    weight: > 0, the sum of the weights of the points. reg_covar: what `maximise` adds to the variances.
    Their log likelihood is not known, and is zero here.
    """
    mass, kept = weight * mixture.weights, mixture.family
    second = kept.remembered(kept.widened(mixture.covariances, -reg_covar), mass, mixture.n_coordinates)
    return Statistics(mass, np.zeros_like(mixture.means), second, 0.0, weight)


def absorb(
    engine: Engine, mixture: Mixture, weight: float, *, objective: Objective, step_size: float | None = None
) -> tuple[Mixture, float]:
    """(mixture, log likelihood): after one EM step on the engine's points together with those of before.

    mixture, weight: made of the points of before, of that weight in all. The log likelihood is of the new points
    under `mixture`, per unit of weight. objective: whose M-step it is.
    step_size: 0 < s <= 1, the share of the new points in what is remembered, whatever their weight; None for the share
    that their weight has. Where step sizes shrink more slowly than those shares, earlier points are down-weighted
    exponentially.
    Law: with one component, and without a step size, the result is that of a fit to all points.
    Source: Neal and Hinton 1998, "A view of the EM algorithm that justifies incremental, sparse, and other variants";
    with a step size, Cappe and Moulines 2009, "On-line expectation-maximization algorithm for latent data models".
    """
    statistics, reg_covar = engine.expect(mixture), objective.reg_covar
    if step_size is None:
        total = remembered(mixture, weight, reg_covar=reg_covar) + statistics
    else:
        kept = remembered(mixture, (1.0 - step_size) * statistics.total, reg_covar=reg_covar)
        total = kept + statistics.scaled(step_size)
    found: Mixture = objective.maximise(total, mixture)
    objective.check_width(found)
    return found, statistics.mean_log_likelihood


def decaying(step: int) -> float:
    """(step + 2)^-0.6, the step sizes that Cappe and Moulines found to serve best. step: 0, 1, 2, ..."""
    return float((step + 2.0) ** -0.6)
