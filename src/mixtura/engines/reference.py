"""The E-step in a few lines of NumPy that are obviously right. Every other engine is compared with this one."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from ..kernels.threads import single_blas
from ..model import gaussian
from ..model.gaussian import Gaussians
from ..model.statistics import Statistics, summed
from ..sources.points import Points

ROWS, NUMBERS = 1024, 2**22  # of points at most that are worked at once, and in their differences from means


class ReferenceEngine:
    """Every pair of a point and a component, in double precision, some points at a time."""

    def __init__(self, points: Points) -> None:
        self.points = points

    @single_blas()
    def expect(self, mixture: Gaussians) -> Statistics:
        """The statistics of the points under `mixture`."""
        rows = max(1, min(ROWS, NUMBERS // (mixture.n_components * self.points.d)))
        # One sum over all of them would round what repeats the same way again and again.
        return summed(self._expected(points, mixture) for points in self.points.blocks(rows))

    @staticmethod
    def _expected(points: Points, mixture: Gaussians) -> Statistics:
        x = points.x.astype(np.float64)
        weight = points.counts
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
