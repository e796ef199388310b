"""One covariance for all classes: their mixtures are fitted together, each to its own rows.

The rows with their classes have the likelihood of a mixture of all classes' components in which a row can only belong
to those of its class. So the E-step is done class by class, the statistics stand side by side, and the M-step is that
of a tied mixture: exact maximum likelihood. With one component a class, the first step is linear discriminant analysis.

Source: Hastie and Tibshirani 1996, "Discriminant analysis by Gaussian mixtures", JRSS B 58.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from ..engines.base import Engine
from ..model.gaussian import Gaussians
from ..model.mixture import Mixture
from ..model.statistics import Statistics


@dataclass(frozen=True, eq=False)
class Labelled:
    """An engine over rows whose classes are known. engines: one a class; each has as many components."""

    engines: Sequence[Engine]

    def expect(self, mixture: Gaussians) -> Statistics:
        """The statistics of the rows, each under the components of its class, of a joint mixture."""
        assert isinstance(mixture, Mixture)
        shares = mixture.weights.reshape(len(self.engines), -1).sum(axis=1)
        found = [engine.expect(part) for engine, part in zip(self.engines, apart(mixture, len(shares)), strict=True)]
        return Statistics(
            np.concatenate([each.mass for each in found]),
            np.concatenate([each.first for each in found]),
            np.sum([each.second for each in found], axis=0),
            float(
                sum(each.log_likelihood + each.total * np.log(share) for each, share in zip(found, shares, strict=True))
            ),
            float(sum(each.total for each in found)),
        )


def together(parts: Sequence[Mixture], shares: Array) -> Mixture:
    """The joint mixture of classes that have these shares: their tied covariances become the mean of them."""
    weights = np.concatenate([share * part.weights for part, share in zip(parts, shares, strict=True)])
    covariance = np.einsum("c,cij->ij", shares, np.stack([part.covariances for part in parts]))
    means = np.concatenate([part.means for part in parts])
    return Mixture.trusted(weights, means, covariance, "tied", names=parts[0].names)


def apart(mixture: Mixture, count: int) -> list[Mixture]:
    """The mixtures of the `count` classes in a joint one."""
    return [mixture.subset(components) for components in np.arange(mixture.n_components).reshape(count, -1)]
