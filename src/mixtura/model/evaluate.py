"""A mixture asked about many points: through the pruned kernels where they pay, by products of matrices elsewhere.

Rows without gaps or noise may be asked of any Gaussians, such as the Posterior of a variational fit; others of a
Mixture alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..arrays import Array, Floats, Integers
from ..checks import check_threads
from ..errors import InputError
from ..kernels import MANY, compiling_pays, cut, high_dimension, normalising, products, ruled_out, shared
from ..kernels.threads import single_blas
from ..sources.noise import is_shared
from ..sources.source import bounds
from . import incomplete, uncertain
from .gaussian import Gaussians, arrays
from .incomplete import FAR, FarError
from .uncertain import convolved

if TYPE_CHECKING:
    from ..sources.points import Points
    from .mixture import Mixture

FEW_PAIRS = 200_000  # of rows and components: fewer that miss the same are worked with all others that have gaps
ASKED = 5e8  # pairs times features of a question from which compiled kernels earn back their start
MANY_ROWS = 1000  # in many coordinates from which more is done than to whiten for one component after the other
RULED_OUT, WIDE = 500, 32  # components times coordinates, and coordinates, from which it repays to rule pairs out
FARTHEST = 1e8  # standard deviations: beyond, neighbours in a tile would lose digits to each other
Answer = TypeVar("Answer", Array, Integers)
Asked = Callable[..., Answer]  # of a mixture and rows


def _of_incomplete(
    mixture: Any, x: Floats, noise: Floats | None, n_threads: int | None, whole: Asked[Answer], alone: Asked[Answer]
) -> Answer:
    """The answer of a Mixture for rows with gaps, or noise of their own, in their order.

    Rows without any, and those of which many miss the same, are asked as whole(the marginal of what they have, rows);
    all others as alone(mixture, rows, their noise).
    """
    if noise is not None and is_shared(noise) and len(noise):
        mixture, noise = convolved(mixture, noise[0]), None
        if not _is_incomplete(x):
            return whole(mixture, x, n_threads)
    kinds, which = incomplete.kinds(~np.isnan(x))
    quiet = np.ones(len(x), bool) if noise is None else ~noise.reshape(len(x), -1).any(axis=1)
    pairs = np.bincount(which[quiet], minlength=len(kinds)) * mixture.n_components
    many = (pairs >= FEW_PAIRS) & kinds.any(axis=1) | kinds.all(axis=1)
    rare = ~(many[which] & quiet)
    if rare.all():
        return alone(mixture, x, noise, n_threads)
    found: Answer = alone(mixture, x[rare], None if noise is None else noise[rare], n_threads)
    out = np.empty((len(x), *found.shape[1:]), found.dtype)
    out[rare] = found
    for kind in np.flatnonzero(many):
        rows, axes = np.flatnonzero((which == kind) & quiet), np.flatnonzero(kinds[kind])
        out[rows] = whole(mixture.marginal(axes), np.ascontiguousarray(x[rows[:, None], axes]), n_threads)
    return out


def _is_incomplete(x: Floats) -> bool:
    return bool(len(x)) and bool(np.isnan(x.min()))


def kernels_pay(mixture: Gaussians, x: Floats) -> bool:
    """Whether the points are worth the compiled kernels, and near enough for them: these do not look for overflow."""
    triangular = mixture.family.triangular
    pays = compiling_pays(len(x), mixture.n_components, mixture.n_coordinates, triangular, ASKED)
    return pays and _is_near(mixture, x)


def _is_near(mixture: Gaussians, x: Floats) -> bool:
    """Whether no point is so far out that those in its tile would lose digits."""
    with np.errstate(over="ignore"):
        reach = np.ptp([*bounds(x), mixture.means.max(axis=0), mixture.means.min(axis=0)], axis=0)
        steepest = np.abs(mixture.whitener).max(axis=tuple(range(mixture.whitener.ndim - 1)))  # (d,)
        return bool((reach * steepest).max() < FARTHEST)


@single_blas()
def log_density(mixture: Gaussians, x: Floats, n_threads: int | None = None, noise: Floats | None = None) -> Array:
    """(n,) ln p(x), for checked rows; of what is observed, where they hold NaN."""
    check_threads(n_threads)
    if noise is not None or _is_incomplete(x):
        return _of_incomplete(mixture, x, noise, n_threads, log_density, uncertain.log_density)
    if not kernels_pay(mixture, x):
        return _by_blocks(mixture, x, lambda joint: normalising.log_density(joint)[0], n_threads)
    return np.asarray(_by_tiles(mixture, x, n_threads, "log_density"), np.float64)


@single_blas()
def responsibilities(mixture: Gaussians, x: Floats, n_threads: int | None = None, noise: Floats | None = None) -> Array:
    """(n, k) P(component | x), for checked rows; given what is observed, where they hold NaN."""
    check_threads(n_threads)
    if noise is not None or _is_incomplete(x):
        return _of_incomplete(mixture, x, noise, n_threads, responsibilities, uncertain.responsibilities)
    if kernels_pay(mixture, x):
        return np.asarray(sparse_responsibilities(mixture, x, n_threads).toarray(), np.float64)
    return _by_blocks(mixture, x, _shares, n_threads)


@single_blas()
def log_largest(mixture: Gaussians, x: Floats, n_threads: int | None = None) -> Array:
    """(n,) the log of the largest responsibility for each of a few checked rows without gaps; NaN out of all reach."""

    def logs(joint: Array) -> Array:
        found, total = normalising.log_density(joint)
        return np.where(np.isfinite(found), -np.log(total), np.nan)

    return _by_blocks(mixture, x, logs, n_threads)


@single_blas()
def sparse_responsibilities(
    mixture: Gaussians,
    x: Floats,
    n_threads: int | None = None,
    noise: Floats | None = None,
    top: int | None = None,
) -> Any:
    """(n, k) P(component | x) as a scipy.sparse.csr_array without what is below rounding, for checked rows.

    top: of each row the largest alone; of equal ones, those of the lowest numbers.
    """
    from scipy.sparse import csr_array, vstack

    check_threads(n_threads)
    k = mixture.n_components
    shape = (len(x), k)
    below = np.finfo(np.float64).eps / 2 / k

    def thinned(shares: Array) -> Any:
        shares[shares < below] = 0.0
        return csr_array(shares if top is None or top >= k else _largest(shares, top))

    if not len(x) or noise is not None or _is_incomplete(x):
        return thinned(responsibilities(mixture, x, n_threads, noise).reshape(shape))
    if not kernels_pay(mixture, x):
        return csr_array(vstack(_asked(mixture, x, lambda joint: thinned(_shares(joint)), n_threads)))
    from ..kernels import over_tiles, tiles

    table = tiles.build(x, None, np.float64, n_threads)
    indptr, indices, shares = over_tiles.responsibilities(table, components(mixture), n_threads)
    found = csr_array((shares.astype(np.float64), indices, indptr), shape=shape)
    found.sort_indices()
    if top is not None and top < k:
        rows = np.repeat(np.arange(len(x)), np.diff(found.indptr))
        order = np.lexsort((-found.data, rows))
        rank = np.empty(len(rows), np.intp)
        rank[order] = np.arange(len(rows)) - np.repeat(found.indptr[:-1], np.diff(found.indptr))
        found.data[rank >= top] = 0.0
        found.eliminate_zeros()
    return found


def _largest(shares: Array, top: int) -> Array:
    """(n, k) the `top` largest of each row, and 0 for the others."""
    least = -np.partition(-shares, top - 1, axis=1)[:, top - 1 : top]
    above, equal = shares > least, shares == least
    equal &= np.cumsum(equal, axis=1) <= top - above.sum(axis=1, keepdims=True)
    return np.where(above | equal, shares, 0.0)


def _shares(joint: Array) -> Array:
    """(b, k) the responsibilities of weighted log densities (k, b), which are lost."""
    _largest_log(joint)
    normalising.normalise(joint)
    return joint.T


def _likeliest(joint: Array) -> Integers:
    """(b,) the row of each column's largest weighted log density (k, b)."""
    return normalising.row_of(joint, _largest_log(joint))


def _largest_log(joint: Array) -> Array:
    """(b,) the largest of each column (k, b). Raises FarError where a point is out of all reach."""
    top: Array = joint.max(axis=0)
    if not top.min(initial=0.0) > normalising.NOTHING:
        raise FarError(FAR)
    return top


@single_blas()
def predict(mixture: Gaussians, x: Floats, n_threads: int | None = None, noise: Floats | None = None) -> Integers:
    """(n,) the component with the largest responsibility, for checked rows; they may hold NaN."""
    check_threads(n_threads)
    if noise is not None or _is_incomplete(x):
        return _of_incomplete(mixture, x, noise, n_threads, predict, uncertain.predict)
    if not kernels_pay(mixture, x):
        return np.asarray(_by_blocks(mixture, x, _likeliest, n_threads, limit=0.0), np.intp)
    return np.asarray(_by_tiles(mixture, x, n_threads, "label"), np.intp)


@single_blas()
def denoise(
    mixture: Mixture, x: Floats, noise: Floats | None, n_threads: int | None = None, *, covariance: bool = False
) -> tuple[Array, Array | None]:
    """(n, d) E[t | x], and if wanted (n, d, d) Cov[t | x], of the points t behind checked rows; they may hold NaN."""
    check_threads(n_threads)
    return uncertain.posterior(mixture, x, noise, n_threads, covariance=covariance)


@single_blas()
def impute(mixture: Mixture, x: Floats, rng: np.random.Generator | None = None, n_threads: int | None = None) -> Array:
    """`x` with its gaps filled: by E[missing | observed], or by a draw of the missing given the observed with `rng`."""
    check_threads(n_threads)
    if rng is not None:
        return incomplete.drawn(mixture, x, rng)
    out = np.array(x, np.float64)
    rows = np.flatnonzero(np.isnan(out).any(axis=1))
    out[rows] = uncertain.posterior(mixture, out[rows], None, n_threads, covariance=False)[0]
    return out


@single_blas()
def regress(mixture: Mixture, known: Integers, free: Integers, values: Floats, n_threads: int | None = None) -> Array:
    """(n, f) E[free | known], for checked rows (n, m)."""
    check_threads(n_threads)
    gain, _ = mixture.family.conditional(mixture.covariances, mixture.n_components, known, free)
    means = mixture.means[:, free]
    if not len(known):
        return np.repeat(mixture.mean()[None, free], len(values), axis=0)
    return affine(mixture.marginal(known), values, means, gain, n_threads)


@single_blas()
def affine(mixture: Mixture, x: Floats, means: Array, gain: Array, n_threads: int | None = None) -> Array:
    """(n, f) what an affine map a component makes of checked rows, each with its responsibility.

    means (k, f): where the components' means go; gain (k, f, d): the maps about them.
    """
    check_threads(n_threads)
    if kernels_pay(mixture, x):
        return np.asarray(_by_tiles(mixture, x, n_threads, "regress", means, gain), np.float64)
    shares = responsibilities(mixture, x, n_threads)
    out = shares @ means
    for k in range(mixture.n_components):
        out += shares[:, k, None] * ((x - mixture.means[k]) @ gain[k].T)
    return np.asarray(out)


@single_blas()
def regress_with_covariance(
    mixture: Mixture, known: Integers, free: Integers, values: Floats, n_threads: int | None = None
) -> tuple[Array, Array]:
    """(n, f) E[free | known] and (n, f, f) Cov[free | known]: within the components, and between them."""
    k, f = mixture.n_components, len(free)
    gain, rest = mixture.family.conditional(mixture.covariances, k, known, free)
    within = mixture.family.part.dense(rest, k, f)
    mean = regress(mixture, known, free, values, n_threads)
    if len(known):
        given = mixture.marginal(known)
        shares, offset = responsibilities(given, values, n_threads), given.means
    else:
        shares, offset = np.repeat(mixture.weights[None], len(values), axis=0), np.zeros((k, 0))
    covariance = np.einsum("nk,kij->nij", shares, within)
    for component in range(k):
        away = mixture.means[component, free] + (values - offset[component]) @ gain[component].T - mean
        covariance += shares[:, component, None, None] * away[:, :, None] * away[:, None, :]
    return mean, covariance


def regress_noisy(
    mixture: Mixture,
    known: Integers,
    free: Integers,
    points: Points,
    n_threads: int | None = None,
    *,
    covariance: bool = False,
) -> tuple[Array, Array | None]:
    """The same, given the known coordinates of points with errors: of what is measured so, the free ones are gaps."""
    d, noise = mixture.n_coordinates, points.noise
    assert noise is not None
    rows = np.full((points.n, d), np.nan)
    rows[:, known] = points.x
    one = noise[:1] if noise.strides[0] == 0 else noise  # that of all rows stays held once
    wide = np.zeros((len(one), *[d] * (noise.ndim - 1)))
    if noise.ndim == 2:
        wide[:, known] = one
    else:
        wide[:, known[:, None], known] = one
    wide = np.broadcast_to(wide, (points.n, *wide.shape[1:]))
    mean, spread = denoise(mixture, rows, wide, n_threads, covariance=covariance)
    return mean[:, free], None if spread is None else spread[:, free[:, None], free]


def span(mixture: Mixture, coordinate: int, reach: float) -> tuple[float, float]:
    """Interval that contains `reach` standard deviations of every component.

    Parameters
    ----------
    mixture : Mixture
        Components of weight 0 do not count.
    coordinate : int
        Which, 0 <= coordinate < d.
    reach : float
        In standard deviations.

    Returns
    -------
    tuple of float, (low, high)
    """
    alive = mixture.weights > 0
    deviation = np.sqrt(mixture.matrices[alive, coordinate, coordinate])
    means = mixture.means[alive, coordinate]
    return float((means - reach * deviation).min()), float((means + reach * deviation).max())


def components(mixture: Gaussians, dtype: Any = np.float64) -> Any:
    """The kernels' form of a mixture, for tiles of that precision."""
    from ..kernels import over_tiles

    return over_tiles.components(mixture.log_scales, mixture.means, mixture.whitener, dtype)


def _by_tiles(mixture: Gaussians, x: Floats, n_threads: int | None, question: str, *given: Array) -> Any:
    """The answer of kernels to a question about each row, in their order."""
    from ..kernels import over_tiles, tiles

    table = tiles.build(x, None, np.float64, n_threads)
    found = getattr(over_tiles, question)(table, components(mixture), *given, n_threads)
    return over_tiles.in_order(found, table.order)


def farthest(
    mixture: Mixture, x: Floats, names: Sequence[str] | None, noise: Floats | None = None
) -> tuple[int, str] | None:
    """The first row that no component reaches, and which column it is that is so far off; None if there is none."""
    lost = np.flatnonzero(~np.isfinite(log_density(mixture, x, noise=noise)))
    if not len(lost):
        return None
    point = x[lost[0]].astype(np.float64)
    deviations = np.sqrt(np.diagonal(mixture.matrices, axis1=1, axis2=2))
    with np.errstate(over="ignore"):
        away = np.abs(point - mixture.means) / deviations  # (k, d)
    column = int(np.nanargmax(away.min(axis=0)))
    return int(lost[0]), f"column {column if names is None else repr(names[column])} is {point[column]:.6g}"


@contextmanager
def placed(mixture: Mixture, x: Floats, place: str, noise: Floats | None = None) -> Iterator[None]:
    """Where a row is out of reach, the error says which. place: what to call it, with {} for its number."""
    try:
        yield
    except FarError:
        found = farthest(mixture, x, mixture.names, noise)
        if found is None:
            raise
        raise InputError(FAR.replace("a point lies", f"{place.format(found[0])}, whose {found[1]}, lies")) from None


def _by_blocks(
    mixture: Gaussians, x: Floats, answer: Callable[[Array], Any], n_threads: int | None, limit: float | None = None
) -> Array:
    """answer(weighted log densities (k, b)) of blocks of rows, one after the other.

    limit: those that are so much below the largest of a row need not be known; by default those below rounding.
    """
    return np.concatenate(_asked(mixture, x, answer, n_threads, limit))


def _asked(
    mixture: Gaussians, x: Floats, answer: Callable[[Array], Any], n_threads: int | None, limit: float | None = None
) -> list[Any]:
    """The same, block by block."""
    (k, d), kind, gaussians = mixture.means.shape, mixture.family, arrays(mixture)
    pays, rules = high_dimension.features_pay(d, k), k * d >= RULED_OUT and d >= WIDE
    many = d > MANY and len(x) >= MANY_ROWS and kind.triangular and (kind.shared or pays or rules)
    many = many and _is_near(mixture, x)  # then by the ways of an E-step
    if kind.shared or pays or not (many and rules):
        table = products.prepare(x, once=True)
        if many and kind.shared and shared.is_near(table, gaussians):
            return shared.ask(table, gaussians, answer, n_threads)
        wide = many and pays and products.are_near(table, gaussians)
        if wide or not (many and rules):
            return products.ask(table, gaussians, answer, n_threads, d if wide else MANY)
    arranged = high_dimension.prepare(x.astype(np.float64, copy=False), n_threads=n_threads)
    limit = cut(k, np.float64) if limit is None else limit
    parts = ruled_out.Components(arranged, gaussians, limit, n_threads)
    return high_dimension.ask(arranged, parts, answer, n_threads)
