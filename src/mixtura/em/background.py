"""Data with noise: a mixture whose last component is a background, broad as the data, so that outliers have a home.

The background is a Gaussian with the mean and the variances of points that are spread evenly over the box of the data:
its middle, and width^2 / 12 in each coordinate. Both are held, and its weight is estimated, or held too. So

    p(x) = (1 - share) p(x | components) + share N(x; background),

and the M-step is that of the components, given their part of the responsibilities. The components are of their family;
the background need not be, since a component that shares its covariance with others could not be broad. So the mixture
as a whole is of the family in which each has its own.

Source: Banfield and Raftery 1993, "Model-based Gaussian and non-Gaussian clustering", Biometrics 49, whose noise has an
even density.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array, Integers
from ..checks import is_finite
from ..errors import FitError, InputError, named
from ..model import evaluate
from ..model.families import CovarianceType, family
from ..model.mixture import Mixture
from ..model.statistics import Statistics
from ..sources.points import Points
from ..sources.source import Source, bounds
from .maximise import LOST, lost, split_heaviest
from .objective import Objective

NOISE = -1  # the label of what belongs to no component, as in scikit-learn's HDBSCAN
FIRST = 0.05  # the share of the background that is to be estimated, at the start


class Spread(NamedTuple):
    """A background as broad as a box that is given, such as that of more points than are fitted.

    share: True, or what it is held at. low, high: (d,) the ends of the box.
    """

    share: bool | float
    low: Array
    high: Array


Noise = bool | float | Spread | None
"""Whether there is a background: None, True, the share of one, or one whose box is given."""


def checked_noise(noise: Any) -> Any:
    """`noise` as it may be given: None or False, True, or a share. What is checked already stays as it is."""
    if isinstance(noise, Spread):
        return noise
    if noise is None or isinstance(noise, (bool, np.bool_)):
        return bool(noise) or None
    if not is_finite(noise) or not 0 < noise < 1:
        raise InputError(
            f"{named('noise')} is {noise!r}: give True, or the share of the background, a number above 0 and below 1."
        )
    return float(noise)


def unassigned(labels: Integers, background: int | None) -> Integers:
    """The labels, with -1 for the background."""
    return labels if background is None else np.where(labels == background, NOISE, labels)


def predict(
    mixture: Mixture,
    x: Any,
    background: int | None,
    *,
    missing: bool = False,
    noise_covariance: Any = None,
    n_threads: int | None = None,
) -> Any:
    """The component of each row, as `Mixture.predict` answers; -1 for the background."""

    def label(points: Points) -> Integers:
        return unassigned(evaluate.predict(mixture, points.x, n_threads, points.noise), background)

    return mixture._told(x, label, missing, noise=noise_covariance, large=True)


def notes_of(background: int | None, n_parameters: int) -> dict[str, Any]:
    """What a model file tells of a fit with noise, beside its mixture; nothing of others."""
    return {} if background is None else {"background": background, "n_parameters": n_parameters}


def beside_background(k: int, covariance_type: CovarianceType) -> tuple[int, CovarianceType]:
    """How many Gaussians k components and a background are, and of which family."""
    return k + 1, family(covariance_type).uncoupled.name


def components(mixture: Mixture, covariance_type: CovarianceType) -> Mixture:
    """The components of a mixture whose last is a background, as a mixture of their family."""
    kind, inside = family(covariance_type), mixture.weights[:-1]
    total = inside.sum()
    weights = inside / total if total > 0 else np.full(len(inside), 1.0 / len(inside))
    spreads = kind.unstack(mixture.covariances[:-1]).copy()
    return Mixture.trusted(weights, mixture.means[:-1].copy(), spreads, kind.name, names=mixture.names)


@dataclass(frozen=True, eq=False)
class WithBackground(Objective):
    """The objective of a mixture whose last component is a background.

    covariance_type: of the components. mean, variances: (d,) of the background. share: its weight, where that is held.
    given: whether it is as broad as a box that is not that of the points.
    """

    covariance_type: CovarianceType = field(kw_only=True)
    mean: Array = field(kw_only=True)
    variances: Array = field(kw_only=True)
    share: float | None = field(kw_only=True)
    given: bool = field(default=False, kw_only=True)

    @property
    def inner(self) -> Objective:
        """That of the components alone."""
        return Objective(self.reg_covar, self.fixed, self.prior)

    def form(self, k: int, covariance_type: CovarianceType) -> tuple[int, CovarianceType]:
        """One more than there are components, each with a covariance of its own."""
        return beside_background(k, covariance_type)

    def begun(self, first: Mixture, like: Mixture | None = None) -> Mixture:
        """The components with their background, whose weight is that which it has in `like`."""
        kind = family(self.covariance_type).uncoupled
        spread = kind.stack(kind.upright(self.variances, 1))
        share = self.share or (FIRST if like is None else float(like.weights[-1]))
        return self._joined(first, self.mean[None], spread, share)

    def components(self, mixture: Mixture) -> Mixture:
        """The components without their background."""
        return components(mixture, self.covariance_type)

    def _joined(self, components: Mixture, mean: Array, spread: Array, share: float) -> Mixture:
        """The components and a background of mean (1, d), covariance (1, ...) and weight `share`."""
        own = components.family.separate(components.covariances, components.n_components)
        return Mixture.trusted(
            np.append((1.0 - share) * components.weights, share),
            np.concatenate([components.means, mean]),
            np.concatenate([own, spread]),
            components.family.uncoupled.name,
            names=components.names,
        )

    def _beside(self, components: Mixture, now: Mixture, share: float) -> Mixture:
        """The components and the background that is there `now`."""
        return self._joined(components, now.means[-1:], now.covariances[-1:], share)

    def _own(self, found: Statistics) -> Statistics:
        """The statistics of the components."""
        mass, second = found.mass[:-1], family(self.covariance_type).total(found.second[:-1])
        return Statistics(mass, found.first[:-1], second, found.log_likelihood, found.total - float(found.mass[-1]))

    def value(self, mixture: Mixture, statistics: Statistics, after: Mixture | None = None) -> float:
        """The log likelihood, and the log prior of the components where there is one."""
        return self.inner.value(self.components(mixture), statistics)

    def maximise(self, statistics: Statistics, mixture: Mixture, *, floored: bool = False) -> Mixture:
        """The M-step: of the components, and of the share of the background."""
        if not statistics.mass[:-1].sum() > LOST * statistics.total:
            raise FitError(
                f"the background takes all points, and none is left to a component: lower {named('noise')}, or leave "
                f"it out."
            )
        found = self.inner.maximise(self._own(statistics), self.components(mixture), floored=floored)
        share = self.share
        if share is None:
            gone = len(statistics.mass) - 1 in lost(statistics)
            share = 0.0 if gone else float(statistics.mass[-1] / statistics.mass.sum())
        return self._beside(found, mixture, share)

    def allowed(self, proposed: Mixture, now: Mixture) -> Mixture:
        """The nearest to `proposed` whose components are of the family, and whose background is that of `now`."""
        kind, before, after = family(self.covariance_type), self.components(now), self.components(proposed)
        if kind.restricted:
            spreads = kind.m_step(after.covariances, np.ones(len(after.weights)), before.covariances)
            after = Mixture.trusted(after.weights, after.means, spreads, kind.name, names=after.names)
        share = float(proposed.weights[-1]) if self.share is None else self.share
        return self._beside(self.inner.allowed(after, before), now, share)

    def check_width(self, state: Mixture) -> None:
        """Raise FitError where the points of a component have one value in a column."""
        self.inner.check_width(self.components(state))

    def lost(self, statistics: Statistics) -> Integers:
        """The components that have no points left; a background without any is no loss."""
        gone = lost(statistics)
        return gone[gone < len(statistics.mass) - 1]

    def revived(self, mixture: Mixture, count: int) -> Mixture:
        """The first `count` dormant components with half of the heaviest ones each."""
        return self._beside(split_heaviest(self.components(mixture), count), mixture, float(mixture.weights[-1]))

    def background(self, mixture: Mixture) -> int:
        """The last."""
        return mixture.n_components - 1

    def n_parameters(self, mixture: Mixture) -> int:
        """Those of the components, and the share of the background, if that is estimated: its breadth is given."""
        k, d = mixture.n_components - 1, mixture.n_coordinates
        kind = family(self.covariance_type)
        return int(k - 1 + k * d + kind.n_parameters(k, d) + (self.share is None))

    def notes(self, mixture: Mixture) -> dict[str, Any]:
        """Which is the background, and the number of parameters."""
        return notes_of(self.background(mixture), self.n_parameters(mixture))

    @property
    def noise(self) -> Any:
        """The share of the background, or True where it is estimated; and its breadth, where the points do not tell."""
        share = True if self.share is None else self.share
        return [share, *self.mean.tolist(), *self.variances.tolist()] if self.given else share


def with_noise(noise: Noise, source: Source, covariance_type: CovarianceType, inner: Objective) -> Objective:
    """The objective for points with noise, see `checked_noise`; `inner` itself where there is none."""
    if noise is None:
        return inner
    if inner.fixed is not None and inner.fixed.weights.any():
        raise InputError(
            f"{named('fixed')} holds weights, and {named('noise')} takes its share of them: fix means and covariances "
            f"alone, or give the background as a component of {named('start')} and fix that."
        )
    share, low, high = noise if isinstance(noise, Spread) else (noise, *box(source))
    variances = np.square(high - low) / 12.0
    least = inner.reg_covar if inner.reg_covar > 0 else 1.0
    variances = np.where(variances > 0, np.maximum(variances, inner.reg_covar), least)
    return WithBackground(
        inner.reg_covar,
        inner.fixed,
        inner.prior,
        covariance_type=family(covariance_type).name,
        mean=low + 0.5 * (high - low),
        variances=variances,
        share=None if share is True else share,
        given=isinstance(noise, Spread),
    )


def box(source: Source) -> tuple[Array, Array]:
    """(d,) the least and the largest of each coordinate among points that have weight: a pass, if some have none."""
    survey = source.survey()
    if survey.support == survey.n:
        return survey.low, survey.high
    sides = [bounds(block.x[block.counts > 0]) for block in source.blocks()]
    return np.fmin.reduce([low for low, _ in sides]), np.fmax.reduce([high for _, high in sides])
