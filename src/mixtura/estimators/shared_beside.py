"""One covariance for all classes, and one background beside them: see `shared`.

A row of class c is of that class's components, or of the background, whose share is the same in all classes:

    p(x | c) = (1 - share) p(x | components of c) + share N(x; background).

So a joint state is a mixture of all classes' components and, last, the background.
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
class LabelledBeside:
    """An engine over rows whose classes are known, or that are of none. engines: one a class. shares: theirs."""

    engines: Sequence[Engine]
    shares: Array

    def expect(self, mixture: Gaussians) -> Statistics:
        """The statistics of the rows, each under the components of its class and the background, of a joint mixture."""
        assert isinstance(mixture, Mixture)
        parts = apart(mixture, len(self.shares))
        found = [engine.expect(part) for engine, part in zip(self.engines, parts, strict=True)]

        def joined(name: str) -> Array:
            each = [getattr(one, name) for one in found]
            return np.concatenate([*(one[:-1] for one in each), np.sum([one[-1:] for one in each], axis=0)])

        return Statistics(
            joined("mass"),
            joined("first"),
            joined("second"),
            float(
                sum(
                    each.log_likelihood + each.total * np.log(share)
                    for each, share in zip(found, self.shares, strict=True)
                )
            ),
            float(sum(each.total for each in found)),
        )


def apart(mixture: Mixture, count: int) -> list[Mixture]:
    """The mixtures of the `count` classes in a joint one, each with the background behind its components."""
    last = mixture.n_components - 1
    share = mixture.weights[last]
    parts = []
    for components in np.arange(last).reshape(count, -1):
        rows, weights = np.append(components, last), mixture.weights[components]
        total = weights.sum()
        inside = weights / total if total > 0 else np.full(len(weights), 1.0 / len(weights))
        parts.append(
            Mixture.trusted(
                np.append((1.0 - share) * inside, share),
                mixture.means[rows],
                mixture.covariances[rows],
                mixture.covariance_type,
                names=mixture.names,
            )
        )
    return parts
