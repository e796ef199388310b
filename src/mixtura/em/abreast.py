"""Climbs abreast: those of many small mixtures to the same points, as one stack of arrays.

A step of EM on a small table is hundreds of calls of NumPy's, each on a handful of numbers. Here each call serves all
climbs, so that a choice among a hundred candidates takes little longer than its longest climb.

They are the steps of `loop`, as long as nothing but steps is needed: the M-step, momentum, and a value that rises. A
climb that meets anything else stops where it is, to be continued there by itself. What a climb finds depends on those
beside it by rounding alone, and on no number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, Self

import numpy as np

from ..arrays import Array, Bools, Integers
from ..kernels import gaussians as kernels
from ..kernels import products
from ..kernels.threads import single_blas
from ..model import triangles
from ..model.families import EPS, ROUNDING, Family
from ..model.gaussian import LOG_2PI
from ..model.mixture import Mixture
from ..model.statistics import Statistics
from .loop import Ascent, Place
from .maximise import LOST
from .regular import OWN, OWN_WITH_MORE
from .settings import Settings, StopReason


@dataclass(frozen=True, eq=False)
class Stacked:
    """Arrays whose first axis is mixtures, and whose second, where they have one, components."""

    def take(self, which: Any, k: int | None = None) -> Self:
        """Those of some mixtures, and of the first k components."""
        arrays = {each.name: getattr(self, each.name)[which] for each in fields(self)}
        return replace(self, **{name: each[:, :k] if each.ndim > 1 else each for name, each in arrays.items()})

    def chosen(self, which: Bools, other: Self) -> Self:
        """Where `which` (b,) is true the other's arrays, else these."""
        if which.all():
            return other
        pairs = {each.name: (getattr(self, each.name), getattr(other, each.name)) for each in fields(self)}
        return replace(self, **{name: np.where(_over(which, old), new, old) for name, (old, new) in pairs.items()})

    def placed(self, which: Integers, other: Self) -> Self:
        """The mixtures `which` as the other's."""
        found = replace(self, **{each.name: getattr(self, each.name).copy() for each in fields(self)})
        for each in fields(self):
            getattr(found, each.name)[which] = getattr(other, each.name)
        return found


@dataclass(frozen=True, eq=False)
class Gaussians(Stacked):
    """Mixtures in the kernels' form; what are no components have weight 0, and unit width.

    weights: (b, k). means: (b, k, d). covariances, lower, whitener: (b, k, d, d), or (b, k, d).
    """

    weights: Array
    means: Array
    covariances: Array
    lower: Array
    whitener: Array

    @classmethod
    def of(cls, mixtures: Sequence[Mixture], k: int) -> Gaussians:
        """A stack of mixtures of at most k components, of families of one form."""
        first = mixtures[0]
        b, d, triangular = len(mixtures), first.n_coordinates, first.family.triangular
        unit = np.eye(d) if triangular else np.ones(d)
        weights, means = np.zeros((b, k)), np.zeros((b, k, d))
        covariances, lower, whitener = (np.broadcast_to(unit, (b, k, *unit.shape)).copy() for _ in range(3))
        for place, each in enumerate(mixtures):
            many = each.n_components
            weights[place, :many], means[place, :many] = each.weights, each.means
            covariances[place, :many] = each.family.squared(each.lower)
            lower[place, :many], whitener[place, :many] = each.lower, each.whitener
        return cls(weights, means, covariances, lower, whitener)

    @property
    def scales(self) -> Array:
        """(b, k) the log of each component's weighted density at its own mean."""
        with np.errstate(divide="ignore"):
            logs = np.log(self.weights)
        level = logs - 0.5 * self.means.shape[2] * LOG_2PI
        return np.asarray(level + np.log(_diagonal(self.whitener)).sum(axis=2))


@dataclass(frozen=True, eq=False)
class Sums(Stacked):
    """Statistics in the kernels' form, and `value` (b,), the log likelihood."""

    mass: Array
    first: Array
    second: Array
    value: Array


@dataclass(frozen=True, eq=False)
class Pace(Stacked):
    """Of each climb, what `Momentum` remembers of the last plain step, and by how much the value rose."""

    weights: Array
    means: Array
    factors: Array
    age: Array
    change: Array


Parts = tuple[Family, Array, Array, Array]
"""A family; and the masses, means and second moments about them, as matrices, of the parts that points are cut into."""


@single_blas()
def starts(parts: Sequence[Parts], names: tuple[str, ...] | None, settings: Settings) -> list[Mixture | None]:
    """The mixtures whose components are parts of the points; None where it takes more than an M-step.

    The families are of one form.
    """
    order = sorted(range(len(parts)), key=lambda place: len(parts[place][1]))
    some = [parts[place] for place in order]
    sizes = np.array([len(mass) for _, mass, *_ in some])
    (b, k), d = (len(some), int(sizes[-1])), some[0][2].shape[1]
    mass, means = np.zeros((b, k)), np.zeros((b, k, d))
    unit = np.eye(d) if some[0][0].triangular else np.ones(d)
    second = np.zeros((b, k, *unit.shape))
    for place, (_, masses, centres, squares) in enumerate(some):
        mass[place, : len(masses)], means[place, : len(masses)] = masses, centres
        second[place, : len(masses)] = squares if unit.ndim == 2 else np.einsum("kaa->ka", squares)
    wide = np.broadcast_to(unit, second.shape)
    sums = Sums(mass, np.zeros(means.shape), second, np.zeros(b))
    families = [each[0] for each in some]
    walk = _Walk(families, sizes, Gaussians(mass, means, wide, wide, wide), sums, settings, names)
    walk.here, firm = walk.maximised()
    found: list[Mixture | None] = [None] * b
    for place in np.flatnonzero(firm).tolist():
        found[order[place]] = walk.mixture(place)
    return found


@single_blas()
def climbs(
    table: products.Table, total: float, begun: Sequence[Mixture], settings: Settings, n_threads: int | None = 1
) -> list[Ascent]:
    """How far each climb comes: to its end, or to where it has to go on by itself, with the reason "max_iter".

    table: the points. total: the sum of their weights. begun: where the climbs begin, in families of one form. The
    objective is the likelihood, and reg_covar > 0.
    """
    order = sorted(range(len(begun)), key=lambda place: begun[place].n_components)
    some = [begun[place] for place in order]
    sizes = np.array([each.n_components for each in some])
    here, families = Gaussians.of(some, int(sizes[-1])), [each.family for each in some]

    def expect(mixtures: Gaussians, real: Bools, sizes: Integers) -> Sums:
        return _expected(table, mixtures, real, sizes, n_threads)

    walk = _Walk(families, sizes, here, None, settings, some[0].names, total, expect)
    found: list[Ascent | None] = [None] * len(begun)
    for place, ascent in walk.all():
        found[order[place]] = ascent
    return [each for each in found if each is not None]


def _expected(table: products.Table, mixtures: Gaussians, real: Bools, sizes: Integers, n_threads: int | None) -> Sums:
    """The E-step."""
    each = kernels.Gaussians(mixtures.means, mixtures.lower, mixtures.whitener, mixtures.scales)
    *sums, value = products.expect_each(table, each.some(real), sizes, n_threads)
    mass, first, second = (np.zeros(form.shape) for form in (each.log_scales, each.means, each.whitener))
    mass[real], first[real], second[real] = sums
    return Sums(mass, first, second, value)


class Group(NamedTuple):
    """Climbs whose families are served by one call. places: which. one: (n,) which of them have one volume."""

    kind: Family
    places: Integers
    one: Bools


def groups(families: Sequence[Family]) -> list[Group]:
    """All climbs, in groups."""
    each: dict[str, list[int]] = {}
    for place, kind in enumerate(families):
        each.setdefault(kind.kin or kind.name, []).append(place)
    return [
        Group(families[places[0]], np.array(places), np.array([families[place].letters[0] == "E" for place in places]))
        for places in each.values()
    ]


def _none(mixtures: Gaussians, real: Bools, sizes: Integers) -> Sums:
    """No E-step, where there are no points."""
    raise NotImplementedError


class _Walk:
    """The climbs that still go on.

    lanes: (b,) their numbers. sizes: (b,) of how many components they are, rising. reals: (b, k) which are components.
    expect: the E-step. visited: the mean log likelihoods that each has reached.
    """

    def __init__(
        self,
        families: list[Family],
        sizes: Integers,
        here: Gaussians,
        sums: Sums | None,
        settings: Settings,
        names: tuple[str, ...] | None,
        total: float = 0.0,
        expect: Callable[[Gaussians, Bools, Integers], Sums] = _none,
    ) -> None:
        self.families, self.sizes, self.here, self.settings, self.names = families, sizes, here, settings, names
        self.total, self.expect, self.groups = total, expect, groups(families)
        self.lanes, b = np.arange(len(sizes)), len(sizes)
        self.reals = np.arange(here.weights.shape[1]) < sizes[:, None]
        self.sums = expect(here, self.reals, sizes) if sums is None else sums
        self.pace = Pace(here.weights, here.means, here.lower, np.zeros(b, int), np.full(b, np.inf))
        self.visited = [[value] for value in self.sums.value / total] if total else []

    def all(self) -> list[tuple[int, Ascent]]:
        """The number of each climb, and how far it comes."""
        found: list[tuple[int, Ascent]] = []
        firm = np.isfinite(self.sums.value)
        firm &= (self._least(self.here) >= self.settings.reg_covar) & (self.here.weights > 0).any(axis=1)
        firm &= ((self.here.weights > 0) | ~self.reals).all(axis=1)
        done = np.zeros(len(firm), bool)
        for _ in range(self.settings.max_iter):
            if not firm.all() or done.any():
                found += self.left(~firm | done, done)
                if not len(self.lanes):
                    return found
            firm, done = self.step()
        return found + self.left(np.ones(len(self.lanes), bool), done)

    def left(self, which: Bools, converged: Bools) -> list[tuple[int, Ascent]]:
        """Those that go no further here; the others stay."""
        over = np.flatnonzero(which).tolist()
        found = [(int(self.lanes[place]), self.told(place, bool(converged[place]))) for place in over]
        stay = np.flatnonzero(~which)
        self.lanes, self.sizes = self.lanes[stay], self.sizes[stay]
        self.families = [self.families[place] for place in stay]
        self.groups = groups(self.families)
        self.visited = [self.visited[place] for place in stay]
        k = int(self.sizes[-1]) if len(stay) else 0
        self.here, self.sums, self.pace = self.here.take(stay, k), self.sums.take(stay, k), self.pace.take(stay, k)
        self.reals = self.reals[stay, :k]
        return found

    def mixture(self, place: int) -> Mixture:
        """Where a climb is."""
        kind, k, here = self.families[place], int(self.sizes[place]), self.here
        covariances = kind.unstack(kind.cells(here.covariances[place, :k])).copy()
        parts = here.weights[place, :k].copy(), here.means[place, :k].copy(), covariances
        return Mixture.trusted(*parts, kind.name, names=self.names)

    def told(self, place: int, converged: bool) -> Ascent:
        """How far a climb is."""
        kind, k, sums = self.families[place], int(self.sizes[place]), self.sums
        parts = sums.mass[place, :k], sums.first[place, :k], kind.summed(sums.second[place, :k])
        statistics = Statistics(*parts, float(sums.value[place]), self.total)
        visited = tuple((each, each) for each in self.visited[place])
        there = Place(self.mixture(place), statistics, self.visited[place][-1])
        reason: StopReason = "converged" if converged else "max_iter"
        return Ascent(there, visited, float(self.pace.change[place]), reason=reason)

    def step(self) -> tuple[Bools, Bools]:
        """A step of each; (b,) whether it was one, and whether it was the last."""
        plain, firm = self.maximised()
        ahead, bold = self.proposed(plain, firm)
        tried = plain.chosen(bold, ahead)
        if not firm.all():
            tried = self.here.chosen(firm, tried)  # these stay where they are
        sums = self.expect(tried, self.reals, self.sizes)
        higher = sums.value >= self.sums.value
        back = np.flatnonzero(bold & ~higher)
        if len(back):
            tried = tried.placed(back, plain.take(back))
            sums = sums.placed(back, self.expect(plain.take(back), self.reals[back], self.sizes[back]))
            higher = sums.value >= self.sums.value
            self.pace.age[back] = 0
        firm &= higher & np.isfinite(sums.value)
        done = firm & (np.abs(self.pace.change) < self.settings.tol)
        for place in np.flatnonzero(firm):
            self.visited[place].append(float(sums.value[place]) / self.total)
        change = np.where(firm, (sums.value - self.sums.value) / self.total, self.pace.change)
        self.pace = replace(self.pace, change=change)
        self.here, self.sums = self.here.chosen(firm, tried), self.sums.chosen(firm, sums)
        return firm, done

    def maximised(self) -> tuple[Gaussians, Bools]:
        """The M-step, and where it is one: no component is lost, and all have a width."""
        real, sums, d = self.reals, self.sums, self.here.means.shape[2]
        even = sums.mass.sum(axis=1, keepdims=True) / self.sizes[:, None]
        firm = (~real | (sums.mass > LOST * even)).all(axis=1)
        mass = np.where(real & firm[:, None], sums.mass, 1.0)
        shift = sums.first / mass[:, :, None]
        scatter = sums.second / _over(mass, sums.second)
        scatter -= shift[..., None] * shift[:, :, None] if scatter.ndim == 4 else shift**2
        _diagonal(scatter)[...] += 8.0 * d * EPS * shift**2 + self.settings.reg_covar
        mass[~real] = 0.0
        covariances = self.by_family("likeliest", scatter, mass, self.here.covariances)
        weights = mass / mass.sum(axis=1, keepdims=True)
        return self.made(weights, self.here.means + shift, covariances, firm, OWN_WITH_MORE)

    def proposed(self, plain: Gaussians, firm: Bools) -> tuple[Gaussians, Bools]:
        """Mixtures beyond the M-step's, and where there are any; see `accelerate`."""
        pace, real = self.pace, self.reals
        factors = plain.lower.copy()
        _diagonal(factors)[...] = np.log(np.abs(_diagonal(factors)))
        new = replace(pace, weights=np.log(np.where(real, plain.weights, 1.0)), means=plain.means, factors=factors)
        self.pace = replace(new, age=pace.age + 1)
        share = pace.age / (pace.age + 3.0)
        bold = firm & (share > 0)
        if not self.settings.accelerate or not bold.any():
            return plain, np.zeros(len(firm), bool)
        share = np.where(bold, share, 0.0)
        names = ("weights", "means", "factors")
        logs, means, factors = (
            (after := getattr(new, name)) + _over(share, after) * (after - getattr(pace, name)) for name in names
        )
        logs = np.where(real, logs, -np.inf)
        weights = np.exp(logs - logs.max(axis=1, keepdims=True))
        with np.errstate(over="ignore", invalid="ignore"):
            _diagonal(factors)[...] = np.exp(_diagonal(factors))
            squares = factors @ np.swapaxes(factors, 2, 3) if factors.ndim == 4 else factors**2
            bold &= np.isfinite(squares).reshape(len(bold), -1).all(axis=1)
        squares = np.where(_over(bold, squares), squares, plain.covariances)
        covariances = self.by_family("near", squares, real.astype(np.float64))
        found, bold = self.made(weights / weights.sum(axis=1, keepdims=True), means, covariances, bold, OWN)
        return found, bold & (self._least(found) >= self.settings.reg_covar)

    def by_family(self, how: str, *arrays: Array) -> Array:
        """What the families make of their covariances."""
        found = arrays[0].copy()
        for kind, places, one in self.groups:
            if kind.coupled or kind.pooled(self.here.means.shape[2]) > 1:
                found[places] = getattr(kind, how)(*(each[places] for each in arrays), one=one)
        return found

    def made(
        self, weights: Array, means: Array, covariances: Array, firm: Bools, least: float
    ) -> tuple[Gaussians, Bools]:
        """Mixtures of these parts, and where they are ones: see `regular`, of whose limits `least` is one."""
        b, k, d = means.shape
        flat = covariances.reshape(b * k, *covariances.shape[2:])
        unit = np.eye(d) if flat.ndim == 3 else np.ones(d)
        some = np.flatnonzero((self.reals & firm[:, None]).ravel())
        whole, sound = covariances[self.reals & firm[:, None]], np.ones(len(some), bool)
        with np.errstate(invalid="ignore", divide="ignore"):
            if flat.ndim == 3:
                factor = triangles.by_columns(whole)
                variances, pivots = (np.einsum("cii->ci", each) for each in (whole, factor))
                sound &= (pivots**2 > ROUNDING * d * variances).all(axis=1)
                factor = np.where(sound[:, None, None], factor, unit)
                white = triangles.inverse_by_columns(factor)
                sound &= ~((np.square(white).sum(axis=1) * variances).max(axis=1) * least >= 1.0)
            else:
                sound &= (whole > 0).all(axis=1)
                factor = np.sqrt(np.where(sound[:, None], whole, 1.0))
                white = 1.0 / factor
        lower, whitener, held = (np.broadcast_to(unit, flat.shape).copy() for _ in range(3))
        lower[some], whitener[some], held[some] = factor, white, np.where(_over(sound, whole), whole, unit)
        right = np.ones(b * k, bool)
        right[some] = sound
        shape = covariances.shape
        found = Gaussians(weights, means, held.reshape(shape), lower.reshape(shape), whitener.reshape(shape))
        return found, firm & right.reshape(b, k).all(axis=1)

    def _least(self, mixtures: Gaussians) -> Array:
        """(b,) below the smallest of all eigenvalues."""
        squares = np.square(mixtures.whitener).reshape(*self.reals.shape, -1).sum(axis=2)
        return np.asarray(1.0 / np.where(self.reals, squares, 0.0).max(axis=1))


def _over(values: Array | Bools, array: Array) -> Any:
    """Values (b,) or (b, k) with the axes that it takes to multiply an array."""
    return values[(...,) + (None,) * (array.ndim - values.ndim)]


def _diagonal(form: Array) -> Array:
    """A view of the diagonals of matrices (..., d, d), or variances (b, k, d) themselves."""
    view: Array = np.einsum("...ii->...i", form) if form.ndim == 4 else form
    return view
