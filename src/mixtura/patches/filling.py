"""Missing pixels from the known ones around them: conditional means of patches, from coarse to fine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Bools, Integers, Singles
from ..checks import check_unmasked
from ..errors import InputError, named
from ..kernels import patches as kernels
from ..model.factors import FactorMixture
from .passes import Noisy, averaged
from .planes import Planes, check_step, nearest_known, padded
from .prior import PatchMixture, standard

EFFORTS = {"fast": 3, "normal": 2, "best": 1}
"""Pixels between two patches, by what it is called."""
PASSES = (20.0, 8.0, 4.0)
"""How far the picture is taken to be off where components are chosen, in steps of 255, from pass to pass."""
KNOWN = 1.0
"""Variance of known pixels: rounding, and a little grain."""
OFF = 30.0
"""What the mean of a patch may be off, in steps of 255."""
WEAK = 0.0


@dataclass(frozen=True, eq=False)
class Partial:
    """A mixture of patches of which some pixels are known."""

    noisy: Noisy
    factors: Singles
    precisions: Singles
    tails: Singles

    @classmethod
    def of(cls, mixture: FactorMixture, variance: float) -> Partial:
        """Prepare. variance: by which the picture is off where components are chosen."""
        noisy = Noisy.of(mixture, variance)
        k, r, p = noisy.axes.shape
        variances, tails = mixture.variances[noisy.order], mixture.tails[noisy.order]
        flat = np.full((k, 1, p), p**-0.5, np.float32)
        factors = np.concatenate([noisy.axes, flat], axis=1).swapaxes(1, 2)
        more = np.maximum(variances - tails[:, None], 1e-3 * tails[:, None])
        spread = np.concatenate([more, np.full((k, 1), p * OFF**2)], axis=1)
        return cls(noisy, np.ascontiguousarray(factors), (1 / spread).astype(np.float32), tails.astype(np.float32))

    def completing(self, trust: Singles, side: int) -> Callable[..., None]:
        """What `averaged` replaces patches by, where a pixel is missing."""

        def replace(rows: Singles, means: Singles, energies: Singles, tops: Integers, lefts: Integers) -> None:
            own = np.empty_like(rows)
            kernels.marks(trust, tops, lefts, side, own)
            missing = np.flatnonzero(own.min(axis=1) < 1)
            part, mean = rows[missing], means[missing]
            labels = self.noisy.labels(part, energies[missing])
            kernels.complete(
                part, mean, labels, np.maximum(own[missing], np.float32(WEAK)), self.factors, self.precisions,
                self.tails, np.float32(KNOWN),
            )  # fmt: skip
            rows += means[:, None]
            rows[missing] = part

        return replace
