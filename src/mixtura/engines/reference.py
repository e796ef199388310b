"""The E-step in a few lines of NumPy that are obviously right. Every other engine is compared with this one."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from ..model import gaussian
from ..model.gaussian import Gaussians
from ..model.statistics import Statistics
from ..sources.points import Points


class ReferenceEngine:
    """Every pair of a point and a component, in double precision; memory n k d."""

    def __init__(self, points: Points) -> None:
        self.points = points

    def expect(self, mixture: Gaussians) -> Statistics:
        """The statistics of the points under `mixture`."""
        x = self.points.x.astype(np.float64)
        weight = self.points.counts
        joint = gaussian.weighted_log_densities(x, mixture.means, mixture.whitener, mixture.log_scales)  # (n, k)
        log_density = logsumexp(joint, axis=1)  # (n,)
        with np.errstate(invalid="ignore"):  # a point beyond all reach has the log density -inf, and no shares
            resp = np.exp(joint - log_density[:, None]) * weight[:, None]  # (n, k)
        mass = resp.sum(axis=0)
        difference = x[:, None, :] - mixture.means  # (n, k, d)
        first = np.einsum("nk,nkd->kd", resp, difference)
        if mixture.family.triangular:
            second = mixture.family.reduced(np.einsum("nk,nki,nkj->kij", resp, difference, difference, optimize=True))
        else:  # their diagonals alone
            second = mixture.family.summed(np.einsum("nk,nkd->kd", resp, difference**2))
        return Statistics(mass, first, second, float(weight @ log_density), float(weight.sum()))
