"""Mixture: the hub. A small immutable value; everything else is a function from it or to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import (
    Floats,
    Rng,
    by_name,
    check_flag,
    checked_names,
    coordinates,
    matrix,
    numbers,
    random_generator,
)
from ..errors import CoordinateError, InputError
from ..sources import asked, in_memory
from ..sources.points import Points
from . import gaussian
from .families import CovarianceType, family

if TYPE_CHECKING:
    from .information import Divergence, Entropy

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Mixture(gaussian.Gaussians):
    """A Gaussian mixture: p(x) = sum over k of weights[k] N(x; means[k], covariances[k]).

    weights: (k,) >= 0, of any positive sum: they are divided by it. A component of weight 0 is dormant.
    means: (k, d). covariances: full (k, d, d), tied (d, d), diag (k, d) variances, spherical (k,) variances.
    names: one name a coordinate, or None.

    All arrays are copied once, held in double precision and read-only.
    Raises InputError that names the component at fault.
    """

    weights: Array
    means: Array
    covariances: Array
    covariance_type: CovarianceType = field(default="full", kw_only=True)
    names: tuple[str, ...] | None = field(default=None, kw_only=True)

    def __init__(
        self,
        weights: ArrayLike,
        means: ArrayLike,
        covariances: ArrayLike,
        covariance_type: CovarianceType = "full",
        *,
        names: Sequence[str] | None = None,
    ) -> None:
        kind = family(covariance_type)
        centres = numbers(means, "means")
        if centres.ndim != 2 or 0 in centres.shape:
            raise InputError(f"means has shape {centres.shape}, expected (k, d) with k >= 1 and d >= 1.")
        k, d = centres.shape
        shares = numbers(weights, "weights")
        if shares.shape != (k,):
            raise InputError(f"weights has shape {shares.shape}, expected ({k},): one weight a row of means.")
        if (shares < 0).any() or not shares.any():
            worst = int(shares.argmin())
            raise InputError(f"weights[{worst}] is {shares[worst]:g}: weights are >= 0 with a positive sum.")
        with np.errstate(over="ignore"):
            total = shares.sum()
        if not np.isfinite(total):
            raise InputError("weights sum to more than a float holds: divide them by their largest.")
        spreads = numbers(covariances, "covariances")
        expected = kind.shape(k, d)
        if spreads.shape != expected:
            raise InputError(f"covariances has shape {spreads.shape}, expected {expected} for {covariance_type!r}.")
        spreads = kind.checked(spreads)
        names = checked_names(names, d)
        factor = kind.lower(spreads, k, d)
        self._hold(shares / total, centres, spreads, covariance_type, names, factor)

    @classmethod
    def trusted(
        cls,
        weights: Array,
        means: Array,
        covariances: Array,
        covariance_type: CovarianceType,
        *,
        names: Sequence[str] | None = None,
        remedy: str = "",
    ) -> Self:
        """A mixture of arrays that we made ourselves: only positive definiteness is checked, nothing is copied.

        remedy: what to try when a covariance is singular; the error is then a FitError.
        """
        self = object.__new__(cls)
        factor = family(covariance_type).lower(covariances, means.shape[0], means.shape[1], remedy)
        self._hold(weights, means, covariances, covariance_type, names, factor)
        return self

    def _hold(
        self,
        weights: Array,
        means: Array,
        covariances: Array,
        covariance_type: CovarianceType,
        names: Sequence[str] | None,
        factor: Array,
    ) -> None:
        whitener = gaussian.whiten(factor)
        for array in (weights, means, covariances, factor, whitener):
            array.flags.writeable = False
        put = object.__setattr__
        put(self, "weights", weights)
        put(self, "means", means)
        put(self, "covariances", covariances)
        put(self, "covariance_type", covariance_type)
        put(self, "names", None if names is None else tuple(names))
        put(self, "lower", factor)
        put(self, "whitener", whitener)

    # What it is

    lower: Array = field(init=False)
    """Cholesky factors: (k, d, d), (1, d, d) for tied, (k, d) standard deviations for diag and spherical."""

    whitener: Array = field(init=False)
    """The inverses of `lower`, of the same shape: z = whitener (x - mean) is standard normal."""

    @property
    def n_parameters(self) -> int:
        """How many numbers may vary freely: k - 1 weights, k d means, and the covariances of their type.

        These are k d (d + 1) / 2 for full, d (d + 1) / 2 for tied, k d for diag and k for spherical.
        """
        k, d = self.means.shape
        return int(k - 1 + k * d + self.family.n_parameters(k, d))

    @cached_property
    def log_scales(self) -> Array:
        """(k,) the log of each component's weighted density at its own mean."""
        scales = gaussian.log_scales(self.weights, self.whitener)
        scales.flags.writeable = False  # kept, so nobody may change it
        return scales

    @property
    def matrices(self) -> Array:
        """(k, d, d) covariances as matrices, whatever the type."""
        return self.family.dense(self.covariances, *self.means.shape)

    def __repr__(self) -> str:
        k, d = self.means.shape
        named = f", names={self.names}" if self.names else ""
        components, coordinates = "component" + "s" * (k != 1), "coordinate" + "s" * (d != 1)
        return f"<Mixture of {k} {self.covariance_type} {components} in {d} {coordinates}{named}>"

    def _repr_html_(self) -> str:
        from .html import html

        return html(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mixture):
            return NotImplemented
        return self._value() == other._value()

    def __hash__(self) -> int:
        return hash(self._value())

    def _value(self) -> tuple[Any, ...]:
        arrays = (self.weights, self.means, self.covariances)
        zero = 0.0  # -0.0 becomes 0.0, which it equals
        return (*((array + zero).tobytes() for array in arrays), self.means.shape, self.covariance_type, self.names)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.weights, self.means, self.covariances, self.covariance_type, self.names)

    # From points to numbers

    def log_density(self, x: Any, *, missing: bool = False, n_threads: int | None = None) -> Any:
        """Ln p(x) of each row. x: (n, d), finite. Returns (n,) nats.

        missing: NaN marks a missing value; a row has then the density of what it holds, with the rest integrated out.
        Raises InputError for NaN (without `missing`), infinity or a wrong number of columns.
        """
        from . import evaluate

        return self._answers(x, lambda rows: evaluate.log_density(self, rows, n_threads), missing)

    def density(self, x: Any, *, missing: bool = False, n_threads: int | None = None) -> Any:
        """p(x) of each row. x: (n, d). Returns (n,), 1 / (the product of the units of the coordinates it holds)."""
        from . import evaluate

        return self._answers(x, lambda rows: np.exp(evaluate.log_density(self, rows, n_threads)), missing)

    def responsibilities(
        self, x: Any, *, sparse: bool = False, missing: bool = False, n_threads: int | None = None
    ) -> Any:
        """P(component | x): the share that each component has in each row. x: (n, d). Returns (n, k), rows sum to 1.

        sparse: a scipy.sparse.csr_array of the shares above rounding; of a thousand components, a point has a few.
        missing: NaN marks a missing value; the shares are those given the rest of the row.
        """
        from . import evaluate

        check_flag(sparse, "sparse")
        ask = evaluate.sparse_responsibilities if sparse else evaluate.responsibilities
        return self._answers(x, lambda rows: ask(self, rows, n_threads), missing, self.n_components)

    def predict(self, x: Any, *, missing: bool = False, n_threads: int | None = None) -> Any:
        """The most responsible component of each row. x: (n, d). Returns (n,) int; the lowest number wins a tie.

        missing: NaN marks a missing value; the answer is from the rest of the row.
        """
        from . import evaluate

        return self._answers(x, lambda rows: evaluate.predict(self, rows, n_threads), missing)

    def impute(self, x: Any, *, how: Literal["mean", "sample"] = "mean", rng: Rng = None) -> Any:
        """`x` with every NaN filled from the rest of its row. x: (n, d). Returns (n, d); what was there is untouched.

        how: "mean" fills in E[missing | observed], the best guess, but always in the middle; "sample" draws from
        p(missing | observed), so that filled columns vary as true ones do. rng: a seed or a generator, for "sample".
        Source: Little and Rubin 2019, section 4.

        >>> import mixtura as mx
        >>> mix = mx.Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.5], [0.5, 1.0]]])
        >>> mix.impute([[2.0, float("nan")]])
        array([[2., 1.]])
        """
        from . import incomplete

        if how not in ("mean", "sample"):
            raise InputError(f"how is {how!r}: choose mean or sample.")
        generator = random_generator(rng) if how == "sample" else None
        return self._answers(x, lambda rows: incomplete.impute(self, rows, generator), True, self.n_coordinates)

    def in_confidence_region(self, x: Any, level: float, *, component: int | None = None) -> Any:
        """Whether each row lies in the confidence region: in the ellipsoid of any component, or of the one given.

        x: (n, d). level: 0 < level < 1, the share of a Gaussian that its ellipsoid holds: the squared Mahalanobis
        distance is at most the quantile of chi-square with d degrees of freedom. Returns (n,) bool.
        So the region of a mixture holds at least `level` of it; components of weight 0 do not count.

        >>> Mixture([1.0], [[0.0, 0.0]], [1.0], "spherical").in_confidence_region([[2.4, 0.0], [2.5, 0.0]], 0.95)
        array([ True, False])
        """
        from . import evaluate

        return self._answers(x, lambda rows: evaluate.in_confidence_region(self, rows, level, component))

    def regress(self, on: ArrayLike, values: Any, *, return_cov: bool = False, n_threads: int | None = None) -> Any:
        """E[free | known] for every row at once.

        on: (m,) int, distinct, 0 <= on < d: the coordinates that are known. values: (n, m), their values.
        Returns (n, d - m), the free coordinates in their old order; with return_cov also their covariances
        (n, d - m, d - m).
        Law: row i equals condition(on, values[i]).mean(), and .covariance().
        """
        from . import evaluate

        known, free = self._known_and_free(on)
        names = self._names(known)

        def ask(rows: Floats) -> Any:
            if return_cov:
                return evaluate.regress_with_covariance(self, known, free, rows, n_threads)
            return evaluate.regress(self, known, free, rows, n_threads)

        if in_memory(values):
            rows = matrix(by_name(values, names, "values") if names else values, "values")
            self._check_width(rows, "values", len(known))
            return ask(rows)
        if return_cov:
            raise InputError("values would be read in blocks, of which return_cov=True cannot be asked: give a block.")
        source = asked(values, like=names)

        def answer(points: Points) -> Any:
            self._check_width(points.x, "values", len(known))
            return ask(points.x.astype(np.float64))

        return source.answers(answer, len(free))

    def rows(self, x: Any, name: str = "x", *, missing: bool | None = None) -> Floats:
        """`x` as a checked (n, d) table; float32 stays float32. missing: whether it may hold NaN.

        A frame's columns are taken by name, if the coordinates have names too.
        """
        if isinstance(x, Points):
            missing = missing or x.incomplete
            x = x.by_name(self.names, name).x
        dtype = np.float32 if getattr(x, "dtype", None) == np.float32 else np.float64
        table = matrix(x if self.names is None else by_name(x, self.names, name), name, dtype, missing=missing)
        self._check_width(table, name, self.n_coordinates)
        return table

    def _check_width(self, table: Floats, name: str, expected: int) -> None:
        if table.shape[1] == expected:
            return
        if expected == self.n_coordinates:
            raise InputError(f"{name} has {table.shape[1]} columns, the mixture has {expected} coordinates.")
        raise InputError(f"{name} has {table.shape[1]} columns, expected {expected}: one a coordinate in `on`.")

    def _answers(
        self, x: Any, ask: Callable[[Floats], Any], missing: bool | None = None, width: int | None = None
    ) -> Any:
        """ask(rows): an array where x is in memory, else as its source answers."""
        if in_memory(x):
            return ask(self.rows(x, missing=missing))

        def answer(points: Points) -> Any:
            self._check_width(points.x, "x", self.n_coordinates)
            return ask(points.x)

        return asked(x, like=self.names, missing=bool(missing)).answers(answer, width)

    # From the mixture to points and moments

    @overload
    def sample(
        self,
        n: int,
        *,
        component: int | None = None,
        within: float | None = None,
        box: tuple[ArrayLike, ArrayLike] | None = None,
        rng: Rng = None,
        return_labels: Literal[False] = False,
    ) -> Array: ...

    @overload
    def sample(
        self,
        n: int,
        *,
        component: int | None = None,
        within: float | None = None,
        box: tuple[ArrayLike, ArrayLike] | None = None,
        rng: Rng = None,
        return_labels: Literal[True],
    ) -> tuple[Array, NDArray[np.intp]]: ...

    def sample(
        self,
        n: int,
        *,
        component: int | None = None,
        within: float | None = None,
        box: tuple[ArrayLike, ArrayLike] | None = None,
        rng: Rng = None,
        return_labels: bool = False,
    ) -> Array | tuple[Array, NDArray[np.intp]]:
        """`n` independent points: a component by its weight, then a point of that Gaussian.

        n: >= 0. component: draw from this one alone. within: 0 < level < 1, draw each Gaussian inside its own
        confidence region (see in_confidence_region). box: (low, high), (d,) numbers each or one for all, infinite where
        open: draw from the mixture given that low <= x <= high, exactly, thin and far boxes included; where fewer than
        1 of 10,000 draws would be accepted, it raises InputError. rng: a seed or a numpy.random.Generator.
        Returns (n, d), in random order; with return_labels also the (n,) components they came from.

        >>> Mixture([1.0], [[0.0]], [1.0], "spherical").sample(3, box=(20, 21), rng=0).round(1).tolist()
        [[20.1], [20.0], [20.0]]
        """
        from . import sampling

        x, labels = sampling.sample(self, n, rng, component, within, box)
        return (x, labels) if return_labels else x

    def mean(self) -> Array:
        """E[x], (d,)."""
        return np.asarray(self.weights @ self.means)

    def covariance(self) -> Array:
        """Cov[x], (d, d): the covariances within the components, and the spread of their means."""
        offset = self.means - self.mean()
        within = self.family.dense(self.family.averaged(self.weights, self.covariances), 1, self.n_coordinates)[0]
        return np.asarray(within + np.einsum("k,ki,kj->ij", self.weights, offset, offset))

    # From mixture to mixture

    def marginal(self, axes: ArrayLike) -> Mixture:
        """The mixture of some of the coordinates, in the order of `axes`.

        axes: (m,) distinct, 0 <= axes < d, or names; m >= 1. Raises CoordinateError.
        """
        kept = self._axes(axes, "axes")
        if not len(kept):
            raise CoordinateError("axes is empty: keep at least one coordinate.")
        spreads = self.family.marginal(self.covariances, kept)
        return Mixture(self.weights, self.means[:, kept], spreads, self.family.part.name, names=self._names(kept))

    def condition(self, on: ArrayLike, value: ArrayLike) -> Mixture:
        """The mixture of the free coordinates, given the known ones.

        on: (m,) distinct, 0 <= on < d, or names. value: (m,) float, in the units of means[:, on].
        Returns a Mixture of d - m coordinates, in their old order.
        Raises CoordinateError when `on` repeats or covers every coordinate.
        Law: log_density(x) = marginal(on).log_density(x[on]) + result.log_density(x[free])
        Source: Bishop 2006, section 2.3.1. Cost: O(k d^3).
        """
        known, free = self._known_and_free(on)
        given = np.atleast_1d(numbers(value, "value"))
        if given.shape != (len(known),):
            raise InputError(f"value has shape {given.shape}, expected ({len(known)},): one number a known coordinate.")
        from . import algebra

        return algebra.condition(self, known, free, given)

    def transform(self, matrix: ArrayLike, offset: ArrayLike | None = None) -> Mixture:
        """The mixture of matrix @ x + offset.

        matrix: (m, d) of full row rank, m >= 1. offset: (m,), zeros by default.
        Tied covariances stay tied. Diagonal ones stay so where each row of the matrix scales one coordinate, spherical
        ones where all scales are one; else they become full.
        Raises InputError when the rows of the matrix are linearly dependent.
        """
        from . import algebra

        return algebra.transform(self, matrix, offset)

    @overload
    def product(
        self, mean: ArrayLike, covariance: ArrayLike, *, return_log_mass: Literal[False] = False
    ) -> Mixture: ...

    @overload
    def product(
        self, mean: ArrayLike, covariance: ArrayLike, *, return_log_mass: Literal[True]
    ) -> tuple[Mixture, float]: ...

    def product(
        self, mean: ArrayLike, covariance: ArrayLike, *, return_log_mass: bool = False
    ) -> Mixture | tuple[Mixture, float]:
        """The density p(x) N(x; mean, covariance), scaled to integrate to one: the mixture after a noisy look at x.

        mean: (d,). covariance: (d, d), positive definite. The covariance type stays where the result has it, else it
        becomes full. return_log_mass: also the log of what the product integrated to, in nats.
        Law: log_density(x) + ln N(x; mean, covariance) = log_mass + result.log_density(x)

        >>> mix = Mixture([1.0], [[0.0]], [[[1.0]]])
        >>> seen = mix.product([3.0], [[0.5]])
        >>> seen.means, seen.covariances
        (array([[2.]]), array([[[0.33333333]]]))
        """
        from . import algebra

        found, log_mass = algebra.product(self, mean, covariance)
        return (found, log_mass) if return_log_mass else found

    def scale_covariances(self, factor: float) -> Mixture:
        """The same mixture with every covariance times `factor` > 0; below 1 it is sharper, above softer."""
        from . import algebra

        return algebra.scale_covariances(self, factor)

    def subset(self, components: ArrayLike) -> Mixture:
        """The mixture of some of the components, in that order, with their weights scaled up to sum to one.

        components: (m,) int, or (k,) bool; m >= 1.
        """
        from . import algebra

        return algebra.subset(self, components)

    def merge(self, components: ArrayLike) -> Mixture:
        """The mixture with the chosen components merged into one that has their weight, mean and covariance.

        components: (m,) int, distinct, or (k,) bool; m >= 1. The merged one stands at the place of the lowest.
        Diagonal covariances keep the variances alone, spherical ones the total variance; tied ones become full.
        Law: mean() and covariance() stay (for diag its diagonal, for spherical its trace).

        >>> pair = Mixture([0.5, 0.5], [[-1.0], [1.0]], [1.0, 1.0], "spherical")
        >>> pair.merge([0, 1]).covariances
        array([2.])
        """
        from . import reduction

        return reduction.merge(self, components)

    def split(self, component: int, *, distance: float = 0.5) -> Mixture:
        """The mixture with one component cut into two halves along its longest axis; the second comes last.

        distance: of each half's mean from the old one, 0 < distance < 1, in deviations along that axis. Weight, mean
        and covariance of the halves together are those of the one, as far as the type can hold them: see merge.
        Law: split(i).merge([i, k]) gives the mixture back.

        >>> Mixture([1.0], [[0.0]], [1.0], "spherical").split(0, distance=0.6).means.ravel()
        array([-0.6,  0.6])
        """
        from . import reduction

        return reduction.split(self, component, distance)

    def reduce(self, n_components: int) -> Mixture:
        """A mixture of `n_components` that stands for this larger one, by merging what lies nearest.

        1 <= n_components <= k; fewer come back only where fewer have weight. Merging keeps the moments: see merge.
        Components are grouped so that a bound on KL(this || result) becomes small: Runnalls' greedy unions, then moves
        between groups. Cost: O(k^2 d^3) time, O(k^2) memory.

        >>> mix = Mixture([0.3, 0.3, 0.4], [[0.0], [0.1], [9.0]], [1.0, 1.0, 1.0], "spherical")
        >>> mix.reduce(2).means.ravel()
        array([0.05, 9.  ])
        """
        from . import reduction

        return reduction.reduce(self, n_components)

    # Of itself and of others

    def entropy(self, *, n_samples: int = 10_000, rng: Rng = None) -> Entropy:
        """-E[ln p(x)] in nats: an estimate from samples with its standard error, between two certain bounds.

        Returns a record: estimate, standard_error, lower, upper. Exact for a single component.
        Source: Kolchinsky and Tracey 2017; Huber et al. 2008. Cost: O(k^2 d^3) for the bounds.

        >>> Mixture([1.0], [[0.0]], [1.0], "spherical").entropy()
        <Entropy 1.4189 ± 0 nats, between 1.4189 and 1.4189>
        """
        from . import information

        return information.entropy(self, n_samples, rng)

    def kl(self, other: Mixture, *, n_samples: int = 10_000, rng: Rng = None) -> Divergence:
        """KL(this || other) in nats: how much better this explains its own points than the other does.

        Returns a record: estimate from samples of this, standard_error, certain bounds lower and upper, and the
        variational approximation of Hershey and Olsen (2007). Exact between two Gaussians.

        >>> one, other = (Mixture([1.0], [[m]], [1.0], "spherical") for m in (0.0, 2.0))
        >>> one.kl(other).estimate
        2.0
        """
        from . import information

        return information.kl(self, other, n_samples, rng)

    @overload
    def wasserstein(self, other: Mixture, *, return_plan: Literal[False] = False) -> float: ...

    @overload
    def wasserstein(self, other: Mixture, *, return_plan: Literal[True]) -> tuple[float, Array]: ...

    def wasserstein(self, other: Mixture, *, return_plan: bool = False) -> float | tuple[float, Array]:
        """How far the mass of this has to move to become the other: the distance MW2, in the units of the coordinates.

        Components are moved whole or in parts onto components: at least the Wasserstein distance of order 2, and equal
        to it between two Gaussians. return_plan: also the (k, l) weight that goes from each to each.
        Source: Delon and Desolneux 2020.

        >>> one, other = (Mixture([1.0], [[m]], [1.0], "spherical") for m in (0.0, 2.0))
        >>> one.wasserstein(other)
        2.0
        """
        from . import transport

        distance, plan = transport.wasserstein(self, other)
        return (distance, plan) if return_plan else distance

    # To a file

    def save(self, path: str | os.PathLike[str], *, notes: Mapping[str, Any] | None = None) -> None:
        """Write the mixture to a file, whole or not at all; `mixtura.load` reads it.

        notes: anything that JSON can hold, to travel along; {"frame": [left, top, right, bottom]} tells `mixtura paint`
        which part of the plane the picture showed. Raises OutputError.
        """
        from .storage import save

        save(self, path, notes=notes)

    # Coordinates

    def _axes(self, axes: ArrayLike, name: str) -> NDArray[np.intp]:
        return coordinates(axes, self.n_coordinates, self.names, name)

    def _known_and_free(self, on: ArrayLike) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The known coordinates as given, and the free ones in their old order."""
        known = self._axes(on, "on")
        free = np.setdiff1d(np.arange(self.n_coordinates), known)
        if not len(free):
            raise CoordinateError(f"on covers all {self.n_coordinates} coordinates: leave at least one free.")
        return known, free

    def _names(self, axes: NDArray[np.intp]) -> tuple[str, ...] | None:
        return None if self.names is None else tuple(self.names[i] for i in axes)


def _restore(weights: Array, means: Array, covariances: Array, kind: CovarianceType, names: Any) -> Mixture:
    """A pickled mixture."""
    return Mixture.trusted(weights, means, covariances, kind, names=names)
