"""Where a fit with a background begins: outliers are left out of the points that make the components.

A few points far from all others draw centres of k-means to them. So a start by name is made several times: of all
points it looks at, and without those that have the fewest neighbours, some or more of them. Each climbs a few steps on
these points, now with a background, and the likeliest is taken.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..arrays import Array
from ..engines.choose import choose_engine, released
from ..errors import FitError, InputError
from ..model.mixture import Mixture
from ..sources.points import Points
from ..sources.source import Source
from .background import Noise, Spread, WithBackground
from .loop import climb
from .moments import filled
from .settings import Settings
from .start import Generator, Start, begin, checked, enough, in_own_units, sample

LEFT_OUT = (0.0, 0.1, 0.3)  # shares of the points
NEIGHBOURS = 8  # of a point, itself among them
AMONG = 2000  # points, of which a point's neighbours are sought
GLANCE = 10  # steps of the climbs that are compared


def noisy(
    source: Source,
    k: int,
    start: Start,
    *,
    objective: WithBackground,
    rng: Generator,
    n_threads: int | None = None,
) -> Mixture:
    """The mixture of k components and a background that EM starts from. start: as for `begin`; or with the background.

    A Mixture of k + 1 components is one whose last is the background, of the family in which each has its own.
    n_threads: at most, None for all.
    """
    kind, inner = objective.covariance_type, objective.inner

    def make(points: Source) -> Mixture:
        return begin(points, k, start, covariance_type=kind, objective=inner, rng=rng, n_threads=n_threads)

    if isinstance(start, Mixture) and start.n_components == k + 1:
        survey = source.survey()
        return checked(start, survey.d, source.names, *objective.form(k, kind))
    if not isinstance(start, str):
        return objective.begun(make(source))
    return likeliest(looked_at(source, k, rng, n_threads), k, make, objective=objective, rng=rng, n_threads=n_threads)


def looked_at(source: Source, k: int, rng: Generator, n_threads: int | None = None) -> Points:
    """The points that a start of k components looks at, their gaps filled."""
    seen = sample(source, enough(k, source.survey().d), rng)
    return filled(seen, rng, n_threads) if seen.incomplete else seen


def likeliest(
    seen: Points,
    k: int,
    make: Callable[[Points], Mixture],
    *,
    objective: WithBackground,
    rng: Generator,
    n_threads: int | None = None,
) -> Mixture:
    """The most promising of the starts that `make` makes of some points, with a background. They have no gaps."""
    share, kind = objective.share, objective.covariance_type
    apart = separations(in_own_units(seen, kind), rng)
    order = np.argsort(apart, kind="stable")
    reach = np.cumsum(seen.counts[order]) / seen.counts.sum()
    brief = Settings(kind, tol=0.0, max_iter=GLANCE, reg_covar=objective.reg_covar)
    best, score, failure = None, -np.inf, None
    engine = choose_engine(seen, *objective.form(k, kind), "blas", n_threads)
    with released(engine):
        for out in LEFT_OUT if share is None else (0.0, share, min(2.0 * share, 0.5 + 0.5 * share)):
            kept = np.sort(order[reach <= 1.0 - out]) if out else np.arange(seen.n)
            if len(kept) < k:
                continue
            try:
                first = objective.begun(make(seen.take(kept)))
                found = climb(engine, first, objective, settings=brief)
            except (FitError, InputError) as error:
                failure = failure or error
                continue
            if best is None or found.log_posteriors[-1] > score:
                best, score = first, found.log_posteriors[-1]
    if best is None:
        raise failure or FitError("there are too few points for a start.")
    return best


def quiet(source: Source, noise: Noise, at_most: int, rng: Generator, n_threads: int | None = None) -> Points:
    """Some of the points, without those that have the fewest neighbours: that share of them, or LEFT_OUT's least."""
    seen = sample(source, at_most, rng)
    seen = filled(seen, rng, n_threads) if seen.incomplete else seen
    share = noise.share if isinstance(noise, Spread) else noise
    out = LEFT_OUT[1] if share is True else float(share or 0.0)
    apart = separations(in_own_units(seen, "full"), rng)
    order = np.argsort(apart, kind="stable")
    reach = np.cumsum(seen.counts[order]) / seen.counts.sum()
    return seen.take(np.sort(order[reach <= 1.0 - out]))


def separations(points: Points, rng: Generator) -> Array:
    """(n,) how far each point is from its nearest neighbours among some of the points."""
    from scipy.spatial import cKDTree

    among = sample(points, AMONG, rng)
    some = np.arange(1, min(NEIGHBOURS, among.n) + 1)
    apart, who = (np.asarray(each) for each in cKDTree(among.x).query(points.x, k=some))
    reach = np.cumsum(among.counts[who], axis=1) >= NEIGHBOURS  # one of weight 2 is two
    last = np.where(reach.any(axis=1), reach.argmax(axis=1), len(some) - 1)
    return np.asarray(np.take_along_axis(apart, last[:, None], 1)[:, 0], np.float64)
