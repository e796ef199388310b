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
    is_whole,
    matrix,
    numbers,
    random_generator,
)
from ..errors import CoordinateError, InputError, named
from ..sources import asked, in_memory
from ..sources.noise import measured, measured_points
from ..sources.points import Points
from . import gaussian
from .families import CovarianceType, family

if TYPE_CHECKING:
    from .boxes import Probability
    from .directions import Directions
    from .ellipsoids import Ellipses
    from .information import Divergence, Entropy
    from .modes import Modes
    from .transport import Transport

Array = NDArray[np.float64]
WIDEST = 1e307  # a covariance that can be added to others


@dataclass(frozen=True, eq=False, repr=False)
class Mixture(gaussian.Gaussians):
    """A Gaussian mixture: p(x) = sum over j of weights[j] N(x; means[j], covariances[j]).

    It is a value: all arrays are copied once, held in double precision and read-only; mixtures compare by value.

    Parameters
    ----------
    weights : array_like of float, shape (k,)
        Weights >= 0 of any positive sum, by which they are divided. A component of weight 0 is dormant.
    means : array_like of float, shape (k, d)
        Means, in the units of the coordinates.
    covariances : array_like of float, shape by covariance_type
        Covariance matrices (k, d, d) for "full", one (d, d) for "tied"; variances (k, d) for "diag", (k,) for
        "spherical"; (d,) for "EEI", () for "EII", (k, d) for others of mclust's that end in I, else (k, d, d).
    covariance_type : str
        Which covariances the components may have: "full", "tied", "diag", "spherical", or one of mclust's families, see
        `fit`.
    names : sequence of str, length d, optional
        Names of the coordinates.

    Raises
    ------
    InputError
        If a shape is wrong, a number is not finite, or a covariance is not positive definite; it names the component.

    Examples
    --------
    >>> mix = Mixture([0.3, 0.7], [[0.0, 0.0], [4.0, 1.0]], [1.0, 2.0], "spherical", names=["x", "y"])
    >>> mix
    <Mixture of 2 spherical components in 2 coordinates, names=('x', 'y')>
    >>> mix.mean()
    array([2.8, 0.7])
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
        family(covariance_type)
        centres = numbers(means, "means")
        if centres.ndim != 2 or 0 in centres.shape:
            raise InputError(f"means has shape {centres.shape}, expected (k, d) with k >= 1 and d >= 1.")
        k, d = centres.shape
        kind = family(covariance_type, d)
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
        if np.abs(spreads).max() > WIDEST:
            widest = float(np.abs(spreads).max())
            raise InputError(
                f"covariances reach {widest:.3g}, and their sums would overflow (limit {WIDEST:g}): rescale."
            )
        spreads = kind.checked(spreads)
        names = checked_names(names, d)
        factor = kind.lower(spreads, k, d)
        self._hold(shares / total, centres, spreads, kind.name, names, factor)

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
        """A mixture of arrays that are known to be sound: only positive definiteness is checked, and nothing is copied.

        Parameters
        ----------
        weights : ndarray of float64, shape (k,)
            Weights, which sum to 1.
        means : ndarray of float64, shape (k, d)
            Means.
        covariances : ndarray of float64, shape by covariance_type
            Symmetric covariances. All three arrays become read-only.
        covariance_type : str
            Their family, as above.
        names : sequence of str, length d, optional
            Names of the coordinates.
        remedy : str
            What to try when a covariance is singular; the error is then a FitError.

        Returns
        -------
        Mixture
            Of these arrays.

        Raises
        ------
        InputError or FitError
            If a covariance is not positive definite.
        """
        self = object.__new__(cls)
        kind = family(covariance_type)
        factor = kind.lower(covariances, means.shape[0], means.shape[1], remedy)
        self._hold(weights, means, covariances, kind.name, names, factor)
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
        """The number of free parameters: k - 1 weights, k d means, and those of the covariances.

        The latter are k d (d + 1) / 2 for full, d (d + 1) / 2 for tied, k d for diag and k for spherical. In general
        the volume counts 1, the shape d - 1 and the orientation d (d - 1) / 2: once where it is shared, k times where
        each component has its own.
        """
        k, d = self.means.shape
        return int(k - 1 + k * d + self.family.n_parameters(k, d))

    @cached_property
    def log_scales(self) -> Array:
        """(k,) the logarithm of each component's weighted density at its own mean."""
        scales = gaussian.log_scales(self.weights, self.whitener)
        scales.flags.writeable = False  # kept, so nobody may change it
        return scales

    @property
    def matrices(self) -> Array:
        """(k, d, d) the covariances as matrices, whatever their type."""
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

    def log_density(
        self, x: Any, *, missing: bool = False, noise_covariance: Any = None, n_threads: int | None = None
    ) -> Any:
        """The log density ln p(x) of each row.

        Parameters
        ----------
        x : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array. A
            frame's columns are taken by name, if the coordinates have names too.
        missing : bool
            Whether NaN marks a missing value; a row then has the marginal density of what it holds.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            The variances, or covariances, of the errors that the rows are measured with: see `fit`.
        n_threads : int, optional
            Threads; by default as many as there are cores. The answer does not depend on it.

        Returns
        -------
        ndarray of float, shape (n,)
            In nats.

        Raises
        ------
        InputError
            If a number is infinite, or NaN without `missing`, or the number of columns is wrong.
        """
        from . import evaluate

        def ask(points: Points) -> Array:
            return evaluate.log_density(self, points.x, n_threads, points.noise)

        return self._told(x, ask, missing, noise=noise_covariance, large=True)

    def density(
        self, x: Any, *, missing: bool = False, noise_covariance: Any = None, n_threads: int | None = None
    ) -> Any:
        """The density p(x) of each row.

        Parameters
        ----------
        x : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array. A
            frame's columns are taken by name, if the coordinates have names too.
        missing : bool
            Whether NaN marks a missing value; as for `log_density`.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            The variances, or covariances, of the errors that the rows are measured with: see `fit`.
        n_threads : int, optional
            Threads; by default as many as there are cores. The answer does not depend on it.

        Returns
        -------
        ndarray of float, shape (n,)
            In 1 / the product of the units of the coordinates that the row holds.
        """
        from . import evaluate

        def ask(points: Points) -> Array:
            return np.asarray(np.exp(evaluate.log_density(self, points.x, n_threads, points.noise)))

        return self._told(x, ask, missing, noise=noise_covariance, large=True)

    def responsibilities(
        self,
        x: Any,
        *,
        sparse: bool = False,
        top: int | None = None,
        missing: bool = False,
        noise_covariance: Any = None,
        n_threads: int | None = None,
    ) -> Any:
        """The responsibilities: the posterior probability of each component, given each row.

        Parameters
        ----------
        x : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array. A
            frame's columns are taken by name, if the coordinates have names too.
        sparse : bool
            Whether to return a sparse matrix of the responsibilities above rounding: of a thousand components, a point
            has a few.
        top : int, optional
            Only so many of each row, the largest, as a sparse matrix; what they lack of 1 is with the others.
        missing : bool
            Whether NaN marks a missing value; the responsibilities are those given the rest of the row.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            The variances, or covariances, of the errors that the rows are measured with: see `fit`.
        n_threads : int, optional
            Threads; by default as many as there are cores. The answer does not depend on it.

        Returns
        -------
        ndarray of float, or scipy.sparse.csr_array, shape (n, k)
            Rows sum to 1, but for `top`.
        """
        from . import evaluate

        check_flag(sparse, "sparse")
        if top is not None and (not is_whole(top) or top < 1):
            raise InputError(f"{named('top')} is {top!r}: give a whole number >= 1 of components.")

        def ask(points: Points) -> Any:
            if sparse or top is not None:
                return evaluate.sparse_responsibilities(self, points.x, n_threads, points.noise, top)
            return evaluate.responsibilities(self, points.x, n_threads, points.noise)

        return self._told(x, ask, missing, self.n_components, noise=noise_covariance)

    def predict(
        self, x: Any, *, missing: bool = False, noise_covariance: Any = None, n_threads: int | None = None
    ) -> Any:
        """The component with the largest responsibility for each row.

        Parameters
        ----------
        x : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array. A
            frame's columns are taken by name, if the coordinates have names too.
        missing : bool
            Whether NaN marks a missing value; the answer is from the rest of the row.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            The variances, or covariances, of the errors that the rows are measured with: see `fit`.
        n_threads : int, optional
            Threads; by default as many as there are cores. The answer does not depend on it.

        Returns
        -------
        ndarray of int, shape (n,)
            From 0 to k - 1; the lowest number wins a tie.
        """
        from . import evaluate

        def ask(points: Points) -> Any:
            return evaluate.predict(self, points.x, n_threads, points.noise)

        return self._told(x, ask, missing, noise=noise_covariance, large=True)

    def impute(
        self, x: Any, *, how: Literal["mean", "sample"] = "mean", rng: Rng = None, n_threads: int | None = None
    ) -> Any:
        """`x` with every NaN filled in from the rest of its row.

        Parameters
        ----------
        x : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array. A
            frame's columns are taken by name, if the coordinates have names too.
        how : {"mean", "sample"}
            "mean" fills in E[missing | observed], the best guess, but with too little variance; "sample" draws from
            p(missing | observed), so that filled columns vary as observed ones do.
        rng : int or numpy.random.Generator, optional
            Random numbers for "sample".
        n_threads : int, optional
            Threads; by default as many as there are cores. The answer does not depend on it.

        Returns
        -------
        ndarray of float, shape (n, d)
            What was observed is unchanged.

        References
        ----------
        Little and Rubin 2019, section 4.

        Examples
        --------
        >>> import mixtura as mx
        >>> mix = mx.Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.5], [0.5, 1.0]]])
        >>> mix.impute([[2.0, float("nan")]])
        array([[2., 1.]])
        """
        from . import evaluate

        if how not in ("mean", "sample"):
            raise InputError(f"how is {how!r}: choose mean or sample.")
        generator = random_generator(rng) if how == "sample" else None

        return self._answers(
            x, lambda rows: evaluate.impute(self, rows, generator, n_threads), True, self.n_coordinates
        )

    def denoise(
        self,
        x: Any,
        noise_covariance: Any,
        *,
        return_cov: bool = False,
        missing: bool = False,
        n_threads: int | None = None,
    ) -> Any:
        """The points behind rows that are measured with errors: their posterior mean, and covariance.

        Parameters
        ----------
        x : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array. A
            frame's columns are taken by name, if the coordinates have names too.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d)
            The variances, or covariances, of the errors: see `fit`.
        return_cov : bool
            Whether to return the posterior covariances too.
        missing : bool
            Whether NaN marks a missing value; it is filled in, as by `impute`.
        n_threads : int, optional
            Threads; by default as many as there are cores. The answer does not depend on it.

        Returns
        -------
        mean : ndarray of float, shape (n, d)
            Coordinates without noise are unchanged.
        covariance : ndarray of float, shape (n, d, d)
            Only with `return_cov`.

        Raises
        ------
        InputError
            If the noise of a row is no covariance; the message names the row.

        Notes
        -----
        Row i equals ``product(x[i], noise_covariance[i]).mean()`` and ``.covariance()``. Costs O(k d^3) a row, less
        for components that can be ruled out.

        References
        ----------
        Bovy, Hogg and Roweis 2011, equation 9.

        Examples
        --------
        >>> mix = Mixture([1.0], [[0.0]], [[[1.0]]])
        >>> mix.denoise([[3.0], [3.0]], [[0.5], [0.0]], return_cov=True)
        (array([[2.],
               [3.]]), array([[[0.33333333]],
        <BLANKLINE>
               [[0.        ]]]))
        """
        from . import evaluate

        check_flag(return_cov, "return_cov")
        if return_cov and not in_memory(x):
            raise InputError("x would be read in blocks, of which return_cov=True cannot be asked: give a block.")

        def ask(points: Points) -> Any:
            found = evaluate.denoise(self, points.x, points.noise, n_threads, covariance=return_cov)
            return found if return_cov else found[0]

        return self._told(x, ask, missing, self.n_coordinates, noise=noise_covariance)

    def in_confidence_region(self, x: Any, level: float, *, component: int | None = None) -> Any:
        """Whether each row lies in the confidence region: in the ellipsoid of any component, or of the one given.

        Parameters
        ----------
        x : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array. A
            frame's columns are taken by name, if the coordinates have names too.
        level : float
            0 < level <= 1, the probability of a component's ellipsoid under that component; 1 is all of space.
        component : int, optional
            Its number, for the ellipsoid of one component.

        Returns
        -------
        ndarray of bool, shape (n,)
            Whether the row lies inside.

        Notes
        -----
        The squared Mahalanobis distance is at most the quantile of chi-square with d degrees of freedom. So the region
        of a mixture has at least the probability `level`. Components of weight 0 do not count.

        Examples
        --------
        >>> Mixture([1.0], [[0.0, 0.0]], [1.0], "spherical").in_confidence_region([[2.4, 0.0], [2.5, 0.0]], 0.95)
        array([ True, False])
        """
        from . import ellipsoids

        return self._answers(x, lambda rows: ellipsoids.in_confidence_region(self, rows, level, component))

    def mahalanobis(self, x: Any, *, component: int | None = None, missing: bool = False) -> Any:
        """How many standard deviations each row lies off each component: the Mahalanobis distance.

        Parameters
        ----------
        x : array_like, shape (n, d), or any other data
            As for `fit`; of rows in blocks the result is `mixtura.sources.Answers`, of Dask collections a Dask array. A
            frame's columns are taken by name, if the coordinates have names too.
        component : int, optional
            Its number, for the distances from one component.
        missing : bool
            Whether NaN marks a missing value; the distance is then that of what the row holds, in as many coordinates,
            and 0 where it holds nothing.

        Returns
        -------
        ndarray of float, shape (n, k), or (n,) with `component`
            Not squared. The squares of a component's own points are distributed as chi-square with d degrees of
            freedom.

        Examples
        --------
        >>> Mixture([1.0], [[0.0, 0.0]], [[4.0, 1.0]], "diag").mahalanobis([[2.0, 0.0], [0.0, 2.0]], component=0)
        array([1., 2.])
        """
        from . import ellipsoids

        width = self.n_components if component is None else None
        return self._answers(x, lambda rows: ellipsoids.mahalanobis(self, rows, component), missing, width)

    def regress(
        self,
        on: ArrayLike,
        values: Any,
        *,
        noise_covariance: Any = None,
        return_cov: bool = False,
        n_threads: int | None = None,
    ) -> Any:
        """Gaussian mixture regression: E[free | known] of every row at once.

        Parameters
        ----------
        on : sequence of int or str, shape (m,)
            The known coordinates, distinct, by number or name.
        values : array_like, shape (n, m), or any other data
            Their values, in the units of ``means[:, on]``.
        noise_covariance : array_like of float, shape (m,), (n, m) or (n, m, m), optional
            The variances, or covariances, of the errors that the values are measured with.
        return_cov : bool
            Whether to return the conditional covariances too.
        n_threads : int, optional
            Threads; by default as many as there are cores. The answer does not depend on it.

        Returns
        -------
        mean : ndarray of float, shape (n, d - m)
            Of the free coordinates, in their old order.
        covariance : ndarray of float, shape (n, d - m, d - m)
            Only with `return_cov`.

        Raises
        ------
        CoordinateError
            If `on` repeats or covers every coordinate.

        Notes
        -----
        Row i equals ``condition(on, values[i]).mean()`` and ``.covariance()``; with noise, of the mixture whose
        covariances of the known coordinates are larger by ``noise_covariance[i]``.
        """
        from . import evaluate

        known, free = self._known_and_free(on)
        names = self._names(known)
        given = self.marginal(known) if len(known) else self

        def ask(points: Points) -> Any:
            rows = points.x.astype(np.float64, copy=False)
            if points.noise is not None:
                found = evaluate.regress_noisy(self, known, free, points, n_threads, covariance=return_cov)
                return found if return_cov else found[0]
            if return_cov:
                return evaluate.regress_with_covariance(self, known, free, rows, n_threads)
            return evaluate.regress(self, known, free, rows, n_threads)

        if in_memory(values):
            noise = values.by_name(names, "values").noise if isinstance(values, Points) else None
            if isinstance(values, Points):
                values = values.by_name(names, "values").x
            rows = matrix(by_name(values, names, "values") if names else values, "values", width=len(known))
            self._check_width(rows, "values", len(known))
            points = Points(rows, names=names, noise=noise)
            points = points if noise_covariance is None else measured_points(points, noise_covariance)
            with evaluate.placed(given, rows, "values[{}]", points.noise):
                return ask(points)
        if return_cov:
            raise InputError("values would be read in blocks, of which return_cov=True cannot be asked: give a block.")
        source = asked(values, like=names)

        def answer(points: Points) -> Any:
            self._check_width(points.x, "values", len(known))
            with evaluate.placed(given, points.x, "row {} of a block of values", points.noise):
                return ask(points)

        source = source if noise_covariance is None else measured(source, noise_covariance)
        return source.answers(answer, len(free))

    def rows(self, x: Any, name: str = "x", *, missing: bool | None = None) -> Floats:
        """`x` as a checked table of points for this mixture.

        Parameters
        ----------
        x : array_like, shape (n, d)
            Rows in memory. A frame's columns are taken by name, if the coordinates have names too.
        name : str
            What to call it in errors.
        missing : bool, optional
            Whether it may hold NaN; None where that cannot be asked for.

        Returns
        -------
        ndarray of float, shape (n, d)
            float32 stays float32, all else becomes float64.
        """
        if isinstance(x, Points):
            missing = missing or x.incomplete
            x = x.by_name(self.names, name).x
        dtype = np.float32 if getattr(x, "dtype", None) == np.float32 else np.float64
        given, d = x if self.names is None else by_name(x, self.names, name), self.n_coordinates
        table = matrix(given, name, dtype, missing=missing, width=d)
        self._check_width(table, name, self.n_coordinates)
        return table

    def _check_width(self, table: Floats, name: str, expected: int) -> None:
        if table.shape[1] == expected:
            return
        if expected == self.n_coordinates:
            raise InputError(f"{name} has {table.shape[1]} columns, the mixture has {expected} coordinates.")
        raise InputError(f"{name} has {table.shape[1]} columns, expected {expected}: one a coordinate in `on`.")

    def _answers(
        self,
        x: Any,
        ask: Callable[[Floats], Any],
        missing: bool | None = None,
        width: int | None = None,
        *,
        large: bool = False,
    ) -> Any:
        """ask(rows): an array where x is in memory, else as its source answers."""

        def answer(points: Points) -> Any:
            if points.noise is not None:
                raise InputError(
                    "x carries the noise of its rows, which this question cannot take into account: give x.bare, the "
                    "rows as they were measured, or what `denoise` makes of them."
                )
            return ask(points.x)

        return self._told(x, answer, missing, width, large=large)

    def _told(
        self,
        x: Any,
        ask: Callable[[Points], Any],
        missing: bool | None = None,
        width: int | None = None,
        *,
        noise: Any = None,
        large: bool = False,
    ) -> Any:
        """The same of ask(points), which have the noise that is given, or that x has itself."""
        from .evaluate import placed

        if in_memory(x):
            given = x.by_name(self.names, "x") if isinstance(x, Points) else x
            points = Points(
                self.rows(given, missing=missing),
                names=self.names,
                noise=given.noise if isinstance(given, Points) else None,
            )
            points = points if noise is None else measured_points(points, noise)
            with placed(self, points.x, "x[{}]", points.noise):
                return ask(points)

        def answer(points: Points) -> Any:
            self._check_width(points.x, "x", self.n_coordinates)
            with placed(self, points.x, "row {} of a block of x", points.noise):
                return ask(points)

        source = asked(x, like=self.names, missing=bool(missing))
        return (source if noise is None else measured(source, noise)).answers(answer, width, large=large)

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
        """Draw independent points: a component by its weight, then a point of that Gaussian.

        Parameters
        ----------
        n : int
            How many, >= 0.
        component : int, optional
            Draw from this component alone.
        within : float, optional
            0 < level <= 1: draw each Gaussian inside its own confidence region, see `in_confidence_region`.
        box : (low, high), optional
            Draw from the mixture given low <= x <= high: d numbers each, or one for all coordinates, infinite where
            open. Exact, also for thin and far boxes.
        rng : int or numpy.random.Generator, optional
            Random numbers.
        return_labels : bool
            Whether to return the components too.

        Returns
        -------
        x : ndarray of float, shape (n, d)
            The points, in random order.
        labels : ndarray of int, shape (n,)
            The components they came from; only with `return_labels`.

        Raises
        ------
        InputError
            If fewer than 1 of 10,000 draws for a box would be accepted.

        Notes
        -----
        More than 2^20 points, or 2^24 numbers, are drawn in blocks of so many. So one call a block, with one generator,
        draws the points of a single call, in bounded memory.

        References
        ----------
        Botev 2017, for boxes.

        Examples
        --------
        >>> Mixture([1.0], [[0.0]], [1.0], "spherical").sample(3, box=(20, 21), rng=0).round(1).tolist()
        [[20.1], [20.0], [20.0]]
        """
        from . import sampling

        x, labels = sampling.sample(self, n, rng, component, within, box)
        return (x, labels) if return_labels else x

    def ellipses(self, level: float = 0.95) -> Ellipses:
        """The ellipses, or ellipsoids, that hold a share of each component, in numbers.

        Parameters
        ----------
        level : float
            0 < level < 1, the share of its component that each holds.

        Returns
        -------
        Ellipses
            Its ``centres`` (k, d), half ``axes`` (k, d), their ``directions`` (k, d, d) and, in the plane, ``angles``
            (k,) in degrees.

        Examples
        --------
        >>> Mixture([1.0], [[3.0, 1.0]], [[[1.0, 0.0], [0.0, 4.0]]]).ellipses(0.95).axes.round(3)
        array([[4.895, 2.448]])
        """
        from . import ellipsoids

        return ellipsoids.ellipses(self, level)

    def modes(self, x: Any = None) -> Modes:
        """The modes: where the density has its maxima, and which component leads to which.

        Parameters
        ----------
        x : array_like, shape (n, d), optional
            Rows to climb from, such as the points: rows that lead to one mode are a cluster of their own kind. By
            default the means of all components.

        Returns
        -------
        Modes
            Their ``points``, the densest first, ``log_density``, and ``labels``: the mode that each component, or row,
            leads to.

        Notes
        -----
        From each mean the density is climbed to a maximum, by EM for modes and Newton's method. A mixture may have
        fewer modes than components and, rarely, more (in several coordinates, with covariances that differ); then one
        that no mean leads to is missed, so give more rows to climb from. Modes that are less than a thousandth of a
        standard deviation apart count as one. Costs O(k d^2) a step and a start.

        References
        ----------
        Carreira-Perpinan 2000; Li, Ray and Lindsay 2007.

        Examples
        --------
        >>> Mixture([0.5, 0.5], [[0.0], [1.5]], [1.0, 1.0], "spherical").modes().points.round(3)
        array([[0.75]])
        """
        from . import evaluate, modes

        rows = None if x is None else self.rows(x)
        with evaluate.placed(self, self.means if rows is None else rows, "x[{}]"):
            return modes.modes(self, rows)

    def probability(self, low: Any, high: Any, *, n_samples: int = 16_384, rng: Rng = 0) -> Probability:
        """The probability of a box: P(low <= x <= high).

        Parameters
        ----------
        low, high : array_like of float, shape (d,), or float, or dict
            The ends, infinite where the box is open; one number for all coordinates; or a dictionary of some, by name
            or number, the others open.
        n_samples : int
            Points for the estimate, where there is one, >= 16.
        rng : int or numpy.random.Generator, optional
            Random numbers for it; by default always the same.

        Returns
        -------
        Probability
            Its ``estimate`` and ``error``; ``float`` gives the number. It is exact where no more than two coordinates
            that are correlated are confined.

        Raises
        ------
        InputError
            If a side is malformed, or low is above high.

        Notes
        -----
        Else by quasi-Monte Carlo about minimax shifts, whose relative error stays small far out in a tail too.

        References
        ----------
        Genz 1992; Botev 2017.

        Examples
        --------
        >>> mix = Mixture([1.0], [[0.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]], "tied", names=["x", "y"])
        >>> round(float(mix.probability({"x": 0.0}, {"y": 0.0})), 12)
        0.25
        """
        from . import boxes

        return boxes.probability(self, low, high, n_samples, rng)

    def mean(self) -> Array:
        """The mean E[x].

        Returns
        -------
        ndarray of float, shape (d,)
            In the units of the coordinates.
        """
        return np.asarray(self.weights @ self.means)

    def covariance(self) -> Array:
        """The covariance Cov[x]: that within the components, plus that of their means.

        Returns
        -------
        ndarray of float, shape (d, d)
            In squared units of the coordinates.

        Raises
        ------
        InputError
            If the means lie so far apart that it overflows.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            offset = self.means - self.mean()
            within = self.family.dense(self.family.averaged(self.weights, self.covariances), 1, self.n_coordinates)[0]
            total = np.asarray(within + np.einsum("k,ki,kj->ij", self.weights, offset, offset))
        if not np.isfinite(total).all():
            raise InputError(
                f"the covariance overflows: the means reach {np.abs(self.means).max():.3g} and the covariances "
                f"{np.abs(self.covariances).max():.3g}, but squares of distances must stay below 1e+308; rescale them."
            )
        return total

    # From mixture to mixture

    def marginal(self, axes: ArrayLike) -> Mixture:
        """The marginal distribution of some of the coordinates.

        Parameters
        ----------
        axes : sequence of int or str, shape (m,)
            Distinct coordinates, by number or name; m >= 1.

        Returns
        -------
        Mixture
            Of these coordinates, in the order of `axes`.

        Raises
        ------
        CoordinateError
            If `axes` repeats, is empty or out of range.
        """
        kept = self._axes(axes, "axes")
        if not len(kept):
            raise CoordinateError("axes is empty: keep at least one coordinate.")
        spreads = self.family.marginal(self.covariances, kept)
        return Mixture(self.weights, self.means[:, kept], spreads, self.family.part.name, names=self._names(kept))

    def condition(self, on: ArrayLike, value: ArrayLike) -> Mixture:
        """The conditional distribution of the free coordinates, given values of the others.

        Parameters
        ----------
        on : sequence of int or str, shape (m,)
            The known coordinates, distinct, by number or name.
        value : array_like of float, shape (m,)
            Their values, in the units of ``means[:, on]``.

        Returns
        -------
        Mixture
            Of d - m coordinates, in their old order.

        Raises
        ------
        CoordinateError
            If `on` repeats or covers every coordinate.

        Notes
        -----
        ``log_density(x) = marginal(on).log_density(x[on]) + result.log_density(x[free])``. Costs O(k d^3).

        References
        ----------
        Bishop 2006, section 2.3.1.
        """
        known, free = self._known_and_free(on)
        given = np.atleast_1d(numbers(value, "value"))
        if given.shape != (len(known),):
            raise InputError(f"value has shape {given.shape}, expected ({len(known)},): one number a known coordinate.")
        from . import algebra

        return algebra.condition(self, known, free, given)

    def transform(self, matrix: ArrayLike, offset: ArrayLike | None = None) -> Mixture:
        """The distribution of matrix @ x + offset.

        Parameters
        ----------
        matrix : array_like of float, shape (m, d)
            Of full row rank, m >= 1.
        offset : array_like of float, shape (m,), optional
            Zeros by default.

        Returns
        -------
        Mixture
            Of m coordinates, without names. Tied covariances stay tied. Diagonal ones stay so where each row of the
            matrix scales one coordinate, spherical ones where all scales are equal; else they become full.

        Raises
        ------
        InputError
            If the rows of the matrix are linearly dependent.
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
        """The density p(x) N(x; mean, covariance), normalised: the posterior after an observation with Gaussian noise.

        Parameters
        ----------
        mean : array_like of float, shape (d,)
            What was observed.
        covariance : array_like of float, shape (d, d)
            Of the noise, positive definite.
        return_log_mass : bool
            Whether to return the normaliser too.

        Returns
        -------
        mixture : Mixture
            Its covariance type stays where the product has it, else it becomes full.
        log_mass : float
            The logarithm of what the product integrates to, in nats; only with `return_log_mass`.

        Notes
        -----
        ``log_density(x) + ln N(x; mean, covariance) = log_mass + result.log_density(x)``.

        Examples
        --------
        >>> mix = Mixture([1.0], [[0.0]], [[[1.0]]])
        >>> seen = mix.product([3.0], [[0.5]])
        >>> seen.means, seen.covariances
        (array([[2.]]), array([[[0.33333333]]]))
        """
        from . import algebra

        found, log_mass = algebra.product(self, mean, covariance)
        return (found, log_mass) if return_log_mass else found

    def scale_covariances(self, factor: float) -> Mixture:
        """The same mixture with every covariance multiplied by a number.

        Parameters
        ----------
        factor : float
            > 0; below 1 the density becomes sharper, above smoother.

        Returns
        -------
        Mixture
            Of the same weights and means.
        """
        from . import algebra

        return algebra.scale_covariances(self, factor)

    def directions(self) -> Directions:
        """The directions in which the components differ most, in means and in covariances.

        Returns
        -------
        Directions
            ``matrix``, shape (d, d): ``(x - mix.mean()) @ matrix`` are coordinates along them, uncorrelated and of
            variance 1; its first columns show the components best. ``separation``, shape (d,): how much components
            differ along each, falling.

        Raises
        ------
        InputError
            If fewer than two components have weight.

        Notes
        -----
        The generalised eigenvectors of ``M = B S^-1 B + sum_k w_k (S_k - W) S^-1 (S_k - W)`` in the metric of S [1]_,
        where S is the covariance of the whole, B that of the means, W the mean of the covariances S_k. Units of the
        coordinates do not matter. Where separation is 0, components are the same.

        References
        ----------
        .. [1] Scrucca 2010, "Dimension reduction for model-based clustering", Statistics and Computing 20.

        Examples
        --------
        >>> import mixtura as mx
        >>> mix = mx.Mixture([1, 1], [[0, 0, 0], [4, 4, 0]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "tied")
        >>> matrix, separation = mix.directions()
        >>> matrix[:2, 0].round(2).tolist()
        [0.24, 0.24]
        >>> (separation > 1e-9).tolist()
        [True, False, False]
        """
        from . import directions

        return directions.directions(self)

    def subset(self, components: ArrayLike) -> Mixture:
        """The mixture of some of the components.

        Parameters
        ----------
        components : array_like of int, shape (m,), or of bool, shape (k,)
            Their numbers, distinct, or a mask; m >= 1.

        Returns
        -------
        Mixture
            Of these components, in that order, their weights divided by their sum.
        """
        from . import algebra

        return algebra.subset(self, components)

    def merge(self, components: ArrayLike) -> Mixture:
        """The mixture with some components merged into one of their weight, mean and covariance.

        Parameters
        ----------
        components : array_like of int, shape (m,), or of bool, shape (k,)
            Their numbers, distinct, or a mask; m >= 1.

        Returns
        -------
        Mixture
            With the merged component at the place of the lowest of them. Diagonal covariances keep the variances alone,
            spherical ones the total variance; tied ones become full.

        Notes
        -----
        ``mean()`` and ``covariance()`` stay (of diag the diagonal, of spherical the trace).

        Examples
        --------
        >>> pair = Mixture([0.5, 0.5], [[-1.0], [1.0]], [1.0, 1.0], "spherical")
        >>> pair.merge([0, 1]).covariances
        array([2.])
        """
        from . import reduction

        return reduction.merge(self, components)

    def split(self, component: int, *, distance: float = 0.5) -> Mixture:
        """The mixture with one component split into two halves along its longest axis.

        Parameters
        ----------
        component : int
            Which, 0 <= component < k.
        distance : float
            From the old mean to that of each half, in standard deviations along that axis, 0 < distance < 1.

        Returns
        -------
        Mixture
            Of k + 1 components; the second half comes last. Together the halves have the weight, mean and covariance of
            the component, as far as the covariance type holds them: see `merge`.

        Notes
        -----
        ``split(i).merge([i, k])`` gives the mixture back.

        Examples
        --------
        >>> Mixture([1.0], [[0.0]], [1.0], "spherical").split(0, distance=0.6).means.ravel()
        array([-0.6,  0.6])
        """
        from . import reduction

        return reduction.split(self, component, distance)

    def reduce(self, n_components: int) -> Mixture:
        """An approximation with fewer components, by merging those that are nearest: see `merge`.

        Parameters
        ----------
        n_components : int
            1 <= n_components <= k.

        Returns
        -------
        Mixture
            Of that many components; of fewer where fewer have weight. Its moments are kept as by `merge`.

        Notes
        -----
        Groups of components are chosen so that an upper bound on KL(this || result) is small: by greedy merging, then
        by moving components between groups. Costs O(k^2 d^3) time and O(k^2) memory.

        References
        ----------
        Runnalls 2007; Goldberger and Roweis 2004.

        Examples
        --------
        >>> mix = Mixture([0.3, 0.3, 0.4], [[0.0], [0.1], [9.0]], [1.0, 1.0, 1.0], "spherical")
        >>> mix.reduce(2).means.ravel()
        array([0.05, 9.  ])
        """
        from . import reduction

        return reduction.reduce(self, n_components)

    # Of itself and of others

    def entropy(self, *, n_samples: int = 10_000, rng: Rng = None) -> Entropy:
        """The differential entropy -E[ln p(x)].

        Parameters
        ----------
        n_samples : int
            Samples for the estimate, >= 2.
        rng : int or numpy.random.Generator, optional
            Random numbers.

        Returns
        -------
        Entropy
            An estimate with its standard error, between two certain bounds, in nats; exact for a single component.

        Notes
        -----
        The bounds cost O(k^2 d^3).

        References
        ----------
        Kolchinsky and Tracey 2017; Huber et al. 2008.

        Examples
        --------
        >>> Mixture([1.0], [[0.0]], [1.0], "spherical").entropy()
        <Entropy 1.4189 ± 0 nats, between 1.4189 and 1.4189>
        """
        from . import information

        return information.entropy(self, n_samples, rng)

    def kl(self, other: Mixture, *, n_samples: int = 10_000, rng: Rng = None) -> Divergence:
        """The Kullback-Leibler divergence KL(this || other).

        Parameters
        ----------
        other : Mixture
            In the same coordinates.
        n_samples : int
            Samples of this mixture for the estimate, >= 2.
        rng : int or numpy.random.Generator, optional
            Random numbers.

        Returns
        -------
        Divergence
            An estimate with its standard error, certain bounds, and the variational approximation, in nats; exact
            between two Gaussians.

        References
        ----------
        Hershey and Olsen 2007; Durrieu, Thiran and Kelly 2012.

        Examples
        --------
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
        """The Wasserstein distance of order 2 among transport plans that are Gaussian mixtures, MW2.

        Parameters
        ----------
        other : Mixture
            In the same coordinates.
        return_plan : bool
            Whether to return the plan too.

        Returns
        -------
        distance : float
            In the units of the coordinates.
        plan : ndarray of float, shape (k, l)
            The weight that goes from each component to each of the other's; only with `return_plan`.

        Notes
        -----
        It is at least the Wasserstein distance of order 2, and equal to it between two Gaussians.

        References
        ----------
        Delon and Desolneux 2020.

        Examples
        --------
        >>> one, other = (Mixture([1.0], [[m]], [1.0], "spherical") for m in (0.0, 2.0))
        >>> one.wasserstein(other)
        2.0
        """
        found = self.transport(other)
        return (found.distance, found.plan.copy()) if return_plan else found.distance

    def transport(self, other: Mixture) -> Transport:
        """The cheapest transport into another mixture, among plans that are Gaussian mixtures.

        Parameters
        ----------
        other : Mixture
            In the same coordinates.

        Returns
        -------
        Transport
            Its ``plan`` and ``distance``; ``map(x)`` moves points, and ``at(t)`` is the mixture on its way.

        Raises
        ------
        InputError
            If the other has other coordinates, or a squared distance overflows.

        Notes
        -----
        The squared distance of two Gaussians is closed, and the plan is the cheapest transport of the weights, by the
        network simplex method. Costs O(k l d^3) time for the distances (O(k l) for diagonal covariances and in the
        plane) and O(k l) memory.

        References
        ----------
        Delon and Desolneux 2020.

        Examples
        --------
        >>> one = Mixture([1.0], [[0.0]], [1.0], "spherical")
        >>> way = one.transport(Mixture([1.0], [[2.0]], [9.0], "spherical"))
        >>> way.at(0.5)
        <Mixture of 1 spherical component in 1 coordinate>
        >>> way.map([[0.0], [1.0]]).ravel()
        array([2., 5.])
        """
        from . import transport

        return transport.transport(self, other)

    # To a file

    def save(self, path: str | os.PathLike[str], *, notes: Mapping[str, Any] | None = None) -> None:
        """Write the mixture to a file, whole or not at all; `mixtura.load` reads it.

        Parameters
        ----------
        path : str or path-like
            The file, such as model.mix.
        notes : mapping, optional
            Anything that JSON can hold, to be kept in the file; {"frame": [left, top, right, bottom]} tells
            `mixtura paint` which part of the plane the picture showed.

        Raises
        ------
        OutputError
            If the file cannot be written.
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
