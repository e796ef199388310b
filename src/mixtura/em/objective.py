"""EM's objective and constraints: what a plain fit, one with fixed parts and one with a prior do differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ..arrays import Array, Integers
from ..model.families import CovarianceType
from ..model.mixture import Mixture
from ..model.statistics import Statistics
from .fixed import Fixed
from .maximise import lost, maximise, raise_to_floor, split_heaviest
from .prior import Prior
from .regular import advice, check_spread

State = Any
"""What a fit improves: a Mixture, or for another kind of objective what it has in its place, such as a Posterior."""


@dataclass(frozen=True, eq=False)
class Objective:
    """The log likelihood, or with a prior the log posterior, among the mixtures that are allowed.

    reg_covar: the least variance. fixed: what stays as it is. prior: what is known beforehand.
    rescues: whether other steps than that of `maximise` may be tried: lost components revived, variances held.
    falls: whether a step that lowers the value is taken all the same.
    """

    rescues: ClassVar[bool] = True
    falls: ClassVar[bool] = False

    reg_covar: float = 0.0
    fixed: Fixed | None = None
    prior: Prior | None = None

    def foreseen(self, mixture: State, statistics: Statistics) -> State | None:
        """The M-step's result, where the value is of that."""
        return None

    def value(self, mixture: State, statistics: Statistics, after: State | None = None) -> float:
        """What never falls, per unit of weight: the log likelihood, and the log prior where there is one.

        after: what is `foreseen`, if it is at hand.
        """
        likelihood = statistics.mean_log_likelihood
        return likelihood if self.prior is None else likelihood + self.prior.log_density(mixture) / statistics.total

    def maximise(self, statistics: Statistics, mixture: State, *, floored: bool = False) -> State:
        """The M-step: the best of the allowed mixtures, given the responsibilities that `mixture` gave."""
        return maximise(
            statistics, mixture, reg_covar=self.reg_covar, floored=floored, fixed=self.fixed, prior=self.prior
        )

    def allowed(self, proposed: State, now: State) -> State:
        """The nearest to `proposed` that is allowed: variances at the floor, and what is fixed as it is `now`."""
        raised = raise_to_floor(proposed, self.reg_covar)
        return raised if self.fixed is None else self.fixed.held(raised, now)

    @property
    def free(self) -> bool:
        """Whether nothing but the points gives the components their width."""
        return self.reg_covar == 0 and self.prior is None

    def check_width(self, state: State) -> None:
        """Raise FitError where the points of a component have one value in a column, and nothing else gives it a width.

        A step may lead there, and the likelihood be finite still; but no climb begins there or continues from it.
        """
        if self.free:
            made = state.weights > 0
            if self.fixed is not None:
                made &= ~self.fixed.covariances
            check_spread(state, advice=advice(state.n_components), made=made)

    def lost(self, statistics: Statistics) -> Integers:
        """The components that have no points left."""
        return lost(statistics)

    def revived(self, mixture: State, count: int) -> State:
        """The first `count` dormant components with half of the heaviest ones each."""
        return split_heaviest(mixture, count)

    # A mixture may hold more than the components that were asked for: see `background.WithBackground`

    def form(self, k: int, covariance_type: CovarianceType) -> tuple[int, CovarianceType]:
        """How many Gaussians the states of a fit of k components have, and of which family."""
        return k, covariance_type

    def begun(self, first: Mixture, like: Mixture | None = None) -> State:
        """The state that a fit begins from, given a first mixture of the components, and a smaller one that is near."""
        return first

    def components(self, mixture: Mixture) -> Mixture:
        """The mixture of the components alone."""
        return mixture

    def background(self, mixture: Mixture) -> int | None:
        """Which Gaussian is a background; None where there is none."""
        return None

    def n_parameters(self, mixture: Mixture) -> int:
        """How many numbers of a mixture that was fitted so were free."""
        return mixture.n_parameters

    def notes(self, mixture: Mixture) -> dict[str, Any]:
        """What a model file of the mixture notes, so that it can be told from another."""
        return {}

    @property
    def noise(self) -> Any:
        """What tells a background from others; None where there is none."""
        return None

    def attained(self, mixture: State, statistics: Statistics) -> State:
        """The mixture that has the value of these two: `mixture`, unless the objective looks one step ahead."""
        return mixture

    def shown(self, state: State) -> Mixture:
        """The mixture that is told of: the state itself, where it is one."""
        mixture: Mixture = state
        return mixture

    def arrays(self, state: State) -> dict[str, Array]:
        """What a state is beside the mixture that is shown, to be kept in a checkpoint."""
        return {}

    def restored(self, mixture: Mixture, arrays: Mapping[str, Array]) -> State:
        """The state that was shown as this mixture and had these arrays."""
        return mixture

    @property
    def believed(self) -> Any:
        """What is believed before the points are seen, which a fit that resumes must share."""
        return self.prior
