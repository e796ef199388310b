"""Where EM begins: a first mixture from the points.

Every start but `random` cuts the points into parts and takes each part's weight, mean and covariance. More than a
hundred points a component make no better start, so larger tables are represented by a random sample; that of the
hierarchical start, whose cost is square, has two thousand.

What is near depends on the units of the columns, so the parts are cut from columns in units of their own spread: a
start in metres is the start in feet. Spherical covariances alone see the columns as they are, since the family itself
says that all have one unit.

Where values are missing, one Gaussian is fitted to all points first, and a row's gaps are drawn from it, given the
rest of the row. (Filled by what it expects, parts are too thin: tried on 30 tables, that was more often the worse.)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, get_args

import numpy as np

from ..arrays import Array, Floats, Integers
from ..checks import check_unmasked
from ..engines.base import STEP
from ..errors import InputError, named
from ..kernels import compiling_pays
from ..kernels.threads import single_blas
from ..model.families import CovarianceType, Family, family
from ..model.mixture import Mixture
from ..model.statistics import Statistics
from ..sources.points import Points
from ..sources.source import Source, bounds
from .hierarchy import POINTS, Hierarchy
from .kmeans import BESIDE, PASS, lloyd, nearest, seed
from .maximise import lost
from .moments import filled
from .objective import Objective
from .regular import Parts
from .settings import StartName

Generator = np.random.Generator
Start = StartName | Hierarchy | Mixture | Array | Callable[[Points, int, Generator], Any]

PER_COMPONENT, PER_COORDINATE = 100, 20  # points that the start looks at: a component, and a coordinate of it
AT_LEAST = 10_000
ROUNDS = 10  # of Lloyd's: EM begins there, and more of them lead to no likelier mixtures
TAIL = 0.01  # of the weight, on either side of a column: what does not count for its spread
LEAST = 1e-12  # of the spread of all: a bulk within less is constant
BLOCK = 2**20  # numbers sorted at a time
PIECE = 2**15  # numbers of a part at a time, which stay in the cache of a core
ALONE = 5_000  # rows times squared coordinates of a part from which it is summed on its own
PLAIN = Objective(1e-6)


@single_blas()
def begin(
    source: Source,
    k: int,
    how: Start,
    *,
    covariance_type: CovarianceType = "full",
    objective: Objective = PLAIN,
    rng: Generator,
    scaled: bool = True,
    n_threads: int | None = None,
) -> Mixture:
    """The mixture of k components that EM starts from.

    how: "kmeans" (k-means++ seeds, Lloyd's iterations), "kmeans++" (the seeds alone), "random_from_data" (k distinct
    points as seeds), "partition" (recursive equal splits along the widest coordinate), "hierarchical" (see
    `hierarchy`), "random" (random responsibilities, nearly k copies of one Gaussian); a Mixture; responsibilities
    (n, k); or a callable (points, k, rng) that returns one of these. A Hierarchy, where several starts share it.
    objective: whose M-step makes the mixture of the parts.
    scaled: whether the parts of a start by name are cut in units of the columns' spread, where the family has units.
    n_threads: at most, None for all; the start is the same for any number.
    Raises InputError when the start does not fit the points.
    """
    if isinstance(how, str) and how == "hierarchical":
        how = hierarchy(source, rng, n_threads)
    if isinstance(how, Hierarchy):
        return from_labels(how.points, how.labels(k), k, covariance_type, objective)
    if not isinstance(how, (str, Mixture)):
        if not isinstance(source, Points):
            what = "a function" if callable(how) else f"a {type(how).__name__}"
            raise InputError(
                f"{named('start')} is {what}, which needs all points in memory, but x is read in blocks: give the name "
                f"of a start, or a Mixture, such as that of a fit to some of the points."
            )
        how = how(source, k, rng) if callable(how) else how
        if not isinstance(how, (str, Mixture)):
            shares = _shares(how, source, k)
            points = filled(source, rng, n_threads) if source.incomplete else source
            return from_responsibilities(points, shares, covariance_type, objective)
    if isinstance(how, Mixture):
        return checked(how, source.survey().d, source.names, k, covariance_type)
    if how not in get_args(StartName):
        raise InputError(f"{named('start')} is {how!r}: choose {', '.join(get_args(StartName))}, or give a Mixture.")
    seen = sample(source, enough(k, source.survey().d), rng)
    if seen.incomplete:
        seen = filled(seen, rng, n_threads)
    if how == "random":
        rows = sample(seen, max(2 * k, 2**24 // k), rng)  # bounds the memory of the responsibilities
        shares = rng.uniform(size=(rows.n, k))
        return from_responsibilities(rows, shares / shares.sum(axis=1, keepdims=True), covariance_type, objective)
    survey, kind = source.survey(), family(covariance_type)
    least = BESIDE if compiling_pays(survey.n, k, survey.d, kind.triangular, STEP) else PASS
    labels = _labels(in_own_units(seen, covariance_type) if scaled else seen, k, how, rng, least, n_threads)
    return from_labels(seen, labels, k, covariance_type, objective)


def hierarchy(source: Source, rng: Generator, n_threads: int | None = None) -> Hierarchy:
    """The tree of some of the points."""
    seen = sample(source, POINTS, rng)
    return Hierarchy.of(filled(seen, rng, n_threads) if seen.incomplete else seen)


def in_own_units(points: Points, covariance_type: CovarianceType) -> Points:
    """The points about their middle, each column in units of its spread; as they are, if all have one unit.

    Either the points say so, or the family does, which such units would leave.
    """
    if points.one_unit:
        return points
    kind, units = family(covariance_type), spreads(points)
    if kind.rescaled(units) is not kind:
        return points
    low, high = points.survey().low, points.survey().high
    x = ((points.x - (low + 0.5 * (high - low))) / units).astype(points.dtype)
    return replace(points, x=x)


def spreads(points: Points) -> Array:
    """(d,) the standard deviation of each column, whose outermost hundredths count as the nearest of the others.

    So it is the spread of the bulk, whatever a few wild values are. Where the bulk is constant, it is that of all; of a
    constant column it is 1.
    """
    out = np.empty(points.d)
    step = max(1, BLOCK // points.n)
    for first in range(0, points.d, step):
        columns = points.x.T[first : first + step].astype(np.float64, order="C")
        low, high = _tails(columns, points.weight)
        every, bulk = _deviation(columns, points.weight), _deviation(columns.clip(low, high), points.weight)
        found = np.where(bulk > LEAST * every, bulk, every)
        out[first : first + step] = np.where(found > 0, found, 1.0)
    return out


def _tails(columns: Array, weight: Floats | None) -> tuple[Array, Array]:
    """(d, 1) each: the numbers of columns (d, n) between which all but TAIL of the weight lies, on either side."""
    n = columns.shape[1]
    if weight is None:
        first, last = int(TAIL * n), math.ceil((1.0 - TAIL) * n) - 1
        found = np.sort(columns, axis=1)  # faster than to look for two
        return found[:, first, None], found[:, last, None]
    order = np.argsort(columns, axis=1, kind="stable")
    reach = np.cumsum(weight[order], axis=1, dtype=np.float64) / weight.sum(dtype=np.float64)
    ends = (reach > TAIL).argmax(axis=1), (reach >= 1.0 - TAIL).argmax(axis=1)
    low, high = (np.take_along_axis(columns, np.take_along_axis(order, end[:, None], 1), 1) for end in ends)
    return low, high


def _deviation(columns: Array, weight: Floats | None) -> Array:
    """(d,) the standard deviations of columns (d, n); tiny and huge ones too."""
    low = columns.min(axis=1, keepdims=True)
    width = columns.max(axis=1, keepdims=True) - low
    away = columns - low
    away /= np.where(width > 0, width, 1.0)
    away -= np.average(away, axis=1, weights=weight, keepdims=True)
    return np.asarray(width[:, 0] * np.sqrt(np.average(away * away, axis=1, weights=weight)))


def enough(k: int, d: int) -> int:
    """How many points the start of k components in d coordinates looks at."""
    return max(PER_COMPONENT * k, PER_COORDINATE * d * k, AT_LEAST)


def sample(source: Source, at_most: int, rng: Generator) -> Points:
    """The points that have weight, if they are that few; else that many of them, in their old order.

    Points with weights are drawn by these, at even steps of their sum, and count once each time.
    """
    survey = source.survey()
    if survey.support <= at_most:
        return source.take(None)
    if not survey.weighted:
        chosen = np.zeros(survey.n, bool)
        chosen[rng.choice(survey.n, at_most, replace=False, shuffle=False)] = True
        return source.take(np.flatnonzero(chosen))
    steps = np.asarray((np.arange(at_most) + rng.random()) * (survey.total / at_most), np.float64)
    drawn = source.take(source.locate(steps))
    return replace(drawn, weight=None)


def _labels(points: Points, k: int, how: str, rng: Generator, least: float, n_threads: int | None) -> Integers:
    """(n,) parts of the points. least: as for `seed`."""
    match how:
        case "kmeans":
            few = sample(points, max(PER_COMPONENT * k, AT_LEAST), rng)
            centres, labels = lloyd(few, seed(few, k, rng, least, n_threads), ROUNDS, least, n_threads)
            return labels if few is points else nearest(points.x, centres, least, n_threads)
        case "kmeans++":
            return nearest(points.x, seed(points, k, rng, least, n_threads), least, n_threads)
        case "random_from_data":
            chosen = rng.choice(points.n, k, replace=False)
            return nearest(points.x, points.x[chosen].astype(np.float64), least, n_threads)
        case _:
            return partition(points, k)


def partition(points: Points, k: int) -> Integers:
    """(n,) parts 0..k-1 of equal weight but for one point, by recursive splits along the widest coordinate."""
    labels = np.zeros(points.n, np.intp)
    stack = [(np.arange(points.n), 0, k)]
    while stack:
        rows, first, count = stack.pop()
        if count == 1:
            labels[rows] = first
            continue
        left = count // 2
        here = points.x.take(rows, axis=0)
        column = here[:, np.ptp(bounds(here), axis=0).argmax()]
        rows = rows[np.argsort(column, kind="stable")]
        mass = np.arange(1, len(rows) + 1) if points.weight is None else np.cumsum(points.weight[rows], dtype=float)
        cut = int(np.searchsorted(mass, mass[-1] * left / count, side="right"))
        cut = min(max(cut, left), len(rows) - (count - left))  # each part has a point at least
        stack += [(rows[:cut], first, left), (rows[cut:], first + left, count - left)]
    return labels


def from_labels(
    points: Points,
    labels: Integers,
    k: int,
    covariance_type: CovarianceType,
    objective: Objective,
) -> Mixture:
    """The mixture whose components are the parts 0..k-1 of the points."""
    weight = points.counts
    short = labels.astype(np.uint16) if k <= np.iinfo(np.uint16).max else labels  # which are sorted digit by digit
    order = np.argsort(short, kind="stable")
    edges = np.concatenate([[0], np.cumsum(np.bincount(labels, minlength=k))])
    if points.n * points.d**2 <= ALONE * k:
        return _mixture(points, *_sums(points, order, edges, family(covariance_type)), covariance_type, objective)
    groups = (order[first:last] for first, last in itertools.pairwise(edges))
    return _from_parts(points, k, ((rows, weight[rows]) for rows in groups), covariance_type, objective)


def from_responsibilities(
    points: Points, shares: Array, covariance_type: CovarianceType, objective: Objective
) -> Mixture:
    """The mixture of which `shares` (n, k) are the responsibilities."""
    weight = points.counts
    parts = ((slice(None), weight * share) for share in shares.T)
    return _from_parts(points, shares.shape[1], parts, covariance_type, objective)


def _from_parts(
    points: Points,
    k: int,
    parts: Iterable[tuple[Any, Array]],
    covariance_type: CovarianceType,
    objective: Objective,
) -> Mixture:
    """The mixture of k components that are given as rows of the points and their weights."""
    x, kind, size = points.x, family(covariance_type), max(1, PIECE // points.d)
    mass, means = np.zeros(k), np.repeat(_mean(points)[None], k, axis=0)
    second, room = np.zeros(kind.shape(k, points.d)), np.empty((min(size, points.n), points.d))

    def away(rows: Any, cut: slice, centre: Array) -> Array:
        some = x[cut] if isinstance(rows, slice) else x.take(rows[cut], axis=0)
        return np.subtract(some, centre, out=room[: len(some)])

    for component, (rows, weight) in enumerate(parts):
        mass[component] = weight.sum()
        if mass[component] <= 0:
            continue
        cuts = [slice(start, start + size) for start in range(0, len(weight), size)]
        centre, even = means[component], bool((weight == 1.0).all())
        centre += sum(weight[cut] @ away(rows, cut, centre) for cut in cuts) / mass[component]
        for cut in cuts:
            some = away(rows, cut, centre)
            if kind.triangular:
                if not even:
                    some *= np.sqrt(weight[cut])[:, None]
                moments = kind.reduced((some.T @ some)[None])
            else:
                moments = kind.summed((weight[cut] @ np.square(some, out=some))[None])
            second[... if kind.shared else [component]] += moments
    return _mixture(points, mass, means, second, covariance_type, objective)


def _sums(points: Points, order: Integers, edges: Integers, kind: Family) -> tuple[Array, Array, Array]:
    """Mass, means and second moments of many small parts: rows `order` of the points, cut at `edges`."""
    k, d = len(edges) - 1, points.d
    weight, x = points.counts[order], points.x.T[:, order].astype(np.float64)  # (n,), (d, n)
    centre = x @ weight / weight.sum()
    x -= centre[:, None]
    some = np.flatnonzero(edges[1:] > edges[:-1])
    cuts, part = edges[some], np.repeat(np.arange(len(some)), np.diff(edges)[some])

    def added(values: Array) -> Array:
        return np.add.reduceat(values, cuts, axis=-1)

    mass, means = np.zeros(k), np.repeat(centre[None], k, axis=0)
    heavy = added(weight)
    mean = added(weight * x) / np.where(heavy > 0, heavy, 1.0)
    mass[some] = heavy
    means[some] += mean.T
    x -= mean[:, part]
    form = np.zeros((k, d, d) if kind.triangular else (k, d))
    for i, column in enumerate(x):
        away = weight * column
        if kind.triangular:
            form[some, i, : i + 1] = form[some, : i + 1, i] = added(away * x[: i + 1]).T
        else:
            form[some, i] = added(away * column)
    return mass, means, kind.reduced(form) if kind.triangular else kind.summed(form)


def _mixture(
    points: Points, mass: Array, means: Array, second: Array, covariance_type: CovarianceType, objective: Objective
) -> Mixture:
    """The mixture of parts with these sums, about their means."""
    statistics = Statistics(mass, np.zeros_like(means), second, 0.0, float(mass.sum()))
    found: Mixture = objective.maximise(
        statistics, _anchor(points, means, covariance_type, wide=len(lost(statistics)) > 0)
    )
    objective.check_width(found)
    return found


def _mean(points: Points) -> Array:
    return np.asarray(np.average(points.x, axis=0, weights=points.weight), np.float64)


def _anchor(points: Points, means: Array, covariance_type: CovarianceType, *, wide: bool) -> Parts:
    """What an M-step takes for the mixture that moments are about, at `means`.

    If it shall be `wide`, as wide as all points: what a part without points falls back to.
    """
    variances = np.ones(points.d)
    if wide:
        found = np.average((points.x - _mean(points)) ** 2, axis=0, weights=points.weight)
        variances = np.where(found > 0, found, 1.0)
    covariances = family(covariance_type).upright(variances, len(means))
    weights = np.full(len(means), 1.0 / len(means))
    return Parts(weights, means, covariances, family(covariance_type).name, points.names)


def checked(
    mixture: Mixture, d: int, names: tuple[str, ...] | None, k: int, covariance_type: CovarianceType
) -> Mixture:
    """The mixture as a start for points in d coordinates of these names, which it takes by name."""
    if mixture.means.shape != (k, d):
        raise InputError(
            f"{named('start')} has {mixture.n_components} components in {mixture.n_coordinates} coordinates, "
            f"expected {k} in {d}."
        )
    if mixture.covariance_type != covariance_type:
        raise InputError(
            f"{named('start')} has {mixture.covariance_type} covariances, {named('covariance_type')} is "
            f"{covariance_type!r}: make them agree."
        )
    if names is None or mixture.names is None or names == mixture.names:
        return mixture
    if sorted(names) != sorted(mixture.names):
        raise InputError(
            f"{named('start')} has the coordinates {', '.join(mixture.names)}, x the columns {', '.join(names)}: they "
            f"must have the same names."
        )
    return mixture.marginal(names)


def _shares(given: Any, points: Points, k: int) -> Array:
    """Responsibilities as (n, k) numbers >= 0 whose rows sum to one."""
    start, remedy = named("start"), "give a name, a Mixture, responsibilities (n, k) or a callable."
    check_unmasked(given, start)
    try:
        shares = np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{start} is a {type(given).__name__}: {remedy}") from None
    if not shares.ndim:
        raise InputError(f"{start} is {given!r}: {remedy}")
    if shares.shape != (points.n, k):
        raise InputError(f"{start} has shape {shares.shape}, responsibilities of {k} components are ({points.n}, {k}).")
    totals = shares.sum(axis=1)
    wrong = np.flatnonzero(~((shares >= 0).all(axis=1) & (np.abs(totals - 1.0) < 1e-6)))
    if wrong.size:
        row = int(wrong[0])
        raise InputError(f"{start}[{row}] sums to {totals[row]:g}: responsibilities are >= 0 and sum to 1 in each row.")
    return shares
