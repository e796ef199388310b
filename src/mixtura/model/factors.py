"""Mixtures whose covariances have low rank and a flat tail: mixtures of probabilistic principal components.

A component varies along a few axes of its own, and by the same small variance in all other directions,

    S_j = A_j^T diag(v_j - t_j) A_j + t_j I,        A_j: (r, d) orthonormal rows, v_j >= t_j > 0,

so that it takes r d numbers instead of d (d + 1) / 2, and a density takes r products instead of d.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

from ..arrays import Array, Floats, Integers
from ..checks import Rng, float_dtype, is_whole, matrix, random_generator
from ..errors import InputError, StorageError, named, said
from ..kernels.threads import in_turns, ranges, single_blas, spread
from . import storage
from .mixture import Mixture

BLOCK = 1024  # rows that are asked about at once: what lies between stays in the cache
ORTHONORMAL = 1e-6


@dataclass(frozen=True, eq=False)
class FactorMixture:
    """A mixture of Gaussians of low rank with a flat tail.

    Parameters
    ----------
    weights : array_like, shape (k,)
        Positive, with the sum 1.
    means : array_like, shape (k, d)
        The means.
    axes : array_like, shape (k, r, d)
        Orthonormal rows, r < d: the directions in which a component has a variance of its own.
    variances : array_like, shape (k, r)
        Along the axes; not below the tails.
    tails : array_like, shape (k,)
        The variance in all directions that are orthogonal to the axes, above 0.

    Raises
    ------
    InputError
        If shapes do not go together or a number is out of its range.

    Notes
    -----
    This is the mixture of probabilistic principal component analysers of Tipping and Bishop 1999, a mixture of factor
    analysers whose noise is the same in all coordinates. A density costs O(r d), a file r d numbers a component.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.FactorMixture([1.0], [[0.0, 0.0, 0.0]], [[[1.0, 0.0, 0.0]]], [[4.0]], [1.0])
    >>> mix.log_density([[2.0, 0.0, 0.0]]).round(4)
    array([-3.95])
    >>> mix.dense().covariances[0].diagonal()
    array([4., 1., 1.])
    """

    weights: Array
    means: Array
    axes: Array
    variances: Array
    tails: Array

    def __post_init__(self) -> None:
        means = matrix(self.means, "means")
        k, d = means.shape
        given = {
            name: np.asarray(getattr(self, name), np.float64) for name in ("weights", "axes", "variances", "tails")
        }
        rank = given["axes"].shape[1] if given["axes"].ndim == 3 else 0
        shapes = {"weights": (k,), "axes": (k, rank, d), "variances": (k, rank), "tails": (k,)}
        for name, shape in shapes.items():
            if given[name].shape != shape or not np.isfinite(given[name]).all():
                raise InputError(
                    f"{named(name)} has shape {given[name].shape}, expected {shape} of finite numbers, as means has "
                    f"shape {means.shape}."
                )
        if not 1 <= rank < d:
            raise InputError(f"{named('axes')} has {rank} directions in {d} coordinates: give 1 to {d - 1} of them.")
        weights, axes, variances, tails = given.values()
        if not (weights > 0).all() or abs(weights.sum() - 1.0) > 1e-6:
            raise InputError(f"{named('weights')} sum to {weights.sum():g}: give positive ones with the sum 1.")
        if not (tails > 0).all() or not (variances >= tails[:, None] * (1.0 - 1e-12)).all():
            raise InputError(f"{named('variances')} reach below {named('tails')}, or these are not above 0.")
        off = np.abs(axes @ axes.swapaxes(1, 2) - np.eye(rank)).max()
        if off > ORTHONORMAL:
            raise InputError(f"{named('axes')} are off orthonormal rows by {off:.2g}, the limit is {ORTHONORMAL:g}.")
        for name, array in {"means": means, **given, "weights": weights / weights.sum()}.items():
            own = array.copy()
            own.flags.writeable = False
            object.__setattr__(self, name, own)

    @property
    def n_components(self) -> int:
        """The number of components."""
        return len(self.weights)

    @property
    def n_coordinates(self) -> int:
        """The number of coordinates."""
        return int(self.means.shape[1])

    @property
    def rank(self) -> int:
        """How many axes a component has."""
        return int(self.axes.shape[1])

    @property
    def n_parameters(self) -> int:
        """How many numbers may vary freely."""
        k, r, d = self.axes.shape
        return int(k - 1 + k * d + k * (r * d - r * (r + 1) // 2 + r + 1))

    def __repr__(self) -> str:
        return f"FactorMixture({self.n_components} components of rank {self.rank}, {self.n_coordinates} coordinates)"

    # Mixture to mixture

    def dense(self) -> Mixture:
        """The same mixture with matrices as covariances, of which everything can be asked.

        Returns
        -------
        Mixture
        """
        scaled = self.axes * (self.variances - self.tails[:, None])[:, :, None]
        covariances = self.axes.swapaxes(1, 2) @ scaled
        covariances = 0.5 * (covariances + covariances.swapaxes(1, 2))
        covariances += self.tails[:, None, None] * np.eye(self.n_coordinates)
        return Mixture(self.weights, self.means, covariances)

    def blurred(self, variance: float) -> FactorMixture:
        """The mixture of its points with independent noise added.

        Parameters
        ----------
        variance : float
            Of the noise in each coordinate, >= 0.

        Returns
        -------
        FactorMixture
        """
        return replace(self, variances=self.variances + variance, tails=self.tails + variance)

    def permuted(self, order: Integers) -> FactorMixture:
        """Some or all of the components, in another order.

        Parameters
        ----------
        order : ndarray of int
            The numbers of components.

        Returns
        -------
        FactorMixture
        """
        weights = self.weights[order] / self.weights[order].sum()
        return FactorMixture(weights, self.means[order], self.axes[order], self.variances[order], self.tails[order])

    # Questions about points

    def log_density(self, x: ArrayLike, *, n_threads: int | None = None) -> Array:
        """The log density at points.

        Parameters
        ----------
        x : array_like, shape (n, d)
            The points.
        n_threads : int, optional
            By default as many as there are cores. The answer does not depend on it.

        Returns
        -------
        ndarray of float, shape (n,)
            In nats.
        """
        found: Array = self._asked(x, lambda joint: logsumexp(joint, axis=1), n_threads)
        return found

    def responsibilities(self, x: ArrayLike, *, n_threads: int | None = None) -> Array:
        """The probabilities that points came from each component.

        Parameters
        ----------
        x : array_like, shape (n, d)
            The points.
        n_threads : int, optional
            By default as many as there are cores. The answer does not depend on it.

        Returns
        -------
        ndarray of float, shape (n, k)
        """

        def shares(joint: Floats) -> Array:
            return np.asarray(np.exp(joint - logsumexp(joint, axis=1, keepdims=True)))

        found: Array = self._asked(x, shares, n_threads)
        return found

    def predict(self, x: ArrayLike, *, n_threads: int | None = None) -> Integers:
        """The likeliest component of each point.

        Parameters
        ----------
        x : array_like, shape (n, d)
            The points.
        n_threads : int, optional
            By default as many as there are cores. The answer does not depend on it.

        Returns
        -------
        ndarray of int, shape (n,)
        """
        found: Integers = self._asked(x, lambda joint: joint.argmax(axis=1), n_threads)
        return found

    def sample(self, n: int, *, rng: Rng = None) -> Array:
        """Draw independent points.

        Parameters
        ----------
        n : int
            How many.
        rng : int, numpy.random.Generator or None
            The seed, or a generator.

        Returns
        -------
        ndarray of float, shape (n, d)
        """
        if not is_whole(n) or n < 0:
            raise InputError(f"{named('n')} is {n!r}: the number of samples is a whole number >= 0.")
        generator = random_generator(rng)
        labels = generator.choice(self.n_components, n, p=self.weights)
        x = generator.standard_normal((n, self.n_coordinates)) * np.sqrt(self.tails)[labels, None]
        along = generator.standard_normal((n, self.rank)) * np.sqrt(self.variances - self.tails[:, None])[labels]
        for j in np.unique(labels):
            x[labels == j] += along[labels == j] @ self.axes[j] + self.means[j]
        return x

    def _asked(self, x: ArrayLike, answer: Callable[[Floats], Any], n_threads: int | None) -> Any:
        points = matrix(x, "x", width=self.n_coordinates)
        if points.shape[1] != self.n_coordinates:
            raise InputError(f"x has {points.shape[1]} columns, the mixture has {self.n_coordinates} coordinates.")
        ask = Joint.of(self)
        parts = ranges(len(points), -(-len(points) // BLOCK)) if len(points) else [(0, 0)]
        with single_blas():
            found = spread(lambda part: answer(ask(points[slice(*part)])), parts, in_turns(n_threads))
        return np.concatenate(found)

    # Files

    def save(self, path: str | os.PathLike[str] | BinaryIO, *, dtype: str = "float64", **notes: Any) -> None:
        """Write the mixture to a file, whole or not at all.

        Parameters
        ----------
        path : path or binary file
            Where to.
        dtype : {"float64", "float32", "float16"}
            How axes are kept, which most of the file is.
        **notes
            Anything that JSON can hold.
        """
        kept = {name: getattr(self, name) for name in _ARRAYS if name != "means" or self.means.any()}
        arrays = {name: array.astype(dtype if name == "axes" else "float64") for name, array in kept.items()}
        storage.save_arrays(path, FORMAT, arrays, notes)

    @classmethod
    def load(cls, path: str | os.PathLike[str] | BinaryIO) -> FactorMixture:
        """The mixture in a file.

        Parameters
        ----------
        path : path or binary file
            A file that `save` wrote.

        Returns
        -------
        FactorMixture

        Raises
        ------
        StorageError
            If the file is missing, damaged or of another kind.
        """
        return cls.load_with_notes(path)[0]

    @classmethod
    def load_with_notes(cls, path: str | os.PathLike[str] | BinaryIO) -> tuple[FactorMixture, dict[str, Any]]:
        """The mixture in a file, and the notes that were saved with it.

        Parameters
        ----------
        path : path or binary file
            A file that `save` wrote.

        Returns
        -------
        mixture : FactorMixture
        notes : dict
        """
        arrays, notes, where = storage.load_arrays(path, FORMAT)
        try:
            weights, axes, variances, tails = (
                np.asarray(arrays[name], np.float64) for name in _ARRAYS if name != "means"
            )
            means = arrays["means"] if "means" in arrays else np.zeros((len(weights), axes.shape[2]))
            if not np.isfinite(axes).all():
                raise ValueError("its axes are not all finite")
            axes = axes if arrays["axes"].dtype == np.float64 else nearest_orthonormal(axes)
            return cls(weights, means, axes, variances, tails), notes
        except (KeyError, ValueError, IndexError, np.linalg.LinAlgError) as error:
            raise StorageError(f"{where} is damaged: {said(error)}.") from None


_ARRAYS = ("weights", "means", "axes", "variances", "tails")
FORMAT = "mixtura factors"


def nearest_orthonormal(axes: Array) -> Array:
    """Rows (k, r, d) that are orthonormal, and nearest to these: the polar factor."""
    u, _, v = np.linalg.svd(axes, full_matrices=False)
    return np.asarray(u @ v)


@dataclass(frozen=True, eq=False)
class Joint:
    """The log of weight times density, for blocks of rows: one product of matrices an axis, and squares of it.

    axes: a list of (d, m) scaled axes; the j-th holds the j-th axis of the m components that have one.
    """

    axes: list[Floats]
    offsets: list[Floats] | None
    means: Floats | None
    constants: Floats
    precisions: Floats
    centre: Floats

    @classmethod
    def of(cls, mixture: FactorMixture, dtype: Any = np.float64) -> Joint:
        """Prepare a mixture."""
        kind = float_dtype(dtype)
        _, r, d = mixture.axes.shape
        centre = mixture.weights @ mixture.means
        means = mixture.means - centre
        scaled = mixture.axes * np.sqrt(1.0 / mixture.tails[:, None] - 1.0 / mixture.variances)[:, :, None]
        logs = np.log(mixture.variances).sum(axis=1) + (d - r) * np.log(mixture.tails)
        constants = np.log(mixture.weights) - 0.5 * (logs + d * math.log(2.0 * math.pi))
        moved = bool(means.any())
        offsets = np.einsum("krd,kd->rk", scaled, means)
        constants = constants - 0.5 * (means**2).sum(axis=1) / mixture.tails
        return cls(
            [np.ascontiguousarray(scaled[:, j].T, kind) for j in range(r)],
            [row.astype(kind) for row in offsets] if moved else None,
            np.ascontiguousarray((means / mixture.tails[:, None]).T, kind) if moved else None,
            constants.astype(kind),
            (0.5 / mixture.tails).astype(kind),
            centre.astype(kind),
        )

    def __call__(self, x: Floats) -> Floats:
        """(n, k) of rows (n, d)."""
        if self.means is not None or self.centre.any():
            x = x - self.centre
        out = np.multiply.outer(np.einsum("nd,nd->n", x, x), self.precisions)
        np.subtract(self.constants, out, out=out)
        if self.means is not None:
            out += x @ self.means
        spare = np.empty_like(out)
        for j, axes in enumerate(self.axes):
            np.matmul(x, axes, out=spare)
            if self.offsets is not None:
                spare -= self.offsets[j]
            np.square(spare, out=spare)
            spare *= spare.dtype.type(0.5)
            out += spare
        return np.asarray(out)
